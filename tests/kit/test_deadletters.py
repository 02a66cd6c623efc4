"""Dead letters: listed, shown, retried, dropped, and deleted when their person is erased."""

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
def buried(system, eventually):
    """Three records that could not be handled."""
    system.append(("offer/1", b"a"), ("offer/2", b"b"), ("person/1", CANARY))
    with system.worker(refuse) as worker:
        eventually(lambda: worker.lag() == 0)
    return deadletters.page(system.units)


def test_they_are_listed_by_page(system, buried):
    first = deadletters.page(system.units, limit=2)
    assert first + deadletters.page(system.units, limit=2, after=first[-1].id) == buried
    assert len(buried) == 3


def test_one_is_shown_as_it_was(system, buried):
    letter = deadletters.get(system.units, buried[0].id)
    assert letter == buried[0]
    assert letter.record in list(system.log.replay("vivier.test.v1"))
    assert (letter.group, letter.reason) == ("g", "ValueError")
    assert re.fullmatch(r"ValueError \(test_deadletters.py:\d+\): cannot", letter.error)


def test_retried_with_success_it_is_gone_and_has_its_effect_once(system, buried):
    deadletters.retry(system.units, {SAID: system.effect}, buried[0].id)
    event = buried[0].record.event
    assert system.effects() == [(event.key, event.payload)]
    with pytest.raises(Refused):
        deadletters.retry(system.units, {SAID: system.effect}, buried[0].id)
    assert len(system.effects()) == 1


def test_retried_in_vain_it_stays_and_nothing_is_half_done(system, buried):
    def half(unit, record):
        system.effect(unit, record)
        raise ValueError

    with pytest.raises(Refused, match="fails again, with ValueError"):
        deadletters.retry(system.units, {SAID: half}, buried[0].id)
    assert deadletters.page(system.units) == buried
    assert system.effects() == []


def test_a_tombstone_that_is_retried_takes_the_other_letters_of_its_key_along(system, buried):
    key = buried[0].record.event.key
    tombstone = replace(buried[0].record, event=replace(buried[0].record.event, id="erased", type="", payload=None))
    with system.units() as unit:
        deadletters.add(unit, "zz", "g", tombstone, ValueError("cannot"), system.clock())
    deadletters.retry(system.units, {"offer/": lambda *_: None, "person/": lambda *_: None}, "zz")
    assert key not in {letter.record.event.key for letter in deadletters.page(system.units)}


def test_a_batch_handler_gets_a_letter_alone(system, buried):
    got = []
    deadletters.retry(system.units, {SAID: Batch(lambda unit, records: got.append(list(records)))}, buried[0].id)
    assert got == [[buried[0].record]]
    assert deadletters.page(system.units) == buried[1:]


def test_a_batch_handler_that_fails_again_leaves_the_letter(system, buried):
    def half(unit, records):
        system.effect(unit, records[0])
        raise ValueError

    with pytest.raises(Refused, match="fails again, with ValueError"):
        deadletters.retry(system.units, {SAID: Batch(half)}, buried[0].id)
    assert deadletters.page(system.units) == buried
    assert system.effects() == []


def test_what_nobody_listens_to_any_more_is_refused(system, buried):
    with pytest.raises(Refused, match="nothing handles"):
        deadletters.retry(system.units, {}, buried[0].id)


def test_dropped_it_is_gone(system, buried):
    deadletters.drop(system.units, buried[0].id)
    assert deadletters.page(system.units) == buried[1:]
    with pytest.raises(Refused):
        deadletters.drop(system.units, buried[0].id)


def test_a_letter_is_not_delivered_again_by_the_log(system, eventually, buried):
    system.log.append([letter.record.event for letter in buried])
    with system.worker() as worker:
        eventually(lambda: worker.lag() == 0)
    assert system.effects() == []


def test_an_erased_person_leaves_the_dead_letters_and_the_disk(system, eventually, buried):
    system.append(("person/1", None))
    store = system.units.database.path

    def on_disk():
        return any(CANARY in path.read_bytes() for path in store.parent.glob(f"{store.name}*"))

    assert on_disk()
    with system.worker() as worker:
        eventually(lambda: worker.lag() == 0)
        eventually(lambda: not on_disk())
    assert {letter.record.event.key for letter in deadletters.page(system.units)} == {"offer/1", "offer/2"}
