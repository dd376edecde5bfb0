"""No credential is left in what may be written, every one is listed, and the original can be restored."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import quopri
from pathlib import Path

import pytest

from forensics.errors import StoreError
from forensics.model import GapReason
from forensics.web import secret_rules as rules
from forensics.web.exchange import Body, Exchange, SocketMessage, Via
from forensics.web.secret_mask import mask, mask_text
from forensics.web.secrets import Cleaned, Where, strip
from tests.unit.web.exchanges import SITE, START, Maker

SESSION = "9f8e7d6c5b4a3210"
BEARER = "tok.en-ABCDEF0123456789"
PASSWORD = "Zauber & Wörter 42"


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path)


def cleaned(maker: Maker, *exchanges: Exchange, **settings) -> Cleaned:
    folder = maker.folder / "clean"
    folder.mkdir()
    return strip(exchanges, folder, **settings)


def everything_open(result: Cleaned) -> bytes:
    """All that would be written in the open: the exchanges with their bodies, and the list."""
    parts = [repr(result.exchanges).encode(), repr(result.stripped).encode(), repr(result.known).encode()]
    for exchange in result.exchanges:
        for body in (exchange.request_body, exchange.body):
            parts += [body.path.read_bytes()] if body is not None and body.path is not None else []
    return b"\n".join(parts)


def sealed_lines(result: Cleaned) -> list[dict]:
    return [json.loads(line) for line in result.sealed.read_text("ascii").splitlines()]


def with_headers(maker: Maker, *, request=(), response=(), data=b"", **members) -> Exchange:
    return maker.exchange(f"{SITE}/", data, request_headers=request, response_headers=response, **members)


def test_values_of_cookies_go_and_names_and_attributes_stay(maker):
    exchange = with_headers(
        maker,
        request=(("Cookie", f"sid={SESSION}; lang=fr"),),
        response=(("set-cookie", f"sid={SESSION}; Path=/; HttpOnly\nlang=fr; Path=/"),),
    )
    result = cleaned(maker, exchange)
    (salt,) = (line["salt"] for line in sealed_lines(result) if "salt" in line)
    digest = hashlib.sha256(bytes.fromhex(salt) + SESSION.encode()).hexdigest()[:12]
    short = hashlib.sha256(bytes.fromhex(salt) + b"fr").hexdigest()[:12]
    assert result.exchanges[0].request_headers == (
        ("Cookie", f"sid=[stripped: sha256/12 {digest}]; lang=[stripped: sha256/12 {short}]"),
    )
    assert result.exchanges[0].header("set-cookie") == (
        f"sid=[stripped: sha256/12 {digest}]; Path=/; HttpOnly\nlang=[stripped: sha256/12 {short}]; Path=/"
    )
    assert [(one.where, one.name, one.digest) for one in result.stripped] == [
        (Where.REQUEST_HEADER, "Cookie: sid", digest),
        (Where.REQUEST_HEADER, "Cookie: lang", short),
        (Where.RESPONSE_HEADER, "set-cookie: sid", digest),
        (Where.RESPONSE_HEADER, "set-cookie: lang", short),
    ]


SECRET_HEADERS = {
    "Authorization": f"Bearer {BEARER}",
    "Proxy-Authorization": "Basic " + base64.b64encode(b"me:open sesame 1").decode(),
    "X-Csrf-Token": "abcdef0123456789",
    "x-xsrf-token": "abcdef0123456789",
    "X-Auth-Token": "abcdef0123456789",
    "X-Api-Key": "abcdef0123456789",
    "X-Amz-Security-Token": "abcdef0123456789",
}


@pytest.mark.parametrize("name", SECRET_HEADERS)
def test_the_value_of_a_secret_field_goes(maker, name):
    result = cleaned(maker, with_headers(maker, request=((name, SECRET_HEADERS[name]),)))
    assert "[stripped: sha256/12 " in result.exchanges[0].request_headers[0][1]
    assert SECRET_HEADERS[name].split()[-1].encode() not in everything_open(result)


INNOCENT_HEADERS = {
    "Access-Control-Allow-Credentials": "true",
    "WWW-Authenticate": 'Basic realm="members"',
    "Content-Type": "text/html",
    ":authority": "site.test",
    "ETag": '"abcdef0123456789"',
    "Sec-Fetch-Site": "same-origin",
}


@pytest.mark.parametrize("name", INNOCENT_HEADERS)
def test_other_fields_stay_as_they_are(maker, name):
    result = cleaned(maker, with_headers(maker, response=((name, INNOCENT_HEADERS[name]),)))
    assert result.exchanges[0].response_headers == ((name, INNOCENT_HEADERS[name]),)
    assert result.stripped == ()


PASSWORD_BODIES = {
    "form": b"user=me&password=x",
    "form with brackets": b"session%5Bpassword%5D=x&a=1",
    "form pwd": b"a=1&userPwd=x",
    "JSON": b'{"user": "me", "passwd": "x"}',
    "nested JSON": b'{"variables": {"input": {"newPassword": "x"}}}',
    "JSON in a string": b'{"body": "{\\"password\\": \\"x\\"}"}',
    "JSON with a number": b'{"otp": 123456}',
    "multipart": b'--b\r\nContent-Disposition: form-data; name="password"\r\n\r\nx\r\n--b--\r\n',
    "Chinese": '{"登录密码": "x"}'.encode(),
    "code beside a password": b"code=123456&pass=x",
}


@pytest.mark.parametrize("name", PASSWORD_BODIES)
def test_a_request_with_a_password_loses_its_body_and_that_of_its_answer(maker, name):
    exchange = maker.exchange(
        f"{SITE}/login", b"welcome", method="POST", request_body=maker.body(PASSWORD_BODIES[name])
    )
    result = cleaned(maker, exchange)
    (after,) = result.exchanges
    assert after.request_body is not None
    assert (after.request_body.path, after.body.path) == (None, None)
    assert after.request_body.gap is not None
    assert after.body.gap is not None
    assert (after.request_body.gap.why, after.body.gap.why) == (GapReason.WITHHELD, GapReason.WITHHELD)
    originals = {line["where"]: base64.b64decode(line["base64"]) for line in sealed_lines(result) if "base64" in line}
    assert originals == {"request-body": PASSWORD_BODIES[name], "response-body": b"welcome"}


OTHER_BODIES = {
    "a search": b"q=compass&page=2",
    "a flag": b'{"pass": true, "passwordless": false}',
    "an address": b'{"forgotPasswordUrl": "https://site.test/forgot"}',
    "a code alone": b"code=75001",
    "analytics": b'[{"event":"view","session":"12"}]',
    "nothing": b"",
}


@pytest.mark.parametrize("name", OTHER_BODIES)
def test_other_requests_keep_their_bodies(maker, name):
    exchange = maker.exchange(f"{SITE}/", b"answer", method="POST", request_body=maker.body(OTHER_BODIES[name]))
    result = cleaned(maker, exchange)
    assert result.exchanges[0].request_body == exchange.request_body
    assert result.exchanges[0].body == exchange.body
    assert result.stripped == ()


@pytest.mark.parametrize(
    "written",
    [
        PASSWORD.encode(),
        b"x=Zauber%20%26%20W%C3%B6rter%2042",
        b"x=Zauber+%26+W%c3%b6rter+42",
        b'["Zauber & W\\u00f6rter 42"]',
    ],
)
def test_a_password_that_was_used_is_found_under_any_name(maker, written):
    exchange = maker.exchange(f"{SITE}/x", b"ok", method="POST", request_body=maker.body(written))
    result = cleaned(maker, exchange, passwords=[PASSWORD])
    assert result.exchanges[0].body.path is None
    assert written not in everything_open(result)


def test_a_short_password_is_found_in_requests_and_not_looked_for_in_pages(maker):
    page = maker.exchange(f"{SITE}/", b"room 1234")
    login = maker.exchange(f"{SITE}/", b"ok", method="POST", request_body=maker.body(b"k=1234"))
    result = cleaned(maker, page, login, passwords=["1234"])
    assert result.exchanges[0] == page
    assert result.exchanges[1].body.path is None


def test_a_session_cookie_is_masked_where_else_it_occurs(maker):
    first = with_headers(maker, response=(("Set-Cookie", f"k={SESSION}; HttpOnly"),))
    page = maker.exchange(f"{SITE}/p?x={SESSION}", f"<a href='?s={SESSION}'>{SESSION}</a>".encode())
    result = cleaned(maker, first, page)
    stars = "*" * len(SESSION)
    after = result.exchanges[1]
    assert after.url == f"{SITE}/p?x={stars}"
    assert after.body.path is not None
    assert after.body.path.read_text() == f"<a href='?s={stars}'>{stars}</a>"
    assert after.body.size == page.body.size
    assert page.body.path is not None
    assert SESSION in page.body.path.read_text(), "the original is not touched"
    (body,) = (one for one in result.stripped if one.where == Where.RESPONSE_BODY)
    assert (body.exchange, body.count) == (page.number, 2)
    assert body.digest == result.stripped[0].digest, "the list shows which secret it was"


def test_a_masked_body_can_be_restored_from_the_sealed_list(maker):
    text = f"a {BEARER} b {BEARER.replace('.', '%2E')} c {BEARER}".encode()
    first = with_headers(maker, request=(("authorization", f"Bearer {BEARER}"),))
    result = cleaned(maker, first, maker.exchange(f"{SITE}/p", text))
    assert result.exchanges[1].body.path is not None
    restored = bytearray(result.exchanges[1].body.path.read_bytes())
    (line,) = (line for line in sealed_lines(result) if "masks" in line)
    for one in line["masks"]:
        value = base64.b64decode(one["base64"])
        restored[one["at"] : one["at"] + len(value)] = value
    assert bytes(restored) == text
    (header,) = (line for line in sealed_lines(result) if line.get("where") == "request-header")
    assert (header["name"], header["index"], header["value"]) == ("authorization", 0, f"Bearer {BEARER}")


def test_a_secret_over_the_edge_of_a_block_is_found(maker):
    text = b"x" * ((1 << 20) - 5) + SESSION.encode() + b"y" * 100
    first = with_headers(maker, response=(("Set-Cookie", f"k={SESSION}; HttpOnly"),))
    result = cleaned(maker, first, maker.exchange(f"{SITE}/p", text))
    assert SESSION.encode() not in everything_open(result)


def test_words_settings_and_dates_in_cookies_do_not_change_pages(maker):
    cookies = "theme=homepage; HttpOnly\nday=20261120; HttpOnly\nlast=" + SESSION
    first = with_headers(maker, response=(("Set-Cookie", cookies),))
    page = maker.exchange(f"{SITE}/p", f"homepage 20261120 {SESSION}".encode())
    result = cleaned(maker, first, page)
    assert result.exchanges[1] == page


def test_a_token_in_an_answer_is_masked_there_and_elsewhere(maker):
    answer = f'{{"access_token": "{BEARER}", "expires": 3600}}'.encode()
    token = maker.exchange(f"{SITE}/token", answer, media_type="application/json")
    page = maker.exchange(f"{SITE}/p", BEARER.encode())
    result = cleaned(maker, token, page)
    assert BEARER.encode() not in everything_open(result)


def test_pictures_and_video_are_never_changed(maker):
    first = with_headers(maker, response=(("Set-Cookie", f"k={SESSION}; HttpOnly"),))
    picture = maker.exchange(f"{SITE}/a.png", SESSION.encode(), media_type="image/png")
    result = cleaned(maker, first, picture)
    assert result.exchanges[1] == picture


def test_a_compressed_body_with_a_secret_goes_as_a_whole(maker):
    first = with_headers(maker, response=(("Set-Cookie", f"k={SESSION}; HttpOnly"),))
    body = maker.body(gzip.compress(f"<p>{SESSION}</p>".encode()))
    plain = with_headers(maker, response=(("Content-Encoding", "gzip"),), body=body, via=Via.PLAIN)
    result = cleaned(maker, first, plain)
    assert result.exchanges[1].body.path is None
    assert result.exchanges[1].body.gap is not None


CREDENTIAL_ADDRESSES = {
    "https://a.test/cb?access_token=secret99&x=1": "https://a.test/cb?access_token=********&x=1",
    "https://a.test/#id_token=abc": "https://a.test/#id_token=***",
    "https://a.test/;jsessionid=ABCDEF?p=1": "https://a.test/;jsessionid=******?p=1",
    "https://a.test/?PHPSESSID=abcd": "https://a.test/?PHPSESSID=****",
    "https://me:hush@a.test/": "https://me:****@a.test/",
    "https://a.test/?user=me&password=hush": "https://a.test/?user=me&password=****",
    "https://a.test/cb?code=abc&state=1": "https://a.test/cb?code=***&state=1",
    "https://a.test/?sid=0123456789abcdef0123456789abcdef": f"https://a.test/?sid={'*' * 32}",
}


@pytest.mark.parametrize("url", CREDENTIAL_ADDRESSES)
def test_login_credentials_in_addresses_are_masked(maker, url):
    result = cleaned(maker, maker.exchange(url, referrer=url, response_headers=(("Location", url),)))
    (after,) = result.exchanges
    wanted = CREDENTIAL_ADDRESSES[url]
    assert (after.url, after.referrer, after.header("location")) == (wanted, wanted, wanted)
    assert mask_text(url, result.known) == wanted
    assert {one.where for one in result.stripped} == {Where.URL, Where.RESPONSE_HEADER}


@pytest.mark.parametrize(
    "url",
    [
        "https://cdn.test/v.mp4?token=8f14e45fceea167a&expires=1790000000&sig=abc",
        "https://s3.test/v.mp4?X-Amz-Signature=0011&X-Amz-Credential=AKIA",
        "https://pan.baidu.com/s/1abc?pwd=x7yz",
        "https://a.test/?code=75001&sid=12",
        "https://maps.test/js?key=AIzaSyPublicSiteKey",
    ],
)
def test_what_identifies_a_file_or_page_stays_in_its_address(maker, url):
    exchange = maker.exchange(url)
    result = cleaned(maker, exchange)
    assert result.exchanges == (exchange,)


def test_messages_with_passwords_go_and_those_with_tokens_are_masked(maker):
    messages = (
        SocketMessage(START, True, True, b'{"password": "x"}'),
        SocketMessage(START, False, True, f"hello {SESSION}".encode()),
        SocketMessage(START, False, True, b'{"password": "is a word here"}'),
    )
    first = with_headers(maker, response=(("Set-Cookie", f"k={SESSION}; HttpOnly"),))
    result = cleaned(maker, first, maker.exchange("wss://site.test/", status=101, messages=messages))
    payloads = [message.payload for message in result.exchanges[1].messages]
    assert payloads[0].startswith(b"[stripped: sha256/12 ")
    assert payloads[1] == b"hello " + b"*" * len(SESSION)
    assert payloads[2] == messages[2].payload


def test_nothing_that_was_taken_out_is_in_what_is_open(maker):
    login = maker.exchange(
        f"{SITE}/login?next=%2F",
        f'{{"refresh_token": "{BEARER}"}}'.encode(),
        method="POST",
        media_type="application/json",
        request_body=maker.body(b"login=me&password=Zauber+%26+W%C3%B6rter+42"),
        response_headers=(("Set-Cookie", f"sid={SESSION}; HttpOnly"),),
    )
    page = with_headers(
        maker,
        request=(("Cookie", f"sid={SESSION}"), ("Authorization", f"Bearer {BEARER}")),
        data=f"<script>t='{BEARER}'; p='{PASSWORD}'</script>".encode(),
    )
    result = cleaned(maker, login, page, passwords=[PASSWORD])
    text = everything_open(result)
    for secret in (SESSION.encode(), BEARER.encode(), PASSWORD.encode(), b"W%C3%B6rter"):
        assert secret not in text
    assert result.sealed.read_text("ascii").count(SESSION) == 2


def test_every_capture_has_a_salt_of_its_own(tmp_path):
    digests = set()
    for name in "ab":
        (tmp_path / name).mkdir()
        maker = Maker(tmp_path / name)
        digests.add(cleaned(maker, with_headers(maker, request=(("Cookie", "a=1"),))).stripped[0].digest)
    assert len(digests) == 2


def test_values_are_in_no_text_form(maker):
    result = cleaned(maker, with_headers(maker, request=(("Authorization", f"Bearer {BEARER}"),)))
    assert BEARER not in repr(result)
    assert BEARER not in repr(rules.Named("a", BEARER.encode()))


def test_a_body_that_vanished_is_an_error(maker):
    gone = Body(maker.folder / "gone", 3)
    with pytest.raises(StoreError, match="secrets could not be taken out"):
        cleaned(maker, maker.exchange(f"{SITE}/", body=gone))


def known_session(maker: Maker):
    return cleaned(maker, with_headers(maker, response=(("Set-Cookie", f"k={SESSION}=; HttpOnly"),))).known


def test_known_secrets_are_masked_in_other_artifacts(maker):
    known = known_session(maker)
    masked = mask(f"console: {SESSION}= and {SESSION}%3D".encode(), known)
    assert masked.data == b"console: " + b"*" * 17 + b" and " + b"*" * 19
    assert (masked.count, masked.is_hidden) == (2, False)


def mhtml(coding: str, content: bytes) -> bytes:
    return (
        b"From: <Saved by Blink>\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/related; type="text/html"; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: "
        + coding.encode()
        + b"\r\n\r\n"
        + content
        + b"\r\n--b--\r\n"
    )


def test_a_secret_that_shows_only_after_decoding_an_mhtml_part_is_reported(maker):
    known = known_session(maker)
    html = f"<p>{'x' * 60} {SESSION}=</p>".encode()
    for coding, content in (("quoted-printable", quopri.encodestring(html)), ("base64", base64.encodebytes(html))):
        masked = mask(mhtml(coding, content), known)
        assert masked.is_hidden, coding
    masked = mask(mhtml("binary", html), known)
    assert (masked.count, masked.is_hidden) == (1, False)


def test_an_artifact_without_secrets_stays_as_it_is(maker):
    data = mhtml("base64", base64.encodebytes(b"<p>nothing</p>"))
    assert mask(data, known_session(maker)).data == data
