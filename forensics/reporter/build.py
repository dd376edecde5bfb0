"""The verb `report`: renders a case as of one event, keeps the files, and commits their digests."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from forensics import __version__
from forensics.custody.digest import sha256_hex
from forensics.custody.store import Staged, translated
from forensics.custody.writer import Writer
from forensics.model import Artifact, CustodyEvent, Name, Output, Snapshot
from forensics.proof.dossier import compile_dossier
from forensics.reporter import case_uco, html, paper, pdf, pdfa, pdfa_view, text, view
from forensics.reporter.facts import gather
from forensics.reporter.front import report_number
from forensics.reporter.paper import Desk
from forensics.reporter.picture import Thumbnails
from forensics.reporter.unmask import Unmasking, check_outside, log_request, opener, stage_sealed
from forensics.reporter.wording import words

if TYPE_CHECKING:
    from forensics.custody.trusted_time import Authority
    from forensics.reporter.blocks import ReportView
    from forensics.reporter.pades import Signer

MEDIA_TYPES = {
    ".pdf": "application/pdf",
    ".html": "text/html",
    ".csv": "text/csv",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".jsonld": "application/ld+json",
}


Kept = tuple[Staged, dict[str, object] | None]
"""The copy of a report that the case keeps, and what it says of the plaintext where it is sealed."""


@dataclass(frozen=True, slots=True)
class Sealing:
    """A wish to seal every PDF with an electronic signature; the files are then no longer the same bytes each time.

    Attributes:
        authorities: Who is asked for a time stamp; without any the seal has no trusted time.
    """

    signer: Signer
    authorities: Sequence[Authority] = ()


@dataclass(frozen=True)
class Reported:
    """What became of a `report`.

    Attributes:
        as_of: Number of the event as of which it was made.
        root: The evidence root printed on every page.
        files: Path of each file that was written, with its SHA-256.
        event: The event that commits them.
        unsealed: Name of each sealed file to the SHA-256 before it was sealed, which the same case gives again.
    """

    as_of: int
    root: str
    files: tuple[tuple[Path, str], ...]
    event: CustodyEvent
    unsealed: Mapping[str, str] = field(default_factory=dict)


def render(
    snapshot: Snapshot, writer: Writer, *, language: str, templates: text.Templates, with_form: bool = False
) -> dict[str, bytes]:
    """Renders the report in all its forms, and its papers: file name to bytes. The same snapshot gives the same bytes.

    Args:
        snapshot: The case as of event N.
        writer: The open case, whose blobs are drawn.
        language: `zh`, `en` or `fr`.
        templates: From `text.load`.
        with_form: Whether the catalogue has a column on original or copy.

    Raises:
        ReportError: A template has a defect.
    """
    program = view.Program(version=__version__)
    dossier = compile_dossier(snapshot, writer.store.open)
    content = view.build(snapshot, language=language, templates=templates, program=program, dossier=dossier)
    open_blob = opener(writer, snapshot)
    pictures = Thumbnails(open_blob)
    drawn = pdf.render_with_pages(content, pictures=pictures, templates=templates)
    case = gather(snapshot, program=f"{program.name} {program.version}")
    spoken = words(templates, language=language, jurisdiction=snapshot.info.jurisdiction)
    spoken = view.fitted(case, spoken, dossier=dossier)
    desk = Desk(case, spoken, report_number(case, language), drawn.pages, open_blob, with_form)
    graph = case_uco.render(snapshot)
    return {
        "report.pdf": _archival(drawn.data, content, snapshot, graph=graph),
        "report.html": html.render(content, pictures=pictures, templates=templates),
        **paper.papers(desk, dossier=dossier),
        case_uco.FILE_NAME: graph,
    }


def _archival(data: bytes, content: ReportView, snapshot: Snapshot, *, graph: bytes) -> bytes:
    """Embeds in the report what machines read: its own text, and the case as a graph."""
    told = pdfa_view.machine_view(content, root=snapshot.root, as_of=snapshot.as_of)
    files = (
        pdfa.Attachment(pdfa_view.FILE_NAME, told, "application/json", "The text of this report", "Alternative"),
        pdfa.Attachment(case_uco.FILE_NAME, graph, MEDIA_TYPES[".jsonld"], "The case as CASE/UCO", "Data"),
    )
    title = f"{content.cover.title} {content.number}"
    return pdfa.archival(data, attachments=files, language=pdf.LANGUAGE_TAGS[content.language], title=title)


def write_report(
    writer: Writer,
    *,
    language: str,
    out: Path | None,
    as_of: int | None = None,
    templates: Path | None = None,
    unmasking: Unmasking | None = None,
    with_form: bool = False,
    sealing: Sealing | None = None,
) -> Reported:
    """Writes the report and its papers into a folder, keeps copies as blobs, and commits all.

    A report as of a request to draw what is masked is written outside of the case, and its copy is sealed.

    Args:
        writer: The open case.
        language: `zh`, `en` or `fr`.
        out: Folder for the files; None for `reports/` of the case.
        as_of: Event number; None for the last event that is neither report nor bundle.
        templates: Folder of other templates.
        unmasking: What is to be drawn although it is masked; it is recorded first.
        with_form: Whether the catalogue has a column on original or copy.
        sealing: With what every PDF is sealed; None for no seal.

    Raises:
        ReportError: A template has a defect.
        SealError: A PDF could not be sealed; nothing was written.
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
    plain = render(snapshot, writer, language=language, templates=text.load(templates), with_form=with_form)
    rendered = plain if sealing is None else _sealed(plain, sealing, snapshot)
    unsealed = {name: sha256_hex(plain[name]) for name, data in rendered.items() if data is not plain[name]}
    inside = writer.case.folder / "reports"
    folder = inside if out is None else out
    is_inside = folder.resolve() == inside.resolve()
    kept = {name: _kept(writer, data, is_sealed=is_unmasked) for name, data in rendered.items()}
    told = {name: _told(name, rendered[name], unsealed, language=language) for name in rendered}
    outputs = [
        _output(name, one, sha256_hex(rendered[name]), snapshot=snapshot, told=told[name], is_inside=is_inside)
        for name, one in kept.items()
    ]
    for name, data in rendered.items():
        _place(writer, folder, name, data=data, is_inside=is_inside)
    event = writer.commit("report", outputs, staged=[one for one, _ in kept.values()])
    files = tuple((folder / name, sha256_hex(data)) for name, data in rendered.items())
    return Reported(snapshot.as_of, snapshot.root, files, event, unsealed)


