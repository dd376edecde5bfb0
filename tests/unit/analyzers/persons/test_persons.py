"""The grouping of faces over several contents, on drawn persons."""

from __future__ import annotations

import pytest

from forensics.analyzers.persons import KIND, PersonsComparison
from forensics.analyzers.persons.group import grouped
from forensics.model import Finding, Result
from tests.fakes.evidence import KeepingSink, encoded
from tests.fakes.kept_faces import MadeEvidence, content, drawn, with_made


@pytest.fixture(scope="module")
def contents(tmp_path_factory):
    """Two pictures of person 0, one of person 4, and one of persons 3 and 0."""
    folder = tmp_path_factory.mktemp("faces")
    shown = [((0,), 1), ((4,), 1), ((0,), 2), ((3, 0), 1)]
    return [content(folder, drawn(seeds, take)) for seeds, take in shown]


def group(*contents: MadeEvidence) -> Finding:
    (finding,) = PersonsComparison().examine(contents, KeepingSink())
    return finding


def test_faces_of_one_person_are_one_group_over_several_contents(contents):
    finding = group(*contents)
    assert (finding.kind, finding.result) == (KIND, Result.FOUND)
    assert finding.values["person_count"] == 3
    first = finding.values["persons"][0]
    digests = {one.artifact.content_sha256 for one in (contents[0], contents[2], contents[3])}
    assert {member["sha256"] for member in first["members"]} == digests
    assert [one["id"] for one in finding.values["persons"]] == ["P1", "P2", "P3"]


def test_the_number_is_given_with_its_dependence_on_the_threshold(contents):
    values = group(*contents).values
    low, high = values["person_count_range"]
    assert low <= values["person_count"] <= high
    assert values["is_stable"] == (low == high)


def test_the_same_contents_give_the_same_bytes(contents):
    assert encoded([group(*contents)]) == encoded([group(*contents)])


def test_faces_beyond_the_most_are_left_out_and_counted(contents):
    groups = grouped(contents, threshold=0.5, most=2)
    assert groups.beyond == 3
    assert [one.reasons for one in groups.left_out] == [("limit",)] * 3


def test_a_table_that_cannot_be_read_is_told_and_the_others_are_grouped(contents):
    finding = group(with_made(contents[0], "face-tracks", [b"x"]), contents[1])
    assert finding.values["person_count"] == 1
    assert finding.gaps


def test_nothing_readable_is_never_not_found(contents):
    finding = group(with_made(contents[0], "face-tracks", [b"x"]))
    assert finding.result is Result.INDETERMINATE
    assert finding.values["person_count"] == 0


def test_findings_name_nobody_and_hold_no_measure(contents):
    finding = group(*contents)
    assert finding.limits
    assert finding.alternatives
    assert "identity" not in str(finding.values)
