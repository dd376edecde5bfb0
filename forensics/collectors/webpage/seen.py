"""States what a viewer can see of a page: texts, block by block, and pictures, with their places and origins."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import Any

from forensics.collectors.webpage.views_candidates import offered
from forensics.collectors.webpage.views_pictures import Picture, pictures
from forensics.collectors.webpage.views_snapshot import Box, snapshot
from forensics.collectors.webpage.views_texts import Text, texts
from forensics.model import Gap, GapReason
from forensics.web.cdp import Session


@dataclass(frozen=True, slots=True)
class SeenPolicy:
    """How much of a page is stated.

    Attributes:
        texts: Most blocks of text.
        letters: Most characters of text over all blocks.
        pictures: Most pictures.
        candidates: Most addresses of media.
    """

    texts: int = 20_000
    letters: int = 5_000_000
    pictures: int = 5_000
    candidates: int = 10_000


@dataclass(frozen=True, slots=True)
class Seen:
    """What can be seen of a page at one moment, and what media it offers.

    Attributes:
        candidates: `url from descriptor width height group frame media_type is_current`; see `Candidate`.
        is_cut: Whether there is more than the policy allows.
        gaps: What is left out, and frames that could not be read.
    """

    texts: tuple[Text, ...]
    pictures: tuple[Picture, ...]
    candidates: tuple[dict[str, Any], ...]
    is_cut: bool
    gaps: tuple[Gap, ...]

    def record(self) -> dict[str, Any]:
        """Gives the content of the record `urn:seen:URL`; boxes are left, top, width, height in pixels of the page."""
        return {
            "texts": [
                {"text": one.text, "box_px": _box(one.box), "path": one.path, "frame": one.frame, "from": one.origin}
                for one in self.texts
            ],
            "pictures": [_picture(one) for one in self.pictures],
            "limits": {"texts": len(self.texts), "pictures": len(self.pictures), "is_cut": self.is_cut},
        }

    def text(self) -> str:
        """Gives the content of the record `urn:text:URL`: each block a line, without marks of lists."""
        lines = (" ".join(one.text.split()) for one in self.texts if one.origin != "list-marker")
        return "".join(f"{line}\n" for line in lines)


async def see(sessions: Sequence[Session], *, policy: SeenPolicy | None = None) -> Seen:
    """States what can be seen of a page as it stands.

    It is read from the browser's layout, so that scripts of the page cannot change what is stated; frames of all sites
    and closed shadow trees are in it. What can be scrolled into view counts as seen; what other elements cover does
    too. What stands in password fields is left out.

    Args:
        sessions: The page, then its frames of other sites, which are targets of their own.
        policy: Limits.

    Raises:
        CdpError: The page cannot be read.
        BrowserGoneError: The browser ended.
    """
    rules = policy or SeenPolicy()
    taken = await snapshot(sessions)
    shown, more_pictures = await pictures(taken.page, most=rules.pictures)
    candidates, more_media = await offered(taken.page, most=rules.candidates)
    failed = {(one.frame, one.backend) for one in shown if one.kind == "img" and one.status == "failed"}
    blocks, more_texts = _first(texts(taken.page, failed=failed), rules)
    cut = {"texts": more_texts, "pictures": more_pictures, "addresses of media": more_media}
    limits = [Gap("seen", GapReason.LIMIT, f"not all {what} of the page are stated") for what in cut if cut[what]]
    records = tuple(one.record() for one in candidates)
    return Seen(blocks, tuple(shown), records, more_texts or more_pictures, (*taken.gaps, *limits))


def _first(found: Iterable[Text], rules: SeenPolicy) -> tuple[tuple[Text, ...], bool]:
    """Takes blocks up to the limits, and tells whether there are more."""
    blocks: list[Text] = []
    letters = 0
    for one in found:
        letters += len(one.text)
        if len(blocks) == rules.texts or letters > rules.letters:
            return tuple(blocks), True
        blocks.append(one)
    return tuple(blocks), False


def _picture(one: Picture) -> dict[str, Any]:
    size = None if one.natural_px is None else list(one.natural_px)
    record = {"url": one.url, "box_px": _box(one.box), "kind": one.kind, "frame": one.frame}
    return record | {"natural_px": size, "status": one.status, **({"is_url_cut": True} if one.is_cut else {})}


def _box(box: Box) -> list[int]:
    """Rounds outwards, so that nothing seen is outside of it."""
    left, top = floor(box[0]), floor(box[1])
    return [left, top, ceil(box[0] + box[2]) - left, ceil(box[1] + box[3]) - top]
