from __future__ import annotations

import subprocess
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.errors import UsageError
from forensics.proof.binomial import Count
from forensics.proof.trial import Rule, answered, corpus_digest, count_errors, count_units, read_trials
from tests.unit.proof.trials import all_pairs, trial


def is_positive(one):
    return one.answer is True


def test_frames_and_variants_of_one_clip_count_once():
    trials = [trial("a", h1=False, variant=v, answer=False) for v in ("original", "crf35", "mirror") for _ in range(9)]
    assert count_errors(trials, is_positive) == Count(0, 1, 1)


def test_a_clip_with_one_wrong_frame_is_wrong_by_the_worst_case_and_right_by_majority():
    trials = [trial("a", h1=False, answer=answer) for answer in (True, False, False)]
    assert count_errors(trials, is_positive) == Count(1, 1, 1)
    assert count_errors(trials, is_positive, rule=Rule.MAJORITY) == Count(0, 1, 1)


def test_a_tie_counts_as_wrong_by_majority():
    trials = [trial("a", h1=False, answer=answer) for answer in (True, False)]
    assert count_errors(trials, is_positive, rule=Rule.MAJORITY) == Count(1, 1, 1)


@pytest.mark.parametrize("persons", [2, 3, 10, 51])
def test_persons_compared_with_each_other_give_half_as_many_independent_comparisons(persons):
    pairs = all_pairs(dict.fromkeys(combinations([f"p{i}" for i in range(persons)], 2), 0.0))
    assert count_units(pairs) == persons // 2


def test_one_person_against_many_is_one_independent_comparison():
    assert count_units(all_pairs({("a", f"b{i}"): 0.0 for i in range(20)})) == 1


@given(st.lists(st.tuples(st.sampled_from("abcdefg"), st.sampled_from("hijklmn")), max_size=30))
@settings(max_examples=50, deadline=None)
def test_independent_comparisons_are_never_more_than_half_of_the_persons(pairs):
    found = count_units(all_pairs(dict.fromkeys(pairs, 0.0)))
    assert found <= len({person for pair in pairs for person in pair}) / 2
    assert (found == 0) == (not pairs)


def test_a_score_at_the_threshold_is_an_answer_for_the_first_proposition():
    found = answered([trial("a", 0.5, h1=True), trial("b", 0.49, h1=True), trial("c", h1=True)], 0.5)
    assert [one.answer for one in found] == [True, False, None]


def test_a_table_is_read():
    lines = ["source,clip,variant,label,score,result,units", "A,c1,crf35,h1,0.5,FOUND,", "A,c2,,H2,,INDETERMINATE,p|q"]
    first, second = read_trials(lines)
    assert (first.units, first.score, first.answer, first.is_h1) == (("A/c1",), 0.5, True, True)
    assert (second.units, second.score, second.answer, second.is_h1) == (("p", "q"), None, None, False)
    assert (first.variant, second.variant) == ("crf35", "original")


BAD_TABLES = {
    "nothing": [],
    "no label": ["source,clip", "A,c"],
    "another label": ["source,clip,label", "A,c,maybe"],
    "no clip": ["source,clip,label", "A,,h1"],
    "another result": ["source,clip,label,result", "A,c,h1,YES"],
    "a word for a score": ["source,clip,label,score", "A,c,h1,high"],
    "a score that is not a number": ["source,clip,label,score", "A,c,h1,nan"],
    "an endless score": ["source,clip,label,score", "A,c,h1,inf"],
    "a cell beyond what CSV holds": ["source,clip,label", f'A,"{"x" * 200_000}",h1'],
    "a short row": ["source,clip,label", "A"],
}


@pytest.mark.parametrize("name", BAD_TABLES)
def test_a_table_that_cannot_be_read_is_refused(name):
    with pytest.raises(UsageError):
        read_trials(BAD_TABLES[name])


def test_the_digest_of_a_corpus_is_that_of_the_sorted_output_of_sha256sum(tmp_path):
    for name, data in {"b.txt": b"1", "a.txt": b"2", "é.txt": b"3"}.items():
        (tmp_path / name).write_bytes(data)
    command = "sha256sum *.txt | LC_ALL=C sort | sha256sum"
    told = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, check=True).stdout.split()[0]
    each = subprocess.run(["bash", "-c", "sha256sum *.txt"], cwd=tmp_path, capture_output=True, check=True).stdout
    files = dict(reversed(line.split("  ")) for line in each.decode().splitlines())
    assert corpus_digest(files) == told.decode()
