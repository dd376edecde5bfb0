"""A questioned clip or still against its suspected original: whether they show one scene, and which faces differ.

With a subject, the face is held against the subject's reference photos too: a table of three similarities.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from forensics.analyzers import message
from forensics.errors import MediaError, ToolLimitError, ToolTimeoutError, UsageError
from forensics.faces.model import DETECTOR, RECOGNISER, describe
from forensics.model import Finding, Gap, GapReason, Message, Result, Stage, Tool
from forensics.plugins import Evidence, Sink

if TYPE_CHECKING:
    from forensics.analyzers.source.footage import Footage
    from forensics.analyzers.source.measure import Outcome
    from forensics.analyzers.source.statement import Names

KIND = "source.comparison"
IDENTITY = "source.identity"
_SHORT = 16
"""Digits of a digest in a statement; the finding's subject has all."""


@dataclass(frozen=True)
class SourceComparison:
    """Compares a questioned clip or still with its suspected original.

    Attributes:
        first: What the questioned item is called in statements: an item's id.
        second: The same of the suspected original.
        subject: Id of the subject whose reference photos follow the two; empty where there are none.
        time_limit_s: Seconds for one decoding of one of them.
        with_exhibits: Whether pictures, plot, clip and tables are made.
    """

    first: str = "Q"
    second: str = "R"
    subject: str = ""
    time_limit_s: float = 1800.0
    with_exhibits: bool = True

    name: ClassVar[str] = "source"
    version: ClassVar[str] = "1"
    needs: ClassVar[tuple[str, ...]] = ("ffmpeg>=4.4", "ffprobe>=4.4")
    reads: ClassVar[tuple[str, ...]] = ()

    def examine(self, evidence: tuple[Evidence, ...], sink: Sink) -> Iterable[Finding]:
        """States whether the two show one scene, and in which faces and regions they differ.

        Args:
            evidence: The questioned item, the suspected original, and where a subject is named its reference photos.
            sink: Takes the exhibits.

        Raises:
            UsageError: There are not two, or there are photos without a subject, or a subject without photos.
        """
        from forensics.analyzers.source import statement as say

        if len(evidence) < 2 or (len(evidence) > 2) != bool(self.subject):  # noqa: PLR2004 -- questioned and original
            told = f"two items can be compared, and the photos of a named subject with them, not {len(evidence)}"
            raise UsageError(told, hint="Name two items.")
        names = say.Names(_called(self.first, evidence[0]), _called(self.second, evidence[1]))
        settings = {one.name: getattr(self, one.name) for one in fields(self)}
        blank = Finding(
            subject=tuple(one.artifact.content_sha256 for one in evidence),
            stage=Stage.COMPARE,
            kind=KIND,
            result=Result.INDETERMINATE,
            statement=say.unread(names),
            analyzer=Tool(self.name, self.version, settings=settings),
            limits=say.limits(None),
            alternatives=(_damaged(),),
        )
        kinds = {one.artifact.media_type.partition("/")[0] for one in evidence[:2]}
        if not kinds <= {"image", "video"}:
            gap = Gap("comparison", GapReason.NOT_APPLICABLE, "only pictures and clips are compared by this method")
            yield replace(blank, gaps=(gap,))
            return
        try:
            yield from self._compared(blank, evidence, sink, names=names)
        except (ToolTimeoutError, ToolLimitError) as error:
            yield replace(blank, gaps=(Gap("comparison", GapReason.TIMED_OUT, str(error)),))
        except MediaError as error:
            yield replace(blank, gaps=(Gap("comparison", GapReason.UNREADABLE, str(error)),))

    def _compared(
        self, blank: Finding, evidence: tuple[Evidence, ...], sink: Sink, *, names: Names
    ) -> Iterator[Finding]:
        from forensics.analyzers.source import statement as say
        from forensics.analyzers.source.exhibit import exhibits
        from forensics.analyzers.source.measure import compare

        with ExitStack() as stack:
            paths = [stack.enter_context(one.path()) for one in evidence[:2]]
            folder = stack.enter_context(sink.workspace())
            (first, _), (second, length) = (self._opened(one) for one in paths)
            outcome = compare(first, second, duration_s=length, folder=folder)
            attachments = (
                exhibits(outcome, sink, called=(self.first, self.second), folder=folder) if self.with_exhibits else ()
            )
        found = replace(
            blank,
            result=say.RESULTS[outcome.verdict],
            statement=say.statement(outcome, names),
            values=say.values(outcome),
            where=tuple(say.where(outcome)),
            attachments=attachments,
            gaps=outcome.gaps,
            limits=say.limits(outcome),
            alternatives=say.alternatives(outcome),
            tools=describe(DETECTOR, RECOGNISER),
        )
        yield from self._with_subject(found, outcome, evidence[2:], sink, names=names) if self.subject else (found,)

    def _with_subject(
        self, found: Finding, outcome: Outcome, photos: tuple[Evidence, ...], sink: Sink, *, names: Names
    ) -> Iterator[Finding]:
        """Adds the table of similarities and the pairing sheet, and says in a finding of its own what they are."""
        from forensics.analyzers.source import resemblance
        from forensics.analyzers.source.exhibit import sheet
        from forensics.analyzers.source.identity import compared

        identity = compared(outcome, photos)
        told = resemblance.values(identity, self.subject)
        called = (self.subject, self.first, self.second)
        drawn = sheet(outcome, identity, sink, called=called) if self.with_exhibits else ()
        limits = resemblance.limits(identity)
        yield replace(
            found,
            values={**found.values, "subject": self.subject, "identity_table": told["identity_table"]},
            attachments=(*found.attachments, *drawn),
            limits=(*found.limits, *limits),
        )
        yield replace(
            found,
            kind=IDENTITY,
            result=resemblance.result(identity),
            statement=resemblance.statement(identity, names, self.subject),
            values=told,
            where=(),
            attachments=(),
            gaps=identity.gaps,
            limits=limits,
            alternatives=resemblance.alternatives(),
        )

    def _opened(self, path: Path) -> tuple[Footage, float | None]:
        from forensics import media
        from forensics.analyzers.source.footage import opened
        from forensics.media.frame_clip import probe

        with path.open("rb") as stream:
            is_picture = media.sniff(stream.read(media.HEAD_SIZE)).startswith("image/")
        if is_picture:
            return opened(path, codec="", time_limit_s=self.time_limit_s), None
        clip = probe(path)
        return opened(path, codec=clip.codec, time_limit_s=self.time_limit_s), clip.duration_s


def _called(name: str, evidence: Evidence) -> str:
    return f"{name} (SHA-256 {evidence.artifact.content_sha256[:_SHORT]}…)"


def _damaged() -> Message:
    return message(
        "source.comparison.alternative.unread",
        "Files are damaged in transfer, or are of a format that is not decoded here.",
    )
