"""How a report says things in one language: template texts, numbers, dates, sizes, part numbers, and evidence text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from forensics.errors import ReportError
from forensics.model import Message, Name
from forensics.reporter import evidence
from forensics.reporter.evidence import Said
from forensics.reporter.text import Templates, Texts

PARTS = (
    *("summary", "mandate", "author", "materials", "collection", "custody", "authenticity", "facts"),
    *("observations", "comparisons", "elements", "counts", "limits", "anomalies"),
    *("requests", "verification", "declaration"),
)
"""The numbered parts of a report, in order. *Source:* ISO 21043-5 and the order of Chinese court practice."""

ANNEXES = (
    *("catalogue", "digests", "events", "methods", "values", "transcript", "costs", "redactions"),
    *("glossary", "programs", "characters"),
)
"""The lettered annexes, in order."""

OPTIONAL = frozenset({"facts", "counts", "transcript"})
"""Parts and annexes that a report has only where the case has something for them."""

ZONES: Mapping[str, str] = {
    "cn": "Asia/Shanghai",
    "fr": "Europe/Paris",
    "eu": "Europe/Paris",
    "us": "America/New_York",
    "intl": "UTC",
}
"""Jurisdiction to the time zone that is shown beside UTC."""

_CHINESE_DIGITS = "〇一二三四五六七八九"
_DIGEST = re.compile(r"[0-9a-f]{32,}")
_HALF_MARK = re.compile(r"\[U\+[0-9A-F]*\Z")


@dataclass(frozen=True, slots=True)
class Words:
    """The language, the templates and the time zone of one report.

    `say` and `count` give texts of templates; what is put into them is made visible first, unless it already is `Said`.

    Attributes:
        parts: Anchors of the parts that this report has, in order; numbers are counted among them.
        annexes: The same for the annexes.
    """

    language: str
    templates: Templates
    zone: tzinfo
    zone_name: str
    parts: tuple[str, ...] = PARTS
    annexes: tuple[str, ...] = ANNEXES

    @property
    def texts(self) -> Texts:
        """The report texts of this language."""
        return self.templates.report[self.language]

    @property
    def is_utc(self) -> bool:
        """Whether there is no other zone to show beside UTC."""
        return self.zone is UTC

    def say(self, key: str, **values: object) -> Said:
        """Gives a text of the templates with its placeholders filled.

        Raises:
            ReportError: There is no such text, or it wants a value that is not given.
        """
        return self.fill(self._text(key), key, values=values)

    def fill(self, text: str, key: str, *, values: Mapping[str, object]) -> Said:
        """Fills the placeholders of a text that belongs to `key`.

        Raises:
            ReportError: It wants a value that is not given.
        """
        try:
            return Said(text.format(**{name: self.show(value) for name, value in values.items()}))
        except (KeyError, IndexError) as error:
            hint = f"It may use: {', '.join(sorted(values)) or 'none'}."
            raise ReportError(f"template text {key} wants {error}, which it is not given", hint=hint) from error

    def label(self, key: str) -> Said:
        """Gives a text that stands before others on the same line, with the space that the language wants after it."""
        return self.join([self.say(key), self.say("word.sentence_space")])

    def lines(self, key: str, **values: object) -> tuple[Said, ...]:
        """Gives a list of texts of the templates."""
        found = self.texts.get(key)
        if not isinstance(found, tuple):
            raise ReportError(f"the templates have no list {key} ({self.language})", hint="Add it.")
        return tuple(self.fill(text, key, values=values) for text in found)

    def count(self, key: str, number: int) -> Said:
        """Gives a counted noun, in the form that the number wants."""
        few = {"en": number == 1, "fr": number < 2, "zh": True}[self.language]  # noqa: PLR2004 - French has 0 and 1 singular
        return self.say(f"count.{key}.{'one' if few else 'other'}", n=number)

    def has(self, key: str) -> bool:
        """Whether the templates have a text."""
        return key in self.texts

    def _text(self, key: str) -> str:
        found = self.texts.get(key)
        if not isinstance(found, str):
            raise ReportError(f"the templates have no text {key} ({self.language})", hint="Add it.")
        return found

    def show(self, value: object) -> Said:
        """Writes any recorded value for people."""
        if isinstance(value, Said):
            return value
        if isinstance(value, bool):
            return Said(self._text("word.yes" if value else "word.no"))
        if isinstance(value, int):
            return self.number(value)
        if isinstance(value, datetime):
            return self.utc(value)
        if value is None:
            return self.say("word.none")
        return evidence.shown(str(value), self.templates.fonts)

    def join(self, parts: Iterable[str], separator: str = "") -> Said:
        """Joins texts that are ready to be printed; each part that is not is made visible first."""
        return Said(separator.join(self.show(part) for part in parts))

    def listed(self, parts: Iterable[str]) -> Said:
        """Joins texts as a list within a sentence."""
        return self.join(parts, self._text("word.comma"))

    def number(self, value: int) -> Said:
        """Writes an integer with the language's grouping of thousands."""
        return Said(f"{value:,}".replace(",", "\u00a0" if self.language == "fr" else ","))

    def decimal(self, value: float, places: int) -> Said:
        """Writes a number with a fixed number of places and a true minus sign."""
        text = f"{value:.{places}f}".replace("-", "\u2212")
        return Said(text.replace(".", ",") if self.language == "fr" else text)

    def size(self, size: int) -> Said:
        """Writes a size in bytes."""
        return self.count("bytes", size)

    def utc(self, moment: datetime) -> Said:
        """Writes a time in UTC, to the second."""
        return Said(f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}")

    def local(self, moment: datetime) -> Said:
        """Writes a time in the zone of the forum, with its offset from UTC."""
        local = moment.astimezone(self.zone)
        offset = f"{local:%z}".replace("-", "\u2212")
        return Said(f"{local:%Y-%m-%d %H:%M:%S} {offset[:3]}:{offset[3:]}")

    def both(self, moment: datetime, *, lines: bool = False) -> Said:
        """Writes a time in UTC and, where that differs, in the zone of the forum; `lines` on two lines."""
        if self.is_utc:
            return self.say("word.time_utc", utc=self.utc(moment))
        return self.say(
            "word.time_lines" if lines else "word.time_pair", utc=self.utc(moment), local=self.local(moment)
        )

    def date(self, moment: datetime) -> Said:
        """Writes the date in the zone of the forum, as in a letter."""
        local = moment.astimezone(self.zone)
        months = self.lines("word.months")
        return self.say("word.date", year=Said(local.year), month=months[local.month - 1], day=Said(local.day))

    def part(self, anchor: str) -> Said:
        """Names a part or annex of the report within a sentence."""
        if anchor in self.annexes:
            return self.say("word.annex", n=self._annex_sign(anchor))
        return self.say("word.part", n=self._part_sign(anchor))

    def heading_number(self, anchor: str) -> Said:
        """Gives what stands before the title of a part or annex."""
        if anchor in self.annexes:
            return self.say("word.annex_heading", n=self._annex_sign(anchor))
        return self.say("word.part_heading", n=self._part_sign(anchor))

    def sub_number(self, anchor: str, index: int) -> Said:
        """Gives what stands before the title of the section `index` (from 1) of a part or annex."""
        sign = chinese(index) if self.language == "zh" else str(index)
        above = self._annex_sign(anchor) if anchor in self.annexes else self._part_sign(anchor)
        return self.say("word.section_heading", part=above, n=Said(sign))

    def _part_sign(self, anchor: str) -> Said:
        number = self.parts.index(anchor) + 1
        return Said(chinese(number) if self.language == "zh" else number)

    def _annex_sign(self, anchor: str) -> Said:
        index = self.annexes.index(anchor)
        return Said(chinese(index + 1) if self.language == "zh" else chr(ord("A") + index))

    def sentence(self, message: Message, *, hide: bool = False, allowed: re.Pattern[str] | None = None) -> Said:
        """Gives a sentence of a finding in this language; its English text, marked, where there is no translation.

        Args:
            message: The sentence as recorded.
            hide: Whether texts taken from the evidence are to be left out of it.
            allowed: What a text must match as a whole to be said all the same; None for none.
        """
        values = {key: self._hidden(value, hide=hide, allowed=allowed) for key, value in message.values.items()}
        template = self.templates.findings[self.language].get(message.id)
        if template is not None:
            try:
                return Said(template.format(**values))
            except (KeyError, IndexError):
                pass
        english = self._english(message, hide=hide, allowed=allowed)
        return english if self.language == "en" else self.say("word.untranslated", text=english)

    def _english(self, message: Message, *, hide: bool, allowed: re.Pattern[str] | None) -> Said:
        text = message.text
        for value in _texts_in(message.values.values()) if hide else ():
            if not (allowed and allowed.fullmatch(value)):
                text = text.replace(value, str(self.say("word.hidden")))
        return self.show(text)

    def _hidden(self, value: Any, *, hide: bool, allowed: re.Pattern[str] | None) -> Said:
        may_be_said = isinstance(value, int | None) or (allowed and allowed.fullmatch(str(value)))
        if hide and not may_be_said:
            return self.say("word.hidden")
        return self.show(value)

    def name(self, name: Name) -> Said:
        """Writes a name; where it is not UTF-8, with its bytes."""
        if name.raw_hex is None:
            return self.show(name.display)
        return self.say("word.raw_name", name=name.display, hex=name.raw_hex)

    def shortened(self, text: str, limit: int) -> Said:
        """Cuts a text after `limit` characters, visibly; before a digest of which fewer than 16 would stay."""
        ready = self.show(text)
        if len(ready) <= limit:
            return ready
        across = next((one for one in _DIGEST.finditer(ready) if one.start() < limit < one.start() + 16), None)
        kept = ready[: across.start() if across else limit]
        return self.say("word.cut", text=Said(_HALF_MARK.sub("", kept).rstrip()))

    def short_digest(self, digest: str) -> Said:
        """Gives the first 16 characters of a digest, with a sign that it goes on."""
        return self.say("word.cut", text=digest[:16])


