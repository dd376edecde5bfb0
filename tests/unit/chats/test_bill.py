from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from forensics.chats.bill import Skipped, open_bill
from forensics.chats.bill_mapping import parse_mapping
from forensics.chats.bill_reader import format_of, read_bill
from forensics.chats.message import Problem
from forensics.chats.payment import IN, OUT, Payment
from forensics.errors import CodecError, ForensicsError, UsageError
from forensics.proof.rulebook import rule_folder

WECHAT_HEAD = """微信支付账单明细,,,,,,,,
微信昵称：[小鹿],,,,,,,,
起始时间：[2022-06-01 00:00:00] 终止时间：[2022-08-30 23:59:59],,,,,,,,
导出类型：[全部],,,,,,,,
,,,,,,,,
共{count}笔记录,,,,,,,,
----------------------微信支付账单明细列表--------------------,,,,,,,,
交易时间,交易类型,交易对方,商品,收/支,金额(元),支付方式,当前状态,交易单号,商户单号,备注
"""

ALIPAY_HEAD = """------------------------------------------------------------------------------------
导出信息：
姓名：陆某
支付宝账户：deer@example.com
起始时间：[2022-06-01 00:00:00]    终止时间：[2022-08-30 23:59:59]
共{count}笔记录

------------------------支付宝支付科技有限公司  电子客户回单------------------------
交易时间,交易分类,交易对方,对方账号,商品说明,收/支,金额,收/付款方式,交易状态,交易订单号,商家订单号,备注,
"""

ALIPAY_WEB_HEAD = """支付宝交易记录明细查询
账号:[deer@example.com]
---------------------------------交易记录明细列表------------------------------------
交易号,商家订单号,交易创建时间,付款时间,最近修改时间,交易来源地,类型,交易对方,商品名称,金额（元）,收/支,交易状态,服务费（元）,成功退款（元）,备注,资金状态
"""


def wechat(*rows, count=None, encoding="utf-8-sig", **options):
    head = WECHAT_HEAD.format(count=len(rows) if count is None else count)
    return read((head + "\n".join(rows) + "\n").encode(encoding), **options)


def alipay(*rows, head=ALIPAY_HEAD, encoding="gb18030", **options):
    return read((head.format(count=len(rows)) + "\n".join(rows) + "\n").encode(encoding), **options)


def read(data, mapping=None, **options):
    return list(read_bill(open_bill(data, "bill.csv", **options), mapping))


def payments(rows):
    return [row for row in rows if isinstance(row, Payment)]


def problems(rows):
    return [row for row in rows if isinstance(row, Problem)]


PACKET = '2022-06-12 20:15:33,微信红包（群红包）,客户甲,"/",收入,"¥1,188.00",/,已存入零钱,"1000039501\t","/","/"'


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "gb18030", "utf-16"])
def test_a_wechat_row_is_read_in_every_encoding(encoding):
    (row,) = wechat(PACKET, encoding=encoding)
    assert (row.amount_minor, row.currency, row.direction) == (118800, "CNY", IN)
    assert (row.payer, row.payee, row.channel, row.reference) == ("客户甲", "小鹿", "red_packet", "1000039501")
    assert row.locator.record == "line 9"


def test_times_of_a_wechat_bill_are_chinese_ones_and_say_so():
    (row,) = wechat(PACKET)
    assert row.at == datetime(2022, 6, 12, 12, 15, 33, tzinfo=UTC)
    assert row.zone == "format:Asia/Shanghai"
    assert row.at_shown == "2022-06-12 20:15:33"


def test_a_zone_that_the_user_names_is_marked_as_assumed():
    (row,) = wechat(PACKET, zone="Europe/Paris")
    assert row.at == datetime(2022, 6, 12, 18, 15, 33, tzinfo=UTC)
    assert row.zone == "assumed:Europe/Paris"


def test_an_hour_that_occurs_twice_has_no_instant():
    rows = wechat(PACKET.replace("2022-06-12 20:15:33", "2022-10-30 02:30:00"), zone="Europe/Paris")
    assert payments(rows)[0].at is None
    assert problems(rows)[0].what == "time"


def test_a_refund_stands_apart_and_a_state_adds_none_beside_its_row():
    rows = wechat(
        "2022-06-13 10:00:00,转账,客户乙,定制,支出,¥500.00,零钱,已全额退款,1000039510,/,/",
        "2022-06-13 11:00:00,转账-退款,客户乙,定制,收入,¥500.00,零钱,已全额退款,1000039511,/,/",
    )
    assert [(row.is_refund, row.direction, row.amount_minor) for row in rows] == [
        (False, OUT, 50000),
        (True, IN, 50000),
    ]


