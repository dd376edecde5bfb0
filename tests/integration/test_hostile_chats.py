"""Exports and bills as an opponent, a joker or a broken disk makes them: what is counted, and what is told."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from html.parser import HTMLParser
from itertools import permutations
from pathlib import Path

import pytest

from forensics import chats
from forensics.media import sniff
from forensics.proof.dossier import compile_dossier
from forensics.proof.money import money_json
from tests.fakes.program import forensics, opened
from tests.unit.chats import exports
from tests.unit.proof.cases import BILL_HEAD, Kept, bill, export, said

WECHAT_HEAD = (
    "localId,TalkerId,Type,SubType,IsSender,CreateTime,Status,StrContent,StrTime,Remark,NickName,Sender\n"  # heading
)
ROW = "2022-06-12 20:03:30,转账,{name},{goods},收入,{amount},/,已存入零钱,{number},/,/\n"
PACKET, TRANSFER, TEXT = (49, 2001), (49, 2000), (1, 0)

HOSTILE_NAMES = (
    *("=cmd()|calc", "+1+1", "@SUM(A1)", "-2+3", "＝１+１", "\ttab", "\u202eevil\u2066🦌", "\x1b[31mred\x07"),
    *("ze\u200bro", "\u0430dmin", "<script>alert(1)</script>", '"><img src=http://evil.test/x onerror=alert(1)>'),
    *("客户\n甲", "{placeholder}", "{{x}}", "%s%n", "N" * 3000),
)


@pytest.fixture
def case(tmp_path: Path) -> Kept:
    return Kept(tmp_path)


def told(case: Kept) -> dict:
    return money_json(compile_dossier(case.snapshot, case.opener).ledger)


def total(case: Kept, currency: str = "CNY") -> int:
    return told(case)["totals"].get(currency, {}).get("amount_minor", 0)


def wechat(*rows: tuple[tuple[int, int], str]) -> bytes:
    lines = (
        f'{number},1,{kind},{sub},0,{1705314600 + number},,"{text}",,小王,小王,wx1\n'
        for number, ((kind, sub), text) in enumerate(rows)
    )
    return (WECHAT_HEAD + "".join(lines)).encode()


def row(amount: str = "¥5.00", *, name: str = "张三", goods: str = "/", number: str = "1") -> str:
    return ROW.format(name=name, goods=goods, amount=amount, number=number)


# What people type is no payment.

TALK = (
    *("我给你转了200元", "转账给你200元", "转账给你 200元", "你向小王转账200元", "已转账给你 200元", "收到转账200元"),
    *(
        "> [转账] 200.00元",
        "「小王：[转账] 200.00元」\n- - - -\n收到",
        "[转账] 200.00元\n你看到了吗",
        "Please see [转账] 200元",
    ),
    *("[转账] 200.00元 好", "[转账] 1e5元", "[转账] 1.2万元", "\u202e[转账] 200.00元", "[转账] ²⁰⁰元", "[转账] ①00元"),
)


@pytest.mark.parametrize("text", TALK)
def test_what_people_write_about_money_is_a_lead_and_no_payment(case, text):
    case.put("/a/result.json", export(said(1, text)))
    found = told(case)
    assert found["payments"] == []
    assert len(found["leads"]) == 1


@pytest.mark.parametrize(
    "text", ["You paid €50", "You sent 50 EUR to Carl", "Bob sent €50 to Alice", "€5 was refunded"]
)
def test_a_sentence_with_a_sender_is_talk_in_whatsapp(case, text):
    case.put("/a/WhatsApp Chat with x.txt", f"31/12/2023, 10:00 - Alice: {text}\n".encode())
    assert told(case)["payments"] == []


def test_a_line_of_the_program_itself_states_a_payment_in_whatsapp(case):
    case.put("/a/WhatsApp Chat with x.txt", "31/12/2023, 10:00 - Bob sent €50.00 to Alice\n".encode())
    assert total(case, "EUR") == 5000


def test_a_line_typed_as_text_is_no_payment_where_the_export_marks_payments(case):
    case.put("/a/chat.csv", wechat((TEXT, "[转账] 200.00元"), (TRANSFER, "[转账] 100.00元")))
    found = told(case)
    assert [one["amount_minor"] for one in found["payments"]] == [10000]
    assert [one["reason"] for one in found["leads"]] == ["typed"]


def test_words_below_a_picture_and_withdrawn_messages_are_no_payment(case):
    case.put(
        "/a/result.json", export(said(1, "[转账] 200.00元", file="a.jpg"), said(2, "[转账] 1.00元", forwarded_from="x"))
    )
    withdrawn = "sent_at,sender,text,deleted\n2024-01-15T18:30:00+08:00,A,[转账] 200.00元,1\n"
    case.put("/b/chat.csv", withdrawn.encode())
    found = told(case)
    assert found["payments"] == []
    assert [one["reason"] for one in found["leads"]] == ["typed", "forwarded", "typed"]


def test_a_line_in_a_mail_is_no_payment(case):
    mail = (
        "From: a@example.org\nTo: b@example.org\nDate: Mon, 15 Jan 2024 10:00:00 +0800\nSubject: x\n\n[转账] 200.00元\n"
    )
    case.put("/a/one.eml", mail.encode(), media_type="message/rfc822")
    found = told(case)
    assert found["payments"] == []
    assert len(found["leads"]) == 1


@pytest.mark.parametrize("text", ["[红包] 88", "[微信红包] 888", "[微信红包] 13.14", "[口令红包] 520", "[转账] 200"])
def test_a_number_that_may_be_the_greeting_of_a_packet_is_no_amount(case, text):
    case.put("/a/result.json", export(said(1, text)))
    found = told(case)
    assert found["payments"] == []
    assert len(found["without_amount"]) == 1


def test_the_words_of_a_packet_are_no_amount_even_with_a_currency(case):
    case.put("/a/chat.csv", wechat((PACKET, "祝你发财888元"), (PACKET, "888"), (PACKET, "红包 8.80元")))
    found = told(case)
    assert [one["amount_minor"] for one in found["payments"]] == [880]
    assert len(found["without_amount"]) == 2


UNCLEAR = (
    *(
        "1e5元",
        "1.2万元",
        "2.5千元",
        "3百元",
        "壹佰88元",
        "约200元",
        "200元x3",
        "-300.00元",
        "¥1 880.00",
        "NaN元",
        "0.00元",
    ),
    *("99999999999999999999元", "1.000元", "2²元", "½元", "1,88.00元"),
)


@pytest.mark.parametrize("text", UNCLEAR)
def test_an_amount_of_a_record_that_is_not_clear_is_in_no_total(case, text):
    case.put("/a/chat.csv", wechat((TRANSFER, text)))
    found = told(case)
    assert found["payments"] == []
    assert len(found["without_amount"]) == 1


@pytest.mark.parametrize(
    "text", ["[transfer] 1.000 €", "[转账] 1.000元", "[转账] 1.230元", "[转账] $200", "[转账] -200元"]
)
def test_an_amount_that_can_be_read_in_two_ways_is_in_no_total(case, text):
    case.put("/a/result.json", export(said(1, text)))
    assert told(case)["payments"] == []


# Rows of tables that are broken.


def test_a_row_with_cells_that_its_payer_added_is_in_no_total(case):
    forged = row(goods="x,收入,¥99999.00,零钱,已存入零钱")
    case.put("/b/bill.csv", (BILL_HEAD + row(number="7") + forged).encode())
    found = told(case)
    assert found["by_certainty"]["confirmed_by_bill"]["CNY"]["amount_minor"] == 500
    assert [one["what"] for one in found["problems"]] == ["row"]


def test_an_open_quotation_in_a_bill_costs_its_own_row_and_is_told(case):
    case.put(
        "/b/bill.csv", (BILL_HEAD + row(goods='"oops') + row("¥6.00", number="2") + row("¥7.00", number="3")).encode()
    )
    found = told(case)
    assert found["by_certainty"]["confirmed_by_bill"]["CNY"]["amount_minor"] == 1300
    assert "does not end" in found["problems"][0]["detail"]


def test_rows_that_two_stray_quotation_marks_join_are_told_and_not_counted(case):
    joined = row(goods='"oops') + row("¥6.00", number="2") + row("¥7.00", goods='x"', number="3")
    case.put("/b/bill.csv", (BILL_HEAD + joined + row("¥8.00", number="4")).encode())
    found = told(case)
    assert found["by_certainty"]["confirmed_by_bill"]["CNY"]["amount_minor"] == 800
    assert "look like rows" in found["problems"][0]["detail"]


def test_a_sum_at_the_foot_of_a_bill_is_no_payment(case):
    case.put("/b/bill.csv", (BILL_HEAD + row() + row("¥5.00").replace("2022-06-12 20:03:30", "合计")).encode())
    found = told(case)
    assert found["by_certainty"]["confirmed_by_bill"]["CNY"]["amount_minor"] == 500
    assert [one["what"] for one in found["problems"]] == ["row"]


def test_a_bill_that_is_cut_off_within_an_amount_does_not_count_the_rest_of_it(case):
    whole = BILL_HEAD + row("¥1880.00")
    case.put("/b/bill.csv", whole[: whole.index("¥1880") + 3].encode())
    assert told(case)["by_certainty"] == {}


@pytest.mark.parametrize("year", ["0001-01-01 00:30:00", "9999-12-31 23:59:59", "2021-02-30 10:00:00"])
def test_an_impossible_time_costs_no_other_row(case, year):
    case.put(
        "/b/bill.csv", (BILL_HEAD + row().replace("2022-06-12 20:03:30", year) + row("¥6.00", number="2")).encode()
    )
    assert told(case)["by_certainty"]["confirmed_by_bill"]["CNY"]["amount_minor"] >= 600


def test_an_open_quotation_in_a_chat_gives_nobody_the_words_of_others():
    lines = 'sent_at,sender,text\n2024-01-15T18:30:00+08:00,A,"hi\n2024-01-15T18:31:00+08:00,B,我是B\n'
    read = exports.read(lines, "a.csv")
    assert [(one.sender, one.text) for one in read.messages] == [("B", "我是B")]
    assert "does not end" in read.problems[0].detail
    assert "A" in read.problems[0].detail


def test_a_row_with_too_many_cells_is_a_text_without_account_and_no_payment(case):
    moved = "1,1,49,2000,0,1705314600,,1,880.00元,,小王,小王,wx1\n"
    case.put("/a/chat.csv", (WECHAT_HEAD + moved).encode())
    assert told(case)["payments"] == []
    (message,) = exports.read(WECHAT_HEAD + moved, "chat.csv").messages
    assert (message.sender, message.kind) == ("", "other")
    assert message.text == moved.strip()


def test_an_object_in_which_a_name_stands_twice_is_not_read_and_told(case):
    doubled = export(said(1, "[转账] 100.00元")).replace(b'"text": "', b'"text": "hello", "text": "')
    case.put("/a/result.json", doubled)
    found = told(case)
    assert found["payments"] == []
    assert "stands twice" in found["problems"][0]["detail"]


def test_an_export_that_was_saved_with_sorted_names_is_recognised():
    sorted_names = json.dumps(json.loads(export(*(said(n, "x" * 9000) for n in range(1, 50)))), sort_keys=True)
    assert len(exports.read(sorted_names, "result.json").messages) == 49


def test_a_log_of_a_program_is_no_chat():
    log = exports.source(b"2024-01-15 10:00:00 - INFO: started\n2024-01-15 10:00:01 - ERROR: x\n", "a.txt")
    assert chats.recognise(log) is None


@pytest.mark.parametrize(
    "line", ["\u200f[٣١\u200f/١٢\u200f/٢٠٢٣، ١١:٥٩:٠١ م] Ann: hi\n", "31/12/2023 às 23:59 - Ann: oi\n"]
)
def test_heads_with_other_digits_and_words_are_read(line):
    (message,) = exports.read(line, "a.txt").messages
    assert (message.sender, message.local_at.day, message.local_at.hour) == ("Ann", 31, 23)


@pytest.mark.parametrize("name", ["bill.csv", "chat.txt", "page.html"])
def test_a_control_character_in_a_name_does_not_hide_a_text(name):
    content = ("交易时间,交易对方\n" * 20 + "\x1b[31m\x07\x00\n").encode()
    assert sniff(content, name).startswith("text/")
    assert not sniff(bytes(range(256)) * 4, name).startswith("text/")


# Counted once, and the same in every order.

SALE = tuple(said(n, "[转账] 200.00元", name=f"客户{n}") for n in range(1, 6))
ROWS = tuple((f"2022-06-12 20:0{n}:30", f"客户{n}", "收入", "200.00", f"100005000120220612000{n}") for n in range(1, 6))


def copies() -> dict[str, bytes]:
    plain = bill(*ROWS).replace("¥".encode(), b"")
    page = (
        exports.div(n, "[转账] 200.00元", sender=f"客户{n}", title=f"12.06.2022 20:0{n}:00 UTC+08:00")
        for n in range(1, 6)
    )
    return {
        "/a/result.json": export(*SALE),
        "/b/again.json": json.dumps(json.loads(export(*SALE)), indent=1, ensure_ascii=False).encode(),
        "/c/messages.html": exports.page(*page, title="大群"),
        "/d/1.csv": bill(*ROWS),
        "/e/2.csv": plain.decode().encode("gbk"),
        "/f/3.csv": plain.decode().encode("utf-16"),
        "/g/4.csv": b"\xef\xbb\xbf" + bill(*ROWS[2:]),
        "/h/5.csv": bill(*((at[:-3], name, way, "200", "1.00005E+27") for at, name, way, _, _ in ROWS)),
    }


@pytest.mark.parametrize("turn", range(8))
def test_copies_in_any_form_and_order_are_counted_once(case, turn):
    given = [*copies().items()]
    for path, content in (*given[turn:], *given[:turn]):
        case.put(path, content, media_type="text/html" if path.endswith("html") else "application/octet-stream")
    sums = told(case)["by_certainty"]
    assert {name: one["CNY"]["amount_minor"] for name, one in sums.items()} == {
        "stated_in_chat": 100000,
        "confirmed_by_bill": 100000,
    }
    assert sums["stated_in_chat"]["CNY"]["matched_count"] == 5


def test_rows_whose_numbers_a_spreadsheet_made_equal_are_all_kept(case):
    case.put("/a/bill.csv", bill(*((at, name, way, amount, "1.00005E+27") for at, name, way, amount, _ in ROWS)))
    assert told(case)["by_certainty"]["confirmed_by_bill"]["CNY"]["count"] == 5


def test_two_payers_of_one_minute_and_amount_are_not_told_apart_by_chance(case):
    both = (said(1, "[转账] 200.00元", name="甲", minute=1), said(2, "[转账] 200.00元", name="乙", minute=1))
    for number, order in enumerate(permutations(both)):
        case.put(f"/{number}/result.json", export(*order))
    case.put("/c/bill.csv", bill(("2022-06-12 20:01:30", "王**", "收入", "200.00", "1")))
    found = told(case)
    assert found["totals"]["CNY"]["count"] == 2
    assert found["matches"] == []


def test_a_number_that_somebody_writes_does_not_claim_the_row_of_another(case):
    case.put("/a/result.json", export(said(1, "[转账] 200.00元 备注1234567890123456", name="丙")))
    case.put("/c/bill.csv", bill(("2022-01-01 20:01:30", "甲", "收入", "200.00", "1234567890123456")))
    assert told(case)["matches"] == []


# The verbs.


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile") / "material"
    folder.mkdir()
    said_by = [said(n, f"[转账] {100 + n}.00元", name=name, minute=n) for n, name in enumerate(HOSTILE_NAMES, 1)]
    offer = said(50, '换脸 300元一个 =HYPERLINK("http://evil.test")', name="小鹿", file="../../etc/passwd")
    title = "</title><script>alert(2)</script>=1+1\u202e"
    (folder / "result.json").write_bytes(export(*said_by, offer, title=title))
    cells = ((f"2022-06-12 20:{n:02d}:30", name, n) for n, name in enumerate(HOSTILE_NAMES, 1))
    rows = ((at, f'"{name.replace(chr(34), chr(34) * 2)}"', "收入", f"{100 + n}.00", f"9{n}") for at, name, n in cells)
    (folder / "bill.csv").write_bytes(bill(*rows))
    (folder / "deep.json").write_bytes(
        b'{"name":"x","type":"private_group","id":8,"messages":[' + b'[{"a":' * 10000 + b"1" + b"}]" * 10000 + b"]}"
    )
    (folder / "digits.json").write_bytes(
        b'{"name":"x","type":"private_group","id":9,"messages":[{"id":' + b"9" * 5000 + b"}]}"
    )
    (folder / "cut.json").write_bytes(export(*said_by)[:-200])
    (folder / "link.json").symlink_to("/etc/hostname")
    with zipfile.ZipFile(folder / "export.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../_chat.txt", "31/12/23, 11:59 - Ann: [转账] 7.00元\n")
        archive.writestr("big.txt", b"31/12/23, 11:59 - Ann: " + b"a" * (5 << 20))
    return folder


@pytest.fixture(scope="module")
def opened_case(hostile: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    case = opened(tmp_path_factory.mktemp("case") / "case")
    assert forensics("collect", case, hostile).code in (0, 3)
    assert forensics("analyze", case, "--only", "chats", "--only", "bills", "--jobs", "1").code in (0, 3)
    return case


def sums_of_names() -> int:
    return sum(10000 + 100 * n for n in range(1, len(HOSTILE_NAMES) + 1))


@pytest.mark.slow
def test_hostile_names_change_no_total_and_stop_no_verb(opened_case):
    ended = forensics("money", opened_case, "--json")
    assert ended.code in (0, 3), ended.errors
    sums = ended.told["by_certainty"]
    assert sums["confirmed_by_bill"]["CNY"]["amount_minor"] == sums_of_names()
    assert sums["stated_in_chat"]["CNY"]["amount_minor"] == sums_of_names() + 700
    assert len(ended.told["problems"]) >= 3
    for verb in (("money",), ("search", "换脸"), ("status",)):
        ended = forensics(verb[0], opened_case, *verb[1:])
        assert "Traceback" not in ended.errors
        assert not set("\x1b\x07\u202e\u2066") & set(ended.output)


@pytest.mark.slow
def test_no_cell_of_any_table_can_be_computed(opened_case, tmp_path):
    assert forensics("money", opened_case, "--csv", tmp_path / "m.csv").code in (0, 3)
    assert forensics("search", opened_case, "换脸", "--csv", tmp_path / "s.csv").code in (0, 3)
    for name in ("m.csv", "s.csv"):
        cells = [cell for line in csv.reader(io.StringIO((tmp_path / name).read_text("utf-8-sig"))) for cell in line]
        assert cells
        assert not [one for one in cells if one.lstrip(" \u3000")[:1] in tuple("=+-@\t|%＝＋－＠")]


class _Page(HTMLParser):
    """Notes whatever a browser would run or fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "iframe", "object", "embed", "link", "base", "form"):
            self.found.append(tag)
        outside = ("src", "href", "srcset", "action")
        self.found += [
            f"{name}={value}"
            for name, value in attrs
            if name.startswith("on") or (name in outside and value and not value.startswith(("#", "data:")))
        ]


