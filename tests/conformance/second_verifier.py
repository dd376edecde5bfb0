"""A second verifier of cases and packets, written from docs/case-format.md alone; sections below are that page's.

    python second_verifier.py PATH [--key PUB.pem]... [--trust CA.pem]... [--head SEQ:DIGEST]...

It prints one JSON object and exits with 0 (all passed), 3 (something not checked, or remains), 10 (something failed) or
2 (PATH is no case and no packet). It needs Python, `cryptography`, the program `openssl` for time-stamp tokens, and the
package `blake3` if BLAKE3 digests are to be checked too.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import json
import math
import os
import re
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import IO, Any, NoReturn

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

MIB = 1 << 20
LINE_LIMIT = 64 * MIB
NESTING_LIMIT = 64
BIGGEST_INTEGER = 2**53 - 1
DEFLATE_LIMIT = 1100  # deflate cannot expand more than about 1032 times
ZEROS = "0" * 64
SPKI_PREFIX = bytes.fromhex("302a300506032b6570032100")  # an Ed25519 SubjectPublicKeyInfo up to its 32 key bytes

Json = dict[str, Any]


class NotACaseError(ValueError):
    """PATH holds nothing of a case or a packet, or an argument cannot be used."""


# --- What is found ---


@dataclass
class Finds:
    """Everything found so far; a defect counts against one of the three answers of section 12."""

    defects: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    remains: list[dict[str, str]] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    settled: set[str] = field(default_factory=lambda: {"intact"})
    proven_through: int | None = None

    def defect(self, kind: str, where: str, detail: str, answer: str = "intact") -> None:
        """Notes a defect."""
        self.defects.append((answer, {"kind": kind, "where": where, "detail": detail[:300]}))

    def leave_open(self, answer: str, reason: str) -> None:
        """Notes why one of the answers cannot be given."""
        self.settled.discard(answer)
        self.unchecked.append(f"{answer}: {reason}")

    def answer(self, name: str) -> str:
        """Says whether one answer passed, failed or was not checked."""
        if any(answer == name for answer, _ in self.defects):
            return "failed"
        return "passed" if name in self.settled else "not_checked"

    def guard(self, where: str, check: Callable[..., Any], *arguments: object) -> None:
        """Runs one check; whatever it trips over is a defect, never the end of the verification."""
        try:
            check(*arguments)
        except Exception as error:  # noqa: BLE001 - hostile input may provoke anything
            self.defect("unreadable", where, f"{type(error).__name__}: {error}")


# --- Section 1: canonical JSON, digests, files ---


def canonical(value: object) -> bytes:
    """Encodes a value as RFC 8785 says; ValueError where it has no such form."""
    return _text(value).encode("utf-8")


def _text(value: object, depth: int = 1) -> str:
    if isinstance(value, dict | list) and depth > NESTING_LIMIT:
        raise ValueError("nested more than 64 deep")
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return "{" + ",".join(f"{_text(name)}:{_text(value[name], depth + 1)}" for name in names) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_text(item, depth + 1) for item in value) + "]"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > BIGGEST_INTEGER:
        raise ValueError("an integer beyond 2^53 - 1")
    if isinstance(value, float):
        return _number(value)
    return json.dumps(value, ensure_ascii=False)  # strings with minimal escapes, integers, true, false, null


def _number(value: float) -> str:
    """Prints a number as ECMAScript does (Number::toString, base 10)."""
    if not math.isfinite(value):
        raise ValueError("a number that is not finite")
    if value == 0:
        return "0"
    exact = Decimal(repr(abs(value))).as_tuple()  # repr gives the shortest digits that read back as this number
    full = "".join(map(str, exact.digits)).lstrip("0")
    point = len(full) + int(exact.exponent)
    digits = full.rstrip("0")
    return ("-" if value < 0 else "") + _place_point(digits, point)


def _place_point(digits: str, point: int) -> str:
    if len(digits) <= point <= 21:
        return digits.ljust(point, "0")
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"0.{'0' * -point}{digits}"
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{digits[0]}{fraction}e{point - 1:+d}"


def _members(pairs: list[tuple[str, object]]) -> Json:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member stands twice")
    return members


def _integer(text: str) -> int:
    if len(text) > 17:
        raise ValueError("an integer beyond 2^53 - 1")
    return int(text)


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"{text} is not allowed")


def decode(line: bytes) -> Json:
    """Decodes one canonical object (a line without its line feed); ValueError where it is anything else."""
    try:
        text = line.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_members, parse_int=_integer, parse_constant=_refuse)
        if not isinstance(value, dict) or canonical(value) != line:
            raise ValueError("not an object in canonical form")
    except RecursionError:
        raise ValueError("nested more than 64 deep") from None
    return value


def lines(path: Path) -> Iterator[bytes]:
    """Yields the lines of a file with their line feeds; ValueError at a line that is too long."""
    with path.open("rb") as file:
        while line := file.readline(LINE_LIMIT + 1):
            if len(line) > LINE_LIMIT:
                raise ValueError("a line longer than 64 MiB")
            yield line


def decode_file(path: Path) -> Json:
    """Decodes a file of exactly one canonical line."""
    first, *others = lines(path)
    if others or not first.endswith(b"\n"):
        raise ValueError("not exactly one line")
    return decode(first[:-1])


def sha256(data: bytes) -> str:
    """Gives the SHA-256 of bytes in lower-case hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def hasher(algorithm: str) -> Any:
    """Makes a hasher with `update` and a digest; None where this machine has none for the algorithm."""
    try:
        if algorithm == "sm3":
            return hashes.Hash(hashes.SM3())
        return importlib.import_module("blake3").blake3() if algorithm == "blake3" else hashlib.new(algorithm)
    except (ImportError, UnsupportedAlgorithm):
        return None


def relative_files(root: Path, finds: Finds, *, is_case: bool = False) -> frozenset[str]:
    """Lists the files below a folder; except in a case's tmp/, what is neither file nor folder is a defect."""
    found, folders = set(), [root]
    while folders:
        folder = folders.pop()
        try:
            entries = list(os.scandir(folder))
        except OSError as error:
            finds.defect("unreadable", str(folder.relative_to(root)), str(error.strerror))
            continue
        for entry in entries:
            name = str(Path(entry.path).relative_to(root))
            mode = entry.stat(follow_symlinks=False).st_mode
            if stat.S_ISDIR(mode):
                folders.append(Path(entry.path))
            elif stat.S_ISREG(mode) or (is_case and name.startswith("tmp/")):
                found.add(name)
            else:
                finds.defect("not-a-file", name, "a link, device or socket")
    return frozenset(found)


@dataclass
class Folder:
    """The regular files of a folder, by relative name, and their digests."""

    root: Path
    files: frozenset[str]
    finds: Finds
    known: dict[tuple[str, str], str] = field(default_factory=dict)

    def digest(self, name: str, algorithm: str = "sha256") -> str:
        """Gives a file's digest; empty where it cannot be read or the algorithm is missing here."""
        if (name, algorithm) not in self.known:
            self.known[name, algorithm] = self._digest(name, algorithm)
        return self.known[name, algorithm]

    def _digest(self, name: str, algorithm: str) -> str:
        hashing: Any = hasher(algorithm)
        if hashing is None:
            return ""
        try:
            with (self.root / name).open("rb") as file:
                while block := file.read(MIB):
                    hashing.update(block)
        except OSError:
            return ""
        return str((hashing.finalize() if algorithm == "sm3" else hashing.digest()).hex())

    def has_digest(self, name: str, algorithm: str, expected: str) -> bool:
        """Compares a digest; one that cannot be made here is noted as not checked."""
        if hasher(algorithm) is None:
            note = f"{algorithm} digests: nothing is installed here that makes them"
            if note not in self.finds.unchecked:
                self.finds.unchecked.append(note)
            return True
        return self.digest(name, algorithm) == expected


# --- Shapes: what an object must look like ---


def _pattern(expression: str) -> Callable[[object], bool]:
    compiled = re.compile(expression)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


def _is_time(value: object) -> bool:
    try:
        moment(str(value))
    except ValueError:
        return False
    return isinstance(value, str)


