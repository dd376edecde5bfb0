"""The verb `analyze`: from stored artifacts to committed findings under a checkpoint."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from forensics.codec import to_json
from forensics.custody.index import examination_key
from forensics.custody.writer import Writer
from forensics.engine import act
from forensics.engine.acquire import describe
from forensics.engine.analyze import analyze, collected, ready
from forensics.engine.batch import Batch
from forensics.engine.collect import Setup
from forensics.engine.examination import bench_of
from forensics.engine.executor import workers
from forensics.engine.made import made_of
from forensics.engine.plan import Ready, Task, joined, plan
from forensics.engine.plugin import by_name, one_named, with_setting
from forensics.engine.stamp import Stamped, checkpoint
from forensics.errors import UsageError
from forensics.model import Acquisition, Artifact, Gap, GapReason
from forensics.plugins import ANALYZERS, ON_REQUEST, Analyzer


@dataclass(frozen=True)
class Analyzed:
    """What became of an `analyze`.

    Attributes:
        examined: Number of examinations that ran.
        skipped: Number of examinations that had been made before with the same settings and tools.
        kinds: Number of findings by kind and result.
        gaps: What could not be examined, and what is missing of the act itself.
        stamped: What became of the request for trusted time; None where nothing ran.
    """

    examined: int
    skipped: int
    kinds: dict[tuple[str, str], int]
    gaps: tuple[Gap, ...]
    stamped: Stamped | None

    @property
    def exit_code(self) -> int:
        """0 done, 3 done with gaps, 30 a tool is missing."""
        if any(gap.what == "tool" and gap.why is GapReason.MISSING for gap in self.gaps):
            return 30
        has_gaps = any(gap.is_of_content for gap in self.gaps) or bool(self.stamped and self.stamped.gaps)
        return 3 if has_gaps else 0


def chosen_analyzers(only: Sequence[str], settings: Sequence[str]) -> list[Analyzer]:
    """Makes the analyzers that were asked for, with their settings.

    Args:
        only: Names; empty for all built-in ones, and those on request that a setting names.
        settings: `analyzer.field=value`; the value takes the type of the field's default.

    Raises:
        UsageError: A name or a setting is unknown.
    """
    usual = by_name(ANALYZERS)
    classes = {**usual, **by_name(ON_REQUEST)}
    set_names = {setting.partition("=")[0].partition(".")[0] for setting in settings}
    asked = [name for name in classes if name in set_names and name not in usual]
    made = {name: one_named(name, classes, what="analyzer")() for name in (only or (*usual, *asked))}
    for setting in settings:
        name = setting.partition("=")[0].partition(".")[0]
        if name not in made:
            raise UsageError(
                f"there is no analyzer for the setting {setting}", hint="Write --set analyzer.field=value."
            )
        made[name] = with_setting(made[name], setting)
    return list(made.values())


def recorded_settings(analyzers: Iterable[Analyzer], settings: Iterable[str]) -> tuple[str, ...]:
    """Gives settings as an act's record has them: with the values that were made of them, which name no path.

    Args:
        analyzers: As `chosen_analyzers` gave them.
        settings: What it was given.
    """
    made = {one.name: one for one in analyzers}
    names = (setting.partition("=")[0].partition(".") for setting in settings)
    return tuple(f"{name}.{field}={getattr(made[name], field)}" for name, _, field in names)


def artifacts_of(writer: Writer, items: Sequence[str]) -> list[Artifact]:
    """Reads the artifacts of items, or of all items, in the order in which they were collected.

    Raises:
        UsageError: There is no such item.
    """
    known = {row[0] for row in writer.index.rows("SELECT id FROM item")}
    if unknown := [item for item in items if item not in known]:
        raise UsageError(f"the case has no item {unknown[0]}", hint="`forensics status CASE` lists the items.")
    found: list[Artifact] = []
    for committed in writer.case.records_of("acquisition", writer.index):
        acquisition: Acquisition = committed.record
        if not items or acquisition.item in items:
            found.extend(acquisition.artifacts)
    return collected(found)


def examine_case(
    writer: Writer, items: Sequence[str], *, analyzers: Sequence[Analyzer], setup: Setup, jobs: int
) -> Analyzed:
    """Examines what has not been examined yet with these settings and tools, and stamps a checkpoint over it.

    Raises:
        StoreError: The case's disk does not take more; what was committed before is intact.
        UsageError: There is no such item.
    """
    artifacts = artifacts_of(writer, items)
    prepared = [ready(one, describe(one)) for one in analyzers]
    everything = plan(artifacts, prepared)
    keys = {one.described.name: key_of(one) for one in prepared}
    tasks = [task for task in everything if not _is_done(writer, task, keys[task.ready.described.name])]
    if not tasks:
        return Analyzed(0, len(everything), {}, (), None)
    kinds, gaps = _run(writer, tasks, setup=setup, jobs=min(jobs, len(tasks)))
    return Analyzed(len(tasks), len(everything) - len(tasks), kinds, gaps, checkpoint(writer, setup.authorities))


def _run(
    writer: Writer, tasks: Sequence[Task], *, setup: Setup, jobs: int
) -> tuple[dict[tuple[str, str], int], tuple[Gap, ...]]:
    """Runs tasks; keeps counts and gaps alone, so that memory does not grow with the findings."""
    bench = bench_of(writer)
    batch = Batch(writer, "analyze")
    running = act.begin(batch, "analyze", arguments=setup.arguments, servers=setup.servers)
    kinds: Counter[tuple[str, str]] = Counter()
    gaps: list[Gap] = []
    with workers(jobs) as executor:
        for round_ in _rounds(writer, batch, tasks):
            for task, examined in analyze(batch, executor, tasks=round_, bench=bench, jobs=jobs):
                kinds.update((one.kind, str(one.result)) for one in examined.findings)
                gaps.extend(gap for one in examined.findings for gap in one.gaps)
                setup.progress(task)
    return dict(kinds), (*gaps, *act.end(batch, running))


def _rounds(writer: Writer, batch: Batch, tasks: Sequence[Task]) -> Iterator[list[Task]]:
    """Gives first what needs content alone; once its findings are committed, what reads what they have made."""
    yield joined(task for task in tasks if not task.ready.analyzer.reads)
    readers = [task for task in tasks if task.ready.analyzer.reads]
    if readers:
        batch.flush()
        made = made_of(writer, {role for task in readers for role in task.ready.analyzer.reads})
        yield [replace(task, made=made.get(task.artifact.content_sha256, {})) for task in readers]


def _is_done(writer: Writer, task: Task, key: str) -> bool:
    return writer.index.is_examined(task.artifact.content_sha256, key)


def key_of(one: Ready) -> str:
    """Gives the key under which findings of this analyzer with these settings and tools are indexed."""
    return examination_key(to_json(one.described), to_json(one.tools))


def default_jobs() -> int:
    """Gives the number of cores that this process may use."""
    return len(os.sched_getaffinity(0))
