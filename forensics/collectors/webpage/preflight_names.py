"""Looks at how names and addresses of servers are found: DNS servers, the hosts file, proxies."""

from __future__ import annotations

import ipaddress
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from forensics.collectors.webpage.preflight_points import Check, Status
from forensics.collectors.webpage.preflight_source import Source, salted

HOSTS = "etc/hosts"
RESOLVERS = ("etc/resolv.conf", "run/systemd/resolve/resolv.conf")
"""Where name servers stand; the second has the real ones where the first names systemd's own stub."""

OWN_NAMES = re.compile(r"(localhost\d?|ip6-localhost|ip6-loopback)(\.localdomain\d?)?|localdomain|broadcasthost")
"""Names that distributions give to the machine itself. *Source:* the hosts files of Debian, Fedora, Arch and macOS."""

GROUP_NAMES = re.compile(r"ip6-(localnet|mcastprefix|allnodes|allrouters|allhosts)")
"""Names of IPv6 prefixes and groups in Debian's hosts file."""

PROXY_VARIABLES = ("http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "socks_proxy", "auto_proxy")
PROXY_FLAGS = ("--proxy-server", "--proxy-pac-url", "--proxy-auto-detect")
"""Flags that give Chromium a proxy. *Source:* Chromium, net/docs/proxy.md and chrome/common/chrome_switches.cc."""

NO_PROXY_FLAG = "--no-proxy-server"
PROXY_POLICIES = frozenset(("ProxyMode", "ProxySettings", "ProxyServer", "ProxyServerMode", "ProxyPacUrl"))
"""Managed policies that give Chromium a proxy. *Source:* Chromium, list of enterprise policies."""

RULE_FLAGS = ("--host-resolver-rules", "--host-rules")
"""Flags by which Chromium maps names itself. *Source:* Chromium, services/network/public/cpp/network_switches.cc."""

PROXY_LIMITS = "A transparent proxy cannot be seen from here; the certificates that the browser saw are kept."


@dataclass(frozen=True, slots=True)
class Hosts:
    """What the hosts file says.

    Attributes:
        content: Its bytes; None where there is none.
        entries: Address and name of each entry, in order.
        others: Those of the entries that a distribution does not put there by itself.
    """

    content: bytes | None
    entries: tuple[tuple[str, str], ...]
    others: tuple[tuple[str, str], ...]

    def names(self, host: str) -> bool:
        """Whether the file gives an address to a host, other than a loopback address to `localhost` and its like."""
        wanted = host.rstrip(".").lower()
        return any(name.rstrip(".") == wanted and not _is_usual((address, name), ()) for address, name in self.entries)


def hosts(source: Source, *, host_name: str) -> Hosts:
    """Reads the hosts file.

    Args:
        source: The machine.
        host_name: Its own name, which distributions map to a loopback address.
    """
    content = source.read(HOSTS)
    entries = tuple(_entries((content or b"").decode("utf-8", errors="replace")))
    own = {host_name.lower(), host_name.lower().partition(".")[0]} - {""}
    others = tuple(entry for entry in entries if not _is_usual(entry, own))
    return Hosts(content, entries, others)


def _entries(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        address, *names = line.partition("#")[0].split() or [""]
        yield from ((address, name.lower()) for name in names)


def _is_usual(entry: tuple[str, str], own: Iterable[str]) -> bool:
    address, name = entry
    if GROUP_NAMES.fullmatch(name):
        return address.lower() in {"fe00::0", "ff00::0", "ff02::1", "ff02::2", "ff02::3", "fe00::", "ff00::"}
    is_own = OWN_NAMES.fullmatch(name) or name in own or name.partition(".")[0] in own
    return bool(is_own) and (address == "255.255.255.255" or _is_loopback(address))


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return False


def host_of(url: str) -> str:
    """Gives the host of a URL as DNS knows it; empty where it has none."""
    try:
        host = urlsplit(url).hostname or ""
        return host.encode("idna").decode("ascii").lower() if not host.isascii() else host
    except (ValueError, UnicodeError):
        return ""


def hosts_file(found: Hosts, host: str, *, salt: bytes) -> Check:
    """Tells whether the hosts file gives an address to the captured host; its content is sealed.

    Its digest is salted, since the file names this machine and so could be guessed from a plain digest.
    """
    if found.content is None:
        return Check(
            "hosts-file", Status.NOT_AVAILABLE, {"entries": None}, "There is no hosts file, or it is not readable."
        )
    is_named = found.names(host)
    value = {
        "entries": len(found.entries),
        "not_usual": len(found.others),
        "names_captured_host": is_named,
        "salted_sha256": salted(salt, found.content),
    }
    secret = {"others": [" ".join(entry) for entry in found.others], "content": _as_text(found.content)}
    if is_named:
        return Check(
            "hosts-file", Status.WARNING, value, "The hosts file gives an address to the captured host.", secret
        )
    return Check("hosts-file", Status.SEALED, value, secret=secret)


def _as_text(content: bytes) -> Mapping[str, str]:
    try:
        return {"text": content.decode("utf-8")}
    except UnicodeDecodeError:
        return {"base64": b64encode(content).decode("ascii")}


def name_resolution(source: Source, file: Check, *, flags: Iterable[str]) -> Check:
    """Tells how many DNS servers are set, and takes over what was seen in the hosts file; the servers are sealed.

    Args:
        source: The machine.
        file: What `hosts_file` gave.
        flags: Flags of the browser, which may map names itself.
    """
    servers = {name: tuple(_setting(source, name, "nameserver")) for name in RESOLVERS}
    domains = sorted({part for name in RESOLVERS for line in _setting(source, name, "search") for part in line.split()})
    rules = sum(flag.partition("=")[0] in RULE_FLAGS for flag in flags)
    every = {server for found in servers.values() for server in found}
    value: dict[str, Any] = {"dns_servers": len(every), "hosts_file": str(file.status), "browser_rules": rules}
    value["names_captured_host"] = file.value.get("names_captured_host")
    secret = {"servers": {name: list(found) for name, found in servers.items() if found}, "search": domains}
    if rules or file.status is Status.WARNING:
        detail = file.detail or "Flags of the browser give addresses to names."
        return Check("name-resolution", Status.WARNING, value, detail, secret)
    if not every:
        return Check(
            "name-resolution", Status.NOT_AVAILABLE, value, "This machine does not tell its DNS servers.", secret
        )
    return Check("name-resolution", Status.SEALED, value, secret=secret)


def _setting(source: Source, name: str, word: str) -> Iterator[str]:
    for line in source.lines(name):
        key, *rest = line.split(maxsplit=1) or [""]
        if key == word and rest:
            yield rest[0].strip()


def proxy(source: Source, variables: Mapping[str, str], *, flags: tuple[str, ...], policies: Iterable[str]) -> Check:
    """Tells whether the system or the browser is set to a proxy; addresses of proxies are sealed.

    The browser is started without the variables of the environment, so that a proxy set there is not used by it.
    Desktop settings are not read, because the browser is started without the variables by which it would find them.

    Args:
        source: The machine.
        variables: Environment of this program.
        flags: Flags of the browser.
        policies: Names of the policies that are set for the browser.
    """
    system = dict(_from_environment(variables)) | dict(_from_file(source))
    by_flag = [flag for flag in flags if flag.partition("=")[0] in PROXY_FLAGS]
    by_policy = sorted(PROXY_POLICIES & set(policies))
    value = {
        "system": len(system),
        "browser_flags": len(by_flag),
        "browser_policies": by_policy,
        "is_switched_off": NO_PROXY_FLAG in flags,
    }
    secret = {"system": system, "browser": [without_login(flag) for flag in by_flag]}
    if by_flag or by_policy:
        return Check("proxy", Status.WARNING, value, "The browser is set to a proxy.", secret)
    if system:
        detail = "A proxy is set on the system; the browser is started without it."
        return Check("proxy", Status.WARNING, value, detail, secret)
    return Check("proxy", Status.DONE, value, PROXY_LIMITS)


def uses_unasked_proxy(check: Check) -> bool:
    """Whether the browser goes through a proxy that no flag of the collector asks for."""
    return bool(check.value["browser_policies"])


def _from_environment(variables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in variables.items():
        if name.lower() in PROXY_VARIABLES and value:
            yield name, without_login(value)


def _from_file(source: Source) -> Iterator[tuple[str, str]]:
    for line in source.lines("etc/environment"):
        name, _, value = line.strip().removeprefix("export ").partition("=")
        if name.strip().lower() in PROXY_VARIABLES and value.strip("'\" "):
            yield f"/etc/environment: {name.strip()}", without_login(value.strip("'\" "))


def without_login(text: str) -> str:
    """Takes user name and password out of an address."""
    bare = re.sub(r"//[^/;\s]*@", "//", text)
    return re.sub(r"(^|[=;])[^/=;\s]*@", r"\1", bare)
