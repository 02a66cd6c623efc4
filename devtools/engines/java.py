"""Java and Maven, as this machine has them."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from devtools.engines.errors import CannotRun

_PLACES = (("/usr/lib/jvm", "*"), ("/Library/Java/JavaVirtualMachines", "*/Contents/Home"))
_VERSION = re.compile(r'version "(\d+)')
LATEST = 99


def java_home(oldest: int, newest: int = LATEST) -> Path:
    """A Java of one of these versions. CannotRun without one."""
    for home in dict.fromkeys(_candidates()):
        if oldest <= _version(home) <= newest:
            return home
    wanted = f"Java {oldest}" + (" or newer" if newest == LATEST else f" to {newest}")
    raise CannotRun(f"{wanted} is missing: install a JDK (Debian: openjdk-{oldest}-jre-headless), or set JAVA_HOME")


def maven() -> str:
    """CannotRun without it."""
    found = shutil.which("mvn")
    if found is None:
        raise CannotRun("Maven is missing, which fetches the servers: install it (Debian: maven)")
    return found


def _candidates() -> Iterator[Path]:
    if home := os.environ.get("JAVA_HOME"):
        yield Path(home)
    if on_path := shutil.which("java"):
        yield Path(on_path).resolve().parents[1]
    for place, pattern in _PLACES:
        yield from (home.resolve() for home in sorted(Path(place).glob(pattern)))


@cache
def _version(home: Path) -> int:
    """0 where there is no Java."""
    try:
        said = subprocess.run([home / "bin/java", "-version"], capture_output=True, text=True, check=False).stderr  # noqa: S603
    except OSError:
        return 0
    found = _VERSION.search(said)
    return int(found[1]) if found else 0
