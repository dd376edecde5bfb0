"""Writing: what is committed, what is refused before anything is written, and who may write."""

from __future__ import annotations

import errno
import io
import os
import shutil
import stat
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import pytest

from forensics.codec import format_time
from forensics.custody import signing
from forensics.custody.case import open_case
from forensics.custody.ledger import Head
from forensics.custody.signing import Home, SigningKey, head_path, new_key, remember_head, remembered_head
from forensics.custody.store import RealFileSystem
from forensics.errors import (
    CaseError,
    CaseLockedError,
    CodecError,
    IntegrityError,
    KeyFileError,
    StoreError,
    UsageError,
)
from forensics.model import Artifact, Digests, KeyHolder, Name, Output, TimeProof
from tests.conformance.second_verifier import verify
from tests.fakes import cases


def test_what_is_committed_is_whole_and_attributable(built: cases.Built, tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_bytes(built.key.public_pem())
    found = verify(built.folder, keys=[tmp_path / "key.pem"], heads=[str(built.open().head)])
    assert (found["intact"], found["attribution"], found["defects"], found["remains"]) == ("passed", "passed", [], [])


def test_files_of_a_case_are_not_for_writing(built: cases.Built) -> None:
    for path in (*built.folder.rglob("blobs/*/*"), *built.folder.rglob("records/*"), built.folder / "case.json"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o444


def test_one_event_may_commit_many_records_and_files(built: cases.Built) -> None:
    with built.writing() as writer:
        staged = [writer.store.stage(io.BytesIO(str(number).encode())) for number in range(300)]
        made = tuple(
            Artifact(one.digests, "part", Name(str(number)), "text/plain", cases.now())
            for number, one in enumerate(staged)
        )
        finding = cases.finding_about("ab" * 32, attachments=made)
        event = writer.commit("analyze", [finding] * 5, staged=staged)
        assert event.records.count == 5
        assert writer.next_seq == event.seq + 1
    assert len(built.open().snapshot().findings) == 8
    assert list((built.folder / "tmp").iterdir()) == []


def test_an_event_may_commit_no_records(built: cases.Built) -> None:
    with built.writing() as writer:
        event = writer.commit("checkpoint")
    assert (event.records.count, event.records.file) == (0, None)
    assert not list((built.folder / "records").glob("*checkpoint*"))


REFUSED: dict[str, tuple[str, dict[str, Any], type[Exception]]] = {
    "an action in upper case": ("Collect", {}, CodecError),
    "an action with a path": ("../collect", {}, CodecError),
    "an action that is too long": ("a" * 33, {}, CodecError),
    "open": ("open", {"case": "ab" * 32}, CodecError),
    "an unknown member": ("collect", {"note": "x"}, CodecError),
    "a member of another action": ("collect", {"erased": [{"seq": 0, "indexes": [0]}]}, CodecError),
    "erase of nothing": ("erase", {"erased": []}, CodecError),
    "erase of what is to come": ("erase", {"erased": [{"seq": 99, "indexes": [0]}]}, CodecError),
    "key-add without a key": ("key-add", {}, CodecError),
    "key-add with a key that is text": ("key-add", {"key": "x"}, CodecError),
    "key-add whose id is another's": ("key-add", {"key": {"id": "ab" * 32, "spki": "00"}}, CodecError),
    "key-retire of a stranger": ("key-retire", {"key": {"id": "ab" * 32}}, UsageError),
    "key-revoke of a stranger": (
        "key-revoke",
        {"key": {"id": "ab" * 32, "since": "2026-01-01T00:00:00.000000Z"}},
        UsageError,
    ),
}


@pytest.mark.parametrize(("action", "extra", "kind"), REFUSED.values(), ids=REFUSED)
def test_an_event_of_a_wrong_form_is_refused_before_anything_is_written(
    built: cases.Built, action: str, extra: dict[str, Any], kind: type[Exception]
) -> None:
    before = built.open().events
    with built.writing() as writer:
        with pytest.raises(kind):
            writer.commit(action, extra=extra)
        assert built.open().events == before
        assert not writer.is_broken
        writer.commit("checkpoint")
    assert cases.judged(built.folder) == ([], [])


def test_a_record_that_json_cannot_hold_is_refused_before_anything_is_written(built: cases.Built) -> None:
    before = built.open().events
    with built.writing() as writer:
        bad = replace(cases.finding_about("ab" * 32), values={"ratio": float("nan")})
        with pytest.raises(CodecError):
            writer.commit("analyze", [bad])
        assert built.open().events == before
        assert len(list((built.folder / "records").iterdir())) == sum(1 for event in before if event.records.file)
        cases.collect_item(writer, 4, act="1/0")
    assert cases.judged(built.folder) == ([], [])


def test_a_checkpoint_commits_no_records(built: cases.Built) -> None:
    with built.writing() as writer, pytest.raises(CodecError):
        writer.commit("checkpoint", [cases.finding_about("ab" * 32)])


# --- Failures ---


class Failing(RealFileSystem):
    """A file system one of whose steps fails."""

    def __init__(self, step: str) -> None:
        self._step = step

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("_") and name == self._step:
            raise OSError(errno.EIO, "Input/output error")
        return super().__getattribute__(name)


@pytest.mark.parametrize("step", ["sync_file", "sync_files", "sync_folder", "sync_folders", "rename", "append"])
def test_whatever_step_fails_nothing_committed_is_lost(built: cases.Built, step: str) -> None:
    before = built.open().events
    with built.writing(file_system=Failing(step)) as writer:
        with pytest.raises(StoreError, match="Input/output error"):
            cases.collect_item(writer, 4, act="1/0")
        assert writer.is_broken
        with pytest.raises(CaseError, match="an earlier step failed"):
            writer.commit("checkpoint")
    defects, remains = cases.judged(built.folder)
    assert built.open().events == before
    assert not defects
    with built.writing() as writer:
        assert [event.action for event in writer.case.events[len(before) :]] == ["recover"] * bool(remains)
    assert cases.judged(built.folder) == ([], [])


def test_a_failure_is_not_hidden_by_another_at_the_end(built: cases.Built, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    nowhere = replace(built, home=Home(built.home.configuration, tmp_path / "file"))
    with pytest.raises(CodecError), nowhere.writing() as writer:
        _ = [writer.commit(action) for action in ("checkpoint", "NOT AN ACTION")]


def test_a_head_that_cannot_be_noted_is_said_when_all_is_written(built: cases.Built, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    nowhere = replace(built, home=Home(built.home.configuration, tmp_path / "file"))
    with pytest.raises(KeyFileError, match="cannot be noted") as caught, nowhere.writing() as writer:
        assert writer.commit("checkpoint").seq < writer.commit("checkpoint").seq == 12
    assert caught.value.kept == "The case itself is complete."
    assert built.open().head.seq == 12
    with built.writing() as writer:
        writer.commit("checkpoint")


def test_no_descriptor_is_left_open(built: cases.Built) -> None:
    before = cases.open_descriptors()
    for number in range(4, 7):
        with built.writing() as writer:
            cases.collect_item(writer, number, act="1/0")
        with pytest.raises(StoreError), built.writing(file_system=Failing("append")) as writer:
            cases.collect_item(writer, 90 + number, act="1/0")
    assert cases.open_descriptors() == before


def test_temporary_files_are_wiped_at_the_end(built: cases.Built) -> None:
    with built.writing() as writer:
        writer.store.stage(io.BytesIO(b"left over"))
        (writer.store.temporary / "plain").write_bytes(b"plaintext")
    assert list((built.folder / "tmp").iterdir()) == []
    assert cases.judged(built.folder) == ([], [])


# --- Who may write ---


def test_a_second_writer_waits_for_the_first(built: cases.Built) -> None:
    order: list[str] = []

    def write() -> None:
        with built.writing(wait_s=30) as writer:
            order.append("second")
            writer.commit("checkpoint")

    with built.writing() as writer:
        second = threading.Thread(target=write)
        second.start()
        time.sleep(0.2)
        order.append("first")
        writer.commit("checkpoint")
    second.join()
    assert order == ["first", "second"]
    assert built.open().head.seq == 12


def test_a_second_writer_that_does_not_wait_is_told_for_whom(built: cases.Built) -> None:
    told = rf"process {os.getpid()} on .+ \(collect, "
    with built.writing("collect"), pytest.raises(CaseLockedError, match=told), built.writing("analyze"):
        pass


def test_a_key_that_the_case_does_not_list_may_not_write(built: cases.Built, tmp_path: Path) -> None:
    stranger = new_key(cases.home_in(tmp_path / "stranger"))
    before = (built.folder / "ledger.jsonl").read_bytes()
    with pytest.raises(CaseError, match="is not an active key") as caught, replace(built, key=stranger).writing():
        pass
    assert "forensics key add" in caught.value.hint
    assert (built.folder / "ledger.jsonl").read_bytes() == before


def test_what_is_no_case_gets_no_lock_file(tmp_path: Path) -> None:
    home = cases.home_in(tmp_path / "home")
    (tmp_path / "folder").mkdir()
    with pytest.raises(CaseError), cases.Built(tmp_path / "folder", home, new_key(home)).writing():
        pass
    assert list((tmp_path / "folder").iterdir()) == []


# --- Keys ---


@pytest.fixture
def second(built: cases.Built, tmp_path: Path) -> SigningKey:
    """The key of a second examiner, listed by the first."""
    key = new_key(cases.home_in(tmp_path / "second"))
    with built.writing() as writer:
        extra = {"key": {"id": key.key_id, "spki": key.spki.hex()}}
        writer.commit("key-add", [KeyHolder(key.key_id, "C. Second", key.recipient)], extra=extra)
    return key


def end(built: cases.Built, action: str, key: SigningKey, **more: str) -> None:
    with built.writing() as writer:
        writer.commit(action, extra={"key": {"id": key.key_id, **more}})


def test_a_second_examiner_may_write_and_be_written_for(built: cases.Built, second: SigningKey) -> None:
    with replace(built, key=second).writing() as writer:
        assert writer.recipients == (built.key.recipient, second.recipient)
        assert writer.commit("checkpoint").actor == second.key_id
    assert set(built.open().active_keys()) == {built.key.key_id, second.key_id}
    assert cases.judged(built.folder) == ([], [])


@pytest.mark.parametrize("action", ["key-retire", "key-revoke"])
def test_a_key_that_ended_signs_nothing_more(built: cases.Built, second: SigningKey, action: str) -> None:
    more = {"since": format_time(cases.now())} if action == "key-revoke" else {}
    end(built, action, second, **more)
    with pytest.raises(CaseError, match="is not an active key"), replace(built, key=second).writing():
        pass
    with built.writing() as writer:
        assert writer.recipients == (built.key.recipient,)
    assert cases.judged(built.folder) == ([], [])


def test_a_writer_that_retires_its_own_key_is_at_its_end(built: cases.Built, second: SigningKey) -> None:
    with built.writing() as writer:
        writer.commit("key-retire", extra={"key": {"id": built.key.key_id}})
        with pytest.raises(CaseError, match="is no longer active"):
            writer.commit("checkpoint")
    with replace(built, key=second).writing() as writer:
        writer.commit("checkpoint")
    assert cases.judged(built.folder) == ([], [])


def test_the_last_key_stays(built: cases.Built, second: SigningKey) -> None:
    end(built, "key-retire", second)
    with built.writing() as writer:
        for action, more in (("key-retire", {}), ("key-revoke", {"since": format_time(cases.now())})):
            with pytest.raises(UsageError, match="last active key"):
                writer.commit(action, extra={"key": {"id": built.key.key_id, **more}})


def test_a_key_is_listed_once_and_never_again(built: cases.Built, second: SigningKey) -> None:
    extra = {"key": {"id": second.key_id, "spki": second.spki.hex()}}
    for _ in range(2):
        with built.writing() as writer, pytest.raises(UsageError, match="lists this key already"):
            writer.commit("key-add", extra=extra)
        if second.key_id in built.open().active_keys():
            end(built, "key-retire", second)
    with built.writing() as writer, pytest.raises(UsageError, match="no such active key"):
        writer.commit("key-retire", extra={"key": {"id": second.key_id}})


def test_sealed_blobs_open_for_every_examiner(built: cases.Built, second: SigningKey, tmp_path: Path) -> None:
    from forensics.custody import sealing

    with built.writing() as writer:
        cases.collect_item(writer, 4, act="1/0", is_sealed=True)
    case = built.open()
    artifact = case.snapshot().acquisitions[-1].record.artifacts[0]
    blob = case.store.path_of(artifact.digests.sha256)
    for number, key in enumerate((built.key, second)):
        plain = tmp_path / f"plain-{number}"
        sealing.decrypt_file(blob, plain, identities=[key.identity], plain_sha256=artifact.content_sha256)
        assert plain.read_bytes() == cases.content_of(4)
    assert not list(cases.files_with(built.folder, cases.secret_of(4)))


# --- The head of the case ---


def test_the_head_is_noted_after_every_commit(built: cases.Built) -> None:
    with built.writing() as writer:
        writer.commit("checkpoint")
        assert remembered_head(built.home, writer.case.info.id) == writer.case.head
    assert remembered_head(built.home, built.open().info.id) == built.open().head


def test_a_ledger_that_was_cut_is_not_written_to(built: cases.Built) -> None:
    with built.writing() as writer:
        writer.commit("checkpoint")
    case = built.open()
    lines = (built.folder / "ledger.jsonl").read_bytes().splitlines(keepends=True)
    (built.folder / "ledger.jsonl").write_bytes(b"".join(lines[:-1]))
    with pytest.raises(IntegrityError, match=f"does not contain event {case.head.seq}") as caught, built.writing():
        pass
    assert caught.value.exit_code == 10
    assert str(head_path(built.home, case.info.id)) in caught.value.hint
    assert remembered_head(built.home, case.info.id) == case.head


def test_a_ledger_with_another_line_in_that_place_is_not_written_to(built: cases.Built) -> None:
    case_id = built.open().info.id
    remember_head(built.home, case_id, head=Head(3, "ab" * 32), folder=built.folder)
    with pytest.raises(IntegrityError, match="does not contain event 3"), built.writing():
        pass
    head_path(built.home, case_id).unlink()
    with built.writing() as writer:
        writer.commit("checkpoint")


def test_two_copies_of_a_case_are_remembered_apart(built: cases.Built, tmp_path: Path) -> None:
    with built.writing() as writer:
        writer.commit("checkpoint")
    shutil.copytree(built.folder, tmp_path / "copy")
    copy = replace(built, folder=tmp_path / "copy")
    for one in (copy, built):
        with one.writing() as writer:
            writer.commit("checkpoint")
    case_id = built.open().info.id
    assert remembered_head(built.home, case_id, folder=copy.folder) == copy.open().head
    assert remembered_head(built.home, case_id, folder=built.folder) == built.open().head
    assert remembered_head(built.home, case_id, folder=tmp_path / "unknown") == built.open().head


def test_a_case_that_went_on_elsewhere_is_written_to(built: cases.Built, tmp_path: Path) -> None:
    elsewhere = replace(built, home=Home(built.home.configuration, tmp_path / "elsewhere"))
    with elsewhere.writing() as writer:
        writer.commit("checkpoint")
    with built.writing() as writer:
        writer.commit("checkpoint")
    assert remembered_head(built.home, built.open().info.id) == built.open().head


def test_a_damaged_note_does_not_keep_anyone_from_writing(built: cases.Built) -> None:
    path = head_path(built.home, built.open().info.id)
    path.write_bytes(b"garbage")
    with built.writing() as writer:
        writer.commit("checkpoint")
    assert remembered_head(built.home, built.open().info.id) == built.open().head


# --- Proofs and reports ---


def test_a_proof_is_kept_under_its_digest_once(built: cases.Built) -> None:
    with built.writing() as writer:
        names = {writer.keep_proof(b"a token", ".tsr") for _ in range(2)}
        proof = TimeProof(6, "https://tsa", *names, cases.now(), cases.now(), cases.now())
        writer.commit("time-proof", [proof])
    (path,) = (built.folder / "proofs").iterdir()
    assert path.name == f"{signing.sha256_hex(b'a token')}.tsr"
    assert path.read_bytes() == b"a token"
    assert cases.judged(built.folder) == ([], [])


def test_the_last_report_of_a_name_lies_in_its_place(built: cases.Built) -> None:
    with built.writing() as writer:
        for data in (b"one", b"two", b"three", b"two"):
            cases.commit_report(writer, data)
    assert (built.folder / "reports" / "report.pdf").read_bytes() == b"two"
    assert cases.judged(built.folder) == ([], [])
    assert len(built.open().snapshot(as_of=built.open().head.seq).outputs) == 4


@pytest.mark.parametrize(
    "path",
    [
        "report.pdf",
        "/tmp/report.pdf",
        "reports/../x",
        "reports/..",
        "reports/.",
        "reports/",
        "reports/a/b",
        "blobs/x",
        "reports/a\0b",
        "",
    ],
)
def test_a_report_lies_nowhere_else(built: cases.Built, path: str) -> None:
    with built.writing() as writer, pytest.raises(UsageError, match="there can be no report"):
        writer.place_output(b"x", path)


def test_a_hostile_output_record_leads_nowhere(built: cases.Built, tmp_path: Path) -> None:
    """A case that somebody else made may name anything; a writer neither writes nor removes what it names."""
    (tmp_path / "mine").write_bytes(b"mine")
    with built.writing() as writer:
        staged = writer.store.stage(io.BytesIO(b"theirs"))
        artifact = Artifact(staged.digests, "report", Name("x"), "text/plain", cases.now())
        output = Output("report", "reports/../../mine", staged.digests.sha256, 6, artifact)
        writer.commit("report", [output], staged=[staged])
        writer.store.stage(io.BytesIO(b"left"))
        (built.folder / "blobs" / "ff").mkdir(exist_ok=True)
    left = signing.sha256_hex(b"left")
    (built.folder / "blobs" / left[:2]).mkdir(exist_ok=True)
    (built.folder / "blobs" / left[:2] / left).write_bytes(b"left")
    with built.writing() as writer:
        from forensics.custody import erasure

        erasure.erase(writer, "ITEM-0001", basis="asked")
    assert (tmp_path / "mine").read_bytes() == b"mine"


def test_digests_in_the_record_are_those_of_the_blob(built: cases.Built) -> None:
    for one in open_case(built.folder).snapshot().acquisitions:
        digests = one.record.artifacts[0].digests
        assert isinstance(digests, Digests)
        built.open().store.check(digests.sha256)


def test_a_sync_that_fails_in_the_append_takes_the_line_back(built: cases.Built) -> None:
    class NoSync(RealFileSystem):
        def sync_file(self, handle: IO[bytes]) -> None:
            if Path(str(handle.name)).name == "ledger.jsonl":
                raise OSError(errno.EIO, "Input/output error")
            super().sync_file(handle)

    before = (built.folder / "ledger.jsonl").read_bytes()
    with built.writing(file_system=NoSync()) as writer, pytest.raises(StoreError):
        writer.commit("checkpoint")
    assert (built.folder / "ledger.jsonl").read_bytes() == before
