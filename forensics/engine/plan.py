"""Decides which analyzer runs on which bytes, in which order; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from forensics.errors import UsageError
from forensics.model import Artifact, Tool
from forensics.plugins import Analyzer, FrameAnalyzer


@dataclass(frozen=True)
class Ready:
    """An analyzer with what it will run with.

    Attributes:
        analyzer: The plug-in.
        described: Its name, version and settings.
        tools: The outside programs and models that it needs, as found on this machine.
        missing: Why it cannot run here; empty where it can.
    """

    analyzer: Analyzer
    described: Tool
    tools: tuple[Tool, ...] = ()
    missing: str = ""


@dataclass(frozen=True)
class Task:
    """One analyzer on one content.

    Attributes:
        beside: Other analyzers of the same frames, fed by the same decoder.
        made: What other analyzers made of the content, by role.
    """

    ready: Ready
    artifact: Artifact
    beside: tuple[Ready, ...] = ()
    made: Mapping[str, tuple[Artifact, ...]] = field(default_factory=dict)

    @property
    def everyone(self) -> tuple[Ready, ...]:
        """The analyzers that run in this task."""
        return (self.ready, *self.beside)


def plan(artifacts: Iterable[Artifact], analyzers: Sequence[Ready]) -> list[Task]:
    """Lists what there is to do: each analyzer once on each distinct content whose type it takes.

    Args:
        artifacts: What was collected, in order; equal contents may repeat.
        analyzers: What may run.
    """
    distinct: dict[str, Artifact] = {}
    for artifact in artifacts:
        distinct.setdefault(artifact.content_sha256, artifact)
    return [
        Task(ready, artifact)
        for artifact in distinct.values()
        for ready in ordered(analyzers)
        if takes(ready.analyzer, artifact.media_type)
    ]


def joined(tasks: Iterable[Task]) -> list[Task]:
    """Puts the analyzers of frames of one content into one task, at the place of the first: it is decoded once."""
    result: list[Task] = []
    places: dict[str, int] = {}
    for task in tasks:
        content = task.artifact.content_sha256
        if not _is_fed(task.ready):
            result.append(task)
        elif content in places:
            first = result[places[content]]
            result[places[content]] = replace(first, beside=(*first.beside, task.ready))
        else:
            places[content] = len(result)
            result.append(task)
    return result


def _is_fed(ready: Ready) -> bool:
    return isinstance(ready.analyzer, FrameAnalyzer) and not ready.missing and not ready.analyzer.reads


def takes(analyzer: Analyzer, media_type: str) -> bool:
    """Whether an analyzer examines this media type."""
    return any(pattern == "*/*" or fnmatchcase(media_type, pattern) for pattern in analyzer.media_types)


def ordered(analyzers: Sequence[Ready]) -> list[Ready]:
    """Puts analyzers that read what others make after those others; otherwise keeps the order.

    Raises:
        UsageError: Two analyzers wait for each other.
    """
    makes = {role: ready.described.name for ready in analyzers for role in getattr(ready.analyzer, "makes", ())}
    waiting, done, result = list(analyzers), set[str](), list[Ready]()
    while waiting:
        free = [one for one in waiting if all(makes.get(role, "") in done | {""} for role in one.analyzer.reads)]
        if not free:
            names = ", ".join(one.described.name for one in waiting)
            raise UsageError(f"these analyzers wait for each other: {names}", hint="Leave one of them out with --only.")
        result.append(free[0])
        done.add(free[0].described.name)
        waiting.remove(free[0])
    return result
