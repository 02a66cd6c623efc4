"""Rows of a feed go through the public API: their employers first, then they themselves; each is reported."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from services.cli.api import Api, InvalidQuery, MutationRefused
from services.cli.importing.organisations import Key, Organisations, key
from services.cli.importing.refusals import REFUSAL, of_single_row, why
from services.feeds import Input, Row

MOST_ROWS = 50
"""Of 100 that the API takes: such a batch stays well within the time of a request on a busy machine."""
MOST_BYTES = 1 << 20
"""The API takes twice that."""
OUTCOMES = ("created", "updated", "unchanged", "refused")
NOT_PUBLISHED, EXPIRED = "NOT_PUBLISHED", "expired"
NOTES = {
    "ORGANISATION_UNVERIFIED": "matched all the same, but its employer is not shown people",
    "SKILL_UNRESOLVED": "a skill is kept in its own words, and counts for nothing",
}
"""Reasons that keep nothing from being matched, and what they mean."""


@dataclass(frozen=True, slots=True)
class ImportKind:
    """What differs between offers, courses and people."""

    rows: str
    """What they are called, also in the mutation."""
    mutation: str


OFFERS = ImportKind(
    "offers",
    f"""mutation($offers: [OfferInput!]!, $publish: Boolean!) {{
        upsertOffers(input: {{offers: $offers, publish: $publish}}) {{
            ... on OffersWritten {{ results {{
                ... on OfferWritten {{ outcome offer {{ state status {{ matchable reasons }} }} }} ... Refusal
            }} }} ... Refusal
        }} }} {REFUSAL}""",
)
COURSES = ImportKind(
    "courses",
    f"""mutation($courses: [CourseInput!]!, $publish: Boolean!) {{
        upsertCourses(input: {{courses: $courses, publish: $publish}}) {{
            ... on CoursesWritten {{ results {{
                ... on CourseWritten {{ outcome course {{ state status {{ matchable reasons }} }} }} ... Refusal
            }} }} ... Refusal
        }} }} {REFUSAL}""",
)
PEOPLE = ImportKind(
    "people",
    f"""mutation($people: [PersonInput!]!, $consents: [ConsentKind!]) {{
        upsertPeople(input: {{people: $people, consents: $consents}}) {{
            ... on PeopleWritten {{ results {{
                ... on PersonWritten {{ outcome person {{ status {{ matchable reasons }} }} }} ... Refusal
            }} }} ... Refusal
        }} }} {REFUSAL}""",
)
KINDS = {kind.rows: kind for kind in (OFFERS, COURSES, PEOPLE)}


@dataclass(frozen=True, slots=True)
class RowResult:
    """What came of one row; `detail` says why it was refused, or what keeps it from being matched."""

    row: Row
    outcome: str
    detail: str = ""


@dataclass(slots=True)
class Report:
    """Counts by outcome, and of what was written: how many can be matched, what keeps the others from it, and notes."""

    outcomes: Counter[str] = field(default_factory=Counter)
    matchable: int = 0
    gaps: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        return ", ".join(f"{outcome} {self.outcomes[outcome]}" for outcome in OUTCOMES)

    @property
    def written(self) -> int:
        return self.outcomes.total() - self.outcomes["refused"]

    def count_reasons(self, reasons: Iterable[str], expired: bool) -> None:
        """Count the reasons of one row that was written."""
        for reason in reasons:
            counter = self.notes if reason in NOTES else self.gaps
            counter[EXPIRED if expired and reason == NOT_PUBLISHED else reason] += 1


class Importer:
    """One import: `run` sends the rows and calls `show` for each, in order within its batch."""

    def __init__(self, api: Api, kind: ImportKind, show: Callable[[RowResult], None], **extra: Any) -> None:
        self.report = Report()
        self._api = api
        self._kind = kind
        self._show = show
        self._extra = extra
        self._organisations = Organisations(api)
        self._seen: dict[tuple[object, Key, str], Row] = {}

    def run(self, rows: Iterable[Row]) -> Report:
        for batch in batches(rows):
            fresh = [row for row in batch if self._is_fresh(row)]
            self._organisations.learn([row.organisation for row in fresh])
            self._write([placed for row in fresh if (placed := self._placed(row))])
        return self.report

    def _is_fresh(self, row: Row) -> bool:
        """Neither broken nor said before in this feed, and to be found again by the next import."""
        if row.error:
            return self._refuse(row, f"UNREADABLE: {row.error}")
        if not row.id:
            return self._refuse(row, "INVALID_FIELDS: externalId REQUIRED (each import would make a new one)")
        first = self._seen.setdefault((row.content.get("organisationId"), key(row.organisation), row.id), row)
        if first is row:
            return True
        if first.content == row.content:
            self._done(row, "unchanged", f"the same as row {first.number}")
            return False
        return self._refuse(row, f"DUPLICATE: row {first.number} has the same id and says something else")

    def _placed(self, row: Row) -> Row | None:
        """With the id of its organisation."""
        if not row.organisation:
            return row
        found = self._organisations.id_of(row.organisation)
        if isinstance(found, str):
            return replace(row, content=row.content | {"organisationId": found})
        self._refuse(row, why(found))
        return None

    def _write(self, rows: Sequence[Row]) -> None:
        """One request; where its question is refused as a whole, the halves, down to the row that is at fault."""
        if not rows:
            return
        variables = {self._kind.rows: [row.content for row in rows], **self._extra}
        try:
            written = self._api.mutate(self._kind.mutation, variables)
        except (InvalidQuery, MutationRefused) as error:
            if len(rows) == 1:
                self._refuse(rows[0], why(of_single_row(error, self._kind.rows)))
                return
            middle = len(rows) // 2
            self._write(rows[:middle])
            self._write(rows[middle:])
            return
        for row, result in zip(rows, written["results"], strict=True):
            self._record_result(row, result)

    def _record_result(self, row: Row, result: Input) -> None:
        if "reason" in result:
            self._refuse(row, why(result))
            return
        (thing,) = (value for value in result.values() if isinstance(value, dict))
        status = thing["status"] or {"matchable": False, "reasons": []}
        self.report.matchable += status["matchable"]
        state = [thing["state"].lower()] if thing.get("state") else []
        self.report.count_reasons(status["reasons"], EXPIRED in state)
        self._done(row, str(result["outcome"]).lower(), ", ".join([*state, *status["reasons"]]))

    def _refuse(self, row: Row, reason: str) -> bool:
        self._done(row, "refused", reason)
        return False

    def _done(self, row: Row, outcome: str, detail: str) -> None:
        self.report.outcomes[outcome] += 1
        self._show(RowResult(row, outcome, detail))


def batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """As many rows as one request may have, by number and by bytes."""
    batch: list[Row] = []
    size = 0
    for row in rows:
        if batch and (len(batch) == MOST_ROWS or size + row.size > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(row)
        size += row.size
    if batch:
        yield batch
