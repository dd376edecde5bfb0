"""The comparison of the machine's clock with time servers; the servers are real ones on loopback."""

from __future__ import annotations

import socket
import struct
import threading
import time
from datetime import UTC, datetime

import pytest

from forensics.custody import clock
from forensics.custody.clock import check_clock, check_clocks, within
from forensics.model import GapReason
from tests.fakes.ntp import Manners, NtpServer, stamp

NEAR_S = 0.5
"""A busy machine may take that long between two steps."""


@pytest.mark.parametrize("offset_s", [0.0, 12.25, -3600.0])
def test_the_offset_is_server_time_minus_machine_time(offset_s: float) -> None:
    with NtpServer(offset_s=offset_s) as server:
        address = server.address
        result = check_clock(address, phase="before")
    assert result.gap is None
    assert result.offset_s == pytest.approx(offset_s, abs=NEAR_S)
    assert (result.server, result.phase) == (address, "before")
    assert abs((datetime.now(UTC) - result.at).total_seconds()) < 10


def test_the_round_trip_leaves_out_what_the_server_held() -> None:
    with NtpServer(delays_s=(0.3,)) as plain, NtpServer(delays_s=(0.3,), held_s=0.3) as stating:
        slow, held = check_clocks((plain.address, stating.address), phase="after")
    assert slow.round_trip_s is not None
    assert held.round_trip_s is not None
    assert slow.round_trip_s >= 0.3
    assert held.round_trip_s < slow.round_trip_s
    assert held.offset_s == pytest.approx(0.0, abs=NEAR_S)


def test_the_sample_with_the_shortest_round_trip_counts() -> None:
    with NtpServer(delays_s=(0.4, 0.0, 0.4)) as server:
        result = check_clock(server.address, phase="before", samples=3)
    assert len(server.requests) == 3
    assert result.round_trip_s is not None
    assert result.round_trip_s < 0.4


def test_a_first_good_sample_is_kept_when_later_ones_time_out() -> None:
    with NtpServer(delays_s=(0.0, 1.0)) as server:
        result = check_clock(server.address, phase="before", timeout_s=0.5, samples=2)
    assert result.gap is None


@pytest.mark.parametrize(
    ("manners", "why", "words"),
    [
        (Manners.SILENT, GapReason.TIMED_OUT, "did not answer within 0.3 s"),
        (Manners.KISS_OF_DEATH, GapReason.REFUSED, "kiss-o'-death 'RATE'"),
        (Manners.UNSYNCHRONISED, GapReason.FAILED, "not synchronised"),
        (Manners.HIGH_STRATUM, GapReason.FAILED, "not synchronised"),
        (Manners.WRONG_ORIGINATE, GapReason.FAILED, "not to the question"),
        (Manners.SHORT, GapReason.FAILED, "not to the question"),
        (Manners.CLIENT_MODE, GapReason.FAILED, "not to the question"),
        (Manners.NO_TRANSMIT, GapReason.FAILED, "contradict"),
        (Manners.BACKWARDS, GapReason.FAILED, "contradict"),
    ],
)
def test_an_unusable_answer_is_a_gap(manners: Manners, why: GapReason, words: str) -> None:
    with NtpServer(manners) as server:
        result = check_clock(server.address, phase="before", timeout_s=0.3)
    assert result.gap is not None
    assert (result.gap.why, result.offset_s, result.round_trip_s) == (why, None, None)
    assert words in result.gap.detail


def test_an_answer_to_another_question_does_not_hide_the_right_one() -> None:
    with NtpServer(Manners.OTHER_FIRST, offset_s=7) as server:
        result = check_clock(server.address, phase="before")
    assert result.offset_s == pytest.approx(7, abs=NEAR_S)


def test_a_closed_port_is_a_gap_at_once() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{unused.getsockname()[1]}"
    started = time.monotonic()
    result = check_clock(address, phase="before", timeout_s=5)
    assert result.gap is not None
    assert result.gap.why is GapReason.FAILED
    assert time.monotonic() - started < 4


