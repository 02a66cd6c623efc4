"""Offers in a table: any CSV whose columns can be named. Unknown columns are left alone."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from functools import partial

from services.feeds import Input, Options, Row, Unreadable, decoded, each, parse_instant, without_empty
from services.feeds.french import CONTRACTS, employer, hours, remote_days, salary
from services.feeds.text import clean, line

HEADERS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "externalId", "reference"),
    "title": ("title", "intitule", "titre"),
    "description": ("description",),
    "employer": ("employer", "entreprise", "entreprise.nom", "nom_entreprise"),
    "siret": ("siret", "entreprise.siret"),
    "occupation": ("occupation", "romeCode", "rome"),
    "place": ("place", "lieuTravail", "lieuTravail.libelle", "lieu", "ville"),
    "postal_code": ("postalCode", "lieuTravail.codePostal", "code_postal"),
    "contract": ("contract", "typeContrat", "contrat"),
    "hours": ("hours", "dureeTravailLibelle", "duree"),
    "remote_days": ("remoteDays", "jours_teletravail"),
    "salary": ("salary", "salaire", "salaire.libelle"),
    "created": ("created", "dateCreation", "date"),
    "url": ("url", "origineOffre.urlOrigine", "lien"),
}
"""What a row can say, and the headers under which it is found when `--column` does not name another."""

NEEDED = ("id", "title")


def read(source: bytes, options: Options) -> Iterator[Row]:
    text = decoded(source)
    csv.field_size_limit(1 << 22)
    try:
        dialect: type[csv.Dialect] = csv.Sniffer().sniff(text.split("\n", 1)[0], delimiters=",;|\t")
    except csv.Error:
        dialect = csv.excel
    table = csv.DictReader(io.StringIO(text, newline=""), delimiter=dialect.delimiter)
    try:
        columns = _columns(table.fieldnames or [], options.columns)
        yield from each(enumerate(table, 2), partial(_offer, columns=columns, options=options))
    except csv.Error as error:
        raise Unreadable(f"row {table.line_num}: {error}") from None


def _columns(headers: Iterable[str], chosen: Mapping[str, str]) -> dict[str, str]:
    present = list(headers)
    if unknown := sorted(set(chosen) - set(HEADERS)):
        raise Unreadable(f"no such field: {', '.join(unknown)}; there are {', '.join(HEADERS)}")
    if absent := sorted(set(chosen.values()) - set(present)):
        raise Unreadable(f"no such column: {', '.join(absent)}; the file has {', '.join(present)}")
    guessed = {name: next((h for h in known if h in present), "") for name, known in HEADERS.items()}
    columns = {name: header for name, header in {**guessed, **chosen}.items() if header}
    if missing := [name for name in NEEDED if name not in columns]:
        raise Unreadable(f"no column for {', '.join(missing)}: name it with --column {missing[0]}=HEADER")
    return columns


def _offer(cells: Mapping[str | None, str], columns: Mapping[str, str], options: Options) -> tuple[Input, Input]:
    if None in cells:
        raise Unreadable("more cells than headers")
    said = {name: (cells.get(header) or "").strip() for name, header in columns.items()}
    if empty := [name for name in NEEDED if not said[name]]:
        raise Unreadable(f"{', '.join(empty)} is empty")
    url = said.get("url", "")
    offer = without_empty(
        {
            "externalId": said["id"],
            "source": options.source,
            "kind": "JOB",
            "title": line(said["title"]),
            "description": clean(said.get("description")),
            "occupation": {"code": said["occupation"]} if said.get("occupation") else None,
            "place": _place(said),
            "contract": CONTRACTS.get(said.get("contract", "")),
            "weeklyHours": hours(said.get("hours")),
            "remoteDays": remote_days(said.get("remote_days")),
            "salary": salary(said.get("salary")),
            "applyUrl": url if url.startswith("https://") else None,
            "expiresAt": options.end_of(parse_instant(said.get("created"))),
        }
    )
    return offer, employer(line(said.get("employer")), said.get("siret"), None, options)


def _place(said: Mapping[str, str]) -> Input:
    return without_empty({"label": line(said.get("place")), "postalCode": said.get("postal_code")})
