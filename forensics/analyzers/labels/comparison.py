"""Two copies of one work: whether they look alike, and which labels the one has and the other has not."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

from forensics import media
from forensics.analyzers.labels import LabelsAnalyzer, credential_trust
from forensics.analyzers.labels import comparison_statement as say
from forensics.analyzers.labels.comparison_match import Pair, match
from forensics.analyzers.labels.comparison_side import KINDS, Label, Side, labels_of
from forensics.errors import UsageError
from forensics.model import Act, Artifact, Digests, Finding, Message, Name, Result, Stage, Tool
from forensics.plugins import Evidence, Seal, Sink

KIND = "label.comparison"


@dataclass(frozen=True)
class LabelComparison:
    """Compares the labels of two copies of one work.

    Attributes:
        first: What the first copy is called in statements: an item's id.
        second: The same of the second.
        trust_list: File with the certificates (PEM) of authorities whose content credentials are trusted; empty for
            none.
        most_frames: Frames of a clip that are looked at, one a second from the start.
        time_limit_s: Seconds for the decoding of one copy.
    """

    first: str = "A"
    second: str = "B"
    trust_list: str = ""
    most_frames: int = 600
    time_limit_s: float = 300.0

    name: ClassVar[str] = "label_comparison"
    version: ClassVar[str] = "1"
    needs: ClassVar[tuple[str, ...]] = ("ffmpeg>=4.0",)
    reads: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        """Reads the trust list, so that no record has a path of this machine.

        Raises:
            UsageError: The file cannot be read, or holds no certificates.
        """
        object.__setattr__(self, "trust_list", credential_trust.read(self.trust_list))

    def examine(self, evidence: tuple[Evidence, ...], sink: Sink) -> Iterable[Finding]:
        """States whether the two look alike, then for each label in which of them it is.

        Raises:
            UsageError: There are not exactly two.
        """
        if len(evidence) != 2:  # noqa: PLR2004 -- two copies
            raise UsageError(f"two copies can be compared, not {len(evidence)}", hint="Name two items.")
        settings = {one.name: getattr(self, one.name) for one in fields(self)}
        blank = Finding(
            subject=tuple(one.artifact.content_sha256 for one in evidence),
            stage=Stage.COMPARE,
            kind=KIND,
            result=Result.INDETERMINATE,
            statement=Message("", ""),
            analyzer=Tool(self.name, self.version, settings=settings),
        )
        pair = match(evidence[0], evidence[1], most_frames=self.most_frames, time_limit_s=self.time_limit_s)
        pair = replace(pair, names=(_called(self.first, evidence[0]), _called(self.second, evidence[1])))
        yield _matched(blank, pair)
        sides = [labels_of(self._read(one, sink)) for one in evidence]
        trust_list = credential_trust.kept(credential_trust.read(self.trust_list), sink)
        for kind in KINDS:
            judged = replace(blank, attachments=trust_list if kind == "label.c2pa" else ())
            yield from _compared(judged, pair, kind=kind, sides=sides)

    def _read(self, evidence: Evidence, sink: Sink) -> Iterable[Finding]:
        """Reads the labels of one copy; what they would attach is kept by the examination of the item itself."""
        reader = LabelsAnalyzer(trust_list=self.trust_list)
        return reader.state(evidence, Dropping(sink), kinds=KINDS)


def _called(name: str, evidence: Evidence) -> str:
    return f"{name} (SHA-256 {evidence.artifact.content_sha256[: say.SHORT]}…)"


def _matched(blank: Finding, pair: Pair) -> Finding:
    result = {True: Result.FOUND, False: Result.NOT_FOUND, None: Result.INDETERMINATE}[pair.is_same_work]
    return replace(
        blank,
        result=result,
        statement=say.matched(pair),
        values={"about": "work", **pair.described()},
        limits=say.limits_of_match(),
        alternatives=() if result is Result.NOT_FOUND else say.alternatives_of_match(),
        gaps=pair.gaps,
    )


def _compared(blank: Finding, pair: Pair, *, kind: str, sides: list[Side]) -> Iterator[Finding]:
    names = sorted({name for side in sides for name in side.names(kind)})
    for name in names or [KINDS[kind]]:
        both = (sides[0].label(kind, name), sides[1].label(kind, name))
        values = {"about": kind, "label": name, **pair.described()}
        values |= {"first": both[0].described(), "second": both[1].described()}
        yield replace(
            blank,
            result=_result(both, pair),
            statement=say.label(name, both, pair=pair),
            values=values,
            limits=say.limits_of_label(pair),
            alternatives=say.alternatives_of_label(),
            gaps=(*both[0].gaps, *both[1].gaps),
        )


def _result(both: tuple[Label, Label], pair: Pair) -> Result:
    """A difference is found only between copies that look alike; what could not be read decides nothing."""
    if "undetermined" in (both[0].state, both[1].state):
        return Result.INDETERMINATE
    if both[0].is_same_as(both[1]):
        return Result.NOT_FOUND
    return Result.FOUND if pair.is_same_work else Result.INDETERMINATE


@dataclass(frozen=True, slots=True)
class Dropping:
    """A sink that keeps nothing of what is put into it."""

    sink: Sink

    @property
    def act(self) -> Act:
        """The run of the verb that this belongs to."""
        return self.sink.act

    def workspace(self) -> AbstractContextManager[Path]:
        """Gives a folder as the sink itself does."""
        return self.sink.workspace()

    def put(
        self,
        stream: BinaryIO,
        *,
        role: str,
        name: str | bytes,
        media_type: str | None = None,
        seal: Seal | None = None,
        **facts: Any,
    ) -> Artifact:
        """Reads a stream to its end and gives an artifact that nobody stores."""
        del seal
        content = stream.read()
        digests = Digests(hashlib.sha256(content).hexdigest(), "", len(content))
        shown = name if isinstance(name, str) else name.decode("utf-8", "replace")
        moment = datetime(1970, 1, 1, tzinfo=UTC)
        return Artifact(digests, role, Name(shown), media_type or media.sniff(content, shown), moment, facts)
