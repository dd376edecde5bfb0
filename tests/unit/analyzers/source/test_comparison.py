"""Items are compared as a whole: drawn scenes without faces, broken files, and what the finding says of them."""

from __future__ import annotations

import csv
import io
import random
import re
import tomllib
from pathlib import Path
from string import Formatter

import cv2
import numpy as np
import pytest
from PIL import Image

from forensics import codec
from forensics.analyzers.source import SourceComparison
from forensics.errors import UsageError
from forensics.model import Finding, GapReason, Result
from tests.fakes.evidence import FileEvidence, KeepingSink, encoded
from tests.unit.analyzers.source import scene

TOP = Path(__file__).resolve().parents[4]
OVERCLAIMS = re.compile(
    r"\b(?:proves?|proven|authentic|fakes?|confirm(?:s|ed)?|genuine|deepfake|alert|detection)\b", re.IGNORECASE
)


def compared(first: Path, second: Path, **settings: object) -> tuple[Finding, KeepingSink]:
    sink = KeepingSink()
    comparison = SourceComparison(first="ITEM-0001", second="ITEM-0002", **settings)
    (finding,) = comparison.examine((FileEvidence(first), FileEvidence(second)), sink)
    assert finding.kind == "source.comparison"
    codec.canonical(codec.encode(finding))
    sentences(finding)
    return finding, sink


def sentences(finding: Finding) -> None:
    """Checks that what is said is whole, claims no more than it may, and can be said in other languages."""
    assert finding.limits
    assert finding.alternatives or finding.result is Result.NOT_FOUND
    for message in (finding.statement, *finding.limits, *finding.alternatives):
        assert message.text.endswith(".")
        assert not OVERCLAIMS.search(message.text)
        for language in ("zh", "fr"):
            known = tomllib.loads((TOP / "templates/findings" / language / "source.toml").read_text())
            fields = {name for _, name, _, _ in Formatter().parse(known[message.id]) if name}
            assert fields == set(message.values), (language, message.id)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("clips")
    shown = scene.frames(1)
    scene.clip(made / "original.mp4", shown)
    scene.clip(made / "other.mp4", scene.frames(2))
    scene.clip(made / "take.mp4", scene.frames(1, path_seed=99))
    changed = "crop=288:216,hflip,eq=brightness=0.05:contrast=1.1"
    scene.clip(made / "changed.mp4", shown[10:40], chain=changed, crf=30)
    sign = "drawbox=x=20:y=190:w=280:h=34:color=black:t=fill,drawbox=x=60:y=200:w=200:h=12:color=white:t=fill"
    scene.clip(made / "captioned.mp4", shown, chain=sign)
    Image.fromarray(shown[0][:, :, ::-1]).save(made / "still.png")
    Image.fromarray(shown[20][:, :, ::-1]).save(made / "later.jpg", quality=80)
    return made


def test_a_changed_copy_corresponds(folder):
    finding, sink = compared(folder / "changed.mp4", folder / "original.mp4")
    assert finding.result is Result.FOUND
    assert finding.values["verdict"] == "corresponds"
    assert finding.values["offset_s"] == pytest.approx(10 / 25, abs=0.03)
    assert finding.values["aligned_share"] == 1.0
    assert finding.values["transform"]["is_mirrored"]
    assert finding.values["transform"]["scale"] == pytest.approx(1.0, abs=0.01)
    assert finding.values["transform"]["shown_box_share"] == pytest.approx([0.05, 0.05, 0.9, 0.9], abs=0.02)
    assert finding.values["faces"] == []
    rows = list(csv.DictReader(io.StringIO(sink.contents["source-alignment"].decode())))
    assert len(rows) == 30
    assert float(rows[5]["original_s"]) - float(rows[5]["questioned_s"]) == pytest.approx(0.4, abs=0.05)


def test_exhibits_are_pictures_tables_and_a_clip_of_both(folder):
    finding, sink = compared(folder / "changed.mp4", folder / "original.mp4")
    roles = {one.role for one in finding.attachments}
    tables = {"source-measurements", "source-alignment"}
    assert roles == {"source-pair", "source-difference", "source-timeline", "source-clip", *tables}
    pair = cv2.imdecode(np.frombuffer(sink.contents["source-pair"], np.uint8), cv2.IMREAD_COLOR)
    assert pair.shape == (24 + 240, 648, 3)
    assert sink.contents["source-clip"][4:8] == b"ftyp"
    assert {one.facts["rule"] for one in finding.attachments if one.role == "source-pair"} == {
        finding.values["shown_by"]
    }


def test_another_scene_does_not_correspond(folder):
    finding, _ = compared(folder / "other.mp4", folder / "original.mp4")
    assert finding.result is Result.NOT_FOUND
    assert finding.values["verdict"] == "does_not_correspond"


def test_another_take_on_the_same_set_is_left_open(folder):
    finding, _ = compared(folder / "take.mp4", folder / "original.mp4")
    assert finding.result is Result.INDETERMINATE
    assert finding.values["reasons"] == ["not_the_same_instants"]


