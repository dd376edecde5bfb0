"""A tiny writer of cases and packets, written from docs/case-format.md alone, for tests of verifiers."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Json = dict[str, Any]
ZEROS = "0" * 64
SALT = "5a" * 16


def canonical(value: object) -> bytes:
    """Writes canonical JSON; enough for values with ASCII member names and small integers."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def sha256(data: bytes) -> str:
    """Gives a SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def blake3(data: bytes) -> str:
    """Gives a BLAKE3 in hexadecimal; zeros where the package is missing, for then no verifier here can tell."""
    try:
        import blake3 as package
    except ImportError:
        return ZEROS
    return str(package.blake3(data).hexdigest())


def now(seconds: float = 0) -> str:
    """Gives the time, or one so many seconds away, as the format writes it."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def spki(key: Ed25519PrivateKey) -> bytes:
    """Gives the SubjectPublicKeyInfo of a key."""
    kind = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.DER, kind)


def key_id(key: Ed25519PrivateKey) -> str:
    """Gives the id of a key."""
    return sha256(spki(key))


def write_public_key(key: Ed25519PrivateKey, path: Path) -> Path:
    """Writes the public key as PEM."""
    kind = serialization.PublicFormat.SubjectPublicKeyInfo
    path.write_bytes(key.public_key().public_bytes(serialization.Encoding.PEM, kind))
    return path


def leaf(record: Json) -> bytes:
    """Gives the leaf of a record under the salt that this writer always uses."""
    return hashlib.sha256(b"\0" + bytes.fromhex(SALT) + canonical(record)).digest()


def root(leaves: list[bytes]) -> bytes:
    """Gives the Merkle root, level by level: a last node without a partner rises unchanged."""
    level = leaves or [hashlib.sha256().digest()]
    while len(level) > 1:
        pairs = [level[at : at + 2] for at in range(0, len(level), 2)]
        level = [hashlib.sha256(b"\1" + b"".join(pair)).digest() if len(pair) == 2 else pair[0] for pair in pairs]
    return level[0]


