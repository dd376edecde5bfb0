"""Makes every file in this folder anew: `python samples/make.py [--out DIR]`.

Needs Pillow, OpenCV, exiftool and ffmpeg. The same versions of these give the same bytes; other versions may not, which
is why the files are committed and why README.md states values, not bytes. Persons are drawn by `film.py`; the exports
of chats, the bills and the screenshots are written by `export.py` and `screen.py` from the table in `scenario.py`.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import export
import film
import scenario
import screen
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont
from PIL.PngImagePlugin import PngInfo
from truth import make_truth

SIZE_PX = (960, 640)
"""Width and height of the drawn scenes."""

FONT = Path(__file__).parents[1] / "templates" / "fonts" / "NotoSansSC-Regular.ttf"

CAMERA = ("-Make=Nonesuch Optics", "-Model=NO-1 (no such camera)", "-LensModel=NO 35mm F2", "-ISO=200", "-FNumber=5.6")
PLACE = ("-GPSLatitude=45", "-GPSLatitudeRef=S", "-GPSLongitude=115", "-GPSLongitudeRef=E")
"""In the open Indian Ocean, a thousand kilometres from anybody's home, where the nautical time zone is UTC+8."""

AIGC_LABEL = {
    "Label": "1",
    "ContentProducer": "NO-SUCH-PRODUCER",
    "ProduceID": "sample-0001",
    "ReservedCode1": "",
    "ContentPropagator": "",
    "PropagateID": "",
    "ReservedCode2": "",
}
"""Members of an implicit label for generated content. *Source:* GB 45438-2025."""

CHAT = """\
14/03/2025, 09:31 - Messages and calls are end-to-end encrypted.
14/03/2025, 09:31 - Alex Sample created group "Class 3B (invented)"
14/03/2025, 09:33 - Alex Sample: Good morning. Has anybody the photo of the courtyard?
14/03/2025, 09:35 - Robin Muster: IMG-20250314-WA0001.jpg (file attached)
14/03/2025, 09:35 - Robin Muster: This one. Taken at 9:26.
14/03/2025, 09:41 - 样小明: 收到，谢谢。打印一张要 3 元。
14/03/2025, 09:42 - Alex Sample: Paid, ¥3.00.
Two lines in one message, as exports have them.
14/03/2025, 10:02 - 样小明: This message was deleted
"""

NOTE = """\
这是一个示例文件。

它的文件名和内容都是中文（UTF-8 编码），没有字节顺序标记，行尾为换行符。
文中没有任何真实的人、地点或事件。
"""


PAGE = """<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<title>示例资源群（虚构）</title>
<style>
body { font-family: "Noto Sans SC", sans-serif; margin: 2em auto; max-width: 46em; line-height: 1.6 }
img, video { display: block; max-width: 100%; margin: 1em 0 }
td { padding: 0.2em 1em; border-bottom: 1px solid #999 }
</style>
</head>
<body>
<h1>示例资源群（虚构）(invented sample group)</h1>
<p>2,134 成员 · members. This page is invented; nobody and nothing in it exists.</p>
<table id="prices"></table>
<p>示例站长 (sample owner), 2022-06-04 12:30 · 1,213 次观看 · views</p>
<video src="speech-questioned.mp4" controls width="320"></video>
<p>示例群友四 (sample member), 2022-06-30 23:05</p>
<img src="courtyard.jpg" alt="a drawn courtyard" loading="lazy" width="480">
<img src="declared-generated.png" alt="another drawing" loading="lazy" width="480">
<script>
const prices = [["AI换脸定制 custom", 188], ["加急 urgent", 288], ["教程 tutorial", 365], ["软件整合包 software", 688]];
document.getElementById("prices").innerHTML =
  prices.map(([what, yuan]) => `<tr><td>${what}</td><td>¥${yuan}.00</td></tr>`).join("");
</script>
</body>
</html>
"""


def draw_scene(seed: int) -> Image.Image:
    """Draws a house, a tree and a lawn under a sky, with grain, so that it compresses like a photo."""
    chance = random.Random(seed)  # noqa: S311 - for drawing
    scene = _sky(chance)
    pen = ImageDraw.Draw(scene)
    width, height = SIZE_PX
    ground = int(height * 0.72)
    pen.rectangle((0, ground, width, height), fill=(92, 128, 70))
    _house(pen, left=int(width * 0.12), ground=ground, storeys=chance.randint(2, 3))
    _tree(pen, chance, foot=(int(width * 0.78), ground + 30))
    for _ in range(2500):
        x, y = chance.randrange(width), chance.randrange(ground, height)
        green = chance.randint(90, 160)
        pen.line((x, y, x + chance.randint(-3, 3), y - chance.randint(3, 12)), fill=(green - 40, green, green - 60))
    return _grain(scene.filter(ImageFilter.GaussianBlur(0.7)), chance)


