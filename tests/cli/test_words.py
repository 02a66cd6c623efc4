"""What the command says whatever runs: its version, its help, and words of both languages."""

import os
import pty
import subprocess
from typing import Any

import pytest
from commands import Vivier, command

from services.cli import tables, why

IDS = ("c" * 40, "recruiter", "s" * 40, "Une association au nom long", "valid")


def test_the_version_two_ways(vivier: Vivier) -> None:
    assert vivier("--version").out == vivier("version").out
    assert vivier("--version").out.startswith("vivier ")


def test_help_in_a_pipe_begins_at_once() -> None:
    done = subprocess.run(command("import", "--help"), capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.startswith("Usage: ")
    assert "..." not in done.stdout.partition("Commands:")[2], "every line is whole"


def test_training_bodies_have_feeds_too(vivier: Vivier) -> None:
    said = " ".join(vivier("import", "courses", "--help").out.split())
    assert "organisations without a SIRET" in said
    assert "Employers" not in said


def test_people_are_said_to_belong_to_no_partner(vivier: Vivier) -> None:
    assert "belong to no partner" in vivier("import", "people", "--help").out


@pytest.mark.parametrize("role", ["PERSON", "Person", "person"])
def test_a_role_in_any_case(vivier: Vivier, role: str) -> None:
    assert "say which person it is for" in vivier("client", "create", "--role", role).err


MATCH: dict[str, Any] = {
    "score": 0.5,
    "matched": False,
    "formulaVersion": "m1",
    "gates": [{"name": "reach", "passed": False, "reason": {"text": "Trop loin."}}],
    "parts": [{"name": "freshness", "weight": 5.0, "value": 1.0, "known": False, "reasons": [{"text": "Hier."}] * 2}],
    "missingSkills": [{"code": "1", "label": "Souder"}],
    "offer": None,
}


class Known:
    def ask(self, *_: object) -> dict[str, Any]:
        return {"why": MATCH}

    def __enter__(self) -> "Known":
        return self

    def __exit__(self, *_: object) -> None: ...


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        (
            "fr",
            [
                "✗ pas de match, score 0.50, formule m1",
                "condition\t\tpourquoi",
                "trajet\t✗\tTrop loin.",
                "critère\tpoids\tvaleur\tpourquoi",
                "fraîcheur\t5\t1.00 (pas encore demandé)\tHier.; Hier.",
                "compétences à acquérir: Souder",
            ],
        ),
        (
            "en",
            [
                "✗ no match, score 0.50, formula m1",
                "gate\t\twhy",
                "reach\t✗\tTrop loin.",
                "part\tweight\tvalue\twhy",
                "freshness\t5\t1.00 (not asked yet)\tHier.; Hier.",
                "skills to learn: Souder",
            ],
        ),
    ],
)
def test_why_is_told_in_one_language(
    vivier: Vivier, monkeypatch: pytest.MonkeyPatch, language: str, lines: list[str]
) -> None:
    monkeypatch.setattr(why, "operator", lambda _: Known())
    assert vivier("why", "p", "o", "--language", language).out.splitlines() == lines


def test_ids_are_whole_on_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    terminal, end = pty.openpty()
    with os.fdopen(end, "w") as out:
        monkeypatch.setattr("sys.stdout", out)
        tables.show(("id", "role", "speaks for", "name", "state"), [IDS])
        said = b""
        while b"valid" not in said:
            said += os.read(terminal, 4096)
    os.close(terminal)
    assert said.decode().splitlines()[1].split("  ") == list(IDS)
