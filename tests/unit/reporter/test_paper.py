from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from datetime import UTC, datetime

import pytest

from forensics.engine.act import environment
from forensics.errors import ReportError, StoreError
from forensics.model import Exhibit, Statement
from forensics.reporter import paper, paper_fact, paper_table
from forensics.reporter.blocks import Blank, Pairs, Picture, Table, strings
from forensics.reporter.paper_table import Source
from tests.fakes import snapshots

NAMES = {
    "cn": {"collection-statement.pdf"},
    "us": {"certificate-902-14.pdf", "intent-902-11.pdf"},
    "eu": {"declaration.pdf", "attestation-202.pdf"},
    "intl": {"declaration.pdf"},
}
CATALOGUE = {"catalogue.pdf", "catalogue.csv", "catalogue.docx"}
LANGUAGES = ("zh", "en", "fr")
needs_poppler = pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="pdftotext (poppler-utils) is not installed"
)


def text_of(data, path):
    path.write_bytes(data)
    return subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True).stdout.decode()


def viewed(name, desk):
    kind = next(one for kinds in paper.KINDS.values() for one in kinds if one.name == name)
    return paper.view(kind, desk)


def blocks_of(view, of):
    return [block for section in view.sections for block in section.blocks if isinstance(block, of)]


def labels(view, of=Blank):
    if of is Blank:
        return [str(block.label) for block in blocks_of(view, Blank)]
    return {str(name): str(value) for block in blocks_of(view, Pairs) for name, value in block.rows}


@pytest.mark.parametrize(("place", "names"), NAMES.items())
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_jurisdiction_has_its_own_papers_as_pdfs(make_desk, make_case, place, names, language):
    made = paper.papers(make_desk(make_case("small", place), language))
    assert set(made) == names | CATALOGUE
    assert all(made[name].startswith(b"%PDF-") for name in names)


def test_papers_never_have_a_picture(make_desk, make_case):
    for place, kinds in paper.KINDS.items():
        desk = make_desk(make_case("rich", place), "en")
        for kind in kinds:
            found = paper.view(kind, desk)
            assert not blocks_of(found, Picture)
            assert b"/Subtype /Image" not in paper.draw(found, desk.words.templates)


def test_a_paper_says_that_it_is_a_draft_for_a_lawyer(make_desk, make_case):
    for language, word in (("zh", "律师"), ("en", "lawyer"), ("fr", "avocat")):
        for place, kinds in paper.KINDS.items():
            desk = make_desk(make_case("small", place), language)
            for kind in kinds:
                said = " ".join(strings(paper.view(kind, desk).cover.statements))
                assert word in said, (kind.name, language)


def test_what_nobody_stated_is_a_ruled_line(make_desk, make_case):
    found = viewed("collection-statement", make_desk(make_case("small", "cn"), "zh"))
    assert {"取证地点", "所用网络", "所用账号", "与当事人的关系、利害关系"} <= set(labels(found))
    assert "取证地点" not in labels(found, Pairs)


def test_what_was_stated_takes_the_place_of_the_ruled_line(make_desk):
    case = snapshots.small(jurisdiction="cn", language="zh")
    values = {"place": "杭州市某办公室", "network": "办公网络", "legal_basis": "本人委托", "access_mode": "own_account"}
    author = {"name": "李伟", "relation": "原告代理人"}
    case.event("state", stated("STATEMENT-0001", "collection", values), stated("STATEMENT-0002", "author", author))
    found = viewed("collection-statement", make_desk(case, "zh"))
    filled = labels(found, Pairs)
    assert (filled["取证地点"], filled["所用网络"]) == ("杭州市某办公室", "办公网络")
    assert (filled["取证人"], filled["与当事人的关系、利害关系"]) == ("李伟", "原告代理人")
    assert "本人委托" in filled["取得材料的方式及依据（未规避技术措施）"]
    assert "取证地点" not in labels(found)


def stated(name, kind, values, **more):
    return Statement(name, kind, "A", datetime(2026, 11, 22, tzinfo=UTC), values=values, **more)


def test_a_withdrawn_statement_fills_nothing(make_desk):
    case = snapshots.small(jurisdiction="cn", language="zh")
    values = {"place": "杭州市"}
    case.event("state", stated("STATEMENT-0001", "collection", values))
    case.event("state", stated("STATEMENT-0001", "collection", values, is_withdrawn=True))
    assert "取证地点" in labels(viewed("collection-statement", make_desk(case, "zh")))


def test_the_operators_own_machine_and_network_are_not_named(make_desk, make_case):
    for place, kinds in paper.KINDS.items():
        desk = make_desk(make_case("small", place), "en")
        for kind in kinds:
            said = " ".join(strings(paper.view(kind, desk)))
            assert "anna-laptop" not in said
            assert "192.0.2.7" not in said


def test_the_recorded_operating_system_stands_in_the_line_of_the_machine(make_desk, make_case):
    said = labels(viewed("collection-statement", make_desk(make_case("small", "cn"), "zh")), Pairs)
    assert said["计算机环境"] == "Debian GNU/Linux 12 (bookworm), Linux 6.1.0-18-amd64, x86_64"


