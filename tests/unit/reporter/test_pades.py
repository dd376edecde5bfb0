"""Sealing: which certificates may, what the seal is, and that nothing half done is handed out."""

from __future__ import annotations

import io
import subprocess
from datetime import UTC, datetime

import pikepdf
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import NoEncryption, pkcs12
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm

from forensics.custody.trusted_time import Authority
from forensics.errors import KeyFileError, SealError
from forensics.reporter import pades
from forensics.verify.seal import read_seals
from tests.fakes import pki, sealing
from tests.fakes.tsa import Behaviour, TimeStampAuthority


@pytest.fixture(scope="module")
def root():
    return pki.root("Seal root")


@pytest.fixture(scope="module")
def party(root):
    return sealing.signer(root)


@pytest.fixture(scope="module")
def signer(root, party, tmp_path_factory):
    folder = tmp_path_factory.mktemp("signer")
    stranger = pki.root("Seal root")
    return pades.load_signer(sealing.pkcs12(folder, party, root, stranger), sealing.PASSPHRASE)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    with TimeStampAuthority(tmp_path_factory.mktemp("tsa")) as running:
        yield running


def sealed(signer, authorities=(), pdf=None):
    data = sealing.plain_pdf() if pdf is None else pdf
    return pades.seal(data, signer=signer, authorities=authorities, reason="Report 7", name="report.pdf")


# The signer's file


def test_a_file_made_by_openssl_is_unlocked(signer, party, root):
    assert signer.name == "CN=Jane Doe,O=Forensics tests"
    assert signer.issuer == "CN=Seal root,O=Forensics tests"
    assert not signer.is_self_signed
    assert signer.certificate == party.certificate
    assert signer.chain == (root.certificate,)
    assert sealing.PASSPHRASE not in repr(signer)


def test_a_wrong_passphrase_is_named_as_such(party, tmp_path):
    path = sealing.pkcs12(tmp_path, party)
    with pytest.raises(KeyFileError, match="passphrase is wrong"):
        pades.load_signer(path, "another")
    with pytest.raises(KeyFileError, match="passphrase is needed"):
        pades.load_signer(path, None)


def test_a_file_without_passphrase_is_unlocked_without_one(party, tmp_path):
    path = tmp_path / "open.p12"
    path.write_bytes(pkcs12.serialize_key_and_certificates(b"x", party.key, party.certificate, None, NoEncryption()))
    assert pades.load_signer(path, None).certificate == party.certificate


def test_a_file_that_is_not_pkcs12_is_no_matter_of_the_passphrase(party, tmp_path):
    for name, data in {"pem": party.key_pem, "empty": b"", "random": b"\x30\x82\x01\x00" + bytes(range(200))}.items():
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(KeyFileError, match="no PKCS#12 file"):
            pades.load_signer(path, "x")
    with pytest.raises(KeyFileError, match="cannot be read"):
        pades.load_signer(tmp_path / "missing.p12", "x")


def test_a_file_without_key_is_refused(party, tmp_path):
    certificate, path = tmp_path / "c.pem", tmp_path / "c.p12"
    certificate.write_bytes(party.pem)
    sealing.openssl("pkcs12", "-export", "-nokeys", "-in", certificate, "-passout", "pass:x", "-out", path)
    with pytest.raises(KeyFileError, match="no private key"):
        pades.load_signer(path, "x")


