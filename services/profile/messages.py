"""From messages, and to messages as much as the reader may see; for calls and events alike."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from vivier.common.v1 import common_pb2 as common
from vivier.profile.v1 import profile_pb2 as pb

from services.kit.checks import Checks
from services.kit.errors import Violation, invalid
from services.kit.wire import field_value, to_message, to_value
from services.profile.domain.person import Person
from services.profile.domain.values import ConsentKind, Evidence, Identity, Place, Profile, Skill
from services.profile.usecases.access import View

# -- from


def profile_from(message: pb.Person, checks: Checks) -> Profile:
    return to_value(message, Profile, checks)


def consent_from(request: pb.GrantConsentRequest | pb.WithdrawConsentRequest) -> ConsentKind:
    kind: ConsentKind | None = field_value(request, "kind", ConsentKind | None)
    if kind is None:
        raise invalid([Violation("kind", "UNKNOWN_VALUE", "must be said")])
    return kind


# -- to


def person_message(held: Person, view: View, now: datetime) -> pb.Person:
    return _VIEWS[view](held, now)


def _whole(held: Person, now: datetime) -> pb.Person:
    return _for_counsellors(held, now, held.profile, **_administrative(held))


def _without_identity(held: Person, now: datetime) -> pb.Person:
    return _for_counsellors(held, now, replace(held.profile, identity=None), **_administrative(held))


def _for_partner(held: Person, now: datetime) -> pb.Person:
    return _for_counsellors(held, now, replace(held.profile, identity=None, external_id=""), **_administrative(held))


def _for_mentor(held: Person, now: datetime) -> pb.Person:
    said = held.profile
    identity = said.identity and Identity(said.identity.given_name)
    seen = replace(said, identity=identity, external_id="", birth_month="", place=_commune_only(said.place))
    return _for_counsellors(held, now, seen)


def _for_employer(held: Person, _: datetime) -> pb.Person:
    """What somebody can do, without their words (a skill without a code is nothing else) and who confirmed it."""
    said = held.profile
    skills = None if said.skills is None else tuple(_without_words(each) for each in said.skills if each.code)
    return to_message(Profile(skills=skills, place=_commune_only(said.place)), pb.Person, id=held.id)


def _contact(held: Person, _: datetime) -> pb.Person:
    who = held.profile.identity
    identity = who and Identity(given_name=who.given_name, email=who.email)
    return to_message(Profile(identity=identity, language=held.profile.language), pb.Person, id=held.id)


def _for_counsellors(held: Person, now: datetime, seen: Profile, **kept: object) -> pb.Person:
    """For those who counsel the person: status and version, beside what they may see of the profile."""
    message = to_message(seen, pb.Person, id=held.id, version=held.version, status=held.status(now), **kept)
    for each in message.experiences.experiences:
        if each.occupation == common.Occupation():
            each.ClearField("occupation")
    return message


def _administrative(held: Person) -> Mapping[str, object]:
    """Partner, date and consents: not shown to mentors and employers."""
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


def _commune_only(held: Place | None) -> Place | None:
    """The commune and no more: what the person wrote may be an address."""
    return held and Place(held.country_code, held.commune_code, label=held.commune_label)


def _without_words(held: Skill) -> Skill:
    sources = dict.fromkeys(each.source for each in held.evidence)
    return Skill(held.code, held.label, tuple(Evidence(source=each) for each in sources))
