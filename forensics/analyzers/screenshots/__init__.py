"""Screenshots: reads the text of pictures of screens into lines that an examiner has yet to check."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar

from forensics.analyzers import describe
from forensics.analyzers.screenshots import statement as say
from forensics.analyzers.screenshots.look import Look, look
from forensics.analyzers.screenshots.reading import Read, read
from forensics.errors import ForensicsError, MediaError, ToolMissingError, ToolTimeoutError
from forensics.media import ocr
from forensics.media.frame import MOST_PIXELS, still
from forensics.model import Artifact, Finding, Gap, GapReason, Message, Result, Stage
from forensics.plugins import Evidence, Sink

ROLE = "text-lines"
"""Role of the lines as they were read, all of them."""

NAME = "text-lines.json"
FORM = "forensics-text-lines-1"

_WHY_NOT = {
    "small": "it is too small for lines of a chat",
    "camera": "its metadata has entries of a camera",
    "other": "it has neither the shape nor the format of a screenshot",
    "page": "it shows a page that was captured: its text stands in the document of the capture",
}


@dataclass(frozen=True)
class ScreenshotsAnalyzer:
    """Reads the text of screenshots.

    Attributes:
        every: Whether every picture is searched, not only those that may be screenshots.
        most_lines: Lines that are read in one picture, from the top.
        most_listed: Lines that the finding lists; the attached file has all.
    """

    every: bool = False
    most_lines: int = 600
    most_listed: int = 100

    name: ClassVar[str] = "screenshots"
    version: ClassVar[str] = "1"
    media_types: ClassVar[tuple[str, ...]] = ("image/png", "image/jpeg", "image/webp", "image/bmp")
    needs: ClassVar[tuple[str, ...]] = ()
    reads: ClassVar[tuple[str, ...]] = ()
    makes: ClassVar[tuple[str, ...]] = (ROLE,)

    def examine(self, evidence: Evidence, sink: Sink) -> Iterable[Finding]:
        """States which lines of text were read, or why the picture was not searched."""
        blank = Finding(
            subject=(evidence.artifact.content_sha256,),
            stage=Stage.ANALYSE,
            kind=say.KIND,
            result=Result.INDETERMINATE,
            statement=Message("", ""),
            analyzer=describe(self),
        )
        try:
            yield self._examine(evidence, sink, blank=blank)
        except ForensicsError as error:
            yield say.unsearched(blank, _gap(error))

    def _examine(self, evidence: Evidence, sink: Sink, *, blank: Finding) -> Finding:
        with evidence.open() as stream:
            seen = look(stream)
        shape = "page" if evidence.artifact.role.startswith("screenshot-") else seen.shape
        if shape in _WHY_NOT and not (self.every and shape != "small"):
            gap = Gap("text", GapReason.NOT_APPLICABLE, _WHY_NOT[shape])
            return say.unsearched(blank, gap, {"shape": shape, "size_px": list(seen.size_px)})
        if seen.size_px[0] * seen.size_px[1] > MOST_PIXELS:
            gap = Gap("text", GapReason.LIMIT, f"it has more than {MOST_PIXELS} pixels, which are not decoded")
            return say.unsearched(blank, gap, {"shape": shape, "size_px": list(seen.size_px)})
        engine = ocr.load()
        with evidence.path() as path:
            pixels = still(path).pixels[:, :, ::-1]
        found = read(engine, pixels, most_lines=self.most_lines)
        is_open = evidence.artifact.sealed is None
        page = say.Page(seen.size_px, shape, _names(engine), is_open=is_open, most_listed=self.most_listed)
        if found.lines:
            blank = replace(blank, attachments=(_kept(sink, found, seen, blank=blank, engine=engine),))
        return say.read(blank, found, page)


def _names(engine: ocr.Engine) -> tuple[str, ...]:
    return tuple(
        " ".join([tool.name, tool.version, *map(str, dict(tool.settings or {}).values())]) for tool in engine.describe
    )


def _kept(sink: Sink, found: Read, seen: Look, *, blank: Finding, engine: ocr.Engine) -> Artifact:
    """Keeps all lines as they were read."""
    told = {
        "format": FORM,
        "content": blank.subject[0],
        "size_px": list(seen.size_px),
        "engine": list(_names(engine)),
        "lines": [say.row(line, number) for number, line in enumerate(found.lines, 1)],
    }
    body = json.dumps(told, ensure_ascii=False, sort_keys=True, indent=1) + "\n"
    return sink.put(io.BytesIO(body.encode()), role=ROLE, name=NAME, media_type="application/json")


def _gap(error: ForensicsError) -> Gap:
    reasons = (
        (ToolMissingError, GapReason.MISSING),
        (ToolTimeoutError, GapReason.TIMED_OUT),
        (MediaError, GapReason.UNREADABLE),
    )
    why = next((reason for kind, reason in reasons if isinstance(error, kind)), GapReason.FAILED)
    return Gap("text", why, f"{error}. {error.hint}" if error.hint else str(error))
