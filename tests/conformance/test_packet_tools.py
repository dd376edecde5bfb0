"""A packet can be checked with the field's own tools, by the commands exactly as HOW-TO-VERIFY.txt has them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import bagit
import pytest

from tests.conformance.tampering import blob, edit, flip
from tests.fakes import stamped

NEEDED = ("bash", "sha256sum", "sha512sum", "openssl", "sed", "tail")
pytestmark = pytest.mark.skipif(
    any(shutil.which(program) is None for program in NEEDED), reason=f"needs {', '.join(NEEDED)}"
)
HEX64 = re.compile("[0-9a-f]{64}")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    made = stamped.make(tmp_path_factory.mktemp("tools"))
    made.bundle(made.folder.parent / "packet")
    return made


@pytest.fixture
def packet(whole, tmp_path):
    return shutil.copytree(whole.folder.parent / "packet", tmp_path / "packet")


def commands(packet):
    """Gives the indented lines of the English instructions that are commands, in order."""
    text = (packet / "HOW-TO-VERIFY.txt").read_text(encoding="utf-8")
    lines = [line[4:] for line in text[text.index("HOW TO VERIFY") :].splitlines() if line.startswith("    ")]
    return [line for line in lines if not re.fullmatch(r"(?:\d+:)?[0-9a-f]{64}", line)]


def typed(packet, lines, *, authority="root-certificate.pem"):
    """Types commands into a shell in the packet's folder."""
    script = "\n".join(lines).replace("AUTHORITY=root-certificate.pem", f"AUTHORITY='{authority}'")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-e", "-o", "pipefail"],
        input=script,
        cwd=packet,
        env=os.environ | {"PATH": path, "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_all_commands_of_the_instructions_work_as_typed(whole, packet):
    before = sorted(path for path in packet.rglob("*"))
    done = typed(packet, commands(packet), authority=whole.trust)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Signature Verified Successfully" in done.stdout
    assert (done.stdout + done.stderr).count("Verification: OK") == 2
    assert f"{whole.built.key.key_id}  -" in done.stdout
    assert f"{whole.case.head.digest}  -" in done.stdout
    assert sorted(path for path in packet.rglob("*")) == before, "the commands leave nothing in the packet"


def test_the_digests_of_the_tag_manifests_stand_in_the_statement(packet):
    done = typed(packet, [line for line in commands(packet) if line.startswith("sha256sum tagmanifest")])
    digests = HEX64.findall(done.stdout)
    assert len(digests) == 2
    assert all(digest in (packet / "packet.json").read_text() for digest in digests)


@pytest.mark.parametrize("program", ["sha256sum --quiet -c manifest", "sha512sum --quiet -c manifest", "bagit.py"])
def test_the_tools_notice_a_changed_blob(program, packet):
    edit(blob(packet / "data"), flip)
    done = typed(packet, [line for line in commands(packet) if line.startswith(program)])
    assert done.returncode != 0


def test_openssl_notices_a_changed_statement(packet):
    edit(packet / "packet.json", lambda data: data.replace(b'"format_version":1', b'"format_version":2'))
    lines = commands(packet)
    done = typed(packet, [line for line in lines if "TEMPORARY=" in line or "statement" in line])
    assert done.returncode != 0


def test_openssl_refuses_the_tokens_of_another_authority(packet, tmp_path):
    from tests.fakes import pki

    (tmp_path / "other.pem").write_bytes(pki.root("Another").pem)
    lines = [line for line in commands(packet) if any(word in line for word in ("TEMPORARY=", "AUTHORITY", "/line"))]
    assert typed(packet, lines, authority=tmp_path / "other.pem").returncode != 0


@pytest.mark.parametrize("language", ["zh", "fr"])
def test_other_languages_give_the_same_commands(language, tmp_path):
    folder = Path(__file__).resolve().parents[2] / "templates" / "packet"

    def of(name):
        text = (folder / f"how-to-verify.{name}.txt").read_text(encoding="utf-8")
        return [line for line in text.splitlines() if line.startswith("    ") or line == "{tokens}"]

    assert of(language) == of("en")


def test_an_archive_unpacks_by_usual_programs_to_a_valid_bag(whole, tmp_path):
    for name in ("packet.zip", "packet.tar"):
        whole.bundle(tmp_path / name)
        target = tmp_path / name.replace(".", "-")
        if name.endswith("zip"):
            with zipfile.ZipFile(tmp_path / name) as archive:
                assert archive.testzip() is None
                archive.extractall(target)
        else:
            with tarfile.open(tmp_path / name) as archive:
                archive.extractall(target, filter="data")
        assert [path.name for path in target.iterdir()] == ["packet"]
        assert bagit.Bag(str(target / "packet")).validate()
