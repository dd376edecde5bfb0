"""The pre-flight goes through every point, says what it cannot tell, and keeps the operator's own network sealed."""

from __future__ import annotations

import dataclasses
import getpass
import hashlib
import json
import random
import re
import socket
import subprocess
from pathlib import Path
from typing import Any

import pyrage
import pytest

from forensics.codec import canonical
from forensics.collectors.webpage import preflight_machine
from forensics.collectors.webpage.preflight import Given, Preflight, Statements, after, gather, keep
from forensics.collectors.webpage.preflight_points import CLEAN_ENVIRONMENT, FURTHER, POINTS, Status
from forensics.collectors.webpage.preflight_source import Source
from forensics.custody import sealing
from forensics.custody.store import Store
from forensics.engine.sink import StagingSink
from forensics.model import GapReason
from tests.unit.collectors.webpage.laptop import BROWSER, FILES, SECRETS, act, build, given


def check(found: Preflight, name: str) -> dict[str, Any]:
    rows = [*found.open["points"], *found.open["clean_environment"], *found.open["further"]]
    return next(row for row in rows if row["name"] == name)


def on_laptop(tmp_path: Path, changes: dict[str, str | bytes | None] | None = None, **settings: Any) -> Preflight:
    return gather(given(build(tmp_path / "root", changes), **settings))


def test_every_point_is_there_in_order_with_a_status(tmp_path):
    found = on_laptop(tmp_path).open
    assert [row["id"] for row in found["points"]] == [f"NF{number:02d}" for number in range(1, 21)]
    assert [row["id"] for row in found["clean_environment"]] == [f"CN{number:02d}" for number in range(1, 10)]
    for key, names in (("points", POINTS), ("clean_environment", CLEAN_ENVIRONMENT), ("further", FURTHER)):
        assert tuple(row["name"] for row in found[key]) == names
        assert {row["status"] for row in found[key]} <= {str(status) for status in Status}
    assert found["protocol"] == "NF Z67-147 (2010)"


def test_a_machine_that_tells_nothing_gives_every_point_all_the_same(tmp_path):
    (tmp_path / "empty").mkdir()
    found = gather(given(tmp_path / "empty", stated=Statements(), act=act(self_test={})))
    assert len(found.open["points"]) == 20
    absent = {
        row["name"] for key in ("points", "further") for row in found.open[key] if row["status"] == "not-available"
    }
    assert {"machine", "operating-system", "local-network", "addresses", "name-resolution", "clock"} <= absent
    assert {"self-test", "tunnel", "memory", "virtual-machine"} <= absent
    assert check(found, "internet-provider")["status"] == "operator"
    assert found.gaps == ()


BAD = {
    "nothing": b"",
    "zeros": bytes(4096),
    "not text": bytes(range(128, 256)) * 20,
    "long line": b"a" * 100_000,
    "many fields": b"0 (x) S "
    + b"z " * 60
    + b"\n"
    + b"z\t" * 60
    + b"\n|-- 1.2.3.4.5.6\n/32 host LOCAL\nbtime 99999999999999999999\n",
    "random": random.Random(7).randbytes(3000),
}


@pytest.mark.parametrize("name", BAD)
def test_files_with_rubbish_in_them_are_no_error(tmp_path, name):
    more = (
        "etc/chromium/policies/managed/a.json",
        "var/lib/clamav/daily.cld",
        "sys/fs/ext4/sda1/errors_count",
        "etc/environment",
    )
    found = on_laptop(tmp_path, dict.fromkeys((*FILES, *more), BAD[name]))
    assert len(found.open["points"]) == 20
    canonical(found.open), canonical(found.sealed)


def test_the_open_part_has_nothing_that_identifies_machine_or_network(tmp_path):
    variables = {"USER": "hua", "https_proxy": "http://secret-login:pass@192.168.178.5:3128"}
    found = on_laptop(tmp_path, variables=variables)
    text = canonical(found.record("00" * 32)).decode().lower()
    assert [secret for secret in SECRETS if secret.lower() in text] == []
    assert (
        re.findall(r"\b\d+\.\d+\.\d+\.\d+\b", text.replace("156.0.7339.80", "").replace("chrome/156.0.0.0", "")) == []
    )
    assert re.findall(r"\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b", text) == []


