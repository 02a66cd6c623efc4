"""Who may see whose matches. What a caller may not see looks exactly like what is missing."""

import math
from dataclasses import replace

from services.kit.auth import Caller, Role
from services.kit.errors import not_found
from services.matching.deps import Deps
from services.matching.domain import Assessment, Code, Reason
from services.matching.values import Offer, Person

STEP_KM = 5


def visible_person(deps: Deps, caller: Caller, person_id: str) -> Person:
    """The person, if this caller may see their matches."""
    person = deps.index.person(person_id)
    if person is None or not _sees_person(caller, person):
        raise not_found("person", person_id)
    return person


def own_offer(deps: Deps, caller: Caller, offer_id: str) -> Offer:
    """The offer, if its people may be shown to this caller."""
    offer = deps.index.offer(offer_id)
    if offer is None or not (offer.sees_people and caller.may_act_for(Role.RECRUITER, offer.organisation_id)):
        raise not_found("offer", offer_id)
    return offer


def explained_pair(deps: Deps, caller: Caller, person_id: str, offer_id: str) -> tuple[Person, Offer]:
    """Both, if this caller may see how they fit."""
    if caller.role is not Role.RECRUITER:
        person, offer = visible_person(deps, caller, person_id), deps.index.offer(offer_id)
        if offer is None:
            raise not_found("offer", offer_id)
        return person, offer
    own, shown = own_offer(deps, caller, offer_id), deps.index.person(person_id)
    if shown is None or not shown.visible_to_employers:
        raise not_found("person", person_id)
    return shown, own


def seen_by(caller: Caller, judged: Assessment) -> Assessment:
    """What this caller may know of a judgement.

    Employers know a candidate's commune, not their home: several exact distances, or shares of a score, would give it
    away. So they see distances in steps of five kilometres, no travel limit, and values to one decimal.
    """
    if caller.role is not Role.RECRUITER:
        return judged
    gates = tuple(replace(gate, reason=_rough(gate.reason)) for gate in judged.gates)
    parts = tuple(replace(p, value=round(p.value, 1), reasons=tuple(map(_rough, p.reasons))) for p in judged.parts)
    return replace(judged, gates=gates, parts=parts, score=round(judged.score, 2))


def _rough(reason: Reason) -> Reason:
    if "distance" not in reason.parameters:
        return reason
    if reason.code is not Code.DISTANCE_KM:
        return Reason(reason.code)
    steps = max(math.ceil(float(reason.parameters["distance"]) / STEP_KM), 1)
    return Reason(Code.WITHIN_KM, {"distance": str(steps * STEP_KM)})


def _sees_person(caller: Caller, person: Person) -> bool:
    known = {Role.PARTNER: person.partner_ids, Role.MENTOR: person.mentor_ids, Role.PERSON: {person.id}}
    return caller.role in (Role.OPERATOR, Role.SERVICE) or caller.subject in known.get(caller.role, ())
