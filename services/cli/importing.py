"""Rows of a feed go through the public API: their employers first, then they themselves; each is reported."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.cli.api import Api, QuestionRefused
from services.cli.feeds import Input, Row

MOST_ROWS = 50
"""Of 100 that the API takes: such a batch stays well within the time of a request on a busy machine."""
MOST_BYTES = 1 << 20
"""The API takes twice that."""
MOST_ORGANISATIONS = 10
"""As many fields may stand at the root of one document."""
OUTCOMES = ("created", "updated", "unchanged", "refused")
_REFUSAL = "fragment Refusal on Refused { reason message fields { path reason description } }"
_ORGANISATION = "... on OrganisationWritten { organisation { id } } ... Refusal"


@dataclass(frozen=True, slots=True)
class Trade:
    """What differs between offers, courses and people."""

    rows: str
    """What they are called, also in the mutation."""
    mutation: str


OFFERS = Trade(
    "offers",
    f"""mutation($offers: [OfferInput!]!, $publish: Boolean!) {{
        upsertOffers(input: {{offers: $offers, publish: $publish}}) {{
            ... on OffersWritten {{ results {{
                ... on OfferWritten {{ outcome offer {{ state status {{ matchable reasons }} }} }} ... Refusal
            }} }} ... Refusal
        }} }} {_REFUSAL}""",
)
COURSES = Trade(
    "courses",
    f"""mutation($courses: [CourseInput!]!, $publish: Boolean!) {{
        upsertCourses(input: {{courses: $courses, publish: $publish}}) {{
            ... on CoursesWritten {{ results {{
                ... on CourseWritten {{ outcome course {{ state status {{ matchable reasons }} }} }} ... Refusal
            }} }} ... Refusal
        }} }} {_REFUSAL}""",
)
PEOPLE = Trade(
    "people",
    f"""mutation($people: [PersonInput!]!, $consents: [ConsentKind!]) {{
        upsertPeople(input: {{people: $people, consents: $consents}}) {{
            ... on PeopleWritten {{ results {{
                ... on PersonWritten {{ outcome person {{ status {{ matchable reasons }} }} }} ... Refusal
            }} }} ... Refusal
        }} }} {_REFUSAL}""",
)


@dataclass(frozen=True, slots=True)
class Line:
    """What came of one row; `detail` says why it was refused, or what keeps it from being matched."""

    row: Row
    outcome: str
    detail: str = ""


@dataclass(slots=True)
class Report:
    """Counts by outcome, and of what was written: how many can be matched, and what keeps the others from it."""

    outcomes: Counter[str] = field(default_factory=Counter)
    matchable: int = 0
    gaps: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        return ", ".join(f"{outcome} {self.outcomes[outcome]}" for outcome in OUTCOMES)

    @property
    def written(self) -> int:
        return self.outcomes.total() - self.outcomes["refused"]


class Importer:
    """One import: `run` sends the rows and calls `show` for each, in order within its batch."""

    def __init__(self, api: Api, trade: Trade, show: Callable[[Line], None], **extra: Any) -> None:
        self.report = Report()
        self._api = api
        self._trade = trade
        self._show = show
        self._extra = extra
        self._organisations: dict[tuple[str, str], str | Input] = {}
        """Their ids here by (source, id there), or why they are refused."""
        self._seen: dict[tuple[object, ...], Row] = {}

    def run(self, rows: Iterable[Row]) -> Report:
        for batch in batches(rows):
            fresh = [row for row in batch if self._is_fresh(row)]
            self._write_organisations([row.organisation for row in fresh])
            self._write([row for row in fresh if self._has_organisation(row)])
        return self.report

    def _is_fresh(self, row: Row) -> bool:
        """Neither broken nor said before in this feed."""
        if row.error:
            return self._refuse(row, f"UNREADABLE: {row.error}")
        key = (row.organisation.get("source"), row.organisation.get("externalId"), row.id)
        first = self._seen.setdefault(key, row) if row.id else row
        if first is row:
            return True
        if first.content == row.content:
            self._done(row, "unchanged", f"the same as row {first.number}")
            return False
        return self._refuse(row, f"DUPLICATE: row {first.number} has the same id and says something else")

    def _write_organisations(self, said: Sequence[Input]) -> None:
        new = {_key(one): one for one in said if one and _key(one) not in self._organisations}
        todo = list(new.items())
        for start in range(0, len(todo), MOST_ORGANISATIONS):
            part = todo[start : start + MOST_ORGANISATIONS]
            for (key, _), result in zip(part, self._upserted([one for _, one in part]), strict=True):
                self._organisations[key] = result["organisation"]["id"] if "organisation" in result else result

    def _upserted(self, organisations: Sequence[Input]) -> list[Input]:
        names = [f"o{number}" for number in range(len(organisations))]
        variables = ", ".join(f"${name}: OrganisationInput!" for name in names)
        fields = " ".join(
            f"{name}: upsertOrganisation(input: {{organisation: ${name}}}) {{ {_ORGANISATION} }}" for name in names
        )
        try:
            given = dict(zip(names, organisations, strict=True))
            answer = self._api.ask(f"mutation({variables}) {{ {fields} }} {_REFUSAL}", given)
        except QuestionRefused as error:
            if len(organisations) == 1:
                return [_not_understood(error)]
            return [result for one in organisations for result in self._upserted([one])]
        return [answer[name] for name in names]

    def _has_organisation(self, row: Row) -> bool:
        if not row.organisation:
            return True
        found = self._organisations[_key(row.organisation)]
        if isinstance(found, str):
            row.content["organisationId"] = found
            return True
        return self._refuse(row, _why(found))

    def _write(self, rows: Sequence[Row]) -> None:
        """One request; where its question is refused as a whole, the halves, down to the row that is at fault."""
        if not rows:
            return
        variables = {self._trade.rows: [row.content for row in rows], **self._extra}
        try:
            written = self._api.done(self._trade.mutation, variables)
        except QuestionRefused as error:
            if len(rows) == 1:
                self._refuse(rows[0], _why(_not_understood(error)))
                return
            middle = len(rows) // 2
            self._write(rows[:middle])
            self._write(rows[middle:])
            return
        for row, result in zip(rows, written["results"], strict=True):
            self._told(row, result)

    def _told(self, row: Row, result: Input) -> None:
        if "reason" in result:
            self._refuse(row, _why(result))
            return
        (thing,) = (value for value in result.values() if isinstance(value, dict))
        status = thing["status"] or {"matchable": False, "reasons": []}
        self.report.matchable += status["matchable"]
        self.report.gaps.update(status["reasons"])
        state = [thing["state"].lower()] if thing.get("state") else []
        self._done(row, str(result["outcome"]).lower(), ", ".join([*state, *status["reasons"]]))

    def _refuse(self, row: Row, why: str) -> bool:
        self._done(row, "refused", why)
        return False

    def _done(self, row: Row, outcome: str, detail: str) -> None:
        self.report.outcomes[outcome] += 1
        self._show(Line(row, outcome, detail))


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


def _key(organisation: Input) -> tuple[str, str]:
    return str(organisation.get("source")), str(organisation.get("externalId"))


def _not_understood(error: QuestionRefused) -> Input:
    return {"reason": "NOT_UNDERSTOOD", "message": str(error), "fields": []}


def _why(refusal: Input) -> str:
    """`INVALID_FIELDS: title REQUIRED (must be said)`."""
    fields = [f"{one['path']} {one['reason']} ({one['description']})" for one in refusal["fields"]]
    return f"{refusal['reason']}: {'; '.join(fields) or refusal['message']}"
