"""Time-stamps seen by `openssl ts`: it makes the tokens that are read here, and judges the same ones."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from datetime import UTC, datetime

import pytest

from forensics.custody import tokens
from forensics.custody.trusted_time import Authority, request_token
from tests.fakes import pki
from tests.fakes.pki import Forgery
from tests.fakes.tsa import CONFIGURATION, TimeStampAuthority

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")

LINE = b'{"action":"checkpoint","seq":1}'
DIGEST = hashlib.sha256(LINE).digest()
AT = datetime(2024, 5, 1, 12, 0, 0, tzinfo=UTC)


def openssl(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, timeout=30, check=False)


@pytest.fixture
def authority(tmp_path):
    with TimeStampAuthority(tmp_path / "tsa", has_intermediate=True) as running:
        yield running


@pytest.fixture
def receipt(authority):
    return request_token(Authority(authority.url, (authority.anchor,)), DIGEST)


def test_openssl_reads_our_request(tmp_path):
    (tmp_path / "request.tsq").write_bytes(tokens.build_request(DIGEST, 0x1122334455667788))
    text = openssl("ts", "-query", "-in", tmp_path / "request.tsq", "-text").stdout
    assert "Version: 1" in text
    assert "Hash Algorithm: sha256" in text
    assert "Nonce: 0x1122334455667788" in text
    assert "Certificate required: yes" in text
    octets = re.findall(r"^\s+00[01]0 - (.{47})", text, re.MULTILINE)
    assert bytes.fromhex("".join(octets).replace("-", " ")) == DIGEST


def test_we_make_the_request_that_openssl_makes(tmp_path):
    path = tmp_path / "request.tsq"
    openssl("ts", "-query", "-digest", DIGEST.hex(), "-sha256", "-cert", "-out", path)
    text = openssl("ts", "-query", "-in", path, "-text").stdout
    nonce = int(re.search(r"Nonce: 0x([0-9A-F]+)", text).group(1), 16)
    assert tokens.build_request(DIGEST, nonce) == path.read_bytes()


def test_openssl_and_we_read_the_same_in_a_token(tmp_path, receipt):
    (tmp_path / "token.tsr").write_bytes(receipt.response)
    text = openssl("ts", "-reply", "-in", tmp_path / "token.tsr", "-text").stdout
    token = receipt.token
    assert f"Policy OID: {token.policy}" in text
    assert int(re.search(r"Serial number: 0x([0-9A-F]+)", text).group(1), 16) == int(token.serial)
    assert int(re.search(r"Nonce: 0x([0-9A-F]+)", text).group(1), 16) == token.nonce
    assert "Accuracy: 0x01 seconds, 0x01F4 millis, 0x64 micros" in text
    stated = re.search(r"Time stamp: (.+) GMT", text).group(1)
    assert (
        abs(datetime.strptime(stated, "%b %d %H:%M:%S.%f %Y").replace(tzinfo=UTC) - token.gen_time).total_seconds()
        < 1e-6
    )


def test_the_documented_commands_check_a_token(tmp_path, authority, receipt):
    """The commands of docs/case-format.md, section 7."""
    (tmp_path / "ledger.jsonl").write_bytes(b'{"action":"open","seq":0}\n' + LINE + b"\n")
    (tmp_path / "TOKEN.tsr").write_bytes(receipt.response)
    (tmp_path / "AUTHORITY.pem").write_bytes(authority.anchor)
    script = """sed -n "$((SEQ+1))p" ledger.jsonl | tr -d '\\n' > line
        openssl ts -verify -data line -in TOKEN.tsr -CAfile AUTHORITY.pem"""
    done = subprocess.run(
        ["bash", "-c", f"SEQ=1\n{script}"], cwd=tmp_path, capture_output=True, text=True, timeout=30, check=True
    )
    assert "Verification: OK" in done.stdout


def test_openssl_accepts_our_pair_of_request_and_token(tmp_path, authority, receipt):
    (tmp_path / "request.tsq").write_bytes(tokens.build_request(DIGEST, receipt.token.nonce))
    (tmp_path / "token.tsr").write_bytes(receipt.response)
    arguments = ["-queryfile", tmp_path / "request.tsq", "-in", tmp_path / "token.tsr", "-CAfile", authority.anchor_pem]
    assert openssl("ts", "-verify", *arguments).returncode == 0


@pytest.mark.parametrize("algorithm", [("RSA", "rsa_keygen_bits:3072"), ("EC", "ec_paramgen_curve:P-384")])
@pytest.mark.parametrize("digest", ["sha256", "sha512"])
def test_tokens_of_openssl_with_other_keys_are_trusted(tmp_path, algorithm, digest):
    root = pki.root()
    openssl("genpkey", "-algorithm", algorithm[0], "-pkeyopt", algorithm[1], "-out", tmp_path / "tsa.key")
    signer = pki.stamper(root, key=pki.private_key((tmp_path / "tsa.key").read_bytes()))
    (tmp_path / "tsa.pem").write_bytes(signer.pem)
    (tmp_path / "serial").write_text("7A\n")
    settings = CONFIGURATION.format(folder=tmp_path).replace("signer_digest = sha256", f"signer_digest = {digest}")
    (tmp_path / "openssl.cnf").write_text(settings)
    (tmp_path / "request.tsq").write_bytes(tokens.build_request(DIGEST, 5))
    asked = ["-config", tmp_path / "openssl.cnf", "-section", "tsa", "-queryfile", tmp_path / "request.tsq"]
    keys = ["-signer", tmp_path / "tsa.pem", "-inkey", tmp_path / "tsa.key"]
    openssl("ts", "-reply", *asked, *keys, "-out", tmp_path / "token.tsr")
    response = (tmp_path / "token.tsr").read_bytes()
    check = tokens.check(response, digest=DIGEST, anchors=[root.pem], nonce=5)
    assert check.is_trusted, check.checks
    assert (check.token.serial, digest in response_text(tmp_path / "token.tsr")) == (str(0x7B), True)


def response_text(path):
    """Gives all objects in a token, as `openssl asn1parse` names them."""
    return openssl("asn1parse", "-inform", "DER", "-in", path).stdout


ROOT, STRANGER = pki.root(), pki.root("Stranger")
MIDDLE = pki.intermediate(ROOT)
SIGNER, DEEP = pki.stamper(ROOT), pki.stamper(MIDDLE)
OLD = pki.stamper(ROOT, not_after=AT - pki.days(1))
SOON_OLD = pki.stamper(ROOT, not_after=AT + pki.days(1))


def forged(signer: pki.Party, **forgery: object) -> bytes:
    return pki.forge_token(AT, DIGEST, signer=signer, forgery=Forgery(**forgery))


AGREED = {
    "good": (forged(SIGNER), True),
    "expired since": (forged(SOON_OLD), True),
    "intermediate in the token": (forged(DEEP, certificates=[DEEP.der, MIDDLE.der]), True),
    "the other way round": (forged(DEEP, certificates=[MIDDLE.der, DEEP.der]), True),
    "granted with modifications": (forged(SIGNER, status=1), True),
    "another digest": (pki.forge_token(AT, bytes(32), signer=SIGNER), False),
    "expired before": (forged(OLD), False),
    "a stranger": (forged(pki.stamper(STRANGER), certificates=None), False),
    "a stranger with his root": (forged(pki.stamper(STRANGER), certificates=[STRANGER.der]), False),
    "a missing intermediate": (forged(DEEP), False),
    "no extended key usage": (forged(pki.stamper(ROOT, usages=())), False),
    "extended key usage not critical": (forged(pki.stamper(ROOT, is_critical=False)), False),
    "no certificate named": (forged(SIGNER, ess=()), False),
    "another certificate named": (forged(SIGNER, ess_of=ROOT.der), False),
    "a rejection": (pki.rejection(), False),
}


@pytest.mark.parametrize(("response", "is_good"), AGREED.values(), ids=AGREED)
def test_openssl_and_we_agree_on_a_token(tmp_path, response, is_good):
    (tmp_path / "token.tsr").write_bytes(response)
    (tmp_path / "root.pem").write_bytes(ROOT.pem)
    arguments = ["-digest", DIGEST.hex(), "-in", tmp_path / "token.tsr", "-CAfile", tmp_path / "root.pem"]
    verdict = openssl("ts", "-verify", *arguments, "-attime", int(AT.timestamp()))
    assert (verdict.returncode == 0) is is_good, verdict.stderr
    assert tokens.check(response, digest=DIGEST, anchors=[ROOT.pem]).is_trusted is is_good


def test_openssl_alone_does_not_see_a_changed_byte_that_nobody_signed(tmp_path):
    """Why a case commits the digest of each token's file beside checking the token."""
    (tmp_path / "root.pem").write_bytes(ROOT.pem)
    good = forged(SIGNER)
    changed = good[:8] + b"\x01" + good[9:]
    (tmp_path / "token.tsr").write_bytes(changed)
    arguments = ["-digest", DIGEST.hex(), "-in", tmp_path / "token.tsr", "-CAfile", tmp_path / "root.pem"]
    assert openssl("ts", "-verify", *arguments, "-attime", int(AT.timestamp())).returncode == 0
    assert changed != good
    assert tokens.check(changed, digest=DIGEST, anchors=[ROOT.pem]).is_trusted


def test_openssl_reads_the_revocation_list_that_we_respect(tmp_path):
    crl = pki.revocation_list(ROOT, {SIGNER.certificate.serial_number: (AT - pki.days(1), None)})
    (tmp_path / "list.crl").write_bytes(crl)
    (tmp_path / "root.pem").write_bytes(ROOT.pem)
    (tmp_path / "leaf.pem").write_bytes(SIGNER.pem)
    arguments = ["-CAfile", tmp_path / "root.pem", "-CRLfile", tmp_path / "list.crl", "-crl_check"]
    verdict = openssl("verify", *arguments, "-attime", int(AT.timestamp()), tmp_path / "leaf.pem")
    assert "certificate revoked" in verdict.stderr
    check = tokens.check(forged(SIGNER), digest=DIGEST, anchors=[ROOT.pem], crls=[crl])
    assert "was revoked" in check.checks["revocation"]
