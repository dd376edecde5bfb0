"""One track of an adaptive stream: the segments of one rendition, in order."""

from __future__ import annotations

from dataclasses import dataclass

from forensics.model import Gap

MOST_SEGMENTS = 20_000
"""More segments than a day of film at 4 s each has are not fetched."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A file of a stream, or a piece of one.

    Attributes:
        piece: First byte and length in bytes; None for the whole file.
        key: Address of the key by which it is encrypted as a whole; empty where it is not.
        iv: Initialisation vector for it, 16 bytes.
    """

    url: str
    piece: tuple[int, int] | None = None
    key: str = ""
    iv: bytes = b""


@dataclass(frozen=True, slots=True)
class Track:
    """The segments of one rendition; what initialises a player stands in front of them.

    Attributes:
        url: Address of the list that names the segments.
        label: What the list says of the rendition.
        kind: `video`, `audio`, or empty where the list does not say.
        keys: Addresses of keys.
        encryption: Methods by which segments are encrypted; empty where they are not.
        is_decryptable: Whether the keys are all that is needed.
        gaps: What the list shows to be missing.
    """

    url: str
    segments: tuple[Segment, ...]
    label: str = ""
    kind: str = ""
    keys: tuple[str, ...] = ()
    encryption: str = ""
    is_decryptable: bool = False
    gaps: tuple[Gap, ...] = ()

    @property
    def addresses(self) -> tuple[str, ...]:
        """Every file once, in order, keys last."""
        return tuple(dict.fromkeys([*(segment.url for segment in self.segments), *self.keys]))
