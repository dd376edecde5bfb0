"""WeChat: texts, tables and pages as the app and exporters write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.unit.chats.exports import read, source

HEADING = "localId,TalkerId,Type,SubType,IsSender,CreateTime,Status,StrContent,StrTime,Remark,NickName,Sender\n"

MAILED = """Dear：

与“资源交流群”的聊天记录如下，请查收。


—————  2024-01-15  —————


管理员  18:30

定制一条八十八

小王  18:31

[图片]

—————  2024-01-16  —————


小王  09:05

好的
谢谢
"""


def test_a_text_of_exporters_has_a_head_line_for_each_message():
    found = read("2024-01-15 18:30:07 管理员\n定制换脸\n第二行\n\n2024-01-15 18:31:00 小王\n[图片]\n", "资源交流群.txt")
    first, second = found.messages
    assert (found.format, found.chats[0].title) == ("wechat-text", "资源交流群")
    assert (first.sender, first.text, first.kind) == ("管理员", "定制换脸\n第二行", "text")
    assert (first.local_at, first.sent_at, first.zone) == (
        datetime.fromisoformat("2024-01-15T18:30:07"),
        None,
        "unknown",
    )
    assert (second.kind, second.attachments[0].missing) == ("media", "not exported")


def test_text_that_was_copied_has_the_name_first():
    found = read("管理员 2024-01-15 18:30:07\n定制\n小王 2024/1/15 下午6:31\n好\n", "x.txt")
    assert [(one.sender, one.local_at.hour) for one in found.messages] == [("管理员", 18), ("小王", 18)]


def test_a_mailed_text_has_days_apart_from_times():
    found = read(MAILED, "聊天记录.txt")
    assert found.chats[0].title == "资源交流群"
    assert [(one.sender, str(one.local_at), one.text) for one in found.messages] == [
        ("管理员", "2024-01-15 18:30:00", "定制一条八十八"),
        ("小王", "2024-01-15 18:31:00", "[图片]"),
        ("小王", "2024-01-16 09:05:00", "好的\n谢谢"),
    ]
    assert not found.problems


def test_words_about_red_packets_stay_text():
    one = read("2024-01-15 18:30:07 小王\n[口令红包] 188.00元\n", "x.txt").messages[0]
    assert (one.kind, one.text) == ("text", "[口令红包] 188.00元")


def test_a_withdrawn_message_is_marked():
    one = read('2024-01-15 18:30:07 系统消息\n"小王" 撤回了一条消息\n', "x.txt").messages[0]
    assert (one.kind, one.is_deleted) == ("deleted", True)


def test_gb_18030_is_told_from_utf_8():
    found = read("2024-01-15 18:30:07 管理员\n定制换脸\n".encode("gb18030"), "x.txt")
    assert (found.messages[0].text, found.chats[0].encoding) == ("定制换脸", "gb18030")


def test_an_impossible_date_is_reported_and_the_message_stays():
    found = read("2024-02-31 18:30:07 小王\n好\n", "x.txt")
    assert (found.messages[0].text, found.messages[0].local_at) == ("好", None)
    assert [one.what for one in found.problems] == ["date"]


def test_a_program_log_is_no_conversation():
    from forensics import chats

    log = b"2024-01-15 18:30:07 INFO started\n2024-01-15 18:30:08 INFO ready\nTraceback\n"
    prose = "群聊记录\n今天 2024-01-15 18:30 见\n".encode()
    assert [chats.recognise(source(one, "a.txt")) for one in (log, prose)] == [None, None]


def test_a_table_gives_instants_accounts_and_kinds():
    rows = (
        "1,217,1,0,0,1705314600,,定制,2024-01-15 18:30:00,老板,Boss,wxid_b\n"
        "2,217,49,2001,0,1705314660,,恭喜发财,2024-01-15 18:31:00,老板,Boss,wxid_b\n"
        "3,217,49,2000,1,1705314720,,转账,2024-01-15 18:32:00,我,Me,wxid_me\n"
        "4,217,3,0,0,1705314780,,image/1.jpg,2024-01-15 18:33:00,老板,Boss,wxid_b\n"
        '5,217,10000,0,0,1705314840,,"""老板"" 撤回了一条消息",2024-01-15 18:34:00,,,\n'
    )
    found = read(HEADING + rows, "老板.csv")
    assert found.format == "wechat-csv"
    assert [one.kind for one in found.messages] == ["text", "red_packet", "transfer", "media", "deleted"]
    assert (found.messages[0].sender, found.messages[0].sender_id) == ("老板", "wxid_b")
    assert found.messages[0].sent_at == datetime(2024, 1, 15, 10, 30, tzinfo=UTC)
    assert found.messages[3].attachments[0].name == "image/1.jpg"
    assert found.messages[4].sender == ""
    assert not found.problems


def test_an_own_message_under_the_name_of_the_partner_is_not_laid_at_the_partners_door():
    rows = (
        "1,217,1,0,0,1705314600,,多少钱,2024-01-15 18:30:00,老板,Boss,wxid_b\n"
        "2,217,1,0,1,1705314660,,八十八,2024-01-15 18:31:00,老板,Boss,wxid_b\n"
    )
    found = read(HEADING + rows, "老板.csv")
    assert [(one.sender, one.sender_id) for one in found.messages] == [("老板", "wxid_b"), ("(self)", None)]
    assert [one.what for one in found.problems] == ["sender"]


def test_rows_that_are_too_short_are_read_as_far_as_they_go_and_reported():
    found = read(HEADING + "1,217,1,0,0,1705314600,,定制\n2,217,1,0,0,x,,y,,,,\n", "老板.csv")
    assert [one.text for one in found.messages] == ["定制", "y"]
    assert {one.what for one in found.problems} == {"row", "date"}


PAGE = """<!DOCTYPE html><html><head><title>资源交流群</title><style>.x{}</style></head><body><script>
const chatMessages = [{ type:0, text: '2024-01-15 18:30',is_send:0,avatar_path:'',timestamp:1705314600,displayname:''},
{ type:1, text: 'it\\'s &lt;b&gt; 88<br>元',is_send:0,avatar_path:'./a.png',timestamp:1705314600,displayname:'老板'},
{ type:3, text: './image/1.jpg',is_send:1,avatar_path:'./a.png',timestamp:1705314660,is_chatroom:1,displayname:''},
{ type:10000, text: '你撤回了一条消息',is_send:1,avatar_path:'',timestamp:1705314720,is_chatroom:1,displayname:''},
];
alert('x');
</script></body></html>"""


def test_messages_in_the_script_of_a_page_are_read_and_not_run():
    found = read(PAGE, "x.html")
    assert (found.format, found.chats[0].title) == ("wechat-html", "资源交流群")
    assert [(one.kind, one.sender) for one in found.messages] == [
        ("text", "老板"),
        ("media", "(self)"),
        ("deleted", ""),
    ]
    assert found.messages[0].text == "it's <b> 88\n元"
    assert found.messages[0].sent_at == datetime(2024, 1, 15, 10, 30, tzinfo=UTC)
    assert found.messages[1].attachments[0].name == "image/1.jpg"
    assert not found.problems


@pytest.mark.parametrize("place", ["88<br>", "./image/1", "你撤回", "displayname:'老板"])
def test_a_page_that_ends_within_a_message_is_reported(place):
    found = read(PAGE[: PAGE.index(place) + 4], "x.html")
    assert found.problems[-1].detail.startswith("the page ends")
