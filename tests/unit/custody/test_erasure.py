"""Erasure: nothing of the item is left, everything else is, and the ledger says so."""

from __future__ import annotations

import errno
import io
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from forensics.custody import erasure
from forensics.custody.digest import sha256_hex
from forensics.custody.erasure import erase, lines_about, summary
from forensics.custody.store import RealFileSystem
from forensics.errors import CaseError, StoreError, UsageError
from forensics.model import Artifact, Exhibit, Item, Name, Sensitivity
from tests.conformance.second_verifier import verify
from tests.fakes import cases


def erased(built: cases.Built, number: int = 2) -> None:
    with built.writing() as writer:
        erase(writer, cases.item_id(number), basis="Article 17")


def test_nothing_of_the_item_is_left_anywhere_in_the_folder(built: cases.Built) -> None:
    texts = [cases.secret_of(2), b"secret-2.bin", b"map-2.bin", sha256_hex(cases.content_of(2)).encode()]
    names = [path.name for path in cases.files_with(built.folder, cases.secret_of(2))]
    assert len(names) == 2
    for text in texts[1:]:
        assert list(cases.files_with(built.folder, text))
    erased(built)
    for text in texts:
        assert list(cases.files_with(built.folder, text)) == []
    assert not any(path.name in names for path in built.folder.rglob("*"))


def test_everything_else_is_left(built: cases.Built) -> None:
    before = built.open().snapshot()
    erased(built)
    after = built.open().snapshot()
    for name in ("items", "acquisitions", "findings"):
        first, _, third = getattr(before, name)
        assert getattr(after, name) == (first, third)
    assert (after.acts, after.act_ends, after.keys) == (before.acts, before.act_ends, before.keys)
    assert after.erased == ("3/0", "3/1", "8/0")
    (record,) = after.erasures
    assert (record.record.item, record.record.basis) == ("ITEM-0002", "Article 17")
    for one in (*after.acquisitions, *after.findings):
        for artifact in getattr(one.record, "artifacts", getattr(one.record, "attachments", ())):
            built.open().store.check(artifact.digests.sha256)


def test_the_roots_and_the_ledger_stay_what_they_were(built: cases.Built, tmp_path: Path) -> None:
    before = built.open().events
    ledger = (built.folder / "ledger.jsonl").read_bytes()
    erased(built)
    after = built.open().events
    assert after[: len(before)] == before
    assert (built.folder / "ledger.jsonl").read_bytes().startswith(ledger)
    assert after[-1].action == "erase"
    assert after[-1].erased == ((3, (0, 1)), (8, (0,)))
    assert summary(after[-1]) == {"event": 11, "records": 3}
    (tmp_path / "key.pem").write_bytes(built.key.public_pem())
    found = verify(built.folder, keys=[tmp_path / "key.pem"], heads=[f"{len(before) - 1}:{before[-1].line_sha256}"])
    assert (found["intact"], found["defects"], found["remains"]) == ("passed", [], [])


def test_the_number_of_an_erased_item_is_not_used_again(built: cases.Built) -> None:
    erased(built, 3)
    with built.writing() as writer:
        assert writer.index.last_item_number() == 3
    (built.folder / "index.sqlite").unlink()
    assert built.open().index().last_item_number() == 3


def test_bytes_that_another_item_has_too_stay(built: cases.Built) -> None:
    with built.writing() as writer:
        cases.collect_item(writer, 4, act="1/0", content=cases.content_of(2))
    erased(built)
    snapshot = built.open().snapshot()
    assert [one.record.id for one in snapshot.items] == ["ITEM-0001", "ITEM-0003", "ITEM-0004"]
    assert len(snapshot.findings) == 3
    built.open().store.check(sha256_hex(cases.content_of(2)))
    assert cases.judged(built.folder) == ([], [])
    erased(built, 4)
    assert list(cases.files_with(built.folder, cases.secret_of(2))) == []
    assert len(built.open().snapshot().findings) == 2
    assert cases.judged(built.folder) == ([], [])


def test_a_comparison_with_the_item_goes_with_it(built: cases.Built) -> None:
    contents = [sha256_hex(cases.content_of(number)) for number in (1, 2, 3)]
    with built.writing() as writer:
        writer.commit("compare", [cases.finding_about(*contents[:2]), cases.finding_about(contents[0], contents[2])])
    erased(built)
    assert [one.ref for one in built.open().snapshot().findings] == ["7/0", "9/0", "11/1"]


