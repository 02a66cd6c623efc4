"""Messages and dataclasses are converted by field names."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from vivier.common.v1 import common_pb2 as common
from vivier.offers.v1 import offers_pb2 as offers
from vivier.profile.v1 import profile_pb2 as profile

from services.kit.checks import Checks
from services.kit.errors import Refused
from services.kit.wire import field_value, to_message, to_value


class Kind(StrEnum):
    JOB = "job"
    INTERNSHIP = "internship"
    ONLY_HERE = "only here"


class Remote(StrEnum):
    UNSPECIFIED = "unspecified"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Point:
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Place:
    country_code: str = "FR"
    label: str = ""
    point: Point | None = None
    resolution: str | None = field(default=None, metadata={"output_only": True})
    only_here: int = 0


@dataclass(frozen=True, slots=True)
class Need:
    label: str
    required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    title: str
    kind: Kind | None
    remote: Remote
    skills: tuple[Need, ...]
    place: Place | None
    occupation: Place
    weekly_hours: float | None
    start_date: date | None
    openings: int = 1
    licences: frozenset[str]
    published_at: datetime | None
    end: str = ""


DAY = datetime(2027, 1, 4, 5, 6, 7, 8, UTC)
FULL = offers.Offer(
    title="t",
    kind=common.OFFER_KIND_INTERNSHIP,
    remote=offers.REMOTE_FULL,
    skills=[offers.SkillNeed(label="a", required=True), offers.SkillNeed(label="b")],
    place=common.Place(country_code="BE", label="l", point=common.Point(latitude=0, longitude=1)),
    occupation=common.Occupation(label="o"),
    weekly_hours=35.5,
    start_date="2027-01-04",
    openings=3,
    licences=["B"],
    published_at=DAY,
)
VALUE = Offer(
    title="t",
    kind=Kind.INTERNSHIP,
    remote=Remote.FULL,
    skills=(Need("a"), Need("b", False)),
    place=Place("BE", "l", Point(0, 1)),
    occupation=Place(label="o"),
    weekly_hours=35.5,
    start_date=date(2027, 1, 4),
    openings=3,
    licences=frozenset(["B"]),
    published_at=DAY,
)


def read(message: offers.Offer) -> tuple[Offer, set[str]]:
    checks = Checks()
    value = to_value(message, Offer, checks)
    return value, {f"{v.path} {v.reason}" for v in checks.violations}


def test_a_value_survives_the_round_trip() -> None:
    assert read(FULL) == (VALUE, set())
    assert to_message(VALUE, offers.Offer) == FULL


def test_absent_fields_become_the_default_or_none() -> None:
    value, wrong = read(offers.Offer())
    assert wrong == set()
    assert (value.kind, value.remote, value.place, value.weekly_hours) == (None, Remote.UNSPECIFIED, None, None)
    assert (value.start_date, value.published_at, value.openings) == (None, None, 1)
    assert (value.skills, value.licences, value.occupation) == ((), frozenset(), Place())
    assert to_message(value, offers.Offer) == offers.Offer(openings=1, occupation=common.Occupation())


def test_a_flag_that_is_not_set_is_false_whatever_its_default() -> None:
    assert to_value(offers.SkillNeed(), Need, Checks()) == Need("", False)


def test_what_is_output_only_is_not_read() -> None:
    said = offers.Offer(place=common.Place(resolution=common.Resolution(source="x")))
    assert read(said)[0].place == Place()


def test_wrong_fields_are_named_with_their_paths() -> None:
    said = offers.Offer(kind=99, remote=-1, start_date="2027-02-30", published_at=Timestamp(seconds=1 << 40))  # type: ignore[arg-type]
    value, wrong = read(said)
    assert (value.kind, value.remote, value.start_date, value.published_at) == (None, Remote.UNSPECIFIED, None, None)
    assert wrong == {
        "kind UNKNOWN_VALUE",
        "remote UNKNOWN_VALUE",
        "start_date NOT_A_DATE",
        "published_at NOT_A_DATE",
    }


def test_keyword_arguments_override_fields_in_both_directions() -> None:
    assert to_value(FULL, Offer, Checks(), kind=None, end="x").kind is None
    message = to_message(VALUE, offers.Offer, kind=Kind.JOB, state=None, place=None, expires_at=DAY, version=7)
    assert (message.kind, message.version, message.HasField("place")) == (common.OFFER_KIND_JOB, 7, False)
    assert message.expires_at.ToDatetime(UTC) == DAY


@dataclass(frozen=True, slots=True)
class Wishes:
    occupations: tuple[str, ...] | None = None
    kinds: tuple[Kind, ...] | None = None


def test_an_answer_is_a_collection_or_none() -> None:
    for value in (Wishes(), Wishes((), ()), Wishes(("a",), (Kind.JOB,))):
        message = to_message(value, profile.Wishes)
        assert message.HasField("occupations") is (value.occupations is not None)
        assert to_value(message, Wishes, Checks()) == value
    checks = Checks()
    to_value(profile.Wishes(kinds=profile.KindAnswer(kinds=[1, 99])), Wishes, checks, "wishes.")  # type: ignore[list-item]
    assert [(v.path, v.reason) for v in checks.violations] == [("wishes.kinds.kinds[1]", "UNKNOWN_VALUE")]


@dataclass(frozen=True, slots=True)
class Near:
    place: Point | None
    kind: Kind


def test_what_is_given_is_not_read() -> None:
    checks = Checks()
    message = offers.Offer(kind=common.OFFER_KIND_VOLUNTEERING, place=common.Place(label="Lyon"))
    assert to_value(message, Near, checks, place=Point(1, 2), kind=Kind.JOB) == Near(Point(1, 2), Kind.JOB)
    assert checks.violations == []


@dataclass(frozen=True, slots=True)
class Said:
    title: Kind


def test_an_enum_is_text_where_the_contract_has_text() -> None:
    assert to_message(Said(Kind.JOB), offers.Offer) == offers.Offer(title="job")


@dataclass
class Draft:
    skills: list[Need] | None
    licences: list[str] | None


def test_a_list_that_was_not_said_is_empty() -> None:
    assert to_message(Draft(None, None), offers.Offer) == offers.Offer()
    said = to_message(Draft([Need("roofs")], ["B"]), offers.Offer)
    assert said == offers.Offer(skills=[offers.SkillNeed(label="roofs", required=True)], licences=["B"])


def test_one_field_of_a_message_is_a_value_of_its_type() -> None:
    said = offers.Offer(title="t", kind=common.OFFER_KIND_INTERNSHIP, licences=["B"])
    assert field_value(said, "title", str) == "t"
    assert field_value(said, "kind", Kind | None) is Kind.INTERNSHIP
    assert field_value(offers.Offer(), "kind", Kind | None) is None
    assert field_value(said, "licences", frozenset[str]) == {"B"}
    with pytest.raises(Refused, match="kind"):
        field_value(offers.Offer(kind=99), "kind", Kind | None)  # type: ignore[arg-type]
