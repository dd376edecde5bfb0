"""Local pages that the video of a session shows: the pre-flight first, the digests of what was kept last.

They need nothing but themselves and run no script. Chinese text wants a Chinese font on the machine, or the program's
own in the browser's font configuration; without one, boxes are drawn in its place.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from forensics.errors import ToolMissingError
from forensics.model import Artifact

LANGUAGES = ("en", "zh", "fr")

LISTS = ("points", "clean_environment", "further")
"""Lists of the open pre-flight record, in the order in which they are shown (docs/capture-record.md)."""

SHOWN: Mapping[str, tuple[str, ...]] = {
    "protocol": (),
    "machine": ("make", "model", "serial"),
    "operating-system": ("name", "release", "last_patch"),
    "browser": ("product", "extensions", "policies", "added_certificates"),
    "local-network": ("interfaces", "gateways", "router"),
    "name-resolution": ("dns_servers", "names_captured_host"),
    "proxy": ("system", "browser_flags", "browser_policies"),
    "antivirus": ("product", "signatures", "stated"),
    "clock": ("servers", "answered", "offset_s", "is_synchronised"),
    "empty-profile": ("entries_at_start",),
    "display": ("viewport_px", "scale", "locale", "time_zone"),
    "processes": ("count",),
    "hosts-file": ("entries", "not_usual", "names_captured_host"),
    "added-certificates": ("sha256", "not_trusted"),
    "storage": ("free_mib", "file_system_errors"),
}
"""What of a value is shown where not all of it is: the record has the rest."""

DIGEST_ROWS = 25
"""Rows of digests that fit a page of 1280 x 800 pixels beside its head and foot; more are counted."""

GROUP = 8
"""Characters of a digest between two spaces, so that a reader does not lose the place."""

NAME_LENGTH, TITLE_LENGTH, VALUE_LENGTH = 48, 160, 110

UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
"""Characters that show nothing themselves and can change how others are shown; U+FFFD is shown for them."""

NO_TEMPLATES = "the templates of local pages are not usable"
HINT = "Install the program again."


@dataclass(frozen=True, slots=True)
class Session:
    """What both pages are headed with.

    Attributes:
        title: What is captured, for example its address; text from outside is safe here.
        case: Id of the case; its first eight characters are shown. Empty where it is not known.
        item: Id of the item.
        program: Name and version of the program.
        language: One of `LANGUAGES`; English where it is another.
    """

    title: str
    case: str
    item: str
    program: str
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Kept:
    """One file that was kept, as the last page shows it.

    Attributes:
        sha256: Digest of the stored bytes, in hex.
        size: Their number.
    """

    role: str
    name: str
    sha256: str
    size: int
    is_sealed: bool = False

    @classmethod
    def of(cls, artifact: Artifact) -> Kept:
        """Takes what is shown out of an artifact."""
        digests = artifact.digests
        return cls(artifact.role, artifact.name.display, digests.sha256, digests.size, artifact.sealed is not None)


def preflight_page(record: Mapping[str, Any], session: Session) -> str:
    """Writes the page with the results of a pre-flight.

    Args:
        record: The open record.
        session: What the page is headed with.

    Raises:
        ToolMissingError: The templates are not installed, or are damaged.
    """
    words = _Words.load(session.language)
    rows = [_point(check, ids, words=words) for check, ids in _merged(record)]
    half = len(rows) // 2
    heads = {name: words.say(f"page.{name}") for name in ("id", "check", "status", "value")}
    body = "".join(_table(heads, part) for part in (rows[:half], rows[half:]) if part)
    facts = _facts(session, words, at=str(record.get("measured_at", "")))
    facts.append((words.say("page.protocol"), str(record.get("protocol", ""))))
    notes = [words.say("page.preflight_note")]
    if record.get("passed") is False:
        notes.insert(0, words.say("page.attention"))
    return _page("preflight", session, words=words, facts=facts, layout="two", body=body, notes=notes)


def digests_page(kept: Sequence[Kept], session: Session, *, at: datetime) -> str:
    """Writes the page with the digests of what was kept.

    Args:
        kept: What was kept, in order; what does not fit the page is counted.
        session: What the page is headed with.
        at: When the page is shown.

    Raises:
        ToolMissingError: The templates are not installed, or are damaged.
    """
    words = _Words.load(session.language)
    heads = {name: words.say(f"page.{name}") for name in ("role", "name", "digest", "size")}
    body = _table(heads, [_file(each, words) for each in kept[:DIGEST_ROWS]])
    notes = [words.say("page.digests_note")]
    if any(each.is_sealed for each in kept):
        notes.append(words.say("page.sealed_note"))
    if len(kept) > DIGEST_ROWS:
        notes.insert(0, words.say("page.more", n=str(len(kept) - DIGEST_ROWS)))
    if not kept:
        notes.insert(0, words.say("page.nothing"))
    facts = _facts(session, words, at=at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    facts.append((words.say("page.kept"), str(len(kept))))
    return _page("digests", session, words=words, facts=facts, layout="one", body=body, notes=notes)


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of one language, by dotted key."""

    texts: Mapping[str, str]

    @staticmethod
    @cache
    def load(language: str) -> _Words:
        name = language if language in LANGUAGES else "en"
        try:
            found = tomllib.loads(_template(f"{name}.toml"))
        except tomllib.TOMLDecodeError as error:
            raise ToolMissingError(f"{NO_TEMPLATES}: {name}.toml: {error}", hint=HINT) from error
        return _Words({f"{table}.{key}": str(text) for table, texts in found.items() for key, text in texts.items()})

    def say(self, key: str, **values: str) -> str:
        try:
            return self.texts[key].format(**values)
        except (KeyError, IndexError, ValueError) as error:
            raise ToolMissingError(f"{NO_TEMPLATES}: {key}", hint=HINT) from error

    def of(self, table: str, key: str) -> str:
        """Gives the word for a name of the record; the name itself where there is none."""
        return self.texts.get(f"{table}.{key}", key)


