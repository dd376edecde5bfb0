"""Looks at captures as soon as they are made: was what was seen what was sent, and what has changed since."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor

from forensics.custody.writer import Writer
from forensics.engine.acquire import Acquired, describe
from forensics.engine.analyze import analyze, ready
from forensics.engine.batch import Batch
from forensics.engine.comparison import Seen, compare_in
from forensics.engine.examination import Bench, bench_of
from forensics.engine.executor import workers
from forensics.engine.plan import plan
from forensics.engine.recapture import archive_of
from forensics.model import Artifact
from forensics.plugins import ANALYZERS, COMPARISONS, load

AT_CAPTURE = ("page",)
"""Names of the analyzers that run on every capture within its own act; `analyze` does not repeat them."""

AT_RECAPTURE = ("recapture",)
"""Names of the comparisons of a new capture with the one before it."""

Counts = Counter[tuple[str, str]]
"""Number of findings by kind and result."""


def look(writer: Writer, batch: Batch, *, acquired: Sequence[Acquired], before: Mapping[str, Artifact]) -> Counts:
    """Examines the archives of new captures and compares them with earlier ones; adds the findings to the batch.

    Args:
        writer: The open case, in which the captures are committed.
        batch: Takes the findings.
        acquired: What was collected.
        before: For each item that was captured again: the archive of its capture before.

    Returns:
        What was found.

    Raises:
        StoreError: The case's disk does not take more.
    """
    archives = [(one.item.id, archive) for one in acquired if (archive := archive_of(one.acquisition)) is not None]
    if not archives:
        return Counter()
    bench = bench_of(writer)
    with workers(1) as executor:
        counts = _examined(batch, executor, archives=[archive for _, archive in archives], bench=bench)
        pairs = [(Seen(before[item]), Seen(archive)) for item, archive in archives if item in before]
        return counts + _compared(batch, executor, pairs=pairs, bench=bench)


def _examined(batch: Batch, executor: Executor, *, archives: Sequence[Artifact], bench: Bench) -> Counts:
    analyzers = [cls() for cls in map(load, ANALYZERS) if cls.name in AT_CAPTURE]
    tasks = plan(archives, [ready(one, describe(one)) for one in analyzers])
    counts: Counts = Counter()
    for _, examined in analyze(batch, executor, tasks=tasks, bench=bench, jobs=1):
        counts.update((one.kind, str(one.result)) for one in examined.findings)
    return counts


def _compared(batch: Batch, executor: Executor, *, pairs: Sequence[tuple[Seen, Seen]], bench: Bench) -> Counts:
    counts: Counts = Counter()
    for pair in pairs:
        for comparison in (cls() for cls in map(load, COMPARISONS) if cls.name in AT_RECAPTURE):
            examined = compare_in(executor, pair, comparison, bench=bench)
            batch.add(examined.findings, examined.staged)
            counts.update((one.kind, str(one.result)) for one in examined.findings)
    return counts
