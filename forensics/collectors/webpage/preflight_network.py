"""Looks at the network as this machine sees it: interfaces, addresses, routes, tunnels; the values are sealed."""

from __future__ import annotations

import ipaddress
import json
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from forensics.collectors.webpage.preflight_points import Check, Status
from forensics.collectors.webpage.preflight_source import Source, number
from forensics.errors import ForensicsError

LOOPBACK, ETHERNET, PPP, NO_HARDWARE = 772, 1, 512, 65534
"""Hardware types of interfaces. *Source:* Linux, include/uapi/linux/if_arp.h."""

IS_UP, IS_TUN, IS_GATEWAY = 0x1, 0x1, 0x2
"""Bits: IFF_UP (if.h), IFF_TUN (if_tun.h), RTF_GATEWAY (route.h)."""

TUNNEL_NAMES = re.compile(r"(tun|tap|wg|ppp|ipsec|tailscale|nordlynx|proton|mullvad|zt|cscotun|gpd)[0-9a-z-]*")
"""Names that VPN programs give to their interfaces."""

TUNNEL_PROGRAMS = frozenset(
    ("openvpn", "wireguard-go", "tailscaled", "zerotier-one", "mullvad-daemon", "nordvpnd", "openconnect", "charon")
)
"""Names of VPN programs, as processes have them."""

TOR_PORTS = frozenset((9050, 9150))
"""Ports of Tor and of Tor Browser. *Source:* Tor manual, SocksPort; Tor Browser's default."""

LISTENS = "0A"
"""State TCP_LISTEN in /proc/net/tcp. *Source:* Linux, include/net/tcp_states.h."""

COMMANDS = (("-j", "address"), ("-j", "route"), ("-j", "-6", "route"), ("-j", "neighbour"))
"""Questions to the program `ip`."""

NOT_ASKED = "No service was asked for the public address: nothing is sent anywhere unasked. The operator can state it."


@dataclass(frozen=True, slots=True)
class Interface:
    """One network interface.

    Attributes:
        mac: Hardware address; empty where it has none.
        kind: `loopback`, `wireless`, `tunnel`, `ethernet` or `virtual`.
    """

    name: str
    mac: str
    kind: str
    is_up: bool


@dataclass(frozen=True, slots=True)
class Network:
    """What the kernel tells of the network.

    Attributes:
        addresses: Addresses of this machine but for those of the loopback interface.
        gateways: Addresses that packets for everywhere else go to.
    """

    interfaces: tuple[Interface, ...]
    addresses: tuple[str, ...]
    gateways: tuple[str, ...]
    host_name: str


def network(source: Source) -> Network:
    """Reads interfaces, addresses and gateways from the kernel's files."""
    return Network(
        interfaces=tuple(_interfaces(source)),
        addresses=tuple(sorted({*_ipv4(source), *_ipv6(source)})),
        gateways=tuple(sorted({*_gateways4(source), *_gateways6(source)})),
        host_name=source.text("proc/sys/kernel/hostname") or source.text("etc/hostname") or "",
    )


def _interfaces(source: Source) -> Iterator[Interface]:
    for name in source.names("sys/class/net"):
        folder = f"sys/class/net/{name}"
        kind = source.text(f"{folder}/type")
        if kind is None:
            continue
        mac = source.text(f"{folder}/address") or ""
        flags = number(source.text(f"{folder}/flags"), base=16)
        has_mac = bool(mac.strip("0:"))
        yield Interface(name, mac if has_mac else "", _kind(source, name, hardware=number(kind)), bool(flags & IS_UP))


def _kind(source: Source, name: str, *, hardware: int) -> str:
    folder = f"sys/class/net/{name}"
    tun = number(source.text(f"{folder}/tun_flags"), base=16)
    is_wireguard = "DEVTYPE=wireguard" in (source.text(f"{folder}/uevent") or "")
    if hardware == LOOPBACK:
        return "loopback"
    if hardware in (PPP, NO_HARDWARE) or tun & IS_TUN or is_wireguard or TUNNEL_NAMES.fullmatch(name):
        return "tunnel"
    if source.has(f"{folder}/wireless") or source.has(f"{folder}/phy80211"):
        return "wireless"
    return "ethernet" if hardware == ETHERNET and source.has(f"{folder}/device") else "virtual"


def _ipv4(source: Source) -> Iterator[str]:
    """Reads addresses out of the kernel's routing tree, where each stands above the line that calls it local."""
    address = ""
    for line in source.lines("proc/net/fib_trie"):
        if match := re.search(r"\|-- ([0-9.]+)$", line):
            address = match.group(1)
        elif "/32 host LOCAL" in line and not address.startswith("127."):
            yield address


def _ipv6(source: Source) -> Iterator[str]:
    for line in source.lines("proc/net/if_inet6"):
        match = re.match(r"[0-9a-f]{32}\b", line)
        address = ipaddress.IPv6Address(int(match.group(), 16)) if match else None
        if address and not address.is_loopback:
            yield str(address)


def _gateways4(source: Source) -> Iterator[str]:
    for line in source.lines("proc/net/route")[1:]:
        parts = line.split()
        if len(parts) > 7 and parts[1] == "00000000" == parts[7] and number(parts[3], base=16) & IS_GATEWAY:  # noqa: PLR2004
            yield str(ipaddress.IPv4Address((number(parts[2], base=16) & 0xFFFFFFFF).to_bytes(4, "little")))


