"""The eye layout of several pictures together, as of the profile pictures of several accounts."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from forensics.analyzers import message
from forensics.analyzers.faces import eye
from forensics.analyzers.faces.follow import correlation, look_of
from forensics.errors import CodecError
from forensics.faces.face import Face
from forensics.faces.layout import EyeLayout, eye_layout, joint_layout
from forensics.faces.table import CROP_ROLE, MOST_BYTES, ROLE, Table, read_table
from forensics.model import Finding, Gap, GapReason, Message, Result, Stage, Tool
from forensics.plugins import Evidence, Sink

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CHANCE_AT_MOST = 0.065
"""Share of ordinary pictures of faces whose eyes lie so by chance, at most. *Source:* 1 of 72 pictures that were not
cut with the alignment; upper bound at 95 % after Clopper and Pearson (Biometrika 26, 1934, 404-413)."""

LEAST_CHANCE = 0.001
"""Below this nothing is said of the joint chance: pictures of one origin depend on each other, and the share that it is
reckoned from is known from few."""

TELLING = 0.05
"""Joint chance up to which the agreement is stated as one."""

_COPY = 0.99
_MOST_CROP_BYTES = 4 << 20
"""Largest picture of a face that is read; one of 320 by 320 pixels has 0.3 MB."""

_LIMIT_ORIGIN = message(
    "face.limit.origin",
    "Pictures that one program or one site cut to portraits have their eyes in the same place, whoever took them. The "
    "chance that is stated holds for pictures that do not depend on each other.",
)
_LIMIT_COPIES = message(
    "face.limit.copies",
    "A picture counts once, and so do copies of it that look almost the same; other pictures of one series count each.",
)


@dataclass(frozen=True, slots=True)
class _Picture:
    """A still with a face.

    Attributes:
        sha256: Of its content.
        layout: Where the eyes of the largest face lie.
        look: Of the kept picture of that face; None where there is none.
    """

    sha256: str
    layout: EyeLayout
    look: NDArray[np.float32] | None


@dataclass(frozen=True)
class EyeLayoutComparison:
    """Takes the eye layouts of several stills together.

    Attributes:
        max_pictures: Pictures that are taken, the first of the evidence.
        max_listed: Pictures that the finding lists, those whose eyes lie so first.
    """

    max_pictures: int = 2000
    max_listed: int = 100

    name: ClassVar[str] = "eye-layout"
    version: ClassVar[str] = "1"
    needs: ClassVar[tuple[str, ...]] = ()
    reads: ClassVar[tuple[str, ...]] = (ROLE, CROP_ROLE)

    def examine(self, evidence: tuple[Evidence, ...], sink: Sink) -> Iterable[Finding]:
        """States in how many of the stills the eyes lie so, where there are at least two with a face."""
        del sink
        gaps: list[Gap] = []
        pictures = list(_pictures(evidence[: self.max_pictures], gaps))
        if len(evidence) > self.max_pictures:
            left_out = len(evidence) - self.max_pictures
            gaps.append(Gap("pictures", GapReason.LIMIT, f"{left_out} contents were not looked at"))
        settings = {"max_pictures": self.max_pictures, "max_listed": self.max_listed}
        blank = Finding(
            subject=tuple(one.artifact.content_sha256 for one in evidence),
            stage=Stage.COMPARE,
            kind=eye.KIND,
            result=Result.INDETERMINATE,
            statement=Message("", ""),
            analyzer=Tool(self.name, self.version, settings=settings),
            gaps=tuple(gaps),
        )
        distinct = _distinct(pictures)
        if len(distinct) < 2:  # noqa: PLR2004 -- one picture has its own finding
            yield _nothing(blank)
        else:
            yield self._finding(blank, distinct, copies=len(pictures) - len(distinct))

    def _finding(self, blank: Finding, pictures: Sequence[_Picture], *, copies: int) -> Finding:
        joint = joint_layout([one.layout for one in pictures], chance=CHANCE_AT_MOST)
        is_telling = joint.corresponding > 1 and joint.chance <= TELLING
        listed = sorted(pictures, key=lambda one: not one.layout.corresponds)[: self.max_listed]
        values: dict[str, Any] = {
            "corresponds": is_telling,
            "joint": {
                "picture_count": joint.count,
                "corresponding_count": joint.corresponding,
                "copy_count": copies,
                "chance_at_most": round(max(LEAST_CHANCE, joint.chance), eye.DIGITS),
                "scatter": None if joint.scatter is None else round(joint.scatter, eye.DIGITS),
                "pictures": [{"sha256": one.sha256, **eye.values(one.layout)} for one in listed],
            },
        }
        is_open = is_telling or any(gap.why is not GapReason.LIMIT for gap in blank.gaps)
        return replace(
            blank,
            result=Result.INDETERMINATE if is_open else Result.NOT_FOUND,
            statement=_sentence(joint.corresponding, joint.count, is_telling=is_telling),
            values=values | ({"strength": "consistent_with"} if is_telling else {}),
            limits=(eye.SCRIPT, _LIMIT_ORIGIN, _LIMIT_COPIES) if is_telling else (eye.FAMILY, _LIMIT_COPIES),
            alternatives=(eye.CUT, eye.CHANCE) if is_open else (),
        )


def _nothing(blank: Finding) -> Finding:
    text = "There are no two different still pictures with a face, so that their eye layouts were not taken together."
    gap = Gap("joint eye layout", GapReason.NOT_APPLICABLE, "fewer than two different stills with a face")
    statement = message("face.eye-layout.joint.nothing", text)
    return replace(blank, statement=statement, gaps=(*blank.gaps, gap), limits=(eye.FAMILY,))


def _sentence(corresponding: int, count: int, *, is_telling: bool) -> Message:
    if is_telling:
        text = (
            "In {corresponding} of {count} pictures the eyes of the largest face lie where generators of portraits of "
            "the StyleGAN type put them. Ordinary photographs do so by chance in about 1 of 100 each; pictures cut "
            "with the same alignment script always do."
        )
        return message("face.eye-layout.joint.corresponds", text, corresponding=corresponding, count=count)
    text = (
        "The eyes of the largest face lie where generators of portraits of the StyleGAN type put them in "
        "{corresponding} of {count} pictures: no more than chance explains."
    )
    return message("face.eye-layout.joint.differs", text, corresponding=corresponding, count=count)


def _pictures(evidence: Iterable[Evidence], gaps: list[Gap]) -> Iterator[_Picture]:
    """Gives the stills with a face, each content once; adds to the gaps what could not be read."""
    known: set[str] = set()
    for one in evidence:
        sha256, made = one.artifact.content_sha256, one.related(ROLE)
        if sha256 in known or not made:
            continue
        known.add(sha256)
        try:
            with made[0].open() as stream:
                table = read_table(stream.read(MOST_BYTES + 1))
        except CodecError as error:
            gaps.append(Gap(f"faces of {sha256[:12]}", GapReason.UNPARSABLE, str(error)))
            continue
        picture = _picture(sha256, table, one)
        if picture is not None:
            yield picture


def _picture(sha256: str, table: Table, evidence: Evidence) -> _Picture | None:
    import numpy as np

    if not table.is_still or not table.tracks or not table.tracks[0].sightings:
        return None
    track = max(table.tracks, key=lambda one: one.sightings[0].box_px[2])
    seen = track.sightings[0]
    face = Face(seen.box_px, np.asarray(seen.landmarks_px, np.float64), seen.score)
    layout = eye_layout(face, width_px=table.width_px, height_px=table.height_px)
    named = track.best[0].crop_sha256 if track.best else None
    return _Picture(sha256, layout, _look(evidence, named) if named and layout.corresponds else None)


def _look(evidence: Evidence, sha256: str) -> NDArray[np.float32] | None:
    """Gives the look of a kept picture of a face; None where it is not there or cannot be read."""
    import numpy as np
    from PIL import Image

    for one in evidence.related(CROP_ROLE):
        if one.artifact.content_sha256 == sha256:
            with one.open() as stream:
                content = stream.read(_MOST_CROP_BYTES)
            try:
                with Image.open(io.BytesIO(content), formats=("PNG",)) as image:
                    pixels = np.asarray(image.convert("RGB"), np.uint8)
            except (OSError, ValueError, SyntaxError):
                return None
            return look_of(pixels[:, :, ::-1])
    return None


def _distinct(pictures: Iterable[_Picture]) -> list[_Picture]:
    """Leaves out pictures whose face looks almost as one before it, in the same place."""
    kept: list[_Picture] = []
    for one in pictures:
        if not any(_is_copy(one, other) for other in kept):
            kept.append(one)
    return kept


def _is_copy(one: _Picture, other: _Picture) -> bool:
    if one.look is None or other.look is None:
        return False
    return correlation(one.look, other.look) >= _COPY
