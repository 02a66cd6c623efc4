"""Groups of the embedded log: even assignment, few moves, dead members are noticed."""

import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.bus import Event, Fenced
from services.kit.bus_embedded import EmbeddedLog
from services.kit.bus_embedded.groups import _balanced

MEMBERS = st.sets(st.sampled_from("abcdef"), min_size=1)


@given(MEMBERS, MEMBERS, st.integers(1, 20))
def test_partitions_spread_evenly_and_stay_where_they_may(before, after, count):
    topic_of = dict.fromkeys(range(count), "t")
    old = _balanced(topic_of, {m: {"t"} for m in before}, dict.fromkeys(topic_of))
    new = _balanced(topic_of, {m: {"t"} for m in after}, old)
    load = Counter(new.values())
    assert set(new) == set(topic_of)
    assert max(load.values()) - min(load[m] for m in after) <= 1
    assert _balanced(topic_of, {m: {"t"} for m in after}, new) == new
    kept = [partition for partition in topic_of if new[partition] == old[partition]]
    stayers = before & after
    assert len(kept) >= sum(min(Counter(old.values())[m], count // len(after)) for m in stayers)


@given(st.dictionaries(st.sampled_from("abc"), st.sets(st.sampled_from("xyz"), min_size=1), min_size=1))
def test_members_get_only_partitions_of_their_topics(members):
    wanted = set.union(*members.values())
    topic_of = {n: "xyz"[n % 3] for n in range(9) if "xyz"[n % 3] in wanted}
    spread = _balanced(topic_of, members, dict.fromkeys(topic_of))
    assert set(spread) == set(topic_of)
    assert all(topic_of[partition] in members[owner] for partition, owner in spread.items())


def fill(log, count):
    log.append([Event("t", str(n), "x", b"x", str(n), datetime(2026, 3, 1, tzinfo=UTC)) for n in range(count)])


def test_a_late_commit_is_fenced_when_the_partition_went_to_another_and_came_back(tmp_path):
    """The same member owns it again, so only the epoch tells the commit of before from one of now."""
    log = EmbeddedLog(tmp_path / "log.db", session=60)
    log.ensure_topic("t", 2)
    fill(log, 20)
    first = log.consumer("g", ["t"])
    early = first.poll(5, 1)
    assert len(early) == 1
    early += [record for record in first.poll(5, 100) if record.partition != early[0].partition][:1]
    assert {record.partition for record in early} == {0, 1}

    second = log.consumer("g", ["t"])
    done = second.poll(5, 100)
    (moved,) = {record.partition for record in done}
    second.commit(done)
    second.close()
    log.consumer("g", ["another"])  # who joins shares anew: the partition goes back to the only one who reads it
    assert log.committed("g", "t")[moved] == log.ends("t")[moved]

    late = [record for record in early if record.partition == moved]
    with pytest.raises(Fenced):
        first.commit(late)
    assert log.committed("g", "t")[moved] == log.ends("t")[moved]
    first.commit([record for record in early if record.partition != moved])
    log.close()


def test_the_partitions_of_a_killed_process_move_long_before_its_session_ends(tmp_path):
    path = tmp_path / "log.db"
    log = EmbeddedLog(path, session=60)
    log.ensure_topic("t", 2)
    fill(log, 10)
    script = (
        "import sys; from services.kit.bus_embedded import EmbeddedLog\n"
        "consumer = EmbeddedLog(sys.argv[1], session=60).consumer('g', ['t'])\n"
        "print(len(consumer.poll(5, 100)), flush=True); sys.stdin.read()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline().strip() == "10"
    child.kill()
    child.wait()
    started = time.monotonic()
    assert len(log.consumer("g", ["t"]).poll(20, 100)) == 10
    assert time.monotonic() - started < 10
    log.close()
