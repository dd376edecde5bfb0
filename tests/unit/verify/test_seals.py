"""A sealed PDF by itself: every change after the seal is noticed, and nothing more is claimed than shown."""

from __future__ import annotations

import asyncio
import io
import json
import random
import re
from pathlib import Path

import pikepdf
import pytest
from asn1crypto import keys, x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.signers import cms_embedder, pdf_byterange
from pyhanko_certvalidator.registry import SimpleCertificateStore

from forensics.cli.verifying import verify_path
from forensics.custody import tokens
from forensics.custody.trusted_time import Authority
from forensics.errors import UsageError
from forensics.model import Output
from forensics.reporter import pades
from forensics.verify import State, identify, to_json, verify
from forensics.verify.seal import read_seals
from tests.fakes import cases, pki, sealing
from tests.fakes.tsa import TimeStampAuthority

PASSED, FAILED, NOT_CHECKED = State.PASSED, State.FAILED, State.NOT_CHECKED


class World:
    """A signer, a time-stamp authority, and files sealed by them."""

    def __init__(self, folder):
        self.folder = folder
        self.root = pki.root("Seal root")
        self.party = sealing.signer(self.root)
        self.signer = pades.load_signer(sealing.pkcs12(folder, self.party, self.root), sealing.PASSPHRASE)
        self.root_pem = folder / "root.pem"
        self.root_pem.write_bytes(self.root.pem)
        self.plain = sealing.plain_pdf()
        with TimeStampAuthority(folder / "tsa") as authority:
            self.stamped = self.seal([Authority(authority.url, (authority.anchor,))])
            self.tsa_pem = authority.anchor_pem
        self.sealed = self.seal()

    def seal(self, authorities=()):
        return pades.seal(self.plain, signer=self.signer, authorities=authorities, reason="Report", name="report.pdf")


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return World(tmp_path_factory.mktemp("world"))


@pytest.fixture
def judge(tmp_path):
    def judged(data, **outside):
        (tmp_path / "report.pdf").write_bytes(data)
        return verify(tmp_path / "report.pdf", **outside)

    return judged


def states(result):
    return result.intact.state, result.time.state, result.attribution.state


def kinds(result):
    return {defect.kind.value for defect in result.defects}


# What a whole seal shows, and what it does not


def test_a_whole_seal_alone_shows_that_nothing_changed_and_no_more(world, judge):
    result = judge(world.sealed)
    assert states(result) == (PASSED, NOT_CHECKED, NOT_CHECKED)
    assert result.exit_code == 3
    assert "anyone could have made the seal" in result.attribution.reasons[0]
    assert "the signer's own clock" in result.time.reasons[0]


def test_with_certificates_from_outside_all_three_answers_are_given(world, judge):
    result = judge(world.stamped, trust=[world.root_pem, world.tsa_pem])
    assert states(result) == (PASSED, PASSED, PASSED)
    assert result.exit_code == 0


def test_the_authority_s_certificate_does_not_vouch_for_the_signer_nor_the_other_way_round(world, judge):
    assert states(judge(world.stamped, trust=[world.tsa_pem])) == (PASSED, PASSED, NOT_CHECKED)
    assert states(judge(world.stamped, trust=[world.root_pem])) == (PASSED, NOT_CHECKED, PASSED)


def test_a_seal_by_somebody_of_the_same_name_fails_against_the_real_certificate(world, judge, tmp_path):
    double = sealing.signer(pki.root("Seal root"))
    other = pades.load_signer(sealing.pkcs12(tmp_path, double), sealing.PASSPHRASE)
    forged = pades.seal(world.plain, signer=other, authorities=(), reason="Report", name="report.pdf")
    result = judge(forged, trust=[world.root_pem])
    assert states(result) == (PASSED, NOT_CHECKED, FAILED)
    assert kinds(result) == {"untrusted-signer"}
    assert result.exit_code == 10


def test_a_seal_by_a_stranger_is_not_checked(world, judge, tmp_path):
    stranger = sealing.signer(None, "John Roe")
    other = pades.load_signer(sealing.pkcs12(tmp_path, stranger), sealing.PASSPHRASE)
    sealed = pades.seal(world.plain, signer=other, authorities=(), reason="Report", name="report.pdf")
    result = judge(sealed, trust=[world.root_pem])
    assert states(result) == (PASSED, NOT_CHECKED, NOT_CHECKED)
    assert "John Roe" in result.attribution.reasons[0]


