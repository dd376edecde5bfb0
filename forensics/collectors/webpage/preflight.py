"""The pre-flight: the state of machine, network and browser before the first navigation, and again at the end.

Every point of two lists is gone through (`preflight_points`), and what a check came to is recorded whatever it is.
What identifies the operator goes into a second, sealed record; the open one shows that it was looked at.

What lowers the outcome of a capture (a gap) is only what makes the capture itself doubtful: a hosts file that gives an
address to the captured host, a self-test that failed, a profile that was to be empty and was not. A proxy, a VPN, a
policy, an added certificate or a clock that is off may have good reasons, so these are warnings.
"""

from __future__ import annotations

import os
import re
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from forensics import __version__
from forensics.codec import canonical, to_json
from forensics.collectors.webpage import preflight_browser as of_browser
from forensics.collectors.webpage import preflight_machine as of_machine
from forensics.collectors.webpage import preflight_names as of_names
from forensics.collectors.webpage import preflight_network as of_network
from forensics.collectors.webpage import preflight_points as points
from forensics.collectors.webpage import preflight_software as of_software
from forensics.collectors.webpage.preflight_browser import BrowserState
from forensics.collectors.webpage.preflight_names import Hosts
from forensics.collectors.webpage.preflight_network import Network
from forensics.collectors.webpage.preflight_points import Check, Status
from forensics.collectors.webpage.preflight_source import Source
from forensics.model import Act, Gap, GapReason
from forensics.plugins import Seal, Sink

SALT_BYTES = 32

LARGEST_JUMP_S = 1.0
"""A larger step of the clock during a session is told; HTTP states times in whole seconds (RFC 9110, 5.6.7)."""

ROLE = "preflight"
OPEN_NAME, SEALED_NAME = "preflight.json", "preflight-network.json"


@dataclass(frozen=True, slots=True)
class Statements:
    """What only the operator can state; empty where nothing was stated.

    Attributes:
        serial: Serial number of the machine; sealed.
        router: Router, box and firewall of the local network; sealed.
        provider: Provider and kind of the connection; sealed.
        public_address: Public address, and who told it; sealed.
        antivirus: Product, date and result of the last scan; in the open.
        tunnel_reason: Why a VPN or Tor is used; in the open.
    """

    serial: str = ""
    router: str = ""
    provider: str = ""
    public_address: str = ""
    antivirus: str = ""
    tunnel_reason: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """What a pre-flight is made from.

    Attributes:
        url: The address that is about to be captured.
        browser: State of the browser.
        act: The run of the verb: its self-test and its checks of the clock.
        folder: Where the capture is written; its disk is looked at.
        has_video: Whether the session is recorded as a video.
        source: The machine, or a copy of its files.
        variables: Environment of this program.
        salt: Random bytes for digests of what could be guessed; kept in the sealed part.
    """

    url: str
    browser: BrowserState
    act: Act
    folder: Path
    has_video: bool = True
    stated: Statements = field(default_factory=Statements)
    source: Source = field(default_factory=Source)
    variables: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    salt: bytes = field(default_factory=lambda: secrets.token_bytes(SALT_BYTES))


@dataclass(frozen=True, slots=True)
class Start:
    """What is compared at the end: clocks, hosts file and network as they were at the start."""

    at: datetime
    boot_s: float
    hosts: Hosts
    network: Network


@dataclass(frozen=True, slots=True)
class Preflight:
    """A pre-flight that was made.

    Attributes:
        open: The record that anyone may see (docs/capture-record.md), but for the commitment.
        sealed: By name of the check, what identifies operator, machine and network.
        gaps: What lowers the outcome of the capture.
        start: What `after` compares with.
    """

    open: Mapping[str, Any]
    sealed: Mapping[str, Any]
    gaps: tuple[Gap, ...]
    start: Start

    def record(self, commitment: str) -> dict[str, Any]:
        """Gives the open record with the commitment to the sealed part, as the artifact's facts have it."""
        return {**self.open, "commitment": commitment}


@dataclass(frozen=True, slots=True)
class After:
    """What was measured again at the end of a session.

    Attributes:
        values: For the navigation log; free of addresses and names of the operator's own.
        gaps: What lowers the outcome of the capture.
    """

    values: Mapping[str, Any]
    gaps: tuple[Gap, ...]


