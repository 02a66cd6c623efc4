"""`vivier import`: feeds and official files in."""

import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from services.cli.common import DEFAULT_HOME, SOME_REFUSED, UNUSABLE, Home, fail, group, operator
from services.feeds import Options, Reader, Row, Unreadable

app = group("import", "Bring in offers, courses, people or reference data; sending the same again changes nothing.")

File = Annotated[str, typer.Argument(help="The file to read, or - for standard input.", show_default=False)]
Source = Annotated[
    str | None,
    typer.Option(help="The name of this feed: later imports, and organisations without a SIRET, are recognised by it."),
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Report every row, not only the refused ones.")]


OfferFormat = Literal["france-travail", "jobposting", "csv", "json"]
CourseFormat = Literal["lheo", "json"]


class Consent(StrEnum):
    EMPLOYERS = "EMPLOYERS"
    PARENT = "PARENT"


@app.command()
def offers(
    file: File,
    format: Annotated[
        OfferFormat,
        typer.Option(
            help="france-travail: its API v2, JSON. jobposting: schema.org JSON-LD. csv: a table with headers. "
            "json: this API's own OfferInput, or what `vivier export offers` wrote.",
            show_default=False,
        ),
    ],
    as_of: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="For an old file: offers that were open on this day are published anew. Without it, what has ended "
            "since is taken in as expired.",
            metavar="YYYY-MM-DD",
        ),
    ] = None,
    source: Source = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            help="csv only, repeatable: which column holds a field, as in --column title=Poste.", metavar="FIELD=HEADER"
        ),
    ] = None,
    verbose: Verbose = False,
    home: Home = DEFAULT_HOME,
) -> None:
    """Offers: each is created, updated or left as it is, and published."""
    if column and format != "csv":
        raise fail("--column is for --format csv", UNUSABLE)
    day = as_of.replace(tzinfo=UTC) if as_of else None
    options = Options(source or format, day, _columns(column or []))
    _import(home, "offers", format, file, options, verbose, publish=True)


@app.command()
def courses(
    file: File,
    format: Annotated[
        CourseFormat,
        typer.Option(
            help="lheo: LHEO 2.3, XML. json: this API's own CourseInput, or what `vivier export courses` wrote.",
            show_default=False,
        ),
    ],
    source: Source = None,
    verbose: Verbose = False,
    home: Home = DEFAULT_HOME,
) -> None:
    """Courses with their sessions: each is created, updated or left as it is, and published."""
    _import(home, "courses", format, file, Options(source or format), verbose, publish=True)


@app.command()
def people(
    file: File,
    format: Annotated[
        Literal["json"], typer.Option(help="json: this API's own PersonInput, one, a list, or one a line.")
    ] = "json",
    consent: Annotated[
        list[Consent] | None,
        typer.Option(help="Repeatable: a consent that every new person in the file has given.", case_sensitive=False),
    ] = None,
    verbose: Verbose = False,
    home: Home = DEFAULT_HOME,
) -> None:
    """People: each is created, updated or left as it is; `externalId` says who is who, so every row needs it.

    People brought this way belong to no partner. A partner brings its own through the API, with its credential.
    """
    _import(home, "people", format, file, Options(format), verbose, consents=consent or [])


@app.command()
def referential(
    folder: Annotated[Path, typer.Argument(help="The folder that holds `rome`, `esco`, `geo` and `qpv`.")],
    format: Annotated[Literal["official"], typer.Option(help="The official files as they are published.")] = "official",
    home: Home = DEFAULT_HOME,
) -> None:
    """Occupations, skills, places and priority neighbourhoods, from the official files into one snapshot."""
    from services.cli.snapshot import Unbuildable, build_into

    try:
        build_into(folder, home)
    except Unbuildable as obstacle:
        raise fail(str(obstacle), UNUSABLE) from None


def _columns(given: list[str]) -> dict[str, str]:
    columns = {}
    for each in given:
        name, equals, header = each.partition("=")
        if not (name and equals and header):
            raise fail(f"--column takes FIELD=HEADER, as in title=Poste; not {each!r}", UNUSABLE)
        columns[name.strip()] = header
    return columns


def _import(home: Path, what: str, format: str, file: str, options: Options, verbose: bool, **extra: Any) -> None:
    from services.cli.importing.importer import KINDS, Importer
    from services.cli.importing.progress import Progress
    from services.cli.importing.summary import summary_lines
    from services.feeds.formats import READERS

    kind, rows = KINDS[what], _rows(READERS[what][format], file, options)
    with operator(home) as api, Progress(what, len(rows), verbose) as progress:
        report = Importer(api, kind, progress.line, **extra).run(rows)
    for line in summary_lines(report, kind, home):
        typer.echo(line)
    typer.echo(str(report))
    if report.outcomes["refused"]:
        raise typer.Exit(SOME_REFUSED)


def _rows(read: Reader, file: str, options: Options) -> list[Row]:
    named = "standard input" if file == "-" else file
    try:
        content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        rows = list(read(content, options))
    except OSError as error:
        raise fail(f"{named} cannot be read: {error.strerror}", UNUSABLE) from None
    except Unreadable as error:
        raise fail(f"{named} is not what --format says: {error}", UNUSABLE) from None
    if not rows:
        raise fail(f"{named} holds no rows", UNUSABLE)
    return rows
