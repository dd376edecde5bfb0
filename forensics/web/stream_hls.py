"""Reads HTTP Live Streaming lists: which renditions there are, and of which segments one consists."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin

from forensics.errors import MediaError
from forensics.model import Gap, GapReason
from forensics.web.stream_track import MOST_SEGMENTS, Segment, Track

_ATTRIBUTE = re.compile(r"([A-Z0-9-]+)=(\"[^\"]*\"|[^,]*)")
_RESOLUTION = re.compile(r"(\d{1,6})x(\d{1,6})")


@dataclass(frozen=True, slots=True)
class Variant:
    """One rendition that a list of renditions offers.

    Attributes:
        url: Address of its list of segments.
        label: What the list says of it, for people.
        audio: Group of sound that belongs to it; empty where sound is in it.
        rank: Pixels and bits per second: the highest is the best.
    """

    url: str
    label: str
    audio: str = ""
    rank: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Master:
    """A list of renditions. *Source:* RFC 8216, section 4.3.4.

    Attributes:
        variants: In the order of the list.
        sounds: Address of the sound of each group, the default one.
    """

    variants: tuple[Variant, ...]
    sounds: Mapping[str, Variant] = field(default_factory=dict)

    def best(self) -> tuple[Variant, ...]:
        """Gives the best rendition and, where it is apart, its sound."""
        chosen = max(self.variants, key=lambda one: one.rank)
        sound = self.sounds.get(chosen.audio)
        return (chosen, sound) if sound else (chosen,)


def read_list(text: str, url: str) -> Master | Track:
    """Reads a list, of renditions or of segments.

    Args:
        text: The list.
        url: Where it came from, for relative addresses in it.

    Raises:
        MediaError: It is no list, or one that needs what is not known here.
    """
    lines = [line.strip() for line in text.lstrip("\ufeff").splitlines()]
    if not lines or not lines[0].startswith("#EXTM3U"):
        raise MediaError("this is no list of HTTP Live Streaming")
    if any(line.startswith("#EXT-X-DEFINE") for line in lines):
        raise MediaError("the list has variables, which are not filled in here")
    if any(line.startswith("#EXT-X-STREAM-INF") for line in lines):
        return _read_master(lines, url)
    return _Reading(url).read(lines)


def _read_master(lines: list[str], url: str) -> Master:
    variants: list[Variant] = []
    sounds: dict[str, Variant] = {}
    stated: Mapping[str, str] | None = None
    for line in lines:
        if line.startswith("#EXT-X-STREAM-INF:"):
            stated = _attributes(line)
        elif line.startswith("#EXT-X-MEDIA:"):
            media = _attributes(line)
            group = media.get("GROUP-ID", "")
            if media.get("TYPE") == "AUDIO" and "URI" in media and (group not in sounds or _is_default(media)):
                sounds[group] = Variant(urljoin(url, media["URI"]), f"audio {media.get('NAME', '')}".strip())
        elif line and not line.startswith("#") and stated is not None:
            variants.append(_variant(urljoin(url, line), stated))
            stated = None
    if not variants:
        raise MediaError("the list names no rendition")
    return Master(tuple(variants), sounds)


def _variant(url: str, stated: Mapping[str, str]) -> Variant:
    size = _RESOLUTION.fullmatch(stated.get("RESOLUTION", ""))
    pixels = int(size[1]) * int(size[2]) if size else 0
    bandwidth = _number(stated.get("BANDWIDTH", ""))
    label = ", ".join(
        f"{name.lower()} {stated[name]}" for name in ("RESOLUTION", "BANDWIDTH", "CODECS") if name in stated
    )
    return Variant(url, label, stated.get("AUDIO", ""), (pixels, bandwidth))


@dataclass(slots=True)
class _Reading:
    """One pass over a list of segments; what a line says holds for the segments after it."""

    url: str
    segments: list[Segment] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    methods: list[str] = field(default_factory=list)
    key: str = ""
    iv: bytes = b""
    number: int = 0
    is_decryptable: bool = True
    piece: tuple[int, int] | None = None
    after: int = 0
    has_end: bool = False
    is_gap: bool = False
    missing: int = 0

    def read(self, lines: list[str]) -> Track:
        for line in lines:
            if line.startswith("#"):
                self._take(line)
            elif line:
                self._add(line)
        if not self.segments:
            raise MediaError("the list names no segment")
        return Track(
            url=self.url,
            segments=tuple(self.segments[:MOST_SEGMENTS]),
            keys=tuple(dict.fromkeys(self.keys)),
            encryption=", ".join(dict.fromkeys(self.methods)),
            is_decryptable=bool(self.methods) and self.is_decryptable,
            gaps=tuple(self._gaps()),
        )

    def _take(self, line: str) -> None:
        name, _, value = line.partition(":")
        match name:
            case "#EXT-X-KEY":
                self._take_key(_attributes(line))
            case "#EXT-X-MEDIA-SEQUENCE":
                self.number = _number(value)
            case "#EXT-X-MAP":
                self._take_map(_attributes(line))
            case "#EXT-X-BYTERANGE":
                self.piece = _piece(value, self.after)
            case "#EXT-X-GAP":
                self.is_gap = True
            case "#EXT-X-ENDLIST":
                self.has_end = True

    def _take_key(self, stated: Mapping[str, str]) -> None:
        """Takes a key for what follows. *Source:* RFC 8216, section 4.3.2.4."""
        method = stated.get("METHOD", "NONE")
        self.key = ""
        if method == "NONE":
            return
        self.methods.append(method)
        address = urljoin(self.url, stated.get("URI", ""))
        if stated.get("URI") and address.startswith(("http:", "https:")):
            self.keys.append(address)
            self.key = address
        self.iv = _vector(stated.get("IV", ""))
        is_plain = stated.get("KEYFORMAT", "identity") == "identity"
        self.is_decryptable = self.is_decryptable and method == "AES-128" and is_plain and bool(self.key)

    def _take_map(self, stated: Mapping[str, str]) -> None:
        if "URI" in stated:
            piece = _piece(stated["BYTERANGE"], 0) if "BYTERANGE" in stated else None
            segment = self._segment(stated["URI"], piece)
            if segment not in self.segments:
                self.segments.append(segment)

    def _add(self, line: str) -> None:
        if self.is_gap:
            self.missing += 1
        else:
            self.segments.append(self._segment(line, self.piece))
        self.after = sum(self.piece) if self.piece else 0
        self.piece, self.is_gap = None, False
        self.number += 1

    def _segment(self, address: str, piece: tuple[int, int] | None) -> Segment:
        """Gives a segment with its key; without a vector, its number is the vector (RFC 8216, section 5.2)."""
        iv = (self.iv or self.number.to_bytes(16, "big")) if self.key else b""
        return Segment(urljoin(self.url, address), piece, self.key, iv)

    def _gaps(self) -> Iterator[Gap]:
        if not self.has_end:
            yield Gap(
                "stream", GapReason.LIMIT, "its list has no end: it goes on, and only what the list named is here"
            )
        if self.missing:
            yield Gap("stream", GapReason.MISSING, f"the list itself says that {self.missing} segments are not there")
        if len(self.segments) > MOST_SEGMENTS:
            yield Gap("stream", GapReason.LIMIT, f"it has {len(self.segments)} segments; {MOST_SEGMENTS} are fetched")


def _piece(text: str, after: int) -> tuple[int, int]:
    """Reads a byte range as start and length. *Source:* RFC 8216, section 4.3.2.2."""
    length, mark, start = text.strip('"').partition("@")
    return (_number(start) if mark else after, _number(length))


def _attributes(line: str) -> dict[str, str]:
    return {match[1]: match[2].strip('"') for match in _ATTRIBUTE.finditer(line.partition(":")[2])}


def _vector(text: str) -> bytes:
    digits = text.lower().removeprefix("0x")
    try:
        return int(digits, 16).to_bytes(16, "big") if digits.isalnum() else b""
    except (ValueError, OverflowError):
        return b""


def _is_default(media: Mapping[str, str]) -> bool:
    return media.get("DEFAULT") == "YES"


def _number(text: str) -> int:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0  # noqa: PLR2004 -- below 2^53
