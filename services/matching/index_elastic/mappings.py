"""What the three Elasticsearch indices hold, by which names: the one place where fields are defined.

Every text is analysed by `index_shared.analysis`, for this adapter as for the embedded one, so that both find the same;
Elasticsearch keeps the stems as keywords, and beside them what each weighs.
"""

from collections.abc import Mapping
from typing import Any

MAPPING = 2
"""Raise it with any change of what a document holds or of how words are made: the index is then filled anew."""

KINDS = ("offers", "people", "courses")
PAGE = 10_000
"""Hits in one answer at most."""

REFRESH = "1s"
LONG_AGO = "1d"

_KEYWORD = {"type": "keyword", "doc_values": False}
_COUNTED = {"type": "keyword"}
_FLAG = {"type": "boolean", "doc_values": False}
_NUMBER = {"type": "long", "index": False}
_COORDINATE = {"type": "double", "index": False}
_PLACE = {"type": "geo_point", "doc_values": False}
_OWN: Mapping[str, Any] = {
    "record": {"type": "object", "enabled": False},  # the JSON list that makes the value again
    "content": {"type": "long"},  # 64 bits that stand for the whole value
    "mark": _NUMBER,  # 64 bits that stand for the id
    "skills": _KEYWORD,
}
_TEXT: Mapping[str, Any] = {
    "searchable": _FLAG,
    "remote": _FLAG,
    "green_grade": _COUNTED,
    "occupations": _COUNTED,
    "words": _KEYWORD,  # stems
    "weights": _NUMBER,  # one a stem, see `documents.weight_of`
    "length": _NUMBER,  # words of the text
}
FIELDS: Mapping[str, Mapping[str, Any]] = {
    "offers": {
        **_OWN,
        **_TEXT,
        "open": _FLAG,
        "kind": _COUNTED,
        "contract": _COUNTED,
        "place": _PLACE,
        "latitude": _COORDINATE,  # exactly, where a geo_point is rounded to a centimetre
        "longitude": _COORDINATE,
        "published": _NUMBER,  # microseconds since 1970
        "expires": {"type": "long", "doc_values": False},
    },
    "people": {
        **_OWN,
        "matchable": _FLAG,
        "anywhere": _FLAG,
        "tier": {"type": "byte", "doc_values": False},  # index in TIERS_KM
        "place": _PLACE,
        "occupations": _KEYWORD,
    },
    "courses": {
        **_OWN,
        **_TEXT,
        "funding": _COUNTED,
        "places": _PLACE,
        "sessions": {"type": "keyword", "index": False},  # "latitude,longitude", exactly
    },
}


def alias_of(namespace: str, kind: str) -> str:
    """The name that questions and writes use."""
    return f"{namespace}-vivier-{kind}" if namespace else f"vivier-{kind}"


def mapping_of(kind: str) -> dict[str, Any]:
    return {
        "dynamic": "strict",
        "_source": {"includes": ["record"]},
        "_meta": {"mapping": MAPPING},
        "properties": FIELDS[kind],
    }


def settings_while_filled() -> dict[str, Any]:
    """One shard: statistics, counts and the digest are then those of the whole index. It holds some ten millions."""
    return {
        "number_of_shards": 1,
        "number_of_replicas": 0,
        "refresh_interval": "-1",
        "gc_deletes": LONG_AGO,  # what is erased meanwhile is not brought back by an older record
        "max_result_window": PAGE,
        "max_inner_result_window": PAGE,
    }


def settings_when_full(replicas: int) -> dict[str, Any]:
    """Removed ids are forgotten at once: an older version put after a removal comes back, as the port says."""
    return {"number_of_replicas": replicas, "refresh_interval": REFRESH, "gc_deletes": "0s"}
