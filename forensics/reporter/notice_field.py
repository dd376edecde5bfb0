"""What a notice must have: the fields that a person gives, checked before anything is written."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from forensics.errors import ReportError, UsageError
from forensics.model import Exhibit
from forensics.reporter.captured import at, members
from forensics.reporter.catalogue import exhibits_of, items_in
from forensics.reporter.facts import CaseFacts, ItemFacts
from forensics.reporter.text import Templates

MAX_BYTES = 1 << 20
"""Largest file of fields that is read."""

AGENT = ("name", "contact", "authority")
"""What must be said of an agent."""

SCHEMES = ("http", "https")
"""Schemes of addresses that can be found on a network service."""


@dataclass(frozen=True, slots=True)
class Content:
    """One thing to be taken down: its item, and where it stands, exactly."""

    facts: ItemFacts
    place: str


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of a notice, checked.

    Attributes:
        given: The file as it was read.
        evidence: Label of an exhibit, or empty, with one of its items.
    """

    given: Mapping[str, Any]
    contents: tuple[Content, ...]
    evidence: tuple[tuple[Exhibit | None, ItemFacts], ...]

    def text(self, name: str) -> str:
        """Gives a field by its dotted name; empty where it is not given."""
        found = at(self.given, *name.split("."))
        return str(found).strip() if found is not None else ""

    def listed(self, name: str) -> tuple[str, ...]:
        """Gives a field that is a list of texts."""
        found = self.given.get(name)
        return tuple(map(str, found)) if isinstance(found, list) else ()


def read_fields(path: Path) -> Mapping[str, Any]:
    """Reads the file of fields.

    Raises:
        UsageError: It cannot be read, or is not TOML.
    """
    try:
        data = path.read_bytes()
        if len(data) > MAX_BYTES:
            raise UsageError(f"{path} is too large for the fields of a notice", hint="docs/papers.md shows its form.")
        return tomllib.loads(data.decode("utf-8-sig"))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", hint="docs/papers.md shows its form.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not TOML in UTF-8", hint="docs/papers.md shows its form.") from error


def check(kind: str, given: Mapping[str, Any], case: CaseFacts, *, templates: Templates) -> Fields:
    """Checks everything that a notice of this kind must have, and names all that is missing or wrong at once.

    What a person gave of an identity is never repeated in a message.

    Raises:
        ReportError: The template asks for a check that does not exist.
        UsageError: There is no such notice, or something is missing or wrong.
    """
    name = f"notice-{kind}"
    if name not in templates.notices:
        known = ", ".join(sorted(one.removeprefix("notice-") for one in templates.notices))
        raise UsageError(f"there is no notice {kind!r}", hint=f"Choose one of: {known}.")
    wrong: list[str] = []
    for field, how in templates.notices[name].items():
        if how not in CHECKS:
            raise ReportError(f"template papers/{name}.toml has no check {how!r}", hint=f"Use {', '.join(CHECKS)}.")
        telling = templates.papers[name]["en"].get(f"how.{field}", field)
        wrong += [f"{field}: {said or telling}" for said in CHECKS[how](at(given, *field.split(".")), case)]
    if wrong:
        listed = "; ".join(wrong)
        hint = "Nothing was written. docs/papers.md shows a complete file."
        raise UsageError(f"the notice lacks what it must have ({len(wrong)}): {listed}", hint=hint)
    return Fields(given, tuple(_contents(given, case)), tuple(_evidence(given, case)))


def _text(value: Any, _: CaseFacts) -> Iterator[str]:
    if not isinstance(value, str) or not value.strip():
        yield ""


def _list(value: Any, _: CaseFacts) -> Iterator[str]:
    if not isinstance(value, list) or not value or not all(isinstance(one, str) and one.strip() for one in value):
        yield ""


def _true(value: Any, _: CaseFacts) -> Iterator[str]:
    if value is not True:
        yield ""


def _date(value: Any, _: CaseFacts) -> Iterator[str]:
    if as_date(value) is None:
        yield ""


