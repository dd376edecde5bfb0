"""Words of fixed lists: why something is absent, what came out, how sensitive an item is."""

from __future__ import annotations

from enum import StrEnum


class GapReason(StrEnum):
    """Why something is absent."""

    MISSING = "MISSING"
    UNREADABLE = "UNREADABLE"
    UNPARSABLE = "UNPARSABLE"
    NOT_APPLICABLE = "NOT_APPLICABLE"
    LIMIT = "LIMIT"
    REFUSED = "REFUSED"
    CHANGED = "CHANGED"
    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"
    NOT_CONFIGURED = "NOT_CONFIGURED"
    WITHHELD = "WITHHELD"


class Outcome(StrEnum):
    """How much of what was asked for an acquisition obtained; computed by the engine."""

    COMPLETE = "COMPLETE"
    PARTIAL = "PARTIAL"
    FAILED = "FAILED"


class Result(StrEnum):
    """Whether an examination found what it looked for."""

    FOUND = "FOUND"
    NOT_FOUND = "NOT_FOUND"
    INDETERMINATE = "INDETERMINATE"


class Stage(StrEnum):
    """Stage of examination, in the order of GB/T 45430-2025, chapter 5."""

    FIX = "fix"
    SAMPLE = "sample"
    METADATA = "metadata"
    DETECT = "detect"
    ANALYSE = "analyse"
    COMPARE = "compare"
    EVALUATE = "evaluate"
    SYNTHESISE = "synthesise"


class Sensitivity(StrEnum):
    """How an item must be handled; from `INTIMATE` on its bytes are sealed and never shown unasked."""

    NORMAL = "normal"
    PERSONAL = "personal"
    BIOMETRIC = "sensitive_biometric"
    INTIMATE = "intimate"
    SUSPECTED_MINOR = "suspected_minor"

    @property
    def is_sealed(self) -> bool:
        """Whether items of this sensitivity are encrypted in the store and masked in reports."""
        return self in (Sensitivity.INTIMATE, Sensitivity.SUSPECTED_MINOR)
