"""Exhibits are counted by what they share, and nothing counts that supports nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from forensics.model import (
    Acquisition,
    Artifact,
    Digests,
    Exhibit,
    Finding,
    Gap,
    GapReason,
    Item,
    Message,
    Name,
    Outcome,
    Result,
    Stage,
    Statement,
    Tool,
)
from forensics.proof.element import load_profile
from forensics.proof.element_exhibit import current, label_key
from forensics.proof.element_matrix import matrix, missing_to_file, strays
from forensics.proof.element_origin import site_of
from tests.fakes import snapshots
from tests.fakes.snapshots import digest

CN = load_profile("cn")
NOW = datetime(2026, 11, 22, tzinfo=UTC)


class Built:
    """A case under construction, with its items by number."""

    def __init__(self) -> None:
        self.case = snapshots.opened(jurisdiction="cn", language="zh")
        self.statements = 0

    def item(self, number: int, locator: str, *, outcome=Outcome.COMPLETE, act="1/0", content="", **facts) -> str:
        """Collects an item; its content is that of its number unless said otherwise."""
        made = self.artifact(content or f"content {number}", **facts)
        gaps = (Gap("file", GapReason.MISSING),) if outcome is Outcome.FAILED else ()
        artifacts = () if outcome is Outcome.FAILED else (made,)
        name = f"ITEM-{number:04d}"
        collector = Tool("local", "1")
        acquired = Acquisition(name, collector, act, outcome, NOW, NOW, artifacts, gaps)
        self.case.event("collect", Item(name, Name(locator), "file"), acquired)
        return name

    def artifact(self, content: str, role: str = "original", **facts) -> Artifact:
        """Makes an artifact."""
        digests = Digests(digest(content), digest("b"), len(content))
        return Artifact(digests, role, Name("a"), "text/plain", NOW, facts)

    def finding(self, kind: str, *contents: str, result=Result.FOUND, attached: tuple[str, ...] = (), **values) -> str:
        """States a finding; gives its reference."""
        subject = tuple(map(digest, contents))
        attachments = tuple(self.artifact(one, "made") for one in attached)
        found = Finding(
            subject,
            Stage.DETECT,
            kind,
            result,
            Message("a", "A."),
            Tool("a", "1"),
            values=values,
            attachments=attachments,
        )
        return f"{self.case.event('analyze', found).seq}/0"

    def exhibit(self, label: str, *items: str, element: str = "E8", findings: tuple[str, ...] = ()) -> None:
        """Exhibits items and findings."""
        self.case.event("exhibit", Exhibit(label, f"exhibit {label}", items, findings, (element,)))

    def state(self, kind: str, element: str = "E8", **more) -> None:
        """States something about an element."""
        self.statements += 1
        values = {"element": element, "by": "the defendant"}
        self.case.event("state", Statement(f"STATEMENT-{self.statements:04d}", kind, "e", NOW, "so", values, **more))

    def snapshot(self):
        """Gives the case as it stands."""
        stated = tuple(self.case.records.get("Statement", ()))
        return replace(self.case.snapshot(), statements=stated)

    def standing(self, element: str = "E8", **more):
        """Gives where one element stands."""
        return next(one for one in matrix(self.snapshot(), CN, **more) if one.element.id == element)


@pytest.fixture
def built() -> Built:
    return Built()


def test_without_exhibits_everything_is_missing(built):
    for one in matrix(built.snapshot(), CN):
        assert (one.status, one.independent, one.exhibits) == ("missing", 0, ())
        assert one.next_step["zh"] == one.element.next["zh"]


def test_one_exhibit_supports_and_lacks_corroboration(built):
    built.exhibit("8-1", built.item(1, "https://a.example/post"))
    one = built.standing()
    assert (one.status, one.independent, one.exhibits) == ("supported", 1, ("8-1",))
    assert one.said["en"] == "supported by 1 exhibit: corroboration is missing"
    assert one.said["zh"] == "有1份证据支持，缺少补强证据"
    assert "第九十条" in one.next_step["zh"]
    assert one.element.corroborate["zh"] in one.next_step["zh"]


def test_captures_of_two_sites_are_independent(built):
    built.exhibit("8-1", built.item(1, "https://a.example/post"))
    built.exhibit("8-2", built.item(2, "https://b.example/post"))
    one = built.standing()
    assert (one.independent, one.groups) == (2, (("8-1",), ("8-2",)))
    assert one.said["en"] == "supported by 2 independent exhibits"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("https://example.com/a", "https://m.example.com/b"),
        ("https://a.example.com.cn/", "http://b.example.com.cn:8080/"),
        ("https://192.0.2.7/a", "https://192.0.2.7/b"),
        ("https://[2001:db8::1]/a", "https://[2001:db8::1]/b"),
        ("/evidence/a.txt", "/evidence/b.txt"),
        ("/evidence/export/result.json", "/evidence/export/photos/1.jpg"),
        ("/evidence/a/x.txt", "/other/b/y.txt"),
    ],
)
def test_one_site_one_folder_or_one_run_without_a_stated_supplier_counts_once(built, first, second):
    built.exhibit("8-1", built.item(1, first))
    built.exhibit("8-2", built.item(2, second))
    one = built.standing()
    assert (one.independent, one.exhibits) == (1, ("8-1", "8-2"))
    assert "2 exhibits of one origin" in one.said["en"]
    assert "--received-from" in one.next_step["en"]


def test_files_of_other_runs_and_folders_are_independent(built):
    built.exhibit("8-1", built.item(1, "/evidence/a/x.txt", act="1/0"))
    built.exhibit("8-2", built.item(2, "/evidence/b/y.txt", act="2/0"))
    assert built.standing().independent == 2


def test_who_supplied_a_file_counts_before_its_folder(built):
    built.exhibit("8-1", built.item(1, "/evidence/a.txt", received_from="Witness A"))
    built.exhibit("8-2", built.item(2, "/evidence/b.txt", received_from="Witness B"))
    built.exhibit("8-3", built.item(3, "/elsewhere/c.txt", act="9/0", received_from=" witness  a"))
    one = built.standing()
    assert (one.independent, one.groups) == (2, (("8-1", "8-3"), ("8-2",)))


def test_a_file_without_a_supplier_beside_one_with_is_not_independent(built):
    built.exhibit("8-1", built.item(1, "/evidence/a.txt", received_from="Witness A"))
    built.exhibit("8-2", built.item(2, "/evidence/b.txt", act="2/0"))
    assert built.standing().independent == 1


def test_one_item_and_one_content_count_once(built):
    item = built.item(1, "https://a.example/")
    built.exhibit("8-1", item)
    built.exhibit("8-2", item)
    built.exhibit("8-3", built.item(2, "https://b.example/", content="content 1"))
    assert built.standing().groups == (("8-1", "8-2", "8-3"),)


def test_equal_certificates_do_not_make_two_captures_one(built):
    for number, site in ((1, "a"), (2, "b")):
        name = built.item(number, f"https://{site}.example/")
        same = built.artifact("the same issuer", "certificate")
        own = built.artifact(f"archive {number}", "wacz")
        built.case.event("collect", Acquisition(name, Tool("w", "1"), "3/0", Outcome.COMPLETE, NOW, NOW, (own, same)))
        built.exhibit(f"8-{number}", name)
    assert built.standing().independent == 2


def test_two_exports_of_one_chat_count_once(built):
    for number in (1, 2):
        built.item(number, f"/from/{number}/export.json", act=f"{number}/0", received_from=f"Witness {number}")
        chats = [{"id": "12345", "title": f"group {number}", "kind": "group"}]
        built.finding("chat.messages", f"content {number}", chats=chats, chat_count=1)
        built.exhibit(f"8-{number}", f"ITEM-{number:04d}")
    assert built.standing().independent == 1


def test_an_export_whose_chat_is_not_named_may_be_any_chat(built):
    for number, chats in ((1, [{"id": "1", "title": "a", "kind": "group"}]), (2, [{"id": None, "title": None}])):
        built.item(number, f"/from/{number}/export.json", act=f"{number}/0", received_from=f"Witness {number}")
        built.finding("chat.messages", f"content {number}", chats=chats, chat_count=1)
        built.exhibit(f"8-{number}", f"ITEM-{number:04d}")
    assert built.standing().independent == 1


def test_what_was_made_from_an_item_is_not_independent_of_it(built):
    item = built.item(1, "https://a.example/")
    built.exhibit("8-1", item)
    built.finding("chat.messages", "content 1", attached=("a table",), chats=[])
    about_the_table = built.finding("looked.at", "a table")
    built.exhibit("8-2", findings=(about_the_table,))
    assert built.standing().independent == 1


def test_exhibits_that_share_with_a_third_count_once_together(built):
    first, second = built.item(1, "https://a.example/"), built.item(2, "https://b.example/")
    built.exhibit("8-1", first)
    built.exhibit("8-2", second)
    built.exhibit("8-3", first, second)
    assert built.standing().groups == (("8-1", "8-2", "8-3"),)


def test_a_comparison_stands_on_both_contents(built):
    first, second = built.item(1, "https://a.example/"), built.item(2, "https://b.example/")
    compared = built.finding("source.comparison", "content 1", "content 2")
    built.exhibit("3-1", findings=(compared,), element="E3")
    built.exhibit("3-2", second, element="E3")
    assert built.standing("E3").independent == 1
    assert first


@pytest.mark.parametrize(
    ("result", "kind", "reason"),
    [
        (Result.NOT_FOUND, "label.aigc", "not_found"),
        (Result.INDETERMINATE, "source.comparison", "indeterminate"),
        (Result.FOUND, "detector.score", "lead"),
        (Result.FOUND, "text.read", "lead"),
    ],
)
def test_a_finding_that_says_nothing_yet_is_no_support(built, result, kind, reason):
    item = built.item(1, "https://a.example/")
    ref = built.finding(kind, "content 1", result=result)
    built.exhibit("3-1", item, element="E3", findings=(ref,))
    one = built.standing("E3")
    assert (one.status, one.independent, one.exhibits) == ("missing", 0, ())
    assert [(aside.label, aside.reason) for aside in one.set_aside] == [("3-1", reason)]
    assert "3-1" in one.next_step["zh"]


def test_a_reading_by_a_person_makes_read_text_support(built):
    item = built.item(1, "/a/shot.png")
    ref = built.finding("text.read", "content 1")
    built.exhibit("9-1", item, element="E9", findings=(ref,))
    assert built.standing("E9").independent == 0
    built.state("reading", "", items=(item,), findings=(ref,))
    assert built.standing("E9").independent == 1


def test_one_finding_that_found_something_is_enough(built):
    refs = (built.finding("a.b", "c", result=Result.NOT_FOUND), built.finding("a.c", "c"))
    built.exhibit("3-1", element="E3", findings=refs)
    assert built.standing("E3").independent == 1


def test_an_absent_label_may_support_the_element_about_labels(built):
    ref = built.finding("label.aigc", "content 1", result=Result.NOT_FOUND)
    built.exhibit("13-1", findings=(ref,), element="E13")
    assert built.standing("E13").independent == 1


def test_a_capture_that_failed_supports_nothing(built):
    built.exhibit("8-1", built.item(1, "https://a.example/", outcome=Outcome.FAILED))
    one = built.standing()
    assert (one.status, one.set_aside[0].reason) == ("missing", "not_captured")


def test_items_and_findings_that_are_gone_support_nothing(built):
    built.exhibit("8-1", "ITEM-0404")
    built.exhibit("8-2", findings=("99/0",))
    assert [one.reason for one in built.standing().set_aside] == ["not_captured", "not_captured"]


def test_of_one_label_the_newest_record_counts(built):
    first, second = built.item(1, "https://a.example/"), built.item(2, "https://b.example/")
    built.exhibit("1-1", first, element="E2")
    built.exhibit("1-1", second, element="E8")
    assert built.standing("E2").status == "missing"
    assert built.standing("E8").exhibits == ("1-1",)


def test_an_exhibit_that_names_nothing_is_taken_back(built):
    built.exhibit("8-1", built.item(1, "https://a.example/"))
    built.case.event("exhibit", Exhibit("8-1", ""))
    assert built.standing().status == "missing"
    assert current(built.snapshot().exhibits) == ()


def test_labels_are_ordered_as_numbers():
    assert sorted(["2-1", "1-10", "1-2", "A", "1-2.5"], key=label_key) == ["1-2", "1-2.5", "1-10", "2-1", "A"]


def test_what_is_contested_is_said_with_its_answer(built):
    built.exhibit("8-1", built.item(1, "https://a.example/"))
    built.state("contested")
    one = built.standing()
    assert (one.status, one.independent) == ("contested", 1)
    assert one.contests[0].record.values["by"] == "the defendant"
    assert one.element.answer["zh"] in one.next_step["zh"]


def test_what_is_missing_stays_missing_where_it_is_contested(built):
    built.state("contested")
    one = built.standing()
    assert (one.status, one.said["en"]) == ("missing", "missing, and contested")


def test_a_withdrawn_contest_no_longer_counts(built):
    built.exhibit("8-1", built.item(1, "https://a.example/"))
    built.state("contested")
    built.statements = 0
    built.state("contested", is_withdrawn=True)
    assert built.standing().status == "supported"


def test_a_fact_is_listed_and_is_no_exhibit(built):
    built.state("fact", items=("ITEM-0001",))
    one = built.standing()
    assert (one.status, len(one.facts), one.leads[0].what) == ("missing", 1, "STATEMENT-0001")


def test_findings_that_nobody_exhibited_are_leads(built):
    first = built.finding("source.comparison", "content 1", "content 2")
    second = built.finding("source.comparison", "content 3", "content 4")
    built.finding("source.comparison", "content 5", "content 6", result=Result.NOT_FOUND)
    one = built.standing("E3")
    (lead,) = one.leads
    assert (lead.what, lead.count, lead.findings) == ("source.comparison", 2, (first, second))
    assert "2 findings of source.comparison" in lead.text["en"]
    built.exhibit("3-1", findings=(first,), element="E3")
    assert built.standing("E3").leads[0].findings == (second,)


def test_of_an_examination_that_was_repeated_the_newest_is_the_lead(built):
    built.finding("label.aigc", "content 1")
    newer = built.finding("label.aigc", "content 1")
    assert built.standing("E3").leads[0].findings == (newer,)
    built.finding("label.aigc", "content 1", result=Result.NOT_FOUND)
    assert built.standing("E3").leads == ()


def test_findings_about_two_persons_are_both_leads(built):
    refs = tuple(built.finding("face.identity", "content 1") for _ in range(2))
    assert built.standing("E1").leads[0].findings == refs


def test_parts_of_the_dossier_are_leads(built):
    one = built.standing("E9", parts={"payments": 204, "works": 3})
    assert [(lead.what, lead.count) for lead in one.leads] == [("payments", 204)]
    assert "204" in one.leads[0].text["zh"]


def test_elements_of_another_profile_are_strays(built):
    built.exhibit("1-1", built.item(1, "https://a.example/"), element="U2")
    built.state("contested", "G4")
    assert strays(built.snapshot(), CN) == ("G4", "U2")


def lacking(built, *, has_report=True):
    return [one.any_of for one in missing_to_file(matrix(built.snapshot(), CN), CN, has_report=has_report)]


def test_what_is_still_missing_to_file_the_case(built):
    assert len(lacking(built)) == 8
    assert lacking(built, has_report=False)[-1] == ()
    built.exhibit("10-1", built.item(1, "https://a.example/"), element="E10")
    assert ("E9", "E10") not in lacking(built)
    built.state("fact", "E7")
    assert ("E7",) not in lacking(built)
    built.finding("chat.members", "content 1")
    assert ("E6",) not in lacking(built)
    assert ("E5",) in lacking(built)
    built.state("fact", "E2")
    assert ("E2",) in lacking(built)


@pytest.mark.parametrize(
    ("locator", "site"),
    [
        ("https://www.example.com/a?b", "example.com"),
        ("HTTPS://User:pw@M.Example.COM:8443/", "example.com"),
        ("https://a.b.example.co.uk/", "example.co.uk"),
        ("https://com.cn/", "com.cn"),
        ("http://localhost:8000/", "localhost"),
        ("https://192.0.2.1/", "192.0.2.1"),
        ("/home/a/b.txt", ""),
        ("https://[bad/", "https://[bad/"),
    ],
)
def test_the_site_of_an_address(locator, site):
    assert site_of(locator) == site


def test_no_word_of_a_standing_says_that_an_element_is_shown(built):
    built.exhibit("8-1", built.item(1, "https://a.example/"))
    built.exhibit("8-2", built.item(2, "https://b.example/"))
    said = " ".join((*built.standing().said.values(), *built.standing().next_step.values()))
    assert not any(word in said.lower() for word in ("prove", "proven", "prouv", "已证明", "证实"))
