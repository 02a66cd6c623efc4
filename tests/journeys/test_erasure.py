"""The right to be forgotten, through the whole system and in all that it keeps."""

from datetime import UTC, datetime

from api_clients import SKILLS, Employer, Partner, done, inbox, matches, tell
from harness import eventually
from stack import Stack, quiet
from vivier.matching.v1 import events_pb2 as matching

from services.cli.api import ApiError
from services.kit.bus import Event
from services.kit.ids import random_id

TOWN = "59350"
WORDS = ("given", "family", "mail", "title", "words", "evidence", "message", "external", "label", "confirmed", "later")
CANARY = {name: f"Canari7c41{name}" for name in WORDS}
PHONE = "+33698744471"
PERSON = {
    "externalId": CANARY["external"],
    "identity": {
        "givenName": CANARY["given"],
        "familyName": CANARY["family"],
        "email": f"{CANARY['mail']}@example.org",
        "phone": PHONE,
    },
    "place": {"communeCode": TOWN, "label": CANARY["label"]},
    "experiences": [{"kind": "PERSONAL", "title": CANARY["title"], "words": f"Tous les jours, {CANARY['words']}."}],
    "skills": [{"code": code, "evidence": [{"words": CANARY["evidence"]}]} for code in SKILLS],
}
BY_ID = (
    "query($id: ID!) { person(id: $id) { id } }",
    "query($id: ID!) { person(id: $id) { matches { nodes { offerId } } } }",
    "query($id: ID!) { person(id: $id) { notifications { nodes { id } } } }",
    "query($id: ID!) { person(id: $id) { export } }",
)


def test_who_is_erased_leaves_no_byte_anywhere_and_no_answer(running: Stack) -> None:
    partner, employer = Partner(running, TOWN), Employer(running, TOWN)
    person = partner.enrol(**PERSON)
    other = partner.enrol()
    themself = running.exchange(partner.api, person)
    mentor = running.client("MENTOR")
    done(mentor, "upsertMentor", mentor={"displayName": "Jo", "capacity": 3, "open": True})
    asked = done(themself, "askMentor", personId=person, mentorId=mentor.subject, message=CANARY["message"])
    done(mentor, "acceptMentorship", id=asked["mentorship"]["id"])
    done(mentor, "confirmSkill", personId=person, code=SKILLS[0], words=CANARY["confirmed"])
    done(themself, "putExperience", personId=person, experience={"kind": "PAID", "title": CANARY["later"]})
    offer = employer.post()
    eventually(lambda: offer in inbox(themself, person))
    matches(themself, person)  # a list that was shown is kept for audit
    quiet(running)

    held = str(partner.api.ask(BY_ID[3], {"id": person})["person"]["export"])
    assert [each for each in (*CANARY.values(), PHONE) if each not in held] == [], "the export is complete"
    assert kept(running) == [], "nothing is written in the clear"

    done(partner.api, "erasePerson", id=person)
    quiet(running)
    assert done(partner.api, "erasePerson", id=person)["id"] == person
    assert kept(running) == []
    assert key_of(running, person) == []
    for reader in (partner.api, running.operator, mentor):
        for query in BY_ID:
            assert reader.ask(query, {"id": person}) == {"person": None}
        assert refusal_of(reader, person, offer) == refusal_of(reader, "0" * 32, offer)
    eventually(lambda: themself.post("{ me { role } }").status_code == 401)
    assert person not in {each["personId"] for each in employer.candidates(offer)}
    shown = running.operator.ask("query($id: ID!) { shown(person: $id) { nodes { rank } } }", {"id": person})
    assert shown["shown"]["nodes"] == []
    assert mentor.ask("{ myMentees { nodes { id } } }")["myMentees"]["nodes"] == []

    late = employer.post()
    append_late_match(running, person, other, late)
    eventually(lambda: late in inbox(partner.api, other))
    quiet(running)
    assert rows_about(running, person) == {"notifications": 0, "mails": 0, "deliveries": 0, "matches": 0}


def test_who_is_erased_is_not_written_again_by_their_own_token(running: Stack) -> None:
    partner = Partner(running, "59599")
    person = partner.enrol()
    themself = running.client("PERSON", person)
    done(themself, "erasePerson", id=person)
    again = tell(themself, "upsertPeople", people=[{"identity": {"givenName": "Encore"}}])
    rows = again.get("results", [again])
    assert all("reason" in row for row in rows), "an id that was erased does not come back"
    assert tell(partner.api, "putSkill", personId=person, skill={"code": SKILLS[0]})["reason"].endswith("NOT_FOUND")


def kept(running: Stack) -> list[tuple[str, str]]:
    """Where a planted text stands: file, table, topic or index, and text."""
    planted = [*CANARY.values(), PHONE]
    held = running.held()
    files, on_engines = {"log.db", "profile.db", "matching.db"}, {"profile.people", "vivier.profile.v1"}
    assert (on_engines if running.settings else files) <= held.keys()
    return [(name, each) for name, content in held.items() for each in planted if each.encode() in content]


def key_of(running: Stack, person: str) -> list[tuple[object, ...]]:
    """Rows of the person in their own service; without the wrapped key old bytes are noise."""
    return running.rows("profile", "SELECT id FROM people WHERE id = ?", person)


def refusal_of(api, person: str, offer: str) -> str:
    query = "query($person: ID!, $offer: ID!) { why(person: $person, offer: $offer) { score } }"
    try:
        return str(api.ask(query, {"person": person, "offer": offer}))
    except ApiError as error:
        return str(error).replace(person, "ID")


def append_late_match(running: Stack, erased: str, other: str, offer: str) -> None:
    """A match that was on its way when the person was erased."""
    people = [matching.MatchedPerson(person_id=each, score=0.9) for each in (erased, other)]
    message = matching.OfferMatched(offer_id=offer, offer_version=1, people=people, title="Tard")
    kind = message.DESCRIPTOR.full_name
    payload = message.SerializeToString()
    event = Event("vivier.matching.v1", f"offer-matches/{offer}", kind, payload, random_id(), datetime.now(UTC))
    with running.log() as log:
        log.append([event])


def rows_about(running: Stack, person: str) -> dict[str, int]:
    recipient = f"person/{person}"
    asked = {
        "notifications": ("notifications", "SELECT count(*) FROM notifications WHERE recipient = ?", recipient),
        "mails": ("notifications", "SELECT count(*) FROM mails WHERE recipient = ?", recipient),
        "deliveries": ("notifications", "SELECT count(*) FROM deliveries WHERE target = ?", recipient),
        "matches": ("matching", "SELECT count(*) FROM matches WHERE person_id = ?", person),
    }
    return {name: running.rows(*query)[0][0] for name, query in asked.items()}
