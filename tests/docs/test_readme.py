"""What the README shows is what happens: its five examples are run, in order, against the running system."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from stack import Stack, quiet, stack

from services.cli.api import Api

ROOT = Path(__file__).parents[2]
EXAMPLE = re.compile(r"<!-- as: (\w+) -->\n```graphql\n(.*?)```", re.DOTALL)


def examples() -> list[tuple[str, str]]:
    return EXAMPLE.findall((ROOT / "README.md").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with stack(tmp_path_factory.mktemp("readme")) as running:
        yield running


def test_the_five_examples(system: Stack) -> None:
    callers: dict[str, Api] = {"partner": system.client("PARTNER"), "recruiter": system.client("RECRUITER")}
    found = examples()
    assert len(found) == 5
    told: dict[str, Any] = {}
    ids: dict[str, str] = {}
    for role, query in found:
        quiet(system)
        needed = {name: ids[name] for name in ids if f"${name}" in query}
        answer = callers[role].ask(query, needed)
        name = re.search(r"(?:query|mutation) (\w+)", query)[1]
        told[name] = answer
        if name == "Post":
            assert answer["upsertOrganisation"]["organisation"]["verified"]
            (row,) = answer["upsertOffers"]["results"]
            assert row["outcome"] == "CREATED"
            assert row["offer"]["status"]["matchable"], row
            ids["offer"] = row["offer"]["id"]
        if name == "Bring":
            (row,) = answer["upsertPeople"]["results"]
            assert row["person"]["status"]["matchable"], row
            ids["person"] = row["person"]["id"]
    assert told["Search"]["offers"]["totalCount"] == 0
    assert callers["partner"].ask(found[0][1])["offers"]["totalCount"] == 1
    (match,) = told["Matches"]["person"]["matches"]["nodes"]
    assert match["score"] > 0.5
    (candidate,) = told["Candidates"]["offer"]["candidates"]["nodes"]
    assert candidate["person"]["id"] == ids["person"]
    assert candidate["score"] == round(match["score"], 2)


@pytest.mark.parametrize("page", sorted(path.name for path in ROOT.glob("*.md")))
def test_every_file_that_a_page_names_is_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:services|devtools|docs|protos|benchmarks|deploy|tests)/[\w./]*)`", text))
    missing = {name for name in named if "NAME" not in name and not (ROOT / name).exists()}
    assert named
    assert not missing
