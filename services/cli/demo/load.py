"""Loads the sample data into a running system through the public API."""

from collections.abc import Callable, Sequence
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
    """A role's client id and secret. `subject` is who it speaks for."""

    role: str
    client_id: str
    client_secret: str
    subject: str


def load(operator: Api, partner: Api, step: Callable[[str, int], None]) -> tuple[Sequence[str], Sequence[str]]:
    """All sample data; the ids of its organisations and mentors. `step(what, how many)` tells how far it is."""
    organisations = [_organisation(operator, one) for one in sample_data.organisations()]
    step("organisations", len(organisations))
    mentors = [operator.mutate(MENTOR, {"input": {"mentor": one}})["mentor"]["id"] for one in sample_data.mentors()]
    step("mentors", len(mentors))
    step("people", _upsert(partner, PEOPLE, "people", sample_data.people(), {"consents": ["EMPLOYERS"]}))
    step("offers", _upsert(operator, OFFERS, "offers", sample_data.offers(organisations), {"publish": True}))
    step("courses", _upsert(operator, COURSES, "courses", sample_data.courses(organisations), {"publish": True}))
    return organisations, mentors


def credential(operator: Api, role: str, subject: str | None = None) -> Credential:
    """A new credential; `subject` None gives it a new id to speak for."""
    made = operator.mutate(CLIENT, {"input": {"role": role, "name": f"demo {role.lower()}", "subject": subject}})
    return Credential(role, made["clientId"], made["clientSecret"], made["subject"])


def _organisation(operator: Api, one: Input) -> str:
    return str(operator.mutate(ORGANISATION, {"input": {"organisation": one}})["organisation"]["id"])


def _upsert(api: Api, mutation: str, name: str, rows: Sequence[Input], more: Input) -> int:
    for start in range(0, len(rows), 100):
        results = api.mutate(mutation, {"input": {name: rows[start : start + 100], **more}})["results"]
        if refused := [result for result in results if "reason" in result]:
            raise ApiError(f"{name}: {refused[0]['reason']} {refused[0]['fields']}")
    return len(rows)
