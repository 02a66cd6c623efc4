"""The catalogues hold what the code says, in both languages: nothing is missing, nothing is left over."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from itertools import product

import pytest
from babel.messages.pofile import read_po

from services.gateway.http.problems import TITLES
from services.matching.domain.formula import GATES, PARTS
from services.matching.domain.reasons import Code
from services.matching.values import OfferKind
from services.notifications.domain import Kind
from services.offers.domain.course import Course
from services.offers.domain.offer import Offer
from services.offers.domain.values import State
from services.profile.domain.mentoring import MentorshipState
from services.words import Language
from services.words.catalogue import LOCALE

SERVICES = LOCALE.parents[1]
AUDIENCES = {"to", "about"}
TEXT_OF = {
    "Violation": 2,
    "Refused": 2,
    "denied": 1,
    "not_found": 0,
    "add": 2,
    "require": 3,
    "matching": 2,
    "Problem": 2,
    "TokenRefused": 0,
    "unauthorized": 0,
    "unavailable": 0,
    "coded": 0,
    "translated": 0,
}
"""Which argument of a call is the English sentence of a refusal, or in `not_found` what is not there."""
MADE = {
    *TITLES.values(),
    "Error",
    *(f"the {kind.WORD} is {state}" for kind, state in product((Offer, Course), State)),
    *(f"this mentorship is {state}" for state in MentorshipState),
    *(f"no such {kind.WORD}" for kind in (Offer, Course)),
}
"""Sentences that the code makes of parts: each f-string that does is named here."""
F_STRINGS = {"kit/errors.py", "offers/domain/posting.py", "profile/domain/mentoring.py"}
TERMS = {"kind": (*OfferKind, "none"), "asked": ("required", "wished"), "level": ("confirmed", "stated")}
CODES = {
    *(f"matching.{code}" for code in (*Code, "ANYWHERE.distance")),
    *(f"matching.gate.{name}" for name in GATES),
    *(f"matching.part.{name}" for name in PARTS),
    *(f"matching.{name}.{value}" for name, values in TERMS.items() for value in values),
    *(f"matching.source.{source}" for source in ("wished", "past")),
    *(f"matching.{each}" for each in ("ages.between", "ages.from", "ago", "ago.0", "ago.1")),
    *(f"mail.{kind}" for kind in Kind if kind is not Kind.MENTORSHIP_CHANGED),
    *(f"mail.{Kind.MENTORSHIP_CHANGED}.{state.name}" for state in MentorshipState),
    *(f"mail.{place}.{reader}" for place in ("several", "ending") for reader in ("person", "mentor")),
    *(f"command.{header}" for header in ("part", "weight", "value", "why")),
}
"""Codes that are not written as a whole where they are used."""
A_CODE = re.compile(r"(matching|mail|command|format)\.[\w.]*\w")
SAYING = ("say", "Term", "gettext")


@cache
def sources() -> list[tuple[str, ast.Module]]:
    return [
        (str(path.relative_to(SERVICES)), ast.parse(path.read_text(encoding="utf-8")))
        for path in sorted(SERVICES.rglob("*.py"))
    ]


def texts_of(tree: ast.AST, known: dict[str, ast.expr]) -> Iterator[tuple[str, ast.expr]]:
    """Calls that refuse, with their text; a name stands for what was last assigned to it in its scope."""
    known = dict(known)
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            known[node.targets[0].id] = node.value
        if isinstance(node, ast.Call):
            called = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if called in TEXT_OF and len(node.args) > TEXT_OF[called]:
                text = node.args[TEXT_OF[called]]
                yield called, known.get(text.id, text) if isinstance(text, ast.Name) else text
        yield from texts_of(node, known)


@cache
def sentences() -> dict[str, str]:
    """Every English sentence of a refusal, with a file that says it."""
    found = dict.fromkeys(MADE, "made of parts")
    for name, tree in sources():
        for called, text in texts_of(tree, {}):
            if called == "unavailable" and not name.startswith("gateway/"):
                continue  # of an engine: for operators
            assert not isinstance(text, ast.JoinedStr) or name in F_STRINGS, f"{name}: {ast.unparse(text)}: use facts"
            if isinstance(text, ast.Constant) and isinstance(text.value, str) and text.value:
                said = text.value.replace("_", " ")
                found[f"no such {said}" if called == "not_found" else text.value] = name
    return found


@cache
def entries(language: str, name: str = "*") -> dict[tuple[str, str], tuple[str, ...]]:
    """By code and audience: the forms of its sentence."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for path in sorted((LOCALE / language).rglob(f"{name}.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=language):
                code = message.id if isinstance(message.id, str) else message.id[0]
                if code:
                    assert not message.fuzzy, f"{path}: {code} is not sure"
                    assert (code, message.context or "") not in found, f"{path}: {code} stands twice"
                    forms = [message.string] if isinstance(message.string, str) else message.string
                    found[code, message.context or ""] = tuple(forms)
    return found


def names(sentence: str) -> set[str]:
    return set(re.findall(r"{(\w+)}", sentence))


def shown(differences: set[str]) -> list[str]:
    return [f"{each} ({sentences().get(each, 'in the catalogue')})" for each in sorted(differences)]


def test_every_refusal_has_its_french_sentence_and_none_is_left_over() -> None:
    french = {english for english, _ in entries("fr", "refusals")}
    assert not shown(sentences().keys() - french), "add them to refusals.po"
    assert not shown(french - sentences().keys()), "nobody says them: remove them from refusals.po"
    assert len(french) > 100


def test_every_code_has_its_sentence_and_none_is_left_over() -> None:
    said = [
        part.value
        for _, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in SAYING
        for part in ast.walk(node)
        if isinstance(part, ast.Constant)
    ]
    written = {code for code in said if isinstance(code, str) and A_CODE.fullmatch(code)}
    codes = {code for code, _ in entries("en")}
    assert CODES | written == codes


def test_both_languages_say_the_same_to_the_same() -> None:
    french = entries("fr").keys() - entries("fr", "refusals").keys()
    assert french == entries("en").keys()


@pytest.mark.parametrize("language", Language)
def test_what_is_said_to_the_person_is_said_about_them_too(language: str) -> None:
    for code, audience in entries(language):
        others = {other for same, other in entries(language) if same == code}
        assert others in ({""}, AUDIENCES), f"{code} ({audience})"


@pytest.mark.parametrize("language", Language)
def test_every_sentence_has_the_same_facts(language: str) -> None:
    english = {code: forms for (code, _), forms in entries("en").items()}
    for (code, audience), forms in entries(language).items():
        wanted = names(english[code][0] if code in english else code)
        for sentence in forms:
            assert sentence, f"{code} ({audience}) is empty"
            assert names(sentence) == wanted, f"{code} ({audience}): {sentence}"


@pytest.mark.parametrize("language", Language)
def test_one_kind_of_apostrophe_and_no_typed_spaces(language: str) -> None:
    for code, forms in entries(language).items():
        assert not re.search("[’\u00a0\u202f]", "".join(forms)), code


def test_fields_are_named_as_the_api_names_them() -> None:
    for english, forms in entries("fr", "refusals").items():
        assert not re.search("[a-z]_[a-z]", "".join((english[0], *forms))), f"{english[0]}: give the field as a fact"