def test_what_an_act_records_of_the_machine_is_what_the_papers_read():
    assert paper_fact._system(environment()).startswith(environment()["operating_system"])


def hash_rows(desk):
    return paper_table.hashes(Source(desk.case, desk.words, desk.open_blob)).rows


def test_the_certificates_digests_are_those_of_sha256sum_over_the_blobs(make_desk, make_case, tmp_path):
    case = make_case("small", "us")
    rows = hash_rows(make_desk(case, "en"))
    blobs = [facts.original.digests.sha256 for facts in make_desk(case, "en").case.items]
    for row, name in zip(rows, blobs, strict=True):
        (tmp_path / "blob").write_bytes(case.blobs[name])
        done = subprocess.run(["sha256sum", tmp_path / "blob"], capture_output=True, check=True)
        expected = done.stdout.decode().split()[0]
        assert (row[4], row[5], row[6]) == (expected, expected, "equal")


def test_a_copy_that_changed_is_not_equal(make_desk):
    case = snapshots.small(jurisdiction="us", language="en")
    name = next(iter(case.blobs))
    case.blobs[name] += b"x"
    row = next(row for row in hash_rows(make_desk(case, "en")) if row[4] == name)
    assert row[5] == hashlib.sha256(case.blobs[name]).hexdigest() != name
    assert row[6] == "NOT EQUAL"


def test_a_copy_that_cannot_be_read_is_said_to_be_so(make_desk, make_case):
    desk = make_desk(make_case("small", "us"), "en")

    def broken(sha256):
        raise StoreError(f"{sha256} is gone")

    rows = paper_table.hashes(Source(desk.case, desk.words, broken)).rows
    assert {(row[5], row[6]) for row in rows} == {("the copy cannot be read", "–")}


def test_a_sealed_copy_is_not_opened_and_a_captured_page_has_no_source_digest(make_desk, make_case):
    sealed = next(row for row in hash_rows(make_desk(make_case("rich", "us"), "en")) if "ITEM-0060" in row[1])
    assert (sealed[5], sealed[6]) == ("sealed: not computed anew", "–")
    captured = hash_rows(make_desk(make_case("group", "us"), "en"))
    assert "none: made while capturing" in {row[4] for row in captured}
    assert all(row[6] == "–" for row in captured if row[4].startswith("none"))


@needs_poppler
def test_the_certificate_has_the_formula_for_inside_and_outside_of_the_united_states(make_desk, make_case, tmp_path):
    made = paper.papers(make_desk(make_case("small", "us"), "en"))
    said = re.sub(r"\s+", " ", text_of(made["certificate-902-14.pdf"], tmp_path / "c.pdf"))
    assert "I declare under penalty of perjury that the foregoing is true and correct." in said
    assert "under the laws of the United States of America" in said
    assert "says nothing about whether the content is true" in said


def test_the_notice_of_intent_lists_the_exhibits_with_their_digests(make_desk):
    case = snapshots.small(jurisdiction="us", language="en")
    case.event("exhibit", Exhibit("1-1", "The clip", ("ITEM-0002",)))
    desk = make_desk(case, "en")
    table = blocks_of(viewed("intent-902-11", desk), Table)[0]
    digest = next(facts.original.content_sha256 for facts in desk.case.items if facts.item.id == "ITEM-0002")
    assert [(row[0], row[1]) for row in table.rows] == [("1-1", "The clip")]
    assert digest in table.rows[0][3]


def test_the_papers_of_others_are_left_alone(make_desk, make_case):
    said = " ".join(strings(viewed("collection-statement", make_desk(make_case("small", "cn"), "zh"))))
    assert "鉴定人承诺书仅由受委托的鉴定人使用，本程序不予填写" in said
    assert "鉴定意见" not in said


def test_all_languages_have_the_same_texts_and_placeholders(templates):
    for name, texts in templates.papers.items():
        keys = {language: {key for key in texts[language] if not key.startswith("how.")} for language in LANGUAGES}
        assert keys["zh"] == keys["en"] == keys["fr"], name
        for key in keys["en"]:
            found = {
                frozenset(re.findall(r"{(\w+)}", " ".join(one) if isinstance(one, tuple) else one))
                for one in (texts[language][key] for language in LANGUAGES)
            }
            assert len(found) == 1, (name, key)


def test_every_fact_that_a_statement_can_give_has_a_label_somewhere(templates):
    labelled = {key for texts in templates.papers.values() for key in texts["en"]}
    for facts in paper_fact.STATED.values():
        assert {f"pairs.{name}" for name in facts} <= labelled


def test_a_paper_without_template_is_an_error_that_names_it(make_desk, make_case):
    desk = make_desk(make_case("small", "cn"), "zh")
    with pytest.raises(ReportError, match="papers/unknown"):
        paper.texts_of("unknown", desk.words)
