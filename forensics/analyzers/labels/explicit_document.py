"""Notices at the start and the end of a text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from forensics.analyzers.labels.explicit_word import MOST_CHARACTERS, Match, match
from forensics.formats import Structure

_PLACES = ("start", "end")

_NEAR_CHARACTERS = 200
"""Characters at the start and at the end in which a notice is looked for: one or two sentences."""

_LONGEST = 40
"""Characters of a sentence that is a notice: "本内容由人工智能大模型生成，仅供参考，请仔细甄别" has 25. Longer ones
tell of the matter more often than of the text itself."""

_FRONT = re.compile(r"\A\s*---[ \t]*\r?\n.{0,4000}?^(?:---|\.\.\.)[ \t]*$", re.DOTALL | re.MULTILINE)
"""Front matter, whose entries are no notices for readers."""

_BREAK = re.compile(r"[\r\n。！？!?；;]+|(?<=[a-z0-9])\.\s")


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence with both elements.

    Attributes:
        text: The sentence.
        match: Which elements it has.
        place: `start` or `end`.
        character: Number of its first character from the start of the text; from the start of what was kept of its end
            where the text is longer than that.
    """

    text: str
    match: Match
    place: str
    character: int

    @property
    def row(self) -> dict[str, Any]:
        """The sentence, as JSON values."""
        return {
            "text": self.text[:MOST_CHARACTERS],
            "wording": self.match.wording,
            "is_chinese_rule": self.match.is_chinese_rule,
            "elements": {"ai": self.match.ai, "generation": self.match.generation or None},
            "place": self.place,
            "character": self.character,
        }


def has_text(structure: Structure) -> bool:
    """Whether a reader gave the start of a text."""
    return any(value.place == "start" for value in structure.values)


def read(structure: Structure) -> tuple[Notice, ...]:
    """Gives the notices at the start and at the end of a text, each once."""
    found: list[Notice] = []
    for place, text in _ends(structure):
        front = _FRONT.match(text)
        lead = front.end() if front and place == "start" else 0
        first = lead if place == "start" else max(0, len(text) - _NEAR_CHARACTERS)
        part = text[first : first + _NEAR_CHARACTERS]
        known = {notice.text for notice in found}
        found.extend(
            Notice(sentence, words, place, first + offset)
            for offset, sentence in _sentences(part)
            if sentence not in known and (words := match(sentence)) is not None and words.is_label
        )
    return tuple(found)


def _ends(structure: Structure) -> list[tuple[str, str]]:
    """Gives the start and the end of a text; of a short one, whose end the reader does not give, the same for both."""
    given = {value.place: value.text.lstrip("\ufeff") for value in structure.values if value.place in _PLACES}
    start = given.get("start", "")
    return [("start", start), ("end", given.get("end", start))]


def _sentences(text: str) -> list[tuple[int, str]]:
    """Gives the sentences that are short enough for a notice, each with its place."""
    found = []
    start = 0
    for stop in (*_BREAK.finditer(text), None):
        sentence = text[start : stop.start() if stop else len(text)]
        lead = len(sentence) - len(sentence.lstrip())
        if 0 < len(sentence.strip()) <= _LONGEST:
            found.append((start + lead, sentence.strip()))
        start = stop.end() if stop else len(text)
    return found
