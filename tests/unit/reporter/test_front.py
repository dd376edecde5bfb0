"""What the summary says first, and how it counts; what stands in a section of an item that may not be shown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from forensics.model import Committed, Gap, GapReason, Result, Sensitivity
from forensics.reporter import view
from forensics.reporter.blocks import Contents, Paragraph, Points, Table, strings
from forensics.reporter.ranking import summary_rank
from tests.fakes import dossiers, snapshots
from tests.unit.reporter.conftest import LANGUAGES

LABELS = ("label.aigc", "label.c2pa", "label.iptc", "label.generator", "label.watermark", "label.explicit")
OTHERS = (
    *("container.structure", "container.anomaly", "container.encoder", "container.platform", "container.timeline"),
    *("compression.jpeg", "tamper.double_jpeg", "metadata.gps", "metadata.contradiction", "streams.type"),
)
SECRET = "a secret prompt"
ROLES = ("body", "note", "numbers", "number", "text", "compact")
"""Roles of blocks and columns, which are no words of the summary."""


def snapshot(results, *, text="The file declares a thing that is told at some length. " * 3, masked=False):
    """Gives a small case whose first item has a finding for each kind and result."""
    made = snapshots.small().snapshot()
    subject = made.acquisitions[0].record.artifacts[0].content_sha256
    values = {"parameters": {"prompt": SECRET}}
    gap = (Gap("label", GapReason.UNPARSABLE, "cut off"),)
    found = [
        snapshots.finding(subject, kind, one, text, values=values, gaps=gap if one is Result.INDETERMINATE else ())
        for kind, one in results
    ]
    items = tuple(
        Committed(item.ref, replace(item.record, sensitivity=Sensitivity.BIOMETRIC)) if masked else item
        for item in made.items
    )
    return replace(made, items=items, findings=tuple(Committed(f"6/{n}", one) for n, one in enumerate(found, 1)))


def build(templates, results, language="en", **more):
    return view.build(snapshot(results, **more), language=language, templates=templates)


def summary_of(report):
    return next(one for one in report.sections if one.anchor == "summary")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_summary_begins_with_what_files_declare(templates, language):
    results = [(kind, Result.FOUND) for kind in (*OTHERS, *LABELS)]
    blocks = summary_of(build(templates, results, language)).blocks
    assert blocks[1] == Paragraph(templates.report[language]["summary.declared"])
    assert isinstance(blocks[2], Points)
    assert len(blocks[2].items) == 5, "four declarations, and how many more there are"


def test_what_was_compared_keeps_its_place_however_much_is_declared_and_paid(templates):
    results = [(kind, Result.FOUND) for kind in (*LABELS, "source.comparison", *OTHERS)]
    chatting = dossiers.make(dossiers.conversation(), bills=dossiers.bill())
    report = view.build(snapshot(results), language="zh", templates=templates, dossier=chatting)
    assert any(one.anchor == "counts" for one in report.sections)
    declared, *_, compared = (one for one in summary_of(report).blocks if isinstance(one, Points))
    assert (len(declared.items), len(compared.items)) == (4, 1), "three declarations and how many more; one comparison"
    others = [kind for kind, _ in results if not kind.startswith("label.")]
    assert min(others, key=summary_rank) == "source.comparison"


def test_a_full_summary_has_at_most_400_words(templates):
    results = [(kind, Result.FOUND) for kind in (*LABELS, *OTHERS)]
    sentence = "Le fichier porte une déclaration, qui est ici rapportée avec quelques mots de plus. " * 3
    told = {f"{kind}.found": sentence for kind, _ in results}
    for language in ("en", "fr"):
        translated = replace(templates, findings={language: told})
        blocks = summary_of(build(translated, results, language)).blocks
        texts = [
            one for one in strings(tuple(one for one in blocks if not isinstance(one, Contents))) if one not in ROLES
        ]
        assert len("\n".join(texts).split()) <= 400


def test_where_nothing_is_declared_the_summary_says_so_and_what_it_does_not_mean(templates):
    report = build(templates, [(kind, Result.NOT_FOUND) for kind in LABELS])
    assert summary_of(report).blocks[1].text == templates.report["en"]["summary.declared_none"]


def test_where_labels_could_not_be_read_the_summary_does_not_say_that_there_are_none(templates):
    report = build(templates, [("label.aigc", Result.NOT_FOUND), ("label.c2pa", Result.INDETERMINATE)])
    text = summary_of(report).blocks[1].text
    assert "In what could be read" in text
    assert "1 finding gave" in text


def test_without_a_search_for_labels_the_summary_is_silent_about_them(templates):
    blocks = summary_of(build(templates, [("metadata.gps", Result.FOUND)], text="One position.")).blocks
    text = "\n".join(strings(blocks))
    assert "declar" not in text


def test_many_kinds_are_counted_by_family_and_no_result_is_lost(templates):
    results = [(kind, Result.FOUND) for kind in (*LABELS, *OTHERS, "unheard.of")]
    table = next(block for block in summary_of(build(templates, results)).blocks if isinstance(block, Table))
    assert table.rows[0][:2] == ("Labels and credentials: what files declare", "6")
    assert table.rows[-1][:2] == ("Others", "1")
    assert sum(int(row[1]) for row in table.rows) == len(results)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_item_that_may_not_be_shown_shows_no_values(templates, language):
    results = [(kind, Result.FOUND) for kind in LABELS]
    report = build(templates, results, language, masked=True)
    assert SECRET not in "\n".join(strings(report.sections))
    note = templates.report[language]["observations.values_hidden"]
    assert list(strings(report.sections)).count(note) == 1, "once for the item, not at every finding"
