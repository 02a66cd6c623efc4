"""The master key, and what is bound to where it stands."""

import base64
import sqlite3
import stat

import pytest
from cryptography.exceptions import InvalidTag
from harness import OPERATOR
from vivier.profile.v1 import profile_pb2 as pb

from services.profile.vault import MasterKeyRefused, Vault, seal, unseal
from tests.profile.installation import Home

KEY = base64.b64encode(bytes(range(32))).decode()


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
    with pytest.raises(MasterKeyRefused, match="another master key"), stopped.serve():
        pass
    for wrong in ("too short", base64.b64encode(b"x" * 16).decode(), "é"):
        with pytest.raises(MasterKeyRefused), stopped.serve(master_key=wrong):
            pass


def test_what_is_sealed_opens_only_where_it_stood() -> None:
    vault = Vault(bytes(32))
    key = vault.new_key()
    assert unseal(key, seal(key, b"words", "person/1"), "person/1") == b"words"
    with pytest.raises(InvalidTag):
        unseal(key, seal(key, b"words", "person/1"), "person/2")
    with pytest.raises(InvalidTag):
        vault.unwrap(vault.wrap(key, "1"), "2")
    assert vault.lookup("a", "b|c") != vault.lookup("a|b", "c")
    assert seal(key, b"words", "person/1") != seal(key, b"words", "person/1")


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
