"""Content credentials are read as they are: signed for real with c2pa-python by authorities of our own."""

from __future__ import annotations

import json
import pickle
import random
import re
import threading
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from forensics import codec
from forensics.analyzers.labels import LabelsAnalyzer, credential
from forensics.analyzers.labels.look import Look
from forensics.errors import UsageError
from forensics.model import Finding, GapReason, Result
from tests.fakes.credential import (
    CAMERA,
    MODEL,
    TYPES,
    Signing,
    nested_boxes,
    plain,
    signed,
    signing,
    with_store,
    without_segments,
)
from tests.fakes.evidence import encoded
from tests.fakes.looks import look_at

Write = Callable[..., Path]


@pytest.fixture(scope="module")
def signer() -> Signing:
    return signing()


@pytest.fixture(scope="module")
def jpeg(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return plain("JPEG", tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="module")
def good(jpeg: bytes, signer: Signing) -> bytes:
    return signed(jpeg, "image/jpeg", signer)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(content: bytes, name: str = "a.jpg") -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return written


@pytest.fixture
def trust(write: Write, signer: Signing) -> str:
    return str(write(b"# as of 2026-11-01\n" + signer.authority.pem, "trust.pem"))


def one(look: Look) -> Finding:
    (finding,) = credential.findings(look)
    assert finding.kind == "label.c2pa"
    codec.canonical(codec.encode(finding))
    return finding


def found(path: Path, **settings: str) -> Finding:
    return one(look_at(path, **settings))


@pytest.mark.parametrize("kind", TYPES)
def test_a_signed_file_whose_signer_is_on_no_list_is_untrusted(kind, write, signer, tmp_path):
    content = signed(plain(kind, tmp_path), TYPES[kind], signer)
    finding = found(write(content, f"a.{kind.lower()}"))
    assert (finding.result, finding.values["state"]) == (Result.FOUND, "untrusted")
    assert finding.values["codes"] == ["signingCredential.untrusted"]
    assert finding.where[0]["offset"] == content.index(b"jumdc2pa") - 12
    assert "their signature and hashes hold" in finding.statement.text


def test_a_signer_on_the_list_is_trusted(write, good, trust):
    finding = found(write(good), trust_list=trust)
    assert (finding.result, finding.values["state"], finding.values["codes"]) == (Result.FOUND, "trusted", [])


@pytest.mark.parametrize("kind", TYPES)
def test_a_file_without_credentials_has_none(kind, write, tmp_path):
    finding = found(write(plain(kind, tmp_path), f"a.{kind.lower()}"))
    assert (finding.result, finding.values["state"], finding.gaps) == (Result.NOT_FOUND, "none", ())
    assert finding.statement.text.endswith("were found by this method.")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "MP4"])
