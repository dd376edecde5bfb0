"""Starts Chromium for captures: a profile of its own, no extensions, nothing in the background, driven by pipes."""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from forensics import tools
from forensics.errors import ToolError
from forensics.web.cdp import BrowserGoneError, CdpError, Connection, connected

START_S = 60.0
"""How long the browser may take to answer its first command, in seconds; a cold start from a slow disk takes 10."""

CLOSE_S = 5.0
"""How long the browser may take to end by itself, in seconds; then it is killed."""

NOISE = ("dbus/", "UPower", "google_apis/gcm")
"""Marks of messages that the browser writes on any machine without a desktop."""

UNWANTED = (
    "AutofillServerCommunication",
    "CertificateTransparencyComponentUpdater",
    "DialMediaRouteProvider",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "InterestFeedContentSuggestions",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "Translate",
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxPopup",
)
"""Features that change pages, addresses or traffic by themselves, or draw windows that nobody sees."""

FLAGS = (
    "--remote-debugging-pipe",
    "--disable-extensions",
    "--disable-component-extensions-with-background-pages",
    "--disable-background-networking",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--disable-domain-reliability",
    "--disable-client-side-phishing-detection",
    "--disable-breakpad",
    "--disable-dev-shm-usage",
    "--disable-popup-blocking",
    "--disable-quic",
    "--disable-search-engine-choice-screen",
    "--deny-permission-prompts",
    "--disable-features=" + ",".join(UNWANTED),
    "--force-color-profile=srgb",
    "--component-updater=url-source=https://localhost:1",
    "--gaia-url=https://localhost:1",
    "--metrics-recording-only",
    "--mute-audio",
    "--no-default-browser-check",
    "--no-first-run",
    "--no-pings",
    "--no-service-autorun",
    "--password-store=basic",
    "--use-mock-keychain",
)
"""What the browser is told beside its profile and window: nothing is fetched, sent, shown or remembered but the page.

*Source:* chrome-launcher, docs/chrome-flags-for-tools.md, and Chromium's own switches.
"""


PREFERENCES = {
    "alternate_error_pages": {"enabled": False},
    "autofill": {"credit_card_enabled": False, "profile_enabled": False},
    "credentials_enable_service": False,
    "net": {"network_prediction_options": 2},
    "search": {"suggest_enabled": False},
    "signin": {"allowed": False, "allowed_on_next_startup": False},
}
"""Settings of a fresh profile. Without them, what is typed into the address bar of a visible browser goes to a search
engine letter by letter, and passwords are offered to be saved.

*Source:* Chromium, chrome/common/pref_names.h and components/*/pref_names.h; seen in a log of the browser's network.
"""


@dataclass(frozen=True, slots=True)
class Options:
    """How the browser is started.

    Attributes:
        workspace: Folder for the profile and for what the browser writes beside it.
        profile: A profile that was made before; None for a fresh, empty one in the workspace.
        is_visible: Whether it has a window on a display; otherwise it runs headless.
        window_px: Width and height of the window, in CSS pixels.
        locale: Language of the browser and of what it asks servers for.
        time_zone: Name of the time zone that pages see.
        proxy: Address of a proxy; empty for none, whatever the system says.
        fonts: Folder with fonts beside the system's, so that Chinese text is drawn on every machine.
        display: X display for a visible browser; empty for that of the user.
    """

    workspace: Path
    profile: Path | None = None
    is_visible: bool = False
    window_px: tuple[int, int] = (1280, 800)
    locale: str = "en-US"
    time_zone: str = "UTC"
    proxy: str = ""
    fonts: Path | None = None
    display: str = ""


@dataclass(frozen=True, slots=True)
class Browser:
    """A running browser.

    Attributes:
        connection: Where commands go.
        product: For example `Chrome/156.0.8078.79`.
        revision: Revision of the source that it was built from.
        user_agent: What it calls itself to servers.
        executable: The program.
        executable_sha256: SHA-256 of the program's file.
        flags: Command line without paths of this machine.
        profile_listing: Names in the profile's folder before the start; empty for a fresh one.
        pid: Process id.
    """

    connection: Connection
    product: str
    revision: str
    user_agent: str
    executable: Path
    executable_sha256: str
    flags: tuple[str, ...]
    profile_listing: tuple[str, ...]
    pid: int


@asynccontextmanager
async def launch(options: Options) -> AsyncIterator[Browser]:
    """Starts a browser, and ends it with all its processes.

    Raises:
        ToolMissingError: Chromium is not installed.
        ToolError: It does not start; the message has its last words.
    """
    executable, digest = find()
    profile = options.profile or options.workspace / "profile"
    listing = _listing(profile)
    if not listing:
        _settle(profile)
    flags = _flags(options)
    arguments = [str(executable), *flags, f"--user-data-dir={profile}", "about:blank"]
    messages = options.workspace / "chromium.txt"
    with _started(arguments, options, messages) as (pid, read_fd, write_fd):
        async with connected(read_fd, write_fd) as connection:
            try:
                version = await connection.call("Browser.getVersion", timeout_s=START_S)
            except (CdpError, BrowserGoneError) as error:
                raise _does_not_start(messages) from error
            yield Browser(
                connection=connection,
                product=version["product"],
                revision=version["revision"],
                user_agent=version["userAgent"],
                executable=executable,
                executable_sha256=digest,
                flags=flags,
                profile_listing=listing,
                pid=pid,
            )
            await _close(connection, is_kept=options.profile is not None)


