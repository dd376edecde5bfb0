"""What happens in the invented case, as a table: who says what when, who pays what, and what the bills have of it.

Everything in `exports/` is written from here, and `truth.py` counts here and nowhere else. All names and accounts are
invented. Times are Chinese ones, of 2022.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")
GROUP = "示例资源群（虚构）"
GROUP_ID = 1770002134
MEMBERS = 2134
"""Accounts that the telephone shows for the group."""

OTHER_GROUP = "示例转发群（虚构）"
OTHER_MEMBERS = 867

OWNER = "示例站长"
HELPER = "示例助手"
GROUP_ACCOUNTS = (
    *(OWNER, HELPER, "示例群友一", "示例群友二", "示例群友三", "示例群友四", "Sample Customer K"),
    *(f"示例客户{sign}" for sign in "甲乙丙丁戊己庚辛壬癸"),
)
"""Accounts of the group; their numbers are 7100000001 and on."""

SECOND_MEMBER_DAYS = ("06-05", "06-08")
"""First day of the second member's export, and the day after its last one."""


@dataclass(frozen=True, slots=True)
class Said:
    """A message.

    Attributes:
        when: Chinese time, `06-03 21:10:15`.
        file: Key of `MEDIA`; empty where there is none.
        tag: Name by which the table refers to it.
        answers: Tag of the message that it answers; `gone` is one that is not in the export.
        forwarded: Account from which it is forwarded; empty where it is not.
        edited: When it was edited, as `when`; empty where it was not.
        is_gone: Whether it was deleted before the export: its number is missing.
    """

    when: str
    who: str
    text: str
    file: str = ""
    tag: str = ""
    answers: str = ""
    forwarded: str = ""
    edited: str = ""
    is_gone: bool = False

    @property
    def at(self) -> datetime:
        """When it was sent."""
        return moment(self.when)


@dataclass(frozen=True, slots=True)
class Found:
    """The row of a bill that is a payment of a chat.

    Attributes:
        named: Name of the other account in the bill.
        delay_s: Time of the row minus time of the message.
    """

    named: str
    delay_s: int
    bill: str = "wechat"


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment that a chat states, and the row of a bill that is the same payment.

    Attributes:
        place: `group`, or the name of the account with which the owner chats.
        line: As the chat shows it.
        row: The row that is the same payment; None where no bill has it.
        matched: Whether that can be seen: `yes`; `alias` where it takes an alias that a person states; `no`.
        delivery: Tag of the message with what was paid for.
    """

    tag: str
    place: str
    when: str
    who: str
    line: str
    minor: int
    row: Found | None = None
    matched: str = "yes"
    delivery: str = ""
    currency: str = "CNY"
    is_refund: bool = False

    @property
    def is_out(self) -> bool:
        """Whether the owner paid."""
        return self.who == OWNER

    @property
    def bill(self) -> str:
        """Which bill has it; empty where none has."""
        return self.row.bill if self.row else ""

    @property
    def agrees(self) -> str:
        """Whether a row agrees with it: `yes`, `alias` or `no`."""
        return self.matched if self.row else "no"

    @property
    def said(self) -> Said:
        """The message that states it."""
        return Said(self.when, self.who, self.line, tag=self.tag)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a bill that no chat states."""

    bill: str
    when: str
    kind: str
    named: str
    minor: int
    way: str
    status: str
    goods: str = "/"


def _packet(tag: str, when: str, who: str, minor: int, **more: Any) -> Paid:
    """Makes a password red packet in the group."""
    return Paid(tag, "group", when, who, f"[口令红包] {minor // 100}.{minor % 100:02d}元", minor, **more)


def _private(tag: str, when: str, who: str, line: str, minor: int, **more: Any) -> Paid:
    """Makes a payment by the account with which the owner chats."""
    return Paid(tag, who, when, who, line, minor, **more)


def moment(when: str) -> datetime:
    """Reads a time of the table."""
    return datetime.strptime(f"2022-{when}", "%Y-%m-%d %H:%M:%S").replace(tzinfo=ZONE)


MEDIA = {
    "questioned": ("video_files/questioned.mp4", "speech-questioned.mp4"),
    "repost": ("video_files/repost.mp4", "speech-repost.mp4"),
    "labelled": ("video_files/labelled.mp4", "labelled-clip.mp4"),
    "photo": ("photos/photo_1@03-06-2022_20-58-40.jpg", "reference-2.jpg"),
    "lesson": ("files/第一课.txt", ""),
    "package": ("files/整合包说明.txt", ""),
    "left-out": ("(File not included. Change data exporting settings to download.)", ""),
}
"""Files of messages: name within the export, and the sample of which it is a copy."""

