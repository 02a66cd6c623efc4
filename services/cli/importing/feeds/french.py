"""How French feeds write pay, hours, contracts and text."""

import html
import re
from html.parser import HTMLParser
from typing import Any

from services.kit.checks import HOSTILE

Input = dict[str, Any]
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
SANE = {"HOUR": (5, 500), "MONTH": (200, 50_000), "YEAR": (2_000, 600_000)}
_HOURS = re.compile(r"(\d{1,2})\s*h\s*(\d{2})?\b", re.IGNORECASE)
_EUROS = re.compile(r"(\d[\d\s]*(?:[.,]\d+)?)\s*Euros?", re.IGNORECASE)
_BLOCKS = {"p", "br", "li", "div", "ul", "ol", "h1", "h2", "h3", "h4", "tr"}


def clean(text: str | None) -> str:
    """Text without marks that no store or reader should get."""
    return HOSTILE.sub(" ", text or "").strip()


def line(text: str | None) -> str:
    """The same in one line, as titles, names and labels are."""
    return " ".join(clean(text).split())


def hours(text: str | None) -> float | None:
    """Weekly hours in "35H Travail en journée" or "temps partiel - 17H30"; None when there are none."""
    found = _HOURS.search(text or "")
    if not found:
        return None
    weekly = int(found[1]) + int(found[2] or 0) / 60
    return round(weekly, 2) if 1 <= weekly <= 60 else None


def salary(text: str | None) -> Input | None:
    """Pay in "Mensuel de 2100,00 Euros à 2300.0 Euros sur 12.0 mois"; None where it says no amount that can be true."""
    period = next((period for word, period in PERIODS.items() if (text or "").lower().startswith(word)), None)
    amounts = [float(re.sub(r"\s", "", found).replace(",", ".")) for found in _EUROS.findall(text or "")]
    if period is None or not amounts:
        return None
    low, high = SANE[period]
    if not all(low <= amount <= high for amount in amounts[:2]):
        return None
    pay: Input = {"minimum": min(amounts[:2]), "currency": "EUR", "period": period}
    return pay | ({"maximum": max(amounts[:2])} if len(amounts) > 1 else {})


def from_html(text: str) -> str:
    """The words of a piece of HTML, a line for each block; plain text stays as it is."""
    if "<" not in text:
        return clean(html.unescape(text))
    reader = _Words()
    reader.feed(text)
    reader.close()
    return clean(re.sub(r"[ \t]+", " ", re.sub(r"\s*\n\s*", "\n", "".join(reader.words))))


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in ("script", "style")
        if tag in _BLOCKS:
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("script", "style") and self._hidden > 0

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(data)
