"""Runs collectors: every attempt leaves an acquisition, also the failed ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from typing import Any

from forensics.codec import path_of, to_json
from forensics.custody.index import item_number
from forensics.custody.writer import Writer
from forensics.engine.batch import Batch
from forensics.engine.sink import StagingSink
from forensics.errors import ForensicsError, IntegrityError, StoreError
from forensics.model import Acquisition, Artifact, Gap, GapReason, Item, Name, Outcome, Sensitivity, Tool
from forensics.plugins import Collector


@dataclass(frozen=True, slots=True)
class Request:
    """One thing to collect.

    Attributes:
        locator: Absolute path or URL; the same locator is the same item.
        kind: `file`, `url`, …
        given: The locator as the user gave it.
        gap: Something that is known beforehand to be in the way; nothing is collected then.
    """

    locator: Name
    kind: str
    given: Name
    note: str = ""
    sensitivity: Sensitivity = Sensitivity.NORMAL
    gap: Gap | None = None


@dataclass(frozen=True, slots=True)
class Acquired:
    """What became of one request."""

    item: Item
    acquisition: Acquisition


def acquire(
    writer: Writer, batch: Batch, *, requests: Iterable[Request], collectors: Sequence[Collector], act: str
) -> Iterator[Acquired]:
    """Collects each request and adds its item and acquisition to the batch.

    Args:
        writer: The open case.
        batch: Takes the records.
        requests: What to collect, in order.
        collectors: The first that accepts an item collects it.
        act: Reference of the act's record.

    Yields:
        What became of each request, in order.

    Raises:
        StoreError: The case's disk does not take more; what was committed before is intact.
    """
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
        )
        acquisition = _attempt(item, request, collectors=collectors, sink=sink, act=act)
        batch.add([item, acquisition] if must_record else [acquisition], sink.staged)
        yield Acquired(item, acquisition)


def _item_for(request: Request, writer: Writer, *, known: dict[str, Item], next_number: int) -> tuple[Item, bool]:
    """Finds the item of this locator or makes a new one, and says whether it must be recorded.

    A known item keeps the stricter of two sensitivities; it is recorded again where that changes it.
    """
    key = path_of(request.locator)
    if key in known:
        return known[key], False
    found = writer.index.item_at(to_json(request.locator))
    if found is not None:
        sensitivity = Sensitivity(writer.index.rows("SELECT sensitivity FROM item WHERE id = ?", (found,))[0][0])
        stricter = max(sensitivity, request.sensitivity, key=list(Sensitivity).index)
        item = Item(found, request.locator, request.kind, request.note, stricter)
        known[key] = item
        return item, stricter is not sensitivity
    item = Item(f"ITEM-{next_number:04d}", request.locator, request.kind, request.note, request.sensitivity)
    known[key] = item
    return item, True


def _attempt(
    item: Item, request: Request, *, collectors: Sequence[Collector], sink: StagingSink, act: str
) -> Acquisition:
    started = datetime.now(UTC)
    collector = next((one for one in collectors if one.accepts(item)), None)
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


def outcome_of(artifacts: Sequence[Artifact], gaps: Sequence[Gap]) -> Outcome:
    """Computes an outcome: gaps of content lower it, and without any artifact nothing was captured."""
    if not artifacts:
        return Outcome.FAILED
    return Outcome.PARTIAL if any(gap.is_of_content for gap in gaps) else Outcome.COMPLETE


def describe(plugin: Any) -> Tool:
    """Describes a plug-in by name, version and settings, which are its fields."""
    settings = {one.name: to_json(getattr(plugin, one.name)) for one in fields(plugin)} if is_dataclass(plugin) else {}
    return Tool(plugin.name, plugin.version, settings=settings)
