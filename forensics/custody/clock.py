"""The machine's clock: how far it is from time servers (SNTP), and bounds on waiting for others."""

from __future__ import annotations

import secrets
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from typing import Literal, TypeVar

from forensics.errors import TimeProofError
from forensics.model import ClockCheck, Gap, GapReason

T = TypeVar("T")

Phase = Literal["before", "after"]
"""When a clock is checked: before or after what is done with it."""

PORT = 123
_PACKET = struct.Struct("!BBbb11I")
"""An SNTP message, 48 bytes: flags, stratum, poll, precision, eleven words. *Source:* RFC 4330, section 4."""

_REQUEST_FLAGS = 4 << 3 | 3
"""Leap indicator 0, version 4, mode 3 (client). *Source:* RFC 4330, section 5."""

_MODE_SERVER = 4
_UNSYNCHRONISED = 3
_MAX_STRATUM = 15
_REFERENCE, _ORIGINATE, _RECEIVE, _TRANSMIT = slice(12, 16), slice(24, 32), slice(32, 40), slice(40, 48)
"""Fields of an answer, in bytes. *Source:* RFC 4330, section 4."""

_ERA_S = 1 << 32
_UNIX_FROM_NTP_S = 2_208_988_800
"""Seconds from 1900-01-01 to 1970-01-01. *Source:* RFC 5905, figure 4."""

_MAX_ANSWER = 1024
"""Most bytes read of one answer: 48, and room for extension fields and an authenticator, which are ignored."""

_MAX_PORT = 65535
_MAX_WORKERS = 8
_SLACK_S = 0.05
"""How much longer a server may say it took than passed here: clocks of Windows servers step by 0.016 s."""

_GRACE_S = 0.25
"""Time to bring home what was found at the deadline."""


class ClockError(TimeProofError):
    """A time server did not give a usable time.

    Attributes:
        why: Reason, as a gap records it.
    """

    def __init__(self, message: str, *, why: GapReason) -> None:
        super().__init__(message)
        self.why = why


@dataclass(frozen=True, slots=True)
class _Sample:
    """One comparison; `at` is the machine's time at its start, the other two are in seconds."""

    at: datetime
    offset_s: float
    round_trip_s: float


def check_clock(server: str, *, phase: Phase, timeout_s: float = 3.0, samples: int = 1) -> ClockCheck:
    """Compares the machine's clock with a time server. Never raises: what fails is a gap in the result.

    Args:
        server: `host`, `host:port` or `[v6]:port`; an IPv6 address alone needs no brackets.
        phase: Whether this is before or after what the clock is used for.
        timeout_s: Longest wait for everything together, name resolution too.
        samples: Number of questions; the answer with the shortest round trip counts.

    Not done: the server is not authenticated (no NTS), so whoever controls the network can say any time; an
        implausible offset is recorded as it is.
    Source: RFC 4330, sections 3 to 5; RFC 5905, sections 8 (offset and delay), 10 (the shortest delay is the best).
    """
    at = datetime.now(UTC)
    try:
        best = within(timeout_s + _GRACE_S, lambda: _best_sample(server, timeout_s=timeout_s, samples=samples))
    except ClockError as error:
        return ClockCheck(server, phase, at, gap=Gap("clock check", error.why, str(error)))
    except TimeoutError:
        gap = Gap("clock check", GapReason.TIMED_OUT, f"{server} did not answer within {timeout_s:g} s")
        return ClockCheck(server, phase, at, gap=gap)
    return ClockCheck(server, phase, best.at, best.offset_s, best.round_trip_s)


def check_clocks(
    servers: Sequence[str], *, phase: Phase, timeout_s: float = 3.0, samples: int = 1
) -> tuple[ClockCheck, ...]:
    """Compares the machine's clock with several time servers at once; one result each, in their order."""

    def one(server: str) -> ClockCheck:
        return check_clock(server, phase=phase, timeout_s=timeout_s, samples=samples)

    if not servers:
        return ()
    with ThreadPoolExecutor(min(len(servers), _MAX_WORKERS)) as pool:
        return tuple(pool.map(one, servers))


def within(seconds: float, work: Callable[[], T]) -> T:
    """Does something in a thread of its own and waits no longer than `seconds` for it.

    A time limit on sockets bounds each step; this bounds the whole, name resolution and servers that send a byte now
    and then included. Work that is given up is left to end by itself and does not keep the program from ending.

    Raises:
        TimeoutError: The work did not end in time.
        BaseException: Whatever the work raised.
    """
    answers: SimpleQueue[tuple[T | None, BaseException | None]] = SimpleQueue()

    def run() -> None:
        try:
            answers.put((work(), None))
        except BaseException as error:  # noqa: BLE001 - handed over to the waiting thread
            answers.put((None, error))

    threading.Thread(target=run, daemon=True, name="forensics-wait").start()
    try:
        result, error = answers.get(timeout=max(seconds, 0.0))
    except Empty:
        raise TimeoutError(f"no answer within {seconds:g} s") from None
    if error is not None:
        raise error
    return result  # type: ignore[return-value]  # there is no error, so this is the result


