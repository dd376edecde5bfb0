"""What stands in a WARC is what was exchanged: read by hand, by warcio and by its command line."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import resource
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from forensics.errors import IntegrityError, MediaError, StoreError
from forensics.model import Gap, GapReason
from forensics.web.exchange import Body, Exchange, Tls, Via
from forensics.web.secrets import Stripped, Where
from forensics.web.warc import Resource, Summary, write
from forensics.web.warc_check import check
from forensics.web.warc_http import is_chunked
from forensics.web.warc_read import Record, read
from tests.unit.web.exchanges import HTML, PICTURE, SITE, START, TEXT, VIDEO, Maker, members_of


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path)


def written(maker: Maker, *exchanges: Exchange, **members) -> tuple[Path, Summary]:
    path = maker.folder / "capture.warc.gz"
    summary = write(path, exchanges, information={"software": "forensics 0.1.0"}, created_at=START, **members)
    return path, summary


def records(path: Path) -> list[tuple[Record, bytes]]:
    return [(record, record.payload.read()) for record in read(path)]


def only(path: Path, kind: str, uri: str = "") -> tuple[Record, bytes]:
    (found,) = [(one, data) for one, data in records(path) if one.kind == kind and one.uri.endswith(uri)]
    return found


def response_of(maker: Maker, **members) -> tuple[Record, bytes]:
    path, _ = written(maker, maker.exchange(f"{SITE}/", **members))
    assert check(path)
    return only(path, "response")


def run(*command: str) -> subprocess.CompletedProcess[str]:
    program = str(Path(sys.executable).parent / command[0])
    return subprocess.run([program, *command[1:]], capture_output=True, text=True, check=False)


def test_each_record_is_a_gzip_member_of_its_own(maker):
    path, summary = written(maker, *maker.every_kind())
    members = members_of(path)
    assert len(members) == summary.record_count
    for member in members:
        head, _, _ = member.partition(b"\r\n\r\n")
        length = int(re.search(rb"Content-Length: (\d+)", head)[1])
        assert member.startswith(b"WARC/1.1\r\n")
        assert member[len(head) + 4 :][length:] == b"\r\n\r\n"


def test_the_first_record_names_program_and_standard_and_no_host(maker):
    path, _ = written(maker, *maker.every_kind())
    first = members_of(path)[0].decode()
    assert "WARC-Type: warcinfo\r\n" in first
    assert "WARC-Filename: capture.warc.gz\r\n" in first
    assert "format: WARC File Format 1.1\r\n" in first
    assert "software: forensics 0.1.0\r\n" in first
    assert "hostname" not in first


def test_digests_are_sha256_of_block_and_payload(maker):
    path, _ = written(maker, maker.exchange(f"{SITE}/", HTML))
    (member,) = (one for one in members_of(path) if b"WARC-Type: response" in one)
    head, _, rest = member.partition(b"\r\n\r\n")
    block = rest[:-4]
    assert b"WARC-Block-Digest: sha256:" + hashlib.sha256(block).hexdigest().encode() in head
    assert b"WARC-Payload-Digest: sha256:" + hashlib.sha256(HTML).hexdigest().encode() in head
    assert block.endswith(b"\r\n\r\n" + HTML)


def test_warcio_reads_every_record_and_every_digest_holds(maker):
    path, summary = written(maker, *maker.every_kind())
    assert check(path, records=summary.record_count) == summary.record_count
    said = run("warcio", "check", "-v", str(path))
    assert (said.returncode, said.stdout.count("digest pass")) == (0, summary.record_count)
    assert "digest present but not checked" not in said.stdout


def test_warcio_gives_the_bodies_back(maker):
    path, _ = written(maker, *maker.every_kind())
    bodies = {}
    with path.open("rb") as stream:
        for record in ArchiveIterator(stream):
            if record.rec_type == "response":
                bodies[record.rec_headers["WARC-Target-URI"]] = record.content_stream().read()
    assert bodies[f"{SITE}/"] == HTML
    assert bodies[f"{SITE}/a.png"] == PICTURE
    assert bodies[f"{SITE}/v.mp4"] == VIDEO
    assert bodies[f"{SITE}/z"] == TEXT, "warcio takes the server's compression off"
    assert bodies[f"{SITE}/gone"] == b"<h1>no</h1>"


def test_a_request_stands_in_front_of_its_response(maker):
    path, _ = written(maker, maker.exchange(f"{SITE}/a?b=c#d", HTML))
    _, request, response = [record for record, _ in records(path)]
    assert (request.kind, response.kind) == ("request", "response")
    assert response.header("WARC-Concurrent-To") == request.id
    assert request.http is not None
    assert request.http.start == "GET /a?b=c HTTP/1.1"
    assert request.http.headers == (("Host", "site.test"), ("user-agent", "Chrome/156"))
    assert (request.uri, response.uri) == (f"{SITE}/a?b=c", f"{SITE}/a?b=c")
    assert (request.at, response.at) == (datetime(2026, 11, 20, 12, 0, 2, 123456, tzinfo=UTC),) * 2


def test_connection_and_maker_are_recorded(maker):
    record, _ = response_of(maker, data=HTML, server_ip="[2001:db8::1]", initiator=f"{SITE}/app.js")
    assert record.header("WARC-IP-Address") == "2001:db8::1"
    assert [value for name, value in record.headers if name == "WARC-Protocol"] == ["h2", "tls/1.3"]
    assert record.header("WARC-Cipher-Suite") == "TLS_AES_128_GCM_SHA256"
    about = json.loads(record.header("WARC-JSON-Metadata") or "")
    assert (about["via"], about["number"], about["initiator"]) == ("browser", 1, f"{SITE}/app.js")
    assert about["endedAt"] == "2026-11-20T12:00:02.163456Z"


def test_what_is_not_known_of_a_connection_is_not_stated(maker):
    record, _ = response_of(maker, server_ip="", tls=Tls("TLS 1.2", ""), http_version="")
    assert record.header("WARC-IP-Address") is None
    assert record.header("WARC-Cipher-Suite") is None
    assert record.header("WARC-Protocol") == "tls/1.2"


def test_fields_that_no_longer_fit_a_decoded_body_are_renamed(maker):
    headers = (
        ("Content-Encoding", "br"),
        ("Transfer-Encoding", "chunked"),
        ("Content-Length", "60"),
        ("ETag", '"1"'),
    )
    record, data = response_of(maker, data=HTML, response_headers=headers)
    assert record.http is not None
    assert record.http.headers == (
        ("X-Archive-Orig-Content-Encoding", "br"),
        ("X-Archive-Orig-Transfer-Encoding", "chunked"),
        ("X-Archive-Orig-Content-Length", "60"),
        ("Content-Length", str(len(HTML))),
        ("ETag", '"1"'),
    )
    assert data == HTML


def test_what_a_plain_client_received_stays_as_it_was(maker):
    squeezed = gzip.compress(TEXT)
    headers = (("Content-Encoding", "gzip"), ("Content-Length", str(len(squeezed))))
    record, data = response_of(maker, via=Via.PLAIN, body=maker.body(squeezed), response_headers=headers)
    assert record.http is not None
    assert (record.http.headers, data) == (headers, squeezed)


def test_a_body_with_its_chunks_keeps_the_field_that_says_so(maker):
    chunked = b"5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\n\r\n"
    headers = (("Transfer-Encoding", "chunked"),)
    record, data = response_of(maker, via=Via.PLAIN, body=maker.body(chunked), response_headers=headers)
    assert record.http is not None
    assert (record.http.headers, data) == (headers, chunked)


NOT_CHUNKED = {
    "text": b"hello world, this is no chunk\r\n",
    "text that starts like a chunk": b"5\r\nhello world",
    "no last chunk": b"5\r\nhello\r\n",
    "longer than the file": b"ffff\r\nhello",
    "something after the end": b"0\r\n\r\nmore\r\n\r\nx",
    "nothing": b"",
    "endless digits": b"f" * 100_000,
}


@pytest.mark.parametrize("name", NOT_CHUNKED)
def test_a_body_without_chunks_is_not_taken_for_one(maker, name):
    body = maker.body(NOT_CHUNKED[name])
    assert not is_chunked(body.path)
    record, _ = response_of(maker, via=Via.PLAIN, body=body, response_headers=(("Transfer-Encoding", "chunked"),))
    assert record.http is not None
    assert record.http.headers == (("X-Archive-Orig-Transfer-Encoding", "chunked"),)


HOSTILE_FIELDS = {
    "line feeds are several fields": (("set-cookie", "a=1\nb=2"), b"set-cookie: a=1\r\nset-cookie: b=2\r\n"),
    "carriage return": (("X-A", "1\r\n\r\nHTTP/1.1 200 OK"), b"X-A: 1\r\nX-A: \r\nX-A: HTTP/1.1 200 OK\r\n"),
    "a name with a colon": (("X: y\r\nZ", "1"), b"X__y__Z: 1\r\n"),
    "an empty name": (("", "1"), b"_: 1\r\n"),
    "control characters": (("X-A", "a\x00b\x0bc"), b"X-A: a b c\r\n"),
    "bytes as the browser gives them": (("X-A", "cafÃ©"), b"X-A: caf\xc3\xa9\r\n"),
    "Latin-1": (("X-A", "café"), b"X-A: caf\xe9\r\n"),
    "Chinese": (("X-A", "中文"), "X-A: 中文\r\n".encode()),
    "half a character": (("X-A", "中\ud800"), "X-A: 中?\r\n".encode()),
}


@pytest.mark.parametrize("name", HOSTILE_FIELDS)
def test_no_field_breaks_a_record(maker, name):
    field, wanted = HOSTILE_FIELDS[name]
    path, summary = written(maker, maker.exchange(f"{SITE}/", HTML, response_headers=(field,)))
    (member,) = (one for one in members_of(path) if b"WARC-Type: response" in one)
    block = member.partition(b"\r\n\r\n")[2]
    assert block == b"HTTP/1.1 200 \r\n" + wanted + b"\r\n" + HTML + b"\r\n\r\n"
    assert check(path) == summary.record_count


def test_no_address_or_text_breaks_a_record(maker):
    url = f"{SITE}/a b\r\nWARC-Type: evil/中?q=<é>"
    exchange = maker.exchange(
        url, HTML, method="GET / HTTP/1.1\r\nX: y", reason="OK\r\nX: y", error="a\r\nb", initiator="x\ny\ud800"
    )
    path, summary = written(maker, exchange)
    assert check(path) == summary.record_count
    record, data = only(path, "response")
    assert record.uri == f"{SITE}/a%20b%0D%0AWARC-Type:%20evil/%E4%B8%AD?q=<%C3%A9>"
    assert data == HTML
    assert [one.kind for one, _ in records(path)] == ["warcinfo", "request", "response"]


def test_a_redirect_is_kept_with_its_place_and_length(maker):
    headers = (("location", "https://site.test/中"), ("content-length", "154"))
    path, summary = written(maker, maker.exchange(f"{SITE}/old", status=302, response_headers=headers))
    record, data = only(path, "response")
    assert record.http is not None
    assert (record.http.status, record.http.header("location"), data) == (302, "https://site.test/ä¸\xad", b"")
    assert (record.http.header("content-length"), record.header("WARC-Truncated")) == ("0", "unspecified")
    assert [gap.why for gap in summary.gaps] == [GapReason.NOT_APPLICABLE]


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 304), ("GET", 204)])
def test_an_answer_that_has_no_body_keeps_the_length_it_states(maker, method, status):
    headers = (("content-length", "154"),)
    path, summary = written(maker, maker.exchange(f"{SITE}/", method=method, status=status, response_headers=headers))
    record, _ = only(path, "response")
    assert record.http is not None
    assert record.http.headers == headers
    assert (record.header("WARC-Truncated"), summary.gaps) == (None, ())


def test_a_request_without_an_answer_says_why(maker):
    exchange = maker.exchange(f"{SITE}/x", status=None, error="net::ERR_CONNECTION_TIMED_OUT")
    path, summary = written(maker, exchange)
    _, request, failure = [record for record, _ in records(path)]
    (_, text) = only(path, "metadata")
    assert text == b"fetchError: net::ERR_CONNECTION_TIMED_OUT\r\n"
    assert failure.header("WARC-Concurrent-To") == request.id
    assert (summary.failed, summary.failures[0].why) == (1, GapReason.TIMED_OUT)
    assert summary.records[exchange.number] == failure.id


def test_a_request_that_was_not_let_out_is_not_written_as_sent(maker):
    path, summary = written(maker, maker.exchange("http://10.0.0.1/", status=None, refused="a private address"))
    assert [record.kind for record, _ in records(path)] == ["warcinfo", "metadata"]
    assert b"refused: a private address\r\n" in only(path, "metadata")[1]
    assert (summary.refused, summary.failed) == (1, 0)
    assert summary.failures == (Gap("answer to GET http://10.0.0.1/", GapReason.REFUSED, "a private address"),)


TRUNCATED = {
    "limit": (Gap("body", GapReason.LIMIT, "x"), "", "length"),
    "time": (Gap("body", GapReason.TIMED_OUT, "x"), "", "time"),
    "lost": (Gap("body", GapReason.FAILED, "x"), "net::ERR_CONTENT_LENGTH_MISMATCH", "disconnect"),
    "unknown": (Gap("body", GapReason.FAILED, "x"), "", "unspecified"),
}


@pytest.mark.parametrize("name", TRUNCATED)
def test_a_cut_body_is_marked_and_stated(maker, name):
    gap, error, mark = TRUNCATED[name]
    exchange = maker.exchange(f"{SITE}/", body=maker.body(b"half", is_decoded=True, gap=gap), error=error)
    path, summary = written(maker, exchange)
    assert only(path, "response")[0].header("WARC-Truncated") == mark
    assert summary.gaps == (Gap(f"body of {SITE}/", gap.why, "x"),)
    assert summary.without_body == 0


def test_a_body_that_is_missing_without_a_reason_is_stated_all_the_same(maker):
    _, summary = written(maker, maker.exchange(f"{SITE}/", response_headers=(("content-length", "9"),)))
    assert [gap.why for gap in summary.gaps] == [GapReason.FAILED]
    assert summary.without_body == 1


def test_a_body_that_is_sealed_is_marked_and_does_not_count_as_missing(maker):
    body = Body(gap=Gap("body", GapReason.WITHHELD, "it is sealed"))
    path, summary = written(maker, maker.exchange(f"{SITE}/", body=body))
    assert only(path, "response")[0].header("WARC-Truncated") == "unspecified"
    assert (summary.gaps, summary.without_body) == ((), 0)


def test_credentials_of_an_address_are_not_in_a_gap(maker):
    url = f"{SITE}/cb?access_token=verysecret1&p={'x' * 400}"
    _, summary = written(maker, maker.exchange(url, body=Body(gap=Gap("body", GapReason.FAILED))))
    assert "verysecret1" not in summary.gaps[0].what
    assert len(summary.gaps[0].what) < 330


def test_messages_of_a_web_socket_are_kept_in_order(maker):
    path, _ = written(maker, *maker.every_kind())
    handshake, _ = only(path, "response", "/live")
    record, data = only(path, "metadata", "/live")
    assert handshake.uri == "wss://site.test/live"
    assert handshake.http is not None
    assert handshake.http.status == 101
    assert (record.uri, record.header("WARC-Concurrent-To")) == ("urn:websocket:wss://site.test/live", handshake.id)
    lines = [json.loads(line) for line in data.splitlines()]
    assert [(line["direction"], line["type"], line["data"]) for line in lines] == [
        ("sent", "text", "bonjour é"),
        ("received", "binary", "AAE="),
    ]


def test_a_part_of_a_file_does_not_stand_where_the_whole_one_does(maker):
    path, _ = written(maker, *maker.every_kind())
    whole, data = only(path, "response", "/v.mp4")
    part, _ = only(path, "resource", "/v.mp4")
    assert (whole.uri, data) == (f"{SITE}/v.mp4", VIDEO)
    assert part.uri == f"urn:partial:{SITE}/v.mp4"
    assert part.media_type == "application/http; msgtype=response"
    assert part.http is not None
    assert (part.http.status, part.http.header("content-range")) == (206, "bytes 0-253963/253964")


def test_a_part_alone_stands_under_its_address(maker):
    path, _ = written(maker, maker.exchange(f"{SITE}/v.mp4", VIDEO[:99], status=206))
    assert only(path, "response")[0].uri == f"{SITE}/v.mp4"


def test_errors_and_redirects_stand_under_their_address_whatever_else_came_from_there(maker):
    exchanges = [maker.exchange(f"{SITE}/", HTML, status=status) for status in (200, 302, 404, 500)]
    path, _ = written(maker, *exchanges)
    assert [record.http.status for record, _ in records(path) if record.kind == "response"] == [200, 302, 404, 500]


def test_the_second_fetch_does_not_stand_where_the_browsers_does(maker):
    path, _ = written(maker, *maker.every_kind())
    assert only(path, "response", f"{SITE}/")[1] == HTML
    second, data = only(path, "resource", f"{SITE}/")
    assert (second.uri, data) == (f"urn:plain:{SITE}/", b"<html>plain</html>")


def test_a_document_that_only_a_plain_client_fetched_is_a_response(maker):
    path, _ = written(maker, maker.exchange(f"{SITE}/", HTML, via=Via.PLAIN, is_navigation=True))
    assert only(path, "response")[0].uri == f"{SITE}/"


def test_addresses_that_no_network_served_are_left_out(maker):
    path, summary = written(maker, maker.exchange("data:text/plain,x", b"x"), maker.exchange("blob:https://a/1", b"x"))
    assert (len(records(path)), summary.total) == (1, 0)


def test_views_are_resources(maker):
    picture = maker.body(PICTURE)
    assert picture.path is not None
    resources = [
        Resource(f"urn:view:{SITE}/é", picture.path, "image/png", START),
        Resource(f"urn:text:{SITE}/", "Prix 5 €".encode(), "text/plain", START, (("WARC-Concurrent-To", "<urn:x>"),)),
        Resource(f"urn:fullPage:{SITE}/#tile=2", b"", "application/json", START),
    ]
    path, summary = written(maker, resources=resources)
    assert check(path) == summary.record_count == 4
    (view, picture_bytes), (text, text_bytes), (tile, nothing) = records(path)[1:]
    assert (view.kind, view.uri, view.media_type) == ("resource", f"urn:view:{SITE}/%C3%A9", "image/png")
    assert tile.uri == f"urn:fullPage:{SITE}/#tile=2"
    assert (picture_bytes, text_bytes, nothing) == (PICTURE, "Prix 5 €".encode(), b"")
    assert text.header("WARC-Concurrent-To") == "<urn:x>"


def test_what_was_stripped_is_listed_last_with_its_record(maker):
    exchange = maker.exchange(f"{SITE}/", HTML)
    stripped = [
        Stripped(exchange.number, Where.REQUEST_HEADER, "Cookie: sid", "a cookie", "0123456789ab"),
        Stripped(exchange.number, Where.RESPONSE_BODY, "", "another secret", "0123456789ab", 3),
    ]
    path, _ = written(maker, exchange, stripped=stripped)
    _, request, response, last = [record for record, _ in records(path)]
    lines = [json.loads(line) for line in records(path)[-1][1].splitlines()]
    assert (last.kind, last.uri) == ("metadata", "urn:stripped:exchanges")
    assert [line["record"] for line in lines] == [request.id, response.id]
    assert [line["count"] for line in lines] == [1, 3]


def test_large_bodies_do_not_fill_the_memory(maker):
    large = maker.folder / "large"
    with large.open("wb") as stream:
        for number in range(200):
            stream.write(hashlib.sha256(bytes([number])).digest() * (1 << 15))
    body = Body(large, large.stat().st_size, True)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    path, _ = written(maker, maker.exchange(f"{SITE}/v", media_type="video/mp4", body=body))
    size = sum(len(chunk) for chunk in payload_of(path))
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert size == 200 << 20
    assert after - before < 20 << 10, "in KiB"


def payload_of(path: Path) -> Iterator[bytes]:
    for record in read(path):
        if record.kind == "response":
            yield from iter(lambda record=record: record.payload.read(1 << 20), b"")


def test_an_existing_file_is_never_written_over(maker):
    path, _ = written(maker)
    with pytest.raises(StoreError, match="could not be written"):
        write(path, (), information={}, created_at=START)


def test_a_body_that_vanished_is_an_error(maker):
    with pytest.raises(StoreError, match="could not be written"):
        written(maker, maker.exchange(f"{SITE}/", body=Body(maker.folder / "gone", 4)))


def test_changed_bytes_are_found(maker):
    path, summary = written(maker, *maker.every_kind())
    data = path.read_bytes()
    heads = {match.start() + offset for match in re.finditer(rb"\x1f\x8b\x08", data) for offset in range(3, 10)}
    for place in set(range(30, len(data), len(data) // 60)) - heads:  # a member's head has a time that nobody reads
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        with pytest.raises(IntegrityError):
            check(path, records=summary.record_count)


def repacked(path: Path, old: bytes, new: bytes) -> None:
    """Writes the file anew with other bytes in one of its records, in sound gzip members."""
    members = members_of(path)
    assert any(old in member for member in members)
    path.write_bytes(b"".join(gzip.compress(member.replace(old, new)) for member in members))


def test_a_body_that_was_exchanged_under_its_digest_is_found(maker):
    path, _ = written(maker, maker.exchange(f"{SITE}/", HTML))
    repacked(path, b"Prix", b"PRIX")
    with pytest.raises(IntegrityError, match="digest failed"):
        check(path)


def test_a_wrong_digest_is_found(maker):
    path, _ = written(maker, maker.exchange(f"{SITE}/", HTML))
    digest = hashlib.sha256(HTML).hexdigest().encode()
    repacked(path, b"WARC-Payload-Digest: sha256:" + digest, b"WARC-Payload-Digest: sha256:" + b"0" * 64)
    with pytest.raises(IntegrityError, match="payload digest failed"):
        check(path)


def test_a_record_without_a_digest_is_found(maker):
    path, _ = written(maker, maker.exchange(f"{SITE}/", HTML))
    repacked(path, b"-Digest: sha256:", b"-Nothing: sha256:")
    with pytest.raises(IntegrityError, match="no digest to check"):
        check(path)


def test_a_missing_record_is_found(maker):
    path, summary = written(maker, maker.exchange(f"{SITE}/", HTML))
    path.write_bytes(b"".join(gzip.compress(member) for member in members_of(path)[:-1]))
    assert check(path) == summary.record_count - 1
    with pytest.raises(IntegrityError, match="and not the 3 that were written"):
        check(path, records=summary.record_count)


@pytest.mark.parametrize("cut", [1, 5, 9, 60, 400])
def test_a_cut_file_is_found(maker, cut):
    path, summary = written(maker, maker.exchange(f"{SITE}/", HTML))
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(IntegrityError):
        check(path, records=summary.record_count)


@pytest.mark.parametrize("extra", [b"x", b"\r\n", b"\x00" * 10])
def test_bytes_after_the_end_are_found(maker, extra):
    path, _ = written(maker, maker.exchange(f"{SITE}/", HTML))
    path.write_bytes(path.read_bytes() + extra)
    with pytest.raises(IntegrityError):
        check(path)


def test_a_file_that_is_not_there_cannot_be_checked(tmp_path):
    with pytest.raises(MediaError, match="cannot be read"):
        check(tmp_path / "none.warc.gz")


HEAD = b"WARC/1.1\r\nWARC-Type: resource\r\nWARC-Record-ID: <urn:x>\r\n"
HOSTILE = {
    "empty": b"",
    "random bytes": bytes(range(256)),
    "gzip of nothing": gzip.compress(b""),
    "cut gzip": gzip.compress(HEAD + b"Content-Length: 3\r\n\r\nabc\r\n\r\n")[:-9],
    "an HTML page": b"<html>not an archive</html>",
    "no length": HEAD + b"\r\nabc\r\n\r\n",
    "negative length": HEAD + b"Content-Length: -1\r\n\r\nabc\r\n\r\n",
    "length in words": HEAD + b"Content-Length: three\r\n\r\nabc\r\n\r\n",
    "too long": HEAD + b"Content-Length: 99999999999\r\n\r\nabc\r\n\r\n",
    "too short": HEAD + b"Content-Length: 1\r\n\r\nabc\r\n\r\n",
    "endless line": b"WARC/1.1\r\n" + b"A" * (2 << 20),
    "endless fields": b"WARC/1.1\r\n" + b"A: b\r\n" * 20_000,
    "endless fields of HTTP": HEAD
    + b"Content-Type: application/http\r\nContent-Length: 900000\r\n\r\n"
    + b"A: b\r\n" * 150_000,
    "fields without end": HEAD,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_an_error_and_says_nothing(tmp_path, name, capfd):
    path = tmp_path / "hostile.warc.gz"
    path.write_bytes(HOSTILE[name])
    with pytest.raises(MediaError):
        records(path)
    assert capfd.readouterr() == ("", "")


def test_an_uncompressed_archive_with_odd_fields_is_read(tmp_path):
    path = tmp_path / "other.warc"
    block = b"HTTP/1.0 abc\nX: 1\n folded\n\nbody"
    head = b"WARC/1.0\nWARC-Type: response\nWARC-Date: 2026-13-99T00:00:00Z\nWARC-Target-URI: <http://a.test/>\n"
    path.write_bytes(
        head + b"Content-Type: application/http;msgtype=response\nContent-Length: %d\n\n" % len(block) + block + b"\n\n"
    )
    ((record, data),) = records(path)
    assert (record.uri, record.at, record.size, data) == ("http://a.test/", None, 4, b"body")
    assert record.http is not None
    assert (record.http.status, record.http.headers) == (None, (("X", "1 folded"),))


def test_payloads_that_nobody_reads_are_skipped(maker):
    path, summary = written(maker, *maker.every_kind())
    assert len(list(read(path))) == summary.record_count