TEXTS = {
    "lesson": "第一课（虚构示例）：本文件没有任何教学内容。\n",
    "package": "整合包说明（虚构示例）：本文件不含任何软件。\n",
}

PRICES = "价目表：AI换脸定制 188.00元一条，加急 288.00元；教程 365.00元；软件整合包 688.00元。发照片即可。"

GROUP_TALK = (
    Said("06-01 20:05:30", OWNER, "欢迎进群。入群红包 28.88元，群规：别外传。", tag="welcome"),
    Said("06-02 19:30:12", OWNER, PRICES, tag="prices", edited="06-20 09:12:40"),
    Said("06-02 19:41:03", "示例群友一", "换脸是什么意思？"),
    Said("06-02 19:42:27", HELPER, "就是把视频里的脸换成别人的脸，看价目表。", answers="prices"),
    Said("06-02 20:15:50", "示例群友四", "这条已经删除", is_gone=True, tag="gone"),
    Said("06-02 20:17:05", "示例群友二", "这样不好吧", answers="gone"),
    Said("06-03 20:55:20", "示例客户甲", "求定制一个换脸视频，多少钱？", tag="order-1"),
    Said("06-03 20:56:44", OWNER, "定制188元一条，发照片，口令红包付。", answers="order-1"),
    Said("06-03 20:58:40", "示例客户甲", "照片发你", file="photo"),
    Said("06-03 21:12:02", OWNER, "收到，成品明天发。"),
    Said("06-04 12:30:00", OWNER, "成品", file="questioned", tag="delivery-1", answers="order-1"),
    Said("06-04 12:41:19", "示例客户甲", "收到，谢谢站长", answers="delivery-1"),
    Said("06-05 20:02:11", "示例客户乙", "我也想定制一个，照片私发你了", tag="order-2"),
    Said("06-05 20:03:30", OWNER, "可以，先发红包", answers="order-2"),
    Said("06-06 10:20:00", OWNER, "成品，已按规定加标识", file="labelled", tag="delivery-2", answers="order-2"),
    Said("06-06 19:00:05", OWNER, "今晚发车，要上车的发入群红包 28.88元"),
    Said("06-07 21:40:00", "示例群友三", "车呢？"),
    Said("06-09 20:10:35", "示例客户丙", "帮我做一个换脸视频，素材发你", file="left-out", tag="order-6"),
    Said("06-10 09:45:00", OWNER, "做好了", file="labelled", tag="delivery-6", answers="order-6"),
    Said("06-11 22:00:00", "示例群友四", "[口令红包] 188.00元", forwarded="示例客户己"),
    Said("06-12 19:50:10", OWNER, "端午活动，定制小图 88.80元"),
    Said("06-13 21:05:00", OWNER, "[口令红包] 188.00元\n[口令红包] 188.00元\n[口令红包] 88.80元\n本周收入"),
    Said("06-14 20:20:08", "示例客户甲", "教程怎么卖？换脸软件一起教吗", tag="order-11"),
    Said("06-14 20:21:33", OWNER, "教程 365.00元，包教包会，换脸软件DFL怎么用都讲，炼丹也讲。", answers="order-11"),
    Said("06-14 21:15:00", OWNER, "第一课", file="lesson", tag="delivery-11", answers="order-11"),
    Said("06-15 19:02:44", "示例客户癸", "买软件整合包，多少米", tag="order-12"),
    Said("06-15 19:05:10", OWNER, "软件整合包 688.00元，包更新", answers="order-12"),
    Said("06-15 20:11:00", OWNER, "整合包说明", file="package", tag="delivery-12", answers="order-12"),
    Said("06-18 21:30:30", "示例客户乙", "再定做一个", tag="order-13"),
    Said("06-19 10:02:00", "示例客户乙", "这个换脸不像，退一点吧"),
    Said("06-21 22:10:00", "示例客户庚", "[口令红包] 288.00元", edited="06-21 22:15:00"),
    Said("06-22 20:00:45", "示例客户丁", "求换脸，和第一条一样的", tag="order-15"),
    Said("06-23 11:00:00", OWNER, "同款", file="questioned", tag="delivery-15", answers="order-15"),
    Said("06-25 18:30:00", "示例客户戊", "能定制换脸吗，要加急", tag="order-16"),
    Said("06-26 08:15:00", OWNER, "都是我自己做的视频，脸是换的，照片是网上找的照片，没经过同意。", tag="admission"),
    Said("06-26 08:16:20", HELPER, "小心点，别外传。"),
    Said("06-30 23:05:00", "示例群友四", "转一下", file="repost", tag="repost"),
    Said("07-06 21:00:00", OWNER, "最近风声紧，换脸的单子私聊微信。"),
    Said("07-09 09:00:00", "示例群友二", "红包都抢不到"),
)  # fmt: skip

