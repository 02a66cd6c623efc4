"""What matching keeps of what profile tells."""

from vivier.profile.v1 import events_pb2 as events
from vivier.profile.v1 import profile_pb2 as pb

from services.matching.messages import person_of


def test_an_empty_answer_is_kept_as_one_and_what_was_never_asked_is_not() -> None:
    silent = person_of(events.PersonChanged(person_id="1"))
    answers = (silent.licences, silent.wished_occupations, silent.wished_kinds, silent.skills)
    assert answers == (None, None, None, None)
    said = events.PersonChanged(
        person_id="1",
        licences=pb.CodeAnswer(),
        wishes=pb.Wishes(occupations=pb.CodeAnswer(), kinds=pb.KindAnswer()),
        skills=events.HeldSkills(),
    )
    none = person_of(said)
    assert (none.licences, none.wished_occupations, none.wished_kinds) == (frozenset(), frozenset(), frozenset())
    assert none.skills == {}
