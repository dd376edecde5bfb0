"""The files of an invented laptop, as a kernel and a distribution write them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from forensics.collectors.webpage.preflight import Given, Statements
from forensics.collectors.webpage.preflight_browser import BrowserState
from forensics.collectors.webpage.preflight_source import Source
from forensics.model import Act, ClockCheck

FILES: Mapping[str, str] = {
    "sys/class/dmi/id/sys_vendor": "Example Computers\n",
    "sys/class/dmi/id/product_name": "Notebook 14\n",
    "sys/class/dmi/id/product_serial": "PF3XY7QZ\n",
    "sys/class/dmi/id/product_uuid": "6f9619ff-8b86-d011-b42d-00c04fc964ff\n",
    "sys/class/dmi/id/board_serial": "L1HF0AB0123\n",
    "sys/class/dmi/id/chassis_serial": "Default string\n",
    "etc/machine-id": "0123456789abcdef0123456789abcdef\n",
    "proc/cpuinfo": "processor\t: 0\nmodel name\t: Example CPU 3000\nflags\t\t: fpu vme\n\nprocessor\t: 1\n",
    "proc/meminfo": "MemTotal:       16384000 kB\nMemFree:  100 kB\nMemAvailable:    8192000 kB\n",
    "proc/loadavg": "0.52 0.58 0.59 1/467 12345\n",
    "proc/stat": "cpu  1 2 3\nbtime 1795305600\n",
    "proc/sys/kernel/osrelease": "6.1.0-28-amd64\n",
    "proc/sys/kernel/hostname": "hua-notebook\n",
    "etc/os-release": 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\n',
    "etc/debian_version": "12.11\n",
    "var/log/dpkg.log": (
        "2026-11-18 09:00:01 upgrade libc6:amd64 2.36-9 2.36-10\n"
        "2026-11-18 09:00:05 status installed libc6:amd64 2.36-10\n"
        "2026-11-20 10:00:00 install tree:amd64 <none> 2.1.0-1\n"
    ),
    "etc/hosts": (
        "127.0.0.1\tlocalhost\n127.0.1.1\thua-notebook.home.arpa hua-notebook\n\n# IPv6\n"
        "::1     localhost ip6-localhost ip6-loopback\nff02::1 ip6-allnodes\nff02::2 ip6-allrouters\n"
    ),
    "etc/resolv.conf": "# written by systemd\nnameserver 127.0.0.53\noptions edns0\nsearch home.arpa\n",
    "run/systemd/resolve/resolv.conf": "nameserver 192.168.178.1\nnameserver\tfd00::ca0e:14ff:fe12:3456\n",
    "sys/class/net/lo/type": "772\n",
    "sys/class/net/lo/address": "00:00:00:00:00:00\n",
    "sys/class/net/lo/flags": "0x9\n",
    "sys/class/net/wlp2s0/type": "1\n",
    "sys/class/net/wlp2s0/address": "3c:a9:f4:12:34:56\n",
    "sys/class/net/wlp2s0/flags": "0x1003\n",
    "sys/class/net/wlp2s0/wireless/link": "1\n",
    "sys/class/net/enp3s0/type": "1\n",
    "sys/class/net/enp3s0/address": "54:ee:75:65:43:21\n",
    "sys/class/net/enp3s0/flags": "0x1002\n",
    "sys/class/net/enp3s0/device/vendor": "0x8086\n",
    "proc/net/fib_trie": (
        "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 0.0.0.0\n        /0 universe UNICAST\n"
        "     +-- 192.168.178.0/24 2 0 2\n           |-- 192.168.178.0\n              /24 link UNICAST\n"
        "           |-- 192.168.178.42\n              /32 host LOCAL\n"
        "        |-- 192.168.178.255\n           /32 link BROADCAST\n"
        "     |-- 127.0.0.1\n        /32 host LOCAL\n"
    ),
    "proc/net/if_inet6": (
        "00000000000000000000000000000001 01 80 10 80       lo\nfe800000000000003ea9f4fffe123456 03 40 20 80   wlp2s0\n"
    ),
    "proc/net/route": (
        "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
        "wlp2s0\t00000000\t01B2A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n"
        "wlp2s0\t00B2A8C0\t00000000\t0001\t0\t0\t600\t00FFFFFF\t0\t0\t0\n"
    ),
    "proc/net/ipv6_route": (
        f"{'0' * 32} 00 {'0' * 32} 00 fe80000000000000ca0e14fffe123456 00000400 1 0 00000003 wlp2s0\n"
    ),
    "proc/net/tcp": (
        "  sl  local_address rem_address   st tx_queue\n   0: 0100007F:0277 00000000:0000 0A 00000000:00000000\n"
    ),
    "proc/1/stat": "1 (systemd) S 0 1 1 0 -1 4194560 1 1 1 1 1 1 1 1 20 0 1 0 23 1 1\n",
    "proc/2/stat": "2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 23 0 0\n",
    "proc/9/stat": "9 (kworker/0:0) I 2 0 0 0 -1 69238880 0 0 0 0 0 0 0 0 0 -20 1 0 23 0 0\n",
    "proc/812/stat": "812 (a (b) c) S 1 1 1 0 -1 4194560 1 1 1 1 1 1 1 1 20 0 1 0 523 1 1\n",
}
"""Addresses are of private ranges, names and serial numbers are invented."""

SECRETS = (
    "PF3XY7QZ",
    "6f9619ff-8b86-d011-b42d-00c04fc964ff",
    "L1HF0AB0123",
    "0123456789abcdef0123456789abcdef",
    "hua",
    "home.arpa",
    "192.168.178",
    "fd00::",
    "fe80::",
    "3c:a9:f4:12:34:56",
    "54:ee:75:65:43:21",
    "wlp2s0",
    "enp3s0",
    "203.0.113.77",
    "Example Telecom",
    "SN-STATED",
    "secret-login",
)
"""What the open part must not have, in any spelling of case."""

BROWSER = BrowserState(
    product="Chrome/156.0.7339.80",
    executable_sha256="ab" * 32,
    flags=("--headless=new", "--user-data-dir=/home/hua/tmp/profile", "--no-first-run"),
    user_agent="Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0.0.0",
    viewport_px=(1280, 800),
    locale="en-US",
    time_zone="UTC",
    extensions=0,
)

STATED = Statements(
    serial="SN-STATED",
    router="Box of Example Telecom at 192.168.178.1",
    provider="Example Telecom, DSL",
    public_address="203.0.113.77, as the provider's page says",
    antivirus="ClamAV 1.4, whole disk of hua-notebook, 2026-11-21, nothing found",
    tunnel_reason="",
)


def act(*offsets: float | None, self_test: Mapping[str, Any] | None = None) -> Act:
    """An act whose clock was compared with one server for each offset; None is a server that did not answer."""
    at = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
    clock = tuple(
        ClockCheck("time.example", "before", at, offset, 0.02 if offset is not None else None) for offset in offsets
    )
    passed = {"checks": {"sha256": "passed", "token": "passed"}, "passed": True}
    return Act("collect", at, (), {}, passed if self_test is None else self_test, clock)


def build(root: Path, changes: Mapping[str, str | bytes | None] | None = None) -> Path:
    """Writes the laptop's files below a folder; a change replaces a file, or leaves it out where it is None."""
    shutil.rmtree(root, ignore_errors=True)
    for name, content in {**FILES, **(changes or {})}.items():
        if content is not None:
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def given(root: Path, **settings: Any) -> Given:
    """What a pre-flight on that laptop is made from."""
    usual = {
        "url": "https://example.org/group",
        "browser": BROWSER,
        "act": act(0.012, -0.003),
        "folder": root,
        "stated": STATED,
        "source": Source(root),
        "variables": {"USER": "hua", "HOME": "/home/hua"},
        "salt": bytes(range(32)),
    }
    return Given(**{**usual, **settings})
