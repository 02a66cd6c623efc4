"""How rows go through the API, against an API that can refuse: batches, employers, repeats, and whose fault it is."""

from collections.abc import Sequence
from typing import Any

import pytest

from services.cli.api import ApiError, InvalidQuery, MutationRefused
from services.cli.importing.importer import MOST_BYTES, MOST_ROWS, OFFERS, Importer, RowResult, batches
from services.feeds import Row

REFUSAL = {
    "reason": "INVALID_FIELDS",
    "message": "no",
    "fields": [{"path": "title", "reason": "R", "description": "d"}],
}

UNKNOWN_FIELD = "Expected value of type 'OrganisationInput' not to include unknown field 'unknown', found: {}."


class FakeApi:
    """Takes what it is given. An offer titled `refused` is refused, `wrong` spoils the whole question."""

    def __init__(self) -> None:
        self.offers: list[list[dict[str, Any]]] = []
        self.organisations: list[dict[str, Any]] = []
        self.down = False

    def ask(self, _: str, variables: dict[str, Any]) -> dict[str, Any]:
        if any("unknown" in one for one in variables.values()):
            raise InvalidQuery(f"Variable '$o0' has invalid value: {UNKNOWN_FIELD}")
        if all(isinstance(one, str) for one in variables.values()):
            return {name: {"id": one} if one == "here" else None for name, one in variables.items()}
        self.organisations += variables.values()
        return {
            name: REFUSAL if one["name"] == "refused" else {"organisation": {"id": f"id of {one['externalId']}"}}
            for name, one in variables.items()
        }

    def mutate(self, _: str, variables: dict[str, Any]) -> dict[str, Any]:
        offers = variables["offers"]
        if self.down:
            raise ApiError("away")
        if any(offer["title"] == "wrong" for offer in offers):
            raise InvalidQuery("a float is no text")
        if any(offer["title"] == "beyond" for offer in offers):
            raise MutationRefused(
                REFUSAL | {"fields": [{"path": "offers[0].expiresAt", "reason": "R", "description": "d"}]}
            )
        self.offers.append(offers)
        return {"results": [self._result(offer) for offer in offers]}

    def _result(self, offer: dict[str, Any]) -> dict[str, Any]:
        if offer["title"] == "refused":
            return REFUSAL
        status = {
            "matchable": offer["title"] != "nowhere",
            "reasons": ["PLACE_UNRESOLVED"] * (offer["title"] == "nowhere"),
        }
        return {"outcome": "CREATED", "offer": {"state": "PUBLISHED", "status": status}}


def row(number: int, title: str = "Couvreur", employer: str = "e1", **more: Any) -> Row:
    organisation = {"source": "s", "externalId": employer, "name": more.pop("name", "Toits"), **more.pop("said", {})}
    return Row(number, {"externalId": str(more.pop("id", number)), "title": title}, organisation, size=100, **more)


def run(rows: Sequence[Row]) -> tuple[FakeApi, list[RowResult], str]:
    api, lines = FakeApi(), list[RowResult]()
    report = Importer(api, OFFERS, lines.append, publish=True).run(rows)  # type: ignore[arg-type]
    return api, lines, str(report)


def test_every_row_is_reported_and_counted() -> None:
    _, lines, said = run([row(1), row(2, "refused"), row(3, "nowhere"), Row(4, error="title is empty")])
    outcomes = {line.row.number: (line.outcome, line.detail) for line in lines}
    assert outcomes == {
        1: ("created", "published"),
        2: ("refused", "INVALID_FIELDS: title R (d)"),
        3: ("created", "published, PLACE_UNRESOLVED"),
        4: ("refused", "UNREADABLE: title is empty"),
    }
    assert said == "created 2, updated 0, unchanged 0, refused 2"


def test_each_employer_is_written_once_and_its_offers_carry_its_id() -> None:
    api, _, _ = run([row(number, employer=f"e{number % 13}") for number in range(120)])
    assert len(api.organisations) == 13
    assert [offer["organisationId"] for offer in api.offers[0][:2]] == ["id of e0", "id of e1"]


