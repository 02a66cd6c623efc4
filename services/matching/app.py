"""The only builder of matching: settings → adapters → a running service."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from itertools import islice
from typing import Any

from vivier.matching.v1 import matching_pb2
from vivier.offers.v1 import events_pb2 as offers
from vivier.profile.v1 import events_pb2 as profile

from services.kit.bus import Log, Record
from services.kit.clock import Clock, system_clock
from services.kit.database import open_database
from services.kit.ids import Ids, random_id
from services.kit.outbox import Units
from services.kit.service import Service, Subscription
from services.kit.settings import Settings
from services.kit.ticker import Ticker
from services.matching import store
from services.matching.domain import M1, Knowledge
from services.matching.events import (
    OFFERS_TOPIC,
    PROFILE_TOPIC,
    PUBLISHES,
    TOPIC,
    course_of,
    listens,
    offer_of,
    person_of,
)
from services.matching.index import Index
from services.matching.index_embedded import EmbeddedIndex
from services.matching.kernel import Codes
from services.matching.server import serves
from services.matching.usecases import lists
from services.matching.usecases.ranking import Matching
from services.referential import Referential, open_snapshot

GROUP = "matching.index"
PRUNE_SECONDS = 3600.0
REBUILD_BATCH = 2000
UNKNOWN_IDF = 10.0
"""A skill that the referential does not know is taken for a rare one."""

CLOSENESSES = 100_000


class MatchingSettings(Settings):
    matching_address: str = "127.0.0.1:0"
    """Where matching listens for gRPC."""


SETTINGS = MatchingSettings


def build(settings: MatchingSettings, log: Log, clock: Clock = system_clock, ids: Ids = random_id) -> Service:
    referential = open_snapshot(settings.referential)
    units = Units(open_database(settings.home / "matching.db", store.METADATA), PUBLISHES, clock, ids)
    codes = Codes(_knowledge(referential))
    matching = Matching(EmbeddedIndex(codes, referential.language, _occupation_words(referential)), codes, M1, units)
    return Service(
        name="matching",
        address=settings.matching_address,
        secret=settings.secret.get_secret_value(),
        log=log,
        units=units,
        contract=matching_pb2.DESCRIPTOR.services_by_name["MatchingService"],
        serves=serves(matching),
        publishes_on=[TOPIC],
        subscriptions=[Subscription(GROUP, [OFFERS_TOPIC, PROFILE_TOPIC], listens(matching, clock))],
        tickers=[Ticker("matching: lists shown long ago", PRUNE_SECONDS, lambda: lists.prune(matching))],
        prepare=lambda: rebuild(matching.index, log),
        counts=lambda: _counts(matching),
    )


def rebuild(index: Index, log: Log) -> None:
    """Fill the empty index with what was handled before; what comes after is handled with its effects."""
    for topic in (OFFERS_TOPIC, PROFILE_TOPIC):
        records = log.replay(topic, log.committed(GROUP, topic))
        while batch := list(islice(records, REBUILD_BATCH)):
            _put(index, batch)


def _put(index: Index, batch: list[Record]) -> None:
    """Only the newest record of each key counts; a tombstone forgets."""
    newest = {record.event.key: record for record in batch}
    erased = [key for key, record in newest.items() if record.event.payload is None]
    for key in erased:
        index.remove_person(key.removeprefix("person/"))
    messages = list(_messages(newest))
    index.put_offers([offer_of(m) for m in messages if isinstance(m, offers.OfferChanged)])
    index.put_courses([course_of(m) for m in messages if isinstance(m, offers.CourseChanged)])
    index.put_people([person_of(m) for m in messages if isinstance(m, profile.PersonChanged)])


def _messages(newest: Mapping[str, Record]) -> Iterator[Any]:
    kinds = {
        kind.DESCRIPTOR.full_name: kind for kind in (offers.OfferChanged, offers.CourseChanged, profile.PersonChanged)
    }
    for record in newest.values():
        kind = kinds.get(record.event.type)
        if kind is not None and record.event.payload is not None:
            yield kind.FromString(record.event.payload)


def _knowledge(referential: Referential) -> Knowledge:
    @cache
    def idf(code: str) -> float:
        skill = referential.skill(code)
        return UNKNOWN_IDF if skill is None else skill.idf

    return Knowledge(closeness=lru_cache(CLOSENESSES)(referential.closeness), idf=idf)


def _occupation_words(referential: Referential) -> Callable[[str], str]:
    def words(code: str) -> str:
        occupation = referential.occupation(code)
        return "" if occupation is None else occupation.label

    return words


def _counts(matching: Matching) -> Mapping[str, int]:
    held = matching.index.counts()
    with matching.units.reading() as connection:
        return {"offers": held.offers, "people": held.people, "courses": held.courses, **store.counts(connection)}
