"""`vivier why`: one person and one offer, explained."""

import sys
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any

import typer

from services.cli.common import DEFAULT_HOME, Home, fail, operator

QUERY = """query($person: ID!, $offer: ID!, $language: String) {
    why(person: $person, offer: $offer, language: $language) {
    score matched formulaVersion gates { name passed reason { text } } missingSkills { code label }
    parts { name weight value known reasons { text } } offer { title organisation { name } } } }"""
_YES, _NO = "✓", "✗"


class Language(StrEnum):
    FR = "fr"
    EN = "en"


def why(
    person: Annotated[str, typer.Argument(help="The person's id.", show_default=False)],
    offer: Annotated[str, typer.Argument(help="The offer's id.", show_default=False)],
    language: Annotated[Language, typer.Option(help="Of the reasons.")] = Language.FR,
    home: Home = DEFAULT_HOME,
) -> None:
    """Why a person and an offer match, or why not: every gate, and every part of the score."""
    from services.cli.tables import show  # noqa: PLC0415

    with operator(home) as api:
        match = api.ask(QUERY, {"person": person, "offer": offer, "language": language.value})["why"]
    if match is None:
        raise fail("nothing is known of this pair: check both ids")
    for line in _heading(match):
        typer.echo(line)
    show(("gate", "", "reason"), [_gate(gate) for gate in match["gates"]])
    show(("part", "weight", "value", "reasons"), [_part(part) for part in match["parts"]])
    if match["missingSkills"]:
        named = ", ".join(skill["label"] or skill["code"] for skill in match["missingSkills"])
        typer.echo(f"missing skills: {named}")


def _heading(match: dict[str, Any]) -> Iterator[str]:
    offer = match["offer"]
    if offer:
        employer = (offer["organisation"] or {}).get("name")
        yield " — ".join(filter(None, (offer["title"], employer)))
    verdict = f"{_YES} a match" if match["matched"] else f"{_NO} no match"
    yield f"{verdict}, score {match['score']:.2f}, formula {match['formulaVersion']}"


def _gate(gate: dict[str, Any]) -> tuple[str, str, str]:
    return gate["name"], _YES if gate["passed"] else _NO, (gate["reason"] or {}).get("text", "")


def _part(part: dict[str, Any]) -> tuple[str, str, str, str]:
    value = f"{part['value']:.2f}" + ("" if part["known"] else " (unknown)")
    separator = "\n" if sys.stdout.isatty() else "; "
    return part["name"], f"{part['weight']:g}", value, separator.join(reason["text"] for reason in part["reasons"])
