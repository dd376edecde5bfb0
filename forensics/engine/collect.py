"""The verb `collect`: from locators to committed acquisitions under a checkpoint."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forensics.codec import name_of
from forensics.collectors.local import walk
from forensics.custody.writer import Writer
from forensics.engine import act
from forensics.engine.acquire import Acquired, Request, acquire
from forensics.engine.batch import Batch
from forensics.engine.stamp import Stamped, checkpoint
from forensics.model import Gap, Outcome, Sensitivity
from forensics.plugins import Collector

if TYPE_CHECKING:
    from forensics.custody.trusted_time import Authority

_URL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://")


@dataclass(frozen=True)
class Setup:
    """What every act is given.

    Attributes:
        authorities: Time-stamp authorities to ask.
        servers: Time servers to compare the clock with.
        arguments: The command line without locators, names of people and secrets.
        progress: Called with each finished piece of work.
    """

    authorities: tuple[Authority, ...] = ()
    servers: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    progress: Callable[[object], None] = field(default=lambda _: None)


@dataclass(frozen=True)
class Collected:
    """What became of a `collect`.

    Attributes:
        act: Reference of the act's record.
        acquired: Items and acquisitions in order.
        gaps: What is missing of the act itself: time servers, the self-test.
        stamped: What became of the request for trusted time.
    """

    act: str
    acquired: tuple[Acquired, ...]
    gaps: tuple[Gap, ...]
    stamped: Stamped

    @property
    def exit_code(self) -> int:
        """0 done, 3 done with gaps, 20 nothing captured."""
        outcomes = {one.acquisition.outcome for one in self.acquired}
        if outcomes <= {Outcome.FAILED}:
            return 20
        return 0 if outcomes == {Outcome.COMPLETE} and not self.gaps and not self.stamped.gaps else 3


def requests_for(
    locators: Iterable[str], *, note: str, sensitivity: Sensitivity, leave_out: tuple[str, ...]
) -> Iterator[Request]:
    """Turns what a user named into one request per file or URL; folders are walked."""
    for locator in locators:
        if _URL.match(locator):
            yield Request(name_of(locator), "url", name_of(locator), note, sensitivity)
            continue
        for found in walk(locator, leave_out=leave_out):
            yield Request(name_of(found.path), "file", name_of(found.given), note, sensitivity, found.gap)


def collect(writer: Writer, requests: Iterable[Request], *, collectors: Sequence[Collector], setup: Setup) -> Collected:
    """Collects everything that was asked for, commits it in batches, and stamps a checkpoint over it.

    Raises:
        StoreError: The case's disk does not take more; what was committed before is intact.
    """
    with_sm3 = writer.case.info.jurisdiction == "cn"
    batch = Batch(writer, "collect")
    running = act.begin(batch, "collect", arguments=setup.arguments, servers=setup.servers, with_sm3=with_sm3)
    acquired = []
    for one in acquire(writer, batch, requests=requests, collectors=collectors, act=running.act):
        acquired.append(one)
        setup.progress(one)
    gaps = act.end(batch, running)
    return Collected(running.act, tuple(acquired), gaps, checkpoint(writer, setup.authorities))


def case_folders(folder: os.PathLike[str]) -> tuple[str, ...]:
    """Gives the absolute folder of a case, which a walk must not go into."""
    return (os.path.abspath(folder), os.path.realpath(folder))
