"""Looks at the machine itself: make and model, operating system and its last patch, memory, disk, virtual or not."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from forensics.collectors.webpage.preflight_points import Check, Status
from forensics.collectors.webpage.preflight_source import Source

DMI = "sys/class/dmi/id"

NO_VALUE = re.compile(
    r"(to be filled by o\.?e\.?m\.?|default string|none|not specified|not applicable|n/?a|unknown|invalid|"
    r"system (serial number|manufacturer|product name|version)|[0.\s-]*|x+|o\.e\.m\.)",
    re.IGNORECASE,
)
"""What makers leave in place of a value. *Source:* `systemd-detect-virt` and `dmidecode` output of common boards."""

MEBIBYTE = 1 << 20

LEAST_FREE_BYTES = 1 << 30
"""Below this the disk is nearly full: one page with its media can take several hundred MiB, and so can its video."""

LEAST_MEMORY_BYTES = 512 * MEBIBYTE
"""Below this the browser may not live through a page: one heavy page takes some 300 to 500 MiB."""

UPGRADE_LOGS = (
    ("var/log/dpkg.log", r"^(\d{4}-\d\d-\d\d) \S+ upgrade "),
    ("var/log/dpkg.log.1", r"^(\d{4}-\d\d-\d\d) \S+ upgrade "),
    ("var/log/dnf.rpm.log", r"^(\d{4}-\d\d-\d\d)T\S+ \S+ Upgraded: "),
    ("var/log/pacman.log", r"^\[(\d{4}-\d\d-\d\d)T[^\]]+\] \[ALPM\] upgraded "),
)
"""Logs of package managers, and how a line tells of an upgrade. *Source:* dpkg(1), dnf and pacman log formats."""

PACKAGE_STATES = (
    "var/lib/dpkg/status",
    "usr/lib/sysimage/rpm/rpmdb.sqlite",
    "var/lib/rpm/rpmdb.sqlite",
    "lib/apk/db/installed",
)
"""What a package manager rewrites at each change, where no log tells more."""

LOG_TAIL_BYTES = 4 << 20

CONTAINER_SIGNS = {".dockerenv": "docker", "run/.containerenv": "podman", "run/systemd/container": "container"}
"""Files that container engines leave. *Source:* systemd, docs/CONTAINER_INTERFACE.md; Docker; Podman."""

VIRTUAL_WORDS = (
    "kvm",
    "qemu",
    "vmware",
    "virtualbox",
    "virtual machine",
    "xen",
    "bochs",
    "parallels",
    "bhyve",
    "hvm domu",
    "firecracker",
)


def machine(source: Source, *, stated_serial: str = "") -> Check:
    """Tells make, model, processor and memory; serial numbers are sealed.

    Args:
        source: The machine.
        stated_serial: Serial number as the operator reads it from the machine; empty where it is not stated.
    """
    known = _hardware(source)
    secret = {**known["secret"], **({"stated_serial": stated_serial} if stated_serial else {})}
    has_serial = bool(secret.keys() & {"product_serial", "board_serial", "serial-number", "stated_serial"})
    value = {**known["open"], "memory_mib": _memory(source).get("MemTotal", 0) // MEBIBYTE or None}
    value["serial"] = "sealed" if has_serial else "not-available"
    detail = "" if has_serial else "The serial number is not readable here; the operator can state it."
    if value["model"] is None:
        return Check("machine", Status.NOT_AVAILABLE, value, "This machine does not tell its make and model.", secret)
    return Check("machine", Status.SEALED if secret else Status.DONE, value, detail, secret or None)


@cache
def _hardware(source: Source) -> dict[str, dict[str, Any]]:
    """Reads what cannot change while the program runs."""
    processor = dict(_pair(line) for line in reversed(source.lines("proc/cpuinfo")) if ":" in line)
    count = sum(line.startswith("processor") for line in source.lines("proc/cpuinfo"))
    found = {
        "make": _dmi(source, "sys_vendor"),
        "model": _dmi(source, "product_name") or _real(source.text("sys/firmware/devicetree/base/model")),
        "processor": processor.get("model name") or processor.get("Model"),
        "cores": count or None,
    }
    secret = {name: _dmi(source, name) for name in ("product_serial", "product_uuid", "board_serial", "chassis_serial")}
    secret["serial-number"] = _real(
        source.text("sys/firmware/devicetree/base/serial-number") or processor.get("Serial")
    )
    secret["machine-id"] = _real(source.text("etc/machine-id"))
    return {"open": found, "secret": {name: value for name, value in secret.items() if value}}


def _dmi(source: Source, name: str) -> str | None:
    return _real(source.text(f"{DMI}/{name}"))


def _real(value: str | None) -> str | None:
    return None if value is None or NO_VALUE.fullmatch(value) else value


def _pair(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip(), value.strip()


@cache
def operating_system(source: Source) -> Check:
    """Tells name and version of the system, its kernel, its last patch, and when it was started."""
    release = _os_release(source)
    patch = _last_patch(source)
    value = {
        "name": release.get("PRETTY_NAME") or release.get("NAME"),
        "release": source.text("etc/debian_version") or release.get("VERSION_ID"),
        "kernel": source.text("proc/sys/kernel/osrelease"),
        **patch,
        "booted_at": _booted_at(source),
    }
    if value["name"] is None and value["kernel"] is None:
        return Check("operating-system", Status.NOT_AVAILABLE, value, "This system does not tell its version.")
    detail = "" if patch["last_patch"] else "No log of the package manager tells when the system was last patched."
    return Check("operating-system", Status.DONE, value, detail)


def _os_release(source: Source) -> dict[str, str]:
    lines = source.lines("etc/os-release") or source.lines("usr/lib/os-release")
    pairs = (line.partition("=") for line in lines if "=" in line and not line.startswith("#"))
    return {name.strip(): _unquoted(value) for name, _, value in pairs}


def _unquoted(value: str) -> str:
    try:
        return " ".join(shlex.split(value))
    except ValueError:
        return value.strip()


def _last_patch(source: Source) -> dict[str, str | None]:
    """Finds the day of the last upgrade of a package, as the machine's own log has it."""
    found = [
        (day, name.rpartition("/")[2])
        for name, pattern in UPGRADE_LOGS
        if (day := _last(source, name, pattern=pattern))
    ]
    if found:
        day, log = max(found)
        return {"last_patch": day, "last_patch_source": log}
    for name in PACKAGE_STATES:
        try:
            changed = source.path(name).stat().st_mtime
        except OSError:
            continue
        day = datetime.fromtimestamp(changed, UTC).date().isoformat()
        return {"last_patch": None, "last_patch_source": None, "last_package_change": day}
    return {"last_patch": None, "last_patch_source": None}


