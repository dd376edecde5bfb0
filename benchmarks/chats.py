"""A chat of a million messages: read into a table by `analyze`, searched, and asked for its payments."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.custody import new_case
from benchmarks.timing import Row, Run, forensics, median_s

FEW, MANY = 100_000, 1_000_000
START = datetime(2022, 1, 1, tzinfo=UTC)
MORE_MEMORY_MIB = 64
"""What ten times as many messages may take more. A choice: a tenth of what holding them would take."""


def message(number: int, text: str, *, at: datetime | None = None, sender: str = "") -> dict[str, object]:
    """Gives a message as Telegram Desktop exports it."""
    when, name = at or START + timedelta(seconds=number), sender or f"用户{number % 2000}"
    return {
        "id": number + 1,
        "type": "message",
        "date": (when + timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M:%S"),
        "date_unixtime": str(int(when.timestamp())),
        "from": name,
        "from_id": f"user{name}",
        "reply_to_message_id": max(1, number - 3),
        "text": text,
        "text_entities": [{"type": "plain", "text": text}],
    }


def messages(count: int, seed: int = 1) -> Iterator[dict[str, object]]:
    """Gives Chinese messages of 3 to 40 characters; every 5,000th speaks of a swap, every 100th is a payment."""
    chance = random.Random(seed)
    signs = [chr(0x4E00 + place) for place in range(3000)]
    for number in range(count):
        text = "".join(chance.choices(signs, k=chance.randint(3, 40)))
        if number % 5000 == 0:
            text += "换脸"
        yield message(number, "[口令红包] 188.00元" if number % 100 == 50 else text)


def write(path: Path, given: Iterator[dict[str, object]]) -> None:
    """Writes an export of one group."""
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8") as stream:
        stream.write('{\n "name": "群",\n "type": "private_supergroup",\n "id": 1,\n "messages": [')
        for number, one in enumerate(given):
            stream.write((",\n  " if number else "\n  ") + json.dumps(one, ensure_ascii=False, indent=1))
        stream.write("\n ]\n}\n")


def examined(folder: Path, case: Path, home: Path) -> Run:
    """Collects a folder with exports into a new case and examines it."""
    new_case(case, home=home)
    forensics("collect", case, folder, home=home)
    return forensics("analyze", case, "--only", "chats", "--only", "bills", "--jobs", "1", home=home)


def chats(work: Path, home: Path) -> Iterator[Row]:
    """Examines, searches and adds up a chat of a million messages; examining is measured once."""
    runs = []
    for count in (FEW, MANY):
        path = work / f"chat-{count}" / "result.json"
        write(path, messages(count))
        size = path.stat().st_size >> 20
        runs.append(examined(path.parent, work / f"case-{count}", home))
        shutil.rmtree(path.parent)
    few, many = runs
    yield _limit(f"analyze: {MANY:,} messages of Telegram, {size} MiB", many.wall_s, 60)
    more = many.peak_mib - few.peak_mib
    yield Row(
        f"memory of this, beside {FEW:,} messages",
        f"{many.peak_mib:.0f} MiB",
        f"{few.peak_mib:.0f} MiB",
        f"{more:.0f} MiB more",
        f"at most {MORE_MEMORY_MIB} MiB more",
        more <= MORE_MEMORY_MIB,
    )
    case = work / f"case-{MANY}"
    for words in (("换脸",), ("脸",), ("没有的词",), ("换脸", "一")):
        found = [forensics("search", case, *words, "--json", home=home) for _ in range(3)]
        yield _limit(f"search {' '.join(words)}", median_s(found), 1)
    yield _limit(f"money: {MANY // 100:,} payments", median_s([forensics("money", case, "--json", home=home)]), 60)


def _limit(name: str, taken: float, most: int) -> Row:
    return Row(name, f"{taken:.2f} s", "-", f"{taken:.2f} s", f"under {most} s", taken < most)