def _best_sample(server: str, *, timeout_s: float, samples: int) -> _Sample:
    deadline = time.monotonic() + timeout_s
    try:
        with _connect(server) as connection:
            found = list(_samples(connection, server=server, deadline=deadline, count=samples))
    except TimeoutError:
        raise
    except (OSError, UnicodeError) as error:
        raise ClockError(f"{server} cannot be asked: {error}", why=GapReason.FAILED) from error
    return min(found, key=lambda sample: sample.round_trip_s)


def _connect(server: str) -> socket.socket:
    """Opens a socket that hears this server only, at the first of its addresses that can be reached."""
    host, port = _split_address(server)
    trouble = OSError("it has no address")
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM):
        connection = socket.socket(family, kind, protocol)
        try:
            connection.connect(address)
        except OSError as error:
            connection.close()
            trouble = error
        else:
            return connection
    raise trouble


def _split_address(server: str) -> tuple[str, int]:
    if server.startswith("["):
        host, _, rest = server[1:].partition("]")
        port = rest.removeprefix(":")
    elif server.count(":") == 1:
        host, _, port = server.partition(":")
    else:
        host, port = server, ""
    if not host or (port and not (port.isascii() and port.isdecimal() and 0 < int(port) <= _MAX_PORT)):
        raise ClockError(f"{server!r} is not the address of a time server (host or host:port)", why=GapReason.FAILED)
    return host, int(port or PORT)


def _samples(connection: socket.socket, *, server: str, deadline: float, count: int) -> Iterator[_Sample]:
    """Asks up to `count` times; what follows a first good answer may fail."""
    yield _sample(connection, server=server, deadline=deadline)
    with suppress(ClockError, OSError):
        for _ in range(count - 1):
            yield _sample(connection, server=server, deadline=deadline)


def _sample(connection: socket.socket, *, server: str, deadline: float) -> _Sample:
    """Asks once. The time sent is a random number, so that an answer that repeats it answers this question.

    An answer to another question is passed over: anybody could have sent it.
    """
    question = secrets.randbits(64)
    at, started = datetime.now(UTC), time.monotonic()
    connection.send(_PACKET.pack(_REQUEST_FLAGS, *[0] * 12, question >> 32, question & 0xFFFF_FFFF))
    has_other = False
    while (left := deadline - time.monotonic()) > 0:
        connection.settimeout(left)
        try:
            answer = connection.recv(_MAX_ANSWER)
        except TimeoutError:
            break
        elapsed_s = time.monotonic() - started
        if _answers(answer, question):
            return _measure(answer, server=server, at=at, elapsed_s=elapsed_s)
        has_other = True
    if has_other:
        raise ClockError(f"{server} answered, but not to the question that was sent", why=GapReason.FAILED)
    raise TimeoutError


def _answers(answer: bytes, question: int) -> bool:
    """Whether a packet is a server's answer that repeats the question's time."""
    if len(answer) < _PACKET.size or answer[0] & 7 != _MODE_SERVER:
        return False
    return int.from_bytes(answer[_ORIGINATE], "big") == question


def _measure(answer: bytes, *, server: str, at: datetime, elapsed_s: float) -> _Sample:
    """Computes offset and round trip. The machine's time of arrival is that of departure plus the time that passed."""
    flags, stratum, *_ = _PACKET.unpack_from(answer)
    if stratum == 0:
        code = answer[_REFERENCE].decode("ascii", errors="replace").strip("\0")
        raise ClockError(f"{server} refuses to answer (kiss-o'-death {code!r})", why=GapReason.REFUSED)
    if flags >> 6 == _UNSYNCHRONISED or stratum > _MAX_STRATUM:
        raise ClockError(f"{server} says that its own clock is not synchronised", why=GapReason.FAILED)
    received, sent = _unix_time(answer[_RECEIVE]), _unix_time(answer[_TRANSMIT])
    if not any(answer[_TRANSMIT]) or not 0 <= sent - received <= elapsed_s + _SLACK_S:
        raise ClockError(f"the times in the answer of {server} contradict each other", why=GapReason.FAILED)
    departed = at.timestamp()
    offset_s = ((received - departed) + (sent - (departed + elapsed_s))) / 2
    return _Sample(at, offset_s, max(elapsed_s - (sent - received), 0.0))


def _unix_time(stamp: bytes) -> float:
    """Reads a time of the NTP protocol as seconds since 1970.

    Source: RFC 4330, section 3: with the first bit set it counts from 1900, otherwise from 2036-02-07 06:28:16 UTC.
    """
    seconds, fraction = struct.unpack("!II", stamp)
    era = 0 if seconds >> 31 else _ERA_S
    return float(seconds + era - _UNIX_FROM_NTP_S + fraction / _ERA_S)
