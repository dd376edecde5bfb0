"""Analyzers of frames: a clip is decoded once, none harms another; what one made is read by those that come after."""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pytest

from forensics import watch
from forensics.collectors.local import LocalCollector
from forensics.custody.writer import Writer
from forensics.engine.collect import Setup, collect, requests_for
from forensics.engine.comparison import compare_all
from forensics.engine.examination import bench_of
from forensics.engine.examine import examine_case
from forensics.engine.plan import Ready, Task, joined
from forensics.engine.survey import seen, survey
from forensics.media.frame import Frame
from forensics.model import Artifact, Finding, Gap, GapReason, Message, Result, Sensitivity, Stage, Tool
from forensics.plugins import Evidence, Sink
from tests.fakes.cases import empty_case, home_in
from tests.fakes.evidence import FileEvidence
from tests.fakes.evidence import examine as examine_file


@dataclass
class Counting:
    """Counts frames, and keeps the times of the first three."""

    evidence: Evidence
    sink: Sink
    name: str
    times_s: list[float] = field(default_factory=list)

    def feed(self, frame: Frame) -> None:
        self.times_s.append(frame.time_s)

    def finish(self, gaps: tuple[Gap, ...]) -> Iterable[Finding]:
        made = self.sink.put(io.BytesIO(json.dumps(self.times_s).encode()), role="times", name="times.json")
        result = Result.INDETERMINATE if gaps else Result.FOUND
        yield stated(self.name, self.evidence, result=result, gaps=gaps, attachments=(made,), count=len(self.times_s))


@dataclass
class Breaking(Counting):
    """Fails at the third frame."""

    def feed(self, frame: Frame) -> None:
        super().feed(frame)
        if len(self.times_s) == 3:
            raise ZeroDivisionError("at the third frame")


@dataclass(frozen=True)
class Counter:
    name: ClassVar[str] = "counter"
    version: ClassVar[str] = "1"
    media_types: ClassVar[tuple[str, ...]] = ("video/*", "image/*")
    needs: ClassVar[tuple[str, ...]] = ()
    reads: ClassVar[tuple[str, ...]] = ()

    def start(self, evidence: Evidence, sink: Sink) -> Counting:
        return Counting(evidence, sink, self.name)

    def examine(self, evidence: Evidence, sink: Sink) -> Iterable[Finding]:
        return watch.watch(self, evidence, sink)


@dataclass(frozen=True)
class OtherCounter(Counter):
    name: ClassVar[str] = "other"


@dataclass(frozen=True)
class Breaker(Counter):
    name: ClassVar[str] = "breaker"

    def start(self, evidence: Evidence, sink: Sink) -> Counting:
        return Breaking(evidence, sink, self.name)


@dataclass(frozen=True)
class Reader:
    """Reads what the counters made."""

    name: ClassVar[str] = "reader"
    version: ClassVar[str] = "1"
    media_types: ClassVar[tuple[str, ...]] = ("*/*",)
    needs: ClassVar[tuple[str, ...]] = ()
    reads: ClassVar[tuple[str, ...]] = ("times",)

    def examine(self, evidence: Evidence, sink: Sink) -> Iterable[Finding]:
        yield stated(self.name, evidence, counts=[_length(one) for one in evidence.related("times")])


@dataclass(frozen=True)
class Sum:
    """Adds up what was made of all contents."""

    name: ClassVar[str] = "sum"
    version: ClassVar[str] = "1"
    needs: ClassVar[tuple[str, ...]] = ()
    reads: ClassVar[tuple[str, ...]] = ("times",)

    def examine(self, evidence: tuple[Evidence, ...], sink: Sink) -> Iterable[Finding]:
        count = sum(_length(made) for one in evidence for made in one.related("times"))
        made = sink.put(io.BytesIO(str(count).encode()), role="sum", name="sum.txt")
        yield stated(self.name, evidence[0], count=count, attachments=(made,))


@dataclass(frozen=True)
class Failing(Sum):
    name: ClassVar[str] = "failing"

    def examine(self, evidence: tuple[Evidence, ...], sink: Sink) -> Iterable[Finding]:
        raise ZeroDivisionError("over all")


def _length(evidence: Evidence) -> int:
    with evidence.open() as stream:
        return len(json.load(stream))


def stated(
    name: str,
    evidence: Evidence,
    *,
    result: Result = Result.FOUND,
    gaps: tuple[Gap, ...] = (),
    attachments: tuple[Artifact, ...] = (),
    **values: Any,
) -> Finding:
    return Finding(
        subject=(evidence.artifact.content_sha256,),
        stage=Stage.SAMPLE,
        kind=f"{name}.frames",
        result=result,
        statement=Message("frames", "frames"),
        analyzer=Tool(name, "0"),
        values=values,
        gaps=gaps,
        attachments=attachments,
    )


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("frames") / "clip.mp4"
    source = "testsrc2=size=320x240:rate=25:duration=2"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, "-pix_fmt", "yuv420p", str(path)], check=True)
    return path


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Writer]:
    built = empty_case(tmp_path / "case", home_in(tmp_path))
    with built.writing() as opened:
        yield opened


