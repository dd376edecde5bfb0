"""Runs collectors: every attempt leaves an acquisition, also the failed ones."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from forensics.codec import path_of, to_json
from forensics.custody.index import item_number
from forensics.custody.records import read_at
from forensics.custody.writer import Writer
from forensics.engine.act import Running
from forensics.engine.batch import Batch
from forensics.engine.sink import StagingSink
from forensics.errors import ForensicsError, IntegrityError, StoreError
from forensics.model import Acquisition, Artifact, Gap, GapReason, Item, Name, Outcome, Record, Sensitivity, Tool
from forensics.plugins import Collector
from forensics.tools import end_running

AHEAD = 2
"""Items that wait or run behind the oldest, per thread, so that one slow page does not leave the others idle."""

PATIENCE_S = 10.0
"""Seconds that a broken-off attempt has to put away what it got, before programs it started since are ended, too."""


@dataclass(frozen=True, slots=True)
class Request:
    """One thing to collect.

    Attributes:
        locator: Absolute path or URL; the same locator is the same item.
        kind: `file`, `url`, …
        given: The locator as the user gave it.
        gap: Something that is known beforehand to be in the way; nothing is collected then.
        is_listed: Whether it stands in a list, so that it is left where it was captured whole before.
    """

    locator: Name
    kind: str
    given: Name
    note: str = ""
    sensitivity: Sensitivity = Sensitivity.NORMAL
    gap: Gap | None = None
    is_listed: bool = False


@dataclass(frozen=True, slots=True)
class Acquired:
    """What became of one request."""

    item: Item
    acquisition: Acquisition


@dataclass(frozen=True, slots=True)
class _Attempt:
    """An attempt that runs or has run, and what the case must be told of it."""

    item: Item
    must_record: bool
    sink: StagingSink
    acquisition: Future[Acquisition]


def acquire(
    writer: Writer,
    batch: Batch,
    *,
    requests: Iterable[Request],
    collectors: Sequence[Collector],
    running: Running,
    jobs: int = 1,
) -> Generator[Acquired, None, None]:
    """Collects each request and adds its item and acquisition to the batch, in the order of the requests.

    Args:
        writer: The open case.
        batch: Takes the records. What took long is committed at once.
        requests: What to collect, in order.
        collectors: The first that accepts an item collects it.
        running: The act that this belongs to.
        jobs: How many items are collected at a time, where their collector waits for others more than it works.

    Yields:
        What became of each request, in order.

    Raises:
        StoreError: The case's disk does not take more; what was committed before is intact.
    """
    waiting: deque[_Attempt] = deque()
    with _pool(jobs) as pool:
        try:
            for attempt in _attempts(writer, requests, collectors=collectors, running=running, pool=pool):
                waiting.append(attempt)
                while len(waiting) > AHEAD * jobs or (waiting and waiting[0].acquisition.done()):
                    yield _added(batch, waiting)
            while waiting:
                yield _added(batch, waiting)
        except BaseException:  # also the generator being closed, by whoever is told of an attempt and stops there
            _break_off(batch, waiting)
            raise


def _break_off(batch: Batch, waiting: deque[_Attempt]) -> None:
    """Ends what runs, and commits what it had obtained: the run was stopped, here or by whoever is told of it."""
    for attempt in waiting:
        attempt.acquisition.cancel()
    running = [attempt.acquisition for attempt in waiting if not attempt.acquisition.cancelled()]
    end_running()
    while wait(running, timeout=PATIENCE_S).not_done:
        end_running()  # a program that was only just being started
    while waiting:
        if waiting[0].acquisition.cancelled():
            waiting.popleft()
        else:
            _added(batch, waiting)
    batch.flush()


@contextmanager
def _pool(jobs: int) -> Iterator[ThreadPoolExecutor]:
    """Gives threads; where the run is broken off, what has not begun is dropped and what runs is waited for."""
    pool = ThreadPoolExecutor(jobs, thread_name_prefix="collect")
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _attempts(
    writer: Writer,
    requests: Iterable[Request],
    *,
    collectors: Sequence[Collector],
    running: Running,
    pool: ThreadPoolExecutor,
) -> Iterator[_Attempt]:
    known: dict[str, Item] = {}
    number = writer.index.last_item_number()
    recipients = writer.recipients
    for request in requests:
        item, must_record = _item_for(request, writer, known=known, next_number=number + 1)
        number = max(number, item_number(item.id))
        sink = StagingSink(
            writer.store,
            recipients=recipients,
            is_sealed=item.sensitivity.is_sealed,
            facts={"path_as_given": to_json(request.given)} if request.kind == "file" else {},
            act=running.record,
        )
        collector = next((one for one in collectors if one.accepts(item)), None)
        work = partial(_attempt, item, request, collector=collector, sink=sink, act=running.act)
        future = pool.submit(work) if takes_long(collector) else _done(work)
        yield _Attempt(item, must_record, sink, future)


def takes_long(collector: Collector | None) -> bool:
    """Whether a collector says that it waits for others, so that several items are collected at a time."""
    return bool(getattr(collector, "takes_long", False))


def _done(work: Callable[[], Acquisition]) -> Future[Acquisition]:
    future: Future[Acquisition] = Future()
    future.set_result(work())
    return future


def _added(batch: Batch, waiting: deque[_Attempt]) -> Acquired:
    """Waits for the oldest attempt and adds it to the batch; while it is waited for, it stays in the queue."""
    acquisition = waiting[0].acquisition.result()
    attempt = waiting.popleft()
    records: list[Record] = [attempt.item, acquisition] if attempt.must_record else [acquisition]
    batch.add(records, attempt.sink.staged)
    return Acquired(attempt.item, acquisition)


def _item_for(request: Request, writer: Writer, *, known: dict[str, Item], next_number: int) -> tuple[Item, bool]:
    """Finds the item of this locator or makes a new one, and says whether it must be recorded.

    A known item keeps the stricter of two sensitivities; it is recorded again where that changes it, with nothing else
    changed (docs/case-format.md, section 5).
    """
    key = path_of(request.locator)
    if key in known:
        return known[key], False
    found = recorded_item(writer, request.locator)
    if found is not None:
        stricter = max(found.sensitivity, request.sensitivity, key=list(Sensitivity).index)
        known[key] = replace(found, sensitivity=stricter)
        return known[key], stricter is not found.sensitivity
    item = Item(f"ITEM-{next_number:04d}", request.locator, request.kind, request.note, request.sensitivity)
    known[key] = item
    return item, True


def recorded_item(writer: Writer, locator: Name) -> Item | None:
    """Gives the item of this locator as it was recorded last; None where there is none."""
    query = (
        "SELECT record.seq, record.offset, record.length FROM item "
        "JOIN record ON record.seq = item.seq AND record.idx = item.idx WHERE item.id = ?"
    )
    for seq, offset, length in writer.index.rows(query, (writer.index.item_at(to_json(locator)),)):
        path = writer.case.records_path(writer.case.events[seq])
        record = read_at(path, offset=offset, length=length) if path else None
        if isinstance(record, Item):
            return record
    return None


def _attempt(item: Item, request: Request, *, collector: Collector | None, sink: StagingSink, act: str) -> Acquisition:
    started = datetime.now(UTC)
    if request.gap is not None:
        gaps: tuple[Gap, ...] = (request.gap,)
    elif collector is None:
        gaps = (Gap("item", GapReason.REFUSED, f"no collector accepts {item.kind} items"),)
    else:
        gaps = tuple(_run(collector, item, sink=sink))
    artifacts = tuple(sink.artifacts)
    return Acquisition(
        item=item.id,
        collector=describe(collector) if collector else Tool("none", "0"),
        act=act,
        outcome=outcome_of(artifacts, gaps),
        started_at=started,
        ended_at=datetime.now(UTC),
        artifacts=artifacts,
        gaps=gaps,
    )


def _run(collector: Collector, item: Item, *, sink: StagingSink) -> Iterator[Gap]:
    try:
        yield from collector.collect(item, sink)
    except (StoreError, IntegrityError):
        raise
    except ForensicsError as error:
        yield Gap("item", GapReason.FAILED, str(error))
    except Exception as error:  # noqa: BLE001 - a plug-in may raise anything; it becomes a gap, the run goes on
        yield Gap("item", GapReason.FAILED, f"{collector.name} failed: {type(error).__name__}: {error}")


ABOUT_THE_ATTEMPT = frozenset(
    {"preflight", "navigation-log", "console-log", "session-video", "certificate", "warc", "wacz", "secrets"}
)
"""Roles of artifacts that tell how something was tried; the thing itself is in the others."""


def outcome_of(artifacts: Sequence[Artifact], gaps: Sequence[Gap]) -> Outcome:
    """Computes an outcome: gaps of content lower it, and without any artifact of content nothing was captured."""
    if all(artifact.role in ABOUT_THE_ATTEMPT for artifact in artifacts):
        return Outcome.FAILED
    return Outcome.PARTIAL if any(gap.is_of_content for gap in gaps) else Outcome.COMPLETE


def describe(plugin: Any) -> Tool:
    """Describes a plug-in by name, version and settings, which are its fields.

    Of a field whose metadata has `is_private` (a path of this machine, a proxy's password) it says only whether it was
    given.
    """
    members = fields(plugin) if is_dataclass(plugin) else ()
    settings = {
        one.name: to_json(bool(value) if one.metadata.get("is_private") else value)
        for one in members
        for value in (getattr(plugin, one.name),)
    }
    return Tool(plugin.name, plugin.version, settings=settings)
