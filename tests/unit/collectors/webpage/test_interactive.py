"""A person walks in a visible browser on a screen that nobody sees: what is noted of that, and what never is."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from forensics.collectors.webpage.interactive import Command, Terminal, require_display, require_profile
from forensics.collectors.webpage.interactive_actions import Actions
from forensics.collectors.webpage.interactive_pages import Pages
from forensics.collectors.webpage.interactive_secrets import Held, _base64_forms, forget, tokens_in
from forensics.collectors.webpage.recorder import Recorder
from forensics.collectors.webpage.recorder_record import Limits
from forensics.errors import ToolError
from forensics.web.chromium import Options, launch
from tests.fakes.display import Display, screen
from tests.unit.collectors.webpage.recorder_session import ANYWHERE, Server, reply

USER, PASSWORD, NOTE, INNER = "alice-0417", "open sesame 77", "the price is 188", "inner-pass-2024"
STORED = "tok-9f8e7d6c5b4a"
FORM = f"""<!doctype html><title>Form</title>
<form onsubmit="event.preventDefault(); location.href = '/long'">
<input name="who" autofocus><input name="x1" type="password"><textarea name="note"></textarea>
<button id="go"><b>Go on</b></button></form>
<input type="password" id="trap" value="188 yuan a piece">
<iframe src="FRAME"></iframe>
<script>localStorage.setItem('auth', JSON.stringify({{access_token: '{STORED}', author: 'yunshang_0417'}}));
document.getElementById('trap').value = 'a text of the page itself';</script>"""
FRAME = '<!doctype html><input name="inner" type="password">'
LONG = """<!doctype html><title>Long</title><div style="height:9000px">A long page</div>
<script>setTimeout(() => scrollTo(0, 4000), 300)</script>"""
FULL = "position:fixed;left:0;top:0;width:100vw;height:100vh"
WHOLE = f'<button id="all" style="{FULL}" onclick="HANDLER"><i>Keep going</i></button>'
EDGES = f"""<!doctype html><form id="odd"><input name="parentNode"><input name="localName"><input name="children">
<input name="action"><button style="{FULL}" type="button">Odd</button></form>"""
MIDDLE = (600, 500)

Line = tuple[str, str, Any]


@dataclass
class Walked:
    """What was noted of one walk, and what was held."""

    lines: list[Line]
    held: Held
    fronts: list[int]

    def of(self, action: str) -> list[Line]:
        return [line for line in self.lines if line[0] == action]

    @property
    def text(self) -> str:
        return json.dumps(self.lines)


@pytest.fixture(scope="module")
def display(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Display]:
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is not installed")
    with screen(tmp_path_factory.mktemp("screen")) as running:
        yield running


class Hand:
    """Moves keyboard and mouse, and waits until what that causes was noted."""

    def __init__(self, display: Display, recorder: Recorder) -> None:
        self._display = display
        self.pages = Pages(recorder.page)
        self.held = Held(self.pages)
        self.lines: list[Line] = []
        self.actions = Actions(self.pages, self.held, self._log)

    def _log(self, action: str, target: str = "", result: str = "") -> None:
        self.lines.append((action, target, json.loads(result) if result else {}))

    async def press(self, *names: str) -> None:
        await asyncio.to_thread(self._display.press, *names)

    async def type(self, text: str) -> None:
        await asyncio.to_thread(self._display.type, text)

    async def click(self) -> None:
        await asyncio.to_thread(self._display.click, *MIDDLE)

    async def wheel(self, turns: int) -> None:
        await asyncio.to_thread(self._display.wheel, *MIDDLE, turns=turns)

    async def go(self, url: str) -> None:
        """Types an address."""
        await self.press("ctrl", "l")
        await self.type(url)
        await self.press("Return")
        await self.noted("navigated", url)
        await asyncio.sleep(0.5)

    async def noted(self, action: str, part: str = "") -> None:
        await until(lambda: any(line[0] == action and part in line[1] + str(line[2]) for line in self.lines))


async def until(happened: Callable[[], object], limit_s: float = 15) -> None:
    async with asyncio.timeout(limit_s):
        while not happened():  # noqa: ASYNC110 - what is waited for happens in another program
            await asyncio.sleep(0.05)


@pytest.fixture(scope="module")
def walked(display: Display, tmp_path_factory: pytest.TempPathFactory) -> Walked:
    """One walk over everything; the tests state facts about it."""
    if shutil.which("chromium") is None:
        pytest.skip("Chromium is not installed")
    with Server({}) as server:
        form = reply(FORM.replace("FRAME", server.url("/frame", "localhost")).encode())
        server.pages |= {
            **dict.fromkeys(("/form", "/form?typed", "/form?again"), form),
            "/frame": reply(FRAME.encode()),
            "/long": reply(LONG.encode()),
            "/push": reply(
                WHOLE.replace("HANDLER", "history.pushState({}, '', '/push/2?access_token=abcdefgh12345')").encode()
            ),
            "/odd": reply(EDGES.encode()),
            "/opens": reply(WHOLE.replace("HANDLER", "window.open('/pop-up', '_blank')").encode()),
            "/pop-up": reply(b"<title>Pop-up</title>I popped up", "text/html", "Set-Cookie: sid=s3cr3t-0123456789"),
        }
        return asyncio.run(_walk(display, server, tmp_path_factory.mktemp("walk")))


async def _walk(display: Display, server: Server, folder: Path) -> Walked:
    (folder / "browser").mkdir()
    async with launch(Options(folder / "browser", is_visible=True, display=display.name)) as browser:
        recorder = Recorder(browser, folder=folder / "kept", limits=Limits(), policy=ANYWHERE)
        await recorder.start()
        hand = Hand(display, recorder)
        await hand.held.start()
        hand.actions.start()
        await recorder.navigate(server.url("/form"), timeout_s=20)
        await hand.actions.open()
        await _log_in(hand, server)
        await _move(hand, server)
        fronts = await _open_pop_up(hand, server)
        await hand.held.look()
        return Walked(hand.lines, hand.held, fronts)


async def _log_in(hand: Hand, server: Server) -> None:
    await hand.go(server.url("/form?typed"))
    await hand.type(USER)
    await hand.press("Tab")
    await hand.type(PASSWORD[:-3] + "x")
    await hand.press("BackSpace")
    await hand.type(PASSWORD[-3:])
    await hand.press("Tab")
    await hand.type(NOTE)
    for _ in range(3):  # the button, the trap, the frame's field
        await hand.press("Tab")
        await asyncio.sleep(0.3)
    await hand.type(INNER)
    await hand.noted("operator: edit", "inner")
    await until(lambda: INNER in hand.held.passwords)


async def _move(hand: Hand, server: Server) -> None:
    await hand.go(server.url("/form?again"))
    await hand.press("Return")
    await hand.noted("navigated", "/long")
    await asyncio.sleep(2)  # the page scrolls itself
    with hand.actions.muted():
        await hand.wheel(5)
        await asyncio.sleep(1)
    await hand.wheel(8)
    await hand.noted("operator: scroll")
    await hand.press("alt", "Left")
    await hand.noted("navigated", "back")
    await hand.go(server.url("/push"))
    await hand.click()
    await hand.noted("navigated", "/push/2")
    await hand.go(server.url("/odd"))
    await hand.click()
    await hand.noted("operator: click", "/odd")


async def _open_pop_up(hand: Hand, server: Server) -> list[int]:
    await hand.go(server.url("/opens"))
    fronts = [await hand.pages.front()]
    await hand.click()
    await until(lambda: hand.pages.sessions(2))
    await hand.noted("navigated", "/pop-up")
    fronts.append(await hand.pages.front())
    await hand.press("ctrl", "w")
    await until(lambda: not hand.pages.sessions(2))
    await asyncio.sleep(0.5)
    return [*fronts, await hand.pages.front()]


@pytest.mark.slow
def test_an_edit_is_told_by_the_name_of_its_field(walked: Walked) -> None:
    fields = [line[2]["field"] for line in walked.of("operator: edit")]
    assert fields == ["who", "x1", "note", "inner"]


@pytest.mark.slow
def test_nothing_that_was_typed_is_told(walked: Walked) -> None:
    assert [word for word in (USER, PASSWORD, NOTE, INNER) if word in walked.text] == []


@pytest.mark.slow
def test_a_password_is_held_whatever_its_field_is_called_and_in_frames_of_other_sites(walked: Walked) -> None:
    assert {PASSWORD, INNER} <= set(walked.held.passwords)


@pytest.mark.slow
def test_what_a_page_writes_into_its_own_password_field_is_no_password(walked: Walked) -> None:
    assert not any("yuan" in one or "page itself" in one for one in walked.held.passwords)


@pytest.mark.slow
def test_a_submit_is_told_with_its_form(walked: Walked) -> None:
    submit = walked.of("operator: submit")[-1]
    assert submit[1].split(" on ")[0].endswith("form")
    assert submit[2]["page"] == 1


@pytest.mark.slow
def test_a_click_is_told_with_path_and_label(walked: Walked) -> None:
    clicks = [line for line in walked.of("operator: click") if "/push" in line[1]]
    assert clicks[0][1].startswith("button#all > i on ") or clicks[0][1].startswith("button#all on ")
    assert clicks[0][2]["text"] == "Keep going"
    assert clicks[0][2]["by"] == "mouse"


@pytest.mark.slow
def test_a_form_whose_fields_hide_its_members_is_told_all_the_same(walked: Walked) -> None:
    (click,) = [line for line in walked.of("operator: click") if "/odd" in line[1]]
    assert click[1].startswith("form#odd > button on ")


@pytest.mark.slow
def test_a_typed_address_is_told_as_typed(walked: Walked) -> None:
    ways = {line[1].rpartition("/")[2]: line[2].get("transition") for line in walked.of("navigated")}
    assert ways["form?typed"] == "typed"
    assert ways["long"] == "link"


@pytest.mark.slow
def test_the_way_back_is_told_as_such(walked: Walked) -> None:
    (back,) = [line for line in walked.of("navigated") if line[2].get("history")]
    assert (back[1].rpartition("/")[2], back[2]["history"]) == ("form?again", "back")


@pytest.mark.slow
def test_a_move_within_a_document_is_told_without_the_token_in_its_address(walked: Walked) -> None:
    (move,) = [line for line in walked.of("navigated") if "/push/2" in line[1]]
    assert move[1].endswith("/push/2?access_token=*************")
    assert move[2]["how"] == "within the document, by historyApi"


@pytest.mark.slow
def test_only_what_a_person_scrolled_is_told(walked: Walked) -> None:
    scrolls = walked.of("operator: scroll")
    assert scrolls
    assert all(line[2]["top_px"] > 4000 + 200 for line in scrolls)


@pytest.mark.slow
def test_the_page_in_front_is_the_pop_up_until_it_is_closed(walked: Walked) -> None:
    assert walked.fronts == [1, 2, 1]


@pytest.mark.slow
def test_where_a_pop_up_goes_is_told_with_its_number(walked: Walked) -> None:
    assert [line[2]["page"] for line in walked.of("navigated") if line[1].endswith("/pop-up")] == [2]


@pytest.mark.slow
def test_what_pages_store_is_held_and_only_tokens_of_it_are_masked(walked: Walked) -> None:
    assert STORED in "".join(walked.held._stored.values())
    assert walked.held._tokens == {STORED}


@pytest.mark.slow
def test_cookies_of_the_hosts_that_were_visited_are_held(walked: Walked) -> None:
    assert [one["value"] for one in walked.held.cookies(["127.0.0.1"])] == ["s3cr3t-0123456789"]
    assert walked.held.cookies(["example.org"]) == ()


@pytest.mark.slow
def test_what_is_held_shows_no_secret(walked: Walked) -> None:
    assert not any(secret in repr(walked.held) for secret in (PASSWORD, INNER, STORED, "s3cr3t"))


def commands(given: bytes, count: int) -> tuple[list[Command], bytes]:
    """Reads commands from a pipe, and gives what is left in it."""
    reading, writing = os.pipe()
    os.write(writing, given)
    os.close(writing)

    async def read() -> list[Command]:
        return [await Terminal(reading).next() for _ in range(count)]

    try:
        return asyncio.run(read()), os.read(reading, 100)
    finally:
        os.close(reading)


def test_enter_keeps_a_view_and_q_ends() -> None:
    keep, end = Command.KEEP, Command.END
    assert commands(b"\n \nwhatever\n Q \r\n", 4)[0] == [keep, keep, keep, end]


def test_the_end_of_input_ends_also_within_a_line() -> None:
    assert commands(b"", 2)[0] == [Command.END, Command.END]
    assert commands(b"abc", 1)[0] == [Command.END]


def test_what_follows_a_command_is_left_for_the_next_reader() -> None:
    assert commands(b"q\n\nq\n", 1) == ([Command.END], b"\nq\n")


def test_commands_are_read_from_a_file_too(tmp_path: Path) -> None:
    path = tmp_path / "commands"
    path.write_bytes(b"\nq\n")
    with path.open("rb", buffering=0) as stream:
        terminal = Terminal(stream.fileno())
        assert [asyncio.run(terminal.next()), asyncio.run(terminal.next())] == [Command.KEEP, Command.END]


def test_a_program_without_input_ends_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert asyncio.run(Terminal().next()) is Command.END


NO_SCREEN = {
    "nothing": {},
    "empty": {"DISPLAY": ""},
    "no name": {"DISPLAY": "wayland-0"},
    "nobody": {"DISPLAY": ":4711"},
    "no network": {"DISPLAY": "127.0.0.1:4711.0"},
}


@pytest.mark.parametrize("variables", NO_SCREEN.values(), ids=NO_SCREEN)
def test_a_missing_screen_is_told_with_a_way_out(variables: dict[str, str]) -> None:
    with pytest.raises(ToolError, match="DISPLAY") as raised:
        require_display(variables)
    assert "Xvfb" in raised.value.hint


def test_a_screen_that_answers_will_do(display: Display) -> None:
    require_display({"DISPLAY": display.name})
    require_display({"DISPLAY": f"{display.name}.0"})


def test_a_profile_is_made_where_there_is_none(tmp_path: Path) -> None:
    require_profile(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()


def test_a_file_is_no_profile_and_its_path_is_not_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ToolError) as raised:
        require_profile(tmp_path / "file")
    assert str(tmp_path) not in str(raised.value) + raised.value.hint


def locked(folder: Path, holder: str) -> Path:
    (folder / "SingletonLock").symlink_to(holder)
    return folder


def test_a_profile_in_use_is_told(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="in use by another browser") as raised:
        require_profile(locked(tmp_path, f"{socket.gethostname()}-{os.getpid()}"))
    assert str(tmp_path) not in str(raised.value) + raised.value.hint


def test_a_profile_in_use_on_another_machine_is_told(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="another machine"):
        require_profile(locked(tmp_path, "elsewhere.example-17"))


def test_a_lock_that_a_browser_left_behind_is_no_obstacle(tmp_path: Path) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    require_profile(locked(tmp_path, f"{socket.gethostname()}-{ended.pid}"))


JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N"
TOKENS = {
    "by its name": ("access_token", "tok-1234abcd", ["tok-1234abcd"]),
    "in JSON": ("auth", '{"user": {"idToken": "abc12345def"}}', ["abc12345def"]),
    "in JSON in JSON": ("persist:root", json.dumps({"auth": json.dumps({"token": "abc12345def"})}), ["abc12345def"]),
    "as a bearer": ("session", "Bearer abc12345def", ["abc12345def"]),
    "a JWT": ("x", JWT, [JWT]),
    "by its looks": ("k", "A3fk29Lm0Qz8Rt5Vw7Yb1Cd4", ["A3fk29Lm0Qz8Rt5Vw7Yb1Cd4"]),
}
ORDINARY = {
    "a handle": ("author", "yunshang_0417"),
    "a name in JSON": ("authUser", '{"name": "yunshang_0417", "price": "188.00", "id": 20240117}'),
    "a date": ("session", "2024-01-17"),
    "a word": ("token", "anonymous"),
    "text": ("session", "the price list of 17 January 2024"),
    "an address": ("token", "https://example.org/a1b2c3d4"),
    "words with a year": ("flag", "CustomerServiceChat2024Enabled"),
    "an id of a post": ("lastRead", "0b1f6f0e-58a9-4d6c-9a35-0c2f4a9d1e77"),
    "broken JSON": ("token", '{"access_token": "tok-1234abcd"'),
    "deep JSON": ("token", "[" * 100_000),
}


@pytest.mark.parametrize("case", TOKENS.values(), ids=TOKENS)
def test_a_stored_token_is_found(case: tuple[str, str, list[str]]) -> None:
    assert list(tokens_in(case[0], case[1])) == case[2]


@pytest.mark.parametrize("case", ORDINARY.values(), ids=ORDINARY)
def test_what_is_no_token_stays_readable(case: tuple[str, str]) -> None:
    assert list(tokens_in(*case)) == []


@pytest.mark.parametrize("around", [("", ""), ("a", "b"), ("alice:", "\n"), ("xyz", ""), ("1234", "56789")])
def test_a_password_is_known_in_base64_wherever_it_begins(around: tuple[str, str]) -> None:
    code = base64.b64encode((around[0] + PASSWORD + around[1]).encode()).decode()
    assert any(form in code for form in _base64_forms(PASSWORD))


def test_a_typed_password_is_taken_out_of_the_sealed_list_too(tmp_path: Path) -> None:
    def code(text: str) -> str:
        return base64.b64encode(text.encode()).decode()

    sealed = tmp_path / "stripped.jsonl"
    lines = [
        {"format": "stripped/1", "salt": "00"},
        {"exchange": 1, "where": "request-body", "base64": code("user=alice&p=open+sesame+77")},
        {"exchange": 1, "where": "response-body", "masks": [{"at": 3, "base64": code(PASSWORD)}]},
        {"exchange": 2, "where": "url", "name": "url", "value": "/?p=open%20sesame%2077&session=abc"},
        {"storage": {"origin": "o", "area": "local", "name": "remember", "value": f'{{"p": "{PASSWORD}", "n": 1}}'}},
    ]
    sealed.write_text("".join(json.dumps(line) + "\n" for line in lines))
    forget(sealed, [PASSWORD])
    found = [json.loads(line) for line in sealed.read_text().splitlines()]
    assert base64.b64decode(found[1]["base64"]) == b"user=alice&p=**************"
    assert base64.b64decode(found[2]["masks"][0]["base64"]) == b"*" * 14
    assert found[3]["value"] == f"/?p={'*' * 18}&session=abc"
    assert json.loads(found[4]["storage"]["value"]) == {"p": "*" * 14, "n": 1}
    assert found[0] == lines[0]
