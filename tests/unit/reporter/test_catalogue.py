from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from datetime import timedelta

import pytest

from forensics.model import Exhibit, Item, Name, Result, Sensitivity
from forensics.reporter import catalogue, paper
from tests.fakes import snapshots
from tests.fakes.snapshots import acquisition, act, digest, finding, opened

FORMULA = '=HYPERLINK("http://example.org","x")'
LIVE = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
PAGE = re.compile(r"\f")


def of(files):
    return {name: bytes(data) for name, data in files.items() if name.startswith("catalogue")}


def with_exhibits(*exhibits, jurisdiction="cn", language="zh"):
    """Gives four files, the second and third collected before the first."""
    case = opened(jurisdiction=jurisdiction, language=language, title="案件")
    case.event("collect", act(case, "collect", "x"))
    kept = [case.artifact(f"{name}.bin", name.encode(), "application/octet-stream") for name in "abcd"]
    items = [Item(f"ITEM-{n:04d}", Name(f"/{one.name.display}"), "file") for n, one in enumerate(kept, 1)]
    done = [acquisition(case, item.id, one, act="1/0") for item, one in zip(items, kept, strict=True)]
    late = timedelta(hours=1)
    done[0] = replace(done[0], started_at=done[0].started_at + late, ended_at=done[0].ended_at + late)
    case.event("collect", *items, *done)
    for exhibit in exhibits:
        case.event("exhibit", exhibit)
    return case


def rows_of(make_desk, case, language="zh"):
    desk = make_desk(case, language)
    return catalogue.rows(desk.case, desk.words)


def test_exhibits_stand_by_label_and_their_items_by_time_of_collection(make_desk):
    case = with_exhibits(
        Exhibit("B", "late element", ("ITEM-0004",), (), ("E10",)),
        Exhibit("A", "early element", ("ITEM-0001", "ITEM-0002"), (), ("E2", "E8")),
    )
    found = [(str(row.no), str(row.item)) for row in rows_of(make_desk, case)]
    wanted = [("A（1）", "ITEM-0002"), ("A（2）", "ITEM-0001"), ("B", "ITEM-0004"), ("［1］", "ITEM-0003")]
    assert found == wanted


def test_an_exhibit_has_the_number_that_its_examiner_gave_it(make_desk):
    case = with_exhibits(
        Exhibit("8-1", "clip", ("ITEM-0001",), (), ("E2",)),
        Exhibit("10-1", "page", ("ITEM-0002",), (), ("E1",)),
        Exhibit("2-3", "chat", ("ITEM-0003",), (), ("E8",)),
    )
    assert [str(row.no) for row in rows_of(make_desk, case)] == ["2-3", "8-1", "10-1", "［1］"]


def test_what_is_in_no_exhibit_comes_last_and_says_so(make_desk):
    row = rows_of(make_desk, with_exhibits(Exhibit("A", "x", ("ITEM-0004",), (), ("E2",))))[-1]
    assert row.proves == "未编组"


def test_of_two_exhibits_with_one_label_the_newer_counts(make_desk):
    case = with_exhibits(
        Exhibit("A", "first", ("ITEM-0001",), (), ("E2",)), Exhibit("A", "second", ("ITEM-0002",), (), ("E2",))
    )
    found = [row for row in rows_of(make_desk, case) if row.no == "A"]
    assert [str(row.item) for row in found] == ["ITEM-0002"]
    assert "second" in found[0].proves


def test_an_item_in_two_exhibits_is_listed_twice_and_refers_to_its_first_place(make_desk):
    case = with_exhibits(
        Exhibit("A", "one", ("ITEM-0001",), (), ("E2",)), Exhibit("B", "two", ("ITEM-0001",), (), ("E8",))
    )
    found = [row for row in rows_of(make_desk, case) if row.item == "ITEM-0001"]
    assert [str(row.no) for row in found] == ["A", "B"]
    assert found[1].remark == "同A"


