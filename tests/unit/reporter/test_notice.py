from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from datetime import date
from pathlib import Path

import pytest

from forensics.errors import UsageError
from forensics.model import Exhibit, Item, Name, Outcome, Sensitivity
from forensics.reporter import notice, notice_field
from forensics.reporter.notice import write_notice
from forensics.reporter.notice_field import check, read_fields
from tests.fakes import cases, snapshots
from tests.fakes.snapshots import acquisition, act, opened, picture

ID_NUMBER = "330102199001011234"
GIVEN = {
    "recipient": {"name": "示例网络科技有限公司"},
    "claimant": {"name": "王某", "id_kind": "居民身份证", "id_number": ID_NUMBER, "contact": "wang@example.org"},
    "agent": "none",
    "content": [{"item": "ITEM-0001", "locator": "群组“示例群”，第128号消息"}],
    "evidence": ["ITEM-0001"],
    "right": {"name": "肖像权", "reason": "未经同意"},
    "measures": ["删除", "断开链接"],
    "truthful": True,
    "date": date(2026, 11, 22),
}
REQUIRED = (
    *("recipient.name", "claimant.name", "claimant.id_kind", "claimant.id_number", "claimant.contact", "agent"),
    *("content", "evidence", "right.name", "right.reason", "measures", "truthful", "date"),
)
URL = "https://example.org/post/1"


def without(field):
    """Gives the fields without one."""
    outer, _, inner = field.partition(".")
    if inner:
        return {**GIVEN, outer: {name: value for name, value in GIVEN[outer].items() if name != inner}}
    return {name: value for name, value in GIVEN.items() if name != outer}


@pytest.fixture
def built(tmp_path):
    """Gives a case with three items, the third of them sealed."""
    return cases.build_case(tmp_path / "case", cases.home_in(tmp_path), jurisdiction="cn", sealed={3})


def written(built, given, out, **more):
    with built.writing("notice") as writer:
        return write_notice(writer, "cn-1195", given=given, out=out, language="zh", **more)


def text_of(path):
    done = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True)
    return done.stdout.decode()


def facts_of(make_desk, case):
    return make_desk(case, "zh").case


@pytest.mark.parametrize("field", REQUIRED)
def test_a_notice_that_lacks_an_element_is_refused_naming_it(built, tmp_path, field):
    before = built.open().head
    with pytest.raises(UsageError, match=rf"\(1\): {re.escape(field)}: \w"):
        written(built, without(field), tmp_path / "out")
    assert built.open().head == before, "nothing is recorded"
    assert not (tmp_path / "out").exists(), "nothing is written"


def test_the_template_requires_what_article_1195_and_the_rules_of_this_program_do(templates):
    assert set(templates.notices["notice-cn-1195"]) == set(REQUIRED)


def test_everything_that_is_missing_is_named_at_once(built, tmp_path):
    with pytest.raises(UsageError, match=r"\(13\)") as raised:
        written(built, {}, tmp_path / "out")
    assert all(f"{field}: " in str(raised.value) for field in REQUIRED)


@pytest.mark.parametrize(
    ("name", "value"),
    {
        "truthful": "yes",
        "date": "22.11.2026",
        "measures": ["删除", ""],
        "agent": {"name": "李律师"},
        "content": [{"item": "ITEM-0099", "locator": "x"}],
        "evidence": ["no such exhibit"],
        "claimant": "王某",
        "right": [],
    }.items(),
)
def test_what_is_given_in_another_form_is_refused(built, tmp_path, name, value):
    with pytest.raises(UsageError, match=name):
        written(built, {**GIVEN, name: value}, tmp_path / "out")


def test_what_is_given_of_an_identity_is_never_repeated_in_a_message(built, tmp_path):
    with pytest.raises(UsageError) as raised:
        written(built, {**without("date"), "evidence": ["Z"]}, tmp_path / "out")
    assert ID_NUMBER not in f"{raised.value} {raised.value.hint}"
    assert "王某" not in str(raised.value)


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext (poppler-utils) is not installed")
def test_the_identity_stands_in_the_notice_and_nowhere_in_the_case(built, tmp_path):
    made = written(built, GIVEN, tmp_path / "out")
    said = text_of(made.path)
    assert all(word in said for word in (ID_NUMBER, "王某", "示例网络科技有限公司", "第128号消息", "断开链接"))
    assert "2026年11月22日" in said
    for secret in (ID_NUMBER.encode(), "王某".encode()):
        assert not list(cases.files_with(built.folder, secret))
    assert made.path.read_bytes() not in {path.read_bytes() for path in built.folder.rglob("*") if path.is_file()}


def test_the_record_names_kind_and_items_and_both_verifiers_accept_the_case(built, tmp_path):
    made = written(built, GIVEN, tmp_path / "out")
    output = built.open().snapshot(as_of=built.open().head.seq).outputs[-1].record
    assert (output.path, output.digest, output.facts["notice"]) == (None, made.sha256, "cn-1195")
    assert output.facts["items"] == ["ITEM-0001"]
    assert output.artifact.sealed is not None
    assert cases.judged(built.folder) == ([], [])


def test_two_equal_notices_have_other_digests_so_that_no_identity_can_be_tried_out(built, tmp_path):
    first, second = (written(built, GIVEN, tmp_path / name) for name in ("one", "two"))
    assert first.sha256 != second.sha256


@pytest.mark.parametrize("inside", [".", "reports", "packets"])
def test_a_notice_never_lies_in_the_case(built, inside):
    before = built.open().head
    with pytest.raises(UsageError):
        written(built, GIVEN, built.folder / inside)
    assert built.open().head == before


