"""Courses that close gaps, and what employers see of people."""

import json

from api_clients import CANDIDATES, SKILLS, Employer, Partner, School, done, found, inbox, matches
from harness import eventually
from stack import Stack, quiet

from services.cli.api import ApiError

COURSES = """query($id: ID!) { person(id: $id) { courseMatches { nodes { courseId score offerCount gapCount offerIds
  closedSkills { code label } distanceKm course { title organisation { name } } } } } }"""
HIDDEN = "Cachet83"


def test_a_course_that_closes_gaps_names_them_and_counts_the_offers(running: Stack) -> None:
    town = "44109"
    employer, partner, school = Employer(running, town), Partner(running, town), School(running, town)
    offers = {employer.post(description=f"Atelier {n}") for n in range(2)}
    person = partner.enrol(skills=[{"code": SKILLS[0]}])
    taught = [{"code": SKILLS[1], "required": True}, {"code": "400851", "required": True}]
    course = school.list_course(skills=taught, sessions=[{"place": {"communeCode": town}}], funding=["REGION"])
    useless = school.list_course(skills=[{"code": "400851"}], sessions=[{"place": {"communeCode": town}}])

    quiet(running)

    def helping():
        nodes = partner.api.ask(COURSES, {"id": person})["person"]["courseMatches"]["nodes"]
        return {each["courseId"]: each for each in nodes}

    eventually(lambda: len(helping().get(course, {}).get("offerIds", ())) == 2)
    line = helping()[course]
    assert [skill["code"] for skill in line["closedSkills"]] == [SKILLS[1]]
    assert all(skill["label"] for skill in line["closedSkills"])
    assert (line["offerCount"], set(line["offerIds"])) == (2, offers)
    assert line["gapCount"] == 2
    assert line["course"]["organisation"]["name"].startswith("Cycles")
    assert useless not in helping(), "what nobody asks for helps nobody"


def test_an_employer_sees_ranked_people_who_agreed_and_nothing_of_who_they_are(running: Stack) -> None:
    town = "33063"
    partner, employer = Partner(running, town), Employer(running, town)
    hidden = {
        "externalId": f"{HIDDEN}-externe",
        "identity": {"givenName": f"{HIDDEN}P", "familyName": f"{HIDDEN}N", "email": f"{HIDDEN}@example.org"},
        "place": {
            "communeCode": town,
            "label": f"4 rue {HIDDEN}",
            "point": {"latitude": 44.83771, "longitude": -0.57919},
        },
        "experiences": [{"kind": "PAID", "title": f"{HIDDEN}T", "words": f"{HIDDEN}W"}],
    }
    skills = [{"code": code, "evidence": [{"words": f"{HIDDEN}E"}]} for code in SKILLS]
    best = partner.enrol(**hidden, skills=skills)
    lesser = partner.enrol(skills=[{"code": SKILLS[0], "evidence": [{"words": f"{HIDDEN}E2"}]}])
    secret = partner.enrol(consents=())
    offer = employer.post()
    everybody = {best, lesser, secret}
    eventually(lambda: all(offer in inbox(partner.api, each) for each in everybody))

    ranked = employer.candidates(offer)
    assert [each["personId"] for each in ranked] == [best, lesser]
    assert ranked[0]["score"] > ranked[1]["score"]
    seen = json.dumps(employer.api.ask(CANDIDATES, {"id": offer}), ensure_ascii=False)
    assert HIDDEN not in seen
    assert "44.837" not in seen
    assert all(each["person"]["birthMonth"] is None for each in ranked)
    assert all(skill["label"] for skill in ranked[0]["person"]["skills"])

    done(partner.api, "withdrawConsent", personId=best, kind="EMPLOYERS")
    done(partner.api, "grantConsent", personId=secret, kind="EMPLOYERS")
    eventually(lambda: {each["personId"] for each in employer.candidates(offer)} == {secret, lesser})
    assert employer.api.ask("query($id: ID!) { person(id: $id) { id } }", {"id": best}) == {"person": None}
    stranger = Employer(running, town)
    assert answered(stranger.api, offer) == "no such offer"


def test_an_unverified_organisation_of_a_feed_is_matched_and_sees_nobody(running: Stack) -> None:
    town = "38185"
    partner = Partner(running, town)
    person = partner.enrol()
    said = {"source": "feed", "externalId": "no-siret", "kind": "EMPLOYER", "name": "Sans numéro"}
    feed = done(running.operator, "upsertOrganisation", organisation=said)["organisation"]["id"]
    row = {
        "organisationId": feed,
        "externalId": "f-1",
        "kind": "JOB",
        "title": "Mécanicienne ou mécanicien vélo",
        "occupation": {"code": "I1619"},
        "place": {"communeCode": town},
    }
    (result,) = done(running.operator, "upsertOffers", offers=[row], publish=True)["results"]
    offer, status = result["offer"]["id"], result["offer"]["status"]
    assert (status["searchable"], status["matchable"], status["seesPeople"]) == (True, True, False)
    assert "ORGANISATION_UNVERIFIED" in status["reasons"]
    eventually(lambda: offer in inbox(partner.api, person))
    assert offer in matches(partner.api, person)
    assert offer in found(partner.api, near={"place": town, "radiusKm": 10})
    quiet(running)
    recruiter = running.client("RECRUITER", feed)
    for reader in (recruiter, running.operator):
        assert answered(reader, offer) == "no such offer"


def answered(api, offer: str) -> str:
    """Data or refusal, as text."""
    try:
        return str(api.ask(CANDIDATES, {"id": offer}))
    except ApiError as error:
        return str(error)
