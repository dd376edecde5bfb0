"""Finds which contents may be copies without comparing each with each: by words of descriptors that they share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from forensics.media.fingerprint import Fingerprint

WORD_BITS = 32
TABLES = 4
"""A word is 32 bits of a descriptor, and each descriptor has four. *Source:* locality-sensitive hashing by sampled bits
(Indyk & Motwani, STOC 1998), multi-index hashing (Norouzi, Punjani & Fleet, CVPR 2012). Measured: descriptors of one
corner in copies of all kinds differ in 14 of 256 bits, so that every sixth word stays; 20 corners give 12 words."""

CLIP_CORNERS = 100
"""Corners of each marked frame of a clip that have words, the strongest of each part of the picture."""

NEIGHBOURS = 4
"""Contents that share one word are each linked with so many that follow: the number of links grows with the number of
words, not with its square, however frequent a word is (plain frames, title cards, a hundred copies of one clip)."""

RARE = 8.0
"""Entries of a word from which its links count less, in proportion: words that everyone has (edges, letters, sky) say
little. *Source:* inverse document frequency (Sivic & Zisserman, Video Google, ICCV 2003); measured: among 122 pictures
and their worst copies no other content has more votes than ten, against 46 without weights."""

_MIXER = 0x9E3779B97F4A7C15
"""Spreads the order of the contents within a word. *Source:* Knuth, TAOCP 3, 6.4: multiplicative hashing, golden
ratio."""


@dataclass(frozen=True, slots=True)
class Words:
    """What is indexed of one content.

    Attributes:
        codes: Descriptors, shape (corners, 32).
        marks: Marked frame of each, shape (corners,).
    """

    codes: NDArray[np.uint8]
    marks: NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class Link:
    """Two marked frames that share words.

    Attributes:
        first: Mark of the first content.
        second: Mark of the second.
        is_mirrored: Whether the words are shared with the mirror image.
        votes: How many words, frequent ones in proportion less.
    """

    first: int
    second: int
    is_mirrored: bool
    votes: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """Two contents that share words.

    Attributes:
        first: Number of the first content.
        second: Number of the second, larger.
        votes: Words that they share, frequent ones in proportion less.
        links: The frames that share most, the best first.
    """

    first: int
    second: int
    votes: float
    links: tuple[Link, ...]


def words_of(value: Fingerprint) -> Words:
    """Takes the corners that are indexed."""
    import numpy as np

    ranks = np.concatenate([np.zeros(0, np.int64), *(np.arange(count) for count in value.counts)])
    marks = np.repeat(np.arange(len(value.counts)), value.counts)
    kept = np.ones(len(ranks), bool) if value.is_still else ranks < CLIP_CORNERS
    return Words(value.codes[kept], marks[kept].astype(np.uint16))


def candidates(contents: Sequence[Words], *, most: int, least_votes: float) -> list[Candidate]:
    """Finds pairs that share words.

    Args:
        contents: What is indexed.
        most: Pairs that are kept of each content, those that share most words.
        least_votes: Words that they must share.

    Returns:
        In the order of the contents.
    """
    import numpy as np

    links = [_linked(contents, table) for table in range(TABLES)]
    rows, weights = np.concatenate([one for one, _ in links]), np.concatenate([one for _, one in links])
    if not len(rows):
        return []
    return _best(*_counted(rows, weights), most=most, least_votes=least_votes)


def _linked(contents: Sequence[Words], table: int) -> tuple[NDArray[np.uint64], NDArray[np.floating]]:
    """Links contents that share words of one table.

    Returns:
        Shape (links, 2): the pair of contents as first * 2^32 + second, and first mark * 2^32 + second mark * 2 +
        whether it is mirrored; and what each link counts.
    """
    import numpy as np

    keys, places = _entries(contents, table)
    order = np.lexsort((_mixed(keys, places), keys))
    keys, places = keys[order], places[order]
    _, number, counts = np.unique(keys, return_inverse=True, return_counts=True)
    weights = np.minimum(1.0, RARE / counts)[number]
    rows, worth = [np.zeros((0, 2), np.uint64)], [np.zeros(0)]
    for step in range(1, NEIGHBOURS + 1):
        same = keys[step:] == keys[:-step]
        found, kept = _pairs(places[:-step][same], places[step:][same])
        rows.append(found)
        worth.append(weights[step:][same][kept])
    return np.concatenate(rows), np.concatenate(worth)


def _entries(contents: Sequence[Words], table: int) -> tuple[NDArray[np.uint32], NDArray[np.uint64]]:
    """Gives each word of each content once, as it is and mirrored: the word, and content, mirrored and mark as bits."""
    import numpy as np

    from forensics.media.descriptor import mirrored

    keys, places = [np.zeros(0, np.uint32)], [np.zeros(0, np.uint64)]
    for number, one in enumerate(contents):
        for is_mirrored in (False, True):
            codes = mirrored(one.codes) if is_mirrored else one.codes
            words = np.ascontiguousarray(codes[:, 4 * table : 4 * table + 4]).view("<u4").ravel()
            kept, first = np.unique(words, return_index=True)
            keys.append(kept)
            places.append(np.uint64(number << 17 | is_mirrored << 16) | one.marks[first].astype(np.uint64))
    return np.concatenate(keys), np.concatenate(places)


def _mixed(keys: NDArray[np.uint32], places: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Gives each content another place in each word, the same in every run."""
    import numpy as np

    with np.errstate(over="ignore"):
        return (keys.astype(np.uint64) * np.uint64(_MIXER) ^ places >> np.uint64(16)) * np.uint64(_MIXER)


