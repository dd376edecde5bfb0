"""Nouns to canonical JSON (RFC 8785) and back, and the names and references that records use."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import types
import typing
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Any, get_args, get_origin

import rfc8785

from forensics import model
from forensics.errors import CodecError
from forensics.model import Name, Record

MAX_INTEGER = 2**53 - 1
"""Largest integer that JSON readers keep exactly (RFC 8785, appendix D)."""

PLAIN_BELOW = 1e21
"""Floats below this that are whole are printed as integers, without exponent (ECMA-262, Number::toString)."""

RECORD_TYPES: Mapping[str, type[Any]] = {
    "item": model.Item,
    "acquisition": model.Acquisition,
    "finding": model.Finding,
    "interpretation": model.Interpretation,
    "act": model.Act,
    "act-end": model.ActEnd,
    "key": model.KeyHolder,
    "time-proof": model.TimeProof,
    "time-failure": model.TimeFailure,
    "exhibit": model.Exhibit,
    "output": model.Output,
    "erasure": model.Erasure,
    "recovery": model.Recovery,
    "legal-basis": model.LegalBasis,
    "subject": model.Subject,
    "access": model.Access,
    "statement": model.Statement,
}
_PLAIN = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
_TYPE_NAMES = {cls: name for name, cls in RECORD_TYPES.items()}
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
_SURROGATE = re.compile("[\ud800-\udfff]")


def canonical(value: Any) -> bytes:
    """Encodes a JSON value as RFC 8785 says.

    Raises:
        CodecError: The value holds NaN, infinity, an integer beyond 2^53-1, or text that is not Unicode.
    """
    try:
        if _is_plain(value):
            return _PLAIN.encode(value).encode("utf-8")
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError, RecursionError) as error:
        raise CodecError(f"a value cannot be written as canonical JSON: {error}") from error


_LEAST_PLAIN, _LEAST_NOT_PLAIN = 1e-4, 1e15
"""Between these, neither Python nor ECMA-262 writes a broken number with an exponent."""


def _is_plain(value: Any) -> bool:
    """Whether Python's own encoder, which is seven times as fast, writes a value exactly as RFC 8785 demands.

    Strings are written alike. Numbers are alike for integers up to 2^53-1 and for broken numbers that neither notation
    writes with an exponent; names sort alike unless one has a character beyond U+FFFF. Everything else is left to the
    library.
    """
    if value is None or value is True or value is False:
        return True
    kind = type(value)
    if kind is str:
        return True
    if kind is int:
        return bool(-MAX_INTEGER <= value <= MAX_INTEGER)
    if kind is float:
        return _LEAST_PLAIN <= abs(value) < _LEAST_NOT_PLAIN and not value.is_integer()
    if kind is dict:
        return all(type(name) is str and (name.isascii() or max(name) < "\ud800") for name in value) and all(
            map(_is_plain, value.values())
        )
    return kind in (list, tuple) and all(map(_is_plain, value))


def parse(data: bytes) -> Any:
    """Decodes JSON from outside.

    Raises:
        CodecError: The bytes are not JSON in UTF-8, hold NaN or infinity, or are nested too deeply.
    """
    try:
        return _DECODER.decode(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise CodecError(f"not JSON in UTF-8: {error}") from error


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def parse_canonical(line: bytes) -> dict[str, Any]:
    """Decodes one canonical line without its line feed.

    Raises:
        CodecError: The bytes are not an object, or differ from their own canonical encoding.
    """
    value = parse(line)
    if not isinstance(value, dict):
        raise CodecError("not a JSON object")
    if canonical(value) != line:
        raise CodecError("differs from its own canonical encoding")
    return value


def format_time(moment: datetime) -> str:
    """Writes an aware time as RFC 3339 in UTC with six decimals.

    Raises:
        CodecError: The time has no zone, or in UTC lies outside the years 1 to 9999.
    """
    if moment.tzinfo is None:
        raise CodecError("a time without a zone cannot be recorded")
    try:
        return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    except OverflowError as error:
        raise CodecError(f"a time outside the years 1 to 9999 cannot be recorded: {moment}") from error


def parse_time(text: str) -> datetime:
    """Reads a time that `format_time` wrote.

    Raises:
        CodecError: The text has another form.
    """
    try:
        if _TIME.fullmatch(text):
            return datetime.fromisoformat(text[:-1]).replace(tzinfo=UTC)
    except (ValueError, TypeError) as error:
        raise CodecError(f"not a time in UTC with six decimals: {text!r}") from error
    raise CodecError(f"not a time in UTC with six decimals: {text!r}")


def name_of(text: str | bytes) -> Name:
    """Makes a name of a path or other text from the operating system, whatever its bytes are.

    Half of a surrogate pair, as cut emoji leave it in other programs' JSON, becomes the three bytes that UTF-8 forbids.
    """
    try:
        raw = os.fsencode(text)
    except UnicodeEncodeError:
        raw = str(text).encode("utf-8", "surrogatepass")
    try:
        return Name(raw.decode("utf-8"))
    except UnicodeDecodeError:
        return Name(raw.decode("utf-8", errors="replace"), raw.hex())


def path_of(name: Name) -> str:
    """Gives back the path that `name_of` made a name of, for use with the operating system."""
    return name.display if name.raw_hex is None else os.fsdecode(bytes.fromhex(name.raw_hex))


def integer(value: int) -> int | str:
    """Gives an integer as JSON can hold it: as a decimal string beyond 2^53-1."""
    return value if abs(value) <= MAX_INTEGER else str(value)


def _float(value: float) -> float | int | str:
    """Gives a float as JSON can hold it: a whole one as the integer that RFC 8785 prints it as."""
    is_integer = abs(value) < PLAIN_BELOW and value.is_integer()
    return integer(int(value)) if is_integer else float(value)


@cache
def _field_names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


def _text(value: str) -> Any:
    return to_json(name_of(value)) if _SURROGATE.search(value) else value


def to_json(value: Any) -> Any:
    """Turns nouns and what they hold into JSON values; text that is not Unicode becomes what a `Name` becomes.

    Raises:
        CodecError: A value of a type that no noun has.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value if type(value) is str and value.isascii() else _text(str(value))
    if isinstance(value, int):
        return integer(value)
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, datetime):
        return format_time(value)
    if isinstance(value, Name):
        return value.display if value.raw_hex is None else {"display": value.display, "raw_hex": value.raw_hex}
    if isinstance(value, Mapping):
        return {str(key): to_json(member) for key, member in value.items()}
    if isinstance(value, tuple | list):
        return [to_json(member) for member in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {name: to_json(getattr(value, name)) for name in _field_names(type(value))}
    raise CodecError(f"a {type(value).__name__} cannot be recorded")


def encode(record: Record) -> dict[str, Any]:
    """Turns a record into the JSON object that a record line holds."""
    return {"type": _TYPE_NAMES[type(record)], **to_json(record)}


def decode(value: Any) -> Record:
    """Turns the JSON object of a record line into its noun; members that the noun does not have are ignored.

    Raises:
        CodecError: The object has an unknown type, or lacks a member, or a member has the wrong form.
    """
    kind = value.get("type") if isinstance(value, dict) else None
    if not isinstance(kind, str) or kind not in RECORD_TYPES:
        raise CodecError(f"not a known record type: {kind!r}")
    return typing.cast(Record, from_json(RECORD_TYPES[kind], value))


def from_json(kind: Any, value: Any) -> Any:
    """Turns a JSON value into a value of the annotated type `kind`.

    Raises:
        CodecError: The value does not have the form of that type.
    """
    try:
        return _convert(kind, value)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise CodecError(f"not a {getattr(kind, '__name__', kind)}: {error}") from error


def _convert(kind: Any, value: Any) -> Any:
    origin = get_origin(kind)
    if kind is Any or kind is None:
        return value
    if origin in (types.UnionType, typing.Union):
        return None if value is None else _convert(next(a for a in get_args(kind) if a is not type(None)), value)
    if origin is tuple:
        return _convert_tuple(get_args(kind), value)
    if origin is not None and issubclass(origin, Mapping):
        return _expect(dict, value)
    if kind is Name:
        return Name(value) if isinstance(value, str) else _convert_name(value)
    return _convert_noun(kind, value) if dataclasses.is_dataclass(kind) else _convert_scalar(kind, value)


def _convert_scalar(kind: Any, value: Any) -> Any:
    if kind is datetime:
        return parse_time(value)
    if issubclass(kind, StrEnum):
        return kind(value)
    if kind is float:
        return float(_expect_number(value))
    if kind is str and isinstance(value, dict):
        return path_of(_convert_name(value))
    return _expect_number(value) if kind is int and isinstance(value, str) else _expect(kind, value)


def _convert_name(value: Any) -> Name:
    display, raw_hex = _expect(str, value["display"]), _expect(str, value["raw_hex"])
    bytes.fromhex(raw_hex)
    return Name(display, raw_hex)


def _expect_number(value: Any) -> int | float:
    """Takes a number, or an integer beyond 2^53-1 as the decimal string that `integer` made of it."""
    if isinstance(value, str) and abs(int(value)) > MAX_INTEGER and value == str(int(value)):
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CodecError(f"expected a number, got {type(value).__name__}")
    return value


def _convert_tuple(members: tuple[Any, ...], value: Any) -> tuple[Any, ...]:
    _expect(list, value)
    if members[-1] is Ellipsis:
        return tuple(_convert(members[0], member) for member in value)
    return tuple(_convert(kind, member) for kind, member in zip(members, value, strict=True))


def _convert_noun(kind: Any, value: Any) -> Any:
    _expect(dict, value)
    return kind(**{name: _convert(hint, value[name]) for name, hint in _hints(kind) if name in value})


@cache
def _hints(kind: Any) -> tuple[tuple[str, Any], ...]:
    hints = typing.get_type_hints(kind)
    return tuple((field.name, hints[field.name]) for field in dataclasses.fields(kind))


def _expect(kind: type, value: Any) -> Any:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise CodecError(f"expected {kind.__name__}, got {type(value).__name__}")
    return value
