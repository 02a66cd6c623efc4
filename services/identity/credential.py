"""`operator.json`: the credential with which the commands of this installation ask its API."""

from pathlib import Path

import orjson

from services.identity import usecases
from services.kit.auth import Role
from services.kit.errors import RetryLater
from services.kit.files import write_private
from services.kit.outbox import Units

FILE = "operator.json"


def ensure_operator(units: Units, home: Path, gateway_address: str) -> None:
    """Make the file when it is missing; only its owner reads it. RetryLater while another process does so."""
    with units.database.only_one("operator") as alone:
        if not alone():
            raise RetryLater("another process just writes the operator's credential")
        _write(units, home / FILE, f"http://{gateway_address}")


def _write(units: Units, path: Path, url: str) -> None:
    known = orjson.loads(path.read_bytes()) if path.exists() else _new_operator(units)
    if known.get("url") != url:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_private(path, orjson.dumps({**known, "url": url}, option=orjson.OPT_INDENT_2).decode())


def _new_operator(units: Units) -> dict[str, str]:
    client = usecases.new_client(units, units.ids, Role.OPERATOR, "the operator of this installation")
    with units() as unit:
        return {"client_id": client.id, "client_secret": usecases.add_client(unit, client)}
