"""Fake upstream services of the gateway: real gRPC servers with small tables, in a process of their own.

They refuse, fail and dawdle on demand: an id that begins with `refuse`, `boom` or `slow` does what it says. Orders come
as lines of JSON on standard input, answers as lines on standard output: `calls` (which were made, by whom), `reset`,
`stop` and `start` a service, `hand over` a person to a partner, `notify` somebody.
"""

import json
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from google.protobuf.json_format import MessageToDict
from vivier.common.v1 import common_pb2 as common
from vivier.common.v1 import operations_pb2 as operations
from vivier.matching.v1 import matching_pb2 as matching
from vivier.notifications.v1 import notifications_pb2 as notifications
from vivier.offers.v1 import offers_pb2 as offers
from vivier.profile.v1 import profile_pb2 as profile

from services.gateway.upstreams import contract_of
from services.kit.auth import Role
from services.kit.errors import Kind, Refused, Violation, invalid
from services.kit.rpc.server import Call, Server
from services.registry import SERVICES

SECRET = sys.argv[1]
SKILLS = sys.argv[2].split(",")
OFFERS = [f"o{i:03}" for i in range(40)]
PEOPLE = {"p1": "partner-1", "p2": "partner-1", "p3": "partner-2", "p4": "partner-2"}
ALSO_VISIBLE = {("partner-1", "p4")}
"""People who agreed that another partner sees them."""
calls: list[dict[str, Any]] = []
inbox: list[notifications.Notification] = []
watchers: list[queue.SimpleQueue[notifications.Notification]] = []
lock = threading.Lock()


def misbehave(identifier: str) -> None:
    if identifier == "refuse-fields":
        below = "must not be below {field}"
        wrong = Violation("wishes.maximum_hours", "OUT_OF_ORDER", below, {"field": "minimum_hours"})
        raise invalid([wrong, Violation("birth_month", "NOT_A_MONTH", "must be a month like 2007-04")])
    if identifier == "refuse-reuse":
        raise Refused(Kind.EXISTS, "REQUEST_ID_REUSED", "this {field} was used for something else", field="request_id")
    if identifier.startswith("refuse"):
        violation = Violation("offers.postal_code", "REQUIRED", "must not be empty")
        raise Refused(Kind.CONFLICT, "WRONG_STATE", "it is closed", [violation], state="closed")
    if identifier.startswith("boom"):
        raise RuntimeError("a secret: hunter2")
    if identifier.startswith("slow"):
        time.sleep(1)


def offer(identifier: str) -> offers.Offer:
    return offers.Offer(
        id=identifier,
        organisation_id=f"org{int(identifier[1:]) % 3}",
        kind=common.OFFER_KIND_JOB,
        state=offers.OFFER_STATE_PUBLISHED,
        title=f"Couvreur {identifier}",
        description="Poser des tuiles et des panneaux",
        occupation=common.Occupation(code="F1610", label="Couvreur", resolution=common.Resolution(confidence=1)),
        skills=[offers.SkillNeed(code=code, label="savoir", required=True) for code in SKILLS],
        place=common.Place(commune_code="69123", label="Lyon", point=common.Point(latitude=45.76, longitude=4.84)),
        remote=offers.REMOTE_NONE,
        contract=offers.CONTRACT_TYPE_PERMANENT,
        weekly_hours=35,
        salary=offers.Salary(minimum=1900, period=offers.SALARY_PERIOD_MONTH),
        green=offers.Green(grade=offers.GREEN_GRADE_GREEN),
        openings=1,
        status=offers.OfferStatus(searchable=True, matchable=True),
        version=3,
    )


def organisation(identifier: str) -> offers.Organisation:
    return offers.Organisation(id=identifier, name=f"Toits & Cie {identifier}", verified=True, siret="73282932000074")


def get_offers(_: Call, request: offers.BatchGetOffersRequest) -> offers.BatchGetOffersResponse:
    for identifier in request.ids:
        misbehave(identifier)
    found = [offer(i) for i in request.ids if i in OFFERS]
    owners = sorted({o.organisation_id for o in found}) if request.with_organisations else []
    return offers.BatchGetOffersResponse(offers=found, organisations=[organisation(i) for i in owners])


def get_organisations(_: Call, request: offers.BatchGetOrganisationsRequest) -> offers.BatchGetOrganisationsResponse:
    return offers.BatchGetOrganisationsResponse(organisations=[organisation(i) for i in request.ids if i != "none"])


def upsert_offers(_: Call, request: offers.UpsertOffersRequest) -> offers.UpsertOffersResponse:
    results = []
    for row in request.offers:
        if not row.title:
            wrong = common.FieldViolation(path="place.postal_code", reason="REQUIRED", description="must not be empty")
            refusal = common.Refusal(reason="INVALID_FIELDS", message="wrong", violations=[wrong])
            results.append(offers.OfferResult(refusal=refusal))
            continue
        misbehave(row.external_id)
        row.id = "o001"
        results.append(offers.OfferResult(offer=row, outcome=common.OUTCOME_CREATED))
    return offers.UpsertOffersResponse(results=results)