def test_json_has_what_the_seal_says(world, judge):
    told = json.loads(json.dumps(to_json(judge(world.stamped, trust=[world.root_pem, world.tsa_pem]))))
    assert (told["kind"], told["case"], told["exit_code"]) == ("pdf", "", 0)
    (seal,) = told["seals"]
    assert (seal["level"], seal["signer"], seal["reason"]) == ("B-T", "CN=Jane Doe,O=Forensics tests", "Report")
    page = (Path(__file__).parents[3] / "docs" / "seals.md").read_text("utf-8")
    assert set(seal) == set(re.search(r"a list of `\{([^}]+)\}`", page)[1].replace("\n", " ").split(", "))
    assert seal["covers_all"] is True
    assert seal["forbids_changes"] is True
    assert seal["stamped_at"].endswith("Z")


def test_a_file_without_seal_is_not_checked(world, judge):
    result = judge(world.plain)
    assert states(result) == (NOT_CHECKED,) * 3
    assert kinds(result) == set()
    assert result.exit_code == 3


def test_keys_and_heads_belong_to_cases(world, judge, tmp_path):
    with pytest.raises(UsageError, match="single document"):
        judge(world.sealed, keys=[world.root_pem])
    assert identify(tmp_path / "report.pdf") == ("pdf", "")


# Changes after the seal


def rewritten(pdf, *, without_field=False):
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        if without_field:
            del document.Root.AcroForm
        document.save(out)
    return out.getvalue()


ATTACKS = {
    "a line feed at the end": lambda pdf: pdf + b"\n",
    "bytes at the end": lambda pdf: pdf + b"%%EOF\n% and more",
    "a note by an incremental update": sealing.with_annotation,
    "another page by an incremental update": sealing.with_other_page,
    "the last byte missing": lambda pdf: pdf[:-1],
    "another word on the page": lambda pdf: pdf.replace(b"/MediaBox [ 0 0 595", b"/MediaBox [ 0 0 596", 1),
    "written anew by another program": rewritten,
    "written anew without the field": lambda pdf: rewritten(pdf, without_field=True),
    "the other range": lambda pdf: re.sub(rb"/ByteRange \[0 (\d+)", rb"/ByteRange [1 \1", pdf, count=1),
}


@pytest.mark.filterwarnings("ignore:This document has 1 form widget")
@pytest.mark.parametrize("name", ATTACKS)
def test_a_change_after_the_seal_is_reported(name, world, judge):
    changed = ATTACKS[name](world.sealed)
    assert changed != world.sealed
    result = judge(changed)
    assert result.intact.state is FAILED
    assert kinds(result) <= {"broken-seal", "changed-after-seal"}
    assert result.exit_code == 10


def test_what_was_added_is_counted(world, judge):
    result = judge(sealing.with_annotation(world.sealed))
    added = len(sealing.with_annotation(world.sealed)) - len(world.sealed)
    assert [d.kind.value for d in result.defects] == ["changed-after-seal"]
    assert result.defects[0].detail.startswith(f"{added} bytes were added after the seal")


def test_a_second_seal_over_an_added_note_does_not_heal_the_first(world, judge):
    result = judge(forced(sealing.with_annotation(world.sealed), "Second"))
    assert result.intact.state is FAILED
    assert "changed-after-seal" in kinds(result)


def test_two_people_who_sign_a_file_that_allows_it_have_not_changed_it(world, judge):
    result = judge(approved(approved(world.plain, "First"), "Second"))
    assert result.intact.state is NOT_CHECKED
    assert kinds(result) == set()
    assert len(result.seals) == 2


def test_a_second_seal_alone_is_a_change_too_where_the_first_forbids_changes(world, judge):
    assert kinds(judge(forced(world.sealed, "Second"))) == {"changed-after-seal"}


def simple_signer(name):
    party = sealing.signer(None, name)
    raw = party.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return signers.SimpleSigner(
        x509.Certificate.load(party.der), keys.PrivateKeyInfo.load(raw), SimpleCertificateStore()
    )


def approved(pdf, name):
    """Signs as an ordinary program would: no certification, changes allowed."""
    meta = signers.PdfSignatureMetadata(field_name=name, subfilter=fields.SigSeedSubFilter.PADES, md_algorithm="sha256")
    return signers.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)), meta, simple_signer(name)).getvalue()


def forced(pdf, name):
    """Signs without asking whether the file allows it."""
    steps = cms_embedder.PdfCMSEmbedder().write_cms(name, IncrementalPdfFileWriter(io.BytesIO(pdf)))
    next(steps)
    blank = pdf_byterange.SignatureObject(subfilter=fields.SigSeedSubFilter.PADES, bytes_reserved=16384)
    steps.send(cms_embedder.SigObjSetup(sig_placeholder=blank))
    prepared, out = steps.send(cms_embedder.SigIOSetup(md_algorithm="sha256"))
    signed = asyncio.run(simple_signer(name).async_sign(prepared.document_digest, "sha256", use_pades=True))
    steps.send(signed.dump())
    return out.getvalue()


