"""Papers beside the report: statements, certificates, the catalogue; each a file of its own, a draft for a lawyer."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from forensics.errors import ReportError
from forensics.proof.money import table_rows
from forensics.reporter import catalogue, catalogue_file, evidence, front, pdf
from forensics.reporter.blocks import (
    Blank,
    Block,
    Cover,
    Pairs,
    Paragraph,
    ReportView,
    Running,
    Section,
    strings,
)
from forensics.reporter.catalogue import FOOT, Pages
from forensics.reporter.counts_money import by_time
from forensics.reporter.evidence import Said
from forensics.reporter.facts import CaseFacts
from forensics.reporter.paper_fact import known, said
from forensics.reporter.paper_table import Source, tables
from forensics.reporter.picture import OpenBlob, Thumbnails
from forensics.reporter.tally_sign import signs
from forensics.reporter.text import Templates, Texts
from forensics.reporter.wording import Words, chinese

if TYPE_CHECKING:
    from forensics.chats.payment import Payment
    from forensics.proof.dossier import Dossier


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of paper.

    Attributes:
        name: Name of its file and of its template.
        tables: What it tabulates, in order (`paper_table.tables`).
    """

    name: str
    tables: tuple[str, ...] = ()


CERTIFICATE = Kind("certificate-902-14", ("hashes", "steps"))
DECLARATION = Kind("declaration", ("steps", "files"))

KINDS: Mapping[str, tuple[Kind, ...]] = {
    "cn": (Kind("collection-statement", ("steps", "files")),),
    "us": (CERTIFICATE, Kind("intent-902-11", ("exhibits",))),
    "eu": (DECLARATION, Kind("attestation-202")),
    "fr": (DECLARATION, Kind("attestation-202")),
    "intl": (DECLARATION,),
}
"""Jurisdiction to the papers that are written for it, never mixed. *Source:* docs/papers.md."""

PAYMENTS = "payment-table.csv"
"""The payment table, to which every number about money in the report leads; accounts are named as in the report."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What papers are made from.

    Attributes:
        number: Number of the report that they stand beside.
        pages: Pages of that report as a PDF.
        open_blob: Opens a stored blob by its SHA-256.
        with_form: Whether the catalogue has a column on original or copy.
    """

    case: CaseFacts
    words: Words
    number: Said
    pages: Pages
    open_blob: OpenBlob
    with_form: bool = False

    @property
    def issued(self) -> int:
        """Seconds since 1970 of the event as of which they are made."""
        return int(self.case.event.at.timestamp())


def papers(desk: Desk, *, dossier: Dossier | None = None) -> dict[str, bytes]:
    """Writes the papers of the case's jurisdiction, the catalogue, and the payment table where there are payments.

    Returns:
        File name to bytes. The same case, report and templates give the same bytes.

    Raises:
        ReportError: A template has a defect.
    """
    place = desk.case.snapshot.info.jurisdiction
    made = {
        f"{kind.name}.pdf": draw(view(kind, desk), desk.words.templates) for kind in KINDS.get(place, KINDS["intl"])
    }
    made |= catalogue_files(desk)
    if dossier is not None and (dossier.ledger.payments or dossier.ledger.shown or dossier.ledger.rows):
        made[PAYMENTS] = payment_table(desk, dossier)
    return made


def payment_table(desk: Desk, dossier: Dossier) -> bytes:
    """Writes the payment table as CSV in UTF-8 with a byte order mark; third parties have the signs of the report.

    Within each class of certainty it is in order of time.
    """
    named = signs(desk.case.snapshot.statements, dossier, desk.words)
    masked = {facts.item.id for facts in desk.case.items if facts.masked}

    def shown(one: Payment) -> Payment:
        hidden = dossier.items.get(one.locator.file) in masked
        return replace(
            one,
            payer=named.account(one.payer) if one.payer else "",
            payee=named.account(one.payee) if one.payee else "",
            memo="" if hidden else named.text(one.memo),
            locator=replace(one.locator, name="") if hidden else one.locator,
        )

    made, out = dossier.ledger, io.StringIO()
    classes = (sorted(some, key=by_time) for some in (made.payments, made.shown, made.rows))
    payments, screens, rows = (tuple(map(shown, some)) for some in classes)
    made = replace(made, payments=payments, shown=screens, rows=rows)
    csv.writer(out, lineterminator="\r\n").writerows(table_rows(made))
    return out.getvalue().encode("utf-8-sig")


