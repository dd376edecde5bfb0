"""Signers' files made by OpenSSL, plain PDFs, and what an attacker does to a sealed one."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from reportlab.pdfgen.canvas import Canvas

from tests.fakes import pki
from tests.fakes.pki import Party

PASSPHRASE = "corrект horse 密码"  # letters beyond ASCII, as people have them


def plain_pdf(text: str = "Report", pages: int = 2) -> bytes:
    """Draws a PDF without seal."""
    out = io.BytesIO()
    canvas = Canvas(out, invariant=1)
    for number in range(pages):
        canvas.drawString(72, 720, f"{text} {number + 1}")
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def signer(issuer: Party | None = None, name: str = "Jane Doe", **arguments) -> Party:
    """Makes the certificate of a person; self-signed where there is no issuer."""
    return pki.stamper(issuer, name, usages=(), **arguments)


def pkcs12(folder: Path, party: Party, *issuers: Party, passphrase: str = PASSPHRASE, name: str = "signer") -> Path:
    """Has OpenSSL write a PKCS#12 file."""
    key, certificate, out = (folder / f"{name}{ending}" for ending in (".key", ".pem", ".p12"))
    key.write_bytes(party.key_pem)
    certificate.write_bytes(party.pem + b"".join(one.pem for one in issuers))
    openssl("pkcs12", "-export", "-inkey", key, "-in", certificate, "-passout", f"pass:{passphrase}", "-out", out)
    return out


def openssl(*arguments: object) -> bytes:
    """Runs OpenSSL."""
    return subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True).stdout


def with_annotation(pdf: bytes, text: str = "Paid in full") -> bytes:
    """Adds a note to the first page by an incremental update."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    note = generic.DictionaryObject(
        {
            generic.NameObject("/Type"): generic.NameObject("/Annot"),
            generic.NameObject("/Subtype"): generic.NameObject("/FreeText"),
            generic.NameObject("/Contents"): generic.pdf_string(text),
            generic.NameObject("/Rect"): generic.ArrayObject(map(generic.NumberObject, (72, 600, 300, 640))),
        }
    )
    page = writer.root["/Pages"]["/Kids"][0]
    kept = list(page.get("/Annots", ()))
    page[generic.NameObject("/Annots")] = generic.ArrayObject([*kept, writer.add_object(note)])
    writer.mark_update(page.container_ref)
    return _written(writer)


def with_other_page(pdf: bytes, text: bytes = b"BT /F1 24 Tf 72 720 Td (Another text) Tj ET") -> bytes:
    """Gives the first page another content by an incremental update."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    page = writer.root["/Pages"]["/Kids"][0]
    page[generic.NameObject("/Contents")] = writer.add_object(generic.StreamObject(stream_data=text))
    writer.mark_update(page.container_ref)
    return _written(writer)


def _written(writer: IncrementalPdfFileWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def digits_of(pdf: bytes) -> tuple[int, int, int]:
    """Gives where the digits of the signature begin, where the signature ends, and where its reserved room ends."""
    start = pdf.index(b"/Contents <") + len(b"/Contents <")
    end = pdf.index(b">", start)
    length = int.from_bytes(bytes.fromhex(pdf[start + 4 : start + 8].decode()), "big") + 4
    return start, start + 2 * length, end
