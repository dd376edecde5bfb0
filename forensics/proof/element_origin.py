"""How many exhibits of an element are independent of one another: those that share a source count once together.

Two exhibits are independent only where they share no item, no content, no origin, and neither is made from the other.
The rule is strict on purpose: to count one source twice would claim a corroboration that is not there
(docs/elements.md).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from forensics.codec import path_of
from forensics.model import Acquisition, Artifact, Exhibit, Finding, Item, Outcome, Snapshot

CHAT_KIND = "chat.messages"
"""Kind of the findings that name the chats of an export."""

UNKNOWN_CHAT = "chat:?"
"""Origin of an export whose chats are not named; it may be any chat."""

ABOUT_CAPTURE = frozenset(
    {"certificate", "preflight", "secrets", "console-log", "navigation-log", "media-info", "symlink"}
)
"""Roles of artifacts that tell how something was captured: equal ones do not make two captures one source."""

_WIDE = re.compile(r"(^|\.)(ac|co|com|edu|gov|mil|net|org)\.[a-z]{2}$")
"""Labels under which countries register names, as in `example.com.cn`."""

_ADDRESS = re.compile(r"[0-9.]+|.*:.*")
"""A host that is a number of the network."""


@dataclass(frozen=True, slots=True)
class Source:
    """What an exhibit rests on.

    Attributes:
        items: Ids of its items.
        contents: SHA-256 of what was collected as its items, of what its findings are about and of what was made in
            finding it.
        origins: Sites, chats, suppliers and, of files of which nobody stated who supplied them, the run in which they
            were collected: `site:example.com`, `chat:12345`, `from:witness a`, `run:4/0`.
        folders: Folders of its files of which nobody stated who supplied them.
        supplied_folders: Folders of those of which somebody did.
    """

    items: frozenset[str] = frozenset()
    contents: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()
    folders: frozenset[str] = frozenset()
    supplied_folders: frozenset[str] = frozenset()

    def shares(self, other: Source) -> bool:
        """Whether two exhibits cannot count as independent."""
        if not (
            self.items.isdisjoint(other.items)
            and self.contents.isdisjoint(other.contents)
            and self.origins.isdisjoint(other.origins)
        ):
            return True
        return self._may_be_one_chat(other) or self._lies_beside(other)

    def _may_be_one_chat(self, other: Source) -> bool:
        mine, theirs = (any(name.startswith("chat:") for name in one.origins) for one in (self, other))
        return mine and theirs and UNKNOWN_CHAT in self.origins | other.origins

    def _lies_beside(self, other: Source) -> bool:
        """Whether files lie in one folder or one below the other; where both suppliers are stated, these count."""
        mine, theirs = self.folders | self.supplied_folders, other.folders | other.supplied_folders
        return _nested(self.folders, theirs) or _nested(mine, other.folders)


def groups(sources: Mapping[str, Source]) -> tuple[tuple[str, ...], ...]:
    """Groups exhibits that share a source, directly or through others; the number of groups is how many count.

    Returns:
        Labels, in the given order.
    """
    left = list(sources)
    found = []
    while left:
        group, left = [left[0]], left[1:]
        for label in group:
            joined = [other for other in left if sources[label].shares(sources[other])]
            group += joined
            left = [other for other in left if other not in joined]
        found.append(tuple(label for label in sources if label in group))
    return tuple(found)


def _nested(some: Iterable[str], others: Iterable[str]) -> bool:
    pairs = ((PurePosixPath(one), PurePosixPath(other)) for one in some for other in others)
    return any(one.is_relative_to(other) or other.is_relative_to(one) for one, other in pairs)


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a case holds, as far as the sources of its exhibits need it; of each item what its newest acquisition got.

    Attributes:
        items: By id.
        captured: Artifacts with evidence by item id; none where the newest acquisition failed.
        runs: References of the acts that acquired them, by item id.
        owners: Content to the items that it was collected as.
        findings: By reference.
        made_from: Content that an analyzer made, to what it was made from.
        chats: Content of an export to the names of its chats.
    """

    items: Mapping[str, Item] = field(default_factory=dict)
    captured: Mapping[str, tuple[Artifact, ...]] = field(default_factory=dict)
    runs: Mapping[str, str] = field(default_factory=dict)
    owners: Mapping[str, frozenset[str]] = field(default_factory=dict)
    findings: Mapping[str, Finding] = field(default_factory=dict)
    made_from: Mapping[str, frozenset[str]] = field(default_factory=dict)
    chats: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def source(self, exhibit: Exhibit) -> Source:
        """Gathers what an exhibit rests on."""
        contents = self._contents(exhibit)
        named = {*exhibit.items, *(item for content in contents for item in self.owners.get(content, ()))}
        items = named & self.items.keys()
        origins, loose, supplied = set[str](), set[str](), set[str]()
        for name in sorted(items):
            site, suppliers, folder = origin_of(self.items[name], self.captured.get(name, ()))
            origins |= {site} - {""} | suppliers
            (supplied if suppliers else loose).update({folder} - {""})
            if folder and not suppliers:
                origins.add(f"run:{self.runs.get(name)}")
        origins |= {chat for content in contents for chat in self.chats.get(content, ())}
        return Source(frozenset(items), contents, frozenset(origins), frozenset(loose), frozenset(supplied))

    def _contents(self, exhibit: Exhibit) -> frozenset[str]:
        found = {one.content_sha256 for name in exhibit.items for one in self.captured.get(name, ())}
        for ref in exhibit.findings:
            if ref in self.findings:
                finding = self.findings[ref]
                found |= {*finding.subject, *(one.content_sha256 for one in finding.attachments if one.digests.size)}
        waiting = list(found)
        while waiting:
            more = self.made_from.get(waiting.pop(), frozenset()) - found
            found |= more
            waiting += more
        return frozenset(found)


