"""The master key, and what is bound to where it stands."""

import base64
import os
import sqlite3
import stat
import subprocess
from pathlib import Path

import pytest
from commands import command
from harness import OPERATOR, SECRET
from schemas import files_only
from vivier.profile.v1 import profile_pb2 as pb

from services.kit.private.master_key import MasterKeyRefused
from tests.profile.installation import Home

KEY = base64.b64encode(bytes(range(32))).decode()
OTHER = base64.b64encode(bytes(32)).decode()
REFUSED = (MasterKeyRefused, AssertionError)
"""At once where the store can be asked at once; where it is on a server the service says why it is not ready."""


def test_a_master_key_is_made_for_its_owner_alone_and_found_again(stopped: Home) -> None:
    with stopped.serve():
        person = stopped.made(identity=pb.Identity(given_name="Zoé"))
    path = stopped.folder / "master.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(base64.b64decode(path.read_bytes())) == 32
    with stopped.serve():
        assert stopped.get(person.id)[0].identity.given_name == "Zoé"


def test_a_given_master_key_writes_no_file(stopped: Home) -> None:
    with stopped.serve(master_key=KEY):
        stopped.made()
    assert not (stopped.folder / "master.key").exists()


def test_another_master_key_is_refused_at_start(stopped: Home) -> None:
    with stopped.serve(master_key=KEY):
        stopped.made()
    with pytest.raises(REFUSED, match="another master key"), stopped.serve(master_key=OTHER):
        pass


@pytest.mark.parametrize("wrong", ["too short", base64.b64encode(b"x" * 16).decode(), "é", "", " "])
def test_a_master_key_that_is_none_is_refused_before_anything_is_written(stopped: Home, wrong: str) -> None:
    with (
        pytest.raises(MasterKeyRefused, match=r"^VIVIER_MASTER_KEY must be 32 random"),
        stopped.serve(master_key=wrong),
    ):
        pass
    assert not list(stopped.folder.glob("profile*"))
    path = stopped.folder / "master.key"
    path.write_text(wrong, encoding="utf-8")
    with pytest.raises(MasterKeyRefused, match=r"master\.key must be 32 random bytes"), stopped.serve():
        pass
    assert not list(stopped.folder.glob("profile*"))
    assert path.read_text(encoding="utf-8") == wrong


def test_a_lost_master_key_is_refused_and_no_other_is_made(stopped: Home) -> None:
    with stopped.serve():
        person = stopped.made()
    path = stopped.folder / "master.key"
    kept = path.rename(stopped.folder / "elsewhere")
    with pytest.raises(REFUSED, match=r"is gone: put it back in .*master\.key, or set"), stopped.serve():
        pass
    assert not path.exists()
    path.mkdir()
    with pytest.raises(MasterKeyRefused, match=r"master\.key cannot be read"), stopped.serve():
        pass
    path.rmdir()
    kept.rename(path)
    with stopped.serve():
        assert stopped.get(person.id)


def test_a_wrong_master_key_is_told_in_one_sentence(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "VIVIER_HOME": str(tmp_path), "VIVIER_SECRET": SECRET}
    environment |= {"VIVIER_MASTER_KEY": "nope", "VIVIER_PROFILE_ADDRESS": "127.0.0.1:0"}
    done = subprocess.run(
        command("serve", "profile"), env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode
    (sentence,) = done.stderr.splitlines()
    assert "profile: VIVIER_MASTER_KEY must be 32 random bytes in base64: `openssl rand -base64 32`" in sentence
    assert "nope" not in sentence


@files_only
def test_rows_exchanged_by_hand_do_not_open(stopped: Home) -> None:
    with stopped.serve():
        one, two = (stopped.made(external_id=name) for name in ("1", "2"))
    with sqlite3.connect(stopped.folder / "profile.db") as store:
        (sealed,) = store.execute("SELECT sealed FROM people WHERE id=?", [one.id]).fetchone()
        store.execute("UPDATE people SET sealed=? WHERE id=?", [sealed, two.id])
    store.close()
    with stopped.serve(), pytest.raises(Exception, match="internal error"):
        stopped.get(two.id, caller=OPERATOR)


def test_counts_for_operations(home: Home) -> None:
    home.mentor()
    home.mentee(home.made())
    assert home.counts() == {"people": 1, "mentors": 1, "mentorships": 1}
