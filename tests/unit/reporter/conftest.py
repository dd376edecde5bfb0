"""Templates and rendered reports that many tests share."""

from __future__ import annotations

from functools import cache

import pytest

from forensics.reporter import facts, front, html, paper, pdf, text, view, wording
from forensics.reporter.picture import Thumbnails
from forensics.reporter.text import Templates
from tests.fakes import snapshot_captures, snapshot_faces, snapshots

LANGUAGES = ("zh", "en", "fr")
JURISDICTIONS = ("cn", "us", "eu", "intl")


@cache
def _templates() -> Templates:
    return text.load()


@cache
def _case(name, jurisdiction):
    module = next(one for one in (snapshots, snapshot_captures, snapshot_faces) if hasattr(one, name))
    return getattr(module, name)(jurisdiction=jurisdiction)


@cache
def _view(name, jurisdiction, language):
    return view.build(_case(name, jurisdiction).snapshot(), language=language, templates=_templates())


@cache
def _pdf(name, jurisdiction, language):
    case = _case(name, jurisdiction)
    return pdf.render(_view(name, jurisdiction, language), pictures=Thumbnails(case.open_blob), templates=_templates())


@cache
def _html(name, jurisdiction, language):
    case = _case(name, jurisdiction)
    return html.render(
        _view(name, jurisdiction, language), pictures=Thumbnails(case.open_blob), templates=_templates()
    ).decode()


@pytest.fixture(scope="session")
def templates() -> Templates:
    """Gives the program's own templates."""
    return _templates()


@pytest.fixture(scope="session")
def make_case():
    """Gives an example case: `make_case("captures", "cn")`."""
    return _case


@pytest.fixture(scope="session")
def make_view():
    """Builds the view of an example case: `make_view("rich", "cn", "zh")`."""
    return _view


@pytest.fixture(scope="session")
def make_pdf():
    """Renders an example case as PDF."""
    return _pdf


@pytest.fixture(scope="session")
def make_html():
    """Renders an example case as HTML."""
    return _html


@pytest.fixture(scope="session")
def make_desk():
    """Prepares the papers of a case: `make_desk(case, "zh")`; with `with_report` also gives the report's PDF."""

    def make(case, language, *, with_report=False):
        snapshot, known, maker = case.snapshot(), _templates(), view.Program()
        pages, data = {}, b""
        if with_report:
            content = view.build(snapshot, language=language, templates=known)
            drawn = pdf.render_with_pages(content, pictures=Thumbnails(case.open_blob), templates=known)
            pages, data = drawn.pages, drawn.data
        found = facts.gather(snapshot, program=f"{maker.name} {maker.version}")
        spoken = wording.words(known, language=language, jurisdiction=snapshot.info.jurisdiction)
        spoken = view.fitted(found, spoken, dossier=None)
        desk = paper.Desk(found, spoken, front.report_number(found, language), pages, case.open_blob)
        return (desk, data) if with_report else desk

    return make
