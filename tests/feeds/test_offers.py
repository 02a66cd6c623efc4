"""What employers and job boards write becomes the API's input; a broken row never takes another with it."""

import json

import pytest
from feed_samples import FT

from services.feeds import (
    Options,
    Row,
    Unreadable,
    csv_table,
    france_travail,
    jobposting_reader,
    json_documents,
    parse_instant,
)
from services.feeds.french import UNNAMED_EMPLOYER, hours, remote_days, salary
from services.feeds.text import clean, from_html

OPTIONS = Options("essai")
POSTING = {
    "@type": "JobPosting",
    "identifier": {"@type": "PropertyValue", "value": "jp-1"},
    "title": "Chargé de mission énergie",
    "description": "<p>Suivre les <b>chantiers</b>.</p><script>alert(1)</script><ul><li>Écrire</li></ul>",
    "hiringOrganization": {"name": "Bureau d'essai", "identifier": {"value": "732 829 320 00074"}},
    "jobLocation": {"address": {"addressLocality": "Lyon", "postalCode": 69001, "addressCountry": {"name": "France"}}},
    "employmentType": ["FULL_TIME", "TEMPORARY"],
    "baseSalary": {"currency": "EUR", "value": {"minValue": 25000, "maxValue": "30000", "unitText": "YEAR"}},
    "skills": "bilan carbone, Excel",
    "datePosted": "2026-11-01",
    "validThrough": "2027-01-31",
    "occupationalCategory": "M1402 Conseil",
    "totalJobOpenings": 1,
    "url": "https://example.org/jp-1",
}


def ft(*offers: object, options: Options = OPTIONS) -> list[Row]:
    return list(france_travail.read(json.dumps(list(offers)).encode(), options))


def postings(document: object, options: Options = OPTIONS) -> list[Row]:
    return list(jobposting_reader.read(json.dumps(document).encode(), options))


def table(text: str, **columns: str) -> list[Row]:
    return list(csv_table.read(text.encode(), Options("essai", columns=columns)))


def test_france_travail_offer() -> None:
    (row,) = ft(FT)
    assert row.error == ""
    assert row.content == {
        "externalId": "77ABC",
        "source": "essai",
        "kind": "JOB",
        "title": "Installateur de panneaux (H/F)",
        "description": "Poser et raccorder.",
        "occupation": {"code": "F1602", "label": "Installateur / Installatrice de panneaux"},
        "skills": [
            {"code": "104301", "label": "Câbler", "required": True},
            {"label": "Sourire", "required": False},
        ],
        "place": {
            "communeCode": "13201",
            "postalCode": "13001",
            "label": "13 - MARSEILLE",
            "point": {"latitude": 43.3, "longitude": 5.38},
        },
        "contract": "FIXED_TERM",
        "weeklyHours": 35.5,
        "salary": {"minimum": 1900.5, "maximum": 2100.0, "currency": "EUR", "period": "MONTH"},
        "openings": 2,
        "licences": ["B"],
        "disabilityFriendly": True,
        "applyUrl": "https://example.org/77ABC",
        "expiresAt": "2027-01-09T08:00:00+00:00",
    }
    assert row.organisation == {
        "source": "essai",
        "externalId": "soleil d'essai",
        "kind": "EMPLOYER",
        "name": "Soleil d'essai",
        "activityCode": "43.21A",
    }


def test_one_offer_its_search_result_and_lines_are_read_alike() -> None:
    forms = [FT, [FT], {"resultats": [FT]}]
    texts = [json.dumps(form) for form in forms] + [json.dumps(FT) + "\n\n" + json.dumps(FT)]
    read = [[row.content for row in france_travail.read(text.encode(), OPTIONS)] for text in texts]
    assert read[0] == read[1] == read[2] == read[3][:1]
    assert len(read[3]) == 2


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"intitule": None}, ""),
        ({"lieuTravail": {"latitude": "north", "longitude": 1}}, "could not convert"),
        ({"dateActualisation": "yesterday"}, "Invalid isoformat"),
        ({"competences": [3]}, "attribute"),
        ({"entreprise": "Soleil"}, "attribute"),
        ({"lieuTravail": {"latitude": 1e999, "longitude": 1}}, "compliant"),
    ],
)
def test_a_broken_offer_is_named_and_its_neighbours_stand(change: dict[str, object], why: str) -> None:
    before, broken, after = ft(FT, FT | change, FT | {"id": "88"}, options=OPTIONS)
    assert (before.error, after.error) == ("", "")
    assert why in broken.error
    assert bool(broken.error) is bool(why)
    assert (broken.number, after.id) == (2, "88")


