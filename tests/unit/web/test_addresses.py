"""Which addresses a capture may reach: odd spellings, names that point inside, and the page's own address."""

from __future__ import annotations

import socket

import pytest

from forensics.errors import UsageError
from forensics.web.addresses import Answer, Policy, Verdict, host_of, is_private, kind_of, resolve, shown

PRIVATE = {
    "0.0.0.0": "this network",
    "10.1.2.3": "private",
    "100.64.0.1": "shared by a carrier",
    "127.255.255.254": "loopback",
    "169.254.169.254": "link-local",
    "172.31.255.255": "private",
    "192.0.2.7": "reserved",
    "192.168.0.1": "private",
    "198.18.0.1": "reserved",
    "203.0.113.5": "reserved",
    "224.0.0.251": "multicast",
    "255.255.255.255": "reserved",
    "::": "this network",
    "::1": "loopback",
    "::7f00:1": "reserved",
    "::ffff:192.168.0.1": "private",
    "64:ff9b::a00:1": "private",
    "2002:7f00:1::": "loopback",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2": "reserved",
    "2001:db8::1": "reserved",
    "fd00::1": "unique local",
    "fe80::1%eth0": "link-local",
    "[fe80::1]": "link-local",
    "ff02::fb": "multicast",
    "4000::1": "reserved",
    "example.org": "not an address",
    "": "not an address",
}

PUBLIC = (
    "1.1.1.1",
    "100.63.255.255",
    "100.128.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.167.255.255",
    "223.255.255.255",
    "2001:4860:4860::8888",
    "2606:4700::1111",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
)


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_that_are_not_public_are_told_by_their_kind(address: str) -> None:
    assert kind_of(address) == PRIVATE[address]
    assert is_private(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_have_no_kind(address: str) -> None:
    assert kind_of(address) == ""
    assert not is_private(address)


SPELLINGS = {
    "http://127.1/": "127.0.0.1",
    "http://0x7f.1/": "127.0.0.1",
    "http://0X7F000001/": "127.0.0.1",
    "http://2130706433/": "127.0.0.1",
    "http://017700000001/": "127.0.0.1",
    "http://127.0.0.1./": "127.0.0.1",
    "http://%31%32%37.0.0.1/": "127.0.0.1",
    "http://\uff11\uff12\uff17.0.0.1/": "127.0.0.1",
    "http://127\u30020\u30020\u30021/": "127.0.0.1",
    "http://192.168.257/": "192.168.1.1",
    "http://0x/": "0.0.0.0",
    "http://[::FFFF:127.0.0.1]:8080/": "::ffff:7f00:1",
    "http://[fe80::1%25eth0]/": "fe80::1",
    "http://user@name:pass@EXAMPLE.org.:80/": "example.org",
    "http://example.org\\@127.0.0.1/": "example.org",
    "http:\\\\127.0.0.1\\": "127.0.0.1",
    "http://exam\tple.org/": "example.org",
    "http://b\u00fccher.example/": "xn--bcher-kva.example",
    "http://xn--bcher-kva.example/": "xn--bcher-kva.example",
    "http://1.2.3.4.example/": "1.2.3.4.example",
}
"""What browsers make of these; the numbers as in the WHATWG URL Standard, section 3.5."""


@pytest.mark.parametrize("url", SPELLINGS)
def test_a_host_is_read_as_browsers_read_it(url: str) -> None:
    assert host_of(url) == SPELLINGS[url]


NO_HOST = (
    "http:///path",
    "http://256.256.256.256/",
    "http://1.2.3.4.5/",
    "http://09.1/",
    "http://0x100000000/",
    "http://4294967296/",
    "http://[::1/",
    "http://[::g]/",
    "http://a..b/",
    "http://a b/",
    "http://%00/",
    "http://example.org:99999/",
    "http://example.org:port/",
    "//",
    "",
    "nonsense",
)


@pytest.mark.parametrize("url", NO_HOST)
def test_what_no_browser_accepts_has_no_host(url: str) -> None:
    with pytest.raises(UsageError):
        host_of(url)
    assert Policy(allow_private=True).judge(url).refused


def names(**table: str):
    return lambda host: Answer(host, tuple(table[host].split())) if host in table else resolve(host)


def test_a_name_that_points_inside_is_refused() -> None:
    resolver = names(mixed="93.184.216.34 10.0.0.1", outside="93.184.216.34 2606:2800::1")
    assert "10.0.0.1" in Policy().judge("http://mixed/", resolver=resolver).refused
    verdict = Policy().judge("https://outside/", resolver=resolver)
    assert verdict == Verdict("", "outside", 443, Answer("outside", ("93.184.216.34", "2606:2800::1")))


def test_localhost_and_every_name_below_it_are_the_machine_itself() -> None:
    for host in ("localhost", "LOCALHOST.", "app.localhost"):
        assert "loopback" in Policy().judge(f"http://{host}/").refused


def test_a_private_page_may_reach_private_addresses_and_a_public_one_may_not() -> None:
    resolver = names(intranet="10.0.0.1", outside="93.184.216.34")
    inside = Policy.for_page("http://intranet/", resolver=resolver)
    outside = Policy.for_page("http://outside/", resolver=resolver)
    assert inside.judge("http://192.168.1.1/").refused == ""
    assert outside.judge("http://192.168.1.1/").refused == "192.168.1.1 is not a public address (private)"
    assert Policy.for_page("http://outside/", allow_private=True, resolver=resolver).allow_private


def test_a_page_without_host_allows_nothing_private() -> None:
    assert Policy.for_page("nonsense") == Policy()


def test_only_web_schemes_pass_and_more_of_them_in_a_browser() -> None:
    for url in ("file:///etc/passwd", "ftp://1.1.1.1/", "javascript:alert(1)", "gopher://1.1.1.1/", "chrome://version"):
        assert Policy(allow_private=True).judge(url).refused
        assert Policy(allow_private=True).judge(url, in_browser=True).refused
    for url in ("data:text/plain,x", "blob:http://a/b", "about:blank"):
        assert Policy().judge(url).refused
        assert Policy().judge(url, in_browser=True) == Verdict()
    assert Policy().judge("ws://1.1.1.1/", in_browser=True).port == 80
    assert Policy().judge("wss://127.0.0.1/", in_browser=True).refused


def test_a_name_without_address_is_not_refused_but_has_none() -> None:
    verdict = Policy().judge("http://no-such-name.invalid/", resolver=lambda host: Answer(host, error="unknown"))
    assert (verdict.refused, verdict.answer) == ("", Answer("no-such-name.invalid", error="unknown"))


def test_the_resolver_gives_every_address_once(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(2, 1, 6, "", ("1.1.1.1", 0)), (2, 1, 6, "", ("1.1.1.1", 0)), (10, 1, 6, "", ("fe80::1%eth0", 0, 0, 2))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    answer = resolve("a.example")
    assert answer.describe() == {
        "name": "a.example",
        "addresses": ["1.1.1.1", "fe80::1"],
        "source": "system resolver",
        "error": "",
    }


def test_a_resolver_that_fails_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    assert resolve("a.example") == Answer("a.example", error="Name or service not known")
    monkeypatch.undo()
    assert resolve("a" * 70 + ".example").error


def test_an_address_needs_no_resolver() -> None:
    assert resolve("1.1.1.1").describe()["source"] == "literal address"


def test_messages_show_no_user_name_and_no_query() -> None:
    assert shown("https://user:pass@a.example/b?token=c#d") == "https://a.example/b"
    assert len(shown("https://a.example/" + "x" * 999)) == 200
    assert shown("http://[") == "an address that cannot be read"
