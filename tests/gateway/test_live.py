"""Server-sent events: everyone hears their own, misses nothing, and nobody delays the end."""

import json
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from harness import eventually

from services.kit.auth import Role


class EventStream:
    """The events of one open stream."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.lines = response.iter_lines()
        self.last_id = 0

    def event(self) -> dict[str, Any] | None:
        """The next event; None for an id alone or when the stream ends."""
        data = None
        for line in self.lines:
            name, _, value = line.partition(": ")
            if name == "id":
                self.last_id = int(value)
            elif name == "data":
                data = json.loads(value)
            elif not line:
                return data
        return None


@contextmanager
def listening(gateway: Any, token: str, last: int | None = None) -> Iterator[EventStream]:
    headers = {"Authorization": f"Bearer {token}"} | ({} if last is None else {"Last-Event-ID": str(last)})
    with gateway.http.stream("GET", "/events", headers=headers) as response:
        assert response.status_code == 200, response.read()
        assert response.headers["content-type"].startswith("text/event-stream")
        yield EventStream(response)


@pytest.fixture
def notify(gateway: Any, fakes: Any) -> Any:
    eventually(lambda: fakes.do("watchers"))
    return lambda recipient, count=1: fakes.do("notify", recipient=recipient, count=count)


def test_everyone_receives_their_own_notifications(gateway: Any, notify: Any) -> None:
    one, two = gateway.token(Role.PERSON, "s1"), gateway.token(Role.MENTOR, "s1")
    with listening(gateway, one) as a, listening(gateway, one) as b, listening(gateway, two) as c:
        for stream in (a, b, c):
            assert stream.event() is None  # an id to come back with
        notify("person/s1")
        notify("mentor/s1")
        first, second, third = a.event(), b.event(), c.event()
        assert first == second
        assert first["kind"] == "OFFER_MATCHED"
        assert third["id"] != first["id"]
        notify("person/s1")
        assert a.event()["id"] not in (first["id"], third["id"])


def test_a_client_that_reconnects_gets_what_it_missed_in_order(gateway: Any, notify: Any) -> None:
    token = gateway.token(Role.PERSON, "s2")
    with listening(gateway, token) as stream:
        assert stream.event() is None
        start = stream.last_id
        notify("person/s2")
        assert stream.event() is not None
        last = stream.last_id
    with listening(gateway, gateway.token(Role.PERSON, "other")) as others:
        assert others.event() is None
        notify("person/s2", 150)
        notify("person/other")
        assert others.event() is not None  # so the gateway has handed out all before it
    with listening(gateway, token, last) as stream:
        missed = []
        while len(missed) < 150:
            assert stream.event() is not None
            missed.append(stream.last_id)
        notify("person/s2")
        assert stream.event() is not None
        missed.append(stream.last_id)
    assert missed == sorted(set(missed))
    assert missed[0] > last > start
    with listening(gateway, token, start) as stream:
        assert stream.event() is not None
        assert stream.last_id == last


def test_an_id_of_the_future_means_from_now_on(gateway: Any, notify: Any) -> None:
    token = gateway.token(Role.PERSON, "s6")
    for heard in (0, 1):
        with listening(gateway, token, 10**12) as stream:
            assert stream.event() is None
            assert (stream.last_id > 0) == bool(heard)
            notify("person/s6")
            assert stream.event() is not None


def test_the_stream_from_notifications_is_reopened(gateway: Any, fakes: Any, notify: Any) -> None:
    with listening(gateway, gateway.token(Role.PERSON, "s3")) as stream:
        assert stream.event() is None
        notify("person/s3")
        first = stream.event()
        before = fakes.do("watchers")
        fakes.do("stop", service="notifications")
        notify("person/s3")
        fakes.do("start", service="notifications")
        eventually(lambda: fakes.do("watchers") > before)
        second = stream.event()
        assert second is not None
        assert second["id"] != first["id"]


def test_nothing_is_missed_while_the_stream_from_notifications_is_opened(gateway_with: Any, fakes: Any) -> None:
    """A gateway that has heard nothing yet; what is told between two streams is not lost."""
    gateway = gateway_with()
    with listening(gateway, gateway.token(Role.PERSON, "s9")) as stream:
        assert stream.event() is None
        before = fakes.do("watchers")
        fakes.do("stop", service="notifications")
        fakes.do("notify", recipient="person/s9", count=1)
        fakes.do("start", service="notifications")
        eventually(lambda: fakes.do("watchers") > before)
        assert stream.event() is not None


def test_who_may_open_streams_and_how_many(gateway: Any, notify: Any) -> None:
    def status(token: str, **headers: str) -> int:
        bearer = {"Authorization": f"Bearer {token}"} if token else {}
        with gateway.http.stream("GET", "/events", headers=bearer | headers) as response:
            return int(response.status_code)

    person = gateway.token(Role.PERSON, "s4")
    assert status("") == 403
    assert status(gateway.token(Role.PARTNER, "partner-1")) == 403
    assert status(person, **{"Last-Event-ID": "x"}) == 400
    with listening(gateway, person), listening(gateway, person), listening(gateway, person):
        with listening(gateway, person), listening(gateway, person):
            assert status(person) == 429
        eventually(lambda: status(person) == 200)


def test_a_stopping_gateway_ends_its_streams(quick_gateway: Any, notify: Any) -> None:
    with listening(quick_gateway, quick_gateway.token(Role.PERSON, "s5")) as stream:
        assert stream.event() is None
        started = time.monotonic()
        quick_gateway.process.send_signal(signal.SIGTERM)
        assert stream.event() is None
        assert list(stream.lines) == []
        assert quick_gateway.process.wait(3) == 0
        assert time.monotonic() - started < 3
    assert "Traceback" not in quick_gateway.logged()