def test_a_file_that_is_cut_off_leaves_open_whether_it_had_credentials(kind, write, tmp_path):
    content = plain(kind, tmp_path)
    finding = found(write(content[: len(content) // 2], f"a.{kind.lower()}"))
    assert (finding.result, finding.values["state"]) == (Result.INDETERMINATE, "none")
    assert finding.gaps
    assert finding.alternatives


def test_credentials_that_were_taken_out_are_none(write, good):
    finding = found(write(without_segments(good, 0xEB)))
    assert (finding.result, finding.values["state"]) == (Result.NOT_FOUND, "none")


@pytest.mark.parametrize("listed", [False, True])
def test_a_flipped_byte_of_the_picture_breaks_its_hash(listed, write, good, trust):
    changed = bytearray(good)
    changed[-40] ^= 1
    finding = found(write(bytes(changed)), trust_list=trust if listed else "")
    assert (finding.result, finding.values["state"]) == (Result.FOUND, "invalid")
    assert "assertion.dataHash.mismatch" in finding.values["codes"]
    assert "assertion.dataHash.mismatch" in finding.statement.text
    assert ("signingCredential.untrusted" in finding.values["codes"]) is not listed


def test_a_flipped_byte_of_the_claim_breaks_the_signature(write, good):
    changed = bytearray(good)
    changed[good.index(b"a title")] ^= 1
    finding = found(write(bytes(changed)))
    assert finding.values["state"] == "invalid"
    assert any(code.startswith("claimSignature") for code in finding.values["codes"])


def test_a_certificate_that_has_expired_since_is_said_so(write, jpeg):
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=2)
    content = signed(jpeg, "image/jpeg", signing("Short", not_after=end))
    time.sleep(max(0.0, (end - datetime.now(UTC)).total_seconds()) + 1.1)
    finding = found(write(content))
    assert finding.values["state"] == "invalid"
    assert set(finding.values["codes"]) == {"signingCredential.untrusted", "signingCredential.expired"}
    assert finding.alternatives[0].id == "label.c2pa.alternative.expired"
    assert "label.c2pa.limit.clock" in {limit.id for limit in finding.limits}


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """A server that answers nothing and notes whoever asks."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def _note(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        do_GET = do_POST = do_HEAD = _note  # noqa: N815 -- names of the library

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}", asked
        running.shutdown()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "MP4"])
def test_a_manifest_that_lies_elsewhere_is_named_and_not_fetched(kind, write, signer, server, tmp_path):
    url = f"{server[0]}/manifest.c2pa"
    content = signed(plain(kind, tmp_path), TYPES[kind], signer, remote_url=url, is_embedded=False)
    finding = found(write(content, f"a.{kind.lower()}"))
    assert (finding.values["state"], finding.values["remote_url"]) == ("remote", url)
    assert url in finding.statement.text
    assert [gap.what for gap in finding.gaps] == ["remote manifest"]
    assert server[1] == []


def test_an_address_beside_an_embedded_manifest_is_told_and_not_fetched(write, jpeg, signer, server):
    content = signed(jpeg, "image/jpeg", signer, remote_url=f"{server[0]}/x")
    finding = found(write(content))
    assert (finding.values["state"], finding.values["remote_url"]) == ("untrusted", f"{server[0]}/x")
    assert server[1] == []


def test_nobody_is_asked_whether_a_certificate_was_revoked(write, jpeg, server):
    by = signing("Asked", ocsp=f"{server[0]}/ocsp")
    path = write(signed(jpeg, "image/jpeg", by))
    finding = found(path, trust_list=str(write(by.authority.pem, "list.pem")))
    assert finding.values["state"] == "trusted"
    assert "signingCredential.ocsp.skipped" in finding.values["checks"]["informational"]
    assert server[1] == []


def test_what_the_credentials_declare_is_listed(write, good):
    values = found(write(good)).values
    assert values["signer"] == {
        "common_name": "Test Camera",
        "issuer": "Forensics tests",
        "serial_number": "4711",
        "algorithm": "Es256",
    }
    (action,) = values["actions"]
    assert (action["action"], action["when"]) == ("c2pa.created", "2026-01-02T03:04:05Z")
    assert (action["software_agent"], action["digital_source_type"]) == ("Painter 2", MODEL)
    assert values["digital_source_types"] == [MODEL]
    assert values["claim_generator_info"] == [{"name": "tests", "version": "1.0"}]
    assert (values["title"], values["manifest_count"], values["time_stamp"]) == ("a title", 1, None)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (MODEL, "They declare that the content or an ingredient was made or changed with a trained model"),
        (CAMERA, "They declare as the type of source: digitalCapture."),
    ],
)
def test_the_type_of_source_is_worded_as_declared(source, says, write, jpeg, signer):
    assert says in found(write(signed(jpeg, "image/jpeg", signer, source=source))).statement.text


def test_an_ingredient_has_a_state_of_its_own_and_its_source_counts(write, jpeg, good, signer, trust):
    path = write(signed(jpeg, "image/jpeg", signer, source=CAMERA, parent=good))
    for listed, state in (("", "untrusted"), (trust, "trusted")):
        values = found(path, trust_list=listed).values
        (ingredient,) = values["ingredients"]
        assert (ingredient["title"], ingredient["relationship"]) == ("the parent", "parentOf")
        assert (ingredient["state"], values["state"]) == (state, state)
        assert values["digital_source_types"] == sorted([MODEL, CAMERA])
        assert values["manifest_count"] == 2


def test_an_ingredient_that_did_not_hold_when_it_was_taken_in_is_counted(write, jpeg, good, signer):
    broken = bytearray(good)
    broken[-40] ^= 1
    finding = found(write(signed(jpeg, "image/jpeg", signer, parent=bytes(broken))))
    assert finding.values["state"] == "untrusted"
    (ingredient,) = finding.values["ingredients"]
    assert ingredient["state"] == "invalid"
    assert "assertion.dataHash.mismatch" in ingredient["recorded_codes"]
    assert any(limit.id == "label.c2pa.limit.ingredients" for limit in finding.limits)


def test_two_lists_give_two_findings_that_name_their_list(write, good, trust, signer):
    other = str(write(signing("Somebody else").authority.pem, "other.pem"))
    first, second = (one(look_at(write(good), trust_list=path)) for path in (trust, other))
    assert (first.values["state"], second.values["state"]) == ("trusted", "untrusted")
    for finding in (first, second):
        digest = finding.values["trust_list"]["sha256"]
        assert f"SHA-256 {digest[:16]}…" in finding.statement.text
        assert digest in finding.analyzer.settings["trust_list"]
    assert first.values["trust_list"]["sha256"] != second.values["trust_list"]["sha256"]
    assert first.values["trust_list"]["as_of"] == "2026-11-01"
    assert first.values["trust_list"]["certificate_count"] == 1


def test_the_list_and_the_store_are_kept_and_no_path_is(write, good, trust):
    look = look_at(write(good), trust_list=trust)
    finding = one(look)
    assert [artifact.role for artifact in finding.attachments] == ["c2pa-manifest-store"] * 2 + ["trust-list"]
    assert look.sink.contents["trust-list"] == Path(trust).read_bytes()
    store = json.loads(look.sink.kept[0][1])
    assert store["active_manifest"] == finding.values["active_manifest"]
    assert str(Path(trust).parent) not in str(encoded([finding]))


def test_a_second_run_keeps_the_same_bytes(write, good, trust):
    looks = [look_at(write(good), trust_list=trust) for _ in range(2)]
    assert encoded([one(looks[0])]) == encoded([one(looks[1])])
    assert looks[0].sink.kept == looks[1].sink.kept


def test_a_changed_list_is_another_setting_and_a_copy_of_it_is_not(write, signer, trust):
    before = LabelsAnalyzer(trust_list=trust)
    copied = pickle.loads(pickle.dumps(before))
    assert (copied, copied.trust_list.content) == (before, before.trust_list.content)
    assert deepcopy(before) == before
    Path(trust).write_bytes(signing("Other").authority.pem)
    assert LabelsAnalyzer(trust_list=trust) != before
    assert asdict(LabelsAnalyzer())["trust_list"] == ""


@pytest.mark.parametrize(
    "content", [b"", b"no certificates", b"-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----"]
)
def test_a_list_without_certificates_is_refused(content, write):
    with pytest.raises(UsageError) as raised:
        LabelsAnalyzer(trust_list=str(write(content, "list.pem")))
    assert raised.value.hint


def test_a_list_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        LabelsAnalyzer(trust_list=str(tmp_path / "none.pem"))


def test_the_date_of_a_list_is_that_of_its_file_where_it_states_none(write, signer):
    path = write(signer.authority.pem, "list.pem")
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", LabelsAnalyzer(trust_list=str(path)).trust_list.as_of)


UNREADABLE = {
    "boxes within boxes": with_store(nested_boxes(3000)),
    "one box": with_store(nested_boxes(1)),
    "a size beyond the end": with_store(b"\xff\xff\xff\xf0jumb" + nested_boxes(2)[8:]),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_manifest_that_cannot_be_read_is_invalid_with_the_readers_error(name, write):
    finding = found(write(UNREADABLE[name], "a.png"))
    assert (finding.result, finding.values["state"]) == (Result.INDETERMINATE, "invalid")
    assert len(finding.values["codes"]) == 1
    assert finding.gaps[0].why is GapReason.UNPARSABLE


def test_a_store_behind_the_end_of_a_clip_is_seen_and_not_checked(write, good):
    at = good.index(b"jumdc2pa") - 12
    finding = found(write(b"\x1a\x45\xdf\xa3" + bytes(500) + good[at : at + 9000], "a.mkv"))
    assert (finding.result, finding.values["state"]) == (Result.INDETERMINATE, "none")
    assert finding.where == ({"place": "C2PA manifest store", "offset": 504},)
    assert finding.gaps


def test_a_store_within_plain_text_is_seen_and_not_checked(write):
    """The wrapper of C2PA 2.3, A.8: its magic number as variation selectors."""
    mark = "".join(chr(0xE0100 + byte - 16) if byte >= 16 else chr(0xFE00 + byte) for byte in b"C2PATXT\0")
    finding = found(write(f"An article.\ufeff{mark}".encode(), "a.txt"))
    assert (finding.result, finding.values["state"]) == (Result.INDETERMINATE, "none")


def test_a_file_that_only_speaks_of_credentials_has_none(write, jpeg):
    comment = b"edited with c2pa tool; dc:provenance unknown"
    content = jpeg[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2) + comment + jpeg[2:]
    finding = found(write(content))
    assert (finding.result, finding.values["state"]) == (Result.NOT_FOUND, "none")


@pytest.mark.parametrize("content", [b"", b"\xff\xd8", b"%PDF-1.7\n", random.Random(4).randbytes(5000)])
def test_hardly_a_file_has_no_credentials(content, write):
    finding = found(write(content))
    assert finding.values["state"] == "none"
    assert finding.result is Result.NOT_FOUND or finding.gaps


def test_no_mutation_ends_in_an_exception_or_in_trust(write, good, trust):
    generator = random.Random(11)
    start, end = good.index(b"jumdc2pa") - 20, good.index(b"jumdc2pa") + 4000
    for _ in range(150):
        changed = bytearray(good)
        for _ in range(generator.choice((1, 3, 9))):
            changed[generator.randrange(start, end)] ^= generator.randrange(1, 256)
        finding = found(write(bytes(changed)), trust_list=trust)
        assert finding.values["state"] in {"invalid", "none", "trusted"}
        assert finding.result is not Result.NOT_FOUND or not finding.gaps


def test_half_a_signed_file_is_not_taken_for_a_whole_one(write, good):
    for share in (0.2, 0.5, 0.9):
        finding = found(write(good[: int(len(good) * share)]))
        assert finding.values["state"] == "invalid" or finding.gaps


def test_a_file_without_a_mark_costs_little(write, jpeg):
    path = write(jpeg + bytes(5 << 20))
    look = look_at(path)
    started = time.process_time()
    one(look)
    assert time.process_time() - started < 0.1