def put(writer: Writer, *paths: Path, sensitivity: Sensitivity = Sensitivity.NORMAL) -> None:
    requests = requests_for([str(one) for one in paths], note="", sensitivity=sensitivity, leave_out=())
    collect(writer, requests, collectors=[LocalCollector()], setup=Setup())


def findings_of(writer: Writer) -> dict[str, Finding]:
    return {one.record.kind: one.record for one in writer.case.records_of("finding", writer.index)}


def test_two_analyzers_of_one_clip_become_one_task(writer, clip, monkeypatch):
    put(writer, clip)
    opened = []
    kept = watch.Reel.__iter__
    monkeypatch.setattr(watch.Reel, "__iter__", lambda self: opened.append(self.path) or kept(self))
    monkeypatch.setattr("forensics.engine.examine.workers", _here)
    result = examine_case(writer, (), analyzers=[Counter(), OtherCounter()], setup=Setup(), jobs=1)
    assert len(opened) == 1
    assert result.examined == 2
    found = findings_of(writer)
    assert found["counter.frames"].values == found["other.frames"].values == {"count": 10}


def test_frames_do_not_depend_on_who_else_runs(clip):
    alone = examine_file(Counter(), clip)[0]
    assert alone.values == {"count": 10}


def test_an_analyzer_that_fails_at_a_frame_harms_no_other(writer, clip):
    put(writer, clip)
    examine_case(writer, (), analyzers=[Breaker(), Counter()], setup=Setup(), jobs=1)
    found = findings_of(writer)
    assert found["counter.frames"].values == {"count": 10}
    assert found["breaker.failed"].gaps[0].detail == "ZeroDivisionError: at the third frame"


def test_a_clip_that_is_no_clip_gives_a_gap_to_each(writer, tmp_path):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + b"\0" * 500)
    put(writer, broken)
    examine_case(writer, (), analyzers=[Counter(), OtherCounter()], setup=Setup(), jobs=1)
    for finding in findings_of(writer).values():
        assert finding.result is Result.INDETERMINATE
        assert finding.gaps[0].why is GapReason.UNREADABLE


def test_analyzers_that_read_what_others_make_come_after_them_in_the_same_act(writer, clip):
    put(writer, clip)
    examine_case(writer, (), analyzers=[Reader(), Counter()], setup=Setup(), jobs=2)
    assert findings_of(writer)["reader.frames"].values == {"counts": [10]}


def test_a_comparison_over_the_case_reads_what_was_made_of_each_content(writer, clip, tmp_path):
    still = tmp_path / "still.png"
    subprocess.run(["ffmpeg", "-v", "error", "-i", str(clip), "-frames:v", "1", str(still)], check=True)
    text = tmp_path / "text.txt"
    text.write_text("no frames")
    put(writer, clip, still, text)
    examine_case(writer, (), analyzers=[Counter()], setup=Setup(), jobs=1)
    contents = seen(writer, ("times",))
    assert [one.artifact.media_type for one in contents] == ["video/mp4", "image/png"]
    assert survey(contents, Sum(), bench=bench_of(writer)).findings[0].values == {"count": 11}


def test_what_a_comparison_makes_is_sealed_where_one_content_is(writer, clip):
    put(writer, clip, sensitivity=Sensitivity.INTIMATE)
    examine_case(writer, (), analyzers=[Counter()], setup=Setup(), jobs=1)
    made = compare_all(seen(writer, ("times",)), Sum(), bench=bench_of(writer)).findings[0].attachments[0]
    assert made.sealed is not None


def test_a_comparison_that_fails_says_over_what(writer, clip):
    put(writer, clip)
    examine_case(writer, (), analyzers=[Counter()], setup=Setup(), jobs=1)
    contents = seen(writer, ("times",))
    finding = compare_all(contents, Failing(), bench=bench_of(writer)).findings[0]
    assert finding.kind == "failing.failed"
    assert finding.subject == tuple(one.artifact.content_sha256 for one in contents)


def test_what_an_earlier_examination_made_is_replaced_by_the_newest(writer, clip, monkeypatch):
    put(writer, clip)
    examine_case(writer, (), analyzers=[Counter()], setup=Setup(), jobs=1)
    monkeypatch.setattr(Counter, "version", "2")
    monkeypatch.setattr("forensics.engine.examine.workers", _here)
    examine_case(writer, (), analyzers=[Counter()], setup=Setup(), jobs=1)
    assert [len(one.made["times"]) for one in seen(writer, ("times",))] == [1]


def test_an_analyzer_whose_tool_is_missing_is_not_joined(clip):
    artifact = FileEvidence(clip).artifact
    can, cannot = (Ready(Counter(), Tool("counter", "1"), missing=missing) for missing in ("", "a program"))
    assert len(joined([Task(can, artifact), Task(cannot, artifact)])) == 2
    assert [one.everyone for one in joined([Task(can, artifact), Task(can, artifact)])] == [(can, can)]


class _Serial:
    def submit(self, work: Any, *arguments: Any, **named: Any) -> Any:
        from concurrent.futures import Future

        done: Future[Any] = Future()
        done.set_result(work(*arguments, **named))
        return done


def _here(jobs: int) -> Any:
    from contextlib import nullcontext

    return nullcontext(_Serial())
