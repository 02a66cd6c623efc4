"""Offers as schema.org `JobPosting` in JSON-LD: one, a list, a `@graph`, or one a line."""

import json
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from services.feeds import Input, Options, Row, Unreadable, each, json_documents, parse_instant, without_empty
from services.feeds.french import employer, hours
from services.feeds.text import from_html, line

TYPES = {
    "TEMPORARY": ("JOB", "FIXED_TERM"),
    "CONTRACTOR": ("JOB", "SELF_EMPLOYED"),
    "INTERN": ("INTERNSHIP", "INTERNSHIP"),
    "VOLUNTEER": ("VOLUNTEERING", "VOLUNTEERING"),
}
UNITS = {"HOUR": "HOUR", "MONTH": "MONTH", "YEAR": "YEAR"}
ROME = re.compile(r"\b[A-N]\d{4}\b")
FRANCE = {"", "fr", "fra", "france"}


def read(source: bytes, options: Options) -> Iterator[Row]:
    """What a page says of other things beside its postings is left out."""
    items = json_documents(source, "@graph")
    postings = ((at, one) for at, one in items if not isinstance(one, dict) or _is(one, "JobPosting"))
    yield from each(postings, partial(_offer, options=options))


def _offer(said: Any, options: Options) -> tuple[Input, Input]:
    if not isinstance(said, dict) or not _is(said, "JobPosting"):
        raise Unreadable("not a JobPosting")
    firm = _first_of(said.get("hiringOrganization")) or {}
    firm = {"name": firm} if isinstance(firm, str) else firm
    kind, contract = next((TYPES[t] for t in _all(said.get("employmentType")) if t in TYPES), ("JOB", None))
    offer = without_empty(
        {
            "externalId": _identifier(said),
            "source": options.source,
            "kind": kind,
            "contract": contract,
            "title": line(said["title"]),
            "description": from_html(said.get("description") or ""),
            "occupation": _occupation(said.get("occupationalCategory")),
            "skills": [{"label": word, "required": False} for word in _skills(said.get("skills"))],
            "place": _place(_first_of(said.get("jobLocation")) or {}),
            "remote": "FULL" if said.get("jobLocationType") == "TELECOMMUTE" else None,
            "weeklyHours": hours(said.get("workHours")),
            "salary": _salary(_first_of(said.get("baseSalary"))),
            "startDate": (said.get("jobStartDate") or "")[:10],
            "openings": said.get("totalJobOpenings"),
            "applyUrl": said["url"] if str(said.get("url", "")).startswith("https://") else None,
            "expiresAt": options.end_of(parse_instant(said.get("datePosted")), parse_instant(said.get("validThrough"))),
        }
    )
    return offer, employer(line(firm.get("name")), _siret(firm), None, options)


def _is(said: Input, kind: str) -> bool:
    return kind in _all(said.get("@type"))


def _all(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _first_of(value: Any) -> Any:
    return next(iter(_all(value)), None)


def _identifier(said: Input) -> str:
    given = _first_of(said.get("identifier"))
    named = given.get("value") if isinstance(given, dict) else given
    chosen = named or said.get("@id") or said.get("url")
    if not chosen:
        raise Unreadable("neither identifier, @id nor url: it could not be found again")
    return str(chosen)


def _occupation(category: Any) -> Input:
    """A ROME code where the category has one, else its words."""
    first = _first_of(category)
    words = line(first.get("name") or first.get("codeValue")) if isinstance(first, dict) else line(first)
    code = ROME.search(json.dumps(category)) if category else None
    return ({"code": code[0]} if code else {}) | ({"label": words} if words else {})


def _skills(said: Any) -> list[str]:
    words = [one.get("name", "") if isinstance(one, dict) else one for one in _all(said)]
    return [line(word) for one in words for word in re.split(r"[,;\n]", str(one)) if word.strip()]


def _place(said: Any) -> Input:
    if isinstance(said, str):
        return {"label": line(said)}
    address, geo = said.get("address") or {}, said.get("geo") or {}
    if isinstance(address, str):
        address = {"addressLocality": address}
    country = address.get("addressCountry") or ""
    country = country.get("name", "") if isinstance(country, dict) else country
    place = {
        "label": line(address.get("addressLocality")),
        "postalCode": str(address.get("postalCode") or ""),
        "countryCode": "" if country.lower() in FRANCE else country[:2].upper(),
    }
    if geo.get("latitude") is not None and geo.get("longitude") is not None:
        place["point"] = {"latitude": float(geo["latitude"]), "longitude": float(geo["longitude"])}
    return without_empty(place)


def _salary(said: Any) -> Input | None:
    value = said.get("value") if isinstance(said, dict) else None
    if isinstance(value, dict):
        low, high = value.get("minValue") or value.get("value"), value.get("maxValue")
        period = UNITS.get(value.get("unitText", ""))
        if low and period:
            pay = {"minimum": float(low), "currency": said.get("currency", "EUR"), "period": period}
            return pay | ({"maximum": float(high)} if high else {})
    return None


def _siret(firm: Input) -> str | None:
    for one in _all(firm.get("identifier")) + _all(firm.get("taxID")):
        digits = re.sub(r"\s", "", str(one.get("value", "") if isinstance(one, dict) else one))
        if re.fullmatch(r"\d{14}", digits):
            return digits
    return None
