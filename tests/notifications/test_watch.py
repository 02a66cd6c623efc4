"""The stream: everything after a sequence, once and in order, across breaks; it never holds up a stop."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import grpc
import pytest
from harness import SECRET, Ask, FakeClock, eventually, running
from vivier.matching.v1.events_pb2 import MatchedPerson, OfferMatched
from vivier.notifications.v1 import notifications_pb2 as pb
from vivier.notifications.v1.notifications_pb2_grpc import NotificationsServiceStub

from services.kit.auth import Caller, Role
from services.kit.outbox import outgoing
from services.kit.rpc.client import metadata
from services.notifications.app import NotificationsSettings, build
from services.notifications.feed import STREAMS

GATEWAY = Caller(Role.SERVICE, "gateway")


def watch(ask: Ask, after: int, caller: Caller = GATEWAY) -> Any:
    request = pb.WatchNotificationsRequest(after_sequence=after)
    return ask.stub.WatchNotifications(request, metadata=metadata(caller, SECRET), timeout=20)


def take(stream: Iterator[Any], number: int) -> list[pb.Notification]:
    """That many at least, in whole answers."""
    taken: list[pb.Notification] = []
    while len(taken) < number:
        taken += next(stream).notifications
    return taken


def test_a_stream_goes_on_after_a_break(system: Any) -> None:
    system.match("o1", *(f"p{number}" for number in range(450)))
    stream = watch(system.ask, 0)
    before = take(stream, 300)
    stream.cancel()
    system.match("o2", "ana", "ben")
    rest = watch(system.ask, before[-1].sequence)
    after = take(rest, 452 - len(before))
    system.match("o3", "ana")
    [live] = take(rest, 1)
    rest.cancel()
    told = [*before, *after, live]
    assert [each.sequence for each in told] == sorted({each.sequence for each in told})
    assert len({each.id for each in told}) == 453
    assert (live.recipient, live.subject_id) == ("person/ana", "o3")


def test_from_now_on_means_nothing_old(system: Any) -> None:
    system.match("o1", "ana")
    system.settle()
    stream = watch(system.ask, -1)
    streamed: list[str] = []
    reader = threading.Thread(target=lambda: streamed.append(take(stream, 1)[0].subject_id))
    reader.start()
    numbers = count(2)

    def something_came() -> bool:
        system.match(f"o{next(numbers)}", "ana")  # again and again: nobody knows when the stream begins
        return bool(streamed)

    eventually(something_came)
    stream.cancel()
    reader.join()
    assert streamed != ["o1"]


def test_only_a_service_may_watch(system: Any) -> None:
    for role in (Role.OPERATOR, Role.PERSON, Role.PARTNER):
        with pytest.raises(grpc.RpcError) as error:
            next(watch(system.ask, 0, Caller(role, "ana")))
        assert error.value.code() == grpc.StatusCode.PERMISSION_DENIED


def test_streams_are_limited_and_give_their_place_back(system: Any) -> None:
    system.match("o1", "ana")
    system.settle()
    streams = [watch(system.ask, 0) for _ in range(STREAMS)]
    for stream in streams:
        take(stream, 1)
    with pytest.raises(grpc.RpcError) as error:
        next(watch(system.ask, 0))
    assert error.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert system.inbox("ana").unread == 1  # others are still served
    streams[0].cancel()
    eventually(lambda: opens(system.ask))
    for stream in streams:
        stream.cancel()


def opens(ask: Ask) -> bool:
    stream = watch(ask, 0)
    try:
        return bool(take(stream, 1))
    except grpc.RpcError:
        return False
    finally:
        stream.cancel()


def test_an_open_stream_does_not_hold_up_a_stop(tmp_path: Any, log: Any, profile: Any) -> None:
    settings = NotificationsSettings(home=tmp_path, secret=SECRET, profile_address=profile.server.address)
    service = build(settings, log, FakeClock())
    with running(service, NotificationsServiceStub) as ask:
        event = outgoing("offer-matches/o1", OfferMatched(offer_id="o1", people=[MatchedPerson(person_id="ana")]))
        log.append([replace(event, id="e1", time=FakeClock()())])
        stream = watch(ask, 0)
        take(stream, 1)
        started = time.monotonic()
        service.stop(grace=30.0)
        assert time.monotonic() - started < 3
        assert list(stream) == []
