"""`vivier why`: one person and one offer, explained."""

from collections.abc import Callable, Iterator
from typing import Annotated, Any

import typer

from services.cli.common import DEFAULT_HOME, UNUSABLE, Home, fail, operator
from services.words import Language

QUERY = """query($person: ID!, $offer: ID!, $language: String) {
    why(person: $person, offer: $offer, language: $language) {
    score matched formulaVersion gates { name passed reason { text } } missingSkills { code label }
    parts { name weight value known reasons { text } } offer { title organisation { name } } } }"""
_YES, _NO = "✓", "✗"
Say = Callable[[str], str]


def why(
    person: Annotated[str, typer.Argument(help="The person's id.", show_default=False)],
    offer: Annotated[str, typer.Argument(help="The offer's id.", show_default=False)],
    language: Annotated[Language, typer.Option(help="Of the answer.", case_sensitive=False)] = Language.FR,
    home: Home = DEFAULT_HOME,
) -> None:
    """Why a person and an offer match, or why not: every gate, and every part of the score."""
    from services.cli.tables import show
    from services.words.catalogue import Words

    with operator(home) as api:
        match = api.ask(QUERY, {"person": person, "offer": offer, "language": language.value})["why"]
    if match is None:
        raise fail("nothing is known of this pair: check both ids", UNUSABLE)
    say = Words(language).say
    for line in _heading(match, say):
        typer.echo(line)
    show((say("command.gate"), "", say("command.why")), [_gate(gate, say) for gate in match["gates"]], fold=True)
    parts = [_part(part, say) for part in match["parts"]]
    show((say("command.part"), say("command.weight"), say("command.value"), say("command.why")), parts, fold=True)
    if match["missingSkills"]:
        named = ", ".join(skill["label"] or skill["code"] for skill in match["missingSkills"])
        typer.echo(f"{say('command.missing')}: {named}")


def _heading(match: dict[str, Any], say: Say) -> Iterator[str]:
    offer = match["offer"]
    if offer:
        employer = (offer["organisation"] or {}).get("name")
        yield " — ".join(filter(None, (offer["title"], employer)))
    verdict = f"{_YES} {say('command.matched')}" if match["matched"] else f"{_NO} {say('command.not_matched')}"
    yield f"{verdict}, {say('command.score')} {match['score']:.2f}, {say('command.formula')} {match['formulaVersion']}"


def _gate(gate: dict[str, Any], say: Say) -> tuple[str, str, str]:
    return say(f"matching.gate.{gate['name']}"), _YES if gate["passed"] else _NO, (gate["reason"] or {}).get("text", "")


def _part(part: dict[str, Any], say: Say) -> tuple[str, str, str, str]:
    value = f"{part['value']:.2f}" + ("" if part["known"] else f" ({say('command.unknown')})")
    return (
        say(f"matching.part.{part['name']}"),
        f"{part['weight']:g}",
        value,
        "; ".join(reason["text"] for reason in part["reasons"]),
    )
