"""The glossary of slang: words of chats with their meaning, who says that they mean it, and where they occur."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forensics.chats.message import Locator
from forensics.chats.word import searched
from forensics.errors import UsageError
from forensics.proof.rulebook import read_folder, rule_folder, text, texts
from forensics.proof.search_rule import any_of

LANGUAGES = ("zh", "en", "fr")


@dataclass(frozen=True, slots=True)
class Slang:
    """A word.

    Attributes:
        spellings: The word and other ways to write it, in the form that is searched.
        meaning: Language to meaning.
        interpreted_by: Who says that it means this.
        examples: Invented or quoted uses.
        pattern: Finds any of the spellings; Latin ones only as whole words.
    """

    word: str
    spellings: tuple[str, ...]
    meaning: dict[str, str]
    interpreted_by: str
    examples: tuple[str, ...]
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Use:
    """How often a word occurs, and where first; at most ten places are kept."""

    slang: Slang
    count: int
    places: tuple[Locator, ...]


MAX_PLACES = 10
"""Places of a word that are kept; the search finds all."""


def load_slang(folder: Path | None = None) -> tuple[Slang, ...]:
    """Reads the glossary.

    Args:
        folder: Folder with TOML files; None for the one that belongs to the program.

    Raises:
        UsageError: A word lacks its meaning in a language, or who says so; or a word is there twice.
    """
    tables, _ = read_folder(rule_folder("slang") if folder is None else folder)
    made = tuple(_slang(table, name) for name, one in tables.items() for table in one.get("word", []))
    if len({one.word for one in made}) != len(made):
        raise UsageError("a word of the glossary is there twice")
    return made


def _slang(table: dict[str, Any], name: str) -> Slang:
    word = text(table, "word", name)
    where = f"word {word} of {name}"
    meaning = table.get("meaning")
    if not isinstance(meaning, dict) or any(not isinstance(meaning.get(one), str) for one in LANGUAGES):
        raise UsageError(f"{where} lacks its meaning in one of {', '.join(LANGUAGES)}")
    spellings = tuple(dict.fromkeys(searched(one) for one in (word, *texts(table, "spellings", where))))
    said = text(table, "interpreted_by", where)
    chosen, pattern = {one: meaning[one] for one in LANGUAGES}, any_of(spellings, where)
    return Slang(word, spellings, chosen, said, texts(table, "examples", where), pattern)


def spellings_of(word: str, glossary: tuple[Slang, ...]) -> tuple[str, ...]:
    """Gives a word with the other spellings that the glossary has for it."""
    plain = searched(word)
    found = next((one.spellings for one in glossary if plain in one.spellings), (plain,))
    return tuple(dict.fromkeys((plain, *found)))
