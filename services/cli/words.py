"""How gates and parts of a match, and the headings above them, are called in French and in English."""

from collections.abc import Mapping
from enum import StrEnum


class Language(StrEnum):
    FR = "fr"
    EN = "en"


WORDS: Mapping[str, Mapping[str, str]] = {
    "fr": {
        "open": "ouverte",
        "consent": "accord",
        "kind": "type",
        "age": "âge",
        "licence": "permis",
        "reach": "trajet",
        "skills": "compétences",
        "occupation": "métier",
        "place": "lieu",
        "wishes": "souhaits",
        "freshness": "fraîcheur",
        "gate": "condition",
        "part": "critère",
        "weight": "poids",
        "value": "valeur",
        "why": "pourquoi",
        "unknown": "pas encore demandé",
        "matched": "un match",
        "not matched": "pas de match",
        "score": "score",
        "formula": "formule",
        "missing": "compétences à acquérir",
    },
    "en": {
        "gate": "gate",
        "part": "part",
        "weight": "weight",
        "value": "value",
        "why": "why",
        "unknown": "not asked yet",
        "matched": "a match",
        "not matched": "no match",
        "score": "score",
        "formula": "formula",
        "missing": "skills to learn",
    },
}


def word(language: str, name: str) -> str:
    """In English gates and parts are called as the API calls them; one of tomorrow is so in French too."""
    return WORDS[language].get(name, name)
