"""Names of what came from the network: which addresses are of media, and what a file may be called."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath
from urllib.parse import unquote, unquote_to_bytes

from forensics.errors import UsageError
from forensics.web.addresses import split

PICTURES = "avif bmp gif heic heif ico jfif jpe jpeg jpg jxl png svg tif tiff webp"
VIDEOS = "3g2 3gp asf avi f4v flv m2ts m4v mkv mov mp4 mpe mpeg mpg mts ogv qt ts vob webm wmv"
SOUNDS = "aac aif aiff amr caf flac m4a mka mp3 oga ogg opus wav weba wma"
LISTS = "m3u8 mpd"
ENDINGS = frozenset(f"{PICTURES} {VIDEOS} {SOUNDS} {LISTS}".split())
"""Endings of paths that are taken for media. *Source:* IANA media types registry and usual practice."""

LONGEST = 150
"""Characters of a name that are kept."""

_PARAMETER = re.compile(r";\s*(filename\*?)\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^;\s]+))", re.IGNORECASE)
_SEPARATORS = re.compile(r"[/\\]")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\"*:<>?|]")


def is_media_address(url: str) -> bool:
    """Whether a URL is of the web and its path ends like a picture, video, sound or stream list."""
    try:
        parts = split(url)
    except UsageError:
        return False
    return parts.scheme in ("http", "https") and ending_of(parts.path) in ENDINGS


def ending_of(path: str) -> str:
    """Gives the ending of a path or name in lower case, without dot; empty where there is none."""
    return PurePosixPath(unquote(path)).suffix.lower().lstrip(".")


def name_of_response(url: str, disposition: str) -> str:
    """Gives the name for a response: the server's where it states one, otherwise the last part of the path.

    Folders, control characters and characters that change the direction of text are taken out, since the name is shown
    to people.

    Args:
        url: Where it came from.
        disposition: Header field `Content-Disposition`; empty where there is none.

    Source: RFC 6266, section 4.3; RFC 8187, section 3.2.
    """
    stated = _stated(disposition)
    try:
        path = split(url).path
    except UsageError:
        path = ""
    return safe_name(stated) or safe_name(unquote(path, errors="replace")) or "media"


def safe_name(name: str) -> str:
    """Gives the last part of a name without what could mislead; empty where nothing is left."""
    last = _SEPARATORS.split(unicodedata.normalize("NFC", name))[-1]
    clean = _UNSAFE.sub("_", last).strip(" .")
    ending = PurePosixPath(clean).suffix
    return clean if len(clean) <= LONGEST else clean[: LONGEST - len(ending)] + ending[:LONGEST]


def _stated(disposition: str) -> str:
    found = {
        match[1].lower(): match[2] if match[2] is not None else match[3] for match in _PARAMETER.finditer(disposition)
    }
    extended = found.get("filename*", "").split("'", 2)
    if len(extended) == 3 and extended[0].lower() in ("utf-8", "iso-8859-1"):  # noqa: PLR2004 -- charset, language, value
        return unquote_to_bytes(extended[2]).decode(extended[0], errors="replace")
    plain = re.sub(r"\\(.)", r"\1", found.get("filename", ""))
    try:
        return plain.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return plain
