"""Steps about a packet: its BagIt manifests, and the signed statement about them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from forensics.codec import canonical, parse, parse_time
from forensics.custody import bag
from forensics.custody.digest import sha256_hex
from forensics.custody.ledger import Head
from forensics.custody.signing import load_public, verify_signature
from forensics.errors import CodecError, KeyFileError
from forensics.verify.hashing import FileDigests
from forensics.verify.ledger_steps import Ledger
from forensics.verify.result import DefectKind
from forensics.verify.subject import SMALL_FILE, RawLine, Subject, lines_of
from forensics.verify.tree import ambiguous, name_problem, read_all

STATEMENT, SIGNATURE = "packet.json", "packet.sig"
PACKET_PREFIX = b"forensics-packet-v1\x00"
PAYLOAD = "data/"

_STATEMENT_LIMIT = 64 << 20
_OTHER_TAG_FILES = ("HOW-TO-VERIFY.txt", "signer.pem")
_MEMBERS = frozenset({"format_version", "case", "created_at", "head", "key", "tag_manifests", "withheld"})
_SHA256 = re.compile(r"[0-9a-f]{64}")
_OXUM = re.compile(rb"(?i)(?:^|[\r\n])[ \t]*payload-oxum[ \t]*:")


@dataclass(frozen=True, slots=True)
class Statement:
    """What `packet.json` says; what cannot be read is empty.

    Attributes:
        body: Its bytes without line feed, which the signature is over.
        version: 0 where it cannot be read.
    """

    body: bytes = b""
    version: int = 0
    case: str = ""
    head: Head | None = None
    key: str = ""
    tag_manifests: Mapping[str, str] = field(default_factory=dict)
    withheld_blobs: tuple[str, ...] = ()
    withheld_lines: tuple[tuple[int, int], ...] = ()


def check_bag(packet: Subject, digested: Mapping[str, FileDigests]) -> None:
    """Compares every file with the manifests, and the manifests with the files; step 2."""
    with packet.journal.step(2, "bag: every file is in the manifests, with its digests"):
        _check_declaration(packet)
        entries = packet.tree.listing.entries
        payload = {path for path in entries if path.startswith(PAYLOAD)}
        outside = {*bag.TAG_MANIFESTS, STATEMENT, SIGNATURE}
        tags = set(entries) - payload - outside
        for name, algorithm in bag.PAYLOAD_MANIFESTS.items():
            _check_manifest(packet, _Manifest(name, algorithm, payload), digested)
        for name, algorithm in bag.TAG_MANIFESTS.items():
            _check_manifest(packet, _Manifest(name, algorithm, tags), digested)
        for name in sorted(set(entries) & {"fetch.txt"} | _foreign_manifests(entries)):
            detail = "a packet has no fetch.txt and no manifest beside its own"
            packet.report(DefectKind.UNDECLARED_FILE, packet.place(name), detail)
        for name in _OTHER_TAG_FILES:
            if not packet.has(name):
                packet.report(DefectKind.MISSING_FILE, packet.place(name), "this file of every packet is missing")
        for path, other in ambiguous(entries):
            detail = f"on some systems this is the same name as {other}"
            packet.report(DefectKind.AMBIGUOUS_NAME, packet.place(path), detail)
        packet.journal.say(f"{len(payload)} payload files")


def _foreign_manifests(paths: Iterable[str]) -> set[str]:
    own = {*bag.PAYLOAD_MANIFESTS, *bag.TAG_MANIFESTS}
    return {path for path in paths if path.startswith(("manifest-", "tagmanifest-")) and path not in own}


def _check_declaration(packet: Subject) -> None:
    declaration = _read(packet, bag.DECLARATION)
    if declaration is not None and declaration != bag.BAGIT_TXT:
        detail = "not the declaration of BagIt 1.0 in UTF-8"
        packet.report(DefectKind.BAG_DECLARATION, packet.place(bag.DECLARATION), detail)
    info = _read(packet, bag.INFO)
    payload = [entry for path, entry in packet.tree.listing.entries.items() if path.startswith(PAYLOAD)]
    found = (sum(entry.size for entry in payload), len(payload))
    if info is not None and len(_OXUM.findall(info)) > 1:
        packet.report(DefectKind.PAYLOAD_OXUM, packet.place(bag.INFO), "there is more than one Payload-Oxum")
    if info is not None and (said := bag.payload_oxum(info)) != found:
        detail = f"Payload-Oxum is not {found[0]}.{found[1]}" if said else "there is no Payload-Oxum of the right form"
        packet.report(DefectKind.PAYLOAD_OXUM, packet.place(bag.INFO), detail)


def _read(packet: Subject, path: str, *, limit: int = SMALL_FILE) -> bytes | None:
    """Reads a small file; reports it where it is missing or cannot be read, and gives None."""
    if not packet.can_read(path):
        if not packet.has(path):
            packet.report(DefectKind.MISSING_FILE, packet.place(path), "this file of every packet is missing")
        return None
    try:
        return read_all(packet.tree, path, limit=limit)
    except OSError as error:
        packet.report(DefectKind.UNREADABLE_FILE, packet.place(path), f"cannot be read: {error.strerror}")
        return None


@dataclass(frozen=True, slots=True)
class _Manifest:
    """A manifest to check.

    Attributes:
        files: The paths that must be in it, and nothing else.
    """

    name: str
    algorithm: str
    files: set[str]


def _check_manifest(packet: Subject, manifest: _Manifest, digested: Mapping[str, FileDigests]) -> None:
    if not packet.can_read(manifest.name):
        if not packet.has(manifest.name):
            packet.report(DefectKind.MISSING_FILE, packet.place(manifest.name), "the manifest is missing")
        return
    listed: set[str] = set()
    before = b""
    for line in lines_of(packet, manifest.name):
        entry = _read_entry(packet, manifest, line)
        if entry is None:
            continue
        where = packet.place(manifest.name, line=line.number)
        if bag.path_bytes(entry.path) <= before:
            packet.report(DefectKind.BAD_MANIFEST, where, "the paths are not sorted, or one is there twice")
        before = bag.path_bytes(entry.path)
        listed.add(entry.path)
        _check_entry(packet, manifest, entry, where, digested)
    for path in manifest.files - listed:
        detail = f"not listed in {manifest.name}"
        packet.report(DefectKind.UNDECLARED_FILE, packet.place(path), detail)


def _read_entry(packet: Subject, manifest: _Manifest, line: RawLine) -> bag.Entry | None:
    where = packet.place(manifest.name, line=line.number)
    if not line.has_line_feed:
        packet.report(DefectKind.BAD_MANIFEST, where, "the last line has no line feed")
    try:
        entry = bag.read_manifest_line(line.data, manifest.algorithm)
    except ValueError as error:
        packet.report(DefectKind.BAD_MANIFEST, where, str(error))
        return None
    if why := name_problem(entry.path):
        packet.report(DefectKind.BAD_MANIFEST, where, why)
        return None
    return entry


def _check_entry(
    packet: Subject, manifest: _Manifest, entry: bag.Entry, where: str, digested: Mapping[str, FileDigests]
) -> None:
    place = packet.place(entry.path)
    if entry.path not in manifest.files:
        if packet.has(entry.path):
            packet.report(DefectKind.BAD_MANIFEST, where, f"{entry.path} does not belong in this manifest")
        else:
            packet.report(DefectKind.MISSING_FILE, place, f"listed in {manifest.name}, but missing")
        return
    found = digested.get(entry.path)
    if found is not None and found.fault:
        packet.report(DefectKind.UNREADABLE_FILE, place, f"cannot be read: {found.fault}")
    elif found is not None and getattr(found, manifest.algorithm) != entry.digest:
        packet.report(DefectKind.MANIFEST_DIGEST, place, f"its {manifest.algorithm} is not the one in {manifest.name}")


def read_statement(packet: Subject) -> Statement:
    """Reads `packet.json`; part of step 3."""
    with packet.journal.step(3, "packet statement and signature"):
        raw = _read(packet, STATEMENT, limit=_STATEMENT_LIMIT)
        if raw is None:
            return Statement()
        where = packet.place(STATEMENT)
        if not raw.endswith(b"\n"):
            packet.report(DefectKind.NOT_CANONICAL, where, "not one canonical line")
        try:
            value = parse(raw)
            if not isinstance(value, dict) or canonical(value) + b"\n" != raw:
                packet.report(DefectKind.NOT_CANONICAL, where, "not one canonical line")
            return _statement_of(value, raw.removesuffix(b"\n"))
        except CodecError as error:
            packet.report(DefectKind.PACKET_STATEMENT, where, str(error))
            return Statement()


def _statement_of(value: Any, body: bytes) -> Statement:
    _demand(isinstance(value, dict), "packet.json")
    version = value.get("format_version")
    if type(version) is int and version > 1:
        # Whatever else a newer version says, its signature and the digests that it signs are checked.
        _demand(_is_digest(value.get("key")) and isinstance(value.get("tag_manifests"), dict), "a newer statement")
        return Statement(body=body, version=version, key=value["key"], tag_manifests=value["tag_manifests"])
    if set(value) != _MEMBERS:
        raise CodecError("it has not exactly the members that the format names")
    head, withheld, manifests = value["head"], value["withheld"], value["tag_manifests"]
    _demand(value["format_version"] == 1 and type(value["format_version"]) is int, "format_version")
    _demand(isinstance(value["case"], str), "case")
    _demand(_is_digest(value["key"]), "key")
    parse_time(value["created_at"])
    _demand(isinstance(head, dict) and set(head) == {"seq", "digest"}, "head")
    _demand(_is_count(head["seq"]) and _is_digest(head["digest"]), "head")
    _demand(isinstance(manifests, dict) and set(manifests) == set(bag.TAG_MANIFESTS), "tag_manifests")
    _demand(all(map(_is_digest, manifests.values())), "tag_manifests")
    _demand(isinstance(withheld, dict) and set(withheld) == {"blobs", "records"}, "withheld")
    return Statement(
        body=body,
        version=1,
        case=value["case"],
        head=Head(head["seq"], head["digest"]),
        key=value["key"],
        tag_manifests=manifests,
        withheld_blobs=_withheld_blobs(withheld["blobs"]),
        withheld_lines=_withheld_lines(withheld["records"]),
    )


def _withheld_blobs(value: Any) -> tuple[str, ...]:
    _demand(isinstance(value, list) and all(map(_is_digest, value)), "withheld.blobs")
    _demand(value == sorted(set(value)), "withheld.blobs")
    return tuple(value)


def _withheld_lines(value: Any) -> tuple[tuple[int, int], ...]:
    _demand(isinstance(value, list), "withheld.records")
    for entry in value:
        _demand(isinstance(entry, dict) and set(entry) == {"seq", "indexes"}, "withheld.records")
        indexes = entry["indexes"]
        _demand(_is_count(entry["seq"]) and isinstance(indexes, list) and bool(indexes), "withheld.records")
        _demand(all(map(_is_count, indexes)) and indexes == sorted(set(indexes)), "withheld.records")
    numbers = [entry["seq"] for entry in value]
    _demand(numbers == sorted(set(numbers)), "withheld.records")
    return tuple((entry["seq"], index) for entry in value for index in entry["indexes"])


def _demand(condition: bool, member: str) -> None:  # noqa: FBT001 - reads as a statement
    if not condition:
        raise CodecError(f"{member} has not the form that the format demands")


def _is_digest(value: Any) -> bool:
    return isinstance(value, str) and _SHA256.fullmatch(value) is not None


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def check_statement(
    packet: Subject, statement: Statement, ledger: Ledger, *, case_id: str, digested: Mapping[str, FileDigests]
) -> None:
    """Compares the statement with the packet and checks its signature; step 3."""
    with packet.journal.step(3, "packet statement and signature"):
        where = packet.place(STATEMENT)
        for name, digest in statement.tag_manifests.items():
            found = digested.get(name, FileDigests())
            if found.sha256 and found.sha256 != digest:
                detail = "its SHA-256 is not the one in packet.json"
                packet.report(DefectKind.MANIFEST_DIGEST, packet.place(name), detail)
        if statement.head is not None and statement.head != ledger.head:
            detail = f"the ledger inside ends at {ledger.head}, not at {statement.head}"
            packet.report(DefectKind.PACKET_STATEMENT, where, detail)
        if statement.case and statement.case != case_id:
            packet.report(DefectKind.PACKET_STATEMENT, where, "it is of another case than data/case.json")
        _check_signature(packet, statement, ledger)
        _check_signer(packet, statement)


def _check_signature(packet: Subject, statement: Statement, ledger: Ledger) -> None:
    signature = _read(packet, SIGNATURE)
    if signature is None or not statement.key:
        return
    where = packet.place(SIGNATURE)
    if not ledger.is_active(statement.key):
        detail = f"key {statement.key[:16]} is not an active key of the ledger inside"
        packet.report(DefectKind.KEY_NOT_ACTIVE, packet.place(STATEMENT), detail)
    spki = ledger.spki.get(statement.key)
    message = PACKET_PREFIX + statement.body
    if spki is None or not verify_signature(spki, signature=signature, message=message):
        detail = f"not a signature of key {statement.key[:16]} over packet.json"
        packet.report(DefectKind.PACKET_SIGNATURE, where, detail)


def _check_signer(packet: Subject, statement: Statement) -> None:
    pem = _read(packet, "signer.pem")
    if pem is None or not statement.key:
        return
    try:
        key_id = sha256_hex(load_public(pem))
    except KeyFileError as error:
        packet.report(DefectKind.PACKET_STATEMENT, packet.place("signer.pem"), str(error))
        return
    if key_id != statement.key:
        detail = "not the key that packet.json names; people would check the signature with the wrong key"
        packet.report(DefectKind.PACKET_STATEMENT, packet.place("signer.pem"), detail)
