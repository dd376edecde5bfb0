"""Policies, extensions, added certificates and flags that change what a browser shows are told before it is used."""

from __future__ import annotations

import dataclasses
import hashlib
import shutil
import subprocess

import pytest

from forensics.codec import canonical
from forensics.collectors.webpage.preflight import gather
from forensics.collectors.webpage.preflight_browser import added_certificates, browser_policy, shown_flag
from forensics.collectors.webpage.preflight_source import Source
from tests.unit.collectors.webpage.laptop import BROWSER, build, given


def run(*command):
    return subprocess.run([str(part) for part in command], capture_output=True, check=True).stdout


needs_certutil = pytest.mark.skipif(shutil.which("certutil") is None, reason="certutil is not installed")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home folder to whose browser three certificates were added: an issuer, a peer, and one without trust."""
    folder = tmp_path_factory.mktemp("home")
    database = folder / ".pki" / "nssdb"
    database.mkdir(parents=True)
    run("certutil", "-N", "-d", f"sql:{database}", "--empty-password")
    for name, trust in (("issuer", "C,,"), ("peer", "P,,"), ("plain", ",,")):
        pem, key = folder / f"{name}.pem", folder / f"{name}.key"
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
            "-out", pem, "-days", "9", "-subj", f"/CN={name}")  # fmt: skip
        run("certutil", "-A", "-d", f"sql:{database}", "-n", name, "-t", trust, "-i", pem)
        if trust == "P,,":
            run("certutil", "-M", "-d", f"sql:{database}", "-n", name, "-t", trust)
    return folder


def digest(pem):
    return hashlib.sha256(run("openssl", "x509", "-in", pem, "-outform", "DER")).hexdigest()


@needs_certutil
def test_certificates_that_were_added_as_trusted_are_listed_by_digest(tmp_path, home):
    found = added_certificates(Source(tmp_path), home)
    assert found.status == "warning"
    assert found.value["sha256"] == sorted([digest(home / "issuer.pem"), digest(home / "peer.pem")])
    assert found.value["not_trusted"] == 1


@needs_certutil
def test_the_second_place_of_the_database_is_looked_at_too(tmp_path, home):
    shutil.copytree(home / ".pki", tmp_path / ".local" / "share" / "pki")
    assert len(added_certificates(Source(tmp_path), tmp_path).value["sha256"]) == 2


@needs_certutil
def test_an_added_certificate_is_a_warning_of_the_browser_and_no_gap(tmp_path, home):
    found = gather(given(build(tmp_path / "root"), browser=dataclasses.replace(BROWSER, home=home)))
    row = found.open["points"][3]
    assert (row["status"], row["value"]["added_certificates"]) == ("warning", 2)
    assert (found.gaps, found.open["passed"]) == ((), True)


def test_a_browser_without_a_home_has_no_added_certificates(tmp_path):
    assert added_certificates(Source(tmp_path), None).status == "done"
    assert added_certificates(Source(tmp_path), tmp_path).status == "done"


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0" + bytes(200), b"rubbish" * 900])
def test_a_database_that_cannot_be_read_is_a_warning(tmp_path, content):
    path = tmp_path / ".pki" / "nssdb" / "cert9.db"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    found = added_certificates(Source(tmp_path), tmp_path)
    assert (found.status, found.detail) == ("warning", "A database of certificates of the browser is not readable.")


@needs_certutil
def test_looking_at_the_database_leaves_it_as_it_is(tmp_path, home):
    before = {path: path.read_bytes() for path in (home / ".pki" / "nssdb").iterdir()}
    added_certificates(Source(tmp_path), home)
    assert {path: path.read_bytes() for path in (home / ".pki" / "nssdb").iterdir()} == before


def test_certificates_for_other_programs_are_counted(tmp_path):
    source = Source(build(tmp_path / "root", {"usr/local/share/ca-certificates/office.crt": "x"}))
    found = added_certificates(source, None)
    assert (found.status, found.value["for_other_programs"]) == ("done", 1)


def test_policies_are_named_and_their_values_sealed(tmp_path):
    policy = '{"ProxyMode": "fixed_servers", "ProxyServer": "10.0.0.7:3128", "BookmarkBarEnabled": true}'
    found = browser_policy(Source(build(tmp_path / "root", {"etc/chromium/policies/managed/office.json": policy})))
    assert found.status == "warning"
    assert found.value["names"] == ["BookmarkBarEnabled", "ProxyMode", "ProxyServer"]
    assert "10.0.0.7" not in canonical(dict(found.value)).decode()
    assert found.secret["etc/chromium/policies/managed/office.json"]["ProxyServer"] == "10.0.0.7:3128"


@pytest.mark.parametrize("content", ["", "[1]", "{broken", "[" * 200_000])
def test_a_policy_file_that_cannot_be_read_is_a_warning(tmp_path, content):
    name = "etc/chromium-browser/policies/recommended/a.json"
    found = browser_policy(Source(build(tmp_path / "root", {name: content})))
    assert (found.status, found.value["names"]) == ("warning", ["unreadable file"])


def test_a_proxy_by_policy_does_not_pass(tmp_path):
    policy = {"etc/chromium/policies/managed/office.json": '{"ProxySettings": {"ProxyMode": "system"}}'}
    found = gather(given(build(tmp_path / "root", policy)))
    assert (found.open["passed"], found.gaps) == (False, ())


def test_extensions_are_a_warning_where_they_can_be_loaded(tmp_path):
    root = build(tmp_path / "root", {"usr/share/chromium/extensions/ublock-origin/manifest.json": "{}"})
    unasked = dataclasses.replace(BROWSER, extensions=None)
    switched_off = dataclasses.replace(unasked, flags=("--disable-extensions",))
    status = {
        state: gather(given(root, browser=state)).open["points"][3]["status"]
        for state in (unasked, switched_off, dataclasses.replace(BROWSER, extensions=1), BROWSER)
    }
    assert list(status.values()) == ["warning", "done", "warning", "done"]


@pytest.mark.parametrize(
    ("flag", "shown"),
    [
        ("--headless=new", "--headless=new"),
        ("--user-data-dir=/home/hua/p", "--user-data-dir=[folder]"),
        ("--user-data-dir=relative/p", "--user-data-dir=[folder]"),
        ("--proxy-server=10.0.0.7:3128", "--proxy-server=[sealed]"),
        ("--host-resolver-rules=MAP a 10.0.0.7", "--host-resolver-rules=[sealed]"),
        ("--window-size=1280,800", "--window-size=1280,800"),
        ("https://example.org/", "[address]"),
        ("about:blank", "[address]"),
    ],
)
def test_flags_are_shown_without_folders_and_addresses(flag, shown):
    assert shown_flag(flag) == shown


def test_rules_by_which_the_browser_maps_names_are_a_warning(tmp_path):
    state = dataclasses.replace(BROWSER, flags=("--host-resolver-rules=MAP a 10.0.0.7",))
    found = gather(given(build(tmp_path / "root"), browser=state)).open["points"][7]
    assert (found["name"], found["status"], found["value"]["browser_rules"]) == ("name-resolution", "warning", 1)