@cache
def _template(name: str) -> str:
    try:
        return (_folder() / "capture" / name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ToolMissingError(f"{NO_TEMPLATES}: {name}", hint=HINT) from error


def fonts() -> Path | None:
    """Finds the fonts of the program, so that Chinese is drawn on every machine; None where there are none."""
    folder = _folder() / "fonts"
    return folder if folder.is_dir() else None


def _folder() -> Path:
    """Finds the templates: in the installed package, or beside it in a checkout."""
    package = Path(str(files("forensics")))
    inside = package / "templates"
    return inside if inside.is_dir() else package.parent / "templates"


def _page(
    kind: str,
    session: Session,
    *,
    words: _Words,
    facts: Iterable[tuple[str, str]],
    layout: str,
    body: str,
    notes: list[str],
) -> str:
    colon = words.say("page.colon")
    pairs = (
        f"<div><dt>{_safe(name + colon, 80)}</dt><dd>{_safe(value, 120)}</dd></div>" for name, value in facts if value
    )
    try:
        return Template(_template("page.html")).substitute(
            tag=words.say("page.tag"),
            heading=_safe(words.say(f"page.{kind}"), TITLE_LENGTH),
            title=_safe(session.title, TITLE_LENGTH),
            facts="".join(pairs),
            layout=layout,
            body=body,
            notes=" ".join(f"<span>{_safe(note, 400)}</span>" for note in notes),
        )
    except (KeyError, ValueError) as error:
        raise ToolMissingError(f"{NO_TEMPLATES}: page.html: {error}", hint=HINT) from error


def _facts(session: Session, words: _Words, *, at: str) -> list[tuple[str, str]]:
    shown = re.sub(r"\.\d+", "", at).replace("T", " ").removesuffix("Z")
    return [
        (words.say("page.case"), session.case[:8]),
        (words.say("page.item"), session.item),
        (words.say("page.time"), words.say("page.utc", time=shown)),
        (words.say("page.program"), session.program),
    ]


def _merged(record: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], list[str]]]:
    """Gives each check once, with its ids in all lists."""
    found: dict[str, tuple[Mapping[str, Any], list[str]]] = {}
    for check in (check for name in LISTS for check in record.get(name, ())):
        found.setdefault(str(check.get("name")), (check, []))[1].append(str(check.get("id")))
    yield from found.values()