def _sealed(rendered: Mapping[str, bytes], sealing: Sealing, snapshot: Snapshot) -> dict[str, bytes]:
    """Seals every PDF."""
    from forensics.reporter import pades

    reason = f"Case {snapshot.info.id} as of event {snapshot.as_of}, evidence root {snapshot.root or 'none'}"
    return {
        name: pades.seal(data, signer=sealing.signer, authorities=sealing.authorities, reason=reason, name=name)
        if name.endswith(".pdf")
        else data
        for name, data in rendered.items()
    }


def _told(name: str, data: bytes, unsealed: Mapping[str, str], *, language: str) -> dict[str, object]:
    """Says of a file its language and, where it is sealed, by whom, and what its digest was before."""
    if name not in unsealed:
        return {"language": language}
    from forensics.reporter import pades

    return {"language": language, "seal": pades.facts_of(data) | {"unsealed_sha256": unsealed[name]}}


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


def _output(
    name: str, kept: Kept, sha256: str, *, snapshot: Snapshot, told: Mapping[str, object], is_inside: bool
) -> Output:
    staged, sealed = kept
    artifact = Artifact(
        digests=staged.digests,
        role="report",
        name=Name(name),
        media_type=MEDIA_TYPES[Path(name).suffix],
        obtained_at=datetime.now(UTC),
        facts={"language": told["language"], "evidence_root": snapshot.root},
        sealed=sealed,
    )
    path = f"reports/{name}" if is_inside else None
    return Output("report", path, sha256, snapshot.as_of, artifact, dict(told))