def publish(_: Call, request: offers.PublishOfferRequest) -> offers.PublishOfferResponse:
    misbehave(request.id)
    return offers.PublishOfferResponse(offer=offer(request.id))


def list_offers(_: Call, request: offers.ListOffersRequest) -> offers.ListOffersResponse:
    start = int(request.page_token or 0)
    end = start + request.page_size
    return offers.ListOffersResponse(
        offers=[offer(i) for i in OFFERS[start:end]], next_page_token=str(end) if end < len(OFFERS) else ""
    )


def match(person: str, offer_id: str) -> matching.Match:
    reasons = [
        matching.Reason(
            code="SKILL_HELD",
            parameters={"skill": SKILLS[0], "asked": "required", "level": "stated"},
            evidence_ids=["e1"],
        ),
        matching.Reason(code="SKILL_MISSING", parameters={"skill": SKILLS[1], "asked": "wished"}),
    ]
    far = matching.Reason(code="DISTANCE_KM", parameters={"distance": "4.5", "limit": "20", "limit_known": "true"})
    return matching.Match(
        person_id=person,
        offer_id=offer_id,
        score=0.7,
        matched=True,
        parts=[
            matching.Part(name="skills", weight=35, value=0.8, known=True, reasons=reasons),
            matching.Part(name="occupation", weight=20, value=0.3, known=False),
            matching.Part(name="place", weight=10, value=0.6, known=True, reasons=[far]),
            matching.Part(name="wishes", weight=30, value=0.4, known=False),
            matching.Part(name="freshness", weight=5, value=0.4, known=True),
        ],
        gates=[matching.Gate(name="reach", passed=True, reason=far)],
        formula_version="1",
        missing_skill_codes=[SKILLS[1]],
    )


def search(_: Call, request: matching.SearchOffersRequest) -> matching.SearchOffersResponse:
    misbehave(request.text)
    start = int(request.page_token or 0)
    end = start + request.page_size
    hits = [matching.OfferHit(offer_id=i, score=0.5, parts=[matching.Part(name="text")]) for i in OFFERS[start:end]]
    if start == 0:
        hits.insert(1, matching.OfferHit(offer_id="gone"))
    for hit in hits:
        if request.person_id:
            hit.match.CopyFrom(match(request.person_id, hit.offer_id))
    facets = [matching.Facet(name="kind", counts=[matching.FacetCount(value="job", count=40)])]
    return matching.SearchOffersResponse(
        hits=hits[: request.page_size],
        next_page_token=str(end) if end < len(OFFERS) else "",
        total=len(OFFERS),
        facets=facets if request.facets else [],
    )


def list_matches(_: Call, request: matching.ListMatchesRequest) -> matching.ListMatchesResponse:
    return matching.ListMatchesResponse(matches=[match(request.person_id, i) for i in OFFERS[: request.page_size]])


def candidates(call: Call, request: matching.ListCandidatesRequest) -> matching.ListCandidatesResponse:
    if call.caller.role is not Role.RECRUITER:
        raise Refused(Kind.DENIED, "RECRUITER_ONLY", "only its own organisation")
    return matching.ListCandidatesResponse(matches=[match("p1", request.offer_id)])


def explain(_: Call, request: matching.ExplainRequest) -> matching.ExplainResponse:
    return matching.ExplainResponse(match=match(request.person_id, request.offer_id))


def person(identifier: str, call: Call) -> profile.Person:
    full = call.caller.role is not Role.RECRUITER
    words = "J'ai refait le toit de ma tante" if full else ""
    evidence = profile.Evidence(id="e1", source=profile.EVIDENCE_SOURCE_STATED, words=words)
    return profile.Person(
        id=identifier,
        partner_id=PEOPLE[identifier],
        identity=profile.Identity(given_name="Aya") if full else None,
        licences=profile.CodeAnswer(),
        skills=profile.Skills(skills=[profile.PersonSkill(code=SKILLS[0], label="savoir", evidence=[evidence])]),
    )


def may_see(call: Call, identifier: str) -> bool:
    """Whoever acts in a person's place is not asked: that is the gateway's to find out."""
    role, subject = call.caller.role, call.caller.subject
    by_partner = PEOPLE[identifier] == subject or (subject, identifier) in ALSO_VISIBLE
    return {Role.PARTNER: by_partner, Role.PERSON: identifier == subject}.get(role, True)


def get_people(call: Call, request: profile.BatchGetPeopleRequest) -> profile.BatchGetPeopleResponse:
    found = [person(i, call) for i in request.ids if i in PEOPLE and may_see(call, i)]
    return profile.BatchGetPeopleResponse(people=found)