def test_a_partial_refund_that_only_the_state_mentions_is_a_refund():
    rows = wechat("2022-06-14 21:15:33,商户消费,店,x,支出,¥88.80,零钱,已退款(￥8.80),1000039504,/,/")
    assert [(row.is_refund, row.amount_minor, row.at) for row in rows][1] == (True, 880, None)
    assert rows[1].rule == "wechat-bill-state"


def test_movements_between_own_accounts_are_no_payments():
    (row,) = wechat("2022-06-14 21:15:33,零钱提现,银行,/,/,¥88.80,零钱,提现已到账,1000039505,/,/")
    assert isinstance(row, Skipped)
    assert row.reason == "a movement between own accounts"


BAD_ROWS = {
    "a negative amount": "2022-06-14 21:15:33,转账,甲,/,收入,¥-8.00,/,已收钱,1,/,/",
    "no amount": "2022-06-14 21:15:33,转账,甲,/,收入,,/,已收钱,1,/,/",
    "an impossible amount": "2022-06-14 21:15:33,转账,甲,/,收入,¥99999999999999999.00,/,已收钱,1,/,/",
    "a formula for an amount": "2022-06-14 21:15:33,转账,甲,/,收入,=1+1,/,已收钱,1,/,/",
    "an unknown state": "2022-06-14 21:15:33,转账,甲,/,收入,¥8.00,/,火星状态,1,/,/",
}


@pytest.mark.parametrize("case", BAD_ROWS)
def test_a_row_that_cannot_be_read_is_in_no_total_and_is_reported(case):
    rows = wechat(PACKET, BAD_ROWS[case])
    assert len(payments(rows)) == 1
    assert [row.locator.record for row in problems(rows)] == ["line 10"]


def test_an_impossible_date_costs_the_time_and_not_the_payment():
    rows = wechat("2022-02-30 21:15:33,二维码收款,甲,/,收入,¥8.80,零钱,已收钱,2,/,/")
    assert payments(rows)[0].amount_minor == 880
    assert payments(rows)[0].at is None
    assert payments(rows)[0].at_shown == "2022-02-30 21:15:33"
    assert problems(rows)[0].what == "time"


def test_a_bill_with_fewer_rows_than_it_states_is_reported():
    rows = wechat(PACKET, count=3)
    assert problems(rows)[0].detail == "the bill states 3 rows and has 1"


def test_an_alipay_bill_of_the_app_is_read():
    rows = alipay(
        "2022-06-12 20:15:33,转账红包,*某甲,a***@x.com,口令红包,收入,188.00,账户余额,交易成功,2022061222001\t,\t,,",
        "2022-06-12 21:00:00,日用百货,店,/,牙膏,支出,21.40,花呗,交易关闭,2022061222002\t,\t,,",
        "2022-06-13 09:00:00,日用百货,店,/,退款-牙膏,不计收支,21.40,花呗,退款成功,2022061222002_1\t,\t,,",
        "2022-06-13 10:00:00,投资理财,余额宝,/,收益发放,不计收支,0.01,余额,交易成功,2022061222003\t,\t,,",
    )
    packet, refund = payments(rows)
    assert (packet.amount_minor, packet.direction, packet.channel) == (18800, IN, "red_packet")
    assert (packet.payee, packet.reference) == ("deer@example.com", "2022061222001")
    assert (refund.is_refund, refund.direction, refund.amount_minor) == (True, IN, 2140)
    assert [row.reason for row in rows if isinstance(row, Skipped)] == [
        "state 交易关闭: no money moved",
        "a movement between own accounts",
    ]


def test_an_older_alipay_bill_states_refunds_in_a_column():
    rows = alipay(
        "2022071500001\t,P1\t,2022-07-15 10:30:00,2022-07-15 10:30:05,2022-07-15 10:30:06,其他,即时到账交易,"
        "客户甲,定制,100.00,收入,交易成功,0.00,30.00,,已收入",
        head=ALIPAY_WEB_HEAD,
    )
    paid, refund = payments(rows)
    assert (paid.amount_minor, paid.is_refund) == (10000, False)
    assert paid.at == datetime(2022, 7, 15, 2, 30, 5, tzinfo=UTC)
    assert (refund.amount_minor, refund.is_refund) == (3000, True)


