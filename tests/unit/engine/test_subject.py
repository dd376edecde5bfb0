"""Subjects: registered whole or not at all, compared on a legal basis only, deleted without a trace of the person."""

from __future__ import annotations

import errno
import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from forensics.codec import encode
from forensics.collectors.local import LocalCollector
from forensics.custody.digest import sha256_hex
from forensics.custody.erasure import erase
from forensics.custody.store import RealFileSystem
from forensics.engine import enrol as enrolling
from forensics.engine.collect import Setup, collect, requests_for
from forensics.engine.enrol import Enrolled, Receipt, Wish, delete, enrol
from forensics.engine.portrait import Portrait
from forensics.engine.subject import (
    find_subject,
    has_basis,
    next_id,
    photos_of,
    record_basis,
    registered,
    subject_named,
)
from forensics.errors import CaseError, StoreError, UsageError
from forensics.model import Artifact, Exhibit, LegalBasis, Name, Sensitivity, Subject
from forensics.verify.argument import verify
from tests.fakes import cases

NAME = "Zoé Exemplaire"
BASIS = "consent in writing of 2026-11-01"
BOX = (10.5, 20.0, 100.0, 130.0)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> cases.Built:
    folder = tmp_path_factory.mktemp("subjects")
    return cases.build_case(folder / "case", cases.home_in(folder / "home"), items=1)


@pytest.fixture
def built(template: cases.Built, tmp_path: Path) -> cases.Built:
    """A case with one item, which is ITEM-0001."""
    return copy_of(template, tmp_path)


def copy_of(built: cases.Built, folder: Path) -> cases.Built:
    shutil.copytree(built.folder, folder / "case")
    shutil.copytree(built.home.configuration, folder / "home")
    return cases.Built(folder / "case", cases.home_in(folder / "home"), built.key)


def photo(folder: Path, name: str, content: bytes = b"") -> Portrait:
    """Writes a file and says of it what `portrait` would; enrolment looks at the bytes alone."""
    data = content or f"the picture {name} ".encode() * 50
    (folder / name).write_bytes(data)
    return Portrait(str(folder / name), sha256_hex(data), BOX, 1)


def enrolled(built: cases.Built, *photos: Portrait, name: str = NAME, basis: str = BASIS, **more: str) -> Enrolled:
    with built.writing("subject") as writer:
        return enrol(writer, Wish(name, basis, **more), photos, setup=Setup(arguments=("--keep=True",)))


def collected(built: cases.Built, path: str) -> None:
    with built.writing("collect") as writer:
        requests = requests_for([path], note="a note", sensitivity=Sensitivity.NORMAL, leave_out=())
        collect(writer, requests, collectors=[LocalCollector()], setup=Setup())


def deleted(built: cases.Built, named: str = NAME) -> Receipt:
    with built.writing("subject") as writer:
        receipt = delete(writer, subject_named(writer, named), basis="consent withdrawn")
        writer.commit("checkpoint")
        return receipt


def sound(built: cases.Built) -> bool:
    """Whether both verifiers find the case intact and nothing left over."""
    found = verify(built.folder)
    return cases.judged(built.folder) == ([], []) and not found.defects and not found.remains


def anywhere(built: cases.Built, *texts: str | bytes) -> list[str]:
    """Gives the files of the case in which one of some texts stands, or that are named so."""
    raw = [text.encode() if isinstance(text, str) else text for text in texts]
    found = [path for text in raw for path in cases.files_with(built.folder, text)]
    named = [path for path in built.folder.rglob("*") for text in raw if text in bytes(path.relative_to(built.folder))]
    return sorted({path.name for path in [*found, *named]})


@contextmanager
def unchanged(built: cases.Built) -> Iterator[None]:
    before = built.open().events
    yield
    assert built.open().events == before
    assert sound(built)


# --- Registering ---


def test_photos_act_and_subject_come_into_the_case_as_one_event(built: cases.Built, tmp_path: Path) -> None:
    before = built.open().head.seq
    result = enrolled(built, photo(tmp_path, "a.jpg"), photo(tmp_path, "b.jpg"), consent="by herself")
    case = built.open()
    assert [event.action for event in case.events[before + 1 :]] == ["subject", "checkpoint"]
    (subject,) = case.snapshot().subjects
    assert subject.record == result.subject
    assert (subject.record.id, subject.record.name) == ("SUBJECT-0001", NAME)
    assert (subject.record.photos, result.added) == (("ITEM-0002", "ITEM-0003"),) * 2
    assert (subject.record.basis.basis, subject.record.basis.consent) == (BASIS, "by herself")
    assert subject.record.faces_px == (BOX, BOX)
    assert result.is_new
    assert sound(built)


