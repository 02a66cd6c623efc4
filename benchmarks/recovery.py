"""kill -9 of each part of a running system: how long until offers are accepted again, and until they reach people.

uv run python benchmarks/recovery.py [kills of each part] [people]

A process for each service, on a Kafka, an Elasticsearch and a PostgreSQL of this run alone; two offers a second all the
while. From the kill on offers are posted, one after the other: `accepted` is when the first of them is acknowledged,
`reaches` when that one stands in a person's inbox. The floor of the same run is a post, and a match, with nobody
killed. The supervisor starts a killed service again, this program a killed server.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import count
from typing import Any, TypeVar

import numpy as np
from engines import private_engines, settings
from system import ONE_EACH, System, crowd, offer, polymath, running

from devtools.engines.engine import Engine
from services.cli.api import Api, ApiError
from services.cli.demo.load import OFFERS

LONGEST = 240.0
LOAD_EVERY = 0.5
PAUSE = 0.05
INBOX = "query($id: ID!) { person(id: $id) { notifications(first: 50) { nodes { subjectId } } } }"
T = TypeVar("T")


class Once(Api):
    """Asks once: this program itself tries again, and more often."""

    def __init__(self, like: Api) -> None:
        super().__init__(like.url, *like._credential)

    def _post_query_until_available(self, query: str, variables: dict[str, Any] | None) -> dict[str, Any]:
        return self._post_query(query, variables)


class Probe:
    """Posts offers and looks for them in the inbox of somebody whom all of them fit."""

    def __init__(self, system: System) -> None:
        self._recruiter, self._partner = Once(system.recruiter), Once(system.partner)
        self._numbers = count()
        (self._person,) = system.put([polymath()])

    def post(self) -> str:
        """One offer; ApiError when it is not acknowledged."""
        body = {"input": {"offers": [offer(next(self._numbers))], "publish": True}}
        (result,) = self._recruiter.mutate(OFFERS, body)["results"]
        if "reason" in result:
            raise ApiError(f"{result['reason']}: {result['message']}")
        return str(result["offer"]["id"])

    def look_for(self, offer_id: str) -> None:
        """ApiError until it is there."""
        person = self._partner.ask(INBOX, {"id": self._person})["person"]
        if person is None or offer_id not in {note["subjectId"] for note in person["notifications"]["nodes"]}:
            raise ApiError("it has not arrived")

    def measured(self) -> tuple[float, float]:
        """Seconds from now until an offer is accepted, and until that one has arrived."""
        started = time.monotonic()
        offer_id = insisting(self.post)
        accepted = time.monotonic() - started
        insisting(lambda: self.look_for(offer_id))
        return accepted, time.monotonic() - started


def insisting(ask: Callable[[], T]) -> T:
    """Again and again until it works; the program ends when it does not within `LONGEST`."""
    until = time.monotonic() + LONGEST
    while True:
        try:
            return ask()
        except ApiError as error:
            if time.monotonic() > until:
                raise SystemExit(f"not recovered after {LONGEST:.0f} s: {error}") from error
        time.sleep(PAUSE)


@contextmanager
def load(probe: Probe) -> Iterator[None]:
    """Offers all the while, accepted or not."""
    over = threading.Event()

    def work() -> None:
        while not over.wait(LOAD_EVERY):
            with suppress(ApiError):
                probe.post()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def kill_and_start(engine: Engine) -> None:
    engine.kill()
    threading.Thread(target=engine.start).start()


def parts(system: System, engines: Mapping[str, Engine]) -> Mapping[str, Callable[[], None]]:
    """How to kill each."""

    def kill(name: str) -> Callable[[], None]:
        return lambda: os.kill(system.supervisor.pids()[name], signal.SIGKILL)

    services = {name: kill(name) for (name,) in ONE_EACH}
    return services | {name: lambda engine=engine: kill_and_start(engine) for name, engine in engines.items()}


def say(name: str, taken: list[tuple[float, float]], floor: tuple[float, float]) -> None:
    words = []
    for what, values, base in zip(("accepted", "reaches"), zip(*taken, strict=True), floor, strict=True):
        words.append(f"{what} p50 {np.median(values):6.2f} s, worst {max(values):6.2f} ({max(values) / base:4.0f} ×)")
    print(f"{name:<16} {'   '.join(words)}")


def main(kills: int = 3, people: int = 500) -> None:
    with private_engines() as engines:
        at = settings({name: engine.address for name, engine in engines.items()})
        with running(ONE_EACH, at) as system:
            system.put(crowd(people))
            probe = Probe(system)
            system.quiet()
            with load(probe):
                measure(probe, parts(system, engines), kills)


def measure(probe: Probe, kills_of: Mapping[str, Callable[[], None]], kills: int) -> None:
    calm = [probe.measured() for _ in range(5)]
    floor = tuple(np.median(values) for values in zip(*calm, strict=True))
    print(f"nobody killed    accepted p50 {floor[0]:6.2f} s   reaches p50 {floor[1]:6.2f} s")
    for name, kill in kills_of.items():
        taken = []
        for _ in range(kills):
            probe.measured()
            kill()
            taken.append(probe.measured())
        say(name, taken, floor)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