def test_a_refused_employer_takes_only_its_own_offers_with_it() -> None:
    _, lines, said = run(
        [row(1), row(2, employer="bad", name="refused"), row(3), row(4, employer="odd", said={"unknown": 1})]
    )
    assert [line.row.number for line in lines if line.outcome == "refused"] == [2, 4]
    details = [line.detail for line in lines if line.outcome == "refused"]
    assert details[0] == "INVALID_FIELDS: title R (d)"
    assert details[1] == "NOT_UNDERSTOOD: organisation.unknown: there is no such field"
    assert said == "created 2, updated 0, unchanged 0, refused 2"


@pytest.mark.parametrize("at", [0, 17, 49])
@pytest.mark.parametrize(
    ("title", "detail"),
    [("wrong", "NOT_UNDERSTOOD: a float is no text"), ("beyond", "INVALID_FIELDS: expiresAt R (d)")],
)
def test_a_row_that_spoils_the_question_is_found_and_the_others_are_written(at: int, title: str, detail: str) -> None:
    api, lines, said = run([row(number, title if number == at else "Couvreur") for number in range(50)])
    (refused,) = [line for line in lines if line.outcome == "refused"]
    assert (refused.row.number, refused.detail) == (at, detail)
    assert said == "created 49, updated 0, unchanged 0, refused 1"
    assert sum(map(len, api.offers)) == 49


def test_the_same_row_again_is_unchanged_and_another_of_its_id_is_refused() -> None:
    _, lines, said = run([row(1, id="a"), row(2, id="a"), row(3, "Maçon", id="a"), row(4, id="a", employer="e2")])
    outcomes = {line.row.number: line.outcome for line in lines}
    assert outcomes == {1: "created", 2: "unchanged", 3: "refused", 4: "created"}
    assert said == "created 2, updated 0, unchanged 1, refused 1"


def test_batches_are_bounded_by_rows_and_by_bytes() -> None:
    assert [len(batch) for batch in batches(row(n) for n in range(2 * MOST_ROWS + 1))] == [MOST_ROWS, MOST_ROWS, 1]
    heavy = [Row(n, size=MOST_BYTES // 2) for n in range(5)] + [Row(6, size=MOST_BYTES * 3)]
    assert [len(batch) for batch in batches(heavy)] == [2, 2, 1, 1]


def test_an_api_that_is_away_ends_the_import() -> None:
    api = FakeApi()
    api.down = True
    with pytest.raises(ApiError, match="away"):
        Importer(api, OFFERS, lambda _: None).run([row(1)])  # type: ignore[arg-type]


def test_the_same_row_in_a_later_batch_is_unchanged_too() -> None:
    _, lines, _ = run([*(row(number) for number in range(MOST_ROWS)), row(MOST_ROWS, id="0")])
    assert (lines[-1].outcome, lines[-1].detail) == ("unchanged", "the same as row 0")


def test_an_employer_that_is_here_under_the_id_of_the_row_is_not_written_again() -> None:
    rows = [row(1, said={"id": "here"}), row(2, said={"id": "elsewhere"}), row(1, said={"id": "elsewhere"})]
    api, _, said = run(rows)
    assert [offer["organisationId"] for offer in api.offers[0]] == ["here", "id of e1", "id of e1"]
    assert api.organisations == [{"source": "s", "externalId": "e1", "name": "Toits"}]
    assert said == "created 3, updated 0, unchanged 0, refused 0"


def test_two_employers_may_give_two_offers_the_same_id() -> None:
    rows = [Row(n, {"externalId": "1", "title": "x", "organisationId": owner}) for n, owner in enumerate("ab")]
    assert run(rows)[2] == "created 2, updated 0, unchanged 0, refused 0"


def test_a_row_that_could_not_be_found_again_is_refused() -> None:
    api, lines, said = run([Row(1, {"title": "Couvreur"}), Row(2, {"title": "Couvreur", "id": "ours"})])
    assert lines[0].detail == "INVALID_FIELDS: externalId REQUIRED (each import would make a new one)"
    assert said == "created 1, updated 0, unchanged 0, refused 1"
    assert [offer["id"] for offer in api.offers[0]] == ["ours"]
