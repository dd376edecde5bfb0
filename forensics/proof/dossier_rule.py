"""All rules by which a dossier is made."""

from __future__ import annotations

from dataclasses import dataclass

from forensics.proof.money_rule import RuleBook, load_rules
from forensics.proof.search_rule import SearchBook, load_searches
from forensics.proof.search_slang import Slang, load_slang


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules of payment lines, of searches, and the glossary of slang."""

    payments: RuleBook
    searches: SearchBook
    glossary: tuple[Slang, ...]


def load_all() -> Rules:
    """Reads the rules that belong to the program.

    Raises:
        UsageError: One is malformed.
    """
    return Rules(load_rules(), load_searches(), load_slang())