def test_reference_photos_are_biometric_items_that_stay_readable(built: cases.Built, tmp_path: Path) -> None:
    enrolled(built, photo(tmp_path, "a.jpg"))
    snapshot = built.open().snapshot()
    (item,) = [one.record for one in snapshot.items if one.record.id == "ITEM-0002"]
    assert (item.kind, item.sensitivity) == ("file", Sensitivity.BIOMETRIC)
    (artifact,) = snapshot.acquisitions[-1].record.artifacts
    assert artifact.sealed is None
    with built.open().store.open(artifact.digests.sha256) as stream:
        assert stream.read() == (tmp_path / "a.jpg").read_bytes()


def test_the_act_names_neither_person_nor_files(built: cases.Built, tmp_path: Path) -> None:
    enrolled(built, photo(tmp_path, "holiday.jpg"))
    (act,) = [one.record for one in built.open().snapshot().acts if one.record.verb == "subject"]
    assert act.arguments == ("--keep=True",)
    assert not any(text in str(encode(act)) for text in (NAME, "holiday"))


def test_the_same_name_gets_more_photos_under_the_same_id(built: cases.Built, tmp_path: Path) -> None:
    first = enrolled(built, photo(tmp_path, "a.jpg"), consent="by herself")
    second = enrolled(built, photo(tmp_path, "b.jpg"), name=f"  {NAME.upper()} ", basis="", scope="this case")
    assert (first.subject.id, second.subject.id, second.is_new) == ("SUBJECT-0001", "SUBJECT-0001", False)
    assert second.subject.photos == ("ITEM-0002", "ITEM-0003")
    basis = second.subject.basis
    assert (basis.basis, basis.consent, basis.scope) == (BASIS, "by herself", "this case")
    with built.writing() as writer:
        assert registered(writer) == (second.subject,)
    assert len(built.open().snapshot().subjects) == 2
    assert sound(built)


def test_a_name_that_a_subject_has_as_id_means_that_subject(built: cases.Built, tmp_path: Path) -> None:
    enrolled(built, photo(tmp_path, "a.jpg"))
    assert enrolled(built, photo(tmp_path, "b.jpg"), name="SUBJECT-0001").subject.name == NAME
    with pytest.raises(UsageError, match="no subject"):
        enrolled(built, photo(tmp_path, "c.jpg"), name="SUBJECT-0007")


def test_the_same_bytes_under_two_names_are_one_photo(built: cases.Built, tmp_path: Path) -> None:
    result = enrolled(built, photo(tmp_path, "a.jpg", b"one"), photo(tmp_path, "b.jpg", b"one"))
    assert (result.added, result.known) == (("ITEM-0002",), (str(tmp_path / "b.jpg"),))


def test_what_is_registered_already_changes_nothing(built: cases.Built, tmp_path: Path) -> None:
    enrolled(built, photo(tmp_path, "a.jpg"))
    with unchanged(built):
        again = enrolled(built, photo(tmp_path, "a.jpg"))
    assert (again.subject.photos, again.added, again.act) == (("ITEM-0002",), (), "")


@pytest.mark.parametrize(
    ("wish", "why"),
    [(Wish(NAME), "legal basis"), (Wish(NAME, " \n"), "legal basis"), (Wish(" ", BASIS), "needs a name")],
)
def test_nobody_is_registered_without_basis_or_name(wish: Wish, why: str, built: cases.Built, tmp_path: Path) -> None:
    with unchanged(built), built.writing() as writer, pytest.raises(UsageError, match=why):
        enrol(writer, wish, [photo(tmp_path, "a.jpg")], setup=Setup())


def test_nobody_is_registered_without_a_photo(built: cases.Built) -> None:
    with unchanged(built), pytest.raises(UsageError, match="at least one photo"):
        enrolled(built)


