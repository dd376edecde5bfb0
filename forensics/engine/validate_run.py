"""Measures labelled media with worker processes, outside of any case; nothing of the media is kept."""

from __future__ import annotations

import shutil
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Future
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from forensics import media
from forensics.custody.store import Store
from forensics.engine.acquire import describe
from forensics.engine.analyze import ready
from forensics.engine.comparison import Seen, compare_all
from forensics.engine.examination import Bench, examine
from forensics.engine.executor import workers
from forensics.engine.plan import Ready, Task, takes
from forensics.engine.sink import EPOCH
from forensics.engine.validate_labels import Row, place_of
from forensics.engine.validate_measure import PHOTOS, Answer, Measure, read_answer
from forensics.errors import StoreError, ToolMissingError, UsageError
from forensics.model import Artifact, Digests, Name
from forensics.plugins import ANALYZERS, Analyzer, load

AHEAD = 2
"""Groups handed to the executor before the oldest is waited for, per worker; where a worker dies, so many are measured
once more, each alone."""

_KILLED = Answer(None, None, "", "the worker process was killed", is_failed=True)


@dataclass(frozen=True)
class Plan:
    """What a worker needs besides the rows; small and picklable.

    Attributes:
        folder: With the media; only read.
        measure: What is validated.
        runner: What states the findings.
        makers: Analyzers whose attachments it reads.
        scratch: Empty folder, mode 0700; each group of rows has its own part of it for as long as it is measured.
    """

    folder: Path
    measure: Measure
    runner: Ready
    makers: tuple[Ready, ...]
    scratch: Path


@dataclass(frozen=True)
class Group:
    """Rows with the same first content, which is prepared for them once.

    Attributes:
        rows: At least one.
        digests: Of the files that they name, by path.
    """

    rows: tuple[Row, ...]
    digests: Mapping[str, Digests]


