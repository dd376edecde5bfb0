"""Writes the exports and bills of the invented case, each in the form in which its program hands it out."""

from __future__ import annotations

import csv
import hashlib
import html
import io
import json
import shutil
from collections.abc import Iterable
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

import scenario
from scenario import MEDIA, OWNER, PAID, ROWS, Paid, Row, Said

SECOND_CLOCK = timezone(timedelta(hours=9))
"""Zone of the second member's computer."""

MIME = {".mp4": "video/mp4", ".txt": "text/plain"}


def account(name: str) -> str:
    """Gives the number of an account of the group."""
    return f"user{7100000001 + scenario.GROUP_ACCOUNTS.index(name)}"


def copy_media(folder: Path, samples: Path, keys: Iterable[str]) -> None:
    """Puts files of messages beside an export."""
    for key in keys:
        name, source = MEDIA[key]
        if name.startswith("("):
            continue
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if source:
            shutil.copyfile(samples / source, path)
        else:
            path.write_bytes(scenario.TEXTS[key].encode())


def make_group(folder: Path, samples: Path) -> None:
    """Writes the whole group as Telegram Desktop exports it as JSON, with its media."""
    copy_media(folder, samples, {one.file for one in scenario.group() if one.file})
    numbers = scenario.numbers()
    service = [
        _service(1, "06-01 20:00:00", OWNER, {"action": "create_channel", "title": scenario.GROUP}),
        *(_service(number, f"06-01 20:0{number}:00", name, {"action": "join_group_by_link", "inviter": OWNER})
          for number, name in ((2, scenario.HELPER), (3, "示例群友一"), (4, "示例群友二"))),
    ]  # fmt: skip
    said = [_message(one, numbers, folder) for one in scenario.group() if not one.is_gone]
    made = {
        "name": scenario.GROUP,
        "type": "private_supergroup",
        "id": scenario.GROUP_ID,
        "messages": [*service, *said],
    }
    (folder / "result.json").write_text(json.dumps(made, ensure_ascii=False, indent=1), "utf-8")


def _times(when: str, name: str = "date") -> dict[str, str]:
    at = scenario.moment(when)
    return {name: f"{at:%Y-%m-%dT%H:%M:%S}", f"{name}_unixtime": str(int(at.timestamp()))}


def _service(number: int, when: str, actor: str, facts: dict[str, str]) -> dict[str, Any]:
    who = {"actor": actor, "actor_id": account(actor)}
    return {"id": number, "type": "service", **_times(when), **who, **facts, "text": "", "text_entities": []}


def _message(one: Said, numbers: dict[str, int], folder: Path) -> dict[str, Any]:
    made: dict[str, Any] = {"id": numbers[one.tag or f"{one.when} {one.who}"], "type": "message", **_times(one.when)}
    if one.edited:
        made |= _times(one.edited, "edited")
    made |= {"from": one.who, "from_id": account(one.who)}
    if one.forwarded:
        made["forwarded_from"] = one.forwarded
    if one.answers:
        made["reply_to_message_id"] = numbers[one.answers]
    return made | _file(one, folder) | {"text": one.text, "text_entities": [{"type": "plain", "text": one.text}]}


def _file(one: Said, folder: Path) -> dict[str, Any]:
    if not one.file:
        return {}
    name, _ = MEDIA[one.file]
    if name.startswith("("):
        return {"photo": name, "width": 400, "height": 480}
    size = (folder / name).stat().st_size
    if name.startswith("photos/"):
        return {"photo": name, "photo_file_size": size, "width": 400, "height": 480}
    made = {"file": name, "file_name": Path(name).name, "file_size": size}
    if name.startswith("video_files/"):
        made["media_type"] = "video_file"
    return made | {"mime_type": MIME[Path(name).suffix]}


HEAD = """<!DOCTYPE html>
<html>
 <head>
  <meta charset="utf-8"/>
<title>Exported Data</title>
  <meta content="width=device-width, initial-scale=1.0" name="viewport"/>
 </head>
 <body onload="CheckLocation();">
  <div class="page_wrap">
   <div class="page_header">
    <div class="content">
     <div class="text bold">
{title}
     </div>
    </div>
   </div>
   <div class="page_body chat_page">
    <div class="history">
"""

TAIL = """    </div>
   </div>
  </div>
 </body>
</html>
"""


