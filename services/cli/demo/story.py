"""The story: one offer, all the way. Everything goes through the public API; what is told was measured just now."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from services.cli.api import Api
from services.cli.demo import sample_data
from services.cli.demo.load import (
    ACCEPT_MENTORSHIP,
    ASK_MENTOR,
    OFFERS,
    PEOPLE,
    Credential,
    credential,
    load,
)

Input = dict[str, Any]
WAIT_SECONDS = 60.0
POLL_SECONDS = 0.005
INBOX = """query($id: ID!) { person(id: $id) { notifications(first: 20) { nodes { subjectId kind } } } }"""
WHY = """query($person: ID!, $offer: ID!, $language: String) {
  why(person: $person, offer: $offer, language: $language) {
    score matched missingSkills { label }
    parts { name weight value known reasons { code text evidence { words } } }
    gates { name passed reason { text } } } }"""
COURSE_MATCHES = """query($id: ID!) { person(id: $id) { courseMatches(first: 1) { nodes {
  offerCount gapCount closedSkills { label } distanceKm course { title organisation { name } } } } } }"""
STATUS = "{ status { service ready outboxRows workers { lag } counts { name count } } }"
INES: Input = {
    "externalId": "ines",
    "identity": {"givenName": "Inès", "familyName": "Kermadec", "email": "ines@example.org"},
    "birthMonth": "2006-05",
    "place": {"communeCode": "93066"},
    "travel": {"limitKm": 10, "modes": ["BIKE"]},
    "licences": [],
    "wishes": {"occupations": ["I1619"], "kinds": ["JOB", "APPRENTICESHIP"], "maximumHours": 35.0},
    "skills": [
        {"code": "512580", "evidence": [{"words": "je répare les vélos de tout le quartier"}]},
        {"code": "116687", "evidence": [{"words": "je nettoie et je graisse mon vélo toutes les semaines"}]},
        {"code": "490583", "evidence": [{"words": "une chambre à air, cinq minutes"}]},
        {"code": "300364", "evidence": [{"words": "à l'atelier associatif je réponds aux gens"}]},
    ],
    "experiences": [
        {
            "kind": "VOLUNTARY",
            "title": "Atelier vélo du quartier",
            "words": "Tous les samedis depuis deux ans je répare les vélos avec les bénévoles.",
        }
    ],
    "language": "fr",
}
YANIS: Input = INES | {
    "externalId": "yanis",
    "identity": {"givenName": "Yanis", "familyName": "Ferrand", "email": "yanis@example.org"},
    "birthMonth": "2004-11",
    "travel": {"limitKm": 30},
    "skills": [{"code": "116687", "evidence": [{"words": "je nettoie les vélos du foyer"}]}],
    "experiences": [],
}
CAMILLE: Input = INES | {
    "externalId": "camille",
    "identity": {"givenName": "Camille", "familyName": "Payet", "email": "camille@example.org"},
    "place": {"communeCode": "97411"},
    "travel": {"limitKm": 20},
}
OFFER: Input = {
    "externalId": "the-offer-of-the-story",
    "kind": "JOB",
    "title": "Mécanicienne ou mécanicien vélo (H/F)",
    "description": "Atelier de huit personnes à Saint-Denis. Tu répares, tu règles, tu expliques.",
    "occupation": {"code": "I1619"},
    "skills": [
        {"code": "512580", "required": True},
        {"code": "116687", "required": True},
        {"code": "490583", "required": True},
        {"code": "300364", "required": False},
    ],
    "place": {"communeCode": "93066"},
    "contract": "PERMANENT",
    "weeklyHours": 35.0,
    "salary": {"minimum": 1950.0, "maximum": 2150.0, "period": "MONTH"},
    "answerDays": 7,
}


@dataclass(frozen=True, slots=True)
class StoryResult:
    """What the demonstration did and measured, as `render` shows it."""

    offer: Input
    employer: str
    reached: int
    milliseconds: float
    full: Input
    partial: Input
    course: Input
    refused: Input
    credentials: Sequence[Credential]
    ids: Input


def play(url: str, operator: Api, step: Callable[[str, int], None], language: str) -> StoryResult:
    """Load the sample data, post one offer as its employer would, and look at it from every side."""
    partner_way = credential(operator, "PARTNER")
    partner = _client(url, partner_way)
    organisations, mentors = load(operator, partner, step)
    ines, yanis, camille = (_person(partner, who) for who in (INES, YANIS, CAMILLE))
    mentor_way = credential(operator, "MENTOR", mentors[0])
    _accompany(partner, _client(url, mentor_way), ines, mentors[0])
    recruiter_way = credential(operator, "RECRUITER", organisations[0])
    school_way = credential(operator, "TRAINING_BODY", organisations[-1])
    quiet(operator)
    before = _matches(operator)
    step("matches", before)
    recruiter = _client(url, recruiter_way)
    posted = time.perf_counter()
    offer = recruiter.mutate(OFFERS, {"input": {"offers": [OFFER], "publish": True}})["results"][0]["offer"]["id"]
    _reached(partner, ines, offer)
    milliseconds = (time.perf_counter() - posted) * 1000
    quiet(operator)
    return StoryResult(
        offer=OFFER | {"id": offer},
        employer=sample_data.organisations()[0]["name"],
        reached=_matches(operator) - before,
        milliseconds=milliseconds,
        full=_why(partner, ines, offer, language),
        partial=_why(partner, yanis, offer, language),
        course=_course(partner, yanis),
        refused=_why(partner, camille, offer, language),
        credentials=[
            recruiter_way,
            school_way,
            partner_way,
            mentor_way,
            credential(operator, "PERSON", ines),
            credential(operator, "OPERATOR"),
        ],
        ids={"offer": offer, "ines": ines},
    )


def _client(url: str, way: Credential) -> Api:
    return Api(url, way.client_id, way.client_secret)


def _person(partner: Api, who: Input) -> str:
    answer = partner.mutate(PEOPLE, {"input": {"people": [who], "consents": ["EMPLOYERS"]}})
    return str(answer["results"][0]["person"]["id"])


def _accompany(partner: Api, mentor: Api, person: str, mentor_id: str) -> None:
    """The partner asks the mentor for the person, and the mentor accepts."""
    asked = partner.mutate(ASK_MENTOR, {"input": {"personId": person, "mentorId": mentor_id}})
    mentor.mutate(ACCEPT_MENTORSHIP, {"input": {"id": asked["mentorship"]["id"]}})


def _reached(partner: Api, person: str, offer: str) -> None:
    """Wait until the person's inbox has the offer."""
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        nodes = partner.ask(INBOX, {"id": person})["person"]["notifications"]["nodes"]
        if any(node["subjectId"] == offer for node in nodes):
            return
        time.sleep(POLL_SECONDS)
    raise TimeoutError(f"the offer did not reach its person within {WAIT_SECONDS:g} s")


def _why(partner: Api, person: str, offer: str, language: str) -> Input:
    return dict(partner.ask(WHY, {"person": person, "offer": offer, "language": language})["why"])


def _course(partner: Api, person: str) -> Input:
    nodes: list[Input] = partner.ask(COURSE_MATCHES, {"id": person})["person"]["courseMatches"]["nodes"]
    return nodes[0] if nodes else {}


def _matches(operator: Api) -> int:
    counts = _status(operator)["matching"]["counts"]
    return next(int(one["count"]) for one in counts if one["name"] == "matches")


def _status(operator: Api) -> dict[str, Input]:
    return {one["service"]: one for one in operator.ask(STATUS)["status"]}


def quiet(operator: Api, seconds: float = WAIT_SECONDS) -> None:
    """Wait until no service has work left, twice in a row."""
    until, still = time.monotonic() + seconds, 0
    while still < 2 and time.monotonic() < until:
        services = _status(operator).values()
        busy = any(one["outboxRows"] or any(w["lag"] for w in one["workers"]) for one in services)
        still = 0 if busy else still + 1
        time.sleep(0.05)
