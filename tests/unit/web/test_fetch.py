"""The plain HTTP client: exact bytes and heads, redirects under a policy, and no body that is called whole when cut."""

from __future__ import annotations

import base64
import gzip
import hashlib
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from forensics.errors import StoreError
from forensics.model import GapReason
from forensics.tools import run
from forensics.web.addresses import Answer, Policy, resolve
from forensics.web.exchange import Via
from forensics.web.fetch import Client, Fetched, Settings, proxy_facts
from forensics.web.fetch_trust import Trust, load_trust
from forensics.web.fetch_wire import Connection, Patience, WireError
from tests.unit.web.wire import Asked, Server, Signed, certify, in_turn, ranged, raw, redirect, reply

CLIP = bytes(range(256)) * 4096
"""1 MiB."""


def fetch(url: str, folder: Path, *, trust: Trust | None = None, **settings: Any) -> Fetched:
    names = ("policy", "resolver", "headers")
    given = {name: settings.pop(name) for name in names if name in settings}
    policy = given.get("policy") or Policy(allow_private=True)
    quick = {"pause_s": 0.01, "idle_s": 2.0, "connect_s": 2.0, "total_s": 20.0} | settings
    client = Client.new(
        policy, settings=Settings(**quick), trust=trust or Trust(), resolver=given.get("resolver", resolve)
    )
    return client.fetch(url, folder, headers=given.get("headers", ()))


def body_of(fetched: Fetched) -> bytes | None:
    return fetched.path.read_bytes() if fetched.path else None


def reasons(fetched: Fetched) -> list[GapReason]:
    return [gap.why for gap in fetched.gaps]


def test_the_bytes_are_those_that_were_sent(tmp_path: Path) -> None:
    with Server({"/clip.mp4": reply(CLIP, Content_Type="video/mp4")}) as server:
        fetched = fetch(server.url("/clip.mp4"), tmp_path)
    assert body_of(fetched) == CLIP
    assert (fetched.status, fetched.size, fetched.length, fetched.gaps) == (200, len(CLIP), len(CLIP), ())
    exchange = fetched.exchanges[0]
    assert (exchange.server_ip, exchange.server_port, exchange.via) == ("127.0.0.1", server.port, Via.PLAIN)
    assert (exchange.media_type, exchange.body.is_decoded, exchange.tls) == ("video/mp4", False, None)


def test_the_request_that_is_recorded_is_the_one_that_was_sent(tmp_path: Path) -> None:
    with Server({"/a%20b/%C3%A9": reply(b"x")}) as server:
        fetched = fetch(f"http://user:secret@127.0.0.1:{server.port}/a b/é?q=é#part", tmp_path)
    exchange = fetched.exchanges[0]
    assert exchange.url == f"http://127.0.0.1:{server.port}/a%20b/%C3%A9?q=%C3%A9"
    lines = ["GET /a%20b/%C3%A9?q=%C3%A9 HTTP/1.1", *(f"{name}: {value}" for name, value in exchange.request_headers)]
    assert server.log[0].raw.decode() == "\r\n".join([*lines, "", ""])
    assert b"secret" not in server.log[0].raw
    assert server.log[0].fields["accept-encoding"] == "identity"


def test_header_fields_keep_order_spelling_and_odd_lines(tmp_path: Path) -> None:
    head = (
        b"HTTP/1.1 200 Tr\xe8s bien\r\nX-b: 2\r\nx-A:  1  \r\nno colon here\r\nX-Long: one\r\n\ttwo\r\nX-b: 3\r\n"
        b"content-LENGTH: 2\r\n\r\n"
    )
    with Server({"/": raw(head + b"okEXTRA")}) as server:
        fetched = fetch(server.url("/"), tmp_path)
    exchange = fetched.exchanges[0]
    assert exchange.reason == "Très bien"
    assert exchange.response_headers == (
        ("X-b", "2"),
        ("x-A", "1"),
        ("X-Long", "one two"),
        ("X-b", "3"),
        ("content-LENGTH", "2"),
    )
    assert fetched.head is not None
    assert (fetched.head.raw, fetched.head.malformed, body_of(fetched)) == (head, 1, b"ok")