def _last(source: Source, name: str, *, pattern: str) -> str | None:
    expression = re.compile(pattern)
    lines = reversed(source.lines(name, from_end=LOG_TAIL_BYTES))
    return next((match.group(1) for line in lines if (match := expression.match(line))), None)


def _booted_at(source: Source) -> str | None:
    line = next((line for line in source.lines("proc/stat") if line.startswith("btime ")), "")
    try:
        return datetime.fromtimestamp(int(line.removeprefix("btime ")), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return None


@cache
def virtual_machine(source: Source) -> Check:
    """Tells by which signs this is a virtual machine or a container, which is no fault."""
    engines = {engine for name, engine in CONTAINER_SIGNS.items() if source.has(name)}
    groups = source.text("proc/1/cgroup") or ""
    engines |= {word for word in ("docker", "kubepods", "lxc", "libpod") if word in groups}
    shown = " ".join(_dmi(source, name) or "" for name in ("sys_vendor", "product_name", "bios_vendor")).lower()
    signs = {word for word in VIRTUAL_WORDS if word in shown}
    signs |= {word for word in (source.text("sys/hypervisor/type"),) if word}
    flags = next((line for line in source.lines("proc/cpuinfo") if line.startswith("flags")), "")
    signs |= {"processor flag"} if " hypervisor" in flags else set()
    value = {"virtual_machine": sorted(signs), "container": sorted(engines)}
    if not flags and not shown.strip() and not signs | engines:
        return Check("virtual-machine", Status.NOT_AVAILABLE, value, "This machine tells nothing of the kind.")
    return Check("virtual-machine", Status.DONE, value)


def memory(source: Source) -> Check:
    """Tells how much memory is free and how busy the machine is."""
    known = _memory(source)
    available = known.get("MemAvailable")
    load = (source.text("proc/loadavg") or "").split()[:3]
    value: dict[str, Any] = {
        "available_mib": None if available is None else available // MEBIBYTE,
        "load": [float(part) for part in load if re.fullmatch(r"\d+\.\d+", part)],
    }
    if available is None:
        return Check("memory", Status.NOT_AVAILABLE, value, "This machine does not tell how much memory is free.")
    if available < LEAST_MEMORY_BYTES:
        return Check("memory", Status.WARNING, value, "Little memory is free: the browser may crash.")
    return Check("memory", Status.DONE, value)


def _memory(source: Source) -> Mapping[str, int]:
    """Reads /proc/meminfo, in bytes."""
    matches = (re.match(r"(\w+):\s+(\d+) kB", line) for line in source.lines("proc/meminfo"))
    return {match.group(1): int(match.group(2)) << 10 for match in matches if match}


def storage(source: Source, folder: Path) -> Check:
    """Tells how much room there is where the capture is written, and which errors the file systems counted.

    Not done: SMART values, which only an administrator may read.
    """
    counts = [source.text(f"sys/fs/ext4/{name}/errors_count") for name in source.names("sys/fs/ext4")]
    errors = [int(count) for count in counts if count and count.isdigit()]
    value: dict[str, Any] = {"file_system_errors": sum(errors) if errors else None, "smart": "not-available"}
    try:
        status = os.statvfs(folder)
    except OSError as error:
        value["free_mib"] = None
        return Check("storage", Status.NOT_AVAILABLE, value, f"The room left is not known: {error.strerror}.")
    free = status.f_bavail * status.f_frsize
    value["free_mib"] = free // MEBIBYTE
    if free < LEAST_FREE_BYTES:
        return Check("storage", Status.WARNING, value, "The disk is nearly full: the capture may be cut.")
    if value["file_system_errors"]:
        return Check("storage", Status.WARNING, value, "A file system of this machine has counted errors.")
    return Check("storage", Status.DONE, value)
