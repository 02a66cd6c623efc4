from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from services.referential import SnapshotRefused, open_snapshot
from services.referential.build import MissingSource, build, build_sample
from services.referential.resolve import SAMPLE


def test_the_shipped_sample_is_what_its_sources_build(tmp_path):
    report = build_sample(SAMPLE.parent / "source", tmp_path / "fr.snapshot")
    assert report.refused == {}
    assert (tmp_path / "fr.snapshot").read_bytes() == SAMPLE.read_bytes(), (
        "build_sample() gives other bytes than sample/fr.snapshot: run it on that path and commit"
    )
    assert report.version == open_snapshot().version


def test_the_version_names_the_country_the_edition_and_the_content(tmp_path):
    country, _, rest = open_snapshot().version.partition("-")
    edition, _, content = rest.partition("+")
    assert (country, edition, len(content)) == ("fr", "2025.09.sample", 12)

    changed = tmp_path / "source"
    changed.mkdir()
    for file in (SAMPLE.parent / "source").iterdir():
        (changed / file.name).write_bytes(file.read_bytes().replace(b"Chauffagiste", b"Chauffeur"))
    assert build_sample(changed, tmp_path / "x").version != open_snapshot().version


def damaged(tmp_path: Path, change) -> Path:
    data = bytearray(SAMPLE.read_bytes())
    path = tmp_path / "damaged.snapshot"
    path.write_bytes(change(data) or data)
    return path


def flip(position: int):
    def change(data: bytearray) -> None:
        data[position] ^= 1

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (flip(-100_000), "damaged"),
        (flip(-1), "damaged"),
        (flip(100), "damaged"),
        (lambda data: data[:-64], "damaged"),
        (lambda data: data[:30], "not a referential snapshot"),
        (lambda data: b"PK" + data, "not a referential snapshot"),
        (flip(19), "format 0"),
        (lambda data: b" ", "not a referential snapshot"),
    ],
)
def test_a_damaged_or_foreign_file_is_refused_in_one_sentence(tmp_path, change, words):
    path = damaged(tmp_path, change)
    with pytest.raises(SnapshotRefused, match=words) as refusal:
        open_snapshot(path)
    assert str(path) in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("name", ["missing.snapshot", "", "empty"])
def test_a_missing_file_a_folder_and_an_empty_file_are_refused(tmp_path, name):
    (tmp_path / "empty").touch()
    with pytest.raises(SnapshotRefused, match="cannot read"):
        open_snapshot(tmp_path / name)


def test_an_import_without_its_files_leaves_the_old_snapshot(tmp_path):
    target = tmp_path / "fr.snapshot"
    target.write_bytes(b"old")
    with pytest.raises(MissingSource, match=r"unix_referentiel_code_rome"):
        build(tmp_path, target, lambda *_: None)
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_many_threads_read_the_same_answers():
    referential = open_snapshot()

    def ask(_: int) -> object:
        return (
            referential.occupations_for("Technicienne vélo"),
            referential.skills_for("réparé des vélos et servi les plats"),
            referential.places_for("Saint-Denis"),
            referential.closeness("I1619", "I1628"),
            referential.qpv_at(44.6186, 4.395),
        )

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(64)))
    assert all(answer == answers[0] for answer in answers)