def test_interim_responses_are_not_taken_for_the_answer(tmp_path: Path) -> None:
    hints = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
    with Server({"/": raw(hints + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody")}) as server:
        fetched = fetch(server.url("/"), tmp_path)
    assert (fetched.status, body_of(fetched)) == (200, b"body")


def test_chunks_are_joined_whatever_their_spelling(tmp_path: Path) -> None:
    chunks = b"4;name=value\r\nWiki\r\n05\r\npedia\r\nE\r\n in\r\n\r\nchunks.\r\n0\r\nTrailer: x\r\n\r\n"
    with Server({"/": raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n" + chunks)}) as server:
        fetched = fetch(server.url("/"), tmp_path)
    assert (body_of(fetched), fetched.gaps) == (b"Wikipedia in\r\n\r\nchunks.", ())


def test_a_content_encoding_stays_on(tmp_path: Path) -> None:
    packed = gzip.compress(b"text" * 100)
    with Server({"/": reply(packed, Content_Encoding="gzip")}) as server:
        assert body_of(fetch(server.url("/"), tmp_path)) == packed


def test_a_body_without_length_ends_with_the_connection(tmp_path: Path) -> None:
    with Server({"/": raw(b"HTTP/1.0 200 OK\r\n\r\nall of it")}) as server:
        fetched = fetch(server.url("/"), tmp_path)
    assert (body_of(fetched), fetched.length, fetched.gaps) == (b"all of it", None, ())


def test_an_empty_body_is_an_empty_file_and_a_204_is_none(tmp_path: Path) -> None:
    routes = {"/empty": reply(b""), "/none": raw(b"HTTP/1.1 204 No Content\r\n\r\n")}
    with Server(routes) as server:
        (tmp_path / "a").mkdir()
        assert body_of(fetch(server.url("/empty"), tmp_path)) == b""
        assert body_of(fetch(server.url("/none"), tmp_path / "a")) is None


CUT = {
    "length": reply(b"only this", Content_Length="100"),
    "chunk": raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nonly this\r\n20\r\nhal"),
    "before the last chunk": raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nonly this\r\n"),
    "chunk size": raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nonly this\r\nZZ\r\n"),
    "no end of chunk": raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nonly thisXX\r\n0\r\n\r\n"),
}


@pytest.mark.parametrize("how", CUT)
def test_a_cut_body_is_a_gap_and_what_came_is_kept(how: str, tmp_path: Path) -> None:
    with Server({"/": CUT[how]}) as server:
        fetched = fetch(server.url("/"), tmp_path, attempts=1)
    assert (body_of(fetched) or b"").startswith(b"only this")
    assert len(fetched.gaps) == 1
    assert f"{fetched.size}" in fetched.gaps[0].detail
    assert fetched.exchanges[0].body.gap is not None


DOUBTFUL = {
    "two lengths": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd"),
    "no number": raw(b"HTTP/1.1 200 OK\r\nContent-Length: four\r\n\r\nabcd"),
    "coded for transfer": raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n"),
}


@pytest.mark.parametrize("how", DOUBTFUL)
def test_a_body_that_cannot_be_called_whole_is_a_gap(how: str, tmp_path: Path) -> None:
    with Server({"/": DOUBTFUL[how]}) as server:
        fetched = fetch(server.url("/"), tmp_path)
    assert (body_of(fetched), reasons(fetched)) == (b"abcd", [GapReason.UNPARSABLE])


NOT_HTTP = {
    "nothing": raw(b""),
    "noise": raw(b"SSH-2.0-OpenSSH_9\r\n\r\n"),
    "half a head": raw(b"HTTP/1.1 200 OK\r\nContent-"),
    "endless head": raw(b"HTTP/1.1 200 OK\r\n" + b"X-Field: yes\r\n" * 40000),
    "status": raw(b"HTTP/1.1 2x0 OK\r\n\r\n"),
}


@pytest.mark.parametrize("how", NOT_HTTP)
def test_what_is_no_http_is_a_gap_without_a_status(how: str, tmp_path: Path) -> None:
    with Server({"/": NOT_HTTP[how]}) as server:
        fetched = fetch(server.url("/"), tmp_path)
    assert (fetched.status, fetched.path, len(fetched.gaps)) == (None, None, 1)
    assert fetched.exchanges[-1].error


def test_a_connection_that_is_dropped_without_a_word_is_tried_once_more(tmp_path: Path) -> None:
    with Server({"/": in_turn(raw(b""), reply(b"now"))}) as server:
        fetched = fetch(server.url("/"), tmp_path)
    assert (body_of(fetched), len(fetched.exchanges), fetched.gaps) == (b"now", 2, ())


def slow(asked: Asked, connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(100):
        connection.sendall(b".")
        time.sleep(0.05)


def silent(asked: Asked, connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
    time.sleep(3)


def test_a_body_that_dribbles_ends_at_the_time_limit(tmp_path: Path) -> None:
    started = time.monotonic()
    with Server({"/": slow}) as server:
        fetched = fetch(server.url("/"), tmp_path, total_s=0.5)
    assert time.monotonic() - started < 2
    assert reasons(fetched) == [GapReason.TIMED_OUT]
    assert 0 < fetched.size < 100


def test_a_server_that_falls_silent_is_a_time_out_and_the_bytes_before_are_kept(tmp_path: Path) -> None:
    with Server({"/": silent}) as server:
        fetched = fetch(server.url("/"), tmp_path, idle_s=0.2, attempts=1)
    assert (body_of(fetched), reasons(fetched)) == (b"abc", [GapReason.TIMED_OUT])


def test_a_body_over_the_limit_is_cut_there_and_not_asked_for_again(tmp_path: Path) -> None:
    with Server({"/": ranged(CLIP)}) as server:
        fetched = fetch(server.url("/"), tmp_path, limit_bytes=1000)
        assert len(server.log) == 1
    assert (body_of(fetched), reasons(fetched)) == (CLIP[:1000], [GapReason.LIMIT])


def test_redirects_are_followed_and_each_is_an_exchange(tmp_path: Path) -> None:
    routes = {
        "/a": redirect("/b?x=1", "301 Moved Permanently"),
        "/b": redirect("../c", "307 Temporary Redirect"),
        "/c": reply(b"here"),
    }
    with Server(routes) as server:
        fetched = fetch(server.url("/a"), tmp_path)
        assert fetched.final_url == server.url("/c")
    assert [exchange.status for exchange in fetched.exchanges] == [301, 307, 200]
    assert [exchange.number for exchange in fetched.exchanges] == [1, 2, 3]
    assert (body_of(fetched), fetched.attempts) == (b"here", 1)


def test_redirects_in_a_circle_end(tmp_path: Path) -> None:
    with Server({"/a": redirect("/b"), "/b": redirect("/a")}) as server:
        fetched = fetch(server.url("/a"), tmp_path)
        assert len(server.log) == 2
    assert (fetched.status, reasons(fetched)) == (302, [GapReason.FAILED])


def test_endless_redirects_end_after_twenty(tmp_path: Path) -> None:
    def onward(asked: Asked, connection: socket.socket) -> None:
        redirect(f"/?n={len(server.log)}")(asked, connection)

    with Server({"/": onward}) as server:
        fetched = fetch(server.url("/"), tmp_path)
        assert len(server.log) == 21
    assert reasons(fetched) == [GapReason.LIMIT]


def test_a_redirect_to_another_scheme_is_refused(tmp_path: Path) -> None:
    with Server({"/": redirect("file:///etc/passwd")}) as server:
        fetched = fetch(server.url("/"), tmp_path)
    assert reasons(fetched) == [GapReason.REFUSED]
    assert (fetched.path, fetched.exchanges[-1].url) == (None, "file:///etc/passwd")
    assert fetched.exchanges[-1].refused


class PublicLoopback(Policy):
    """Takes 127.0.0.2 for a public address, so that a redirect from it to 127.0.0.1 leads from outside to inside."""

    def refusal_of(self, address: str) -> str:
        return "" if address == "127.0.0.2" else super().refusal_of(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "0x7f.1", "2130706433", "[::ffff:127.0.0.1]", "router.example"])
def test_a_redirect_to_a_private_address_is_refused_before_anything_is_sent(host: str, tmp_path: Path) -> None:
    def to_router(name: str) -> Answer:
        return Answer(name, ("127.0.0.1",)) if name == "router.example" else resolve(name)

    with Server({"/secret": reply(b"inside")}) as inside:
        to = f"http://{host}:{inside.port}/secret"
        with Server({"/": redirect(to)}, address="127.0.0.2") as outside:
            fetched = fetch(outside.url("/"), tmp_path, policy=PublicLoopback(), resolver=to_router)
        assert inside.log == []
    assert reasons(fetched) == [GapReason.REFUSED]
    assert "loopback" in fetched.exchanges[-1].refused
    assert fetched.path is None


def test_a_name_is_connected_to_at_the_address_that_was_judged(tmp_path: Path) -> None:
    answers = [("127.0.0.2",), ("127.0.0.1",)]

    def rebinding(name: str) -> Answer:
        return Answer(name, answers.pop(0))

    with Server({"/": reply(b"outside")}, address="127.0.0.2") as server:
        url = server.url("/", "changing.example")
        fetched = fetch(url, tmp_path, policy=PublicLoopback(), resolver=rebinding)
    assert (body_of(fetched), fetched.exchanges[0].server_ip) == (b"outside", "127.0.0.2")
    assert answers == [("127.0.0.1",)]


def test_a_name_without_address_is_a_gap(tmp_path: Path) -> None:
    def unknown(name: str) -> Answer:
        return Answer(name, error="Name or service not known")

    fetched = fetch("http://nothing.example/", tmp_path, resolver=unknown)
    assert (reasons(fetched), fetched.answers[0].error) == ([GapReason.FAILED], "Name or service not known")


def test_a_closed_port_is_a_gap(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    fetched = fetch(f"http://127.0.0.1:{port}/", tmp_path)
    assert (reasons(fetched), len(fetched.exchanges)) == ([GapReason.FAILED], 1)
    assert "Connection refused" in fetched.error


def test_a_connection_that_is_reset_before_it_is_used_is_a_wire_error() -> None:
    sock = socket.socket()  # asked for its other end, it answers as one that the server has reset
    with pytest.raises(WireError):
        Connection(sock, Patience(connect_s=1, idle_s=1, deadline=time.monotonic() + 5))
    assert sock.fileno() == -1


def test_an_interrupted_body_is_resumed_and_joined(tmp_path: Path) -> None:
    answer = in_turn(ranged(CLIP, cut=300_000), ranged(CLIP, cut=400_000), ranged(CLIP))
    with Server({"/clip": answer}) as server:
        fetched = fetch(server.url("/clip"), tmp_path)
        ranges = [asked.fields.get("range") for asked in server.log]
    assert body_of(fetched) == CLIP
    assert (fetched.gaps, fetched.parts, fetched.attempts, fetched.status) == ((), 3, 3, 200)
    assert ranges == [None, "bytes=300000-", "bytes=700000-"]
    assert [exchange.status for exchange in fetched.exchanges] == [200, 206, 206]
    assert [exchange.body.gap is None for exchange in fetched.exchanges] == [False, False, True]


def test_a_weak_tag_is_not_used_to_resume_but_an_old_modification_time_is(tmp_path: Path) -> None:
    times = {"Last_Modified": "Tue, 01 Jan 2030 00:00:00 GMT", "Date": "Tue, 01 Jan 2030 00:00:01 GMT"}
    answer = in_turn(ranged(CLIP, cut=1000, etag='W/"x"', **times), ranged(CLIP, etag='W/"x"', **times))
    with Server({"/clip": answer}) as server:
        fetched = fetch(server.url("/clip"), tmp_path)
        assert server.log[1].fields["if-range"] == times["Last_Modified"]
    assert (body_of(fetched), fetched.parts) == (CLIP, 2)


def test_without_a_validator_the_body_is_begun_again(tmp_path: Path) -> None:
    with Server({"/clip": in_turn(ranged(CLIP, cut=1000, etag=""), ranged(CLIP, etag=""))}) as server:
        fetched = fetch(server.url("/clip"), tmp_path)
        assert "range" not in server.log[1].fields
    assert (body_of(fetched), fetched.parts, fetched.gaps) == (CLIP, 1, ())


def test_a_file_that_changes_between_attempts_is_begun_again(tmp_path: Path) -> None:
    other = CLIP[::-1]
    with Server({"/clip": in_turn(ranged(CLIP, cut=1000), ranged(other, etag='"two"'))}) as server:
        fetched = fetch(server.url("/clip"), tmp_path)
    assert (body_of(fetched), fetched.was_changed, fetched.gaps, fetched.parts) == (other, True, (), 1)


INCONSISTENT = {
    "other tag in the part": ranged(CLIP, etag='"two"', cut=10),
    "other place": reply(b"x" * 10, status="206 Partial Content", Content_Range="bytes 5-14/1048576", ETag='"one"'),
    "other length": reply(b"x" * 9, status="206 Partial Content", Content_Range="bytes 1000-1008/1009", ETag='"one"'),
    "precondition": reply(b"", status="412 Precondition Failed"),
    "no such range": reply(b"", status="416 Range Not Satisfiable", Content_Range="bytes */500"),
}


@pytest.mark.parametrize("how", INCONSISTENT)
def test_parts_of_different_versions_are_never_joined(how: str, tmp_path: Path) -> None:
    with Server({"/clip": in_turn(ranged(CLIP, cut=1000), INCONSISTENT[how])}) as server:
        fetched = fetch(server.url("/clip"), tmp_path, attempts=2)
    assert body_of(fetched) == CLIP[:1000]
    assert (reasons(fetched), fetched.was_changed) == ([GapReason.CHANGED], True)


def test_a_server_that_is_away_for_a_while_is_asked_again(tmp_path: Path) -> None:
    busy = reply(b"busy", status="503 Service Unavailable")
    with Server({"/clip": in_turn(ranged(CLIP, cut=1000), raw(b""), busy, ranged(CLIP))}) as server:
        fetched = fetch(server.url("/clip"), tmp_path)
    assert (body_of(fetched), fetched.gaps) == (CLIP, ())


def test_a_server_that_forbids_to_go_on_is_not_asked_again(tmp_path: Path) -> None:
    forbidden = reply(b"no", status="403 Forbidden")
    with Server({"/clip": in_turn(ranged(CLIP, cut=1000), forbidden)}) as server:
        fetched = fetch(server.url("/clip"), tmp_path)
        assert len(server.log) == 2
    assert (body_of(fetched), reasons(fetched)) == (CLIP[:1000], [GapReason.FAILED])


def test_a_part_without_being_asked_for_one_is_a_gap(tmp_path: Path) -> None:
    part = reply(b"x" * 10, status="206 Partial Content", Content_Range="bytes 0-9/100")
    with Server({"/clip": part}) as server:
        fetched = fetch(server.url("/clip"), tmp_path)
    assert (reasons(fetched), fetched.size, fetched.length) == ([GapReason.FAILED], 10, 100)


def digest_of(content: bytes, name: str) -> str:
    return base64.b64encode(hashlib.new(name, content).digest()).decode()


def test_digests_that_the_server_states_are_compared(tmp_path: Path) -> None:
    fields = {
        "Content_MD5": digest_of(CLIP, "md5"),
        "Digest": f"SHA-256={digest_of(CLIP, 'sha256')},crc32c=AAAA",
        "Repr_Digest": f"sha-512=:{digest_of(CLIP, 'sha512')}:, sha-256=:{digest_of(b'other', 'sha256')}:",
        "Content_Digest": "sha-256=:bm90IGEgZGlnZXN0:",
    }
    with Server({"/": reply(CLIP, **fields)}) as server:
        fetched = fetch(server.url("/"), tmp_path)
    assert [(one.field, one.algorithm, one.outcome) for one in fetched.digests] == [
        ("content-md5", "md5", "same"),
        ("digest", "sha-256", "same"),
        ("digest", "crc32c", "not-compared"),
        ("repr-digest", "sha-512", "same"),
        ("repr-digest", "sha-256", "differs"),
        ("content-digest", "sha-256", "not-compared"),
    ]
    assert fetched.digests[1].stated == hashlib.sha256(CLIP).hexdigest()
    assert reasons(fetched) == [GapReason.CHANGED]


def test_a_digest_is_compared_with_the_joined_body_and_never_with_a_part(tmp_path: Path) -> None:
    (tmp_path / "cut").mkdir()
    tag = {"Repr_Digest": f"sha-256=:{digest_of(CLIP, 'sha256')}:"}
    routes = {
        "/whole": in_turn(ranged(CLIP, cut=1000, **tag), ranged(CLIP)),
        "/cut": in_turn(ranged(CLIP, cut=1000, **tag), reply(b"", status="403 Forbidden")),
    }
    with Server(routes) as server:
        whole = fetch(server.url("/whole"), tmp_path)
        cut = fetch(server.url("/cut"), tmp_path / "cut")
    assert [one.outcome for one in whole.digests + cut.digests] == ["same", "not-compared"]


@pytest.fixture
def authority(tmp_path: Path) -> Signed:
    return certify(tmp_path, "test authority")


def test_an_encrypted_connection_is_described_with_its_whole_chain(authority: Signed, tmp_path: Path) -> None:
    own = certify(tmp_path, "server", by=authority)
    with Server({"/": reply(b"safe")}, context=own.context()) as server:
        fetched = fetch(server.url("/"), tmp_path, trust=Trust((authority.pem,)))
    tls = fetched.exchanges[0].tls
    assert tls is not None
    assert (body_of(fetched), tls.protocol, fetched.alpn) == (b"safe", "TLS 1.3", "http/1.1")
    assert tls.cipher.startswith("TLS_")
    assert tls.chain == (own.der, authority.der)


def test_bad_certificates_are_refused_and_kept(authority: Signed, tmp_path: Path) -> None:
    stranger = certify(tmp_path, "stranger")
    bad = {
        "certificate has expired": certify(tmp_path, "expired", by=authority, days=(-9, -1)),
        "certificate is not yet valid": certify(tmp_path, "early", by=authority, days=(1, 9)),
        "IP address mismatch": certify(tmp_path, "wrong host", by=authority, host="other.example"),
        "self-signed certificate": certify(tmp_path, "self-signed"),
        "self-signed certificate in certificate chain": certify(tmp_path, "unknown", by=stranger),
    }
    for reason, own in bad.items():
        with Server({"/": reply(b"unsafe")}, context=own.context()) as server:
            fetched = fetch(server.url("/"), tmp_path, trust=Trust((authority.pem,)))
            assert server.log == []
        assert reason in fetched.error
        assert (fetched.status, fetched.path, reasons(fetched)) == (None, None, [GapReason.FAILED])
        tls = fetched.exchanges[0].tls
        assert tls is not None
        assert tls.chain[0] == own.der
        assert fetched.exchanges[0].server_ip == "127.0.0.1"


def test_an_encrypted_body_without_length_that_ends_without_a_sign_is_doubtful(
    authority: Signed, tmp_path: Path
) -> None:
    def ragged(asked: Asked, connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\nperhaps all")

    def clean(asked: Asked, connection: socket.socket) -> None:
        ragged(asked, connection)
        connection.unwrap()  # type: ignore[attr-defined]

    own = certify(tmp_path, "server", by=authority)
    with Server({"/ragged": ragged, "/clean": clean}, context=own.context()) as server:
        (tmp_path / "a").mkdir()
        doubtful = fetch(server.url("/ragged"), tmp_path, trust=Trust((authority.pem,)))
        sure = fetch(server.url("/clean"), tmp_path / "a", trust=Trust((authority.pem,)))
    assert (body_of(doubtful), reasons(doubtful)) == (b"perhaps all", [GapReason.FAILED])
    assert (body_of(sure), reasons(sure)) == (b"perhaps all", [])


def test_plain_http_on_an_encrypted_port_is_a_gap(tmp_path: Path) -> None:
    def speak_plainly(listener: socket.socket) -> None:
        with listener.accept()[0] as connection:
            connection.recv(1)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=speak_plainly, args=(listener,), daemon=True).start()
        fetched = fetch(f"https://127.0.0.1:{listener.getsockname()[1]}/", tmp_path)
    assert (fetched.status, reasons(fetched)) == (None, [GapReason.FAILED])


def test_authorities_that_the_user_added_for_chromium_are_trusted(authority: Signed, tmp_path: Path) -> None:
    database = tmp_path / "home" / ".pki" / "nssdb"
    database.mkdir(parents=True)
    pem = tmp_path / "authority-only.pem"
    pem.write_text(authority.pem)
    leaf = tmp_path / "leaf-only.pem"
    leaf.write_text(certify(tmp_path, "someone").pem)
    nss = f"sql:{database}"
    assert run(["certutil", "-N", "-d", nss, "--empty-password"]).returncode == 0
    for nickname, flags, path in (("My own CA, Ltd", "C,,", pem), ("for mail only", ",C,", leaf)):
        assert run(["certutil", "-A", "-d", nss, "-n", nickname, "-t", flags, "-i", str(path)]).returncode == 0
    trust = load_trust(tmp_path / "home")
    assert trust.describe()["added_sha256"] == [hashlib.sha256(authority.der).hexdigest()]
    own = certify(tmp_path, "server", by=authority)
    with Server({"/": reply(b"safe")}, context=own.context()) as server:
        assert body_of(fetch(server.url("/"), tmp_path, trust=trust)) == b"safe"


def test_a_home_without_database_adds_no_authority(tmp_path: Path) -> None:
    assert load_trust(tmp_path) == Trust()


def test_a_broken_database_is_stated(tmp_path: Path) -> None:
    database = tmp_path / ".pki" / "nssdb"
    database.mkdir(parents=True)
    (database / "cert9.db").write_bytes(b"no database")
    trust = load_trust(tmp_path)
    assert trust.added == ()
    assert trust.note


def test_proxies_of_the_environment_are_stated_and_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with Server({"/": reply(b"direct")}) as server:
        assert body_of(fetch(server.url("/"), tmp_path)) == b"direct"
    assert proxy_facts()["used"] is False
    assert "http_proxy" in proxy_facts()["variables_set"]


def test_a_header_with_a_line_break_is_not_sent(tmp_path: Path) -> None:
    with Server({"/": reply(b"x")}) as server:
        fetched = fetch(server.url("/"), tmp_path, headers=(("X-A", "b\r\nX-Evil: c"),))
        assert server.log == []
    assert fetched.status is None


def test_a_body_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "body-000001").write_bytes(b"in the way")
    with Server({"/": reply(b"x")}) as server, pytest.raises(StoreError):
        fetch(server.url("/"), tmp_path)