def test_a_notice_about_intimate_material_names_its_place_but_neither_shows_nor_names_the_file(built, tmp_path):
    given = {**GIVEN, "content": [{"item": "ITEM-0003", "locator": "第129号消息"}], "evidence": ["ITEM-0003"]}
    data = written(built, given, tmp_path / "out").path.read_bytes()
    assert not re.search(rb"/Subtype\s*/Image", data)
    if shutil.which("pdftotext"):
        said = text_of(tmp_path / "out" / "notice-cn-1195.pdf")
        assert "第129号消息" in said
        assert "secret-3" not in said


def test_a_notice_has_no_picture_even_of_pictures(make_desk):
    case = opened(jurisdiction="cn", language="zh")
    case.event("collect", act(case, "collect", "x"))
    kept = case.artifact("photo.jpg", picture(1), "image/jpeg")
    case.event(
        "collect", Item("ITEM-0001", Name("/photo.jpg"), "file"), acquisition(case, "ITEM-0001", kept, act="1/0")
    )
    desk = make_desk(case, "zh")
    fields = check("cn-1195", GIVEN, desk.case, templates=desk.words.templates)
    data = notice.render("cn-1195", fields, desk, templates=desk.words.templates)
    assert not re.search(rb"/Subtype\s*/Image", data)


def captured(sensitivity=Sensitivity.NORMAL):
    case = opened(jurisdiction="cn", language="zh")
    case.event("collect", act(case, "collect", URL))
    kept = case.artifact("index.html", b"<p>", "text/html")
    item = Item("ITEM-0001", Name(URL), "url", sensitivity=sensitivity)
    done = acquisition(case, "ITEM-0001", kept, act="1/0")
    assert done.outcome is Outcome.COMPLETE
    case.event("collect", item, done)
    return case


@pytest.mark.parametrize("sensitivity", [Sensitivity.NORMAL, Sensitivity.INTIMATE])
def test_an_address_that_the_case_recorded_is_taken(make_desk, templates, sensitivity):
    given = {**GIVEN, "content": [{"item": "ITEM-0001", "url": URL}]}
    fields = check("cn-1195", given, facts_of(make_desk, captured(sensitivity)), templates=templates)
    assert [one.place for one in fields.contents] == [URL]


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"url": "https://example.org/post/2"}, "did not record this url"),
        ({"url": "javascript:alert(1)"}, "did not record this url"),
        ({"locator": "somewhere"}, "give its exact url"),
        ({}, "give its exact url"),
    ],
)
def test_an_address_that_the_case_did_not_record_is_refused(make_desk, templates, entry, said):
    given = {**GIVEN, "content": [{"item": "ITEM-0001", **entry}]}
    with pytest.raises(UsageError, match=said):
        check("cn-1195", given, facts_of(make_desk, captured()), templates=templates)


def test_an_exhibit_stands_for_its_items(make_desk, templates):
    case = snapshots.small(jurisdiction="cn", language="zh")
    case.event("exhibit", Exhibit("1-1", "视频", ("ITEM-0001", "ITEM-0002")))
    fields = check("cn-1195", {**GIVEN, "evidence": ["1-1"]}, facts_of(make_desk, case), templates=templates)
    assert [(one.label, facts.item.id) for one, facts in fields.evidence] == [
        ("1-1", "ITEM-0001"),
        ("1-1", "ITEM-0002"),
    ]


def test_an_item_of_which_nothing_was_obtained_is_no_evidence(make_desk, make_case, templates):
    with pytest.raises(UsageError, match="neither an exhibit nor an item"):
        check(
            "cn-1195",
            {**GIVEN, "evidence": ["ITEM-0051"]},
            facts_of(make_desk, make_case("rich", "cn")),
            templates=templates,
        )


def test_an_unknown_kind_is_refused_with_those_that_there_are(make_desk, make_case, templates):
    with pytest.raises(UsageError) as raised:
        check("dsa-99", GIVEN, facts_of(make_desk, make_case("small", "cn")), templates=templates)
    assert "cn-1195" in raised.value.hint


INVALID = {"not toml": b"= 1", "not utf-8": b"\xff\xfe", "too large": b"#" * (notice_field.MAX_BYTES + 1)}


@pytest.mark.parametrize("name", INVALID)
def test_a_file_of_fields_that_cannot_be_read_is_an_error(tmp_path, name):
    (tmp_path / "fields.toml").write_bytes(INVALID[name])
    with pytest.raises(UsageError):
        read_fields(tmp_path / "fields.toml")


def test_a_missing_file_of_fields_is_an_error(tmp_path):
    with pytest.raises(UsageError):
        read_fields(tmp_path / "fields.toml")


def test_the_documented_file_of_fields_is_complete(make_desk, templates):
    page = (Path(__file__).parents[3] / "docs" / "papers.md").read_text("utf-8")
    given = tomllib.loads(re.search(r"```toml\n(.*?)```", page, re.DOTALL)[1])
    case = captured()
    kept = case.artifact("a.mp4", b"x", "video/mp4")
    case.event("collect", Item("ITEM-0002", Name("/a.mp4"), "file"), acquisition(case, "ITEM-0002", kept, act="1/0"))
    case.event("exhibit", Exhibit("1-1", "网页", ("ITEM-0001",)))
    fields = check("cn-1195", given, facts_of(make_desk, case), templates=templates)
    assert len(fields.contents) == 2


def test_every_required_field_says_how_it_is_given(templates):
    for name, required in templates.notices.items():
        assert {f"how.{field}" for field in required} <= set(templates.papers[name]["en"])
        assert set(required.values()) <= set(notice_field.CHECKS)