def holdings(snapshot: Snapshot) -> Holdings:
    """Gathers what the sources of exhibits need from a case."""
    newest: dict[str, Acquisition] = {one.record.item: one.record for one in snapshot.acquisitions}
    captured = {name: evidence_of(one) for name, one in newest.items()}
    owners: dict[str, set[str]] = {}
    for name, kept in captured.items():
        for artifact in kept:
            owners.setdefault(artifact.content_sha256, set()).add(name)
    made: dict[str, frozenset[str]] = {}
    chats: dict[str, frozenset[str]] = {}
    for one in snapshot.findings:
        for artifact in one.record.attachments:
            if artifact.digests.size:
                known = made.get(artifact.content_sha256, frozenset())
                made[artifact.content_sha256] = known | frozenset(one.record.subject)
        for content in one.record.subject if one.record.kind == CHAT_KIND else ():
            chats[content] = chats.get(content, frozenset()) | chats_of(one.record)
    return Holdings(
        items={one.record.id: one.record for one in snapshot.items},
        captured=captured,
        runs={name: one.act for name, one in newest.items()},
        owners={content: frozenset(names) for content, names in owners.items()},
        findings={one.ref: one.record for one in snapshot.findings},
        made_from=made,
        chats=chats,
    )


def evidence_of(acquisition: Acquisition) -> tuple[Artifact, ...]:
    """Gives what an acquisition obtained, without empty files and records about the capture itself."""
    if acquisition.outcome is Outcome.FAILED:
        return ()
    return tuple(one for one in acquisition.artifacts if one.digests.size and one.role not in ABOUT_CAPTURE)


def chats_of(finding: Finding) -> frozenset[str]:
    """Names the chats of an export by id and title; mailboxes, which are named alike everywhere, are left out."""
    listed: Sequence[Mapping[str, Any]] = finding.values.get("chats") or ()
    found = set[str]()
    for chat in listed:
        if chat.get("kind") == "mailbox":
            continue
        names = {_key(str(name)) for name in (chat.get("id"), chat.get("title")) if name}
        found |= {f"chat:{name}" for name in names} or {UNKNOWN_CHAT}
    if (finding.values.get("chat_count") or 0) > len(listed):
        found.add(UNKNOWN_CHAT)
    return frozenset(found)


def origin_of(item: Item, kept: Sequence[Artifact]) -> tuple[str, frozenset[str], str]:
    """Says where an item came from.

    Returns:
        Its site or empty; who supplied it, by name and by device, as stated when it was collected; its folder or empty.
    """
    stated = {
        f"{short}:{_key(str(one.facts[fact]))}"
        for one in kept
        for fact, short in (("received_from", "from"), ("device", "device"))
        if one.facts.get(fact)
    }
    locator = path_of(item.locator)
    if site := site_of(locator):
        return f"site:{site}", frozenset(stated), ""
    return "", frozenset(stated), str(PurePosixPath(locator).parent)


def site_of(locator: str) -> str:
    """Gives the name under which a host is registered, so that all hosts of one site count as one; empty for a path.

    Not done: no list of public suffixes; unknown ones make sites larger than they are, never smaller, except below
    country codes with second levels of their own.
    """
    try:
        parts = urlsplit(locator)
        host = (parts.hostname or "").rstrip(".") if "://" in locator else ""
    except ValueError:
        return locator
    if _ADDRESS.fullmatch(host):
        return host
    return ".".join(host.split(".")[-3 if _WIDE.search(host) else -2 :])


def _key(text: str) -> str:
    return unicodedata.normalize("NFKC", " ".join(text.split())).casefold()
