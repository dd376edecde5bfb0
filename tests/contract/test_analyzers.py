"""What every built-in analyzer keeps to, on its media types, on nothing, on half a file and on random bytes."""

from __future__ import annotations

import ast
import dataclasses
import functools
import gzip
import io
import json
import random
import re
import subprocess
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from PIL import Image

from forensics import codec, plugins, tools
from forensics.engine.plan import takes
from forensics.errors import ToolMissingError
from forensics.model import Finding, Message, Result
from forensics.plugins import Analyzer
from tests.fakes.evidence import FileEvidence, encoded, examine

TOP = Path(__file__).resolve().parents[2]

HEADINGS = (
    *("Principle", "Source", "Needs", "Settings", "Measures", "What the result means", "Known failures"),
    *("Innocent explanations", "Error rates", "Last review"),
)

OVERCLAIMS = re.compile(r"\b(?:proves?|proven|authentic|fakes?|confirm(?:s|ed)?|genuine|deepfake)\b", re.IGNORECASE)

FAMILIES = {
    "labels": {"label"},
    "compression": {"compression", "tamper"},
    "faces": {"faces", "face"},
    "prints": {"source"},
    "chats": {"chat"},
    "bills": {"bill"},
    "screenshots": {"text"},
}
"""First words of the kinds that an analyzer states, where they are not its name."""

PICTURES = {"a.jpg": "JPEG", "a.png": "PNG", "a.gif": "GIF", "a.webp": "WEBP", "a.tif": "TIFF", "a.bmp": "BMP"}

CLIPS = {
    "a.mp4": ("testsrc=s=32x32:r=5:d=1",),
    "a.mkv": ("testsrc=s=32x32:r=5:d=1",),
    "a.avi": ("testsrc=s=32x32:r=5:d=1", "-c:v", "mjpeg"),
    "a.mp3": ("sine=d=1",),
    "a.wav": ("sine=d=1",),
    "a.flac": ("sine=d=1",),
}

TEXTS = {
    "chat.json": b'{"name": "x", "type": "private_supergroup", "id": 1, "messages": [{"id": 1, "type": "message", '
    b'"date": "2024-01-15T10:30:00", "date_unixtime": "1705314600", "from": "A", "from_id": "user1", "text": "hi"}, '
    b'{"id": 5, "type": "message", "date": "2024-01-15T10:29:00", "date_unixtime": "1705314540", "from": "B", '
    b'"reply_to_message_id": 3, "text": "x", "photo": "(File not included. Change data exporting settings to '
    b'download.)"}]}',
    "chat.txt": b"31/12/2025, 10:00 - Ann: hello\n31/12/2025, 10:01 - Bob: This message was deleted\n",
    "bill.csv": (
        "微信支付账单明细\n微信昵称：[小鹿]\n"
        "交易时间,交易类型,交易对方,商品,收/支,金额(元),支付方式,当前状态,交易单号,商户单号,备注\n"
        "2022-06-12 20:15:33,转账,客户甲,/,收入,¥188.00,/,已存入零钱,1,/,/\n"
        "2022-06-13 20:15:33,转账,客户乙,/,支出,坏,/,已转账,2,/,/\n"
    ).encode(),
    "a.txt": "群聊记录\n".encode(),
    "a.html": b"<!DOCTYPE html><title>x</title>",
    "a.json": b'{"a": 1}',
    "a.svg": b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>',
    "a.eml": b"From: a@example.org\r\nTo: b@example.org\r\nSubject: x\r\n\r\nhello",
    "a.pdf": b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n",
}


def web_archive(*, is_compressed: bool, status: str = "200 OK") -> bytes:
    """Makes a web archive of one exchange by hand (ISO 28500, section 5)."""
    block = f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\n\r\n".encode() + TEXTS["a.html"]
    fields = (
        "WARC/1.1",
        "WARC-Type: response",
        "WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-000000000001>",
        "WARC-Date: 2026-01-01T00:00:00Z",
        "WARC-Target-URI: https://site.test/",
        "Content-Type: application/http; msgtype=response",
        f"Content-Length: {len(block)}",
    )
    record = "\r\n".join(fields).encode() + b"\r\n\r\n" + block + b"\r\n\r\n"
    return gzip.compress(record, mtime=0) if is_compressed else record


ARCHIVES = {
    "a.warc": {"is_compressed": False},
    "b.warc": {"is_compressed": False, "status": "404 Not Found"},
    "a.warc.gz": {"is_compressed": True},
}


