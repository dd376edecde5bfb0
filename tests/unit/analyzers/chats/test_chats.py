"""What is said of exports: counts, members, irregularities; archives with media; bad input."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from forensics.analyzers.chats import ChatsAnalyzer
from forensics.chats import table
from forensics.chats.message import Message
from forensics.errors import UsageError
from forensics.model import Result
from tests.fakes.evidence import FileEvidence, KeepingSink, by_kind, encoded
from tests.unit.chats.exports import said, telegram


def looked(tmp_path, content: bytes | str, name: str = "result.json", **settings):
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return by_kind(ChatsAnalyzer(**settings), path)


def group(*messages: dict) -> bytes:
    return telegram(*messages)


def test_messages_members_and_period_are_counted(tmp_path):
    messages = (
        said(1, unix=1705314600),
        {**said(2, unix=1705401000), "from": "Bob", "from_id": "user2"},
        {**said(3, unix=1705401060), "from": "Bob 2", "from_id": "user2"},
    )
    found = looked(tmp_path, group(*messages))["chat.messages"]
    assert found.result is Result.FOUND
    assert (found.values["count"], found.values["members"], found.values["format"]) == (3, 2, "telegram-json")
    assert (found.values["first_at"], found.values["last_at"]) == (
        "2024-01-15T10:30:00.000000Z",
        "2024-01-16T10:31:00.000000Z",
    )
    assert found.values["zones"] == {"export": 3}


def test_members_have_their_names_counts_and_roles(tmp_path):
    start = {
        **said(1),
        "type": "service",
        "actor": "Ann",
        "actor_id": "user1",
        "action": "create_group",
        "members": ["Bob", "Zoe"],
    }
    messages = (start, {**said(2), "from": "Bob", "from_id": "user2"}, {**said(3), "from": "Rob", "from_id": "user2"})
    found = looked(tmp_path, group(*messages))["chat.members"]
    members = {one["name"]: one for one in found.values["members"]}
    assert (members["Rob"]["earlier_names"], members["Rob"]["count"]) == (["Bob"], 2)
    assert (members["Ann"]["role"], members["Zoe"]["count"]) == ("owner", 0)
    assert (found.values["account_count"], found.values["silent_count"], found.values["renamed_count"]) == (3, 1, 1)


def test_gaps_steps_back_orphans_and_edits_are_found_with_their_places(tmp_path):
    messages = (
        said(10, unix=1705314600),
        said(11, unix=1705314500),
        said(15, unix=1705314700, reply_to_message_id=13),
        said(16, unix=1705314800, reply_to_message_id=2),
        said(16, unix=1705314900, edited="2024-01-15T20:00:00", edited_unixtime="1705320000"),
    )
    found = looked(tmp_path, group(*messages))["chat.integrity"]
    values = found.values
    assert found.result is Result.FOUND
    assert (values["gap_count"], values["missing_id_count"], values["duplicate_count"]) == (1, 3, 1)
    assert (values["backward_count"], values["largest_step_back_s"]) == (1, 100)
    assert (values["orphan_count"], values["reply_before_start_count"], values["edited_count"]) == (1, 1, 1)
    places = values["chats"][0]["places"]
    assert places["gap"] == [{"after_id": "11", "before_id": "15", "missing_count": 3}]
    assert places["orphan"] == [{"seq": 2, "reply_to": "13"}]
    assert (places["backward"][0]["seq"], places["backward"][0]["record"]) == (1, "messages[1]")


def test_in_a_private_chat_gaps_mean_nothing_and_are_not_looked_for(tmp_path):
    found = looked(tmp_path, telegram(said(10), said(900), kind="personal_chat"))["chat.integrity"]
    assert found.result is Result.NOT_FOUND
    assert found.values["gap_count"] is None
    assert "gap" in found.values["checks_not_applicable"]


def test_an_export_that_none_of_the_checks_applies_to_is_open(tmp_path):
    content = "From: a@example.org\nTo: b@example.org\nDate: Mon, 15 Jan 2024 18:30:00 +0800\n\nx\n"
    found = looked(tmp_path, content, "a.eml")["chat.integrity"]
    assert found.result is Result.INDETERMINATE


def test_the_table_has_every_message_with_its_place(tmp_path):
    path = tmp_path / "result.json"
    path.write_bytes(group(said(1, "a"), said(2, "b")))
    sink = KeepingSink()
    findings = list(ChatsAnalyzer().examine(FileEvidence(path), sink))
    rows = list(table.read_table(io.BytesIO(sink.contents[table.ROLE])))
    texts = [one.text for one in rows if isinstance(one, Message)]
    assert texts == ["a", "b"]
    assert {one.role for finding in findings for one in finding.attachments} == {"chat-table", "chat-words"}
    assert all(
        one.locator.file == FileEvidence(path).artifact.content_sha256 for one in rows if isinstance(one, Message)
    )


def test_what_could_not_be_read_is_a_gap_and_the_rest_is_counted(tmp_path):
    content = group(said(1), said(2, "BROKEN"), said(3)).replace(b'"BROKEN"', b"BRO KEN")
    found = looked(tmp_path, content)
    assert found["chat.messages"].values["count"] == 2
    assert [gap.what for gap in found["chat.messages"].gaps] == ["message"]
    assert any(one.id == "chats.limit.unread" for one in found["chat.messages"].limits)
    assert found["chat.integrity"].result is not Result.NOT_FOUND


def test_many_problems_are_listed_in_part_and_counted_whole(tmp_path):
    lines = "".join(f"31/02/2025, 10:{number:02} - Ann: x\n" for number in range(60))
    found = looked(tmp_path, lines, "chat.txt", most_listed=5)["chat.messages"]
    assert (found.values["count"], found.values["problem_count"], len(found.gaps)) == (60, 60, 6)
    assert found.gaps[-1].detail.startswith("55 more")


def test_ambiguous_dates_leave_the_period_open_until_the_order_is_named(tmp_path):
    content = "05/06/2025, 10:00 - Ann: a\n"
    found = looked(tmp_path, content, "chat.txt")["chat.messages"]
    assert (found.values["first_at"], found.values["first_local"]) == (None, None)
    named = looked(tmp_path, content, "chat.txt", date_order="dmy", zone="Asia/Shanghai")["chat.messages"]
    assert named.values["first_at"] == "2025-06-05T02:00:00.000000Z"
    assert any(one.values.get("zone") == "Asia/Shanghai" for one in named.limits)


def whatsapp_zip(*, photo: bytes = b"picture", with_photo: bool = True) -> bytes:
    text = "[31.12.2025, 10:05:07] Ann: \u200e<attached: 1-PHOTO.jpg>\n"
    text += "[31.12.2025, 10:06:07] Bob: \u200e<attached: 2-PHOTO.jpg>\n"
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("_chat.txt", text)
        if with_photo:
            archive.writestr("1-PHOTO.jpg", photo)
    return made.getvalue()


def test_media_in_an_archive_are_linked_and_missing_ones_are_said_to_be(tmp_path):
    found = looked(tmp_path, whatsapp_zip(), "WhatsApp Chat - 群.zip")
    assert found["chat.messages"].values["files"] == {"linked": 1, "not_found": 1}
    assert found["chat.integrity"].values["file_missing_count"] == 1


def test_a_file_of_another_size_than_declared_is_found(tmp_path):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("ChatExport/result.json", group(said(1, photo="photos/1.jpg", photo_file_size=100)))
        archive.writestr("ChatExport/photos/1.jpg", b"short")
    found = looked(tmp_path, made.getvalue(), "export.zip")["chat.integrity"]
    assert found.values["file_resized_count"] == 1
    assert found.values["chats"][0]["places"]["file_resized"][0]["declared_size_bytes"] == 100


def test_an_archive_cannot_cost_more_than_it_may(tmp_path):
    found = looked(tmp_path, whatsapp_zip(photo=b"\0" * 1_000_000), "a.zip", archive_limit_bytes=200_000)
    assert found["chat.messages"].values["files"] == {"not_found": 2}


def test_a_damaged_archive_is_not_called_empty(tmp_path):
    content = whatsapp_zip()
    at = content.index(b"[31.12")
    found = looked(tmp_path, content[:at] + b"\xff" * 9 + content[at + 9 :], "a.zip")["chat.messages"]
    assert found.result is Result.INDETERMINATE
    assert found.gaps
    assert looked(tmp_path, content[:-40], "b.zip")["chat.messages"].result is Result.INDETERMINATE


def test_a_file_that_is_no_export_is_not_found_and_has_no_table(tmp_path):
    found = looked(tmp_path, json.dumps({"a": 1}))
    assert [*found] == ["chat.messages"]
    assert found["chat.messages"].result is Result.NOT_FOUND
    assert found["chat.messages"].attachments == ()


def test_names_stay_out_of_findings_about_sealed_exports(tmp_path):
    from dataclasses import dataclass, replace

    @dataclass(frozen=True)
    class Sealed(FileEvidence):
        @property
        def artifact(self):
            plain = super().artifact
            return replace(plain, sealed={"plain": {"sha256": plain.digests.sha256}})

    path = tmp_path / "result.json"
    path.write_bytes(group(said(1, "SECRET"), said(2, "SECRET"), {"id": 3, "from": "Ann", "text": "SECRET"}))
    lines = b"".join(encoded(list(ChatsAnalyzer().examine(Sealed(path), KeepingSink()))))
    assert b"SECRET" not in lines
    assert b"Ann" not in lines


def test_settings_that_make_no_sense_are_refused(tmp_path):
    for wrong in ({"zone": "Mars"}, {"date_order": "dym"}, {"mapping": str(tmp_path / "none.toml")}):
        with pytest.raises(UsageError):
            ChatsAnalyzer(**wrong)


def test_a_mapping_is_recorded_by_its_content_and_not_by_its_path(tmp_path):
    (tmp_path / "m.toml").write_text('[columns]\nsent_at = "t"\ntext = "x"\n')
    made = ChatsAnalyzer(mapping=str(tmp_path / "m.toml"))
    assert made.mapping == '[columns]\nsent_at = "t"\ntext = "x"\n'
    assert ChatsAnalyzer(mapping=made.mapping) == made
    found = looked(tmp_path, "t,x\n2024-01-15T10:30:00Z,hi\n", "a.csv", mapping=made.mapping)["chat.messages"]
    assert found.values["format"] == "csv-mapping"


def test_the_public_export_with_instants_that_contradict_its_dates_is_noticed(corpus):
    found = by_kind(ChatsAnalyzer(), corpus / "09-chat" / "tg_parser-1.2.0__personal_chat.json")
    assert found["chat.integrity"].values["times_disagree_count"] == 3
    assert found["chat.messages"].values["count"] == 5
