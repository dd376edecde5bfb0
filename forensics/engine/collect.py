"""The verb `collect`: from locators to committed acquisitions under a checkpoint."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from forensics.codec import name_of, to_json
from forensics.collectors.local import walk
from forensics.custody.writer import Writer
from forensics.engine import act
from forensics.engine.acquire import Acquired, Request, acquire
from forensics.engine.batch import Batch
from forensics.engine.look import Counts, look
from forensics.engine.recapture import captured_whole, earlier_capture
from forensics.engine.stamp import Stamped, checkpoint
from forensics.model import Artifact, Gap, Outcome, Sensitivity
from forensics.plugins import Collector

if TYPE_CHECKING:
    from forensics.custody.trusted_time import Authority

STAMP_AFTER = timedelta(minutes=2)
"""How old the first capture without trusted time may become before a list is stamped so far.

Time proves little about a page that was captured long before the stamp; ten minutes are the limit that reports warn of.
"""

_URL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://")


@dataclass(frozen=True)
class Setup:
    """What every act is given.

    Attributes:
        authorities: Time-stamp authorities to ask.
        servers: Time servers to compare the clock with.
        arguments: The command line without locators, names of people and secrets.
        progress: Called with each finished piece of work.
        jobs: How many addresses are captured at a time.
    """

    authorities: tuple[Authority, ...] = ()
    servers: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    progress: Callable[[object], None] = field(default=lambda _: None)
    jobs: int = 1


@dataclass(frozen=True)
class Collected:
    """What became of a `collect`.

    Attributes:
        act: Reference of the act's record.
        acquired: Items and acquisitions in order, without the facts of their artifacts.
        skipped: Ids of items that were left as an earlier run of the same list had captured them.
        findings: Number of findings by kind and result that were stated at once.
        gaps: What is missing of the act itself: time servers, the self-test.
        stamped: What became of each request for trusted time; the last one covers everything.
    """

    act: str
    acquired: tuple[Acquired, ...]
    skipped: tuple[str, ...]
    findings: Counts
    gaps: tuple[Gap, ...]
    stamped: tuple[Stamped, ...]

    @property
    def exit_code(self) -> int:
        """0 done, 3 done with gaps, 20 nothing captured."""
        outcomes = {one.acquisition.outcome for one in self.acquired}
        if outcomes <= {Outcome.FAILED} and not (self.skipped and not outcomes):
            return 20
        has_gaps = bool(self.gaps) or any(one.gaps for one in self.stamped)
        return 0 if outcomes <= {Outcome.COMPLETE} and not has_gaps else 3


@dataclass
class _Progress:
    """What a run has done so far."""

    acquired: list[Acquired] = field(default_factory=list)
    stamped: list[Stamped] = field(default_factory=list)
    oldest: datetime | None = None


def requests_for(
    locators: Iterable[str],
    *,
    note: str,
    sensitivity: Sensitivity,
    leave_out: tuple[str, ...],
    is_listed: bool = False,
) -> Iterator[Request]:
    """Turns what a user named into one request per file or URL; folders are walked."""
    for locator in locators:
        if _URL.match(locator):
            name = name_of(locator)
            yield Request(name, "url", name, note, sensitivity, is_listed=is_listed)
            continue
        for found in walk(locator, leave_out=leave_out):
            yield Request(name_of(found.path), "file", name_of(found.given), note, sensitivity, found.gap)


def collect(writer: Writer, requests: Iterable[Request], *, collectors: Sequence[Collector], setup: Setup) -> Collected:
    """Collects everything that was asked for, commits it in batches, and stamps a checkpoint over it.

    Args:
        writer: The open case.
        requests: What to collect, in order.
        collectors: The first that accepts an item collects it.
        setup: What the act is given.

    Raises:
        StoreError: The case's disk does not take more; what was committed before is intact.
    """
    batch = Batch(writer, "collect")
    running = act.begin(batch, "collect", arguments=setup.arguments, servers=setup.servers)
    done, skipped, before = _Progress(), list[str](), dict[str, Artifact]()
    wanted = _wanted(writer, requests, skipped=skipped, before=before)
    with closing(
        acquire(writer, batch, requests=wanted, collectors=collectors, running=running, jobs=setup.jobs)
    ) as attempts:
        for one in attempts:
            done.acquired.append(_without_facts(one))
            setup.progress(one)
            if one.item.kind == "url":
                batch.flush()
                _stamp_in_time(writer, one, done=done, setup=setup)
    findings = look(writer, batch, acquired=done.acquired, before=before)
    gaps = act.end(batch, running)
    done.stamped.append(checkpoint(writer, setup.authorities))
    return Collected(running.act, tuple(done.acquired), tuple(skipped), findings, gaps, tuple(done.stamped))


def _without_facts(one: Acquired) -> Acquired:
    """Drops what the records hold and nobody asks for again, so that memory does not grow with a long list."""
    artifacts = tuple(replace(artifact, facts={}) for artifact in one.acquisition.artifacts)
    return Acquired(one.item, replace(one.acquisition, artifacts=artifacts))


def _wanted(
    writer: Writer, requests: Iterable[Request], *, skipped: list[str], before: dict[str, Artifact]
) -> Iterator[Request]:
    """Leaves out what need not be captured again, and notes what new captures are to be compared with."""
    for request in requests:
        item = writer.index.item_at(to_json(request.locator)) if request.kind == "url" else None
        if item is not None and request.is_listed and captured_whole(writer, item):
            skipped.append(item)
            continue
        if item is not None and (earlier := earlier_capture(writer, item)) is not None:
            before.setdefault(item, earlier)
        yield request


def _stamp_in_time(writer: Writer, one: Acquired, *, done: _Progress, setup: Setup) -> None:
    """Stamps what was captured so far once the first of it has waited long enough."""
    done.oldest = done.oldest or one.acquisition.ended_at
    if setup.authorities and datetime.now(UTC) - done.oldest > STAMP_AFTER:
        done.stamped.append(checkpoint(writer, setup.authorities))
        done.oldest = None


def case_folders(folder: os.PathLike[str]) -> tuple[str, ...]:
    """Gives the absolute folder of a case, which a walk must not go into."""
    return (os.path.abspath(folder), os.path.realpath(folder))
