"""Looks at the browser before it is used: its build and flags, its profile, policies, and certificates added to it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forensics.collectors.webpage.preflight_names import PROXY_FLAGS, RULE_FLAGS
from forensics.collectors.webpage.preflight_points import Check, Status
from forensics.collectors.webpage.preflight_source import Source

POLICY_FOLDERS = tuple(
    f"{place}/policies/{kind}"
    for place in ("etc/chromium", "etc/chromium-browser", "var/snap/chromium/current")
    for kind in ("managed", "recommended")
)
"""Where Chromium reads policies. *Source:* Chromium, docs/enterprise/add_new_policy.md; Debian's and snap's builds."""

EXTENSION_FOLDERS = ("usr/share/chromium/extensions", "usr/lib/chromium/extensions")
"""Where distributions put extensions for all users. *Source:* Debian's chromium, /etc/chromium.d/extensions."""

NO_EXTENSIONS_FLAG = "--disable-extensions"

NSS_DATABASES = (".pki/nssdb/cert9.db", ".local/share/pki/nssdb/cert9.db")
"""Where Chromium finds certificates that the user added. *Source:* Chromium, docs/linux/cert_management.md."""

CERTIFICATE = bytes.fromhex("00000001")
TRUST = bytes.fromhex("ce534353")
"""Classes of objects in a database of NSS: CKO_CERTIFICATE, CKO_NSS_TRUST. *Source:* NSS, lib/util/pkcs11n.h."""

TRUSTED = (bytes.fromhex("ce534351"), bytes.fromhex("ce534352"))
"""CKT_NSS_TRUSTED and CKT_NSS_TRUSTED_DELEGATOR: trusted itself, or as an issuer. *Source:* NSS, pkcs11n.h."""

SYSTEM_CERTIFICATES = ("usr/local/share/ca-certificates", "etc/pki/ca-trust/source/anchors")
"""Where an administrator adds certificates for programs other than the browser. *Source:* Debian; Fedora."""

SHOWN_ENTRIES = 10


@dataclass(frozen=True, slots=True)
class BrowserState:
    """What whoever starts the browser knows of it before the first navigation.

    Attributes:
        product: For example `Chrome/156.0.7339.80`.
        executable_sha256: Digest of the file that is run.
        flags: Command line without the program.
        viewport_px: Width and height.
        scale: Device pixels for each CSS pixel.
        profile_listing: Names in the profile's folder before the start.
        is_profile_reused: Whether the operator asked for a profile that was used before.
        extensions: How many extensions the browser itself lists; None where it was not asked.
        home: Home folder that the browser is started with; None where it has none.
    """

    product: str
    executable_sha256: str
    flags: tuple[str, ...]
    user_agent: str
    viewport_px: tuple[int, int]
    locale: str
    time_zone: str
    revision: str = ""
    scale: float = 1
    colour_depth: int = 24
    headless: bool = True
    profile_listing: tuple[str, ...] = ()
    is_profile_reused: bool = False
    extensions: int | None = None
    home: Path | None = None


def browser(source: Source, state: BrowserState, *, policy: Check, certificates: Check) -> Check:
    """Tells the build and the flags of the browser, and whether anything from outside can change what it shows."""
    installed = sorted({name for folder in EXTENSION_FOLDERS for name in source.names(folder)})
    value = {
        "product": state.product,
        "revision": state.revision,
        "executable_sha256": state.executable_sha256,
        "headless": state.headless,
        "extensions": state.extensions,
        "extensions_installed": len(installed),
        "policies": len(policy.value["names"]),
        "added_certificates": len(certificates.value["sha256"]),
        "flags": [shown_flag(flag) for flag in state.flags],
    }
    concerns = []
    if state.extensions or (state.extensions is None and installed and NO_EXTENSIONS_FLAG not in state.flags):
        concerns.append("Extensions are loaded.")
    concerns += [check.detail for check in (policy, certificates) if check.status is Status.WARNING]
    return Check("browser", Status.WARNING if concerns else Status.DONE, value, " ".join(concerns))


def shown_flag(flag: str) -> str:
    """Takes folders and addresses out of a flag, since they can name the operator, machine or network."""
    name, equals, value = flag.partition("=")
    if equals and name in (*PROXY_FLAGS, *RULE_FLAGS):
        return f"{name}=[sealed]"
    if equals and ("/" in value or "\\" in value):
        return f"{name}=[folder]"
    return flag if name.startswith("-") else "[address]"


