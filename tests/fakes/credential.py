"""Files that carry content credentials: signed for real, by certificates of our own authorities."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import zlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import c2pa
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID
from PIL import Image

from tests.fakes import pki
from tests.fakes.pki import Party

MODEL = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
CAMERA = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"

TYPES = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "TIFF": "image/tiff",
    "MP4": "video/mp4",
}


@dataclass(frozen=True)
class Signing:
    """An authority and a certificate that may sign content."""

    authority: Party
    signer: Party


def signing(
    name: str = "Test Camera",
    *,
    not_before: datetime = pki.EARLY,
    not_after: datetime = pki.LATE,
    ocsp: str | None = None,
) -> Signing:
    """Makes an authority and a certificate under it, as the C2PA's profile of certificates demands.

    Args:
        name: Common name of the signer.
        not_before: Start of its validity.
        not_after: End of its validity.
        ocsp: Address at which its revocation could be asked for.
    """
    authority, key = pki.root(f"Authority of {name}"), pki.new_key()
    subject = [(NameOID.ORGANIZATION_NAME, "Forensics tests"), (NameOID.COMMON_NAME, name)]
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(*pair) for pair in subject]))
        .issuer_name(authority.certificate.subject)
        .public_key(key.public_key())
        .serial_number(4711)
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(True, *[False] * 8), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), critical=False)
    )
    if ocsp is not None:
        place = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(ocsp))
        builder = builder.add_extension(x509.AuthorityInformationAccess([place]), critical=False)
    return Signing(authority, Party(builder.sign(authority.key, hashes.SHA256()), key))


def plain(kind: str, folder: Path) -> bytes:
    """Makes a small picture or clip without credentials."""
    path = folder / f"plain.{kind.lower()}"
    if kind == "MP4":
        source = ["-f", "lavfi", "-i", "testsrc=s=64x64:r=5:d=1"]
        subprocess.run(["ffmpeg", "-v", "error", "-y", *source, str(path)], check=True, timeout=60)
    else:
        picture = Image.radial_gradient("L").resize((64, 64)).convert("RGB")
        picture.paste((200, 30, 30), (8, 8, 30, 24))
        picture.save(path, kind)
    return path.read_bytes()


def manifest(source: str = MODEL) -> dict[str, Any]:
    """Describes a manifest of one action."""
    action = {
        "action": "c2pa.created",
        "when": "2026-01-02T03:04:05Z",
        "softwareAgent": {"name": "Painter", "version": "2"},
        "digitalSourceType": source,
    }
    return {
        "claim_generator_info": [{"name": "tests", "version": "1.0"}],
        "title": "a title",
        "assertions": [{"label": "c2pa.actions", "data": {"actions": [action]}}],
    }


def signed(
    content: bytes,
    media_type: str,
    by: Signing,
    *,
    source: str = MODEL,
    remote_url: str | None = None,
    is_embedded: bool = True,
    parent: bytes | None = None,
) -> bytes:
    """Signs a file; nothing is asked of a time-stamp authority.

    Args:
        content: The file.
        media_type: Its media type.
        by: Who signs.
        source: `digitalSourceType` of its action.
        remote_url: Address that its XMP gives for the manifest.
        is_embedded: Whether the manifest is put into it.
        parent: File that it was made from.
    """
    chain = by.signer.pem + by.authority.pem
    info = c2pa.C2paSignerInfo(c2pa.C2paSigningAlg.ES256, chain, by.signer.key_pem, None)
    builder = c2pa.Builder(json.dumps(manifest(source)))
    if parent is not None:
        told = {"title": "the parent", "relationship": "parentOf"}
        builder.add_ingredient(json.dumps(told), media_type, io.BytesIO(parent))
    if remote_url is not None:
        builder.set_remote_url(remote_url)
    if not is_embedded:
        builder.set_no_embed()
    made = io.BytesIO()
    builder.sign(c2pa.Signer.from_info(info), media_type, io.BytesIO(content), made)
    return made.getvalue()


def without_segments(jpeg: bytes, marker: int) -> bytes:
    """Takes every segment of one kind out of a JPEG file (ITU-T T.81, annex B)."""
    kept, at = jpeg[:2], 2
    while jpeg[at + 1] != 0xDA:
        (size,) = struct.unpack(">H", jpeg[at + 2 : at + 4])
        if jpeg[at + 1] != marker:
            kept += jpeg[at : at + 2 + size]
        at += 2 + size
    return kept + jpeg[at:]


def with_store(store: bytes) -> bytes:
    """Makes a PNG picture of one pixel with any bytes in the chunk for manifest stores (C2PA 2.2, A.3.2)."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    rest = chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"caBX", store) + rest


def nested_boxes(depth: int) -> bytes:
    """Makes boxes of JUMBF within each other (ISO/IEC 19566-5), each described as a manifest store."""
    described = struct.pack(">I", 33) + b"jumdc2pa\x00\x11\x00\x10\x80\x00\x00\xaa\x00\x38\x9b\x71\x03c2pa\x00"[:29]
    described = struct.pack(">I", len(described)) + described[4:]
    sizes = [(len(described) + 8) * (number + 1) for number in range(depth)]
    return b"".join(struct.pack(">I", size) + b"jumb" + described for size in reversed(sizes))