def gather(given: Given) -> Preflight:
    """Goes through all points. Nothing is sent anywhere; what cannot be told is recorded as that."""
    start = _start(given)
    checks = {check.name: check for check in _checks(given, start)}
    reasons = tuple(_gaps(checks))
    record = {
        "protocol": points.PROTOCOL,
        "program": f"forensics {__version__}",
        "measured_at": to_json(start.at),
        "passed": not reasons and not _is_doubtful(checks),
        "points": points.rows("NF", points.POINTS, checks=checks),
        "clean_environment": points.rows("CN", points.CLEAN_ENVIRONMENT, checks=checks),
        "further": points.rows("FX", points.FURTHER, checks=checks),
    }
    kept = {check.name: check.secret for check in checks.values() if check.secret is not None}
    sealed = {"measured_at": record["measured_at"], "salt": given.salt.hex(), "checks": kept}
    return Preflight(to_json(record), to_json(sealed), reasons, start)


def keep(found: Preflight, sink: Sink) -> str:
    """Puts the sealed part and then the open one, which holds its commitment, into the sink.

    Returns:
        The commitment, in hex.

    Raises:
        StoreError: They could not be stored.
    """
    sealed = sink.put(
        BytesIO(canonical(found.sealed)), role=ROLE, name=SEALED_NAME, media_type="application/json", seal=Seal.FACT
    )
    commitment = str((sealed.sealed or {}).get("commitment", ""))
    record = found.record(commitment)
    sink.put(BytesIO(canonical(record)), role=ROLE, name=OPEN_NAME, media_type="application/json", preflight=record)
    return commitment


def after(given: Given, before: Preflight, *, contacted: Iterable[str] = (), final_url: str = "") -> After:
    """Measures again what can change while a page is captured.

    Args:
        given: What the pre-flight was made from.
        before: What it gave.
        contacted: Hosts that the browser asked for something; those that the hosts file names are told.
        final_url: Where the browser came to; empty where it came nowhere.
    """
    end, was = _start(given), before.start
    passed_s = end.boot_s - was.boot_s
    jump_s = (end.at - was.at).total_seconds() - passed_s
    values = {
        "measured_at": to_json(end.at),
        "session_s": round(passed_s, 3),
        "clock_jump_s": round(jump_s, 3),
        "clock_is_steady": abs(jump_s) <= LARGEST_JUMP_S,
        "hosts_file": "unchanged" if end.hosts.content == was.hosts.content else "changed",
        "hosts_file_names": sorted({name for name in contacted if end.hosts.names(name)}),
        "network": "unchanged" if end.network == was.network else "changed",
        "storage": dict(of_machine.storage(given.source, given.folder).value),
        "memory": dict(of_machine.memory(given.source).value),
    }
    return After(values, tuple(_overrides(given, was.hosts, end.hosts, final_url=final_url)))


def _overrides(given: Given, was: Hosts, now: Hosts, *, final_url: str) -> Iterator[Gap]:
    """Tells of what the pre-flight could not know: a hosts file that changed, a host that was only redirected to."""
    host, final = of_names.host_of(given.url), of_names.host_of(final_url)
    if now.names(host) and not was.names(host):
        detail = "while the page was captured, the hosts file of this machine began to give an address to its host"
        yield Gap("hosts file", GapReason.CHANGED, detail)
    if final != host and now.names(final):
        detail = "the hosts file of this machine gives an address to the host that the browser was sent on to"
        yield Gap("hosts file", GapReason.FAILED, detail)


def _start(given: Given) -> Start:
    network = of_network.network(given.source)
    hosts = of_names.hosts(given.source, host_name=network.host_name)
    return Start(datetime.now(UTC), _boot_s(), hosts, network)


