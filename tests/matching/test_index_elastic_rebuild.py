"""A new generation of the index on Elasticsearch takes the place of the old one."""

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from hashlib import blake2b
from typing import Any

import pytest
from indices import generations

from services.kit.bus import LogUnavailable
from services.matching.index import IndexUnavailable, SearchQuery
from services.matching.index_elastic import ElasticIndex, mappings
from services.matching.index_elastic.documents import document_of
from services.matching.index_elastic.server import Deadline
from services.matching.index_shared.analysis import Analyser
from services.referential.france import LANGUAGE
from tests.matching import index_world as world
from tests.matching.index_world import NOW, ValueGenerator, a_person, an_offer, names

Opener = Callable[..., ElasticIndex]


@pytest.mark.parametrize("word", ["removed", "put"])
def test_what_other_processes_write_during_a_rebuild_is_kept(
    elastic: ElasticIndex, another: Opener, place: tuple[str, str], word: str
) -> None:
    """The replay reaches an old record after the newer one was handled elsewhere."""
    other = another()
    other.put([a_person("p", version=3), a_person("stays", version=1)])
    with elastic.rebuilding() as fresh:
        if word == "removed":
            other.remove_person("p")
        else:
            other.put([a_person("p", version=5)])
        other.put([an_offer("during")])
        fresh.put([a_person("p", version=3), a_person("stays", version=1)])
        assert other.person("stays")
        assert names(other.people_for(an_offer())) == names(elastic.people_for(an_offer()))
    person = other.person("p")
    assert (person and person.version) == (None if word == "removed" else 5)
    assert elastic.offer("during")
    assert other.counts().people == (1 if word == "removed" else 2)
    assert all(name.endswith("-000002") for name in generations(*place))
    other.put([a_person("p", version=1)])
    person = elastic.person("p")
    assert (person and person.version) == (1 if word == "removed" else 5)


def test_the_old_generation_answers_until_the_new_one_takes_its_place(elastic: ElasticIndex, another: Opener) -> None:
    offers = [an_offer(f"o{n}") for n in range(40)]
    elastic.put(offers)
    assert elastic.counts().offers == 40
    other, stop, wrong = another(), threading.Event(), list[str]()

    def read() -> None:
        while not stop.is_set():
            found = other.search_offers(SearchQuery(as_of=NOW)).total
            if found != 40 or len(other.offers_for(a_person()).rows) != 40 or other.offer("o7") is None:
                wrong.append(f"{found} offers")

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(3):
        with elastic.rebuilding() as fresh:
            for offer in offers:
                fresh.put([offer])
    stop.set()
    reader.join()
    assert wrong == []


def test_a_write_that_was_under_way_while_generations_swapped_is_in_the_new_one(
    elastic: ElasticIndex, another: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    elastic.put([an_offer("before")])
    other = another()
    asked, begun, swapped = other._server.request, threading.Event(), threading.Event()
    bulks: list[str] = []

    def request(deadline: Deadline, method: str, path: str, body: Any = None) -> Any:
        if path.startswith("/_bulk"):
            bulks.append(path)
            if len(bulks) == 2:
                begun.set()
                swapped.wait(20)
        return asked(deadline, method, path, body)

    with elastic.rebuilding() as fresh:
        fresh.put([an_offer("before")])
        monkeypatch.setattr(other._server, "request", request)
        writer = threading.Thread(target=lambda: other.put([an_offer("during")]))
        writer.start()
        assert begun.wait(20)
    swapped.set()
    writer.join()
    assert elastic.offer("during")


def test_a_rebuild_that_fails_leaves_everything_as_it_was(elastic: ElasticIndex, place: tuple[str, str]) -> None:
    elastic.put([an_offer()])
    before, digest = generations(*place), elastic.digest()

    def fill_half() -> None:
        with elastic.rebuilding() as fresh:
            fresh.put([an_offer("half")])
            raise LogUnavailable("the log is gone")

    with pytest.raises(LogUnavailable):
        fill_half()
    assert generations(*place) == before
    assert elastic.digest() == digest
    assert not elastic.missing()


def test_a_second_rebuild_takes_the_place_of_one_that_froze(elastic: ElasticIndex, another: Opener) -> None:
    """What the one that froze still does when it wakes up harms nobody."""
    other = another()
    frozen = elastic.rebuilding()
    old = frozen.__enter__()
    with other.rebuilding() as fresh:
        fresh.put([an_offer("kept")])
        old.put([an_offer("late")])
    with pytest.raises(IndexUnavailable):
        frozen.__exit__(None, None, None)
    assert other.counts().offers == 2
    assert not other.missing()


def test_an_index_made_by_an_older_release_is_missing(
    elastic: ElasticIndex, another: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    for made_by, missing in ((mappings.MAPPING + 1, True), (mappings.MAPPING - 1, False)):
        monkeypatch.setattr("services.matching.index_elastic.generations.MAPPING", made_by)
        assert another().missing() == missing


def test_a_change_of_documents_or_words_raises_the_mapping() -> None:
    """An index filled by the old code would answer the new one wrongly. Raise MAPPING, then renew the number here."""
    texts = "L'élagueuse répare les éoliennes (H/F) près des écoles, zingueurs et couvreuses."
    varied, words = ValueGenerator(5), Analyser(LANGUAGE, world.label)
    values = [
        replace(varied.offer("o"), description=texts),
        varied.person("p"),
        replace(varied.course("c"), description=texts),
    ]
    documents = [json.loads(document_of(value, words)) for value in values]
    made = json.dumps([mappings.FIELDS, documents, sorted(LANGUAGE.stop), LANGUAGE.endings], sort_keys=True)
    assert (mappings.MAPPING, blake2b(made.encode(), digest_size=4).hexdigest()) == (2, "dbb88669")