def as_date(value: Any) -> date | None:
    """Reads a date, written as TOML writes one or as text; None where it is neither."""
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _agent(value: Any, _: CaseFacts) -> Iterator[str]:
    if value == "none":
        return
    if not isinstance(value, Mapping):
        yield ""
        return
    missing = [name for name in AGENT if not isinstance(value.get(name), str) or not value[name].strip()]
    if missing:
        yield f"the agent lacks {', '.join(missing)}: [agent] with {', '.join(AGENT)}"


def _content(value: Any, case: CaseFacts) -> Iterator[str]:
    if not isinstance(value, list) or not value or not all(isinstance(one, Mapping) for one in value):
        yield ""
        return
    known = {facts.item.id: facts for facts in case.items}
    for number, one in enumerate(value, 1):
        facts = known.get(str(one.get("item")))
        if facts is None:
            yield f'entry {number} names no item of the case: item = "ITEM-0001"'
        elif not _place(one, facts):
            yield f"entry {number}: {_why_no_place(one, facts)}"


def _place(entry: Mapping[str, Any], facts: ItemFacts) -> str:
    """Gives where the content stands: an address that the case recorded for the item, or for a file what was given."""
    url, locator = str(entry.get("url") or "").strip(), str(entry.get("locator") or "").strip()
    if url:
        return url if url in _addresses(facts) and urlsplit(url).scheme in SCHEMES else ""
    return "" if facts.item.kind == "url" else locator


def _why_no_place(entry: Mapping[str, Any], facts: ItemFacts) -> str:
    if entry.get("url"):
        return f"the case did not record this url for {facts.item.id}; give one that it did, or collect it first"
    if facts.item.kind == "url":
        return f"{facts.item.id} is an online source: give its exact url"
    return f'say where {facts.item.id} stands on the service: its url, or the place as locator = "..."'


def _addresses(facts: ItemFacts) -> frozenset[str]:
    """Gives the addresses that are recorded for an item: as asked for, where that led, and on the way."""
    found = {str(facts.item.locator)}
    for done in facts.acquisitions:
        for artifact in done.record.artifacts:
            told = artifact.facts
            for place in (told, at(told, "capture")):
                found.update(str(at(place, name)) for name in ("url", "final_url", "requested_url", "source_url"))
            found.update(str(one.get("url")) for one in members(told, "capture", "redirects"))
    return frozenset(found)


def _named(value: Any, case: CaseFacts) -> Iterator[tuple[str, Exhibit | None, tuple[ItemFacts, ...]]]:
    known = {facts.item.id: facts for facts in case.items}
    labelled = {one.label: one for one in exhibits_of(case)}
    for name in map(str, value):
        exhibit = labelled.get(name)
        ids = items_in(exhibit, case) if exhibit else (name,)
        yield name, exhibit, tuple(known[one] for one in ids if one in known and known[one].original)


def _evidence_check(value: Any, case: CaseFacts) -> Iterator[str]:
    if not isinstance(value, list) or not value:
        yield ""
        return
    for name, _, found in _named(value, case):
        if not found:
            yield f"{name!r} is neither an exhibit nor an item of which the case holds content"


def _contents(given: Mapping[str, Any], case: CaseFacts) -> Iterator[Content]:
    known = {facts.item.id: facts for facts in case.items}
    for one in given.get("content", ()):
        yield Content(known[one["item"]], _place(one, known[one["item"]]))


def _evidence(given: Mapping[str, Any], case: CaseFacts) -> Iterator[tuple[Exhibit | None, ItemFacts]]:
    for _, exhibit, found in _named(given.get("evidence", ()), case):
        for facts in found:
            yield exhibit, facts


CHECKS: Mapping[str, Callable[[Any, CaseFacts], Iterator[str]]] = {
    "text": _text,
    "list": _list,
    "true": _true,
    "date": _date,
    "agent": _agent,
    "content": _content,
    "evidence": _evidence_check,
}
"""Name of a check to what carries it out: it gives a sentence, or an empty text, for each thing that is wrong."""
