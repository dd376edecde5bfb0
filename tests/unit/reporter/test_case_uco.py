"""The case as CASE/UCO: everything that was acquired and observed, nothing that the report hides, the same bytes."""

from __future__ import annotations

import json
import uuid

import pytest

from forensics.model import Result, Sensitivity, Statement
from forensics.reporter import case_uco
from tests.fakes import snapshot_captures, snapshot_faces, snapshots

CHAT = {
    "format": "telegram-json",
    "count": 2041,
    "members": 17,
    "first_at": "2024-05-01T00:00:00Z",
    "last_at": "2024-06-01T00:00:00Z",
    "names": ["小明", "Someone Else"],
}


def case_with_chat():
    """A case with a chat, an account in question, and one that was withdrawn."""
    case = snapshots.small()
    content = case.records["Acquisition"][0].record.artifacts[0].content_sha256
    case.event("analyze", snapshots.finding(content, "chat.messages", Result.FOUND, "2041 messages.", values=CHAT))
    for number, name, withdrawn in ((1, "shop_8", False), (2, "wrong_one", True)):
        stated = {"values": {"name": name}, "is_withdrawn": withdrawn}
        case.event("state", Statement(f"STATEMENT-000{number}", "account", "Li Wei", case.now, **stated))
    return case


def told(case):
    return json.loads(case_uco.render(case.snapshot()))


def nodes(graph, kind):
    return [one for one in (*graph["core:object"], *graph["@included"]) if one["@type"] == kind]


@pytest.fixture(scope="module")
def rich():
    return snapshots.rich()


def test_the_same_case_gives_the_same_bytes(rich):
    assert case_uco.render(rich.snapshot()) == case_uco.render(snapshots.rich().snapshot())


def test_every_reference_leads_to_a_node_and_every_id_is_a_uuid(rich):
    graph = told(rich)
    ids = [one["@id"] for one in (*graph["core:object"], *graph["@included"])]
    assert len(ids) == len(set(ids))
    assert {one["@id"] for one in references(graph)} <= {*ids}
    assert all(uuid.UUID(one.removeprefix("urn:uuid:")).version == 5 for one in ids)


def references(value):
    if isinstance(value, dict) and set(value) == {"@id"}:
        yield value
    for member in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from references(member)


def test_each_acquisition_has_a_record_of_provenance_with_its_item(rich):
    graph = told(rich)
    provenance = nodes(graph, "investigation:ProvenanceRecord")
    done = rich.records["Acquisition"]
    assert sorted(one["investigation:exhibitNumber"] for one in provenance) == sorted(one.record.item for one in done)


def test_each_content_has_its_size_and_digest():
    case = snapshots.small()
    graph = told(case)
    hashes = {one["types:hashValue"]["@value"] for one in nodes(graph, "types:Hash")}
    originals = [one for done in case.records["Acquisition"] for one in done.record.artifacts]
    assert hashes == {one.digests.sha256 for one in originals}
    sizes = {int(one["observable:sizeInBytes"]["@value"]) for one in nodes(graph, "observable:ContentDataFacet")}
    assert sizes == {one.digests.size for one in originals}


def test_observations_come_with_their_limits_and_never_as_conclusions():
    results = nodes(told(snapshots.small()), "analysis:AnalyticResult")
    assert results
    for one in results:
        assert one["core:description"].startswith("Record ")
    assert any(text.startswith("Limit: ") for one in results for text in one.get("core:statement", ()))


def test_an_online_source_is_told_with_its_address():
    graph = told(snapshot_captures.captures())
    addresses = {one["observable:fullValue"] for one in nodes(graph, "observable:URLFacet")}
    items = [one.record for one in snapshot_captures.captures().records["Item"]]
    shown = {str(one.locator) for one in items if one.kind == "url" and not one.sensitivity.is_sealed}
    assert addresses
    assert addresses <= shown


@pytest.mark.parametrize("level", [Sensitivity.INTIMATE, Sensitivity.BIOMETRIC, Sensitivity.SUSPECTED_MINOR])
def test_of_a_masked_item_neither_name_nor_statement_is_told(level):
    case = snapshot_faces.swap(sensitivity=level)
    text = case_uco.render(case.snapshot()).decode()
    masked = [one.record for one in case.records["Item"] if one.record.sensitivity is level]
    assert masked
    for item in masked:
        for done in case.records["Acquisition"]:
            if done.record.item == item.id:
                contents = {one.content_sha256 for one in done.record.artifacts}
                assert all(str(one.name) not in text for one in done.record.artifacts)
                about = [one.record for one in case.records["Finding"] if contents & set(one.record.subject)]
                assert all(one.statement.text not in text for one in about)


def test_neither_registered_persons_nor_paths_nor_the_machine_are_told():
    for case in (snapshot_faces.swap(), snapshots.rich()):
        text = case_uco.render(case.snapshot()).decode()
        assert all(one.record.name not in text for one in case.records.get("Subject", ()))
        assert "anna-laptop" not in text
        assert "192.0.2." not in text
        assert "/home/" not in text


def test_a_chat_is_told_by_its_counts_alone_and_an_account_as_stated():
    graph = told(case_with_chat())
    (thread,) = nodes(graph, "observable:MessageThread")
    assert thread["core:description"] == [
        "format: telegram-json",
        "count: 2041",
        "members: 17",
        "first_at: 2024-05-01T00:00:00Z",
        "last_at: 2024-06-01T00:00:00Z",
    ]
    facets = nodes(graph, "observable:AccountFacet")
    assert [one["observable:accountIdentifier"] for one in facets] == ["shop_8"]
    assert "小明" not in json.dumps(graph, ensure_ascii=False)


def test_a_name_that_is_no_text_does_not_stop_it():
    case = snapshots.opened(title="half \ud83d of a pair")
    assert b"half ? of a pair" in case_uco.render(case.snapshot())