def test_no_bit_of_the_file_can_be_changed_unnoticed(world):
    start, end, room = sealing.digits_of(world.stamped)
    rng = random.Random(1)
    size = len(world.stamped)
    outside = rng.sample([*range(start), *range(room, size)], 100)
    inside = rng.sample(range(start, end), 100) + rng.sample(range(end, room), 10)
    unnoticed = [at for at in outside + inside if not objects(flipped(world.stamped, at, rng))]
    assert unnoticed == []


def flipped(data, at, rng):
    changed = bytearray(data)
    changed[at] ^= 1 << rng.randrange(8)
    return bytes(changed)


def objects(data):
    """Whether the seal or its time-stamp no longer passes as it did."""
    found = read_seals(data)
    if found.faults or found.open or len(found.seals) != 1 or found.seals[0].stamp is None:
        return True
    (seal,) = found.seals
    check = tokens.check(seal.stamp.response, digest=seal.stamp.digest, anchors=())
    is_sound = set(check.failures) <= {"chain"} and set(check.unchecked) <= {"nonce", "revocation", "chain"}
    return bool(seal.faults or seal.open or seal.changed) or not is_sound


# Hostile files


HOSTILE = {
    "only the mark": b"%PDF-1.7\n",
    "cut in the middle": lambda w: w.sealed[: len(w.sealed) // 2],
    "cut in the signature": lambda w: w.sealed[: w.sealed.index(b"/Contents <") + 500],
    "signature of zeros": lambda w: re.sub(
        rb"<[0-9A-Fa-f]{9999,}>", lambda m: b"<" + b"0" * (len(m[0]) - 2) + b">", w.sealed
    ),
    "huge range": lambda w: re.sub(rb"/ByteRange \[0 \d+ \d+ \d+\]", b"/ByteRange [0 99999999999999 1 2]", w.sealed),
    "negative range": lambda w: re.sub(rb"/ByteRange \[0 (\d+)", rb"/ByteRange [0 -1", w.sealed),
    "range of names": lambda w: re.sub(rb"/ByteRange \[0 \d+ \d+ \d+\]", b"/ByteRange [/A /B /C /D]", w.sealed),
    "pages that contain themselves": lambda w: w.sealed.replace(b"/Count 2", b"/Count 9", 1),
    "random": lambda w: b"%PDF-1.4\n" + random.Random(3).randbytes(20_000),
    "random with traces": lambda w: b"%PDF-1.4\n/ByteRange" + random.Random(3).randbytes(20_000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_passes_nothing_and_breaks_nothing(name, world, judge):
    make = HOSTILE[name]
    result = judge(make if isinstance(make, bytes) else make(world))
    assert PASSED not in states(result)
    assert result.exit_code in (3, 10)


# Against packets


def test_a_packet_says_whether_it_names_the_file(world, judge, tmp_path):
    built = cases.build_case(tmp_path / "case", cases.home_in(tmp_path / "home"))
    with built.writing() as writer:
        cases.commit_report(writer, world.sealed)
    known = judge(world.sealed, against=[built.folder])
    assert known.intact.state is PASSED
    assert "a packet given names this file" in known.steps[0].detail
    other = judge(world.stamped, against=[built.folder])
    assert (other.intact.state, kinds(other)) == (FAILED, {"unknown-output"})


# In a case


@pytest.mark.parametrize("name", ["stripped", "appended", "whole"])
def test_a_case_notices_that_a_report_recorded_as_sealed_lost_its_seal(name, world, tmp_path):
    built = cases.build_case(tmp_path / "case", cases.home_in(tmp_path / "home"))
    facts = {"seal": pades.facts_of(world.sealed)}
    with built.writing() as writer:
        event = cases.commit_report(writer, world.sealed)
        record = writer.case.snapshot(as_of=event.seq).outputs[-1].record
        writer.commit("report", [Output("report", record.path, record.digest, record.as_of, record.artifact, facts)])
    path = built.folder / "reports" / "report.pdf"
    if name != "whole":
        path.chmod(0o600)
        path.write_bytes(world.plain if name == "stripped" else world.sealed + b" ")
    result = verify(built.folder)
    expected = {
        "stripped": {"output-digest", "missing-seal"},
        "appended": {"output-digest", "changed-after-seal"},
        "whole": set(),
    }
    assert kinds(result) == expected[name]
    assert next(step.name for step in result.steps if step.number == 16) == "seals of reports"


def test_the_verb_takes_a_document(world, tmp_path, monkeypatch):
    monkeypatch.setenv("FORENSICS_HOME", str(tmp_path / "home"))
    (tmp_path / "r.pdf").write_bytes(world.sealed)
    told = verify_path(tmp_path / "r.pdf", trust=[], keys=[], heads=[], against=[], progress=lambda *_: None)
    assert (told["kind"], told["intact"]) == ("pdf", "passed")