@pytest.fixture(scope="session")
def material(tmp_path_factory) -> Path:
    """A folder with one small file of each kind, and each of them cut in half."""
    folder = tmp_path_factory.mktemp("material")
    for name, kind in PICTURES.items():
        Image.new("RGB", (24, 24), "green").save(folder / name, kind)
    for name, (source, *options) in CLIPS.items():
        command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, *options, str(folder / name)]
        subprocess.run(command, check=True, timeout=60)
    for name, content in TEXTS.items():
        (folder / name).write_bytes(content)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writer:
        writer.writestr("a.txt", "x")
    (folder / "a.zip").write_bytes(archive.getvalue())
    for name, options in ARCHIVES.items():
        (folder / name).write_bytes(web_archive(**options))
    for path in sorted(folder.iterdir()):
        (folder / f"half-{path.name}").write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    (folder / "empty.jpg").write_bytes(b"")
    for number in range(4):
        (folder / f"random-{number}.jpg").write_bytes(random.Random(number).randbytes(3000))
    return folder


@pytest.fixture(params=plugins.ANALYZERS)
def analyzer(request) -> Analyzer:
    """Each built-in analyzer, with its defaults; skipped where a program that it needs is missing."""
    made = plugins.load(request.param)()
    for need in made.needs:
        try:
            tools.require(need)
        except ToolMissingError as error:
            pytest.skip(f"{error} {error.hint}")
    return made


def taken(analyzer: Analyzer, material: Path) -> Iterator[Path]:
    for path in sorted(material.iterdir()):
        if takes(analyzer, FileEvidence(path).artifact.media_type):
            yield path


@functools.cache
def stated(analyzer: Analyzer, path: Path) -> list[Finding]:
    """What the analyzer states about a file, for tests that only look at it."""
    return examine(analyzer, path)


def messages(finding: Finding) -> tuple[Message, ...]:
    return (finding.statement, *finding.limits, *finding.alternatives)


