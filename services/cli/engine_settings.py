"""Which engines hold the data that was moved out of the folder: `engines.json`, written by `vivier move`.

It says what variables of the environment would say, and those that are given win.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

ENGINES = "engines.json"
KAFKA, POSTGRES, ELASTICSEARCH = "VIVIER_KAFKA", "VIVIER_POSTGRES", "VIVIER_ELASTICSEARCH"
NAMESPACE = "VIVIER_NAMESPACE"


def saved_engines(home: Path) -> Mapping[str, str]:
    """Variable → value; nothing where all is in the folder. OSError where the file cannot be understood."""
    path = home / ENGINES
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return {name: str(kept[name]) for name in (KAFKA, POSTGRES, ELASTICSEARCH, NAMESPACE) if name in kept}
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError):
        raise OSError(f"{path} is damaged: write again where the data is, see docs/operations.md") from None


def apply_saved_engines(home: Path) -> None:
    """Set them in this process's environment, where they are not set."""
    for name, value in saved_engines(home).items():
        os.environ.setdefault(name, value)


def without_password(address: str) -> str:
    """The address without user, password and query, fit to be shown."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "an address that cannot be read"
    if "://" not in address:
        return address.rpartition("@")[2]
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()
