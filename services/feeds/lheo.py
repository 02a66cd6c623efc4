"""Courses in LHEO 2.3: each `formation` is a course, each `session` of its actions one of its sessions.

Dates are AAAAMMJJ, "00000000" says none; prices have a comma. A document type is refused: entities that grow without
bound are declared there.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any
from xml.etree import ElementTree as Xml
from xml.parsers import expat

from services.feeds import Input, Options, Row, Unreadable, each, without_empty
from services.feeds.text import from_html, line

FUNDERS = {"2": "REGION", "4": "FRANCE_TRAVAIL", "10": "SELF", "16": "OPCO", "17": "OPCO"}
PERMANENT_ENTRY, ALL_REMOTE = "1", "2"
MAX_DESCRIPTION = 20_000
_DESCRIBING = ("objectif-formation", "contenu-formation", "resultats-attendus")


def read(source: bytes, options: Options) -> Iterator[Row]:
    courses = _tree(source).iter("formation")
    yield from each(enumerate(courses, 1), partial(_course, options=options))


def _tree(source: bytes) -> Xml.Element:
    """The document without namespaces; Unreadable when it is broken or declares a document type."""
    guard = expat.ParserCreate()
    guard.StartDoctypeDeclHandler = _refuse_doctype
    try:
        guard.Parse(source, True)
        root = Xml.fromstring(source)  # noqa: S314 — it has no document type, so no entities
    except (expat.ExpatError, Xml.ParseError, ValueError, LookupError) as error:
        raise Unreadable(f"not XML: {error}") from None
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    if root.find("offres") is None and root.tag != "offres":
        raise Unreadable(f"not LHEO: the root is <{root.tag}> and has no <offres>")
    return root


def _refuse_doctype(*_: object) -> None:
    raise Unreadable("a document type (<!DOCTYPE …>) is not accepted")


def _course(said: Xml.Element, options: Options) -> tuple[Input, Input]:
    actions = said.findall("action")
    texts = (from_html(_text(said, name)) for name in _DESCRIBING)
    course = without_empty(
        {
            "externalId": _number(said),
            "source": options.source,
            "title": line(_text(said, "intitule-formation"))[:200],
            "description": "\n\n".join(filter(None, texts))[:MAX_DESCRIPTION],
            "certificationCode": _certification(said),
            "occupations": [{"code": c.text.strip()} for c in said.iterfind("domaine-formation/code-ROME") if c.text],
            "sessions": [_session(one, action) for action in actions for one in action.findall("session")],
            "funding": sorted({*_funding(said)}),
            "price": min((p for a in actions if (p := _amount(a, "prix-total-TTC"))), default=None),
            "durationHours": max((int(_amount(a, "nombre-heures-total") or 0) for a in actions), default=0),
            "applyUrl": _url(said),
        }
    )
    if "title" not in course:
        raise Unreadable("intitule-formation is missing")
    return course, _organisation(said, options)


def _number(said: Xml.Element) -> str:
    found = said.get("numero") or said.get("id") or said.get("ref") or _text(said, "identifiant-module")
    if not found:
        raise Unreadable("the formation has no `numero`: it could not be found again")
    return found.strip()


def _session(said: Xml.Element, action: Xml.Element) -> Input:
    open_entry = _text(action, "modalites-entrees-sorties") == PERMANENT_ENTRY
    places = [*action.iterfind("lieu-de-formation/coordonnees/adresse"), *said.iterfind("adresse-inscription/adresse")]
    return without_empty(
        {
            "externalId": (said.get("numero") or "").strip(),
            "startDate": None if open_entry else _day(said, "periode/debut"),
            "endDate": _day(said, "periode/fin"),
            "seats": int(_amount(said, "recrutement/nb-places") or 0) or None,
            "remote": _text(action, "modalites-enseignement") == ALL_REMOTE,
            "place": _place(places[0]) if places else None,
        }
    )


def _organisation(said: Xml.Element, options: Options) -> Input:
    body = said.find("organisme-formation-responsable")
    if body is None:
        raise Unreadable("organisme-formation-responsable is missing")
    siret = re.sub(r"\s", "", _text(body, "SIRET-organisme-formation/SIRET"))
    name = line(_text(body, "nom-organisme") or _text(body, "raison-sociale"))
    address = body.find("coordonnees-organisme/coordonnees/adresse")
    site = _text(body, "coordonnees-organisme/coordonnees/web/urlweb")
    return without_empty(
        {
            "source": options.source,
            "externalId": siret or _text(body, "numero-activite") or name.casefold(),
            "kind": "TRAINING_BODY",
            "name": name,
            "siret": siret,
            "website": site if site.startswith("https://") else None,
            "place": _place(address) if address is not None else None,
        }
    )


def _place(address: Xml.Element) -> Input:
    place: dict[str, Any] = {
        "communeCode": _text(address, "code-INSEE-commune"),
        "postalCode": _text(address, "codepostal"),
        "label": line(_text(address, "ville")),
    }
    latitude, longitude = _amount(address, "geolocalisation/latitude"), _amount(address, "geolocalisation/longitude")
    if latitude and longitude:
        place["point"] = {"latitude": latitude, "longitude": longitude}
    return without_empty(place)


def _certification(said: Xml.Element) -> str | None:
    for name, prefix in (("code-RNCP", "RNCP"), ("code-RS", "RS")):
        if digits := re.sub(r"\D", "", _text(said, f"certification/{name}")):
            return prefix + digits
    return None


def _funding(said: Xml.Element) -> Iterator[str]:
    for code in said.iterfind("action/organisme-financeur/code-financeur"):
        if funder := FUNDERS.get((code.text or "").strip()):
            yield funder
    if said.find("certification/code-CPF") is not None:
        yield "CPF"


def _url(said: Xml.Element) -> str | None:
    found = [*said.iterfind("url-formation/urlweb"), *said.iterfind("action/url-action/urlweb")]
    return next((url for each in found if (url := (each.text or "").strip()).startswith("https://")), None)


def _text(said: Xml.Element, path: str) -> str:
    return (said.findtext(path) or "").strip()


def _day(said: Xml.Element, path: str) -> str | None:
    text = _text(said, path)
    if not text.strip("0") or text.startswith("9999"):
        return None
    try:
        return datetime.strptime(text, "%Y%m%d").date().isoformat()
    except ValueError:
        raise Unreadable(f"{path} is no date (AAAAMMJJ): {text[:20]}") from None


def _amount(said: Xml.Element, path: str) -> float | None:
    text = re.sub(r"[\s €]", "", _text(said, path)).replace(",", ".")
    return float(text) if text else None
