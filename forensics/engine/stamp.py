"""Closes an act with a checkpoint and asks the configured authorities to time-stamp it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forensics.custody.writer import Writer
from forensics.model import CustodyEvent, Gap, TimeFailure, TimeProof

if TYPE_CHECKING:
    from forensics.custody.trusted_time import Authority, Receipt


@dataclass(frozen=True)
class Stamped:
    """What became of the request for trusted time.

    Attributes:
        checkpoint: Number of the event that was stamped.
        proofs: Tokens that hold.
        failures: Authorities that failed.
    """

    checkpoint: int
    proofs: tuple[TimeProof, ...] = ()
    failures: tuple[TimeFailure, ...] = ()

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What is missing because authorities failed."""
        return tuple(failure.gap for failure in self.failures)


def checkpoint(writer: Writer, authorities: Sequence[Authority]) -> Stamped:
    """Commits a checkpoint and stamps it.

    Raises:
        StoreError: The checkpoint or its tokens could not be committed.
    """
    return stamp(writer, writer.commit("checkpoint"), authorities=authorities)


def stamp(writer: Writer, event: CustodyEvent, *, authorities: Sequence[Authority]) -> Stamped:
    """Asks each authority for a token over a checkpoint, keeps what they send, and commits what came of it.

    Raises:
        StoreError: The tokens could not be committed.
    """
    if not authorities:
        return Stamped(event.seq)
    from forensics.custody import trusted_time

    granted, failures = trusted_time.stamp(authorities, event.seq, digest=bytes.fromhex(event.line_sha256))
    for _, receipt in granted:
        _keep(writer, receipt)
    proofs = tuple(proof for proof, _ in granted)
    writer.commit("time-proof", [*proofs, *failures])
    return Stamped(event.seq, proofs, failures)


def _keep(writer: Writer, receipt: Receipt) -> None:
    """Keeps an answer with the certificates and revocation lists by which it was judged (C18)."""
    writer.keep_proof(receipt.response, ".tsr")
    for certificate in receipt.certificates:
        writer.keep_proof(certificate, ".cer")
    for revocation in receipt.revocation_lists:
        writer.keep_proof(revocation, ".crl")


def pending(writer: Writer, authorities: Sequence[Authority]) -> tuple[CustodyEvent | None, tuple[Authority, ...]]:
    """Finds what still lacks a token.

    Returns:
        The last checkpoint if nothing but its own proofs, reports and packets follows it, otherwise None (a new
        checkpoint is due); and the authorities that have not stamped it.
    """
    last = next((event for event in reversed(writer.case.events) if event.action == "checkpoint"), None)
    harmless = ("time-proof", "report", "bundle")
    if last is None or any(event.action not in harmless for event in writer.case.events[last.seq + 1 :]):
        return None, tuple(authorities)
    have = {row[0] for row in writer.index.rows("SELECT authority FROM proof WHERE checkpoint = ?", (last.seq,))}
    return last, tuple(one for one in authorities if one.url not in have)
