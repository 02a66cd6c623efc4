"""The arrays of a snapshot, made of rows. Every order is fixed by codes, so that equal rows give equal bytes."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import numpy as np

from services.referential.build.rows import LinkRow, OccupationRow, PlaceRow, Rows, SkillRow, TitleRow
from services.referential.countries import CountryPack
from services.referential.distance import kilometres
from services.referential.inverted_index import index_sections, inverse_frequency, key_hash
from services.referential.records import GREENS, KINDS
from services.referential.snapshot import Array, pack_strings
from services.referential.text import Language, Word, exact_key, spellings, surfaces, unique_stems

NO_WORD = 0xFFFFFFFF
_NEIGHBOURS = 6  # a commune has about six; its land hardly reaches past their centres
_LEAST_REACH = 3.0
Coded = TypeVar("Coded", OccupationRow, SkillRow, PlaceRow)


def sections(rows: Rows, pack: CountryPack) -> dict[str, Array]:
    rows.occupations = _ordered(rows.occupations, rows)
    rows.skills = _ordered(rows.skills, rows)
    rows.places = _ordered(rows.places, rows)
    return (
        occupation_sections(rows)
        | title_sections(rows, pack.language)
        | skill_sections(rows, pack.language)
        | place_sections(rows, pack.place_key)
        | quarter_sections(rows)
    )


def _ordered(found: list[Coded], rows: Rows) -> list[Coded]:
    """Sorted by code; of rows with the same code the first stays."""
    kept: dict[str, Coded] = {}
    for row in found:
        if kept.setdefault(row.code, row) is not row:
            rows.refuse(type(row).__name__, "code given twice")
    return [kept[code] for code in sorted(kept, key=str.encode)]


def codes(values: Iterable[str]) -> Array:
    return np.array([value.encode() for value in values], np.bytes_)


def row_starts(groups: Sequence[Sequence[object]]) -> Array:
    starts = np.zeros(len(groups) + 1, np.uint32)
    np.cumsum([len(group) for group in groups], out=starts[1:])
    return starts


def occupation_sections(rows: Rows) -> dict[str, Array]:
    found = rows.occupations
    return {
        "occupation.code": codes(row.code for row in found),
        "occupation.parent": codes(row.parent for row in found),
        "occupation.green": np.array([GREENS.index(row.green) for row in found], np.uint8),
        **pack_strings("occupation.label", [row.label for row in found]),
        **pack_strings("occupation.definition", [row.definition for row in found]),
        **_esco("occupation", found),
        **_links(rows),
    }


def _esco(name: str, found: Sequence[OccupationRow | SkillRow]) -> dict[str, Array]:
    uris = pack_strings(f"{name}.esco", [row.esco_uri for row in found])
    return uris | pack_strings(f"{name}.esco_source", [row.esco_source for row in found])


def _links(rows: Rows) -> dict[str, Array]:
    """Both directions: skills of an occupation (core ones first), and occupations that use a skill."""
    occupation_of = {row.code: number for number, row in enumerate(rows.occupations)}
    skill_of = {row.code: number for number, row in enumerate(rows.skills)}
    skills: list[list[tuple[bool, int]]] = [[] for _ in occupation_of]
    users: list[list[tuple[int, bool]]] = [[] for _ in skill_of]
    for link in _unique(rows.links):
        occupation, skill = occupation_of[link.occupation], skill_of[link.skill]
        skills[occupation].append((not link.core, skill))
        users[skill].append((occupation, link.core))
    for linked in skills:
        linked.sort()
    for using in users:
        using.sort()
    return {
        "occupation.skills.at": row_starts(skills),
        "occupation.skills": np.array([skill for group in skills for _, skill in group], np.uint32),
        "occupation.core": np.array([sum(not other for other, _ in group) for group in skills], np.uint32),
        "skill.users.at": row_starts(users),
        "skill.users": np.array([user for group in users for user, _ in group], np.uint32),
        "skill.users.core": np.array([core for group in users for _, core in group], np.uint8),
        "skill.idf": inverse_frequency(len(skills), np.array([len(group) for group in users], np.uint32)),
    }


def _unique(links: Iterable[LinkRow]) -> Iterable[LinkRow]:
    """A link given twice is core if either says so."""
    kept: dict[tuple[str, str], LinkRow] = {}
    for link in links:
        if link.core or (link.occupation, link.skill) not in kept:
            kept[link.occupation, link.skill] = link
    return kept.values()


def title_sections(rows: Rows, language: Language) -> dict[str, Array]:
    occupation_of = {row.code: number for number, row in enumerate(rows.occupations)}
    titles = list(_titles(rows, language))
    words = [language.title_words(title.text) for title, _ in titles]
    index = index_sections("title", [unique_stems(found) for found in words])
    exact = sorted(
        {(key_hash(key), row) for row, (title, _) in enumerate(titles) for key in _keys(title.text, language)}
    )
    return {
        "title.occupation": np.array([occupation_of[title.occupation] for title, _ in titles], np.uint32),
        "title.green": np.array([GREENS.index(title.green) for title, _ in titles], np.uint8),
        "title.own": np.array([own for _, own in titles], np.uint8),
        "title.exact": np.array([key for key, _ in exact], np.uint64),
        "title.exact.row": np.array([number for _, number in exact], np.uint32),
        **pack_strings("title.text", [title.text for title, _ in titles]),
        **index,
        **_weights("title", [language.title_words(spellings(title.text)[1]) for title, _ in titles], index),
        **index_sections("title.surface", [surfaces(title.text) for title, _ in titles]),
    }


def _titles(rows: Rows, language: Language) -> Iterable[tuple[TitleRow, bool]]:
    """Each occupation's label, then its other titles in order; spelling variants of one title are kept once."""
    labels = [TitleRow(row.code, row.label, row.green) for row in rows.occupations]
    seen = set()
    for own, titles in ((True, labels), (False, sorted(rows.titles, key=lambda title: (title.occupation, title.text)))):
        for title in titles:
            key = (title.occupation, exact_key(language.title_words(title.text)))
            if key not in seen:
                seen.add(key)
                yield title, own


