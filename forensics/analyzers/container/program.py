"""Programs and devices that the texts of a file name, looked up in a catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from forensics.analyzers.container.look import MOST_TEXTS, Look
from forensics.analyzers.container.trace import Trace, catalogue
from forensics.formats import Value

_MOST_TEXT = 4096
_SHOWN = 200

_NAMING = re.compile(
    r"(?:Processing|Host)?Software|(?:\w+:)?CreatorTool|\S*softwareAgent|©(?:too|swr|enc)|TSSE|TXXX:\S*[Ee]ncoder|"
    r"(?:Writing|Muxing)App|[Vv]endor|ENCODER|[Ee]ncoder|Producer|Creator|ISFT|Application|AppVersion|"
    r"com\.apple\.quicktime\.software|com\.android\.version|metadatacreator|HostComputer"
)
"""Keys under which files name a program. *Source:* Exif 2.31; XMP part 2; QuickTime File Format; ID3v2.4; Matroska;
RIFF INFO; ISO 32000-1, 14.3.3; Vorbis comments; FLV, onMetaData."""


_COMMENTS = ("VORBIS_COMMENT", "OpusTags")


@dataclass(frozen=True, slots=True)
class Writer:
    """A row of the catalogue of writers, with its patterns made."""

    what: str
    pattern: re.Pattern[str]
    keys: frozenset[str]
    key_pattern: re.Pattern[str] | None
    meaning: str
    source: str

    def takes(self, key: str) -> bool:
        """Whether it looks at values under a key."""
        key = key.rpartition("/")[2]  # the last step of a structured property of XMP
        if self.key_pattern is not None:
            return bool(self.key_pattern.search(key))
        return key in self.keys if self.keys else True


@cache
def writers() -> tuple[Writer, ...]:
    """Gives the rows of the catalogue."""
    return tuple(
        Writer(
            what=row["what"],
            pattern=re.compile(row["pattern"]),
            keys=frozenset(row.get("keys", ())),
            key_pattern=re.compile(row["key_pattern"]) if "key_pattern" in row else None,
            meaning=row["meaning"],
            source=row["source"],
        )
        for row in catalogue("writers.toml")["writer"]
    )


def texts(look: Look) -> Iterator[tuple[str, str, int, str]]:
    """Gives place, key, offset and text of every short textual value, of the first `MOST_TEXTS`."""
    for value in look.structure.values[:MOST_TEXTS]:
        text = _text(value)
        if text:
            yield value.place, value.key, value.offset, text


def _text(value: Value) -> str:
    if value.key == "xmp" or len(value.data) > _MOST_TEXT:
        return ""
    return value.text.strip()


def traces(look: Look) -> Iterator[Trace]:
    """Gives what the texts of a file name, each once; a program that is not catalogued as the file calls it."""
    seen: set[tuple[str, str]] = set()
    for place, key, offset, text in texts(look):
        for trace in _known(place, key, offset, text) or _named(place, key, offset, text):
            if (trace.what, trace.value) not in seen:
                seen.add((trace.what, trace.value))
                yield trace


def _known(place: str, key: str, offset: int, text: str) -> list[Trace]:
    found = []
    for writer in writers():
        match = writer.pattern.search(text) if writer.takes(key) else None
        if match:
            value = text[:_SHOWN] if writer.key_pattern else match.group()[:_SHOWN]
            meaning, source = writer.meaning, {"key": key, "source": writer.source}
            found.append(Trace(writer.what, value, place, offset, meaning, details=source))
    return found


def _named(place: str, key: str, offset: int, text: str) -> list[Trace]:
    is_brand = key == "vendor" and place not in _COMMENTS  # of a codec or a maker, not of a program
    if not _NAMING.fullmatch(key) or is_brand:
        return []
    return [
        Trace(
            "program or device that the file names",
            text[:_SHOWN],
            place,
            offset,
            "as the file states it",
            details={"key": key},
        )
    ]
