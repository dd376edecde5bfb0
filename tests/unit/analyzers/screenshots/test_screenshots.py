"""Text of screenshots: which pictures are searched, what is read, and that nothing of it is said to be so."""

from __future__ import annotations

import json
import struct
import sys
import zlib
from dataclasses import replace

import pytest
from PIL import Image, ImageDraw

from forensics.analyzers.screenshots import ROLE, ScreenshotsAnalyzer
from forensics.analyzers.screenshots.look import look
from forensics.analyzers.screenshots.reading import in_order
from forensics.media import ocr
from forensics.media.ocr import Box
from forensics.model import GapReason, Result
from tests.fakes.evidence import FileEvidence, KeepingSink
from tests.fakes.screenshot import CHAT, PAGE, Row, drawn, texts_of

ANALYZER = ScreenshotsAnalyzer()


def examined(path, analyzer=ANALYZER, **artifact):
    sink = KeepingSink()
    (finding,) = analyzer.examine(FileEvidence(path, **artifact), sink)
    return finding, sink.contents


def plain(text):
    return "".join(text.split())


@pytest.mark.parametrize(("rows", "amounts"), [(CHAT, 3), (PAGE, 2)])
def test_the_lines_of_a_drawn_screen_are_read_from_top_to_bottom(tmp_path, rows, amounts):
    drawn(rows, width=720).save(tmp_path / "a.png")
    finding, kept = examined(tmp_path / "a.png")
    assert [plain(one["text"]) for one in finding.values["lines"]] == [plain(one) for one in texts_of(rows)]
    assert finding.values["amount_line_count"] == amounts
    assert (finding.result, finding.values["status"]) == (Result.INDETERMINATE, "to_be_confirmed")
    told = json.loads(kept[ROLE])
    assert told["lines"] == list(finding.values["lines"])
    assert told["content"] == finding.subject[0]
    assert all(one["box_px"][0] + one["box_px"][2] <= 720 for one in told["lines"])


