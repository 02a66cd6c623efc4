"""How the story looks on a terminal: coloured there, plain when piped. French first, English too."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from services.demo.story import Told

Input = dict[str, Any]
WORDS: Mapping[str, Mapping[str, str]] = {
    "fr": {
        "offer": "Une nouvelle offre",
        "by": "publiée par",
        "reached": "Elle a atteint {n} personnes ; Inès l'a lue {ms:.0f} ms après la publication.",
        "full": "Pourquoi Inès : un match complet",
        "partial": "Yanis : un match partiel",
        "missing": "Il lui manque : {skills}.",
        "course": "La formation « {title} » ({school}) comble {closed} des {gaps} manques de {offers} offres.",
        "refused": "Camille : refusée par une condition, jamais par une note",
        "part": "critère",
        "weight": "poids",
        "value": "valeur",
        "why": "pourquoi",
        "unknown": "pas encore demandé",
        "score": "score",
        "ready": "Tout est en marche ; Ctrl-C arrête et efface tout.",
        "ways": "Identifiants prêts à l'emploi",
        "paste": "Trois requêtes à coller (POST {url}/graphql)",
        "token": "Un jeton :",
    },
    "en": {
        "offer": "A new offer",
        "by": "posted by",
        "reached": "It reached {n} people; Inès could read it {ms:.0f} ms after it was posted.",
        "full": "Why Inès: a full match",
        "partial": "Yanis: a partial match",
        "missing": "Missing: {skills}.",
        "course": "The course “{title}” ({school}) closes {closed} of the {gaps} gaps of {offers} offers.",
        "refused": "Camille: refused by a gate, never by a mark",
        "part": "part",
        "weight": "weight",
        "value": "value",
        "why": "why",
        "unknown": "not asked yet",
        "score": "score",
        "ready": "Everything is up; Ctrl-C stops it and deletes it all.",
        "ways": "Credentials, ready to use",
        "paste": "Three queries to paste (POST {url}/graphql)",
        "token": "A token:",
    },
}


def tell(told: Told, console: Console, language: str) -> None:
    """The story itself."""
    words = WORDS[language]
    console.rule(f"[bold green]{words['offer']}")
    console.print(f"[bold]{told.offer['title']}[/bold], {words['by']} {told.employer}")
    console.print(told.offer["description"])
    console.print(words["reached"].format(n=told.reached, ms=told.milliseconds), style="bold")
    console.rule(f"[bold green]{words['full']}")
    _match(told.full, console, words)
    console.rule(f"[bold yellow]{words['partial']}")
    _match(told.partial, console, words)
    _gap(told, console, words)
    console.rule(f"[bold red]{words['refused']}")
    for gate in told.refused["gates"]:
        if not gate["passed"]:
            console.print(f"✗ {gate['name']}: {gate['reason']['text']}")


def ways_in(told: Told, url: str, console: Console, language: str) -> None:
    """Addresses, credentials and queries for whoever goes on."""
    words = WORDS[language]
    console.rule(f"[bold]{words['ways']}")
    table = Table(box=None)
    for header in ("role", "client_id", "client_secret"):
        table.add_column(header, no_wrap=True, overflow="fold")
    for way in told.credentials:
        table.add_row(way.role, way.client_id, way.client_secret)
    console.print(table)
    first = told.credentials[0]
    console.print(words["token"])
    console.print(
        f"curl -s -u {first.client_id}:{first.client_secret} -d grant_type=client_credentials {url}/oauth/token",
        soft_wrap=True,
        highlight=False,
    )
    console.rule(f"[bold]{words['paste'].format(url=url)}")
    for query in _queries(told):
        console.print(query, soft_wrap=True, highlight=False, markup=False)
    console.print(f"\n{url}/graphql  {url}/readyz  {words['ready']}", style="bold green")


def _match(match: Input, console: Console, words: Mapping[str, str]) -> None:
    table = Table(box=None, caption=f"{words['score']} {match['score']:.2f}")
    for header in ("part", "weight", "value", "why"):
        table.add_column(words[header], overflow="fold")
    for part in match["parts"]:
        why = " ; ".join(_reason(reason) for reason in part["reasons"]) if part["known"] else words["unknown"]
        table.add_row(part["name"], f"{part['weight']:g}", f"{part['value']:.2f}", why)
    console.print(table)


def _reason(reason: Input) -> str:
    said = " ".join(f"« {evidence['words']} »" for evidence in reason["evidence"] if evidence["words"])
    return f"{reason['text']} {said}".strip()


def _gap(told: Told, console: Console, words: Mapping[str, str]) -> None:
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


def _queries(told: Told) -> tuple[str, ...]:
    return (
        '{ offers(text: "vélo", near: { place: "Saint-Denis (93)", radiusKm: 30 }, first: 5)'
        " { totalCount nodes { title organisation { name } green { grade } } } }",
        f'{{ person(id: "{told.ids["ines"]}") {{ matches(first: 5) {{ nodes {{ score offer {{ title }}'
        " parts { name value reasons { text } } } } } }",
        f'{{ offer(id: "{told.ids["offer"]}") {{ title candidates(first: 5)'
        " { nodes { score person { id skills { label } } } } } }",
    )
