"""Swapped faces in labelled media are told apart from copies, and from faces that were covered or smoothed."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageFilter

from forensics.analyzers.source import SourceComparison
from forensics.faces.face import find
from forensics.model import Finding
from tests.fakes.evidence import FileEvidence, KeepingSink


def compared(first: Path, second: Path) -> Finding:
    comparison = SourceComparison(with_exhibits=False)
    (finding,) = comparison.examine((FileEvidence(first), FileEvidence(second)), KeepingSink())
    return finding


@pytest.fixture
def original(corpus: Path) -> Path:
    return corpus / "05-swap-image/genuine/iperov-DeepFaceLab__head_replace_1_1.jpg"


def test_a_swapped_clip_differs_in_the_face_alone(corpus):
    folder = corpus / "05-swap-animation"
    finding = compared(folder / "swapped/ai-forever-ghost__elon.webp", folder / "genuine/ai-forever-ghost__orig.webp")
    assert finding.values["verdict"] == "scene_corresponds_face_differs"
    assert finding.values["structure_outside"][0] > 0.97
    assert finding.values["structure_inside"][0] < 0.85
    assert finding.values["identity_cosine"][0] < 0.3
    assert finding.values["faces"][0]["control"]["structure_inside"][0] > 0.95


def test_a_swapped_still_differs_in_the_face(corpus, original):
    finding = compared(corpus / "05-swap-image/swapped/iperov-DeepFaceLab__head_replace_1_2.jpg", original)
    assert finding.values["verdict"] == "scene_corresponds_face_differs"
    assert finding.where[0]["face"] == 1


def test_every_swapped_face_of_a_picture_has_its_own_result(corpus):
    folder = corpus / "05-swap-image"
    finding = compared(
        folder / "swapped/neuralchen-SimSwap__result_whole_swap_multispecific_512.jpg",
        folder / "genuine/neuralchen-SimSwap__multi_people.jpg",
    )
    assert finding.values["verdict"] == "scene_corresponds_face_differs"
    assert len(finding.values["faces"]) == 3


def test_a_resaved_still_corresponds(original, tmp_path):
    with Image.open(original) as opened:
        small = opened.resize((opened.width * 7 // 10, opened.height * 7 // 10))
    small.save(tmp_path / "copy.jpg", quality=60)
    finding = compared(tmp_path / "copy.jpg", original)
    assert finding.values["verdict"] == "corresponds"
    assert finding.values["faces"][0]["state"] == "agrees"


@pytest.mark.parametrize("change", ["smooth", "mosaic", "bar"])
def test_a_covered_or_smoothed_face_is_no_other_face(original, tmp_path, change):
    with Image.open(original) as opened:
        picture = opened.convert("RGB")
    face = find(np.ascontiguousarray(np.asarray(picture)[:, :, ::-1]))[0]
    left, top, width, height = (round(one) for one in face.box_px)
    part = picture.crop((left, top, left + width, top + height))
    if change == "smooth":
        part = part.filter(ImageFilter.GaussianBlur(4)).filter(ImageFilter.MedianFilter(5))
    elif change == "mosaic":
        part = part.resize((10, 12), Image.Resampling.BOX).resize(part.size, Image.Resampling.NEAREST)
    else:
        drawn = np.array(part)
        eyes = round(float(face.landmarks_px[:2, 1].mean()) - top)
        cv2.rectangle(drawn, (0, eyes - height // 12), (width, eyes + height // 12), (0, 0, 0), -1)
        part = Image.fromarray(drawn)
    picture.paste(part, (left, top))
    picture.save(tmp_path / "changed.jpg", quality=90)
    finding = compared(tmp_path / "changed.jpg", original)
    assert finding.values["verdict"] == "scene_corresponds_region_altered"


def test_unrelated_stills_do_not_correspond(corpus, original):
    other = corpus / "05-swap-image/genuine/ai-forever-ghost__beckham.jpg"
    assert compared(other, original).values["verdict"] == "does_not_correspond"