def _keys(title: str, language: Language) -> Iterable[str]:
    return filter(None, (exact_key(language.title_words(spelling)) for spelling in spellings(title)))


def _weights(name: str, words: Sequence[Sequence[Word]], index: dict[str, Array]) -> dict[str, Array]:
    """For each text: the summed weight of its words, its first word (the head of a French title), and all of them."""
    number_of = {word: number for number, word in enumerate(index[f"{name}.words"].tolist())}
    terms = [[number_of[stem.encode()] for stem in unique_stems(found)] for found in words]
    weights = index[f"{name}.weights"]
    return {
        f"{name}.weight": np.array([weights[group].sum(dtype=np.float64) for group in terms], np.float32),
        f"{name}.head": np.array([group[0] if group else NO_WORD for group in terms], np.uint32),
        f"{name}.terms.at": row_starts(terms),
        f"{name}.terms": np.array([term for group in terms for term in group], np.uint32),
    }


def skill_sections(rows: Rows, language: Language) -> dict[str, Array]:
    found = rows.skills
    words = [language.label_words(row.label) for row in found]
    index = index_sections("skill", [unique_stems(group) for group in words])
    return {
        "skill.code": codes(row.code for row in found),
        "skill.kind": np.array([KINDS.index(row.kind) for row in found], np.uint8),
        "skill.green": np.array([row.green for row in found], np.uint8),
        **pack_strings("skill.label", [row.label for row in found]),
        **_esco("skill", found),
        **index,
        **_weights("skill", words, index),
        **index_sections("skill.surface", [surfaces(row.label) for row in found]),
    }


