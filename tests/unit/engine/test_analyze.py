"""Running analyzers: what fails costs a gap and never the run; what ran before does not run again."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest

from forensics.collectors.local import LocalCollector
from forensics.custody.case import Opening, new_case
from forensics.custody.signing import Home, SigningKey, new_key
from forensics.custody.writer import Writer, writing
from forensics.engine.collect import Setup, collect, requests_for
from forensics.engine.examine import examine_case
from forensics.errors import MediaError
from forensics.model import Finding, GapReason, Message, Outcome, Result, Sensitivity, Stage, Tool
from forensics.plugins import Evidence, Sink

ORIGINAL = b"plain content that must stay secret where it is sealed"


@dataclass(frozen=True)
class Length:
    """States the length of anything; `factor` shows that settings count."""

    name: ClassVar[str] = "length"
    version: ClassVar[str] = "1"
    media_types: ClassVar[tuple[str, ...]] = ("*/*",)
    needs: ClassVar[tuple[str, ...]] = ()
    reads: ClassVar[tuple[str, ...]] = ()
    factor: int = 1

    def examine(self, evidence: Evidence, sink: Sink) -> Iterable[Finding]:
        with evidence.path() as path:
            size = path.stat().st_size * self.factor
        yield stated(evidence, size)


@dataclass(frozen=True)
class Raising(Length):
    name: ClassVar[str] = "raising"

    def examine(self, evidence: Evidence, sink: Sink) -> Iterable[Finding]:
        raise ZeroDivisionError("inside a plug-in")


@dataclass(frozen=True)
class Refusing(Length):
    name: ClassVar[str] = "refusing"

    def examine(self, evidence: Evidence, sink: Sink) -> Iterable[Finding]:
        raise MediaError("not a picture")


@dataclass(frozen=True)
class Silent(Length):
    name: ClassVar[str] = "silent"

    def examine(self, evidence: Evidence, sink: Sink) -> Iterable[Finding]:
        return ()


@dataclass(frozen=True)
class Dying(Length):
    name: ClassVar[str] = "dying"

    def examine(self, evidence: Evidence, sink: Sink) -> Iterable[Finding]:
        with evidence.open() as stream:
            if stream.read() == b"deadly":
                os.kill(os.getpid(), signal.SIGKILL)
        yield stated(evidence, 0)


@dataclass(frozen=True)
class Needing(Length):
    name: ClassVar[str] = "needing"
    needs: ClassVar[tuple[str, ...]] = ("exiftool>=9999",)


def stated(evidence: Evidence, size: int) -> Finding:
    return Finding(
        subject=(evidence.artifact.content_sha256,),
        stage=Stage.SAMPLE,
        kind="length.bytes",
        result=Result.FOUND,
        statement=Message("length", f"{size} bytes"),
        analyzer=Tool("claimed", "0"),
        values={"size": size},
    )


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.of({"FORENSICS_HOME": str(tmp_path / "home")})


@pytest.fixture
def key(home: Home) -> SigningKey:
    return new_key(home)


@pytest.fixture
def writer(tmp_path: Path, home: Home, key: SigningKey) -> Iterator[Writer]:
    new_case(tmp_path / "case", Opening("t", "e"), signer=key, spki=key.spki, recipient=key.recipient)
    with writing(tmp_path / "case", key, home=home, verb="test") as opened:
        yield opened


def put(writer: Writer, folder: Path, *, sensitivity: Sensitivity = Sensitivity.NORMAL, **files: bytes) -> None:
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    requests = requests_for([str(folder)], note="", sensitivity=sensitivity, leave_out=())
    result = collect(writer, requests, collectors=[LocalCollector()], setup=Setup())
    assert {one.acquisition.outcome for one in result.acquired} == {Outcome.COMPLETE}


def findings(writer: Writer) -> list[Finding]:
    return [committed.record for committed in writer.case.records_of("finding", writer.index)]


@pytest.mark.parametrize("analyzer", [Raising(), Refusing(), Silent()])
def test_an_analyzer_that_fails_leaves_a_gap_and_the_others_their_findings(
    writer: Writer, tmp_path: Path, analyzer: Length
) -> None:
    put(writer, tmp_path / "in", a=b"abc")
    done = examine_case(writer, (), analyzers=[analyzer, Length()], setup=Setup(), jobs=1)
    by_kind = {finding.kind: finding for finding in findings(writer)}
    assert by_kind["length.bytes"].values["size"] == 3
    failed = by_kind[f"{analyzer.name}.failed"]
    assert (failed.result, failed.gaps[0].why) == (Result.INDETERMINATE, GapReason.FAILED)
    assert done.exit_code == 3


def test_a_worker_that_is_killed_costs_only_the_content_that_killed_it(writer: Writer, tmp_path: Path) -> None:
    put(writer, tmp_path / "in", a=b"harmless", b=b"deadly", c=b"harmless too")
    examine_case(writer, (), analyzers=[Dying()], setup=Setup(), jobs=2)
    assert sorted(finding.kind for finding in findings(writer)) == ["dying.failed", "length.bytes", "length.bytes"]


def test_a_missing_tool_is_a_gap_with_the_command_that_mends_it(writer: Writer, tmp_path: Path) -> None:
    put(writer, tmp_path / "in", a=b"abc")
    done = examine_case(writer, (), analyzers=[Needing()], setup=Setup(), jobs=1)
    assert done.exit_code == 30
    assert findings(writer)[0].gaps[0].why is GapReason.MISSING
    assert "apt-get install" in findings(writer)[0].gaps[0].detail


def test_what_was_examined_with_the_same_settings_is_not_examined_again(writer: Writer, tmp_path: Path) -> None:
    put(writer, tmp_path / "in", a=b"abc", b=b"abcd")
    first = examine_case(writer, (), analyzers=[Length()], setup=Setup(), jobs=1)
    again = examine_case(writer, (), analyzers=[Length()], setup=Setup(), jobs=1)
    other = examine_case(writer, (), analyzers=[Length(factor=2)], setup=Setup(), jobs=1)
    assert (first.examined, again.examined, again.skipped, other.examined) == (2, 0, 2, 2)


def test_equal_contents_are_examined_once(writer: Writer, tmp_path: Path) -> None:
    put(writer, tmp_path / "in", a=b"same", b=b"same")
    assert examine_case(writer, (), analyzers=[Length()], setup=Setup(), jobs=1).examined == 1


def test_a_finding_names_the_analyzer_that_really_ran(writer: Writer, tmp_path: Path) -> None:
    put(writer, tmp_path / "in", a=b"abc")
    examine_case(writer, (), analyzers=[Length(factor=7)], setup=Setup(), jobs=1)
    assert findings(writer)[0].analyzer == Tool("length", "1", settings={"factor": 7})


def test_findings_come_in_the_order_of_collection_whatever_the_number_of_workers(
    writer: Writer, tmp_path: Path
) -> None:
    put(writer, tmp_path / "in", **{f"n{number:02d}": b"x" * number for number in range(1, 30)})
    examine_case(writer, (), analyzers=[Length()], setup=Setup(), jobs=2)
    assert [finding.values["size"] for finding in findings(writer)] == list(range(1, 30))


def test_sealed_content_is_examined_and_its_plaintext_is_not_left_anywhere(writer: Writer, tmp_path: Path) -> None:
    put(writer, tmp_path / "in", sensitivity=Sensitivity.INTIMATE, a=ORIGINAL)
    examine_case(writer, (), analyzers=[Length()], setup=Setup(), jobs=1)
    assert findings(writer)[0].values["size"] == len(ORIGINAL)
    kept = [path for path in (tmp_path / "case").rglob("*") if path.is_file() and ORIGINAL in path.read_bytes()]
    assert kept == []
