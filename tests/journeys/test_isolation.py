"""Another's thing looks like a missing one: role by query by id, answers are compared byte by byte."""

import json
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from api_clients import VERBS, Employer, Partner, School, done, inbox, offer_input, person_input
from harness import eventually
from stack import Stack, quiet

from services.cli.api import Api

TOWN = "35238"
MISSING = "0123456789abcdef0123456789abcdef"
QUERIES = {
    "offer": "query($id: ID!) { offer(id: $id) { title state } }",
    "candidates": "query($id: ID!) { offer(id: $id) { candidates { nodes { personId } } } }",
    "myOffers": "query($id: ID!) { myOffers(organisationId: $id) { nodes { id } } }",
    "course": "query($id: ID!) { course(id: $id) { title state } }",
    "person": "query($id: ID!) { person(id: $id) { identity { givenName } skills { code } version } }",
    "matches": "query($id: ID!) { person(id: $id) { matches { nodes { offerId } } } }",
    "courseMatches": "query($id: ID!) { person(id: $id) { courseMatches { nodes { courseId } } } }",
    "notifications": "query($id: ID!) { person(id: $id) { notifications { nodes { id } } } }",
    "mentorships": "query($id: ID!) { person(id: $id) { mentorships { id } } }",
    "export": "query($id: ID!) { person(id: $id) { export } }",
    "search": "query($id: ID!) { offers(forPerson: $id) { nodes { id } } }",
    "why": 'query($id: ID!) { why(person: $id, offer: "OFFER") { score } }',
    "shown": "query($id: ID!) { shown(person: $id) { nodes { rank } } }",
    "preferences": "query($id: String!) { preferences(recipient: $id) { mail } }",
}
MUTATIONS: dict[str, dict[str, Any]] = {
    "publishOffer": {"id": "ID"},
    "closeOffer": {"id": "ID"},
    "erasePerson": {"id": "ID"},
    "putSkill": {"personId": "ID", "skill": {"code": "512580"}},
    "putExperience": {"personId": "ID", "experience": {"kind": "PAID", "title": "Atelier"}},
    "confirmSkill": {"personId": "ID", "code": "512580"},
    "grantConsent": {"personId": "ID", "kind": "EMPLOYERS"},
    "withdrawConsent": {"personId": "ID", "kind": "EMPLOYERS"},
    "askMentor": {"personId": "ID", "mentorId": "MENTOR"},
    "acceptMentorship": {"id": "ID"},
    "endMentorship": {"id": "ID"},
    "revokeClient": {"id": "ID"},
    "upsertOffers": {"offers": [{**offer_input(1, TOWN), "externalId": "", "id": "ID"}]},
    "upsertPeople": {"people": [{**person_input(1, TOWN), "externalId": None, "id": "ID"}]},
}
OF_PEOPLE = (
    *("person", "matches", "courseMatches", "notifications", "mentorships", "export", "search", "why", "shown"),
    *("erasePerson", "putSkill", "putExperience", "confirmSkill", "grantConsent", "withdrawConsent", "askMentor"),
    "upsertPeople",
)
ABOUT = {
    "draft": ("offer", "candidates", "publishOffer", "closeOffer", "upsertOffers"),
    "course": ("course",),
    "person": OF_PEOPLE,
    "inbox": ("preferences",),
    "mentorship": ("acceptMentorship", "endMentorship"),
    "organisation": ("myOffers",),
    "client": ("revokeClient",),
}
ROLES = ("PARTNER", "RECRUITER", "TRAINING_BODY", "PERSON", "MENTOR", "ANYONE")


@dataclass
class Scenario:
    """What belongs to one tenant, and the tokens of strangers of every role."""

    ids: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    url: str = ""
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=10))

    def asked(self, role: str, name: str, identifier: str) -> tuple[int, str]:
        """Status and body of the answer, with the id that was asked taken out."""
        if name in MUTATIONS:
            kind, fields = VERBS[name]
            query = f"mutation($input: {kind}!) {{ {name}(input: $input) {{ {fields} {REFUSED} }} }}"
            said = json.dumps(MUTATIONS[name]).replace('"ID"', f'"{identifier}"')
            variables = {"input": json.loads(said.replace('"MENTOR"', f'"{self.ids["mentor"]}"'))}
        elif name == "why_offer":
            query = QUERIES["why"].replace("person: $id", f'person: "{self.ids["own"]}"').replace('"OFFER"', "$id")
            variables = {"id": identifier}
        else:
            query = QUERIES[name].replace("OFFER", self.ids["offer"])
            variables = {"id": identifier}
        headers = {"authorization": f"Bearer {self.tokens[role]}"} if role in self.tokens else {}
        body = {"query": query, "variables": variables}
        answer = self.http.post(f"{self.url}/graphql", json=body, headers=headers)
        return answer.status_code, answer.text.replace(identifier, "ID")