async def _close(connection: Connection, *, is_kept: bool) -> None:
    """Asks the browser to end; one whose profile is kept gets the time to write cookies down."""
    with suppress(CdpError, BrowserGoneError):
        await connection.call("Browser.close", timeout_s=CLOSE_S)
        if is_kept:
            await connection.ended(timeout_s=CLOSE_S)


def find() -> tuple[Path, str]:
    """Finds the browser's program behind Debian's start script, which would add flags of its own.

    Returns:
        The program and the SHA-256 of its file.

    Raises:
        ToolMissingError: Chromium is not installed.
    """
    installed = tools.find("chromium")
    real = Path("/usr/lib/chromium/chromium")
    if installed.path == Path("/usr/bin/chromium") and real.is_file():
        return real, tools.digest_of(real)
    return installed.path, installed.digest


def _flags(options: Options) -> tuple[str, ...]:
    width, height = options.window_px
    flags = [*FLAGS, f"--window-size={width},{height}", f"--lang={options.locale}", f"--accept-lang={options.locale}"]
    flags.append(f"--proxy-server={options.proxy}" if options.proxy else "--no-proxy-server")
    if not options.is_visible:
        flags += ["--headless=new", "--hide-scrollbars", "--disable-gpu"]
    if sys.platform == "linux" and os.geteuid() == 0:
        flags.append("--no-sandbox")
    return tuple(flags)


def _listing(profile: Path) -> tuple[str, ...]:
    """Makes the profile's folder where it is not there, and lists what is in it."""
    try:
        profile.mkdir(mode=0o700, parents=True, exist_ok=True)
        return tuple(sorted(entry.name for entry in profile.iterdir()))
    except OSError as error:
        hint = "Give a folder that you may write to."
        raise ToolError(f"the browser profile {profile} cannot be used: {error.strerror}", hint=hint) from error


def _settle(profile: Path) -> None:
    """Writes the settings of a fresh profile, after it was seen to be empty."""
    try:
        (profile / "Default").mkdir(mode=0o700)
        (profile / "Default" / "Preferences").write_text(json.dumps(PREFERENCES), encoding="ascii")
    except OSError as error:
        raise ToolError(f"a browser profile cannot be written: {error.strerror}", hint="Look at the disk.") from error


@contextmanager
def _started(arguments: list[str], options: Options, messages: Path) -> Iterator[tuple[int, int, int]]:
    """Starts the program with its pipes at numbers 3 and 4, as the protocol wants them.

    Yields:
        Process id, and the ends of the pipes for answers and for commands, which the caller closes.
    """
    commands_out, commands_in = os.pipe()
    answers_out, answers_in = os.pipe()
    with ExitStack() as ours, messages.open("wb") as file:
        short = ours.enter_context(_short(options.workspace))
        for end in (commands_in, answers_out):
            ours.callback(os.close, end)
        try:
            process = ours.enter_context(
                tools.spawned(
                    arguments,
                    files={1: file.fileno(), 2: file.fileno(), 3: commands_out, 4: answers_in},
                    variables=_variables(options) | {"TMPDIR": short},
                )
            )
        finally:
            os.close(commands_out)
            os.close(answers_in)
        yield process, os.dup(answers_out), os.dup(commands_in)


@contextmanager
def _short(folder: Path) -> Iterator[str]:
    """Gives a short name of a folder: the browser makes a socket there, and names of sockets are short (`unix(7)`)."""
    outside = tempfile.mkdtemp(prefix="forensics-")
    link = Path(outside) / "t"
    try:
        link.symlink_to(folder.absolute())
        yield str(link)
    finally:
        with suppress(OSError):
            link.unlink(missing_ok=True)
            Path(outside).rmdir()


def _variables(options: Options) -> dict[str, str]:
    """Gives the browser's environment: HOME for the certificates that the user trusts, all else in the workspace."""
    found = {
        "HOME": os.environ.get("HOME", str(options.workspace)),
        "XDG_CONFIG_HOME": str(options.workspace / "config"),
        "XDG_CACHE_HOME": str(options.workspace / "cache"),
        "XDG_RUNTIME_DIR": str(options.workspace),
        "TZ": options.time_zone,
    }
    if options.fonts is not None:
        found["FONTCONFIG_FILE"] = str(_font_configuration(options.workspace, options.fonts))
    if options.is_visible:
        found |= {name: os.environ[name] for name in ("DISPLAY", "XAUTHORITY") if name in os.environ}
        if options.display:
            found["DISPLAY"] = options.display
    return found


def _font_configuration(workspace: Path, fonts: Path) -> Path:
    """Writes a font configuration that has the system's fonts and those of a folder."""
    path = workspace / "fonts.conf"
    path.write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd"><fontconfig>'
        '<include ignore_missing="yes">/etc/fonts/fonts.conf</include>'
        f"<dir>{escape(str(fonts))}</dir><cachedir>{escape(str(workspace / 'font-cache'))}</cachedir></fontconfig>",
        encoding="utf-8",
    )
    return path


def _does_not_start(messages: Path) -> ToolError:
    words = messages.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    telling = [line for line in words if not any(mark in line for mark in NOISE)]
    last = " ".join(re.sub(r"^\[[^\]]*\] *", "", line) for line in telling[-2:])[-300:] or "it said nothing"
    hint = "Try `chromium --headless=new --dump-dom about:blank`; `forensics doctor` shows what was found."
    return ToolError(f"Chromium does not start: {last}", hint=hint)