def make_second_member(folder: Path, samples: Path) -> None:
    """Writes three days of the group as a second member's Telegram Desktop exports them as HTML, on another clock."""
    said = scenario.second_member()
    copy_media(folder, samples, {one.file for one in said if one.file})
    numbers = scenario.numbers()
    body = "".join(_div(one, numbers) for one in said)
    (folder / "messages.html").write_text(HEAD.format(title=scenario.GROUP) + body + TAIL, "utf-8")


def _div(one: Said, numbers: dict[str, int]) -> str:
    local = one.at.astimezone(SECOND_CLOCK)
    lines = [
        f'<div class="message default clearfix" id="message{numbers[one.tag or f"{one.when} {one.who}"]}">',
        '<div class="body">',
        f'<div class="pull_right date details" title="{local:%d.%m.%Y %H:%M:%S} UTC+09:00">\n{local:%H:%M}\n</div>',
        f'<div class="from_name">\n{html.escape(one.who)}\n</div>',
    ]
    if one.answers:
        target = numbers[one.answers]
        lines.append(
            '<div class="reply_to details">\nIn reply to '
            f'<a href="#go_to_message{target}" onclick="return GoToMessage({target})">this message</a>\n</div>'
        )
    if one.file:
        lines.append(
            '<div class="media_wrap clearfix">\n'
            f'<a class="video_file_wrap clearfix pull_left" href="{MEDIA[one.file][0]}">\n</a>\n</div>'
        )
    lines.append(f'<div class="text">\n{html.escape(one.text)}\n</div>\n</div>\n</div>\n')
    return "\n".join(lines)


def make_private(path: Path, name: str) -> None:
    """Writes one private chat as exporters of WeChat write it as text."""
    blocks = [f"{one.at:%Y-%m-%d %H:%M:%S} {one.who}\n{one.text}\n" for one in scenario.private(name)]
    path.write_bytes("\n".join(blocks).encode())


NOTED = (
    *("chat_id", "chat_title", "chat_kind", "members_shown", "message_id", "sent_at", "sender", "text"),
    *("attachments", "forwarded_from"),
)


def make_notes(path: Path, samples: Path) -> None:
    """Writes what a witness typed from the telephone, in the program's own form (docs/chat-formats.md)."""
    shown = {scenario.GROUP: ("g1", scenario.MEMBERS), scenario.OTHER_GROUP: ("g2", scenario.OTHER_MEMBERS)}
    rows = []
    for title, one in scenario.noted():
        chat, members = shown[title]
        digest = hashlib.sha256((samples / MEDIA[one.file][1]).read_bytes()).hexdigest() if one.file else ""
        file = f"sha256:{digest}" if digest else ""
        number = f"{chat}-{len(rows) + 1}"
        sent = f"{one.at:%Y-%m-%dT%H:%M}+08:00"
        rows.append((chat, title, "group", members, number, sent, one.who, one.text, file, one.forwarded))
    path.write_bytes(_table([NOTED, *rows], "\n").encode())


def _table(rows: Iterable[Iterable[object]], end: str) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator=end).writerows(rows)
    return text.getvalue()


def bill_rows(bill: str) -> list[tuple[str, Paid | Row]]:
    """Gives the rows of a bill, newest first as bills have them, each with its time."""
    paid = [
        (f"{one.said.at + timedelta(seconds=one.row.delay_s):%Y-%m-%d %H:%M:%S}", one)
        for one in PAID
        if one.row is not None and one.row.bill == bill
    ]
    alone = [(f"{scenario.moment(one.when):%Y-%m-%d %H:%M:%S}", one) for one in ROWS if one.bill == bill]
    return sorted([*paid, *alone], key=lambda pair: pair[0], reverse=True)


WECHAT_HEADING = (
    *("交易时间", "交易类型", "交易对方", "商品", "收/支", "金额(元)", "支付方式", "当前状态", "交易单号", "商户单号"),
    "备注",
)