NAMES_OF_BILLS = {"示例客户辛": "夏天的云", "示例客户壬": "冬天的树"}
"""Names that accounts have in the bill, as a person states them."""

PAID = (
    _packet("p01", "06-03 21:10:15", "示例客户甲", 18800, row=Found("示例客户甲", 40), delivery="delivery-1"),
    _packet("p02", "06-05 20:06:20", "示例客户乙", 18800, row=Found("晴空", 95), delivery="delivery-2"),
    _packet("p03", "06-06 19:03:17", "示例客户丙", 2888, row=Found("示例客户丙", 12)),
    _packet("p04", "06-06 19:04:51", "示例客户丁", 2888, row=Found("示例客户丁", 33)),
    _packet("p05", "06-07 20:00:09", "示例客户戊", 2888),
    _packet("p06", "06-09 20:14:02", "示例客户丙", 18800, row=Found("示例客户丙", 301), delivery="delivery-6"),
    _packet("p07", "06-10 20:15:08", "示例客户己", 18800, row=Found("北方来信", 54), matched="no"),
    _packet("p08", "06-10 20:22:41", "示例客户庚", 18800, row=Found("南山", 79), matched="no"),
    _packet("p09", "06-12 20:01:26", "示例客户辛", 8880, row=Found("夏天的云", 20), matched="alias"),
    _packet("p10", "06-12 20:09:58", "示例客户壬", 8880, row=Found("冬天的树", 31), matched="alias"),
    _packet("p11", "06-14 20:30:00", "示例客户甲", 36500, row=Found("示例客户甲", 66), delivery="delivery-11"),
    _packet("p12", "06-15 19:20:37", "示例客户癸", 68800, row=Found("示例客户癸", 8), delivery="delivery-12"),
    _packet("p13", "06-18 21:33:05", "示例客户乙", 18800, row=Found("晴空", 240)),
    Paid("r01", "group", "06-19 10:30:00", OWNER, "[退款] 88.80元", 8880, row=Found("晴空", 15), is_refund=True),
    Paid("p14", "group", "06-20 22:45:13", "Sample Customer K", "[transfer] US$ 25.00", 2500, currency="USD"),
    _packet("p15", "06-22 20:05:55", "示例客户丁", 18800, row=Found("示例客户丁", 120), delivery="delivery-15"),
    _packet("p16", "06-25 18:41:28", "示例客户戊", 28800, row=Found("路人示例", 45)),
    _packet("p17", "06-28 20:12:40", "示例客户丙", 18800, row=Found("示例客户丙", 3605)),
    _packet("p18", "07-02 12:02:02", "示例客户己", 8880, row=Found("北方来信", 18)),
    _packet("p19", "07-05 21:19:47", "示例客户甲", 18800, row=Found("示例客户甲", 77)),
    _packet("p20", "07-08 20:50:30", "示例客户壬", 18800),
    _private("p21", "07-10 20:31:00", "示例客户子", "[转账] 188.00元", 18800, row=Found("示例客户子", 64)),
    _private("p22", "07-12 19:00:44", "示例客户子", "[微信红包] 66.60元", 6660, row=Found("示例客户子", 29)),
    _private("p23", "07-15 21:00:10", "示例客户丑", "[转账] 365.00元", 36500, row=Found("示例客户丑", 51)),
    _private(
        "p24", "07-16 20:40:00", "示例客户丑", "[支付宝转账] 300.00元", 30000, row=Found("示例*丑", 3, bill="alipay")
    ),
    Paid("r02", "示例客户丑", "07-17 09:12:00", OWNER, "[退款] 50.00元", 5000, is_refund=True),
    _private(
        "p25", "07-20 20:10:00", "示例客户寅", "[支付宝红包] 99.00元", 9900, row=Found("示例*寅", 11, bill="alipay")
    ),
    _private("p26", "07-21 20:15:36", "示例客户寅", "[转账] 688.00元", 68800, row=Found("示例客户寅", 88)),
    _private("p27", "08-01 21:00:00", "示例客户寅", "[转账] 100.00元", 10000),
    Paid("p28", "示例供货人", "07-22 14:00:20", OWNER, "[转账] 50.00元", 5000, row=Found("示例供货人", 35)),
)


