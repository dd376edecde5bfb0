"""Runs a plan of examinations on any executor and commits the findings."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import dataclass, replace
from pathlib import Path

from forensics.custody.store import Staged, Store
from forensics.engine.batch import Batch
from forensics.engine.evidence import StoredEvidence
from forensics.engine.executor import workers
from forensics.engine.plan import Ready, Task
from forensics.engine.sink import StagingSink
from forensics.errors import ForensicsError, ToolError, ToolMissingError
from forensics.model import Artifact, Finding, Gap, GapReason, Message, Result, Stage, Tool
from forensics.plugins import Analyzer

GROUP = 8
"""Tasks that a worker is handed at a time."""

AHEAD = 12
"""Groups handed to the executor before the oldest is waited for, per worker: bounds memory, and keeps workers busy
while a batch is committed."""


@dataclass(frozen=True)
class Bench:
    """What a worker needs besides its task; small and picklable, so that it may be another machine.

    Attributes:
        folder: The case, readable and with `tmp/` writable.
        with_sm3: Whether digests include SM3.
        recipients: Whom sealed attachments are encrypted for.
        identities: Secret age identities for sealed content.
    """

    folder: Path
    with_sm3: bool
    recipients: tuple[str, ...] = ()
    identities: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Bench({self.folder})"


@dataclass(frozen=True)
class Examined:
    """What an examination gave: findings in order, and the staged files of their attachments."""

    findings: tuple[Finding, ...]
    staged: tuple[Staged, ...] = ()


def analyze(
    batch: Batch, executor: Executor, *, tasks: Sequence[Task], bench: Bench, jobs: int
) -> Iterator[tuple[Task, Examined]]:
    """Examines and adds the findings to the batch in the order of the tasks, whatever order they end in.

    Args:
        batch: Takes the findings.
        executor: Runs `examine`; serial, processes, or a cluster.
        tasks: What to do.
        bench: What workers need.
        jobs: Number of workers, for how far to run ahead.

    Yields:
        Each task with what it gave, once it waits in the batch.

    Raises:
        StoreError: The case's disk does not take more.
    """
    for task, examined in _in_order(executor, tasks, bench=bench, jobs=jobs):
        batch.add(examined.findings, examined.staged)
        yield task, examined


def _in_order(executor: Executor, tasks: Sequence[Task], *, bench: Bench, jobs: int) -> Iterator[tuple[Task, Examined]]:
    size = max(1, min(GROUP, len(tasks) // (2 * jobs)))
    groups = [tasks[start : start + size] for start in range(0, len(tasks), size)]
    running: deque[tuple[Sequence[Task], Future[list[Examined]] | None]] = deque()
    for group in groups:
        running.append((group, _submit(executor, group, bench)))
        if len(running) >= AHEAD * jobs:
            yield from _results(*running.popleft(), bench=bench)
    for group, future in running:
        yield from _results(group, future, bench=bench)


def _submit(executor: Executor, group: Sequence[Task], bench: Bench) -> Future[list[Examined]] | None:
    try:
        return executor.submit(examine_group, group, bench)
    except (BrokenExecutor, RuntimeError):
        return None


def _results(
    group: Sequence[Task], future: Future[list[Examined]] | None, *, bench: Bench
) -> Iterator[tuple[Task, Examined]]:
    """Waits for a group; where its worker process died, each of its tasks is run alone, so that only one is lost."""
    try:
        if future is not None:
            yield from zip(group, future.result(), strict=True)
            return
    except BrokenExecutor:
        pass
    for task in group:
        yield task, _alone(task, bench)


def examine_group(group: Sequence[Task], bench: Bench) -> list[Examined]:
    """Examines a group, so that handing over and back costs little beside the examinations."""
    return [examine(task, bench) for task in group]


def _alone(task: Task, bench: Bench) -> Examined:
    """Runs a task whose pool broke in a process of its own, so that only the one that kills its worker is lost."""
    with workers(1) as executor:
        try:
            return executor.submit(examine, task, bench).result()
        except BrokenExecutor:
            return Examined((failed(task, Gap("examination", GapReason.FAILED, "the worker process was killed")),))


def examine(task: Task, bench: Bench) -> Examined:
    """Runs one analyzer on one content; whatever it raises becomes an indeterminate finding with the gap."""
    if task.ready.missing:
        return Examined((failed(task, Gap("tool", GapReason.MISSING, task.ready.missing)),))
    store = Store(bench.folder, with_sm3=bench.with_sm3)
    is_sealed = task.artifact.sealed is not None
    sink = StagingSink(store, recipients=bench.recipients, is_sealed=is_sealed, has_clock=False)
    evidence = StoredEvidence(task.artifact, store, bench.identities)
    try:
        findings = [signed_for(task, finding) for finding in task.ready.analyzer.examine(evidence, sink)]
    except ToolMissingError as error:
        findings = [failed(task, Gap("tool", GapReason.MISSING, str(error)))]
    except ForensicsError as error:
        findings = [failed(task, Gap("examination", GapReason.FAILED, str(error)))]
    except Exception as error:  # noqa: BLE001 - a plug-in may raise anything; it becomes a gap, the run goes on
        findings = [failed(task, Gap("examination", GapReason.FAILED, f"{type(error).__name__}: {error}"))]
    if not findings:
        findings = [failed(task, Gap("examination", GapReason.FAILED, "the analyzer stated nothing"))]
    return Examined(tuple(findings), tuple(sink.staged))


def signed_for(task: Task, finding: Finding) -> Finding:
    """Puts what really ran into a finding: the analyzer with its settings, and the tools found on this machine."""
    return replace(finding, analyzer=task.ready.described, tools=task.ready.tools)


def failed(task: Task, gap: Gap) -> Finding:
    """States that an examination could not be made."""
    name = task.ready.described.name
    return Finding(
        subject=(task.artifact.content_sha256,),
        stage=Stage.DETECT,
        kind=f"{name}.failed",
        result=Result.INDETERMINATE,
        statement=Message("examination.failed", f"The examination by {name} could not be made.", {"analyzer": name}),
        analyzer=task.ready.described,
        tools=task.ready.tools,
        gaps=(gap,),
        limits=(
            Message(
                "examination.failed.limit", "Nothing follows from this about the content, for or against anything."
            ),
        ),
    )


def ready(analyzer: Analyzer, described: Tool) -> Ready:
    """Finds the tools that an analyzer needs; where one is missing, says which and how to get it."""
    from forensics.tools import require

    found, missing = [], []
    for need in analyzer.needs:
        try:
            found.append(require(need))
        except ToolError as error:
            missing.append(f"{error} {error.hint}".strip())
    return Ready(analyzer, described, tuple(found), " ".join(missing))


def collected(artifacts: Sequence[Artifact]) -> list[Artifact]:
    """Leaves out what no analyzer examines: links, and blobs that hold facts under commitment."""
    return [one for one in artifacts if one.role != "symlink" and "commitment" not in (one.sealed or {})]
