"""`docs/operations.md` does what it says: its commands are run, in a folder that a running system is in.

A block of commands is marked `<!-- run: NAME -->`, and NAME is done below, or `<!-- tools -->`, and then it begins with
what this project does not bring along. `vivier up` in a block starts the system and goes on.
"""

import ast
import os
import re
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from api_clients import Employer, Partner, done, found, inbox, matches
from harness import eventually
from stack import Stack, quiet
from typer.main import get_command

from services.cli.backup import FILES, STORES
from services.cli.demo.texts import TOWNS
from services.cli.main import app

pytestmark = pytest.mark.timeout(300)
ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"<!-- (\w+)(?:: ([\w ]+))? -->\n```(\w+)\n(.*?)```", re.DOTALL)
BLOCKS = [match.groups() for match in BLOCK.finditer(PAGE)]
RUN = {name: text for kind, name, _, text in BLOCKS if kind == "run"}
TOOLS = ("cd ", "cp ", "echo ", "docker ", "for ")
PASSING = re.compile(r"\w+\.lock|\w+\.db-(wal|shm|journal)|\w+\.db-\w+\.lock(-journal)?")
"""What a running folder has besides: locks, and journals of the stores."""


def lines_of(text: str) -> list[str]:
    """Each command, whatever it says beside it left out."""
    whole = text.replace("\\\n", " ")
    return [re.sub(r"\s+#.*", "", line).strip() for line in whole.splitlines() if line.strip()]