def wanted(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def sentences(language: str) -> dict[str, str]:
    """Reads every sentence in a language; each has one place."""
    read: dict[str, str] = {}
    for path in sorted((TOP / "templates" / "findings" / language).glob("*.toml")):
        here = tomllib.loads(path.read_text("utf-8"))
        assert not read.keys() & here.keys(), path
        read |= here
    return read


def test_it_is_an_analyzer_whose_fields_are_its_settings(analyzer):
    assert isinstance(analyzer, Analyzer)
    assert dataclasses.is_dataclass(analyzer)
    assert analyzer.__dataclass_params__.frozen
    assert all(field.default is not dataclasses.MISSING for field in dataclasses.fields(analyzer))
    codec.canonical(codec.to_json(dataclasses.asdict(analyzer)))


def test_it_takes_some_of_the_material(analyzer, material):
    assert len([*taken(analyzer, material)]) >= 5


def test_every_file_gives_findings_that_can_be_recorded_and_read_again(analyzer, material):
    for path in taken(analyzer, material):
        findings = stated(analyzer, path)
        assert findings, path.name
        for line in encoded(findings):
            again = codec.decode(json.loads(line))
            assert codec.canonical(codec.encode(again)) == line, path.name


def test_findings_name_what_was_examined_and_by_what(analyzer, material):
    for path in taken(analyzer, material):
        subject = (FileEvidence(path).artifact.content_sha256,)
        for finding in stated(analyzer, path):
            assert finding.subject == subject
            assert (finding.analyzer.name, finding.analyzer.version) == (analyzer.name, analyzer.version)
            assert finding.analyzer.settings == dataclasses.asdict(analyzer)
            assert finding.kind.partition(".")[0] in FAMILIES.get(analyzer.name, {analyzer.name})


def test_a_second_run_gives_the_same_bytes(analyzer, material):
    for path in taken(analyzer, material):
        assert encoded(examine(analyzer, path)) == encoded(stated(analyzer, path)), path.name


def test_the_same_bytes_elsewhere_give_the_same_findings(analyzer, material, tmp_path):
    for path in taken(analyzer, material):
        copy = tmp_path / "another folder" / f"x{path.suffix}"
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes(path.read_bytes())
        there = examine(analyzer, copy, name=path.name)
        assert encoded(there) == encoded(stated(analyzer, path)), path.name
        assert "another folder" not in str(encoded(there))


def test_what_could_not_be_read_is_never_not_found(analyzer, material):
    unread = {"UNREADABLE", "UNPARSABLE", "FAILED", "TIMED_OUT", "REFUSED", "MISSING"}
    for path in taken(analyzer, material):
        for finding in stated(analyzer, path):
            if unread & {gap.why.value for gap in finding.gaps}:
                assert finding.result is not Result.NOT_FOUND, (path.name, finding.kind)


def test_the_evidence_is_left_as_it_was_and_nothing_is_printed(analyzer, material, capfd):
    def state():
        return {
            path.name: (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_mode) for path in material.iterdir()
        }

    before = state()
    for path in taken(analyzer, material):
        examine(analyzer, path)
    assert state() == before
    assert capfd.readouterr() == ("", "")


def test_every_finding_has_a_limit_and_every_pointer_an_innocent_explanation(analyzer, material):
    for path in taken(analyzer, material):
        for finding in stated(analyzer, path):
            assert finding.limits, (path.name, finding.kind)
            assert finding.alternatives or finding.result is not Result.FOUND, (path.name, finding.kind)


def test_the_english_sentences_are_whole_and_claim_no_more_than_they_may(analyzer, material):
    for path in taken(analyzer, material):
        for finding in stated(analyzer, path):
            for message in messages(finding):
                assert message.text.endswith("."), message.id
                assert "{" not in message.text, message.id
                assert not OVERCLAIMS.search(message.text), message.text


@pytest.mark.parametrize("language", ["zh", "fr"])
def test_every_sentence_is_translated_with_values_that_it_has(analyzer, material, language):
    known = sentences(language)
    for path in taken(analyzer, material):
        for finding in stated(analyzer, path):
            for message in messages(finding):
                assert message.id in known, message.id
                assert wanted(known[message.id]) <= set(message.values), message.id


def literal_messages() -> Iterator[tuple[str, str, set[str] | None]]:
    """Finds every `message("id", "text", value=…)` in the code of the analyzers: also those that no test provokes.

    The names of the values are None where the call takes them from a dictionary.
    """
    for path in sorted((TOP / "forensics" / "analyzers").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "message":
                first = node.args[0]
                if isinstance(first, ast.Constant):
                    text = ast.unparse(node.args[1])
                    names = [keyword.arg for keyword in node.keywords]
                    yield str(first.value), text, None if None in names else {name for name in names if name}


@pytest.mark.parametrize("language", ["zh", "fr"])
def test_every_sentence_in_the_code_is_translated(language):
    known = sentences(language)
    found = [*literal_messages()]
    assert found
    assert [name for name, _, _ in found if name not in known] == []
    assert [name for name, _, values in found if values is not None and not wanted(known[name]) <= values] == []


@pytest.mark.parametrize("language", ["zh", "fr"])
def test_no_translation_is_left_over(language):
    code = "\n".join(path.read_text("utf-8") for path in (TOP / "forensics").rglob("*.py"))
    data = "\n".join(path.read_text("utf-8") for path in (TOP / "forensics" / "data").glob("*.toml"))

    def is_used(name: str) -> bool:
        family, _, last = name.rpartition(".")
        is_composed = f'f"{family}.{{' in code and re.search(rf"\b{re.escape(last)}\b", code + data)
        return f'"{name}"' in code or bool(is_composed)

    assert [name for name in sentences(language) if not is_used(name)] == []


def test_translations_have_the_same_placeholders():
    zh, fr = sentences("zh"), sentences("fr")
    assert zh.keys() == fr.keys()
    assert [name for name in zh if wanted(zh[name]) != wanted(fr[name])] == []


def test_its_method_card_has_every_heading_once_and_in_order(analyzer):
    card = (TOP / "docs" / "methods" / f"{analyzer.name}.md").read_text("utf-8")
    assert re.findall(r"^## (.+)$", card, flags=re.MULTILINE) == list(HEADINGS)


def test_its_method_card_names_every_setting_with_its_kinds(analyzer, material):
    card = (TOP / "docs" / "methods" / f"{analyzer.name}.md").read_text("utf-8")
    kinds = {finding.kind for path in taken(analyzer, material) for finding in stated(analyzer, path)}
    names = {field.name for field in dataclasses.fields(analyzer)} | kinds
    assert [name for name in sorted(names) if f"`{name}`" not in card] == []
