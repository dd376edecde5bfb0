from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys

import pytest

from forensics.reporter import pdf, view
from forensics.reporter.blocks import Blank, Paragraph
from forensics.reporter.fonts import NARROWED
from forensics.reporter.picture import Thumbnails
from tests.fakes import snapshots
from tests.unit.reporter.conftest import LANGUAGES

needs_poppler = pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="pdftotext (poppler-utils) is not installed"
)
needs_qpdf = pytest.mark.skipif(shutil.which("qpdf") is None, reason="qpdf is not installed")

CASES = [
    *(("small", "intl", "en"), ("rich", "cn", "zh"), ("rich", "eu", "fr"), ("rich", "us", "en")),
    *(("captures", "cn", "zh"), ("captures", "eu", "fr"), ("captures", "us", "en")),
]

RENDER = """
import hashlib, sys
from forensics.reporter import html, pdf, text, view
from forensics.reporter.picture import Thumbnails
from tests.fakes import snapshots
templates, case = text.load(), snapshots.rich()
report = view.build(case.snapshot(), language="zh", templates=templates)
for kind in (pdf, html):
    print(hashlib.sha256(kind.render(report, pictures=Thumbnails(case.open_blob), templates=templates)).hexdigest())
"""


def tool(name, data, tmp_path, *options):
    path = tmp_path / "report.pdf"
    path.write_bytes(data)
    done = subprocess.run(
        [name, *options, path, *(["-"] if name == "pdftotext" else [])], capture_output=True, check=False
    )
    return done.stdout.decode("utf-8", "replace")


def pages(data, tmp_path):
    return tool("pdftotext", data, tmp_path, "-layout").split("\f")[:-1]


def words_with_boxes(data, tmp_path):
    """Gives for each page its size and its words with their boxes (left, top, right, bottom), in points."""
    found = []
    for page in tool("pdftotext", data, tmp_path, "-bbox").split("<page ")[1:]:
        size = tuple(float(one) for one in re.match(r'width="([\d.]+)" height="([\d.]+)"', page).groups())
        pattern = r'<word xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)">(.*?)</word>'
        found.append((size, [(tuple(map(float, one[:4])), one[4]) for one in re.findall(pattern, page)]))
    return found


@needs_poppler
@pytest.mark.parametrize("case", CASES)
def test_only_the_two_fonts_are_used_and_both_are_embedded(make_pdf, tmp_path, case):
    lines = tool("pdffonts", make_pdf(*case), tmp_path).splitlines()[2:]
    assert lines
    for line in lines:
        assert re.match(r"[A-Z]{6}\+NotoSansSC-(Regular|Bold)\s+TrueType\s+\S+\s+yes yes yes", line)


@pytest.mark.parametrize("case", CASES)
def test_no_other_font_is_even_named(make_pdf, case):
    assert b"Helvetica" not in make_pdf(*case)


@needs_poppler
@pytest.mark.parametrize("case", CASES)
def test_every_page_has_number_of_report_page_and_evidence_root(make_pdf, make_view, make_case, tmp_path, case):
    report = make_view(*case)
    root = make_case(case[0], case[1]).snapshot().root
    texts = pages(make_pdf(*case), tmp_path)
    for number, page in enumerate(texts, 1):
        assert root in page
        assert report.number in page
        assert report.running.page.format(page=number, pages=len(texts)) in page


@needs_poppler
@pytest.mark.parametrize("case", CASES)
def test_everything_stays_within_the_margins(make_pdf, tmp_path, case):
    for (width, height), words in words_with_boxes(make_pdf(*case), tmp_path):
        assert words
        outside = [
            word for box, word in words if box[0] < 46 or box[2] > width - 42 or box[1] < 20 or box[3] > height - 20
        ]
        assert outside == []


@needs_poppler
@pytest.mark.parametrize("case", CASES)
def test_no_words_overlap(make_pdf, tmp_path, case):
    for number, (_, words) in enumerate(words_with_boxes(make_pdf(*case), tmp_path), 1):
        boxes = sorted(one for one in words if not set(one[1]) & set(NARROWED))  # their boxes are wider than their ink
        for index, (box, word) in enumerate(boxes):
            for other, second in boxes[index + 1 :]:
                if other[0] > box[2] - 0.6:
                    break
                deep = min(box[3], other[3]) - max(box[1], other[1])
                assert deep < 0.55 * min(box[3] - box[1], other[3] - other[1]), (number, word, second)


@needs_poppler
@pytest.mark.parametrize("case", CASES)
def test_a_digest_keeps_its_first_sixteen_characters_together(make_pdf, make_case, tmp_path, case):
    texts = "\n".join(pages(make_pdf(*case), tmp_path))
    for done in make_case(case[0], case[1]).snapshot().acquisitions:
        for artifact in done.record.artifacts:
            assert artifact.digests.sha256[:16] in texts


@needs_poppler
@pytest.mark.parametrize("language", ["zh", "fr"])
def test_pages_in_the_catalogue_are_those_on_which_the_items_stand(make_pdf, make_view, tmp_path, language):
    data = make_pdf("rich", "cn", language)
    texts = [squeezed(page) for page in pages(data, tmp_path)]
    items = next(one for one in make_view("rich", "cn", language).sections if one.anchor == "observations").sections
    listed = first_pages_in_catalogue(data, tmp_path)
    assert len(listed) == len([item for item in items if item.anchor.startswith("item-")])
    for item in items:
        heading = squeezed(item.number + item.title)[:14]
        if item.anchor in listed:
            assert heading in texts[listed[item.anchor] - 1]


def squeezed(text):
    return re.sub(r"\s", "", text)


