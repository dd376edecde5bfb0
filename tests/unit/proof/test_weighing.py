from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.codec import canonical, decode, encode, parse_canonical
from forensics.errors import UsageError
from forensics.model import Finding, Message, Result, Stage, Tool
from forensics.proof import proposition
from forensics.proof.calibration import Calibration, Knot, Method, digest_of
from forensics.proof.fitting import calibrate
from forensics.proof.scale import (
    BANNED,
    NOT_EVALUATED,
    TERMS,
    Rung,
    check_rung,
    check_term,
    favoured,
    refuse_banned,
    term_of,
    times,
)
from forensics.proof.weighing import Measurement, measurement_of, weigh
from tests.unit.proof.trials import ABOUT, separated

WIDE = 9.0
"""A cap that never binds."""


def calibration(*, cap=WIDE, spread=0.25, **changes):
    """Gives a calibration in which the score is the log10 likelihood ratio, from -8 to 8."""
    knots = tuple(Knot(x, x, x - spread, x + spread, cap, cap) for x in (-8.0, 8.0))
    made = Calibration(ABOUT, Method.LOGISTIC, 50, 40, 50, 40, 0.2, 0.1, 0.3, 0.1, 1, -1, 1000, 1, knots)
    return replace(made, **changes)


def measured(score, **changes):
    one = Measurement(("7/0",), Result.FOUND, ABOUT.measure, ABOUT.version, score, {"face_px": 96}, ("face", "source"))
    return replace(one, **changes)


def weighed(score, **changes):
    return weigh(measured(score), proposition.SAME_PERSON, calibration=calibration(**changes))


def ids(interpretation):
    return {limit.id for limit in interpretation.limits}


TERM_OF = {
    1: "neither",
    1.9: "neither",
    2: "neither",
    2.1: "limited",
    10: "limited",
    11: "moderate",
    100: "moderate",
    101: "moderately_strong",
    1_000: "moderately_strong",
    1_001: "strong",
    10_000: "strong",
    10_001: "very_strong",
    1_000_000: "very_strong",
    1_000_001: "extremely_strong",
    10**9: "extremely_strong",
}
"""*Source:* the ranges of the AFSP scale as printed in the ENFSI guideline (2015); a border has the weaker term."""


@pytest.mark.parametrize("ratio", TERM_OF)
def test_the_term_of_a_ratio_is_that_of_the_scale_and_of_its_inverse_the_mirror(ratio):
    for value in (math.log10(ratio), -math.log10(ratio)):
        assert term_of(value, (value, value)) == (TERM_OF[ratio] if ratio != 1 else "neither")
    assert favoured(1.0, "moderate") == "h1"
    assert favoured(-1.0, "moderate") == "h2"
    assert favoured(1.0, "neither") is None


@pytest.mark.parametrize(
    ("log10_lr", "expected"), [(0.0, 1), (0.92, 8), (1.0, 10), (-1.0, 10), (2.0, 100), (2.53, 330), (3.75, 5600)]
)
def test_a_ratio_is_given_in_two_digits_rounded_down(log10_lr, expected):
    assert times(log10_lr) == expected


def test_a_value_gets_number_interval_term_and_the_calibrations_digest():
    found = weighed(1.5)
    assert (found.log10_lr, found.log10_interval, found.log10_cap) == (1.5, (1.25, 1.75), WIDE)
    assert (found.term, found.favours, found.findings) == ("moderate", "h1", ("7/0",))
    assert found.calibration == digest_of(calibration())
    assert ids(found) == {"weighing.scope", "weighing.rates"}


def test_a_value_for_the_second_proposition_mirrors():
    found = weighed(-1.5)
    assert (found.log10_lr, found.term, found.favours) == (-1.5, "moderate", "h2")


def test_no_number_goes_beyond_what_the_validation_allows():
    found = weighed(6.0, cap=1.53)
    assert (found.log10_lr, found.log10_cap, found.term) == (1.53, 1.53, "moderate")
    assert found.log10_interval[1] <= 1.53
    capped = next(limit for limit in found.limits if limit.id == "weighing.capped")
    assert capped.values == {"h1_units": 50, "h2_units": 40, "times": 33}