@contextmanager
def planned(folder: Path, measure: Measure, runner: Any) -> Iterator[Plan]:
    """Makes a plan whose scratch folder is removed at the end, whatever happens.

    Raises:
        ToolMissingError: A program or model that is needed is missing.
        UsageError: No analyzer makes what the runner reads.
    """
    scratch = Path(tempfile.mkdtemp(prefix="forensics-validate-"))
    try:
        makers = tuple(map(_ready, _makers_of(runner)))
        yield Plan(folder.resolve(), measure, _ready(runner), makers, scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _ready(plugin: Any) -> Ready:
    found = ready(plugin, describe(plugin))
    if found.missing:
        raise ToolMissingError(found.missing, hint="`forensics doctor` shows what this machine lacks.")
    return found


def _makers_of(runner: Any) -> list[Analyzer]:
    wanted = set(runner.reads)
    if not wanted:
        return []
    classes = [cls for cls in map(load, ANALYZERS) if cls.name != runner.name]
    makers = [cls() for cls in classes if wanted & set(getattr(cls, "makes", ()))]
    if not makers:
        raise UsageError(f"no analyzer makes what {runner.name} reads: {', '.join(sorted(wanted))}")
    return makers


def measured(
    plan: Plan, rows: Sequence[Row], *, digests: Mapping[str, Digests], jobs: int, done: Callable[[Row, Answer], None]
) -> None:
    """Measures rows and hands on each answer as soon as it is there.

    Args:
        plan: What is measured, and how.
        rows: What is to be measured.
        digests: Of the files that they name, by path.
        jobs: Number of worker processes.
        done: Takes the answers; those of rows with the same first content come together.
    """
    waiting = deque(_groups(rows, digests))
    jobs = min(jobs, len(waiting))
    while waiting:
        for group in _pooled(plan, waiting, jobs=jobs, done=done):
            for row in group.rows:
                done(row, _alone(plan, replace(group, rows=(row,))))


def _pooled(plan: Plan, waiting: deque[Group], *, jobs: int, done: Callable[[Row, Answer], None]) -> list[Group]:
    """Measures groups until none waits or a worker dies; gives those that were at work then, one of which killed it."""
    running: deque[tuple[Group, Future[list[Answer]]]] = deque()
    with workers(jobs) as executor:
        try:
            while waiting or running:
                while waiting and len(running) < AHEAD * jobs:
                    running.append((waiting[0], executor.submit(answers_of, plan, waiting[0])))
                    waiting.popleft()
                group, future = running[0]
                _hand_on(group, future.result(), done)
                running.popleft()
        except BrokenExecutor:
            return [group for group, future in running if not _is_handed_on(group, future, done)]
        finally:
            for _, future in running:  # where the run was stopped: nobody waits for what has not begun
                future.cancel()
    return []


def _hand_on(group: Group, answers: Sequence[Answer], done: Callable[[Row, Answer], None]) -> None:
    for row, answer in zip(group.rows, answers, strict=True):
        done(row, answer)


def _is_handed_on(group: Group, future: Future[list[Answer]], done: Callable[[Row, Answer], None]) -> bool:
    try:
        _hand_on(group, future.result(), done)
    except BrokenExecutor:
        return False
    return True


def _groups(rows: Sequence[Row], digests: Mapping[str, Digests]) -> list[Group]:
    ordered = sorted(rows, key=lambda row: (row.contents[0], row.number))
    together = [tuple(group) for _, group in groupby(ordered, key=lambda row: row.contents[0])]
    return [Group(group, {name: digests[name] for row in group for name in row.contents}) for group in together]


def _alone(plan: Plan, group: Group) -> Answer:
    with workers(1) as executor:
        try:
            (answer,) = executor.submit(answers_of, plan, group).result()
        except BrokenExecutor:
            return _KILLED
        return answer


def answers_of(plan: Plan, group: Group) -> list[Answer]:
    """Measures the rows of a group in a folder of their own, which is removed."""
    with tempfile.TemporaryDirectory(dir=plan.scratch) as made:
        bench = Bench(Path(made), with_sm3=False)
        (bench.folder / "tmp").mkdir()
        shown = _shown(plan, group, bench)
        return [_answer(plan, [shown[name] for name in row.contents], bench) for row in group.rows]


def _shown(plan: Plan, group: Group, bench: Bench) -> dict[str, Seen]:
    """Puts the files of a group where examinations find them, and has made of them what the measurement reads."""
    store = Store(bench.folder)
    first = group.rows[0].contents[0]
    shown = {}
    for name, digests in group.digests.items():
        artifact = _placed(place_of(plan.folder, name), digests, store=store)
        is_read = name == first or not plan.measure.reads_first
        shown[name] = Seen(artifact, _made_of(artifact, plan.makers if is_read else (), bench))
    return shown


def _made_of(artifact: Artifact, makers: Sequence[Ready], bench: Bench) -> dict[str, tuple[Artifact, ...]]:
    made: dict[str, tuple[Artifact, ...]] = {}
    for maker in makers:
        if takes(maker.analyzer, artifact.media_type):
            examined = examine(Task(maker, artifact), bench)
            Store(bench.folder).adopt(examined.staged)
            for attached in (one for finding in examined.findings for one in finding.attachments):
                made[attached.role] = (*made.get(attached.role, ()), attached)
    return made


def _placed(file: Path, digests: Digests, *, store: Store) -> Artifact:
    """Copies a file under the name of its digest.

    Its name says nothing: a name such as `swap-12.mp4` would tell the method the truth.
    """
    target = store.path_of(digests.sha256)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            shutil.copyfile(file, target)
        with target.open("rb") as stream:
            media_type = media.sniff(stream.read(media.HEAD_SIZE), file.name)
    except OSError as error:
        hint = "Free space, or name a folder with more of it in the environment variable TMPDIR."
        raise StoreError(f"{file.name} cannot be copied for a while: {error.strerror}", hint=hint) from error
    name = f"{digests.sha256[:16]}{media.extension_for(media_type)}"
    return Artifact(digests, "original", Name(name), media_type, EPOCH)


def _answer(plan: Plan, contents: Sequence[Seen], bench: Bench) -> Answer:
    plugin: Any = plan.runner.analyzer
    if not hasattr(plugin, "media_types"):
        return read_answer(compare_all(contents, _fitted(plan, contents), bench=bench).findings, plan.measure)
    (content,) = contents
    media_type = content.artifact.media_type
    if not takes(plugin, media_type):
        return Answer(None, None, "", f"{plugin.name} does not examine {media_type}", is_failed=True)
    return read_answer(examine(Task(plan.runner, content.artifact, made=content.made), bench).findings, plan.measure)


def _fitted(plan: Plan, contents: Sequence[Seen]) -> Any:
    """Tells a comparison of one content with photos how many photos there are, where it wants to know."""
    comparison: Any = plan.runner.analyzer
    has_count = "photo_count" in {one.name for one in fields(comparison)}
    if has_count and plan.measure.columns[-1] == PHOTOS:
        return replace(comparison, photo_count=len(contents) - 1)
    return comparison
