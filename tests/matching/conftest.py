"""The index on a real Elasticsearch, for tests of that adapter alone."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from indices import namespace_on_elasticsearch

from services.matching.index_elastic import ElasticIndex
from services.matching.kernel import Codes
from services.referential.france import LANGUAGE
from tests.matching import index_world as world


@pytest.fixture
def place() -> Iterator[tuple[str, str]]:
    """The server's address, and a namespace."""
    with namespace_on_elasticsearch() as where:
        yield where


@pytest.fixture
def another(place: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., ElasticIndex]]:
    """The same index as another process has it; on a busy machine searches may take long, rebuilds are as quick."""
    for seconds in ("SEARCH_SECONDS", "CANDIDATE_SECONDS", "COUNT_SECONDS"):
        monkeypatch.setattr(f"services.matching.index_elastic.{seconds}", 20.0)
    for name, value in (("LOOK_SECONDS", 0.1), ("SEEN_SECONDS", 0.3), ("GRACE_SECONDS", 0.5)):
        monkeypatch.setattr(f"services.matching.index_elastic.generations.{name}", value)

    with ExitStack() as until:

        def opened(address: str = place[0]) -> ElasticIndex:
            made = ElasticIndex(address, place[1], 0, Codes(world.KNOWLEDGE), LANGUAGE, world.label)
            until.callback(made.close)
            return made

        yield opened


@pytest.fixture
def elastic(another: Callable[..., ElasticIndex]) -> ElasticIndex:
    """Empty."""
    made = another()
    with made.rebuilding():
        pass
    return made