def test_an_exhibit_of_findings_lists_the_items_that_they_are_about(make_desk):
    case = with_exhibits()
    made = case.event("analyze", finding(digest(b"c"), "metadata.tags", Result.FOUND, "A tag."))
    case.event("exhibit", Exhibit("A", "tags", (), (f"{made.seq}/0",), ("E2",)))
    assert rows_of(make_desk, case)[0].item == "ITEM-0003"


@pytest.mark.parametrize(
    ("kind", "values", "expected", "said"),
    [
        ("chat.messages", {"count": 2345, "first_at": "2026-10-01T00:00:00Z", "last_at": "2026-11-02T00:00:00Z"},
         "（二）", "聊天记录：消息2,345条；2026-10-01至2026-11-02 UTC"),
        ("bill.rows", {"count": 12}, "（三）", "账单：12行"),
    ],
)  # fmt: skip
def test_a_chat_and_a_bill_have_their_class_of_article_14_and_say_how_much_they_hold(
    make_desk, kind, values, expected, said
):
    case = with_exhibits()
    case.event("analyze", finding(digest(b"a"), kind, Result.FOUND, "It was read.", values=values))
    row = next(one for one in rows_of(make_desk, case) if one.item == "ITEM-0001")
    assert expected in row.kind
    assert row.content == said


def test_the_main_content_has_at_most_60_characters(make_desk, make_case):
    for name, place in (("rich", "cn"), ("group", "cn")):
        assert all(len(row.content) <= 60 for row in rows_of(make_desk, make_case(name, place)))


def test_a_masked_item_is_not_named_and_not_for_open_session(make_desk, make_case):
    found = {str(row.item): row for row in rows_of(make_desk, make_case("rich", "cn"))}
    sealed = found["ITEM-0060"]
    assert "victim" not in f"{sealed.name}{sealed.source}{sealed.content}{sealed.proves}"
    assert "不公开质证" in sealed.remark


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext (poppler-utils) is not installed")
@pytest.mark.parametrize("name", ["small", "rich"])
def test_page_numbers_are_those_of_the_real_pdf(make_desk, make_case, tmp_path, name):
    """`pdftotext` finds the heading of each item on the first page that the catalogue names."""
    desk, report = make_desk(make_case(name, "cn"), "zh", with_report=True)
    (tmp_path / "report.pdf").write_bytes(report)
    done = subprocess.run(["pdftotext", "-layout", tmp_path / "report.pdf", "-"], capture_output=True, check=True)
    pages = PAGE.split(done.stdout.decode())
    for row in catalogue.rows(desk.case, desk.words):
        heading = re.compile(rf"^（[一二三四五六七八九十]+）\s*{row.item}", re.MULTILINE)
        places = [number for number, text in enumerate(pages, 1) if heading.search(text)]
        first, _, last = catalogue.place(row, desk.words, pages=desk.pages).partition("–")
        assert [int(first)] == places
        assert catalogue.page_count(row, desk.pages) == int(last or first) - int(first) + 1


def test_the_same_case_gives_the_same_bytes_of_every_file(make_desk, make_case):
    made = [of(paper.papers(make_desk(make_case("rich", "cn"), "zh"))) for _ in range(2)]
    assert set(made[0]) == {"catalogue.pdf", "catalogue.csv", "catalogue.docx"}
    assert made[0] == made[1]


def read_csv(files):
    return list(csv.reader(io.StringIO(files["catalogue.csv"].decode("utf-8-sig"))))


def test_the_csv_has_a_byte_order_mark_and_one_row_each(make_desk, make_case):
    files = paper.papers(make_desk(make_case("small", "cn"), "zh"))
    assert files["catalogue.csv"].startswith(b"\xef\xbb\xbf")
    head, *rows = read_csv(files)
    assert head[:6] == ["序号", "证据名称", "证据种类", "证据来源", "主要内容", "证明对象"]
    assert len(rows) == 2
    assert all(len(row) == len(head) for row in rows)


