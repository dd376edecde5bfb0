"""Chooses what a page embeds in the best original rendition that it offers; pure."""

from __future__ import annotations

import mimetypes
import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from forensics.web.exchange import Exchange, Via

MOST_MEDIA = 300
"""Embedded media that are kept of one page; more are a gap."""

STREAM_TYPES = frozenset(
    {"application/vnd.apple.mpegurl", "application/x-mpegurl", "audio/mpegurl", "application/dash+xml"}
)
"""Media types of adaptive streams: a list of segments and no media themselves. *Source:* RFC 8216; IANA."""

STREAM_ENDINGS = (".m3u8", ".mpd")
KEPT = ("img", "srcset", "picture", "video", "audio", "poster", "background", "download", "stream", "object", "lazy")
"""Kinds of places whose media are kept; icons and what only machines read (`meta`) are in the archive alone."""

_NUMBER = re.compile(r"^\s*([0-9.]+)\s*([wxh])\s*$")


@dataclass(frozen=True, slots=True)
class Wanted:
    """One embedded thing to keep.

    Attributes:
        url: Its address.
        place: Where the page has it: `img`, `srcset`, `video`, …
        rendition: What the page says of it: `1600w`, `2x`; empty where it says nothing.
        others: Addresses of smaller renditions of the same element.
        width: Width as declared, in CSS pixels; None where it is not.
        height: Height as declared.
    """

    url: str
    place: str
    rendition: str = ""
    others: tuple[str, ...] = ()
    width: int | None = None
    height: int | None = None

    @property
    def is_stream(self) -> bool:
        """Whether its address ends like that of an adaptive stream."""
        return urlsplit(self.url).path.lower().endswith(STREAM_ENDINGS)


def choose(candidates: Iterable[Mapping[str, Any]]) -> list[Wanted]:
    """Takes the best rendition of each element, each address once, in the order of the page.

    Args:
        candidates: As `seen.candidates` gives them: `url from descriptor width height group frame`.
    """
    groups: dict[Any, list[Mapping[str, Any]]] = {}
    for number, one in enumerate(candidates):
        if urlsplit(one["url"]).scheme in {"http", "https"} and one.get("from") in KEPT:
            key = one.get("group")
            groups.setdefault(number if key is None else f"{key}/{_medium(one)}", []).append(one)
    chosen: dict[str, Wanted] = {}
    for members in groups.values():
        wanted = _best(members)
        chosen.setdefault(wanted.url, wanted)
    return list(chosen.values())


def _medium(candidate: Mapping[str, Any]) -> str:
    """Tells pictures from films of one element: a poster is no rendition of its video."""
    place = candidate["from"]
    if place in {"video", "audio", "stream"}:
        return f"{place} {candidate['url']}"
    return "poster" if place == "poster" else "picture"


def _best(members: Sequence[Mapping[str, Any]]) -> Wanted:
    best = max(members, key=lambda one: _size(str(one.get("descriptor") or "")))
    others = tuple(dict.fromkeys(one["url"] for one in members if one["url"] != best["url"]))
    return Wanted(
        url=best["url"],
        place=best["from"],
        rendition=str(best.get("descriptor") or ""),
        others=others,
        width=best.get("width"),
        height=best.get("height"),
    )


def _size(descriptor: str) -> tuple[int, float]:
    """Orders renditions: widths above densities above none, as a browser would at the largest screen."""
    match = _NUMBER.match(descriptor)
    if match is None:
        return (0, 1.0)
    value = float(match.group(1))
    return (2, value) if match.group(2) == "w" else (1, value)


def recorded(exchanges: Sequence[Exchange], url: str) -> Exchange | None:
    """Finds an exchange that holds the whole file of an address, exactly as it was sent; None where there is none."""
    whole = (one for one in exchanges if one.url == url and is_whole(one))
    return next(whole, None)


def refused_with(exchanges: Sequence[Exchange], url: str) -> int | None:
    """Gives the status with which the page's own request for an address failed; None where it did not."""
    answers = [one.status for one in exchanges if one.url == url and one.status is not None]
    return next((status for status in answers if all(other >= 400 for other in answers)), None)  # noqa: PLR2004 - RFC 9110


def is_whole(exchange: Exchange) -> bool:
    """Whether the body is there and is the bytes of the file: status 200, no content encoding taken off."""
    has_body = exchange.body.gap is None and exchange.body.path is not None
    return exchange.status == 200 and has_body and not exchange.header("content-encoding")  # noqa: PLR2004 - OK


def streams(exchanges: Sequence[Exchange]) -> list[str]:
    """Lists addresses of adaptive streams that the page's scripts asked for."""
    found = [
        one.url
        for one in exchanges
        if one.via is Via.BROWSER
        and (one.media_type.lower() in STREAM_TYPES or urlsplit(one.url).path.lower().endswith(STREAM_ENDINGS))
    ]
    return list(dict.fromkeys(found))


def file_name(url: str, media_type: str) -> str:
    """Gives a name for people from the last part of an address; with an ending where it has none."""
    name = posixpath.basename(unquote(urlsplit(url).path)) or "media"
    name = "".join(character for character in name if character.isprintable() and character not in '/\\:*?"<>|')[:120]
    return name if posixpath.splitext(name)[1] else f"{name}{mimetypes.guess_extension(media_type) or ''}"
