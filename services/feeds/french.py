"""How French feeds write pay, hours, contracts and employers."""

import re

from services.feeds import Input, Options, without_empty

UNNAMED_EMPLOYER = "Employeur non communiqué"
CONTRACTS = {
    "CDI": "PERMANENT",
    "CDD": "FIXED_TERM",
    "MIS": "TEMPORARY",
    "SAI": "SEASONAL",
    "LIB": "SELF_EMPLOYED",
    "DIN": "PERMANENT",
    "DDI": "INTEGRATION",
    "CDDI": "INTEGRATION",
}
PERIODS = {"horaire": "HOUR", "mensuel": "MONTH", "annuel": "YEAR"}
PLAUSIBLE = {"HOUR": (5, 500), "MONTH": (200, 50_000), "YEAR": (2_000, 600_000)}
_DAYS = re.compile(r"([1-7])(?: ?j(?:ours?)?(?: ?(?:par |/ ?)sem(?:aine)?)?)?", re.IGNORECASE)
_HOURS = re.compile(r"(\d{1,2})\s*h\s*(\d{2})?\b", re.IGNORECASE)
_EUROS = re.compile(r"(\d[\d\s]*(?:[.,]\d+)?)\s*Euros?", re.IGNORECASE)


def hours(text: str | None) -> float | None:
    """Weekly hours in "35H Travail en journée" or "temps partiel - 17H30"; None when there are none."""
    found = _HOURS.search(text or "")
    if not found:
        return None
    weekly = int(found[1]) + int(found[2] or 0) / 60
    return round(weekly, 2) if 1 <= weekly <= 60 else None


def remote_days(text: str | None) -> int | None:
    """Days a week from home in "2" or "2 jours par semaine"; None in any other words."""
    found = _DAYS.fullmatch((text or "").strip())
    return int(found[1]) if found else None


def salary(text: str | None) -> Input | None:
    """Pay in "Mensuel de 2100,00 Euros à 2300.0 Euros sur 12.0 mois"; None where it says no amount that can be true."""
    period = next((period for word, period in PERIODS.items() if (text or "").lower().startswith(word)), None)
    amounts = [float(re.sub(r"\s", "", found).replace(",", ".")) for found in _EUROS.findall(text or "")]
    if period is None or not amounts:
        return None
    low, high = PLAUSIBLE[period]
    if not all(low <= amount <= high for amount in amounts[:2]):
        return None
    pay: Input = {"minimum": min(amounts[:2]), "currency": "EUR", "period": period}
    return pay | ({"maximum": max(amounts[:2])} if len(amounts) > 1 else {})


def employer(name: str, siret: str | None, activity: str | None, options: Options) -> Input:
    """The employer as the feed knows it: by SIRET, else by name, else nobody in particular."""
    return without_empty(
        {
            "source": options.source,
            "externalId": siret or name.casefold() or "-",
            "kind": "EMPLOYER",
            "name": name or UNNAMED_EMPLOYER,
            "siret": siret,
            "activityCode": activity if name or siret else None,
        }
    )