REFUSED = "... on Refused { reason message fields { path reason description } facts { name value } }"


@pytest.fixture(scope="module")
def scenario(running: Stack) -> Scenario:
    """One tenant has one of everything; a stranger of each role has something of their own too."""
    employer, school, partner = Employer(running, TOWN), School(running, TOWN), Partner(running, TOWN)
    person, offer, draft = partner.enrol(), employer.post(), employer.post(publish=False)
    mentor = running.client("MENTOR")
    done(mentor, "upsertMentor", mentor={"displayName": "Jo", "capacity": 3, "open": True})
    asked = done(partner.api, "askMentor", personId=person, mentorId=mentor.subject)["mentorship"]["id"]
    done(mentor, "acceptMentorship", id=asked)
    draft_course = done(school.api, "upsertCourses", courses=[{"title": "Brouillon", "externalId": "d"}])["results"][0]
    eventually(lambda: offer in inbox(partner.api, person))
    stranger = Partner(running, TOWN)
    own = stranger.enrol(consents=())
    other_mentor = running.client("MENTOR")
    done(other_mentor, "upsertMentor", mentor={"displayName": "Al", "capacity": 3, "open": True})
    quiet(running)
    apis: dict[str, Api] = {
        "PARTNER": stranger.api,
        "RECRUITER": Employer(running, TOWN).api,
        "TRAINING_BODY": School(running, TOWN).api,
        "MENTOR": other_mentor,
    }
    done(partner.api, "withdrawConsent", personId=person, kind="EMPLOYERS")
    quiet(running)
    return Scenario(
        ids={
            "draft": draft,
            "course": draft_course["course"]["id"],
            "person": person,
            "inbox": f"person/{person}",
            "mentorship": asked,
            "organisation": employer.id,
            "client": employer.api._credential[0],
            "offer": offer,
            "own": own,
            "mentor": mentor.subject,
        },
        tokens={role: api.token() for role, api in apis.items()}
        | {"PERSON": running.exchange(stranger.api, own).token},
        url=running.operator.url,
    )


@pytest.mark.parametrize("role", ROLES)
def test_anothers_id_answers_like_a_missing_one(scenario: Scenario, role: str) -> None:
    different = []
    for kind, names in ABOUT.items():
        missing = f"person/{MISSING}" if kind == "inbox" else MISSING
        for name in names:
            theirs, nobodys = scenario.asked(role, name, scenario.ids[kind]), scenario.asked(role, name, missing)
            if theirs != nobodys:
                different.append(f"{name} of a {kind}: {theirs} but for a missing one {nobodys}")
            assert theirs[0] in (200, 400, 403), f"{name}: {theirs}"
            assert "erreur interne" not in theirs[1], f"{name}: {theirs}"
            assert "INVALID_QUERY" not in theirs[1], f"{name}: {theirs}"
    assert different == []


@pytest.mark.parametrize("role", ["PARTNER", "PERSON"])
def test_nobody_is_told_how_they_fit_anothers_draft(scenario: Scenario, role: str) -> None:
    assert scenario.asked(role, "why_offer", scenario.ids["draft"]) == scenario.asked(role, "why_offer", MISSING)


def test_the_questions_of_the_table_are_answered_to_whom_it_concerns(scenario: Scenario, running: Stack) -> None:
    """Else two equal refusals would prove nothing."""
    scenario.tokens["OPERATOR"] = running.operator.token()
    for kind, name in (("draft", "offer"), ("person", "person"), ("course", "course"), ("person", "matches")):
        assert scenario.asked("OPERATOR", name, scenario.ids[kind]) != scenario.asked("OPERATOR", name, MISSING), name
