"""Lines of a screenshot that may be payments: which can be taken, and why the others cannot."""

from __future__ import annotations

import pytest

from forensics.errors import UsageError
from forensics.proof.candidate import TextLine, candidates, load_words
from forensics.proof.money_rule import load_rules

WORDS, BOOK = load_words(), load_rules()
HEIGHT, STEP = 50, 60


def screen(*texts, confidence=1.0, left=100):
    """Lines one below the other, close together; None leaves a wide gap."""
    lines, y = [], 400
    for text in texts:
        y += STEP if text is not None else 10 * STEP
        if text is not None:
            lines.append(TextLine(len(lines) + 1, text, (left, y, 40 * len(text), HEIGHT), confidence))
    return tuple(lines)


def found(*texts, **options):
    return candidates(screen(*texts, **options), WORDS, BOOK)


def taken(*texts, **options):
    seen = found(*texts, **options)
    return [(one.amount_minor, one.currency, one.channel, one.is_refund) for one in seen if not one.reason]


@pytest.mark.parametrize(
    ("texts", "wanted"),
    [
        (("¥188.00", "微信转账"), (18800, "CNY", "transfer", False)),
        (("￥1,880.50", "微信红包"), (188050, "CNY", "red_packet", False)),
        (("微信支付", "188.00元", "收款成功"), (18800, "CNY", "transfer", False)),
        (("支付宝", "转账给某某", "-520.00"), (52000, "CNY", "transfer", False)),
        (("¥ 66.66", "口令红包", "支付宝"), (6666, "CNY", "password_red_packet", False)),
        (("微信", "退款", "¥88.80"), (8880, "CNY", "transfer", True)),
        (("HK$20.00", "Transfer"), (2000, "HKD", "transfer", False)),
    ],
)
def test_an_amount_beside_a_word_of_a_payment_is_taken(texts, wanted):
    assert taken(*texts) == [wanted]


def test_a_line_that_fits_a_rule_of_payments_is_taken_alone():
    assert taken("[口令红包] 188.00元") == [(18800, "CNY", "password_red_packet", False)]


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        (("+520.00", "转账"), "no currency is shown"),
        (("¥520.00", "Transfer"), "the sign stands for several currencies"),
        (("¥520.00", "微信", None, "好的"), "no word of a payment stands beside it"),
        (("微信转账", "¥520.00", "待收款"), "待收款 stands beside it: perhaps no single payment"),
        (("零钱余额", "¥1,234.56"), "余额 stands beside it: perhaps no single payment"),
        (("微信支付 共支出", "¥9,999.00"), "共支出 stands beside it: perhaps no single payment"),
        (("再转你 520.00 元可以吗",), "an amount or a word about money within other text"),
        (("¥0.00", "微信转账"), "an amount of nothing"),
        (("[群收款] 88.00",), "a request or a notice, no payment"),
    ],
)
def test_what_is_unclear_is_shown_with_its_reason_and_not_taken(texts, reason):
    assert taken(*texts) == []
    assert reason in [one.reason for one in found(*texts)]


def test_an_amount_that_was_read_with_little_confidence_is_not_taken():
    assert taken("¥188.00", "微信转账", confidence=0.94) == []
    assert found("¥188.00", "微信转账", confidence=0.94)[0].reason == "read with a confidence of 0.94 only"


def test_a_payment_given_and_taken_is_one():
    seen = found("¥188.00", "微信转账", None, "¥188.00", "已收款")
    assert [bool(one.reason) for one in seen] == [False, True]


def test_a_payment_of_which_only_the_taking_is_shown_counts():
    assert taken("微信", None, "¥188.00", "已收款") == [(18800, "CNY", "transfer", False)]


def test_two_payments_of_one_amount_and_one_receipt_are_two():
    texts = ("¥188.00", "微信转账", None, "¥188.00", "微信转账", None, "¥188.00", "已收款")
    assert len(taken(*texts)) == 2


def test_a_word_of_another_column_or_far_away_says_nothing():
    left = screen("¥188.00", "微信转账")
    far = tuple(TextLine(one.number, one.text, (900 * one.number, *one.box_px[1:]), 1.0) for one in left)
    assert [one.reason for one in candidates(far, WORDS, BOOK)] == ["no word of a payment stands beside it"]


@pytest.mark.parametrize(
    ("shown", "wanted"),
    [
        ("2021年7月1日12:30", "2021-07-01 12:30"),
        ("2021/7/1 9:05", "2021-07-01 09:05"),
        ("7月1日 12:30", "7月1日 12:30"),
        ("昨天 18:05", "昨天 18:05"),
        ("2021年7月1日 下午6:05", "2021年7月1日 下午6:05"),
        ("明天见 12:30", ""),
    ],
)
def test_the_time_above_is_kept_as_it_is_shown_and_never_completed(shown, wanted):
    assert found(shown, None, "¥188.00", "微信转账")[-1].at_shown == wanted


def test_the_clock_of_the_telephone_is_no_time_of_a_payment():
    clock = TextLine(1, "12:30", (30, 20, 100, 40), 1.0)
    rest = [TextLine(one.number + 1, one.text, one.box_px, 1.0) for one in screen("¥188.00", "微信转账")]
    assert candidates((clock, *rest), WORDS, BOOK)[0].at_shown == ""


def test_the_one_time_of_a_payment_page_is_its_time_and_of_two_neither():
    page = ("转账", "-520.00", "微信", "转账时间 2021-07-02 09:15:33")
    assert found(*page)[0].at_shown == "2021-07-02 09:15:33"
    assert found(*page, "到账时间 2021-07-02 09:15:40")[0].at_shown == ""


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "'; DROP TABLE", "¥" * 400, "1" * 400, "¥1.2.3", "¥,,,", "\u202e¥1"])
def test_hostile_text_is_no_payment(text):
    assert taken(text, "微信转账") == []


def test_words_that_name_an_unknown_channel_are_refused(tmp_path):
    (tmp_path / "a.toml").write_text('[[word]]\nchannel = "barter"\nwords = ["x"]\n', encoding="utf-8")
    with pytest.raises(UsageError, match="unknown channel"):
        load_words(tmp_path)
