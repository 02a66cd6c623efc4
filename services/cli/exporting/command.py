"""`vivier export`: what is open, as JSON lines, page by page through the API."""

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated, Any, Literal

import typer

from services.cli.common import DEFAULT_HOME, UNUSABLE, Home, fail, group, operator

app = group("export", "Write out offers, courses or people, one JSON document a line.")

File = Annotated[str, typer.Argument(help="The file to write, or - for standard output.", show_default=False)]
Organisation = Annotated[
    str | None, typer.Option(help="The id of one organisation: all of its own, also drafts and closed ones.")
]


@app.command()
def offers(
    file: File,
    format: Annotated[
        Literal["json", "jobposting"],
        typer.Option(help="json: as the API has them, to import again. jobposting: schema.org JSON-LD."),
    ] = "json",
    organisation: Organisation = None,
    home: Home = DEFAULT_HOME,
) -> None:
    """Every open offer with its employer."""
    from services.cli.exporting.queries import OPEN_OFFERS, OWN_OFFERS
    from services.feeds.jobposting_writer import job_posting

    with operator(home) as api:
        found = api.pages(OWN_OFFERS, {"id": organisation}) if organisation else api.pages(OPEN_OFFERS)
        _write(file, map(job_posting, found) if format == "jobposting" else found, "offers")


@app.command()
def courses(file: File, home: Home = DEFAULT_HOME) -> None:
    """Every open course with its sessions and its training body."""
    from services.cli.exporting.queries import OPEN_COURSES

    with operator(home) as api:
        _write(file, api.pages(OPEN_COURSES), "courses")


@app.command()
def people(file: File, home: Home = DEFAULT_HOME) -> None:
    """People, as far as an operator may see them. The file is made so that only you can read it."""
    from services.cli.exporting.queries import PEOPLE

    with operator(home) as api:
        _write(file, api.pages(PEOPLE), "people")


def _write(file: str, found: Iterable[Any], what: str) -> None:
    count = 0
    with _opened(file) as out:
        for one in found:
            out.write(json.dumps(one, ensure_ascii=False) + "\n")
            count += 1
    typer.echo(f"exported {count} {what}", err=True)


@contextmanager
def _opened(file: str) -> Iterator[IO[str]]:
    """The whole file or none: it appears under its name when it is complete."""
    if file == "-":
        yield sys.stdout
        sys.stdout.flush()
        return
    target = Path(file)
    draft = target.with_name(target.name + ".draft")
    try:
        draft.unlink(missing_ok=True)
        draft.touch(0o600)
        with draft.open("w", encoding="utf-8") as out:
            yield out
        draft.replace(target)
    except OSError as error:
        raise fail(f"{file} cannot be written: {error.strerror}", UNUSABLE) from None
    finally:
        draft.unlink(missing_ok=True)
