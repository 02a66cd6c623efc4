"""What comes round unasked: ends that have come, and postings told again after their organisation changed."""

from collections.abc import Callable
from typing import Any

from services.kit.outbox import Unit, Units
from services.offers import store
from services.offers.domain.posting import Posting
from services.offers.usecases.postings import TRADES, Trade, save

BATCH = 100
"""Postings in one transaction."""

Step = Callable[[Unit, Trade[Any]], list[Posting[Any]]]


def come_round(units: Units) -> int:
    """Everything that is due now, a batch at a time; how many postings changed.

    In several processes over one store only one does it.
    """

    def expire(unit: Unit, trade: Trade[Any]) -> list[Posting[Any]]:
        return [posting.expire() for posting in store.due(unit.connection, trade.shelf, units.clock(), BATCH)]

    def tell_again(unit: Unit, trade: Trade[Any]) -> list[Posting[Any]]:
        return [posting.told_again() for posting in store.next_retelling(unit.connection, trade.shelf, BATCH)]

    with units.database.only_one("rounds") as alone:
        return sum(_until_done(units, trade, step, alone) for trade in TRADES for step in (expire, tell_again))


def _until_done(units: Units, trade: Trade[Any], step: Step, alone: Callable[[], bool]) -> int:
    done = 0
    while alone() and (moved := _batch(units, trade, step)):
        done += moved
    return done


def _batch(units: Units, trade: Trade[Any], step: Step) -> int:
    with units() as unit:
        moved = step(unit, trade)
        save(unit, trade, moved)
    return len(moved)
