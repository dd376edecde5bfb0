"""An archive at the end of a file of another format, where the format itself has no end that would give it away."""

from __future__ import annotations

import struct

from forensics.analyzers.container.look import Look

_END = b"PK\x05\x06"
_ENTRY = b"PK\x01\x02"
_LOCAL = b"PK\x03\x04"
_FORM = struct.Struct("<4s4HIIH")
_LONGEST_NOTE = 65535
"""End of central directory, central directory, local header; the end is 22 bytes and a note. *Source:* PKWARE,
APPNOTE.TXT, 4.3.7, 4.3.12 and 4.3.16."""


def archive(look: Look) -> tuple[int, int] | None:
    """Finds a whole ZIP archive that ends with the file and starts behind its first byte.

    Returns:
        Offset and size in bytes; None where there is none, or where the file itself is such an archive.
    """
    size = look.structure.size
    start = max(0, size - _FORM.size - _LONGEST_NOTE)
    window = look.at(start, size - start)
    at = window.rfind(_END)
    if at < 0 or len(window) - at < _FORM.size:
        return None
    *_, directory_size, directory_at, note_size = _FORM.unpack_from(window, at)
    end = start + at
    first = end - directory_size - directory_at
    is_whole = end + _FORM.size + note_size == size and first > 0
    if not is_whole or look.at(end - directory_size, 4) != _ENTRY or look.at(first, 4) != _LOCAL:
        return None
    return first, size - first
