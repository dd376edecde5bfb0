"""Content credentials of the C2PA's public test files, against their labels, names and reference dumps."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path

import pytest

from forensics.analyzers.labels import credential
from forensics.model import Finding, Result
from tests.fakes.looks import look_at

STATES = {
    "c2pa-none": "none",
    "c2pa-valid": "untrusted",
    "c2pa-valid-ai": "untrusted",
    "c2pa-invalid": "invalid",
    "c2pa-expired": "invalid",
}
"""State of each label where no list of trusted authorities is given."""

CODES = {
    "E-dat-CA": "assertion.dataHash.mismatch",
    "E-sig-CA": "claimSignature.mismatch",
    "E-uri-CA": "assertion.hashedURI.mismatch",
    "E-uri-CIE-sig-CA": "assertion.hashedURI.mismatch",
    "XCA": "assertion.dataHash.mismatch",
    "XCI": "assertion.dataHash.mismatch",
    "nikon-20221019-building": "signingCredential.expired",
}
"""What was broken in a file, by its name (README of the test files: E-dat, E-sig, E-uri; X: changed afterwards)."""


def rows(corpus: Path) -> list[dict[str, str]]:
    with (corpus / "manifest.csv").open(encoding="utf-8", newline="") as stream:
        return [row for row in csv.DictReader(stream) if row["path"].startswith("02-c2pa/") and row["label"] in STATES]


def name_of(row: dict[str, str]) -> str:
    return Path(row["path"]).stem.partition("__")[2].removeprefix("adobe-20220124-")


@pytest.fixture(scope="module")
def findings(corpus: Path) -> dict[str, tuple[dict[str, str], Finding]]:
    found = {}
    for row in rows(corpus):
        (finding,) = credential.findings(look_at(corpus / row["path"]))
        found[name_of(row)] = (row, finding)
    if not found:
        pytest.skip("the folder has no test files of the C2PA")
    return found


def test_every_file_has_the_state_of_its_label(findings):
    assert {name: finding.values["state"] for name, (_, finding) in findings.items()} == {
        name: STATES[row["label"]] for name, (row, _) in findings.items()
    }


def test_every_broken_file_has_the_code_of_what_was_broken_and_no_other(findings):
    seen = {
        name: set(finding.values["codes"]) - {"signingCredential.untrusted"} for name, (_, finding) in findings.items()
    }
    assert seen == {name: {CODES[name]} if name in CODES else set() for name in findings}


def test_every_unlisted_signer_is_said_so(findings):
    for _, finding in findings.values():
        is_carried = finding.values["state"] != "none"
        assert ("signingCredential.untrusted" in finding.values["codes"]) is is_carried
        assert (finding.result is Result.FOUND) is is_carried


def test_the_document_of_a_generator_declares_it(findings):
    for row, finding in findings.values():
        sources = finding.values.get("digital_source_types", [])
        assert any(one.endswith("/trainedAlgorithmicMedia") for one in sources) is (row["label"] == "c2pa-valid-ai")


def test_signers_and_times_are_those_of_the_reference_dumps(findings, corpus):
    for name, (row, finding) in findings.items():
        dump = (corpus / row["path"]).with_suffix(".json")
        if not dump.exists():
            continue
        store = json.loads(dump.read_bytes())
        active = store["manifests"][store["active_manifest"]]
        values = finding.values
        assert values["active_manifest"] == store["active_manifest"], name
        assert values["claim_generator"] == active["claim_generator"], name
        assert values["signer"]["issuer"] == active["signature_info"]["issuer"], name
        assert values["signer"]["serial_number"] == active["signature_info"]["cert_serial_number"], name
        assert values["signed_at"] == active["signature_info"].get("time"), name
        assert [one["title"] for one in values["ingredients"]] == [one["title"] for one in active["ingredients"]], name
        actions = [one["data"]["actions"] for one in active["assertions"] if one["label"] == "c2pa.actions"]
        assert [one["action"] for one in values["actions"]] == [one["action"] for one in actions[0]], name


def test_a_second_reading_keeps_the_same_bytes(corpus):
    for row in rows(corpus):
        digests = []
        for _ in range(2):
            look = look_at(corpus / row["path"])
            list(credential.findings(look))
            digests.append([hashlib.sha256(content).hexdigest() for _, content in look.sink.kept])
        assert digests[0] == digests[1], row["path"]
