"""Real services are killed between one durable step and the next, and started again: once in effect, and nothing lost.

Run as a script this file is the victim: one service over a log that kills its process at the moment it is told.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

import pytest
from harness import SECRET, Ask, eventually
from in_process_services import EMPLOYER, STUBS, InProcessServices, built, offer_row
from installation import fields, on_engines
from pydantic import SecretStr
from vivier.offers.v1 import offers_pb2

from services.kit.adapters import open_log
from services.kit.bus import Consumer, Event, Log, Record
from services.kit.errors import RetryLater
from services.kit.settings import Settings

PATIENCE = 30.0


class Lethal:
    """A log that kills this process before or after it does something: "before append"."""

    def __init__(self, log: Log, moment: str) -> None:
        self._log = log
        self._moment = moment

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)

    def _meet(self, moment: str) -> None:
        if moment == self._moment:
            os.kill(os.getpid(), signal.SIGKILL)
            time.sleep(0.2)  # the signal may reach another thread first; go no further meanwhile

    def append(self, events: Sequence[Event]) -> None:
        self._meet("before append")
        self._log.append(events)
        self._meet("after append")

    def consumer(self, group: str, topics: Sequence[str]) -> Consumer:
        consumer = self._log.consumer(group, topics)
        commit = consumer.commit

        def lethal_commit(records: Sequence[Record]) -> None:
            self._meet("before commit")
            commit(records)
            self._meet("after commit")

        consumer.commit = lethal_commit  # type: ignore[method-assign]
        return consumer


@contextmanager
def victim(services: InProcessServices, name: str, moment: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """The service in a process of its own, and its address."""
    process = subprocess.Popen(
        [sys.executable, __file__, name, str(services.home), moment, json.dumps(services.settings)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1] / "support"), os.getcwd()])},
    )
    try:
        assert process.stdout is not None
        yield process, json.loads(process.stdout.readline() or '"it died too early"')
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        process.wait(PATIENCE)


def died(process: "subprocess.Popen[str]") -> bool:
    return process.wait(PATIENCE) == -signal.SIGKILL


@pytest.fixture(params=["embedded", "engines"])
def services(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[InProcessServices]:
    with on_engines() if request.param == "engines" else nullcontext({}) as settings:
        started = InProcessServices(tmp_path, settings=fields(settings))
        yield started
        started.close()


@pytest.mark.parametrize("moment", ["before append", "after append"])
def test_offers_killed_around_publishing_an_offer(services: InProcessServices, moment: str) -> None:
    services.start("offers")
    services.employ()
    eventually(lambda: services.status("offers").outbox_rows == 0)
    services.stop("offers")
    with victim(services, "offers", moment) as (process, address):
        ask = Ask(address, STUBS["offers"])
        with suppress(RetryLater):  # the row stands by then, whether or not the answer came through
            ask("UpsertOffers", offers_pb2.UpsertOffersRequest(offers=[offer_row(1)], publish=True), EMPLOYER)
        ask.neighbour.close()
        assert died(process)
    services.start("offers")
    (row,) = services.ask["offers"]("ListOffers", offers_pb2.ListOffersRequest(page_size=10), EMPLOYER).offers
    assert (row.external_id, row.state) == ("offer-1", offers_pb2.OFFER_STATE_PUBLISHED)
    eventually(lambda: services.status("offers").outbox_rows == 0)
    told = [record.event for record in services.log.replay("vivier.offers.v1") if record.event.key == f"offer/{row.id}"]
    assert len({event.id for event in told}) == 1, "announced again, it must carry the same id"


@pytest.mark.parametrize("moment", ["before commit", "after commit", "before append", "after append"])
def test_matching_killed_around_making_a_match(services: InProcessServices, moment: str) -> None:
    services.start("profile", "offers")
    services.employ()
    people, offers = services.enrol(1, 2), services.post(1, 2, 3)
    services.quiet()
    with victim(services, "matching", moment) as (process, _):
        assert died(process)
    services.start("matching", "notifications")
    services.quiet()
    assert {o for o, _ in services.found()} == set(offers), "an offer is not found after the restart"
    for person in people:
        assert set(services.matches(person)) == set(offers)
        assert sorted(n.subject_id for n in services.inbox(person)) == sorted(offers)
    decided = services.rows("matching", "SELECT person_id, offer_id FROM matches")
    assert sorted(decided) == sorted((person, offer) for person in people for offer in offers)


@pytest.mark.parametrize("moment", ["before commit", "after commit"])
def test_notifications_killed_around_telling(services: InProcessServices, moment: str) -> None:
    services.start("profile", "offers", "matching")
    services.employ()
    people, offers = services.enrol(1, 2), services.post(1, 2, 3)
    services.quiet()
    with victim(services, "notifications", moment) as (process, _):
        assert died(process)
    services.start("notifications")
    services.quiet()
    for person in people:
        assert sorted(n.subject_id for n in services.inbox(person)) == sorted(offers)


def live(name: str, home: str, moment: str, fields: str) -> None:
    settings = json.loads(fields)
    log = open_log(Settings(home=Path(home), secret=SecretStr(SECRET), **settings))
    service = built(name, Path(home), Lethal(log, moment), settings=settings)
    service.start()
    service.settled.wait(PATIENCE)
    print(json.dumps(service.address), flush=True)
    time.sleep(PATIENCE)


if __name__ == "__main__":
    live(*sys.argv[1:])
