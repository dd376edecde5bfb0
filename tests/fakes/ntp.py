"""A time server on loopback (SNTP over UDP) whose clock and manners can be chosen."""

from __future__ import annotations

import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Self

UNIX_FROM_NTP_S = 2_208_988_800


class Manners(StrEnum):
    """How the server answers."""

    HONEST = "honest"
    SILENT = "silent"
    KISS_OF_DEATH = "kiss-of-death"
    UNSYNCHRONISED = "unsynchronised"
    HIGH_STRATUM = "high-stratum"
    WRONG_ORIGINATE = "wrong-originate"
    OTHER_FIRST = "other-first"
    SHORT = "short"
    CLIENT_MODE = "client-mode"
    NO_TRANSMIT = "no-transmit"
    BACKWARDS = "backwards"


@dataclass
class NtpServer:
    """Answers each request once; a context manager.

    Attributes:
        offset_s: Server time minus machine time, in seconds.
        delays_s: Delay before each answer, in turn; the last one stays.
        held_s: Time that the server says it held each request.
        requests: What was received.
    """

    manners: Manners = Manners.HONEST
    offset_s: float = 0.0
    delays_s: tuple[float, ...] = (0.0,)
    held_s: float = 0.0
    requests: list[bytes] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bell:
            bell.sendto(b"", self._socket.getsockname())
        self._thread.join(5)
        self._socket.close()

    @property
    def address(self) -> str:
        """Address as `host:port`."""
        host, port = self._socket.getsockname()
        return f"{host}:{port}"

    def _serve(self) -> None:
        while True:
            request, client = self._socket.recvfrom(512)
            if not request:
                return
            arrival = time.time()
            self.requests.append(request)
            time.sleep(self.delays_s[min(len(self.requests), len(self.delays_s)) - 1])
            for answer in self._answers(request, arrival):
                self._socket.sendto(answer, client)

    def _answers(self, request: bytes, arrival: float) -> list[bytes]:
        good = packet(request[40:48], received=arrival + self.offset_s, sent=arrival + self.offset_s + self.held_s)
        other = packet(bytes(8), received=arrival, sent=arrival)
        return {
            Manners.HONEST: [good],
            Manners.SILENT: [],
            Manners.KISS_OF_DEATH: [packet(request[40:48], received=arrival, sent=arrival, stratum=0, leap=3)],
            Manners.UNSYNCHRONISED: [packet(request[40:48], received=arrival, sent=arrival, leap=3)],
            Manners.HIGH_STRATUM: [packet(request[40:48], received=arrival, sent=arrival, stratum=16)],
            Manners.WRONG_ORIGINATE: [other],
            Manners.OTHER_FIRST: [other, good],
            Manners.SHORT: [good[:47]],
            Manners.CLIENT_MODE: [bytes([4 << 3 | 3]) + good[1:]],
            Manners.NO_TRANSMIT: [good[:40] + bytes(8)],
            Manners.BACKWARDS: [packet(request[40:48], received=arrival, sent=arrival - 1)],
        }[self.manners]


def packet(originate: bytes, *, received: float, sent: float, stratum: int = 2, leap: int = 0) -> bytes:
    """Encodes an answer; times are in seconds since 1970."""
    head = struct.pack("!BBbb2I4s", leap << 6 | 4 << 3 | 4, stratum, 6, -20, 0, 0, b"RATE" if stratum == 0 else b"TEST")
    return head + stamp(received - 10) + originate + stamp(received) + stamp(sent)


def stamp(moment: float) -> bytes:
    """Encodes seconds since 1970 as a time of the protocol; the era (136 years) is cut off."""
    whole = int(moment // 1)
    return struct.pack("!II", (whole + UNIX_FROM_NTP_S) % 2**32, int((moment - whole) * 2**32))