def test_a_refusal_for_want_of_a_basis_says_which_law_asks_for_one(built: cases.Built) -> None:
    with built.writing() as writer, pytest.raises(UsageError) as refused:
        record_basis(writer, LegalBasis(basis="", at=cases.now()))
    assert "PIPL articles 28 and 29" in refused.value.hint
    assert "GDPR article 9" in refused.value.hint


def test_a_photo_that_changed_since_it_was_looked_at_is_not_registered(built: cases.Built, tmp_path: Path) -> None:
    looked_at = [photo(tmp_path, "a.jpg"), photo(tmp_path, "b.jpg")]
    (tmp_path / "b.jpg").write_bytes(b"another face")
    with unchanged(built), pytest.raises(CaseError, match=r"b\.jpg could not be collected"):
        enrolled(built, *looked_at)
    (tmp_path / "b.jpg").unlink()
    with unchanged(built), pytest.raises(CaseError, match=r"b\.jpg could not be collected"):
        enrolled(built, *looked_at)
    assert not any((built.folder / "tmp").iterdir())


def test_an_item_with_a_note_becomes_biometric_and_keeps_its_note(built: cases.Built, tmp_path: Path) -> None:
    chosen = photo(tmp_path, "a.jpg")
    collected(built, chosen.path)
    assert enrolled(built, chosen).added == ("ITEM-0002",)
    items = [one.record for one in built.open().snapshot().items if one.record.id == "ITEM-0002"]
    levels = [Sensitivity.NORMAL, Sensitivity.BIOMETRIC]
    assert [(one.note, one.sensitivity) for one in items] == [("a note", level) for level in levels]
    assert sound(built)


# --- Looking up ---


def test_photos_are_what_was_looked_at_with_the_face_that_is_meant(built: cases.Built, tmp_path: Path) -> None:
    chosen = photo(tmp_path, "a.jpg")
    subject = enrolled(built, chosen).subject
    (tmp_path / "a.jpg").write_bytes(b"other bytes under the same name")
    collected(built, chosen.path)
    with built.writing() as writer:
        (artifact,) = photos_of(writer, subject)
    assert artifact.content_sha256 == chosen.sha256
    assert artifact.facts["face_box_px"] == list(BOX)
    assert artifact.role == "original"


def test_a_subject_recorded_without_contents_has_its_newest_photos(built: cases.Built) -> None:
    basis = LegalBasis(basis=BASIS, at=cases.now())
    with built.writing() as writer:
        writer.commit("subject", [Subject("SUBJECT-0001", NAME, ("ITEM-0001",), basis, basis.at)])
        (artifact,) = photos_of(writer, registered(writer)[0])
    assert artifact.digests.sha256 == sha256_hex(cases.content_of(1))
    assert "face_box_px" not in artifact.facts


def test_a_basis_of_the_case_or_a_subject_switches_comparison_on(built: cases.Built, tmp_path: Path) -> None:
    with built.writing() as writer:
        assert not has_basis(writer)
        record_basis(writer, LegalBasis(basis=BASIS, at=cases.now(), purpose="something else"))
        assert not has_basis(writer)
        committed = record_basis(writer, LegalBasis(basis=f" {BASIS} ", at=cases.now()))
        assert committed.record.basis == BASIS
        assert has_basis(writer)
    assert [one.record.purpose for one in built.open().snapshot().bases] == ["something else", "face-comparison"]
    assert sound(built)


def test_the_basis_of_a_deleted_subject_allows_nothing_any_more(built: cases.Built, tmp_path: Path) -> None:
    enrolled(built, photo(tmp_path, "a.jpg"))
    with built.writing() as writer:
        assert has_basis(writer)
    deleted(built)
    with built.writing() as writer:
        assert not has_basis(writer)
        assert registered(writer) == ()


def test_the_id_of_a_deleted_subject_is_not_used_again(built: cases.Built, tmp_path: Path) -> None:
    enrolled(built, photo(tmp_path, "a.jpg"))
    deleted(built)
    with built.writing() as writer:
        assert next_id(writer) == "SUBJECT-0002"
        assert writer.index.last_item_number() == 2
        with pytest.raises(UsageError, match="SUBJECT-0001 was erased"):
            subject_named(writer, "SUBJECT-0001")
        assert find_subject(writer, NAME) is None
    again = enrolled(built, photo(tmp_path, "a.jpg"))
    assert (again.subject.id, again.added) == ("SUBJECT-0002", ("ITEM-0003",))