def test_the_sealed_part_has_what_the_open_one_leaves_out(tmp_path):
    sealed = canonical(on_laptop(tmp_path).sealed).decode()
    found = [secret for secret in SECRETS if secret in sealed]
    assert set(SECRETS) - set(found) == {"secret-login"}


def test_the_open_part_has_nothing_that_identifies_this_machine(tmp_path):
    real = dataclasses.replace(given(tmp_path), source=Source(), variables={}, stated=Statements())
    found = gather(real)
    text = canonical(found.open).decode()
    own = subprocess.run(["hostname", "-I"], check=True, capture_output=True, text=True).stdout.split()
    known = {socket.gethostname(), getpass.getuser(), *own}
    known |= {path.read_text().strip() for path in Path("/sys/class/net").glob("*/address")}
    known |= set(re.findall(r"^nameserver (\S+)", Path("/etc/resolv.conf").read_text(), flags=re.MULTILINE))
    assert [word for word in known if re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text)] == []


def test_a_machine_with_serial_numbers_seals_them(tmp_path):
    found = on_laptop(tmp_path)
    assert check(found, "machine")["status"] == "sealed"
    assert check(found, "machine")["value"]["make"] == "Example Computers"
    assert check(found, "machine")["value"]["memory_mib"] == 16000
    assert found.sealed["checks"]["machine"]["product_serial"] == "PF3XY7QZ"
    assert "chassis_serial" not in found.sealed["checks"]["machine"]


@pytest.mark.parametrize("word", ["To Be Filled By O.E.M.", "Default string", "None", "0", "  ", "System Product Name"])
def test_what_a_maker_left_in_place_of_a_value_is_no_value(tmp_path, word):
    found = on_laptop(tmp_path, {"sys/class/dmi/id/product_name": word, "sys/class/dmi/id/product_serial": word})
    assert check(found, "machine")["status"] == "not-available"
    assert check(found, "machine")["value"]["model"] is None


def test_the_last_patch_is_the_last_upgrade_and_not_the_last_installation(tmp_path):
    value = check(on_laptop(tmp_path), "operating-system")["value"]
    assert (value["last_patch"], value["last_patch_source"]) == ("2026-11-18", "dpkg.log")
    assert value["booted_at"] == "2026-11-22T00:00:00Z"


PATCH_LOGS = {
    "var/log/dpkg.log.1": "2026-10-30 23:59:59 upgrade libc6:amd64 1 2\n",
    "var/log/dnf.rpm.log": "2026-11-01T10:11:12+0100 SUBDEBUG Upgraded: glibc-2.38-10.fc39.x86_64\n",
    "var/log/pacman.log": "[2026-11-02T10:11:12+0100] [ALPM] upgraded glibc (2.38-1 -> 2.38-2)\n",
}


@pytest.mark.parametrize("name", PATCH_LOGS)
def test_the_last_patch_is_found_in_the_logs_of_several_package_managers(tmp_path, name):
    found = on_laptop(tmp_path, {"var/log/dpkg.log": None, name: PATCH_LOGS[name]})
    assert (
        check(found, "operating-system")["value"]["last_patch"]
        == re.search(r"2026-\d\d-\d\d", PATCH_LOGS[name]).group()
    )


def test_a_system_without_logs_says_that_its_last_patch_is_unknown(tmp_path):
    found = check(on_laptop(tmp_path, {"var/log/dpkg.log": None}), "operating-system")
    assert found["value"]["last_patch"] is None
    assert "No log" in found["detail"]


def test_a_hosts_file_that_names_the_captured_host_is_a_gap(tmp_path):
    found = on_laptop(tmp_path, {"etc/hosts": FILES["etc/hosts"] + "203.0.113.9 example.org www.example.org\n"})
    assert check(found, "hosts-file")["status"] == check(found, "name-resolution")["status"] == "warning"
    assert [(gap.what, gap.why) for gap in found.gaps] == [("hosts file", GapReason.FAILED)]
    assert not found.open["passed"]
    assert found.gaps[0].is_of_content
    assert "203.0.113.9" not in canonical(found.open).decode()


