"""Input with the codes that were found for its words. Called before the transaction, so that no lock waits for it."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from services.common.resolver import Resolver
from services.common.values import Occupation
from services.profile.domain.values import Experience, Place, Profile, Skill

T = TypeVar("T")


def resolve_profile(resolver: Resolver, said: Profile) -> Profile:
    if said.wishes and said.wishes.occupations:
        resolver.occupation_codes("wishes.occupations.codes", said.wishes.occupations)
    return replace(
        said,
        place=said.place and resolve_place(resolver, "place", said.place),
        experiences=_each(resolve_experience, resolver, "experiences", said.experiences),
        skills=_each(resolve_skill, resolver, "skills", said.skills),
    )


def _each(
    resolve: Callable[[Resolver, str, T], T], resolver: Resolver, path: str, said: tuple[T, ...] | None
) -> tuple[T, ...] | None:
    return said and tuple(resolve(resolver, f"{path}[{at}]", each) for at, each in enumerate(said))


def resolve_place(resolver: Resolver, path: str, said: Place) -> Place:
    """With the commune's name, and under it where nothing else is written."""
    place, known = resolver.place(path, said)
    name = known.label if known else ""
    return replace(place, label=said.label or name, commune_label=name)


def resolve_experience(resolver: Resolver, path: str, said: Experience) -> Experience:
    """The occupation by its code; else by its words, or by the title where it has none; kept only where it is sure."""
    title = "" if said.occupation.label else said.title
    known = resolver.occupation(f"{path}.occupation", said.occupation.code, said.occupation.label, title)
    return (
        replace(said, occupation=Occupation(known.code, said.occupation.label, known.resolution))
        if known.code
        else said
    )


def resolve_skill(resolver: Resolver, path: str, said: Skill) -> Skill:
    """By its code, else by its label; where that is not sure enough, the words stay without a code."""
    known = resolver.skill(path, said.code, said.label)
    resolution = known.resolution and replace(known.resolution, source="given" if said.code else "words")
    return replace(said, code=known.code, label=known.label or said.label, resolution=resolution)
