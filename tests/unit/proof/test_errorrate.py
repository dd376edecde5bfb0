from __future__ import annotations

import json
from dataclasses import replace

import pytest

from forensics.codec import canonical
from forensics.errors import UsageError
from forensics.proof.binomial import Count, rate
from forensics.proof.calibration import Method
from forensics.proof.card import CAVEAT, Corpus, error_rate_block, rate_text
from forensics.proof.errorrate import as_json, table_of
from forensics.proof.fitting import calibrate, held_out
from forensics.proof.trial import Rule
from tests.unit.proof.trials import ABOUT, all_pairs, separated, trial

CORPUS = Corpus("set A", "CC0-1.0", "ab" * 32, "2026", "blends", "diffusion", "crf 35", "none", "clips like these")


def rows_of(*trials, **options):
    return {(row.source, row.variant): row for row in table_of(trials, **options).rows}


def answers(clip, h1, *given, source="A"):
    variants = ("original", "crf35", "mirror")
    return [trial(clip, h1=h1, answer=a, variant=v, source=source) for v, a in zip(variants, given, strict=False)]


def test_rates_are_given_per_source_and_variant_and_never_over_several_sources():
    made = rows_of(*answers("a", True, True, False), *answers("b", False, False, True, source="B"))
    assert list(made) == [("A", "*"), ("A", "crf35"), ("A", "original"), ("B", "*"), ("B", "crf35"), ("B", "original")]


def test_over_all_variants_a_clip_still_is_one_unit():
    trials = [one for i in range(5) for one in answers(f"c{i}", False, False, i == 0, i == 0)]
    made = rows_of(*trials)
    assert made["A", "*"].h2_units == 5
    assert made["A", "*"].false_positive == rate(Count(1, 5, 5))
    assert made["A", "original"].false_positive == rate(Count(0, 5, 5))
    by_majority = rows_of(*trials[:3], *answers("d", False, False, True, False), rule=Rule.MAJORITY)
    assert by_majority["A", "*"].false_positive.count == Count(1, 2, 2)


def test_both_kinds_of_error_are_counted_where_they_belong():
    made = rows_of(*answers("a", True, True), *answers("b", True, False), *answers("c", False, True))
    row = made["A", "original"]
    assert (row.false_negative.count, row.false_positive.count) == (Count(1, 2, 2), Count(1, 1, 1))


def test_trials_without_an_answer_are_counted_apart():
    row = rows_of(*answers("a", True, True), *answers("b", True, None))["A", "original"]
    assert (row.unanswered, row.trials, row.h1_units, row.false_negative.count) == (1, 2, 2, Count(0, 1, 1))


def test_scores_are_answered_by_the_threshold():
    row = rows_of(*separated(100), threshold=1.0)["A", "original"]
    assert (row.false_positive.count.errors, row.false_negative.count.errors) == (16, 16)
    assert row.equal_error_rate == pytest.approx(0.1587, abs=0.01)
    assert row.area.value == pytest.approx(0.9214, abs=0.005)
    assert row.cllr is None


def test_held_out_ratios_cost_a_little_more_than_the_least():
    trials = separated(100)
    row = rows_of(*trials, threshold=1.0, ratios=held_out(trials, Method.LOGISTIC))["A", "original"]
    assert row.cllr_min < row.cllr.value < row.cllr_min + 0.08
    assert row.cllr.low < row.cllr.value < row.cllr.high


def test_a_source_with_one_truth_has_one_rate_only():
    row = rows_of(*answers("a", False, False))["A", "original"]
    assert (row.false_negative.low, row.area, row.cllr, row.cllr_min) == (None, None, None, None)
    assert row.false_positive.high == pytest.approx(0.975)


def test_no_trials_give_no_rows():
    assert table_of([]).rows == ()


def test_a_table_is_json_with_rounded_figures():
    made = as_json(table_of(separated(40), threshold=1.0))
    assert canonical(made) == canonical(json.loads(canonical(made)))
    assert made["rows"][0]["area"]["method"] == "delong"
    assert made["rule"] == "worst"


def test_the_block_has_every_field_and_each_rate_with_numbers_and_interval():
    trials = separated(40)
    table = table_of(trials, threshold=1.0, ratios=held_out(trials, Method.LOGISTIC))
    block = error_rate_block(
        table, CORPUS, version="1", made_on="2026-11-22", calibration=calibrate(trials, ABOUT, resamples=20)
    )
    for word in ("CC0-1.0", "blends", "diffusion", "crf 35", "clips like these", "6/40 = 0.150 [0.057, 0.298]", CAVEAT):
        assert word in block
    assert "Cllr" in block
    assert "any of its frames or variants" in block


def test_the_intervals_of_the_block_are_clopper_and_pearsons():
    """6 of 40: 0.0571 to 0.2984. *Source:* the exact binomial sums, checked in test_binomial."""
    assert rate_text(rate(Count(6, 40, 40))) == "6/40 = 0.150 [0.057, 0.298]"
    assert rate_text(rate(Count(0, 0, 0))) == "–"


def test_dependent_comparisons_are_named_in_the_block():
    pairs = all_pairs({(a, b): 0.0 for a in "abcd" for b in "abcd" if a < b})
    assert "0/6 = 0.000 [0.000, 0.842; 2 independent]" in error_rate_block(
        table_of(pairs, threshold=1.0), CORPUS, version="1", made_on="2026-11-22"
    )


def test_a_block_without_calibration_says_that_no_ratio_is_given():
    block = error_rate_block(table_of(separated(10), threshold=1.0), CORPUS, version="1", made_on="2026-11-22")
    assert "no likelihood ratio is given" in block


def test_a_name_that_would_break_the_table_does_not():
    block = error_rate_block(
        table_of([trial("a", h1=True, answer=True, source="x|y\nz")]), CORPUS, version="1", made_on="2026-11-22"
    )
    assert "| x\\|y z |" in block


@pytest.mark.parametrize("field", CORPUS.__slots__)
def test_a_block_with_an_empty_field_is_refused(field):
    with pytest.raises(UsageError):
        error_rate_block(table_of([]), replace(CORPUS, **{field: " "}), version="1", made_on="2026-11-22")


def test_a_calibration_of_another_corpus_is_refused():
    made = calibrate(separated(10), replace(ABOUT, corpus_sha256="cd" * 32), resamples=10)
    with pytest.raises(UsageError):
        error_rate_block(table_of([]), CORPUS, version="1", made_on="2026-11-22", calibration=made)
