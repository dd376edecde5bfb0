"""The table of labels: what it may say, and what is refused before anything is measured."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from forensics.engine.validate_corpus import read_stated
from forensics.engine.validate_labels import (
    ALWAYS_H1,
    ALWAYS_H2,
    Words,
    check_independence,
    digests_of,
    read_labels,
)
from forensics.engine.validate_measure import MEASURES, measure_of
from forensics.errors import UsageError

WORDS = Words((*ALWAYS_H1, "twice"), (*ALWAYS_H2, "once", "other-take"))
PAIR = ("questioned", "original")
HEAD = "path,truth,unit\n"


@pytest.fixture
def media(tmp_path: Path) -> Path:
    folder = tmp_path / "media"
    (folder / "in").mkdir(parents=True)
    for name in ("a", "b", "c", "in/d"):
        (folder / name).write_text(name)
    (folder / "a copy").write_text("a")
    (tmp_path / "outside").write_text("secret")
    (folder / "leads outside").symlink_to(tmp_path / "outside")
    (folder / "leads inside").symlink_to(folder / "b")
    return folder


def read(folder: Path, table: str | bytes, *, columns=("path",), kind="k", encoding=None):
    path = folder / "labels.csv"
    path.write_bytes(table.encode() if isinstance(table, str) else table)
    return read_labels(path, kind=kind, columns=columns, words=WORDS, encoding=encoding)


def checked(folder: Path, table: str, *, columns=("path",)):
    rows = read(folder, table, columns=columns).rows
    digests = digests_of(folder, rows, progress=lambda _done, _all: None)
    check_independence(rows, digests)
    return digests


def test_a_row_has_truth_units_source_and_condition(media):
    table = "path,truth,unit,source,condition,remark\nin/../a,Other take,B|A,set,crf 35,x\nb,H1,C,,,\n"
    first, second = read(media, table).rows
    assert (first.contents, first.is_h1, first.units) == (("a",), False, ("A", "B"))
    assert (first.source, first.condition) == ("set", "crf 35")
    assert (second.is_h1, second.source, second.condition) == (True, "all", "as it is")


@pytest.mark.parametrize(
    ("encoded", "encoding"),
    [
        ("\ufeff{}".encode(), None),
        ("\ufeff{}".encode("utf-16-le"), None),
        ("\ufeff{}".encode("utf-16-be"), None),
        ("{}".encode("gb18030"), "gb18030"),
    ],
    ids=["UTF-8 with a mark", "UTF-16", "UTF-16, big end first", "GB 18030, named"],
)
def test_a_table_of_a_spreadsheet_is_read(media, encoded, encoding):
    text = "path;truth;unit;condition\r\na;h1;电影;已压缩\r\n"
    codec = encoding or {b"\xef": "utf-8", b"\xff": "utf-16-le", b"\xfe": "utf-16-be"}[encoded[:1]]
    mark = "" if encoding else "\ufeff"
    (row,) = read(media, (mark + text).encode(codec), encoding=encoding).rows
    assert (row.units, row.condition) == (("电影",), "已压缩")


def test_the_photos_of_a_row_are_several(media):
    (row,) = read(media, "content,photos,truth,unit\na,b| c,h1,P\n", columns=("content", "photos")).rows
    assert row.contents == ("a", "b", "c")


def test_rows_for_other_kinds_and_repeated_rows_are_left_out_and_counted(media):
    table = "path,truth,unit,kind\na,h1,A,\na,h1,A,k\nb,h1,B,other\n,,,other\nc,h2,C,k\n"
    labels = read(media, table)
    assert ([row.contents for row in labels.rows], labels.others, labels.repeated) == ([("a",), ("c",)], 2, 1)


BAD_TABLES = {
    "no bytes": b"",
    "header alone": HEAD,
    "no column unit": "path,truth\na,h1\n",
    "a column twice": "path,truth,unit,unit\na,h1,A,B\n",
    "no truth": HEAD + "a,,A\n",
    "unknown truth": HEAD + "a,perhaps,A\n",
    "no unit": HEAD + "a,h1,|\n",
    "no path": HEAD + ",h1,A\n",
    "short row": HEAD + "a\n",
    "not UTF-8": HEAD.encode() + "caf\u00e9,h1,A\n".encode("latin-1"),
    "a cell without end": HEAD + '"a,h1,A\n' + "x" * 200_000,
    "only other kinds": "path,truth,unit,kind\na,h1,A,other\n",
    "random bytes": bytes(range(256)) * 4,
}


@pytest.mark.parametrize("table", BAD_TABLES.values(), ids=BAD_TABLES)
def test_a_bad_table_is_refused(media, table):
    with pytest.raises(UsageError):
        read(media, table)


def test_an_unknown_truth_is_named_with_its_row_and_the_known_words(media):
    with pytest.raises(UsageError, match=r"row 2 .*'perhaps'") as caught:
        read(media, HEAD + "a,h1,A\nb,perhaps,B\n")
    assert "twice" in caught.value.hint


@pytest.mark.parametrize(
    "path", ["missing", "../outside", "leads outside", "in", "/etc/hostname", "a\\b", "in/../../outside", "x\ty"]
)
def test_a_path_that_is_missing_or_leads_outside_is_refused(media, path):
    with pytest.raises(UsageError):
        checked(media, HEAD + f"{path},h1,A\n")


def test_a_link_within_the_folder_is_followed(media):
    table = HEAD + "leads inside,h1,A\n"
    assert checked(media, table)["leads inside"].size == 1


def test_a_table_that_cannot_be_opened_is_refused(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        read_labels(tmp_path / "none.csv", kind="k", columns=("path",), words=WORDS)


CONTRADICTIONS = {
    "one file, two truths": ("a,h1,A\na,h2,A\n", ("path",)),
    "equal bytes, two truths": ("a,h1,A\na copy,h2,A\n", ("path",)),
    "equal bytes, two units": ("a,h1,A\na copy,h1,B\n", ("path",)),
    "an original of two units": ("a,b,h1,A\nc,b,h1,B\n", PAIR),
    "no unit common to all three": ("a,b,h1,A|B\nc,b,h1,B|C\nin/d,b,h1,A|C\n", PAIR),
}


@pytest.mark.parametrize(("rows", "columns"), CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_rows_that_contradict_or_would_count_one_file_twice_are_refused(media, rows, columns):
    with pytest.raises(UsageError, match="rows"):
        checked(media, ",".join((*columns, "truth", "unit")) + "\n" + rows, columns=columns)


def test_an_original_may_be_compared_with_many_where_all_rows_name_its_unit(media):
    rows = "a,b,h1,B\nc,b,h2,B|C\nin/d,b,h2,B|D\nc,in/d,h2,C|D\n"
    assert len(checked(media, "questioned,original,truth,unit\n" + rows, columns=PAIR)) == 4


def documented(language: str) -> str:
    page = (Path(__file__).parents[3] / "docs" / "validation.md").read_text("utf-8")
    (block,) = re.findall(rf"^```{language}\n(.*?)^```$", page, flags=re.MULTILINE | re.DOTALL)
    return block


def test_the_documented_example_is_read(tmp_path):
    measure = measure_of("compression.jpeg", "")
    (tmp_path / "labels.csv").write_text(documented("csv"))
    labels = read_labels(tmp_path / "labels.csv", kind=measure.kind, columns=measure.columns, words=measure.words)
    assert [(row.is_h1, row.units, row.source) for row in labels.rows] == [
        (False, ("a-0001",), "camera A"),
        (True, ("a-0001",), "camera A"),
    ]
    (tmp_path / "corpus.toml").write_text(documented("toml"))
    stated = read_stated(tmp_path / "corpus.toml", name="")
    assert (stated.missing, stated.conditions[0].high) == ((), 4032)


def test_the_documented_measures_are_the_known_ones():
    page = (Path(__file__).parents[3] / "docs" / "validation.md").read_text("utf-8")
    for measure in MEASURES:
        (row,) = re.findall(rf"^\| `{re.escape(measure.kind)}`.*$", page, flags=re.MULTILINE)
        assert f"| {', '.join(measure.words.h1)} | {', '.join(measure.words.h2)} |" in row
        assert f"`{measure.value}`" in row or not measure.value