def test_formats_are_told_apart_by_their_content():
    assert format_of(WECHAT_HEAD.encode("gb18030"), "x") == "wechat-bill"
    assert format_of(ALIPAY_HEAD.encode("gb18030")[:-1], "x") == "alipay-bill"
    assert format_of(ALIPAY_WEB_HEAD.encode(), "x") == "alipay-bill"
    assert format_of(b"time,amount\n", "wechat.csv") is None


MAPPING = """
name = "bank"
zone = "Asia/Shanghai"
times = ["%d/%m/%Y %H:%M"]
decimal = ","
[columns]
time = "Date"
paid_in = "Credit"
paid_out = "Debit"
counterparty = ["Name", "Payee"]
reference = "Ref"
"""


def test_a_bank_bill_is_read_by_its_mapping():
    rows = read(
        b"some bank\nDate;x\nDate,Name,Debit,Credit,Ref\n"
        b'03/04/2022 10:00,A,,"1.880,50",R1\n03/04/2022 11:00,B,"5,00",,R2\n'
        b'03/04/2022 12:00,C,"5,00","6,00",R3\n',
        parse_mapping(MAPPING.encode()),
    )
    first, second = payments(rows)
    assert (first.amount_minor, first.direction, first.payer) == (188050, IN, "A")
    assert (second.amount_minor, second.direction, second.payee) == (500, OUT, "B")
    assert first.at == datetime(2022, 4, 3, 2, 0, tzinfo=UTC)
    assert first.zone == "assumed:Asia/Shanghai"
    assert len(problems(rows)) == 1


def test_a_sign_gives_the_direction_where_no_column_does():
    mapping = parse_mapping(b'[columns]\ntime = "t"\namount = "a"\n')
    rows = payments(read(b"t,a\n2022-06-12 20:15:33,-5.00\n2022-06-12 20:15:34,+7.00\n", mapping))
    assert [(row.direction, row.amount_minor, row.at, row.zone) for row in rows] == [
        (OUT, 500, None, "unknown"),
        (IN, 700, None, "unknown"),
    ]


def test_the_example_mapping_is_a_mapping():
    layout = parse_mapping((rule_folder("bills") / "example.toml").read_bytes())
    assert layout.name == "example-bank"


BAD_MAPPINGS = {
    "no TOML": b"[[[",
    "not UTF-8": b"\xff\xfe\xff",
    "no columns": b'name = "x"',
    "no amount": b'[columns]\ntime = "t"',
    "unknown column": b'[columns]\ntime = "t"\namount = "a"\ncolour = "c"',
    "unknown setting": b'colour = 1\n[columns]\ntime = "t"\namount = "a"',
    "unknown zone": b'zone = "Mars/Base"\n[columns]\ntime = "t"\namount = "a"',
    "unknown currency": b'currency = "ZZZ"\n[columns]\ntime = "t"\namount = "a"',
    "a number for a list": b'done = 1\n[columns]\ntime = "t"\namount = "a"',
    "a path for a zone": b'zone = "../../etc/passwd"\n[columns]\ntime = "t"\namount = "a"',
}


@pytest.mark.parametrize("case", BAD_MAPPINGS)
def test_a_wrong_mapping_is_explained(case):
    with pytest.raises(UsageError) as caught:
        parse_mapping(BAD_MAPPINGS[case])
    assert caught.value.hint


NO_BILLS = {
    "empty": b"",
    "random": bytes(range(256)) * 40,
    "a workbook": b"PK\x03\x04" + bytes(100),
    "only a heading's beginning": "交易时间,交易类型".encode(),
    "a million commas": b"," * 1_000_000,
    "an open quotation": b'"' + b"a,\n" * 100_000,
    "zeros": bytes(10_000),
}


@pytest.mark.parametrize("case", NO_BILLS)
def test_what_is_no_bill_is_refused_in_bounded_time(case):
    start = time.monotonic()
    with pytest.raises(CodecError):
        read(NO_BILLS[case])
    with pytest.raises(CodecError):
        read(NO_BILLS[case], parse_mapping(MAPPING.encode()))
    assert time.monotonic() - start < 10


def test_a_truncated_bill_gives_what_it_has():
    whole = (WECHAT_HEAD.format(count=2) + PACKET + "\n" + PACKET).encode("gb18030")
    head = len(WECHAT_HEAD.format(count=2).encode("gb18030"))
    for end in range(head, len(whole), 7):
        try:
            rows = read(whole[:end])
        except ForensicsError:
            continue
        assert sum(row.amount_minor for row in payments(rows)) <= 2 * 118800


def test_the_same_bytes_give_the_same_rows():
    assert wechat(PACKET) == wechat(PACKET)
