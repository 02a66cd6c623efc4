"""Settings: which snapshot of the referential a service reads."""

from pathlib import Path

import pytest

from services.kit.settings import SNAPSHOT, Settings


@pytest.mark.parametrize("named", [None, "", "elsewhere"])
@pytest.mark.parametrize("own", [False, True])
def test_the_folders_own_referential_is_read_where_no_other_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str | None, own: bool
) -> None:
    monkeypatch.setenv("VIVIER_HOME", str(tmp_path))
    monkeypatch.setenv("VIVIER_SECRET", "a secret for tests")
    if named is not None:
        monkeypatch.setenv("VIVIER_REFERENTIAL", named)
    if own:
        (tmp_path / SNAPSHOT).touch()
    expected = Path(named) if named else tmp_path / SNAPSHOT if own else None
    assert Settings().referential == expected  # type: ignore[call-arg]
