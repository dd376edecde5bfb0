"""Elements of proof: what has to be shown, by which law, with what, and what is still to be added; in three languages.

The profiles in `templates/elements` are for a lawyer to read and to change (docs/elements.md). What a case shows of
each element is worked out in `element_matrix`.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from forensics.errors import UsageError
from forensics.proof.rulebook import rule_folder

LANGUAGES = ("en", "fr", "zh")
"""Languages in which every text of a profile stands."""

PROFILES: Mapping[str, str] = {"cn": "cn-face-swap", "us": "us", "eu": "eu-fr", "intl": "generic"}
"""Profile of each jurisdiction, where none is named."""

FOLDER = "elements"
"""Folder of the templates with the profiles."""

TEXTS = ("title", "wording", "evidence", "supplies", "must_add", "attack", "answer", "next", "corroborate")
"""Texts that each element has in each language."""

LEVELS: Mapping[str, Mapping[str, str]] = {
    "P": {"en": "", "fr": "", "zh": ""},
    "S": {"en": " (from a secondary source)", "fr": " (source secondaire)", "zh": "（依二手资料）"},
    "M": {"en": " (to be checked)", "fr": " (à vérifier)", "zh": "（待核对）"},
}
"""How well a hook is known: P, the primary text was read; S, a secondary source was; M, it still has to be checked."""

_ID = re.compile(r"[A-Z]{1,3}[0-9]{1,3}")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
_MOST_BYTES = 4_000_000

Texts = Mapping[str, str]
"""Language to text."""


@dataclass(frozen=True, slots=True)
class Hook:
    """A rule of law on which an element rests.

    Attributes:
        law: The rule, named in each language.
        level: `P`, `S` or `M`, see `LEVELS`.
        checked_on: When the rule was last looked up; what it says may have changed since.
    """

    law: Texts
    level: str
    checked_on: date

    def shown(self, language: str) -> str:
        """Names the rule, and says so where it was not read in its own text."""
        return self.law[language] + LEVELS[self.level][language]


@dataclass(frozen=True, slots=True)
class Supplies:
    """What the program itself supplies for an element, for programs.

    Attributes:
        kinds: Kinds of findings that are leads to it.
        parts: Parts of the dossier that are (`chats payments chains works slang …`); of leads found by rules of words,
            `lead:TOPIC`.
    """

    kinds: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Element:
    """One thing that has to be shown.

    Attributes:
        id: For example `E8`; no two profiles share an id.
        title: A few words.
        wording: What has to be shown, as a sentence.
        hooks: The rules of law that ask for it.
        evidence: What persuades.
        supplies: What the program supplies, for programs; `supplies_text` says it for people.
        must_add: What a person or an authority has to add.
        attack: The usual objection.
        answer: What is usually answered.
        next: What to do where nothing supports the element, with the verb to type.
        corroborate: What would corroborate a single exhibit.
        filing_minimum: Whether the profile's minimum for filing names it.
        absence_counts: Whether findings that found nothing may support it, such as a label that is not there.
    """

    id: str
    title: Texts
    wording: Texts
    hooks: tuple[Hook, ...]
    evidence: Texts
    supplies: Supplies
    supplies_text: Texts
    must_add: Texts
    attack: Texts
    answer: Texts
    next: Texts
    corroborate: Texts
    filing_minimum: bool = False
    absence_counts: bool = False


@dataclass(frozen=True, slots=True)
class Filing:
    """One part of the minimum for filing a case.

    Attributes:
        any_of: Ids of elements of which one must be supported.
        leads_suffice: Whether findings that no exhibit names yet do.
        statement_suffices: Whether a person's statement about the element does.
    """

    any_of: tuple[str, ...]
    leads_suffice: bool = False
    statement_suffices: bool = False


@dataclass(frozen=True, slots=True)
class Profile:
    """What has to be shown in one kind of case.

    Attributes:
        name: Name of its file without `.toml`.
        jurisdiction: `cn`, `us`, `eu` or `intl`.
        checked_on: When its rules of law were last looked up.
        sha256: Digest of its file, so that a report can name what it was made with.
        title: What it is for.
        note: What to know before it is used; who has to review it.
        elements: In their order.
        filing: What is the least that should be there to file a case.
    """

    name: str
    jurisdiction: str
    checked_on: date
    sha256: str
    title: Texts
    note: Texts
    elements: tuple[Element, ...]
    filing: tuple[Filing, ...] = ()

    def element(self, name: str) -> Element:
        """Gives an element by its id.

        Raises:
            UsageError: The profile has none of this id.
        """
        for one in self.elements:
            if one.id == name:
                return one
        known = ", ".join(one.id for one in self.elements)
        raise UsageError(f"the profile {self.name} has no element {name!r}", hint=f"It has {known}.")


def load_profile(name: str, folder: Path | None = None) -> Profile:
    """Reads a profile.

    Args:
        name: Name of a profile (`cn-face-swap`), a jurisdiction (`cn`), or the path of a file that ends in `.toml`.
        folder: Where the profiles lie; where it has no such file, or is None, the program's own templates count.

    Raises:
        UsageError: There is no such profile, or it is malformed; the message says where.
    """
    path = _path(name, folder)
    try:
        with path.open("rb") as stream:
            data = stream.read(_MOST_BYTES + 1)
        table = tomllib.loads(data[:_MOST_BYTES].decode("utf-8-sig"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"profile {path} cannot be read: {error}", hint="docs/elements.md shows its form.") from error
    return _Reader(path.stem).profile(table, hashlib.sha256(data).hexdigest())


def profile_names(folder: Path | None = None) -> tuple[str, ...]:
    """Lists the profiles that there are."""
    folders = [rule_folder(FOLDER), *([folder] if folder else [])]
    return tuple(sorted({path.stem for one in folders for path in one.glob("*.toml")}))


def _path(name: str, folder: Path | None) -> Path:
    if name.endswith(".toml"):
        return Path(name)
    wanted = PROFILES.get(name, name)
    if _NAME.fullmatch(wanted):
        for one in (folder, rule_folder(FOLDER)):
            if one is not None and (one / f"{wanted}.toml").is_file():
                return one / f"{wanted}.toml"
    known = ", ".join(profile_names(folder))
    raise UsageError(f"there is no profile {name!r}", hint=f"There are {known}; or name a file that ends in .toml.")


class _Reader:
    """Turns the table of a profile into its nouns; what is wrong is said with its place."""

    def __init__(self, name: str) -> None:
        self._name = name

    def profile(self, table: Mapping[str, Any], sha256: str) -> Profile:
        self._only(table, {"jurisdiction", "checked_on", "title", "note", "element", "filing"}, "it")
        checked_on = self._date(table, "it")
        made = [self._element(one, checked_on) for one in self._tables(table, "element", "it")]
        ids = [one.id for one in made]
        if not made or len(set(ids)) != len(ids):
            raise self._wrong("it has no element, or two of one id")
        return Profile(
            name=self._name,
            jurisdiction=self._text(table, "jurisdiction", "it"),
            checked_on=checked_on,
            sha256=sha256,
            title=self._texts(table, "title", "it"),
            note=self._texts(table, "note", "it"),
            elements=tuple(made),
            filing=tuple(self._filing(one, ids) for one in self._tables(table, "filing", "it")),
        )

    def _element(self, table: Mapping[str, Any], checked_on: date) -> Element:
        name = self._text(table, "id", "an element")
        if not _ID.fullmatch(name):
            raise self._wrong(f"{name!r} is no id such as E8")
        settings = {"id", "filing_minimum", "absence_counts", "kinds", "parts", "hook"}
        self._only(table, settings | set(LANGUAGES), name)
        for language in LANGUAGES:
            self._only(self._table(table, language, name), set(TEXTS), f"{name}.{language}")
        said = {key: self._said(table, key, name) for key in TEXTS}
        return Element(
            id=name,
            hooks=tuple(self._hook(one, name, checked_on) for one in self._tables(table, "hook", name)),
            supplies=Supplies(self._list(table, "kinds", name), self._list(table, "parts", name)),
            supplies_text=said.pop("supplies"),
            filing_minimum=self._flag(table, "filing_minimum", name),
            absence_counts=self._flag(table, "absence_counts", name),
            **said,
        )

    def _hook(self, table: Mapping[str, Any], where: str, checked_on: date) -> Hook:
        self._only(table, {"level", "checked_on", *LANGUAGES}, f"a hook of {where}")
        level = self._text(table, "level", f"a hook of {where}")
        if level not in LEVELS:
            raise self._wrong(f"the level {level!r} of a hook of {where} is none of {', '.join(LEVELS)}")
        law = {language: self._text(table, language, f"a hook of {where}") for language in LANGUAGES}
        return Hook(law, level, self._date(table, f"a hook of {where}", default=checked_on))

    def _filing(self, table: Mapping[str, Any], ids: list[str]) -> Filing:
        where = "a part of `filing`"
        self._only(table, {"any_of", "leads_suffice", "statement_suffices"}, where)
        any_of = self._list(table, "any_of", where)
        if not any_of or not set(any_of) <= set(ids):
            raise self._wrong(f"`any_of` of {where} names no element, or one that is not there")
        leads, statement = (self._flag(table, key, where) for key in ("leads_suffice", "statement_suffices"))
        return Filing(any_of, leads, statement)

    def _said(self, table: Mapping[str, Any], key: str, where: str) -> Texts:
        return {one: self._text(self._table(table, one, where), key, f"{where}.{one}") for one in LANGUAGES}

    def _texts(self, table: Mapping[str, Any], key: str, where: str) -> Texts:
        found = self._table(table, key, where)
        return {language: self._text(found, language, f"`{key}`") for language in LANGUAGES}

    def _text(self, table: Mapping[str, Any], key: str, where: str) -> str:
        value = table.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self._wrong(f"`{key}` of {where} is absent, empty or no text")
        return value.strip()

    def _list(self, table: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
            raise self._wrong(f"`{key}` of {where} is no list of texts")
        return tuple(value)

    def _flag(self, table: Mapping[str, Any], key: str, where: str) -> bool:
        value = table.get(key, False)
        if not isinstance(value, bool):
            raise self._wrong(f"`{key}` of {where} is neither true nor false")
        return value

    def _date(self, table: Mapping[str, Any], where: str, *, default: date | None = None) -> date:
        value = table.get("checked_on", default)
        if type(value) is not date:
            raise self._wrong(f"`checked_on` of {where} is absent or no date such as 2026-11-22")
        return value

    def _table(self, table: Mapping[str, Any], key: str, where: str) -> Mapping[str, Any]:
        value = table.get(key)
        if not isinstance(value, dict):
            raise self._wrong(f"`{key}` of {where} is absent or no table")
        return value

    def _tables(self, table: Mapping[str, Any], key: str, where: str) -> list[Mapping[str, Any]]:
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise self._wrong(f"`{key}` of {where} is no list of tables")
        return value

    def _only(self, table: Mapping[str, Any], known: set[str], where: str) -> None:
        if unknown := sorted(set(table) - known):
            raise self._wrong(f"{where} has the unknown key {unknown[0]!r}")

    def _wrong(self, what: str) -> UsageError:
        return UsageError(f"profile {self._name}: {what}", hint="docs/elements.md shows its form.")
