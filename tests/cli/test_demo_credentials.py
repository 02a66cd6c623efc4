"""What `vivier demo` prints at its end works as it stands: every credential, each query with the tokens it names."""

import os
import re
import subprocess
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from commands import command

ROLES = ("OPERATOR", "PERSON", "MENTOR", "PARTNER", "RECRUITER", "TRAINING_BODY")


class Printed:
    """A running demo, and what it had said when it was ready."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        self.lines: list[str] = []
        for line in process.stdout:
            self.lines.append(line.rstrip())
            if "/readyz" in line:
                break
        (self.url,) = {found[1] for line in self.lines if (found := re.search(r"(http://\S+)/oauth/token", line))}
        self.ways = {words[0]: words[1:] for line in self.lines if (words := line.split()) and words[0] in ROLES}

    def query(self, named: str) -> tuple[str, str]:
        """The credential beside it, and the query below that line."""
        at = next(at for at, line in enumerate(self.lines) if line.startswith(named))
        found = re.search(r" -u (\S+) ", self.lines[at + 1])
        assert found, self.lines[at + 1]
        return found[1], self.lines[at + 2]

    def nodes(self, way: str, query: str) -> list[dict[str, Any]]:
        form = {"grant_type": "client_credentials"}
        name, _, secret = way.partition(":")
        token = httpx.post(f"{self.url}/oauth/token", data=form, auth=(name, secret), timeout=10).json()["access_token"]
        headers = {"authorization": f"Bearer {token}"}
        body = httpx.post(f"{self.url}/graphql", json={"query": query}, headers=headers, timeout=10).json()
        assert "errors" not in body, body
        (answer,) = body["data"].values()
        found: list[dict[str, Any]] = (answer.get("matches") or answer.get("candidates") or answer)["nodes"]
        return found


@pytest.fixture(scope="module")
def printed() -> Iterator[Printed]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("VIVIER_")}
    process = subprocess.Popen(command("demo"), stdout=subprocess.PIPE, text=True, env=environment)
    try:
        yield Printed(process)
    finally:
        process.terminate()
        process.wait(30)


def test_there_is_a_credential_of_every_role(printed: Printed) -> None:
    assert sorted(printed.ways) == sorted(ROLES)


@pytest.mark.parametrize(
    ("named", "role"), [("Chercher", "OPERATOR"), ("Les offres d'Inès", "PERSON"), ("Qui convient", "RECRUITER")]
)
def test_a_query_answers_with_the_token_beside_it(printed: Printed, named: str, role: str) -> None:
    way, query = printed.query(named)
    assert way == ":".join(printed.ways[role])
    assert printed.nodes(way, query)


def test_the_mentor_and_the_partner_see_what_ines_sees(printed: Printed) -> None:
    way, query = printed.query("Les offres d'Inès")
    seen = printed.nodes(way, query)
    for role in ("MENTOR", "PARTNER"):
        others = printed.nodes(":".join(printed.ways[role]), query)
        assert [node["offer"] for node in others] == [node["offer"] for node in seen]


@pytest.mark.parametrize("role", ROLES)
def test_anybody_may_search(printed: Printed, role: str) -> None:
    assert printed.nodes(":".join(printed.ways[role]), printed.query("Chercher")[1])
