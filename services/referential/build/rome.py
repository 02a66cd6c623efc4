"""ROME 4.0: occupations, appellations, skills and their links."""

import re
from pathlib import Path

from services.referential.build.files import read_files, source, table
from services.referential.build.rows import LinkRow, OccupationRow, Rows, SkillRow, TitleRow
from services.referential.records import Green, SkillKind

_GREEN = {
    "Emploi Vert": Green.GREEN,
    "Emploi stratégique pour la Transition écologique": Green.STRATEGIC,
    "Emploi Brun": Green.BROWN,
    "Emploi Blanc": Green.NONE,
    "": Green.NONE,
}
_CODE = re.compile(r"[A-Z]\d{4}")
_OGR = re.compile(r"\d+")
_EDITION = re.compile(r"Date de publication\s*:\s*\d\d/(\d\d)/(\d{4})")
_SOFT = "Savoir-être professionnel"


def edition(folder: Path) -> str:
    """Year and month of publication, "2025.09"."""
    match = _EDITION.search(source(folder, "version.txt").read_text(encoding="utf-8"))
    return f"{match.group(2)}.{match.group(1)}" if match else "undated"


def read(folder: Path, rows: Rows) -> list[Path]:
    """Fills occupations, titles, skills and links; returns the files that were read."""
    readers = {
        "unix_referentiel_code_rome_v[0-9]*.csv": _occupations,
        "unix_texte_v*.csv": _definitions,
        "unix_referentiel_appellation_v*.csv": _titles,
        "unix_referentiel_competence_v*.csv": _know_how,
        "unix_referentiel_savoir_v*.csv": _knowledge,
        "unix_coherence_item_v*.csv": _links,
    }
    return read_files(folder, readers, rows)


def _occupations(path: Path, rows: Rows) -> None:
    for line in table(path):
        code, green = line["code_rome"], _GREEN.get(line["transition_eco"])
        if not _CODE.fullmatch(code):
            rows.refuse(path.name, "code is not a letter and four digits")
        elif green is None:
            rows.refuse(path.name, f"unknown transition_eco {line['transition_eco']!r}")
        else:
            rows.occupations.append(OccupationRow(code, line["libelle_rome"], green, line["code_rome_parent"]))


def _definitions(path: Path, rows: Rows) -> None:
    by_code = {row.code: row for row in reversed(rows.occupations)}  # of a code given twice, the first stays
    for line in table(path):
        if line["libelle_type_texte"] != "definition":
            continue
        if row := by_code.get(line["code_rome"]):
            row.definition = f"{row.definition} {line['libelle_texte'].replace(chr(39) * 2, chr(39))}".strip()
        else:
            rows.refuse(path.name, "text of an unknown occupation")


def _titles(path: Path, rows: Rows) -> None:
    known = {row.code for row in rows.occupations}
    for line in table(path):
        green = _GREEN.get(line["transition_eco"])
        if line["code_rome"] not in known:
            rows.refuse(path.name, "appellation of an unknown occupation")
        elif green is None:
            rows.refuse(path.name, f"unknown transition_eco {line['transition_eco']!r}")
        else:
            rows.titles.append(TitleRow(line["code_rome"], line["libelle_appellation_long"], green))


def _know_how(path: Path, rows: Rows) -> None:
    for line in table(path):
        kind = SkillKind.SOFT if line["cat_comp"] == _SOFT else SkillKind.KNOW_HOW
        _skill(path, rows, line["code_ogr"], line["libelle_competence"], kind, line["transition_eco"])


def _knowledge(path: Path, rows: Rows) -> None:
    for line in table(path):
        code, label = line["code_ogr_savoir"], line["libelle_savoir"]
        _skill(path, rows, code, label, SkillKind.KNOWLEDGE, line["transition_eco"])


def _skill(path: Path, rows: Rows, code: str, label: str, kind: SkillKind, green: str) -> None:
    if not _OGR.fullmatch(code) or not label.strip():
        rows.refuse(path.name, "skill without a numeric code or without a label")
    else:
        rows.skills.append(SkillRow(code, label.strip(), kind, green == "O"))


def _links(path: Path, rows: Rows) -> None:
    """The same table links work contexts, which are no skills: they are left out, not refused."""
    occupations, skills = {row.code for row in rows.occupations}, {row.code for row in rows.skills}
    for line in table(path):
        if line["code_rome"] not in occupations:
            rows.refuse(path.name, "link from an unknown occupation")
        elif line["code_ogr"] in skills:
            rows.links.append(LinkRow(line["code_rome"], line["code_ogr"], bool(line["coeur_metier"])))