def test_findings_about_what_was_made_from_the_item_go_with_it(built: cases.Built) -> None:
    """A frame that one analyzer took from the clip, and a crop that another took from the frame."""
    with built.writing() as writer:
        chain = sha256_hex(cases.content_of(2))
        for made in (b"a frame of secret 2", b"a crop of secret 2", b"a mask of secret 2"):
            staged = writer.store.stage(io.BytesIO(made))
            attachment = Artifact(staged.digests, "frame", Name("frame"), "image/png", cases.now())
            finding = cases.finding_about(chain, attachments=(attachment,))
            writer.commit("analyze", [finding], staged=[staged])
            chain = staged.digests.sha256
    erased(built)
    assert len(built.open().snapshot().findings) == 2
    assert list(cases.files_with(built.folder, b"of secret 2")) == []
    assert cases.judged(built.folder) == ([], [])


def test_a_sealed_item_is_erased(built: cases.Built) -> None:
    with built.writing() as writer:
        cases.collect_item(writer, 4, act="1/0", is_sealed=True)
        blob = writer.index.rows("SELECT blob FROM artifact WHERE item = 'ITEM-0004'")[0][0]
        cases.examine_item(writer, 4)
    erased(built, 4)
    assert not built.open().store.has(blob)
    assert list(cases.files_with(built.folder, cases.secret_of(4))) == []
    assert len(built.open().snapshot().findings) == 3


def test_an_item_that_was_recorded_twice_is_erased_twice(built: cases.Built) -> None:
    with built.writing() as writer:
        cases.commit_report(writer, b"a report between the two")
        stricter = Item("ITEM-0002", Name("/evidence/secret-2.bin"), "file", sensitivity=Sensitivity.INTIMATE)
        writer.commit("collect", [stricter])
        assert lines_about(writer, "ITEM-0002") == {3: (0, 1), 8: (0,), 11: (0,), 12: (0,)}
    erased(built)
    assert list(cases.files_with(built.folder, b"secret-2")) == []
    assert not (built.folder / "reports" / "report.pdf").exists()


def test_exhibits_that_name_the_item_or_its_findings_go_with_it(built: cases.Built) -> None:
    exhibits = [
        Exhibit("A", "the item", items=("ITEM-0002",)),
        Exhibit("B", "its finding", findings=("8/0",)),
        Exhibit("C", "another", items=("ITEM-0001",), findings=("7/0",)),
    ]
    with built.writing() as writer:
        writer.commit("exhibit", exhibits)
    erased(built)
    assert [one.record.label for one in built.open().snapshot().exhibits] == ["C"]


def test_interpretations_of_its_findings_go_with_the_item(built: cases.Built) -> None:
    with built.writing() as writer:
        writer.commit("analyze", [cases.interpretation_of("7/0", "8/0"), cases.interpretation_of("7/0")])
    erased(built)
    assert [one.record.findings for one in built.open().snapshot().interpretations] == [("7/0",)]


def test_reports_that_may_name_the_item_go_and_older_ones_come_back(tmp_path: Path) -> None:
    built = cases.empty_case(tmp_path / "case", cases.home_in(tmp_path / "home"))
    with built.writing() as writer:
        act = cases.begin_act(writer)
        cases.collect_item(writer, 1, act=act)
        cases.commit_report(writer, b"the old report")
        cases.collect_item(writer, 2, act=act)
        cases.commit_report(writer, b"a report that tells the secret")
        cases.commit_report(writer, b"papers that tell the secret", "papers.pdf")
    erased(built)
    assert [path.name for path in (built.folder / "reports").iterdir()] == ["report.pdf"]
    assert (built.folder / "reports" / "report.pdf").read_bytes() == b"the old report"
    assert list(cases.files_with(built.folder, b"tells the secret")) == []
    assert list(cases.files_with(built.folder, b"tell the secret")) == []
    assert cases.judged(built.folder) == ([], [])


def test_two_items_may_be_erased_in_one_go(built: cases.Built) -> None:
    with built.writing() as writer:
        for number in (1, 3):
            erase(writer, cases.item_id(number), basis="asked")
        cases.collect_item(writer, 4, act="1/0")
        writer.commit("checkpoint")
    assert [one.record.id for one in built.open().snapshot().items] == ["ITEM-0002", "ITEM-0004"]
    assert cases.judged(built.folder) == ([], [])


@pytest.mark.parametrize("item", ["ITEM-0009", "ITEM-2", "", "'; DROP TABLE item"])
def test_an_item_that_is_not_there_cannot_be_erased(built: cases.Built, item: str) -> None:
    before = built.open().events
    with built.writing() as writer, pytest.raises(UsageError, match="has no item"):
        erase(writer, item, basis="asked")
    assert built.open().events == before


