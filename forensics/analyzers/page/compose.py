"""Whether a text can have been put together by a script from whole recorded strings, numbers and times."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from forensics.analyzers.page.corpus import PLAIN, Corpus, Mark
from forensics.analyzers.page.normal import is_wide, squeezed, weight
from forensics.analyzers.page.quantity import LENGTH, NUMBER

_MOST_BOUNDS = 400
_REACH = 120
"""How many boundaries one piece may span: beyond, a text is no label that a script puts beside another."""
_SEPARATORS = frozenset(".,:'\u2019\u066c")
FEW = 3
LEAST_MEAN = 4
"""More than three pieces must weigh this much on the average, since single short words stand in every large script.
*Source:* measured, docs/methods/page.md, error rates."""
LEAST_JOINED = 4
"""What a word of a program must weigh to stand beside another text without a space. *Source:* the same."""
_GLUE = frozenset({"Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "Sc", "Sk", "Sm"})
"""Categories of characters that scripts put between pieces: punctuation, currency and mathematical signs."""


class Kind(Enum):
    """What a piece is, as far as it decides what may stand beside it."""

    START = "start"
    FREE = "free"
    """A number, a time, or a recorded string of punctuation and spaces that parts two others."""
    DATA = "data"
    OPEN = "open"
    """A string of a program that asks to be continued to the right."""
    CLOSED = "closed"
    """A string of a program that does not."""
    GLUE = "glue"
    """Punctuation that changes nothing about what may follow what is before it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of a text.

    Attributes:
        end: Where it ends in the squeezed text.
        kind: What it is to the piece on its right.
        asks: Whether it asks for something on its left.
        size: Its weight.
        is_text: Whether it is a string rather than a number, a time or punctuation.
        source: Number of the response; 0 where none is known.
    """

    end: int
    kind: Kind
    asks: bool
    size: int
    is_text: bool
    source: int


@dataclass(frozen=True, slots=True)
class _Path:
    """The cheapest way to cover a text up to some place: pieces of text, their weight, and the responses used."""

    count: int
    size: int
    sources: tuple[int, ...]
    ends: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Composition:
    """How a text was covered: the pieces, and the numbers of the responses they stand in."""

    pieces: tuple[str, ...]
    sources: tuple[int, ...]


def compose(text: str, corpus: Corpus) -> Composition | None:
    """Covers a text with whole recorded strings, recorded numbers and times, and punctuation.

    Strings must be whole, because a word that somebody put into a sentence leaves two halves that are not. A word of a
    program (from a script file) may stand beside another text only where it brings its own space or placeholder, since
    large scripts have a string for most short words.

    Args:
        text: As it is on the page, with white space.
        corpus: What was recorded.

    Returns:
        None where something is left over, or where the pieces are too many and too short.
    """
    packed, gaps, spans = _packed(text, corpus)
    bounds = [at for at in range(len(packed) + 1) if _is_bound(packed, at, gaps=gaps)]
    if len(bounds) > _MOST_BOUNDS:
        return None
    best: dict[tuple[int, Kind], _Path] = {(0, Kind.START): _Path(0, 0, (), ())}
    for index, at in enumerate(bounds[:-1]):
        here = {key[1]: path for key, path in best.items() if key[0] == at}
        if here:
            reach = bounds[index + 1 : index + 1 + _REACH]
            for piece in (*spans.get(at, ()), *_pieces(packed, at, reach=reach, corpus=corpus)):
                _extend(best, here, piece, has_gap=at in gaps)
    ways = [path for (at, _), path in best.items() if at == len(packed) and _is_sound(path)]
    if not ways:
        return None
    way = min(ways, key=lambda path: (path.count, path.ends))
    starts = (0, *way.ends[:-1])
    pieces = tuple(packed[start:end] for start, end in zip(starts, way.ends, strict=True))
    return Composition(pieces, tuple(sorted(set(way.sources) - {0})))


def _is_sound(path: _Path) -> bool:
    return path.count <= FEW or path.size >= LEAST_MEAN * path.count


def _extend(best: dict[tuple[int, Kind], _Path], here: dict[Kind, _Path], piece: Piece, *, has_gap: bool) -> None:
    for kind, path in here.items():
        if not _may_follow(kind, piece, has_gap=has_gap):
            continue
        longer = _Path(
            path.count + piece.is_text,
            path.size + piece.size * piece.is_text,
            (*path.sources, piece.source),
            (*path.ends, piece.end),
        )
        place = (piece.end, kind if piece.kind is Kind.GLUE else piece.kind)
        known = best.get(place)
        if known is None or (longer.count, -longer.size) < (known.count, -known.size):
            best[place] = longer


def _may_follow(kind: Kind, piece: Piece, *, has_gap: bool) -> bool:
    if kind in (Kind.START, Kind.FREE, Kind.OPEN) or not piece.is_text or piece.asks:
        return True
    if kind is Kind.DATA and piece.kind is Kind.DATA:
        return True
    return not has_gap and piece.size >= LEAST_JOINED


def _pieces(packed: str, at: int, *, reach: list[int], corpus: Corpus) -> Iterator[Piece]:
    for end in reach:
        unit = corpus.units.get(packed[at:end])
        if unit is not None:
            size = weight(packed[at:end])
            if not size:
                parts = unit.mark & (Mark.LEFT | Mark.RIGHT)
                yield _bare(end, Kind.FREE if parts else Kind.GLUE)
            elif unit.mark & (PLAIN | Mark.STYLE):
                yield Piece(end, Kind.DATA, asks=False, size=size, is_text=True, source=unit.source)
            else:
                kind = Kind.OPEN if unit.mark & Mark.RIGHT else Kind.CLOSED
                asks = bool(unit.mark & Mark.LEFT)
                yield Piece(end, kind, asks=asks, size=size, is_text=True, source=unit.source)
    if unicodedata.category(packed[at]) in _GLUE:
        yield _bare(at + 1, Kind.GLUE)


def _bare(end: int, kind: Kind) -> Piece:
    return Piece(end, kind, asks=False, size=0, is_text=False, source=0)


def _packed(text: str, corpus: Corpus) -> tuple[str, frozenset[int], dict[int, list[Piece]]]:
    """Squeezes a text and carries over where its gaps, numbers and times are."""
    places, parts, length, gaps = [], [], 0, set()
    for character in text:
        places.append(length)
        kept = squeezed(character)
        if not kept and character.isspace():
            gaps.add(length)
        parts.append(kept)
        length += len(kept)
    places.append(length)
    packed = squeezed(text)
    if len(packed) != length:  # letters joined with marks of their own: places no longer fit
        return packed, frozenset(), {}
    spans: dict[int, list[Piece]] = {}
    for start, end in _explained_spans(text, corpus):
        spans.setdefault(places[start], []).append(_bare(places[end], Kind.FREE))
    return packed, frozenset(gaps), spans


def _explained_spans(text: str, corpus: Corpus) -> Iterator[tuple[int, int]]:
    for pattern in (NUMBER, LENGTH):
        for match in pattern.finditer(text):
            if corpus.numbers.explain(match.group()):
                yield match.span()
    for match in NUMBER.finditer(text):
        bare = match.group().rstrip("%kKMBGTonds千万萬亿億 ")
        if bare != match.group() and corpus.numbers.explain(bare):
            yield match.start(), match.start() + len(bare)
    for span in corpus.moments.spans(text):
        if span.is_explained:
            yield span.start, span.end


def _is_bound(packed: str, at: int, *, gaps: frozenset[int]) -> bool:
    """Whether a word may begin or end here: at a gap, between kinds of characters, not in a number."""
    if at in (0, len(packed)) or at in gaps:
        return True
    if _is_in_number(packed, at, gaps=gaps):
        return False
    before, after = packed[at - 1], packed[at]
    if is_wide(before) or is_wide(after):
        return True
    return _class(before) != _class(after) or not (before.isalnum() or unicodedata.category(before).startswith("M"))


def _is_in_number(packed: str, at: int, *, gaps: frozenset[int]) -> bool:
    """Whether a place is beside a separator between two digits, without white space there."""
    for middle in (at - 1, at):
        if (
            packed[middle] in _SEPARATORS
            and packed[middle - 1 : middle].isdecimal()
            and not gaps & {middle, middle + 1}
        ):
            return packed[middle + 1 : middle + 2].isdecimal()
    return False


def _class(character: str) -> str:
    if character.isdecimal():
        return "digit"
    return "letter" if character.isalnum() or unicodedata.category(character).startswith("M") else "other"
