"""Runs analyzers on one content in a worker: whatever they raise becomes an indeterminate finding with the gap."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from forensics.custody.store import Staged, Store
from forensics.custody.writer import Writer
from forensics.engine.evidence import StoredEvidence
from forensics.engine.plan import Ready, Task
from forensics.engine.sink import StagingSink
from forensics.errors import ForensicsError, ToolMissingError
from forensics.model import Finding, Gap, GapReason, Message, Result, Stage, Tool
from forensics.plugins import FrameAnalyzer, FrameWork
from forensics.watch import Reel

if TYPE_CHECKING:
    from forensics.media.frame import Frame


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


def bench_of(writer: Writer) -> Bench:
    """Gives what workers need to read an open case."""
    store = writer.store
    return Bench(writer.case.folder.absolute(), store.with_sm3, writer.recipients, (writer.key.identity,))


@dataclass(frozen=True)
class Examined:
    """What an examination gave: findings in order, and the staged files of their attachments."""

    findings: tuple[Finding, ...]
    staged: tuple[Staged, ...] = ()


def examine_group(group: Sequence[Task], bench: Bench) -> list[Examined]:
    """Examines a group, so that handing over and back costs little beside the examinations."""
    return [examine(task, bench) for task in group]


def examine(task: Task, bench: Bench) -> Examined:
    """Runs one analyzer, or all that are fed with the same frames, on one content.

    Whatever an analyzer raises becomes an indeterminate finding of its own, with the gap.
    """
    runs = [_Run(task, ready, bench) for ready in task.everyone]
    if task.beside:
        _watch(runs, StoredEvidence(task.artifact, runs[0].sink.store, bench.identities))
    else:
        runs[0].examine(StoredEvidence(task.artifact, runs[0].sink.store, bench.identities, task.made))
    return Examined(
        tuple(finding for run in runs for finding in run.findings),
        tuple(staged for run in runs for staged in run.sink.staged),
    )


class _Run:
    """One analyzer at work on one content.

    Args:
        task: What it belongs to.
        ready: The analyzer.
        bench: What the worker has.
    """

    def __init__(self, task: Task, ready: Ready, bench: Bench) -> None:
        store = Store(bench.folder, with_sm3=bench.with_sm3)
        is_sealed = task.artifact.sealed is not None
        self.sink = StagingSink(store, recipients=bench.recipients, is_sealed=is_sealed, has_clock=False)
        self.findings: list[Finding] = []
        self._task, self._ready = task, ready
        self._work: FrameWork | None = None

    def examine(self, evidence: StoredEvidence) -> None:
        """Lets the analyzer examine by itself."""
        if self._ready.missing:
            self._fail(Gap("tool", GapReason.MISSING, self._ready.missing))
            return
        with self._guarded():
            self._take(self._ready.analyzer.examine(evidence, self.sink))

    def start(self, evidence: StoredEvidence) -> None:
        """Begins to be fed with frames."""
        with self._guarded():
            self._work = cast(FrameAnalyzer, self._ready.analyzer).start(evidence, self.sink)

    def feed(self, frame: Frame) -> None:
        """Hands on a frame, unless the analyzer has failed before."""
        if self._work is not None:
            with self._guarded():
                self._work.feed(frame)

    def finish(self, gaps: tuple[Gap, ...]) -> None:
        """Takes the findings after the last frame."""
        if self._work is not None:
            with self._guarded():
                self._take(self._work.finish(gaps))

    def _take(self, findings: Iterable[Finding]) -> None:
        self.findings = [signed_for(self._ready, finding) for finding in findings]
        if not self.findings:
            self._fail(Gap("examination", GapReason.FAILED, "the analyzer stated nothing"))

    def _fail(self, gap: Gap) -> None:
        self._work, self.findings = None, [failed(self._task, gap, self._ready)]

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except ToolMissingError as error:
            self._fail(Gap("tool", GapReason.MISSING, str(error)))
        except ForensicsError as error:
            self._fail(Gap("examination", GapReason.FAILED, str(error)))
        except Exception as error:  # noqa: BLE001 - a plug-in may raise anything; it becomes a gap, the run goes on
            self._fail(Gap("examination", GapReason.FAILED, f"{type(error).__name__}: {error}"))


def _watch(runs: Sequence[_Run], evidence: StoredEvidence) -> None:
    """Decodes a content once for several analyzers of frames."""
    with evidence.path() as path:
        reel = Reel(path)
        for run in runs:
            run.start(evidence)
        try:
            for frame in reel:
                for run in runs:
                    run.feed(frame)
        except ForensicsError as error:
            reel.gaps.append(Gap("frames", GapReason.FAILED, str(error)))
        for run in runs:
            run.finish(tuple(reel.gaps))


def signed_for(ready: Ready, finding: Finding) -> Finding:
    """Puts what really ran into a finding: the analyzer with its settings, and the tools found on this machine."""
    return replace(finding, analyzer=ready.described, tools=ready.tools)


def failed(task: Task, gap: Gap, ready: Ready | None = None) -> Finding:
    """States that an examination could not be made; by the first analyzer of the task where none is named."""
    ready = ready or task.ready
    return not_made((task.artifact.content_sha256,), ready.described, gap, tools=ready.tools)


def not_made(
    subject: tuple[str, ...], by: Tool, gap: Gap, *, stage: Stage = Stage.DETECT, tools: tuple[Tool, ...] = ()
) -> Finding:
    """States that an examination could not be made, and that nothing follows from this.

    Args:
        subject: SHA-256 of each content.
        by: The analyzer or comparison.
        gap: Why.
        stage: Stage of examination.
        tools: What it would have used.
    """
    return Finding(
        subject=subject,
        stage=stage,
        kind=f"{by.name}.failed",
        result=Result.INDETERMINATE,
        statement=Message(
            "examination.failed", f"The examination by {by.name} could not be made.", {"analyzer": by.name}
        ),
        analyzer=by,
        tools=tools,
        gaps=(gap,),
        limits=(
            Message(
                "examination.failed.limit", "Nothing follows from this about the content, for or against anything."
            ),
        ),
    )