def place_sections(rows: Rows, place_key: Callable[[str], str]) -> dict[str, Array]:
    found = rows.places
    row_of = {row.code: number for number, row in enumerate(found)}
    located = sorted((row.latitude, number) for number, row in enumerate(found) if row.latitude is not None)
    return {
        "place.code": codes(row.code for row in found),
        "place.department": codes(row.department for row in found),
        "place.region": codes(row.region for row in found),
        "place.population": np.array([row.population for row in found], np.uint32),
        "place.latitude": np.array([np.nan if row.latitude is None else row.latitude for row in found]),
        "place.longitude": np.array([np.nan if row.longitude is None else row.longitude for row in found]),
        "place.parent": np.array([row_of.get(row.parent, -1) for row in found], np.int32),
        "place.located": np.array([number for _, number in located], np.uint32),
        "place.located.latitude": np.array([latitude for latitude, _ in located], np.float64),
        **pack_strings("place.label", [row.label for row in found]),
        **pack_strings("place.postal", [" ".join(row.postal_codes) for row in found]),
        **_sorted_keys("postal", sorted((code, n) for n, row in enumerate(found) for code in row.postal_codes)),
        **_names(rows, row_of, place_key),
        **_areas(rows, place_key),
    }


def _names(rows: Rows, row_of: dict[str, int], place_key: Callable[[str], str]) -> dict[str, Array]:
    names = {(place_key(row.label), number): False for number, row in enumerate(rows.places)}
    for former in rows.former_places:
        if former.label and former.place in row_of:
            names.setdefault((place_key(former.label), row_of[former.place]), True)
    pairs = sorted(names)
    old = sorted((row.code, row_of[row.place]) for row in rows.former_places if row.code and row.place in row_of)
    sections = _sorted_keys("name", pairs) | _sorted_keys("former", old)
    return sections | {"name.former": np.array([names[pair] for pair in pairs], np.uint8)}


def _areas(rows: Rows, place_key: Callable[[str], str]) -> dict[str, Array]:
    pairs = sorted((place_key(area.label), area.code) for area in rows.areas)
    return {"area.key": codes(key for key, _ in pairs), "area.code": codes(code for _, code in pairs)}


def _sorted_keys(name: str, pairs: Sequence[tuple[str, int]]) -> dict[str, Array]:
    return {
        f"{name}.key": codes(key for key, _ in pairs),
        f"{name}.row": np.array([row for _, row in pairs], np.uint32),
    }


def quarter_sections(rows: Rows) -> dict[str, Array]:
    pairs = sorted({(row.commune, row.code) for row in rows.quarters})
    outlines = sorted(rows.outlines, key=lambda row: (row.code, row.points))
    points = np.array([point for row in outlines for point in row.points], np.float64).reshape(-1, 2)
    return {
        "quarter.commune": codes(commune for commune, _ in pairs),
        "quarter.code": codes(code for _, code in pairs),
        "outline.code": codes(row.code for row in outlines),
        "outline.vintage": codes(row.vintage for row in outlines),
        "outline.at": row_starts([row.points for row in outlines]),
        "outline.longitude": points[:, 0].copy(),
        "outline.latitude": points[:, 1].copy(),
        **_reach(rows, {commune for commune, _ in pairs}),
    }


def _reach(rows: Rows, communes: set[str]) -> dict[str, Array]:
    """How far from its centre the land of a commune with priority neighbourhoods may stretch, generously."""
    located = [row for row in rows.places if row.latitude is not None and not row.parent]
    latitudes = np.array([row.latitude for row in located], np.float64)
    longitudes = np.array([row.longitude for row in located], np.float64)
    concerned = [number for number, row in enumerate(located) if row.code in communes]
    reach = [located[number].reach_km or _reach_of(number, latitudes, longitudes) for number in concerned]
    return {
        "reach.commune": codes(located[number].code for number in concerned),
        "reach.latitude": latitudes[concerned],
        "reach.longitude": longitudes[concerned],
        "reach.km": np.array(reach, np.float32),
    }


def _reach_of(number: int, latitudes: Array, longitudes: Array) -> float:
    distances = np.sort(kilometres(latitudes[number], longitudes[number], latitudes, longitudes))
    return round(max(_LEAST_REACH, float(distances[min(_NEIGHBOURS, len(distances) - 1)])), 1)
