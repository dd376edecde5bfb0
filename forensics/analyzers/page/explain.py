"""Decides for each visible text and picture which recorded response explains it, and how strongly."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from forensics.analyzers.page.compose import compose
from forensics.analyzers.page.corpus import Corpus, Mark
from forensics.analyzers.page.normal import letters, squeezed, weight
from forensics.analyzers.page.seen import Seen, Text

_MOST_GROWTH = 40
_LONGEST_COMPOSED = 4000
_ELLIPSIS = re.compile(r"(?:…|\.\.\.)$")
LEAST_CUT = 6
"""What the start of a text must weigh that ends in an ellipsis."""
_CONTROL = re.compile(r"(?:^|[\s>])(?:input|button|summary|details|select|video|audio|textarea)[^\s>]*$")
_BROWSER = frozenset(
    squeezed(text)
    for text in (
        *("Submit", "Reset", "Choose File", "Choose Files", "No file chosen", "Details", "Submit Query"),
        *("提交", "重置", "选择文件", "未选择任何文件", "详情"),
        *("Envoyer", "Réinitialiser", "Choisir un fichier", "Choisir des fichiers", "Aucun fichier choisi", "Détails"),
    )
)
"""What Chromium writes into form controls itself. *Source:* Chromium, blink_strings.grd, en, zh-CN, fr."""
_MARKER = re.compile(
    r"[•◦▪▸▾■○●‣⁃-]|\(?(?:\d{1,6}|[ivxlcdm]{1,15}|[IVXLCDM]{1,15}|[A-Za-z]{1,3}|[一二三四五六七八九十百千]{1,7})[.)、]"
)
"""What list styles draw before an item. *Source:* CSS Counter Styles Level 3, section 6."""
_PRINTED = frozenset({"true", "false", "null", "undefined", "NaN", "Infinity", "[objectObject]", "InvalidDate"})
"""What a script prints of values that are no strings. *Source:* ECMA-262, 7.1.17 (ToString) and 21.4.4.41."""


class Level(StrEnum):
    """How a text is explained, the strongest first; a text of several runs has the level of its weakest.

    Attributes:
        DOCUMENT: It stands whole in a recorded document.
        DATA: It stands whole in recorded data: JSON, a script, a style sheet, a message.
        ADDRESS: It is a part of the address that was asked for.
        BROWSER: The browser writes it itself.
        PART: It stands within a longer recorded text.
        COMPOSED: A script can have put it together from whole recorded strings, numbers and times.
        UNEXPLAINED: None of these.
    """

    DOCUMENT = "document"
    DATA = "data"
    ADDRESS = "address"
    BROWSER = "browser"
    PART = "part"
    COMPOSED = "composed"
    UNEXPLAINED = "unexplained"


ORDER = tuple(Level)


@dataclass(frozen=True, slots=True)
class Explained:
    """How one text is explained.

    Attributes:
        sources: Numbers of the responses; empty where none is known.
        pieces: What a composed text was put together from.
        rest: The runs of the text that nothing explains; empty where all are explained.
    """

    level: Level
    sources: tuple[int, ...] = ()
    pieces: tuple[str, ...] = ()
    rest: tuple[str, ...] = ()


@dataclass(slots=True)
class Explainer:
    """Explains texts by a corpus, and remembers what it has explained.

    Attributes:
        corpus: What recorded responses say.
        least_part: What a text must weigh to be explained as a part of a longer one.
        known: Texts that were explained already.
    """

    corpus: Corpus
    least_part: int
    known: dict[str, Explained] = field(default_factory=dict)

    def explain(self, text: Text, seen: Seen) -> Explained:
        """Explains one visible text: whole, or else run by run, as the rendered document has it."""
        packed = squeezed(text.text)
        found = self._whole(packed)
        if found is not None:
            return found
        if text.origin == "list-marker" and _MARKER.fullmatch(packed):
            return Explained(Level.BROWSER)
        if packed in _BROWSER and _CONTROL.search(text.path):
            return Explained(Level.BROWSER)
        runs = seen.runs_of(packed, any_case=self.corpus.has_transform)
        if not runs:
            return self._run(text.text)
        return _together([self._in_place(index, seen) for index in runs])

    def _in_place(self, index: int, seen: Seen) -> tuple[str, Explained]:
        text = seen.runs[index]
        found = self._run(text)
        if found.level is Level.UNEXPLAINED:
            found = self._with_neighbours(index, seen) or found
        return text, found

    def _run(self, text: str) -> Explained:
        if text not in self.known:
            self.known[text] = self._explain_run(text)
        return self.known[text]

    def _explain_run(self, text: str) -> Explained:
        packed = squeezed(text)
        found = self._whole(packed) or self._part(packed)
        if found is not None:
            return found
        pieces, sources = list[str](), set[int]()
        lines = [line for line in re.split(r"[\r\n]+", text) if line.strip()]
        for line in lines if len(text) <= _LONGEST_COMPOSED else ():
            made = compose(line, self.corpus)
            if made is None:
                break
            pieces.extend(made.pieces)
            sources.update(made.sources)
        else:
            if lines and len(text) <= _LONGEST_COMPOSED:
                return Explained(Level.COMPOSED, tuple(sorted(sources)), tuple(pieces))
        return self._bare(packed) or Explained(Level.UNEXPLAINED, rest=(text.strip(),))

    def _whole(self, packed: str) -> Explained | None:
        if packed in _PRINTED or not packed:
            return Explained(Level.BROWSER)
        found = self.corpus.whole(packed)
        if found is None:
            return None
        mark, source = found
        level = Level.DOCUMENT if mark & Mark.DOCUMENT else Level.DATA
        if not mark & (Mark.DOCUMENT | Mark.DATA | Mark.SCRIPT | Mark.STYLE):
            level = Level.ADDRESS
        return Explained(level, (source,) if source else ())

    def _part(self, packed: str) -> Explained | None:
        """Finds a text within a longer one, also the start of one that was cut with an ellipsis."""
        start = _ELLIPSIS.sub("", packed)
        size = weight(start)
        if size < (self.least_part if start == packed else min(LEAST_CUT, self.least_part)):
            return None
        source = self.corpus.part(start)
        return None if source is None else Explained(Level.PART, (source,))

    def _bare(self, packed: str) -> Explained | None:
        """Finds a text whose letters and digits stand within a recorded one, with other punctuation or style."""
        bare = letters(packed)
        if weight(bare) < self.least_part:
            return None
        source = self.corpus.bare_part(bare)
        return None if source is None else Explained(Level.COMPOSED, (source,), (bare,))

    def _with_neighbours(self, index: int, seen: Seen) -> Explained | None:
        """Explains a run that is a piece of a longer text which the page shows in several runs, one after the other."""
        joined = _joined(index, seen.runs, squeezed, self.corpus.part)
        if joined is not None:
            found = self._whole(joined)
            return Explained(Level.PART, found.sources) if found else self._part(joined)
        joined = _joined(index, seen.runs, _letters_of, self.corpus.bare_part)
        return self._bare(joined) if joined is not None else None


def _joined(
    index: int, runs: Sequence[str], form: Callable[[str], str], find: Callable[[str], int | None]
) -> str | None:
    """Joins a run with its neighbours as long as the whole stands in a response; None where not one can be joined."""
    joined = form(runs[index])
    if not joined or find(joined) is None:
        return None
    first = last = index
    for _ in range(_MOST_GROWTH):
        if first > 0 and find(wider := form(runs[first - 1]) + joined) is not None:
            first, joined = first - 1, wider
        elif last + 1 < len(runs) and find(wider := joined + form(runs[last + 1])) is not None:
            last, joined = last + 1, wider
        else:
            break
    return joined if first < last else None


def _letters_of(text: str) -> str:
    return letters(squeezed(text))


def _together(parts: Sequence[tuple[str, Explained]]) -> Explained:
    level = max((found.level for _, found in parts), key=ORDER.index)
    sources = sorted({source for _, found in parts for source in found.sources})
    pieces = tuple(piece for _, found in parts for piece in found.pieces)
    rest = tuple(_rest(parts))
    return Explained(level, tuple(sources), pieces, rest)


def _rest(parts: Sequence[tuple[str, Explained]]) -> Iterator[str]:
    for _, found in parts:
        yield from found.rest
