"""A running system with people in it, for the benchmarks of whole journeys."""

import json
import queue
import random
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx

from services.cli.api import Api
from services.cli.demo import sample_data
from services.cli.demo.load import OFFERS, ORGANISATION, PEOPLE, Credential, credential
from services.cli.demo.story import quiet
from services.cli.demo.texts import OCCUPATIONS, TOWNS
from services.cli.ports import free_ports
from services.cli.supervisor import Supervisor
from services.registry import GATEWAY, SERVICES

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
TOGETHER: Sequence[Sequence[str]] = [[entry.name for entry in SERVICES if entry.contract], [GATEWAY]]
"""Everything that speaks synchronous gRPC in one process; the gateway's asyncio stack cannot share it."""
ONE_EACH: Sequence[Sequence[str]] = [[entry.name] for entry in SERVICES]
"""As on many machines."""
QUIET_SECONDS = 300.0


class System:
    """Where it is, and who may ask."""

    def __init__(self, url: str, home: Path, supervisor: Supervisor) -> None:
        self.url = url
        self.supervisor = supervisor
        self.operator = Api.of_home(home)
        way = credential(self.operator, "PARTNER")
        self.partner = self.api(way)
        self.employer = self.operator.mutate(ORGANISATION, {"input": {"organisation": sample_data.organisations()[0]}})
        self.recruiter = self.api(credential(self.operator, "RECRUITER", self.employer["organisation"]["id"]))

    def api(self, way: Credential) -> Api:
        return Api(self.url, way.client_id, way.client_secret)

    def put(self, people: Sequence[dict[str, Any]]) -> list[str]:
        """People, in batches of a hundred; their ids."""
        ids = []
        for start in range(0, len(people), 100):
            batch = {"input": {"people": people[start : start + 100], "consents": ["EMPLOYERS"]}}
            ids += [row["person"]["id"] for row in self.partner.mutate(PEOPLE, batch)["results"]]
        return ids

    def post(self, offers: Sequence[dict[str, Any]]) -> list[str]:
        """Offers of the one employer, published; their ids."""
        answer = self.recruiter.mutate(OFFERS, {"input": {"offers": offers, "publish": True}})
        return [row["offer"]["id"] for row in answer["results"]]

    def quiet(self, seconds: float = QUIET_SECONDS) -> None:
        started = time.monotonic()
        quiet(self.operator, seconds)
        if time.monotonic() - started > seconds:
            print(f"  still busy after {seconds:.0f} s: what follows stands behind other work")

    def token_of(self, person: str) -> str:
        form = {
            "grant_type": EXCHANGE,
            "subject_token": self.partner.token(),
            "subject_token_type": ACCESS_TOKEN,
            "requested_subject": person,
        }
        answer = httpx.post(f"{self.url}/oauth/token", data=form, auth=self.partner._credential)
        return str(answer.raise_for_status().json()["access_token"])


@contextmanager
def running(
    processes: Sequence[Sequence[str]] = (), settings: Mapping[str, str] = MappingProxyType({})
) -> Iterator[System]:
    """The system in a temporary folder, until the block ends; on engines where the settings name them."""
    with tempfile.TemporaryDirectory(prefix="vivier-bench-", ignore_cleanup_errors=True) as folder:
        port = free_ports(1)[0]
        supervisor = Supervisor(
            Path(folder), port, lambda *_: None, lambda names, _: print(f"{names} died"), processes, settings
        )
        supervisor.start()
        try:
            assert supervisor.wait_ready(120), "not ready"
            yield System(f"http://127.0.0.1:{port}", Path(folder), supervisor)
        finally:
            supervisor.stop()


def crowd(size: int) -> list[dict[str, Any]]:
    """People like the demonstration's, as many as wanted."""
    dice = random.Random(7)
    return [sample_data._person(dice, number) for number in range(size)]


def offer(number: int) -> dict[str, Any]:
    """An offer of one trade in one town, another each time."""
    trade = OCCUPATIONS[number % len(OCCUPATIONS)]
    return {
        "externalId": f"bench-{number}",
        "kind": "JOB",
        "title": f"{trade.title} {number}",
        "description": trade.mission,
        "occupation": {"code": trade.code},
        "skills": [{"code": code, "required": True} for code in trade.required],
        "place": {"communeCode": TOWNS[number * 7 % len(TOWNS)]},
        "contract": "PERMANENT",
        "weeklyHours": 35.0,
    }


class Inbox:
    """A person's live stream: `arrived[offer] = when`, by the monotonic clock."""

    def __init__(self, system: System, person: str) -> None:
        self.arrived: dict[str, float] = {}
        self.ready: queue.Queue[bool] = queue.Queue()
        self._stopped = threading.Event()
        headers = {"authorization": f"Bearer {system.token_of(person)}"}
        self._thread = threading.Thread(target=self._read, args=(f"{system.url}/events", headers), daemon=True)
        self._thread.start()
        self.ready.get(timeout=10)

    def _read(self, url: str, headers: dict[str, str]) -> None:
        with httpx.stream("GET", url, headers=headers, timeout=None) as answer:
            for line in answer.iter_lines():
                if self.ready.empty():
                    self.ready.put(True)
                if line.startswith("data:"):
                    said = json.loads(line[5:])
                    self.arrived.setdefault(str(said.get("subjectId")), time.monotonic())


def polymath() -> dict[str, Any]:
    """Somebody whom every offer of these benchmarks fits: all trades, all skills, anywhere."""
    return {
        "externalId": "polymath",
        "birthMonth": "2000-01",
        "place": {"communeCode": "93066"},
        "travel": {"anywhere": True},
        "licences": ["B", "D"],
        "wishes": {"occupations": [trade.code for trade in OCCUPATIONS], "kinds": ["JOB"], "maximumHours": 35.0},
        "skills": [{"code": code} for code in sorted({code for trade in OCCUPATIONS for code in trade.required})],
    }
