"""The whole measurement of a questioned item against a suspected original: space, time, pairs, control, verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from forensics.analyzers.source import verdict as judging
from forensics.analyzers.source.control import Control, Goal, clip_control, densest, still_control
from forensics.analyzers.source.footage import Footage, Reel, chosen
from forensics.analyzers.source.locate import Found, original_reel, questioned_reel, search
from forensics.analyzers.source.region import Region, altered_blocks, outside_regions, widened
from forensics.analyzers.source.registration import LEAST_INLIERS, Registration, compose, pooled, resized
from forensics.analyzers.source.sampling import MOST_FACES, Alignment, Sampled, Track, sampled, tracks
from forensics.analyzers.source.statistic import FaceSample, Sample, faces_of
from forensics.analyzers.source.still import still_alignment
from forensics.analyzers.source.summary import (
    Range,
    Summary,
    differing_run,
    outside,
    own_spread,
    summarised,
)
from forensics.analyzers.source.timeline import LEAST_FRAMES, Timeline, aligned, rough, thumbnails
from forensics.analyzers.source.verdict import FaceJudgement, FaceState, Kind, Scene, Verdict
from forensics.errors import MediaError, ToolError
from forensics.faces.face import ALIGNED_PX
from forensics.model import Gap, GapReason

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from forensics.analyzers.source.sampling import Pictures

_POOLED = 6
_TURNS = 4
_BETTER = 1.1
"""Pairs of one instant that are registered together; rounds of space and time at most; a round must bring a tenth more
agreeing corners for another to follow. *Source:* measured; a head that turned the same way at another instant can
lead the first round astray (550 corners, at the right instants 3,500)."""

_LEAST_SAMPLES, _MOST_SAMPLES = 16, 32
"""Pairs that are measured: one a second, within these bounds."""

_LEAST_SHARE = 0.2
"""A face that is in fewer of the samples than this, or in fewer than two, is passed over."""

_MOST_TRACKS = 8

_MOST_FINE = {False: 2.0, True: 1.5}
"""By how much working frames of stills and of clips are enlarged at most, so that faces have the 112 px that the face
measure looks at. *Source:* measured: a swapped face of 60 px that has a correlation of 0.90 inside has 0.79 when it is
compared at 120 px; clips take 2.3 times as long per pair."""


@dataclass(frozen=True, slots=True)
class FaceResult:
    """What came out for one face.

    Attributes:
        track: Its samples.
        measured: Over all samples.
        judged_on: Over those that the judgement rests on: the differing stretch, or all.
        control: The same of the control; None where there is none.
        own: Cosines of the original's face in different frames; None where there are too few.
        stretch_s: First and last time, in the questioned clip, of the differing stretch; None where there is none.
    """

    track: Track
    measured: Summary
    judged_on: Summary
    control: Summary | None
    own: Range | None
    judgement: FaceJudgement
    stretch_s: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything that was measured, for findings and exhibits."""

    verdict: Verdict
    reasons: tuple[str, ...]
    scene: Scene
    found: Found
    registration: Registration | None = None
    alignment: Alignment | None = None
    timeline: Timeline | None = None
    reels: tuple[Reel, Reel] | None = None
    samples: tuple[Sample, ...] = ()
    pictures: Mapping[tuple[float, float], Pictures] = field(default_factory=dict)
    around: Range | None = None
    faces: tuple[FaceResult, ...] = ()
    regions: tuple[Region, ...] = ()
    control: Control | None = None
    gaps: tuple[Gap, ...] = field(default=())


def compare(questioned: Footage, original: Footage, *, duration_s: float | None, folder: Path) -> Outcome:
    """Measures a questioned item against a suspected original.

    Args:
        questioned: Clip or still.
        original: Clip or still.
        duration_s: Length of the original by its headers; None where they do not say.
        folder: Empty, for encoded stretches.

    Raises:
        MediaError: One of them cannot be decoded.
        ToolError: A program is missing or reached a limit.
    """
    first = questioned_reel(questioned)
    second, is_long = original_reel(original, first, duration_s=duration_s)
    gaps = _reading_gaps(first, second, is_long=is_long)
    found = search(first, second)
    best = found.hits[0].registration if found.hits else None
    scene = Scene(best.inliers if best else 0, found.corner_count, None, None, None)
    if best is None or best.inliers < LEAST_INLIERS:
        verdict, reasons = judging.judged(scene, ())
        return Outcome(verdict, reasons, scene, found, reels=(first, second), gaps=gaps)
    blank = Outcome(Verdict.OPEN, (), scene, found, best, reels=(first, second), gaps=gaps)
    is_clip = min(len(first), len(second)) >= LEAST_FRAMES
    original = original.finer(_fineness(original, float(second.times_s[found.hits[0].original]), is_clip=is_clip))
    if not is_clip:
        alignment = still_alignment(questioned, original, found.hits, reels=(first, second))
        return _measured(replace(blank, alignment=alignment), alignment, folder=folder, is_clip=False)
    return _clips(blank, (questioned, original), (first, second), folder=folder)


