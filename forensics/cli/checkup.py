"""What `doctor` looks at: programs, libraries, fonts, models, keys, time."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from forensics.cli.settings import Times
from forensics.custody.digest import digest_stream, new_sm3
from forensics.custody.signing import Home, has_key
from forensics.errors import ForensicsError, ToolMissingError

PROGRAMS = {
    "exiftool>=12": "analyze",
    "ffprobe>=4": "analyze",
    "ffmpeg>=4": "analyze; collect: the video of a page's session",
    "openssl>=3": "collect, stamp, verify: time stamps",
    "chromium": "collect: pages",
}
"""Outside programs that are needed, and what for."""

EXTRA_PROGRAMS = {
    "Xvfb": "collect --interactive on a machine without a screen; tests",
    "certutil": "collect: certificates that you added to your browser; tests",
}
"""Outside programs that one can do without, and what for."""

LIBRARIES = {
    "blake3": "digests",
    "cryptography": "keys",
    "rfc3161-client": "time stamps",
    "pyrage": "sealed files",
    "reportlab": "report",
    "pyexiftool": "analyze",
    "ffmpeg-python": "analyze",
    "bagit": "bundle",
    "pillow": "analyze, report",
    "warcio": "collect: pages and media",
    "wacz": "collect: pages and media",
    "yt-dlp": "collect: videos on platforms and streams",
    "c2pa-python": "analyze: content credentials",
    "numpy": "analyze: pictures, clips and sound",
    "opencv-python-headless": "analyze: pictures and clips",
    "jpeglib": "analyze: compression of JPEG",
    "pikepdf": "analyze: PDF",
}
"""Python packages that are needed, and what for."""

EXTRA_LIBRARIES = {
    "rapidocr": "analyze: labels that can be read in pictures",
    "onnxruntime": "analyze: labels that can be read in pictures",
}
"""Python packages that one can do without, and what for; the extra `ocr` has them."""

SNAP_MEND = (
    "Ubuntu has Chromium as a snap only, which cannot reach a case's folder. Install a package that is no snap, "
    "for example from the PPA xtradeb/apps; README.md says more."
)


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Attributes:
        state: `ok`, `missing`, `failed`, or `note` for what is optional.
        mend: The command that mends it; empty where nothing needs mending.
        used_for: Verbs that want it, of programs and libraries; empty for all else.
    """

    name: str
    state: str
    detail: str
    mend: str = ""
    used_for: str = ""


def examine_machine(home: Home, found: Times, *, is_online: bool) -> dict[str, Any]:
    """Looks at this machine and tells what works; the exit code is 30 where something needed is missing."""
    checks = [
        *_programs(),
        *_browser(),
        *_libraries(),
        *_files(),
        _sm3(),
        _keys(home),
        *_authorities(found, is_online=is_online),
        *_servers(found, is_online=is_online),
    ]
    states = {check.state for check in checks}
    code = 30 if "missing" in states else 3 if "failed" in states else 0
    return {"checks": [asdict(check) for check in checks], "exit_code": code}


def _programs() -> Iterator[Check]:
    for need, use in PROGRAMS.items():
        yield replace(_program(need), used_for=use)
    for name, use in EXTRA_PROGRAMS.items():
        yield replace(_extra_program(name), used_for=use)


def _program(need: str) -> Check:
    from forensics.tools import require

    name = need.partition(">")[0]
    if name == "chromium" and _is_snap(name):
        return Check(name, "missing", "chromium is a snap", SNAP_MEND)
    try:
        tool = require(need)
    except ToolMissingError as error:
        mend = SNAP_MEND if name == "chromium" and _is_ubuntu() else error.hint
        return Check(name, "missing", str(error), mend)
    except ForensicsError as error:
        return Check(name, "failed", str(error), error.hint)
    return Check(name, "ok", f"{tool.version} (SHA-256 {(tool.digest or '')[:16]})")


def _extra_program(name: str) -> Check:
    """Looks whether a program is there; neither of them tells its version in a way that can be relied on."""
    from forensics.tools import PROGRAMS as KNOWN
    from forensics.tools import digest_of

    found = shutil.which(name)
    if found is None:
        return Check(name, "note", f"{name} is not installed.", f"Install it: apt-get install {KNOWN[name].package}")
    return Check(name, "ok", f"installed (SHA-256 {digest_of(Path(found).resolve())[:16]})")


def _is_snap(name: str) -> bool:
    """Whether a program is run through snap, which keeps it away from hidden folders and from `/tmp`."""
    found = shutil.which(name)
    return found is not None and ("/snap/" in found or Path(found).resolve().name == "snap")


def _is_ubuntu() -> bool:
    from platform import freedesktop_os_release

    try:
        return freedesktop_os_release().get("ID") == "ubuntu"
    except OSError:
        return False


