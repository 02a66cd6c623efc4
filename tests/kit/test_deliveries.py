"""Deliveries: sent once, retried later after a failure, and given up in the end with a reason."""

import threading
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import MetaData, select

from services.kit import deliveries as kit
from services.kit.backoff import JITTER, Backoff
from services.kit.deliveries import ATTEMPTS, Deliveries, Delivery, State, deliveries_table
from services.kit.errors import Kind, Poison, Refused, RetryLater

METADATA = MetaData()
TABLE = deliveries_table(METADATA)


class Sender:
    """Keeps what it sends; `fail(delivery)` and `busy()` may raise, `reason(delivery)` says why not to send."""

    def __init__(self):
        self.sent: list[str] = []
        self.tried: list[str] = []
        self.told: list[tuple[str, str]] = []
        self.prepared: list[int] = []
        self.fail = lambda delivery: None
        self.busy = lambda: None
        self.reason = lambda delivery: ""

    def prepare(self, due: Sequence[Delivery]) -> None:
        self.prepared.append(len(due))
        self.busy()

    def send(self, delivery: Delivery) -> str:
        self.tried.append(delivery.id)
        self.fail(delivery)
        reason = self.reason(delivery)
        if not reason:
            self.sent.append(delivery.id)
        return reason

    def settled(self, connection, delivery, reason):
        self.told.append((delivery.id, reason))


@pytest.fixture
def post(system):
    return Post(system)


class Post:
    def __init__(self, system):
        self.system, self.units = system, system.units
        with self.units() as unit:
            METADATA.create_all(unit.connection)
        self.mail, self.hook = Sender(), Sender()
        self.stopping = threading.Event()
        self.deliveries = self.another()

    def another(self) -> Deliveries:
        return Deliveries(self.units, TABLE, {"mail": self.mail, "hook": self.hook}, self.stopping)

    def queue(self, *ids, channel="mail", **fields):
        with self.units() as unit:
            given = [Delivery(each, channel, f"person/{each}", **fields) for each in ids]
            kit.enqueue(unit.connection, TABLE, given, self.units.clock())

    def round(self):
        self.deliveries.round()

    def rows(self):
        with self.units.reading() as connection:
            return {row.id: (row.state, row.reason) for row in connection.execute(select(TABLE))}


def test_what_is_queued_goes_once(post):
    post.queue("a", "b")
    post.round()
    post.round()
    assert sorted(post.mail.sent) == ["a", "b"]
    assert post.rows() == {"a": (State.SENT, ""), "b": (State.SENT, "")}
    assert sorted(post.mail.told) == [("a", ""), ("b", "")]


def test_nothing_goes_when_the_transaction_fails(post):
    with suppress(ZeroDivisionError), post.units() as unit:
        kit.enqueue(unit.connection, TABLE, [Delivery("a", "mail", "person/a")], post.units.clock())
        raise ZeroDivisionError
    post.round()
    assert post.mail.tried == []


def test_queued_a_second_time_it_stays_one(post):
    post.queue("a", payload={"n": 1})
    post.queue("a", payload={"n": 2})
    post.round()
    post.queue("a")
    post.round()
    assert post.mail.sent == ["a"]


def test_the_sender_gets_target_and_payload(post):
    got = []
    post.mail.fail = got.append
    post.queue("a", payload={"letter": "welcome", "n": [1]})
    post.round()
    assert got == [Delivery("a", "mail", "person/a", {"letter": "welcome", "n": [1]})]


def test_what_fails_goes_later_and_later_and_is_given_up_with_a_reason(post):
    def fail(delivery):
        raise RetryLater("busy")

    post.mail.fail = fail
    post.queue("a")
    for attempt in range(1, ATTEMPTS + 1):
        post.round()
        post.round()  # not due again yet
        assert len(post.mail.tried) == attempt
        post.system.clock.forward(hours=6)
    post.round()
    assert len(post.mail.tried) == ATTEMPTS
    assert post.rows() == {"a": (State.GIVEN_UP, kit.EXHAUSTED)}
    assert post.mail.told == [("a", kit.EXHAUSTED)]


def test_a_second_failure_waits_longer_than_the_first(post):
    def fail(delivery):
        raise RetryLater("busy")

    post.mail.fail = fail
    post.queue("a")
    post.round()
    post.system.clock.forward(seconds=kit.FIRST_PAUSE)
    post.round()
    assert len(post.mail.tried) == 2
    post.system.clock.forward(seconds=kit.FIRST_PAUSE)
    post.round()
    assert len(post.mail.tried) == 2
    post.system.clock.forward(seconds=kit.FIRST_PAUSE)
    post.round()
    assert len(post.mail.tried) == 3


