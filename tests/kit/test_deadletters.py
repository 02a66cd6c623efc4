"""Dead letters: listed, shown, tried again, dropped, and gone when their person is."""

import re
from dataclasses import replace

import pytest

from services.kit import deadletters
from services.kit.dispatch import Batch
from services.kit.errors import Refused

SAID = "vivier.test.v1.Said"
CANARY = b"canary-51e8-of-a-person"


def refuse(unit, record):
    raise ValueError("cannot")


@pytest.fixture
def buried(room, eventually):
    """Three records that could not be handled."""
    room.append(("offer/1", b"a"), ("offer/2", b"b"), ("person/1", CANARY))
    with room.worker(refuse) as worker:
        eventually(lambda: worker.lag() == 0)
    return deadletters.page(room.units)


def test_they_are_listed_by_page(room, buried):
    first = deadletters.page(room.units, limit=2)
    assert first + deadletters.page(room.units, limit=2, after=first[-1].id) == buried
    assert len(buried) == 3


def test_one_is_shown_as_it_was(room, buried):
    letter = deadletters.get(room.units, buried[0].id)
    assert letter == buried[0]
    assert letter.record in list(room.log.replay("vivier.test.v1"))
    assert (letter.group, letter.reason) == ("g", "ValueError")
    assert re.fullmatch(r"ValueError \(test_deadletters.py:\d+\): cannot", letter.error)


def test_retried_with_success_it_is_gone_and_has_its_effect_once(room, buried):
    deadletters.retry(room.units, {SAID: room.effect}, buried[0].id)
    event = buried[0].record.event
    assert room.effects() == [(event.key, event.payload)]
    with pytest.raises(Refused):
        deadletters.retry(room.units, {SAID: room.effect}, buried[0].id)
    assert len(room.effects()) == 1


def test_retried_in_vain_it_stays_and_nothing_is_half_done(room, buried):
    def half(unit, record):
        room.effect(unit, record)
        raise ValueError

    with pytest.raises(Refused, match="fails again, with ValueError"):
        deadletters.retry(room.units, {SAID: half}, buried[0].id)
    assert deadletters.page(room.units) == buried
    assert room.effects() == []


def test_a_tombstone_that_is_retried_takes_the_other_letters_of_its_key_along(room, buried):
    key = buried[0].record.event.key
    tombstone = replace(buried[0].record, event=replace(buried[0].record.event, id="erased", type="", payload=None))
    with room.units() as unit:
        deadletters.add(unit, "zz", "g", tombstone, ValueError("cannot"), room.clock())
    deadletters.retry(room.units, {"offer/": lambda *_: None, "person/": lambda *_: None}, "zz")
    assert key not in {letter.record.event.key for letter in deadletters.page(room.units)}


def test_a_batch_handler_gets_a_letter_alone(room, buried):
    got = []
    deadletters.retry(room.units, {SAID: Batch(lambda unit, records: got.append(list(records)))}, buried[0].id)
    assert got == [[buried[0].record]]
    assert deadletters.page(room.units) == buried[1:]


def test_a_batch_handler_that_fails_again_leaves_the_letter(room, buried):
    def half(unit, records):
        room.effect(unit, records[0])
        raise ValueError

    with pytest.raises(Refused, match="fails again, with ValueError"):
        deadletters.retry(room.units, {SAID: Batch(half)}, buried[0].id)
    assert deadletters.page(room.units) == buried
    assert room.effects() == []


def test_what_nobody_listens_to_any_more_is_refused(room, buried):
    with pytest.raises(Refused, match="nothing handles"):
        deadletters.retry(room.units, {}, buried[0].id)


def test_dropped_it_is_gone(room, buried):
    deadletters.drop(room.units, buried[0].id)
    assert deadletters.page(room.units) == buried[1:]
    with pytest.raises(Refused):
        deadletters.drop(room.units, buried[0].id)


def test_a_letter_is_not_delivered_again_by_the_log(room, eventually, buried):
    room.log.append([letter.record.event for letter in buried])
    with room.worker() as worker:
        eventually(lambda: worker.lag() == 0)
    assert room.effects() == []


def test_an_erased_person_leaves_the_dead_letters_and_the_disk(room, eventually, buried):
    room.append(("person/1", None))
    store = room.units.database.path

    def on_disk():
        return any(CANARY in path.read_bytes() for path in store.parent.glob(f"{store.name}*"))

    assert on_disk()
    with room.worker() as worker:
        eventually(lambda: worker.lag() == 0)
        eventually(lambda: not on_disk())
    assert {letter.record.event.key for letter in deadletters.page(room.units)} == {"offer/1", "offer/2"}