def _fineness(original: Footage, time_s: float, *, is_clip: bool) -> float:
    """Gives the factor by which working frames are enlarged so that the faces in them are wide enough."""
    import numpy as np

    shown = chosen(original, [time_s], size=original.work).get(time_s)
    faces = faces_of(shown, most=MOST_FACES) if shown is not None else []
    if not faces:
        return 1.0
    width = float(np.median([one.width_px for one in faces]))
    return min(_MOST_FINE[is_clip], max(1.0, ALIGNED_PX / width))


def _clips(outcome: Outcome, footage: tuple[Footage, Footage], reels: tuple[Reel, Reel], *, folder: Path) -> Outcome:
    (questioned, original), (first, second) = footage, reels
    best, timeline = _aligned(outcome.found, reels)
    instants = tuple(
        (float(first.times_s[i]), float(second.times_s[j])) for i, j in enumerate(timeline.matches) if j >= 0
    )
    scene = replace(
        outcome.scene,
        inliers=best.inliers,
        correlation=timeline.correlation or 0.0,
        aligned_s=round(len(instants) * first.spacing_s, 3),
    )
    matrix = compose(
        resized(second.size, (original.width_px, original.height_px)),
        compose(best.matrix, resized((questioned.width_px, questioned.height_px), first.size)),
    )
    alignment = Alignment(questioned, original, matrix, instants)
    outcome = replace(outcome, registration=best, scene=scene, timeline=timeline, alignment=alignment)
    if (scene.correlation or 0.0) < judging.LEAST_CORRELATION or (scene.aligned_s or 0.0) < judging.LEAST_ALIGNED_S:
        verdict, reasons = judging.judged(replace(scene, structure_outside=1.0), ())
        return replace(outcome, verdict=verdict, reasons=reasons)
    return _measured(outcome, alignment, folder=folder, is_clip=True)


def _aligned(found: Found, reels: tuple[Reel, Reel]) -> tuple[Registration, Timeline]:
    """Registers in space, then in time, then in space again by frames of one instant, and so on while that helps."""
    import numpy as np

    first, second = reels
    best = found.hits[0].registration
    timeline = Timeline((), np.full(len(first), -1), np.full(len(first), np.nan), None)
    pair = thumbnails(first, second, matrix=best.matrix)
    matches = np.full(len(first), -1) if pair is None else rough(*pair)
    for _ in range(_TURNS):
        again = _pooled(reels, matches, is_mirrored=best.is_mirrored)
        is_better = again is not None and again.inliers >= max(LEAST_INLIERS, _BETTER * best.inliers)
        if again is not None and (is_better or not timeline.pieces):
            best = again if again.inliers >= LEAST_INLIERS else best
            pair = thumbnails(first, second, matrix=best.matrix) or pair
        elif timeline.pieces:
            break
        if pair is None:
            break
        timeline = aligned(*pair)
        matches = timeline.matches if timeline.pieces else rough(*pair)
    return best, timeline


def _pooled(reels: tuple[Reel, Reel], matches: NDArray[np.int64], *, is_mirrored: bool) -> Registration | None:
    """Registers frames that are said to show one instant, `_POOLED` of them together; None where nothing fits."""
    import numpy as np

    usable = np.flatnonzero(matches >= 0)
    if not len(usable):
        return None
    chosen = usable[np.unique(np.linspace(0, len(usable) - 1, _POOLED).round().astype(int))]
    return pooled([(reels[0].grey[i], reels[1].grey[matches[i]]) for i in chosen], is_mirrored=is_mirrored)


