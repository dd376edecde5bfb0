from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import pytest
from PIL import Image

from forensics.analyzers.faces import EyeLayoutComparison
from forensics.faces.table import Best, SightingRow, Table, TrackRow, write_table
from forensics.model import Artifact, Digests, GapReason, Name, Result
from tests.fakes.evidence import OBTAINED_AT, KeepingSink, encoded
from tests.unit.faces.test_table import quality

SIDE = 1000
ALIGNED = ((385.0, 480.0), (615.0, 480.0), (500.0, 600.0), (410.0, 700.0), (590.0, 700.0))
"""Eyes where the alignment of FFHQ puts them, in a picture of 1000 by 1000 pixels."""
ELSEWHERE = tuple((x * 0.5, y * 0.5) for x, y in ALIGNED)


@dataclass(frozen=True)
class Kept:
    """Stored bytes, and what was made of them."""

    content: bytes
    made: tuple[tuple[str, Kept], ...] = ()

    @property
    def artifact(self) -> Artifact:
        digests = Digests(hashlib.sha256(self.content).hexdigest(), "0" * 64, len(self.content))
        return Artifact(digests, "original", Name("a"), "image/png", OBTAINED_AT)

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        yield io.BytesIO(self.content)

    def related(self, role: str) -> tuple[Kept, ...]:
        return tuple(one for name, one in self.made if name == role)


def crop(seed: int, *, quality: int | None = None) -> Kept:
    pixels = np.kron(np.random.default_rng(seed).integers(0, 255, (8, 8, 3), np.uint8), np.ones((20, 20, 1), np.uint8))
    stream, image = io.BytesIO(), Image.fromarray(pixels)
    if quality:
        coded = io.BytesIO()
        image.save(coded, "JPEG", quality=quality)
        image = Image.open(coded)
    image.save(stream, "PNG")
    return Kept(stream.getvalue())


def picture(number: int, landmarks=ALIGNED, *, look: Kept | None = None, sampling_hz: float | None = None) -> Kept:
    look = look or crop(number)
    box = (300.0, 300.0, 400.0, 500.0)
    sighting = SightingRow(0.0, box, landmarks, 0.93, (), quality())
    best = Best(0.0, look.artifact.content_sha256, box, landmarks, landmarks, 1.0)
    row = TrackRow("F1", 0.0, 0.0, ((0.0, 0.0),), 1, True, (), (sighting,), (best,))
    table = Table(sampling_hz, None if sampling_hz is None else 1.0, SIDE, SIDE, (row,))
    return Kept(f"picture {number}".encode(), (("face-tracks", Kept(write_table(table))), ("face", look)))


def joint(*pictures: Kept):
    (found,) = EyeLayoutComparison().examine(pictures, KeepingSink())
    return found


def test_several_portraits_with_the_layout_are_a_weak_pointer():
    found = joint(*(picture(number) for number in range(4)), picture(9, ELSEWHERE))
    assert found.kind == "face.eye_layout"
    assert found.result is Result.INDETERMINATE
    assert found.values["strength"] == "consistent_with"
    assert found.values["joint"]["picture_count"] == 5
    assert found.values["joint"]["corresponding_count"] == 4
    assert found.statement.values == {"corresponding": 4, "count": 5}
    assert found.limits
    assert found.alternatives
    assert len(found.subject) == 5


def test_no_chance_below_one_in_a_thousand_is_stated():
    assert joint(*(picture(number) for number in range(30))).values["joint"]["chance_at_most"] == 0.001


def test_the_chance_of_two_of_two_is_that_of_the_binomial_distribution():
    assert joint(picture(1), picture(2)).values["joint"]["chance_at_most"] == round(0.065**2, 3)


def test_one_of_many_is_what_chance_explains():
    found = joint(picture(1), *(picture(number, ELSEWHERE) for number in range(2, 12)))
    assert found.result is Result.NOT_FOUND
    assert "strength" not in found.values
    assert found.values["corresponds"] is False


@pytest.mark.parametrize("quality", [None, 70, 40])
def test_copies_of_one_portrait_count_once(quality):
    original = picture(1, look=crop(1))
    copies = [picture(10 + i, look=crop(1, quality=quality)) for i in range(3)]
    found = joint(original, *copies, picture(2), original)
    assert found.values["joint"]["picture_count"] == 2
    assert found.values["joint"]["copy_count"] == 3


def test_clips_and_contents_without_faces_do_not_count():
    nothing = Kept(b"x", (("face-tracks", Kept(write_table(Table(None, None, 10, 10, ())))),))
    found = joint(picture(1), picture(2, sampling_hz=5.0), nothing, Kept(b"never examined"))
    assert found.result is Result.INDETERMINATE
    assert [gap.why for gap in found.gaps] == [GapReason.NOT_APPLICABLE]


def test_a_table_that_cannot_be_read_is_a_gap_and_never_not_found():
    broken = Kept(b"b", (("face-tracks", Kept(b"{}")),))
    found = joint(broken, picture(1, ELSEWHERE), picture(2, ELSEWHERE))
    assert found.result is Result.INDETERMINATE
    assert [gap.why for gap in found.gaps] == [GapReason.UNPARSABLE]
    assert found.alternatives


def test_a_broken_or_missing_picture_of_a_face_counts_as_a_picture_of_its_own():
    assert joint(picture(1, look=Kept(b"no png")), picture(2, look=Kept(b"no png"))).values["corresponds"] is True


def test_many_contents_are_bounded():
    (found,) = EyeLayoutComparison(max_pictures=3, max_listed=2).examine(
        tuple(picture(number) for number in range(5)), KeepingSink()
    )
    assert found.values["joint"]["picture_count"] == 3
    assert len(found.values["joint"]["pictures"]) == 2
    assert [gap.why for gap in found.gaps] == [GapReason.LIMIT]


def test_equal_evidence_gives_equal_findings():
    given = [picture(number) for number in range(3)]
    assert encoded([joint(*given)]) == encoded([joint(*given)])
