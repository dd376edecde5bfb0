"""Draws the screenshots of the invented case: a page of a payment and a page of a chat on a telephone."""

from __future__ import annotations

from pathlib import Path

import scenario
from export import bill_rows, order
from PIL import Image, ImageDraw, ImageFont

FONT = Path(__file__).parents[1] / "templates" / "fonts" / "NotoSansSC-Regular.ttf"
SIZE_PX = (720, 1080)
"""Width and height of a screenshot."""

GREY, DARK, GREEN = (237, 237, 237), (25, 25, 25), (149, 236, 105)


def _font(size_px: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONT), size_px)


def _page(title: str, clock: str, background: tuple[int, int, int]) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    page = Image.new("RGB", SIZE_PX, background)
    pen = ImageDraw.Draw(page)
    pen.text((36, 18), clock, fill=DARK, font=_font(26))
    pen.text((SIZE_PX[0] // 2, 96), title, fill=DARK, font=_font(36), anchor="mm")
    return page, pen


def make_payment_page(path: Path) -> None:
    """Draws the details of a payment as an app shows them."""
    payer, shown, minor = scenario.SCREENSHOTS[path.name]
    page, pen = _page("账单详情", "22:03", (255, 255, 255))
    pen.text((360, 230), f"转账-来自{payer}", fill=DARK, font=_font(32), anchor="mm")
    pen.text((360, 310), f"+{minor // 100}.{minor % 100:02d}", fill=DARK, font=_font(64), anchor="mm")
    day, clock = shown.split()
    year, month, date = day.split("-")
    rows = (
        ("当前状态", "已存入零钱"),
        ("转账说明", "加急"),
        ("转账时间", f"{year}年{int(month)}月{int(date)}日 {clock}"),
        ("收款时间", f"{year}年{int(month)}月{int(date)}日 21:15:30"),
        ("收款方式", "零钱"),
        ("转账单号", _number_in_bill(minor, day)),
    )
    for number, (name, value) in enumerate(rows):
        top = 420 + 74 * number
        pen.text((44, top), name, fill=(130, 130, 130), font=_font(28))
        pen.text((220, top), value, fill=DARK, font=_font(28))
    page.quantize(32).save(path, optimize=True)


def _number_in_bill(minor: int, day: str) -> str:
    rows = enumerate(bill_rows("wechat"), start=1)
    return next(order(at, number) for number, (at, one) in rows if one.minor == minor and at.startswith(day))


def make_chat_page(path: Path) -> None:
    """Draws a private chat with a transfer as an app shows it; the owner of the telephone is on the right."""
    payer, shown, minor = scenario.SCREENSHOTS[path.name]
    page, pen = _page(payer, "20:40", GREY)
    _, month, date = shown.split()[0].split("-")
    pen.text((360, 180), f"{int(month)}月{int(date)}日 20:25", fill=(130, 130, 130), font=_font(26), anchor="mm")
    _bubble(pen, 230, "站长，还能换脸吗？多少钱", is_own=False)
    _bubble(pen, 340, f"可以，{minor // 100}元一条，照片发我", is_own=True)
    _bubble(pen, 450, "好，转你了", is_own=False)
    pen.rounded_rectangle((110, 560, 560, 720), 12, fill=(250, 157, 59))
    pen.text((150, 590), f"¥{minor // 100}.{minor % 100:02d}", fill="white", font=_font(38))
    pen.text((150, 650), "已收款", fill="white", font=_font(26))
    pen.text((360, 780), shown.split()[1][:5], fill=(130, 130, 130), font=_font(26), anchor="mm")
    _bubble(pen, 830, "收到，明天发你", is_own=True)
    page.quantize(32).save(path, optimize=True)


def _bubble(pen: ImageDraw.ImageDraw, top: int, text: str, *, is_own: bool) -> None:
    width = int(pen.textlength(text, font=_font(32))) + 56
    left = SIZE_PX[0] - 110 - width if is_own else 110
    head = SIZE_PX[0] - 90 if is_own else 30
    pen.rectangle((head, top, head + 60, top + 60), fill=(120, 150, 180))
    pen.rounded_rectangle((left, top, left + width, top + 76), 10, fill=GREEN if is_own else (255, 255, 255))
    pen.text((left + 28, top + 16), text, fill=DARK, font=_font(32))
