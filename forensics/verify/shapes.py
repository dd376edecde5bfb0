"""The forms of records: which members a verifier reads, and what each must be (docs/case-format.md, section 5)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

Check = Callable[[Any], bool]

_SHA256 = re.compile(r"[0-9a-f]{64}")
_REFERENCE = re.compile(r"(?:0|[1-9][0-9]{0,9})/(?:0|[1-9][0-9]{0,9})")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
_OPTIONAL = "sm3"
_ITEM = re.compile(r"ITEM-[0-9]{4,}")
_SUBJECT = re.compile(r"SUBJECT-[0-9]{4,}")
_HEX = re.compile(r"(?:[0-9a-fA-F]{2})+")
_RAW_NAME = frozenset({"display", "raw_hex"})
_NESTING_LIMIT = 64
"""How deep JSON may be nested (docs/case-format.md, section 1)."""

_LINE_DEPTH = 1
"""How deep a record stands in its line."""


def fault_of(record: Mapping[str, Any]) -> str:
    """Says which member of a record has not its form; empty where all have. Types not named there have no rules."""
    kind = record.get("type")
    if not isinstance(kind, str):
        return "type is not a text"
    for member, check in _RECORDS.get(kind, {}).items():
        if member not in record or not check(record[member]):
            return f"{member} has not the form that the format demands"
    return _fault_within(record)


def _fault_within(record: Mapping[str, Any]) -> str:
    """Says what a record must not hold anywhere: too deep nesting, or a name in hex that needs none."""
    waiting: list[tuple[Any, int]] = [(record, _LINE_DEPTH + 1)]
    while waiting:
        value, depth = waiting.pop()
        if depth > _NESTING_LIMIT:
            return f"it is nested more than {_NESTING_LIMIT} deep"
        if isinstance(value, dict):
            if value.keys() == _RAW_NAME and not _is_raw_name(value["raw_hex"]):
                return "raw_hex does not hold, in hex, bytes that are not UTF-8"
            value = value.values()
        waiting.extend((inner, depth + 1) for inner in value if isinstance(inner, dict | list))
    return ""


def _is_raw_name(value: Any) -> bool:
    """Whether a text is the hex of bytes that are not UTF-8; others are written as a plain text."""
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        return False
    try:
        bytes.fromhex(value).decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def _is_amount(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_digest(value: Any) -> bool:
    return isinstance(value, str) and _SHA256.fullmatch(value) is not None


def _is_reference(value: Any) -> bool:
    return isinstance(value, str) and _REFERENCE.fullmatch(value) is not None


def _is_item(value: Any) -> bool:
    return isinstance(value, str) and _ITEM.fullmatch(value) is not None


def _is_subject(value: Any) -> bool:
    return isinstance(value, str) and _SUBJECT.fullmatch(value) is not None


def _is_time(value: Any) -> bool:
    if not (isinstance(value, str) and _TIME.fullmatch(value)):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _one_of(*texts: str) -> Check:
    return lambda value: isinstance(value, str) and value in texts


def _or_null(check: Check) -> Check:
    return lambda value: value is None or check(value)


def _list_of(check: Check) -> Check:
    return lambda value: isinstance(value, list) and all(map(check, value))


def _object_with(members: Mapping[str, Check], *, only: bool = False) -> Check:
    """Makes a check of an object's members, which must all be there; `only` they where that is said.

    SM3 is there in cases that record it, and absent in others.
    """

    def check(value: Any) -> bool:
        if not isinstance(value, dict) or (only and not set(value) <= set(members)):
            return False
        return all(name in value or name == _OPTIONAL for name in members) and all(
            is_right(value.get(name)) for name, is_right in members.items()
        )

    return check


_DIGESTS = _object_with(
    {"sha256": _is_digest, "blake3": _is_digest, "size": _is_count, "sm3": _or_null(_is_digest)}, only=True
)
_PLAIN, _COMMITMENT = _object_with({"plain": _DIGESTS}, only=True), _object_with({"commitment": _is_digest}, only=True)


def _is_sealed(value: Any) -> bool:
    return value is None or _PLAIN(value) or _COMMITMENT(value)


_ARTIFACT = _object_with({"digests": _DIGESTS, "sealed": _is_sealed, "obtained_at": _is_time})
_CLOCK = _object_with({"offset_s": _or_null(_is_amount), "at": _is_time})
_GAP = _object_with({"what": _is_text, "why": _is_text, "detail": _is_text})

_BASIS: Mapping[str, Check] = {"purpose": _is_text, "basis": _is_text, "at": _is_time}

_RECORDS: Mapping[str, Mapping[str, Check]] = {
    "key": {"key_id": _is_digest},
    "act": {"started_at": _is_time, "clock": _list_of(_CLOCK)},
    "act-end": {"act": _is_reference, "ended_at": _is_time, "clock": _list_of(_CLOCK)},
    "item": {"id": _is_item, "sensitivity": _is_text},
    "acquisition": {
        "item": _is_text,
        "act": _is_reference,
        "outcome": _one_of("COMPLETE", "PARTIAL", "FAILED"),
        "started_at": _is_time,
        "ended_at": _is_time,
        "gaps": _list_of(_GAP),
        "artifacts": _list_of(_ARTIFACT),
    },
    "finding": {"subject": _list_of(_is_digest), "attachments": _list_of(_ARTIFACT)},
    "interpretation": {"findings": _list_of(_is_reference)},
    "exhibit": {"items": _list_of(_is_text), "findings": _list_of(_is_reference)},
    "access": {"items": _list_of(_is_text), "at": _is_time},
    "statement": {"items": _list_of(_is_text), "findings": _list_of(_is_reference), "at": _is_time},
    "time-proof": {
        "checkpoint": _is_count,
        "token": _is_digest,
        "certificates": _list_of(_is_digest),
        "revocation": _list_of(_is_digest),
        "gen_time": _is_time,
        "accuracy_s": _or_null(_is_amount),
        "requested_at": _is_time,
        "received_at": _is_time,
    },
    "time-failure": {"checkpoint": _is_count, "gap": _or_null(_GAP)},
    "output": {
        "kind": _one_of("report", "packet"),
        "path": _or_null(_is_text),
        "artifact": _or_null(_ARTIFACT),
        "digest": _is_digest,
        "as_of": _is_count,
    },
    "erasure": {"item": _is_text, "at": _is_time},
    "legal-basis": _BASIS,
    "subject": {
        "id": _is_subject,
        "photos": _list_of(_is_item),
        "contents": _list_of(_is_digest),
        "basis": _object_with(_BASIS),
        "at": _is_time,
    },
}
