"""People, split by how far they travel, so that each group is scanned with its own radius."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from services.common.values import Point, Remote
from services.matching.index import TIERS_KM, Candidates, tier_of
from services.matching.index_embedded.grid import place_keys, ranges_near
from services.matching.index_embedded.terms import Terms, most_shared
from services.matching.index_embedded.views import Own, View
from services.matching.index_shared.columns import spread
from services.matching.index_shared.places import ROUNDING_KM, distances_km, limits_km
from services.matching.kernel import Codes, PeopleColumns
from services.matching.values import Offer, Person

Ints = NDArray[np.int64]

_ANYWHERE = len(TIERS_KM)
_NOWHERE = _ANYWHERE + 1
_BAND_DEGREES = np.array([0.05, 0.05, 0.1, 0.1, 0.1, 0.2, 0.5, 1.0, 1.0])  # by group: a circle is 3 to 9 bands


@dataclass(frozen=True, slots=True)
class PeopleRows:
    own: Own
    match: PeopleColumns


def people_rows(codes: Codes, values: Sequence[Person], own: Own) -> PeopleRows:
    match = codes.people(values)
    groups = _groups(match)
    keys = place_keys(groups, _BAND_DEGREES[groups], match.latitude, match.longitude)
    return PeopleRows(replace(own, key=keys), match)


def people_for(view: View[PeopleRows], terms: Terms, offer: Offer, cap: int) -> Candidates[PeopleColumns]:
    match = view.rows.match
    remote = offer.remote is Remote.FULL
    rows, complete = most_shared(
        view, terms, offer, lambda rows: match.matchable[rows] & (match.anywhere[rows] | remote), cap
    )
    if offer.place and not remote:
        rows = np.concatenate([_reached(view, offer.place), rows])
    return Candidates(match, rows, distances_km(offer.place, match, rows), complete, view.name, view.version)


def _groups(match: PeopleColumns) -> Ints:
    tiers = tier_of(limits_km(match.travel_limit))
    placed = np.where(np.isnan(match.latitude), _NOWHERE, tiers)
    return np.where(match.anywhere, _ANYWHERE, placed)


def _reached(view: View[PeopleRows], place: Point) -> Ints:
    """Rows, ascending, of those whose own limit reaches the place."""
    match = view.rows.match
    rows = view.living(_near(view, place))
    rows = rows[match.matchable[rows]]
    limits = np.minimum(limits_km(match.travel_limit[rows]), TIERS_KM[-1])
    return rows[distances_km(place, match, rows) <= limits + ROUNDING_KM]


def _near(view: View[PeopleRows], place: Point) -> Ints:
    keys = view.rows.own.key[: view.base]
    runs = [ranges_near(keys, group, _BAND_DEGREES[group], place, radius) for group, radius in enumerate(TIERS_KM)]
    tail = view.tail_near(view.rows.match.latitude, place, TIERS_KM[-1])
    tail = tail[~view.rows.match.anywhere[tail]]
    base = spread(np.concatenate([first for first, _ in runs]), np.concatenate([count for _, count in runs]))
    return np.concatenate([base, tail])
