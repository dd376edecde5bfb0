"""What was added, removed, changed or moved between two lists of texts and two sets of media; pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from forensics.analyzers.recapture.side import Medium, Text

_NUMBER = re.compile(r"\d(?:[\d.,\u00a0\u202f'\u2019 ]*\d)?")
_ALIKE = 0.6
"""Least share of equal characters of two texts at one place that are called one changed text. *Source:* Python,
difflib, "a ratio over 0.6 means the sequences are close matches"."""
_MOST_PAIRS = 10_000
_LONGEST_ALIKE = 2000


class Kind(StrEnum):
    """What became of a text or medium."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class TextChange:
    """A difference of texts; `before` is None for what was added, `after` for what was removed.

    Attributes:
        numbers: For texts that differ in their numbers alone: each number that changed, before and after.
    """

    kind: Kind
    before: Text | None
    after: Text | None
    numbers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class MediumChange:
    """A difference of media; `after` of what was removed is what its address gives now, None where it was not asked."""

    kind: Kind
    before: Medium | None
    after: Medium | None


def texts(before: Sequence[Text], after: Sequence[Text]) -> list[TextChange]:
    """Compares two lists of visible texts in their order.

    A text that is missing in one place and new in another is `moved`. Texts that are equal but for their numbers, and
    texts in the same stretch that are alike, are `changed`.

    Source: Ratcliff and Metzener, "Pattern Matching: The Gestalt Approach", as in Python's difflib.
    """
    matcher = SequenceMatcher(None, [one.text for one in before], [one.text for one in after])
    gone, new, changes = list[Text](), list[Text](), list[TextChange]()
    for name, first, last, start, end in matcher.get_opcodes():
        if name == "equal":
            continue
        old, young = _without_equal(before[first:last], after[start:end])
        paired, old, young = _changed(old, young)
        changes.extend(paired)
        gone.extend(old)
        new.extend(young)
    moved, gone, new = _paired(gone, new, key=lambda one: one.text)
    counted, gone, new = _paired(gone, new, key=_masked)
    changes.extend(TextChange(Kind.MOVED, *pair) for pair in moved)
    changes.extend(TextChange(Kind.CHANGED, *pair, numbers=_numbers(*pair)) for pair in counted)
    changes.extend(TextChange(Kind.REMOVED, one, None) for one in gone)
    changes.extend(TextChange(Kind.ADDED, None, one) for one in new)
    return changes


def _without_equal(before: Sequence[Text], after: Sequence[Text]) -> tuple[list[Text], list[Text]]:
    """Leaves out texts that stand in both stretches: the matcher passes over texts that are very frequent."""
    _, gone, new = _paired(before, after, key=lambda one: one.text)
    return gone, new


def _changed(before: list[Text], after: list[Text]) -> tuple[list[TextChange], list[Text], list[Text]]:
    counted, before, after = _paired(before, after, key=_masked)
    changes = [TextChange(Kind.CHANGED, *pair, numbers=_numbers(*pair)) for pair in counted]
    if len(before) * len(after) > _MOST_PAIRS:
        return changes, before, after
    left, gone = list(after), list[Text]()
    for one in before:
        match = next((other for other in left if _is_alike(one, other)), None)
        if match is None:
            gone.append(one)
        else:
            left.remove(match)
            changes.append(TextChange(Kind.CHANGED, one, match))
    return changes, gone, left


def _is_alike(one: Text, other: Text) -> bool:
    if max(len(one.text), len(other.text)) > _LONGEST_ALIKE:
        return bool(one.path) and one.path == other.path
    matcher = SequenceMatcher(None, one.text, other.text, autojunk=False)
    return matcher.real_quick_ratio() >= _ALIKE and matcher.quick_ratio() >= _ALIKE and matcher.ratio() >= _ALIKE


def _masked(text: Text) -> str | None:
    """Gives a text with its numbers masked; None where it has none."""
    masked = _NUMBER.sub("#", text.text)
    return masked if masked != text.text else None


def _numbers(before: Text, after: Text) -> tuple[tuple[str, str], ...]:
    pairs = zip(_NUMBER.findall(before.text), _NUMBER.findall(after.text), strict=False)
    return tuple(pair for pair in pairs if pair[0] != pair[1])


def _paired(
    before: Iterable[Text], after: Sequence[Text], *, key: Callable[[Text], Hashable]
) -> tuple[list[tuple[Text, Text]], list[Text], list[Text]]:
    """Pairs what has the same key, in order; gives the pairs and what is left over on each side."""
    waiting: dict[Hashable, list[int]] = defaultdict(list)
    for index, one in enumerate(after):
        if (name := key(one)) is not None:
            waiting[name].append(index)
    for places in waiting.values():
        places.reverse()
    pairs, left, taken = list[tuple[Text, Text]](), list[Text](), set[int]()
    for one in before:
        places = waiting.get(key(one), []) if key(one) is not None else []
        if places:
            index = places.pop()
            taken.add(index)
            pairs.append((one, after[index]))
        else:
            left.append(one)
    return pairs, left, [one for index, one in enumerate(after) if index not in taken]


def media(before: Mapping[str, Medium], after: Mapping[str, Medium]) -> list[MediumChange]:
    """Compares media by address and by digest.

    Only what was recorded whole takes part. The same bytes at another address, which no longer stand at the old one,
    are `moved`.
    """
    old = {url: one for url, one in before.items() if one.sha256}
    new = {url: one for url, one in after.items() if one.sha256}
    changes = [
        MediumChange(Kind.CHANGED, old[url], new[url])
        for url in old
        if url in new and old[url].sha256 != new[url].sha256
    ]
    gone = [one for url, one in old.items() if url not in new]
    fresh = {url: one for url, one in new.items() if url not in old and not _was_cut(before.get(url))}
    changes.extend(_media_apart(gone, fresh, after))
    return changes


def _media_apart(gone: list[Medium], fresh: dict[str, Medium], after: Mapping[str, Medium]) -> Iterator[MediumChange]:
    by_digest: dict[str, list[Medium]] = defaultdict(list)
    for one in fresh.values():
        by_digest[one.sha256].append(one)
    for one in gone:
        now = after.get(one.url)
        if by_digest[one.sha256]:
            other = by_digest[one.sha256].pop(0)
            del fresh[other.url]
            yield MediumChange(Kind.MOVED, one, other)
        elif not _was_cut(now):
            yield MediumChange(Kind.REMOVED, one, now)
    for one in fresh.values():
        yield MediumChange(Kind.ADDED, None, one)


def _was_cut(medium: Medium | None) -> bool:
    """Whether a medium was sent and not recorded whole, so that nothing can be said of it."""
    return medium is not None and medium.status is not None and medium.status < 400 and not medium.sha256  # noqa: PLR2004
