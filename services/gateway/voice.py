"""How reasons are spoken to one reader: the lines of `reasons` with their parameters in words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from services.gateway.labels import Labels
from services.gateway.reasons import LINES, Line

_WORDS: Mapping[str, tuple[str, str]] = {
    "job": ("emploi", "job"),
    "apprenticeship": ("alternance", "apprenticeship"),
    "internship": ("stage", "internship"),
    "volunteering": ("bénévolat ou service civique", "volunteering"),
    "required": ("demandée", "required"),
    "wished": ("souhaitée", "wished"),
    "confirmed": ("confirmée", "confirmed"),
    "stated": ("déclarée", "stated"),
}
_RECENT: Mapping[str, tuple[str, str]] = {"0": ("aujourd'hui", "today"), "1": ("hier", "yesterday")}
_SOURCES: Mapping[str, Line] = {
    "wished": ("souhaites", "souhaite", "wish", "wishes"),
    "past": ("as exercé", "a exercé", "have done", "has done"),
}


@dataclass(frozen=True, slots=True)
class Voice:
    """How to speak to this reader."""

    language: str
    to_person: bool
    labels: Labels

    def say(self, code: str, parameters: Mapping[str, str]) -> str:
        line = LINES.get(code)
        if line is None:
            return code
        spoken = {name: self._spoken(code, name, value) for name, value in parameters.items()}
        return line[self._column].format_map(_Known(spoken | self._joined(parameters)))

    @property
    def _english(self) -> bool:
        return self.language == "en"

    @property
    def _column(self) -> int:
        return 2 * self._english + (not self.to_person)

    def _spoken(self, code: str, name: str, value: str) -> str:
        """A parameter in words."""
        if name == "source":
            return _SOURCES[value][self._column] if value in _SOURCES else value
        if name == "wished" and code.startswith("KIND"):
            return ", ".join(map(self._word, value.split())) or ("nothing" if self._english else "rien")
        read = _READ.get(name)
        return read(self, value) if read else value

    def _word(self, value: str) -> str:
        return _WORDS[value][self._english] if value in _WORDS else value

    def _skill(self, code: str) -> str:
        return self.labels.skill(code) or code

    def _occupation(self, code: str) -> str:
        return self.labels.occupation(code) or code

    def _list(self, value: str) -> str:
        return ", ".join(value.split())

    def _number(self, value: str) -> str:
        return value if self._english else value.replace(".", ",")

    def _day(self, value: str) -> str:
        year, _, rest = value[:10].partition("-")
        month, _, day = rest.partition("-")
        return value[:10] if self._english or not day else f"{day}/{month}/{year}"

    def _days(self, value: str) -> str:
        unit = "day" if self._english else "jour"
        return f"{value} {unit}" if value == "1" else f"{value} {unit}s"

    def _ago(self, days: str) -> str:
        if days in _RECENT:
            return _RECENT[days][self._english]
        return f"{self._days(days)} ago" if self._english else f"il y a {self._days(days)}"

    def _joined(self, parameters: Mapping[str, str]) -> dict[str, str]:
        """Words that are made of others: of two parameters together, or of one in another way."""
        low, high = parameters.get("minimum", ""), parameters.get("maximum", "")
        distance = parameters.get("distance", "")
        return {
            "ages": self._ages(low, high),
            "ago": self._ago(parameters.get("days", "…")),
            "range": "–".join(filter(None, (low, high))) + " h",
            "at_distance": f" ({self._number(distance)} km)" if distance else "",
        }

    def _ages(self, low: str, high: str) -> str:
        if self._english:
            return f"{low} to {high}" if high else f"{low} or more"
        return f"de {low} à {high} ans" if high else f"{low} ans ou plus"


_READ: Mapping[str, Callable[[Voice, str], str]] = {
    "skill": Voice._skill,
    "occupation": Voice._occupation,
    "held": Voice._occupation,
    "wished": Voice._occupation,
    "kind": Voice._word,
    "asked": Voice._word,
    "level": Voice._word,
    "licences": Voice._list,
    "distance": Voice._number,
    "days": Voice._days,
    "hours": Voice._number,
    "expired": Voice._day,
    "start": Voice._day,
    "available": Voice._day,
}


class _Known(dict[str, str]):
    """A parameter that a code came without shows as an ellipsis."""

    def __missing__(self, key: str) -> str:
        return "…"
