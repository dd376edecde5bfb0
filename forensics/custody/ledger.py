"""The custody ledger: building, signing, reading and chaining its lines (docs/case-format.md, section 4)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Protocol

from forensics import __version__
from forensics.codec import canonical, format_time, parse_canonical, parse_time
from forensics.custody.digest import sha256_hex
from forensics.errors import CodecError, IntegrityError
from forensics.model import CustodyEvent, RecordsRoot, Tool

ZERO_DIGEST = "0" * 64
EVENT_PREFIX = b"forensics-event-v1\x00"
PROGRAM = Tool("forensics", __version__)

_HEAD = re.compile(r"(0|[1-9][0-9]*):([0-9a-f]{64})")
_HEX64 = re.compile(r"[0-9a-f]{64}")
_HEX128 = re.compile(r"[0-9a-f]{128}")
_ACTION = re.compile(r"[a-z][a-z-]{0,31}")
_REQUIRED = frozenset({"seq", "at", "action", "actor", "tool", "records", "prev", "sig"})
_OPTIONAL = frozenset({"case", "key", "erased"})
_KEY_MEMBERS: Mapping[str, frozenset[str]] = {
    "open": frozenset({"id", "spki"}),
    "key-add": frozenset({"id", "spki"}),
    "key-retire": frozenset({"id"}),
    "key-revoke": frozenset({"id", "since"}),
}


class Signer(Protocol):
    """Whatever can sign as one key."""

    @property
    def key_id(self) -> str:
        """SHA-256 of the public key's SPKI DER, in hex."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Gives the Ed25519 signature, 64 bytes."""
        ...


@dataclass(frozen=True, slots=True)
class Draft:
    """An event before it is signed: what is particular to it."""

    action: str
    at: datetime
    records: RecordsRoot
    extra: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a ledger: number and digest of its last line."""

    seq: int
    digest: str

    def __str__(self) -> str:
        return f"{self.seq}:{self.digest}"

    @classmethod
    def parse(cls, text: str) -> Head:
        """Reads `SEQ:DIGEST`.

        Raises:
            CodecError: The text has another form.
        """
        match = _HEAD.fullmatch(text)
        if not match:
            raise CodecError(f"not a ledger head of the form SEQ:DIGEST: {text!r}")
        return cls(int(match[1]), match[2])


def record_file_name(seq: int, action: str) -> str:
    """Gives the name of the record file of an event."""
    return f"{seq:06d}-{action}.jsonl"


def signed_bytes(event: Mapping[str, Any]) -> bytes:
    """Gives the bytes that an event's signature is over."""
    return EVENT_PREFIX + canonical({name: value for name, value in event.items() if name != "sig"})


def write_line(draft: Draft, signer: Signer, *, seq: int, prev: str) -> bytes:
    """Builds and signs the ledger line of an event, without line feed."""
    event: dict[str, Any] = {
        "seq": seq,
        "at": format_time(draft.at),
        "action": draft.action,
        "actor": signer.key_id,
        "tool": {"name": PROGRAM.name, "version": PROGRAM.version},
        "records": {"count": draft.records.count, "file": draft.records.file, "root": draft.records.root},
        "prev": prev,
        **draft.extra,
    }
    return canonical({**event, "sig": signer.sign(signed_bytes(event)).hex()})


def read_line(line: bytes) -> tuple[CustodyEvent, dict[str, Any]]:
    """Reads one ledger line without its line feed; checks its form, not its chain or signature.

    Returns:
        The event, and the decoded object that its signature is over.

    Raises:
        CodecError: The line is not canonical or not of the form of an event.
    """
    value = parse_canonical(line)
    names = set(value)
    if missing := _REQUIRED - names:
        raise CodecError(f"lacks {', '.join(sorted(missing))}")
    if unknown := names - _REQUIRED - _OPTIONAL:
        raise CodecError(f"has unknown members {', '.join(sorted(unknown))}")
    _check_form(value)
    return _event_of(value, sha256_hex(line)), value


