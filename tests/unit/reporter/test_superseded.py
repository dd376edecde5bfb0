"""Which findings a newer examination takes the place of."""

from __future__ import annotations

from forensics.model import Committed, Finding, Message, Result, Stage, Tool
from forensics.reporter.superseded import superseded

A, B, C = ("aa" * 32, "bb" * 32, "cc" * 32)


def finding(ref, *subject, by="chats", kind="chat.messages", **settings):
    record = Finding(
        subject, Stage.ANALYSE, kind, Result.FOUND, Message("m", "Said."), Tool(by, "1", settings=settings)
    )
    return Committed(ref, record)


def test_of_two_examinations_of_one_content_by_one_analyzer_the_newer_counts():
    found = [finding("2/0", A), finding("2/1", A, kind="chat.members"), finding("5/0", A, zone="Asia/Shanghai")]
    assert superseded(found) == {"2/0": 5, "2/1": 5}


def test_other_contents_other_analyzers_and_other_persons_stand_side_by_side():
    found = [
        *(finding("2/0", A), finding("5/0", B), finding("5/1", A, by="metadata", kind="metadata.tags")),
        *(
            finding("6/0", A, by="identity", subject="SUBJECT-0001"),
            finding("7/0", A, by="identity", subject="SUBJECT-0002"),
        ),
    ]
    assert superseded(found) == {}


def test_an_examination_that_failed_takes_no_place():
    assert superseded([finding("2/0", A), finding("5/0", A, kind="chats.failed")]) == {}


def test_a_search_of_the_whole_case_takes_the_place_of_one_of_a_part_and_not_the_other_way_round():
    part = finding("2/0", A, B, by="match", kind="source.match")
    whole = finding("5/0", A, B, C, by="match", kind="source.match")
    assert superseded([part, whole]) == {"2/0": 5}
    assert superseded([finding("2/0", A, B, C, by="match"), finding("5/0", A, B, by="match")]) == {}
