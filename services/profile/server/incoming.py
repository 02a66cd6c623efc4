"""From messages to values. What an enum does not know is a violation, so a newer client is told, not misread."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from vivier.common.v1 import common_pb2 as common
from vivier.profile.v1 import profile_pb2 as pb

from services.kit.errors import Violation, invalid
from services.profile.domain.values import (
    ConsentKind,
    Evidence,
    EvidenceSource,
    Experience,
    ExperienceKind,
    Identity,
    Occupation,
    OfferKind,
    Place,
    Point,
    Profile,
    Skill,
    Travel,
    TravelMode,
    Wishes,
)

KINDS: Mapping[int, OfferKind] = {
    common.OFFER_KIND_JOB: OfferKind.JOB,
    common.OFFER_KIND_APPRENTICESHIP: OfferKind.APPRENTICESHIP,
    common.OFFER_KIND_INTERNSHIP: OfferKind.INTERNSHIP,
    common.OFFER_KIND_VOLUNTEERING: OfferKind.VOLUNTEERING,
}
MODES: Mapping[int, TravelMode] = {
    pb.TRAVEL_MODE_WALK: TravelMode.WALK,
    pb.TRAVEL_MODE_BIKE: TravelMode.BIKE,
    pb.TRAVEL_MODE_PUBLIC_TRANSPORT: TravelMode.PUBLIC_TRANSPORT,
    pb.TRAVEL_MODE_CAR: TravelMode.CAR,
    pb.TRAVEL_MODE_MOPED: TravelMode.MOPED,
}
EXPERIENCES: Mapping[int, ExperienceKind] = {
    pb.EXPERIENCE_KIND_UNSPECIFIED: ExperienceKind.UNSPECIFIED,
    pb.EXPERIENCE_KIND_PAID: ExperienceKind.PAID,
    pb.EXPERIENCE_KIND_PERSONAL: ExperienceKind.PERSONAL,
    pb.EXPERIENCE_KIND_VOLUNTARY: ExperienceKind.VOLUNTARY,
    pb.EXPERIENCE_KIND_STUDIES: ExperienceKind.STUDIES,
}
SOURCES: Mapping[int, EvidenceSource] = {
    pb.EVIDENCE_SOURCE_UNSPECIFIED: EvidenceSource.STATED,
    pb.EVIDENCE_SOURCE_STATED: EvidenceSource.STATED,
    pb.EVIDENCE_SOURCE_EXPERIENCE: EvidenceSource.EXPERIENCE,
    pb.EVIDENCE_SOURCE_CONFIRMED: EvidenceSource.CONFIRMED,
}
CONSENTS: Mapping[int, ConsentKind] = {
    pb.CONSENT_KIND_PARTNER: ConsentKind.PARTNER,
    pb.CONSENT_KIND_MENTOR: ConsentKind.MENTOR,
    pb.CONSENT_KIND_EMPLOYERS: ConsentKind.EMPLOYERS,
    pb.CONSENT_KIND_PARENT: ConsentKind.PARENT,
}
_UNSTAMPED = datetime.min.replace(tzinfo=UTC)
T = TypeVar("T")


def known(names: Mapping[int, T], value: int, path: str) -> T:
    """The value of this enum number."""
    if value not in names:
        raise invalid([Violation(path, "UNKNOWN_VALUE", "this value is not known here")])
    return names[value]


def _all(names: Mapping[int, T], values: Sequence[int], path: str) -> tuple[T, ...]:
    return tuple(known(names, value, f"{path}[{at}]") for at, value in enumerate(values))


def profile(said: pb.Person) -> Profile:
    """What one row says; absent messages stay None."""
    return Profile(
        external_id=said.external_id,
        identity=_identity(said.identity) if said.HasField("identity") else None,
        birth_month=said.birth_month,
        place=place(said.place) if said.HasField("place") else None,
        travel=_travel(said.travel) if said.HasField("travel") else None,
        licences=tuple(said.licences.codes) if said.HasField("licences") else None,
        wishes=_wishes(said.wishes) if said.HasField("wishes") else None,
        experiences=_experiences(said.experiences) if said.HasField("experiences") else None,
        skills=_skills(said.skills) if said.HasField("skills") else None,
        language=said.language,
    )


def _identity(said: pb.Identity) -> Identity:
    return Identity(said.given_name, said.family_name, said.email, said.phone)


def place(said: common.Place) -> Place:
    point = Point(said.point.latitude, said.point.longitude) if said.HasField("point") else None
    return Place(
        country_code=said.country_code,
        commune_code=said.commune_code,
        postal_code=said.postal_code,
        label=said.label,
        point=point,
    )


def _travel(said: pb.Travel) -> Travel:
    return Travel(said.limit_km, said.anywhere, _all(MODES, said.modes, "travel.modes"))


def _wishes(said: pb.Wishes) -> Wishes:
    return Wishes(
        occupations=tuple(said.occupations.codes) if said.HasField("occupations") else None,
        kinds=_all(KINDS, said.kinds.kinds, "wishes.kinds.kinds") if said.HasField("kinds") else None,
        minimum_hours=said.minimum_hours,
        maximum_hours=said.maximum_hours,
        available_from=said.available_from,
    )


def _experiences(said: pb.Experiences) -> tuple[Experience, ...]:
    return tuple(experience(each, f"experiences[{at}]") for at, each in enumerate(said.experiences))


def experience(said: pb.Experience, path: str) -> Experience:
    return Experience(
        id=said.id,
        kind=known(EXPERIENCES, said.kind, f"{path}.kind"),
        title=said.title,
        words=said.words,
        occupation=Occupation(said.occupation.code, said.occupation.label),
        start_month=said.start_month,
        end_month=said.end_month,
    )


def _skills(said: pb.Skills) -> tuple[Skill, ...]:
    return tuple(skill(each, f"skills[{at}]") for at, each in enumerate(said.skills))


def skill(said: pb.PersonSkill, path: str) -> Skill:
    evidence = tuple(_evidence(each, f"{path}.evidence[{at}]") for at, each in enumerate(said.evidence))
    return Skill(said.code, said.label, evidence)


def _evidence(said: pb.Evidence, path: str) -> Evidence:
    source = known(SOURCES, said.source, f"{path}.source")
    return Evidence("", source, said.words, said.experience_id, "", _UNSTAMPED)
