"""Compares the faces of a case: with one another and with every subject, where a legal basis is recorded."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import dataclass, replace

from forensics.codec import canonical, to_json
from forensics.custody.index import examination_key
from forensics.custody.records import read_at
from forensics.custody.writer import Writer
from forensics.engine import act
from forensics.engine.acquire import describe
from forensics.engine.batch import Batch
from forensics.engine.collect import Setup
from forensics.engine.compare import comparison_class
from forensics.engine.comparison import Seen, compare_all
from forensics.engine.examination import Bench, Examined, bench_of
from forensics.engine.executor import workers
from forensics.engine.stamp import Stamped, checkpoint
from forensics.engine.subject import has_basis, photos_of, registered
from forensics.engine.survey import seen, survey
from forensics.engine.weigh import due, weigh_case
from forensics.faces.model import DETECTOR, RECOGNISER, Model
from forensics.faces.model import describe as describe_models
from forensics.faces.table import CROP_ROLE, ROLE
from forensics.model import Artifact, Finding, Gap, Interpretation
from forensics.plugins import Comparison
from forensics.proof.calibration import Calibration

ROLES = (ROLE, CROP_ROLE)

GROUP = 64
"""Contents that a worker compares with one subject at a time. *Measured:* measuring ten photographs takes as long as
comparing twenty stills; a group that is lost with its worker is small."""

PERSONS, IDENTITY, LAYOUT = "persons", "identity", "eye-layout"


@dataclass(frozen=True)
class Identified:
    """What became of a comparison of faces.

    Attributes:
        has_basis: Whether a legal basis is recorded; without one no faces were compared.
        findings: What was found now.
        interpretations: What was weighed now.
        skipped: Number of pairs of a content and a subject that had been compared before.
        gaps: What could not be compared, and what is missing of the act itself.
        stamped: What became of the request for trusted time; None where nothing ran.
    """

    has_basis: bool
    findings: tuple[Finding, ...] = ()
    interpretations: tuple[Interpretation, ...] = ()
    skipped: int = 0
    gaps: tuple[Gap, ...] = ()
    stamped: Stamped | None = None

    @property
    def exit_code(self) -> int:
        """0 done, 3 done with gaps."""
        return 3 if any(gap.is_of_content for gap in self.gaps) or (self.stamped and self.stamped.gaps) else 0


@dataclass(frozen=True)
class _Task:
    """A comparison and what it is to compare; the photographs come last."""

    comparison: Comparison
    contents: tuple[Seen, ...]


def identify_case(
    writer: Writer,
    items: Sequence[str] = (),
    *,
    setup: Setup,
    jobs: int,
    verb: str = "faces",
    own: Mapping[str, Calibration] | None = None,
) -> Identified:
    """Compares and weighs what has not been compared yet, in an act of its own under a checkpoint.

    Args:
        writer: The open case, in which faces were looked for.
        items: Items whose faces are compared with the subjects; empty for all. Persons are told apart over the whole
            case.
        setup: Describes the act.
        jobs: Number of worker processes.
        verb: What the act is called.
        own: Calibrations that are used in place of those of the program.

    Raises:
        ToolMissingError: A model is missing.
        StoreError: The case's disk does not take more.
        UsageError: There is no such item.
    """
    is_allowed = has_basis(writer)
    tasks, skipped = planned(writer, items, is_allowed=is_allowed)
    batch = Batch(writer, verb)
    if not tasks and not due(writer, own):
        return Identified(has_basis=is_allowed, skipped=skipped)
    running = act.begin(batch, verb, arguments=setup.arguments, servers=setup.servers)
    findings = run(batch, tasks, bench=bench_of(writer), jobs=jobs, progress=setup.progress)
    interpretations = weigh_case(writer, batch, own=own)
    gaps = (*(gap for one in findings for gap in one.gaps), *act.end(batch, running))
    stamped = checkpoint(writer, setup.authorities)
    return Identified(
        has_basis=is_allowed,
        findings=findings,
        interpretations=interpretations,
        skipped=skipped,
        gaps=gaps,
        stamped=stamped,
    )


def planned(writer: Writer, items: Sequence[str] = (), *, is_allowed: bool) -> tuple[list[_Task], int]:
    """Lists what is to be compared, and counts the pairs of content and subject that were compared before.

    Reference photographs are compared with nobody: they are no evidence of the case.

    Args:
        writer: The open case.
        items: Items whose faces are compared with the subjects; empty for all.
        is_allowed: Whether faces may be compared; where the eyes lie in pictures tells nobody apart, and always may.
    """
    photos = {one.id: photos_of(writer, one) for one in registered(writer)}
    references = {photo.content_sha256 for each in photos.values() for photo in each}
    everything = [one for one in seen(writer, ROLES) if _counts(one, references)]
    stills = [one for one in everything if one.artifact.media_type.startswith("image/")]
    tasks = list(_together(writer, stills, LAYOUT)) if len(stills) > 1 else []
    if not is_allowed:
        return tasks, 0
    tasks += _together(writer, everything, PERSONS, RECOGNISER)
    contents = [one for one in seen(writer, ROLES, items=items) if _counts(one, references)]
    skipped = 0
    for name, each in photos.items():
        if each:
            made, done = _identities(writer, contents, name, photos=each)
            tasks += made
            skipped += done
    return tasks, skipped


def _counts(one: Seen, references: set[str]) -> bool:
    """Whether a content shows a face of which a picture was kept, and is no reference photograph."""
    return CROP_ROLE in one.made and one.artifact.content_sha256 not in references


def _together(writer: Writer, contents: Sequence[Seen], name: str, *models: Model) -> Iterator[_Task]:
    """Gives a comparison of all contents with one another, unless these contents were compared so before."""
    comparison = comparison_class(name)()
    wanted = {one.artifact.content_sha256 for one in contents}
    if contents and not any(set(one.subject) == wanted for one in _findings(writer, key_of(comparison, *models))):
        yield _Task(comparison, tuple(contents))


def _findings(writer: Writer, key: str) -> Iterator[Finding]:
    query = (
        "SELECT record.seq, record.offset, record.length FROM finding "
        "JOIN record ON record.seq = finding.seq AND record.idx = finding.idx WHERE finding.examination = ?"
    )
    for seq, offset, length in writer.index.rows(query, (key,)):
        path = writer.case.records_path(writer.case.events[seq])
        record = read_at(path, offset=offset, length=length) if path else None
        if isinstance(record, Finding):
            yield record


def _identities(
    writer: Writer, contents: Sequence[Seen], name: str, *, photos: Sequence[Artifact]
) -> tuple[list[_Task], int]:
    comparison = comparison_class(IDENTITY)(subject=name, photo_count=len(photos), photo_set=photo_set(photos))
    key = key_of(comparison, DETECTOR, RECOGNISER)
    missing = [one for one in contents if not writer.index.is_examined(one.artifact.content_sha256, key)]
    references = tuple(Seen(photo) for photo in photos)
    groups = [tuple(missing[start : start + GROUP]) for start in range(0, len(missing), GROUP)]
    return [_Task(comparison, (*group, *references)) for group in groups], len(contents) - len(missing)


def photo_set(photos: Sequence[Artifact]) -> str:
    """Gives one digest of photographs and of the faces chosen in them."""
    rows = [[photo.content_sha256, to_json(photo.facts.get("face_box_px"))] for photo in photos]
    return hashlib.sha256(canonical(rows)).hexdigest()


def key_of(comparison: Comparison, *models: Model) -> str:
    """Gives the key under which findings of this comparison with these models are indexed."""
    tools = describe_models(*models) if models else ()
    return examination_key(to_json(describe(comparison)), to_json(tools))


def run(
    batch: Batch, tasks: Sequence[_Task], *, bench: Bench, jobs: int, progress: Callable[[object], None]
) -> tuple[Finding, ...]:
    """Compares in worker processes and adds the findings to the batch, in the order of the tasks.

    Raises:
        StoreError: The case's disk does not take more.
    """
    found: list[Finding] = []
    if not tasks:
        return ()
    with workers(max(1, min(jobs, len(tasks)))) as executor:
        for task, examined in _in_order(executor, tasks, bench):
            described = describe(task.comparison)
            findings = tuple(replace(one, analyzer=described) for one in examined.findings)
            batch.add(findings, examined.staged)
            found += findings
            progress(task)
    return tuple(found)


def _in_order(executor: Executor, tasks: Sequence[_Task], bench: Bench) -> Iterator[tuple[_Task, Examined]]:
    """Gives what each task gave; where a worker died, what is left runs in processes of their own."""
    for task, future in [(task, _submitted(executor, task, bench)) for task in tasks]:
        try:
            examined = None if future is None else future.result()
        except BrokenExecutor:
            examined = None
        yield task, examined or survey(task.contents, task.comparison, bench=bench)


def _submitted(executor: Executor, task: _Task, bench: Bench) -> Future[Examined] | None:
    """Hands a task to the workers; None where they are gone."""
    try:
        return executor.submit(compare_all, task.contents, task.comparison, bench=bench)
    except (BrokenExecutor, RuntimeError):
        return None
