"""Processes of the whole system are killed or frozen while people and offers come in; nothing is lost or doubled.

On files and on real engines. VIVIER_TEST_SEEDS is the number of seeds; a failure names its seed. All seeds share one
system, so a later seed also finds what an earlier one left behind.
"""

import json
import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from api_clients import Employer, Partner, done, offer_input, tell
from harness import eventually
from load_checker import NIGHTLY, PATIENCE, TEST_SECONDS, LoadChecker, Writer
from stack import Bearer, Stack, quiet, stack_on

from services.kit.bus import Event
from services.kit.ids import random_id

pytestmark = pytest.mark.timeout(TEST_SECONDS)
SEEDS = range(int(os.environ.get("VIVIER_TEST_SEEDS", "3")))
ON_ENGINES = SEEDS if NIGHTLY else SEEDS[:4]
"""There a killed consumer is missed for ten seconds."""

TURNS, KILLS = 12, 3
ALL_AT_ONCE = 0.35
"""Of the seeds kill several processes at the same moment."""


@pytest.fixture(scope="module", params=["embedded", "engines"])
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with stack_on(request.param, tmp_path_factory.mktemp("home")) as started:
        yield started


def test_killed_at_any_moment_nothing_acknowledged_is_lost_or_told_twice(running: Stack) -> None:
    for seed in ON_ENGINES if running.settings else SEEDS:
        checker = LoadChecker(running, seed)
        with killing(running, random.Random(seed)):
            checker.write(TURNS)
        checker.check()


@contextmanager
def killing(running: Stack, dice: random.Random) -> Iterator[None]:
    """Kills children while the block lasts."""
    moments = [dice.uniform(0, 0.5) for _ in range(KILLS)]
    choices = [dice.randrange(100) for _ in range(KILLS)]
    several = dice.random() < ALL_AT_ONCE

    def kill() -> None:
        for moment, choice in zip(moments, choices, strict=True):
            time.sleep(moment)
            pids = sorted(set(running.supervisor.pids().values()))
            for pid in pids if several else [pids[choice % len(pids)]]:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            if several:
                return

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield
    finally:
        killer.join()


@pytest.mark.parametrize("service", ["profile", "offers", "matching", "notifications", "identity", "gateway"])
def test_each_service_killed_while_loaded(running: Stack, service: str) -> None:
    checker = LoadChecker(running)
    with checker.load():
        checker.has_written(10)
        os.kill(running.supervisor.pids()[service], signal.SIGKILL)
        checker.has_written(20)
    checker.check()


def test_a_frozen_matching_process_goes_on_where_it_was(running: Stack) -> None:
    checker = LoadChecker(running)
    with checker.load():
        checker.has_written(10)
        matching = running.supervisor.pids()["matching"]
        os.kill(matching, signal.SIGSTOP)
        try:
            checker.has_written(20)  # writing needs no matching
            time.sleep(3.0)  # for so long it is frozen; nothing is waited for
        finally:
            os.kill(matching, signal.SIGCONT)
    checker.check()


def test_an_open_stream_goes_on_when_the_service_that_feeds_it_is_killed(running: Stack) -> None:
    """The match is made while the service is down, so that it is told before anybody listens again."""
    writer, town, reader = reading_from(running, "22278")
    pids = running.supervisor.pids()
    with reader.events("0") as stream:
        for number in range(4):
            if number == 2:
                os.kill(pids["matching"], signal.SIGSTOP)
            offer = post(writer, town, number)
            if number == 2:
                os.kill(pids["notifications"], signal.SIGKILL)
                os.kill(pids["matching"], signal.SIGCONT)
            event = next(event for event in stream if "data" in event)
            assert json.loads(event["data"])["subjectId"] == offer


def test_a_reader_whose_gateway_is_killed_comes_back_and_misses_nothing(running: Stack) -> None:
    writer, town, reader = reading_from(running, "25056")
    offers: list[str] = []
    told: list[str] = []
    last = "0"
    for number in range(5):
        if number == 2:
            os.kill(running.supervisor.pids()["gateway"], signal.SIGKILL)
        offers.append(post(writer, town, number))
        last = read_on(reader, last, told, number + 1)
    quiet(running, PATIENCE)
    assert told == offers, "in order, each once"


def reading_from(running: Stack, town: str) -> tuple[Writer, str, Bearer]:
    """Who posts offers in that town, and the own token of a person to whom they are told."""
    employer, partner = Employer(running, town), Partner(running, town)
    person = partner.enrol()
    quiet(running, PATIENCE)
    return Writer(employer.api), town, running.exchange(partner.api, person)


def post(writer: Writer, town: str, number: int) -> str:
    written = writer.write("upsertOffers", offers=[offer_input(number, town)], publish=True)
    return str(written["offer"]["id"])


def read_on(reader: Bearer, last: str, told: list[str], count: int) -> str:
    """Until so many are told in all; who is cut off comes back with the last id."""
    until = time.monotonic() + PATIENCE
    while len(told) < count:
        assert time.monotonic() < until, f"only {len(told)} of {count} came"
        with suppress(httpx.HTTPError, AssertionError), reader.events(last) as stream:
            for event in stream:
                last = event.get("id", last)
                told += [json.loads(event["data"])["subjectId"]] if "data" in event else []
                if len(told) == count:
                    break
    return last


def test_an_operator_lists_retries_and_drops_dead_letters(running: Stack) -> None:
    quiet(running, PATIENCE)
    changed = "vivier.offers.v1.OfferChanged"
    with running.log() as log:
        log.append([Event("vivier.offers.v1", f"offer/{n}", changed, b"\xff", random_id(), now()) for n in range(2)])
    eventually(lambda: len(dead_letters(running)) == 2, PATIENCE)
    letters = dead_letters(running)
    assert {(each["key"], each["reason"], each["size"]) for each in letters} == {
        (f"offer/{n}", "DecodeError", 1) for n in range(2)
    }
    again = tell(running.operator, "retryDeadLetter", service="MATCHING", id=letters[0]["id"])
    assert again["reason"] == "STILL_FAILS"
    assert len(dead_letters(running)) == 2, "it fails again, and stays"
    for each in letters:
        done(running.operator, "dropDeadLetter", service="MATCHING", id=each["id"])
    assert dead_letters(running) == []
    again = tell(running.operator, "dropDeadLetter", service="MATCHING", id=letters[0]["id"])
    assert again["reason"] == "DEAD_LETTER_NOT_FOUND"
    with running.log() as log:
        log.append([Event("vivier.offers.v1", f"offer/{n}", "", None, random_id(), now()) for n in range(2)])
    quiet(running, PATIENCE)


def dead_letters(running: Stack) -> list[dict[str, Any]]:
    query = "{ deadLetters(service: MATCHING) { nodes { id key reason size partition offset type group } } }"
    nodes: list[dict[str, Any]] = running.operator.ask(query)["deadLetters"]["nodes"]
    return nodes


def now() -> datetime:
    return datetime.now(UTC)