def test_every_line_of_a_long_screenshot_is_read_once(tmp_path):
    rows = tuple(Row("left", (f"第{number}条消息",)) for number in range(100, 118))
    drawn(rows, width=360).save(tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as image:
        assert image.height > 2.5 * image.width
    finding, _ = examined(tmp_path / "a.png")
    assert [one["text"] for one in finding.values["lines"]] == [row.texts[0] for row in rows]


def test_a_picture_without_text_has_none(tmp_path):
    Image.new("RGB", (400, 800), "white").save(tmp_path / "a.png")
    finding, kept = examined(tmp_path / "a.png")
    assert (finding.result, finding.values["line_count"], kept) == (Result.NOT_FOUND, 0, {})


def test_lines_beyond_the_most_are_a_gap(tmp_path):
    drawn(width=540).save(tmp_path / "a.png")
    finding, _ = examined(tmp_path / "a.png", ScreenshotsAnalyzer(most_lines=4, most_listed=2))
    assert (finding.values["line_count"], finding.values["listed_count"]) == (4, 2)
    assert finding.gaps[0].why is GapReason.LIMIT
    assert "9 lines" in finding.gaps[0].detail


@pytest.mark.parametrize(
    ("size", "form", "shape"),
    [
        ((1080, 2400), "JPEG", "tall"),
        ((720, 1280), "WEBP", "tall"),
        ((1920, 1080), "PNG", "lossless"),
        ((640, 480), "BMP", "lossless"),
        ((3000, 4000), "JPEG", "other"),
        ((2000, 3000), "JPEG", "other"),
        ((1920, 1080), "JPEG", "other"),
        ((199, 900), "PNG", "small"),
    ],
)
def test_the_shape_and_format_of_a_screenshot_decide_whether_it_is_searched(tmp_path, size, form, shape):
    path = tmp_path / "a"
    Image.new("RGB", size, "grey").save(path, form)
    with path.open("rb") as stream:
        assert look(stream).shape == shape


def test_a_photograph_with_the_entries_of_a_camera_is_not_searched_unless_all_are(tmp_path):
    image, exif = drawn(width=540), Image.Exif()
    exif.get_ifd(0x8769)[0x829A] = 0.01
    image.save(tmp_path / "a.jpg", exif=exif)
    finding, kept = examined(tmp_path / "a.jpg")
    assert (finding.result, finding.values["shape"], kept) == (Result.INDETERMINATE, "camera", {})
    assert finding.gaps[0].why is GapReason.NOT_APPLICABLE
    assert examined(tmp_path / "a.jpg", ScreenshotsAnalyzer(every=True))[0].values["line_count"] == len(texts_of(CHAT))


def test_a_screenshot_that_lies_on_its_side_is_turned(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    drawn(width=540).rotate(90, expand=True).save(tmp_path / "a.jpg", exif=exif, quality=95)
    finding, _ = examined(tmp_path / "a.jpg")
    assert finding.values["shape"] == "tall"
    assert plain(finding.values["lines"][0]["text"]) == plain(CHAT[0].texts[0])


def test_no_text_of_protected_material_stands_in_the_finding(tmp_path, monkeypatch):
    drawn(width=540).save(tmp_path / "a.png")
    evidence = FileEvidence(tmp_path / "a.png")
    artifact = replace(evidence.artifact, sealed={"plain": {"sha256": "0" * 64}})
    monkeypatch.setattr(FileEvidence, "artifact", property(lambda _: artifact))
    finding, kept = examined(tmp_path / "a.png")
    assert finding.values["line_count"] == len(texts_of(CHAT))
    assert not any("text" in one for one in finding.values["lines"])
    assert "¥188.00" in kept[ROLE].decode()


def bomb():
    """A PNG that says it has 60,000 by 60,000 pixels."""
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    body = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "reasons"),
    [
        (bomb(), {GapReason.LIMIT, GapReason.UNREADABLE}),
        (b"\x89PNG\r\n\x1a\n", {GapReason.UNREADABLE}),
        (b"\xff\xd8\xff\xe0" + bytes(200), {GapReason.UNREADABLE}),
        (b"", {GapReason.UNREADABLE}),
    ],
)
def test_a_huge_or_damaged_picture_is_a_gap(tmp_path, content, reasons):
    (tmp_path / "a.png").write_bytes(content)
    finding, _ = examined(tmp_path / "a.png")
    assert finding.result is Result.INDETERMINATE
    assert finding.gaps[0].why in reasons


def test_a_truncated_screenshot_is_never_said_to_have_no_text(tmp_path):
    drawn(width=540).save(tmp_path / "a.png")
    body = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(body[: len(body) // 3])
    assert examined(tmp_path / "a.png")[0].result is Result.INDETERMINATE


def test_formulas_and_mark_up_are_text_and_nothing_more(tmp_path):
    rows = (Row("left", ("=1+1|cmd",)), Row("left", ("<script>alert(1)",)))
    drawn(rows, width=540).save(tmp_path / "a.png")
    finding, _ = examined(tmp_path / "a.png")
    assert any("script" in one["text"] for one in finding.values["lines"])


def test_noise_is_read_without_an_error(tmp_path):
    Image.effect_noise((400, 800), 90).save(tmp_path / "a.png")
    assert examined(tmp_path / "a.png")[0].result in (Result.NOT_FOUND, Result.INDETERMINATE)


def test_without_the_recogniser_it_says_how_to_install_it(tmp_path, monkeypatch):
    image = Image.new("RGB", (400, 800), "white")
    ImageDraw.Draw(image).text((50, 50), "text", fill="black")
    image.save(tmp_path / "a.png")
    monkeypatch.setitem(sys.modules, "rapidocr", None)
    ocr._load.cache_clear()
    try:
        finding, _ = examined(tmp_path / "a.png")
    finally:
        ocr._load.cache_clear()
    assert (finding.result, finding.gaps[0].why) == (Result.INDETERMINATE, GapReason.MISSING)
    assert "forensics[ocr]" in finding.gaps[0].detail


def test_boxes_are_put_in_rows_from_the_left():
    boxes = [Box(300, 12, 50, 20), Box(10, 10, 50, 20), Box(10, 60, 50, 20), Box(200, 58, 50, 24)]
    assert [(one.x, one.y) for one in in_order(boxes)] == [(10, 10), (300, 12), (10, 60), (200, 58)]
