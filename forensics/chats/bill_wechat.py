"""Bills that WeChat Pay hands out as CSV (微信支付账单明细).

Source: the layout of exports as published with the importers of ezbookkeeping (pkg/converters/wechat) and of
beancount users: about sixteen rows before the heading, then 交易时间, 交易类型, 交易对方, 商品, 收/支, 金额(元),
支付方式, 当前状态, 交易单号, 商户单号, 备注; amounts with ¥; refunds as rows whose kind ends in -退款, and in the
state of the paid row.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

from forensics.chats.bill import BillFile, Layout, Skipped, heading_of, lines_of, read_layout
from forensics.chats.message import Problem
from forensics.chats.payment import Payment

LAYOUT = Layout(
    name="wechat-bill",
    columns=MappingProxyType(
        {
            "time": ("交易时间",),
            "kind": ("交易类型",),
            "counterparty": ("交易对方",),
            "goods": ("商品",),
            "direction": ("收/支",),
            "amount": ("金额(元)",),
            "status": ("当前状态",),
            "reference": ("交易单号",),
            "memo": ("备注",),
        }
    ),
    zone="Asia/Shanghai",
    done=(
        "支付成功", "已存入零钱", "已存入", "已转账", "已收钱", "对方已收钱", "朋友已收钱", "已到账",
        "已退款", "已全额退款", "对方已退还", "充值完成", "充值成功", "提现已到账",
    ),
    undone=("支付失败", "已关闭", "已撤销", "待支付", "等待", "未支付"),
    channels=MappingProxyType(
        {
            "红包": "red_packet", "转账": "transfer", "群收款": "transfer", "赞赏": "transfer",
            "收款": "code", "扫二维码": "code", "商户消费": "purchase",
        }
    ),
    holder=(r"微信昵称:\s*\[([^\]]*)\]", r"微信号:\s*\[([^\]]*)\]"),
)  # fmt: skip
"""States and kinds as they are seen in exports; a state that is not among them makes a problem, never a payment. Times
are read as Chinese ones, since China has one zone; the bill itself names none, which is why every row says that its
zone is that of the format, and another one can be named for a bill that somebody had abroad."""


def sniff(head: bytes, name: str) -> bool:
    """Whether the first bytes of a file look like a WeChat bill; its name says nothing."""
    del name
    lines = lines_of(head)
    return any(line.strip('",').startswith("微信支付账单") or _is_heading(line) for line in lines)


def _is_heading(line: str) -> bool:
    return "交易类型" in line and "当前状态" in line and heading_of(line, LAYOUT)


def read(bill: BillFile) -> Iterator[Payment | Problem | Skipped]:
    """Reads a WeChat bill; see `forensics.chats.bill.read_layout`."""
    return read_layout(bill, LAYOUT)
