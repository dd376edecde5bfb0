"""One implicit label as text: read tolerantly, with everything in which it departs from the standard.

*Source:* GB 45438-2025, 5.2, 6 and annex E; TC260-PG-20259A, annex B (the object wrapped under `AIGC`).
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

FIELDS = (
    *("Label", "ContentProducer", "ProduceID", "ReservedCode1"),
    *("ContentPropagator", "PropagateID", "ReservedCode2"),
)
"""The seven members in their order. *Source:* GB 45438-2025, annex E."""

REQUIRED = ("Label", "ContentProducer", "ProduceID")
"""What must be there and not be empty. *Source:* GB 45438-2025, annex E."""

LABELS = ("1", "2", "3")
"""Is, may be, is suspected to be generated. *Source:* GB 45438-2025, annex E."""

LONGEST = 1 << 16
"""Characters of a label that are read; seven members of 256 characters with escapes stay below a tenth of it."""

_DEEPEST = 6
"""Coats (an encoding, an object in an object) that are taken off; none has been seen with more than three."""

_EXTRA_NAMES = 20
_EXTRA_LENGTH = 64
_PRINTABLE = re.compile(r"[\x21-\x7e]*")
"""What values may hold. *Source:* GB 45438-2025, annex E: printable ASCII, 0x21 to 0x7E."""

_BY_FORM = {name.lower(): name for name in FIELDS}
_NAMES = "|".join(FIELDS)
_PAIR = re.compile(
    rf"""(?<![A-Za-z0-9_])["']?(?P<name>{_NAMES})["']?\s*[:=]\s*
    (?:"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>(?:[^'\\]|\\.)*)'|(?P<bare>[^\s,;"'{{}}\[\]]{{1,400}}+)(?=\s*[,;}}\]\n]|\s*$))""",
    re.IGNORECASE | re.VERBOSE,
)
_ELEMENT = re.compile(rf"<(?:[\w.-]+:)?(?P<name>{_NAMES})>(?P<text>[^<]*)</", re.IGNORECASE)
_LINE = re.compile(
    r"""^[ \t]*(?:-[ \t]+)?["']?(?P<name>[A-Za-z][\w.-]*)["']?[ \t]*:(?:[ \t](?P<text>.*))?\r?$""", re.MULTILINE
)
_QUOTED = re.compile(r"""(?:"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>(?:[^']|'')*)')[ \t]*(?:#.*)?""")
_NAMED = re.compile(r"""["']?AIGC["']?\s*[:=]""", re.IGNORECASE)
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")


class _Bare(str):
    """A number or word of JSON that stands where a string should."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Label:
    """One implicit label as it was read.

    Attributes:
        fields: The seven fields to their texts; None where one is absent or no text.
        defects: Codes of what the standard does not allow, in a fixed order.
        notes: Codes of what it allows, or leaves open, and is worth knowing.
        extra: Names of members that the standard does not know.
        is_named: Whether the text itself says `AIGC`.
        text: The text with its encodings taken off.
    """

    fields: Mapping[str, str | None]
    defects: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    is_named: bool = False
    text: str = ""

    @property
    def is_readable(self) -> bool:
        """Whether at least one of the seven fields was read and is not empty."""
        return any(self.fields.values())


@dataclass(slots=True)
class _Opened:
    """What was found while a text was opened, coat after coat."""

    text: str
    pairs: list[tuple[str, Any]] | None = None
    wraps: int = 0
    is_json: bool = False
    defects: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read(text: str, *, is_yaml: bool = False) -> Label:
    """Reads a label, however it is written down.

    Args:
        text: As the container gives it.
        is_yaml: Whether the container is one in which a YAML mapping is as good as JSON.

    Not done: the meaning of the reserved codes is left alone; signatures in them are not checked.
    """
    opened = _Opened(_trimmed(text[:LONGEST]))
    if len(text) > LONGEST:
        opened.defects.append("too-long")
    if not opened.text:
        return Label(dict.fromkeys(FIELDS), ("empty-value", *opened.defects))
    _open(opened, is_yaml=is_yaml)
    return _judged(opened)


def _trimmed(text: str) -> str:
    return text.strip("\0\ufeff\ufffe \t\r\n")


def _open(opened: _Opened, *, is_yaml: bool) -> None:
    for _ in range(_DEEPEST):
        value, is_json = _parsed(opened)
        if not is_json and _uncoated(opened):
            continue
        if isinstance(value, str) and not isinstance(value, _Bare) and is_json:
            opened.defects.append("string-encoded")
            opened.text = _trimmed(value)
            continue
        inner = _unwrapped(opened, value) if is_json else None
        if isinstance(inner, str):
            opened.text = _trimmed(inner)
            continue
        break
    if opened.pairs is None and not opened.is_json:
        _scan(opened, is_yaml=is_yaml)


def _parsed(opened: _Opened) -> tuple[Any, bool]:
    """Parses JSON; gives the value and whether it is JSON. Numbers and words are `_Bare`."""
    repeated: list[str] = []

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(found)
        if len(made) < len(found):
            repeated.append("duplicate-key")
        return made

    decoder = json.JSONDecoder(
        object_pairs_hook=pairs, parse_int=_Bare, parse_float=_Bare, parse_constant=_Bare, strict=False
    )
    try:
        value, end = decoder.raw_decode(opened.text)
    except (ValueError, RecursionError):
        return None, False
    if opened.text[end:].strip():
        if not isinstance(value, dict):
            return None, False
        opened.defects.append("trailing-text")
    opened.defects += repeated[:1]
    return value, True


def _unwrapped(opened: _Opened, value: Any) -> str | None:
    """Goes into the object under `AIGC`; gives the text that is there where the object is written as a string."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        opened.defects.append("not-an-object")
        value = value[0]
    opened.is_json = True
    while isinstance(value, dict) and opened.wraps < _DEEPEST:
        name = next((name for name in value if name.strip().upper() in ("AIGC", "TC260:AIGC")), None)
        if name is None:
            break
        opened.wraps += 1
        value = value[name]
        if isinstance(value, str) and not isinstance(value, _Bare):
            opened.defects.append("string-encoded")
            return value
    if isinstance(value, dict):
        opened.pairs = list(value.items())
    else:
        opened.defects.append("not-an-object")
    return None


def _entities(text: str) -> str | None:
    return html.unescape(text) if re.search(r"&(?:quot|apos|amp|lt|gt|#\d+|#x[0-9A-Fa-f]+);", text) else None


def _backslashes(text: str) -> str | None:
    return text.replace('\\"', '"').replace("\\\\", "\\") if re.match(r'[{[]\s*\\+"', text) else None


def _percents(text: str) -> str | None:
    return unquote(text, errors="replace") if re.match(r"%7[Bb]", text) else None


def _base64(text: str) -> str | None:
    joined = "".join(text.split())
    if not _BASE64.fullmatch(joined):
        return None
    plain = joined.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        data = base64.b64decode(plain + "=" * (-len(plain) % 4))
        decoded = data.decode("utf-8").strip()
    except ValueError:
        return None
    return decoded if decoded.startswith("{") else None


_COATS: tuple[tuple[str, Callable[[str], str | None]], ...] = (
    ("entity-escaped", _entities),
    ("backslash-escaped", _backslashes),
    ("percent-encoded", _percents),
    ("base64", _base64),
)


def _uncoated(opened: _Opened) -> bool:
    for code, take_off in _COATS:
        inner = take_off(opened.text)
        if inner is not None and inner != opened.text:
            opened.defects.append(code)
            opened.text = _trimmed(inner[:LONGEST])
            return True
    return False


def _scan(opened: _Opened, *, is_yaml: bool) -> None:
    """Reads what can be read of a text that is no JSON."""
    text = opened.text
    opened.wraps += bool(_NAMED.search(text[:64]))
    if not text.startswith(("{", "[", "<", '"', "'")) and (lines := _lines(text)):
        opened.pairs = lines
        opened.notes.append("yaml")
        if not is_yaml:
            opened.defects.append("invalid-json")
        return
    is_cut = text.startswith("{") and text.count("{") > text.count("}")
    found = [*_ELEMENT.finditer(text)]
    pairs: list[tuple[str, Any]] = [(match["name"], html.unescape(match["text"])) for match in found]
    pairs += [] if found else _loose_pairs(opened, is_cut=is_cut)
    opened.notes += ["xml-fields"] if found else []
    if pairs and is_yaml and not is_cut:
        opened.notes.append("yaml")
    else:
        opened.defects.append("truncated" if is_cut else "invalid-json" if pairs else "not-an-object")
    if pairs or is_cut:
        opened.pairs = pairs


def _loose_pairs(opened: _Opened, *, is_cut: bool) -> list[tuple[str, Any]]:
    pairs: list[tuple[str, Any]] = []
    for match in _PAIR.finditer(opened.text):
        if match["bare"] is not None:
            if not (is_cut and match.end() == len(opened.text)):
                pairs.append((match["name"], _Bare(match["bare"])))
            continue
        if match["single"] is not None and "single-quotes" not in opened.notes:
            opened.notes.append("single-quotes")
        quoted = match["double"] if match["double"] is not None else match["single"]
        pairs.append((match["name"], _unescaped(quoted)))
    return pairs


def _unescaped(text: str) -> str:
    try:
        return str(json.loads(f'"{text}"', strict=False))
    except ValueError:
        return text.replace("\\'", "'").replace('\\"', '"').replace("\\\\", "\\")


def _lines(text: str) -> list[tuple[str, Any]]:
    """Reads a YAML mapping of one level; empty where no line has one of the seven names."""
    pairs: list[tuple[str, Any]] = []
    for match in _LINE.finditer(text):
        name = match["name"]
        if name.upper() == "AIGC":
            continue
        pairs.append((name, _scalar((match["text"] or "").strip())))
    return pairs if any(_name(name) for name, _ in pairs) else []


def _scalar(text: str) -> str:
    quoted = _QUOTED.fullmatch(text)
    if quoted is None:
        return re.sub(r"(?:^|\s)#.*", "", text).strip().rstrip(",")
    if quoted["single"] is not None:
        return str(quoted["single"]).replace("''", "'")
    return _unescaped(quoted["double"])


def _name(written: str) -> str | None:
    """Gives the field that a member stands for: case, prefix and stray signs aside."""
    local = written.strip(": ").rsplit(":", 1)[-1]
    return _BY_FORM.get(re.sub(r"[^a-z0-9]", "", local.lower()))


def _judged(opened: _Opened) -> Label:
    fields: dict[str, str | None] = dict.fromkeys(FIELDS)
    odd: list[str] = []
    extra: list[str] = []
    order: list[str] = []
    for written, value in opened.pairs or ():
        name = _name(written)
        if name is None:
            extra.append(written[:_EXTRA_LENGTH])
            continue
        order.append(name)
        if written != name:
            odd.append("field-name-variant")
        if (not isinstance(value, str) or isinstance(value, _Bare)) and "yaml" not in opened.notes:
            odd.append(f"not-a-string-{name.lower()}")
        fields[name] = _text(value)
    defects = [*opened.defects, *odd, *(["extra-field"] if extra else [])]
    if opened.pairs is not None:
        is_cut = "truncated" in opened.defects
        defects += ["empty-object"] if not opened.pairs and not is_cut else []
        defects += _schema(fields, present=set(order), is_cut=is_cut)
    notes = [*(["wrapped"] if opened.wraps else []), *opened.notes]
    if opened.wraps > 1:
        defects.append("wrapped-twice")
    if order != sorted(order, key=FIELDS.index):
        notes.append("field-order")
    return Label(
        fields,
        tuple(dict.fromkeys(defects)),
        tuple(dict.fromkeys(notes)),
        tuple(extra[:_EXTRA_NAMES]),
        is_named=opened.wraps > 0,
        text=opened.text,
    )


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return None if value is None else str(value).encode("utf-8", "backslashreplace").decode()
    try:
        return json.dumps(value, ensure_ascii=True, separators=(",", ":"))[:LONGEST]
    except RecursionError:
        return None


def _schema(fields: Mapping[str, str | None], *, present: set[str], is_cut: bool) -> list[str]:
    """Gives what the members lack; of a text that was cut off nothing is said to be missing."""
    defects: list[str] = []
    for name in REQUIRED:
        if name not in present:
            defects += [] if is_cut else [f"missing-{name.lower()}"]
        elif fields[name] is not None and not fields[name]:
            defects.append(f"empty-{name.lower()}")
    if fields["ContentPropagator"] and not fields["PropagateID"] and not is_cut:
        code = "empty" if "PropagateID" in present else "missing"
        defects.append(f"{code}-propagateid")
    if fields["Label"] and fields["Label"] not in LABELS:
        defects.append("unknown-label-value")
    if not all(_PRINTABLE.fullmatch(text) for text in fields.values() if text):
        defects.append("not-printable-ascii")
    return defects