def list_people(call: Call, _: profile.ListPeopleRequest) -> profile.ListPeopleResponse:
    return profile.ListPeopleResponse(people=[person(i, call) for i in PEOPLE if may_see(call, i)])


def list_notifications(
    call: Call, request: notifications.ListNotificationsRequest
) -> notifications.ListNotificationsResponse:
    own = request.recipient or f"{call.caller.role}/{call.caller.subject}"
    with lock:
        mine = [n for n in reversed(inbox) if n.recipient == own]
    start = int(request.page_token or 0)
    end = start + (request.page_size or 20)
    more = str(end) if end < len(mine) else ""
    return notifications.ListNotificationsResponse(
        notifications=mine[start:end], next_page_token=more, unread=len(mine)
    )


def watch(
    call: Call, request: notifications.WatchNotificationsRequest
) -> Iterator[notifications.WatchNotificationsResponse]:
    mine: queue.SimpleQueue[notifications.Notification] = queue.SimpleQueue()
    with lock:
        after = request.after_sequence if request.after_sequence >= 0 else len(inbox)
        for old in inbox[after:]:
            mine.put(old)
        watchers.append(mine)
    yield notifications.WatchNotificationsResponse(last_sequence=after)
    while call.is_active():
        try:
            new = mine.get(timeout=0.1)
            yield notifications.WatchNotificationsResponse(notifications=[new], last_sequence=new.sequence)
        except queue.Empty:
            continue


def notify(recipient: str, count: int) -> None:
    with lock:
        for _ in range(count):
            new = notifications.Notification(
                id=f"n{len(inbox) + 1}",
                recipient=recipient,
                kind=notifications.NOTIFICATION_KIND_OFFER_MATCHED,
                subject_id="o001",
                parameters={"title": "Couvreur"},
                sequence=len(inbox) + 1,
            )
            inbox.append(new)
            for each in watchers:
                each.put(new)


def status(name: str) -> Callable[..., Any]:
    return lambda call, request: operations.GetStatusResponse(service=name, ready=True, counts={"rows": 3})


KNOWN: dict[str, dict[str, Callable[..., Any]]] = {
    "profile": {"BatchGetPeople": get_people, "ListPeople": list_people},
    "offers": {
        "BatchGetOffers": get_offers,
        "BatchGetOrganisations": get_organisations,
        "UpsertOffers": upsert_offers,
        "PublishOffer": publish,
        "ListOffers": list_offers,
    },
    "matching": {"SearchOffers": search, "ListMatches": list_matches, "ListCandidates": candidates, "Explain": explain},
    "notifications": {"ListNotifications": list_notifications, "WatchNotifications": watch},
}
CONTRACTS = {entry.name: contract_of(entry.contract)[0] for entry in SERVICES if entry.contract}
OPERATIONS = operations.DESCRIPTOR.services_by_name["OperationsService"]


def counted(service: str, method: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def call_it(call: Call, request: Any) -> Any:
        with lock:
            calls.append(
                {
                    "call": f"{service}.{method}",
                    "caller": f"{call.caller.role}/{call.caller.subject}",
                    "actor": call.caller.actor,
                    "client": call.caller.client,
                    "seconds": call.time_remaining(),
                    "request": MessageToDict(request),
                }
            )
        return function(call, request)

    return call_it


def not_faked(call: Call, request: Any) -> Any:
    raise Refused(Kind.CONFLICT, "NOT_FAKED", "the fake does not know this call")


def serve(service: str, address: str) -> Server:
    contract, known = CONTRACTS[service], KNOWN.get(service, {})
    table = {m.name: counted(service, m.name, known.get(m.name, not_faked)) for m in contract.methods}
    asked = {m.name: not_faked for m in OPERATIONS.methods} | {"GetStatus": status(service)}
    server = Server(address, SECRET, [(contract, table), (OPERATIONS, asked)])
    server.set_ready(True)
    server.start()
    return server


def handle_order(order: dict[str, Any], servers: dict[str, Server]) -> Any:
    match order["do"]:
        case "calls":
            return list(calls)
        case "reset":
            calls.clear()
        case "hand over":
            PEOPLE[order["person"]] = order["partner"]
        case "stop":
            servers[order["service"]].stop(0)
        case "start":
            servers[order["service"]] = serve(order["service"], servers[order["service"]].address)
        case "notify":
            notify(order["recipient"], order.get("count", 1))
        case "watchers":
            return len(watchers)
    return None


def main() -> None:
    servers = {name: serve(name, "127.0.0.1:0") for name in CONTRACTS}
    print(json.dumps({name: server.address for name, server in servers.items()}), flush=True)
    for line in sys.stdin:
        print(json.dumps(handle_order(json.loads(line), servers)), flush=True)
    for server in servers.values():
        server.stop(0)


if __name__ == "__main__":
    main()
