"""Measures how well the text of screenshots is read: `python -m benchmarks.screenshots [SCREENS]`.

Chats with known text are drawn with the project's font, as bubbles and cards of payments, in several widths, and saved
as PNG and as JPEG of several qualities. Drawn text is cleaner than that of real screens, in one typeface, without
backgrounds, emoji and photographs: the rates are the best that can be expected, not those of a case.
"""

from __future__ import annotations

import io
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from forensics.analyzers.screenshots.reading import read
from forensics.media import ocr
from forensics.proof.candidate import SURE, TextLine, candidates, load_words
from forensics.proof.money_rule import load_rules
from tests.fakes.screenshot import Row, drawn, texts_of

WIDTHS = (1080, 720, 540, 400, 320)
QUALITIES = (None, 90, 60, 30, 15)
"""None is PNG."""

SAYINGS = (
    "老板，定制视频怎么收费", "一分钟188，三天出片", "明星换脸套餐多少钱", "软件和教程一起卖", "先付定金，尾款发货时结",
    "收到，晚上发你网盘链接", "密码是 a7K2，三天有效", "照片要正脸，越清楚越好", "可以退款吗", "群里别说，私聊我",
    "Send me 20 photos of her face", "OK, transfer first then I start", "已经付了，请查收", "还有没有别的人的",
)  # fmt: skip


@dataclass
class Rate:
    """What came of one width and quality."""

    characters: int = 0
    wrong: int = 0
    amounts: int = 0
    taken_right: int = 0
    taken_wrong: int = 0
    seconds: list[float] = field(default_factory=list)
    misread_confidences: list[float] = field(default_factory=list)


def main(screens: int) -> None:
    """Prints a table."""
    engine, words, book = ocr.load(), load_words(), load_rules()
    say("| width (px) | saved as | characters wrong | amounts taken rightly | taken wrongly | not taken | seconds |")
    say("|---|---|---|---|---|---|---|")
    doubts: list[float] = []
    for width in WIDTHS:
        for quality in QUALITIES:
            rate = Rate()
            for number in range(screens):
                rows, amounts = chat(random.Random(number))
                picture = saved(drawn(rows, width=width), quality)
                began = time.perf_counter()
                found = read(engine, picture, most_lines=600)
                rate.seconds.append(time.perf_counter() - began)
                lines = tuple(_line(number, one) for number, one in enumerate(found.lines, 1))
                count(rate, "".join(texts_of(rows)), "".join(one.text for one in lines))
                seen = [one for one in candidates(lines, words, book) if not one.reason]
                judge(rate, amounts, [one.amount_minor or 0 for one in seen])
                rate.misread_confidences += misread(lines, set(texts_of(rows)))
            doubts += rate.misread_confidences
            say(row(width, quality, rate))
    highest = max(doubts, default=0.0)
    say(f"\nAmounts with wrong figures: {len(doubts)}; highest confidence {highest:.2f}; taken from {SURE} on.")


def chat(rng: random.Random) -> tuple[tuple[Row, ...], list[int]]:
    """Makes a chat and the amounts that it shows as payments, in minor units."""
    rows: list[Row] = [Row("head", (f"定制交流{rng.randrange(1, 99)}群({rng.randrange(200, 2500)})",))]
    amounts = []
    for number in range(4):
        clock = f"{rng.randrange(10, 24)}:{rng.randrange(10, 60)}"
        rows.append(Row("time", (f"2021年{rng.randrange(1, 13)}月{rng.randrange(1, 29)}日 {clock}",)))
        rows.append(Row(rng.choice(("left", "right")), (rng.choice(SAYINGS),)))
        rows.append(Row(rng.choice(("left", "right")), (rng.choice(SAYINGS),)))
        minor = rng.choice((18800, 52000, 6666, 20000, rng.randrange(100, 500000)))
        kind = rng.choice(("微信转账", "转账", "已被接收"))
        rows.append(Row("card-left" if number % 2 else "card-right", (f"¥{minor / 100:.2f}", kind)))
        amounts.append(minor)
    return (*rows, Row("left", ("加微信聊",))), amounts


def saved(image: Image.Image, quality: int | None) -> np.ndarray:
    """Saves a picture and opens it again."""
    stream = io.BytesIO()
    image.save(stream, "PNG") if quality is None else image.save(stream, "JPEG", quality=quality)
    return np.asarray(Image.open(stream).convert("RGB"))


def _line(number: int, line: ocr.Line) -> TextLine:
    box = line.box
    return TextLine(number, line.text, (box.x, box.y, box.width, box.height), line.confidence)


def count(rate: Rate, wanted: str, found: str) -> None:
    """Counts characters, without white space, which has no place of its own in Chinese."""
    plain, read_ = "".join(wanted.split()), "".join(found.split())
    rate.characters += len(plain)
    rate.wrong += distance(plain, read_)


def distance(first: str, second: str) -> int:
    """Counts the characters to change, add or leave out (Levenshtein 1966)."""
    before = list(range(len(second) + 1))
    for number, one in enumerate(first, 1):
        now = [number]
        for place, other in enumerate(second, 1):
            now.append(min(now[-1] + 1, before[place] + 1, before[place - 1] + (one != other)))
        before = now
    return before[-1]


def judge(rate: Rate, amounts: list[int], taken: list[int]) -> None:
    """Compares the amounts that would be taken with those that are shown."""
    left = list(amounts)
    rate.amounts += len(amounts)
    for one in taken:
        if one in left:
            left.remove(one)
            rate.taken_right += 1
        else:
            rate.taken_wrong += 1


def misread(lines: tuple[TextLine, ...], wanted: set[str]) -> Iterator[float]:
    """Gives the confidence of lines that look like an amount and whose figures are none of those that were drawn."""
    figures = {_figures(one) for one in wanted}
    for line in lines:
        if line.text.startswith(("¥", "￥")) and _figures(line.text) not in figures:
            yield line.confidence


def _figures(text: str) -> str:
    return "".join(one for one in text if one.isdigit() or one == ".")


def row(width: int, quality: int | None, rate: Rate) -> str:
    """Writes a row of the table."""
    form = "PNG" if quality is None else f"JPEG {quality}"
    error = f"{100 * rate.wrong / rate.characters:.1f} % of {rate.characters}"
    missed = rate.amounts - rate.taken_right
    seconds = sorted(rate.seconds)[len(rate.seconds) // 2]
    return (
        f"| {width} | {form} | {error} | {rate.taken_right} of {rate.amounts} | {rate.taken_wrong} | {missed} "
        f"| {seconds:.1f} |"
    )


def say(line: str) -> None:
    """Prints a line."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 6)