def test_a_caption_is_a_region_that_differs(folder):
    finding, _ = compared(folder / "captioned.mp4", folder / "original.mp4", with_exhibits=False)
    assert finding.values["verdict"] == "scene_corresponds_region_altered"
    assert finding.values["structure_outside"][0] > 0.95
    left, top, width, height = finding.values["regions_outside"][0]["box_share"]
    assert (left, top) == pytest.approx((20 / 320, 190 / 240), abs=0.12)
    assert (left + width, top + height) == pytest.approx((300 / 320, 224 / 240), abs=0.12)


def test_a_still_is_found_in_the_clip_that_it_comes_from(folder):
    finding, _ = compared(folder / "later.jpg", folder / "original.mp4", with_exhibits=False)
    assert finding.values["verdict"] == "corresponds"
    assert finding.values["offset_s"] == pytest.approx(20 / 25, abs=0.02)


def test_two_stills_are_compared_without_time(folder):
    finding, sink = compared(folder / "still.png", folder / "still.png")
    assert finding.values["verdict"] == "corresponds"
    assert finding.values["time_correlation"] is None
    assert "source-timeline" not in sink.contents


def test_a_second_run_gives_the_same_bytes(folder):
    pair = folder / "changed.mp4", folder / "original.mp4"
    first, second = (compared(*pair) for _ in range(2))
    assert encoded([first[0]]) == encoded([second[0]])
    assert first[1].kept == second[1].kept


def test_plain_pictures_show_too_little(tmp_path):
    Image.new("RGB", (320, 240), (90, 90, 90)).save(tmp_path / "plain.png")
    Image.new("RGB", (320, 240), (30, 90, 90)).save(tmp_path / "other.png")
    finding, _ = compared(tmp_path / "plain.png", tmp_path / "other.png")
    assert finding.values["reasons"] == ["little_detail"]


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (4000, 2), (16, 16), (64, 48)])
def test_tiny_pictures_show_too_little(folder, tmp_path, size):
    noise = np.random.default_rng(1).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "tiny.png")
    for pair in ((tmp_path / "tiny.png", folder / "still.png"), (folder / "still.png", tmp_path / "tiny.png")):
        assert compared(*pair, with_exhibits=False)[0].values["reasons"] == ["little_detail"]


def test_a_clip_of_two_frames_is_compared_as_a_still(folder, tmp_path):
    path = scene.clip(tmp_path / "two.mp4", scene.frames(1)[:2])
    assert compared(path, folder / "original.mp4", with_exhibits=False)[0].values["verdict"] == "corresponds"


def _broken(folder: Path) -> dict[str, bytes]:
    whole = (folder / "original.mp4").read_bytes()
    return {
        "empty.mp4": b"",
        "half.mp4": whole[: len(whole) // 2],
        "noise.mp4": whole[:64] + random.Random(5).randbytes(20_000),
        "half.png": (folder / "still.png").read_bytes()[:2000],
        "words.txt": "聊天记录".encode(),
    }


@pytest.mark.parametrize("name", ["empty.mp4", "half.mp4", "noise.mp4", "half.png", "words.txt"])
def test_what_cannot_be_read_is_left_open_with_the_reason(folder, tmp_path, name):
    path = tmp_path / name
    path.write_bytes(_broken(folder)[name])
    for pair in ((path, folder / "original.mp4"), (folder / "original.mp4", path)):
        finding, _ = compared(*pair, with_exhibits=False)
        assert finding.result is Result.INDETERMINATE
        assert finding.gaps[0].why in (GapReason.UNREADABLE, GapReason.NOT_APPLICABLE)


def test_items_without_a_subject_and_a_subject_without_photos_are_refused(folder):
    one = FileEvidence(folder / "still.png")
    for subject, count in (("", 1), ("", 3), ("SUBJECT-0001", 2)):
        with pytest.raises(UsageError):
            list(SourceComparison(subject=subject).examine((one,) * count, KeepingSink()))


def test_a_photo_without_a_face_is_a_gap_and_nothing_follows(folder):
    comparison = SourceComparison(subject="SUBJECT-0001", with_exhibits=False)
    evidence = tuple(FileEvidence(folder / name) for name in ("later.jpg", "original.mp4", "still.png"))
    first, second = comparison.examine(evidence, KeepingSink())
    assert (first.kind, second.kind) == ("source.comparison", "source.identity")
    assert first.values["subject"] == "SUBJECT-0001"
    assert first.values["identity_table"] is None
    assert second.result is Result.INDETERMINATE
    assert second.gaps[0].why is GapReason.NOT_APPLICABLE
    assert second.subject == tuple(one.artifact.content_sha256 for one in evidence)
    sentences(second)


@pytest.mark.parametrize("language", ["zh", "fr"])
def test_every_sentence_of_the_comparison_is_translated(language):
    text = "".join(path.read_text() for path in (TOP / "forensics/analyzers/source").glob("*.py"))
    ids = set(re.findall(r'"(source\.(?:comparison|identity)\.[a-z_.]+)"', text))
    assert ids == set(tomllib.loads((TOP / "templates/findings" / language / "source.toml").read_text()))
