from __future__ import annotations

import dataclasses
import io

import pytest

from forensics.analyzers.bills import BillsAnalyzer
from forensics.analyzers.chats import ChatsAnalyzer
from forensics.chats import bill_table
from forensics.chats.bill import Skipped
from forensics.chats.message import Problem
from forensics.chats.payment import Payment
from forensics.errors import CodecError, UsageError
from forensics.model import Result
from tests.fakes.evidence import FileEvidence, KeepingSink, encoded, examine

HEAD = (
    "微信支付账单明细\n微信昵称：[小鹿]\n共3笔记录\n"
    "交易时间,交易类型,交易对方,商品,收/支,金额(元),支付方式,当前状态,交易单号,商户单号,备注\n"
)
ROWS = (
    '2022-06-12 20:15:33,微信红包,客户甲,"/",收入,"¥1,188.00",/,已存入零钱,"1000\t","/","=cmd|1!A1"\n'
    '2022-06-13 08:00:00,转账,客户乙,"/",支出,¥20.50,零钱,已转账,"1001\t","/","/"\n'
    '2022-06-14 08:00:00,零钱提现,招商银行,"/",/,¥5.00,零钱,提现已到账,"1002\t","/","/"\n'
)
BAD = '2022-06-15 08:00:00,转账,客户丙,"/",收入,"1,88.00",/,已存入零钱,"1003\t","/","/"\n'
MAPPING = 'name = "bank"\n[columns]\ntime = "日期"\namount = "金额"\ncounterparty = "对方"\n'
BANK = "说明\n日期,金额,对方\n2022-06-12 20:01:30,188.00,客户甲\n2022-06-13 20:01:30,-20.00,客户乙\n".encode()


def finding(tmp_path, content, analyzer=None, name="bill.csv"):
    path = tmp_path / name
    path.write_bytes(content)
    (found,) = examine(analyzer or BillsAnalyzer(), path)
    return found


def rows(tmp_path, content, analyzer=None):
    path = tmp_path / "bill.csv"
    path.write_bytes(content)
    sink = KeepingSink()
    list((analyzer or BillsAnalyzer()).examine(FileEvidence(path), sink))
    return list(bill_table.read_table(io.BytesIO(sink.contents[bill_table.ROLE]))), sink


def test_the_rows_of_a_bill_are_counted_and_added_up_by_direction(tmp_path):
    found = finding(tmp_path, (HEAD + ROWS).encode())
    assert (found.kind, found.result) == ("bill.rows", Result.FOUND)
    values = found.values
    assert (values["count"], values["skipped_count"], values["problem_count"]) == (2, 1, 0)
    assert values["amount_minor"] == {"CNY": {"in": 118800, "out": 2050, "refund_in": 0, "refund_out": 0}}
    assert (values["format"], values["holder"]) == ("wechat-bill", "小鹿")
    assert values["first_at"] == "2022-06-12T12:15:33.000000Z"
    assert values["last_local"] == "2022-06-13T08:00:00"
    assert "1188.00 CNY" in found.statement.text


def test_what_cannot_be_read_is_a_gap_with_its_line_and_in_no_sum(tmp_path):
    found = finding(tmp_path, (HEAD.replace("共3", "共4") + ROWS + BAD).encode())
    assert found.values["amount_minor"]["CNY"]["in"] == 118800
    assert [(gap.what, gap.detail.split(":")[0]) for gap in found.gaps] == [("amount", "line 8")]


def test_the_table_gives_back_every_row_as_it_was_read(tmp_path):
    found, sink = rows(tmp_path, (HEAD.replace("共3", "共9") + ROWS + BAD).encode())
    assert [type(one) for one in found] == [Payment, Payment, Skipped, Problem, Problem]
    first = found[0]
    assert (first.at.isoformat(), first.local_at.isoformat()) == ("2022-06-12T12:15:33+00:00", "2022-06-12T20:15:33")
    again = b"".join(bill_table.line_of(one) for one in found)
    assert sink.contents[bill_table.ROLE].partition(b"\n")[2] == again


def test_rows_are_found_by_their_place_in_the_table(tmp_path):
    found, sink = rows(tmp_path, (HEAD + ROWS).encode())
    places = [int(line.split(b"\t")[0]) for line in sink.contents[bill_table.WORDS_ROLE].splitlines()]
    assert list(bill_table.rows_at(io.BytesIO(sink.contents[bill_table.ROLE]), places)) == found


def test_a_holder_is_not_named_where_the_bill_is_sealed(tmp_path):
    path = tmp_path / "bill.csv"
    path.write_bytes((HEAD + ROWS + BAD).encode())

    class Sealed(FileEvidence):
        @property
        def artifact(self):
            return dataclasses.replace(FileEvidence(self.file).artifact, sealed={"plain": {"sha256": "1" * 64}})

    (found,) = BillsAnalyzer().examine(Sealed(path), KeepingSink())
    assert found.values["holder"] is None
    assert "1,88" not in str(encoded([found]))
    assert "客户" not in str(encoded([found])[0].decode())


