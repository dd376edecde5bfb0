"""Fingerprints of pictures and clips."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from forensics.analyzers.prints import KIND, PrintsAnalyzer
from forensics.analyzers.prints.look import corners
from forensics.analyzers.prints.pdq import distance, pdq
from forensics.media import fingerprint
from forensics.media.frame import Frame
from forensics.model import Result
from tests.fakes.evidence import FileEvidence, KeepingSink, encoded
from tests.fakes.footage import clip, frames, scene, still


def grey(seed: int) -> np.ndarray:
    return cv2.resize(cv2.cvtColor(scene(seed), cv2.COLOR_BGR2GRAY), (640, 360))


def resaved(picture: np.ndarray, quality: int) -> np.ndarray:
    return cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_GRAYSCALE)


def bits(code: np.ndarray) -> np.ndarray:
    """Gives the bits of a hash by row and column of its frequencies, as the reference implementation counts them."""
    return np.unpackbits(code)[::-1].reshape(16, 16)


@pytest.mark.parametrize("seed", range(4))
def test_a_compressed_or_reduced_picture_keeps_its_hash(seed):
    code = pdq(grey(seed))[0]
    small = cv2.resize(grey(seed), (320, 180), interpolation=cv2.INTER_AREA)
    assert distance(code, pdq(resaved(grey(seed), 40))[0]) <= 31
    assert distance(code, pdq(small)[0]) <= 31


def test_unrelated_pictures_differ_in_half_of_the_bits():
    codes = [pdq(grey(seed))[0] for seed in range(8)]
    apart = [int(distance(a, b)) for number, a in enumerate(codes) for b in codes[:number]]
    assert 110 < np.mean(apart) < 146


def test_the_mirror_image_has_every_second_column_of_bits_reversed():
    """PDQ, dihedral transforms: mirroring negates the coefficients of alternate columns."""
    code, mirrored = pdq(grey(1))[0], pdq(np.ascontiguousarray(grey(1)[:, ::-1]))[0]
    expected = bits(code).copy()
    expected[:, ::2] ^= 1
    assert np.count_nonzero(expected != bits(mirrored)) <= 16


@pytest.mark.parametrize("shade", [0, 128, 255])
def test_a_plain_picture_has_quality_0(shade):
    assert pdq(np.full((90, 160), shade, np.uint8))[1] == 0


def test_corners_are_spread_over_the_picture_although_a_caption_is_stronger():
    picture = grey(2)
    cv2.putText(picture, "LOOK AT THIS NOW", (20, 340), 0, 1.8, 255, 4)
    places, codes = corners(picture, most=200)
    assert len(places) == len(codes) == 200
    assert np.count_nonzero(places[:, 1] < 65535 * 0.8) > 140


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (20, 20)])
def test_pictures_of_any_shape_are_looked_at(shape):
    places, codes = corners(np.zeros(shape, np.uint8), most=100)
    assert len(places) == len(codes) == 0
    assert pdq(np.zeros(shape, np.uint8))[1] == 0


def test_a_still_has_one_frame_and_its_own_size(tmp_path):
    sink = KeepingSink()
    path = still(scene(1), tmp_path / "a.jpg")
    (finding,) = PrintsAnalyzer().examine(FileEvidence(path), sink)
    value = fingerprint.decode(sink.contents["fingerprint"])
    assert (finding.kind, finding.result) == (KIND, Result.FOUND)
    assert (value.is_still, value.width_px, value.height_px, len(value.times_s)) == (True, 320, 180, 1)
    assert 100 < len(value.points) <= PrintsAnalyzer().still_corners


def test_a_clip_has_frames_five_times_a_second_and_marks_every_second(tmp_path):
    sink = KeepingSink()
    path = clip(frames(1, 4), tmp_path / "a.mp4")
    (finding,) = PrintsAnalyzer().examine(FileEvidence(path), sink)
    value = fingerprint.decode(sink.contents["fingerprint"])
    assert value.times_s.tolist() == pytest.approx([one / 5 for one in range(20)])
    assert [value.time_of(one) for one in range(len(value.marks))] == pytest.approx([0, 1, 2, 3])
    assert value.duration_s == pytest.approx(4.0)
    assert finding.attachments[0].role == "fingerprint"


def test_the_first_frame_of_a_shot_is_marked_and_a_key_frame(tmp_path):
    path = clip(frames(1, 1.4) + frames(2, 1.6), tmp_path / "a.mp4")
    sink = KeepingSink()
    (finding,) = PrintsAnalyzer().examine(FileEvidence(path), sink)
    value = fingerprint.decode(sink.contents["fingerprint"])
    assert 1.4 in [pytest.approx(value.time_of(one)) for one in range(len(value.marks))]
    assert 1.4 in [pytest.approx(one["time_s"]) for one in finding.values["key_frames"]]


def test_a_clip_with_many_shots_has_twelve_key_frames_at_most():
    work = PrintsAnalyzer().start(FileEvidence_of_nothing(), KeepingSink())
    for number in range(40):
        work.feed(Frame(number, float(number), scene(number)))
    (finding,) = work.finish(())
    assert len(finding.values["key_frames"]) == 12
    times = [one["time_s"] for one in finding.values["key_frames"]]
    assert times == sorted(times)


def test_a_long_clip_is_thinned_and_keeps_its_length():
    work = PrintsAnalyzer(most_frames=50).start(FileEvidence_of_nothing(), KeepingSink())
    shown = frames(1, 4)
    for number in range(300):
        work.feed(Frame(number, number / 5, shown[number % 40]))
    value = work.gathered.fingerprint()
    assert 25 <= len(value.times_s) <= 51
    assert np.allclose(np.diff(value.times_s), value.times_s[1])
    assert value.duration_s == pytest.approx(60, abs=2)
    assert fingerprint.decode(fingerprint.encode(value)).duration_s == value.duration_s


def test_the_open_record_has_nothing_by_which_the_picture_could_be_drawn(tmp_path):
    """Findings of sealed items are not sealed: hashes and pictures are in the attachments alone."""
    (finding,) = PrintsAnalyzer().examine(FileEvidence(still(scene(1), tmp_path / "a.jpg")), KeepingSink())
    assert "pdq" not in {name for one in finding.values["key_frames"] for name in one}
    assert all(set(one.facts) <= {"time_s"} for one in finding.attachments)


def test_what_cannot_be_decoded_is_indeterminate_with_a_gap(tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(b"\xff\xd8\xff\xe0" + b"x" * 100)
    (finding,) = PrintsAnalyzer().examine(FileEvidence(path), KeepingSink())
    assert finding.result is Result.INDETERMINATE
    assert finding.gaps
    assert not finding.attachments


def test_the_same_bytes_give_the_same_findings(tmp_path):
    path = clip(frames(5, 2), tmp_path / "a.mp4")
    first, second = (list(PrintsAnalyzer().examine(FileEvidence(path), KeepingSink())) for _ in range(2))
    assert encoded(first) == encoded(second)


class FileEvidence_of_nothing:  # noqa: N801 -- reads as a sentence
    """Evidence whose content is never looked at."""

    def __init__(self) -> None:
        """Has the artifact of this file."""
        from pathlib import Path

        self.artifact = FileEvidence(Path(__file__)).artifact
