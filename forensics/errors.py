"""Every exception of the program: what happened to which thing, what to do about it, and the exit code."""

from __future__ import annotations

from typing import ClassVar


class ForensicsError(Exception):
    """Says what happened to which thing.

    Attributes:
        hint: What the user can do about it.
        kept: What was kept, or what state things were left in.
        exit_code: Exit code of the program when this error ends it.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str = "", kept: str = "") -> None:
        super().__init__(message)
        self.hint = hint
        self.kept = kept


class UsageError(ForensicsError):
    """What was asked for makes no sense, so nothing was done."""

    exit_code = 2


class CaseError(ForensicsError):
    """A case cannot be opened or written."""


class CaseLockedError(CaseError):
    """Another process is writing to the case."""


class NewerFormatError(CaseError):
    """The case was written by a newer version of the program."""


class IntegrityError(ForensicsError):
    """Stored evidence is not what its digest or signature says."""

    exit_code = 10


class CodecError(ForensicsError):
    """A value cannot be written as canonical JSON, or bytes are not canonical JSON."""


class StoreError(ForensicsError):
    """Bytes could not be stored, for example because the disk is full."""


class KeyFileError(ForensicsError):
    """A key file is missing, exists already, or its passphrase is wrong."""


class TimeProofError(ForensicsError):
    """A time-stamp authority or time server failed, or its answer does not hold."""


class ToolError(ForensicsError):
    """An outside program failed, ran out of its time or memory, or gave an unusable answer."""


class ToolTimeoutError(ToolError):
    """An outside program ran out of its time and was ended."""


class ToolLimitError(ToolError):
    """An outside program gave more output than it may and was ended."""


class ToolMissingError(ToolError):
    """An outside program or data file that is needed is not installed."""

    exit_code = 30


class MediaError(ForensicsError):
    """Media cannot be read as what it claims to be."""


class ReportError(ForensicsError):
    """A report cannot be built, for example because a template has a glyph that no font has."""


class PacketError(ForensicsError):
    """A packet cannot be built, or did not pass its own checks."""


class SealError(ForensicsError):
    """A document could not be sealed, or its seal did not pass its own checks."""
