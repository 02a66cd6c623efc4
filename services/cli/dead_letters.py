"""`vivier dead-letters`: events that a service could never handle, kept aside until somebody decides."""

from collections.abc import Iterator
from operator import itemgetter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.cli.common import DEFAULT_HOME, UNUSABLE, Home, fail, group, operator, services_here
from services.registry import ServiceName

if TYPE_CHECKING:
    from services.cli.api import Api

app = group("dead-letters", "Events that could not be handled: look at them, try them again, or drop them.")


Of = Annotated[ServiceName, typer.Argument(help="The service that keeps it.", show_default=False, case_sensitive=False)]
Id = Annotated[str, typer.Argument(help="Its id, as `vivier dead-letters list` shows it.", show_default=False)]
LIST = """query($service: ServiceName!, $first: Int!, $after: String) {
    deadLetters(service: $service, first: $first, after: $after) {
        nodes { id group topic partition offset key type reason at size } pageInfo { hasNextPage endCursor } } }"""
RETRY = """mutation($input: DeadLetterInput!) { retryDeadLetter(input: $input) {
    ... on DeadLetterSettled { id } ... on Refused { reason message } } }"""
DROP = RETRY.replace("retryDeadLetter", "dropDeadLetter")


@app.command("list")
def list_(
    service: Annotated[ServiceName | None, typer.Argument(help="Of this service only.", case_sensitive=False)] = None,
    home: Home = DEFAULT_HOME,
) -> None:
    """Of every service, each one's oldest first."""
    from services.cli.tables import show

    here = [service] if service else [ServiceName(entry.name) for entry in services_here() if entry.contract]
    with operator(home) as api:
        rows = [
            (each, one["id"], one["at"], one["type"], one["key"], one["reason"])
            for each in here
            for one in _oldest_first(api, each)
        ]
    if not rows:
        typer.echo("no dead letters")
        return
    show(("service", "id", "at", "type", "key", "reason"), rows)


@app.command("show")
def show_(service: Of, id: Id, home: Home = DEFAULT_HOME) -> None:
    """Where it came from, and why it could not be handled."""
    with operator(home) as api:
        found = next((one for one in _of(api, service) if one["id"] == id), None)
    if found is None:
        raise fail(f"{service} keeps no dead letter {id}: see `vivier dead-letters list`", UNUSABLE)
    for name, value in found.items():
        typer.echo(f"{name:<10} {value}")


@app.command()
def retry(
    service: Of,
    id: Annotated[str | None, typer.Argument(help="Its id; or use --all.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every one that the service keeps.")] = False,
    home: Home = DEFAULT_HOME,
) -> None:
    """Handle it once more, after its cause was mended; on success it is gone."""
    if (id is None) == (not every):
        raise fail("say the id of one, or --all", UNUSABLE)
    with operator(home) as api:
        if id:
            _settle(api, RETRY, service, id)
            typer.echo(f"{id} was handled")
        elif left := sum(not _handled(api, service, letter["id"]) for letter in _oldest_first(api, service)):
            raise fail(f"{left} are still there: see `vivier dead-letters list {service}`")


@app.command()
def drop(service: Of, id: Id, home: Home = DEFAULT_HOME) -> None:
    """Give it up for good: what it would have changed stays undone."""
    with operator(home) as api:
        _settle(api, DROP, service, id)
    typer.echo(f"{id} was dropped")


def _of(api: "Api", service: ServiceName) -> Iterator[dict[str, Any]]:
    return api.pages(LIST, {"service": service.name})


def _handled(api: "Api", service: ServiceName, id: str) -> bool:
    from services.cli.api import MutationRefused

    try:
        _settle(api, RETRY, service, id)
    except MutationRefused as refused:
        typer.echo(f"{id} stays: {refused}", err=True)
        return False
    typer.echo(f"{id} was handled")
    return True


def _oldest_first(api: "Api", service: ServiceName) -> list[dict[str, Any]]:
    return sorted(_of(api, service), key=itemgetter("at"))


def _settle(api: "Api", mutation: str, service: ServiceName, id: str) -> None:
    api.mutate(mutation, {"input": {"service": service.name, "id": id}})
