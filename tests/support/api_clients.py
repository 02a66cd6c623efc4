"""Those who use the public API in tests: each has a credential, and does through GraphQL what its role does.

Tests are far apart: each takes a town of its own, so that tests share one running system and neither
see nor reach one another's offers.
"""

from itertools import count
from typing import Any

from sirets import siret
from stack import Stack

from services.cli.api import Api

Input = dict[str, Any]
_numbers = count(1)
_R = "...on Refused { reason message fields { path reason description } facts { name value } }"
_PERSON = "... on PersonWritten { outcome person { id version } }"
_OFFER = "... on OfferWritten { outcome offer { id version state status { searchable matchable seesPeople reasons } } }"
_COURSE = "... on CourseWritten { outcome course { id version state } }"
_MENTORSHIP = "... on MentorshipWritten { mentorship { id state } }"
VERBS = {
    "upsertOrganisation": ("UpsertOrganisationInput", "... on OrganisationWritten { outcome organisation { id } }"),
    "upsertOffers": ("UpsertOffersInput", f"... on OffersWritten {{ results {{ {_OFFER} {_R} }} }}"),
    "publishOffer": ("IdInput", _OFFER),
    "closeOffer": ("IdInput", _OFFER),
    "upsertCourses": ("UpsertCoursesInput", f"... on CoursesWritten {{ results {{ {_COURSE} {_R} }} }}"),
    "upsertPeople": ("UpsertPeopleInput", f"... on PeopleWritten {{ results {{ {_PERSON} {_R} }} }}"),
    "putExperience": ("PutExperienceInput", _PERSON),
    "putSkill": ("PutSkillInput", _PERSON),
    "confirmSkill": ("ConfirmSkillInput", _PERSON),
    "grantConsent": ("ConsentInput", _PERSON),
    "withdrawConsent": ("ConsentInput", _PERSON),
    "erasePerson": ("IdInput", "... on PersonErased { id }"),
    "upsertMentor": ("UpsertMentorInput", "... on MentorWritten { outcome mentor { id } }"),
    "askMentor": ("AskMentorInput", _MENTORSHIP),
    "acceptMentorship": ("IdInput", _MENTORSHIP),
    "endMentorship": ("IdInput", _MENTORSHIP),
    "retryDeadLetter": ("DeadLetterInput", "... on DeadLetterSettled { id }"),
    "dropDeadLetter": ("DeadLetterInput", "... on DeadLetterSettled { id }"),
    "revokeClient": ("RevokeClientInput", "... on ClientRevoked { client { id } }"),
}
SKILLS = ("512580", "116687", "490583")
"""What a bicycle mechanic (I1619) needs."""
MATCH = """score matched formulaVersion missingSkills { code }
  parts { name weight value known reasons { code text evidence { words } } }
  gates { name passed reason { code text } }"""
MATCHES = "query($id: ID!) { person(id: $id) { matches(first: 100) { nodes { offerId " + MATCH + " } } } }"
CANDIDATES = """query($id: ID!) { offer(id: $id) { candidates(first: 100) { nodes { personId score
  person { id identity { givenName familyName email phone } externalId birthMonth place { label point { latitude } }
  skills { code label evidence { words } } experiences { title words } } parts { reasons { evidence { words } } }
  } } } }"""
INBOX = """query($id: ID!) { person(id: $id) { notifications(first: 100) { unread
  nodes { id kind subjectId score parameters { name value } } } } }"""


def mutation(verb: str) -> str:
    """With `input` as its variable."""
    kind, fields = VERBS[verb]
    return f"mutation($input: {kind}!) {{ {verb}(input: $input) {{ {fields} {_R} }} }}"


def tell(api: Any, verb: str, **said: Any) -> Input:
    """A mutation; its payload, which may be a refusal."""
    answer: Input = api.ask(mutation(verb), {"input": said})[verb]
    return answer


def done(api: Any, verb: str, **said: Any) -> Input:
    """A mutation that must not be refused."""
    answer = tell(api, verb, **said)
    assert "reason" not in answer, answer
    return answer


def offer_input(number: int, town: str, **said: Any) -> Input:
    """A bicycle mechanic's job, good in every field."""
    return {
        "externalId": f"offer-{number}",
        "kind": "JOB",
        "title": f"Mécanicienne ou mécanicien vélo {number} (H/F)",
        "description": "Atelier de huit personnes. Tu répares, tu règles, tu expliques.",
        "occupation": {"code": "I1619"},
        "skills": [{"code": code, "required": True} for code in SKILLS],
        "place": {"communeCode": town},
        "contract": "PERMANENT",
        "weeklyHours": 35.0,
        **said,
    }


