"""Published pictures with labels: a forgery with its pasted places, and camera originals that have none."""

from __future__ import annotations

from forensics.analyzers.compression import CompressionAnalyzer
from forensics.model import Result
from tests.fakes.evidence import FileEvidence, by_kind
from tests.unit.analyzers.compression.material import KeepingSink

ANALYZER = CompressionAnalyzer(maps=False)


def test_no_region_is_marked_in_camera_originals(corpus):
    paths = sorted((corpus / "07-genuine-photos").rglob("*.jpg"))
    assert paths
    for path in paths:
        assert by_kind(ANALYZER, path)["tamper.double_jpeg"].result is not Result.FOUND, path.name


def test_phone_originals_have_no_trace_of_an_earlier_save(corpus):
    paths = sorted((corpus / "07-genuine-photos" / "phone-original").glob("*.jpg"))
    assert paths
    for path in paths:
        assert by_kind(ANALYZER, path)["compression.jpeg"].result is Result.NOT_FOUND, path.name


def test_the_pasted_sign_of_a_published_forgery_is_marked(corpus):
    path = corpus / "06-tamper" / "tampered" / "mjkwon2021-CAT-Net__example.jpg"
    found = {one.kind: one for one in ANALYZER.examine(FileEvidence(path), KeepingSink())}
    assert found["tamper.double_jpeg"].result is Result.FOUND
    boxes = [one["box_px"] for one in found["tamper.double_jpeg"].where]
    assert any(left < 950 < left + width and top < 230 < top + height for left, top, width, height in boxes)