@pytest.mark.slow
def test_the_report_of_a_hostile_case_runs_and_fetches_nothing(opened_case, tmp_path):
    ended = forensics("report", opened_case, "--lang", "zh", "--out", tmp_path / "out")
    assert ended.code == 0, ended.errors
    text = (tmp_path / "out" / "report.html").read_text("utf-8")
    page = _Page()
    page.feed(text)
    assert page.found == []
    assert not set("\x1b\x07\u202e\u2066") & set(text)
    for table in (tmp_path / "out").glob("*.csv"):
        cells = [cell for line in csv.reader(io.StringIO(table.read_text("utf-8-sig"))) for cell in line]
        assert not [one for one in cells if one.lstrip(" \u3000")[:1] in tuple("=+-@\t|%＝＋－＠")]


@pytest.mark.slow
def test_the_ledger_names_no_account_and_an_erased_bill_leaves_no_trace(tmp_path):
    folder = tmp_path / "material"
    folder.mkdir()
    (folder / "bill.csv").write_bytes(
        bill(("2022-06-12 20:02:30", "付款人甲乙", "收入", "188.00", "987654321012345678"))
    )
    (folder / "result.json").write_bytes(export(said(2, "[口令红包] 188.00元", name="付款人甲乙")))
    case = opened(tmp_path / "case")
    forensics("collect", case, folder)
    forensics("analyze", case, "--only", "chats", "--only", "bills", "--jobs", "1")
    assert not any(word in (case / "ledger.jsonl").read_text() for word in ("付款人", "987654321012345678"))
    assert forensics("money", case, "--json").told["totals"]["CNY"]["matched_minor"] == 18800
    assert forensics("erase", case, "ITEM-0001", "--basis", "request", "--yes").code == 0
    left = forensics("money", case, "--json").told
    assert left["totals"]["CNY"]["matched_minor"] == 0
    assert left["bills"] == []
    assert forensics("search", case, "987654321012345678", "--json").told["hits"] == []
    kept = [path for path in case.rglob("*") if path.is_file()]
    assert not [path for path in kept if b"987654321012345678" in path.read_bytes()]
