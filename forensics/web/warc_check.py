"""Checks a finished WARC by `warcio check`: every record must carry digests, and every digest must hold."""

from __future__ import annotations

import zlib
from pathlib import Path

from forensics.errors import IntegrityError, MediaError
from forensics.web.wacz_service import shared

_BLOCK = 1 << 18
_GZIP = zlib.MAX_WBITS + 16
_HINT = "Capture the page again; if it happens once more, check disk and memory."


def check(path: Path, *, records: int | None = None) -> int:
    """Has warcio check every block and payload digest of a file, and gives the number of its records.

    It is stricter than the program: a record whose digests could not be checked, because it is cut or has none,
    anything that warcio warns of, and a gzip file that is not one whole member a record count as damage.

    Args:
        path: A `.warc` or `.warc.gz` file.
        records: How many records it must have; None where that is not known.

    Raises:
        IntegrityError: A digest does not hold, or a record is cut, missing or without a digest.
        MediaError: The file cannot be read.
        ToolError: warcio crashed or took too long.
    """
    try:
        size = path.stat().st_size
    except OSError as error:
        raise MediaError(f"{path.name} cannot be read: {error.strerror}") from error
    job = {"verb": "check", "warc": str(path.absolute()), "folder": str(path.absolute().parent)}
    answer = shared().ask(job, size=size)
    found, passed = int(answer["records"]), int(answer["passed"])
    if answer["status"] or answer["said"] or not found or found != passed:
        detail = " ".join(str(answer["said"]).split()) or f"{passed} of {found} records have digests that hold"
        raise IntegrityError(f"{path.name} does not pass `warcio check`: {detail}", hint=_HINT)
    if records is not None and found != records:
        raise IntegrityError(f"{path.name} has {found} records and not the {records} that were written", hint=_HINT)
    if path.name.endswith(".gz") and _members(path) != found:
        raise IntegrityError(f"{path.name} is not one whole gzip member a record", hint=_HINT)
    return found


def _members(path: Path) -> int | None:
    """Counts the gzip members of a file, whose checksums must hold; None where it is cut or has other bytes in it.

    warcio does not read the checksum at the end of the last member, nor what follows it.
    """
    count, member, is_open = 0, zlib.decompressobj(_GZIP), False
    with path.open("rb") as stream:
        data = stream.read(_BLOCK)
        while data:
            try:
                member.decompress(data, _BLOCK)
            except zlib.error:
                return None
            is_open = not member.eof
            data = member.unused_data if member.eof else member.unconsumed_tail
            if member.eof:
                count, member = count + 1, zlib.decompressobj(_GZIP)
            data = data or stream.read(_BLOCK)
    return None if is_open else count
