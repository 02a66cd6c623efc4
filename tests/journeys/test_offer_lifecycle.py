"""One offer from its posting to its end, seen by everybody whom it concerns."""

import pytest
from api_clients import Employer, Partner, done, found, inbox, matches, tell
from harness import eventually
from stack import Stack, quiet

TOWN = "31555"
WORDS = "je répare les vélos du quartier"
MENTEES = "{ myMentees { nodes { person { id matches { nodes { offerId score } } } } } }"
SEARCH = {"near": {"place": TOWN, "radiusKm": 30}}


def test_an_offer_reaches_its_person_their_mentor_and_their_partner_and_goes_everywhere(running: Stack) -> None:
    partner = Partner(running, TOWN)
    person = partner.enrol()
    themself = running.exchange(partner.api, person)
    employer = Employer(running, TOWN)
    offer = employer.post()
    eventually(lambda: inbox(themself, person) == [offer])

    mine = matches(themself, person)[offer]
    assert mine["matched"]
    assert {reason["code"] for part in mine["parts"] for reason in part["reasons"]} >= {"SKILL_HELD", "DISTANCE_KM"}
    assert all(reason["text"] for part in mine["parts"] for reason in part["reasons"])
    assert WORDS in {e["words"] for part in mine["parts"] for reason in part["reasons"] for e in reason["evidence"]}
    assert all(gate["passed"] for gate in mine["gates"])

    theirs = matches(partner.api, person)[offer]
    assert same(theirs, mine)

    mentor = running.client("MENTOR")
    done(mentor, "upsertMentor", mentor={"displayName": "Claire R.", "capacity": 3, "open": True})
    asked = done(themself, "askMentor", personId=person, mentorId=mentor.subject)["mentorship"]["id"]
    eventually(lambda: asked in {n["subjectId"] for n in own_inbox(mentor)})
    assert mentor.ask(MENTEES)["myMentees"]["nodes"][0]["person"] is None, "a mentor sees nobody before accepting"
    done(mentor, "acceptMentorship", id=asked)
    eventually(lambda: inbox(themself, person, "MENTORSHIP_CHANGED") == [asked])
    quiet(running)
    (mentee,) = mentor.ask(MENTEES)["myMentees"]["nodes"]
    seen = {each["offerId"]: each["score"] for each in mentee["person"]["matches"]["nodes"]}
    assert seen[offer] == pytest.approx(mine["score"], abs=1e-4)

    assert person in {each["personId"] for each in employer.candidates(offer)}
    assert offer in found(partner.api, **SEARCH)
    done(employer.api, "closeOffer", id=offer)
    eventually(lambda: inbox(themself, person, "OFFER_GONE") == [offer])
    quiet(running)
    assert offer not in found(partner.api, **SEARCH)
    for reader in (themself, partner.api, mentor):
        assert offer not in matches(reader, person)
    assert employer.candidates(offer) == []
    (gate,) = [gate for gate in why(themself, person, offer)["gates"] if not gate["passed"]]
    assert (gate["name"], gate["reason"]["code"]) == ("open", "OFFER_CLOSED")


def test_what_is_sent_twice_changes_nothing_and_is_told_once(running: Stack) -> None:
    partner, employer = Partner(running, "63113"), Employer(running, "63113")
    person, offer = partner.enrol(externalId="twice"), employer.post(externalId="twice", title="Vélociste (H/F)")
    eventually(lambda: offer in inbox(partner.api, person))
    for _ in range(2):
        assert employer.post(externalId="twice", title="Vélociste (H/F)") == offer
        assert partner.enrol(externalId="twice") == person
    again = partner.upsert({"externalId": "twice"})[0]
    assert (again["outcome"], again["person"]["id"]) == ("UNCHANGED", person)
    quiet(running)
    assert inbox(partner.api, person) == [offer]
    assert len([each for each in employer.candidates(offer) if each["personId"] == person]) == 1


def test_reasons_come_in_the_language_that_was_asked(running: Stack) -> None:
    partner, employer = Partner(running, "42218"), Employer(running, "42218")
    person, offer = partner.enrol(), employer.post()
    eventually(lambda: offer in inbox(partner.api, person))
    french, english = (why(partner.api, person, offer, language) for language in ("fr", "en"))
    assert same(french, english)
    assert "Compétence acquise" in texts(french)
    assert "Skill held" in texts(english)
    assert "La personne" not in texts(english)