def draw(paper: ReportView, templates: Templates) -> bytes:
    """Draws a paper as PDF; it has no pictures.

    Raises:
        ReportError: It has a character that no font has.
    """
    for text in strings((paper.cover, paper.sections, paper.running)):
        missing = evidence.undrawable(text, templates.fonts)
        if missing:
            raise ReportError(f"a paper has {evidence.mark(missing[0])}, which no font has: {text[:60]!r}")
    return pdf.render(paper, pictures=Thumbnails(_no_picture), templates=templates)


def _no_picture(sha256: str) -> io.BytesIO:
    raise ReportError(f"a paper has no pictures, and {sha256} is not drawn")


def texts_of(name: str, words: Words) -> Texts:
    """Gives the texts of a paper.

    Raises:
        ReportError: There is no template for it.
    """
    found = words.templates.papers.get(name)
    if found is None:
        raise ReportError(f"there is no template papers/{name}.toml", hint="A folder of templates must be complete.")
    return found[words.language]


@dataclass(frozen=True, slots=True)
class Letter:
    """The texts of one paper, filled with what is known."""

    name: str
    words: Words
    values: Mapping[str, object]

    def lines(self, key: str) -> tuple[Said, ...]:
        """Gives the texts under a key; none where the paper has none."""
        found = texts_of(self.name, self.words).get(key, ())
        texts = (found,) if isinstance(found, str) else found
        return tuple(self.words.fill(text, f"{self.name} {key}", values=self.values) for text in texts)

    def line(self, key: str) -> Said:
        """Gives one text.

        Raises:
            ReportError: The paper has none under this key.
        """
        found = self.lines(key)
        if not found:
            raise ReportError(f"template papers/{self.name}.toml has no {key} ({self.words.language})", hint="Add it.")
        return found[0]

    def under(self, prefix: str) -> tuple[tuple[str, Said], ...]:
        """Gives the texts whose keys begin with a prefix, in the order of the template, with the rest of the key."""
        keys = (key for key in texts_of(self.name, self.words) if key.startswith(prefix))
        return tuple((key.removeprefix(prefix), self.line(key)) for key in keys)

    def section(self, anchor: str, blocks: Sequence[Block], *, number: int) -> Section:
        """Builds a numbered section with the heading of that name."""
        sign = Said(chinese(number) if self.words.language == "zh" else number)
        return Section(anchor, said("part", self.words, n=sign), self.line(f"heading.{anchor}"), tuple(blocks))


def letter(name: str, desk: Desk) -> Letter:
    """Prepares a paper's texts: they may name parts of the report, and what is known of the case."""
    words, case = desk.words, desk.case
    parts = {
        name: words.part(name) for name in ("collection", "custody", "materials", "digests", "catalogue", "limits")
    }
    count = words.count("items", len(case.items))
    values = {"number": desk.number, "items": count, "root": front.evidence_root(case, words)}
    return Letter(name, words, {**parts, **values})


def view(kind: Kind, desk: Desk) -> ReportView:
    """Builds one paper."""
    texts = letter(kind.name, desk)
    parts: list[tuple[str, list[Block]]] = []
    if texts.under("pairs."):
        parts.append(("pairs", list(fields(texts.under("pairs."), known(desk.case, desk.words)))))
    source = Source(desk.case, desk.words, desk.open_blob)
    for index, name in enumerate(kind.tables):
        notes = texts.lines("tables") if index == 0 else ()
        parts.append((name, [*(Paragraph(text) for text in notes), tables()[name](source)]))
    end: list[Block] = [Paragraph(text) for text in texts.lines("statements")]
    end += [blank(text) for text in texts.lines("signature")]
    end += [Paragraph(text, "note") for text in texts.lines("notes")]
    parts.append(("statements", end))
    sections = [texts.section(name, blocks, number=number) for number, (name, blocks) in enumerate(parts, 1)]
    return framed(texts, desk, sections=(opening(texts), *sections))