REFUSED = {
    "expired": (lambda: sealing.signer(not_after=datetime(2021, 6, 1, tzinfo=UTC)), "expired on 2021-06-01"),
    "not yet valid": (lambda: sealing.signer(not_before=datetime(2048, 6, 1, tzinfo=UTC)), "only from 2048-06-01"),
    "for issuing certificates only": (pki.root, "neither digitalSignature nor contentCommitment"),
    "for time-stamps only": (lambda: pki.stamper(None), "other purposes"),
    "short RSA key": (lambda: sealing.signer(key=rsa.generate_private_key(65537, 1024)), "1024 bits is too short"),
    "small curve": (lambda: sealing.signer(key=ec.generate_private_key(ec.SECP224R1())), "224 bits is too short"),
    "Ed25519": (lambda: sealing.signer(key=ed25519.Ed25519PrivateKey.generate()), "neither RSA nor"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_certificate_that_cannot_seal_is_refused(name, tmp_path):
    make, why = REFUSED[name]
    path = sealing.pkcs12(tmp_path, make())
    with pytest.raises(KeyFileError, match=why):
        pades.load_signer(path, sealing.PASSPHRASE)


# The seal


def test_a_seal_comes_after_the_unchanged_file_and_forbids_changes(signer):
    plain = sealing.plain_pdf()
    data = sealed(signer)
    assert data.startswith(plain)
    seal = PdfFileReader(io.BytesIO(data)).embedded_signatures[0]
    assert seal.field_name == pades.FIELD
    assert seal.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"
    assert seal.sig_object["/Reason"] == "Report 7"
    assert seal.docmdp_level == MDPPerm.NO_CHANGES
    assert list(seal.sig_field["/Rect"]) == [0, 0, 0, 0]


def test_a_seal_without_authority_is_b_b_and_one_with_authority_is_b_t(signer, authority):
    asked = len(authority.requests)
    trusted = Authority(authority.url, (authority.anchor,))
    plain, stamped = sealed(signer), sealed(signer, [trusted])
    assert [read_seals(data).seals[0].level for data in (plain, stamped)] == ["B-B", "B-T"]
    assert len(authority.requests) == asked + 1
    assert pades.facts_of(stamped) == {
        "level": "B-T",
        "signer": signer.name,
        "fingerprint": signer.fingerprint,
        "field": "Seal",
    }


@pytest.mark.parametrize("kind", ["rsa", "p384", "self-signed"])
def test_common_kinds_of_keys_seal(kind, tmp_path):
    keys = {
        "rsa": lambda: rsa.generate_private_key(65537, 2048),
        "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
    }
    party = sealing.signer(None if kind == "self-signed" else pki.root(), key=keys.get(kind, lambda: None)())
    one = pades.load_signer(sealing.pkcs12(tmp_path, party), sealing.PASSPHRASE)
    found = read_seals(sealed(one)).seals[0]
    assert (found.faults, found.open, found.covers_all) == ((), (), True)


def test_properties_and_metadata_stay_as_they_were(signer):
    def properties(data):
        with pikepdf.open(io.BytesIO(data)) as document:
            return {str(key): str(value) for key, value in document.docinfo.items()}, "/Metadata" in document.Root

    assert properties(sealed(signer)) == properties(sealing.plain_pdf())


def test_poppler_finds_the_seal_valid_and_over_the_whole_document(signer, tmp_path):
    path = tmp_path / "sealed.pdf"
    path.write_bytes(sealed(signer))
    told = subprocess.run(["pdfsig", "-nocert", path], capture_output=True, text=True, check=False).stdout
    if not told:
        pytest.skip("pdfsig is not there")
    assert "Signature is Valid" in told
    assert "Total document signed" in told


# What fails, fails closed


@pytest.mark.parametrize("behaviour", [Behaviour.HTTP_500, Behaviour.WRONG_IMPRINT, Behaviour.GARBAGE])
def test_an_authority_that_grants_nothing_leaves_no_sealed_file(behaviour, signer, tmp_path):
    with TimeStampAuthority(tmp_path, behaviour) as broken, pytest.raises(SealError, match="no time-stamp") as caught:
        sealed(signer, [Authority(broken.url, (broken.anchor,))])
    assert "No sealed file was written" in caught.value.kept


def test_an_authority_that_is_down_leaves_no_sealed_file(signer):
    with pytest.raises(SealError, match="cannot be asked"):
        sealed(signer, [Authority("http://127.0.0.1:9/tsa", timeout_s=2)])


def test_the_next_authority_is_asked_when_the_first_is_down(signer, authority):
    first, second = Authority("http://127.0.0.1:9/tsa", timeout_s=2), Authority(authority.url, (authority.anchor,))
    assert read_seals(sealed(signer, [first, second])).seals[0].level == "B-T"


def test_a_sealed_file_is_not_sealed_again(signer):
    with pytest.raises(SealError, match="has a seal already"):
        sealed(signer, pdf=sealed(signer))


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7\n", b"text", b"%PDF-1.4\n" + b"\xff" * 3000])
def test_what_is_no_pdf_is_not_sealed(data, signer):
    with pytest.raises(SealError, match=r"report\.pdf"):
        sealed(signer, pdf=data)


def test_a_seal_that_does_not_hold_is_not_handed_out(signer, party):
    other = pades.Signer(pki.new_key(), party.certificate, ())
    with pytest.raises(SealError, match="did not pass its checks"):
        sealed(other)