def _browser() -> Iterator[Check]:
    """Starts Chromium once, without a page, where it is installed: a sandbox that the system forbids shows only so."""
    import asyncio

    from forensics.web.chromium import Options, launch

    async def start(folder: Path) -> str:
        async with launch(Options(workspace=folder)) as browser:
            return browser.product

    if shutil.which("chromium") is None or _is_snap("chromium"):
        return
    try:
        with TemporaryDirectory(prefix="forensics-doctor-") as folder:
            yield Check("browser starts", "ok", asyncio.run(start(Path(folder))), used_for=PROGRAMS["chromium"])
    except (ForensicsError, OSError) as error:
        mend = getattr(error, "hint", "")
        yield Check("browser starts", "failed", str(error), mend, PROGRAMS["chromium"])


def _libraries() -> Iterator[Check]:
    for name, use in LIBRARIES.items():
        yield _library(name, use, Check(name, "missing", "not installed", f"pip install {name}", use))
    for name, use in EXTRA_LIBRARIES.items():
        detail = "not installed; without it visible labels are not looked for"
        yield _library(name, use, Check(name, "note", detail, "pip install 'forensics[ocr]'", use))


def _library(name: str, use: str, otherwise: Check) -> Check:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return Check(name, "ok", version(name), used_for=use)
    except PackageNotFoundError:
        return otherwise


def _files() -> Iterator[Check]:
    """Compares fonts and models with the SHA-256 that their NOTICE files state."""
    from forensics.reporter.text import template_root

    package = Path(__file__).resolve().parent.parent
    for folder, kind in ((Path(str(template_root())) / "fonts", "font"), (package / "models", "model")):
        notice = folder / "NOTICE"
        text = notice.read_text(encoding="utf-8") if notice.is_file() else ""
        if not text:
            yield Check(kind, "missing", f"{notice} is not there", "Install the program again.")
        for path in sorted([*folder.glob("*.ttf"), *folder.glob("*.onnx")]):
            with path.open("rb") as stream:
                digest = digest_stream(stream).sha256
            is_known = digest in text
            detail = f"{path.name} (SHA-256 {digest[:16]})" + ("" if is_known else " is not what NOTICE says")
            yield Check(kind, "ok" if is_known else "failed", detail, "" if is_known else "Install the program again.")


def _sm3() -> Check:
    try:
        new_sm3()
    except ForensicsError as error:
        return Check("SM3", "note", f"{error}; needed for cases of jurisdiction cn alone", error.hint)
    return Check("SM3", "ok", "available through OpenSSL")


def _keys(home: Home) -> Check:
    if has_key(home):
        return Check("signing key", "ok", f"in {home.keys}")
    return Check("signing key", "note", "none yet; `forensics new` makes one", "forensics key new")


def _authorities(found: Times, *, is_online: bool) -> Iterator[Check]:
    if not found.authorities:
        yield Check(
            "time-stamp authority",
            "note",
            "none is configured: items will be not yet time-stamped",
            "--tsa URL, or config.toml",
        )
    for authority in found.authorities:
        detail = f"{authority.url}, {len(authority.anchors)} trust anchors"
        if is_online:
            yield _asked("time-stamp authority", detail, ask=partial(_ask_authority, authority))
        else:
            yield Check("time-stamp authority", "ok", detail + " (not asked; --online asks)")


def _asked(name: str, detail: str, *, ask: Callable[[], str]) -> Check:
    try:
        return Check(name, "ok", f"{detail}: {ask()}")
    except ForensicsError as error:
        return Check(name, "failed", f"{detail}: {error}", error.hint)


def _ask_authority(authority: Any) -> str:
    import hashlib

    from forensics.custody.trusted_time import request_token

    receipt = request_token(authority, hashlib.sha256(b"forensics doctor").digest())
    return f"answered, genTime {receipt.token.gen_time:%Y-%m-%dT%H:%M:%SZ}"


def _servers(found: Times, *, is_online: bool) -> Iterator[Check]:
    from forensics.custody.clock import check_clocks

    if not found.servers:
        yield Check(
            "time server",
            "note",
            "none is configured: the clock is compared with nothing",
            "--ntp HOST, or config.toml",
        )
    elif not is_online:
        yield Check("time server", "ok", ", ".join(found.servers) + " (not asked; --online asks)")
    else:
        for check in check_clocks(found.servers, phase="before"):
            if check.gap:
                yield Check(
                    "time server", "failed", f"{check.server}: {check.gap.detail}", "Check the address and the network."
                )
            else:
                yield Check("time server", "ok", f"{check.server}: offset {check.offset_s:+.3f} s")
