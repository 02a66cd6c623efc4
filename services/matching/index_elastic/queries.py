"""Clauses of Elasticsearch queries."""

from collections.abc import Iterable, Mapping
from typing import Any

from services.common.values import Point

Clause = dict[str, Any]

_WIDER = 1 + 1e-6
_WIDER_KM = 0.05
"""How much wider than asked a circle is searched: Elasticsearch rounds places; the exact test comes after."""


def having(name: str, value: str | int | bool) -> Clause:
    return {"term": {name: value}}


def one_of(name: str, values: Iterable[str]) -> Clause:
    return {"terms": {name: sorted(values)}}


def around(name: str, center: Point, radius_km: float) -> Clause:
    """Every place within the radius, and a few just outside."""
    distance = f"{radius_km * _WIDER + _WIDER_KM:.6f}km"
    return {"geo_distance": {"distance": distance, name: {"lat": center.latitude, "lon": center.longitude}}}


def every(*clauses: Clause) -> Clause:
    return {"bool": {"filter": list(clauses)}}


def either(*clauses: Clause) -> Clause:
    """One of them at least; none at all when there are none."""
    return {"bool": {"should": list(clauses), "minimum_should_match": 1}} if clauses else {"match_none": {}}


def shared(name: str, worth: Mapping[str, float]) -> list[Clause]:
    """One clause a value, that scores what sharing it is worth."""
    return [{"constant_score": {"filter": having(name, value), "boost": worth[value]}} for value in sorted(worth)]
