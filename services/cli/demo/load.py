"""Puts the world into a running system, through the public API alone."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from services.cli.api import Api, ApiError
from services.cli.demo import sample_data

Input = dict[str, Any]
REFUSED = " fragment R on Refused { reason message fields { path reason } }"
ORGANISATION = (
    "mutation($input: UpsertOrganisationInput!) { upsertOrganisation(input: $input) {"
    " ... on OrganisationWritten { organisation { id } } ...R } }" + REFUSED
)
MENTOR = (
    "mutation($input: UpsertMentorInput!) { upsertMentor(input: $input) {"
    " ... on MentorWritten { mentor { id } } ...R } }" + REFUSED
)
ASK_MENTOR = (
    "mutation($input: AskMentorInput!) { askMentor(input: $input) {"
    " ... on MentorshipWritten { mentorship { id } } ...R } }" + REFUSED
)
ACCEPT_MENTORSHIP = ASK_MENTOR.replace("AskMentorInput", "IdInput").replace("askMentor", "acceptMentorship")
OFFERS = (
    "mutation($input: UpsertOffersInput!) { upsertOffers(input: $input) {"
    " ... on OffersWritten { results { ... on OfferWritten { offer { id } } ...R } } ...R } }" + REFUSED
)
COURSES = (
    "mutation($input: UpsertCoursesInput!) { upsertCourses(input: $input) {"
    " ... on CoursesWritten { results { ... on CourseWritten { course { id } } ...R } } ...R } }" + REFUSED
)
PEOPLE = (
    "mutation($input: UpsertPeopleInput!) { upsertPeople(input: $input) {"
    " ... on PeopleWritten { results { ... on PersonWritten { person { id } } ...R } } ...R } }" + REFUSED
)
CLIENT = (
    "mutation($input: CreateClientInput!) { createClient(input: $input) {"
    " ... on ClientCreated { clientId clientSecret subject } ...R } }" + REFUSED
)


@dataclass(frozen=True, slots=True)
class Credential:
    """A role's way in. `subject` is who it speaks for."""

    role: str
    client_id: str
    client_secret: str
    subject: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """Ids of what was put in, in the order of the world."""

    organisations: Sequence[str]
    mentors: Sequence[str]
    offers: Sequence[str]
    courses: Sequence[str]
    people: Sequence[str]


def load(operator: Api, partner: Api, step: Callable[[str, int], None]) -> Loaded:
    """The whole world; `step(what, how many)` tells how far it is."""
    organisations = [_organisation(operator, one) for one in sample_data.organisations()]
    step("organisations", len(organisations))
    mentors = [
        written(operator.ask(MENTOR, {"input": {"mentor": one}}))["mentor"]["id"] for one in sample_data.mentors()
    ]
    step("mentors", len(mentors))
    people = list(_rows(partner, PEOPLE, "people", sample_data.people(), "person", {"consents": ["EMPLOYERS"]}))
    step("people", len(people))
    offers = list(_rows(operator, OFFERS, "offers", sample_data.offers(organisations), "offer", {"publish": True}))
    step("offers", len(offers))
    courses = list(_rows(operator, COURSES, "courses", sample_data.courses(organisations), "course", {"publish": True}))
    step("courses", len(courses))
    return Loaded(organisations, mentors, offers, courses, people)


def credential(operator: Api, role: str, subject: str | None = None) -> Credential:
    """A new credential; `subject` None gives it a new id to speak for."""
    made = written(operator.ask(CLIENT, {"input": {"role": role, "name": f"demo {role.lower()}", "subject": subject}}))
    return Credential(role, made["clientId"], made["clientSecret"], made["subject"])


def written(answer: dict[str, Any]) -> dict[str, Any]:
    """The payload of a mutation with one field; ApiError when it was refused."""
    payload: dict[str, Any] = next(iter(answer.values()))
    if "reason" in payload:
        raise ApiError(f"{payload['reason']}: {payload['message']}")
    return payload


def _organisation(operator: Api, one: Input) -> str:
    organisation: Input = written(operator.ask(ORGANISATION, {"input": {"organisation": one}}))["organisation"]
    return str(organisation["id"])


def _rows(api: Api, query: str, name: str, rows: Sequence[Input], kind: str, more: Input) -> Iterator[str]:
    for start in range(0, len(rows), 100):
        payload = written(api.ask(query, {"input": {name: rows[start : start + 100], **more}}))
        for result in payload["results"]:
            if "reason" in result:
                raise ApiError(f"{kind}: {result['reason']} {result['fields']}")
            yield result[kind]["id"]