@pytest.mark.parametrize(
    ("line", "url"),
    [
        ("203.0.113.9 EXAMPLE.org", "https://Example.ORG/"),
        ("203.0.113.9 example.org.", "https://example.org/"),
        ("203.0.113.9\t\texample.org # old", "https://example.org:8443/a?b"),
        ("0.0.0.0 example.org", "http://example.org/"),
        ("203.0.113.9 xn--fsqu00a.xn--0zwm56d", "https://例子.测试/"),
        ("127.0.1.1 www.victim.example www", "https://www.victim.example/"),
        ("203.0.113.9 localhost", "http://localhost/"),
    ],
)
def test_spellings_do_not_hide_that_the_hosts_file_names_the_captured_host(tmp_path, line, url):
    changes = {"etc/hosts": line + "\n", "proc/sys/kernel/hostname": "www\n"}
    assert on_laptop(tmp_path, changes, url=url).gaps


@pytest.mark.parametrize(
    ("line", "url"),
    [
        ("203.0.113.9 example.org.evil.example", "https://example.org/"),
        ("203.0.113.9 notexample.org", "https://example.org/"),
        ("#203.0.113.9 example.org", "https://example.org/"),
        ("127.0.0.1 localhost", "http://localhost:8080/"),
        ("203.0.113.9 example.org", "https://203.0.113.9/"),
        ("203.0.113.9 example.org", "not a url"),
        ("203.0.113.9 example.org", "https://[::1/"),
    ],
)
def test_other_names_in_the_hosts_file_are_no_gap(tmp_path, line, url):
    assert on_laptop(tmp_path, {"etc/hosts": line + "\n"}, url=url).gaps == ()


def test_usual_lines_of_a_hosts_file_are_told_from_others(tmp_path):
    fedora = (
        "127.0.0.1   localhost localhost.localdomain localhost4 localhost4.localdomain4\n::1 localhost6.localdomain6\n"
    )
    found = on_laptop(tmp_path, {"etc/hosts": FILES["etc/hosts"] + fedora + "192.168.178.20 nas\n"})
    value = check(found, "hosts-file")["value"]
    assert (value["entries"], value["not_usual"], value["names_captured_host"]) == (14, 1, False)
    assert found.sealed["checks"]["hosts-file"]["others"] == ["192.168.178.20 nas"]
    assert check(found, "hosts-file")["status"] == "sealed"


def test_the_digest_of_the_hosts_file_is_salted(tmp_path):
    content = FILES["etc/hosts"].encode()
    found = on_laptop(tmp_path)
    salt = bytes.fromhex(found.sealed["salt"])
    assert check(found, "hosts-file")["value"]["salted_sha256"] == hashlib.sha256(salt + content).hexdigest()
    assert hashlib.sha256(content).hexdigest() not in canonical(found.open).decode()
    assert found.sealed["checks"]["hosts-file"]["content"] == {"text": content.decode()}


def test_the_salted_digest_of_the_processes_is_that_of_the_sealed_list(tmp_path):
    found = on_laptop(tmp_path)
    kept = found.sealed["checks"]["processes"]
    assert [each["name"] for each in kept] == ["systemd", "a (b) c"]
    assert kept[1] == {"pid": 812, "parent": 1, "name": "a (b) c", "started_ticks": 523}
    assert check(found, "processes")["value"]["count"] == 2
    line = json.dumps(kept, sort_keys=True, separators=(",", ":")).encode()
    assert check(found, "processes")["value"]["salted_sha256"] == hashlib.sha256(bytes(range(32)) + line).hexdigest()


