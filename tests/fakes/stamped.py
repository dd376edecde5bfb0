"""A small real case with trusted time: tokens are signed by a test authority, without a server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from forensics.custody.case import Case
from forensics.custody.ledger import Head
from forensics.custody.signing import Home
from forensics.custody.tokens import check, parse
from forensics.custody.writer import Writer
from forensics.model import ActEnd, ClockCheck, TimeProof
from forensics.reporter.packet import Options, Packet, build
from forensics.verify import Verification, verify
from tests.fakes import cases, pki
from tests.fakes.cases import Built

REPORT = b"%PDF-1.7 the report"
CREATED = datetime.fromisoformat("2026-02-03T04:05:06+00:00")


@dataclass(frozen=True)
class Stamped:
    """A case and the authority whose tokens it has.

    Attributes:
        trust: File with the authority's certificate, for --trust.
        public: File with the examiner's public key, for --key.
    """

    built: Built
    authority: pki.Party
    stamper: pki.Party
    trust: Path
    public: Path

    @property
    def folder(self) -> Path:
        return self.built.folder

    @property
    def case(self) -> Case:
        return self.built.open()

    def stamp(self, writer: Writer, *, at: datetime | None = None, checkpoint: int | None = None) -> None:
        """Commits a checkpoint and a token over it; or a token over an earlier checkpoint."""
        stamp(writer, self.stamper, self.authority, at=at, checkpoint=checkpoint)

    def bundle(self, out: Path, **options) -> Packet:
        """Builds a packet."""
        return build(self.case, out, signer=self.built.key, options=Options(CREATED, **options))

    def judge(self, path: Path | None = None, *, heads: Sequence[Head] = ()) -> Verification:
        """Verifies with everything from outside that there is."""
        return verify(path or self.folder, trust=[self.trust], keys=[self.public], heads=heads)


def make(folder: Path, *, jurisdiction: str = "intl") -> Stamped:
    """Makes a case: three items, the third sealed, a finding, two checkpoints with a token each, and a report."""
    built = cases.empty_case(
        folder / "case", Home(folder / "home", folder / "home" / "state"), jurisdiction=jurisdiction
    )
    authority = pki.root()
    trust, public = folder / "authority.pem", folder / "examiner.pem"
    trust.write_bytes(authority.pem)
    public.write_bytes(built.key.public_pem())
    made = Stamped(built, authority, pki.stamper(authority), trust, public)
    with built.writing("collect") as writer:
        made.stamp(writer)
        act = cases.begin_act(writer)
        for number in (1, 2, 3):
            cases.collect_item(writer, number, act=act, is_sealed=number == 3)
        cases.examine_item(writer, 1)
        writer.commit("collect", [ActEnd(act, cases.now(), (ClockCheck("ntp.example", "after", cases.now(), -0.5),))])
        made.stamp(writer)
        cases.commit_report(writer, REPORT)
    return made


def stamp(
    writer: Writer,
    stamper: pki.Party,
    authority: pki.Party,
    *,
    at: datetime | None = None,
    checkpoint: int | None = None,
) -> None:
    """Commits a checkpoint and a token over it, of the time given, as if it had been received then."""
    event = writer.commit("checkpoint") if checkpoint is None else writer.case.events[checkpoint]
    digest = bytes.fromhex(event.line_sha256)
    response = pki.forge_token(at or cases.now(), digest, signer=stamper)
    token = parse(response)
    kept = check(response, digest=digest, anchors=[authority.der]).certificates
    proof = TimeProof(
        checkpoint=event.seq,
        authority="http://tsa.example/",
        token=writer.keep_proof(response, ".tsr"),
        gen_time=token.gen_time,
        requested_at=cases.now(),
        received_at=at or cases.now(),
        accuracy_s=token.accuracy_s,
        certificates=tuple(writer.keep_proof(each, ".cer") for each in kept),
    )
    writer.commit("time-proof", [proof])
