"""Measures the comparison of faces with photographs: `python -m benchmarks.accuracy_identity FOLDER [--write]`.

FOLDER holds pictures and clips and `identity.csv` with the columns `path`, `kind`, `person`, `source`, `target`
(`identity_material.Row` says what they mean); for the corpus of this project the table is beside this file. Every file
goes through the analyzer of faces, as it is, compressed and in half size, and is compared with the photographs of every
person whom it may not show for another reason.

H1: the face shows the person, or was made from photographs of the person. H2: it shows, or was made from, somebody
else. A face swap and the person whose picture it was put into is neither. A unit is a person: of a swap the person it
was made from. Files, frames and variants do not count.

`--out DIR` writes plots, trials and the block of error rates; `--write` also the calibration file and the distributions
that are part of the program.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from benchmarks.identity_material import Content, Material, material
from forensics import codec
from forensics.analyzers.identity import IdentityComparison
from forensics.analyzers.identity.distribution import FILE, Distribution, Distributions
from forensics.analyzers.identity.likeness import likenesses
from forensics.faces.face import ALIGNED_PX
from forensics.proof.calibration import About, Calibration, digest_of, read_off, write_calibration
from forensics.proof.card import Corpus, error_rate_block
from forensics.proof.condition import Condition
from forensics.proof.errorrate import table_of
from forensics.proof.fitting import calibrate, held_out
from forensics.proof.plot import Curve, roc_chart, tippett_chart
from forensics.proof.roc import roc_curve, tippett_curves
from forensics.proof.sample import sample_of
from forensics.proof.trial import Trial, count_units

MEASURE = "face.identity/similarity"
VERSION = f"{IdentityComparison.name} {IdentityComparison.version}"
CORPUS = "public demonstration pictures of face-swap programs, press photographs and generated portraits"

SWAPPED, SAME, UNRELATED, TARGET = "face swap and its source", "same person", "unrelated", "face swap and its target"


def trials_of(found: Material) -> Iterator[tuple[str, Trial, int, int]]:
    """Gives every comparison with its kind, the narrowest face in it, and the number of faces compared."""
    for content in found.contents:
        for person, photos in sorted(found.photos.items()):
            others = [photo for path, photo in photos if path != content.row.path]
            if others and (content.row.kind not in ("recording", "clip") or person != content.row.person):
                yield from _compared(content, person, others)
    for content in found.ends:
        yield from _compared(content, content.row.person, [one for _, one in found.photos[content.row.person]])


def _compared(content: Content, person: str, photos: Sequence[object]) -> Iterator[tuple[str, Trial, int, int]]:
    row = content.row
    ranked = likenesses(content.kept, [one.measure for one in photos])  # type: ignore[attr-defined]
    kind = _kind(content, person)
    units = (person,) if kind in (SWAPPED, SAME) else tuple(sorted({*row.shown, person}))
    score = ranked[0].similarity if ranked else None
    trial = Trial(kind, f"{row.path} v {person}", content.condition, kind in (SWAPPED, SAME), units, score)
    width = min([ranked[0].track.width_px, *(one.width_px for one in photos)]) if ranked else 0  # type: ignore[attr-defined]
    yield kind, trial, round(width), len(ranked)


def _kind(content: Content, person: str) -> str:
    if person in content.row.sources:
        return SWAPPED
    if person == content.row.target:
        return TARGET
    return SAME if person == content.row.person else UNRELATED


def described(trials: Sequence[Trial], material_: str) -> Distribution:
    """Describes the scores of trials as they are, without variants."""
    plain = [one for one in trials if one.variant == "as it is" and one.score is not None]
    scores = [one.score for one in plain if one.score is not None]
    points = [round(float(value), 2) for value in np.percentile(scores, (5, 50, 95, 0, 100))]
    low, middle, high, least, most = points
    return Distribution(len(scores), count_units(plain), low, middle, high, least, most, material_)


def by_source(trials: Sequence[Trial]) -> list[Trial]:
    """Puts the unrelated pairs beside each of the two kinds that H1 is true of, so that each has its own row."""
    return [
        replace(one, source=kind) for kind in (SWAPPED, SAME) for one in trials if one.source == kind or not one.is_h1
    ]


def conditions(rows: Sequence[tuple[str, Trial, int, int]]) -> tuple[Condition, ...]:
    """Gives what the material covers: widths of faces (wider ones are made smaller by the method), faces compared."""
    scored = [one for one in rows if one[1].score is not None]
    least = min(width for _, _, width, _ in scored)
    most = max(count for kind, _, _, count in scored if kind == UNRELATED)
    return Condition("face_px", float(least), float(ALIGNED_PX)), Condition("face_count", 1.0, float(most))


def main(folder: Path, out: Path | None, *, write: bool, made_on: str) -> int:
    """Measures, prints and writes; gives 1 where different persons get more than limited support."""
    with tempfile.TemporaryDirectory() as scratch:
        found = material(folder, Path(scratch))
    rows = list(trials_of(found))
    kinds = {kind: [trial for one, trial, _, _ in rows if one == kind] for kind in (SWAPPED, SAME, UNRELATED, TARGET)}
    trials = [*kinds[SWAPPED], *kinds[SAME], *kinds[UNRELATED]]
    about = About(MEASURE, VERSION, CORPUS, found.sha256, made_on, conditions(rows))
    threshold = IdentityComparison().similar_from
    calibration = calibrate(trials, about, threshold=threshold)
    ratios = held_out(trials, calibration.method)
    usual = distributions(kinds, about, calibration)
    table = table_of(by_source(trials), threshold=threshold, ratios=by_source(ratios))
    block = error_rate_block(table, corpus_words(found), version=VERSION, made_on=made_on, calibration=calibration)
    sys.stdout.write(block)
    for name in ("unrelated", "same_person", "swapped_source", "swapped_target"):
        sys.stdout.write(f"{name}: {codec.to_json(getattr(usual, name))}\n")
    worst = highest_for_unrelated(kinds[UNRELATED], calibration)
    sys.stdout.write(f"Highest log10 LR that two different persons of the material get: {worst:.2f}\n")
    if write:
        FILE.write_bytes(codec.canonical(codec.to_json(usual)))
        FILE.with_name("identity.json").write_bytes(write_calibration(calibration))
    if out is not None:
        plots(out, trials, ratios, block)
    return int(worst > 1)


def highest_for_unrelated(trials: Sequence[Trial], calibration: Calibration) -> float:
    """Gives the highest log10 likelihood ratio for H1, after its cap, that pairs of different persons get."""
    reads = [read_off(calibration, one.score) for one in trials if one.score is not None]
    return max(min(one.log10_lr, one.cap_h1) for one in reads)


def distributions(kinds: dict[str, list[Trial]], about: About, calibration: Calibration) -> Distributions:
    """Describes what is usual."""
    return Distributions(
        about.measure,
        about.version,
        about.corpus,
        about.corpus_sha256,
        about.made_on,
        digest_of(calibration),
        described(kinds[UNRELATED], "a face and photographs of another person, generated portraits among them"),
        described(kinds[SAME], "a face and other photographs of the person, or another frame of the same recording"),
        described(kinds[SWAPPED], "a face made by a face-swap program and the photographs it was made from"),
        described(kinds[TARGET], "such a face and the person whose picture it was put into"),
    )


def corpus_words(found: Material) -> Corpus:
    """Describes the material for the block of error rates."""
    return Corpus(
        name=CORPUS,
        licence="that of each publisher; the files are not part of the program",
        sha256=found.sha256,
        collected="published from 2007 on",
        covered="GHOST, inswapper (with CodeFormer), roop and SimSwap; press photographs, film and television stills; "
        "portraits by Stable Diffusion 3",
        not_covered="all other face-swap programs, warps in two dimensions, DeepFaceLab, relatives, children, twins",
        processing="as published; H.264 with crf 35 or JPEG with quality 40; half size",
        subgroups="none: the persons' groups are not known, and there are too few of them",
        domain="frontal faces of adults from 48 px on; too few persons for any other statement",
    )


def plots(out: Path, trials: Sequence[Trial], ratios: Sequence[Trial], block: str) -> None:
    """Writes ROC and Tippett plots, the trials and the block of error rates."""
    out.mkdir(parents=True, exist_ok=True)
    curves = []
    for kind in (SWAPPED, SAME):
        sample = sample_of(one for one in trials if one.source == kind or not one.is_h1)
        curves.append(Curve(kind, tuple((x, y) for x, y, *_ in roc_curve(sample))))
    (out / "roc.png").write_bytes(roc_chart(curves))
    judged = sample_of(ratios)
    steps = tippett_curves(judged.scores, judged.is_h1, weights=judged.weights)
    (out / "tippett.png").write_bytes(tippett_chart(steps))
    (out / "block.md").write_text(block, encoding="utf-8")
    with (out / "trials.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(("source", "clip", "variant", "label", "units", "score"))
        for one in trials:
            label = "h1" if one.is_h1 else "h2"
            writer.writerow((one.source, one.clip, one.variant, label, "|".join(one.units), one.score))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, default=None, help="folder for plots, trials and the block of error rates")
    parser.add_argument("--write", action="store_true", help="write the files that are part of the program")
    parser.add_argument("--date", default=datetime.now(UTC).strftime("%Y-%m-%d"), help="date in the files")
    arguments = parser.parse_args()
    sys.exit(main(arguments.folder, arguments.out, write=arguments.write, made_on=arguments.date))