def _boot_s() -> float:
    """Gives seconds since the machine was started, also those in which it slept: nobody can set this clock."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def _checks(given: Given, start: Start) -> Iterator[Check]:
    yield from _of_machine(given)
    yield from _of_network(given, start)
    yield from _of_browser(given)
    yield from _of_capture(given)
    yield of_software.clock(given.source, given.act)
    yield of_software.self_test(given.act)


def _of_machine(given: Given) -> Iterator[Check]:
    yield of_machine.machine(given.source, stated_serial=given.stated.serial)
    yield of_machine.operating_system(given.source)
    yield of_machine.virtual_machine(given.source)
    yield of_machine.storage(given.source, given.folder)
    yield of_machine.memory(given.source)


def _of_network(given: Given, start: Start) -> Iterator[Check]:
    source, stated = given.source, given.stated
    processes = of_software.processes(source, given.salt)
    programs = of_software.running(processes)
    file = of_names.hosts_file(start.hosts, of_names.host_of(given.url), salt=given.salt)
    yield processes
    yield of_software.antivirus(source, _open(stated.antivirus, start.network), programs=programs)
    yield of_network.local_network(start.network, stated.router)
    yield of_network.addresses(start.network, stated.public_address)
    yield of_network.internet_provider(stated.provider)
    reason = _open(stated.tunnel_reason, start.network)
    yield of_network.tunnel(source, start.network, programs=programs, reason=reason)
    yield of_network.network_commands(source)
    yield file
    yield of_names.name_resolution(source, file, flags=given.browser.flags)


def _of_browser(given: Given) -> Iterator[Check]:
    policy = of_browser.browser_policy(given.source)
    certificates = of_browser.added_certificates(given.source, given.browser.home)
    yield policy
    yield certificates
    yield of_browser.browser(given.source, given.browser, policy=policy, certificates=certificates)
    yield of_browser.empty_profile(given.browser)
    yield of_browser.display(given.browser)
    policies = policy.value["names"]
    yield of_names.proxy(given.source, given.variables, flags=given.browser.flags, policies=policies)


def _of_capture(given: Given) -> Iterator[Check]:
    """Gives the points that the capture itself sees to, with the artifact that shows whether it did."""
    yield Check(
        "protocol",
        Status.DONE,
        {"protocol": points.PROTOCOL},
        "Its points are gone through; this claims no conformity.",
    )
    if given.browser.is_profile_reused:
        yield Check(
            "first-page", Status.WARNING, {}, "The profile was used before, so pages were visited in it before."
        )
    else:
        yield _later(
            "first-page", "navigation-log", "The address asked for is the first that the fresh profile visits."
        )
    yield _later(
        "navigation-path", "navigation-log", "The address is opened directly, unless the log shows a way to it."
    )
    yield _later("traffic-recording", "warc", "Requests and responses are recorded.")
    if given.has_video:
        yield _later("content-recording", "session-video", "The screen is recorded from this record to the digests.")
    else:
        yield Check("content-recording", Status.NOT_AVAILABLE, {}, "The session is not recorded as a video.")
    detail = "Addresses of the server, DNS answers, certificates and headers are recorded; the domain's owner is not."
    yield _later("target", "navigation-log", detail)
    yield _later("digests", "custody", "What is kept is hashed as it passes and entered into the ledger.")
    yield _later(
        "material-findings", "acquisition", "The capture states what was received and shown, without an opinion."
    )
    yield _later(
        "prompt-stamp",
        "time-proof",
        "A time-stamp is asked for right after the capture, where an authority is configured.",
    )


def _later(name: str, artifact: str, detail: str) -> Check:
    return Check(name, Status.CAPTURE, {"shown_by": artifact}, detail)


def _open(text: str, network: Network) -> str:
    """Takes out of what the operator states for the open record whatever names the machine or its network."""
    known = {*network.addresses, *network.gateways, *(each.mac for each in network.interfaces), network.host_name} - {
        ""
    }
    for word in sorted(known, key=len, reverse=True):
        text = re.sub(rf"(?<![\w.:-]){re.escape(word)}(?![\w:-])", "[sealed]", text, flags=re.IGNORECASE)
    return text


def _gaps(checks: Mapping[str, Check]) -> Iterator[Gap]:
    if checks["hosts-file"].value.get("names_captured_host"):
        detail = (
            "the hosts file of this machine gives an address to the captured host, so the page may come from elsewhere"
        )
        yield Gap("hosts file", GapReason.FAILED, detail)
    if checks["self-test"].status is Status.WARNING:
        yield Gap("self-test", GapReason.FAILED, "a known digest or a known token did not come out as it must")
    profile = checks["empty-profile"]
    if profile.status is Status.WARNING and not profile.value["is_reused"]:
        yield Gap("empty profile", GapReason.FAILED, "the browser's profile was to be fresh and was not empty")


def _is_doubtful(checks: Mapping[str, Check]) -> bool:
    """Whether the operator must know of something that does not lower the outcome by itself."""
    return checks["storage"].status is Status.WARNING or of_names.uses_unasked_proxy(checks["proxy"])
