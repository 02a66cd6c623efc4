"""Occupations, skills, places and priority neighbourhoods: read from the snapshot in this process."""

from dataclasses import asdict
from enum import Enum

import strawberry

from services import referential
from services.gateway.context import Info
from services.gateway.schema.common import SkillName, short_text, skill_names
from services.gateway.schema.enums import GreenGrade
from services.gateway.schema.fields import field
from services.kit.checks import Checks


@strawberry.enum
class QpvState(Enum):
    IN = "in"
    OUT = "out"
    UNKNOWN = "unknown"


@strawberry.type
class OccupationGuess:
    code: str
    label: str
    confidence: float
    matched: str = strawberry.field(description="The official name that decided.")
    green: GreenGrade


@strawberry.type(description="An occupation of the referential.")
class OccupationSheet:
    code: str
    label: str
    definition: str
    green: GreenGrade
    esco_uri: str | None
    skills: list[SkillName]
    other_skills: list[SkillName]


@strawberry.type
class SkillGuess:
    code: str
    label: str
    confidence: float
    start: int = strawberry.field(description="The extract that decided begins here in the text, in characters.")
    end: int


@strawberry.type
class PlaceGuess:
    code: str
    label: str
    postal_codes: list[str]
    department: str
    region: str
    country: str
    latitude: float | None
    longitude: float | None
    population: int
    confidence: float
    source: str


@strawberry.type(description="Whether a point lies in a priority neighbourhood (QPV).")
class QpvAnswer:
    state: QpvState
    code: str | None
    vintage: str


def _place(guess: referential.PlaceGuess) -> PlaceGuess:
    place = asdict(guess.place)
    del place["parent"]
    place["postal_codes"] = list(guess.place.postal_codes)
    return PlaceGuess(**place, confidence=guess.confidence, source=guess.source)


@strawberry.type
class ReferentialQuery:
    @field("Occupations that a job title may mean, the surest first; also completes words.")
    def occupations(self, info: Info, text: str, first: int = 10) -> list[OccupationGuess] | None:
        book, text = info.context.state.referential, short_text("text", text)
        guesses = book.occupations_for(text, first) or book.search_occupations(text, first)
        return [
            OccupationGuess(
                code=g.code, label=g.label, confidence=g.confidence, matched=g.matched, green=GreenGrade[g.green.name]
            )
            for g in guesses
        ]

    @strawberry.field
    def occupation(self, info: Info, code: str) -> OccupationSheet | None:
        book = info.context.state.referential
        found = book.occupation(code)
        if found is None:
            return None
        return OccupationSheet(
            code=found.code,
            label=found.label,
            definition=found.definition,
            green=GreenGrade[found.green.name],
            esco_uri=found.esco_uri,
            skills=skill_names(info.context.state.labels, found.skills),
            other_skills=skill_names(info.context.state.labels, found.other_skills),
        )

    @field("Skills named by free words, the surest first; also completes words.")
    def skills(self, info: Info, text: str, first: int = 10) -> list[SkillGuess] | None:
        book, text = info.context.state.referential, short_text("text", text)
        guesses = book.skills_for(text, first) or book.search_skills(text, first)
        return [SkillGuess(**asdict(guess)) for guess in guesses]

    @field("Places that a text may mean, the surest first.")
    def places(self, info: Info, text: str, first: int = 10) -> list[PlaceGuess] | None:
        return [_place(guess) for guess in info.context.state.referential.places_for(short_text("text", text), first)]

    @strawberry.field
    def qpv_at(self, info: Info, latitude: float, longitude: float) -> QpvAnswer | None:
        checks = Checks()
        checks.number("latitude", latitude, -90, 90)
        checks.number("longitude", longitude, -180, 180)
        checks.done()
        answer = info.context.state.referential.qpv_at(latitude, longitude)
        return QpvAnswer(state=QpvState(answer.state.value), code=answer.code, vintage=answer.vintage)
