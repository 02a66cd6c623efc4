"""Matching's reasons as sentences: their parameters travel as text and get their types here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from services.gateway.labels import Labels
from services.words.catalogue import Days, Fact, Km, Term, Words


@dataclass(frozen=True, slots=True)
class ReasonTexts:
    """Sentences in one language, to the person concerned or about them."""

    words: Words
    audience: str
    labels: Labels

    def of(self, code: str, parameters: Mapping[str, str]) -> str:
        facts = {name: self._fact(name, value) for name, value in parameters.items()}
        if code == "ANYWHERE" and "distance" in parameters:
            code = "ANYWHERE.distance"
        return self.words.say(f"matching.{code}", self.audience, **facts | self._phrases(code, parameters, facts))

    def _fact(self, name: str, value: str) -> Fact:
        """What cannot be read as its type stays the text that it is."""
        if name in ("kind", "asked", "level", "source"):
            return Term(f"matching.{name}.{value}")
        if name == "skill":
            return self.labels.skill(value) or value
        if name in ("occupation", "held", "wished"):
            return self.labels.occupation(value) or value
        try:
            return _TYPES.get(name, str)(value)
        except ValueError:
            return value

    def _phrases(self, code: str, parameters: Mapping[str, str], facts: Mapping[str, Fact]) -> dict[str, Fact]:
        """Facts that are made of others."""
        if code.startswith("AGE"):
            return {
                "ages": self.words.say(f"matching.ages.{'between' if parameters.get('maximum') else 'from'}", **facts)
            }
        if code.startswith("KIND"):
            kinds = [self.words.say(f"matching.kind.{kind}") for kind in parameters.get("wished", "").split()]
            return {"wished": ", ".join(kinds) or Term("matching.kind.none")}
        if code == "PUBLISHED_DAYS_AGO":
            days = parameters.get("days", "")
            return {"ago": self.words.say(f"matching.ago.{days}" if days in ("0", "1") else "matching.ago", **facts)}
        if code == "HOURS_OUTSIDE":
            sides = (parameters.get(name) for name in ("minimum", "maximum"))
            return {"range": "–".join(filter(None, sides)) + " h"}
        return {}


def _day(value: str) -> date:
    return date.fromisoformat(value[:10])


_TYPES: Mapping[str, Callable[[str], Fact]] = {
    "distance": Km,
    "limit": Km,
    "hours": float,
    "days": Days,
    "licences": lambda value: ", ".join(value.split()),
    "expired": _day,
    "start": _day,
}
