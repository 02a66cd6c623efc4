"""Dockerfile and .dockerignore, as far as ours need to be understood."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parents[2]
Instruction = tuple[str, str]


def stages() -> list[list[Instruction]]:
    """The instructions of each stage, the first of which is its FROM."""
    found: list[list[Instruction]] = []
    for name, said in _instructions((ROOT / "deploy/Dockerfile").read_text(encoding="utf-8")):
        if name == "FROM":
            found.append([])
        found[-1].append((name, said))
    return found


def values(stage: list[Instruction], name: str) -> list[str]:
    return [said for each, said in stage if each == name]


def environment(stage: list[Instruction]) -> dict[str, str]:
    pairs = [pair.partition("=") for said in values(stage, "ENV") for pair in shlex.split(said)]
    return {name: value for name, _, value in pairs}


def words(said: str) -> list[str] | None:
    """Of the exec form; None of the shell form, which would stand between a signal and the service."""
    return json.loads(said) if said.startswith("[") else None


def _instructions(text: str) -> Iterator[Instruction]:
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for line in lines.replace("\\\n", " ").splitlines():
        if line.strip():
            name, _, said = line.partition(" ")
            yield name, said.strip()


def is_sent(path: str) -> bool:
    """Whether a file of the repository comes to the build: the last pattern that fits it or a folder above decides."""
    sent = True
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = line.removeprefix("!").strip()
        if pattern and not pattern.startswith("#") and _fits(pattern, path):
            sent = line.startswith("!")
    return sent


def _fits(pattern: str, path: str) -> bool:
    parts = re.escape(pattern).replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*")
    places = [PurePosixPath(path), *PurePosixPath(path).parents][:-1]
    return any(re.fullmatch(parts, str(place)) for place in places)
