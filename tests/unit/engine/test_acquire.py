"""Running collectors: in parallel, in order, resumed, sealed; what fails costs one item."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import pyrage
import pytest

from forensics.custody import sealing
from forensics.custody.writer import Writer
from forensics.engine import acquire
from forensics.engine.acquire import Request, describe, outcome_of
from forensics.engine.collect import Collected, Setup, collect, requests_for
from forensics.engine.recapture import earlier_capture, requests_again
from forensics.engine.sink import StagingSink
from forensics.errors import UsageError
from forensics.model import Gap, GapReason, Item, Name, Outcome, Sensitivity
from forensics.plugins import Seal, Sink
from forensics.tools import spawned
from tests.fakes.cases import Built, empty_case, home_in


@dataclass(frozen=True)
class Slow:
    """Waits as long as the locator says, and notes how many ran at a time."""

    name: ClassVar[str] = "slow"
    version: ClassVar[str] = "1"
    takes_long: ClassVar[bool] = True

    running: list[int] = field(default_factory=list)
    password: str = field(default="", metadata={"is_private": True})

    def accepts(self, item: Item) -> bool:
        return item.kind == "url"

    def collect(self, item: Item, sink: Sink) -> Iterable[Gap]:
        self.running.append(threading.active_count())
        path = item.locator.display.rpartition("/")[2]
        if path == "crash":
            raise ZeroDivisionError("inside a plug-in")
        time.sleep(float(path.partition("-")[0]))
        sink.put(io.BytesIO(path.encode()), role="html", name="page.html")
        if path.endswith("partial"):
            yield Gap("page", GapReason.REFUSED, "a wall")


@dataclass(frozen=True)
class Starter:
    """Starts a program that would run for a minute, once it is told to."""

    name: ClassVar[str] = "starter"
    version: ClassVar[str] = "1"
    takes_long: ClassVar[bool] = True

    begun: list[str] = field(default_factory=list)
    pause_s: float = 0.0
    quick_s: float = 0.3

    def accepts(self, item: Item) -> bool:
        return item.kind == "url"

    def collect(self, item: Item, sink: Sink) -> Iterable[Gap]:
        if item.locator.display.endswith("quick"):
            time.sleep(self.quick_s)
            sink.put(io.BytesIO(b"quick"), role="html", name="page.html")
            return
        self.begun.append(item.id)
        time.sleep(self.pause_s)
        sink.put(io.BytesIO(b"half"), role="html", name="page.html")
        with spawned([shutil.which("sleep") or "sleep", "60"], files={}) as pid:
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        yield Gap("page", GapReason.FAILED, "the program was ended")


@pytest.fixture
def built(tmp_path: Path) -> Built:
    return empty_case(tmp_path / "case", home_in(tmp_path / "home"))


@pytest.fixture
def writer(built: Built) -> Iterator[Writer]:
    with built.writing() as opened:
        yield opened


def run(writer: Writer, *urls: str, jobs: int = 1, is_listed: bool = False) -> Collected:
    requests = requests_for(
        [f"https://example.org/{url}" for url in urls],
        note="",
        sensitivity=Sensitivity.NORMAL,
        leave_out=(),
        is_listed=is_listed,
    )
    return collect(writer, requests, collectors=[Slow()], setup=Setup(jobs=jobs))


def test_items_are_committed_in_the_order_of_the_list_whatever_order_they_end_in(writer: Writer) -> None:
    result = run(writer, "0.4-a", "0-b", "0.1-c", "0-d", jobs=3)
    assert [one.item.locator.display[-1] for one in result.acquired] == ["a", "b", "c", "d"]
    assert [one.item.id for one in result.acquired] == ["ITEM-0001", "ITEM-0002", "ITEM-0003", "ITEM-0004"]


def test_slow_items_are_collected_side_by_side(writer: Writer) -> None:
    started = time.monotonic()
    run(writer, *(f"0.5-{name}" for name in "abcd"), jobs=4)
    assert time.monotonic() - started < 1.6


def test_an_item_that_crashes_its_collector_costs_itself_alone(writer: Writer) -> None:
    result = run(writer, "0-a", "crash", "0-b", jobs=2)
    outcomes = [one.acquisition.outcome for one in result.acquired]
    assert outcomes == [Outcome.COMPLETE, Outcome.FAILED, Outcome.COMPLETE]
    assert "ZeroDivisionError" in result.acquired[1].acquisition.gaps[0].detail
    assert result.exit_code == 3


@pytest.mark.parametrize("pause_s", [0.0, 1.0])
def test_whoever_stops_the_run_waits_for_no_program_and_keeps_what_was_there(
    built: Built, pause_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acquire, "PATIENCE_S", 2.0)
    starter, begun = Starter(pause_s=pause_s), time.monotonic()

    def stop(_: object) -> None:
        while not starter.begun and time.monotonic() - begun < 20:
            time.sleep(0.05)
        time.sleep(0.3)
        raise KeyboardInterrupt

    locators = ["https://example.org/quick", "https://example.org/long"]
    requests = requests_for(locators, note="", sensitivity=Sensitivity.NORMAL, leave_out=())
    with built.writing() as writer, pytest.raises(KeyboardInterrupt):
        collect(writer, requests, collectors=[starter], setup=Setup(progress=stop))
    assert time.monotonic() - begun < 30
    with built.writing() as writer:
        kept = [found.record for found in writer.case.records_of("acquisition", writer.index)]
    assert [one.outcome for one in kept] == [Outcome.COMPLETE, Outcome.PARTIAL]


def test_whoever_stops_the_run_keeps_what_was_there_also_where_nothing_else_has_begun(built: Built) -> None:
    def stop(_: object) -> None:
        raise KeyboardInterrupt

    requests = requests_for(["https://example.org/0-a"], note="", sensitivity=Sensitivity.NORMAL, leave_out=())
    with built.writing() as writer, pytest.raises(KeyboardInterrupt):
        collect(writer, requests, collectors=[Slow()], setup=Setup(progress=stop))
    with built.writing() as writer:
        kept = [found.record for found in writer.case.records_of("acquisition", writer.index)]
    assert [one.outcome for one in kept] == [Outcome.COMPLETE]


def test_each_address_is_committed_when_it_is_there(built: Built) -> None:
    seen = []
    with built.writing() as writer:
        requests = requests_for(
            ["https://example.org/0-a", "https://example.org/0-b"],
            note="",
            sensitivity=Sensitivity.NORMAL,
            leave_out=(),
        )
        setup = Setup(progress=lambda _: seen.append(len(list(writer.case.records_of("acquisition", writer.index)))))
        collect(writer, requests, collectors=[Slow()], setup=setup)
    assert seen == [0, 1]


def test_a_list_that_is_run_again_leaves_what_was_captured_whole_and_takes_up_the_rest(writer: Writer) -> None:
    run(writer, "0-a", "0-partial", "crash", is_listed=True)
    again = run(writer, "0-a", "0-partial", "crash", "0-new", is_listed=True)
    assert again.skipped == ("ITEM-0001",)
    assert [one.item.id for one in again.acquired] == ["ITEM-0002", "ITEM-0003", "ITEM-0004"]


def test_a_list_of_which_everything_is_captured_is_done(writer: Writer) -> None:
    run(writer, "0-a", is_listed=True)
    again = run(writer, "0-a", is_listed=True)
    assert (again.acquired, again.exit_code) == ((), 0)


def test_an_address_that_is_named_is_captured_each_time(writer: Writer) -> None:
    run(writer, "0-a")
    assert [one.item.id for one in run(writer, "0-a").acquired] == ["ITEM-0001"]


def test_nothing_but_failures_is_exit_code_20(writer: Writer) -> None:
    assert run(writer, "crash").exit_code == 20


def test_again_asks_for_a_known_address_under_its_sensitivity(writer: Writer) -> None:
    requests = [Request(Name("https://example.org/0-a"), "url", Name("x"), sensitivity=Sensitivity.INTIMATE)]
    collect(writer, requests, collectors=[Slow()], setup=Setup())
    [request] = requests_again(writer, ("ITEM-0001",))
    assert (request.locator.display, request.sensitivity) == ("https://example.org/0-a", Sensitivity.INTIMATE)


def test_again_refuses_an_unknown_item_and_a_file(writer: Writer, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no item ITEM-0009"):
        requests_again(writer, ("ITEM-0009",))
    (tmp_path / "f").write_bytes(b"x")
    found = requests_for([str(tmp_path / "f")], note="", sensitivity=Sensitivity.NORMAL, leave_out=())
    collect(writer, found, collectors=[Slow()], setup=Setup())
    with pytest.raises(UsageError, match="not an address"):
        requests_again(writer, ("ITEM-0001",))


def test_a_capture_without_an_archive_has_no_earlier_capture(writer: Writer) -> None:
    run(writer, "0-a")
    assert earlier_capture(writer, "ITEM-0001") is None


def test_what_tells_of_the_attempt_alone_is_no_capture(writer: Writer) -> None:
    sink = StagingSink(writer.store)
    sink.put(io.BytesIO(b"{}"), role="preflight", name="preflight.json")
    assert outcome_of(sink.artifacts, ()) is Outcome.FAILED
    sink.put(io.BytesIO(b"<p>"), role="html", name="page.html")
    assert outcome_of(sink.artifacts, ()) is Outcome.COMPLETE


def test_a_private_setting_is_recorded_as_given_and_never_by_value() -> None:
    assert describe(Slow(password="hunter2")).settings["password"] is True
    assert describe(Slow()).settings["password"] is False


def test_a_fact_is_sealed_under_a_commitment_that_does_not_let_it_be_guessed(built: Built, writer: Writer) -> None:
    sink = StagingSink(writer.store, recipients=writer.recipients)
    artifact = sink.put(io.BytesIO(b"192.168.1.7"), role="preflight", name="n.json", seal=Seal.FACT)
    blob = sink.staged[0].path.read_bytes()
    plain = pyrage.decrypt(blob, [pyrage.x25519.Identity.from_str(built.key.identity)])
    assert plain[32:] == b"192.168.1.7"
    assert artifact.sealed == {"commitment": hashlib.sha256(plain).hexdigest()}
    assert artifact.digests.sha256 == hashlib.sha256(blob).hexdigest()


def test_content_of_an_open_item_can_be_sealed_alone(built: Built, writer: Writer) -> None:
    sink = StagingSink(writer.store, recipients=writer.recipients)
    artifact = sink.put(io.BytesIO(b"cookie"), role="secrets", name="s.jsonl", seal=Seal.CONTENT)
    assert artifact.content_sha256 == hashlib.sha256(b"cookie").hexdigest()
    target = io.BytesIO()
    with sink.staged[0].path.open("rb") as stream:
        sealing.decrypt(stream, target, identities=[built.key.identity])
    assert target.getvalue() == b"cookie"


def test_a_workspace_lies_in_the_cases_tmp_and_is_gone_afterwards(writer: Writer) -> None:
    with StagingSink(writer.store).workspace() as folder:
        assert folder.parent == writer.store.temporary.absolute()
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "deep").mkdir()
        (folder / "deep" / "secret").write_bytes(b"secret")
    assert not folder.exists()
