"""QQ's message manager: its text export."""

from __future__ import annotations

from datetime import datetime

from tests.unit.chats.exports import read

RULE = "=" * 64

ALL = f"""消息记录（此消息记录为文本格式，不支持重新导入）

{RULE}
消息分组:我的好友
{RULE}
消息对象:小鹿(10001)
{RULE}

2024-01-15 18:30:00 小鹿(10001)
在吗

{RULE}
消息分组:我的群聊
{RULE}
消息对象:资源交流群
{RULE}

2024-01-15 8:43:38 PM 【群主】老板(87200175)
定制一条八十八
消息对象:不是群
{RULE}
还有

2024-01-15 8:43:40 PM 系统消息(1000000)
小王加入本群。

2024-01-15 8:44:00 PM 【潜水】小王<wang@example.org>
[图片]

2024-01-15 8:45:00 PM 系统消息(10000)
小王撤回了一条消息
"""


def test_every_chat_of_an_export_of_all_is_read():
    found = read(ALL, "全部消息记录.txt")
    assert found.format == "qq-text"
    assert [(one.id, one.title, one.kind) for one in found.chats[:2]] == [
        ("10001", "小鹿(10001)", "private"),
        ("#1", "资源交流群", "group"),
    ]
    assert [one.chat for one in found.messages] == ["10001", "#1", "#1", "#1", "#1"]
    assert not found.problems


def test_senders_have_numbers_or_addresses_and_roles():
    found = read(ALL, "全部消息记录.txt")
    assert (found.messages[1].sender, found.messages[1].sender_id) == ("老板", "87200175")
    assert (found.messages[3].sender, found.messages[3].sender_id) == ("【潜水】小王", "wang@example.org")
    assert [(one.id, one.role) for one in found.chats[-1].members] == [("87200175", "owner")]


def test_what_qq_itself_says_is_no_account():
    found = read(ALL, "全部消息记录.txt")
    assert [(one.kind, one.sender) for one in found.messages[2::2]] == [("system", ""), ("deleted", "")]


def test_a_message_cannot_pose_as_the_head_of_a_chat():
    assert read(ALL, "全部消息记录.txt").messages[1].text == f"定制一条八十八\n消息对象:不是群\n{RULE}\n还有"


def test_twelve_hour_clocks_are_read():
    assert read(ALL, "全部消息记录.txt").messages[1].local_at == datetime.fromisoformat("2024-01-15T20:43:38")


def test_an_export_without_opening_is_told_by_the_numbers():
    found = read("2024-01-15 18:30:00 小鹿(10001)\n在吗\n", "小鹿.txt")
    assert (found.format, found.chats[0].title) == ("qq-text", "小鹿")


def test_text_before_the_first_message_is_not_lost():
    text = f"消息记录（此消息记录为文本格式\n\n{RULE}\n消息对象:群\n{RULE}\nlost words\n\n"
    found = read(text + "2024-01-15 18:30:00 a(10001)\nx\n", "x.txt")
    said = [one.detail for one in found.problems]
    assert any("lost words" in one for one in said)
