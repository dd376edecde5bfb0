"""What a collector or an analyzer is, what it is given, and the visible lists of those that are built in."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from enum import StrEnum
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar, Protocol, runtime_checkable

from forensics.errors import UsageError
from forensics.model import Act, Artifact, Finding, Gap, Item

if TYPE_CHECKING:
    from forensics.media.frame import Frame

COLLECTORS: tuple[str, ...] = (
    "forensics.collectors.local:LocalCollector",
    "forensics.collectors.media:MediaCollector",
    "forensics.collectors.webpage:WebpageCollector",
)
"""Built-in collectors, as `module:Class`; the first that accepts an item collects it."""

ANALYZERS: tuple[str, ...] = (
    "forensics.analyzers.labels:LabelsAnalyzer",
    "forensics.analyzers.metadata:MetadataAnalyzer",
    "forensics.analyzers.streams:StreamsAnalyzer",
    "forensics.analyzers.page:PageAnalyzer",
    "forensics.analyzers.container:ContainerAnalyzer",
    "forensics.analyzers.compression:CompressionAnalyzer",
    "forensics.analyzers.tamper:TamperAnalyzer",
    "forensics.analyzers.faces:FacesAnalyzer",
    "forensics.analyzers.prints:PrintsAnalyzer",
    "forensics.analyzers.chats:ChatsAnalyzer",
    "forensics.analyzers.bills:BillsAnalyzer",
    "forensics.analyzers.screenshots:ScreenshotsAnalyzer",
)
"""Built-in analyzers, as `module:Class`."""

ON_REQUEST: tuple[str, ...] = ("forensics.analyzers.detector:DetectorAnalyzer",)
"""Built-in analyzers that run only where they are named: they need what the examiner brings."""

COMPARISONS: tuple[str, ...] = (
    "forensics.analyzers.recapture:RecaptureComparison",
    "forensics.analyzers.labels.comparison:LabelComparison",
    "forensics.analyzers.source:SourceComparison",
    "forensics.analyzers.persons:PersonsComparison",
    "forensics.analyzers.identity:IdentityComparison",
    "forensics.analyzers.faces:EyeLayoutComparison",
    "forensics.analyzers.match:MatchComparison",
    "forensics.analyzers.chats:ChatComparison",
)
"""Built-in comparisons, as `module:Class`: of a new capture with the one before it, and of two items."""


class Seal(StrEnum):
    """How bytes are sealed where their item is not sealed as a whole (docs/case-format.md, section 6).

    `CONTENT` records the plaintext's digests. `FACT` is for what could be guessed (an address, a serial number): the
    record has a commitment only.
    """

    CONTENT = "plain"
    FACT = "commitment"


class Sink(Protocol):
    """The only way for a plug-in to keep bytes: hashed as they pass, then write-once."""

    @property
    def act(self) -> Act:
        """The run of the verb that this belongs to: its machine, self-test and clock checks."""
        ...

    def workspace(self) -> AbstractContextManager[Path]:
        """Gives an empty folder of the case's `tmp/`, mode 0700, that is overwritten and removed at the end."""
        ...

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
        """Stores all bytes of a stream.

        Args:
            stream: Read to its end; not closed.
            role: What the bytes are to the acquisition or finding, for example `original`.
            name: File name, for people; never used as a path.
            media_type: Internet media type, or None to have it determined from the first bytes.
            seal: How the bytes are sealed; None seals them where their item is sealed.
            facts: What is known about the bytes; kept in the open also where the bytes are sealed.

        Raises:
            StoreError: The bytes could not be stored; nothing is kept of them.
        """
        ...


class Evidence(Protocol):
    """A read-only view of one stored artifact."""

    @property
    def artifact(self) -> Artifact:
        """The artifact; `artifact.content_sha256` is the subject of findings about it."""
        ...

    def open(self) -> AbstractContextManager[BinaryIO]:
        """Opens the content (decrypted where it is sealed) for reading."""
        ...

    def path(self) -> AbstractContextManager[Path]:
        """Gives a read-only file with the content and a telling ending, for programs that want a path."""
        ...

    def related(self, role: str) -> tuple[Evidence, ...]:
        """Gives what other analyzers made of this artifact under a role; only roles named in `reads`."""
        ...


@runtime_checkable
class Collector(Protocol):
    """Obtains items of one kind of source. A frozen dataclass whose fields are its settings."""

    name: ClassVar[str]
    version: ClassVar[str]

    def accepts(self, item: Item) -> bool:
        """Whether this collector can obtain the item."""
        ...

    def collect(self, item: Item, sink: Sink) -> Iterable[Gap]:
        """Puts what it obtains into the sink and yields what it could not obtain."""
        ...


@runtime_checkable
class Analyzer(Protocol):
    """Examines one artifact for one kind of trace. A frozen dataclass whose fields are its settings.

    Attributes:
        media_types: Patterns such as `image/*` of what it examines.
        needs: Outside programs and model files: `exiftool>=12`, `model:<sha256>`.
        reads: Roles of artifacts made by other analyzers that it wants.
    """

    name: ClassVar[str]
    version: ClassVar[str]
    media_types: ClassVar[tuple[str, ...]]
    needs: ClassVar[tuple[str, ...]]
    reads: ClassVar[tuple[str, ...]]

    def examine(self, evidence: Evidence, sink: Sink) -> Iterable[Finding]:
        """States at least one finding about the evidence; the same bytes give the same findings."""
        ...


class FrameWork(Protocol):
    """One examination of the frames of one picture or clip, as far as it has got."""

    def feed(self, frame: Frame) -> None:
        """Takes in the next frame; times ascend."""
        ...

    def finish(self, gaps: tuple[Gap, ...]) -> Iterable[Finding]:
        """States at least one finding.

        Args:
            gaps: What the decoder could not give, or gave although it was damaged; empty where all was well.
        """
        ...


@runtime_checkable
class FrameAnalyzer(Analyzer, Protocol):
    """An analyzer that is fed with frames, so that a clip is decoded once for all that want them.

    All of them get the same frames (`forensics.watch`), whichever run, so that equal bytes give equal findings.
    """

    def start(self, evidence: Evidence, sink: Sink) -> FrameWork:
        """Begins an examination."""
        ...


@runtime_checkable
class Comparison(Protocol):
    """Examines several artifacts at once. A frozen dataclass whose fields are its settings.

    Attributes:
        needs: Outside programs and model files, as for an analyzer.
        reads: Roles of artifacts made by others that it wants.
    """

    name: ClassVar[str]
    version: ClassVar[str]
    needs: ClassVar[tuple[str, ...]]
    reads: ClassVar[tuple[str, ...]]

    def examine(self, evidence: tuple[Evidence, ...], sink: Sink) -> Iterable[Finding]:
        """States at least one finding about the evidence, the earlier first; the same bytes give the same findings."""
        ...


def load(name: str) -> Any:
    """Loads a plug-in class by `module:Class`.

    Raises:
        UsageError: There is no such module or class.
    """
    module, _, attribute = name.partition(":")
    try:
        return getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise UsageError(
            f"plug-in {name} cannot be loaded: {error}", hint="Check its name and that it is installed."
        ) from error


def installed(group: str) -> dict[str, str]:
    """Lists plug-ins that other packages offer: name to `module:Class`. They stay off unless they are named.

    Args:
        group: `forensics.collectors` or `forensics.analyzers`.
    """
    return {point.name: point.value for point in entry_points(group=group)}
