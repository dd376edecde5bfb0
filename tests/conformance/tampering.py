"""Named ways to damage a case or packet, for use against every verifier.

Each function takes the path of a case (folder) or packet and damages it as an opponent without the examiner's key
could; `resealed` ones recompute every manifest afterwards. `tampering_expected` says what must be found.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import rfc8785
from blake3 import blake3
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

REPORT = b"%PDF-1.7 the report"
"""What the report in an archive begins with."""

Damage = Callable[[Path], None]


# Tools of the opponent


def rewrite(path: Path, data: bytes) -> None:
    """Writes a file whatever its permissions are."""
    path.chmod(0o644)
    path.write_bytes(data)


def edit(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Changes a file's bytes; they must be others afterwards."""
    before = path.read_bytes()
    after = change(before)
    assert after != before
    rewrite(path, after)


def lines_of(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def flip(data: bytes, at: int | None = None) -> bytes:
    at = len(data) // 2 if at is None else at
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def blob(case: Path, number: int = 0) -> Path:
    """Gives one of the blobs, in the order of their names."""
    return sorted((case / "blobs").glob("??/*"))[number]


def records(case: Path, action: str = "collect", number: int = 1) -> Path:
    """Gives one of the record files of an action; the second of `collect` has an item and an acquisition."""
    return sorted((case / "records").glob(f"*-{action}.jsonl"))[number]


def first(folder: Path, ending: str) -> Path:
    return min(folder.glob(f"*{ending}"))


def rewrite_lines(path: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    edit(path, lambda _: b"".join(change(lines_of(path))))


def change_line(path: Path, number: int, change: Callable[[Any], Any]) -> None:
    """Changes one line as JSON and writes it canonically."""

    def changed(lines: list[bytes]) -> list[bytes]:
        lines[number] = rfc8785.dumps(change(json.loads(lines[number]))) + b"\n"
        return lines

    rewrite_lines(path, changed)


def in_order(lines: list[bytes], *order: int) -> list[bytes]:
    return [lines[number] for number in order] + lines[len(order) :]


# Damage to a case, which is also damage to the case inside a packet


def _blob_replaced_by_link(case: Path) -> None:
    target = case.parent / "elsewhere"
    shutil.copy(blob(case), target)
    blob(case).unlink()
    blob(case).parent.mkdir(exist_ok=True)
    (case / "blobs" / target.name).unlink(missing_ok=True)
    name = hashlib.sha256(target.read_bytes()).hexdigest()
    (case / "blobs" / name[:2]).mkdir(exist_ok=True)
    (case / "blobs" / name[:2] / name).symlink_to(target)


def _blob_deleted_once(case: Path) -> None:
    blob(case).unlink()


def _blobs_swapped(case: Path) -> None:
    one, two = blob(case, 0), blob(case, 1)
    a, b = one.read_bytes(), two.read_bytes()
    rewrite(one, b)
    rewrite(two, a)


def _record_replaced_by_leaf(case: Path) -> None:
    path = records(case)

    def bare(value: Any) -> Any:
        leaf = hashlib.sha256(b"\0" + bytes.fromhex(value["salt"]) + rfc8785.dumps(value["record"])).hexdigest()
        return {"leaf": leaf}

    change_line(path, 0, bare)


def _finding_turned_round(case: Path) -> None:
    change_line(records(case, "analyze", 0), 0, lambda v: {**v, "record": {**v["record"], "result": "NOT_FOUND"}})


def _two_record_files_swapped(case: Path) -> None:
    one, two = records(case, number=1), records(case, number=2)
    a, b = one.read_bytes(), two.read_bytes()
    rewrite(one, b)
    rewrite(two, a)


def _record_file_renamed(case: Path) -> None:
    path = records(case)
    path.rename(path.with_name(path.name.replace("-collect", "-gather")))


def _two_tokens_swapped(case: Path) -> None:
    one, two = sorted((case / "proofs").glob("*.tsr"))
    a, b = one.read_bytes(), two.read_bytes()
    rewrite(one, b)
    rewrite(two, a)


def _pipe_added(case: Path) -> None:
    os.mkfifo(case / "records" / "pipe")


def _name_that_is_not_utf8(case: Path) -> None:
    (case / os.fsdecode(b"caf\xe9\n")).write_bytes(b"x")


def _blob_under_its_name_in_capitals(case: Path) -> None:
    path = blob(case)
    path.rename(path.with_name(path.name.upper()))


def _blob_in_another_folder(case: Path) -> None:
    path = blob(case)
    other = case / "blobs" / ("00" if path.name[:2] != "00" else "01")
    other.mkdir(exist_ok=True)
    path.rename(other / path.name)


def _case_of_a_newer_version(case: Path) -> None:
    change_line(case / "case.json", 0, lambda value: {**value, "format_version": 2})


def _nested_deeply(case: Path) -> None:
    rewrite_lines(records(case), lambda lines: [b'{"record":' + b"[" * 100_000 + b"]" * 100_000 + b"}\n", *lines[1:]])


def cut_after(case: Path, seq: int) -> None:
    """Cuts the ledger after an event and removes what the later ones had committed: nothing inside shows it.

    Works where the later events commit a report at most.
    """
    rewrite(case / "ledger.jsonl", b"".join(lines_of(case / "ledger.jsonl")[: seq + 1]))
    for path in (case / "records").iterdir():
        if int(path.name[:6]) > seq:
            path.unlink()
    (case / "reports" / "report.pdf").unlink()
    name = hashlib.sha256(REPORT).hexdigest()
    (case / "blobs" / name[:2] / name).unlink()


CASE: Mapping[str, Damage] = {
    "a blob is edited": lambda case: edit(blob(case), flip),
    "a blob is cut": lambda case: edit(blob(case), lambda data: data[:-1]),
    "a blob is emptied": lambda case: edit(blob(case), lambda _: b""),
    "a blob is extended": lambda case: edit(blob(case), lambda data: data + b"\0"),
    "a blob is deleted": _blob_deleted_once,
    "two blobs are swapped": _blobs_swapped,
    "a blob is replaced by a link": _blob_replaced_by_link,
    "a blob is in capitals": _blob_under_its_name_in_capitals,
    "a blob is in another folder": _blob_in_another_folder,
    "a file is added": lambda case: (case / "note.txt").write_bytes(b"x"),
    "a hidden file is added": lambda case: (case / "blobs" / ".DS_Store").write_bytes(b"x"),
    "a file of another name is added to the blobs": lambda case: (blob(case).parent / "x").write_bytes(b"x"),
    "a link is added": lambda case: (case / "reports" / "link").symlink_to("/etc/hostname"),
    "a link to a folder is added": lambda case: (case / "more").symlink_to("/tmp"),
    "a pipe is added": _pipe_added,
    "a name is not UTF-8": _name_that_is_not_utf8,
    "a record is edited": _finding_turned_round,
    "a record has another salt": lambda case: change_line(records(case), 0, lambda v: {**v, "salt": "0" * 32}),
    "a record is deleted": lambda case: rewrite_lines(records(case), lambda lines: lines[1:]),
    "a record is doubled": lambda case: rewrite_lines(records(case), lambda lines: [lines[0], *lines]),
    "two records are swapped": lambda case: rewrite_lines(records(case), lambda lines: in_order(lines, 1, 0)),
    "a record is replaced by its leaf": _record_replaced_by_leaf,
    "two record files are swapped": _two_record_files_swapped,
    "a record file is deleted": lambda case: records(case).unlink(),
    "a record file is renamed": _record_file_renamed,
    "a record file has a number of seven digits": lambda case: (
        case / "records" / f"{len(lines_of(case / 'ledger.jsonl')):07d}-collect.jsonl"
    ).write_bytes(b"{"),
    "a record file is emptied": lambda case: edit(records(case), lambda _: b""),
    "a record has a space": lambda case: edit(records(case), lambda data: data.replace(b'":', b'": ', 1)),
    "a record has a digest in capitals": lambda case: edit(
        records(case), lambda data: data.replace(b'"salt":"', b'"salt":"A', 1)
    ),
    "a record file has a blank line": lambda case: rewrite_lines(
        records(case), lambda lines: [lines[0], b"\n", *lines[1:]]
    ),
    "a record file ends with a blank line": lambda case: edit(records(case), lambda data: data + b"\n"),
    "a record file has a carriage return": lambda case: edit(records(case), lambda data: data[:-1] + b"\r\n"),
    "a record file has a byte order mark": lambda case: edit(records(case), lambda data: b"\xef\xbb\xbf" + data),
    "a record file lacks its last line feed": lambda case: edit(records(case), lambda data: data[:-1]),
    "a record file is binary": lambda case: edit(records(case), lambda _: bytes(range(256)) * 16),
    "a record is nested deeply": _nested_deeply,
    "a ledger line is edited": lambda case: change_line(
        case / "ledger.jsonl", 2, lambda v: {**v, "at": "2020-01-01T00:00:00.000000Z"}
    ),
    "a ledger line names another program": lambda case: change_line(
        case / "ledger.jsonl", 2, lambda v: {**v, "tool": {"name": "forensics", "version": "9"}}
    ),
    "a signature is flipped": lambda case: change_line(
        case / "ledger.jsonl", 2, lambda v: {**v, "sig": f"{int(v['sig'][0], 16) ^ 1:x}" + v["sig"][1:]}
    ),
    "a signature is in capitals": lambda case: change_line(
        case / "ledger.jsonl", 2, lambda v: {**v, "sig": v["sig"].upper()}
    ),
    "a ledger line is deleted": lambda case: rewrite_lines(case / "ledger.jsonl", lambda lines: lines[:3] + lines[4:]),
    "the first ledger line is deleted": lambda case: rewrite_lines(case / "ledger.jsonl", lambda lines: lines[1:]),
    "a ledger line is doubled": lambda case: rewrite_lines(case / "ledger.jsonl", lambda lines: lines[:3] + lines[2:]),
    "two ledger lines are swapped": lambda case: rewrite_lines(
        case / "ledger.jsonl", lambda lines: in_order(lines, 0, 1, 3, 2)
    ),
    "the ledger has a blank line": lambda case: rewrite_lines(
        case / "ledger.jsonl", lambda lines: [*lines[:2], b"\n", *lines[2:]]
    ),
    "the ledger has a space": lambda case: edit(case / "ledger.jsonl", lambda data: data.replace(b",", b", ", 1)),
    "the ledger is emptied": lambda case: edit(case / "ledger.jsonl", lambda _: b""),
    "the ledger is deleted": lambda case: (case / "ledger.jsonl").unlink(),
    "the ledger is binary": lambda case: edit(case / "ledger.jsonl", lambda _: bytes(range(256)) * 16),
    "a member is added to the ledger": lambda case: change_line(case / "ledger.jsonl", 2, lambda v: {**v, "note": "x"}),
    "the case file is edited": lambda case: change_line(case / "case.json", 0, lambda v: {**v, "title": "Another"}),
    "the case file is deleted": lambda case: (case / "case.json").unlink(),
    "the case file claims a newer version": _case_of_a_newer_version,
    "a token is flipped": lambda case: edit(first(case / "proofs", ".tsr"), flip),
    "a token is deleted": lambda case: first(case / "proofs", ".tsr").unlink(),
    "two tokens are swapped": _two_tokens_swapped,
    "a certificate is flipped": lambda case: edit(first(case / "proofs", ".cer"), flip),
    "a proof has another ending": lambda case: first(case / "proofs", ".tsr").rename(case / "proofs" / "token.tsr"),
    "a report is edited": lambda case: edit(case / "reports" / "report.pdf", flip),
    "a report is deleted": lambda case: (case / "reports" / "report.pdf").unlink(),
    "a report is added": lambda case: (case / "reports" / "other.pdf").write_bytes(b"%PDF of our own"),
    "a committed blob is put among the reports": lambda case: shutil.copy(blob(case), case / "reports" / "copy.bin"),
    "a report is replaced by another blob": lambda case: rewrite(
        case / "reports" / "report.pdf", blob(case).read_bytes()
    ),
    "the case file has another member": lambda case: change_line(case / "case.json", 0, lambda v: {**v, "note": "x"}),
}


def _add_uncommitted_report(case: Path) -> None:
    (case / "reports" / "new.pdf").write_bytes(b"%PDF not committed")
    _add_named_by_digest(case, b"%PDF not committed")


def _replace_report_by_uncommitted(case: Path) -> None:
    rewrite(case / "reports" / "report.pdf", b"%PDF not committed")
    _add_named_by_digest(case, b"%PDF not committed")


def _add_packet(case: Path) -> None:
    (case / "packets").mkdir(exist_ok=True)
    (case / "packets" / "half").mkdir()
    (case / "packets" / "half" / "bagit.txt").write_bytes(b"x")
    (case / "packets" / "half" / "bag-info.txt").write_bytes(b"x")


REMAINS: Mapping[str, Damage] = {
    "a file in tmp": lambda case: (case / "tmp" / "half").write_bytes(b"x"),
    "a blob that no record names": lambda case: _add_named_by_digest(case, b"never committed"),
    "the next record file": lambda case: (
        case / "records" / f"{len(lines_of(case / 'ledger.jsonl')):06d}-collect.jsonl"
    ).write_bytes(b"{"),
    "half a ledger line": lambda case: edit(case / "ledger.jsonl", lambda data: data + b'{"action":"coll'),
    "a proof that no record names": lambda case: _add_proof(case, b"a token"),
    "a report whose blob no record names": _add_uncommitted_report,
    "a newer report in place of one": _replace_report_by_uncommitted,
    "a packet that no record names": _add_packet,
    "a link in tmp": lambda case: (case / "tmp" / "link").symlink_to("/etc/hostname"),
}
"""What an interrupted run may leave: in a case uncommitted remains, in a packet defects."""


def _add_named_by_digest(case: Path, data: bytes) -> None:
    name = hashlib.sha256(data).hexdigest()
    (case / "blobs" / name[:2]).mkdir(exist_ok=True)
    (case / "blobs" / name[:2] / name).write_bytes(data)


def _add_proof(case: Path, data: bytes) -> None:
    (case / "proofs" / f"{hashlib.sha256(data).hexdigest()}.tsr").write_bytes(data)


# Damage to a packet


def reseal(packet: Path) -> None:
    """Makes every manifest and the statement fit the files again; the signature stays, for want of the key."""
    files = sorted(
        (path for path in packet.rglob("*") if path.is_file()), key=lambda path: os.fsencode(path.relative_to(packet))
    )
    payload = [path for path in files if path.relative_to(packet).parts[0] == "data"]
    for name, digest in (
        ("manifest-sha256.txt", _sha256),
        ("manifest-sha512.txt", _sha512),
        ("blake3/manifest.txt", _b3),
    ):
        if (packet / name).exists():
            (packet / name).write_bytes(_manifest(packet, payload, digest))
    info = packet / "bag-info.txt"
    size = sum(path.stat().st_size for path in payload)
    kept = [line for line in info.read_text().splitlines() if not line.startswith("Payload-Oxum")]
    info.write_text("".join(f"{line}\n" for line in [*kept, f"Payload-Oxum: {size}.{len(payload)}"]))
    outside = {"tagmanifest-sha256.txt", "tagmanifest-sha512.txt", "packet.json", "packet.sig"}
    tags = [path for path in files if path not in payload and str(path.relative_to(packet)) not in outside]
    (packet / "tagmanifest-sha256.txt").write_bytes(_manifest(packet, tags, _sha256))
    (packet / "tagmanifest-sha512.txt").write_bytes(_manifest(packet, tags, _sha512))
    statement = json.loads((packet / "packet.json").read_bytes())
    for name in statement["tag_manifests"]:
        statement["tag_manifests"][name] = _sha256((packet / name).read_bytes())
    ledger = lines_of(packet / "data" / "ledger.jsonl") if (packet / "data" / "ledger.jsonl").exists() else []
    if ledger:
        statement["head"] = {"seq": len(ledger) - 1, "digest": _sha256(ledger[-1].rstrip(b"\n"))}
    (packet / "packet.json").write_bytes(rfc8785.dumps(statement) + b"\n")


def _manifest(packet: Path, files: list[Path], digest: Callable[[bytes], str]) -> bytes:
    lines = [
        digest(path.read_bytes()).encode() + b"  " + _manifest_path(path.relative_to(packet)) + b"\n" for path in files
    ]
    return b"".join(lines)


def _manifest_path(path: Path) -> bytes:
    return os.fsencode(path).replace(b"%", b"%25").replace(b"\n", b"%0A").replace(b"\r", b"%0D")


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _sha512(data: bytes) -> str:
    return hashlib.sha512(data).hexdigest()


def _b3(data: bytes) -> str:
    return blake3(data).hexdigest()


def resealed(damage: Damage) -> Damage:
    """Damages the case inside a packet and reseals the packet."""

    def both(packet: Path) -> None:
        damage(packet / "data")
        reseal(packet)

    return both


def signed_anew(packet: Path) -> None:
    """Signs the statement by a key of the opponent's own, which the ledger does not list."""
    key = Ed25519PrivateKey.generate()
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    rewrite(packet / "signer.pem", key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    reseal(packet)
    statement = json.loads((packet / "packet.json").read_bytes()) | {"key": _sha256(spki)}
    body = rfc8785.dumps(statement)
    (packet / "packet.json").write_bytes(body + b"\n")
    (packet / "packet.sig").write_bytes(key.sign(b"forensics-packet-v1\0" + body))


def _another_signer_pem(packet: Path) -> None:
    key = Ed25519PrivateKey.generate().public_key()
    rewrite(packet / "signer.pem", key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    reseal(packet)


def _file_and_its_lines_deleted(packet: Path) -> None:
    path = blob(packet / "data")
    path.unlink()
    name = str(path.relative_to(packet)).encode()
    for manifest in ("manifest-sha256.txt", "manifest-sha512.txt", "blake3/manifest.txt"):
        rewrite_lines(packet / manifest, lambda lines: [line for line in lines if name not in line])


def _packet_inside(packet: Path) -> None:
    (packet / "data" / "packets").mkdir()
    (packet / "data" / "packets" / "x.zip").write_bytes(b"x")
    reseal(packet)


def _withheld_changed(packet: Path) -> None:
    change_line(packet / "packet.json", 0, lambda v: {**v, "withheld": {**v["withheld"], "blobs": []}})


def _add_withheld(packet: Path) -> None:
    name = json.loads((packet / "packet.json").read_bytes())["withheld"]["blobs"][0]
    (packet / "data" / "blobs" / name[:2]).mkdir(exist_ok=True)
    (packet / "data" / "blobs" / name[:2] / name).write_bytes(b"age-encryption.org/v1 not quite")
    reseal(packet)


def _manifest_changed(change: Callable[[list[bytes]], list[bytes]]) -> Damage:
    return lambda packet: rewrite_lines(packet / "manifest-sha256.txt", change)


PACKET: Mapping[str, Damage] = {
    "the payload is edited": lambda packet: edit(blob(packet / "data"), flip),
    "a payload file is deleted": lambda packet: blob(packet / "data").unlink(),
    "a file and its manifest lines are deleted": _file_and_its_lines_deleted,
    "a payload file is added": lambda packet: (packet / "data" / "reports" / "x.pdf").write_bytes(b"x"),
    "a tag file is added": lambda packet: (packet / "readme.txt").write_bytes(b"x"),
    "a tag file is edited": lambda packet: edit(packet / "HOW-TO-VERIFY.txt", flip),
    "a tag file is deleted": lambda packet: (packet / "HOW-TO-VERIFY.txt").unlink(),
    "a manifest is deleted": lambda packet: (packet / "manifest-sha512.txt").unlink(),
    "the BLAKE3 manifest is deleted": lambda packet: (packet / "blake3" / "manifest.txt").unlink(),
    "a tag manifest is deleted": lambda packet: (packet / "tagmanifest-sha256.txt").unlink(),
    "a tag manifest is edited": lambda packet: edit(packet / "tagmanifest-sha512.txt", flip),
    "a manifest is out of order": _manifest_changed(lambda lines: in_order(lines, 1, 0)),
    "a manifest has a line twice": _manifest_changed(lambda lines: [lines[0], *lines]),
    "a manifest has capitals": _manifest_changed(lambda lines: [lines[0][:64].upper() + lines[0][64:], *lines[1:]]),
    "a manifest has a blank line": _manifest_changed(lambda lines: [*lines, b"\n"]),
    "a manifest lacks its last line feed": _manifest_changed(lambda lines: [*lines[:-1], lines[-1][:-1]]),
    "a manifest has carriage returns": _manifest_changed(lambda lines: [line[:-1] + b"\r\n" for line in lines]),
    "a manifest has a star": _manifest_changed(lambda lines: [lines[0].replace(b"  ", b" *"), *lines[1:]]),
    "a manifest of its own is added": lambda packet: (packet / "manifest-md5.txt").write_bytes(b""),
    "fetch.txt is added": lambda packet: (packet / "fetch.txt").write_bytes(b"http://example.org/ 1 data/x\n"),
    "a withheld blob is put back": _add_withheld,
    "a manifest leads outside": _manifest_changed(lambda lines: [b"0" * 64 + b"  ../outside\n", *lines]),
    "a manifest is absolute": _manifest_changed(lambda lines: [b"0" * 64 + b"  /etc/hostname\n", *lines]),
    "the bag declares another version": lambda packet: edit(packet / "bagit.txt", lambda d: d.replace(b"1.0", b"0.97")),
    "the bag has Payload-Oxum twice": lambda packet: edit(packet / "bag-info.txt", lambda d: d + d),
    "the statement is edited": _withheld_changed,
    "the statement is deleted": lambda packet: (packet / "packet.json").unlink(),
    "the statement has a space": lambda packet: edit(packet / "packet.json", lambda d: d.replace(b":", b": ", 1)),
    "the statement claims a newer version": lambda packet: change_line(
        packet / "packet.json", 0, lambda v: {**v, "format_version": 2}
    ),
    "the signature is flipped": lambda packet: edit(packet / "packet.sig", flip),
    "the signature is cut": lambda packet: edit(packet / "packet.sig", lambda data: data[:-1]),
    "the signature is deleted": lambda packet: (packet / "packet.sig").unlink(),
    "signer.pem is another key": _another_signer_pem,
    "the packet is signed by a key of the opponent": signed_anew,
    "a packet lies in the packet": _packet_inside,
    "the ledger inside is cut": resealed(lambda case: rewrite_lines(case / "ledger.jsonl", lambda lines: lines[:-1])),
    "data is deleted": lambda packet: shutil.rmtree(packet / "data"),
    **{
        f"resealed: {name}": resealed(damage)
        for name, damage in CASE.items()
        if "link" not in name and "pipe" not in name
    },
}