def _pairs(left: NDArray[np.uint64], right: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    """Pairs entries of different contents, one of them as it is; the first is the one of the smaller number.

    Returns:
        The links, and which of the entries they were made of.
    """
    import numpy as np

    first, second = np.minimum(left, right), np.maximum(left, right)
    a, b = first >> np.uint64(17), second >> np.uint64(17)
    turned = (first >> np.uint64(16) & np.uint64(1)) + (second >> np.uint64(16) & np.uint64(1))
    kept = (a != b) & (turned < 2)  # noqa: PLR2004 -- both mirrored is none mirrored, and was counted so
    marks = (first & np.uint64(0xFFFF)) << np.uint64(32) | (second & np.uint64(0xFFFF)) << np.uint64(1) | turned
    return np.stack([(a << np.uint64(32) | b)[kept], marks[kept]], axis=1), kept


def _counted(
    found: NDArray[np.uint64], weights: NDArray[np.floating]
) -> tuple[NDArray[np.uint64], NDArray[np.floating]]:
    """Adds up equal links."""
    import numpy as np

    order = np.lexsort((found[:, 1], found[:, 0]))
    ordered = found[order]
    is_new = np.ones(len(ordered), bool)
    is_new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    starts = np.flatnonzero(is_new)
    return ordered[starts], np.round(np.add.reduceat(weights[order], starts), 6)


def _best(rows: NDArray[np.uint64], votes: NDArray[np.floating], *, most: int, least_votes: float) -> list[Candidate]:
    import numpy as np

    starts = np.flatnonzero(np.append(True, rows[1:, 0] != rows[:-1, 0]))
    totals = np.round(np.add.reduceat(votes, starts), 6)
    ends = np.append(starts[1:], len(rows))
    enough = totals >= least_votes
    starts, ends, totals = starts[enough], ends[enough], totals[enough]
    pairs = rows[starts, 0]
    first, second = (pairs >> np.uint64(32)).astype(int), (pairs & np.uint64(0xFFFFFFFF)).astype(int)
    return [
        Candidate(
            int(first[n]),
            int(second[n]),
            float(totals[n]),
            _links(rows[starts[n] : ends[n], 1], votes[starts[n] : ends[n]]),
        )
        for n in _ranked(first, second, totals, most=most)
    ]


def _ranked(
    first: NDArray[np.int64], second: NDArray[np.int64], totals: NDArray[np.floating], *, most: int
) -> list[int]:
    """Keeps a pair where it is among the best of either content."""
    import numpy as np

    counts: dict[int, int] = {}
    kept = []
    for number in np.lexsort((second, first, -totals)).tolist():
        pair = int(first[number]), int(second[number])
        if min(counts.get(one, 0) for one in pair) < most:
            kept.append(number)
        for one in pair:
            counts[one] = counts.get(one, 0) + 1
    return sorted(kept)


_MOST_LINKS = 12


def _links(marks: NDArray[np.uint64], votes: NDArray[np.floating]) -> tuple[Link, ...]:
    import numpy as np

    best = np.argsort(-votes, kind="stable")[:_MOST_LINKS]
    return tuple(
        Link(int(marks[n]) >> 32, int(marks[n]) >> 1 & 0x7FFFFFFF, bool(int(marks[n]) & 1), float(votes[n]))
        for n in best
    )
