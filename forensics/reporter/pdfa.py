"""Turns a drawn PDF into one that is oriented towards PDF/A-3b: colours, properties, and embedded files.

No validator of PDF/A is at hand, so nothing here claims conformance (docs/seals.md).
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from forensics.errors import ReportError
from forensics.reporter.pdfa_colour import NAME, srgb

if TYPE_CHECKING:
    import pikepdf

VERSION = "1.7"
"""Version of PDF that part 3 is based on. *Source:* ISO 19005-3, clause 5."""

_PRINTED = 4
"""Flag of an annotation that is printed. *Source:* ISO 32000-1, table 165; ISO 19005-3, 6.3.2."""

_XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:pdf="http://ns.adobe.com/pdf/1.3/"
    xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"
    xmlns:xmp="http://ns.adobe.com/xap/1.0/">
   <pdfaid:part>3</pdfaid:part>
   <pdfaid:conformance>B</pdfaid:conformance>
   <dc:format>application/pdf</dc:format>
   <dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
   <dc:creator><rdf:Seq><rdf:li>{author}</rdf:li></rdf:Seq></dc:creator>
   <dc:description><rdf:Alt><rdf:li xml:lang="x-default">{subject}</rdf:li></rdf:Alt></dc:description>
   <dc:language><rdf:Bag><rdf:li>{language}</rdf:li></rdf:Bag></dc:language>
   <pdf:Producer>{producer}</pdf:Producer>
   <xmp:CreatorTool>{creator}</xmp:CreatorTool>
   <xmp:CreateDate>{date}</xmp:CreateDate>
   <xmp:ModifyDate>{date}</xmp:ModifyDate>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"""
"""Properties of a file, equal to those of its information dictionary. *Source:* ISO 19005-3, 6.6; ISO 16684-1."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file to embed.

    Attributes:
        name: Name of the file, ASCII.
        description: What it is, for people.
        relationship: What it is to the document: `Data`, `Source`, `Alternative` or `Supplement` (ISO 19005-3, 6.8).
    """

    name: str
    data: bytes
    media_type: str
    description: str
    relationship: str = "Data"


def archival(pdf: bytes, *, attachments: Sequence[Attachment], language: str, title: str) -> bytes:
    """Gives a PDF what PDF/A-3b asks for beyond what is drawn. The same arguments give the same bytes.

    Args:
        pdf: As reportlab drew it, with all its fonts embedded.
        attachments: What is embedded in it.
        language: Tag of the document's language, BCP 47 (`zh-CN`).
        title: The document's title.

    Raises:
        ReportError: The PDF cannot be read, or has a font that is not embedded.

    Not done: a test of conformance; the structure of the text (tags), which level A asks for.
    Source: ISO 19005-3, 6.2.3 (output intent), 6.2.11 (fonts), 6.3.2 (annotations), 6.6 (metadata), 6.8 (files).
    """
    import pikepdf

    try:
        document = pikepdf.open(io.BytesIO(pdf))
    except pikepdf.PdfError as error:
        raise ReportError(f"the drawn PDF cannot be read: {error}") from error
    with document:
        if loose := sorted(set(_loose_fonts(document))):
            raise ReportError(f"the PDF has fonts that are not embedded: {', '.join(loose)}")
        _colours(document)
        _annotations(document)
        _embed(document, attachments)
        _describe(document, language=language, title=title)
        out = io.BytesIO()
        document.save(
            out,
            deterministic_id=True,
            force_version=VERSION,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
            fix_metadata_version=False,
        )
    return out.getvalue()


def _loose_fonts(document: pikepdf.Pdf) -> list[str]:
    """Names fonts that pages refer to and the file does not hold."""
    import pikepdf

    names = []
    for thing in document.objects:
        if (
            not isinstance(thing, pikepdf.Dictionary)
            or thing.get("/Type") != "/Font"
            or thing.get("/Subtype") == "/Type3"
        ):
            continue
        if "/DescendantFonts" in thing:
            continue
        descriptor: Any = thing.get("/FontDescriptor", {})
        if not any(key in descriptor for key in ("/FontFile", "/FontFile2", "/FontFile3")):
            names.append(str(thing.get("/BaseFont", "?")))
    return names


def _colours(document: pikepdf.Pdf) -> None:
    """States that the colours are those of sRGB."""
    import pikepdf

    profile = document.make_stream(srgb(), {"/N": 3})
    document.Root.OutputIntents = pikepdf.Array(
        [
            document.make_indirect(
                pikepdf.Dictionary(
                    Type=pikepdf.Name.OutputIntent,
                    S=pikepdf.Name.GTS_PDFA1,
                    OutputConditionIdentifier=pikepdf.String(NAME),
                    Info=pikepdf.String(NAME),
                    DestOutputProfile=profile,
                )
            )
        ]
    )


def _annotations(document: pikepdf.Pdf) -> None:
    """Makes every link one that is printed, and drops empty page transitions."""
    for page in document.pages:
        if "/Trans" in page:
            del page["/Trans"]
        for annotation in page.get("/Annots", []):
            if "/F" not in annotation:
                annotation["/F"] = _PRINTED


def _embed(document: pikepdf.Pdf, attachments: Sequence[Attachment]) -> None:
    """Embeds files and associates them with the document as a whole."""
    import pikepdf

    date = str(document.docinfo.get("/ModDate", document.docinfo.get("/CreationDate", "")))
    for each in attachments:
        document.attachments[each.name] = pikepdf.AttachedFileSpec(
            document,
            each.data,
            description=each.description,
            filename=each.name,
            mime_type=each.media_type,
            creation_date=date,
            mod_date=date,
        )
        document.attachments[each.name].obj.AFRelationship = pikepdf.Name("/" + each.relationship)
    if attachments:
        specs = [document.attachments[each.name].obj for each in attachments]
        document.Root.AF = pikepdf.Array([document.make_indirect(spec) for spec in specs])


def _describe(document: pikepdf.Pdf, *, language: str, title: str) -> None:
    """Writes the properties twice, as PDF/A wants: for readers of PDF and as XMP."""
    import pikepdf

    info = document.docinfo
    info["/Title"] = pikepdf.String(title)
    for name in [str(key) for key, value in info.items() if not str(value)]:
        del info[name]
    info["/ModDate"] = info["/CreationDate"]
    texts = {name: _property(info, name) for name in ("author", "subject", "producer", "creator")}
    packet = _XMP.format(
        title=escape(title), language=escape(language), date=_xmp_date(str(info["/CreationDate"])), **texts
    )
    metadata = pikepdf.Dictionary(Type=pikepdf.Name.Metadata, Subtype=pikepdf.Name.XML)
    document.Root.Metadata = document.make_stream(packet.encode(), metadata)
    document.Root.Lang = pikepdf.String(language)


def _property(info: Any, name: str) -> str:
    return escape(str(info.get("/" + name.capitalize(), "")))


def _xmp_date(text: str) -> str:
    """Rewrites a date of a PDF, which is in UTC, as XMP writes it."""
    at = datetime.strptime(text[:16], "D:%Y%m%d%H%M%S").replace(tzinfo=UTC)
    return at.isoformat()
