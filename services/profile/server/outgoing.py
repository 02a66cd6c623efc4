"""From values to messages, as much as the reader may see."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from google.protobuf.timestamp_pb2 import Timestamp
from vivier.common.v1 import common_pb2 as common
from vivier.profile.v1 import profile_pb2 as pb

from services.kit.errors import Refused
from services.profile.domain.person import Person
from services.profile.domain.values import (
    Consent,
    Evidence,
    Experience,
    Identity,
    Occupation,
    Place,
    Point,
    Resolution,
    Skill,
    Travel,
    Wishes,
)
from services.profile.server import incoming
from services.profile.usecases.access import View

T = TypeVar("T")


def turned(names: Mapping[int, T]) -> Mapping[T, Any]:
    """Where two numbers mean the same, the later one is written."""
    return {value: number for number, value in names.items()}


KINDS = turned(incoming.KINDS)
MODES = turned(incoming.MODES)
EXPERIENCES = turned(incoming.EXPERIENCES)
SOURCES = turned(incoming.SOURCES)
CONSENTS = turned(incoming.CONSENTS)


def person(held: Person, view: View, now: datetime) -> pb.Person:
    return _VIEWS[view](held, now)


def _whole(held: Person, now: datetime) -> pb.Person:
    message = _without_identity(held, now)
    if held.profile.identity:
        message.identity.CopyFrom(identity(held.profile.identity))
    return message


def _without_identity(held: Person, now: datetime) -> pb.Person:
    message = _for_partner(held, now)
    message.external_id = held.profile.external_id
    return message


def _for_partner(held: Person, now: datetime) -> pb.Person:
    message = _plan(held, now)
    message.partner_id = held.partner_id
    message.birth_month = held.profile.birth_month
    message.created_at.CopyFrom(moment(held.created_at))
    message.consents.extend(consent(each) for _, each in sorted(held.consents.items()) if each.active)
    if held.profile.place:
        message.place.CopyFrom(place(held.profile.place))
    return message


def _for_mentor(held: Person, now: datetime) -> pb.Person:
    message = _plan(held, now)
    if held.profile.identity:
        message.identity.given_name = held.profile.identity.given_name
    if held.profile.place:
        message.place.CopyFrom(_rough(held.profile.place))
    return message


def _for_employer(held: Person, _: datetime) -> pb.Person:
    """What somebody can do, without their words (a skill without a code is nothing else) and who confirmed it."""
    message = pb.Person(id=held.id)
    if held.profile.skills is not None:
        message.skills.skills.extend(_wordless(each) for each in held.profile.skills if each.code)
    if held.profile.place:
        message.place.CopyFrom(_rough(held.profile.place))
    return message


def _contact(held: Person, _: datetime) -> pb.Person:
    message = pb.Person(id=held.id, language=held.profile.language)
    if held.profile.identity:
        message.identity.given_name = held.profile.identity.given_name
        message.identity.email = held.profile.identity.email
    return message


def _plan(held: Person, now: datetime) -> pb.Person:
    """What accompanying somebody needs."""
    message = pb.Person(id=held.id, language=held.profile.language, version=held.version)
    said, status = held.profile, held.status(now)
    if said.travel:
        message.travel.CopyFrom(travel(said.travel))
    if said.licences is not None:
        message.licences.CopyFrom(pb.CodeAnswer(codes=said.licences))
    if said.wishes:
        message.wishes.CopyFrom(wishes(said.wishes))
    if said.experiences is not None:
        message.experiences.CopyFrom(pb.Experiences(experiences=[experience(each) for each in said.experiences]))
    if said.skills is not None:
        message.skills.CopyFrom(pb.Skills(skills=[skill(each) for each in said.skills]))
    message.status.CopyFrom(
        pb.ProfileStatus(
            matchable=status.matchable,
            visible_to_employers=status.visible_to_employers,
            reasons=status.reasons,
            unanswered=status.unanswered,
        )
    )
    return message


_VIEWS = {
    View.NOTHING: lambda *_: pb.Person(),
    View.WHOLE: _whole,
    View.NO_IDENTITY: _without_identity,
    View.PARTNER: _for_partner,
    View.MENTOR: _for_mentor,
    View.EMPLOYER: _for_employer,
    View.CONTACT: _contact,
}


def identity(held: Identity) -> pb.Identity:
    return pb.Identity(given_name=held.given_name, family_name=held.family_name, email=held.email, phone=held.phone)


def place(held: Place) -> common.Place:
    return common.Place(
        country_code=held.country_code,
        commune_code=held.commune_code,
        postal_code=held.postal_code,
        label=held.label,
        point=point(held.point) if held.point else None,
        resolution=resolution(held.resolution),
    )


def point(held: Point) -> common.Point:
    return common.Point(latitude=held.latitude, longitude=held.longitude)


def _rough(held: Place) -> common.Place:
    """The commune and no more: what the person wrote may be an address."""
    return common.Place(country_code=held.country_code, commune_code=held.commune_code, label=held.commune_label)


def resolution(held: Resolution | None) -> common.Resolution | None:
    if held is None:
        return None
    return common.Resolution(
        source=held.source, confidence=held.confidence, referential_version=held.referential_version
    )


def travel(held: Travel) -> pb.Travel:
    return pb.Travel(limit_km=held.limit_km, anywhere=held.anywhere, modes=[MODES[each] for each in held.modes])


def wishes(held: Wishes) -> pb.Wishes:
    kinds = None if held.kinds is None else pb.KindAnswer(kinds=[KINDS[each] for each in held.kinds])
    return pb.Wishes(
        occupations=None if held.occupations is None else pb.CodeAnswer(codes=held.occupations),
        kinds=kinds,
        minimum_hours=held.minimum_hours,
        maximum_hours=held.maximum_hours,
        available_from=held.available_from,
    )


def experience(held: Experience) -> pb.Experience:
    return pb.Experience(
        id=held.id,
        kind=EXPERIENCES[held.kind],
        title=held.title,
        words=held.words,
        occupation=_occupation(held.occupation),
        start_month=held.start_month,
        end_month=held.end_month,
    )


def _occupation(held: Occupation) -> common.Occupation | None:
    if held == Occupation():
        return None
    return common.Occupation(code=held.code, label=held.label, resolution=resolution(held.resolution))


def skill(held: Skill) -> pb.PersonSkill:
    return pb.PersonSkill(
        code=held.code,
        label=held.label,
        evidence=[evidence(each) for each in held.evidence],
        resolution=resolution(held.resolution),
    )


def _wordless(held: Skill) -> pb.PersonSkill:
    sources = dict.fromkeys(SOURCES[each.source] for each in held.evidence)
    return pb.PersonSkill(code=held.code, label=held.label, evidence=[pb.Evidence(source=s) for s in sources])


def evidence(held: Evidence) -> pb.Evidence:
    return pb.Evidence(
        id=held.id,
        source=SOURCES[held.source],
        words=held.words,
        experience_id=held.experience_id,
        confirmed_by=held.confirmed_by,
        at=moment(held.at),
    )


def consent(held: Consent) -> pb.Consent:
    return pb.Consent(kind=CONSENTS[held.kind], grantee_id=held.grantee_id, granted_at=moment(held.granted_at))


def moment(at: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(at)
    return stamp


def refusal(refused: Refused) -> common.Refusal:
    fields: Sequence[common.FieldViolation] = [
        common.FieldViolation(path=v.path, reason=v.reason, description=v.description) for v in refused.violations
    ]
    return common.Refusal(reason=refused.reason, message=refused.message, violations=fields)