def test_names_are_found_whatever_their_case_width_and_spaces(built: cases.Built, tmp_path: Path) -> None:
    enrolled(built, photo(tmp_path, "a.jpg"), name="张 三")
    enrolled(built, photo(tmp_path, "b.jpg"), name="Ann Lee")
    with built.writing() as writer:
        assert subject_named(writer, "ANN  LEE").id == "SUBJECT-0002"
        assert subject_named(writer, "Ａｎｎ Ｌｅｅ").id == "SUBJECT-0002"
        with pytest.raises(UsageError, match="no subject"):
            subject_named(writer, "Ann")


# --- Deleting ---


def findings_about(built: cases.Built, photo_sha256: str, **values: Any) -> None:
    """Commits findings about the photo, both items, and what was made of the photo, with what rests on them."""
    other = sha256_hex(cases.content_of(1))
    with built.writing("analyze") as writer:
        staged = writer.store.stage(io.BytesIO(b"a crop of the face of the photo"))
        crop = Artifact(staged.digests, "face", Name("F1.png"), "image/png", cases.now())
        named = replace(cases.finding_about(other), kind="face.identity", values={"subject": "SUBJECT-0001"} | values)
        records = [
            cases.finding_about(photo_sha256, attachments=(crop,)),
            cases.finding_about(staged.digests.sha256),
            cases.finding_about(other, photo_sha256),
            named,
            cases.finding_about(other),
        ]
        event = writer.commit("analyze", records, staged=[staged])
        refs = [f"{event.seq}/{number}" for number in range(5)]
        writer.commit("weigh", [cases.interpretation_of(refs[3]), cases.interpretation_of(refs[4])])
        exhibits = [Exhibit("A", "likeness", findings=(refs[3],)), Exhibit("B", "trace", findings=(refs[4],))]
        writer.commit("exhibit", exhibits)
        cases.commit_report(writer, f"a report that names {NAME}".encode())


def test_nothing_of_name_or_picture_is_left_in_any_file_of_the_case(built: cases.Built, tmp_path: Path) -> None:
    with built.writing() as writer:
        cases.commit_report(writer, b"a report of the time before")
    chosen = photo(tmp_path, "holiday in Brest.jpg")
    enrolled(built, chosen, basis="consent of Mrs Exemplaire", consent="the form of her own hand")
    findings_about(built, chosen.sha256)
    traces = (NAME, "Exemplaire", "holiday", chosen.sha256, "the picture", "a crop of", "own hand", "SUBJECT-0001/")
    assert anywhere(built, *traces)
    receipt = deleted(built)
    assert anywhere(built, *traces) == []
    assert sound(built)
    assert receipt.items == ("ITEM-0002",)
    assert (receipt.kept_items, receipt.blobs) == ((), 3)
    report = built.folder / "reports" / "report.pdf"
    assert report.read_bytes() == b"a report of the time before"


def test_what_rests_on_the_subject_goes_and_everything_else_stays(built: cases.Built, tmp_path: Path) -> None:
    chosen = photo(tmp_path, "a.jpg")
    enrolled(built, chosen)
    before = built.open().snapshot()
    findings_about(built, chosen.sha256)
    receipt = deleted(built)
    after = built.open().snapshot()
    kept = before.findings[0].ref
    assert [one.ref for one in after.findings] == [kept, f"{before.events[-1].seq + 1}/4"]
    assert len(after.interpretations) == 1
    assert [one.record.label for one in after.exhibits] == ["B"]
    assert [one.record.id for one in after.items] == ["ITEM-0001"]
    assert after.acts == before.acts
    assert (after.subjects, after.outputs) == ((), ())
    # Subject, item and acquisition, four findings, an interpretation, an exhibit and a report.
    assert receipt.records == 3 + 4 + 1 + 1 + 1


def test_the_receipt_names_event_and_digest_and_no_person(built: cases.Built, tmp_path: Path) -> None:
    enrolled(built, photo(tmp_path, "a.jpg"))
    receipt = deleted(built)
    event = built.open().events[receipt.event]
    assert (event.action, event.line_sha256, event.at) == ("erase", receipt.event_sha256, receipt.at)
    assert (receipt.case, receipt.subject) == (built.open().info.id, "SUBJECT-0001")
    erasures = [one.record for one in built.open().snapshot().erasures]
    assert [(one.item, one.basis) for one in erasures] == [
        ("SUBJECT-0001", "consent withdrawn"),
        ("ITEM-0002", "consent withdrawn"),
    ]
    assert NAME not in str(receipt)


