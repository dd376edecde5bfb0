"""Decides which network addresses a capture may reach: a page must not make the operator's own network answer."""

from __future__ import annotations

import ipaddress
import re
import socket
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from forensics.errors import UsageError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

PORTS = {"http": 80, "https": 443}
"""Schemes that are requested over the network by a plain client, with their ports. *Source:* RFC 9110, section 4.2."""

BROWSER_SCHEMES = {"ws": 80, "wss": 443, "data": 0, "blob": 0, "about": 0}
"""Further schemes that pass in a browser; those with port 0 do not leave the machine. *Source:* RFC 6455, section 3."""

SPECIAL_V4 = {
    "0.0.0.0/8": "this network",
    "10.0.0.0/8": "private",
    "100.64.0.0/10": "shared by a carrier",
    "127.0.0.0/8": "loopback",
    "169.254.0.0/16": "link-local",
    "172.16.0.0/12": "private",
    "192.0.0.0/24": "reserved",
    "192.0.2.0/24": "reserved",
    "192.88.99.0/24": "reserved",
    "192.168.0.0/16": "private",
    "198.18.0.0/15": "reserved",
    "198.51.100.0/24": "reserved",
    "203.0.113.0/24": "reserved",
    "224.0.0.0/4": "multicast",
    "240.0.0.0/4": "reserved",
}
"""*Source:* IANA IPv4 Special-Purpose Address Registry; RFC 5771 for multicast."""

SPECIAL_V6 = {
    "::1/128": "loopback",
    "::/128": "this network",
    "fc00::/7": "unique local",
    "fe80::/10": "link-local",
    "fec0::/10": "private",
    "ff00::/8": "multicast",
    "2001::/23": "reserved",
    "2001:db8::/32": "reserved",
    "3fff::/20": "reserved",
}
"""*Source:* IANA IPv6 Special-Purpose Address Registry. Whatever is outside 2000::/3 is reserved besides (RFC 4291)."""

GLOBAL_V6 = "2000::/3"
NAT64 = "64:ff9b::/96"
"""Addresses that stand for the IPv4 address in their last 32 bits. *Source:* RFC 6052, section 2.1."""

_DOTS = str.maketrans("\u3002\uff0e\uff61", "...")
_FORBIDDEN = re.compile(r"[\x00-\x20#%/:<>?@\[\\\]^`{|}\x7f]")
_SHOWN_LENGTH = 200
_TOO_LARGE = 1 << 32
_LAST_NUMBER = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)$")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the system's resolver said about a name.

    Attributes:
        addresses: All addresses, in the resolver's order; empty where there are none.
        error: Why there are none; empty where there are some.
    """

    name: str
    addresses: tuple[str, ...] = ()
    error: str = ""

    def describe(self) -> dict[str, Any]:
        """Gives it as records carry it."""
        source = "literal address" if self.addresses == (self.name,) else "system resolver"
        return {"name": self.name, "addresses": list(self.addresses), "source": source, "error": self.error}


Resolver = Callable[[str], Answer]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a URL may be requested, and of which addresses.

    Attributes:
        refused: Why it may not; empty where it may.
        host: Name or address in the form in which it is resolved; empty where the URL has none.
        port: Port; 0 where the URL has none.
        answer: What the resolver said; None where nothing was to be resolved.
    """

    refused: str = ""
    host: str = ""
    port: int = 0
    answer: Answer | None = None


def kind_of(address: str) -> str:
    """Says what is special about an IP address: `loopback`, `private`, …; empty for an ordinary public one.

    IPv4 addresses inside of IPv6 ones (mapped, NAT64, 6to4) are judged as the IPv4 address that they stand for.

    Args:
        address: An IP address, with or without brackets and zone. Text that is none is `not an address`.
    """
    bare = address.strip("[]").partition("%")[0]
    try:
        parsed = ipaddress.ip_address(bare)
    except ValueError:
        return "not an address"
    return _kind(parsed)


def is_private(address: str) -> bool:
    """Whether an IP address is anything but an ordinary public one; also true for text that is no address."""
    return kind_of(address) != ""


def host_of(url: str) -> str:
    """Gives a URL's host as it is connected to: lower case, no final dot, IP addresses in their usual spelling.

    Spellings are read as browsers read them: `0x7f.1`, `2130706433`, `017700000001` and full-width digits are all
    127.0.0.1. International names are in their ASCII form.

    Raises:
        UsageError: The URL has no host, or one that no browser would accept.
    """
    raw = split(url).hostname or ""
    if "[" in split(url).netloc:
        return _v6(raw)
    host = _ascii(unicodedata.normalize("NFKC", unquote(raw)).translate(_DOTS).lower()).removesuffix(".")
    if not host or _FORBIDDEN.search(host) or ".." in host or host.startswith("."):
        raise UsageError(f"{raw!r} is not the name of a host", hint="Check the address.")
    if _LAST_NUMBER.fullmatch(host.rpartition(".")[2]):
        return _v4(host)
    return host


def split(url: str) -> SplitResult:
    """Takes a URL apart as browsers do: a backslash is a slash.

    Raises:
        UsageError: It is no URL.

    Source: WHATWG URL Standard, section 4.4, for special schemes.
    """
    before, mark, after = url.partition("?")
    try:
        parts = urlsplit((before.replace("\\", "/") + mark + after).strip())
        _ = parts.port
    except ValueError as error:
        raise UsageError(f"{url[:200]!r} is not a web address: {error}", hint="Check the address.") from error
    return parts


