"""Irregularities of a chat: gaps in the numbering, answers to what is missing, and what was counted on the way."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forensics.analyzers.chats.tally import ChatTally

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CHECKS = (
    *("gap", "duplicate", "backward", "orphan", "edited", "deleted", "file_missing", "file_resized"),
    "times_disagree",
)
"""What is looked for, in the order of the statement."""


_CSV = ("csv-neutral", "csv-mapping")

_SHOWN_BY = {
    "edited": ("telegram-json", "whatsapp-text", *_CSV),
    "deleted": ("whatsapp-text", "wechat-csv", "wechat-html", "wechat-text", "qq-text", *_CSV),
}
"""Formats that mark messages as edited, or as deleted or withdrawn; the others cannot show it."""


@dataclass(frozen=True, slots=True)
class Irregularities:
    """What was found in one chat.

    Attributes:
        counts: For each of `CHECKS` that could be made, how often it was met.
        missing_id_count: Numbers that are absent from the numbering; None where a chat has none of its own.
        before_start_count: Answers to messages before the first of the export, which are no irregularity.
        examples: By check, the first places.
    """

    counts: Counter[str]
    missing_id_count: int | None
    before_start_count: int
    largest_step_back_s: float
    examples: dict[str, list[dict[str, Any]]]

    @property
    def total(self) -> int:
        """All that was met."""
        return sum(self.counts.values())

    def values(self) -> dict[str, Any]:
        """Gives what a record keeps of it."""
        return {
            **{f"{name}_count": self.counts.get(name) for name in CHECKS},
            "missing_id_count": self.missing_id_count,
            "reply_before_start_count": self.before_start_count,
            "largest_step_back_s": round(self.largest_step_back_s, 3),
        }


def irregularities(tally: ChatTally) -> Irregularities:
    """Gathers the irregularities of one chat."""
    counts, examples = Counter(dict.fromkeys(_made(tally), 0)), dict(tally.examples)
    for name in CHECKS:
        if name in counts:
            counts[name] = tally.checks[name]
    missing, before_start = None, 0
    if tally.ids:
        ids = _sorted(tally)
        counts["duplicate"] = len(tally.ids) - len(ids)
        if tally.chat.is_numbered:
            counts["gap"], missing, examples["gap"] = _gaps(ids, tally.most_listed)
        if "orphan" in counts:
            counts["orphan"], before_start, examples["orphan"] = _orphans(tally, ids)
    return Irregularities(counts, missing, before_start, tally.largest_step_s, examples)


def _made(tally: ChatTally) -> list[str]:
    """Lists the checks that this chat allows; in a mailbox, answers to what is elsewhere are the rule."""
    has_ids = bool(tally.ids)
    allowed = {
        "gap": has_ids and tally.chat.is_numbered,
        "duplicate": has_ids,
        "backward": tally.chat.is_ordered and (tally.local.first is not None or tally.span.first is not None),
        "orphan": has_ids and tally.chat.kind != "mailbox",
        "file_missing": any(tally.files[one] for one in ("", "not found")),
        "file_resized": bool(tally.files[""]),
        "times_disagree": tally.chat.format in ("telegram-json", "wechat-csv") and bool(tally.zones["export"]),
        **{name: tally.chat.format in formats for name, formats in _SHOWN_BY.items()},
    }
    return [name for name in CHECKS if allowed[name]]


def _sorted(tally: ChatTally) -> NDArray[np.int64]:
    """Gives the distinct ids, ascending, shape (ids,)."""
    import numpy as np

    return np.unique(np.frombuffer(tally.ids, np.int64))


def _gaps(ids: NDArray[np.int64], most: int) -> tuple[int, int, list[dict[str, Any]]]:
    """Finds gaps between numbers; numbers below 1 are of a group that was converted and begin anew."""
    import numpy as np

    ids = ids[ids > 0]
    steps = np.diff(ids)
    places = np.nonzero(steps > 1)[0]
    listed = [
        {"after_id": str(ids[at]), "before_id": str(ids[at + 1]), "missing_count": int(steps[at] - 1)}
        for at in places[:most]
    ]
    return len(places), int((steps[places] - 1).sum()), listed


def _orphans(tally: ChatTally, ids: NDArray[np.int64]) -> tuple[int, int, list[dict[str, Any]]]:
    """Finds answers to messages that the export does not have."""
    import numpy as np

    targets = np.frombuffer(tally.targets, np.int64)
    is_absent = ~np.isin(targets, ids)
    is_before = is_absent & (targets < ids[0]) & tally.chat.is_numbered
    places = np.nonzero(is_absent & ~is_before)[0]
    listed = [{"seq": tally.asking[at], "reply_to": str(targets[at])} for at in places[: tally.most_listed]]
    return len(places), int(is_before.sum()), listed
