"""Weighs findings of a case: measured values become interpretations, by a calibration where there is one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from forensics.custody.writer import Writer
from forensics.engine.appearance import findings_of
from forensics.engine.batch import Batch
from forensics.errors import CodecError, ToolMissingError, UsageError
from forensics.faces.face import ALIGNED_PX
from forensics.model import Finding, Interpretation, Result
from forensics.proof.calibration import Calibration, digest_of, read_calibration
from forensics.proof.proposition import FACE_DIFFERS, from_or_shows, sentence
from forensics.proof.scale import Rung
from forensics.proof.weighing import Measurement, measurement_of, weigh

FOLDER = Path(__file__).resolve().parent.parent / "data" / "calibration"

SHIPPED = ("identity.json",)
"""Calibration files of `FOLDER`, each made by the benchmark that its method card names."""

_REFERENCES = sentence(
    "weighing.references", "The reference photographs do not resemble one another, so nothing was weighed."
)

_FACE_REASONS = frozenset({"face_altered", "face_added"})
"""Reasons of a comparison that are about faces, and not about what lies beside them."""

Weighing = Callable[[Finding, str, Calibration | None], Interpretation | None]


@dataclass(frozen=True, slots=True)
class Rule:
    """How findings of one kind are weighed.

    Attributes:
        measure: The kind and value that a calibration must be of.
        weighing: Gives the interpretation of a finding; None where there is nothing to weigh.
    """

    measure: str
    weighing: Weighing


def _identity(finding: Finding, reference: str, calibration: Calibration | None) -> Interpretation | None:
    """Weighs the similarity of a face and a subject; O0 where it could not be examined."""
    values = finding.values
    propositions = from_or_shows(str(values.get("subject")), str(values.get("track") or "-"))
    unsuitable = values.get("unsuitable")
    if unsuitable:
        reasons = ", ".join(map(str, unsuitable))
        why = sentence("weighing.unsuitable", "Not suitable for a comparison: {reasons}.", reasons=reasons)
        measured = Measurement((reference,), finding.result, "", "", None, unsuitable=why)
        return weigh(measured, propositions, calibration=calibration)
    if values.get("similarity") is None:
        return None
    measured = measurement_of(
        finding,
        reference,
        value="similarity",
        conditions={"face_px": _narrowest(values.get("face_width_px")), "face_count": values["compared_track_count"]},
        unsuitable=_REFERENCES if values.get("photos_agree") is False else None,
    )
    return weigh(measured, propositions, calibration=calibration)


def _narrowest(width_px: float | None) -> float | None:
    """Gives the width that a calibration knows: faces that are wider than an aligned one are made smaller to it."""
    return None if width_px is None else min(float(width_px), float(ALIGNED_PX))


def _comparison(finding: Finding, reference: str, calibration: Calibration | None) -> Interpretation | None:
    """Says of a comparison with a suspected original which traces it shows; nothing where no face shows any.

    A caption or another change outside the faces says nothing about whether a face was replaced.
    """
    rungs = {
        "scene_corresponds_face_differs": Rung.UNEXPLAINED_TRACES,
        "scene_corresponds_region_altered": Rung.AMBIGUOUS_TRACES,
    }
    rung = rungs.get(str(finding.values.get("verdict")))
    inside = finding.values.get("structure_inside")
    reasons = finding.values.get("reasons") or ()
    if rung is Rung.AMBIGUOUS_TRACES and not _FACE_REASONS.intersection(map(str, reasons)):
        return None
    if rung is None or finding.result is not Result.FOUND or not isinstance(inside, list | tuple) or not inside:
        return None
    measured = Measurement(
        (reference,),
        finding.result,
        "source.comparison/-structure_inside.0",
        f"{finding.analyzer.name} {finding.analyzer.version}",
        -float(inside[0]),
        families=("source",),
    )
    return weigh(measured, FACE_DIFFERS, calibration=calibration, rung=rung)


RULES: Mapping[str, Rule] = {
    "face.identity": Rule("face.identity/similarity", _identity),
    "source.comparison": Rule("source.comparison/-structure_inside.0", _comparison),
}
"""How each kind of finding that is weighed is weighed."""


@cache
def shipped() -> Mapping[str, Calibration]:
    """Reads the calibrations that are part of the program, by what they are of.

    Raises:
        ToolMissingError: One is missing or damaged.
    """
    read = [_read_shipped(FOLDER / name) for name in SHIPPED]
    return {one.about.measure: one for one in read}


def _read_shipped(path: Path) -> Calibration:
    try:
        return read_calibration(path.read_bytes())
    except (OSError, CodecError) as error:
        hint = "Install the program again; its calibrations are part of it."
        raise ToolMissingError(f"the calibration {path.name} cannot be read: {error}", hint=hint) from error


def own_calibrations(paths: Iterable[Path]) -> Mapping[str, Calibration]:
    """Reads calibrations that a laboratory made, by what they are of.

    Raises:
        UsageError: A file cannot be read, is no calibration, or two are of the same measure.
    """
    found: dict[str, Calibration] = {}
    for path in paths:
        try:
            one = read_calibration(path.read_bytes())
        except OSError as error:
            raise UsageError(f"{path} cannot be read: {error.strerror}") from error
        except CodecError as error:
            hint = "`forensics validate` writes calibration files."
            raise UsageError(f"{path} is no calibration: {error}", hint=hint) from error
        if one.about.measure in found:
            raise UsageError(f"{path} is a second calibration of {one.about.measure}", hint="Name one of each.")
        found[one.about.measure] = one
    return found


def weigh_finding(finding: Finding, reference: str, calibrations: Mapping[str, Calibration]) -> Interpretation | None:
    """Weighs one finding; None where its kind is not weighed, or there is nothing to weigh.

    Args:
        finding: A committed finding.
        reference: Its place, `SEQ/INDEX`.
        calibrations: By what they are of.
    """
    rule = RULES.get(finding.kind)
    return None if rule is None else rule.weighing(finding, reference, calibrations.get(rule.measure))


def due(writer: Writer, own: Mapping[str, Calibration] | None = None) -> tuple[Interpretation, ...]:
    """Weighs the committed findings of a case that were not weighed yet with these calibrations.

    Args:
        writer: The open case.
        own: Calibrations to be used in place of those that are part of the program.

    Returns:
        What is to be recorded: what was recorded before is left out.

    Raises:
        ToolMissingError: A calibration that is part of the program is missing.
    """
    calibrations = {**shipped(), **(own or {})}
    digests = {measure: digest_of(one) for measure, one in calibrations.items()}
    done = {
        (one.record.findings, one.record.calibration) for one in writer.case.records_of("interpretation", writer.index)
    }
    made = []
    for reference, finding in _weighable(writer):
        if ((reference,), digests.get(RULES[finding.kind].measure)) not in done:
            made.append(weigh_finding(finding, reference, calibrations))
    return tuple(one for one in made if one is not None)


def weigh_case(
    writer: Writer, batch: Batch, *, own: Mapping[str, Calibration] | None = None
) -> tuple[Interpretation, ...]:
    """Commits what waits in the batch, weighs what is due, and adds it to the batch.

    Raises:
        ToolMissingError: A calibration that is part of the program is missing.
        StoreError: The case's disk does not take more.
    """
    batch.flush()
    made = due(writer, own)
    for one in made:
        batch.add([one])
    return made


def _weighable(writer: Writer) -> Iterator[tuple[str, Finding]]:
    for kind in RULES:
        yield from findings_of(writer, kind)