def first_pages_in_catalogue(data, tmp_path):
    """Reads item numbers and pages out of the rows of the landscape pages."""
    found = {}
    for (width, height), words in words_with_boxes(data, tmp_path):
        if width < height:
            continue
        items = [(box, word) for box, word in words if re.fullmatch(r"ITEM-\d{4}", word) and box[0] < 140]
        numbers = [(box, word) for box, word in words if re.fullmatch(r"\d+(–\d+)?", word) and 480 < box[0] < 600]
        for box, word in items:
            row = [number for other, number in numbers if abs(other[1] - box[1]) < 3]
            assert len(row) == 1, (word, row)
            found[f"item-{word}"] = int(row[0].partition("–")[0])
    return found


@needs_poppler
def test_the_list_of_contents_names_the_right_pages(make_pdf, make_view, tmp_path):
    texts = pages(make_pdf("rich", "us", "en"), tmp_path)
    listed = next(page for page in texts if "Annex H. Terms used" in page)
    for section in make_view("rich", "us", "en").sections:
        title = section.number + section.title
        line = next(line for line in listed.splitlines() if line.strip().startswith(title[:20]))
        number = int(line.split()[-1])
        assert title[:20] in texts[number - 1]


@needs_poppler
def test_awkward_names_can_be_found_in_the_text(make_pdf, tmp_path):
    texts = squeezed("".join(pages(make_pdf("rich", "cn", "zh"), tmp_path)))
    for expected in (
        "IMG_0001[U+1F600][U+1F525].jpg",
        "[U+20BB7]野家的视频（最终版）.mp4",
        "photo[U+202E]gpj.exe",
        "cafe[U+0301].jpg",
    ):
        assert expected in texts


@needs_qpdf
@pytest.mark.parametrize("case", CASES)
def test_the_file_is_sound(make_pdf, tmp_path, case):
    path = tmp_path / "report.pdf"
    path.write_bytes(make_pdf(*case))
    subprocess.run(["qpdf", "--check", path], check=True, capture_output=True)


def test_the_outline_has_every_section(make_pdf, make_view):
    data = make_pdf("small", "intl", "en")
    count = 0
    waiting = list(make_view("small", "intl", "en").sections)
    while waiting:
        one = waiting.pop()
        count += 1
        waiting += one.sections
    assert data.count(b"/Title (") == count + 1  # and the file's own title


def test_dates_in_the_file_are_those_of_the_event(make_pdf, make_view):
    from datetime import UTC, datetime

    issued = datetime.fromtimestamp(make_view("small", "intl", "en").issued, UTC)
    assert f"(D:{issued:%Y%m%d%H%M%S}".encode() in make_pdf("small", "intl", "en")


@pytest.mark.slow
def test_the_bytes_do_not_depend_on_process_hash_seed_time_zone_or_locale():
    outputs = set()
    for seed, zone, epoch in (("0", "UTC", None), ("4711", "Asia/Tokyo", "1")):
        environment = os.environ | {
            "PYTHONHASHSEED": seed,
            "TZ": zone,
            "LC_ALL": "C",
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        if epoch:
            environment["SOURCE_DATE_EPOCH"] = epoch
        done = subprocess.run(
            [sys.executable, "-c", RENDER], capture_output=True, env=environment, check=True, text=True
        )
        outputs.add(done.stdout)
    assert len(outputs) == 1
    assert len(outputs.pop().split()) == 2


def test_the_same_case_gives_the_same_bytes_twice_in_one_process(templates, make_view, make_pdf):
    again = pdf.render(
        make_view("rich", "cn", "zh"), pictures=Thumbnails(snapshots.rich().open_blob), templates=templates
    )
    assert hashlib.sha256(again).digest() == hashlib.sha256(make_pdf("rich", "cn", "zh")).digest()


def test_protected_blobs_are_never_opened(templates):
    case = snapshots.rich()
    opened = set()

    def watch(sha256):
        opened.add(sha256)
        return case.open_blob(sha256)

    pdf.render(
        view.build(case.snapshot(), language="zh", templates=templates), pictures=Thumbnails(watch), templates=templates
    )
    protected = {
        artifact.digests.sha256
        for done in case.snapshot().acquisitions
        if done.record.item in ("ITEM-0060", "ITEM-0061")
        for artifact in done.record.artifacts
    }
    assert opened
    assert opened.isdisjoint(protected)


@needs_poppler
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_page_holds_its_statements_however_long_the_names_are(templates, tmp_path, language):
    long = "很长的名称 and a long name " * 30
    case = snapshots.opened(title=long, reference=long, organisation=long, jurisdiction="cn")
    report = view.build(case.snapshot(), language=language, templates=templates)
    first = pages(pdf.render(report, pictures=Thumbnails(case.open_blob), templates=templates), tmp_path)[0]
    last = squeezed(report.cover.statements[-1].text)[-12:]
    assert last in squeezed(first)


@needs_poppler
@pytest.mark.parametrize("jurisdiction", ["cn", "us", "eu", "intl"])
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["small", "rich"])
def test_the_notes_below_the_signature_stand_on_its_page(make_pdf, make_view, tmp_path, name, language, jurisdiction):
    part = next(one for one in make_view(name, jurisdiction, language).sections if one.anchor == "declaration")
    label = [block.label for block in part.blocks if isinstance(block, Blank)][-1]
    notes = [block.text for block in part.blocks if isinstance(block, Paragraph) and block.role == "note"]
    assert notes
    for page in pages(make_pdf(name, jurisdiction, language), tmp_path):
        if squeezed(notes[-1])[-20:] in squeezed(page):
            assert squeezed(label) in squeezed(page)