def _texts_in(values: Iterable[Any]) -> Sequence[str]:
    """Lists the texts among values, the longest first, so that no part of one is left standing."""
    return sorted(set(_all_texts(values)), key=lambda text: (-len(text), text))


def _all_texts(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        if isinstance(value, Mapping):
            yield from _all_texts(value.values())
        elif isinstance(value, list | tuple):
            yield from _all_texts(value)
        elif isinstance(value, str | float) and value != "":
            yield str(value)


def chinese(number: int) -> str:
    """Writes a number from 1 to 999 in Chinese numerals, a larger one in digits."""
    if number > 999:  # noqa: PLR2004 - the docstring says it
        return str(number)
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    text = f"{_CHINESE_DIGITS[hundreds]}百" if hundreds else ""
    if tens:
        text += ("" if tens == 1 and not hundreds else _CHINESE_DIGITS[tens]) + "十"
    elif hundreds and ones:
        text += "零"
    return text + (_CHINESE_DIGITS[ones] if ones else "")


def words(templates: Templates, *, language: str, jurisdiction: str) -> Words:
    """Prepares the wording of a report.

    Raises:
        ReportError: The language is not one of the templates', or the machine has no time zone data.
    """
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    if language not in templates.report:
        hint = f"Choose one of {', '.join(templates.report)}."
        raise ReportError(f"there are no templates for the language {language!r}", hint=hint)
    name = ZONES.get(jurisdiction, "UTC")
    try:
        return Words(language, templates, UTC if name == "UTC" else ZoneInfo(name), name)
    except ZoneInfoNotFoundError as error:
        raise ReportError(f"this machine has no time zone {name}", hint="Install the Python package tzdata.") from error