def test_all_records_of_a_subject_go_with_it(built: cases.Built, tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        enrolled(built, photo(tmp_path, name))
    enrolled(built, photo(tmp_path, "d.jpg"), name="Another")
    assert deleted(built).items == ("ITEM-0002", "ITEM-0003", "ITEM-0004")
    assert anywhere(built, NAME, "a.jpg", "the picture b", "the picture c") == []
    assert anywhere(built, "Another", "the picture d")
    assert sound(built)


def test_a_photo_that_another_subject_has_stays(built: cases.Built, tmp_path: Path) -> None:
    both = photo(tmp_path, "both.jpg")
    enrolled(built, both)
    other = enrolled(built, replace(both, box_px=(300.0, 20.0, 90.0, 120.0)), name="Another").subject
    receipt = deleted(built)
    assert (receipt.items, receipt.kept_items, receipt.blobs) == ((), ("ITEM-0002",), 0)
    assert anywhere(built, NAME) == []
    with built.writing() as writer:
        (artifact,) = photos_of(writer, other)
    assert artifact.facts["face_box_px"] == [300, 20, 90, 120]
    built.open().store.check(both.sha256)
    assert sound(built)
    receipt = deleted(built, "Another")
    assert (receipt.items, receipt.kept_items, receipt.blobs) == (("ITEM-0002",), (), 1)
    assert anywhere(built, "Another", "both", "the picture") == []
    assert sound(built)


@pytest.mark.parametrize("is_before", [True, False])
def test_a_photo_that_was_collected_as_evidence_stays(is_before: bool, built: cases.Built, tmp_path: Path) -> None:
    chosen = photo(tmp_path, "post.jpg")
    if is_before:
        collected(built, chosen.path)
    enrolled(built, chosen)
    if not is_before:
        collected(built, chosen.path)
    findings_about(built, chosen.sha256)
    receipt = deleted(built)
    assert (receipt.items, receipt.kept_items, receipt.blobs) == ((), ("ITEM-0002",), 1)
    snapshot = built.open().snapshot()
    acquisitions = [one for one in snapshot.acquisitions if one.record.item == "ITEM-0002"]
    assert [snapshot.events[int(one.ref.split("/")[0])].action for one in acquisitions] == ["collect"]
    assert anywhere(built, NAME) == []
    assert [one.record.kind for one in snapshot.findings].count("face.identity") == 0
    assert len(snapshot.findings) == 5
    built.open().store.check(chosen.sha256)
    assert sound(built)


def test_the_receipt_names_evidence_that_holds_the_same_bytes_under_another_name(
    built: cases.Built, tmp_path: Path
) -> None:
    collected(built, photo(tmp_path, "post.jpg", b"one picture").path)
    enrolled(built, photo(tmp_path, "portrait.jpg", b"one picture"))
    receipt = deleted(built)
    assert (receipt.items, receipt.kept_items, receipt.blobs) == (("ITEM-0003",), ("ITEM-0002",), 0)
    assert anywhere(built, "portrait.jpg", NAME) == []
    assert sound(built)


def test_other_bytes_under_the_name_of_evidence_go_with_the_subject(built: cases.Built, tmp_path: Path) -> None:
    collected(built, photo(tmp_path, "post.jpg").path)
    enrolled(built, photo(tmp_path, "post.jpg", b"the face itself"))
    receipt = deleted(built)
    assert (receipt.kept_items, receipt.blobs) == (("ITEM-0002",), 1)
    assert anywhere(built, "the face itself") == []
    assert sound(built)


def test_findings_that_name_the_subject_go_even_where_its_photo_stays(built: cases.Built, tmp_path: Path) -> None:
    chosen = photo(tmp_path, "post.jpg")
    collected(built, chosen.path)
    enrolled(built, chosen)
    tool = replace(cases.LOOKER, settings={"subject": "SUBJECT-0001"})
    with built.writing() as writer:
        named = replace(cases.finding_about(chosen.sha256), analyzer=tool)
        writer.commit("analyze", [named, cases.finding_about(chosen.sha256)])
    deleted(built)
    assert anywhere(built, '"SUBJECT-0001"') == [f"{built.open().events[-2].seq:06d}-erase.jsonl"]
    assert len(built.open().snapshot().findings) == 2


@pytest.mark.parametrize("basis", [f"{NAME} asked for it", f"asked by {NAME.lower()}", "", "  "])
def test_a_basis_that_stays_must_not_name_the_person(basis: str, built: cases.Built, tmp_path: Path) -> None:
    enrolled(built, photo(tmp_path, "a.jpg"))
    with unchanged(built), built.writing() as writer, pytest.raises(UsageError):
        delete(writer, subject_named(writer, NAME), basis=basis)


def test_a_short_name_inside_of_a_word_is_no_name(built: cases.Built, tmp_path: Path) -> None:
    enrolled(built, photo(tmp_path, "a.jpg"), name="An")
    with built.writing() as writer:
        delete(writer, subject_named(writer, "An"), basis="order of the court of Lannion")
    assert sound(built)


def test_a_chinese_name_in_a_sentence_is_found(built: cases.Built, tmp_path: Path) -> None:
    enrolled(built, photo(tmp_path, "a.jpg"), name="张三")
    with built.writing() as writer, pytest.raises(UsageError, match="names the person"):
        delete(writer, subject_named(writer, "张三"), basis="应张三要求删除")


def test_erasing_a_photo_alone_leaves_the_subject_without_it(built: cases.Built, tmp_path: Path) -> None:
    gone, kept = photo(tmp_path, "a.jpg"), photo(tmp_path, "b.jpg")
    enrolled(built, gone, kept)
    with built.writing() as writer:
        erase(writer, "ITEM-0002", basis="asked")
        (subject,) = registered(writer)
        assert [one.content_sha256 for one in photos_of(writer, subject)] == [kept.sha256]
    assert (subject.photos, subject.contents) == (("ITEM-0003",), (kept.sha256,))
    assert anywhere(built, gone.sha256, "a.jpg") == []
    assert sound(built)
    assert deleted(built).items == ("ITEM-0003",)
    assert sound(built)


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


def test_a_deletion_that_failed_at_any_step_is_finished_by_the_next_opening(built: cases.Built, tmp_path: Path) -> None:
    chosen = photo(tmp_path, "a.jpg")
    enrolled(built, chosen)
    findings_about(built, chosen.sha256)
    outcomes = set()
    for step in range(0, 120, 3):
        copy = copy_of(built, tmp_path / f"{step}")
        if not _is_interrupted(copy, step):
            break
        assert not cases.judged(copy.folder)[0], step
        with copy.writing():
            pass
        is_committed = any(event.action == "erase" for event in copy.open().events)
        outcomes.add(is_committed)
        assert bool(anywhere(copy, NAME, chosen.sha256)) != is_committed, step
        assert cases.judged(copy.folder) == ([], []), step
    else:
        pytest.fail("the deletion never came to its end")
    assert outcomes == {True, False}


def _is_interrupted(built: cases.Built, step: int) -> bool:
    try:
        with built.writing(file_system=Failing(step)) as writer:
            delete(writer, subject_named(writer, NAME), basis="asked")
    except StoreError:
        return True
    return False


def test_a_registration_that_broke_off_leaves_nothing(
    built: cases.Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(enrolling.act, "end", stopped)
        with unchanged(built), pytest.raises(KeyboardInterrupt):
            enrolled(built, photo(tmp_path, "a.jpg"))
    assert anywhere(built, NAME, "the picture") == []


def test_a_registration_on_a_failing_disk_is_whole_or_not_there(built: cases.Built, tmp_path: Path) -> None:
    chosen = [photo(tmp_path, "a.jpg"), photo(tmp_path, "b.jpg")]
    for step in range(0, 90, 4):
        copy = copy_of(built, tmp_path / f"{step}")
        try:
            with copy.writing(file_system=Failing(step)) as writer:
                enrol(writer, Wish(NAME, BASIS), chosen, setup=Setup())
        except StoreError:
            with copy.writing():
                pass
            subjects = copy.open().snapshot().subjects
            assert [one.record.photos for one in subjects] in ([], [("ITEM-0002", "ITEM-0003")])
            assert bool(anywhere(copy, NAME, "the picture")) == bool(subjects), step
            assert cases.judged(copy.folder) == ([], []), step
        else:
            return
    pytest.fail("the registration never came to its end")
