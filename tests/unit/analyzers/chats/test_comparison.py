"""Two exports of one chat."""

from __future__ import annotations

import pytest

from forensics.analyzers.chats import ChatComparison
from forensics.errors import UsageError
from forensics.model import Result
from tests.fakes.evidence import FileEvidence, KeepingSink
from tests.unit.chats.exports import div, page, said, telegram

START = 1705314600


def compared(tmp_path, *exports: tuple[str, bytes | str], **settings):
    evidence = []
    for number, (name, content) in enumerate(exports):
        path = tmp_path / str(number) / name
        path.parent.mkdir()
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        evidence.append(FileEvidence(path))
    (found,) = ChatComparison(**settings).examine(tuple(evidence), KeepingSink())
    return found


def chat(*texts: str | None, kind: str = "private_supergroup") -> bytes:
    """One message a minute; None for one that this export does not have."""
    made = [said(number + 1, text, unix=START + 60 * number) for number, text in enumerate(texts) if text is not None]
    return telegram(*made, kind=kind)


def test_equal_exports_have_the_same_messages(tmp_path):
    found = compared(tmp_path, ("a.json", chat("a", "b")), ("b.json", chat("a", "b")))
    assert (found.result, found.values["both_count"], found.values["basis"]) == (Result.NOT_FOUND, 2, "id")


def test_a_message_that_one_has_and_another_text_are_found(tmp_path):
    found = compared(tmp_path, ("a.json", chat("a", "b", "c", "d")), ("b.json", chat("a", None, "C", "d")))
    assert found.result is Result.FOUND
    assert (found.values["only_first_count"], found.values["only_second_count"], found.values["changed_count"]) == (
        1,
        0,
        1,
    )
    assert found.values["only_first"] == [{"seq": 1, "record": "messages[1]"}]
    assert found.values["changed"] == [
        {"first": {"seq": 2, "record": "messages[2]"}, "second": {"seq": 1, "record": "messages[1]"}}
    ]


def test_messages_outside_of_the_common_period_are_no_difference(tmp_path):
    found = compared(tmp_path, ("a.json", chat("a", "b", "c")), ("b.json", chat(None, "b", "c", "d")))
    assert (found.result, found.values["both_count"]) == (Result.NOT_FOUND, 2)


def test_private_chats_are_matched_by_minute_and_text_since_each_account_counts_for_itself(tmp_path):
    other = telegram(said(901, "a", unix=START), said(905, "b", unix=START + 60), kind="personal_chat")
    found = compared(tmp_path, ("a.json", chat("a", "b", kind="personal_chat")), ("b.json", other))
    assert (found.result, found.values["basis"]) == (Result.NOT_FOUND, "minute and text")


def test_a_page_and_a_table_of_one_chat_agree(tmp_path):
    pages = page(div(1, "a"), div(2, "b", title="15.01.2024 18:31:00 UTC+08:00"))
    assert compared(tmp_path, ("a.json", chat("a", "b")), ("messages.html", pages)).result is Result.NOT_FOUND


def test_exports_without_a_common_clock_are_not_compared_until_the_zone_is_named(tmp_path):
    text = "2024-01-15 18:30:00 Ann\na\n\n2024-01-15 18:31:00 Ann\nb\n"
    sides = (("a.json", chat("a", "b")), ("b.txt", text))
    found = compared(tmp_path, *sides)
    assert (found.result, found.gaps[0].what) == (Result.INDETERMINATE, "time zone")
    named = compared(tmp_path / "x", *sides, zone="Asia/Shanghai") if (tmp_path / "x").mkdir() is None else None
    assert named.result is Result.NOT_FOUND


def test_exports_of_different_days_share_no_period(tmp_path):
    later = telegram(said(9, "x", unix=START + 90_000))
    found = compared(tmp_path, ("a.json", chat("a")), ("b.json", later))
    assert (found.result, found.statement.id) == (Result.INDETERMINATE, "chats.comparison.apart")


def test_an_unreadable_export_is_said_to_be(tmp_path):
    found = compared(tmp_path, ("a.json", chat("a")), ("b.json", b'{"a": 1}'))
    assert (found.result, found.statement.id) == (Result.INDETERMINATE, "chats.comparison.unread")


def test_only_two_can_be_compared(tmp_path):
    with pytest.raises(UsageError):
        list(ChatComparison().examine((), KeepingSink()))