def test_a_self_test_that_failed_is_a_gap(tmp_path):
    failed = {"checks": {"sha256": "failed", "token": "passed"}, "passed": False}
    found = on_laptop(tmp_path, act=act(0.0, self_test=failed))
    assert check(found, "self-test")["value"]["failed"] == ["sha256"]
    assert [gap.what for gap in found.gaps] == ["self-test"]
    assert not found.open["passed"]


def test_a_fresh_profile_that_is_not_empty_is_a_gap(tmp_path):
    found = on_laptop(tmp_path, browser=dataclasses.replace(BROWSER, profile_listing=("Default", "Local State")))
    assert [gap.what for gap in found.gaps] == ["empty profile"]
    assert check(found, "empty-profile")["value"]["names"] == ["Default", "Local State"]


def test_a_profile_that_was_asked_for_is_a_warning_and_no_gap(tmp_path):
    state = dataclasses.replace(BROWSER, profile_listing=("Default",), is_profile_reused=True)
    found = on_laptop(tmp_path, browser=state)
    assert (found.gaps, found.open["passed"]) == ((), True)
    assert check(found, "empty-profile")["status"] == check(found, "first-page")["status"] == "warning"


@pytest.mark.parametrize(
    ("offsets", "status"),
    [
        ((0.01, -0.02), "done"),
        ((0.01,), "warning"),
        ((0.01, None), "warning"),
        ((0.01, 1.5), "warning"),
        ((-30.0, -30.1), "warning"),
        ((None, None), "warning"),
        ((), "not-available"),
    ],
)
def test_the_clock_is_judged_by_offset_and_number_of_servers(tmp_path, offsets, status):
    found = check(on_laptop(tmp_path, act=act(*offsets)), "clock")
    assert found["status"] == status
    assert found["value"]["servers"] == len(offsets)
    assert "time.example" not in canonical(found).decode()


def test_points_that_the_capture_sees_to_are_not_called_done(tmp_path):
    found = on_laptop(tmp_path).open["points"]
    later = {row["name"]: row["value"]["shown_by"] for row in found if row["status"] == "capture"}
    assert later["traffic-recording"] == "warc"
    assert later["content-recording"] == "session-video"
    assert later.keys() == set(POINTS[12:]) - {"display"}


def test_a_session_without_a_video_is_not_called_recorded(tmp_path):
    assert check(on_laptop(tmp_path, has_video=False), "content-recording")["status"] == "not-available"


def test_a_disk_that_is_nearly_full_is_told_and_is_no_gap(tmp_path, monkeypatch):
    monkeypatch.setattr(preflight_machine, "LEAST_FREE_BYTES", 1 << 62)
    found = on_laptop(tmp_path)
    assert check(found, "storage")["status"] == "warning"
    assert (found.open["passed"], found.gaps) == (False, ())


def test_errors_that_a_file_system_counted_are_told(tmp_path):
    found = check(on_laptop(tmp_path, {"sys/fs/ext4/sda1/errors_count": "3\n"}), "storage")
    assert (found["status"], found["value"]["file_system_errors"]) == ("warning", 3)


def test_little_memory_is_told(tmp_path):
    assert check(on_laptop(tmp_path, {"proc/meminfo": "MemAvailable: 200000 kB\n"}), "memory")["status"] == "warning"


@pytest.mark.parametrize(
    ("changes", "signs", "engines"),
    [
        ({}, [], []),
        ({"sys/class/dmi/id/product_name": "VirtualBox"}, ["virtualbox"], []),
        ({"sys/class/dmi/id/sys_vendor": "QEMU"}, ["qemu"], []),
        ({"proc/cpuinfo": "flags\t: fpu hypervisor lm\n"}, ["processor flag"], []),
        ({".dockerenv": ""}, [], ["docker"]),
        ({"proc/1/cgroup": "0::/kubepods/burstable/pod1\n"}, [], ["kubepods"]),
    ],
)
def test_virtual_machines_and_containers_are_told_by_their_signs(tmp_path, changes, signs, engines):
    found = check(on_laptop(tmp_path, changes), "virtual-machine")
    assert found["value"] == {"virtual_machine": signs, "container": engines}
    assert found["status"] == "done"


