"""A profile as the JSON that is encrypted, and back."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

import orjson

from services.profile.domain.values import (
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
    Resolution,
    Skill,
    Travel,
    TravelMode,
    Wishes,
)


def dump(profile: Profile) -> bytes:
    said = ((each.name, getattr(profile, each.name)) for each in fields(profile))
    return orjson.dumps({name: value for name, value in said if value is not None and value != ""})


def load(data: bytes) -> Profile:
    held = orjson.loads(data)
    return Profile(**{name: _READERS.get(name, _as_it_is)(value) for name, value in held.items()})


def _as_it_is(value: Any) -> Any:
    return value


def place(held: Any) -> Place:
    point, resolution = held.pop("point"), held.pop("resolution")
    return Place(**held, point=Point(**point) if point else None, resolution=_resolution(resolution))


def _resolution(held: Any) -> Resolution | None:
    return Resolution(**held) if held else None


def _travel(held: Any) -> Travel:
    return Travel(held["limit_km"], held["anywhere"], tuple(map(TravelMode, held["modes"])))


def _wishes(held: Any) -> Wishes:
    occupations, kinds = held.pop("occupations"), held.pop("kinds")
    return Wishes(
        occupations=None if occupations is None else tuple(occupations),
        kinds=None if kinds is None else tuple(map(OfferKind, kinds)),
        **held,
    )


def _experience(held: Any) -> Experience:
    kind, occupation = ExperienceKind(held.pop("kind")), held.pop("occupation")
    known = Occupation(occupation["code"], occupation["label"], _resolution(occupation["resolution"]))
    return Experience(**held, kind=kind, occupation=known)


def _skill(held: Any) -> Skill:
    evidence = tuple(_evidence(each) for each in held["evidence"])
    return Skill(held["code"], held["label"], evidence, _resolution(held["resolution"]))


def _evidence(held: Any) -> Evidence:
    source, at = EvidenceSource(held.pop("source")), datetime.fromisoformat(held.pop("at"))
    return Evidence(**held, source=source, at=at)


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "identity": lambda held: Identity(**held),
    "place": place,
    "travel": _travel,
    "licences": tuple,
    "wishes": _wishes,
    "experiences": lambda held: tuple(_experience(each) for each in held),
    "skills": lambda held: tuple(_skill(each) for each in held),
}