def test_a_title_that_is_a_formula_stays_text_everywhere(make_desk):
    from docx import Document

    case = with_exhibits(Exhibit("A", FORMULA, ("ITEM-0001",)))
    files = paper.papers(make_desk(case, "zh"))
    cells = [cell for row in read_csv(files) for cell in row]
    assert f"'{FORMULA}" in cells
    assert not [cell for cell in cells if cell.startswith(LIVE)]
    document = Document(io.BytesIO(files["catalogue.docx"]))
    assert FORMULA in [cell.text for cell in document.tables[0].column_cells(5)]
    codes = [node.text for node in document.element.iter("{*}instrText")]
    assert codes == [], "no field in the text computes anything"


def test_a_number_such_as_1_2_is_no_day_in_a_spreadsheet(make_desk):
    case = with_exhibits(Exhibit("1-2", "x", ("ITEM-0001",), (), ("E1",)))
    _, *rows = read_csv(paper.papers(make_desk(case, "zh")))
    assert [row[0] for row in rows] == ["1–2", "［1］", "［2］", "［3］"]


def test_the_document_opens_with_all_rows_lies_on_its_side_and_repeats_its_heading(make_desk, make_case):
    from docx import Document
    from docx.enum.section import WD_ORIENT

    desk = make_desk(make_case("rich", "cn"), "zh")
    data = paper.papers(desk)["catalogue.docx"]
    document = Document(io.BytesIO(data))
    rows = catalogue.rows(desk.case, desk.words)
    assert [row.cells[0].text for row in document.tables[0].rows][1:] == [str(row.no) for row in rows]
    assert document.sections[0].orientation == WD_ORIENT.LANDSCAPE
    width, height = (round(one.mm) for one in (document.sections[0].page_width, document.sections[0].page_height))
    assert (width, height) == (297, 210)
    assert "<w:tblHeader" in document.tables[0].rows[0]._tr.xml
    assert {"仿宋", "宋体"} <= set(re.findall(r'w:eastAsia="([^"]+)"', document.element.xml))
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    assert all(word in text for word in ("证据目录", "提交人（签名、盖章）", "提交日期", "副本份数"))


def test_the_document_states_no_time_of_the_machine(make_desk, make_case):
    from docx import Document

    desk = make_desk(make_case("small", "cn"), "zh")
    data = paper.papers(desk)["catalogue.docx"]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert Document(io.BytesIO(data)).core_properties.created == desk.case.event.at.replace(microsecond=0)


def test_the_column_on_original_or_copy_is_there_only_on_request(make_desk, make_case):
    plain = make_desk(make_case("small", "cn"), "zh")
    assert "原件、复印件" not in read_csv(paper.papers(plain))[0]
    assert "原件、复印件" in read_csv(paper.papers(replace(plain, with_form=True)))[0]


def test_a_case_without_items_has_an_empty_catalogue(make_desk):
    case = opened(jurisdiction="cn", language="zh")
    assert len(read_csv(paper.papers(make_desk(case, "zh")))) == 1


def test_an_exhibit_whose_item_is_gone_is_still_listed(make_desk):
    case = with_exhibits(Exhibit("A", "gone", ("ITEM-0099",), (), ("E2",)))
    row = rows_of(make_desk, case)[0]
    assert "［证据A未指明材料］" in row.name


def test_sensitive_items_of_all_kinds_are_marked(make_desk):
    case = with_exhibits()
    case.event("state", Item("ITEM-0001", Name("/a.bin"), "file", "", Sensitivity.BIOMETRIC))
    row = next(one for one in rows_of(make_desk, case) if one.item == "ITEM-0001")
    assert "a.bin" not in row.name
    assert "不公开质证" in row.remark


def test_every_language_has_the_catalogue(make_desk):
    for language, title in (("zh", "序号"), ("en", "No."), ("fr", "N°")):
        case = snapshots.small(jurisdiction="intl", language=language)
        assert read_csv(paper.papers(make_desk(case, language)))[0][0] == title
