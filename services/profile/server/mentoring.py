"""The calls about mentors and mentorships."""

from collections.abc import Mapping

from vivier.profile.v1 import profile_pb2 as pb

from services.kit.pages import encode_token, page_size
from services.kit.rpc.server import Call
from services.profile.deps import Deps
from services.profile.domain.mentoring import Mentor, Mentorship, MentorshipState
from services.profile.server import incoming, outgoing
from services.profile.server.people import OUTCOMES, after
from services.profile.usecases import mentoring

STATES: Mapping[int, MentorshipState] = {
    pb.MENTORSHIP_STATE_ASKED: MentorshipState.ASKED,
    pb.MENTORSHIP_STATE_ACCEPTED: MentorshipState.ACCEPTED,
    pb.MENTORSHIP_STATE_DECLINED: MentorshipState.DECLINED,
    pb.MENTORSHIP_STATE_ENDED: MentorshipState.ENDED,
}
NUMBERS = outgoing.turned(STATES)


def upsert_mentor(deps: Deps, call: Call, request: pb.UpsertMentorRequest) -> pb.UpsertMentorResponse:
    mentor, outcome = mentoring.upsert_mentor(deps, call.caller, request, _mentor(request.mentor))
    return pb.UpsertMentorResponse(mentor=show_mentor(mentor), outcome=OUTCOMES[outcome])


def _mentor(said: pb.Mentor) -> Mentor:
    return Mentor(
        id=said.id,
        association=said.association,
        display_name=said.display_name,
        about=said.about,
        occupation_codes=tuple(said.occupation_codes),
        place=incoming.place(said.place) if said.HasField("place") else None,
        capacity=said.capacity,
        open=said.open,
    )


def show_mentor(held: Mentor) -> pb.Mentor:
    return pb.Mentor(
        id=held.id,
        association=held.association,
        display_name=held.display_name,
        about=held.about,
        occupation_codes=held.occupation_codes,
        place=outgoing.place(held.place) if held.place else None,
        capacity=held.capacity,
        open=held.open,
        version=held.version,
    )


def get_mentors(deps: Deps, call: Call, request: pb.BatchGetMentorsRequest) -> pb.BatchGetMentorsResponse:
    found = mentoring.get_mentors(deps, call.caller, request.ids)
    return pb.BatchGetMentorsResponse(mentors=[show_mentor(each) for each in found])


def list_mentors(deps: Deps, call: Call, request: pb.ListMentorsRequest) -> pb.ListMentorsResponse:
    size = page_size(request.page_size)
    found = mentoring.find_mentors(deps, call.caller, request.occupation_code, after(request.page_token), size + 1)
    more = encode_token(found[size - 1].id) if len(found) > size else ""
    return pb.ListMentorsResponse(mentors=[show_mentor(each) for each in found[:size]], next_page_token=more)


def ask_mentor(deps: Deps, call: Call, request: pb.AskMentorRequest) -> pb.AskMentorResponse:
    person_id, mentor_id = request.person_id, request.mentor_id
    asked = mentoring.ask_mentor(deps, call.caller, request, person_id, mentor_id, request.message)
    return pb.AskMentorResponse(mentorship=show_mentorship(asked))


def accept_mentorship(deps: Deps, call: Call, request: pb.AcceptMentorshipRequest) -> pb.AcceptMentorshipResponse:
    moved = mentoring.accept_mentorship(deps, call.caller, request, request.id)
    return pb.AcceptMentorshipResponse(mentorship=show_mentorship(moved))


def decline_mentorship(deps: Deps, call: Call, request: pb.DeclineMentorshipRequest) -> pb.DeclineMentorshipResponse:
    moved = mentoring.decline_mentorship(deps, call.caller, request, request.id)
    return pb.DeclineMentorshipResponse(mentorship=show_mentorship(moved))


def end_mentorship(deps: Deps, call: Call, request: pb.EndMentorshipRequest) -> pb.EndMentorshipResponse:
    moved = mentoring.end_mentorship(deps, call.caller, request, request.id)
    return pb.EndMentorshipResponse(mentorship=show_mentorship(moved))


def list_mentorships(deps: Deps, call: Call, request: pb.ListMentorshipsRequest) -> pb.ListMentorshipsResponse:
    size = page_size(request.page_size)
    states = [incoming.known(STATES, each, f"states[{at}]") for at, each in enumerate(request.states)]
    found = mentoring.list_mentorships(deps, call.caller, states, after(request.page_token), size + 1)
    more = encode_token(found[size - 1].id) if len(found) > size else ""
    return pb.ListMentorshipsResponse(mentorships=[show_mentorship(x) for x in found[:size]], next_page_token=more)


def show_mentorship(held: Mentorship) -> pb.Mentorship:
    return pb.Mentorship(
        id=held.id,
        person_id=held.person_id,
        mentor_id=held.mentor_id,
        state=NUMBERS[held.state],
        message=held.message,
        asked_at=outgoing.moment(held.asked_at),
        changed_at=outgoing.moment(held.changed_at),
        version=held.version,
    )
