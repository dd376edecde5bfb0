"""A look of the readers of labels at one file, without a case, and what was kept of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from forensics import formats
from forensics.analyzers import describe
from forensics.analyzers.labels import LabelsAnalyzer
from forensics.analyzers.labels.look import Look
from forensics.model import Finding, Message, Result, Stage
from tests.fakes.evidence import FileEvidence, KeepingSink


def look_at(file: Path, **settings: Any) -> Look:
    """Makes what the analyzer of labels hands to its readers; what they keep is in its sink."""
    analyzer, evidence = LabelsAnalyzer(**settings), FileEvidence(file)
    blank = Finding(
        subject=(evidence.artifact.content_sha256,),
        stage=Stage.METADATA,
        kind="",
        result=Result.INDETERMINATE,
        statement=Message("", ""),
        analyzer=describe(analyzer),
    )
    with evidence.open() as stream:
        structure = formats.read(stream, evidence.artifact.media_type)
    return Look(evidence, KeepingSink(), analyzer, structure, blank)
