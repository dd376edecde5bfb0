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
from forensics.reporter.unmask import Unmasking, check_outside, log_request, opener, stage_sealed

MEDIA_TYPES = {".pdf": "application/pdf", ".html": "text/html"}


Kept = tuple[Staged, dict[str, object] | None]
"""The copy of a report that the case keeps, and what it says of the plaintext where it is sealed."""


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
    pictures = Thumbnails(opener(writer, snapshot))
    return {
        "report.pdf": pdf.render(content, pictures=pictures, templates=templates),
        "report.html": html.render(content, pictures=pictures, templates=templates),
    }


def write_report(
    writer: Writer,
    *,
    language: str,
    out: Path | None,
    as_of: int | None = None,
    templates: Path | None = None,
    unmasking: Unmasking | None = None,
) -> Reported:
    """Writes the report into a folder, keeps a copy as blobs, and commits both.

    A report as of a request to draw what is masked is written outside of the case, and its copy is sealed.

    Args:
        writer: The open case.
        language: `zh`, `en` or `fr`.
        out: Folder for the files; None for `reports/` of the case.
        as_of: Event number; None for the last event that is neither report nor bundle.
        templates: Folder of other templates.
        unmasking: What is to be drawn although it is masked; it is recorded first.

    Raises:
        ReportError: A template has a defect.
        StoreError: A file cannot be written.
        UsageError: Unmasked pictures would lie in the case, or have no reason.
    """
    if unmasking is not None:
        check_outside(out, writer.case.folder)
        as_of = log_request(writer, unmasking).seq
    snapshot = writer.case.snapshot(as_of=as_of)
    is_unmasked = snapshot.events[-1].action == "access"
    if is_unmasked:
        out = check_outside(out, writer.case.folder)
    rendered = render(snapshot, writer, language=language, templates=text.load(templates))
    inside = writer.case.folder / "reports"
    folder = inside if out is None else out
    is_inside = folder.resolve() == inside.resolve()
    kept = {name: _kept(writer, data, is_sealed=is_unmasked) for name, data in rendered.items()}
    outputs = [
        _output(name, one, sha256_hex(rendered[name]), snapshot=snapshot, language=language, is_inside=is_inside)
        for name, one in kept.items()
    ]
    for name, data in rendered.items():
        _place(writer, folder, name, data=data, is_inside=is_inside)
    event = writer.commit("report", outputs, staged=[one for one, _ in kept.values()])
    files = tuple((folder / name, sha256_hex(data)) for name, data in rendered.items())
    return Reported(snapshot.as_of, snapshot.root, files, event)


def _place(writer: Writer, folder: Path, name: str, *, data: bytes, is_inside: bool) -> None:
    if is_inside:
        writer.place_output(data, f"reports/{name}")
        return
    with translated(folder / name):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def _kept(writer: Writer, data: bytes, *, is_sealed: bool) -> Kept:
    if is_sealed:
        return stage_sealed(writer, data)
    return writer.store.stage(io.BytesIO(data)), None


def _output(name: str, kept: Kept, sha256: str, *, snapshot: Snapshot, language: str, is_inside: bool) -> Output:
    staged, sealed = kept
    artifact = Artifact(
        digests=staged.digests,
        role="report",
        name=Name(name),
        media_type=MEDIA_TYPES[Path(name).suffix],
        obtained_at=datetime.now(UTC),
        facts={"language": language, "evidence_root": snapshot.root},
        sealed=sealed,
    )
    path = f"reports/{name}" if is_inside else None
    return Output("report", path, sha256, snapshot.as_of, artifact, {"language": language})
