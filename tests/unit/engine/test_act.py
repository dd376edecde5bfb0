"""The self-test of an act: it passes here, and it can fail."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from forensics.custody import tokens
from forensics.engine import act

KNOWN = Path(tokens.__file__).parent / "known"


def test_the_self_test_passes_on_a_sound_machine():
    assert act.self_test(with_sm3=True)["passed"] is True


def test_the_self_test_fails_where_a_digest_comes_out_wrong(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(act.KNOWN_DIGESTS, "sha256", "00" * 32)
    result = act.self_test(with_sm3=False)
    assert (result["passed"], result["checks"]["sha256"], result["checks"]["blake3"]) == (False, "failed", "passed")


def test_the_self_test_fails_where_every_token_is_accepted(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(act, "_known_token_holds", lambda _data: True)
    assert act.self_test(with_sm3=False)["passed"] is False


def test_the_known_token_is_one_that_openssl_accepts(tmp_path: Path):
    (tmp_path / "abc").write_bytes(act.KNOWN_BYTES)
    command = [
        "openssl",
        "ts",
        "-verify",
        "-data",
        tmp_path / "abc",
        "-in",
        KNOWN / "token.tsr",
        "-CAfile",
        KNOWN / "root.pem",
    ]
    assert b"Verification: OK" in subprocess.run(command, capture_output=True, check=True).stdout


@pytest.mark.parametrize("name", ["sha256", "sm3"])
def test_the_known_digests_are_those_of_openssl(tmp_path: Path, name: str):
    (tmp_path / "abc").write_bytes(act.KNOWN_BYTES)
    done = subprocess.run(
        ["openssl", "dgst", f"-{name}", "-r", tmp_path / "abc"], capture_output=True, text=True, check=True
    )
    assert done.stdout.split()[0] == act.KNOWN_DIGESTS[name]


def test_the_environment_names_no_host_and_no_user():
    import getpass
    import socket

    told = str(act.environment())
    assert socket.gethostname() not in told or len(socket.gethostname()) < 4
    assert getpass.getuser() not in told or getpass.getuser() == "root"