def opening(texts: Letter) -> Section:
    """Gives the sentences with which a paper begins."""
    return Section("opening", "", "", tuple(Paragraph(text) for text in texts.lines("opening")))


def fields(labels: Sequence[tuple[str, Said]], facts: Mapping[str, Said]) -> Iterator[Block]:
    """Gives names with what is known of them; ruled lines where nothing is."""
    for is_known, some in groupby(labels, key=lambda one: one[0] in facts):
        blanks = [(name, blank(label)) for name, label in some]
        if is_known:
            yield Pairs(tuple((one.label, facts[name]) for name, one in blanks))
        else:
            yield from (one for _, one in blanks)


def blank(text: Said) -> Blank:
    """Reads `3|Label`: a label and how many ruled lines it wants."""
    lines, bar, label = text.partition("|")
    return Blank(Said(label), int(lines)) if bar and lines.isdigit() else Blank(text)


def framed(
    texts: Letter, desk: Desk, *, sections: Sequence[Section], is_wide: bool = False, is_outward: bool = False
) -> ReportView:
    """Puts head, title and running lines around the sections of a paper; one that goes outward names no case."""
    words, info = desk.words, desk.case.snapshot.info
    number = said("number", words, report=desk.number, paper=texts.name)
    reference = Said("") if is_outward else words.shortened(info.reference or info.title, 60)
    head = ((said("number_label", words), number),) if is_outward else _head(desk)
    cover = Cover(
        texts.line("title"),
        texts.line("subtitle"),
        Pairs(head, "cover"),
        tuple(Paragraph(text, "strong") for text in texts.lines("draft")),
        is_letter=True,
        is_wide=is_wide,
    )
    running = Running(
        (said("running", words, number=number), reference),
        words.say("running.root", root=front.evidence_root(desk.case, words)),
        words.say("running.page", page=Said("{page}"), pages=Said("{pages}")),
    )
    author = words.join(filter(None, [info.examiner, info.organisation]), ", ")
    return ReportView(words.language, number, author, desk.case.program, desk.issued, cover, running, tuple(sections))


def _head(desk: Desk) -> tuple[tuple[str, str], ...]:
    words, info = desk.words, desk.case.snapshot.info
    named = (("case", info.title), ("reference", info.reference), ("number", desk.number))
    return tuple(
        (words.say(f"cover.{name}"), words.shortened(text, front.COVER_LENGTH)) for name, text in named if text
    )


def catalogue_files(desk: Desk) -> dict[str, bytes]:
    """Writes the catalogue of evidence as PDF, CSV and DOCX."""
    words = desk.words
    found = catalogue.rows(desk.case, words)
    texts = letter("catalogue", desk)
    table = catalogue.table(found, words, pages=desk.pages, with_form=desk.with_form)
    is_of_china = desk.case.snapshot.info.jurisdiction == "cn"
    said_first = (*texts.lines("opening"), *([words.say("catalogue.intro_cn")] if is_of_china else ()))
    blocks: list[Block] = [*(Paragraph(text) for text in said_first), table]
    blocks += [Blank(words.say(f"catalogue.{name}")) for name in FOOT]
    section = Section("catalogue", "", "", tuple(blocks), is_wide=True)
    paper = framed(texts, desk, sections=[section], is_wide=True)
    heads = tuple(words.join(pair, said("colon", words)) for pair in paper.cover.pairs.rows)
    sheet = catalogue_file.Sheet(
        texts.line("title"),
        (*heads, *said_first),
        found,
        desk.pages,
        desk.with_form,
        desk.issued,
        paper.program,
    )
    writers: dict[str, Callable[[catalogue_file.Sheet, Words], bytes]] = {
        "catalogue.csv": catalogue_file.csv_bytes,
        "catalogue.docx": catalogue_file.docx_bytes,
    }
    return {
        "catalogue.pdf": draw(paper, words.templates),
        **{name: write(sheet, words) for name, write in writers.items()},
    }
