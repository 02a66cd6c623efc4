"""The organisations of a feed's rows: found by their id here, else written under their id in the feed."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from services.cli.api import Api, InvalidQuery
from services.cli.importing.refusals import REFUSAL, invalid_query_refusal
from services.feeds import Input

AT_ONCE = 10
"""As many fields may stand at the root of one document."""
_WRITTEN = "... on OrganisationWritten { organisation { id } } ... Refusal"
Key = tuple[str, str, str]
T = TypeVar("T")


def key(organisation: Input) -> Key:
    """Which organisation a row means."""
    here, source, there = (str(organisation.get(name) or "") for name in ("id", "source", "externalId"))
    return here, source, there


class Organisations:
    """`learn` those of a batch, then ask for the `id_of` each."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._known: dict[Key, str | Input] = {}
        """Their ids here, or why they are refused."""

    def learn(self, said: Sequence[Input]) -> None:
        new = {key(one): one for one in said if one and key(one) not in self._known}
        for named in _parts([each for each, one in new.items() if "id" in one]):
            self._known |= self._found(named)
        for part in _parts([each for each in new if each not in self._known]):
            results = self._upserted([_without_id(new[each]) for each in part])
            for each, result in zip(part, results, strict=True):
                self._known[each] = result["organisation"]["id"] if "organisation" in result else result

    def id_of(self, organisation: Input) -> str | Input:
        """Its id, or the refusal of it."""
        return self._known[key(organisation)]

    def _found(self, keys: Sequence[Key]) -> dict[Key, str]:
        """Those that are here under the very id that the row says: an export of this installation comes in again."""
        names = {f"o{number}": each for number, each in enumerate(keys)}
        variables = ", ".join(f"${name}: ID!" for name in names)
        fields = " ".join(f"{name}: organisation(id: ${name}) {{ id }}" for name in names)
        answer = self._api.ask(f"query({variables}) {{ {fields} }}", {name: each[0] for name, each in names.items()})
        return {each: each[0] for name, each in names.items() if answer[name]}

    def _upserted(self, organisations: Sequence[Input]) -> list[Input]:
        names = [f"o{number}" for number in range(len(organisations))]
        variables = ", ".join(f"${name}: OrganisationInput!" for name in names)
        fields = " ".join(
            f"{name}: upsertOrganisation(input: {{organisation: ${name}}}) {{ {_WRITTEN} }}" for name in names
        )
        try:
            given = dict(zip(names, organisations, strict=True))
            answer = self._api.ask(f"mutation({variables}) {{ {fields} }} {REFUSAL}", given)
        except InvalidQuery as error:
            if len(organisations) == 1:
                return [invalid_query_refusal(error, "organisation")]
            return [result for one in organisations for result in self._upserted([one])]
        return [answer[name] for name in names]


def _without_id(organisation: Input) -> Input:
    """The id is one of the installation that it comes from."""
    return {name: value for name, value in organisation.items() if name != "id"}


def _parts(items: Sequence[T]) -> Iterator[Sequence[T]]:
    return (items[start : start + AT_ONCE] for start in range(0, len(items), AT_ONCE))
