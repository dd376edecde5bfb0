"""The verb `report`: renders a case as of one event, keeps the files, and commits their digests."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from forensics import __version__
from forensics.custody.digest import sha256_hex
from forensics.custody.store import Staged, translated
from forensics.custody.writer import Writer
from forensics.model import Artifact, CustodyEvent, Name, Output, Snapshot
from forensics.reporter import html, pdf, text, view
from forensics.reporter.picture import Thumbnails

MEDIA_TYPES = {".pdf": "application/pdf", ".html": "text/html"}


@dataclass(frozen=True)
class Reported:
    """What became of a `report`.

    Attributes:
        as_of: Number of the event as of which it was made.
        root: The evidence root printed on every page.
        files: Path of each file that was written, with its SHA-256.
        event: The event that commits them.
    """

    as_of: int
    root: str
    files: tuple[tuple[Path, str], ...]
    event: CustodyEvent


def render(snapshot: Snapshot, writer: Writer, *, language: str, templates: text.Templates) -> dict[str, bytes]:
    """Renders the report in all its forms: file name to bytes. The same snapshot gives the same bytes.

    Raises:
        ReportError: A template has a defect.
    """
    program = view.Program(version=__version__)
    content = view.build(snapshot, language=language, templates=templates, program=program)
    pictures = Thumbnails(writer.store.open)
    return {
        "report.pdf": pdf.render(content, pictures=pictures, templates=templates),
        "report.html": html.render(content, pictures=pictures, templates=templates),
    }


def write_report(
    writer: Writer, *, language: str, out: Path | None, as_of: int | None = None, templates: Path | None = None
) -> Reported:
    """Writes the report into a folder, keeps a copy as blobs, and commits both.

    Args:
        writer: The open case.
        language: `zh`, `en` or `fr`.
        out: Folder for the files; None for `reports/` of the case.
        as_of: Event number; None for the last event that is neither report nor bundle.
        templates: Folder of other templates.

    Raises:
        ReportError: A template has a defect.
        StoreError: A file cannot be written.
    """
    snapshot = writer.case.snapshot(as_of=as_of)
    rendered = render(snapshot, writer, language=language, templates=text.load(templates))
    inside = writer.case.folder / "reports"
    folder = inside if out is None else out
    is_inside = folder.resolve() == inside.resolve()
    staged = {name: writer.store.stage(io.BytesIO(data)) for name, data in rendered.items()}
    outputs = [_output(name, one, snapshot, language=language, is_inside=is_inside) for name, one in staged.items()]
    for name, data in rendered.items():
        _place(writer, folder, name, data=data, is_inside=is_inside)
    event = writer.commit("report", outputs, staged=list(staged.values()))
    files = tuple((folder / name, sha256_hex(data)) for name, data in rendered.items())
    return Reported(snapshot.as_of, snapshot.root, files, event)


def _place(writer: Writer, folder: Path, name: str, *, data: bytes, is_inside: bool) -> None:
    if is_inside:
        writer.place_output(data, f"reports/{name}")
        return
    with translated(folder / name):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def _output(name: str, staged: Staged, snapshot: Snapshot, *, language: str, is_inside: bool) -> Output:
    artifact = Artifact(
        digests=staged.digests,
        role="report",
        name=Name(name),
        media_type=MEDIA_TYPES[Path(name).suffix],
        obtained_at=datetime.now(UTC),
        facts={"language": language, "evidence_root": snapshot.root},
    )
    path = f"reports/{name}" if is_inside else None
    return Output("report", path, staged.digests.sha256, snapshot.as_of, artifact, {"language": language})
