"""Seals as the field's own programs see them: OpenSSL, poppler and qpdf."""

from __future__ import annotations

import io
import re
import shutil
import subprocess

import pikepdf
import pytest

from forensics.custody.trusted_time import Authority
from forensics.reporter import pades, pdfa
from tests.fakes import pki, sealing
from tests.fakes.tsa import TimeStampAuthority


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A sealed file with its parts beside it: `signature.der`, `content`, `root.pem`, `token.der`."""
    folder = tmp_path_factory.mktemp("world")
    root = pki.root("Seal root")
    signer = pades.load_signer(sealing.pkcs12(folder, sealing.signer(root), root), sealing.PASSPHRASE)
    (folder / "root.pem").write_bytes(root.pem)
    with TimeStampAuthority(folder / "tsa") as authority:
        trusted = [Authority(authority.url, (authority.anchor,))]
        data = pades.seal(sealing.plain_pdf(), signer=signer, authorities=trusted, reason="Report", name="report.pdf")
    (folder / "report.pdf").write_bytes(data)
    start, end, _ = sealing.digits_of(data)
    (folder / "signature.der").write_bytes(bytes.fromhex(data[start:end].decode()))
    first, second, length = map(int, re.search(rb"/ByteRange \[0 (\d+) (\d+) (\d+)\]", data).groups())
    (folder / "content").write_bytes(data[:first] + data[second : second + length])
    return folder


def cms_verify(folder, content):
    arguments = ["-inform", "DER", "-in", folder / "signature.der", "-binary", "-content", content]
    command = ["openssl", "cms", "-verify", *arguments, "-CAfile", folder / "root.pem", "-purpose", "any"]
    return subprocess.run([*command, "-out", folder / "out"], capture_output=True, text=True, check=False)


def test_openssl_verifies_the_signature_over_the_two_ranges(world):
    done = cms_verify(world, world / "content")
    assert done.returncode == 0, done.stderr
    (world / "other").write_bytes((world / "content").read_bytes() + b" ")
    assert cms_verify(world, world / "other").returncode != 0


def test_poppler_finds_the_seal_valid_and_over_the_whole_document(world):
    if not shutil.which("pdfsig"):
        pytest.skip("pdfsig (poppler-utils) is not installed")
    told = subprocess.run(
        ["pdfsig", "-nocert", world / "report.pdf"], capture_output=True, text=True, check=True
    ).stdout
    assert "Signature is Valid" in told
    assert "Total document signed" in told


def test_qpdf_finds_no_fault_in_a_sealed_file(world):
    if not shutil.which("qpdf"):
        pytest.skip("qpdf is not installed")
    done = subprocess.run(["qpdf", "--check", world / "report.pdf"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_pdfa_s_properties_survive_the_seal(world, tmp_path):
    with_properties = pdfa.archival(blank(), attachments=[], language="en", title="Title")
    party = sealing.signer()
    signer = pades.load_signer(sealing.pkcs12(tmp_path, party), sealing.PASSPHRASE)
    sealed = pades.seal(with_properties, signer=signer, authorities=(), reason="Report", name="report.pdf")
    (tmp_path / "sealed.pdf").write_bytes(sealed)
    told = subprocess.run(["pdfinfo", "-meta", tmp_path / "sealed.pdf"], capture_output=True, text=True, check=True)
    assert "<pdfaid:part>3</pdfaid:part>" in told.stdout
    assert b"/Version" not in sealed[len(with_properties) :]


def blank():
    """Makes a page without any font."""
    out = io.BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page()
        document.docinfo["/CreationDate"] = "D:20261122013000+00'00'"
        document.save(out, static_id=True)
    return out.getvalue()
