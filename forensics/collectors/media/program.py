"""Runs yt-dlp as an outside program: without the user's settings, through the gate, into the workspace."""

from __future__ import annotations

import json
import os
import re
import shutil
import ssl
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from forensics.errors import StoreError, ToolError, ToolLimitError, ToolMissingError, ToolTimeoutError
from forensics.model import Gap, GapReason, Tool
from forensics.tools import Limits, run
from forensics.web.fetch_trust import VARIABLES, Trust

NAME = "yt-dlp"
MEMORY_BYTES = 4 << 30
OUTPUT_BYTES = 256 << 20

TOLD = (
    "id,title,extractor,extractor_key,webpage_url,requested_downloads,requested_subtitles,thumbnails,"
    "playlist_count,n_entries,availability,live_status"
)
"""What the program is to say of each video that it obtained. *Source:* yt-dlp, README, section "Output template"."""

_SPOKEN = "[protocol~='^(https?|m3u8|m3u8_native|http_dash_segments)$']"
"""Formats that come over HTTP, and so through the gate."""

ARGUMENTS = (
    "--ignore-config",
    "--no-plugin-dirs",
    "--no-cache-dir",
    "--no-cookies",
    "--no-cookies-from-browser",
    "--no-remote-components",
    "--xff=never",
    "--compat-options=no-certifi",
    "--color=never",
    "--no-progress",
    "--no-mtime",
    "--no-continue",
    "--keep-video",
    "--fixup=never",
    f"--format=bv*{_SPOKEN}+ba{_SPOKEN}/b{_SPOKEN}/bv*{_SPOKEN}/ba{_SPOKEN}",
    "--downloader=native",
    "--abort-on-unavailable-fragments",
    "--match-filters=!is_live",
    "--retries=5",
    "--fragment-retries=5",
    "--write-info-json",
    "--no-write-playlist-metafiles",
    "--write-thumbnail",
    "--write-subs",
    "--sub-langs=all,-live_chat",
    "--print=pre_process:%(.{id,is_live,live_status})j",
    f"--print=after_video:%(.{{{TOLD}}})j",
)
"""No configuration, plug-in, cookie or cache of the user; no pretended origin; nothing left out, mended, converted."""

_REASONS = (
    (r"drm", GapReason.REFUSED),
    (
        r"private|log ?in|sign in|members|premium|subscri|password|cookies|confirm your age|registered users",
        GapReason.REFUSED,
    ),
    (r"geo|your country|your location|not available in your", GapReason.REFUSED),
    (r"HTTP Error 40[123]|HTTP Error 429|captcha|forbidden|gate answers", GapReason.REFUSED),
    (
        r"HTTP Error 4(?:04|10)|unavailable|removed|deleted|does not exist|not found|no longer|terminated",
        GapReason.MISSING,
    ),
    (r"timed? ?out", GapReason.TIMED_OUT),
    (r"max-filesize", GapReason.LIMIT),
)
"""What messages of the program mean. *Source:* messages of its extractors; anything else is `FAILED`."""

_BOILERPLATE = re.compile(
    r";? *(?:please report this issue|Confirm you are on the latest|See +http|Use --|Try to ).*", re.DOTALL
)
_OFTEN = re.compile(r"^(?:ERROR: )?(?:\[[^\]]{1,60}\] )?")
_LONGEST_TOLD = 500
_OWN_ADDRESS = re.compile(
    r"[?&/](?:ip|ipbits|client_?ip|clientip|remote_?addr)[=/]([0-9A-Fa-f.:]{7,45}|[0-9A-Fa-f%]{7,90})(?=[&/\"']|$)"
)


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of one run.

    Attributes:
        videos: What the program told of each video that it obtained, in its own words.
        gaps: What it could not obtain, with its messages.
        tool: The program with the arguments that it was given; paths and secrets are not in them.
    """

    videos: tuple[dict[str, Any], ...]
    gaps: tuple[Gap, ...]
    tool: Tool


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of the program.

    Attributes:
        folder: Where its files go; everything else that it writes goes there, too.
        gate: Address through which it reaches the network.
        limit_bytes: Longer files are not obtained.
        limit_s: How long it may run, in seconds.
        comments: Whether comments are wanted.
        playlist: Whether all videos of a list are wanted, rather than one.
    """

    folder: Path
    gate: str
    trust: Trust
    limit_bytes: int
    limit_s: float
    comments: bool = False
    playlist: bool = False

    @property
    def arguments(self) -> tuple[str, ...]:
        """Gives the arguments that may be recorded."""
        chosen = ["--write-comments"] if self.comments else []
        chosen += ["--yes-playlist"] if self.playlist else ["--no-playlist", "--playlist-items=1"]
        return (*ARGUMENTS, *chosen, f"--max-filesize={self.limit_bytes}")


