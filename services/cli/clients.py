"""`vivier client`: credentials for partners, employers, training bodies, people and mentors."""

import json
from typing import Annotated, Literal

import typer

from services.cli.common import DEFAULT_HOME, UNUSABLE, Home, fail, group, operator

app = group("client", "Give, list and revoke credentials.")

CREATE = """mutation($input: CreateClientInput!) { createClient(input: $input) {
    ... on ClientCreated { clientId clientSecret subject } ... on Refused { reason message } } }"""
REVOKE = """mutation($id: ID!) { revokeClient(input: {id: $id}) {
    ... on ClientRevoked { client { id name revokedAt } } ... on Refused { reason message } } }"""
LIST = """query($first: Int!, $after: String) { clients(first: $first, after: $after) {
    nodes { id name role subject createdAt revokedAt } pageInfo { hasNextPage endCursor } } }"""


Role = Literal["partner", "recruiter", "training_body", "person", "mentor", "operator"]
"""Who a credential speaks for."""


@app.command()
def create(
    role: Annotated[
        Role, typer.Option(help="What the credential speaks for.", show_default=False, case_sensitive=False)
    ],
    subject: Annotated[
        str | None,
        typer.Option(
            "--for",
            help="The id of the person, mentor, organisation or partner it speaks for; a new one when left out.",
            metavar="ID",
        ),
    ] = None,
    name: Annotated[str, typer.Option(help="What `vivier client list` calls it.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, for scripts.")] = False,
    home: Home = DEFAULT_HOME,
) -> None:
    """A new credential, and a token that works at once. The secret is shown this once."""
    from services.cli.api import Api

    if role == "person" and not subject:  # who comes into being by an import or through a partner
        raise fail(f"say which {role} it is for: --for ID (`vivier export people -` shows ids)", UNUSABLE)
    asked = {"role": role.upper(), "name": name or f"{role} from the command line", "subject": subject}
    with operator(home) as api:
        made = api.mutate(CREATE, {"input": asked})
        with Api(api.url, made["clientId"], made["clientSecret"]) as client:
            token = client.token()
        url = api.url
    shown = {
        "client_id": made["clientId"],
        "client_secret": made["clientSecret"],
        "role": role,
        "subject": made["subject"],
        "token": token,
    }
    if as_json:
        typer.echo(json.dumps(shown | {"url": url}))
        return
    for key, value in shown.items():
        typer.echo(f"{key:<14} {value}")
    typer.echo("\nThe secret is shown this once. The token lasts 15 minutes; try it:\n")
    typer.echo(
        f"curl -s {url}/graphql -H 'authorization: Bearer {token}' -H 'content-type: application/json'"
        """ -d '{"query": "{ me { role subject } }"}'"""
    )
    typer.echo("\nA new one, any time:\n")
    typer.echo(f"curl -s {url}/oauth/token -u {shown['client_id']}:CLIENT_SECRET -d grant_type=client_credentials")


@app.command("list")
def list_(home: Home = DEFAULT_HOME) -> None:
    """Every credential, revoked ones too; never a secret."""
    from services.cli.tables import show

    with operator(home) as api:
        rows = [
            (one["id"], one["role"], one["subject"], one["name"], "revoked" if one["revokedAt"] else "valid")
            for one in api.pages(LIST)
        ]
    show(("id", "role", "speaks for", "name", "state"), rows)


@app.command()
def revoke(id: Annotated[str, typer.Argument(help="The client_id.")], home: Home = DEFAULT_HOME) -> None:
    """It gets no more tokens, and those that it has stop working."""
    with operator(home) as api:
        client = api.mutate(REVOKE, {"id": id})["client"]
    typer.echo(f"{client['name']} ({client['id']}) is revoked")
