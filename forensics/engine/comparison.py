"""Runs a comparison on contents: whatever it raises becomes an indeterminate finding with the gap."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import BrokenExecutor, Executor
from dataclasses import dataclass, field

from forensics.custody.store import Store
from forensics.engine.acquire import describe
from forensics.engine.evidence import StoredEvidence
from forensics.engine.examination import Bench, Examined, not_made
from forensics.engine.made import Made
from forensics.engine.sink import StagingSink
from forensics.errors import ForensicsError
from forensics.model import Artifact, Finding, Gap, GapReason, Stage
from forensics.plugins import Comparison


@dataclass(frozen=True)
class Seen:
    """A content of the case, and what analyzers made of it.

    Attributes:
        artifact: Where it was collected first.
        made: Artifacts by role.
    """

    artifact: Artifact
    made: Made = field(default_factory=dict)


def compare_in(executor: Executor, contents: Sequence[Seen], comparison: Comparison, *, bench: Bench) -> Examined:
    """Runs a comparison in a worker, which hostile content may kill; then a finding says so."""
    try:
        return executor.submit(compare_all, contents, comparison, bench=bench).result()
    except BrokenExecutor:
        gap = Gap("comparison", GapReason.FAILED, "the worker process was killed")
        return Examined((_failed(contents, comparison, gap),))


def compare_all(contents: Sequence[Seen], comparison: Comparison, *, bench: Bench) -> Examined:
    """Runs a comparison; whatever it raises becomes an indeterminate finding with the gap.

    What it makes is sealed where any of the contents is.
    """
    store = Store(bench.folder, with_sm3=bench.with_sm3)
    is_sealed = any(one.artifact.sealed is not None for one in contents)
    sink = StagingSink(store, recipients=bench.recipients, is_sealed=is_sealed, has_clock=False)
    evidence = tuple(StoredEvidence(one.artifact, store, bench.identities, one.made) for one in contents)
    try:
        findings = tuple(comparison.examine(evidence, sink))
    except ForensicsError as error:
        findings = (_failed(contents, comparison, Gap("comparison", GapReason.FAILED, str(error))),)
    except Exception as error:  # noqa: BLE001 - a plug-in may raise anything; it becomes a gap, the run goes on
        detail = f"{type(error).__name__}: {error}"
        findings = (_failed(contents, comparison, Gap("comparison", GapReason.FAILED, detail)),)
    if not findings:
        gap = Gap("comparison", GapReason.FAILED, "the comparison stated nothing")
        findings = (_failed(contents, comparison, gap),)
    return Examined(findings, tuple(sink.staged))


def _failed(contents: Sequence[Seen], comparison: Comparison, gap: Gap) -> Finding:
    subject = tuple(one.artifact.content_sha256 for one in contents)
    return not_made(subject, describe(comparison), gap, stage=Stage.COMPARE)