def _gateways6(source: Source) -> Iterator[str]:
    for line in source.lines("proc/net/ipv6_route"):
        parts = line.split()
        if len(parts) > 8 and parts[0] == "0" * 32 and parts[1] == "00" and number(parts[8], base=16) & IS_GATEWAY:  # noqa: PLR2004
            yield str(ipaddress.IPv6Address(number(parts[4], base=16) % 2**128))


def local_network(found: Network, stated: str) -> Check:
    """Tells what kinds of interfaces are up and how many gateways there are; names and addresses are sealed.

    Args:
        found: The network.
        stated: What the operator says of router and firewall; sealed.
    """
    up = [each for each in found.interfaces if each.is_up]
    value = {
        "interfaces": len(found.interfaces),
        "up": sorted(each.kind for each in up),
        "gateways": len(found.gateways),
        "router": "sealed" if stated else "not-stated",
    }
    if not found.interfaces:
        return Check("local-network", Status.NOT_AVAILABLE, value, "This machine does not list its interfaces.")
    names = [{"name": each.name, "kind": each.kind, "is_up": each.is_up} for each in found.interfaces]
    secret = {"interfaces": names, "gateways": list(found.gateways), "host_name": found.host_name, "stated": stated}
    detail = "" if stated else "Router and firewall are not asked; the operator can state them."
    return Check("local-network", Status.SEALED, value, detail, secret)


def addresses(found: Network, stated: str) -> Check:
    """Counts the machine's own addresses; the addresses are sealed.

    Args:
        found: The network.
        stated: Public address as the operator states it, with its source; sealed.
    """
    macs = [each.mac for each in found.interfaces if each.mac]
    value = {
        "ipv4": sum(":" not in address for address in found.addresses),
        "ipv6": sum(":" in address for address in found.addresses),
        "mac": len(macs),
        "public": "sealed" if stated else "not-asked",
    }
    detail = "" if stated else NOT_ASKED
    if not found.addresses and not macs and not stated:
        return Check("addresses", Status.NOT_AVAILABLE, value, detail)
    secret = {"addresses": list(found.addresses), "mac": macs, "public_address_stated": stated}
    return Check("addresses", Status.SEALED, value, detail, secret)


def internet_provider(stated: str) -> Check:
    """Keeps what the operator says of the provider and the kind of connection; sealed."""
    if stated:
        return Check("internet-provider", Status.SEALED, {"provider": "sealed"}, "", {"stated": stated})
    return Check("internet-provider", Status.OPERATOR, {"provider": "not-stated"}, "Only the operator can state it.")


def tunnel(source: Source, found: Network, *, programs: frozenset[str], reason: str) -> Check:
    """Tells whether there are signs of a VPN or of Tor, which may have good reasons.

    Args:
        source: The machine.
        found: Its network.
        programs: Names of running programs.
        reason: Why a VPN or Tor is used, as the operator says for the open record; empty where nothing was said.

    Not done: a VPN on the router, or one that hides in the kernel's own IPsec, leaves no sign here.
    """
    interfaces = [each.name for each in found.interfaces if each.kind == "tunnel" and each.is_up]
    vpns, tor = sorted(programs & TUNNEL_PROGRAMS), "tor" in programs
    ports = sorted(TOR_PORTS & set(_listening(source)))
    value = {"vpn": "signs" if interfaces or vpns else "no-sign", "tor": "signs" if tor or ports else "no-sign"}
    value |= {"reason": reason} if reason else {}
    if not found.interfaces and not programs:
        unknown = {"vpn": "unknown", "tor": "unknown"}
        return Check("tunnel", Status.NOT_AVAILABLE, unknown, "This machine lists no interfaces and no processes.")
    if "signs" in (value["vpn"], value["tor"]):
        secret = {"interfaces": interfaces, "programs": [*vpns, *(["tor"] if tor else [])], "ports": ports}
        return Check("tunnel", Status.WARNING, value, "A tunnel is up, or a program for one runs.", secret)
    return Check("tunnel", Status.DONE, value, "A VPN on the router cannot be seen from here.")


def _listening(source: Source) -> Iterator[int]:
    for line in (*source.lines("proc/net/tcp")[1:], *source.lines("proc/net/tcp6")[1:]):
        parts = line.split()
        if len(parts) > 3 and parts[3] == LISTENS:  # noqa: PLR2004 -- fields of proc_net_tcp(5)
            yield number(parts[1].rpartition(":")[2], base=16)


def network_commands(source: Source) -> Check:
    """Asks the program `ip` for addresses, routes and neighbours; its answers are sealed."""
    path = shutil.which("ip") or shutil.which("ip", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if path is None or not source.is_live:
        detail = "The program ip is not there; interfaces and routes were read from the kernel's files."
        return Check("network-commands", Status.NOT_AVAILABLE, {"commands": []}, detail)
    answers = {" ".join(("ip", *arguments)): _answer([path, *arguments]) for arguments in COMMANDS}
    given = [name for name, answer in answers.items() if answer is not None]
    if not given:
        detail = "The program ip gave no answer."
        return Check("network-commands", Status.NOT_AVAILABLE, {"commands": []}, detail)
    return Check("network-commands", Status.SEALED, {"commands": given}, secret=answers)


def _answer(command: Sequence[str]) -> Any:
    from forensics import tools

    try:
        answer = tools.run(command, limits=tools.Limits(wall_s=5.0, output_bytes=1 << 20))
        return None if answer.returncode else json.loads(answer.stdout or b"[]")
    except (ForensicsError, ValueError):
        return None
