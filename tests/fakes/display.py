"""A screen that nobody sees, with a keyboard and a mouse that tests move: Xvfb, spoken to over its socket.

*Source:* X Window System Protocol, X Version 11, Release 7.7, appendix B (encoding); XTEST Extension Protocol, 2.2.
"""

from __future__ import annotations

import os
import socket
import struct
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Self

SIZE_PX = (1400, 1000)
"""Width and height of the screen."""

KEYS = {
    "Return": 0xFF0D,
    "Tab": 0xFF09,
    "Escape": 0xFF1B,
    "ctrl": 0xFFE3,
    "shift": 0xFFE1,
    "alt": 0xFFE9,
    "BackSpace": 0xFF08,
    "Left": 0xFF51,
}
"""Names of keys that are no characters, with their keysyms."""

STROKE_S = 0.005
"""Pause after each event, in seconds: nobody types faster than a browser takes it."""

_KEY_DOWN, _KEY_UP, _BUTTON_DOWN, _BUTTON_UP, _MOTION = 2, 3, 4, 5, 6
_WHEEL_DOWN = 5
_CARET_ROWS = 40


class Display:
    """A running display: its keyboard and its mouse.

    Args:
        number: As in `:99`.
    """

    def __init__(self, number: int) -> None:
        self.name = f":{number}"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(10)
        self._socket.connect(f"/tmp/.X11-unix/X{number}")
        self._root, keycodes = self._greet()
        self._xtest = self._extension(b"XTEST")
        self._keys = dict(self._mapping(keycodes))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._socket.close()

    @property
    def variables(self) -> Mapping[str, str]:
        """Environment for programs that are to appear here."""
        return {**os.environ, "DISPLAY": self.name}

    def type(self, text: str) -> None:
        """Types characters of Latin-1."""
        for character in text:
            self._stroke(ord(character))

    def press(self, *names: str) -> None:
        """Presses a key, with others held: `press("ctrl", "l")`."""
        *held, last = names
        for name in held:
            self._key(self._keys[KEYS[name]][0], is_down=True)
        self._stroke(KEYS.get(last) or ord(last))
        for name in reversed(held):
            self._key(self._keys[KEYS[name]][0], is_down=False)

    def click(self, x: int, y: int, *, button: int = 1) -> None:
        """Moves the mouse and clicks."""
        self._fake(_MOTION, 0, x=x, y=y)
        self._fake(_BUTTON_DOWN, button)
        self._fake(_BUTTON_UP, button)

    def wheel(self, x: int, y: int, *, turns: int) -> None:
        """Turns the wheel downwards over a place."""
        for _ in range(turns):
            self.click(x, y, button=_WHEEL_DOWN)

    def rest(self, *, rest_s: float = 0.6, limit_s: float = 15) -> None:
        """Waits until the picture has stood still for a time; a blinking caret may go on."""
        end, since, before = time.monotonic() + limit_s, time.monotonic(), self._rows()
        while time.monotonic() - since < rest_s and time.monotonic() < end:
            time.sleep(0.1)
            rows = self._rows()
            if sum(one != other for one, other in zip(before, rows, strict=True)) > _CARET_ROWS:
                since, before = time.monotonic(), rows

    def _rows(self) -> list[bytes]:
        """Takes a picture, and gives its rows."""
        width, height = SIZE_PX
        request = struct.pack("<BBHIhhHHI", 73, 2, 5, self._root, 0, 0, width, height, 0xFFFFFFFF)
        data = self._answer(request)[32:]
        row = len(data) // height
        return [data[start : start + row] for start in range(0, row * height, row)]

    def _stroke(self, keysym: int) -> None:
        keycode, is_shifted = self._keys[keysym]
        if is_shifted:
            self._key(self._keys[KEYS["shift"]][0], is_down=True)
        self._key(keycode, is_down=True)
        self._key(keycode, is_down=False)
        if is_shifted:
            self._key(self._keys[KEYS["shift"]][0], is_down=False)

    def _key(self, keycode: int, *, is_down: bool) -> None:
        self._fake(_KEY_DOWN if is_down else _KEY_UP, keycode)

    def _fake(self, kind: int, detail: int, *, x: int = 0, y: int = 0) -> None:
        """Sends `FakeInput` and waits until the server has done it."""
        root = self._root if kind == _MOTION else 0
        event = struct.pack("<BBHIIIIhhIHBB", kind, detail, 0, 0, root, 0, 0, x, y, 0, 0, 0, 0)
        self._socket.sendall(struct.pack("<BBH", self._xtest, 2, 9) + event)
        self._answer(struct.pack("<BBH", 43, 0, 1))  # GetInputFocus: answered after all that came before
        time.sleep(STROKE_S)

    def _greet(self) -> tuple[int, tuple[int, int]]:
        """Begins the conversation.

        Returns:
            The root window, and the lowest and highest code of a key.
        """
        self._socket.sendall(struct.pack("<BxHHHHxx", ord("l"), 11, 0, 0, 0))
        is_welcome, length = struct.unpack("<BxxxxxH", self._read(8))
        body = self._read(4 * length)
        assert is_welcome == 1, body
        vendor_length, formats, lowest, highest = struct.unpack_from("<16xHxxxBxxxxBB", body)
        screen = 32 + (vendor_length + 3) // 4 * 4 + 8 * formats
        return struct.unpack_from("<I", body, screen)[0], (lowest, highest)

    def _extension(self, name: bytes) -> int:
        """Gives the major code of an extension's requests."""
        padded = name + b"\0" * (-len(name) % 4)
        answer = self._answer(struct.pack("<BxHHxx", 98, 2 + len(padded) // 4, len(name)) + padded)
        assert answer[8], f"the display has no {name.decode()}"
        return answer[9]

    def _mapping(self, keycodes: tuple[int, int]) -> Iterator[tuple[int, tuple[int, bool]]]:
        """Gives for each keysym the code of its key, and whether Shift must be held."""
        lowest, highest = keycodes
        answer = self._answer(struct.pack("<BxHBBxx", 101, 2, lowest, highest - lowest + 1))
        width = answer[1]
        keysyms = struct.unpack_from(f"<{(len(answer) - 32) // 4}I", answer, 32)
        for column in (1, 0):  # the plain character of a key wins
            for row, keycode in enumerate(range(lowest, highest + 1)):
                yield keysyms[row * width + column], (keycode, column == 1)

    def _answer(self, request: bytes) -> bytes:
        """Sends a request and gives its reply; events on the way are left out."""
        self._socket.sendall(request)
        while True:
            head = self._read(32)
            assert head[0] != 0, f"the display refused a request: error {head[1]}"
            if head[0] == 1:
                return head + self._read(4 * struct.unpack_from("<I", head, 4)[0])

    def _read(self, length: int) -> bytes:
        taken = b""
        while len(taken) < length:
            block = self._socket.recv(length - len(taken))
            assert block, "the display ended"
            taken += block
        return taken


@contextmanager
def screen(folder: Path) -> Iterator[Display]:
    """Starts a display that is free, and ends it.

    Args:
        folder: Where its messages go.
    """
    width, height = SIZE_PX
    command = ["Xvfb", "-displayfd", "1", "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp", "-noreset"]
    with (folder / "display.txt").open("wb") as messages:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=messages)
        try:
            assert process.stdout is not None
            number = process.stdout.readline().strip()
            assert number, (folder / "display.txt").read_text()
            with Display(int(number)) as display:
                yield display
        finally:
            process.terminate()
            process.wait(10)
            if process.stdout is not None:
                process.stdout.close()
