"""What is said of two copies: where a label is now; never who took it off, or that anybody did."""

from __future__ import annotations

from forensics.analyzers import message
from forensics.analyzers.labels.comparison_match import Pair
from forensics.analyzers.labels.comparison_side import Label
from forensics.model import Message

SHORT = 16
"""Digits of a digest in a statement; the finding's subject has all."""


def matched(pair: Pair) -> Message:
    """Says how alike two copies look."""
    first, second = pair.names
    if pair.distance_bits is None:
        return message(
            "label.comparison.unmatched",
            "Whether {first} and {second} look like one work could not be compared.",
            first=first,
            second=second,
        )
    bits = f"{pair.distance_bits:g}"
    if pair.is_same_work:
        return message(
            "label.comparison.same",
            "{first} and {second} look like copies of one work: their perceptual hashes differ by {bits} of 64 bits.",
            first=first,
            second=second,
            bits=bits,
        )
    if pair.is_same_work is None:
        return message(
            "label.comparison.unclear",
            "Whether {first} and {second} are copies of one work cannot be said by this method: their perceptual "
            "hashes differ by {bits} of 64 bits.",
            first=first,
            second=second,
            bits=bits,
        )
    return message(
        "label.comparison.different",
        "{first} and {second} do not look alike by this method: their perceptual hashes differ by {bits} of 64 bits.",
        first=first,
        second=second,
        bits=bits,
    )


def label(name: str, both: tuple[Label, Label], *, pair: Pair) -> Message:
    """Says in which of two copies a label is."""
    states = (both[0].state, both[1].state)
    first, second = pair.names
    if "undetermined" in states:
        return message(
            "label.comparison.undetermined",
            "Whether the label {label} is present in {first} and in {second} could not be determined for both.",
            label=name,
            first=first,
            second=second,
        )
    if states == ("absent", "absent"):
        return message(
            "label.comparison.neither",
            "The label {label} is absent in {first} and absent in {second}: none found by this method.",
            label=name,
            first=first,
            second=second,
        )
    if states == ("present", "present"):
        return _in_both(name, both, pair)
    there, missing = (first, second) if states[0] == "present" else (second, first)
    return message(
        "label.comparison.one",
        "The label {label} is present in {there} and absent in {missing}.",
        label=name,
        there=there,
        missing=missing,
    )


def _in_both(name: str, both: tuple[Label, Label], pair: Pair) -> Message:
    first, second = pair.names
    if both[0].is_same_as(both[1]):
        return message(
            "label.comparison.both",
            "The label {label} is present in {first} and present in {second}.",
            label=name,
            first=first,
            second=second,
        )
    return message(
        "label.comparison.states",
        "The label {label} is present in {first} and present in {second}, and differs: {first_state}; {second_state}.",
        label=name,
        first=first,
        second=second,
        first_state=both[0].detail or "-",
        second_state=both[1].detail or "-",
    )


def limits_of_match() -> tuple[Message, ...]:
    """Says where the comparison of pictures is known to fail."""
    return (
        message(
            "label.comparison.limit.hash",
            "The hash stands up to saving again and scaling. Copies that are cropped by a tenth, framed or overlaid "
            "can differ as much as different works; small changes of the content, such as another face, go unnoticed.",
        ),
        message(
            "label.comparison.limit.seconds",
            "Of clips one frame a second is compared, from the start; sound is not compared.",
        ),
    )


def alternatives_of_match() -> tuple[Message, ...]:
    """Gives innocent explanations of likeness."""
    return (
        message(
            "label.comparison.alternative.series",
            "Pictures of one series, of one template or of one scene can look alike without being copies.",
        ),
    )


def limits_of_label(pair: Pair) -> tuple[Message, ...]:
    """Says what does not follow from where a label is."""
    now = message(
        "label.comparison.limit.now",
        "This states where the label is now. It does not state which copy is older, whether the copy without it ever "
        "had it, or how the difference came about.",
    )
    if pair.is_same_work:
        return (now,)
    return (
        now,
        message(
            "label.comparison.limit.work",
            "The two were not matched as copies of one work, so that nothing may follow from a difference.",
        ),
    )


def alternatives_of_label() -> tuple[Message, ...]:
    """Gives innocent explanations of a difference."""
    return (
        message(
            "label.comparison.alternative.platform",
            "Messengers and platforms make files anew and keep no metadata; some write labels of their own.",
        ),
        message(
            "label.comparison.alternative.source",
            "Both copies can come from an earlier one that had no label, to which one of them was given later.",
        ),
    )