@pytest.mark.parametrize("server", ["", ":123", "host:0", "host:70000", "host:ntp", "[]:1", "a" * 70 + ".test", "\0"])
def test_an_address_that_is_none_is_a_gap(server: str) -> None:
    result = check_clock(server, phase="before", timeout_s=0.5)
    assert result.gap is not None
    assert result.offset_s is None


@pytest.mark.parametrize(
    ("server", "parts"),
    [
        ("ntp.example", ("ntp.example", 123)),
        ("ntp.example:4123", ("ntp.example", 4123)),
        ("[2001:db8::1]", ("2001:db8::1", 123)),
        ("[2001:db8::1]:4123", ("2001:db8::1", 4123)),
        ("2001:db8::1", ("2001:db8::1", 123)),
        ("192.0.2.7", ("192.0.2.7", 123)),
    ],
)
def test_a_server_is_named_as_host_or_host_and_port(server: str, parts: tuple[str, int]) -> None:
    assert clock._split_address(server) == parts


def test_the_request_is_sntp_version_4_and_does_not_tell_the_machines_time() -> None:
    with NtpServer() as server:
        check_clock(server.address, phase="before", samples=2)
    first, second = server.requests
    assert (len(first), first[0]) == (48, 0x23)
    assert not any(first[1:40])
    assert first[40:] != second[40:]


@pytest.mark.parametrize(
    ("seconds", "moment"),
    [
        (2_208_988_800, datetime(1970, 1, 1, tzinfo=UTC)),
        (2_272_060_800, datetime(1972, 1, 1, tzinfo=UTC)),
        (3_155_587_200, datetime(1999, 12, 31, tzinfo=UTC)),
        (2**32 - 1, datetime(2036, 2, 7, 6, 28, 15, tzinfo=UTC)),
        (0, datetime(2036, 2, 7, 6, 28, 16, tzinfo=UTC)),
        (63_104, datetime(2036, 2, 8, tzinfo=UTC)),
    ],
)
def test_times_before_and_after_2036_are_read(seconds: int, moment: datetime) -> None:
    """Dates and seconds of the era from RFC 5905, figure 4, and RFC 4330, section 3."""
    assert clock._unix_time(struct.pack("!II", seconds, 0)) == moment.timestamp()
    assert clock._unix_time(struct.pack("!II", seconds, 1 << 31)) == moment.timestamp() + 0.5


def test_a_server_in_the_next_era_is_measured() -> None:
    later = datetime(2040, 1, 1, tzinfo=UTC).timestamp() - time.time()
    with NtpServer(offset_s=later) as server:
        result = check_clock(server.address, phase="before")
    assert result.offset_s == pytest.approx(later, abs=NEAR_S)


def test_several_servers_are_asked_at_once_and_reported_in_order() -> None:
    with NtpServer(Manners.SILENT) as silent, NtpServer(offset_s=5) as good, NtpServer(Manners.SILENT) as mute:
        servers = (silent.address, good.address, mute.address)
        started = time.monotonic()
        results = check_clocks(servers, phase="after", timeout_s=0.6)
    assert time.monotonic() - started < 1.6
    assert tuple(result.server for result in results) == servers
    assert [result.gap is None for result in results] == [False, True, False]
    assert check_clocks((), phase="after") == ()


def test_waiting_ends_at_the_deadline_whatever_the_work_does() -> None:
    release = threading.Event()
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        within(0.2, release.wait)
    assert time.monotonic() - started < 2
    release.set()


def test_what_the_work_raises_reaches_the_one_who_waits() -> None:
    def work() -> None:
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        within(5, work)
    assert within(5, lambda: 7) == 7


def test_the_fake_encodes_the_epoch_as_rfc_5905_says() -> None:
    assert stamp(0).hex() == "83aa7e8000000000"