def test_one_family_of_traces_is_never_given_strong_support():
    alone = weigh(measured(6.0, families=("face",)), proposition.SAME_PERSON, calibration=calibration())
    assert (alone.log10_lr, alone.term) == (3.0, "moderately_strong")
    assert "weighing.one_family" in ids(alone)
    repeated = weigh(measured(6.0, families=("face", "face")), proposition.SAME_PERSON, calibration=calibration())
    assert repeated.log10_lr == 3.0
    assert weighed(6.0).term == "very_strong"


def test_an_interval_that_includes_one_favours_neither():
    found = weighed(0.5, spread=0.75)
    assert (found.term, found.favours) == ("neither", None)
    assert "weighing.spans" in ids(found)


def test_a_value_beyond_what_was_seen_is_read_off_at_the_nearest_and_says_so():
    found = weighed(20.0)
    assert (found.log10_lr, "weighing.beyond" in ids(found)) == (8.0, True)


NO_NUMBER = {
    "weighing.uncalibrated": (measured(3.0), None),
    "weighing.unmeasured": (measured(None), calibration()),
    "weighing.outside": (measured(3.0, conditions={"face_px": 40}), calibration()),
    "weighing.other_method": (measured(3.0, version="faces 2"), calibration()),
    "weighing.uninformative": (measured(3.0), calibration(cllr=1.0)),
}


@pytest.mark.parametrize("reason", NO_NUMBER)
def test_without_a_ground_for_a_number_there_is_none(reason):
    measurement, made = NO_NUMBER[reason]
    for rung, term in ((None, NOT_EVALUATED), (Rung.AMBIGUOUS_TRACES, "O2")):
        found = weigh(measurement, proposition.SAME_PERSON, calibration=made, rung=rung)
        assert (found.log10_lr, found.log10_interval, found.log10_cap, found.favours) == (None, None, None, None)
        assert (found.term, ids(found)) == (term, {reason})
        check_term(found)


def test_the_conditions_that_are_missed_are_named():
    found = weigh(measured(3.0, conditions={}), proposition.SAME_PERSON, calibration=calibration())
    assert "face_px" in found.limits[0].text


def test_another_measure_has_no_number():
    found = weigh(measured(3.0, measure="face.identity/other"), proposition.SAME_PERSON, calibration=calibration())
    assert ids(found) == {"weighing.other_method"}


@pytest.mark.parametrize("score", [math.nan, math.inf])
def test_a_score_that_is_not_finite_has_no_number(score):
    assert weighed(score).log10_lr is None


def test_what_cannot_be_examined_is_said_to_be_unsuitable_whatever_was_measured():
    reason = Message("face.small", "The face is 20 pixels wide.")
    found = weigh(measured(3.0, unsuitable=reason), proposition.SAME_PERSON, calibration=calibration())
    assert (found.term, found.log10_lr, found.limits) == ("O0", None, (reason,))


@given(st.floats(-10, 10), st.floats(0, 5), st.floats(0, 2))
@settings(max_examples=100, deadline=None)
def test_whatever_is_measured_number_term_and_cap_go_together(score, cap, spread):
    found = weighed(score, cap=cap, spread=spread)
    check_term(found)
    assert abs(found.log10_lr) <= cap + 1e-9
    assert found.log10_lr * score >= 0
    assert decode(parse_canonical(canonical(encode(found)))) == found


HAND_PICKED = {
    "a stronger term": {"term": "very_strong"},
    "a weaker term": {"term": "limited"},
    "a word of one's own": {"term": "overwhelming"},
    "the other side": {"favours": "h2"},
    "no side": {"favours": None},
    "a number beyond the cap": {"log10_lr": 1.9, "log10_cap": 1.8, "log10_interval": (1.5, 2)},
    "no cap": {"log10_cap": None},
    "no interval": {"log10_interval": None},
    "no calibration": {"calibration": None},
    "a value outside its interval": {"log10_lr": 1.9},
    "a term without a number": {"log10_lr": None, "log10_interval": None, "log10_cap": None},
}


@pytest.mark.parametrize("name", HAND_PICKED)
def test_a_term_that_was_not_looked_up_is_refused(name):
    check_term(weighed(1.5))
    with pytest.raises(UsageError):
        check_term(replace(weighed(1.5), **HAND_PICKED[name]))