def shown(url: str) -> str:
    """Gives a URL for messages: without user name, query and fragment, which may hold secrets; cut where it is long."""
    try:
        parts = split(url)
    except UsageError:
        return "an address that cannot be read"
    place = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    return place if len(place) <= _SHOWN_LENGTH else place[: _SHOWN_LENGTH - 1] + "…"


def resolve(host: str) -> Answer:
    """Asks the system's resolver (hosts file included) for all addresses of a host.

    Args:
        host: A name or an address as `host_of` gives it.
    """
    if kind_of(host) != "not an address":
        return Answer(host, (host,))
    if host == "localhost" or host.endswith(".localhost"):
        return Answer(host, ("127.0.0.1", "::1"))
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        return Answer(host, error=getattr(error, "strerror", None) or str(error))
    return Answer(host, tuple(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found)))


@dataclass(frozen=True, slots=True)
class Policy:
    """Decides which URLs may be requested.

    Attributes:
        allow_private: Whether addresses that are not public may be reached: because the user said so, or because the
            page itself is on one.
    """

    allow_private: bool = False

    @classmethod
    def for_page(cls, url: str, *, allow_private: bool = False, resolver: Resolver = resolve) -> Policy:
        """Makes the policy for a page and everything that it asks for.

        Args:
            url: The page, as the user asked for it.
            allow_private: Whether the user allows private addresses for all pages.
            resolver: Resolves the page's host.
        """
        if allow_private:
            return cls(allow_private=True)
        try:
            addresses = resolver(host_of(url)).addresses
        except UsageError:
            return cls()
        return cls(allow_private=any(map(is_private, addresses)))

    def refusal_of(self, address: str) -> str:
        """Says why an address may not be connected to; empty where it may.

        Args:
            address: An IP address.
        """
        kind = "" if self.allow_private else kind_of(address)
        return f"{address} is not a public address ({kind})" if kind else ""

    def judge(self, url: str, *, resolver: Resolver = resolve, in_browser: bool = False) -> Verdict:
        """Decides whether a URL may be requested, by its scheme and by every address of its host.

        A name without any address is not refused here: the request fails by itself. A name of which one address is
        private is refused whole, since it cannot be known which one a browser takes.

        Args:
            url: The URL.
            resolver: Resolves its host.
            in_browser: Whether the schemes that only a browser knows pass as well.
        """
        try:
            parts = split(url)
            ports = PORTS | BROWSER_SCHEMES if in_browser else PORTS
            if parts.scheme not in ports:
                return Verdict(f"{parts.scheme or 'an address without scheme'} is not requested")
            if not ports[parts.scheme]:
                return Verdict()
            host, port = host_of(url), parts.port if parts.port is not None else ports[parts.scheme]
        except UsageError as error:
            return Verdict(str(error))
        answer = resolver(host)
        return Verdict(self._refusal(host, answer), host, port, answer)

    def _refusal(self, host: str, answer: Answer) -> str:
        why = next((why for address in answer.addresses if (why := self.refusal_of(address))), "")
        return f"{host}: {why}" if why and answer.addresses != (host,) else why


def _kind(address: Address) -> str:
    if isinstance(address, ipaddress.IPv4Address):
        return _named(address, SPECIAL_V4)
    inner = address.ipv4_mapped or address.sixtofour
    if inner is None and address in ipaddress.IPv6Network(NAT64):
        inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if inner is not None:
        return _named(inner, SPECIAL_V4)
    named = _named(address, SPECIAL_V6)
    return named or ("" if address in ipaddress.IPv6Network(GLOBAL_V6) else "reserved")


def _named(address: Address, table: dict[str, str]) -> str:
    return next((kind for network, kind in table.items() if address in ipaddress.ip_network(network)), "")


def _ascii(host: str) -> str:
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise UsageError(f"{host!r} is not the name of a host", hint="Check the address.") from error


def _v6(raw: str) -> str:
    """Reads the inside of brackets; a zone is dropped, since only link-local addresses have one."""
    try:
        parsed = ipaddress.IPv6Address(unquote(raw).partition("%")[0])
    except ValueError as error:
        raise UsageError(f"[{raw}] is not an address", hint="Check the address.") from error
    return str(parsed)


def _v4(host: str) -> str:
    """Reads an IPv4 address of one to four numbers. *Source:* WHATWG URL Standard, section 3.5, IPv4 parser."""
    parts = host.split(".")
    numbers = [_number(part) for part in parts]
    if len(parts) > 4 or max(numbers[:-1], default=0) > 255 or numbers[-1] >= 256 ** (5 - len(parts)):  # noqa: PLR2004
        raise UsageError(f"{host!r} is not an address", hint="Check the address.")
    value = numbers[-1] + sum(number * 256 ** (3 - place) for place, number in enumerate(numbers[:-1]))
    return str(ipaddress.IPv4Address(value))


def _number(part: str) -> int:
    """Reads a decimal, octal (`0…`) or hexadecimal (`0x…`) number; one that is none becomes too large."""
    digits, base = (part[2:] or "0", 16) if part.startswith("0x") else (part, 8 if part[:1] == "0" else 10)
    try:
        return int(digits, base) if digits.isalnum() else _TOO_LARGE
    except ValueError:
        return _TOO_LARGE
