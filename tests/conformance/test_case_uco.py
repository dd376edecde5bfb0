"""The field's own validator accepts the CASE/UCO export, and would not accept everything."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from forensics.reporter import case_uco
from tests.fakes import snapshot_captures
from tests.unit.reporter.test_case_uco import case_with_chat

PROGRAM = shutil.which("case_validate", path=Path(sys.executable).parent) or shutil.which("case_validate")
pytestmark = [
    pytest.mark.slow,  # each run reads the whole ontology: 2 to 10 s
    pytest.mark.skipif(PROGRAM is None, reason="case_validate (case-utils) is not installed"),
]


def validate(path, data):
    path.write_bytes(data)
    return subprocess.run([PROGRAM, path], capture_output=True, text=True, check=False, timeout=300)


def test_case_validate_accepts_a_case_with_pages_chats_and_accounts(tmp_path):
    for name, case in {"pages": snapshot_captures.captures(), "chats": case_with_chat()}.items():
        done = validate(tmp_path / f"{name}.jsonld", case_uco.render(case.snapshot()))
        assert "Conforms: True" in done.stdout, done.stdout
        assert done.returncode == 0


def test_case_validate_refuses_a_digest_that_is_none(tmp_path):
    data = case_uco.render(case_with_chat().snapshot())
    wrong = data.replace(b'"@type":"xsd:hexBinary"', b'"@type":"xsd:string"')
    assert wrong != data
    assert validate(tmp_path / "wrong.jsonld", wrong).returncode != 0
