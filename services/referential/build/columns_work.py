"""Arrays of occupations, their titles and skills."""

from collections.abc import Iterable, Sequence

import numpy as np

from services.referential.build.rows import LinkRow, OccupationRow, Rows, SkillRow, TitleRow
from services.referential.inverted_index import index_sections, inverse_frequency, key_hash
from services.referential.records import GREENS, KINDS
from services.referential.snapshot import Array, pack_strings
from services.referential.text import Language, Word, exact_key, spellings, surfaces, unique_stems

NO_WORD = 0xFFFFFFFF


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
