"""Where engines are kept: fetched once into a cache outside the repository, run in a folder below it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypedDict

AS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


def _cache() -> Path:
    """For root not below its home, which the servers' own user could not read."""
    base = Path("/var/cache") if AS_ROOT else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "vivier" / "engines"


CACHE = _cache()
RUN = CACHE / "run"


class ServersUser(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


def servers_user() -> ServersUser:
    """For `subprocess`: as root, servers run as nobody, because Elasticsearch and PostgreSQL refuse root."""
    if not AS_ROOT:
        return {}
    user, group = _nobody()
    return {"user": user, "group": group, "extra_groups": []}


def give_to_servers_user(folder: Path) -> None:
    """The folder and all that is in it."""
    if AS_ROOT:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, *_nobody())


def _nobody() -> tuple[int, int]:
    import pwd  # not on every system

    entry = pwd.getpwnam("nobody")
    return entry.pw_uid, entry.pw_gid


@contextmanager
def readable() -> Iterator[None]:
    """Files made meanwhile can be read by the servers' own user, whatever this user's umask."""
    before = os.umask(0o022)
    try:
        yield
    finally:
        os.umask(before)


def clear(folder: Path) -> None:
    """Delete it and all that is in it, if it is there."""
    if folder.exists():
        shutil.rmtree(folder)