class TinyCase:
    """Writes one case, event by event."""

    def __init__(self, folder: Path, key: Ed25519PrivateKey | None = None, **opening: Any) -> None:
        self.folder, self.key = folder, key or Ed25519PrivateKey.generate()
        self.events: list[Json] = []
        self.head = ZEROS
        (folder / "records").mkdir(parents=True)
        self.opening = {
            "format_version": 1,
            "id": "0f8e7d6c-5b4a-4321-8765-43210fedcba9",
            "title": "Tiny",
            "reference": "",
            "examiner": "张三 🔎",
            "organisation": "",
            "jurisdiction": "eu",
            "language": "fr",
            "opened_at": now(),
            "salt": SALT,
            **opening,
        }
        (folder / "case.json").write_bytes(canonical(self.opening) + b"\n")
        listing = {"id": key_id(self.key), "spki": spki(self.key).hex()}
        record = {"type": "key", "key_id": listing["id"], "holder": "Z", "recipient": "age1"}
        self.event("open", [record], key=listing, case=sha256((folder / "case.json").read_bytes()))

    def event(self, action: str, records: list[Json] | None = None, **members: Any) -> int:
        """Commits records in a signed event; `signer` and `at` may be given. The event's number is returned."""
        seq, records = len(self.events), records or []
        name = f"{seq:06d}-{action}.jsonl" if records else None
        if name:
            written = [canonical({"record": record, "salt": SALT}) + b"\n" for record in records]
            (self.folder / "records" / name).write_bytes(b"".join(written))
        signer = members.pop("signer", self.key)
        body = {
            "seq": seq,
            "at": now(),
            "action": action,
            "actor": key_id(signer),
            "prev": self.head,
            "tool": {"name": "tiny", "version": "1"},
            "records": {"count": len(records), "file": name, "root": root([leaf(r) for r in records]).hex()},
            **members,
        }
        body["sig"] = signer.sign(b"forensics-event-v1\0" + canonical(body)).hex()
        self.events.append(body)
        self.head = sha256(canonical(body))
        with (self.folder / "ledger.jsonl").open("ab") as ledger:
            ledger.write(canonical(body) + b"\n")
        return seq

    def blob(self, data: bytes, role: str = "original") -> Json:
        """Stores bytes and gives the artifact that names them."""
        digest = sha256(data)
        place = self.folder / "blobs" / digest[:2] / digest
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        digests = {"sha256": digest, "blake3": blake3(data), "size": len(data)}
        artifact = {"role": role, "name": "a.bin", "media_type": "application/octet-stream", "obtained_at": now()}
        return {**artifact, "facts": {}, "digests": digests, "sealed": None}

    def collect(self, *contents: bytes) -> int:
        """Commits an act with one item and one acquisition for each content."""
        seq, first = len(self.events), sum(event["action"] == "collect" for event in self.events) * 100
        run: Json = {"verb": "collect", "started_at": now(), "environment": {}, "arguments": [], "self_test": {}}
        records: list[Json] = [{"type": "act", **run, "clock": [clock_check()]}]
        for number, content in enumerate(contents, start=first + 1):
            item = f"ITEM-{number:04d}"
            records.append({"type": "item", "id": item, "locator": "x", "kind": "file", "sensitivity": "normal"})
            times: Json = {"started_at": now(), "ended_at": now()}
            outcome: Json = {"outcome": "COMPLETE", "gaps": [], "artifacts": [self.blob(content)]}
            records.append({"type": "acquisition", "item": item, "act": f"{seq}/0", **times, **outcome})
        records.append({"type": "act-end", "act": f"{seq}/0", "ended_at": now(), "clock": []})
        return self.event("collect", records)

    def erase(self, item: str, seq: int, indexes: list[int]) -> int:
        """Commits an erasure, without carrying it out."""
        record = {"type": "erasure", "item": item, "basis": "request", "at": now()}
        return self.event("erase", [record], erased=[{"seq": seq, "indexes": indexes}])

    def report(self, name: str, content: bytes) -> int:
        """Builds a report and commits it."""
        place = self.folder / "reports" / name
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(content)
        record = {"type": "output", "kind": "report", "path": f"reports/{name}", "as_of": len(self.events) - 1}
        artifact = self.blob(content, "report")
        return self.event("report", [{**record, "artifact": artifact, "digest": sha256(content)}])

    def stamp(
        self,
        authority: Authority,
        *,
        over: int | None = None,
        damage: Callable[[bytes], bytes] = bytes,
        **changes: Any,
    ) -> int:
        """Commits a checkpoint (unless it is over an earlier one) and a token; `changes` go into the record."""
        checkpoint, requested = self.event("checkpoint") if over is None else over, now()
        line = (self.folder / "ledger.jsonl").read_bytes().splitlines()[checkpoint]
        response, gen_time = authority.stamp(sha256(line))
        proofs = self.folder / "proofs"
        proofs.mkdir(exist_ok=True)
        record = {
            "type": "time-proof",
            "checkpoint": checkpoint,
            "authority": "tiny",
            "token": keep(proofs, damage(response), "tsr"),
            "certificates": [keep(proofs, each, "cer") for each in authority.certificates],
            "revocation": [],
            "gen_time": gen_time,
            "accuracy_s": 0.5,
            "requested_at": requested,
            "received_at": now(),
            **changes,
        }
        return self.event("time-proof", [record])


def keep(folder: Path, data: bytes, ending: str) -> str:
    """Writes a file under its SHA-256 and gives that."""
    (folder / f"{sha256(data)}.{ending}").write_bytes(data)
    return sha256(data)


def clock_check() -> Json:
    """Gives a clock check that found a small difference."""
    found = {"server": "ntp", "phase": "before", "at": now(), "offset_s": 0.25, "round_trip_s": 0.01, "gap": None}
    return dict(found)