def test_the_signatures_of_a_virus_scanner_are_read_from_their_own_header(tmp_path):
    header = b"ClamAV-VDB:21 Nov 2026 09-24 +0000:27830:2068899:90:abc:def:builder:1795253040"
    found = check(on_laptop(tmp_path, {"var/lib/clamav/daily.cld": header.ljust(512)}), "antivirus")
    assert (found["value"]["product"], found["value"]["signatures"]) == ("ClamAV", "21 Nov 2026 09-24 +0000")
    assert found["status"] == "operator"
    assert found["value"]["stated"] == "ClamAV 1.4, whole disk of [sealed], 2026-11-21, nothing found"


def test_both_parts_are_kept_and_the_commitment_is_of_the_sealed_one(tmp_path):
    found = on_laptop(tmp_path)
    (tmp_path / "case" / "tmp").mkdir(parents=True)
    identity = pyrage.x25519.Identity.generate()
    sink = StagingSink(Store(tmp_path / "case"), recipients=(str(identity.to_public()),))
    commitment = keep(found, sink)
    hidden, shown = sink.artifacts
    assert (hidden.name.display, shown.name.display) == ("preflight-network.json", "preflight.json")
    assert hidden.role == shown.role == "preflight"
    assert hidden.sealed == {"commitment": commitment}
    assert shown.facts["preflight"]["commitment"] == commitment
    sealing.decrypt_file(sink.staged[0].path, tmp_path / "plain", identities=[str(identity)], plain_sha256=None)
    plain = (tmp_path / "plain").read_bytes()
    assert hashlib.sha256(plain).hexdigest() == commitment
    assert json.loads(plain[32:]) == found.sealed
    assert json.loads(sink.staged[1].path.read_bytes()) == shown.facts["preflight"]


def test_at_the_end_nothing_has_changed_where_nothing_changed(tmp_path):
    state = given(build(tmp_path / "root"))
    found = after(state, gather(state), contacted=("example.org", "cdn.example.net"))
    assert found.gaps == ()
    assert (found.values["hosts_file"], found.values["network"]) == ("unchanged", "unchanged")
    assert found.values["clock_is_steady"]
    assert found.values["hosts_file_names"] == []


def test_a_hosts_file_that_begins_to_name_the_host_meanwhile_is_a_gap(tmp_path):
    state = given(build(tmp_path / "root"))
    before = gather(state)
    build(tmp_path / "root", {"etc/hosts": "203.0.113.9 example.org\n0.0.0.0 ads.example\n"})
    found = after(state, before, contacted=("ads.example", "example.org", "cdn.example.net"))
    assert [(gap.what, gap.why) for gap in found.gaps] == [("hosts file", GapReason.CHANGED)]
    assert found.values["hosts_file"] == "changed"
    assert found.values["hosts_file_names"] == ["ads.example", "example.org"]


def test_a_host_that_the_browser_was_sent_on_to_and_the_hosts_file_names_is_a_gap(tmp_path):
    state = given(build(tmp_path / "root", {"etc/hosts": "203.0.113.9 www.example.org\n"}))
    before = gather(state)
    assert before.gaps == ()
    assert after(state, before, final_url="https://www.example.org/").gaps
    assert after(state, before, final_url="https://example.org/").gaps == ()


def test_a_network_that_changed_meanwhile_is_told_without_addresses(tmp_path):
    state = given(build(tmp_path / "root"))
    before = gather(state)
    build(tmp_path / "root", {"proc/net/route": None})
    found = after(state, before)
    assert found.values["network"] == "changed"
    assert [secret for secret in SECRETS if secret in canonical(dict(found.values)).decode()] == []


def test_a_clock_that_was_set_during_the_session_is_told(tmp_path):
    state: Given = given(build(tmp_path / "root"))
    before = gather(state)
    moved = dataclasses.replace(before.start, boot_s=before.start.boot_s - 3600)
    found = after(state, dataclasses.replace(before, start=moved))
    assert not found.values["clock_is_steady"]
    assert found.values["clock_jump_s"] == pytest.approx(-3600, abs=5)