ALLOWED = {
    Result.NOT_FOUND: {"O0", "O1"},
    Result.INDETERMINATE: {"O0", "O2"},
    Result.FOUND: {"O2", "O3", "O4", "O5"},
}


@pytest.mark.parametrize("result", Result)
@pytest.mark.parametrize("rung", Rung)
def test_the_ladder_says_no_more_than_the_finding(result, rung):
    if rung in ALLOWED[result]:
        check_rung(rung, result)
        return
    with pytest.raises(UsageError):
        weigh(measured(1.0, result=result), proposition.FACE_SYNTHESISED, rung=rung)


BANNED_TEXTS = {
    "en": (
        "This is a deepfake.",
        "AI probability 97",
        "The picture is authentic and unedited",
        "This proves it",
        "97 % fake",
        "by the suspect",
        "It is certain",
        "The result is forensically sound",
        "A court-approved method",
        "blockchain-verified truth",
        "The probability that the video is synthetic is high",
    ),
    "zh": ("经鉴定为合成", "AI概率97", "证实系伪造", "嫌疑人制作", "可能性为百分之九十", "区块链存证真实"),
    "fr": (
        "C'est un faux",
        "La vidéo est un hypertrucage",
        "Ceci prouve",
        "probabilité IA",
        "image authentique",
        "le suspect",
        "97 %",
    ),
}


@pytest.mark.parametrize(("language", "text"), [(code, text) for code, texts in BANNED_TEXTS.items() for text in texts])
def test_a_phrase_that_claims_too_much_is_refused_with_what_to_write_instead(language, text):
    with pytest.raises(UsageError) as refused:
        refuse_banned(text, language)
    assert refused.value.hint


def test_a_proposition_with_a_banned_phrase_is_not_weighed():
    pair = Message("h1", "The video is a deepfake."), Message("h2", "It is not.")
    with pytest.raises(UsageError):
        weigh(measured(1.0), pair)


def test_the_projects_own_propositions_and_sentences_have_no_banned_phrase():
    own = [value for value in vars(proposition).values() if isinstance(value, tuple)]
    texts = [message.text for pair in own for message in pair]
    texts += [limit.text for one in NO_NUMBER.values() for limit in weigh(one[0], proposition.SAME_PERSON).limits]
    texts += [limit.text for limit in (*weighed(20.0, cap=1.0).limits, *weighed(0.1).limits)]
    assert len(own) == 5
    for text in texts:
        refuse_banned(text)
        assert not re.search(
            r"\b(proves?|proven|authentic|fakes?|confirm|genuine|deepfake|alert)\b", text, re.IGNORECASE
        )


def test_every_language_has_its_banned_phrases():
    assert set(BANNED) == {"en", "zh", "fr"}
    assert TERMS[0][1] == "neither"


def finding(**values):
    tool = Tool("faces", "1")
    statement = Message("face.identity.found", "Similar.")
    return Finding(("ab" * 32,), Stage.COMPARE, "face.identity", Result.FOUND, statement, tool, values)


def test_a_findings_value_becomes_a_measurement():
    found = measurement_of(finding(similarity=0.6), "7/0", value="similarity", conditions={"face_px": 96})
    assert (found.measure, found.version, found.families) == (ABOUT.measure, ABOUT.version, ("face",))
    assert (found.score, found.findings, found.result) == (0.6, ("7/0",), Result.FOUND)
    assert measurement_of(finding(), "7/0", value="similarity").score is None


@pytest.mark.parametrize("value", ["0.6", True, [0.6], {"x": 1}])
def test_a_value_that_is_no_number_is_not_weighed(value):
    with pytest.raises(UsageError):
        measurement_of(finding(similarity=value), "7/0", value="similarity")


def test_from_trials_to_an_interpretation_nothing_is_said_beyond_the_cap():
    made = calibrate(separated(50, gap=30), ABOUT, resamples=50)
    found = weigh(
        measurement_of(finding(similarity=30), "7/0", value="similarity", conditions={"face_px": 96}),
        proposition.SAME_PERSON,
        calibration=made,
    )
    most = math.log10(0.05 ** (1 / 50) / (1 - 0.05 ** (1 / 50)))
    assert most - 0.02 < found.log10_lr <= most
    assert found.term == "moderate"