def make_wechat_bill(path: Path) -> None:
    """Writes the bill of the owner's account as WeChat Pay hands it out."""
    rows = [_wechat_row(at, one, number) for number, (at, one) in enumerate(bill_rows("wechat"), start=1)]
    head = (
        "微信支付账单明细",
        f"微信昵称：[{OWNER}]",
        "起始时间：[2022-06-01 00:00:00] 终止时间：[2022-08-12 23:59:59]",
        "导出类型：[全部]",
        "导出时间：[2022-08-20 10:00:00]",
        "",
        f"共{len(rows)}笔记录",
        *(f"{word}：{count}笔 {minor // 100}.{minor % 100:02d}元" for word, count, minor in _ways(rows)),
        "注：",
        "1. 充值/提现/理财通购买/零钱通存取/信用卡还款等交易，将计入中性交易",
        "2. 本明细仅展示当前账单中的交易，不包括已删除的记录",
        "3. 本明细仅供个人对账使用",
        "",
        "----------------------微信支付账单明细列表--------------------",
    )
    table = [[line, *[""] * 8] for line in head]
    path.write_bytes(b"\xef\xbb\xbf" + _table([*table, WECHAT_HEADING, *rows], "\r\n").encode())


def _ways(rows: list[tuple[str, ...]]) -> list[tuple[str, int, int]]:
    made = []
    for word, way in (("收入", "收入"), ("支出", "支出"), ("中性交易", "/")):
        sums = [int(row[5].removeprefix("¥").replace(".", "")) for row in rows if row[4] == way]
        made.append((word, len(sums), sum(sums)))
    return made


def _wechat_row(at: str, one: Paid | Row, number: int) -> tuple[str, ...]:
    if isinstance(one, Row):
        kind, way, status, goods = one.kind, one.way, one.status, one.goods
    elif one.is_refund:
        kind, way, status, goods = "转账-退款", "支出", "已全额退款", "/"
    else:
        kind = "转账" if "转账" in one.line else "微信红包"
        way, status, goods = ("支出", "已转账", "/") if one.is_out else ("收入", "已存入零钱", "/")
    amount = f"¥{one.minor // 100}.{one.minor % 100:02d}"
    return (at, kind, _named(one), goods, way, amount, "零钱", status, f"{order(at, number)}\t", "\t", "/")


def order(at: str, number: int) -> str:
    """Gives the number of a transfer in the bill of WeChat Pay.

    Args:
        at: Its time, the day first.
        number: Its place in the bill, from 1.
    """
    return f"1000050001{at[:10].replace('-', '')}{number:010d}"


def _named(one: Paid | Row) -> str:
    if isinstance(one, Row):
        return one.named
    return one.row.named if one.row else ""


ALIPAY_HEADING = (
    *("交易时间", "交易分类", "交易对方", "对方账号", "商品说明", "收/支", "金额", "收/付款方式", "交易状态"),
    *("交易订单号", "商家订单号", "备注"),
)


def make_alipay_bill(path: Path) -> None:
    """Writes the bill of the owner's account as Alipay's app hands it out, in GB 18030."""
    rows = []
    for number, (at, one) in enumerate(bill_rows("alipay"), start=1):
        is_alone = isinstance(one, Row)
        kind, way = (one.kind, one.way) if is_alone else ("转账红包", "收入")
        goods = one.goods if is_alone else ("红包" if "红包" in one.line else "转账")
        amount = f"{one.minor // 100}.{one.minor % 100:02d}"
        reference = f"{at[:10].replace('-', '')}2000400111{number:010d}\t"
        state = ("余额", "交易成功", reference, "\t", "")
        rows.append((at, kind, _named(one), "sam***@example.com", goods, way, amount, *state))
    head = (
        "------------------------------------------------------------------------------------",
        "导出信息：",
        f"姓名：{OWNER}",
        "支付宝账户：sample-owner@example.com",
        "起始时间：[2022-06-01 00:00:00]    终止时间：[2022-08-12 23:59:59]",
        "导出交易类型：[全部]",
        "导出时间：[2022-08-20 10:05:00]",
        f"共{len(rows)}笔记录",
        "",
        "特别提示：",
        "1.本回单内容可表明支付宝受理了相应支付交易申请，因系统原因或通讯故障等偶发因素导致本回单与实际交易结果不符时，以实际交易情况为准；",
        "",
        "------------------------支付宝（中国）网络技术有限公司  电子客户回单------------------------",
    )
    text = "".join(f"{line}\r\n" for line in head) + _table([ALIPAY_HEADING, *rows], "\r\n")
    path.write_bytes(text.encode("gb18030"))
