"""The VIVIER_… variables as they are given: which exist, and which must not be shown."""

import os
from collections.abc import Collection, Iterator
from typing import get_args

from pydantic import SecretStr

from services.cli.common import services_here
from services.kit.settings import FOR_TESTS, PREFIX, Settings, refuse_unknown
from services.registry import SERVICES


def refuse_unknown_settings() -> None:
    """A misspelt VIVIER_… variable is named instead of ignored: SystemExit. So is a service that cannot be chosen."""
    services_here()
    usual = {PREFIX + name.upper() for name in Settings.model_fields}
    if set(_given()) - usual:  # only then look into every service, which takes a second
        refuse_unknown(os.environ, _of_every_service())


def shown() -> Iterator[str]:
    """What is given, a line each: of what would open a door, only that it is set."""
    secrets = _secrets(_of_every_service()) if (given := _given()) else ()
    for name in given:
        hidden = name in secrets or "@" in os.environ[name]
        yield f"{name} is set" if hidden else f"{name}={os.environ[name]}"


def _given() -> list[str]:
    return sorted(name for name in os.environ if name.startswith(PREFIX) and not name.startswith(FOR_TESTS))


def _of_every_service() -> list[type[Settings]]:
    from services.cli.serve import settings_of

    return [settings_of(entry.name) for entry in SERVICES]


def _secrets(kinds: Collection[type[Settings]]) -> set[str]:
    fields = [(name, field) for kind in kinds for name, field in kind.model_fields.items()]
    return {
        PREFIX + name.upper() for name, field in fields if SecretStr in (field.annotation, *get_args(field.annotation))
    }
