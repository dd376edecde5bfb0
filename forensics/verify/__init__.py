"""Checks a case or packet in numbered steps: offline, reading only, without the rest of the program.

The steps follow docs/case-format.md. No step ends the argument: every defect is reported with its place, and hostile
input is a defect, never an exception.
"""

from __future__ import annotations

from forensics.verify.argument import identify, verify
from forensics.verify.result import (
    Answer,
    Counts,
    Defect,
    DefectKind,
    Remain,
    State,
    Step,
    Verdict,
    Verification,
    to_json,
)

__all__ = [
    "Answer",
    "Counts",
    "Defect",
    "DefectKind",
    "Remain",
    "State",
    "Step",
    "Verdict",
    "Verification",
    "identify",
    "to_json",
    "verify",
]
