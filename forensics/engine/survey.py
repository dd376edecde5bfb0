"""Runs a comparison over many contents of a case at once: who is shown where, what is the same footage."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass, field, replace

from forensics.custody.store import Store
from forensics.custody.writer import Writer
from forensics.engine.acquire import describe
from forensics.engine.batch import Batch
from forensics.engine.evidence import StoredEvidence
from forensics.engine.examination import Bench, Examined
from forensics.engine.examine import artifacts_of
from forensics.engine.executor import workers
from forensics.engine.made import Made, made_of
from forensics.engine.sink import StagingSink
from forensics.errors import ForensicsError
from forensics.model import Artifact, Finding, Gap, GapReason, Message, Result, Stage
from forensics.plugins import Comparison
from forensics.tools import require


@dataclass(frozen=True)
class Seen:
    """A content of the case, and what analyzers made of it.

    Attributes:
        artifact: Where it was collected first.
        made: Artifacts by role.
    """

    artifact: Artifact
    made: Made = field(default_factory=dict)


def seen(writer: Writer, roles: Collection[str], *, items: Sequence[str] = ()) -> list[Seen]:
    """Lists the distinct contents that analyzers made something of, in the order of their collection.

    Args:
        writer: The open case.
        roles: What must have been made of them, one of these at least.
        items: Items that they belong to; empty for all.

    Raises:
        UsageError: There is no such item.
    """
    made = made_of(writer, roles)
    distinct: dict[str, Artifact] = {}
    for artifact in artifacts_of(writer, items):
        distinct.setdefault(artifact.content_sha256, artifact)
    return [Seen(artifact, made[content]) for content, artifact in distinct.items() if content in made]


def bench_of(writer: Writer) -> Bench:
    """Gives what workers need to read an open case."""
    with_sm3 = writer.case.info.jurisdiction == "cn"
    return Bench(writer.case.folder.absolute(), with_sm3, writer.recipients, (writer.key.identity,))


def conduct(batch: Batch, contents: Sequence[Seen], *, comparison: Comparison, bench: Bench) -> Examined:
    """Runs a comparison over contents and adds its findings to the batch, signed with the tools found here.

    Raises:
        ToolMissingError: A program or model that it needs is missing.
        StoreError: The case's disk does not take more.
    """
    described, tools = describe(comparison), tuple(require(need) for need in comparison.needs)
    examined = survey(contents, comparison, bench=bench)
    findings = tuple(
        replace(one, analyzer=described, tools=(*tools, *(tool for tool in one.tools if tool not in tools)))
        for one in examined.findings
    )
    batch.add(findings, examined.staged)
    return Examined(findings, examined.staged)


def survey(contents: Sequence[Seen], comparison: Comparison, *, bench: Bench) -> Examined:
    """Runs a comparison in a process of its own, which hostile content may kill; then a finding says so."""
    with workers(1) as executor:
        try:
            return executor.submit(compare_all, contents, comparison, bench=bench).result()
        except BrokenExecutor:
            gap = Gap("comparison", GapReason.FAILED, "the worker process was killed")
            return Examined((failed(contents, comparison, gap),))


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
        findings = (failed(contents, comparison, Gap("comparison", GapReason.FAILED, str(error))),)
    except Exception as error:  # noqa: BLE001 - a plug-in may raise anything; it becomes a gap, the run goes on
        detail = f"{type(error).__name__}: {error}"
        findings = (failed(contents, comparison, Gap("comparison", GapReason.FAILED, detail)),)
    if not findings:
        gap = Gap("comparison", GapReason.FAILED, "the comparison stated nothing")
        findings = (failed(contents, comparison, gap),)
    return Examined(findings, tuple(sink.staged))


def failed(contents: Sequence[Seen], comparison: Comparison, gap: Gap) -> Finding:
    """States that contents could not be compared."""
    name = comparison.name
    return Finding(
        subject=tuple(one.artifact.content_sha256 for one in contents),
        stage=Stage.COMPARE,
        kind=f"{name}.failed",
        result=Result.INDETERMINATE,
        statement=Message("examination.failed", f"The examination by {name} could not be made.", {"analyzer": name}),
        analyzer=describe(comparison),
        gaps=(gap,),
        limits=(
            Message(
                "examination.failed.limit", "Nothing follows from this about the content, for or against anything."
            ),
        ),
    )
