"""Ledger lines: their form, their chain, and their signatures as OpenSSL sees them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from forensics.codec import canonical, parse, parse_canonical
from forensics.custody.digest import sha256_hex
from forensics.custody.ledger import (
    ZERO_DIGEST,
    Draft,
    Head,
    read_chain,
    read_line,
    record_file_name,
    signed_bytes,
    split_lines,
    write_line,
)
from forensics.custody.merkle import EMPTY_ROOT
from forensics.custody.signing import SigningKey, verify_signature
from forensics.errors import CodecError, IntegrityError
from forensics.model import RecordsRoot

AT = datetime(2026, 1, 31, 9, 5, 7, tzinfo=UTC)
KEY = SigningKey(Ed25519PrivateKey.from_private_bytes(bytes(range(32))), "", "")
OTHER = SigningKey(Ed25519PrivateKey.from_private_bytes(bytes(32)), "", "")
NONE = RecordsRoot(0, None, EMPTY_ROOT)
Json = dict[str, Any]


def draft_of(action: str, seq: int, *, count: int = 0, **extra: Any) -> Draft:
    root = RecordsRoot(count, record_file_name(seq, action), "ab" * 32) if count else NONE
    return Draft(action, AT, root, extra)


def chain(*drafts: Draft) -> list[bytes]:
    lines: list[bytes] = []
    for seq, draft in enumerate(drafts):
        lines.append(write_line(draft, KEY, seq=seq, prev=sha256_hex(lines[-1]) if lines else ZERO_DIGEST))
    return lines


OPEN = draft_of("open", 0, count=1, case="cd" * 32, key={"id": KEY.key_id, "spki": KEY.spki.hex()})
LEDGER = chain(
    OPEN,
    draft_of("collect", 1, count=5),
    draft_of("checkpoint", 2),
    draft_of("erase", 3, count=1, erased=[{"seq": 0, "indexes": [0]}, {"seq": 1, "indexes": [1, 4]}]),
    draft_of("key-add", 4, count=1, key={"id": OTHER.key_id, "spki": OTHER.spki.hex()}),
    draft_of("key-retire", 5, key={"id": OTHER.key_id}),
    draft_of("key-revoke", 6, key={"id": OTHER.key_id, "since": "2026-01-31T09:05:07.000000Z"}),
    draft_of("a-later-action", 7),
)


def test_a_line_is_read_as_it_was_written() -> None:
    events = list(read_chain(LEDGER))
    assert [event.action for event in events][:3] == ["open", "collect", "checkpoint"]
    assert events[0].case == "cd" * 32
    assert events[0].key == {"id": KEY.key_id, "spki": KEY.spki.hex()}
    assert events[1].records == RecordsRoot(5, "000001-collect.jsonl", "ab" * 32)
    assert events[1].at == AT
    assert events[3].erased == ((0, (0,)), (1, (1, 4)))
    assert events[1].line_sha256 == sha256_hex(LEDGER[1]) == events[2].prev
    assert {event.actor for event in events} == {KEY.key_id}
    assert events[0].prev == "0" * 64


def test_a_signature_holds_for_openssl(tmp_path: Path) -> None:
    for line in LEDGER:
        body = parse_canonical(line)
        signature = bytes.fromhex(body.pop("sig"))
        (tmp_path / "message").write_bytes(b"forensics-event-v1\x00" + canonical(body))
        (tmp_path / "signature").write_bytes(signature)
        (tmp_path / "key.pem").write_bytes(KEY.public_pem())
        command = ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", tmp_path / "key.pem"]
        files = ["-in", tmp_path / "message", "-sigfile", tmp_path / "signature"]
        assert (
            "Verified Successfully"
            in subprocess.run([*command, *files], capture_output=True, text=True, check=True).stdout
        )


def test_a_signature_covers_every_member() -> None:
    body = parse_canonical(LEDGER[3])
    signature = bytes.fromhex(body["sig"])
    assert verify_signature(KEY.spki, signature=signature, message=signed_bytes(body))
    for name in body.keys() - {"sig"}:
        without = {other: value for other, value in body.items() if other != name}
        assert not verify_signature(KEY.spki, signature=signature, message=signed_bytes(without))
    assert not verify_signature(OTHER.spki, signature=signature, message=signed_bytes(body))


def put(number: int, /, **members: Any) -> bytes:
    return canonical({**parse(LEDGER[number]), **members})


def change(seq: int, changer: Callable[[Json], None]) -> bytes:
    body = parse(LEDGER[seq])
    changer(body)
    return canonical(body)


MALFORMED = {
    "not JSON": b"{",
    "a list": b"[]",
    "a blank": b" " + LEDGER[1],
    "nothing": b"",
    "a carriage return": LEDGER[1] + b"\r",
    "an unknown member": put(1, note="x"),
    **{
        f"without {name}": change(1, lambda body, name=name: body.pop(name))
        for name in ("seq", "at", "action", "actor", "tool", "records", "prev", "sig")
    },
    "seq is text": put(1, seq="1"),
    "seq is negative": put(1, seq=-1),
    "seq is true": put(1, seq=True),
    "seq is a fraction": put(1, seq=1.5),
    "at is without decimals": put(1, at="2026-01-31T09:05:07Z"),
    "at is a number": put(1, at=5),
    "action in upper case": put(2, action="Checkpoint"),
    "action with a path": put(2, action="../../x"),
    "action too long": put(2, action="a" * 33),
    "action empty": put(2, action=""),
    "action with a line feed": put(2, action="checkpoint\n"),
    "action open again": put(2, action="open", key={"id": KEY.key_id, "spki": KEY.spki.hex()}),
    "actor too short": put(1, actor="ab"),
    "actor in upper case": put(1, actor="AB" * 32),
    "tool is text": put(1, tool="forensics"),
    "tool with a third member": put(1, tool={"name": "a", "version": "1", "path": "/usr"}),
    "tool without a version": put(1, tool={"name": "a"}),
    "a version that is a number": put(1, tool={"name": "a", "version": 1}),
    "records is a list": put(1, records=[]),
    "records without a root": change(1, lambda body: body["records"].pop("root")),
    "records with a further member": change(1, lambda body: body["records"].update(size=5)),
    "count is negative": change(1, lambda body: body["records"].update(count=-1)),
    "count is true": change(1, lambda body: body["records"].update(count=True)),
    "a file though there are no records": change(1, lambda body: body["records"].update(count=0)),
    "no file though there are records": change(1, lambda body: body["records"].update(file=None)),
    "the file of another event": change(1, lambda body: body["records"].update(file="000002-collect.jsonl")),
    "a file elsewhere": change(1, lambda body: body["records"].update(file="../000001-collect.jsonl")),
    "a root that is no digest": change(1, lambda body: body["records"].update(root="x" * 64)),
    "a checkpoint with records": change(
        2, lambda body: body["records"].update(count=1, file="000002-checkpoint.jsonl", root="ab" * 32)
    ),
    "prev that is no digest": put(1, prev="0"),
    "prev is null": put(1, prev=None),
    "sig too short": put(1, sig="ab" * 63),
    "sig in upper case": put(1, sig="AB" * 64),
    "case in a later event": put(1, case="cd" * 32),
    "case is null": put(1, case=None),
    "event 0 without case": change(0, lambda body: body.pop("case")),
    "event 0 with another action": put(0, action="collect"),
    "case that is no digest": put(0, case="cd"),
    "open without a key": change(0, lambda body: body.pop("key")),
    "a key in another action": put(1, key={"id": KEY.key_id}),
    "a key that is null in another action": put(1, key=None),
    "a key whose id is not its digest": put(0, key={"id": OTHER.key_id, "spki": KEY.spki.hex()}),
    "a key with half a byte": put(0, key={"id": KEY.key_id, "spki": KEY.spki.hex()[:-1]}),
    "a key without its bytes": put(4, key={"id": OTHER.key_id}),
    "a key that is text": put(4, key=OTHER.key_id),
    "key-add without a key": change(4, lambda body: body.pop("key")),
    "key-retire with a time": put(5, key={"id": OTHER.key_id, "since": "2026-01-31T09:05:07.000000Z"}),
    "key-revoke without a time": put(6, key={"id": OTHER.key_id}),
    "key-revoke with another time": put(6, key={"id": OTHER.key_id, "since": "2026-01-31"}),
    "key-revoke of no key": put(6, key={"id": "ab", "since": "2026-01-31T09:05:07.000000Z"}),
    "erased in another action": put(1, erased=[{"seq": 0, "indexes": [0]}]),
    "erased is null in another action": put(1, erased=None),
    "erase without erased": change(3, lambda body: body.pop("erased")),
    "erased is empty": put(3, erased=[]),
    "erased without indexes": put(3, erased=[{"seq": 1}]),
    "erased with no index": put(3, erased=[{"seq": 1, "indexes": []}]),
    "erased indexes out of order": put(3, erased=[{"seq": 1, "indexes": [2, 1]}]),
    "erased index twice": put(3, erased=[{"seq": 1, "indexes": [1, 1]}]),
    "erased index negative": put(3, erased=[{"seq": 1, "indexes": [-1]}]),
    "erased index is true": put(3, erased=[{"seq": 1, "indexes": [True]}]),
    "erased events out of order": put(3, erased=[{"seq": 1, "indexes": [0]}, {"seq": 0, "indexes": [0]}]),
    "an event that erases itself": put(3, erased=[{"seq": 3, "indexes": [0]}]),
    "an erased event that is text": put(3, erased=[{"seq": "1", "indexes": [0]}]),
    "erased is an object": put(3, erased={"seq": 1, "indexes": [0]}),
}


@pytest.mark.parametrize("line", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_line_is_refused(line: bytes) -> None:
    with pytest.raises(CodecError):
        read_line(line)


@pytest.mark.parametrize("line", MALFORMED.values(), ids=MALFORMED)
def test_a_chain_says_which_line_is_damaged(line: bytes) -> None:
    with pytest.raises(IntegrityError, match=r"^line 2 of ledger\.jsonl is damaged: ") as caught:
        list(read_chain([LEDGER[0], line]))
    assert caught.value.exit_code == 10
    assert "forensics verify" in caught.value.hint


BROKEN = {
    "a line missing": [LEDGER[0], LEDGER[2]],
    "lines swapped": [LEDGER[0], LEDGER[2], LEDGER[1]],
    "a line twice": [LEDGER[0], LEDGER[1], LEDGER[1]],
    "the first line missing": LEDGER[1:],
    "another line before": [LEDGER[0], change(1, lambda body: body.update(prev="ab" * 32))],
    "a first line with something before it": [put(0, prev="ab" * 32)],
    "a blank line": [LEDGER[0], b"", LEDGER[1]],
}


@pytest.mark.parametrize("lines", BROKEN.values(), ids=BROKEN)
def test_a_broken_chain_is_refused(lines: list[bytes]) -> None:
    with pytest.raises(IntegrityError, match="is damaged"):
        list(read_chain(lines))


@pytest.mark.parametrize("cut", range(1, len(LEDGER)))
def test_a_cut_ledger_is_a_valid_shorter_one(cut: int) -> None:
    assert len(list(read_chain(LEDGER[:cut]))) == cut


def test_a_flipped_bit_anywhere_in_the_past_breaks_the_chain() -> None:
    line = LEDGER[1]
    for place in range(0, len(line), 7):
        changed = bytearray(line)
        changed[place] ^= 1
        with pytest.raises(IntegrityError):
            list(read_chain([LEDGER[0], bytes(changed), LEDGER[2]]))


def test_what_follows_the_last_line_feed_is_told_from_the_lines() -> None:
    assert split_lines(b"a\nb\n") == ([b"a", b"b"], b"")
    assert split_lines(b"a\nb") == ([b"a"], b"b")
    assert split_lines(b"") == ([], b"")


def test_a_head_is_read_as_it_is_written() -> None:
    head = Head(12, "ab" * 32)
    assert str(head) == "12:" + "ab" * 32
    assert Head.parse(str(head)) == head


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12",
        "12:",
        ":" + "ab" * 32,
        "-1:" + "ab" * 32,
        "１:" + "ab" * 32,
        "1:" + "AB" * 32,
        "1:ab",
        "01:" + "ab" * 32,
    ],
)
def test_what_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(CodecError, match="SEQ:DIGEST"):
        Head.parse(text)


def test_record_files_are_named_by_event_and_action() -> None:
    assert record_file_name(12, "collect") == "000012-collect.jsonl"
    assert record_file_name(1_234_567, "erase") == "1234567-erase.jsonl"
