"""Offers in France Travail's format "Offres d'emploi v2": a JSON list, `{"resultats": [...]}`, or one a line."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from services.feeds import (
    Input,
    Options,
    Row,
    Unreadable,
    each,
    json_documents,
    parse_instant,
    without_empty,
)
from services.feeds.french import CONTRACTS, employer, hours, salary
from services.feeds.text import clean, line

REQUIRED = "E"
APPRENTICESHIP, PROFESSIONALISATION = "apprentissage", "professionnalisation"


def read(source: bytes, options: Options) -> Iterator[Row]:
    yield from each(json_documents(source, "resultats"), partial(_offer, options=options))


def _offer(said: Any, options: Options) -> tuple[Input, Input]:
    if not isinstance(said, dict):
        raise Unreadable("not an object")
    firm = said.get("entreprise") or {}
    url = (said.get("origineOffre") or {}).get("urlOrigine") or ""
    nature = said.get("natureContrat") or ""
    offer = without_empty(
        {
            "externalId": str(said["id"]),
            "source": options.source,
            "kind": "APPRENTICESHIP" if said.get("alternance") or APPRENTICESHIP in nature.lower() else "JOB",
            "title": line(said["intitule"]),
            "description": clean(said.get("description")),
            "occupation": without_empty({"code": said.get("romeCode"), "label": clean(said.get("appellationlibelle"))}),
            "skills": [_skill(skill) for skill in said.get("competences") or []],
            "place": _place(said.get("lieuTravail") or {}),
            "contract": _contract(said.get("typeContrat") or "", nature),
            "weeklyHours": hours(said.get("dureeTravailLibelle")),
            "salary": salary((said.get("salaire") or {}).get("libelle")),
            "openings": said.get("nombrePostes"),
            "licences": _licences(said.get("permis") or []),
            "disabilityFriendly": said.get("accessibleTH"),
            "applyUrl": url if url.startswith("https://") else None,
            "expiresAt": options.end_of(parse_instant(said.get("dateActualisation") or said.get("dateCreation"))),
        }
    )
    return offer, employer(line(firm.get("nom")), firm.get("siret"), said.get("codeNAF"), options)


def _skill(said: Input) -> Input:
    return {
        **without_empty({"code": said.get("code"), "label": clean(said.get("libelle"))}),
        "required": said.get("exigence") == REQUIRED,
    }


def _place(said: Input) -> Input:
    named = {"communeCode": said.get("commune"), "postalCode": said.get("codePostal")}
    place = without_empty(named | {"label": clean(said.get("libelle"))})
    if said.get("latitude") is not None and said.get("longitude") is not None:
        place["point"] = {"latitude": float(said["latitude"]), "longitude": float(said["longitude"])}
    return place


def _contract(kind: str, nature: str) -> str | None:
    if APPRENTICESHIP in nature.lower():
        return "APPRENTICESHIP"
    if PROFESSIONALISATION in nature.lower():
        return "PROFESSIONALISATION"
    return CONTRACTS.get(kind)


def _licences(said: list[Input]) -> list[str]:
    """Those that are demanded: "B" of "B - Véhicule léger"."""
    return [one["libelle"].split(" - ")[0].strip() for one in said if one.get("exigence") == REQUIRED]