def _point(check: Mapping[str, Any], ids: Sequence[str], *, words: _Words) -> str:
    name, status = str(check.get("name")), str(check.get("status"))
    kind = status if re.fullmatch(r"[a-z-]+", status) else ""
    cells = (
        ("id", "<br>".join(_safe(each, 8) for each in ids)),
        ("check", _safe(words.of("check", name), NAME_LENGTH)),
        (f"status {kind}", _safe(words.of("status", status), NAME_LENGTH)),
        ("value", f"<span>{_safe(_short(check, words), VALUE_LENGTH)}</span>"),
    )
    return f'<tr class="{kind}">' + "".join(f'<td class="{each}">{text}</td>' for each, text in cells) + "</tr>"


def _short(check: Mapping[str, Any], words: _Words) -> str:
    """Writes the value of a check in short; a deviation is told by its sentence, which is English as in the record."""
    if check.get("status") == "warning" and check.get("detail"):
        return str(check["detail"])
    value = check.get("value") or {}
    names = SHOWN.get(str(check.get("name")), tuple(value))
    parts = [(name, _word(value[name], words)) for name in names if value.get(name) is not None]
    return words.say("page.separator").join(f"{words.of('value', name)} {text}".strip() for name, text in parts if text)


def _word(value: Any, words: _Words) -> str:
    if isinstance(value, bool):
        return words.of("word", str(value).lower())
    if isinstance(value, Mapping):
        return str(len(value))
    if isinstance(value, list | tuple):
        is_short = all(isinstance(each, int | float | str) and len(str(each)) < 24 for each in value)  # noqa: PLR2004
        return (", ".join(str(each) for each in value) if is_short else str(len(value))) or "0"
    text = str(value)
    is_digest = re.fullmatch(r"[0-9a-f]{64}", text)
    return "" if is_digest else words.of("word", text)


def _file(each: Kept, words: _Words) -> str:
    groups = " ".join(each.sha256[start : start + GROUP] for start in range(0, len(each.sha256), GROUP))
    name = _cut(each.name, NAME_LENGTH)
    cells = (
        ("role", _safe(each.role, NAME_LENGTH)),
        (
            "name",
            f"<bdi>{_safe(words.say('page.sealed_name', name=name) if each.is_sealed else name, TITLE_LENGTH)}</bdi>",
        ),
        ("digest", _safe(groups, TITLE_LENGTH)),
        ("size", _safe(words.say("page.bytes", n=f"{each.size:,}".replace(",", "\u202f")), NAME_LENGTH)),
    )
    return "<tr>" + "".join(f'<td class="{kind}">{text}</td>' for kind, text in cells) + "</tr>"


def _table(heads: Mapping[str, str], rows: Iterable[str]) -> str:
    head = "".join(f'<th class="{name}">{_safe(text, NAME_LENGTH)}</th>' for name, text in heads.items())
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _cut(text: str, length: int) -> str:
    """Shortens a text in its middle, since the end of a file name tells its kind."""
    if len(text) <= length:
        return text
    end = length // 3
    return f"{text[: length - end - 1]}…{text[-end:]}"


def _safe(text: str, length: int) -> str:
    """Writes text from anywhere as HTML: characters that show nothing are made visible, the rest is escaped."""
    return escape(UNSEEN.sub("\ufffd", _cut(text, length)))