PRIVATE_TALK = {
    "示例客户子": (
        Said("07-10 20:25:00", "示例客户子", "站长你好，群里来的，换脸定制还做吗"),
        Said("07-10 20:26:30", OWNER, "做的，188元，转账就行，照片发我"),
        Said("07-10 20:27:15", "示例客户子", "[图片]"),
        Said("07-10 20:32:04", OWNER, "[已收款] 188.00元"),
        Said("07-11 20:00:00", OWNER, "[视频]"),
        Said("07-12 18:59:10", "示例客户子", "辛苦了，请你喝茶"),
        Said("07-13 08:00:00", "示例客户子", "[微信红包] 恭喜发财"),
    ),
    "示例客户丑": (
        Said("07-15 20:50:00", "示例客户丑", "教程多少钱？"),
        Said("07-15 20:51:12", OWNER, "教程 365.00元，包教包会换脸"),
        Said("07-15 21:20:00", OWNER, "[文件]"),
        Said("07-16 20:30:00", "示例客户丑", "素材也给我一份，支付宝行吗"),
        Said("07-16 20:31:05", OWNER, "行，素材 300元"),
        Said("07-17 09:00:00", "示例客户丑", "素材打不开"),
        Said("07-17 09:15:00", "示例客户丑", "你撤回了一条消息"),
    ),
    "示例客户寅": (
        Said("07-20 20:00:00", "示例客户寅", "先付定金"),
        Said("07-21 20:10:00", "示例客户寅", "软件整合包我要了"),
        Said("07-21 20:30:00", OWNER, "[文件]"),
        Said("08-01 21:05:00", OWNER, "这笔没收到"),
    ),
    "示例供货人": (
        Said("07-22 13:50:00", OWNER, "素材包还有吗"),
        Said("07-22 13:55:00", "示例供货人", "有，50元"),
    ),
}  # fmt: skip

OTHER_TALK = (
    Said("07-01 08:30:00", "示例群友三", "群友自己转的", file="questioned", forwarded=OWNER, tag="forward-1"),
    Said("07-01 08:45:00", "示例路人甲", "这是换脸的吧"),
    Said("07-03 21:15:00", "示例路人乙", "再转", file="repost", tag="forward-2", forwarded="示例群友三"),
)  # fmt: skip
"""What a witness typed from the telephone of the other group, of which there is no export."""

ROWS = (
    Row("wechat", "06-16 12:10:03", "微信红包", "示例家人", 6600, "收入", "已存入零钱"),
    Row("wechat", "06-20 08:12:45", "商户消费", "示例早餐店", 1800, "支出", "支付成功", "早餐"),
    Row("wechat", "07-01 09:00:00", "零钱提现", "示例银行", 200000, "/", "提现已到账"),
    Row("wechat", "07-25 21:15:30", "转账", "示例客户卯", 28800, "收入", "已存入零钱", "转账备注:加急"),
    Row("wechat", "08-10 18:40:11", "商户消费", "示例超市", 5620, "支出", "支付成功", "日用品"),
    Row("alipay", "07-18 12:00:00", "日用百货", "示例书店", 4500, "支出", "交易成功", "图书"),
)

SCREENSHOTS = {
    "payment-page.png": ("示例客户卯", "2022-07-25 21:14:05", 28800),
    "chat-page.png": ("示例客户辰", "2022-07-26 20:31:00", 12000),
}
"""Screenshots: who paid, when as shown, and how much, in minor units of CNY."""


def group() -> list[Said]:
    """Gives the messages of the group in order, those that were deleted included."""
    paid = [one.said for one in PAID if one.place == "group"]
    return sorted([*GROUP_TALK, *paid], key=lambda one: one.at)


def private(name: str) -> list[Said]:
    """Gives the messages of one private chat in order."""
    paid = [one.said for one in PAID if one.place == name]
    return sorted([*PRIVATE_TALK[name], *paid], key=lambda one: one.at)


def second_member() -> list[Said]:
    """Gives what the second member's export has of the group."""
    first, after = (moment(f"{day} 00:00:00") for day in SECOND_MEMBER_DAYS)
    return [one for one in group() if first <= one.at < after and not one.is_gone]


def noted() -> Iterator[tuple[str, Said]]:
    """Gives what the witness typed from the telephone: posts of the group, and the other group."""
    for one in group():
        if one.tag in ("delivery-1", "delivery-2", "repost"):
            yield GROUP, replace(one, answers="")
    yield from ((OTHER_GROUP, one) for one in OTHER_TALK)


def numbers() -> dict[str, int]:
    """Gives the number of each message of the group by its tag, or by time and account where it has none.

    Number 1 founded the group; 2 to 4 are accounts that joined.
    """
    return {one.tag or f"{one.when} {one.who}": number for number, one in enumerate(group(), start=5)}