def test_a_holder_and_a_zone_can_be_named(tmp_path):
    found = finding(tmp_path, (HEAD + ROWS).encode(), BillsAnalyzer(zone="Europe/Paris", holder="other"))
    assert found.values["holder"] == "other"
    assert found.values["first_at"] == "2022-06-12T18:15:33.000000Z"
    assert found.values["zones"] == {"assumed:Europe/Paris": 2}


def test_the_csv_of_a_bank_is_read_by_a_mapping_file(tmp_path):
    (tmp_path / "map.toml").write_text(MAPPING, "utf-8")
    analyzer = BillsAnalyzer(mapping=str(tmp_path / "map.toml"))
    assert str(tmp_path) not in analyzer.mapping
    found = finding(tmp_path, BANK, analyzer)
    assert found.values["amount_minor"] == {"CNY": {"in": 18800, "out": 2000, "refund_in": 0, "refund_out": 0}}
    assert (found.values["first_at"], found.values["first_local"]) == (None, "2022-06-12T20:01:30")
    assert found.values["format"] == "bank"
    assert any(one.id == "bills.limit.zone" for one in found.limits)
    assert finding(tmp_path, BANK).result is Result.NOT_FOUND


def test_a_mapping_leaves_known_bills_and_other_tables_alone(tmp_path):
    analyzer = BillsAnalyzer(mapping=MAPPING)
    assert finding(tmp_path, (HEAD + ROWS).encode(), analyzer).values["format"] == "wechat-bill"
    assert finding(tmp_path, b"a,b\n1,2\n", analyzer).result is Result.NOT_FOUND


CHATS = {
    "neutral.csv": "sent_at,sender,text\n2022-06-12 20:00:00,a,[转账] 200.00元\n".encode(),
    "wechat.csv": "Type,IsSender,CreateTime,StrContent\n1,0,1655035200,[转账] 200.00元\n".encode(),
    "chat.txt": b"31/12/2025, 10:00 - Ann: hello\n31/12/2025, 10:01 - Bob: hi\n",
}


@pytest.mark.parametrize("name", CHATS)
def test_a_chat_is_no_bill(tmp_path, name):
    assert finding(tmp_path, CHATS[name], name=name).result is Result.NOT_FOUND
    assert finding(tmp_path, CHATS[name], BillsAnalyzer(mapping=MAPPING), name=name).result is Result.NOT_FOUND


@pytest.mark.parametrize("content", [(HEAD + ROWS).encode(), (HEAD + ROWS).encode("gb18030"), BANK])
def test_a_bill_is_no_chat(tmp_path, content):
    path = tmp_path / "bill.csv"
    path.write_bytes(content)
    assert [one.result for one in examine(ChatsAnalyzer(), path)] == [Result.NOT_FOUND]


HOSTILE = {
    "empty": b"",
    "head alone": HEAD.encode(),
    "random": bytes(range(256)) * 40,
    "cut": (HEAD + ROWS).encode()[:-60],
    "quote": (HEAD + '"2022').encode(),
    "direction marks": (HEAD + ROWS.replace("客户甲", "\u202e甲\u202c👩‍👩‍👧")).encode(),
    "impossible date": (HEAD + ROWS.replace("2022-06-12", "2022-02-30")).encode(),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_bad_input_gives_one_finding_and_never_raises(tmp_path, case):
    found = finding(tmp_path, HOSTILE[case])
    assert found.kind == "bill.rows"
    assert found.limits
    assert bool(found.alternatives) == (found.result is not Result.NOT_FOUND)


def test_a_date_that_does_not_exist_is_a_gap_and_the_amount_counts(tmp_path):
    found = finding(tmp_path, HOSTILE["impossible date"])
    assert found.values["count"] == 2
    assert [gap.what for gap in found.gaps] == ["time"]


def test_the_same_bytes_give_the_same_finding(tmp_path):
    first, second = (finding(tmp_path, (HEAD + ROWS).encode()) for _ in range(2))
    assert encoded([first]) == encoded([second])


@pytest.mark.parametrize("settings", [{"zone": "Nowhere/X"}, {"mapping": "/nowhere"}, {"mapping": "a = 1\n"}])
def test_settings_that_make_no_sense_are_refused(settings):
    with pytest.raises(UsageError):
        BillsAnalyzer(**settings)


@pytest.mark.parametrize("lines", [[b"{}"], [b'{"type":"bill-table","version":2}'], [b"x"]])
def test_another_table_is_refused(lines):
    with pytest.raises(CodecError):
        list(bill_table.read_table(lines))


@pytest.mark.parametrize(
    "line", [b'{"type":"x"}', b'{"type":"payment"}', b'{"type":"payment","locator":{"a":1}}', b"["]
)
def test_a_row_that_is_none_is_refused(line):
    with pytest.raises(CodecError):
        list(bill_table.read_table([b'{"type":"bill-table","version":1}', line]))