def test_what_is_missing_or_no_object_is_said() -> None:
    without = {name: value for name, value in FT.items() if name != "id"}
    assert [row.error for row in ft(without, "text", None)] == ["id is missing", "not an object", "not an object"]


@pytest.mark.parametrize("source", [b"<html>", b"{", b"[1, 2", b"\xff\xfe\x00", b"[" * 100_000])
def test_what_is_no_json_is_refused_as_a_whole(source: bytes) -> None:
    with pytest.raises(Unreadable):
        list(france_travail.read(source, OPTIONS))


def test_a_broken_line_is_one_broken_row() -> None:
    lines = f"{json.dumps(FT)}\n{{broken\n{json.dumps(FT)}\n"
    assert [bool(row.error) for row in france_travail.read(lines.encode(), OPTIONS)] == [False, True, False]
    assert [number for number, _ in json_documents(lines.encode())] == [1, 2, 3]


def test_apprenticeships_and_integration_contracts() -> None:
    rows = ft(
        FT | {"natureContrat": "Contrat apprentissage", "alternance": True},
        FT | {"natureContrat": "Cont. professionnalisation", "alternance": True},
        FT | {"typeContrat": "DDI"},
        FT | {"typeContrat": "???"},
    )
    contracts = [(row.content["kind"], row.content.get("contract")) for row in rows]
    assert contracts == [
        ("APPRENTICESHIP", "APPRENTICESHIP"),
        ("APPRENTICESHIP", "PROFESSIONALISATION"),
        ("JOB", "INTEGRATION"),
        ("JOB", None),
    ]


def test_an_employer_without_a_name_is_nobody_in_particular() -> None:
    (row,) = ft(FT | {"entreprise": {}})
    assert (row.organisation["name"], row.organisation["externalId"]) == (UNNAMED_EMPLOYER, "-")
    assert "activityCode" not in row.organisation


def test_an_old_feed_vouches_for_what_stands_in_it() -> None:
    day = parse_instant("2026-12-24")
    assert "expiresAt" not in ft(FT, options=Options("essai", day))[0].content
    stated = Options("essai", day).end_of(None, parse_instant("2026-12-01"))
    assert stated == "2026-12-01T00:00:00+00:00"
    assert Options("essai", day).end_of(None, parse_instant("2027-01-01")) is None


@pytest.mark.parametrize(
    ("text", "weekly"),
    [
        ("35H Travail en journée", 35),
        ("temps partiel - 17H30", 17.5),
        ("24 h", 24),
        ("", None),
        ("99H", None),
        ("0H", None),
    ],
)
def test_hours(text: str, weekly: float | None) -> None:
    assert hours(text) == weekly


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("2", 2),
        (" 3 jours par semaine ", 3),
        ("1 jour / semaine", 1),
        ("2j/sem", 2),
        ("", None),
        (None, None),
        ("0", None),
        ("8", None),
        ("2 jours par mois", None),
        ("12 jours", None),
        ("possible", None),
    ],
)
def test_days_from_home(text: str | None, days: int | None) -> None:
    assert remote_days(text) == days


@pytest.mark.parametrize("header", ["remoteDays", "jours_teletravail"])
def test_a_table_says_days_from_home(header: str) -> None:
    first, second = table(f"id,titre,{header}\n1,Technicienne,2\n2,Technicien,quelques-uns\n")
    assert first.content["remoteDays"] == 2
    assert "remoteDays" not in second.content


@pytest.mark.parametrize(
    ("text", "pay"),
    [
        ("Horaire de 11.88 Euros", (11.88, None, "HOUR")),
        ("Annuel de 24000,00 Euros à 30000,00 Euros", (24000, 30000, "YEAR")),
        ("Mensuel de 2300.0 Euros à 2100.0 Euros", (2100, 2300, "MONTH")),
        ("Mensuel de 15.0 Euros", None),
        ("Selon profil", None),
        ("2000 Euros", None),
        (None, None),
    ],
)
def test_salary(text: str | None, pay: tuple[float, float | None, str] | None) -> None:
    read = salary(text)
    assert (read and (read["minimum"], read.get("maximum"), read["period"])) == pay


