"""Events out: what is published of people and mentors. Ids and coded attributes, a rounded point, an age band."""

from dataclasses import replace

from vivier.common.v1 import common_pb2 as common
from vivier.profile.v1 import events_pb2 as pb
from vivier.profile.v1 import profile_pb2 as profile_pb

from services.kit.bus import Event
from services.kit.outbox import Publishes, outgoing, tombstone
from services.kit.wire import to_message
from services.profile.domain.coarsening import rounded
from services.profile.domain.mentoring import MentorChanged, MentorshipChanged, MentorshipErased
from services.profile.domain.person import PersonChanged, PersonErased
from services.profile.domain.values import ConsentKind, Place, Profile, Skill

TOPIC = pb.DESCRIPTOR.package


def _person_changed(event: PersonChanged) -> Event:
    person, said = event.person, event.person.profile
    status = person.status(event.at)
    message = to_message(
        Profile(travel=said.travel, licences=said.licences, wishes=said.wishes, language=said.language),
        pb.PersonChanged,
        person_id=person.id,
        version=person.version,
        age_band=int(person.band),
        place=_published_point(said.place),
        skills=_held_skills(said),
        past_occupation_codes=_past_occupations(said),
        matchable=status.matchable,
        visible_to_employers=status.visible_to_employers,
        partner_ids=person.grantees(ConsentKind.PARTNER),
        mentor_ids=person.mentor_ids,
    )
    return outgoing(f"person/{person.id}", message)


def _published_point(place: Place | None) -> common.Point | None:
    """Rounded; absent where it is not known well enough to match on."""
    if place is None or place.point is None or not place.known:
        return None
    return to_message(rounded(place.point), common.Point)


def _held_skills(said: Profile) -> pb.HeldSkills | None:
    """Those with a code. Who has only skills in words is not somebody who has none: they are not published at all."""
    held = [_held_skill(each) for each in said.skills or () if each.code]
    return pb.HeldSkills(skills=held) if held or said.skills == () else None


def _held_skill(skill: Skill) -> pb.HeldSkill:
    return pb.HeldSkill(code=skill.code, confirmed=skill.confirmed, evidence_ids=[each.id for each in skill.evidence])


def _past_occupations(said: Profile) -> list[str]:
    return sorted({each.occupation.code for each in said.experiences or () if each.occupation.code})


def _person_erased(event: PersonErased) -> Event:
    return tombstone(TOPIC, f"person/{event.person_id}")


def _mentor_changed(event: MentorChanged) -> Event:
    """Without the name and the words: whoever shows a mentor asks for them."""
    message = to_message(replace(event.mentor, display_name="", about=""), profile_pb.Mentor)
    return outgoing(f"mentor/{message.id}", pb.MentorChanged(mentor=message))


def _mentorship_changed(event: MentorshipChanged) -> Event:
    return outgoing(f"mentorship/{event.mentorship.id}", to_message(event.mentorship, pb.MentorshipChanged))


def _mentorship_erased(event: MentorshipErased) -> Event:
    return tombstone(TOPIC, f"mentorship/{event.mentorship_id}")


PUBLISHES: Publishes = {
    PersonChanged: _person_changed,
    PersonErased: _person_erased,
    MentorChanged: _mentor_changed,
    MentorshipChanged: _mentorship_changed,
    MentorshipErased: _mentorship_erased,
}
