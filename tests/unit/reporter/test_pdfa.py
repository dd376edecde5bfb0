"""What makes a drawn PDF one for archives: the same bytes, nothing borrowed, and what machines read inside."""

from __future__ import annotations

import io
import json
import subprocess

import numpy as np
import pikepdf
import pytest
from PIL import Image, ImageCms
from reportlab.pdfgen.canvas import Canvas

from forensics.codec import parse_canonical
from forensics.errors import ReportError
from forensics.reporter import pdf, pdfa, pdfa_view, view
from forensics.reporter.pdfa_colour import srgb

GRAPH = pdfa.Attachment("case.jsonld", b'{"a":1}\n', "application/ld+json", "The case", "Data")
TITLE = "证据收集与技术检验报告 <A & B>"


@pytest.fixture(scope="module")
def drawn(make_pdf):
    return make_pdf("captures", "cn", "zh")


@pytest.fixture(scope="module")
def archived(drawn):
    return pdfa.archival(drawn, attachments=[GRAPH], language="zh-CN", title=TITLE)


@pytest.fixture
def opened(archived):
    with pikepdf.open(io.BytesIO(archived)) as document:
        yield document


def test_the_same_arguments_give_the_same_bytes(drawn, archived):
    assert pdfa.archival(drawn, attachments=[GRAPH], language="zh-CN", title=TITLE) == archived


def test_qpdf_finds_no_fault_and_every_font_is_inside(archived, tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(archived)
    said = subprocess.run(["qpdf", "--check", path], capture_output=True, text=True, check=True).stdout
    assert "No syntax or stream encoding errors" in said
    rows = subprocess.run(["pdffonts", path], capture_output=True, text=True, check=True).stdout.splitlines()[2:]
    assert rows
    assert all(row.split()[-5] == "yes" for row in rows)


def test_a_font_that_is_not_inside_is_refused():
    out = io.BytesIO()
    canvas = Canvas(out, invariant=1)
    canvas.drawString(72, 72, "in Helvetica")
    canvas.save()
    with pytest.raises(ReportError, match="not embedded: /Helvetica"):
        pdfa.archival(out.getvalue(), attachments=[], language="en", title="x")


def test_what_is_no_pdf_is_refused():
    with pytest.raises(ReportError, match="cannot be read"):
        pdfa.archival(b"no pdf", attachments=[], language="en", title="x")


def test_the_properties_stand_in_both_places_and_are_the_same(opened):
    info, packet = opened.docinfo, opened.open_metadata()
    assert str(info["/Title"]) == packet["dc:title"] == TITLE
    assert packet["dc:creator"] == [str(info["/Author"])]
    assert packet["pdf:Producer"] == str(info["/Producer"])
    assert packet["xmp:CreatorTool"] == str(info["/Creator"])
    assert (packet["pdfaid:part"], packet["pdfaid:conformance"]) == ("3", "B")
    moment = packet["xmp:CreateDate"]
    assert str(info["/CreationDate"])[2:16] == moment[:19].translate(str.maketrans("", "", "-:T"))
    assert packet["xmp:ModifyDate"] == moment
    assert str(opened.Root.Lang) == "zh-CN"
    assert all(str(value) for value in info.values())


def test_metadata_is_not_compressed_and_the_version_is_that_of_part_3(archived, opened):
    assert b"<pdfaid:part>3</pdfaid:part>" in archived
    assert opened.pdf_version == "1.7"
    assert not opened.is_encrypted


def test_the_attached_file_is_inside_and_associated(opened):
    assert opened.attachments["case.jsonld"].get_file().read_bytes() == GRAPH.data
    (spec,) = opened.Root.AF
    assert spec.AFRelationship == "/Data"
    assert str(spec.UF) == "case.jsonld"
    assert spec.EF.F.Subtype == "/application/ld+json"
    assert "/ModDate" in spec.EF.F.Params


def test_every_link_is_one_that_is_printed(opened):
    annotations = [one for page in opened.pages for one in page.get("/Annots", [])]
    assert annotations
    assert all(int(one.F) & 4 for one in annotations)


def test_the_pages_stay_as_they_were_drawn(drawn, archived):
    def contents(data):
        with pikepdf.open(io.BytesIO(data)) as document:
            return [pikepdf.unparse_content_stream(pikepdf.parse_content_stream(page)) for page in document.pages]

    assert contents(drawn) == contents(archived)


def test_the_colours_are_those_of_srgb_as_littlecms_has_them(opened):
    (intent,) = opened.Root.OutputIntents
    assert intent.S == "/GTS_PDFA1"
    profile = bytes(intent.DestOutputProfile.read_bytes())
    assert profile == srgb()
    ours = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    shades = np.random.default_rng(7).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    turned = ImageCms.profileToProfile(Image.fromarray(shades), ours, ImageCms.createProfile("sRGB"))
    assert np.abs(np.asarray(turned).astype(int) - shades).max() <= 1


def test_the_machine_view_has_the_words_of_the_report(make_view):
    content = make_view("captures", "cn", "zh")
    data = pdfa_view.machine_view(content, root="a" * 64, as_of=7)
    told = parse_canonical(data.rstrip(b"\n"))
    assert (told["schema"], told["evidence_root"], told["as_of"]) == ("forensics-report-1", "a" * 64, 7)
    assert told["number"] == content.number
    assert [one["title"] for one in told["sections"]] == [one.title for one in content.sections]
    assert set(strings(told)) >= {text for text in view.strings(content.sections) if text}
    assert data == pdfa_view.machine_view(content, root="a" * 64, as_of=7)


def strings(value):
    if isinstance(value, str):
        yield value
    for member in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from strings(member)


def test_the_machine_view_is_json_for_everyone(make_view):
    assert json.loads(pdfa_view.machine_view(make_view("captures", "cn", "en"), root="", as_of=1))["language"] == "en"
    assert pdf.LANGUAGE_TAGS["en"] == "en"