def test_text_loses_what_no_reader_should_get() -> None:
    assert clean("a\x00b\u202ec") == "a b c"
    assert from_html("<p>Un</p><p>Deux<br>trois</p><style>x{}</style>") == "Un\nDeux\ntrois"
    assert from_html("R&amp;D &lt;3") == "R&D <3"


def test_job_posting() -> None:
    (row,) = postings(POSTING)
    assert row.content == {
        "externalId": "jp-1",
        "source": "essai",
        "kind": "JOB",
        "contract": "FIXED_TERM",
        "title": "Chargé de mission énergie",
        "description": "Suivre les chantiers.\nÉcrire",
        "occupation": {"code": "M1402", "label": "M1402 Conseil"},
        "skills": [{"label": "bilan carbone", "required": False}, {"label": "Excel", "required": False}],
        "place": {"label": "Lyon", "postalCode": "69001"},
        "salary": {"minimum": 25000.0, "maximum": 30000.0, "currency": "EUR", "period": "YEAR"},
        "openings": 1,
        "applyUrl": "https://example.org/jp-1",
        "expiresAt": "2027-01-31T00:00:00+00:00",
    }
    assert row.organisation["siret"] == "73282932000074"


def test_a_page_with_other_things_gives_its_postings_only() -> None:
    page = {"@context": "https://schema.org", "@graph": [{"@type": "WebPage"}, POSTING, "stray"]}
    assert [(row.number, bool(row.error)) for row in postings(page)] == [(2, False), (3, True)]


def test_a_posting_that_could_not_be_found_again_is_refused() -> None:
    nameless = {name: value for name, value in POSTING.items() if name not in ("identifier", "url")}
    assert "could not be found again" in postings(nameless)[0].error


def test_a_table_with_known_headers() -> None:
    (row,) = table("id;intitule;lieuTravail;typeContrat;ignored\n7;Maraîcher;07 - AUBENAS;SAI;x\n")
    assert (row.number, row.error) == (2, "")
    assert row.content == {
        "externalId": "7",
        "source": "essai",
        "kind": "JOB",
        "title": "Maraîcher",
        "place": {"label": "07 - AUBENAS"},
        "contract": "SEASONAL",
    }


def test_a_table_with_named_columns() -> None:
    (row,) = table("ref,Poste,Ville\n1,Couvreur,Nîmes\n", id="ref", title="Poste", place="Ville")
    assert (row.content["title"], row.content["place"]) == ("Couvreur", {"label": "Nîmes"})


@pytest.mark.parametrize(
    ("columns", "why"),
    [({}, "--column id="), ({"id": "nowhere"}, "no such column"), ({"colour": "ref"}, "no such field")],
)
def test_a_table_whose_columns_are_unknown_says_what_to_do(columns: dict[str, str], why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        table("ref,Poste\n1,Couvreur\n", **columns)


def test_rows_of_a_table_may_be_broken() -> None:
    rows = table('id,title\n1,Couvreur\n,Nobody\n3,"two\nlines"\n4,a,b\n')
    assert [(row.number, row.error) for row in rows] == [
        (2, ""),
        (3, "id is empty"),
        (4, ""),
        (5, "more cells than headers"),
    ]


def test_a_table_from_an_old_program() -> None:
    (row,) = csv_table.read("id;titre\n1;Éleveur d'abeilles à l'été\n".encode("cp1252"), OPTIONS)
    assert row.content["title"] == "Éleveur d'abeilles à l'été"


def test_one_broken_byte_does_not_spoil_a_file() -> None:
    (row,) = csv_table.read("id;titre\n1;Éleveur à l'été".encode() + b"\xff\n", OPTIONS)
    assert row.content["title"] == "Éleveur à l'été\ufffd"


def test_a_cell_without_end_is_refused_as_a_whole() -> None:
    with pytest.raises(Unreadable, match="field larger"):
        table('id,title\n1,"' + "x" * (5 << 20))
