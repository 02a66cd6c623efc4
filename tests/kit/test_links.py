"""One-time links: they work once, and their tokens are nowhere."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from schemas import namespace_on_postgres, store_at
from sqlalchemy import MetaData, func, select

from services.kit.database import Database, open_database
from services.kit.errors import Conflict, Refused
from services.kit.links import Link, Links, hash_of

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
DAY = timedelta(days=1)
NONE = timedelta(0)
SIGN_IN = "sign-in"
ANA = Link(SIGN_IN, "person/ana", "person/ana")
METADATA = MetaData()
LINKS = Links(METADATA)


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        database = open_database(tmp_path / "store.db", METADATA)
        yield database
        database.close()
        return
    with namespace_on_postgres() as (address, namespace):
        database = open_database(store_at(address, namespace), METADATA)
        database.migrate()
        yield database
        database.close()


def mint(store: Database, link: Link = ANA, browser: bytes | None = None) -> str:
    with store.transaction() as connection:
        return LINKS.mint(connection, link, NOW, DAY, browser)


def look(store: Database, token: str, after: timedelta = NONE, purpose: str = SIGN_IN, browser: str = "") -> Link:
    with store.reading() as connection:
        return LINKS.look(connection, purpose, token, NOW + after, browser)


def use(store: Database, token: str, after: timedelta = NONE, purpose: str = SIGN_IN, browser: str = "") -> Link:
    with store.transaction() as connection:
        return LINKS.use(connection, purpose, token, NOW + after, browser)


def test_a_link_works_once(store: Database) -> None:
    token = mint(store)
    assert use(store, token) == ANA
    for way in (use, look):
        with pytest.raises(Refused) as refused:
            way(store, token)
        assert refused.value.reason == "LINK_USED"


def test_looking_never_uses_it(store: Database) -> None:
    token = mint(store)
    assert [look(store, token) for _ in range(3)] == [ANA] * 3
    assert use(store, token) == ANA


def test_what_fails_after_it_leaves_it_unused(store: Database) -> None:
    token = mint(store)
    with suppress(ZeroDivisionError), store.transaction() as connection:
        LINKS.use(connection, SIGN_IN, token, NOW)
        raise ZeroDivisionError
    assert use(store, token) == ANA


def test_a_repeat_voids_the_earlier_one_and_no_other(store: Database) -> None:
    other, elsewhere = Link(SIGN_IN, "person/bo", "person/bo"), Link("invite", "person/ana", "person/ana")
    first, others, elsewheres = mint(store), mint(store, other), mint(store, elsewhere)
    second = mint(store)
    with pytest.raises(Refused) as refused:
        use(store, first)
    assert refused.value.reason == "LINK_UNKNOWN"
    assert use(store, second) == ANA
    assert use(store, mint(store)) == ANA
    assert use(store, others) == other
    assert use(store, elsewheres, purpose="invite") == elsewhere


@pytest.mark.parametrize("way", [look, use])
def test_each_refusal_has_its_reason(store: Database, way: "type[look]") -> None:
    token = mint(store)
    for reason, shown, options in (
        ("LINK_UNKNOWN", "made up", {}),
        ("LINK_UNKNOWN", "", {}),
        ("LINK_UNKNOWN", token, {"purpose": "invite"}),
        ("LINK_EXPIRED", token, {"after": DAY}),
    ):
        with pytest.raises(Refused) as refused:
            way(store, shown, **options)
        assert refused.value.reason == reason
        assert token not in str(refused.value)
    assert way(store, token, after=DAY - timedelta(microseconds=1)) == ANA


@pytest.mark.parametrize("way", [look, use])
def test_a_link_of_one_browser_works_in_no_other(store: Database, way: "type[look]") -> None:
    token = mint(store, browser=hash_of("cookie"))
    for wrong in ("", "another"):
        with pytest.raises(Refused) as refused:
            way(store, token, browser=wrong)
        assert refused.value.reason == "LINK_OF_ANOTHER_BROWSER"
    assert way(store, token, browser="cookie") == ANA


def test_of_many_who_use_it_at_once_one_does(store: Database) -> None:
    workers = 4
    for _ in range(5):
        token, start = mint(store), threading.Barrier(workers)

        def attempt(_: int, token: str = token, start: threading.Barrier = start) -> str:
            start.wait()
            for _ in range(20):
                try:
                    return use(store, token).subject
                except Conflict:
                    continue
                except Refused as refused:
                    return refused.reason
            return "never"

        with ThreadPoolExecutor(workers) as pool:
            answers = sorted(pool.map(attempt, range(workers)))
        assert answers == ["LINK_USED"] * (workers - 1) + ["person/ana"]


def test_old_links_are_pruned_a_few_at_a_time(store: Database) -> None:
    tokens = [mint(store, Link(SIGN_IN, f"person/{n}", "r")) for n in range(5)]
    with store.transaction() as connection:
        assert LINKS.prune(connection, NOW + DAY) == 0, "still good, or just expired"
        later = NOW + DAY + timedelta(seconds=1)
        assert [LINKS.prune(connection, later, 3) for _ in range(3)] == [3, 2, 0]
        assert connection.execute(select(func.count()).select_from(LINKS.table)).scalar_one() == 0
    with pytest.raises(Refused) as refused:
        look(store, tokens[0])
    assert refused.value.reason == "LINK_UNKNOWN"