def _check_form(value: Mapping[str, Any]) -> None:
    _demand(type(value["seq"]) is int and value["seq"] >= 0, "seq")
    _demand(_matches(_ACTION, value["action"]), "action")
    _demand((value["action"] == "open") == (value["seq"] == 0), "action")
    _demand(_matches(_HEX64, value["actor"]), "actor")
    _demand(_matches(_HEX64, value["prev"]), "prev")
    _demand(_matches(_HEX128, value["sig"]), "sig")
    tool, records = value["tool"], value["records"]
    _demand(isinstance(tool, dict) and set(tool) == {"name", "version"} and _all_text(tool.values()), "tool")
    _demand(isinstance(records, dict) and set(records) == {"count", "file", "root"}, "records")
    _demand(type(records["count"]) is int and records["count"] >= 0, "records.count")
    _demand(_matches(_HEX64, records["root"]), "records.root")
    _demand(value["action"] != "checkpoint" or records["count"] == 0, "records.count")
    expected = record_file_name(value["seq"], value["action"]) if records["count"] else None
    _demand(records["file"] == expected, "records.file")
    _demand(("case" in value) == (value["seq"] == 0), "case")
    _demand(("key" in value) == (value["action"] in _KEY_MEMBERS), "key")
    _demand(("erased" in value) == (value["action"] == "erase"), "erased")
    _demand("case" not in value or _matches(_HEX64, value["case"]), "case")
    if "key" in value:
        _check_key(value["key"], _KEY_MEMBERS[value["action"]])
    if "erased" in value:
        _check_erased(value["erased"], value["seq"])


def _check_key(key: Any, members: frozenset[str]) -> None:
    _demand(isinstance(key, dict) and set(key) == members and _all_text(key.values()), "key")
    _demand(_matches(_HEX64, key["id"]), "key.id")
    if "spki" in members:
        _demand(_is_hex(key["spki"]) and sha256_hex(bytes.fromhex(key["spki"])) == key["id"], "key.spki")
    if "since" in members:
        parse_time(key["since"])


def _check_erased(erased: Any, seq: int) -> None:
    _demand(isinstance(erased, list) and bool(erased), "erased")
    for entry in erased:
        _demand(isinstance(entry, dict) and set(entry) == {"seq", "indexes"}, "erased")
        _demand(type(entry["seq"]) is int and 0 <= entry["seq"] < seq, "erased.seq")
        _demand(isinstance(entry["indexes"], list) and _ascending(entry["indexes"]), "erased.indexes")
    _demand(_ascending([entry["seq"] for entry in erased]), "erased")


def _event_of(value: Mapping[str, Any], digest: str) -> CustodyEvent:
    return CustodyEvent(
        seq=value["seq"],
        at=parse_time(value["at"]),
        action=value["action"],
        actor=value["actor"],
        tool=Tool(value["tool"]["name"], value["tool"]["version"]),
        records=RecordsRoot(**value["records"]),
        prev=value["prev"],
        sig=value["sig"],
        line_sha256=digest,
        case=value.get("case"),
        key=value.get("key"),
        erased=tuple((entry["seq"], tuple(entry["indexes"])) for entry in value.get("erased", ())),
    )


def split_lines(data: bytes) -> tuple[list[bytes], bytes]:
    """Splits a ledger into its complete lines and what follows the last line feed."""
    *lines, rest = data.split(b"\n")
    return lines, rest


def read_chain(lines: Iterable[bytes]) -> Iterator[CustodyEvent]:
    """Reads a ledger's lines in order and checks form, numbers and chain; signatures are `verify`'s business.

    Raises:
        IntegrityError: A line is damaged; the message says which.
    """
    prev = ZERO_DIGEST
    for number, line in enumerate(lines):
        try:
            event, _ = read_line(line)
        except CodecError as error:
            raise _damaged(number, str(error)) from error
        if event.seq != number or event.prev != prev:
            raise _damaged(number, "it does not follow the line before")
        prev = event.line_sha256
        yield event


def _damaged(number: int, why: str) -> IntegrityError:
    return IntegrityError(
        f"line {number + 1} of ledger.jsonl is damaged: {why}",
        hint="Run `forensics verify CASE` for the full list of defects, and restore the case from a copy.",
        kept="Nothing was changed.",
    )


def _demand(condition: bool, member: str) -> None:  # noqa: FBT001 - reads as a statement
    if not condition:
        raise CodecError(f"{member} has not the form that the format demands")


def _matches(pattern: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _is_hex(value: str) -> bool:
    return re.fullmatch(r"(?:[0-9a-f]{2})+", value) is not None


def _all_text(values: Iterable[Any]) -> bool:
    return all(isinstance(value, str) for value in values)


def _ascending(numbers: list[Any]) -> bool:
    return (
        bool(numbers)
        and all(type(number) is int and number >= 0 for number in numbers)
        and all(a < b for a, b in pairwise(numbers))
    )