def display(state: BrowserState) -> Check:
    """Tells how the page is shown: size, scale, colours, language, time zone, and how the browser names itself."""
    value = {
        "viewport_px": list(state.viewport_px),
        "scale": state.scale,
        "colour_depth": state.colour_depth,
        "locale": state.locale,
        "time_zone": state.time_zone,
        "user_agent": state.user_agent,
    }
    return Check("display", Status.DONE, value)


def empty_profile(state: BrowserState) -> Check:
    """Tells whether history, cache, cookies, forms and passwords were empty: the profile's folder held nothing."""
    count = len(state.profile_listing)
    value: dict[str, Any] = {"entries_at_start": count, "is_reused": state.is_profile_reused}
    if state.is_profile_reused:
        return Check("empty-profile", Status.WARNING, value, "A profile with an earlier log-in is used, as was asked.")
    if count:
        value["names"] = list(state.profile_listing[:SHOWN_ENTRIES])
        return Check("empty-profile", Status.WARNING, value, "The profile was to be fresh and was not empty.")
    return Check("empty-profile", Status.DONE, value)


def browser_policy(source: Source) -> Check:
    """Names the policies that an administrator has set for the browser; their values are sealed."""
    files = [f"{folder}/{name}" for folder in POLICY_FOLDERS for name in source.names(folder) if name.endswith(".json")]
    found = {name: _policies(source, name) for name in files}
    names = sorted({key for policies in found.values() for key in policies or ("unreadable file",)})
    if not names:
        return Check("browser-policy", Status.DONE, {"names": []})
    value = {"names": names, "files": len(files)}
    return Check("browser-policy", Status.WARNING, value, "Policies are set for the browser.", found)


def _policies(source: Source, name: str) -> Mapping[str, Any]:
    try:
        found = json.loads(source.text(name) or "")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def added_certificates(source: Source, home: Path | None) -> Check:
    """Lists certificates that were added to the browser as trusted, by SHA-256, so that an interception can be told.

    Args:
        source: The machine, for what an administrator added for other programs.
        home: Home folder that the browser is started with.
    """
    databases = [path for name in NSS_DATABASES if home is not None and (path := home / name).is_file()]
    trusted, others, is_whole = set[str](), 0, True
    for path in databases:
        found = _certificates(path)
        is_whole = is_whole and found is not None
        trusted |= {digest for digest, is_trusted in found or () if is_trusted}
        others += sum(not is_trusted for _, is_trusted in found or ())
    for_others = sum(name.endswith((".crt", ".pem")) for folder in SYSTEM_CERTIFICATES for name in source.names(folder))
    value = {"sha256": sorted(trusted), "not_trusted": others, "for_other_programs": for_others}
    if not is_whole:
        detail = "A database of certificates of the browser is not readable."
        return Check("added-certificates", Status.WARNING, value, detail)
    if trusted:
        return Check("added-certificates", Status.WARNING, value, "Certificates were added to the browser as trusted.")
    return Check("added-certificates", Status.DONE, value)


def _certificates(path: Path) -> list[tuple[str, bool]] | None:
    """Reads the certificates of a database of NSS: SHA-256, and whether it is trusted; None where it is unreadable.

    Columns are named by attribute: a0 is CKA_CLASS, a11 CKA_VALUE, ace536358 CKA_TRUST_SERVER_AUTH, ace5363b4 the
    SHA-1 by which a trust object refers to its certificate. Where the database has no columns of trust, every
    certificate counts as trusted.

    *Source:* NSS, lib/softoken/sdb.c and lib/util/pkcs11n.h.
    """
    import sqlite3

    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as database:
            columns = {row[1] for row in database.execute("PRAGMA table_info(nssPublic)")}
            certificates = [
                row[0] for row in database.execute("SELECT a11 FROM nssPublic WHERE a0 = ?", (CERTIFICATE,))
            ]
            if not {"ace536358", "ace5363b4"} <= columns:
                return [(hashlib.sha256(der).hexdigest(), True) for der in _bytes(certificates)]
            query = "SELECT ace5363b4 FROM nssPublic WHERE a0 = ? AND ace536358 IN (?, ?)"
            trusted = {row[0] for row in database.execute(query, (TRUST, *TRUSTED))}
    except sqlite3.Error:
        return None
    return [(hashlib.sha256(der).hexdigest(), _sha1(der) in trusted) for der in _bytes(certificates)]


def _bytes(values: Iterable[object]) -> Iterator[bytes]:
    return (value for value in values if isinstance(value, bytes))


def _sha1(der: bytes) -> bytes:
    return hashlib.sha1(der, usedforsecurity=False).digest()
