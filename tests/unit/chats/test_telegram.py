"""Telegram Desktop's JSON and HTML, written by their sources' rules."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from tests.unit.chats.exports import div, page, read, said, source, telegram

NOT_INCLUDED = "(File not included. Change data exporting settings to download.)"


def test_a_message_has_its_instant_its_sender_and_its_place():
    content = telegram(said(7, "定制", unix=1705314600))
    found = read(content, "result.json")
    one = found.messages[0]
    assert found.format == "telegram-json"
    assert (one.id, one.chat, one.sender, one.sender_id, one.text) == ("7", "4242", "Ann", "user1", "定制")
    assert one.sent_at == datetime(2024, 1, 15, 10, 30, tzinfo=UTC)
    assert (one.zone, one.local_at) == ("export", datetime.fromisoformat("2024-01-15T18:30:00"))
    assert one.locator.record == "messages[0]"
    assert content[one.locator.offset :].startswith(b'{\n   "id": 7')
    assert not found.problems


def test_text_of_pieces_is_joined_and_hidden_addresses_are_kept():
    pieces = [
        "pay ",
        {"type": "text_link", "text": "here", "href": "https://pay.test/x"},
        {"type": "bold", "text": "!"},
    ]
    one = read(telegram(said(1, pieces)), "result.json").messages[0]
    assert (one.text, one.links) == ("pay here!", ("https://pay.test/x",))


def test_an_old_export_without_instants_has_local_times_only():
    message = said(1)
    del message["date_unixtime"]
    one = read(telegram(message), "result.json").messages[0]
    assert (one.sent_at, one.zone, one.local_at) == (None, "unknown", datetime.fromisoformat("2024-01-15T18:30:00"))


def test_a_named_zone_turns_local_times_into_instants_and_is_recorded():
    message = said(1)
    del message["date_unixtime"]
    one = read(telegram(message), "result.json", zone="Asia/Shanghai").messages[0]
    assert (one.sent_at, one.zone) == (datetime(2024, 1, 15, 10, 30, tzinfo=UTC), "assumed:Asia/Shanghai")


def test_an_hour_that_came_twice_or_never_is_not_decided():
    for local in ("2024-10-27T02:30:00", "2024-03-31T02:30:00"):
        message = {**said(1), "date": local}
        del message["date_unixtime"]
        found = read(telegram(message), "result.json", zone="Europe/Paris")
        assert found.messages[0].sent_at is None
        assert [one.what for one in found.problems] == ["date"]


def test_an_instant_and_a_local_time_that_no_zone_joins_are_reported():
    found = read(telegram(said(1, zone_s=28800 + 1200)), "result.json")
    assert [one.what for one in found.problems] == ["disagreement of times"]
    assert found.messages[0].sent_at is not None


def test_replies_forwards_and_edits_are_kept():
    message = said(9, reply_to_message_id=3, forwarded_from="Bob", edited="x", edited_unixtime="1705318200")
    one = read(telegram(message), "result.json").messages[0]
    assert (one.reply_to, one.forwarded_from, one.edited_at) == ("3", "Bob", datetime(2024, 1, 15, 11, 30, tzinfo=UTC))


def test_a_reply_to_another_chat_is_marked():
    one = read(telegram(said(9, reply_to_message_id=3, reply_to_peer_id="channel5")), "result.json").messages[0]
    assert one.reply_to == "channel5/3"


def test_a_file_that_was_left_out_and_one_that_came_alone_differ():
    messages = (said(1, photo=NOT_INCLUDED), said(2, file="files/a.mp4", file_size=1234, mime_type="video/mp4"))
    first, second = read(telegram(*messages), "result.json").messages
    assert first.attachments[0].missing == "not exported"
    assert (second.attachments[0].missing, second.attachments[0].declared_size) == ("not looked for", 1234)
    assert second.kind == "media"


def test_a_file_that_came_with_the_export_is_linked_by_its_digest():
    def find(name: str):
        return ("ab" * 32, 5) if name == "photos/1.jpg" else None

    found = read(telegram(said(1, photo="photos/1.jpg"), said(2, photo="photos/2.jpg")), "result.json", find=find)
    first, second = (one.attachments[0] for one in found.messages)
    assert (first.sha256, first.size, first.missing) == ("ab" * 32, 5, "")
    assert (second.sha256, second.missing) == (None, "not found")


def test_service_messages_name_members_and_keep_what_they_say():
    def service(number: int, action: str, **more: object) -> dict:
        start = {"id": number, "type": "service", "date": "2024-01-15T18:30:00", "date_unixtime": "1705314600"}
        return {**start, "actor": "Ann", "actor_id": "user1", "action": action, "text": "", **more}

    found = read(
        telegram(
            service(1, "create_group", title="群", members=["Bob", "Cat"]),
            service(2, "remove_members", members=["Cat"]),
            service(3, "phone_call", duration_seconds=5),
            service(4, "send_payment", amount=8800, currency="CNY"),
        ),
        "result.json",
    )
    members = {one.name: one for one in found.chats[-1].members}
    assert (members["Ann"].role, members["Ann"].id) == ("owner", "user1")
    assert members["Cat"].left_at is not None
    assert members["Bob"].left_at is None
    assert [one.kind for one in found.messages] == ["system", "system", "call", "transfer"]
    assert "8800" in found.messages[3].text


def test_polls_and_places_become_text_so_that_they_are_found():
    one = read(telegram(said(1, "", poll={"question": "which face?"})), "result.json").messages[0]
    assert "which face?" in one.text
    assert one.kind == "other"


def test_an_account_gives_each_of_its_chats():
    def chat(number: int, kind: str) -> dict:
        return {"name": f"c{number}", "type": kind, "id": number, "messages": [said(1)]}

    account = {
        "about": "Here is the data you requested.",
        "personal_information": {"user_id": 1},
        "contacts": {"about": "x", "list": []},
        "chats": {"about": "x", "list": [chat(1, "personal_chat"), chat(2, "private_supergroup")]},
        "left_chats": {"about": "x", "list": [chat(3, "public_channel")]},
    }
    found = read(json.dumps(account, indent=1), "result.json")
    kinds = [(one.id, one.kind, one.is_numbered) for one in found.chats]
    assert kinds == [("1", "private", False), ("2", "group", True), ("3", "channel", True)]
    assert [one.locator.record for one in found.messages] == [
        "chats.list[0].messages[0]",
        "chats.list[1].messages[0]",
        "left_chats.list[0].messages[0]",
    ]
    assert [one.seq for one in found.messages] == [0, 1, 2]


def test_escapes_that_are_no_json_are_read_as_the_program_meant_them():
    found = read(telegram(said(1, "a?b"), said(2)).replace(b"a?b", b"a\\x1Fb \\\\x41"), "result.json")
    assert found.messages[0].text == "a\x1fb \\x41"
    assert len(found.messages) == 2


def test_a_broken_message_is_reported_and_the_next_ones_are_read():
    content = telegram(said(1), said(2, "BROKEN"), said(3)).replace(b'"BROKEN"', b"BRO KEN")
    found = read(content, "result.json")
    assert [one.id for one in found.messages] == ["1", "3"]
    assert [one.what for one in found.problems] == ["message"]
    assert "BRO KEN" in found.problems[0].detail


def test_what_comes_before_the_end_of_a_cut_off_export_is_read():
    content = telegram(*(said(number) for number in range(1, 100)))
    found = read(content[: len(content) // 2], "result.json")
    assert 40 <= len(found.messages) < 60
    assert "ends" in found.problems[-1].detail


def test_bytes_that_are_not_text_are_shown_and_reported():
    found = read(telegram(said(1, "MARK")).replace(b"MARK", b"a\xffb"), "result.json")
    assert found.messages[0].text == "a\ufffdb"
    assert [one.what for one in found.problems] == ["encoding"]


BAD = {
    "nested": b'{"type": "private_group", "id": 1, "messages": [' + b"[" * 200_000,
    "number": b'{"type": "private_group", "id": 1, "messages": [' + b"9" * 10_000 + b"]}",
    "no object": b'{"type": "private_group", "id": 1, "messages": [1, null, "x", [], {}]}',
    "strange values": b'{"type": "private_group", "id": [], "messages": [{"id": {}, "date_unixtime": '
    b'"99999999999999999", "from": 3, "text": {"a": 1}, "photo": 5, "file_size": -1, "members": 5, "type": "x"}]}',
    "no end of text": b'{"type": "private_group", "id": 1, "messages": [{"id": 1, "text": "' + b"a" * 3_000_000,
    "half": b'{"type": "private_group", "messages": [{"id": 1, "te',
    "infinity": b'{"type": "private_group", "id": 1, "messages": [{"id": NaN, "text": "x", "date": "Infinity"}]}',
}


@pytest.mark.parametrize("name", BAD)
def test_bad_json_is_reported_and_costs_little(name):
    found = read(BAD[name], "result.json")
    assert found.problems


def test_a_page_gives_messages_with_their_offset_from_utc():
    found = read(page(div(5, "定制<br>第二行"), div(6, "again", sender=None)), "messages.html")
    first, second = found.messages
    assert found.format == "telegram-html"
    assert found.chats[0].title == "群"
    assert (first.id, first.sender, first.text) == ("5", "Ann", "定制\n第二行")
    assert first.sent_at == datetime(2024, 1, 15, 10, 30, tzinfo=UTC)
    assert (second.sender, second.text) == ("Ann", "again")
    assert first.locator.record.startswith("message5, line ")


def test_scripts_in_a_page_are_neither_run_nor_read_as_text():
    found = read(page(div(1, "before<script>alert('x')</script>after")), "messages.html")
    assert found.messages[0].text == "beforeafter"


def test_escaped_tags_in_a_page_stay_text():
    assert read(page(div(1, "&lt;b&gt; &amp; &quot;x&quot;")), "messages.html").messages[0].text == '<b> & "x"'


def test_replies_forwards_and_files_of_a_page_are_kept():
    extra = (
        '<div class="reply_to details">\nIn reply to <a href="#go_to_message3" onclick="return GoToMessage(3)">this '
        'message</a>\n</div>\n<div class="media_wrap clearfix">\n<a class="photo_wrap clearfix pull_left" '
        'href="photos/1.jpg">\n<img class="photo" src="photos/1_thumb.jpg" style="width: 1px"/>\n</a>\n</div>\n'
    )
    one = read(page(div(4, "x", extra=extra)), "messages.html").messages[0]
    assert (one.reply_to, one.kind, [each.name for each in one.attachments]) == ("3", "media", ["photos/1.jpg"])


def test_a_reply_on_another_page_is_marked_so():
    extra = (
        '<div class="reply_to details">\nIn reply to <a href="messages.html#go_to_message3">this message</a>\n</div>\n'
    )
    assert read(page(div(4, "x", extra=extra)), "messages2.html").messages[0].reply_to == "messages.html/3"


def test_dividers_with_a_date_are_no_messages_but_service_messages_are():
    divider = (
        '<div class="message service" id="message-1">\n<div class="body details">\n15 January 2024\n</div>\n</div>'
    )
    service = '<div class="message service" id="message9">\n<div class="body details">\nAnn invited Bob\n</div>\n</div>'
    found = read(page(divider, service, div(10, "x")), "messages.html")
    assert [(one.id, one.kind) for one in found.messages] == [("9", "system"), ("10", "text")]
    assert found.messages[0].text == "Ann invited Bob"


def test_a_page_without_offsets_has_local_times_only():
    one = read(page(div(1, "x", title="15.01.2024 18:30:00")), "messages.html").messages[0]
    assert (one.sent_at, one.zone, one.local_at) == (None, "unknown", datetime.fromisoformat("2024-01-15T18:30:00"))


BAD_PAGES = {
    "cut": page(div(1, "x"), div(2, "y"))[:-120],
    "impossible date": page(div(1, "x", title="31.02.2024 10:00:00 UTC+00:00")),
    "deep": page(div(1, "<i>" * 5000)),
    "endless tag": page(div(1, "<a " + "\nx" * 200_000)),
}


@pytest.mark.parametrize("name", BAD_PAGES)
def test_bad_pages_are_reported(name):
    assert read(BAD_PAGES[name], "messages.html").problems


def test_other_json_and_other_pages_are_not_taken_for_exports():
    from forensics import chats

    others = (
        b'{"messages": [{"role": "user", "content": "x"}], "type": "chat"}',
        b"<!DOCTYPE html><title>x</title>",
        b"",
        b"{",
    )
    assert [chats.recognise(source(one, "a.json")) for one in others] == [None] * 4