def run_program(url: str, wish: Wish) -> Ran:
    """Runs the program for one address.

    Raises:
        StoreError: The list of trusted authorities could not be written.
    """
    try:
        tool = Tool(NAME, version(NAME), arguments=wish.arguments)
    except PackageNotFoundError:
        return Ran((), (Gap("media", GapReason.FAILED, f"{NAME} is not installed"),), Tool(NAME, "none"))
    command = [
        sys.executable,
        "-P",
        "-m",
        "yt_dlp",
        *wish.arguments,
        f"--output={wish.folder}/%(autonumber)05d.%(ext)s",
    ]
    limits = Limits(wish.limit_s, MEMORY_BYTES, OUTPUT_BYTES)
    try:
        done = run([_env(), *_variables(wish), *command, "--", url], limits=limits)
    except ToolTimeoutError as error:
        return Ran((), (Gap("media", GapReason.TIMED_OUT, str(error)),), tool)
    except ToolLimitError as error:
        return Ran((), (Gap("media", GapReason.LIMIT, str(error)),), tool)
    except ToolError as error:
        return Ran((), (Gap("media", GapReason.FAILED, _clean(str(error), wish.folder)),), tool)
    told = tuple(_read(done.stdout))
    videos = tuple(one for one in told if "requested_downloads" in one)
    gaps = tuple(_gaps(done.stderr.decode("utf-8", errors="replace"), wish))
    if not videos and any(one.get("is_live") for one in told):
        gaps = (*gaps, Gap("media", GapReason.LIMIT, f"{NAME}: it is live, so that it has no end yet"))
    if not videos and not gaps:
        gaps = (
            Gap("media", GapReason.FAILED, f"{NAME} obtained nothing and gave no reason (status {done.returncode})"),
        )
    return Ran(videos, gaps, tool)


def own_addresses(text: str) -> tuple[str, ...]:
    """Finds network addresses of the asking machine that a platform wrote into its addresses of media."""
    from urllib.parse import unquote

    return tuple(dict.fromkeys(unquote(found) for found in _OWN_ADDRESS.findall(text)))


def _env() -> str:
    found = shutil.which("env")
    if found is None:
        raise ToolMissingError("env is not installed", hint="It is part of every system's basic tools (coreutils).")
    return found


def _variables(wish: Wish) -> Iterator[str]:
    """Gives the environment of the program; the gate's password stands there since arguments are visible to others."""
    yield f"HOME={wish.folder}"
    yield f"TMPDIR={wish.folder}"
    yield "YTDLP_NO_PLUGINS=1"
    for name in ("http_proxy", "https_proxy"):
        yield f"{name}={wish.gate}"
    for name in VARIABLES:
        if os.environ.get(name) and not (wish.trust.added and name == "SSL_CERT_FILE"):
            yield f"{name}={os.environ[name]}"
    if wish.trust.added:
        yield f"SSL_CERT_FILE={_bundle(wish)}"


def _bundle(wish: Wish) -> Path:
    """Writes the system's list of authorities with those that the user added."""
    paths = ssl.get_default_verify_paths()
    known = paths.cafile or paths.openssl_cafile
    target = wish.folder / "authorities.pem"
    try:
        system = Path(known).read_text("utf-8", errors="replace") if Path(known).is_file() else ""
        target.write_text("\n".join([system, *wish.trust.added]), "utf-8")
    except OSError as error:
        raise StoreError(f"the list of authorities cannot be written: {error.strerror}") from error
    return target


def _read(output: bytes) -> Iterator[dict[str, Any]]:
    for line in output.splitlines():
        if line.startswith(b"{"):
            try:
                found = json.loads(line)
            except ValueError:
                continue
            if isinstance(found, dict):
                yield found


def _gaps(messages: str, wish: Wish) -> Iterator[Gap]:
    """Makes gaps of messages that say that something is not there; other warnings are not told."""
    seen = set()
    for line in messages.splitlines():
        is_error = line.startswith("ERROR:") or "max-filesize" in line
        text = _clean(line, wish.folder)
        if is_error and text not in seen:
            seen.add(text)
            why = next((why for pattern, why in _REASONS if re.search(pattern, text, re.IGNORECASE)), GapReason.FAILED)
            yield Gap("media", why, f"{NAME}: {text}")


def _clean(text: str, folder: Path) -> str:
    """Takes paths of this machine, the gate and advice for the program's own users out of a message."""
    text = _BOILERPLATE.sub("", _OFTEN.sub("", text.strip()))
    paths: Sequence[str] = (str(folder), sysconfig.get_paths()["purelib"], sys.prefix, str(Path.home()))
    for path in sorted((path for path in paths if len(path) > 1), key=len, reverse=True):
        text = text.replace(path, "…")
    text = re.sub(r"http://gate:[^@\s]+@127\.0\.0\.1:\d+", "the gate", text)
    text = re.sub(r"(?<![\w:/.])/(?:[\w.@+-]+/)+[\w.@+-]*", "…", text)
    return text[:_LONGEST_TOLD].strip()