def bare(folder: Path, seq: int, indexes: list[int]) -> None:
    """Replaces record lines by their leaves, as an erasure or a withholding does."""
    path = next((folder / "records").glob(f"{seq:06d}-*"))
    written = path.read_bytes().splitlines()
    for index in indexes:
        written[index] = canonical({"leaf": leaf(json.loads(written[index])["record"]).hex()})
    path.write_bytes(b"\n".join(written) + b"\n")


def tiny_case(folder: Path, key: Ed25519PrivateKey | None = None, **opening: Any) -> TinyCase:
    """Writes the smallest case worth checking: an opening, two items, a checkpoint."""
    case = TinyCase(folder, key, **opening)
    case.collect(b"first", b"second" * 1000)
    case.event("checkpoint")
    return case


class TinyPacket:
    """Writes the packet of a case that lies in a folder."""

    def __init__(self, folder: Path, case: TinyCase, blobs: list[str] | None = None, records: Any = ()) -> None:
        self.folder, self.case = folder, case
        shutil.copytree(case.folder, folder / "data", ignore=shutil.ignore_patterns("packets", "tmp", "index.sqlite*"))
        self.statement = {
            "format_version": 1,
            "case": case.opening["id"],
            "created_at": now(),
            "key": key_id(case.key),
            "head": {"seq": len(case.events) - 1, "digest": case.head},
            "withheld": {"blobs": blobs or [], "records": list(records)},
        }
        for digest in blobs or []:
            (folder / "data" / "blobs" / digest[:2] / digest).unlink()
        for entry in records:
            bare(folder / "data", entry["seq"], entry["indexes"])
        (folder / "bagit.txt").write_bytes(b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
        (folder / "HOW-TO-VERIFY.txt").write_bytes(b"Read docs/case-format.md\n")
        write_public_key(case.key, folder / "signer.pem")
        self.close()

    def manifests(self, *, tags_alone: bool = False) -> None:
        """Writes every manifest anew, as whoever holds the packet could, but not its signature."""
        (self.folder / "blake3").mkdir(exist_ok=True)
        inside = self.files("data/")
        octets = sum((self.folder / name).stat().st_size for name in inside)
        if not tags_alone:
            (self.folder / "bag-info.txt").write_text(f"Payload-Oxum: {octets}.{len(inside)}\n")
        self.manifest("manifest-sha256.txt", sha256, inside)
        self.manifest("manifest-sha512.txt", sha512, inside)
        self.manifest("blake3/manifest.txt", blake3, inside)
        left_out = {"packet.json", "packet.sig", "tagmanifest-sha256.txt", "tagmanifest-sha512.txt", *inside}
        tags = [name for name in self.files("") if name not in left_out]
        self.manifest("tagmanifest-sha256.txt", sha256, tags)
        self.manifest("tagmanifest-sha512.txt", sha512, tags)

    def files(self, start: str) -> list[str]:
        """Lists files in manifest order."""
        names = [str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file()]
        return sorted((name for name in names if name.startswith(start)), key=str.encode)

    def manifest(self, name: str, digest: Any, names: list[str]) -> None:
        """Writes one manifest."""
        written = [f"{digest((self.folder / listed).read_bytes())}  {listed}\n" for listed in names]
        (self.folder / name).write_text("".join(written))

    def sign(self, key: Ed25519PrivateKey | None = None) -> None:
        """Writes and signs the statement over the tag manifests as they are."""
        names = ("tagmanifest-sha256.txt", "tagmanifest-sha512.txt")
        self.statement["tag_manifests"] = {name: sha256((self.folder / name).read_bytes()) for name in names}
        line = canonical(self.statement)
        (self.folder / "packet.json").write_bytes(line + b"\n")
        (self.folder / "packet.sig").write_bytes((key or self.case.key).sign(b"forensics-packet-v1\0" + line))

    def close(self, key: Ed25519PrivateKey | None = None, *, tags_alone: bool = False) -> None:
        """Writes manifests, statement and signature anew, as only the holder of the key can."""
        self.manifests(tags_alone=tags_alone)
        self.sign(key)


def sha512(data: bytes) -> str:
    """Gives a SHA-512 in hexadecimal."""
    return hashlib.sha512(data).hexdigest()


def zip_folder(folder: Path, archive: Path) -> Path:
    """Puts a folder into a .zip as its only top entry."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(folder.rglob("*")):
            file.write(path, path.relative_to(folder.parent))
    return archive


def tar_folder(folder: Path, archive: Path) -> Path:
    """Puts a folder into a .tar as its only top entry."""
    with tarfile.open(archive, "w") as file:
        file.add(folder, folder.name)
    return archive


class Authority:
    """A time-stamp authority of one's own, run with the program openssl; a deep one has an intermediate certificate.

    Tokens hold the authority's own certificate only; `certificates` are what a case keeps beside them.
    """

    def __init__(self, folder: Path, *, deep: bool = False) -> None:
        folder.mkdir()
        self.folder, self.anchor, self.middle = folder, folder / "ca.pem", folder / "middle.pem"
        ca_key, middle_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
        ca = certificate("Tiny CA", ca_key, "Tiny CA", ca_key)
        middle = certificate("Tiny middle", middle_key, "Tiny CA", ca_key, is_ca=True)
        own = certificate("Tiny TSA", key, *(("Tiny middle", middle_key) if deep else ("Tiny CA", ca_key)))
        pem, der = serialization.Encoding.PEM, serialization.Encoding.DER
        self.anchor.write_bytes(ca.public_bytes(pem))
        self.middle.write_bytes(middle.public_bytes(pem))
        (folder / "tsa.pem").write_bytes(own.public_bytes(pem))
        plain = (pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        (folder / "tsa.key").write_bytes(key.private_bytes(*plain))
        (folder / "serial").write_text("01\n")
        (folder / "tsa.cnf").write_text(
            f"[tsa]\ndefault_tsa = t\n[t]\nserial = {folder}/serial\nsigner_digest = sha256\ndefault_policy = 1.2.3.4\n"
            "digests = sha256, sha512\naccuracy = millisecs:500\ness_cert_id_alg = sha256\n"
        )
        self.certificates = [own.public_bytes(der), *([middle.public_bytes(der)] if deep else [])]

    def stamp(self, digest: str) -> tuple[bytes, str]:
        """Gives a response over a SHA-256 and its genTime."""
        self.run("-query", "-digest", digest, "-sha256", "-cert", "-out", "q")
        signer = ("-signer", "tsa.pem", "-inkey", "tsa.key", "-config", "tsa.cnf")
        self.run("-reply", "-queryfile", "q", *signer, "-out", "r")
        text = self.run("-reply", "-in", "r", "-text").decode(errors="replace")
        shown = next(line for line in text.splitlines() if line.startswith("Time stamp: "))
        at = datetime.strptime(shown.removeprefix("Time stamp: "), "%b %d %H:%M:%S %Y GMT").replace(tzinfo=UTC)
        return (self.folder / "r").read_bytes(), at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def run(self, *arguments: str) -> bytes:
        """Runs `openssl ts` in this authority's folder."""
        return subprocess.run(["openssl", "ts", *arguments], cwd=self.folder, check=True, capture_output=True).stdout


def certificate(name: str, key: Any, issuer: str, issuer_key: Any, *, is_ca: bool = False) -> x509.Certificate:
    """Makes a certificate: an authority's where it signs itself, else a time-stamping one."""
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)]) for text in (name, issuer)]
    start, is_ca = datetime.now(UTC) - timedelta(days=1), is_ca or name == issuer
    builder = x509.CertificateBuilder().subject_name(names[0]).issuer_name(names[1]).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(start)
    builder = builder.not_valid_after(start + timedelta(days=30))
    builder = builder.add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
    if not is_ca:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(usage, critical=True)
    return builder.sign(issuer_key, hashes.SHA256())
