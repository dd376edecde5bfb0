from __future__ import annotations

import re

import pytest

from forensics.reporter import view
from forensics.reporter.blocks import Table
from tests.fakes import dossiers, snapshot_captures, snapshots
from tests.unit.reporter.conftest import LANGUAGES
from tests.unit.reporter.test_view import SECRETS, section, words_of


def log(case, templates, language="en"):
    return section(view.build(case.snapshot(), language=language, templates=templates), "redactions")


def rows(part):
    return [row for block in part.blocks if isinstance(block, Table) for row in block.rows]


def test_nothing_masked_is_said_to_be_nothing(templates):
    part = log(snapshots.small(), templates)
    assert templates.report["en"]["redactions.none"] in words_of(part)
    assert rows(part) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_entry_has_a_number_and_a_reason(templates, language):
    found = rows(log(snapshots.rich(), templates, language))
    assert [row[0] for row in found] == [str(n) for n in range(1, len(found) + 1)]
    assert all(all(cell for cell in row) for row in found)


def test_each_protected_item_is_in_the_log(templates):
    snapshot = snapshots.rich().snapshot()
    from forensics.reporter.facts import gather

    masked = [facts.item.id for facts in gather(snapshot, program="p").items if facts.masked]
    listed = [row[2] for row in rows(log(snapshots.rich(), templates)) if row[1].startswith("pictures, name")]
    assert listed == masked
    assert masked


def test_the_log_does_not_tell_what_it_masks(templates):
    text = words_of(log(snapshots.rich(), templates))
    assert [secret for secret in SECRETS if secret in text] == []


def test_the_data_of_the_operator_are_in_the_log(templates):
    found = rows(log(snapshot_captures.captures(), templates))
    assert [row for row in found if "operator" in row[1] and "commitment" in row[3]]


def test_what_was_erased_is_in_the_log_with_its_basis(templates):
    case = snapshots.rich()
    found = rows(log(case, templates))
    erased = [one.record.item for one in case.snapshot().erasures]
    assert [row[2] for row in found if row[1] == "everything of the item"] == erased


def test_accounts_that_stand_under_signs_are_counted_in_the_log(templates):
    report = view.build(dossiers.snapshot(), language="en", templates=templates, dossier=dossiers.make())
    part = section(report, "redactions")
    [entry] = [row for row in rows(part) if "accounts" in row[1]]
    assert entry[2] == "ITEM-0001"
    assert int(re.search(r"[0-9]+", entry[1]).group()) >= len(dossiers.BUYERS)
    assert [name for name in dossiers.BUYERS if name in words_of(part)] == []
