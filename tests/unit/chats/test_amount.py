from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.chats.amount import AmountError, format_amount, parse_amount

WRITTEN = {
    "188.00元": (18800, "CNY"),
    "¥1,880.00": (188000, "CNY"),
    "￥0.12": (12, "CNY"),
    "１８８．００元": (18800, "CNY"),
    "－88.80": (-8880, "CNY"),
    "-¥5": (-500, "CNY"),
    "¥-5": (-500, "CNY"),
    "200": (20000, "CNY"),
    "0.5": (50, "CNY"),
    "٢٠٠": (20000, "CNY"),
    "US$20.10": (2010, "USD"),
    "12.50 EUR": (1250, "EUR"),
    "CNY 1,234,567.8": (123456780, "CNY"),
    "1'000.00": (100000, "CNY"),
    "2.500": (250, "CNY"),
}

REFUSED = {
    "empty": "",
    "no number": "元",
    "separator at the wrong place": "1,88.00",
    "two points": "1.8.0",
    "an exponent": "1e9",
    "more decimals than a fen": "0.005",
    "beyond what JSON can hold": "99999999999999999.99",
    "twenty digits": "99999999999999999999",
    "two currencies": "€20元",
    "a dollar of an unknown country": "$20",
    "a formula": "=1+1",
    "infinity": "inf",
    "not a number": "nan",
    "words": "200 or so",
    "another decimal mark": "1.880,00",
    "hexadecimal": "0x10",
    "superscript": "2²2²x",
}


@pytest.mark.parametrize("shown", WRITTEN)
def test_an_amount_is_read_exactly(shown):
    assert parse_amount(shown) == WRITTEN[shown]


@pytest.mark.parametrize("case", REFUSED)
def test_what_could_only_be_guessed_is_refused(case):
    with pytest.raises(AmountError):
        parse_amount(REFUSED[case])


def test_a_decimal_comma_is_read_where_it_is_stated():
    assert parse_amount("1.880,50 €", "EUR", decimal=",") == (188050, "EUR")


def test_minor_units_follow_the_currency():
    assert parse_amount("5000", "JPY") == (5000, "JPY")
    assert parse_amount("1.234", "KWD") == (1234, "KWD")
    with pytest.raises(AmountError):
        parse_amount("5000.5", "JPY")


@given(st.integers(min_value=0, max_value=2**53 - 1))
def test_what_is_written_is_read_again(minor):
    assert parse_amount(format_amount(minor, "CNY")) == (minor, "CNY")


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text):
    try:
        minor, _ = parse_amount(text)
    except AmountError:
        return
    assert abs(minor) <= 2**53 - 1