def _sky(chance: random.Random) -> Image.Image:
    ramp = Image.linear_gradient("L").resize(SIZE_PX)
    sky = Image.composite(Image.new("RGB", SIZE_PX, (214, 226, 236)), Image.new("RGB", SIZE_PX, (92, 142, 200)), ramp)
    clouds = Image.new("L", SIZE_PX, 0)
    pen = ImageDraw.Draw(clouds)
    for _ in range(14):
        x, y, r = chance.randrange(SIZE_PX[0]), chance.randrange(SIZE_PX[1] // 3), chance.randint(20, 70)
        pen.ellipse((x - 2 * r, y - r // 2, x + 2 * r, y + r // 2), fill=chance.randint(80, 170))
    sky.paste((250, 250, 250), mask=clouds.filter(ImageFilter.GaussianBlur(18)))
    return sky


def _house(pen: ImageDraw.ImageDraw, *, left: int, ground: int, storeys: int) -> None:
    width, storey = 420, 105
    top = ground - storeys * storey
    pen.rectangle((left, top, left + width, ground), fill=(196, 178, 150))
    pen.polygon(((left - 20, top), (left + width // 2, top - 80), (left + width + 20, top)), fill=(132, 70, 56))
    for row in range(storeys):
        for column in range(5):
            x, y = left + 30 + column * 78, top + 25 + row * storey
            pen.rectangle((x, y, x + 46, y + 56), fill=(70, 88, 104), outline=(236, 232, 224), width=4)


def _tree(pen: ImageDraw.ImageDraw, chance: random.Random, *, foot: tuple[int, int]) -> None:
    x, y = foot
    pen.polygon(((x - 14, y), (x - 8, y - 190), (x + 8, y - 190), (x + 14, y)), fill=(86, 64, 44))
    for _ in range(1800):
        dx, dy, r = chance.gauss(0, 62), chance.gauss(0, 52), chance.randint(3, 9)
        green = chance.randint(70, 150)
        box = (x + dx - r, y - 250 + dy - r, x + dx + r, y - 250 + dy + r)
        pen.ellipse(box, fill=(green // 2, green, green // 3))


def _grain(image: Image.Image, chance: random.Random) -> Image.Image:
    noise = Image.frombytes("RGB", image.size, chance.randbytes(image.width * image.height * 3))
    return ImageChops.add(image, noise.point(lambda value: value // 16), offset=-8)


def run(*command: str) -> None:
    """Runs an outside program, which must succeed."""
    subprocess.run(command, check=True, capture_output=True)


def make_photo(path: Path) -> None:
    """Makes a picture with the metadata of a camera that does not exist, without any contradiction."""
    draw_scene(7).save(path, quality=88)
    moment = "2025:03:14 09:26:53"
    zone = ("-OffsetTime=+08:00", "-OffsetTimeOriginal=+08:00", "-OffsetTimeDigitized=+08:00")
    satellite = ("-GPSDateStamp=2025:03:14", "-GPSTimeStamp=01:26:53")
    run("exiftool", "-q", "-overwrite_original", *CAMERA, *PLACE, *zone, *satellite, f"-AllDates={moment}", str(path))


def make_contradiction(path: Path) -> None:
    """Makes a picture that was changed before it was taken, and taken on two days."""
    draw_scene(7).save(path, quality=88)
    times = (
        "-DateTimeOriginal=2025:03:14 09:26:53",
        "-CreateDate=2025:03:14 09:26:53",
        "-ModifyDate=2024:11:02 20:15:00",
        "-OffsetTimeOriginal=+08:00",
        "-GPSDateStamp=2025:03:19",
        "-GPSTimeStamp=22:10:05",
    )
    run("exiftool", "-q", "-overwrite_original", *CAMERA, *PLACE, *times, "-Software=Nonesuch Editor 1.0", str(path))


def make_declared(path: Path) -> None:
    """Makes a drawing that falsely declares itself to come from a generative model."""
    chunks = PngInfo()
    chunks.add_text("Software", "samples/make.py")
    chunks.add_text("parameters", "a house and a tree\nSteps: 20, Sampler: none, Seed: 11, Model: no such model")
    chunks.add_itxt("AIGC", json.dumps(AIGC_LABEL))
    draw_scene(11).resize((480, 320)).save(path, pnginfo=chunks, optimize=True)


def make_unlabelled_copy(path: Path) -> None:
    """Makes a copy of the drawing as somebody might pass it on: saved as JPEG, without any declaration."""
    draw_scene(11).resize((480, 320)).save(path, quality=90)


def make_labelled_clip(path: Path) -> None:
    """Makes a clip that declares itself generated in its metadata and, for its first three seconds, in the picture."""
    plain = draw_scene(17).resize((640, 426)).crop((0, 0, 640, 424))
    labelled = plain.copy()
    pen, font = ImageDraw.Draw(labelled), ImageFont.truetype(str(FONT), 34)
    pen.text((626, 14), "AI生成", fill="white", anchor="ra", font=font, stroke_width=2, stroke_fill="black")
    with tempfile.TemporaryDirectory() as folder:
        pictures = [Path(folder) / "labelled.png", Path(folder) / "plain.png"]
        for picture, where in zip((labelled, plain), pictures, strict=True):
            picture.save(where)
        inputs = [word for where, seconds in zip(pictures, ("3", "2"), strict=True) for word in _still(where, seconds)]
        codec = ("-c:v", "libx264", "-preset", "medium", "-crf", "26", "-pix_fmt", "yuv420p", "-flags:v", "+bitexact")
        label = ("-metadata", f"AIGC={json.dumps(AIGC_LABEL, separators=(',', ':'))}")
        container = ("-fflags", "+bitexact", "-movflags", "+faststart+use_metadata_tags", "-threads", "1")
        joined = ("-filter_complex", "[0:v][1:v]concat=n=2:v=1[v]", "-map", "[v]")
        run("ffmpeg", "-nostdin", "-y", "-v", "error", *inputs, *joined, *codec, *label, *container, str(path))


def _still(picture: Path, seconds: str) -> tuple[str, ...]:
    return ("-loop", "1", "-framerate", "25", "-t", seconds, "-i", str(picture))


def make_misnamed(path: Path) -> None:
    """Makes a PNG under the name of a JPEG."""
    draw_scene(13).resize((320, 213)).save(path, format="PNG", optimize=True)


def make_placeholder(path: Path) -> None:
    """Makes a grey card that stands in for an intimate picture."""
    card = Image.new("RGB", (480, 320), (120, 120, 120))
    text = "PLACEHOLDER\nstands in for a picture\nthat must stay sealed"
    pen = ImageDraw.Draw(card)
    pen.multiline_text((240, 160), text, fill="white", anchor="mm", align="center", font=ImageFont.load_default(28))
    card.save(path, optimize=True)


def make_clip(path: Path) -> None:
    """Makes three seconds of a test picture with a tone of 440 Hz."""
    picture = ("-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25:duration=3")
    tone = ("-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100:duration=3")
    video = ("-c:v", "libx264", "-preset", "medium", "-crf", "30", "-pix_fmt", "yuv420p", "-flags:v", "+bitexact")
    audio = ("-c:a", "aac", "-b:a", "64k", "-flags:a", "+bitexact")
    facts = ("-metadata", "creation_time=2025-03-14T01:30:00Z", "-metadata", "title=Test clip")
    container = ("-fflags", "+bitexact", "-movflags", "+faststart", "-threads", "1")
    run("ffmpeg", "-nostdin", "-y", "-v", "error", *picture, *tone, *video, *audio, *facts, *container, str(path))


def make_chat(path: Path) -> None:
    """Makes a chat of people who do not exist, in the form of a messenger's text export."""
    path.write_bytes(CHAT.encode())


def make_page(path: Path) -> None:
    """Makes the page of a chat group that does not exist; its script draws the prices from data in the page."""
    path.write_bytes(PAGE.encode())


def make_note(path: Path) -> None:
    """Makes a short text whose name and content are Chinese."""
    path.write_bytes(NOTE.encode())


SAMPLES: dict[str, Callable[[Path], None]] = {
    "courtyard.jpg": make_photo,
    "courtyard-contradiction.jpg": make_contradiction,
    "declared-generated.png": make_declared,
    "unlabelled-copy.jpg": make_unlabelled_copy,
    "labelled-clip.mp4": make_labelled_clip,
    "misnamed.jpg": make_misnamed,
    "placeholder-intimate.png": make_placeholder,
    "clip.mp4": make_clip,
    "speech-footage.mp4": film.make_footage,
    "speech-questioned.mp4": film.make_questioned,
    "speech-repost.mp4": film.make_repost,
    "reference-1.jpg": partial(film.make_reference, number=0),
    "reference-2.jpg": partial(film.make_reference, number=1),
    "reference-3.jpg": partial(film.make_reference, number=2),
    "chat-export.txt": make_chat,
    "group-page.html": make_page,
    "示例说明.txt": make_note,
    "exports/payment-page.png": screen.make_payment_page,
    "exports/chat-page.png": screen.make_chat_page,
    "exports/wechat-bill.csv": export.make_wechat_bill,
    "exports/alipay-bill.csv": export.make_alipay_bill,
    **{f"exports/wechat/{name}.txt": partial(export.make_private, name=name) for name in scenario.PRIVATE_TALK},
}


def make_exports(folder: Path) -> None:
    """Makes the exports that contain other samples, and the truth; the other samples must be there."""
    for name, make in (("group", export.make_group), ("group-second-member", export.make_second_member)):
        (folder / "exports" / name).mkdir(parents=True, exist_ok=True)
        make(folder / "exports" / name, folder)
    export.make_notes(folder / "exports" / "phone-notes.csv", folder)
    make_truth(folder / "truth.json")


def main() -> None:
    """Makes all samples."""
    parser = argparse.ArgumentParser(description="Makes the files in samples/ anew.")
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parent, help="folder to write to (default: this one)"
    )
    folder = parser.parse_args().out
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in SAMPLES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        make(folder / name)
        print(f"{(folder / name).stat().st_size:>9,} bytes  {name}")
    make_exports(folder)


if __name__ == "__main__":
    main()
