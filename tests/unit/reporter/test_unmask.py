from __future__ import annotations

import io
import re
import zlib

import pytest

from forensics.custody import sealing
from forensics.custody.erasure import erase
from forensics.errors import UsageError
from forensics.reporter.build import write_report
from forensics.reporter.unmask import Unmasking
from tests.fakes import cases
from tests.fakes.snapshots import picture

WANTED = Unmasking(("ITEM-0001",), "asked for by the court")


@pytest.fixture
def as_picture(monkeypatch):
    """Lets what is collected be recorded as a picture."""
    plain = cases.Artifact

    def artifact(digests, role, name, _media_type, *more):
        return plain(digests, role, name, "image/jpeg", *more)

    monkeypatch.setattr(cases, "Artifact", artifact)


@pytest.fixture
def built(tmp_path, as_picture):
    """Gives a case with one sealed picture."""
    del as_picture
    made = cases.empty_case(tmp_path / "case", cases.home_in(tmp_path))
    with made.writing("collect") as writer:
        act = cases.begin_act(writer)
        cases.collect_item(writer, 1, act=act, content=picture(3), is_sealed=True)
    return made


def reported(built, out, **more):
    with built.writing("report") as writer:
        return write_report(writer, language="en", out=out, **more)


def pictures_in(pdf):
    return len(re.findall(rb"/Subtype\s*/Image", pdf))


def test_a_sealed_picture_is_drawn_only_in_the_report_that_asked_for_it(built, tmp_path):
    masked = reported(built, None)
    asked = reported(built, tmp_path / "out", unmasking=WANTED)
    later = reported(built, None)
    count = [pictures_in(path.read_bytes()) for made in (masked, asked, later) for path, _ in made.files[:1]]
    assert count == [0, 1, 0]
    assert later.as_of == masked.as_of, "a request is no part of what is reported"


def test_the_request_is_recorded_before_the_report_and_says_who_what_and_why(built, tmp_path):
    reported(built, tmp_path / "out", unmasking=WANTED)
    events = built.open().events
    assert [event.action for event in events[-2:]] == ["access", "report"]
    record = built.open().snapshot(as_of=events[-2].seq).accesses[0].record
    assert (record.items, record.by, record.reason) == (("ITEM-0001",), "B. Examiner", "asked for by the court")
    html = (tmp_path / "out" / "report.html").read_text()
    assert "asked for by the court" in html
    assert "secret-1.bin" not in html


def test_the_copy_that_the_case_keeps_is_sealed(built, tmp_path):
    made = reported(built, tmp_path / "out", unmasking=WANTED)
    plain = made.files[0][0].read_bytes()
    assert not list((built.folder / "reports").iterdir())
    assert all(path.read_bytes() != plain for path in (built.folder / "blobs").rglob("*") if path.is_file())
    outputs = [one.record for one in built.open().snapshot(as_of=built.open().head.seq).outputs]
    assert all(one.path is None and one.artifact.sealed is not None for one in outputs)
    output = next(one for one in outputs if one.artifact.name.display == "report.pdf")
    assert output.path is None
    with built.writing() as writer, writer.store.open(output.artifact.digests.sha256) as stream:
        target = io.BytesIO()
        sealing.decrypt(stream, target, identities=(writer.key.identity,))
    assert target.getvalue() == plain


def test_both_verifiers_accept_a_case_with_a_request(built, tmp_path):
    reported(built, tmp_path / "out", unmasking=WANTED)
    assert cases.judged(built.folder) == ([], [])


def test_the_same_request_drawn_again_gives_the_same_bytes(built, tmp_path):
    first = reported(built, tmp_path / "one", unmasking=WANTED)
    again = reported(built, tmp_path / "two", as_of=first.as_of)
    assert [sha256 for _, sha256 in first.files] == [sha256 for _, sha256 in again.files]


@pytest.mark.parametrize("wanted", [Unmasking(("ITEM-0001",), "  "), Unmasking(("ITEM-0009",), "a reason")])
def test_a_request_without_reason_or_for_no_item_is_refused_and_not_recorded(built, tmp_path, wanted):
    before = built.open().head
    with pytest.raises(UsageError):
        reported(built, tmp_path / "out", unmasking=wanted)
    assert built.open().head == before
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("inside", [None, "reports", "packets", "."])
def test_a_report_with_unmasked_pictures_never_lies_in_the_case(built, inside):
    out = None if inside is None else built.folder / inside
    before = built.open().head
    with pytest.raises(UsageError):
        reported(built, out, unmasking=WANTED)
    assert built.open().head == before


def test_an_earlier_request_cannot_be_drawn_into_the_case(built, tmp_path):
    made = reported(built, tmp_path / "out", unmasking=WANTED)
    with pytest.raises(UsageError):
        reported(built, None, as_of=made.as_of)


def test_erasing_the_item_erases_the_request_too(built, tmp_path):
    reported(built, tmp_path / "out", unmasking=WANTED)
    with built.writing("erase") as writer:
        erase(writer, "ITEM-0001", basis="duty to delete")
    assert built.open().snapshot(as_of=built.open().head.seq).accesses == ()
    assert not list(cases.files_with(built.folder, b"asked for by the court"))
    assert cases.judged(built.folder) == ([], [])


def test_a_damaged_sealed_blob_costs_its_picture_alone(built, tmp_path):
    with built.writing() as writer:
        artifact = writer.case.snapshot().acquisitions[0].record.artifacts[0]
        path = writer.store.path_of(artifact.digests.sha256)
        path.chmod(0o644)
        path.write_bytes(zlib.compress(b"no age file"))
    made = reported(built, tmp_path / "out", unmasking=WANTED)
    assert pictures_in(made.files[0][0].read_bytes()) == 0