def person_input(number: int, town: str, **said: Any) -> Input:
    """Somebody who repairs bicycles, and says so."""
    return {
        "externalId": f"person-{number}",
        "identity": {"givenName": f"Prénom{number}", "familyName": "Nom", "email": f"person{number}@example.org"},
        "birthMonth": "2004-05",
        "place": {"communeCode": town},
        "travel": {"limitKm": 10},
        "licences": [],
        "wishes": {"occupations": ["I1619"], "kinds": ["JOB"], "maximumHours": 39.0},
        "skills": [{"code": c, "evidence": [{"words": "je répare les vélos du quartier"}]} for c in SKILLS],
        "language": "fr",
        **said,
    }


class Employer:
    """An organisation that wrote itself, verified by its SIRET."""

    role, kind = "RECRUITER", "EMPLOYER"

    def __init__(self, running: Stack, town: str, **said: Any) -> None:
        self.api = running.client(self.role)
        self.town = town
        number = next(_numbers)
        one = {"kind": self.kind, "name": f"Cycles {number}", "siret": siret(number), "place": {"communeCode": town}}
        self.id: str = done(self.api, "upsertOrganisation", organisation={**one, **said})["organisation"]["id"]

    def upsert(self, *rows: Input, publish: bool = True, **more: Any) -> list[Input]:
        results: list[Input] = done(self.api, "upsertOffers", offers=list(rows), publish=publish, **more)["results"]
        return results

    def post(self, publish: bool = True, **said: Any) -> str:
        """One offer that stands; its id."""
        (result,) = self.upsert(offer_input(next(_numbers), self.town, **said), publish=publish)
        assert "reason" not in result, result
        return str(result["offer"]["id"])

    def candidates(self, offer: str) -> list[Input]:
        found: list[Input] = self.api.ask(CANDIDATES, {"id": offer})["offer"]["candidates"]["nodes"]
        return found


class School(Employer):
    role, kind = "TRAINING_BODY", "TRAINING_BODY"

    def list_course(self, **said: Any) -> str:
        one = {"title": "Se former au vélo", "externalId": f"course-{next(_numbers)}", **said}
        (result,) = done(self.api, "upsertCourses", courses=[one], publish=True)["results"]
        assert "reason" not in result, result
        return str(result["course"]["id"])


class Partner:
    """An association's app with its people."""

    def __init__(self, running: Stack, town: str) -> None:
        self.api: Api = running.client("PARTNER")
        self.id = self.api.subject
        self.town = town

    def upsert(self, *rows: Input, consents: tuple[str, ...] = ("EMPLOYERS",), **more: Any) -> list[Input]:
        results: list[Input] = done(self.api, "upsertPeople", people=list(rows), consents=consents, **more)["results"]
        return results

    def enrol(self, consents: tuple[str, ...] = ("EMPLOYERS",), **said: Any) -> str:
        """One person; their id."""
        (result,) = self.upsert(person_input(next(_numbers), self.town, **said), consents=consents)
        assert "reason" not in result, result
        return str(result["person"]["id"])


def matches(api: Any, person: str) -> dict[str, Input]:
    """A person's matches by offer, as this caller sees them."""
    return {each["offerId"]: each for each in _of_person(api, MATCHES, person)["matches"]["nodes"]}


def inbox(api: Any, person: str, kind: str = "OFFER_MATCHED") -> list[str]:
    """What a person was told of, each as often as it was told."""
    nodes = _of_person(api, INBOX, person)["notifications"]["nodes"]
    return [each["subjectId"] for each in nodes if each["kind"] == kind]


def _of_person(api: Any, query: str, person: str) -> Input:
    answer: Input = api.ask(query, {"id": person})["person"]
    return answer


def found(api: Any, **arguments: Any) -> list[str]:
    """Ids of the offers of a search, every page of it."""
    query = """query($text: String!, $near: NearInput, $first: Int!, $after: String) {
      offers(text: $text, near: $near, first: $first, after: $after) {
        nodes { id } pageInfo { hasNextPage endCursor } } }"""
    return [each["id"] for each in api.pages(query, {"text": "", **arguments})]
