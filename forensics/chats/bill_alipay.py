"""Bills that Alipay hands out as CSV: from the app (电子客户回单) and, earlier, from the web site (交易记录明细查询).

Source: the layouts of exports as published with the importers of ezbookkeeping (pkg/converters/alipay) and of
beancount users. App: 交易时间, 交易分类, 交易对方, 对方账号, 商品说明, 收/支, 金额, 收/付款方式, 交易状态,
交易订单号, 商家订单号, 备注. Web: 交易号, 商家订单号, 交易创建时间, 付款时间, …, 交易对方, 商品名称, 金额（元）,
收/支, 交易状态, 服务费（元）, 成功退款（元）, 备注, 资金状态. GB 18030, numbers of orders followed by a tab.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

from forensics.chats.bill import BillFile, Layout, Skipped, heading_of, lines_of, read_layout
from forensics.chats.message import Problem
from forensics.chats.payment import Payment

LAYOUT = Layout(
    name="alipay-bill",
    columns=MappingProxyType(
        {
            "time": ("交易时间", "付款时间", "交易创建时间"),
            "kind": ("交易分类", "类型"),
            "counterparty": ("交易对方",),
            "account": ("对方账号",),
            "goods": ("商品说明", "商品名称"),
            "direction": ("收/支",),
            "amount": ("金额", "金额(元)"),
            "status": ("交易状态",),
            "reference": ("交易订单号", "交易号"),
            "memo": ("备注",),
            "refunded": ("成功退款(元)",),
        }
    ),
    zone="Asia/Shanghai",
    done=(
        "交易成功", "支付成功", "代付成功", "还款成功", "充值成功", "已收入", "已支出", "转账成功",
        "等待确认收货", "信用服务使用成功",
    ),
    undone=(
        "交易关闭", "还款失败", "交易失败", "支付失败", "等待付款", "等待对方付款", "已关闭",
        "解冻成功", "冻结成功", "芝麻免押下单成功",
    ),
    channels=MappingProxyType({"红包": "red_packet", "转账": "transfer", "收钱码": "code", "收款": "code"}),
    holder=(r"支付宝账户:\s*([^\s,]+)", r"账号:\s*\[([^\]]*)\]"),
)  # fmt: skip
"""States as they are seen in exports; one that is not among them makes a problem, never a payment. Alipay is a service
of mainland China, which has one zone; its bills name none."""


def sniff(head: bytes, name: str) -> bool:
    """Whether the first bytes of a file look like an Alipay bill; its name says nothing."""
    del name
    return any("收/支" in line and "交易状态" in line and heading_of(line, LAYOUT) for line in lines_of(head))


def read(bill: BillFile) -> Iterator[Payment | Problem | Skipped]:
    """Reads an Alipay bill; see `forensics.chats.bill.read_layout`."""
    return read_layout(bill, LAYOUT)
