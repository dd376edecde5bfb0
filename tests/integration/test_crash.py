"""Writers are killed at any instant: the case opens again, nothing committed is lost, the rest is reported."""

from __future__ import annotations

import hashlib
import random
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from forensics.custody.case import Case
from forensics.errors import CaseLockedError
from forensics.model import Snapshot
from tests.fakes import cases

TOP = Path(__file__).resolve().parent.parent.parent
START = """
import sys
from pathlib import Path
from forensics.custody import erasure
from tests.fakes import cases
home = cases.home_in(Path(sys.argv[2]))
built = cases.Built(Path(sys.argv[1]), home, cases.key_of(home))

def told(event):
    print(event.seq, flush=True)

with built.writing() as writer:
    print("ready", flush=True)
    number = writer.index.last_item_number()
"""
COLLECTING = """
    while True:
        records, staged = [], []
        for number in range(number + 1, number + 13):
            more, files = cases.acquired(writer, number, act="1/0")
            records += more
            staged += files
        told(writer.commit("collect", records, staged=staged))
"""
ERASING = """
    while True:
        number += 1
        told(cases.collect_item(writer, number, act="1/0"))
        told(cases.examine_item(writer, number))
        told(cases.commit_report(writer, b"%PDF " + cases.secret_of(number)))
        told(erasure.erase(writer, cases.item_id(number), basis="asked"))
"""
REPORTING = """
    while True:
        told(cases.commit_report(writer, b"%PDF as of event " + str(writer.next_seq).encode() * 100))
        told(cases.commit_proof(writer, str(writer.next_seq).encode()))
"""
NOTHING = ""


@pytest.fixture
def built(tmp_path: Path) -> cases.Built:
    """A case with two items, and an act to which more may belong."""
    return cases.build_case(tmp_path / "case", cases.home_in(tmp_path / "home"), items=2)


def killed_after(built: cases.Built, work: str, *, delay_s: float) -> list[int]:
    """Runs a writer, kills it some time after it has begun, and gives the numbers of the events it had committed."""
    command = [sys.executable, "-c", START + work, built.folder, built.home.configuration]
    with subprocess.Popen(command, cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        assert select.select([child.stdout], [], [], 60)[0]
        first = child.stdout.readline()
        assert first == b"ready\n", child.stderr.read()
        time.sleep(delay_s)
        child.kill()
        output, errors = child.communicate()
    assert errors == b""
    whole = output[: output.rfind(b"\n") + 1]
    return [int(line) for line in whole.split()]


@pytest.mark.parametrize(
    ("work", "seed"), [(COLLECTING, 1), (ERASING, 2), (REPORTING, 3)], ids=["collecting", "erasing", "reporting"]
)
def test_a_writer_may_be_killed_at_any_instant(built: cases.Built, work: str, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(7):
        before = built.open()
        told = killed_after(built, work, delay_s=chance.uniform(0, 0.15))
        check(built, before, told)
    assert len(built.open().events) > 20


def check(built: cases.Built, before: Case, told: list[int]) -> None:
    """Demands that nothing committed is lost or changed, that remains are reported, and that nothing else is."""
    left = built.open()
    assert left.events[: len(before.events)] == before.events
    assert all(seq < len(left.events) for seq in told)
    assert len(left.events) - max([len(before.events), *(seq + 1 for seq in told)]) <= 2
    defects, remains = cases.judged(built.folder)
    assert not defects
    with built.writing():
        pass
    after = built.open()
    assert after.events[: len(left.events)] == left.events
    assert [event.action for event in after.events[len(left.events) :]] == ["recover"] * bool(remains)
    assert cases.judged(built.folder) == ([], [])
    check_items(after, after.snapshot(as_of=after.head.seq))


def check_items(case: Case, snapshot: Snapshot) -> None:
    """Demands that every item that was not erased has its content."""
    contents = {item.record.id: hashlib.sha256(cases.content_of(int(item.record.id[5:]))) for item in snapshot.items}
    collected = {one.record.item: one.record.artifacts[0].digests.sha256 for one in snapshot.acquisitions}
    assert collected == {item: content.hexdigest() for item, content in contents.items()}
    for sha256 in collected.values():
        case.store.check(sha256)
    erased = {one.record.item for one in snapshot.erasures}
    numbers = sorted(int(item[5:]) for item in {*contents, *erased})
    assert numbers == list(range(1, len(numbers) + 1))


def test_recovery_itself_may_be_killed(built: cases.Built) -> None:
    chance = random.Random(4)
    for _ in range(3):
        before = built.open()
        told = killed_after(built, ERASING, delay_s=0.1)
        left = built.open()
        command = [sys.executable, "-c", START, built.folder, built.home.configuration]
        with subprocess.Popen(command, cwd=TOP, stdout=subprocess.DEVNULL) as child:
            time.sleep(chance.uniform(0.15, 0.35))
            child.kill()
        with built.writing():
            pass
        after = built.open()
        assert after.events[: len(left.events)] == left.events
        assert {event.action for event in after.events[len(left.events) :]} <= {"recover"}
        assert all(seq < len(left.events) for seq in told)
        assert len(before.events) < len(left.events)
        assert cases.judged(built.folder) == ([], [])


def test_the_lock_is_free_as_soon_as_its_holder_is_killed(built: cases.Built) -> None:
    command = [sys.executable, "-c", START + "    sys.stdin.read()", built.folder, built.home.configuration]
    with subprocess.Popen(command, cwd=TOP, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        with pytest.raises(CaseLockedError, match=rf"process {child.pid} on .+ \(test, since 2"), built.writing():
            pass
        child.kill()
    with built.writing() as writer:
        writer.commit("checkpoint")
