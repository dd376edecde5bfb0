from __future__ import annotations

from forensics.chats.message import Chat
from forensics.proof.extract import MAX_TEXT, passages
from tests.unit.proof.exports import GROUP, said

SECOND = Chat("g2", "群二", "group", "telegram-json")


def places(*numbers, file="a"):
    return {(file * 64, f"messages[{number}]") for number in numbers}


def shown(found):
    return [[(line.message.id, line.is_wanted) for line in one.lines] for one in found]


def test_a_message_stands_between_the_two_before_and_the_two_after_it():
    rows = [GROUP, *(said(number, "x") for number in range(10))]
    assert shown(passages(rows, places(5))) == [
        [("3", False), ("4", False), ("5", True), ("6", False), ("7", False)],
    ]


def test_passages_that_meet_are_one_and_no_message_stands_twice():
    rows = [GROUP, *(said(number, "x") for number in range(12))]
    (found,) = shown(passages(rows, places(3, 8)))
    assert [number for number, _ in found] == [str(number) for number in range(1, 11)]
    assert [number for number, is_wanted in found if is_wanted] == ["3", "8"]


def test_passages_that_do_not_meet_stay_apart():
    rows = [GROUP, *(said(number, "x") for number in range(20))]
    assert [[number for number, _ in one] for one in shown(passages(rows, places(2, 15)))] == [
        ["0", "1", "2", "3", "4"],
        ["13", "14", "15", "16", "17"],
    ]


def test_messages_of_another_chat_are_no_context():
    rows = [GROUP, said(1, "x"), SECOND, said(2, "y", chat="g2"), GROUP, said(3, "z")]
    found = passages(rows, places(3))
    assert [(one.title, one.kind) for one in found] == [("群一", "group")]
    assert shown(found) == [[("1", False), ("3", True)]]


def test_equal_places_of_two_files_are_two():
    rows = [GROUP, said(1, "x"), said(1, "x", file="c")]
    assert [one.lines[0].message.locator.file for one in passages(rows, places(1, file="c"))] == ["c" * 64]


def test_a_long_text_is_cut_and_keeps_its_place():
    (found,) = passages([GROUP, said(1, "长" * 5000)], places(1))
    assert found.lines[0].message.text == "长" * MAX_TEXT
    assert found.lines[0].message.locator.record == "messages[1]"


def test_nothing_wanted_gives_nothing():
    assert passages([GROUP, said(1, "x")], frozenset()) == ()
