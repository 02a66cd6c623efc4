"""The sentences of one language, with facts (numbers, dates, distances) formatted for it.

Catalogues are gettext files, read by Babel when a language is first used (0.1 s, once a process). A sentence is found
by a stable code, `<file>.<CODE>`, and by its audience where that matters: "to" the person concerned (tutoiement), or
"about" them. Refusals are found by the English sentence that their code has.
"""

import re
from collections.abc import Mapping
from datetime import date
from functools import cache, lru_cache
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path

from babel.dates import format_date
from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.units import format_unit

from services.kit.errors import filled
from services.words import Language

LOCALE = Path(__file__).parent / "locale"
_FRENCH_SPACE = re.compile(" (?=[:;!?»])|(?<=«) ")


class Km(float):
    """A distance in kilometres."""


class Days(int):
    """A number of days."""


class Term(str):
    """A fact that is itself a code of the catalogue: its sentence is put in."""

    __slots__ = ()


Fact = str | float | date


class Words:
    """The sentences of a language; French where there is no such language."""

    def __init__(self, language: str) -> None:
        self.language = Language(language) if language in tuple(Language) else Language.FR
        self._catalogue = _catalogue(self.language)

    def say(self, code: str, audience: str = "", /, **facts: Fact) -> str:
        """The sentence of this code; the fact `count` chooses between singular and plural.

        An unknown code shows its last part, so that a newer service does not break an older reader.
        """
        count = facts.get("count")
        if isinstance(count, int):
            found = self._catalogue.ngettext(code, code, count)
        elif (found := self._catalogue.pgettext(audience, code)) == code:
            found = self._catalogue.gettext(code)
        shown = {name: self._shown(fact, audience) if type(fact) is not str else fact for name, fact in facts.items()}
        return filled(found if found != code else code.rpartition(".")[2], shown)

    def translated(self, english: str, facts: Mapping[str, str] | None = None) -> str:
        """An English sentence of the code, translated; one without a translation stays English."""
        return filled(self._catalogue.gettext(english) if english else "", facts or {})

    def _shown(self, fact: Fact, audience: str) -> str:
        return self.say(fact, audience) if isinstance(fact, str) else _formatted(fact, self.language)


@lru_cache(4096, typed=True)
def _formatted(fact: float | date, language: str) -> str:
    if isinstance(fact, Km):
        return format_unit(fact, "length-kilometer", "short", locale=language)
    if isinstance(fact, Days):
        return format_unit(fact, "duration-day", "long", locale=language)
    if isinstance(fact, date):
        return format_date(fact, _catalogue(language).gettext("format.date"), locale=language)
    return format_decimal(fact, locale=language)


@cache
def _catalogue(language: str) -> GNUTranslations:
    whole = Catalog(locale=language)
    for path in sorted((LOCALE / language).rglob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=language):
                text = message.string or ""
                if language == Language.FR:
                    text = (
                        _with_french_spaces(text)
                        if isinstance(text, str)
                        else [_with_french_spaces(form) for form in text]
                    )
                if message.id:
                    whole.add(message.id, text, context=message.context)
    packed = BytesIO()
    write_mo(packed, whole)
    packed.seek(0)
    return GNUTranslations(packed)


def _with_french_spaces(sentence: str) -> str:
    """With the spaces that French sets before : ; ! ? and inside « », where no line may break."""
    return _FRENCH_SPACE.sub("\u202f", sentence)
