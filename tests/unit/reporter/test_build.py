"""The verb `report`: which files there are, that they are the same again, and what is recorded of them."""

from __future__ import annotations

import csv
import hashlib
import io
import json

import pytest

from forensics.model import Exhibit
from forensics.reporter import pades
from forensics.reporter.build import Sealing, write_report
from tests.fakes import cases, sealing
from tests.fakes.program import forensics

FILES = {
    *("report.pdf", "report.html", "case.jsonld", "collection-statement.pdf"),
    *("catalogue.pdf", "catalogue.csv", "catalogue.docx"),
}


@pytest.fixture
def built(tmp_path):
    """Gives a case of China with two items, one of them an exhibit."""
    made = cases.build_case(tmp_path / "case", cases.home_in(tmp_path), items=2, jurisdiction="cn")
    with made.writing("exhibit") as writer:
        writer.commit("exhibit", [Exhibit("1-1", "涉案文件", ("ITEM-0002",), (), ("E2",))])
    return made


def reported(built, **more):
    with built.writing("report") as writer:
        return write_report(writer, language="zh", **{"out": None, **more})


def test_every_file_is_written_kept_and_committed_with_its_digest(built):
    made = reported(built)
    assert (
        {path.name for path, _ in made.files} == FILES == {path.name for path in (built.folder / "reports").iterdir()}
    )
    outputs = {one.record.path: one.record for one in built.open().snapshot(as_of=made.event.seq).outputs}
    for path, sha256 in made.files:
        record = outputs[f"reports/{path.name}"]
        assert record.digest == sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        assert (record.kind, record.as_of, record.artifact.digests.sha256) == ("report", made.as_of, sha256)
    assert cases.judged(built.folder) == ([], [])


def test_asked_again_all_files_have_the_same_bytes(built, tmp_path):
    first = reported(built)
    again = reported(built, out=tmp_path / "out")
    assert [sha256 for _, sha256 in first.files] == [sha256 for _, sha256 in again.files]
    assert first.unsealed == {}


def test_the_report_has_the_machine_readable_view_and_the_graph_in_it(built):
    import pikepdf

    reported(built)
    with pikepdf.open(built.folder / "reports" / "report.pdf") as pdf:
        assert {"report.json", "case.jsonld"} <= set(pdf.attachments)
        inside = bytes(pdf.attachments["case.jsonld"].get_file().read_bytes())
    assert inside == (built.folder / "reports" / "case.jsonld").read_bytes()


def test_a_seal_is_on_every_pdf_and_the_record_has_the_digest_before_it(built, tmp_path):
    plain = {path.name: sha256 for path, sha256 in reported(built).files}
    signer = pades.load_signer(sealing.pkcs12(tmp_path, sealing.signer()), sealing.PASSPHRASE)
    made = reported(built, sealing=Sealing(signer))
    sealed = {path.name: sha256 for path, sha256 in made.files}
    pdfs = {name for name in FILES if name.endswith(".pdf")}
    assert made.unsealed == {name: plain[name] for name in pdfs}
    assert {name for name in FILES if sealed[name] != plain[name]} == pdfs
    for one in built.open().snapshot(as_of=made.event.seq).outputs[-len(FILES) :]:
        name = one.record.path.removeprefix("reports/")
        seal = one.record.facts.get("seal", {})
        assert seal.get("unsealed_sha256") == (plain[name] if name in pdfs else None)
        assert not seal or seal["fingerprint"] == signer.fingerprint
    assert cases.judged(built.folder) == ([], [])


EXPORT = {
    "name": "示例群",
    "type": "private_supergroup",
    "id": 1,
    "messages": [
        {
            "id": number,
            "type": "message",
            "date": f"2026-10-0{number}T10:00:00",
            "date_unixtime": str(1_790_000_000 + number),
            "from": "=王小明",
            "from_id": "user7",
            "text": text,
        }
        for number, text in enumerate(("[口令红包] 188.00元", "[转账] 200.00元", "谢谢"), 1)
    ],
}


def test_every_payment_has_a_row_beside_the_report_without_the_names_of_third_parties(tmp_path):
    (tmp_path / "result.json").write_text(json.dumps(EXPORT, ensure_ascii=False), "utf-8")
    home, case = tmp_path / "home", tmp_path / "case"
    for verb in (
        ("new", case, "--title", "t", "--examiner", "e", "--jurisdiction", "cn", "--lang", "zh"),
        ("collect", case, tmp_path / "result.json"),
        ("analyze", case, "--only", "chats"),
        ("report", case),
    ):
        ended = forensics(*verb, home=home)
        assert ended.code in (0, 3), ended.errors
    data = (case / "reports" / "payment-table.csv").read_bytes()
    head, *rows = csv.reader(io.StringIO(data.decode("utf-8-sig")))
    assert data.startswith(b"\xef\xbb\xbf")
    assert sorted(int(row[head.index("amount_minor")]) for row in rows) == [18_800, 20_000]
    assert {row[head.index("payer")] for row in rows} == {"A01"}
    assert "王小明" not in data.decode()
