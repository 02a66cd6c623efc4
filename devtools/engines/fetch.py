"""Fetching: by Maven from the registry that this machine is set to, checked against a digest, once."""

import hashlib
import os
import subprocess
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from devtools.engines.errors import CannotRun
from devtools.engines.folders import CACHE, clear, readable
from devtools.engines.java import java_home, maven

_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1"
_BEGUN = "fetching-"


def installed(name: str, build: Callable[[Path], None], on_fetch: Callable[[], None]) -> Path:
    """The folder `name` of the cache. `build(folder)` fills it the first time, elsewhere: cut short, it counts not."""
    target = CACHE / name
    if target.is_dir():
        return target
    with readable():
        CACHE.mkdir(parents=True, exist_ok=True)
        with FileLock(CACHE / "lock"):
            if not target.is_dir():
                on_fetch()
                for leftover in CACHE.glob(_BEGUN + "*"):
                    clear(leftover)
                with tempfile.TemporaryDirectory(dir=CACHE, prefix=_BEGUN) as temporary:
                    begun = Path(temporary) / name
                    begun.mkdir()
                    build(begun)
                    begun.rename(target)
    return target


def artifact(coordinates: str, sha256: str, into: Path) -> Path:
    """One file, `group:artifact:version:type`, below the folder `into`."""
    _run_maven(into, f"{_PLUGIN}:get", f"-Dartifact={coordinates}", "-Dtransitive=false")
    group, name, version, kind = coordinates.split(":")
    path = into / group.replace(".", "/") / name / version / f"{name}-{version}.{kind}"
    _check(coordinates, digest(path), sha256)
    return path


def jars(pom: Path, sha256: str, into: Path) -> None:
    """All jars that a project needs to run; the digest is that of their names and digests."""
    with tempfile.TemporaryDirectory(dir=into.parent) as repository:
        _run_maven(
            Path(repository),
            f"{_PLUGIN}:copy-dependencies",
            "-f",
            str(pom),
            "-DincludeScope=runtime",
            f"-DoutputDirectory={into}",
        )
    lines = [f"{path.name} {digest(path)}\n" for path in sorted(into.iterdir())]
    _check(pom.name, hashlib.sha256("".join(lines).encode()).hexdigest(), sha256)


def unpack(archive: Path, below: str, into: Path) -> None:
    """What stands in the archive's first folder, below `below`."""
    with zipfile.ZipFile(archive) as opened:
        for member in opened.infolist():
            name = member.filename.partition("/")[2]
            if name.startswith(below) and not member.is_dir():
                path = into / name.removeprefix(below)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(opened.read(member))


def digest(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _check(what: str, found: str, wanted: str) -> None:
    if found != wanted:
        raise CannotRun(f"{what}: what was fetched is not what was expected (sha256 {found}, not {wanted})")


def _run_maven(repository: Path, *arguments: str) -> None:
    """With a repository of its own, so that what is no longer needed can go away."""
    command = [maven(), "--batch-mode", "--quiet", f"-Dmaven.repo.local={repository}", *arguments]
    environment = {**os.environ, "JAVA_HOME": str(java_home(17))}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)  # noqa: S603
    if done.returncode:
        errors = [line for line in done.stdout.splitlines() if "ERROR" in line]
        raise CannotRun(f"Maven could not fetch: {errors[0] if errors else done.stdout + done.stderr}")
