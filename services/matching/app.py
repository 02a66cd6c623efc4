"""Builds the service from its settings."""

import logging
from collections.abc import Callable, Mapping
from functools import cache, lru_cache

from services.kit.bus import Log, LogUnavailable
from services.kit.clock import Clock, system_clock
from services.kit.database import open_database, store_of
from services.kit.ids import Ids, random_id
from services.kit.outbox import Units
from services.kit.rpc.server import bound
from services.kit.service import Service, Subscription
from services.kit.settings import Settings
from services.kit.ticker import Ticker
from services.matching import store
from services.matching.deps import Deps
from services.matching.domain import M1, Knowledge
from services.matching.events import PUBLISHES, TOPIC, listens
from services.matching.index import Index, IndexUnavailable
from services.matching.index_embedded import EmbeddedIndex
from services.matching.ingest import OFFERS_TOPIC, PROFILE_TOPIC, fill
from services.matching.kernel import Codes
from services.matching.server import DESCRIPTOR, TABLE
from services.matching.usecases import changes, lists
from services.referential import Referential, open_snapshot

logger = logging.getLogger(__name__)
GROUP = "matching.index"
PRUNE_SECONDS = 3600.0
LOOK_SECONDS = 5.0
FORGET_SECONDS = 60.0
BATCH = 50
"""Records are scored inside their transaction: a short one lets lists be remembered meanwhile."""

UNKNOWN_IDF = 10.0
"""A skill that the referential does not know is taken for a rare one."""

CLOSENESS_CACHE = 100_000


class MatchingSettings(Settings):
    matching_address: str = "127.0.0.1:0"
    """Where matching listens for gRPC."""


SETTINGS = MatchingSettings


def build(settings: MatchingSettings, log: Log, clock: Clock = system_clock, ids: Ids = random_id) -> Service:
    referential = open_snapshot(settings.referential)
    units = Units(
        open_database(store_of(settings, "matching"), store.METADATA, store.MIGRATIONS), PUBLISHES, clock, ids
    )
    codes = Codes(_knowledge(referential))
    deps = Deps(units, open_index(settings, codes, referential), codes, M1)
    return Service(
        name="matching",
        address=settings.matching_address,
        secret=settings.secret.get_secret_value(),
        log=log,
        units=units,
        contract=DESCRIPTOR,
        serves=bound(TABLE, deps),
        publishes_on=[TOPIC],
        subscriptions=[Subscription(GROUP, [OFFERS_TOPIC, PROFILE_TOPIC], listens(deps, clock), BATCH)],
        tickers=[
            Ticker("matching: lists shown long ago", PRUNE_SECONDS, lambda: lists.prune(deps)),
            Ticker("matching: index", LOOK_SECONDS, lambda: _refill(deps, log)),
            Ticker("matching: people just forgotten", FORGET_SECONDS, lambda: changes.forget_again(deps)),
        ],
        prepare=lambda: fill_if_missing(deps, log),
        counts=lambda: _counts(deps),
        needs=lambda: _require_filled(deps.index),
        close=deps.index.close,
    )


def open_index(settings: MatchingSettings, codes: Codes, referential: Referential) -> Index:
    """Elasticsearch where its address is set, else in this process's memory. Connects to nothing yet."""
    words = _occupation_words(referential)
    if settings.elasticsearch is None:
        return EmbeddedIndex(codes, referential.language, words)
    from services.matching.index_elastic import ElasticIndex  # slow to import, only with a server

    address, replicas = settings.elasticsearch.get_secret_value(), settings.elasticsearch_replicas
    return ElasticIndex(address, settings.namespace, replicas, codes, referential.language, words)


def fill_if_missing(deps: Deps, log: Log) -> None:
    """By one process; `IndexUnavailable` for the others, until it is done."""
    if not deps.index.missing():
        return
    with deps.units.database.only_one("index") as alone:
        if alone() and deps.index.missing():
            with deps.index.rebuilding() as contents:
                fill(contents, log, alone)
    _require_filled(deps.index)


def _refill(deps: Deps, log: Log) -> None:
    """Somebody may delete the index while it is used."""
    try:
        fill_if_missing(deps, log)
    except (IndexUnavailable, LogUnavailable) as error:
        logger.warning("the index is looked at again in %g s: %s", LOOK_SECONDS, error)


def _require_filled(index: Index) -> None:
    if index.missing():
        raise IndexUnavailable("the index is missing, and is being filled from the log")


def _knowledge(referential: Referential) -> Knowledge:
    @cache
    def idf(code: str) -> float:
        skill = referential.skill(code)
        return UNKNOWN_IDF if skill is None else skill.idf

    return Knowledge(closeness=lru_cache(CLOSENESS_CACHE)(referential.closeness), idf=idf)


def _occupation_words(referential: Referential) -> Callable[[str], str]:
    def words(code: str) -> str:
        occupation = referential.occupation(code)
        return "" if occupation is None else occupation.label

    return words


def _counts(deps: Deps) -> Mapping[str, int]:
    held = deps.index.counts()
    with deps.units.reading() as connection:
        return {"offers": held.offers, "people": held.people, "courses": held.courses, **store.counts(connection)}
