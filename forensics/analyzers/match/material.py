"""The contents of a case that are compared: their fingerprints, and what is indexed of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from forensics.analyzers.match import statement as say
from forensics.analyzers.match.pair import is_plain
from forensics.analyzers.match.word import Words, words_of
from forensics.errors import ForensicsError, MediaError
from forensics.media import fingerprint
from forensics.plugins import Evidence

ITEMS_FACT = "items"
"""Fact of an artifact under which the ids of all its items stand, where the caller says them."""


@dataclass(frozen=True)
class Case:
    """The contents that can be compared, and those that cannot.

    Attributes:
        evidence: Contents with a fingerprint.
        contents: What is said of them.
        words: What is indexed of them.
        unread: Digests of contents without a readable fingerprint, and why.
        item_count: Items of all contents, those without a readable fingerprint too.
    """

    evidence: tuple[Evidence, ...]
    contents: tuple[say.Content, ...]
    words: tuple[Words, ...]
    unread: tuple[tuple[str, str], ...]
    item_count: int

    @staticmethod
    def of(evidence: Sequence[Evidence]) -> Case:
        """Reads the fingerprints."""
        read: list[tuple[Evidence, say.Content, Words]] = []
        unread: list[tuple[str, str]] = []
        item_count = 0
        for one in evidence:
            sha256 = one.artifact.content_sha256
            items = tuple(map(str, one.artifact.facts.get(ITEMS_FACT, ())))
            item_count += max(1, len(items))
            try:
                made = _read(one)
            except ForensicsError as error:
                unread.append((sha256, str(error)))
                continue
            read.append((one, say.content(made, sha256, items, is_plain=is_plain(made)), words_of(made)))
        return Case(
            tuple(one for one, _, _ in read),
            tuple(one for _, one, _ in read),
            tuple(one for _, _, one in read),
            tuple(unread),
            item_count,
        )

    def fingerprint(self, number: int) -> fingerprint.Fingerprint:
        """Reads the fingerprint of a content."""
        return _read(self.evidence[number])


def _read(evidence: Evidence) -> fingerprint.Fingerprint:
    made = evidence.related(fingerprint.ROLE)
    if not made:
        raise MediaError("no fingerprint was made")
    with made[0].open() as stream:
        return fingerprint.decode(stream.read(fingerprint.MOST_BYTES))
