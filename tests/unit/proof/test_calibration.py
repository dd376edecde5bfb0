from __future__ import annotations

import hashlib
import json
import math

import pytest

from forensics.codec import canonical
from forensics.errors import CodecError, UsageError
from forensics.proof.calibration import (
    About,
    Calibration,
    Knot,
    Method,
    check_about,
    digest_of,
    read_calibration,
    read_off,
    write_calibration,
)
from forensics.proof.condition import Condition, check_condition, outside
from forensics.proof.fitting import calibrate
from tests.unit.proof.trials import ABOUT, separated

KNOTS = (Knot(0.0, -1.0, -1.5, -0.5, 0.0, 0.75), Knot(1.0, 1.0, 0.5, 1.5, 0.25, 0.5), Knot(2, 2, 1, 3, 0.95, 0))
MADE = Calibration(ABOUT, Method.LOGISTIC, 20, 30, 40, 60, 0.25, 0.2, 0.3, 0.125, 1.5, 0.5, 1000, 1, KNOTS)


def test_between_two_knots_ratios_lie_on_a_line_and_caps_are_the_smaller_ones():
    reading = read_off(MADE, 0.75)
    assert (reading.log10_lr, reading.low, reading.high) == (0.5, 0.0, 1.0)
    assert (reading.cap_h1, reading.cap_h2, reading.is_beyond) == (0.0, 0.5, False)


def test_at_a_knot_it_speaks_alone():
    reading = read_off(MADE, 1.0)
    assert (reading.log10_lr, reading.cap_h1, reading.cap_h2) == (1.0, 0.25, 0.5)


@pytest.mark.parametrize(("score", "expected"), [(-50.0, -1.0), (2.0001, 2), (1e300, 2)])
def test_beyond_the_scores_that_were_seen_the_nearest_speaks_and_says_so(score, expected):
    reading = read_off(MADE, score)
    assert (reading.log10_lr, reading.is_beyond) == (expected, True)


@pytest.mark.parametrize("score", [math.nan, math.inf, -math.inf])
def test_a_score_that_is_not_finite_is_refused(score):
    with pytest.raises(UsageError):
        read_off(MADE, score)


def test_a_calibration_comes_back_as_it_was_and_its_digest_names_its_bytes():
    made = calibrate(separated(25), ABOUT, resamples=20)
    for one in (MADE, made):
        data = write_calibration(one)
        assert read_calibration(data) == one
        assert digest_of(one) == hashlib.sha256(data).hexdigest()


def _changed(**changes):
    return canonical({**json.loads(write_calibration(MADE)), **changes})


def _knots(*changes):
    knots = json.loads(write_calibration(MADE))["knots"]
    return _changed(knots=[{**knot, **change} for knot, change in zip(knots, changes, strict=True)])


UNREADABLE = {
    "nothing": b"",
    "no JSON": b"calibration",
    "a list": b"[]",
    "nested without end": b"[" * 100_000,
    "not canonical": write_calibration(MADE) + b"\n",
    "an unknown member": _changed(more=1),
    "another version": _changed(format_version=2),
    "another method": _changed(method="guess"),
    "no knots": _changed(knots=[]),
    "one knot": _changed(knots=json.loads(write_calibration(MADE))["knots"][:1]),
    "knots that fall": _knots({"log10_lr": 3, "high": 3}, {}, {}),
    "knots in disorder": _knots({"score": 5}, {}, {}),
    "an interval beside its value": _knots({"low": 2}, {}, {}),
    "a negative cap": _knots({"cap_h1": -1}, {}, {}),
    "a cap of 99": _knots({}, {}, {"cap_h1": 99}),
    "a cap for H1 that 20 and 30 units without error do not carry": _knots({}, {}, {"cap_h1": 0.96}),
    "a cap for H2 that they do not carry": _knots({"cap_h2": 0.82}, {}, {}),
    "too few units": _changed(h1_units=3),
    "more units than trials": _changed(h2_trials=5),
    "a negative cost": _changed(cllr=-0.1),
    "a date in words": _changed(about={**json.loads(write_calibration(MADE))["about"], "made_on": "today"}),
    "a corpus without digest": _changed(about={**json.loads(write_calibration(MADE))["about"], "corpus_sha256": ""}),
    "a condition that says nothing": _changed(
        about={**json.loads(write_calibration(MADE))["about"], "conditions": [{"name": "x", "words": []}]}
    ),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_no_calibration_is_refused(name):
    with pytest.raises(CodecError):
        read_calibration(UNREADABLE[name])


@pytest.mark.parametrize("field", ["measure", "version", "corpus"])
def test_a_calibration_says_what_it_is_of(field):
    words = {"measure": "a", "version": "b", "corpus": "c", "corpus_sha256": "0" * 64, "made_on": "2026-11-22"}
    check_about(About(**words))
    with pytest.raises(UsageError):
        check_about(About(**{**words, field: ""}))


CONDITIONS = (Condition("face_px", 48, 400), Condition("codec", words=("h264", "hevc")))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"face_px": 48, "codec": "h264"}, ()),
        ({"face_px": 400.0, "codec": "hevc"}, ()),
        ({"face_px": 47.9, "codec": "h264"}, ("face_px",)),
        ({"face_px": math.nan, "codec": "vp9"}, ("face_px", "codec")),
        ({"face_px": None}, ("face_px", "codec")),
        ({}, ("face_px", "codec")),
        ({"face_px": "100", "codec": 5}, ("face_px", "codec")),
    ],
)
def test_a_file_is_inside_only_where_every_condition_is_known_and_met(values, expected):
    assert outside(CONDITIONS, values) == expected


BAD_CONDITIONS = {
    "no range and no words": Condition("x"),
    "half a range": Condition("x", 1.0),
    "half a range and words": Condition("x", 1.0, None, ("a",)),
    "both": Condition("x", 1.0, 2.0, ("a",)),
    "no name": Condition("", 1.0, 2.0),
    "a range backwards": Condition("x", 2.0, 1.0),
    "no end": Condition("x", 1.0, math.inf),
}


@pytest.mark.parametrize("name", BAD_CONDITIONS)
def test_a_condition_that_says_nothing_is_refused(name):
    with pytest.raises(UsageError):
        check_condition(BAD_CONDITIONS[name])
