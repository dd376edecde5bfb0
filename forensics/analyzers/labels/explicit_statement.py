"""The finding about labels that people can see or hear: its sentences, limits and innocent explanations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from forensics.analyzers import message
from forensics.analyzers.labels.explicit_clip import DURATION_S_REQUIRED, RATE_HZ
from forensics.analyzers.labels.explicit_picture import HEIGHT_RATIO_REQUIRED
from forensics.analyzers.labels.look import Look
from forensics.model import Finding, Gap, GapReason, Message, Result, Tool

KIND = "label.explicit"

MOST_LISTED = 20
"""Texts that a finding lists."""

_SAID_CHARACTERS = 60

_ANIMATED = frozenset({"image/gif", "image/webp", "image/apng", "image/png"})
"""Types of pictures that can be animations."""

_DECLARED = message(
    "explicit.limit.declared",
    "Such a label says what somebody has put there. Anyone can add, change or remove one, and nothing was compared "
    "with the content.",
)
_READ = message(
    "explicit.limit.read",
    "Text is read by a recogniser of characters. It misses text that is faint, very small, stylised, standing upright "
    "or on its head, and scripts other than Chinese and Latin.",
)
_MEASURED = message(
    "explicit.limit.measured",
    "Heights are measured to about 15 %. Whether a label meets a rule is not judged.",
)
_SOUND = message(
    "explicit.limit.sound",
    "Spoken notices are not recognised. Tones are found where they sound alone, not below speech or music; of long "
    "sound the start, the middle and the end are listened to.",
)
_DOCUMENT = message(
    "explicit.limit.document", "Of a text only the first and the last 200 characters are searched for a notice."
)
_FIRST = message("explicit.limit.first", "Of an animation only the first picture is searched.")
_ABSENT = message(
    "explicit.limit.absent",
    "Nothing follows from absence: labels are cropped, covered or cut off, and most content needs none.",
)
_SUBJECT = message(
    "explicit.alternative.subject",
    "The words belong to what is shown, for example a poster, an article or a screen that is about artificial "
    "intelligence.",
)
_INTERFACE = message(
    "explicit.alternative.interface",
    "The file is a screenshot or recording, and the words belong to a program or platform around other content.",
)
_ADDED = message(
    "explicit.alternative.added",
    "A person or a platform added the words later, by mistake or as a precaution, to content that was made in another "
    "way.",
)
_LETTERS = message(
    "explicit.alternative.letters",
    "The letters are a name, a product or a decoration, or the recogniser took something else for letters.",
)
_TONES = message("explicit.alternative.tones", "The tones are a ringtone, a signal, music or a Morse message.")
_QUOTED = message(
    "explicit.alternative.quoted", "The sentence is a quotation, a heading or a message about other content."
)
_UNSEARCHED = message(
    "explicit.alternative.unsearched", "What was not searched holds no such label, as most content holds none."
)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a file that was searched, or was not.

    Attributes:
        name: `picture`, `clip`, `sound` or `text`.
        facts: What was searched and how much, as JSON values; `searched` says whether anything was.
        texts: Labels that were read, as JSON values.
        weak: Texts that resemble labels, as JSON values.
        rhythms: Rhythms that were heard, as JSON values.
        gaps: What could not be searched.
        tools: What was used.
    """

    name: str
    facts: dict[str, Any]
    texts: tuple[dict[str, Any], ...] = ()
    weak: tuple[dict[str, Any], ...] = ()
    rhythms: tuple[dict[str, Any], ...] = ()
    gaps: tuple[Gap, ...] = ()
    tools: tuple[Tool, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether all of it was searched; a long picture, and one with many lines of text, is searched in part."""
        return bool(self.facts.get("searched_whole", True)) and not self.facts.get("lines_not_read")

    @property
    def is_found(self) -> bool:
        """Whether it has a label."""
        return bool(self.texts or self.rhythms)


def finding(look: Look, parts: Sequence[Part]) -> Finding:
    """Makes the finding out of the parts."""
    gaps = tuple(gap for part in parts for gap in part.gaps)
    is_open = any(gap.is_of_content or gap.why is GapReason.NOT_CONFIGURED for gap in gaps)
    is_open = is_open or not all(part.is_whole for part in parts)
    is_weak = any(part.weak for part in parts)
    if any(part.is_found for part in parts):
        result, statement = Result.FOUND, _found(parts)
    elif is_weak:
        result, statement = Result.INDETERMINATE, _weak(parts)
    elif is_open or not any(part.facts["searched"] for part in parts):
        result, statement = Result.INDETERMINATE, _open(parts)
    else:
        result, statement = (
            Result.NOT_FOUND,
            message("explicit.none", "No visible or audible label was read by this method."),
        )
    made = look.finding(
        KIND,
        result,
        statement,
        values=_values(parts, is_weak=is_weak and result is Result.INDETERMINATE),
        limits=_limits(look, parts, result),
        alternatives=_alternatives(parts, result),
        where=_where(parts),
        gaps=gaps,
    )
    return replace(made, tools=_tools(parts))


def _values(parts: Sequence[Part], *, is_weak: bool) -> dict[str, Any]:
    texts = [row for part in parts for row in part.texts]
    weak = [row for part in parts for row in part.weak]
    return {
        "texts": texts[:MOST_LISTED],
        "resembling": weak[:MOST_LISTED],
        "rhythms": [row for part in parts for row in part.rhythms],
        "parts": [{"part": part.name, **part.facts} for part in parts],
        "height_ratio_required": HEIGHT_RATIO_REQUIRED,
        "duration_s_required": DURATION_S_REQUIRED,
        **({"strength": "consistent_with"} if is_weak else {}),
    }


def _found(parts: Sequence[Part]) -> Message:
    for part in parts:
        if part.texts:
            return _shown(part.name, _first(part.texts))
    rhythm = next(row for part in parts for row in part.rhythms)
    return message(
        "explicit.rhythm",
        "The sound has tones in the rhythm short-long short-short, beginning at {start} s.",
        start=rhythm["start_s"],
    )


def _first(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Gives the text that is stated: by the Chinese rule before others, at an edge before inside, the highest first."""
    places = {"corner": 0, "edge": 1}
    return min(
        rows,
        key=lambda row: (
            not row["is_chinese_rule"],
            places.get(row.get("position", ""), 2),
            -row.get("height_ratio", 0.0),
        ),
    )


def _said(row: dict[str, Any]) -> str:
    """Gives the start of a text without characters that cannot be printed."""
    return "".join(character if character.isprintable() else " " for character in row["text"][:_SAID_CHARACTERS])


def _shown(name: str, row: dict[str, Any]) -> Message:
    words = _said(row)
    if name == "text":
        if row["place"] == "start":
            return message(
                "explicit.document.start", "A notice stands at the start of the text: “{words}”.", words=words
            )
        return message("explicit.document.end", "A notice stands at the end of the text: “{words}”.", words=words)
    percent = round(100 * row["height_ratio"], 1)
    if name == "picture":
        return message(
            "explicit.picture",
            "The text “{words}” was read in the picture; its characters are {percent} % of the shorter side high.",
            words=words,
            percent=percent,
        )
    if row["place"] == "opening":
        return message(
            "explicit.opening",
            "The text “{words}” was read in the opening of the clip, from {first} s to {last} s; its characters are "
            "{percent} % of the shorter side high.",
            words=words,
            first=row["first_s"],
            last=row["last_s"],
            percent=percent,
        )
    return _elsewhere(row, words=words, percent=percent)


def _elsewhere(row: dict[str, Any], *, words: str, percent: float) -> Message:
    if row["place"] == "middle":
        return message(
            "explicit.middle",
            "The text “{words}” was read in a frame in the middle of the clip; its characters are {percent} % of the "
            "shorter side high.",
            words=words,
            percent=percent,
        )
    return message(
        "explicit.end",
        "The text “{words}” was read in a frame near the end of the clip; its characters are {percent} % of the "
        "shorter side high.",
        words=words,
        percent=percent,
    )


def _weak(parts: Sequence[Part]) -> Message:
    row = next(row for part in parts for row in part.weak)
    return message(
        "explicit.weak",
        "A text was read that names artificial intelligence, and no generation: “{words}”.",
        words=_said(row),
    )


def _open(parts: Sequence[Part]) -> Message:
    if any(part.facts["searched"] for part in parts):
        return message("explicit.partly", "No visible or audible label was read, but not everything could be searched.")
    return message("explicit.open", "Visible and audible labels were not looked for in this file.")


def _limits(look: Look, parts: Sequence[Part], result: Result) -> tuple[Message, ...]:
    names = {part.name for part in parts if part.facts["searched"]}
    chosen = [_DECLARED] if result is Result.FOUND else []
    if names & {"picture", "clip"}:
        chosen += [_READ, _MEASURED] if result is Result.FOUND else [_READ]
    if "clip" in names:
        chosen.append(_opening(parts))
    if "sound" in names:
        chosen.append(_SOUND)
    if "text" in names:
        chosen.append(_DOCUMENT)
    if (
        look.evidence.artifact.media_type in {"image/gif", "image/webp", "image/apng", "image/png"}
        and "picture" in names
    ):
        chosen.append(_FIRST)
    return (*chosen, *(() if result is Result.FOUND else (_ABSENT,)))


def _opening(parts: Sequence[Part]) -> Message:
    seconds = next(part.facts["searched_s"] for part in parts if part.name == "clip")
    return message(
        "explicit.limit.opening",
        "Of a clip the first {seconds} s are searched at {rate} frames a second, and one frame each in the middle and "
        "near the end of longer clips. Nothing is said about the rest.",
        seconds=seconds,
        rate=round(RATE_HZ),
    )


def _alternatives(parts: Sequence[Part], result: Result) -> tuple[Message, ...]:
    if result is Result.NOT_FOUND:
        return ()
    chosen = []
    if any(part.texts for part in parts if part.name != "text"):
        chosen += [_SUBJECT, _INTERFACE, _ADDED]
    if any(part.texts for part in parts if part.name == "text"):
        chosen += [_QUOTED, _ADDED]
    if any(part.weak for part in parts):
        chosen += [_LETTERS, _INTERFACE]
    if any(part.rhythms for part in parts):
        chosen.append(_TONES)
    distinct = [each for number, each in enumerate(chosen) if each not in chosen[:number]]
    return tuple(distinct) or (_UNSEARCHED,)


def _where(parts: Sequence[Part]) -> tuple[dict[str, Any], ...]:
    keys = ("box_px", "place", "first_s", "start_s", "character")
    rows = [row for part in parts for row in (*part.texts, *part.weak, *part.rhythms)]
    return tuple({key: row[key] for key in keys if key in row} for row in rows[:MOST_LISTED])


def _tools(parts: Sequence[Part]) -> tuple[Tool, ...]:
    tools: list[Tool] = []
    for part in parts:
        tools += [tool for tool in part.tools if tool not in tools]
    return tuple(tools)