def test_the_same_request_id_gives_the_same_offer_and_another_body_is_refused(running: Stack) -> None:
    employer, partner = Employer(running, "67482"), Partner(running, "67482")
    row = {"kind": "JOB", "title": "Réparatrice ou réparateur de vélos", "place": {"communeCode": "67482"}}
    first, second = (employer.upsert(row, requestId="r-1")[0]["offer"]["id"] for _ in range(2))
    assert first == second
    refused = tell(employer.api, "upsertOffers", offers=[{**row, "title": "Autre chose"}], requestId="r-1")
    assert refused["reason"] == "REQUEST_ID_REUSED"
    one = {"externalId": "same", "place": {"communeCode": "67482"}}
    people = {partner.upsert(one, requestId="r-1")[0]["person"]["id"] for _ in range(2)}
    assert len(people) == 1, "another caller's request of the same id is another request"
    refused = tell(partner.api, "upsertPeople", people=[{**one, "externalId": "other"}], requestId="r-1")
    assert refused["reason"] == "REQUEST_ID_REUSED"
    assert len(partner.api.ask("{ people { nodes { id } } }")["people"]["nodes"]) == 1


def test_a_list_read_page_by_page_repeats_and_misses_nothing(running: Stack) -> None:
    partner, employer = Partner(running, "54395"), Employer(running, "54395")
    person = partner.enrol()
    offers = {employer.post(description=f"Atelier numéro {n}.") for n in range(3)}
    people = {person, *(partner.enrol() for _ in range(2))}
    eventually(lambda: set(inbox(partner.api, person)) == offers)
    quiet(running)
    assert sorted(page_by_page(partner.api, "person", person, "matches", "offerId")) == sorted(offers)
    for offer in offers:
        assert sorted(page_by_page(employer.api, "offer", offer, "candidates", "personId")) == sorted(people)


def page_by_page(api, kind: str, identifier: str, name: str, field: str) -> list[str]:
    query = f"""query($id: ID!, $after: String) {{ {kind}(id: $id) {{ {name}(first: 1, after: $after) {{
      nodes {{ {field} }} pageInfo {{ hasNextPage endCursor }} }} }} }}"""
    read: list[str] = []
    after = None
    while len(read) < 10:
        page = api.ask(query, {"id": identifier, "after": after})[kind][name]
        read += [each[field] for each in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    return read


def why(api, person: str, offer: str, language: str | None = None):
    query = """query($person: ID!, $offer: ID!, $language: String) {
      why(person: $person, offer: $offer, language: $language) { score matched
        parts { name weight value known reasons { code text parameters { name value } } }
        gates { name passed reason { code text } } } }"""
    return api.ask(query, {"person": person, "offer": offer, "language": language})["why"]


def own_inbox(api):
    return api.ask("{ notifications { nodes { subjectId kind } } }")["notifications"]["nodes"]


def same(one, other) -> bool:
    """All that must not depend on the reader or the language; freshness fades while the test asks."""
    return bare(one) == bare(other) and values(one) == pytest.approx(values(other), abs=1e-4)


def bare(match):
    parts = [
        (part["name"], part["weight"], part["known"], [plain(r) for r in part["reasons"]]) for part in match["parts"]
    ]
    gates = [(gate["name"], gate["passed"], gate["reason"]["code"]) for gate in match["gates"]]
    return match["matched"], parts, gates


def values(match) -> list[float]:
    return [match["score"], *(part["value"] for part in match["parts"])]


def plain(reason):
    return {name: value for name, value in reason.items() if name != "text"}


def texts(match) -> str:
    return " ".join(reason["text"] for part in match["parts"] for reason in part["reasons"])


def test_somebody_just_brought_has_empty_lists_and_no_errors(running: Stack) -> None:
    """Matching and notifications learn of them by events; nobody who asks sooner is told that they do not exist."""
    partner = Partner(running, "48095")
    for _ in range(5):
        person = partner.enrol()
        assert isinstance(matches(partner.api, person), dict)
        assert isinstance(inbox(partner.api, person), list)