def test_it_is_tried_for_more_than_a_day():
    longest = [Backoff(kit.FIRST_PAUSE, kit.LONGEST_PAUSE, n).pause() for n in range(ATTEMPTS - 1)]
    assert all(pause <= min(kit.FIRST_PAUSE * 2**n, kit.LONGEST_PAUSE) for n, pause in enumerate(longest))
    least = sum(min(kit.FIRST_PAUSE * 2**n, kit.LONGEST_PAUSE) * (1 - JITTER) for n in range(ATTEMPTS - 1))
    assert timedelta(seconds=least) > timedelta(days=1)


def test_what_can_never_go_is_given_up_at_once(post):
    def fail(delivery):
        raise Poison("no such mailbox")

    post.mail.fail = fail
    post.queue("a")
    post.round()
    assert post.rows() == {"a": (State.GIVEN_UP, kit.IMPOSSIBLE)}
    assert post.mail.told == [("a", kit.IMPOSSIBLE)]


def test_the_senders_own_reason_is_kept(post):
    post.mail.reason = lambda delivery: "needless"
    post.queue("a")
    post.round()
    assert post.rows() == {"a": (State.GIVEN_UP, "needless")}


@pytest.mark.parametrize("error", [RetryLater("away"), Refused(Kind.DENIED, "NOT_NOW", "refused")])
def test_while_a_sender_is_not_ready_nothing_is_counted_and_other_channels_go(post, error):
    def busy():
        raise error

    post.mail.busy = busy
    post.queue("a")
    for _ in range(ATTEMPTS + 1):
        post.queue("h", channel="hook")
        post.round()
        post.system.clock.forward(hours=6)
    assert post.hook.sent == ["h"]
    assert post.mail.tried == []
    post.mail.busy = lambda: None
    post.round()
    assert post.mail.sent == ["a"]


def test_a_bug_holds_up_its_own_delivery_only(post):
    def fail(delivery):
        if delivery.id == "a":
            raise KeyError("a bug")

    post.mail.fail = fail
    post.queue("a")
    with pytest.raises(KeyError):
        post.round()
    post.queue("b")
    post.round()
    assert post.mail.sent == ["b"]
    assert post.rows()["a"] == (State.QUEUED, "")


def test_what_was_sent_is_written_down_before_the_next_is_tried(post):
    def fail(delivery):
        if post.mail.sent:
            raise KeyError("killed")

    post.mail.fail = fail
    post.queue("a", "b")
    with pytest.raises(KeyError):
        post.round()
    (sent,) = post.mail.sent
    assert post.rows()[sent] == (State.SENT, "")


@pytest.mark.parametrize("works", [True, False])
def test_two_who_saw_the_same_do_not_both_try_it(post, works):
    """The other has lost its turn to this one without knowing."""

    def fail(delivery):
        if not works:
            raise RetryLater("busy")

    post.mail.fail = fail
    other = post.another()
    post.mail.busy = lambda: setattr(post.mail, "busy", lambda: None) or other._send_some("mail", post.mail)
    post.queue(*"abc")
    post.round()
    assert sorted(post.mail.tried) == ["a", "b", "c"]


def test_only_one_works_at_a_time(post):
    post.mail.busy = lambda: post.another().round()
    post.queue("a")
    post.round()
    assert len(post.mail.prepared) == 1
    assert post.mail.tried == ["a"]


def test_a_round_ends_after_so_many(post):
    post.queue(*(str(n) for n in range(kit.MOST_A_ROUND + kit.AT_A_TIME)))
    post.round()
    assert len(post.mail.sent) == kit.MOST_A_ROUND
    assert max(post.mail.prepared) == kit.AT_A_TIME
    post.round()
    assert len(post.mail.sent) == kit.MOST_A_ROUND + kit.AT_A_TIME


def test_a_service_that_stops_need_not_wait(post):
    post.mail.fail = lambda delivery: post.stopping.set()
    post.queue("a", "b")
    post.round()
    assert len(post.mail.tried) == 1


def test_nothing_of_an_erased_recipient_stays(post):
    post.queue("a", "b")
    with post.units() as unit:
        kit.forget(unit.connection, TABLE, "person/a")
    post.round()
    assert post.mail.tried == ["b"]
    assert set(post.rows()) == {"b"}


def test_what_was_settled_long_ago_goes_and_what_waits_stays(post):
    def fail(delivery):
        if delivery.id == "late":
            raise RetryLater("busy")

    post.mail.fail = fail
    post.queue("a", "b", "late")
    post.round()
    post.system.clock.forward(days=31)
    with post.units() as unit:
        before = post.units.clock() - timedelta(days=30)
        assert [kit.prune(unit.connection, TABLE, "mail", before, 1) for _ in range(3)] == [1, 1, 0]
    assert set(post.rows()) == {"late"}