@dataclass
class Installation:
    """A folder with `.vivier` in it, and the system on that."""

    folder: Path
    running: Stack
    known: dict[str, str] = field(default_factory=dict)  # what a word of the page stands for here

    def do(self, name: str) -> str:
        """The commands of a block, one after the other; what they said."""
        return "".join(self._command(line) for line in lines_of(RUN[name]))

    def _command(self, line: str) -> str:
        if line == "vivier up":
            self.running.start()
            return ""
        for word, meant in self.known.items():
            line = line.replace(word, meant)
        own = {key: value for key, value in os.environ.items() if not key.startswith("VIVIER_")}
        environment = own | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{own['PATH']}"}
        said = subprocess.run(
            ["bash", "-c", line], cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        assert said.returncode == 0, f"{line}: {said.stdout}{said.stderr}"
        return said.stdout


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("installation")
    running = Stack(folder / ".vivier")
    try:
        running.start()
        yield Installation(folder, running, {"/backups": str(folder / "backups"), ":8400": f":{running.port}"})
    finally:
        running.supervisor.stop()


def test_every_block_is_run_or_needs_what_is_not_here() -> None:
    assert len(re.findall(r"^```\w+$", PAGE, re.MULTILINE)) == len(BLOCKS), "a block without a mark"
    assert RUN.keys() == {"look", "backup", "restore", "dead letters", "client", "secret"}
    for kind, _, language, text in BLOCKS:
        if language == "sh" and kind == "tools":
            assert all(line.startswith(TOOLS) for line in lines_of(text)), text


def test_every_command_that_is_named_is_one() -> None:
    root: Any = get_command(app)
    for words in re.findall(r"`vivier ([a-z][\w -]*)", PAGE):
        command, *rest = words.split()
        assert command in root.commands, words
        under = getattr(root.commands[command], "commands", None)
        assert under is None or not rest or rest[0] in under, words


def test_looking_and_changing_credentials(installation: Installation) -> None:
    partner = Partner(installation.running, TOWNS[0])
    partner.enrol()
    quiet(installation.running)
    assert "everything is ready" in installation.do("look")
    assert "no dead letters" in installation.do("dead letters")
    create, *others = lines_of(RUN["client"])
    installation.known["SUBJECT"] = partner.id
    made = dict(line.split(None, 1) for line in installation._command(create).splitlines()[:5])
    assert made["subject"] == partner.id
    installation.known["CLIENT_ID"] = made["client_id"]
    said = [installation._command(line) for line in others]
    assert made["client_id"] in said[0]
    assert "is revoked" in said[1]
    assert partner.api.ask("{ me { role } }"), "the other one goes on"


def test_a_backup_brings_back_what_was_and_goes_on(installation: Installation) -> None:
    """Taken while offers come in; then the installation goes on, and is taken back."""
    running = installation.running
    employer, partner = Employer(running, TOWNS[1]), Partner(running, TOWNS[1])
    person, erased = (partner.enrol(identity={"givenName": name}) for name in ("Inès", "Canari"))
    early = [employer.post() for _ in range(3)]
    quiet(running)
    with posting(employer) as late:
        installation.do("backup")
    assert late, "nothing came in meanwhile"
    afterwards = employer.post()
    done(partner.api, "erasePerson", id=erased)
    quiet(running)
    left = {path.name for path in running.home.iterdir()}
    assert not {name for name in left - {*STORES, *FILES} if not PASSING.fullmatch(name)}, "not backed up"

    with stopped(installation):
        assert "everything is ready" in installation.do("restore")
    quiet(running)
    offers = published(employer)
    assert set(early) <= offers <= {*early, *late}
    assert afterwards not in offers
    assert set(found(partner.api, near={"place": TOWNS[1], "radiusKm": 5})) == offers
    for each in (person, erased):
        assert set(matches(partner.api, each)) == offers
        assert Counter(inbox(partner.api, each)) == Counter(offers), "each told once"
    assert name_of(partner, person) == "Inès"

    assert set(erased_since(installation)) == {erased}
    assert running.operator.ask(graphql(), {"id": erased})["erasePerson"]["id"] == erased
    assert name_of(partner, erased) is None

    retitled = employer.post(externalId=external_id(employer, early[0]), title="Vélociste après le retour")
    new = employer.post()
    quiet(running)
    assert found(partner.api, text="Vélociste après le retour") == [retitled] == early[:1]
    assert Counter(inbox(partner.api, person)) == Counter([*offers, new])


def test_the_secret_is_made_anew(installation: Installation) -> None:
    """The last one: it needs no more of the system than that it comes up again."""
    before = (installation.running.home / "secret").read_text()
    with stopped(installation):
        installation.do("secret")
    assert (installation.running.home / "secret").read_text() != before
    quiet(installation.running)


@contextmanager
def stopped(installation: Installation) -> Iterator[None]:
    """`vivier up` has ended; the block brings it up again."""
    installation.running.supervisor.stop()
    installation.running.supervisor = installation.running._supervisor()
    yield


@contextmanager
def posting(employer: Employer) -> Iterator[list[str]]:
    """Offers come in, few enough for one inbox, until the block ends."""
    posted: list[str] = []
    enough = threading.Event()

    def post() -> None:
        while not enough.is_set() and len(posted) < 10:
            posted.append(employer.post())

    poster = threading.Thread(target=post)
    poster.start()
    eventually(lambda: posted)
    try:
        yield posted
    finally:
        enough.set()
        poster.join()


def published(employer: Employer) -> set[str]:
    query = """query($first: Int!, $after: String) { myOffers(first: $first, after: $after) {
      nodes { id state } pageInfo { hasNextPage endCursor } } }"""
    return {each["id"] for each in employer.api.pages(query) if each["state"] == "PUBLISHED"}


def name_of(partner: Partner, person: str) -> str | None:
    query = "query($id: ID!) { person(id: $id) { identity { givenName } } }"
    answer = partner.api.ask(query, {"id": person})["person"]
    return answer["identity"]["givenName"] if answer else None


def graphql() -> str:
    (query,) = [text for kind, _, language, text in BLOCKS if (kind, language) == ("as", "graphql")]
    return query


def erased_since(installation: Installation) -> list[str]:
    """What the page asks of the store that was there before."""
    ((service, query),) = [(name, text) for kind, name, _, text in BLOCKS if kind == "sql"]
    with closing(sqlite3.connect(installation.folder / f".vivier.before/{service}.db")) as store:
        return [row[0] for row in store.execute(query)]


def external_id(employer: Employer, offer: str) -> str:
    query = "query($id: ID!) { offer(id: $id) { externalId } }"
    return str(employer.api.ask(query, {"id": offer})["offer"]["externalId"])


def test_every_metric_is_in_the_table_with_its_unit() -> None:
    rows = re.findall(r"^\| `(vivier\.[\w.]+)` \| (\w+) \| .+ \| .+ \|$", PAGE, re.MULTILINE)
    assert len(rows) == len(set(rows))
    assert set(rows) == set(instruments())


def instruments() -> Iterator[tuple[str, str]]:
    """Each metric of the code and its unit; SERVICE where its name has the name of a service in it."""
    for path in sorted((ROOT / "services").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
                kind, name = node.func.attr, re.sub(r"\{\w+\}", "SERVICE", ast.unparse(node.args[0]))
                if (kind == "watch" or kind.startswith("create_")) and "vivier." in name:
                    units = [each.value for each in node.keywords if each.arg == "unit"] or node.args[1:2]
                    yield name.removeprefix("f").strip("'"), ast.literal_eval(units[0]).strip("{}")
