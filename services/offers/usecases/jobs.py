"""Periodic jobs: expire due postings; publish open ones again after their organisation changed."""

from collections.abc import Callable
from typing import Any

from services.kit.outbox import Unit, Units
from services.offers import store
from services.offers.domain.posting import Posting
from services.offers.usecases.postings import KINDS, PostingKind, save

LOCK = "rounds"  # the first release's name: during an upgrade both must meet
BATCH = 100
"""Postings in one transaction."""

Step = Callable[[Unit, PostingKind[Any]], list[Posting[Any]]]


def expire_and_republish(units: Units) -> int:
    """Everything that is due now, a batch at a time; how many postings changed.

    In several processes over one store only one does it.
    """

    def expire(unit: Unit, kind: PostingKind[Any]) -> list[Posting[Any]]:
        return [posting.expire() for posting in store.due(unit.connection, kind.table, units.clock(), BATCH)]

    def republish(unit: Unit, kind: PostingKind[Any]) -> list[Posting[Any]]:
        return [posting.republished() for posting in store.next_republication(unit.connection, kind.table, BATCH)]

    with units.database.only_one(LOCK) as alone:
        return sum(_until_done(units, kind, step, alone) for kind in KINDS for step in (expire, republish))


def _until_done(units: Units, kind: PostingKind[Any], step: Step, alone: Callable[[], bool]) -> int:
    done = 0
    while alone() and (moved := _batch(units, kind, step)):
        done += moved
    return done


def _batch(units: Units, kind: PostingKind[Any], step: Step) -> int:
    with units() as unit:
        moved = step(unit, kind)
        save(unit, kind, moved)
    return len(moved)
