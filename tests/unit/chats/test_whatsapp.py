"""WhatsApp's text: lines as the telephones of many languages write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.unit.chats.exports import read

NAME = "WhatsApp Chat with 小王.txt"

WRITTEN = {
    "android, day first": ("31/12/2025, 10:05 - Ann: hi\n", datetime.fromisoformat("2025-12-31T10:05:00")),
    "android, month first, 12 hours": (
        "12/31/25, 10:05\u202fPM - Ann: hi\n",
        datetime.fromisoformat("2025-12-31T22:05:00"),
    ),
    "midnight on a clock of 12 hours": (
        "12/31/25, 12:05 AM - Ann: hi\n",
        datetime.fromisoformat("2025-12-31T00:05:00"),
    ),
    "ios, german": ("[31.12.2025, 10:05:07] Ann: hi\n", datetime.fromisoformat("2025-12-31T10:05:07")),
    "ios, with a mark": ("\u200e[31.12.25, 10:05:07] Ann: hi\n", datetime.fromisoformat("2025-12-31T10:05:07")),
    "finnish": ("[31.12.2025 klo 10.05.07] Ann: hi\n", datetime.fromisoformat("2025-12-31T10:05:07")),
    "swedish": ("2025-12-31, 10:05 - Ann: hi\n", datetime.fromisoformat("2025-12-31T10:05:00")),
    "chinese, afternoon": ("[2025/12/31 下午3:05:07] Ann: hi\n", datetime.fromisoformat("2025-12-31T15:05:07")),
    "korean": ("[2025. 12. 31. 오후 3:05:07] Ann: hi\n", datetime.fromisoformat("2025-12-31T15:05:07")),
    "spanish": ("31/12/25 3:05 p. m. - Ann: hi\n", datetime.fromisoformat("2025-12-31T15:05:00")),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_time_is_read_as_the_telephone_wrote_it(name):
    text, expected = WRITTEN[name]
    found = read(text, NAME)
    assert found.format == "whatsapp-text"
    assert (found.messages[0].local_at, found.messages[0].sender, found.messages[0].text) == (expected, "Ann", "hi")
    assert (found.messages[0].sent_at, found.messages[0].zone) == (None, "unknown")
    assert not found.problems


def test_one_day_above_12_settles_the_order_of_all_dates():
    found = read("05/06/2025, 10:00 - Ann: a\n13/06/2025, 10:00 - Ann: b\n", NAME)
    assert [one.local_at.month for one in found.messages] == [6, 6]
    found = read("05/06/2025, 10:00 - Ann: a\n06/13/2025, 10:00 - Ann: b\n", NAME)
    assert [one.local_at.month for one in found.messages] == [5, 6]


def test_dates_that_can_be_read_in_two_ways_are_not_guessed():
    found = read("05/06/2025, 10:00 - Ann: a\n07/06/2025, 10:00 - Ann: b\n", NAME)
    assert [one.local_at for one in found.messages] == [None, None]
    assert [one.sent_shown for one in found.messages] == ["05/06/2025, 10:00", "07/06/2025, 10:00"]
    assert [one.what for one in found.problems] == ["date order"]
    assert "date_order" in found.problems[0].detail


def test_the_user_can_settle_the_order():
    text = "05/06/2025, 10:00 - Ann: a\n"
    assert read(text, NAME, date_order="dmy").messages[0].local_at.month == 6
    assert read(text, NAME, date_order="mdy").messages[0].local_at.month == 5


def test_a_date_that_contradicts_the_named_order_is_reported():
    found = read("13/06/2025, 10:00 - Ann: a\n", NAME, date_order="mdy")
    assert (found.messages[0].local_at, [one.what for one in found.problems]) == (None, ["date"])


def test_in_a_text_of_two_orders_each_date_is_read_only_where_it_leaves_no_choice():
    text = "13/06/2025, 10:00 - Ann: a\n06/14/2025, 10:00 - Ann: b\n05/06/2025, 10:00 - Ann: c\n"
    found = read(text, NAME)
    assert [one.local_at and one.local_at.day for one in found.messages] == [13, 14, None]
    assert found.problems[0].what == "date order"


def test_hyphens_with_two_digits_can_be_year_first_and_are_settled_by_the_years():
    text = "15-01-20, 10:00 - Ann: a\n31-01-20, 10:00 - Ann: b\n01-02-20, 10:00 - Ann: c\n"
    assert [str(one.local_at)[:10] for one in read(text, NAME).messages] == ["2020-01-15", "2020-01-31", "2020-02-01"]
    assert read("25-12-11, 10:00 - Ann: a\n", NAME).problems[0].what == "date order"


def test_years_of_another_calendar_are_not_taken_for_ours():
    found = read("31/12/2568, 10:00 - Ann: a\n", NAME)
    assert found.messages[0].local_at is None
    assert found.problems


def test_impossible_times_are_reported_and_the_message_stays():
    found = read("31/02/2025, 10:00 - Ann: a\n30/03/2025, 25:61 - Ann: b\n", NAME)
    assert [one.local_at for one in found.messages] == [None, None]
    assert [one.what for one in found.problems] == ["date", "date"]


def test_a_named_zone_gives_instants():
    one = read("31/12/2025, 10:05 - Ann: hi\n", NAME, zone="Asia/Shanghai").messages[0]
    assert (one.sent_at, one.zone) == (datetime(2025, 12, 31, 2, 5, tzinfo=UTC), "assumed:Asia/Shanghai")


def test_further_lines_belong_to_the_message_and_places_are_bytes():
    text = "31/12/2025, 10:05 - 小王: 一\n二\n\n三\n31/12/2025, 10:06 - Ann: x\n"
    first, second = read(text, NAME).messages
    assert first.text == "一\n二\n\n三"
    assert text.encode()[second.locator.offset :].decode() == "31/12/2025, 10:06 - Ann: x\n"
    assert second.locator.record == "line 5"


def test_right_to_left_and_emoji_names_are_kept():
    text = "[31.12.2025, 10:05:07] \u202bדנה 🌸\u202c: שלום\n[31.12.2025, 10:05:08] 👩‍👩‍👧: x\n"
    assert [one.sender for one in read(text, NAME).messages] == ["דנה 🌸", "👩‍👩‍👧"]


def test_what_the_app_itself_says_is_no_account():
    text = "31/12/2025, 10:05 - Ann created group “x”\n31/12/2025, 10:05 - Ann: hi\n"
    assert [(one.kind, one.sender) for one in read(text, NAME).messages] == [("system", ""), ("text", "Ann")]


FILES = {
    "IMG-20251231-WA0001.jpg (file attached)": "IMG-20251231-WA0001.jpg",
    "\u200e<attached: 00000012-PHOTO-2025-12-31-10-05-07.jpg>": "00000012-PHOTO-2025-12-31-10-05-07.jpg",
    "Preisliste <Anhang: preise v2.pdf>": "preise v2.pdf",
    "DOC (final).pdf (fichier joint)": "DOC (final).pdf",
    "\u200e<附件：00000012-PHOTO.jpg>": "00000012-PHOTO.jpg",
}


@pytest.mark.parametrize("text", FILES)
def test_files_are_named_as_the_app_names_them(text):
    one = read(f"31/12/2025, 10:05 - Ann: {text}\n", NAME).messages[0]
    assert (one.kind, [each.name for each in one.attachments]) == ("media", [FILES[text]])


@pytest.mark.parametrize(
    "text", ["<Media omitted>", "\u200eimage omitted", "<Medien ausgeschlossen>", "<省略多媒体文件>"]
)
def test_media_that_were_left_out_are_said_to_be(text):
    one = read(f"31/12/2025, 10:05 - Ann: {text}\n", NAME).messages[0]
    assert (one.kind, one.attachments[0].missing) == ("media", "not exported")


def test_talk_about_such_phrases_is_text():
    for text in ("why does it say image omitted here?", "he wrote that this message was deleted, twice", "see <b: x>"):
        one = read(f"31/12/2025, 10:05 - Ann: {text}\n", NAME).messages[0]
        assert (one.kind, one.is_deleted, one.attachments) == ("text", False, ())


@pytest.mark.parametrize("text", ["This message was deleted", "\u200eYou deleted this message.", "此消息已删除"])
def test_deleted_messages_are_marked(text):
    one = read(f"31/12/2025, 10:05 - Ann: {text}\n", NAME).messages[0]
    assert (one.kind, one.is_deleted) == ("deleted", True)


def test_edited_messages_are_marked():
    one = read("31/12/2025, 10:05 - Ann: 88 yuan \u200e<This message was edited>\n", NAME).messages[0]
    assert (one.edited_shown, one.is_deleted) == ("<This message was edited>", False)
    assert one.text.startswith("88 yuan")


def test_the_name_of_the_chat_is_that_of_the_file():
    assert read("31/12/2025, 10:05 - Ann: x\n", NAME).chats[0].title == "小王"
    assert read("31/12/2025, 10:05 - Ann: x\n", "Discussion WhatsApp avec Léa.txt").chats[0].title == "Léa"


def test_utf_16_is_read_by_its_mark():
    found = read("31/12/2025, 10:05 - Ann: 你好\n".encode("utf-16"), NAME)
    assert (found.messages[0].text, found.chats[0].encoding) == ("你好", "utf-16")


def test_bytes_that_are_not_text_are_reported():
    found = read(b"31/12/2025, 10:05 - Ann: a\n" + b"b\xff\xfe\x00c\n" + b"\xc3", NAME)
    assert "\ufffd" in found.messages[0].text
    assert [one.what for one in found.problems] == ["encoding"]


def test_a_public_export_with_every_order_of_the_date_is_read_whole(corpus):
    folder = corpus / "09-chat"
    lines = {"lorem-merge-part1": 300, "lorem-merge-part2": 300, "lorem": 500, "pokemon": 20}
    for name, count in lines.items():
        found = read((folder / f"whatstk-0.9.1__{name}.txt").read_bytes(), "chat.txt")
        assert (len(found.messages), found.problems) == (count, [])
        assert all(one.local_at for one in found.messages)


def test_a_public_export_with_media_names_its_files(corpus):
    folder = corpus / "09-chat" / "testset_whatsapp_export"
    (path,) = folder.glob("*.txt")
    present = {one.name: ("0" * 64, one.stat().st_size) for one in folder.iterdir()}
    found = read(path.read_bytes(), path.name, find=present.get)
    assert len(found.messages) == path.read_bytes().count(b"\n[") + 1
    missing = {each.name for one in found.messages for each in one.attachments if each.missing}
    assert missing == {"video1.mp4"}