def test_an_item_is_erased_once(built: cases.Built) -> None:
    erased(built)
    with built.writing() as writer, pytest.raises(UsageError, match="has no item ITEM-0002"):
        erase(writer, "ITEM-0002", basis="asked")


def test_an_index_that_forgot_does_not_save_what_must_be_erased(built: cases.Built) -> None:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(built.folder / "index.sqlite")) as connection, connection:
        connection.execute("DELETE FROM acquisition")
        connection.execute("DELETE FROM subject")
    erased(built)
    assert list(cases.files_with(built.folder, b"secret-2")) == []


# --- Interruptions ---


class Failing(RealFileSystem):
    """A file system whose disk fails at one step, counted from 0, and ever after."""

    def __init__(self, step: int) -> None:
        self._left = step

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("_"):
            if self._left == 0:
                raise OSError(errno.EIO, "Input/output error")
            self._left -= 1
        return super().__getattribute__(name)


def test_an_erasure_that_failed_at_any_step_is_finished_by_the_next_opening(built: cases.Built, tmp_path: Path) -> None:
    outcomes = set()
    for step in range(60):
        folder = tmp_path / f"{step}"
        shutil.copytree(built.folder, folder)
        copy = replace(built, folder=folder, home=cases.home_in(tmp_path / f"{step}-home"))
        try:
            with copy.writing(file_system=Failing(step)) as writer:
                erase(writer, "ITEM-0002", basis="asked")
        except StoreError:
            pass
        else:
            break
        defects, _ = cases.judged(folder)
        assert not defects, step
        with copy.writing():
            pass
        is_committed = any(event.action == "erase" for event in copy.open().events)
        outcomes.add(is_committed)
        assert bool(list(cases.files_with(folder, cases.secret_of(2)))) != is_committed, step
        assert cases.judged(folder) == ([], []), step
    else:
        pytest.fail("the erasure never came to its end")
    assert outcomes == {True, False}


def test_an_unfinished_erasure_is_reported_when_it_is_finished(
    built: cases.Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch, built.writing() as writer:
        patch.setattr(erasure, "_blank_all", _fail)
        with pytest.raises(StoreError):
            erase(writer, "ITEM-0002", basis="asked")
    assert [remain["detail"] for remain in cases.judged(built.folder)[1]] == ["an unfinished erasure"] * 3
    with built.writing():
        pass
    case = built.open()
    assert [event.action for event in case.events[11:]] == ["erase", "recover"]
    (recovery,) = case.snapshot().recoveries
    assert recovery.record.removed[0] == {"what": "unfinished erasure", "events": [11]}
    assert {entry["what"] for entry in recovery.record.removed[1:]} == {"uncommitted blob"}
    assert list(cases.files_with(built.folder, cases.secret_of(2))) == []
    assert cases.judged(built.folder) == ([], [])


def _fail(*_: object, **__: object) -> None:
    raise StoreError("the disk is gone")


def test_a_writer_goes_on_after_an_erasure(built: cases.Built) -> None:
    with built.writing() as writer:
        event = erase(writer, "ITEM-0002", basis="asked")
        assert writer.commit("checkpoint").prev == event.line_sha256
        assert writer.case.head.seq == event.seq + 1
        assert writer.index.seq == event.seq + 1


def test_the_old_record_files_are_overwritten(built: cases.Built) -> None:
    path = built.folder / "records" / "000003-collect.jsonl"
    with path.open("rb") as still_open:
        size = len(still_open.read())
        erased(built)
        still_open.seek(0)
        assert still_open.read() == bytes(size)
    assert path.stat().st_mode & 0o777 == 0o444


def test_a_backup_of_hard_links_keeps_what_it_has(built: cases.Built, tmp_path: Path) -> None:
    shutil.copytree(built.folder, tmp_path / "backup", copy_function=os.link)
    before = {path: path.read_bytes() for path in (tmp_path / "backup").rglob("*") if path.is_file()}
    erased(built)
    unchanged = {path for path, data in before.items() if path.read_bytes() == data}
    assert {path.name for path in before.keys() - unchanged} <= {"ledger.jsonl", "index.sqlite", "lock"}
    assert list(cases.files_with(tmp_path / "backup", cases.secret_of(2)))


def test_a_reader_of_the_time_before_is_told(built: cases.Built) -> None:
    case = built.open()
    index = case.index()
    erased(built)
    with pytest.raises(CaseError, match="was erased from the case meanwhile"):
        list(case.records_of("acquisition", index))
