"""Draws screenshots of chats with known text: bubbles, times between them, cards of red packets and transfers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

FONT = Path(__file__).parents[2] / "templates" / "fonts" / "NotoSansSC-Regular.ttf"
WIDTH_PX = 1080
"""Width of a telephone's screen; everything else is drawn in its proportion."""

_GREEN, _WHITE, _ORANGE, _GROUND = "#95ec69", "#ffffff", "#fa9d3b", "#ededed"


@dataclass(frozen=True)
class Row:
    """One thing on the screen.

    Attributes:
        kind: `head` (title at the top), `time` (small, in the middle), `left` or `right` (a bubble), `card-left` or
            `card-right` (an orange card whose first text is large and whose others are small).
        texts: The lines of text.
    """

    kind: str
    texts: tuple[str, ...]


CHAT = (
    Row("head", ("换脸定制交流群(2156)",)),
    Row("time", ("2021年7月1日 12:30",)),
    Row("left", ("老板，定制视频怎么收费",)),
    Row("right", ("一分钟188，三天出片",)),
    Row("card-left", ("¥188.00", "微信转账")),
    Row("card-right", ("¥188.00", "已收款")),
    Row("time", ("2021年7月1日 18:05",)),
    Row("card-left", ("恭喜发财，大吉大利", "微信红包")),
    Row("right", ("收到，明天发教程 password 2021",)),
    Row("left", ("再转你 520.00 元可以打包吗",)),
)
"""A chat in which one transfer of 188.00 is shown, given and taken."""

PAGE = (
    Row("head", ("账单详情",)),
    Row(
        "page",
        ("转账-来自小明", "+520.00", "当前状态 已存入零钱", "转账时间 2021-07-02 09:15:33", "零钱余额 ¥1,234.56"),
    ),
)
"""A payment page: an amount, and a balance that is no payment."""


def texts_of(rows: tuple[Row, ...]) -> tuple[str, ...]:
    """Gives all lines from top to bottom."""
    return tuple(text for row in rows for text in row.texts)


def drawn(rows: tuple[Row, ...] = CHAT, *, width: int = WIDTH_PX, least_height: int | None = None) -> Image.Image:
    """Draws a screen.

    Args:
        rows: What it shows.
        width: In pixels; letters shrink with it: those of bubbles are 4.3 % of it, small ones 3.1 %.
        least_height: In pixels; twice the width where it is None.
    """
    tall = Image.new("RGB", (width, 200 * width // 100 * max(1, len(rows))), _GROUND)
    pen, y = ImageDraw.Draw(tall), width // 9
    for row in rows:
        y = _draw(pen, row, y, width=width) + width // 22
    return tall.crop((0, 0, width, max(y, least_height if least_height is not None else 2 * width)))


def _draw(pen: ImageDraw.ImageDraw, row: Row, y: int, *, width: int) -> int:
    if row.kind in ("head", "time"):
        letters = _font(width, 46 if row.kind == "head" else 33)
        fill = "#111111" if row.kind == "head" else "#9a9a9a"
        pen.text((width // 2, y), row.texts[0], font=letters, fill=fill, anchor="ma")
        return y + 2 * width // 43
    if row.kind == "page":
        return _page(pen, row, y, width=width)
    return _bubble(pen, row, y, width=width)


def _page(pen: ImageDraw.ImageDraw, row: Row, y: int, *, width: int) -> int:
    for number, text in enumerate(row.texts):
        letters = _font(width, 80 if number == 1 else 40)
        pen.text((width // 2, y), text, font=letters, fill="#111111", anchor="ma")
        y += round(width * (0.13 if number == 1 else 0.075))
    return y


def _bubble(pen: ImageDraw.ImageDraw, row: Row, y: int, *, width: int) -> int:
    is_card, is_right = row.kind.startswith("card"), row.kind.endswith("right")
    sizes = [46 if number == 0 else 33 for number in range(len(row.texts))]
    widest = max(_font(width, size).getlength(text) for text, size in zip(row.texts, sizes, strict=True))
    pad, line = width // 36, width // 15
    wide = max(round(widest), width // 2 if is_card else 0) + 2 * pad
    high = 2 * pad + line * len(row.texts)
    left = width - width // 7 - wide if is_right else width // 7
    fill = _ORANGE if is_card else _GREEN if is_right else _WHITE
    pen.rounded_rectangle((left, y, left + wide, y + high), radius=width // 60, fill=fill)
    for number, (text, size) in enumerate(zip(row.texts, sizes, strict=True)):
        ink = "#ffffff" if is_card else "#111111"
        pen.text((left + pad, y + pad + number * line), text, font=_font(width, size), fill=ink)
    face = width - width // 7 + width // 40 if is_right else width // 40
    pen.rectangle((face, y, face + width // 11, y + width // 11), fill="#7a8fa6")
    return y + high


@cache
def _font(width: int, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONT), max(6, round(size * width / WIDTH_PX)))
