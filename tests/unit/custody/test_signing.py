"""Keys on the disk, signatures as OpenSSL sees them, and the notes of ledger heads."""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from forensics.custody import signing
from forensics.custody.ledger import Head
from forensics.custody.signing import (
    PASSPHRASE_VARIABLE,
    Home,
    SigningKey,
    has_key,
    head_path,
    load_key,
    load_public,
    new_key,
    pem_of,
    remember_head,
    remembered_head,
    verify_signature,
)
from forensics.errors import KeyFileError
from tests.fakes import cases

HEAD = Head(7, "ab" * 32)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home without keys."""
    return cases.home_in(tmp_path / "home")


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, SigningKey]:
    """A home with a key that has a passphrase; made once, for that takes a second by design."""
    home = cases.home_in(tmp_path_factory.mktemp("locked"))
    return home, new_key(home, passphrase="correct 密码")


def nobody(question: str) -> str | None:
    """Stands for nobody who could be asked."""
    return None


def test_homes_are_found_by_variable_or_by_the_xdg_base_directories(tmp_path: Path) -> None:
    assert Home.of({"FORENSICS_HOME": "/h", "HOME": "/u"}) == Home(Path("/h"), Path("/h/state"))
    assert Home.of({"HOME": "/u"}) == Home(Path("/u/.config/forensics"), Path("/u/.local/state/forensics"))
    xdg = {"HOME": "/u", "XDG_CONFIG_HOME": "/c", "XDG_STATE_HOME": "/s"}
    assert Home.of(xdg) == Home(Path("/c/forensics"), Path("/s/forensics"))


def test_key_files_are_for_their_owner_alone(home: Home) -> None:
    before = os.umask(0)
    try:
        new_key(home)
    finally:
        os.umask(before)
    files = sorted(home.keys.iterdir())
    assert [path.name for path in files] == ["default.age", "default.pem", "default.pub"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE(home.keys.stat().st_mode) == 0o700


def test_a_key_is_loaded_as_it_was_made(home: Home) -> None:
    made = new_key(home, name="work")
    loaded = load_key(home, nobody, name="work")
    assert (loaded.key_id, loaded.identity, loaded.recipient) == (made.key_id, made.identity, made.recipient)
    assert loaded.sign(b"x") == made.sign(b"x")
    assert has_key(home, name="work")
    assert not has_key(home)


def test_a_key_with_a_passphrase_asks_for_it(locked: tuple[Home, SigningKey]) -> None:
    home, made = locked
    asked = []
    loaded = load_key(home, lambda question: asked.append(question) or "correct 密码")
    assert asked == ["Passphrase of key default"]
    assert (loaded.key_id, loaded.identity) == (made.key_id, made.identity)


def test_openssl_and_age_read_the_key_files(locked: tuple[Home, SigningKey]) -> None:
    home, key = locked
    command = ["openssl", "pkey", "-in", home.keys / "default.pem", "-passin", "pass:correct 密码"]
    spki = subprocess.run([*command, "-pubout", "-outform", "DER"], capture_output=True, check=True).stdout
    assert spki == key.spki
    assert key.key_id == hashlib.sha256(spki).hexdigest()
    assert (home.keys / "default.pub").read_bytes() == key.public_pem()
    encrypted = (home.keys / "default.age").read_bytes()
    assert encrypted.startswith(b"age-encryption.org/v1\n-> scrypt ")
    assert key.identity.encode() not in encrypted
    assert key.identity.startswith("AGE-SECRET-KEY-1")
    assert key.recipient.startswith("age1")


def test_secrets_are_not_shown(home: Home) -> None:
    key = new_key(home)
    assert key.identity not in repr(key)
    assert repr(key) == f"SigningKey({key.key_id[:16]}…)"


def test_signatures_hold_for_openssl(home: Home, tmp_path: Path) -> None:
    key = new_key(home)
    (tmp_path / "message").write_bytes(b"message")
    (tmp_path / "signature").write_bytes(key.sign(b"message"))
    assert len(key.sign(b"message")) == 64
    command = ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", home.keys / "default.pub"]
    files = ["-in", tmp_path / "message", "-sigfile", tmp_path / "signature"]
    assert subprocess.run([*command, *files], capture_output=True, check=False).returncode == 0
    (tmp_path / "message").write_bytes(b"massage")
    assert subprocess.run([*command, *files], capture_output=True, check=False).returncode != 0


# Source: RFC 8032, section 7.1, tests 1 and 3: secret key, message, signature.
RFC_8032 = {
    "test 1": (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    "test 3": (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
}


@pytest.mark.parametrize(("secret", "message", "signature"), RFC_8032.values(), ids=RFC_8032)
def test_signatures_are_those_of_rfc_8032(secret: str, message: str, signature: str) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = SigningKey(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret)), "", "")
    assert key.sign(bytes.fromhex(message)).hex() == signature
    assert verify_signature(key.spki, signature=bytes.fromhex(signature), message=bytes.fromhex(message))
    assert not verify_signature(key.spki, signature=bytes.fromhex(signature), message=b"another")


def test_what_is_no_signature_does_not_hold(home: Home) -> None:
    key = new_key(home)
    good = key.sign(b"m")
    assert verify_signature(key.spki, signature=good, message=b"m")
    for signature in (b"", good[:-1], good + b"\0", bytes(64)):
        assert not verify_signature(key.spki, signature=signature, message=b"m")
    for spki in (b"", b"garbage", key.spki[:-1], _other_public(Encoding.DER)):
        assert not verify_signature(spki, signature=good, message=b"m")


def _other_public(encoding: Encoding) -> bytes:
    return (
        ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)
    )


@pytest.mark.parametrize("file", ["default.pem", "default.age", "default.pub"])
def test_a_key_is_never_overwritten(home: Home, file: str) -> None:
    home.keys.mkdir(parents=True)
    (home.keys / file).write_bytes(b"mine")
    with pytest.raises(KeyFileError, match="exists already") as caught:
        new_key(home)
    assert caught.value.exit_code == 1
    assert (home.keys / file).read_bytes() == b"mine"
    assert [path.name for path in home.keys.iterdir()] == [file]


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "a\0b", "-option"])
def test_a_name_that_leads_elsewhere_is_no_name_of_a_key(home: Home, name: str) -> None:
    with pytest.raises(KeyFileError, match="cannot be the name"):
        new_key(home, name=name)
    assert not home.configuration.exists()


def test_a_home_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(KeyFileError, match="cannot be written") as caught:
        new_key(Home(tmp_path / "file", tmp_path))
    assert "FORENSICS_HOME" in caught.value.hint


def test_a_passphrase_that_is_too_long_is_refused_before_anything_is_written(home: Home) -> None:
    with pytest.raises(KeyFileError, match="passphrase cannot be used"):
        new_key(home, passphrase="x" * 1024)
    assert not home.keys.exists()


def test_a_missing_key_says_how_to_make_one(home: Home) -> None:
    with pytest.raises(KeyFileError, match="cannot be read") as caught:
        load_key(home, nobody)
    assert "forensics key new" in caught.value.hint


def test_a_wrong_passphrase_is_refused(locked: tuple[Home, SigningKey]) -> None:
    with pytest.raises(KeyFileError, match="cannot be unlocked") as caught:
        load_key(locked[0], lambda _: "wrong")
    assert caught.value.hint == "Check the passphrase."


def test_the_variable_goes_before_the_question(
    locked: tuple[Home, SigningKey], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(KeyFileError, match="nobody can be asked") as caught:
        load_key(locked[0], nobody)
    assert PASSPHRASE_VARIABLE in caught.value.hint
    monkeypatch.setenv(PASSPHRASE_VARIABLE, "wrong")
    with pytest.raises(KeyFileError, match="cannot be unlocked"):
        load_key(locked[0], lambda _: "correct 密码")


def test_a_key_without_passphrase_asks_nobody(home: Home) -> None:
    new_key(home)

    def fail(question: str) -> str:
        raise AssertionError(question)

    load_key(home, fail)


DAMAGED = {
    "pem": ("default.pem", b"garbage"),
    "pem cut": ("default.pem", b"-----BEGIN PRIVATE KEY-----\n"),
    "empty pem": ("default.pem", b""),
    "age": ("default.age", b"garbage"),
    "age not text": ("default.age", b"\xff\xfe"),
    "age cut": ("default.age", b"age-encryption.org/v1\n-> scrypt bBXXfVrZhv8xQVN3lDJLmg 18\n"),
}


@pytest.mark.parametrize(("file", "data"), DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_key_file_is_refused(home: Home, file: str, data: bytes) -> None:
    new_key(home)
    (home.keys / file).write_bytes(data)
    with pytest.raises(KeyFileError, match=file):
        load_key(home, nobody)


def test_a_key_of_another_kind_is_refused(home: Home) -> None:
    new_key(home)
    other = ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (home.keys / "default.pem").write_bytes(other)
    with pytest.raises(KeyFileError, match="not an Ed25519 key"):
        load_key(home, nobody)


def test_public_keys_are_read_as_pem_and_der(home: Home) -> None:
    key = new_key(home)
    assert load_public(key.public_pem()) == load_public(key.spki) == key.spki
    assert load_public(b"-- a comment\n" + pem_of(key.spki)) == key.spki


NOT_PUBLIC = {
    "nothing": b"",
    "garbage": b"garbage",
    "a broken PEM": b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
    "a key of another kind": _other_public(Encoding.PEM),
    "a key of another kind in DER": _other_public(Encoding.DER),
}


@pytest.mark.parametrize("data", NOT_PUBLIC.values(), ids=NOT_PUBLIC)
def test_what_is_no_public_key_is_refused(data: bytes) -> None:
    with pytest.raises(KeyFileError):
        load_public(data)


def test_a_head_is_remembered(home: Home) -> None:
    assert remembered_head(home, "case") is None
    remember_head(home, "case", head=Head(1, "cd" * 32))
    remember_head(home, "case", head=HEAD)
    assert remembered_head(home, "case") == HEAD
    assert remembered_head(home, "another") is None
    assert head_path(home, "../../x").parent == home.state / "heads"
    assert len(list((home.state / "heads").iterdir())) == 1


@pytest.mark.parametrize("data", [b"", b"{}", b"garbage", b'{"case":"c","digest":"d","seq":"x"}\n'])
def test_a_damaged_note_is_no_head(home: Home, data: bytes) -> None:
    remember_head(home, "case", head=HEAD)
    head_path(home, "case").write_bytes(data)
    with pytest.raises(KeyFileError, match="cannot be read"):
        remembered_head(home, "case")


def test_a_note_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(KeyFileError, match="cannot be noted") as caught:
        remember_head(Home(tmp_path, tmp_path / "file"), "case", head=HEAD)
    assert caught.value.kept == "The case itself is complete."


def test_modules_without_keys_need_no_cryptography() -> None:
    command = [
        "-c",
        "import sys, forensics.custody.signing; print('cryptography' in sys.modules, 'pyrage' in sys.modules)",
    ]
    import sys

    top = Path(signing.__file__).parent.parent.parent
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=True, cwd=top)
    assert done.stdout == "False False\n"