def _measured(outcome: Outcome, alignment: Alignment, *, folder: Path, is_clip: bool) -> Outcome:
    shown = sampled(alignment, _chosen(alignment.instants_s))
    samples = shown.samples
    if not samples:
        verdict, reasons = judging.judged(outcome.scene, ())
        return replace(outcome, verdict=verdict, reasons=reasons)
    left_out = widened(altered_blocks(samples))
    around = outside(samples, left_out=left_out)
    control, gaps = _control(alignment, shown, left_out=left_out, folder=folder, is_clip=is_clip)
    least = max(2, round(_LEAST_SHARE * len(samples))) if is_clip else 1
    followed = [one for one in tracks(samples) if len(one.samples) >= least][:_MOST_TRACKS]
    controls = tracks(control.samples) if control else ()
    has_moments = outcome.reels is not None and max(map(len, outcome.reels)) > 1
    kind = Kind(is_clip=is_clip, has_moments=has_moments)
    faces = tuple(_face(track, samples, controls, kind=kind) for track in followed)
    regions = outside_regions(samples, control.samples if control else ())
    scene = replace(
        outcome.scene,
        structure_outside=around.median,
        regions=len(regions),
        added_faces=sum(bool(one.added) for one in samples) > len(samples) / 2,
    )
    verdict, reasons = judging.judged(scene, [one.judgement for one in faces])
    return replace(
        outcome,
        verdict=verdict,
        reasons=reasons,
        scene=scene,
        samples=samples,
        pictures=shown.pictures,
        around=around,
        faces=faces,
        regions=regions,
        control=control,
        gaps=(*outcome.gaps, *gaps),
    )


def _chosen(instants: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Chooses instants evenly: one a second, 16 at least and 32 at most."""
    import numpy as np

    seconds = instants[-1][0] - instants[0][0] if instants else 0.0
    count = min(len(instants), max(_LEAST_SAMPLES, min(_MOST_SAMPLES, round(seconds))))
    return [instants[one] for one in sorted({int(i) for i in np.linspace(0, len(instants) - 1, count).round()})]


def _control(
    alignment: Alignment, shown: Sampled, *, left_out: NDArray[np.bool_], folder: Path, is_clip: bool
) -> tuple[Control | None, tuple[Gap, ...]]:
    with_faces = [one for one in shown.samples if one.faces]
    if not with_faces:
        return None, ()
    span = densest(with_faces)
    goal = Goal(outside(span, left_out=left_out).median, left_out)
    try:
        if is_clip:
            originals = {one.times_s[1]: shown.pictures[one.times_s][1] for one in span}
            return clip_control(alignment, goal, span=span, originals=originals, folder=folder), ()
        return still_control(alignment, span[0], shown.pictures[span[0].times_s][1], goal=goal), ()
    except (MediaError, ToolError) as error:
        detail = f"the original could not be degraded for comparison, fixed thresholds stand in: {error}"
        return None, (Gap("control", GapReason.FAILED, detail),)


def _face(track: Track, samples: Sequence[Sample], controls: Sequence[Track], *, kind: Kind) -> FaceResult:
    faces = [one for _, one in track.samples]
    whole = summarised(faces)
    control = _control_of(faces, controls)
    judgement = judging.judge_face(whole, control, kind=kind)
    run = differing_run(faces)
    stretch, judged_on = None, whole
    if run is not None:
        part = summarised(faces[run[0] : run[1] + 1])
        if judgement.state is not FaceState.DIFFERS:
            alone = judging.judge_face(part, control, kind=kind)
            if alone.state is FaceState.DIFFERS or judgement.state is FaceState.AGREES:
                judgement, judged_on = alone, part
        numbers = [number for number, _ in track.samples]
        stretch = (samples[numbers[run[0]]].times_s[0], samples[numbers[run[1]]].times_s[0])
    return FaceResult(track, whole, judged_on, control, own_spread(faces), judgement, stretch)


def _control_of(faces: Sequence[FaceSample], controls: Sequence[Track]) -> Summary | None:
    """Gives the control of the same face: the track whose face is most like it."""
    best, most = None, 0.5
    for track in controls:
        pairs = ((one.original.measure, face.original.measure) for _, one in track.samples for face in faces)
        likeness = max(float(first @ second) for first, second in pairs)
        if likeness > most:
            best, most = track, likeness
    return summarised([one for _, one in best.samples]) if best else None


def _reading_gaps(first: Reel, second: Reel, *, is_long: bool) -> tuple[Gap, ...]:
    gaps = []
    for name, reel in (("questioned", first), ("original", second)):
        if reel.complaint:
            gaps.append(Gap(f"{name}.frames", GapReason.UNPARSABLE, f"the decoder broke off: {reel.complaint}"))
    if first.is_cut:
        last = f"{float(first.times_s[-1]):.0f}"
        gaps.append(Gap("questioned.frames", GapReason.LIMIT, f"only the first {last} s were compared"))
    if is_long and second.is_cut:
        gaps.append(Gap("original.frames", GapReason.LIMIT, "only the passages most alike were compared"))
    return tuple(gaps)
