"""From messages, and to messages as much as the reader may see; for calls and events alike."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from vivier.common.v1 import common_pb2 as common
from vivier.profile.v1 import profile_pb2 as pb

from services.common.values import Outcome
from services.kit.checks import Checks
from services.kit.errors import Refused
from services.kit.rpc.status import refusal_message
from services.kit.wire import to_message, to_value
from services.profile.domain.mentoring import MentorshipState
from services.profile.domain.person import Person
from services.profile.domain.values import ConsentKind, Evidence, Identity, Place, Profile, Skill
from services.profile.usecases.access import View

# -- from


def profile_from(message: pb.Person, checks: Checks) -> Profile:
    return to_value(message, Profile, checks)


@dataclass(frozen=True, slots=True)
class _Consent:
    kind: ConsentKind | None


@dataclass(frozen=True, slots=True)
class _Consents:
    consents: tuple[ConsentKind, ...]


@dataclass(frozen=True, slots=True)
class _States:
    states: tuple[MentorshipState, ...]


def consent_from(request: pb.GrantConsentRequest | pb.WithdrawConsentRequest) -> ConsentKind:
    checks = Checks()
    kind = to_value(request, _Consent, checks).kind
    checks.require("kind", kind or checks.violations, "UNKNOWN_VALUE", "must be said")
    checks.done()
    assert kind is not None
    return kind


def consents_from(request: pb.UpsertPeopleRequest) -> tuple[ConsentKind, ...]:
    checks = Checks()
    consents = to_value(request, _Consents, checks).consents
    checks.done()
    return consents


def states_from(request: pb.ListMentorshipsRequest) -> tuple[MentorshipState, ...]:
    checks = Checks()
    states = to_value(request, _States, checks).states
    checks.done()
    return states


# -- to


def outcome_number(value: Outcome) -> common.Outcome.ValueType:
    return common.Outcome.Value(f"OUTCOME_{value.name}")


def person_result(value: tuple[Person, Outcome] | Refused, show: Callable[[Person], pb.Person]) -> pb.PersonResult:
    if isinstance(value, Refused):
        return pb.PersonResult(refusal=refusal_message(value))
    return pb.PersonResult(person=show(value[0]), outcome=outcome_number(value[1]))


def person_message(held: Person, view: View, now: datetime) -> pb.Person:
    return _VIEWS[view](held, now)


def _whole(held: Person, now: datetime) -> pb.Person:
    return _accompanied(held, now, held.profile, **_kept_of(held))


def _without_identity(held: Person, now: datetime) -> pb.Person:
    return _accompanied(held, now, replace(held.profile, identity=None), **_kept_of(held))


def _for_partner(held: Person, now: datetime) -> pb.Person:
    return _accompanied(held, now, replace(held.profile, identity=None, external_id=""), **_kept_of(held))


def _for_mentor(held: Person, now: datetime) -> pb.Person:
    said = held.profile
    identity = said.identity and Identity(said.identity.given_name)
    seen = replace(said, identity=identity, external_id="", birth_month="", place=_rough(said.place))
    return _accompanied(held, now, seen)


def _for_employer(held: Person, _: datetime) -> pb.Person:
    """What somebody can do, without their words (a skill without a code is nothing else) and who confirmed it."""
    said = held.profile
    skills = None if said.skills is None else tuple(_wordless(each) for each in said.skills if each.code)
    return to_message(Profile(skills=skills, place=_rough(said.place)), pb.Person, id=held.id)


def _contact(held: Person, _: datetime) -> pb.Person:
    who = held.profile.identity
    identity = who and Identity(given_name=who.given_name, email=who.email)
    return to_message(Profile(identity=identity, language=held.profile.language), pb.Person, id=held.id)


def _accompanied(held: Person, now: datetime, seen: Profile, **kept: object) -> pb.Person:
    """What accompanying somebody needs, beside what is `seen` of the profile."""
    message = to_message(seen, pb.Person, id=held.id, version=held.version, status=held.status(now), **kept)
    for each in message.experiences.experiences:
        if each.occupation == common.Occupation():
            each.ClearField("occupation")
    return message


def _kept_of(held: Person) -> Mapping[str, object]:
    """What only those are shown who see the profile as the one who made it does, but for the identity."""
    consents = [to_message(each, pb.Consent) for _, each in sorted(held.consents.items()) if each.active]
    return {"partner_id": held.partner_id, "created_at": held.created_at, "consents": consents}


_VIEWS: Mapping[View, Callable[[Person, datetime], pb.Person]] = {
    View.NOTHING: lambda *_: pb.Person(),
    View.WHOLE: _whole,
    View.NO_IDENTITY: _without_identity,
    View.PARTNER: _for_partner,
    View.MENTOR: _for_mentor,
    View.EMPLOYER: _for_employer,
    View.CONTACT: _contact,
}


def _rough(held: Place | None) -> Place | None:
    """The commune and no more: what the person wrote may be an address."""
    return held and Place(held.country_code, held.commune_code, label=held.commune_label)


def _wordless(held: Skill) -> Skill:
    sources = dict.fromkeys(each.source for each in held.evidence)
    return Skill(held.code, held.label, tuple(Evidence(source=each) for each in sources))