def moment(text: str) -> datetime:
    """Reads a time of section 1; ValueError where it is written in any other way."""
    if not re.fullmatch(r"[0-9]{4}(-[0-9]{2}){2}T([0-9]{2}:){2}[0-9]{2}\.[0-9]{6}Z", text):
        raise ValueError("not a time with six decimals in UTC")
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def misfits(value: object, shape: Any, at: str = "") -> Iterator[str]:
    """Names where a value departs from a shape: a test, a list of one shape, or members ("?": optional, "*": open)."""
    if isinstance(shape, list):
        if not isinstance(value, list):
            yield f"{at} is not a list"
            return
        for number, item in enumerate(value):
            yield from misfits(item, shape[0], f"{at}[{number}]")
    elif isinstance(shape, dict):
        yield from _member_misfits(value, shape, at)
    elif not shape(value):
        yield f"{at or 'value'} is not as it must be"


def _member_misfits(value: object, shape: Json, at: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{at or 'value'} is not an object"
        return
    named = {name.rstrip("?"): (inner, name.endswith("?")) for name, inner in shape.items() if name != "*"}
    for name, (inner, optional) in named.items():
        if name in value:
            yield from misfits(value[name], inner, f"{at}.{name}" if at else name)
        elif not optional:
            yield f"{at}.{name} is missing" if at else f"{name} is missing"
    if "*" not in shape:
        yield from (f"{at} has an unknown member {name[:40]!r}" for name in value if name not in named)


def _fits(value: object, shape: Any) -> bool:
    return next(misfits(value, shape), None) is None


def _either(*shapes: Any) -> Callable[[object], bool]:
    return lambda value: any(_fits(value, shape) for shape in shapes)


def _exactly(expected: int | None) -> Callable[[object], bool]:
    return lambda value: type(value) is type(expected) and value == expected


def _nullable(shape: Any) -> Callable[[object], bool]:
    return _either(_exactly(None), shape)


def _string(value: object) -> bool:
    return isinstance(value, str)


def _count(value: object) -> bool:
    return type(value) is int and value >= 0


def _amount(value: object) -> bool:
    return type(value) in {int, float}


def _is_raw_name(value: Json) -> bool:
    """Says whether the object for a name that is not UTF-8 is as section 1 says."""
    try:
        bytes.fromhex(value["raw_hex"]).decode()
    except UnicodeDecodeError:
        return True
    except (TypeError, ValueError):
        return False
    return False  # bytes that are UTF-8 are written as a string


HEX64 = _pattern("[0-9a-f]{64}")
ITEM = _pattern("ITEM-[0-9]{4,}")
SUBJECT = _pattern("SUBJECT-[0-9]{4,}")
REFERENCE = _pattern("(0|[1-9][0-9]{0,9})/(0|[1-9][0-9]{0,9})")
LISTED_LINES = [{"seq": _count, "indexes": [_count]}]
DIGESTS = {"sha256": HEX64, "blake3": HEX64, "size": _count, "sm3?": _nullable(HEX64)}
ARTIFACT = {
    "obtained_at": _is_time,
    "digests": DIGESTS,
    "sealed": _nullable(_either({"plain": DIGESTS}, {"commitment": HEX64})),
    "*": None,
}
GAP = {"what": _string, "why": _string, "detail": _string, "*": None}
CLOCK = {"at": _is_time, "offset_s": _nullable(_amount), "*": None}

BASIS = {"purpose": _string, "basis": _string, "at": _is_time}

CASE = {
    "format_version": _exactly(1),
    "id": _pattern("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    **dict.fromkeys(("title", "reference", "examiner", "organisation"), _string),
    "jurisdiction": _pattern("cn|us|eu|intl"),
    "language": _pattern("zh|en|fr"),
    "opened_at": _is_time,
    "salt": _pattern("[0-9a-f]{32}"),
}
LISTING = {"id": HEX64, "spki": _pattern("[0-9a-f]+")}
EVENT = {
    "seq": _count,
    "at": _is_time,
    "action": _pattern("[a-z][a-z-]{0,31}"),
    "actor": HEX64,
    "tool": {"name": _string, "version": _string},
    "records": {"count": _count, "file": _nullable(_string), "root": HEX64},
    "prev": HEX64,
    "sig": _pattern("[0-9a-f]{128}"),
}
EVENT_MORE: dict[str, Json] = {
    "open": {"case": HEX64, "key": LISTING},
    "key-add": {"key": LISTING},
    "key-retire": {"key": {"id": HEX64}},
    "key-revoke": {"key": {"id": HEX64, "since": _is_time}},
    "erase": {"erased": LISTED_LINES},
    "checkpoint": {"records": {"count": _exactly(0), "file": _exactly(None), "root": HEX64}},
}
RECORDS: dict[str, Json] = {  # the members on which a rule rests; all others are left to those who read the records
    "key": {"key_id": HEX64},
    "act": {"started_at": _is_time, "clock": [CLOCK]},
    "act-end": {"act": REFERENCE, "ended_at": _is_time, "clock": [CLOCK]},
    "item": {"id": ITEM, "sensitivity": _string},
    "acquisition": {
        "item": ITEM,
        "act": REFERENCE,
        "outcome": _pattern("COMPLETE|PARTIAL|FAILED"),
        "started_at": _is_time,
        "ended_at": _is_time,
        "gaps": [GAP],
        "artifacts": [ARTIFACT],
    },
    "finding": {"subject": [HEX64], "attachments": [ARTIFACT]},
    "interpretation": {"findings": [REFERENCE]},
    "exhibit": {"items": [ITEM], "findings": [REFERENCE]},
    "access": {"items": [ITEM], "at": _is_time},
    "time-proof": {
        "checkpoint": _count,
        "token": HEX64,
        "certificates": [HEX64],
        "revocation": [HEX64],
        **dict.fromkeys(("gen_time", "requested_at", "received_at"), _is_time),
        "accuracy_s": _nullable(_amount),
    },
    "time-failure": {"checkpoint": _count, "gap": _nullable(GAP)},
    "output": {
        "kind": _pattern("report|packet"),
        "path": _nullable(_string),
        "artifact": _nullable(ARTIFACT),
        "digest": HEX64,
        "as_of": _count,
    },
    "erasure": {"item": _either(ITEM, SUBJECT), "at": _is_time},
    "legal-basis": BASIS,
    "subject": {
        "id": SUBJECT,
        "photos": [ITEM],
        "contents": [HEX64],
        "basis": {**BASIS, "*": None},
        "at": _is_time,
    },
}
PACKET = {
    "format_version": _exactly(1),
    "case": _string,
    "created_at": _is_time,
    "head": {"seq": _count, "digest": HEX64},
    "key": HEX64,
    "tag_manifests": {"tagmanifest-sha256.txt": HEX64, "tagmanifest-sha512.txt": HEX64},
    "withheld": {"blobs": [HEX64], "records": LISTED_LINES},
}


# --- The case in memory ---


@dataclass
class Line:
    """One line of a record file: its leaf, and its record unless that is withheld, erased or damaged."""

    leaf: bytes
    record: Json | None = None
    bare: bool = False


@dataclass
class Event:
    """One line of the ledger; `body` is None where the line is not an event."""

    seq: int
    digest: str
    body: Json | None
    lines: list[Line] = field(default_factory=list)
    signed: bool = False


@dataclass(frozen=True)
class Token:
    """A time-stamp token that a given anchor vouches for; `lag` is |received_at - gen_time| in seconds."""

    checkpoint: int
    proof: int
    at: datetime
    accuracy: float
    lag: float


@dataclass
class Case:
    """A case as it lies in a folder; `packet` is the signed statement around it, None where there is no packet."""

    folder: Folder
    finds: Finds
    packet: Json | None = None
    case_id: str | None = None
    events: list[Event] = field(default_factory=list)
    keys: dict[str, Ed25519PublicKey] = field(default_factory=dict)
    active: set[str] = field(default_factory=set)
    tokens: list[Token] = field(default_factory=list)
    is_newer: bool = False

    @property
    def root(self) -> Path:
        """The folder of the case."""
        return self.folder.root

    def leftover(self, where: str, detail: str) -> None:
        """Notes uncommitted remains (section 9); a packet has none, so there they are a defect."""
        if self.packet is None:
            self.finds.remains.append({"where": where, "detail": detail})
        else:
            self.finds.defect("remains", where, detail)

    def bodies(self) -> Iterator[tuple[Event, Json]]:
        """Walks the events that could be read."""
        return ((event, event.body) for event in self.events if event.body is not None)

    def event(self, seq: int) -> Event | None:
        """Gives event `seq`, if the ledger has it."""
        return self.events[seq] if seq < len(self.events) else None

    def line(self, seq: int, index: int) -> Line | None:
        """Gives line `index` of event `seq`, if there is one."""
        event = self.event(seq)
        return event.lines[index] if event and index < len(event.lines) else None

    def records(self, *types: str) -> Iterator[tuple[str, Event, Json]]:
        """Walks the records of some types (of all, where none is named) with their "SEQ/INDEX"."""
        for event in self.events:
            for index, line in enumerate(event.lines):
                if line.record is not None and (not types or line.record["type"] in types):
                    yield f"{event.seq}/{index}", event, line.record

    def artifacts(self) -> Iterator[tuple[str, Json]]:
        """Walks all artifacts with the "SEQ/INDEX" of their record."""
        for where, _, record in self.records("acquisition", "finding", "output"):
            kind = record["type"]
            if kind == "output":
                held = [record["artifact"]] if record["artifact"] else []
            else:
                held = record["artifacts" if kind == "acquisition" else "attachments"]
            yield from ((where, artifact) for artifact in held)

    def named_blobs(self) -> set[str]:
        """Gives the digests of the blobs that artifacts name."""
        return {artifact["digests"]["sha256"] for _, artifact in self.artifacts()}

    def withheld_blobs(self) -> set[str]:
        """Gives the digests of the blobs that the packet leaves out."""
        return set(self.packet["withheld"]["blobs"]) if self.packet else set()

    def withheld_lines(self) -> set[tuple[int, int]]:
        """Gives the record lines that the packet leaves out."""
        return set(listed(self.packet["withheld"]["records"])) if self.packet else set()

    def bare_lines(self) -> list[tuple[int, int]]:
        """Gives the places of all lines that are withheld or erased."""
        return [(e.seq, index) for e in self.events for index, line in enumerate(e.lines) if line.bare]

    def has_blob(self, digest: str) -> bool:
        """Says whether a blob of this name lies in the case."""
        return f"blobs/{digest[:2]}/{digest}" in self.folder.files


def listed(entries: list[Json]) -> Iterator[tuple[int, int]]:
    """Walks the lines that a list of {"seq", "indexes"} names."""
    return ((entry["seq"], index) for entry in entries for index in entry["indexes"])


def in_order(values: Sequence[Any]) -> bool:
    """Says whether values rise strictly, so that none stands twice."""
    return all(left < right for left, right in pairwise(values))


# --- Sections 3 and 4: case.json and the ledger ---


def check_case_file(case: Case) -> None:
    """Compares case.json with event 0, and only then reads it."""
    first = case.events[0].body if case.events else None
    if "case.json" not in case.folder.files:
        case.finds.defect("missing", "case.json", "the file is not there")
        return
    is_committed = first is not None and first.get("case") == case.folder.digest("case.json")
    if not is_committed:
        case.finds.defect("digest", "case.json", "event 0 has another digest")
    value = decode_file(case.root / "case.json")
    case.case_id = value.get("id")
    case.is_newer = is_committed and is_newer(value)
    if case.is_newer:
        case.finds.leave_open("intact", "the format version of case.json is newer than this verifier")
        return
    for misfit in misfits(value, CASE):
        case.finds.defect("shape", "case.json", misfit)


def is_newer(value: Json) -> bool:
    """Says whether an object claims a later version of the format than 1."""
    version = value.get("format_version")
    return type(version) is int and version > 1


def read_ledger(case: Case) -> None:
    """Reads the ledger line by line; a line that is not an event still counts."""
    if "ledger.jsonl" not in case.folder.files:
        case.finds.defect("missing", "ledger.jsonl", "the file is not there")
        return
    for number, line in enumerate(lines(case.root / "ledger.jsonl")):
        if not line.endswith(b"\n"):
            case.leftover("ledger.jsonl", "a last line without line feed")
            return
        body = read_event(case, f"ledger.jsonl:{number}", line[:-1])
        case.events.append(Event(number, sha256(line[:-1]), body))


def read_event(case: Case, where: str, line: bytes) -> Json | None:
    """Decodes one event and checks its shape."""
    try:
        body = decode(line)
    except ValueError as error:
        case.finds.defect("line", where, str(error))
        return None
    action = body.get("action")
    more = EVENT_MORE.get(action, {}) if isinstance(action, str) else {}
    found = list(misfits(body, {**EVENT, **more}))
    for misfit in found:
        case.finds.defect("shape", where, misfit)
    return None if found else body


def check_chain(case: Case) -> None:
    """Checks numbers, links and names of events and that the first, and no other, opens the case."""
    before = ZEROS
    if not case.events:
        case.finds.defect("chain", "ledger.jsonl", "there is no event 0")
    for event in case.events:
        if event.body:
            rules = {
                "its number is not its place": event.body["seq"] == event.seq,
                "prev is not the digest of the line before": event.body["prev"] == before,
                "open stands at 0 and nowhere else": (event.body["action"] == "open") == (event.seq == 0),
            }
            for rule in (rule for rule, kept in rules.items() if not kept):
                case.finds.defect("chain", f"ledger.jsonl:{event.seq}", rule)
        before = event.digest


def check_keys(case: Case) -> None:
    """Checks every signature and that its key was listed and active."""
    for event, body in case.bodies():
        where, actor = f"ledger.jsonl:{event.seq}", body["actor"]
        if body["action"] == "open" and event.seq == 0:
            list_key(case, where, body)
            if body["key"]["id"] != actor:
                case.finds.defect("key", where, "event 0 is not signed by the key that it lists")
        if actor not in case.active:
            case.finds.defect("key", where, "signed by a key that is not listed, or no longer active")
        event.signed = actor in case.keys and signature_holds(case.keys[actor], body)
        if not event.signed:
            case.finds.defect("signature", where, "the signature does not hold")
        change_keys(case, where, body)


def list_key(case: Case, where: str, body: Json) -> None:
    """Takes a new key into the list."""
    key_id, spki = body["key"]["id"], body["key"]["spki"]
    raw = bytes.fromhex(spki) if len(spki) == 88 else b""
    if not raw.startswith(SPKI_PREFIX) or sha256(raw) != key_id:
        case.finds.defect("key", where, "spki is not an Ed25519 key with this id")
    elif key_id in case.keys:
        case.finds.defect("key", where, "the key is listed already")
    else:
        case.keys[key_id] = Ed25519PublicKey.from_public_bytes(raw[len(SPKI_PREFIX) :])
        case.active.add(key_id)


def change_keys(case: Case, where: str, body: Json) -> None:
    """Applies what an event says about keys."""
    if body["action"] == "key-add":
        list_key(case, where, body)
    if body["action"] in {"key-retire", "key-revoke"}:
        if body["key"]["id"] not in case.keys:
            case.finds.defect("key", where, "the key was never listed")
        case.active.discard(body["key"]["id"])
        if not case.active:
            case.finds.defect("key", where, "no key stays active")


def signature_holds(key: Ed25519PublicKey, body: Json) -> bool:
    """Checks an event's signature."""
    unsigned = {name: value for name, value in body.items() if name != "sig"}
    return verifies(key, bytes.fromhex(body["sig"]), b"forensics-event-v1\0" + canonical(unsigned))


def verifies(key: Ed25519PublicKey, signature: bytes, message: bytes) -> bool:
    """Checks one Ed25519 signature."""
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def check_pins(case: Case, heads: Iterable[tuple[int, str]]) -> None:
    """Compares the ledger with heads that were noted elsewhere."""
    for seq, digest in heads:
        event = case.event(seq)
        if event is None or event.digest != digest:
            case.finds.defect("pin", f"ledger.jsonl:{seq}", "the line is missing or is not the one that was noted")


# --- Section 5: records, Merkle trees, erasures, references, blobs ---


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """Gives the root of RFC 9162 section 2.1.1 over leaves that are hashed already."""
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256().digest()
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    children = merkle_root(leaves[:split]) + merkle_root(leaves[split:])
    return hashlib.sha256(b"\1" + children).digest()


def check_records(case: Case) -> None:
    """Reads the record file of every event and compares it with the event."""
    for event, body in case.bodies():
        commit, expected = body["records"], f"{event.seq:06d}-{body['action']}.jsonl"
        if commit["file"] != (expected if commit["count"] else None):
            case.finds.defect("records", f"ledger.jsonl:{event.seq}", "the record file has another name")
        elif commit["count"]:
            read_records(case, event, f"records/{expected}")
        if len(event.lines) != commit["count"]:
            case.finds.defect("records", f"ledger.jsonl:{event.seq}", "the number of records is another")
        if merkle_root([line.leaf for line in event.lines]).hex() != commit["root"]:
            case.finds.defect("root", f"ledger.jsonl:{event.seq}", "the records have another Merkle root")


def read_records(case: Case, event: Event, name: str) -> None:
    """Reads one record file; a line that is damaged still counts."""
    if name not in case.folder.files:
        case.finds.defect("missing", name, "the record file is not there")
        return
    try:
        for number, line in enumerate(lines(case.root / name)):
            event.lines.append(read_record(case, f"{name}:{number}", line))
    except ValueError as error:
        case.finds.defect("line", name, str(error))


def read_record(case: Case, where: str, line: bytes) -> Line:
    """Reads one line of a record file."""
    try:
        value = decode(line[:-1]) if line.endswith(b"\n") else _refuse("a missing line feed")
    except ValueError as error:
        case.finds.defect("line", where, str(error))
        return Line(b"")
    if _fits(value, {"leaf": HEX64}):
        return Line(bytes.fromhex(value["leaf"]), bare=True)
    if not _fits(value, {"record": {"type": _string, "*": None}, "salt": _pattern("[0-9a-f]{32}")}):
        case.finds.defect("shape", where, "neither a salted record with a type nor a leaf")
        return Line(b"")
    record = value["record"]
    leaf = hashlib.sha256(b"\0" + bytes.fromhex(value["salt"]) + canonical(record)).digest()
    found = list(misfits(record, {**RECORDS.get(record["type"], {}), "*": None}))
    found += [f"{name} is no name that is not UTF-8" for name in name_objects(record) if not _is_raw_name(name)]
    for misfit in found:
        case.finds.defect("shape", where, misfit)
    return Line(leaf, None if found else record)


def name_objects(value: object) -> Iterator[Json]:
    """Walks the objects that stand for names that are not UTF-8, wherever they are in a record."""
    if isinstance(value, dict):
        if value.keys() == {"display", "raw_hex"}:
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from name_objects(item)


def check_erasures(case: Case) -> None:
    """Checks that every bare line is listed as erased or withheld, and that every listed line is bare."""
    erased, withheld = set(erased_lines(case)), case.withheld_lines()
    for event in case.events:
        for index, line in enumerate(event.lines):
            place = (event.seq, index)
            if line.bare and place not in erased | withheld:
                case.finds.defect("bare-leaf", f"{event.seq}/{index}", "neither erased nor withheld")
            if line.record is not None and place in erased:
                case.leftover(f"{event.seq}/{index}", "an unfinished erasure")
            if line.record is not None and place in withheld:
                case.finds.defect("withheld", f"{event.seq}/{index}", "listed as withheld, but here")
    for seq, index in withheld:
        if case.line(seq, index) is None:
            case.finds.defect("withheld", f"{seq}/{index}", "there is no such line")


def erased_lines(case: Case) -> Iterator[tuple[int, int]]:
    """Yields the lines that erase events list, and checks these events."""
    for event, body in case.bodies():
        if body["action"] != "erase":
            continue
        where = f"ledger.jsonl:{event.seq}"
        if not body["erased"] or not ascending(body["erased"]):
            case.finds.defect("erase", where, "erased is empty or not ascending")
        if not any(line.bare or (line.record or {}).get("type") == "erasure" for line in event.lines):
            case.finds.defect("erase", where, "it commits no erasure record")
        for seq, index in listed(body["erased"]):
            if seq < event.seq and case.line(seq, index) is not None:
                yield seq, index
            else:
                case.finds.defect("erase", where, f"{seq}/{index} is no earlier line")


def ascending(entries: list[Json]) -> bool:
    """Says whether a list of {"seq", "indexes"} is in order and names something in each entry."""
    indexes = [entry["indexes"] for entry in entries]
    return in_order([entry["seq"] for entry in entries]) and all(map(in_order, indexes)) and all(indexes)


ITEMS_IN = {"acquisition": "item", "erasure": "item", "exhibit": "items", "access": "items", "subject": "photos"}
DIGESTS_IN = {"finding": "subject", "subject": "contents"}
LINES_IN = {"acquisition": "act", "act-end": "act", "interpretation": "findings", "exhibit": "findings"}


def check_references(case: Case) -> None:
    """Checks that what records point at is in the case."""
    items = known_items(case) | {record["id"] for _, _, record in case.records("subject")}
    held = [artifact for _, artifact in case.artifacts()]
    digests = {artifact["digests"]["sha256"] for artifact in held}
    digests |= {a["sealed"]["plain"]["sha256"] for a in held if a["sealed"] and "plain" in a["sealed"]}
    lenient = bool(case.bare_lines())
    for where, event, record in case.records():
        missing = [item for item in named(record, ITEMS_IN) if item not in items]
        missing += [digest for digest in named(record, DIGESTS_IN) if digest not in digests]
        if missing and not lenient:
            case.finds.defect("reference", where, f"not in the case: {missing[0][:80]}")
        check_pointers(case, where, event, record)


def known_items(case: Case) -> set[str]:
    """Gives the ids of all items; one may stand again only with another sensitivity, and never an old one."""
    known: dict[str, Json] = {}
    sensitivities: set[tuple[str, str]] = set()
    for where, _, record in case.records("item"):
        earlier = known.setdefault(record["id"], record)
        is_same = all(record.get(name) == earlier.get(name) for name in ("locator", "kind"))
        if not is_same or (record["id"], record["sensitivity"]) in sensitivities:
            case.finds.defect("reference", where, f"{record['id']} is there already")
        sensitivities.add((record["id"], record["sensitivity"]))
    return set(known)


def named(record: Json, members: dict[str, str]) -> list[str]:
    """Gives what a record names in the member that counts for its type."""
    value: Any = record.get(members.get(record["type"]), [])  # type: ignore[arg-type]
    return value if isinstance(value, list) else [value]


def check_pointers(case: Case, where: str, event: Event, record: Json) -> None:
    """Checks the references by number: acts, checkpoints, and the state that an output shows."""
    kind = "finding" if record["type"] in {"interpretation", "exhibit"} else "act"
    for reference in named(record, LINES_IN):
        line = case.line(*map(int, reference.split("/")))
        if line is None or (line.record is not None and line.record["type"] != kind):
            case.finds.defect("reference", where, f"{reference} is no {kind}")
    if record["type"] in {"time-proof", "time-failure"}:
        target = case.event(record["checkpoint"])
        action = target.body["action"] if target and target.body else None
        if record["checkpoint"] >= event.seq or action != "checkpoint":
            case.finds.defect("reference", where, f"event {record['checkpoint']} is no earlier checkpoint")
    if record["type"] == "output" and record["as_of"] >= event.seq:
        case.finds.defect("reference", where, "as_of is no earlier event")


def check_blobs(case: Case) -> None:
    """Checks every artifact's blob and that every blob has its name's digest and an artifact."""
    named, withheld = case.named_blobs(), case.withheld_blobs()
    for where, artifact in case.artifacts():
        digest = artifact["digests"]["sha256"]
        if case.has_blob(digest):
            check_blob(case, where, artifact["digests"])
        elif digest not in withheld:
            case.finds.defect("missing", where, f"blob {digest} is not there")
    for name in sorted(case.folder.files):
        match = re.fullmatch(r"blobs/([0-9a-f]{2})/(\1[0-9a-f]{62})", name)
        if match and case.folder.digest(name) != match[2]:
            case.finds.defect("digest", name, "the bytes have another SHA-256")
        elif match and match[2] not in named:
            case.leftover(name, "a blob that no record names")
        if match and match[2] in withheld:
            case.finds.defect("withheld", name, "listed as withheld, but here")


def check_blob(case: Case, where: str, digests: Json) -> None:
    """Compares a blob with the size and the further digests that an artifact gives."""
    name = f"blobs/{digests['sha256'][:2]}/{digests['sha256']}"
    if (case.root / name).lstat().st_size != digests["size"]:
        case.finds.defect("digest", where, f"{name} has another size")
    for algorithm in ("blake3", "sm3"):
        if digests.get(algorithm) and not case.folder.has_digest(name, algorithm, digests[algorithm]):
            case.finds.defect("digest", where, f"{name} has another {algorithm}")


# --- Sections 2, 8 and 9: files, outputs, remains ---


def check_files(case: Case) -> None:
    """Checks that every file has a place that section 2 gives it."""
    records = {f"records/{body['records']['file']}" for _, body in case.bodies() if body["records"]["file"]}
    following = re.compile(rf"records/{len(case.events):06d}-[a-z][a-z-]{{0,31}}\.jsonl")
    next_ones = [name for name in case.folder.files if following.fullmatch(name)]
    declared = re.compile(
        r"(case\.json|ledger\.jsonl|blobs/([0-9a-f]{2})/\2[0-9a-f]{62}|(proofs|reports|packets)/(?s:.+))"
    )
    unchecked = re.compile(r"index\.sqlite[^/]*|lock")
    for name in sorted(case.folder.files - records):
        if declared.fullmatch(name) or (case.packet is None and unchecked.fullmatch(name)):
            continue
        if name.startswith("tmp/") or next_ones == [name]:
            case.leftover(name, "what an interrupted run left")
        elif not case.is_newer:
            case.finds.defect("undeclared", name, "no event declares this file")


def check_proofs(case: Case) -> None:
    """Checks that the files in proofs/ are those that time-proof records name, under their digests."""
    named: dict[str, str] = {}
    for where, _, record in case.records("time-proof"):
        kinds = (("tsr", [record["token"]]), ("cer", record["certificates"]), ("crl", record["revocation"]))
        named.update({f"proofs/{digest}.{kind}": where for kind, digests in kinds for digest in digests})
    for name in sorted(named.keys() - case.folder.files):
        case.finds.defect("missing", named[name], f"{name} is not there")
    for name in sorted(name for name in case.folder.files if name.startswith("proofs/")):
        match = re.fullmatch(r"proofs/([0-9a-f]{64})\.(tsr|cer|crl)", name)
        if not match or case.folder.digest(name) != match[1]:
            case.finds.defect("digest", name, "not a proof named by its SHA-256")
        elif name not in named:
            case.leftover(name, "a proof that no record names")


def check_outputs(case: Case) -> None:
    """Checks reports/ and packets/ against the newest output record of each path."""
    newest: dict[str, tuple[str, Json]] = {}
    for where, _, record in case.records("output"):
        if record["path"] is not None:
            newest[record["path"]] = (where, record)
    present = files_of_outputs(case, newest)
    for path, (where, record) in newest.items():
        if not path.startswith(f"{record['kind']}s/"):
            case.finds.defect("output", path, "not where outputs of its kind lie")
        if path not in present and not may_be_absent(case, path, where, record):
            case.finds.defect("missing", path, "the output is not there")
    for path, names in present.items():
        expected = newest[path][1]["digest"] if path in newest else None
        if path.startswith("reports/"):
            check_report(case, path, expected)
        else:
            check_own_packet(case, path, names, expected)


def files_of_outputs(case: Case, paths: Iterable[str]) -> dict[str, set[str]]:
    """Groups the files in reports/ and packets/: a report is one file, a packet an archive or a folder."""
    found: dict[str, set[str]] = {}
    for name in sorted(case.folder.files):
        if name.startswith("reports/"):
            found[name] = {name}
        elif name.startswith("packets/"):
            inside = (path for path in paths if name == path or name.startswith(f"{path}/"))
            found.setdefault(next(inside, "/".join(name.split("/")[:2])), set()).add(name)
    return found


def may_be_absent(case: Case, path: str, where: str, record: Json) -> bool:
    """Says whether an output need not be in its place: its newest record is hidden, or the packet leaves it out."""
    if case.packet is not None and (path.startswith("packets/") or record["digest"] in case.withheld_blobs()):
        return True
    seq, index = map(int, where.split("/"))
    return any(place > (seq, index) for place in case.bare_lines())


def check_report(case: Case, path: str, expected: str | None) -> None:
    """Checks one file in reports/."""
    digest = case.folder.digest(path)
    if digest != expected and case.has_blob(digest) and digest not in case.named_blobs():
        case.leftover(path, "a report that no event commits, equal to a blob that no record names")
    elif digest != expected:
        case.finds.defect("output", path, "no output record names it with this digest")


def check_own_packet(case: Case, path: str, names: set[str], expected: str | None) -> None:
    """Checks one archive or folder in packets/; a folder must be an intact packet."""
    is_folder = names != {path}
    statement = f"{path}/packet.json" if is_folder else path
    if case.packet is not None:
        case.finds.defect("undeclared", path, "a packet inside a packet")
    elif expected is None:
        case.leftover(path, "a packet that no record names")
        return
    elif statement not in names or case.folder.digest(statement) != expected:
        case.finds.defect("output", path, "no output record names it with this digest")
    if is_folder:
        inner = frozenset(name.removeprefix(f"{path}/") for name in names)
        found = Finds()
        found.guard(".", verify_packet, Folder(case.root / path, inner, found), ())
        if found.answer("intact") == "not_checked":
            case.finds.leave_open("intact", f"{path} is of a newer format version")
        case.finds.defects += [(answer, {**item, "where": f"{path}/{item['where']}"}) for answer, item in found.defects]


# --- Section 7: trusted time ---


def openssl(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Runs openssl and takes its output as text."""
    command = ["openssl", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=120, check=False)


NO_EVIDENCE = re.compile(
    "open|checkpoint|time-proof|report|bundle|exhibit|erase|recover|key-(add|retire|revoke)|access"
)
SLACK_LIMIT_S = 24 * 3600


def check_time(case: Case, trust: Sequence[Path]) -> None:
    """Verifies every token, with the given anchors where there are any, then every event's bracket."""
    proofs = list(case.records("time-proof"))
    case.finds.settled.add("time")
    if not proofs:
        case.finds.leave_open("time", "no token in the case")
        return
    if not shutil.which("openssl"):
        case.finds.leave_open("time", "the program openssl is not there")
        return
    for where, event, record in proofs:
        try:
            token = check_token(case, event, record, trust)
        except (ValueError, OSError, subprocess.SubprocessError) as error:
            case.finds.defect("token", where, str(error), "time")
        else:
            case.tokens += [token] if token else []
            case.finds.notes += [] if token else [f"the token of {where} chains to no certificate that was given"]
    if not trust:
        case.finds.leave_open("time", "no trust anchor given")
    elif not case.tokens:
        case.finds.defect("token", "proofs", "no token chains to a certificate that was given", "time")
    else:
        check_coverage(case)
        check_brackets(case)


def check_coverage(case: Case) -> None:
    """Names the last checkpoint that a trusted token covers, and the evidence that follows it."""
    case.finds.proven_through = last = max(token.checkpoint for token in case.tokens)
    later = [e.seq for e, body in case.bodies() if e.seq > last and not NO_EVIDENCE.fullmatch(body["action"])]
    if later:
        case.finds.leave_open("time", f"proven through event {last}; evidence follows from event {later[0]} on")


def check_token(case: Case, event: Event, record: Json, trust: Sequence[Path]) -> Token | None:
    """Verifies one token as of its own time; None where it is sound but of an unknown authority, else ValueError."""
    response, stamped = case.root / f"proofs/{record['token']}.tsr", case.event(record["checkpoint"])
    with tempfile.TemporaryDirectory() as scratch:
        own, given, links = (Path(scratch) / name for name in ("own.pem", "given.pem", "links.pem"))
        text = token_text(response, Path(scratch))
        at, accuracy = token_time(text), token_accuracy(text)
        if not re.search("^Hash Algorithm: sha256$", text, re.MULTILINE):
            raise ValueError("the imprint is not a SHA-256")
        if at != moment(record["gen_time"]) or accuracy != record["accuracy_s"]:
            raise ValueError("gen_time or accuracy_s is not the token's")
        own.write_bytes(own_certificates(case, record, Path(scratch)))
        given.write_bytes(b"\n".join(path.read_bytes() for path in trust))
        links.write_bytes(own.read_bytes() + given.read_bytes())
        question = ("-in", response, "-digest", stamped.digest if stamped else ZEROS)
        if trust and accepts(question, links, given, at):
            lag = abs((moment(record["received_at"]) - at).total_seconds())
            return Token(record["checkpoint"], event.seq, at, accuracy or 0.0, lag)
        if own.stat().st_size and not accepts(question, own, own, at):
            raise ValueError("the token is not sound: openssl accepts it under none of its own certificates")
    return None


def accepts(question: tuple[str | Path, ...], links: Path, anchors: Path, at: datetime) -> bool:
    """Asks openssl whether a token holds and its signer chains to one of the anchors, as of a time."""
    how = ("-untrusted", links, "-CAfile", anchors, "-partial_chain", "-attime", str(int(at.timestamp())))
    return openssl("ts", "-verify", *question, *how).returncode == 0


def token_text(response: Path, scratch: Path) -> str:
    """Prints the signed part of a response; its status text is not signed and could imitate a time."""
    token = scratch / "token.der"
    taken = openssl("ts", "-reply", "-in", response, "-token_out", "-out", token)
    shown = openssl("ts", "-reply", "-token_in", "-in", token, "-text")
    if taken.returncode or shown.returncode:
        raise ValueError("not a time-stamp response")
    return shown.stdout


def token_time(text: str) -> datetime:
    """Reads genTime from what openssl prints."""
    match = re.search(r"^Time stamp: (\w{3} +\d+ [\d:]{8})(?:\.(\d+))? (\d{4}) GMT$", text, re.MULTILINE)
    if not match:
        raise ValueError("the token has no readable genTime")
    whole = datetime.strptime(f"{match[1]} {match[3]}", "%b %d %H:%M:%S %Y").replace(tzinfo=UTC)
    return whole.replace(microsecond=int((match[2] or "0").ljust(6, "0")[:6]))


def token_accuracy(text: str) -> float | None:
    """Reads the accuracy in seconds from what openssl prints; None where the token has none."""
    match = re.search(r"^Accuracy: (.*)$", text, re.MULTILINE)
    if not match or match[1].strip() == "unspecified":
        return None
    units = {"seconds": 10**6, "millis": 10**3, "micros": 1}
    parts = re.findall(r"0x([0-9A-Fa-f]+) (seconds|millis|micros)", match[1])
    return sum(int(value, 16) * units[unit] for value, unit in parts) / 10**6


def own_certificates(case: Case, record: Json, scratch: Path) -> bytes:
    """Collect, as PEM, the certificates in a token and those that its record names: links, and never anchors."""
    found = openssl("pkcs7", "-inform", "DER", "-in", scratch / "token.der", "-print_certs").stdout.encode()
    for digest in record["certificates"]:
        try:
            data = (case.root / f"proofs/{digest}.cer").read_bytes()
            found += x509.load_der_x509_certificate(data).public_bytes(Encoding.PEM)
        except (OSError, ValueError):
            continue  # a chain that needs it will not verify
    return found if b"BEGIN CERTIFICATE" in found else b""


def check_brackets(case: Case) -> None:
    """Checks that each event's own time lies between the trusted times around it."""
    for event, body in case.bodies():
        at = moment(body["at"])
        before = [token for token in case.tokens if token.proof < event.seq]
        after = [token for token in case.tokens if token.checkpoint >= event.seq]
        lower = max(before, key=lambda token: token.at, default=None)
        upper = min(after, key=lambda token: token.at, default=None)
        window = range(lower.checkpoint if lower else 0, (upper.proof if upper else len(case.events)) + 1)
        if lower and at < lower.at:
            judge_miss(case, event, (lower.at - at).total_seconds(), lower, window)
        if upper and at > upper.at:
            judge_miss(case, event, (at - upper.at).total_seconds(), upper, window)


def judge_miss(case: Case, event: Event, miss: float, token: Token, window: range) -> None:
    """Judges a time that lies beyond a trusted time, by the clock differences that records around it tell."""
    near = [record["clock"] for _, near, record in case.records("act", "act-end") if near.seq in window]
    largest = max((abs(check["offset_s"] or 0) for checks in near for check in checks), default=0)
    detail = f"{miss:.6f} s beyond the trusted time of the token in event {token.proof}"
    if miss <= min(1 + token.accuracy + max(token.lag, largest), SLACK_LIMIT_S):
        return
    if any(seq in window for seq, _ in case.bare_lines()):
        case.finds.leave_open("time", f"event {event.seq}: {detail}, but clock checks may be withheld or erased")
    else:
        case.finds.defect("bracket", f"ledger.jsonl:{event.seq}", detail, "time")


# --- Section 12: attribution ---


def check_attribution(case: Case, given: set[str], trust: Sequence[Path]) -> None:
    """Checks that every event's key was given, or was added by an event that a vouched key signed."""
    if not given:
        case.finds.leave_open("attribution", "no key given")
        return
    vouched, revoked, undecided = set(given), revocations(case), False
    for event in case.events:
        body = event.body or {}
        actor = body.get("actor", "")
        honoured = event.signed and actor in vouched
        if honoured and actor in revoked and not NO_EVIDENCE.fullmatch(body["action"]):
            undecided |= not trust
            honoured = not trust or any(t.checkpoint >= event.seq and t.at < revoked[actor] for t in case.tokens)
        if not honoured:
            detail = "no valid signature by a key that is given or vouched for and not revoked by then"
            case.finds.defect("key", f"ledger.jsonl:{event.seq}", detail, "attribution")
        elif body["action"] == "key-add":
            vouched.add(body["key"]["id"])
    if case.packet and case.packet["key"] not in vouched:
        case.finds.defect("key", "packet.json", "signed by a key that is neither given nor vouched for", "attribution")
    if undecided:
        case.finds.leave_open("attribution", "a key was revoked, and no trust anchor was given")
    else:
        case.finds.settled.add("attribution")


def revocations(case: Case) -> dict[str, datetime]:
    """Gives the earliest time from which each revoked key is no longer trusted."""
    found: dict[str, datetime] = {}
    for _, body in case.bodies():
        if body["action"] == "key-revoke":
            key_id, since = body["key"]["id"], moment(body["key"]["since"])
            found[key_id] = min(since, found.get(key_id, since))
    return found


# --- Section 11: the packet ---

UNSIGNED = {"packet.json", "packet.sig"}
TAG_MANIFESTS = {"tagmanifest-sha256.txt": "sha256", "tagmanifest-sha512.txt": "sha512"}
PAYLOAD_MANIFESTS = {"manifest-sha256.txt": "sha256", "manifest-sha512.txt": "sha512", "blake3/manifest.txt": "blake3"}
TAGS = {"bagit.txt", "bag-info.txt", "HOW-TO-VERIFY.txt", "signer.pem", *PAYLOAD_MANIFESTS}


def verify_packet(folder: Folder, heads: Iterable[tuple[int, str]]) -> Case:
    """Checks a packet folder and the case inside, but for time and attribution."""
    finds, files = folder.finds, folder.files
    for name in sorted({*TAGS, *TAG_MANIFESTS, *UNSIGNED} - files):
        finds.defect("missing", name, "the file is not there")
    payload = {name for name in files if name.startswith("data/")}
    for name, algorithm in PAYLOAD_MANIFESTS.items():
        finds.guard(name, check_manifest, folder, name, algorithm, payload)
    for name, algorithm in TAG_MANIFESTS.items():
        finds.guard(name, check_manifest, folder, name, algorithm, files - payload - UNSIGNED - TAG_MANIFESTS.keys())
    finds.guard("bagit.txt", check_bag, folder, payload)
    statement = read_statement(folder)
    inner = Folder(folder.root / "data", frozenset(name[5:] for name in payload), finds)
    case = Case(inner, finds, packet=statement)
    verify_case(case, heads)
    if statement:
        finds.guard("packet.json", check_statement, case, folder, statement)
    return case


def check_manifest(folder: Folder, name: str, algorithm: str, expected: Iterable[str]) -> None:
    """Compares a manifest with the files that it must list."""
    if name not in folder.files:
        return
    entries, wanted = read_manifest(folder, name), {manifest_path(path): path for path in expected}
    if not in_order(list(entries)):
        folder.finds.defect("manifest", name, "lines are not sorted, or a path stands twice")
    for path, digest in entries.items():
        if path not in wanted:
            folder.finds.defect("manifest", name, f"lists {path!r}, which is not there or not its to list")
        elif not folder.has_digest(wanted[path], algorithm, digest):
            folder.finds.defect("digest", wanted[path], f"{name} has another digest")
    for path in sorted(wanted.keys() - entries.keys()):
        folder.finds.defect("manifest", name, f"does not list {path!r}")


def manifest_path(path: str) -> bytes:
    """Writes a path as manifests do."""
    return os.fsencode(path).replace(b"%", b"%25").replace(b"\n", b"%0A").replace(b"\r", b"%0D")


def read_manifest(folder: Folder, name: str) -> dict[bytes, str]:
    """Reads the paths and digests of a manifest."""
    entries: dict[bytes, str] = {}
    for line in lines(folder.root / name):
        match = re.fullmatch(rb"([0-9a-f]+)  ([^\r\n]+)\n", line)
        if not match or match[2] in entries:
            folder.finds.defect("manifest", name, f"not a line of a manifest, or a path twice: {line[:80]!r}")
        else:
            entries[match[2]] = match[1].decode()
    return entries


def check_bag(folder: Folder, payload: set[str]) -> None:
    """Checks the declaration of the bag, its Payload-Oxum, and that there is no manifest of another kind."""
    declaration = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
    if "bagit.txt" in folder.files and (folder.root / "bagit.txt").read_bytes() != declaration:
        folder.finds.defect("bag", "bagit.txt", "not the declaration of BagIt 1.0")
    octets = sum((folder.root / name).lstat().st_size for name in payload)
    if payload_oxum((folder.root / "bag-info.txt").read_bytes()) != [(octets, len(payload))]:
        folder.finds.defect("bag", "bag-info.txt", "it has not one Payload-Oxum, that of the payload")
    for name in sorted(folder.files - TAG_MANIFESTS.keys() - PAYLOAD_MANIFESTS.keys()):
        if re.fullmatch(r"(tag)?manifest-[^/]*|fetch\.txt", name):
            folder.finds.defect("undeclared", name, "a packet has no such file")


def payload_oxum(info: bytes) -> list[tuple[int, int]]:
    """Reads every Payload-Oxum of a bag-info.txt."""
    found = re.findall(rb"(?im)^Payload-Oxum:[ \t]*([0-9]{1,18})\.([0-9]{1,18})[ \t]*\r?$", info)
    return [(int(total), int(streams)) for total, streams in found]


def read_statement(folder: Folder) -> Json:
    """Reads packet.json; empty where it cannot be used."""
    try:
        statement = decode_file(folder.root / "packet.json")
    except (OSError, ValueError) as error:
        folder.finds.defect("line", "packet.json", str(error))
        return {}
    newer = is_newer(statement)
    if newer:
        folder.finds.leave_open("intact", "the format version of packet.json is newer than this verifier")
    found = list(misfits(statement, {**PACKET, "format_version": _count, "*": None} if newer else PACKET))
    for misfit in found:
        folder.finds.defect("shape", "packet.json", misfit)
    return {} if found else statement


def check_statement(case: Case, folder: Folder, statement: Json) -> None:
    """Checks the signed statement and what it says about tag manifests, case, head and withheld parts."""
    head, withheld, key = case.events[-1:], statement["withheld"], case.keys.get(statement["key"])
    signature = (folder.root / "packet.sig").read_bytes() if "packet.sig" in folder.files else b""
    message = b"forensics-packet-v1\0" + (folder.root / "packet.json").read_bytes()[:-1]
    pem = load_pem_public_key((folder.root / "signer.pem").read_bytes()) if "signer.pem" in folder.files else None
    rules = {
        "the signature does not hold": key is not None and verifies(key, signature, message),
        "its key is not active in the ledger inside": statement["key"] in case.active,
        "signer.pem is another key": pem is None or key_id(pem) == statement["key"],
        "it is about another case": statement["case"] == case.case_id,
        "the ledger inside has another head": [statement["head"]] == [{"seq": e.seq, "digest": e.digest} for e in head],
        "withheld blobs are not sorted": in_order(withheld["blobs"]),
        "withheld records are not sorted": ascending(withheld["records"]),
    }
    for name, digest in statement["tag_manifests"].items():
        rules[f"{name} has another digest"] = name in folder.files and folder.digest(name) == digest
    for rule in (rule for rule, kept in rules.items() if not kept):
        folder.finds.defect("packet", "packet.json", rule)


def key_id(key: Any) -> str:
    """Gives the id of a public key."""
    return sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


# --- Archives ---


@dataclass
class Member:
    """One member of an archive; `kind` is file, folder or other."""

    name: str
    kind: str
    size: int
    open: Callable[[], IO[bytes] | None]


class TarHeader(tarfile.TarInfo):
    """A header that refuses negative sizes, with which an archive could send a reader back for ever."""

    def _block(self, count: int) -> int:
        if count < 0:
            raise ValueError("a negative size")
        return int(super()._block(count))  # type: ignore[misc]


def zip_members(archive: zipfile.ZipFile, finds: Finds) -> list[Member]:
    """Lists the members of a .zip; members that overlap are a defect, for they hide a bomb."""
    found, reached = [], 0
    for info in sorted(archive.infolist(), key=lambda info: info.header_offset):
        if info.header_offset < reached:
            finds.defect("archive", info.orig_filename, "overlaps another member")
        if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED} or info.flag_bits & 1:
            finds.defect("archive", info.orig_filename, "neither stored nor deflated, or encrypted")
        reached = info.header_offset + 30 + len(info.orig_filename) + info.compress_size
        kind = {0: "folder" if info.is_dir() else "file", stat.S_IFREG: "file", stat.S_IFDIR: "folder"}
        how = kind.get(stat.S_IFMT(info.external_attr >> 16), "other")
        found.append(Member(info.orig_filename, how, info.file_size, lambda info=info: archive.open(info)))  # type: ignore[misc]
    return found


def tar_members(archive: tarfile.TarFile) -> list[Member]:
    """Lists the members of a .tar; sparse files count as neither file nor folder."""
    found = []
    for info in archive:
        kind = "folder" if info.isdir() else "file" if info.isreg() and not info.issparse() else "other"
        found.append(Member(info.name, kind, info.size, lambda info=info: archive.extractfile(info)))  # type: ignore[misc]
    return found


def open_archive(path: Path) -> zipfile.ZipFile | tarfile.TarFile:
    """Opens a .zip or an uncompressed .tar; the first bytes decide, for a .tar may end with a .zip inside."""
    with path.open("rb") as file:
        is_zip = file.read(4) == b"PK\3\4"
    return zipfile.ZipFile(path) if is_zip else tarfile.open(path, "r:", tarinfo=TarHeader)


def unpack(path: Path, target: Path, finds: Finds) -> None:
    """Writes an archive's members into an empty folder; nothing outside it, nothing twice, no more than fits."""
    with open_archive(path) as archive:
        members = zip_members(archive, finds) if isinstance(archive, zipfile.ZipFile) else tar_members(archive)
        if sum(member.size for member in members) > allowance(path, members):
            finds.defect("archive", path.name, "holds more than an archive of its size and Payload-Oxum can hold")
            return
        seen: set[str] = set()
        for member in members:
            finds.guard(member.name, write_member, member, target, seen, finds)


def allowance(path: Path, members: list[Member]) -> int:
    """Gives how many bytes an archive may unpack to: what Payload-Oxum says, within what compression can do."""
    for member in members:
        if member.kind == "file" and member.name.count("/") == 1 and member.name.endswith("/bag-info.txt"):
            stream = member.open()
            for total, streams in payload_oxum(stream.read(MIB) if stream else b""):
                return min(total + 1024 * streams, DEFLATE_LIMIT * path.stat().st_size) + 64 * MIB
    return 64 * MIB


def write_member(member: Member, target: Path, seen: set[str], finds: Finds) -> None:
    """Writes one member, unless its name or its kind is not one that a packet can have."""
    name = member.name.removesuffix("/") if member.kind == "folder" else member.name
    if "\0" in name or "\\" in name or not name or any(part in {"", ".", ".."} for part in name.split("/")):
        finds.defect("archive", repr(member.name), "a name that leads elsewhere")
    elif name in seen:
        finds.defect("archive", name, "stands in the archive twice")
    elif member.kind == "other":
        finds.defect("archive", name, "neither a file nor a folder")
    else:
        seen.add(name)
        place = target.joinpath(*PurePosixPath(name).parts)
        (place if member.kind == "folder" else place.parent).mkdir(parents=True, exist_ok=True)
        if member.kind == "file":
            copy_member(member, place)


def copy_member(member: Member, place: Path) -> None:
    """Copies one member's bytes, never more than it declares."""
    stream, left = member.open(), member.size
    if stream is None:
        raise ValueError("the member has no bytes")
    with stream, place.open("xb") as file:
        while left and (block := stream.read(min(MIB, left))):
            file.write(block)
            left -= len(block)
        if left or stream.read(1):
            raise ValueError("not as long as it declares")


# --- The whole ---

CASE_MARKS = {"case.json", "ledger.jsonl", "records", "blobs"}
PACKET_MARKS = {"bagit.txt", "data", "packet.json"}


def verify_case(case: Case, heads: Iterable[tuple[int, str]]) -> None:
    """Runs every check of a case but time and attribution."""
    checks = (read_ledger, check_case_file, check_chain, check_keys, check_records, check_erasures)
    for check in (*checks, check_references, check_blobs, check_files, check_proofs, check_outputs):
        case.finds.guard(check.__name__.removeprefix("check_"), check, case)
    check_pins(case, heads)


def is_packet_mark(name: str) -> bool:
    """Says whether a name at the top of a folder marks a packet."""
    return name in PACKET_MARKS or name.startswith(("manifest-", "tagmanifest-"))


def find_packet(unpacked: Path, finds: Finds) -> Path:
    """Finds the one folder at the top of an archive."""
    entries = sorted(unpacked.iterdir())
    folders = [entry for entry in entries if entry.is_dir()]
    if len(entries) != 1 or not folders:
        finds.defect("archive", ".", "there is not exactly one folder at the top")
    marked = [folder for folder in folders if any(is_packet_mark(name.name) for name in folder.iterdir())]
    return (marked or [unpacked])[0]


def verify_path(path: Path, finds: Finds, heads: Iterable[tuple[int, str]]) -> Case:
    """Verifies a folder as a packet or as a case, whichever it looks like."""
    try:
        names = {entry.name for entry in path.iterdir()}
    except OSError as error:
        raise NotACaseError(f"{path} cannot be read") from error
    if not names & CASE_MARKS and not any(map(is_packet_mark, names)):
        raise NotACaseError(f"{path} is no case and no packet")
    if any(map(is_packet_mark, names)) and not names & {"case.json", "ledger.jsonl"}:
        return verify_packet(Folder(path, relative_files(path, finds), finds), heads)
    case = Case(Folder(path, relative_files(path, finds, is_case=True), finds), finds)
    verify_case(case, heads)
    return case


def verify(
    path: str | Path, keys: Iterable[str | Path] = (), trust: Iterable[str | Path] = (), heads: Iterable[str] = ()
) -> Json:
    """Verifies a case or a packet; `keys` and `trust` are PEM files, `heads` are pins SEQ:DIGEST."""
    path, pins, finds = Path(path), [read_pin(head) for head in heads], Finds()
    given, anchors = {read_key(key) for key in keys}, [read_anchor(anchor) for anchor in trust]
    if path.is_dir():
        complete(verify_path(path, finds, pins), given, anchors)
    elif path.is_file() and looks_like_archive(path):
        with tempfile.TemporaryDirectory() as scratch:
            finds.guard(path.name, unpack, path, Path(scratch), finds)
            complete(verify_unpacked(Path(scratch), finds, pins), given, anchors)
    else:
        raise NotACaseError(f"{path} is no case and no packet")
    return result(finds)


def verify_unpacked(unpacked: Path, finds: Finds, heads: Iterable[tuple[int, str]]) -> Case:
    """Verifies what an archive held, as a packet."""
    root = find_packet(unpacked, finds)
    return verify_packet(Folder(root, relative_files(root, finds), finds), heads)


def complete(case: Case, given: set[str], trust: Sequence[Path]) -> None:
    """Gives the answers that need something from outside."""
    case.finds.guard("proofs", check_time, case, trust)
    case.finds.guard("keys", check_attribution, case, given, trust)


def looks_like_archive(path: Path) -> bool:
    """Says whether a file is, or claims to be, a .zip or .tar."""
    if path.suffix.lower() in {".zip", ".tar"}:
        return True
    with path.open("rb") as file:
        start = file.read(512)
    return start.startswith(b"PK\3\4") or start[257:262] == b"ustar"


def read_key(path: str | Path) -> str:
    """Reads a PEM public key and gives its id."""
    try:
        return key_id(load_pem_public_key(Path(path).read_bytes()))
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise NotACaseError(f"{path} is no public key") from error


def read_anchor(path: str | Path) -> Path:
    """Makes sure that a file holds certificates."""
    try:
        x509.load_pem_x509_certificates(Path(path).read_bytes())
    except (OSError, ValueError) as error:
        raise NotACaseError(f"{path} holds no certificate") from error
    return Path(path)


def read_pin(text: str) -> tuple[int, str]:
    """Reads a pin SEQ:DIGEST."""
    if not re.fullmatch("[0-9]{1,12}:[0-9a-f]{64}", text):
        raise NotACaseError(f"{text} is no pin SEQ:DIGEST")
    seq, digest = text.split(":")
    return int(seq), digest


def result(finds: Finds) -> Json:
    """Puts together what is printed."""
    answers: Json = {name: finds.answer(name) for name in ("intact", "time", "attribution")}
    defects = [defect for _, defect in finds.defects]
    more = {"proven_through": finds.proven_through, "not_checked": finds.unchecked, "notes": finds.notes}
    return {**answers, "defects": defects, "remains": finds.remains, **more}


def exit_code(found: Json) -> int:
    """Gives the exit code: 10 where anything failed, 3 where something is open, else 0."""
    if found["defects"]:
        return 10
    return 3 if found["remains"] or found["not_checked"] else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Verifies what the command line names."""
    parser = argparse.ArgumentParser(description="Verify a case or a packet.")
    parser.add_argument("path", type=Path)
    for option in ("--key", "--trust", "--head"):
        parser.add_argument(option, action="append", default=[])
    options = parser.parse_args(arguments)
    try:
        found = verify(options.path, options.key, options.trust, options.head)
    except NotACaseError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(json.dumps(found) + "\n")
    return exit_code(found)


if __name__ == "__main__":
    sys.exit(main())
