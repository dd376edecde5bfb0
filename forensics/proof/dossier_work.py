"""The works of a case: posted files, joined where a comparison of the case found them to be copies."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from forensics.chats.message import Locator
from forensics.errors import ForensicsError
from forensics.model import Acquisition, Artifact, Committed, Finding, Result, Snapshot
from forensics.proof.dossier_side import Side, compared, sides
from forensics.proof.dossier_source import Opener
from forensics.proof.spread import View, Work

MATCH = "source.match"
"""Kind of the findings that join copies."""

INFO = "media-info"
"""Role of what a platform says of a clip, as the collector of media keeps it."""

SAME_BYTES = "same bytes"

COUNTERS = ("view_count",)
"""Numbers of views in such a file. *Source:* yt-dlp, "Output template": `view_count` is how many users watched it."""

MOST_INFO = 16 << 20
"""Bytes of such a file that are read; they have a few hundred thousand."""


def works_of(snapshot: Snapshot, posted: Mapping[str, str], viewed: Iterable[str] = ()) -> tuple[Work, ...]:
    """Gives the works that were posted, or of which views are known, in the order of first post.

    Files are one work where they have the same bytes, or where `source.match` found them to show the same footage or
    picture. Where a `source.comparison` says that a face or a region of one differs from another, the original is a
    work of its own: nothing is known of an altered file by how far the unaltered footage was passed on.

    Args:
        snapshot: The case.
        posted: SHA-256 of each posted file to its name.
        viewed: Contents of which a number of views is known.
    """
    of_digest = _sides(snapshot)
    made: dict[str, Work] = {}
    for digest, name in {**posted, **{one: posted.get(one, "") for one in viewed}}.items():
        side, basis = of_digest.get(digest) or (Side(frozenset({digest}), frozenset()), SAME_BYTES)
        first = min(side.digests)
        if first not in made:
            made[first] = Work(
                f"work-{first[:12]}", side.digests, name, basis, side.comparisons, tuple(sorted(side.uncompared))
            )
        elif name and not made[first].title:
            made[first] = replace(made[first], title=name)
    return tuple(made.values())


def _sides(snapshot: Snapshot) -> dict[str, tuple[Side, str]]:
    """Gives each content that has copies, or originals, with those that are one work with it, and why they are."""
    told, found = compared(snapshot), {}
    for digests, basis in dict.fromkeys(_joined(snapshot).values()):
        for side in sides(digests, told):
            found.update(dict.fromkeys(side.digests, (side, basis if len(side.digests) > 1 else SAME_BYTES)))
    return found


def _joined(snapshot: Snapshot) -> dict[str, tuple[frozenset[str], str]]:
    """Gives each content that has copies with all of them, and the findings that say so."""
    newest: dict[str, Committed[Finding]] = {}
    for one in snapshot.findings:
        about = one.record.values.get("about") if one.record.kind == MATCH else None
        alone = one.record.values.get("contents", ())
        newest.update(dict.fromkeys(one.record.subject if about == "group" else alone if about == "none" else (), one))
    groups = {one.ref: one.record for one in newest.values() if _is_group(one.record)}
    joined: dict[str, tuple[frozenset[str], str]] = {}
    for ref, finding in groups.items():
        known = [joined[one] for one in finding.subject if one in joined]
        digests = frozenset(finding.subject).union(*(one[0] for one in known))
        basis = ", ".join(dict.fromkeys([*(part for one in known for part in one[1].split(", ")), f"{MATCH} {ref}"]))
        joined.update(dict.fromkeys(digests, (digests, basis)))
    return joined


def _is_group(finding: Finding) -> bool:
    return finding.values.get("about") == "group" and finding.result is Result.FOUND


def views_of(snapshot: Snapshot, opener: Opener, *, posted: Mapping[str, str]) -> tuple[tuple[str, View], ...]:
    """Gives numbers of views that captures of clips show, each with the content that it is about.

    Args:
        snapshot: The case.
        opener: Opens a stored blob.
        posted: Contents that were posted; of several files of one clip one of them is named.
    """
    places = {one.record.id: str(one.record.locator) for one in snapshot.items}
    found: list[tuple[str, View]] = []
    for one in snapshot.acquisitions:
        place = places.get(one.record.item, "")
        for info in one.record.artifacts:
            if info.role == INFO and info.sealed is None and (content := _about(info, one.record, posted)):
                found += [(content, view) for view in _views(info, place, opener=opener, at=one.record.ended_at)]
    return tuple(found)


def _about(info: Artifact, acquisition: Acquisition, posted: Mapping[str, str]) -> str:
    """Finds the clip that a platform's information is about: its files begin with the same name."""
    stem = info.name.display.removesuffix("info.json")
    clips = [
        one.content_sha256
        for one in acquisition.artifacts
        if one.media_type.startswith("video/") and one.name.display.startswith(stem)
    ]
    return next((one for one in clips if one in posted), clips[-1] if clips else "")


def _views(info: Artifact, place: str, *, opener: Opener, at: datetime) -> Iterator[View]:
    try:
        with opener(info.digests.sha256) as stream:
            told: Any = json.loads(stream.read(MOST_INFO))
    except (ForensicsError, ValueError, RecursionError):
        return
    for name in COUNTERS:
        count = told.get(name) if isinstance(told, dict) else None
        if isinstance(count, int) and not isinstance(count, bool) and count >= 0:
            yield View("", str(count), count, at, Locator(info.digests.sha256, place, name))
