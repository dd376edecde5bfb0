"""How an answer and a score are read from findings."""

from __future__ import annotations

import pytest

from forensics.engine.validate_measure import changed, measure_of, read_answer, runner_of, value_at
from forensics.errors import UsageError
from forensics.model import Finding, Gap, GapReason, Message, Result, Stage, Tool

SOURCE = "forensics.analyzers.source:SourceComparison"
COMPARED = measure_of("source.comparison", SOURCE)
DOUBLE = measure_of("tamper.double_jpeg", "")


def finding(kind, result, *, gaps=(), **values):
    return Finding(("00" * 32,), Stage.DETECT, kind, result, Message("m", "Said."), Tool("t", "1"), values, gaps=gaps)


def compared(verdict, result=Result.FOUND, **values):
    return read_answer([finding("source.comparison", result, verdict=verdict, **values)], COMPARED)


def test_another_face_is_the_answer_for_h1_and_every_other_verdict_one_for_h2():
    verdicts = ("scene_corresponds_face_differs", "scene_corresponds_region_altered", "corresponds")
    assert [compared(verdict).answer for verdict in verdicts] == [True, False, False]
    assert compared("does_not_correspond", Result.NOT_FOUND).answer is False


def test_an_open_verdict_is_no_answer_and_keeps_its_reasons_and_score():
    answer = compared("indeterminate", Result.INDETERMINATE, reasons=["outside_differs"], structure_inside=[0.6, 0, 1])
    assert (answer.answer, answer.reason, answer.score, answer.is_failed) == (None, "outside_differs", -0.6, False)


def test_a_lower_structure_is_a_higher_score():
    assert compared("corresponds", structure_inside=[0.97, 0.9, 0.99]).score == -0.97
    assert compared("does_not_correspond", structure_inside=None).score is None


def test_a_weak_pointer_is_an_answer_where_it_is_named_as_positive():
    identity = measure_of("face.identity", "compression")
    identity = changed(identity, value="similarity", positive=("strength=consistent_with",), h1=(), h2=())
    like = finding("face.identity", Result.INDETERMINATE, strength="consistent_with", similarity=0.5)
    unsuitable = finding("face.identity", Result.INDETERMINATE, similarity=None)
    unlike = finding("face.identity", Result.NOT_FOUND, similarity=0.1)
    answers = [read_answer([one], identity).answer for one in (like, unsuitable, unlike)]
    assert answers == [True, None, False]


def test_of_several_findings_the_one_most_for_h1_answers_and_the_highest_score_counts():
    made = [
        finding("tamper.double_jpeg", Result.NOT_FOUND, score=3.0),
        finding("tamper.double_jpeg", Result.FOUND, score=9.0),
    ]
    assert read_answer(made, DOUBLE).answer is True
    assert read_answer(made, DOUBLE).score == 9.0


def test_what_could_not_be_read_is_told_apart_from_what_is_undecided():
    unread = Gap("x", GapReason.UNREADABLE, "damaged")
    open_ = Gap("x", GapReason.NOT_APPLICABLE, "no trace of an earlier save")
    damaged, undecided = (
        read_answer([finding("tamper.double_jpeg", Result.INDETERMINATE, gaps=(gap,))], DOUBLE)
        for gap in (unread, open_)
    )
    assert (damaged.is_failed, damaged.reason) == (True, "damaged")
    assert (undecided.is_failed, undecided.answer) == (False, None)


def test_a_failed_examination_is_no_answer():
    gap = Gap("examination", GapReason.FAILED, "killed\nby\x1b[31m a\u202e file")
    answer = read_answer([finding("compression.failed", Result.INDETERMINATE, gaps=(gap,))], DOUBLE)
    assert (answer.answer, answer.is_failed, answer.reason) == (None, True, "killed by [31m a file")
    assert read_answer([], DOUBLE).is_failed


@pytest.mark.parametrize("value", ["verdict", "structure_inside", "is_x"])
def test_a_score_that_is_no_number_is_refused(value):
    measure = changed(COMPARED, value=value, positive=(), h1=(), h2=())
    made = finding("source.comparison", Result.FOUND, verdict="corresponds", structure_inside=[1.0], is_x=True)
    with pytest.raises(UsageError, match="no number"):
        read_answer([made], measure)


@pytest.mark.parametrize(
    ("path", "value"),
    [("a.b.1", 2), ("a.b.7", None), ("a.c", None), ("a.b.c", None), ("d", "text"), ("d.0", None), ("", None)],
)
def test_a_path_leads_through_names_and_places(path, value):
    assert value_at({"a": {"b": [1, 2]}, "d": "text"}, path) == value


def test_words_of_a_laboratory_are_learnt():
    measure = changed(DOUBLE, value=None, positive=(), h1=("Put In",), h2=("as_shot",))
    assert "put-in" in measure.words.h1
    assert "as-shot" in measure.words.h2
    with pytest.raises(UsageError, match="both"):
        changed(DOUBLE, value=None, positive=(), h1=("genuine",), h2=())


@pytest.mark.parametrize(
    ("kind", "analyzer"),
    [("", ""), ("", "compression"), ("x.y", ""), ("", "nobody"), ("x.y", "nobody"), ("x.y", "no.module:Thing")],
)
def test_what_is_to_be_measured_must_be_clear(kind, analyzer):
    with pytest.raises(UsageError):
        measure_of(kind, analyzer)


def test_the_only_kind_of_a_plug_in_need_not_be_named():
    assert measure_of("", SOURCE).kind == "source.comparison"
    assert measure_of("streams.tracks", "streams").columns == ("path",)
    assert measure_of("label.comparison", "label_comparison").columns == ("questioned", "original")


def test_settings_reach_the_plug_in_and_exhibits_are_off():
    made = runner_of(COMPARED, ("source.time_limit_s=12",))
    assert (made.time_limit_s, made.with_exhibits) == (12.0, False)
    assert runner_of(DOUBLE, ("compression.maps=yes",)).maps is True


@pytest.mark.parametrize("setting", ["source.nothing=1", "other.maps=1", "source.time_limit_s=long", "source", ""])
def test_a_setting_that_does_not_exist_is_refused(setting):
    with pytest.raises(UsageError):
        runner_of(COMPARED, (setting,))


@pytest.mark.parametrize("positive", ["verdict", "=FOUND", "result="])
def test_a_positive_answer_of_another_form_is_refused(positive):
    with pytest.raises(UsageError):
        changed(DOUBLE, value=None, positive=(positive,), h1=(), h2=())
