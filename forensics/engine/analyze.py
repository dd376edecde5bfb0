"""Runs a plan of examinations on any executor and commits the findings."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import replace

from forensics.engine.batch import Batch
from forensics.engine.examination import Bench, Examined, examine, examine_group, failed
from forensics.engine.executor import workers
from forensics.engine.plan import Ready, Task
from forensics.errors import ToolError
from forensics.model import Artifact, Gap, GapReason, Tool
from forensics.plugins import Analyzer

GROUP = 8
"""Tasks that a worker is handed at a time."""

AHEAD = 12
"""Groups handed to the executor before the oldest is waited for, per worker: bounds memory, and keeps workers busy
while a batch is committed."""


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


def _alone(task: Task, bench: Bench) -> Examined:
    """Runs the analyzers of a task whose pool broke each in a process of its own, so that only one is lost."""
    parts = [_apart(replace(task, ready=one, beside=()), bench) for one in task.everyone]
    return Examined(
        tuple(finding for part in parts for finding in part.findings),
        tuple(staged for part in parts for staged in part.staged),
    )


def _apart(task: Task, bench: Bench) -> Examined:
    with workers(1) as executor:
        try:
            return executor.submit(examine, task, bench).result()
        except BrokenExecutor:
            return Examined((failed(task, Gap("examination", GapReason.FAILED, "the worker process was killed")),))


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
