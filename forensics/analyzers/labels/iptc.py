"""Source types and entries about AI systems that the IPTC has defined: what a file declares of how it was made.

*Source:* IPTC Photo Metadata Standard 2025.1: *Digital Source Type*, *AI System Used*, *AI System Version Used*, *AI
Prompt Information*, *AI Prompt Writer Name*, *Credit Line*, *Data Mining*; PLUS License Data Format, vocabulary `DMI`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from forensics.analyzers import message
from forensics.analyzers.labels.iptc_source import SOURCES, Source, source_of
from forensics.analyzers.labels.look import Look
from forensics.formats import Structure, Value
from forensics.model import Finding, Gap, GapReason, Message, Result

KIND = "label.iptc"

_SOURCE_KEYS = ("digitalsourcetype", "digitalsourcefiletype")
"""Names of the property in lower case; the second is that of its first version, of 2008."""

_SYSTEM_KEYS = ("aisystemused", "aisystemversionused", "aipromptinformation", "aipromptwritername")
_CREDIT_KEYS = ("photoshop:credit", "dc:credit", "2:110")
"""The credit line: in XMP and in IPTC-IIM (IIM 4.2, dataset 2:110)."""

_CREDITS = {
    "made with google ai": "trainedAlgorithmicMedia",
    "edited with google ai": "compositeWithTrainedAlgorithmicMedia",
}
"""Credit lines that a program writes by itself, in lower case, and the source type that it writes beside them.
*Source:* Google Photos and Gemini, as described by Google in *How we're increasing transparency for gen AI content*
and seen in the files of both. Texts that people write are not guessed at."""

_MINING = re.compile(r"(?:https?://ns\.useplus\.org/ldf/vocab/)?(DMI-[A-Z-]+)/?", re.IGNORECASE)

_LISTED = 50
"""Entries of one kind that a finding lists."""

_RAW_CHARACTERS = 512
_TEXT_CHARACTERS = 4096
"""Characters of a written value, and of a prompt, that a finding repeats."""

_SAID_CHARACTERS = 80
"""Characters of a written value that the statement repeats."""

_SERIOUS = ("limit", "unreadable", "truncated", "past-end")
"""Problems after which absence means nothing (`Structure.is_whole`)."""

_DECLARED = message(
    "iptc.limit.declared",
    "This is what the file declares. Such entries are not signed: anyone can write, change, copy or remove one without "
    "a trace, and nothing was compared with the content.",
)
_LATER = message(
    "iptc.limit.later",
    "The entry tells of the moment at which it was written. It stays when a program changes the file afterwards and "
    "leaves it alone.",
)
_ABSENT = message(
    "iptc.limit.absent",
    "Few programs write such entries, and messengers and platforms remove metadata: nothing follows from their "
    "absence, for any way in which the content was made.",
)
_PLACES = message(
    "iptc.limit.places",
    "Source types inside of content credentials (C2PA) are not read here; they are a finding of their own.",
)
_COPIED = message(
    "iptc.alternative.copied",
    "The entry came with metadata that a program or a person copied from another file, for example a template.",
)
_BATCH = message(
    "iptc.alternative.batch",
    "Archives, agencies and programs enter a source type for whole series of files, also where it does not fit each.",
)
_SMALL = message(
    "iptc.alternative.small",
    "Phones and editors write this entry also for small edits, such as removing an object in the background or "
    "extending a border.",
)
_STEPS = message(
    "iptc.alternative.steps",
    "Programs that handled the file one after another each wrote their own entry and left the earlier one.",
)
_FREE = message(
    "iptc.alternative.free",
    "The entry is free text: a person or a program wrote something else into it than what the standard asks for.",
)


@dataclass(frozen=True, slots=True)
class _Site:
    """One place that declares a source type; `source` is None where the value is not of the vocabulary."""

    value: Value
    source: Source | None

    @property
    def row(self) -> dict[str, Any]:
        """The place as JSON values."""
        return {
            **_place(self.value),
            "raw": self.value.text[:_RAW_CHARACTERS],
            "code": self.source.code if self.source else None,
            "meaning": self.source.declares if self.source else None,
            "is_known": self.source is not None,
            "is_retired": bool(self.source and self.source.is_retired),
        }


@dataclass(frozen=True, slots=True)
class _Reading:
    """What was found of each kind, in the order of the file."""

    sites: tuple[_Site, ...]
    credits: tuple[Value, ...]
    systems: tuple[Value, ...]
    mining: tuple[Value, ...]

    @property
    def codes(self) -> list[str]:
        """The known codes, each once, in alphabetical order."""
        return sorted({site.source.code for site in self.sites if site.source})

    @property
    def sources(self) -> list[Source]:
        """The known sources, each once."""
        return [SOURCES[code.lower()] for code in self.codes]

    @property
    def declared(self) -> list[Source]:
        """The known sources, and those that credit lines stand for."""
        return [*self.sources, *(SOURCES[_CREDITS[_credit(value)].lower()] for value in self.credits)]

    @property
    def is_anything(self) -> bool:
        """Whether the file declares anything of how it was made."""
        return bool(self.sites or self.credits or self.systems)

    @property
    def disagrees(self) -> bool:
        """Whether two places declare different source types, or a credit line another one than a source type."""
        written = {site.source.code if site.source else site.value.text.strip() for site in self.sites}
        credited = {_CREDITS[_credit(value)] for value in self.credits}
        return len(written) > 1 or len(credited) > 1 or bool(written and credited and written != credited)


def findings(look: Look) -> Iterator[Finding]:
    """States what the file declares about its source, in one finding."""
    reading = _read(look.structure)
    gaps = _gaps(look.structure, reading)
    if reading.is_anything:
        yield _found(look, reading, gaps)
        return
    is_open = bool(gaps)
    if is_open:
        statement = message(
            "iptc.open", "No declared source type was found, but the file could not be read as a whole."
        )
    else:
        statement = message("iptc.none", "No declared source type was found by this method.")
    yield look.finding(
        KIND,
        Result.INDETERMINATE if is_open else Result.NOT_FOUND,
        statement,
        values=_values(reading),
        limits=(_ABSENT, _PLACES),
        alternatives=(_removed(),) if is_open else (),
        gaps=gaps,
    )


def _removed() -> Message:
    return message(
        "iptc.alternative.unread", "The part that was not read holds no such entry, as most files hold none."
    )


def _found(look: Look, reading: _Reading, gaps: tuple[Gap, ...]) -> Finding:
    entries = (*(site.value for site in reading.sites), *reading.credits, *reading.systems)
    return look.finding(
        KIND,
        Result.FOUND,
        _statement(reading),
        values=_values(reading),
        limits=(_DECLARED, _LATER, _PLACES),
        alternatives=_alternatives(reading),
        where=tuple(_place(value) for value in entries[:_LISTED]),
        gaps=gaps,
    )


def _read(structure: Structure) -> _Reading:
    sites, credited, systems, mining = [], [], [], []
    for value in structure.values:
        key = value.key.rpartition("/")[2].lower()
        name = key.rpartition(":")[2]
        if name in _SOURCE_KEYS and value.text.strip():
            sites.append(_Site(value, source_of(value.text)))
        elif name in _SYSTEM_KEYS and value.text.strip():
            systems.append(value)
        elif key in _CREDIT_KEYS and _credit(value) in _CREDITS:
            credited.append(value)
        elif name == "datamining" and _MINING.fullmatch(value.text.strip()):
            mining.append(value)
    return _Reading(tuple(sites), tuple(credited), tuple(systems), tuple(mining))


def _credit(value: Value) -> str:
    return " ".join(value.text.split()).rstrip(".").lower()


def _place(value: Value) -> dict[str, Any]:
    return {"place": value.place, "key": value.key, "offset": value.offset}


def _values(reading: _Reading) -> dict[str, Any]:
    return {
        "sites": [site.row for site in reading.sites[:_LISTED]],
        "codes": reading.codes,
        "is_synthetic_declared": any(source.is_synthetic for source in reading.declared),
        "is_generative_declared": any(source.is_generative for source in reading.declared),
        "is_capture_declared": any(source.is_capture for source in reading.declared),
        "disagrees": reading.disagrees,
        "credits": [_row(value) for value in reading.credits[:_LISTED]],
        "ai_entries": [_row(value) for value in reading.systems[:_LISTED]],
        "data_mining": [_row(value) for value in reading.mining[:_LISTED]],
    }


def _row(value: Value) -> dict[str, Any]:
    return {**_place(value), "raw": value.text[:_TEXT_CHARACTERS], "characters": len(value.text)}


def _statement(reading: _Reading) -> Message:
    unknown = [site.value for site in reading.sites if not site.source]
    if len(reading.codes) == 1 and not unknown and not reading.disagrees:
        return _said(reading.sources[0])
    if len(reading.codes) + len(unknown) > 1 or (reading.sites and reading.disagrees):
        raw = {_short(value.text) for value in (*unknown, *reading.credits)}
        declared = ", ".join([*reading.codes, *(f"“{text}”" for text in sorted(raw))])
        return message("iptc.several", "The file declares sources that differ: {declared}.", declared=declared)
    if unknown:
        return message(
            "iptc.unknown",
            "The file declares a source type that is not in the vocabulary of the IPTC: “{raw}”.",
            raw=_short(unknown[0].text),
        )
    if reading.credits:
        return message("iptc.credit", "The credit line of the file reads “{raw}”.", raw=_short(reading.credits[0].text))
    keys = ", ".join(sorted({value.key.rpartition(":")[2] for value in reading.systems}))
    return message("iptc.system", "The file carries entries that the IPTC keeps for AI systems: {keys}.", keys=keys)


def _short(text: str) -> str:
    """Gives the start of a written value on one line, without characters that cannot be printed."""
    plain = "".join(character if character.isprintable() else " " for character in text[: 4 * _SAID_CHARACTERS])
    line = " ".join(plain.split())
    return line if len(line) <= _SAID_CHARACTERS else f"{line[: _SAID_CHARACTERS - 1]}…"


def _said(source: Source) -> Message:
    return message(
        f"iptc.code.{source.code}",
        f"The file declares the source type “{source.code}”: {source.declares}.",
    )


def _alternatives(reading: _Reading) -> tuple[Message, ...]:
    chosen = [_COPIED]
    if reading.sites:
        chosen.append(_BATCH)
    if "compositeWithTrainedAlgorithmicMedia" in reading.codes or reading.credits:
        chosen.append(_SMALL)
    if reading.disagrees:
        chosen.append(_STEPS)
    if reading.systems or any(not site.source for site in reading.sites):
        chosen.append(_FREE)
    return tuple(chosen)


def _gaps(structure: Structure, reading: _Reading) -> tuple[Gap, ...]:
    gaps = []
    if not structure.format:
        gaps.append(Gap("label", GapReason.NOT_APPLICABLE, "no reader for this format"))
    elif not structure.is_whole:
        problem = next(problem for problem in structure.problems if problem.code in _SERIOUS)
        why = GapReason.LIMIT if problem.code == "limit" else GapReason.UNPARSABLE
        gaps.append(Gap("label", why, f"{problem.code} at byte {problem.offset}: {problem.detail}"))
    rest = max(len(reading.sites), len(reading.credits), len(reading.systems), len(reading.mining)) - _LISTED
    if rest > 0:
        gaps.append(Gap("sites", GapReason.LIMIT, f"at least {rest} further entries are not listed"))
    return tuple(gaps)
