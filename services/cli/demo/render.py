"""Renders the story: coloured on a terminal, plain when piped; in French or English."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from services.cli.demo.load import Credential
from services.cli.demo.story import StoryResult
from services.words.catalogue import Words

Input = dict[str, Any]
WORDS: Mapping[str, Mapping[str, str]] = {
    "fr": {
        "offer": "Une nouvelle offre",
        "by": "publiée par",
        "reached": "Elle a atteint {n} personnes ; Inès l'a lue {ms:.0f} ms après la publication.",
        "full": "Pourquoi Inès : un match complet",
        "partial": "Yanis : un match partiel",
        "missing": "Il lui manque : {skills}.",
        "course": "{offers} offres près de lui demandent {gaps} compétences qu'il n'a pas ; "
        "la formation « {title} » ({school}) lui en apporte {closed}.",
        "refused": "Camille : refusée par une condition, jamais par une note",
        "ready": "Tout est en marche ; Ctrl-C arrête et efface tout.",
        "ways": "Identifiants prêts à l'emploi",
        "paste": "Trois requêtes à coller (POST {url}/graphql)",
        "search": "Chercher des offres (n'importe quel jeton, par exemple {role}) :",
        "matches": "Les offres d'Inès (jeton {role}, MENTOR ou PARTNER) :",
        "candidates": "Qui convient à l'offre (jeton {role}) :",
    },
    "en": {
        "offer": "A new offer",
        "by": "posted by",
        "reached": "It reached {n} people; Inès could read it {ms:.0f} ms after it was posted.",
        "full": "Why Inès: a full match",
        "partial": "Yanis: a partial match",
        "missing": "Missing: {skills}.",
        "course": "{offers} offers near him ask for {gaps} skills that he lacks; "
        "the course “{title}” ({school}) teaches {closed} of them.",
        "refused": "Camille: refused by a gate, never by a mark",
        "ready": "Everything is up; Ctrl-C stops it and deletes it all.",
        "ways": "Credentials, ready to use",
        "paste": "Three queries to paste (POST {url}/graphql)",
        "search": "Search offers (any token, for example {role}):",
        "matches": "The offers of Inès (token: {role}, MENTOR or PARTNER):",
        "candidates": "Who fits the offer (token: {role}):",
    },
}


def tell(told: StoryResult, console: Console, language: str) -> None:
    """The story itself."""
    words = WORDS[language]
    console.rule(f"[bold green]{words['offer']}")
    console.print(f"[bold]{told.offer['title']}[/bold], {words['by']} {told.employer}")
    console.print(told.offer["description"])
    console.print(words["reached"].format(n=told.reached, ms=told.milliseconds), style="bold")
    console.rule(f"[bold green]{words['full']}")
    _match(told.full, console, language)
    console.rule(f"[bold yellow]{words['partial']}")
    _match(told.partial, console, language)
    _gap(told, console, words)
    console.rule(f"[bold red]{words['refused']}")
    for gate in told.refused["gates"]:
        if not gate["passed"]:
            name = Words(language).say(f"matching.gate.{gate['name']}")
            console.print(f"✗ {name}: {gate['reason']['text']}")


def render_credentials(told: StoryResult, url: str, console: Console, language: str) -> None:
    """Addresses, credentials and queries for whoever goes on."""
    words = WORDS[language]
    console.rule(f"[bold]{words['ways']}")
    table = Table(box=None)
    for header in ("role", "client_id", "client_secret"):
        table.add_column(header, no_wrap=True, overflow="fold")
    for way in told.credentials:
        table.add_row(way.role, way.client_id, way.client_secret)
    console.print(table)
    console.rule(f"[bold]{words['paste'].format(url=url)}")
    ways = {way.role: way for way in told.credentials}
    for name, role, query in _queries(told):
        console.print(words[name].format(role=role), style="bold", highlight=False)
        for line in (_token(ways[role], url), query):
            console.print(line, soft_wrap=True, highlight=False, markup=False)
    console.print(f"\n{url}/graphql  {url}/readyz  {words['ready']}", style="bold green")


def _token(way: Credential, url: str) -> str:
    return f"curl -s -u {way.client_id}:{way.client_secret} -d grant_type=client_credentials {url}/oauth/token"


def _match(match: Input, console: Console, language: str) -> None:
    say = Words(language).say
    table = Table(box=None, caption=f"{say('command.score')} {match['score']:.2f}")
    for header in ("part", "weight", "value", "why"):
        table.add_column(say(f"command.{header}"), overflow="fold")
    for part in match["parts"]:
        why = " ".join(_reason(reason) for reason in part["reasons"]) if part["known"] else say("command.unknown")
        table.add_row(say(f"matching.part.{part['name']}"), f"{part['weight']:g}", f"{part['value']:.2f}", why)
    console.print(table)


def _reason(reason: Input) -> str:
    said = " ".join(f"« {evidence['words']} »" for evidence in reason["evidence"] if evidence["words"])
    return f"{reason['text']} {said}".strip()


def _gap(told: StoryResult, console: Console, words: Mapping[str, str]) -> None:
    if missing := ", ".join(skill["label"] for skill in told.partial["missingSkills"]):
        console.print(words["missing"].format(skills=missing))
    if course := told.course:
        console.print(
            words["course"].format(
                title=course["course"]["title"],
                school=course["course"]["organisation"]["name"],
                closed=len(course["closedSkills"]),
                gaps=course["gapCount"],
                offers=course["offerCount"],
            ),
            style="bold",
        )


def _queries(told: StoryResult) -> Sequence[tuple[str, str, str]]:
    """(what it is for, whose token it takes, the query)"""
    return (
        (
            "search",
            "OPERATOR",
            '{ offers(text: "vélo", near: { place: "Saint-Denis (93)", radiusKm: 30 }, first: 5)'
            " { totalCount nodes { title organisation { name } green { grade } } } }",
        ),
        (
            "matches",
            "PERSON",
            f'{{ person(id: "{told.ids["ines"]}") {{ matches(first: 5) {{ nodes {{ score offer {{ title }}'
            " parts { name value reasons { text } } } } } }",
        ),
        (
            "candidates",
            "RECRUITER",
            f'{{ offer(id: "{told.ids["offer"]}") {{ title candidates(first: 5)'
            " { nodes { score person { id skills { label } } } } } }",
        ),
    )
