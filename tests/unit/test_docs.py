"""The documentation speaks of the program as it is: plug-ins, commands, options, links, targets and examples."""

from __future__ import annotations

import importlib.util
import io
import os
import re
import shlex
import subprocess
import sys
import zlib
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import click
import pytest

from forensics import plugins
from forensics.model import GapReason, Item, Name, Result

TOP = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [*TOP.glob("*.md"), *(TOP / "docs").rglob("*.md"), *(TOP / "samples").glob("*.md")],
    key=lambda page: page.as_posix(),
)
EVERYTHING = "\n".join(page.read_text("utf-8") for page in PAGES)
README = (TOP / "README.md").read_text("utf-8")


def name_of(page: Path) -> str:
    return page.relative_to(TOP).as_posix()


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def command_lines(text: str) -> list[str]:
    """Commands after a `$` in console blocks, with lines that a backslash continues."""
    joined = "\n".join(blocks(text, "console")).replace("\\\n", " ")
    return re.findall(r"^\$ (forensics\b.*)$", joined, flags=re.MULTILINE)


def command_tree(group: click.Group, words: tuple[str, ...] = ()):
    """Every command of the command line, by its words."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from command_tree(command, (*words, name))
        else:
            yield (*words, name), command


def imported(code: str, folder: Path, monkeypatch: pytest.MonkeyPatch):
    path = folder / "example_of_the_documentation.py"
    path.write_text(code, "utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, path.stem, module)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def commands():
    from forensics.cli import forensics

    return dict(command_tree(forensics))


@pytest.mark.parametrize("name", [*plugins.COLLECTORS, *plugins.ANALYZERS])
def test_the_readme_mentions_every_built_in_plug_in(name):
    assert f"`{plugins.load(name).name}`" in README


@pytest.mark.parametrize("name", plugins.ANALYZERS)
def test_the_readme_links_the_card_of_every_analyzer(name):
    assert f"docs/methods/{plugins.load(name).name}.md" in README


def test_the_documentation_mentions_every_command(commands):
    missing = [" ".join(words) for words in commands if f"forensics {' '.join(words)}" not in EVERYTHING]
    assert [words for words in missing if not re.search(rf"^  {words}  ", README, flags=re.MULTILINE)] == []


@pytest.mark.parametrize("line", sorted(set(command_lines(EVERYTHING))))
def test_a_documented_command_line_has_real_commands_and_options(line, commands):
    words = shlex.split(line)[1:]
    if words == ["--help"]:
        return
    command = commands.get(tuple(words[:2])) or commands.get(tuple(words[:1]))
    assert command, f"no such command: {line}"
    options = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    assert {word.partition("=")[0] for word in words if word.startswith("--")} <= {*options, "--help"}


def test_help_in_the_readme_is_the_real_one():
    (shown,) = [block for block in blocks(README, "console") if block.startswith("$ forensics --help\n")]
    command = [sys.executable, "-c", "from forensics.cli import main; main()", "--help"]
    environment = {**os.environ, "COLUMNS": "100"}
    real = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout
    assert shown.partition("\n")[2] == real


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_of_a_page_lead_somewhere(page):
    links = re.findall(r"\]\(([^)\s#]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    local = [link for link in links if "://" not in link]
    assert [link for link in local if not (page.parent / link).exists()] == []


def test_every_target_that_is_documented_is_in_the_makefile():
    targets = set(re.findall(r"^([a-z-]+):", (TOP / "Makefile").read_text("utf-8"), flags=re.MULTILINE))
    named = {target for text in re.findall(r"`make ([a-z-]+)`", EVERYTHING) for target in [text]}
    named |= {word for block in blocks(EVERYTHING, "sh") for word in re.findall(r"^(?:\S+=\S+ )?make ([a-z-]+)", block)}
    assert named <= targets
    assert {"setup", "test", "check", "demo", "bench", "clean"} <= targets


def test_the_readme_stays_readable():
    assert README.count("\n") < 200


def test_decisions_are_numbered_without_gaps_and_fit_a_page():
    pages = sorted((TOP / "docs" / "adr").glob("*.md"))
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    assert [name_of(page) for page in pages if page.read_text("utf-8").count("\n") > 60] == []


def test_the_layers_that_are_documented_are_the_layers_that_are_checked():
    import tomllib

    contracts = tomllib.loads((TOP / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    checked = [set(re.findall(r"[a-z]+", layer)) for layer in contracts[0]["layers"]]
    table = (TOP / "CONTRIBUTING.md").read_text("utf-8").partition("| layer |")[2].partition("\n\n")[0]
    documented = [
        set(re.findall(r"`([a-z]+)`", row)) for row in re.findall(r"^\| (.*?`) \| ", table, flags=re.MULTILINE)
    ]
    assert documented == checked


class MemorySink:
    """Keeps what is put into it."""

    def __init__(self):
        self.kept = []

    def put(self, stream, *, role, name, media_type=None, **facts):
        self.kept.append((stream.read(), role, name, facts))


def evidence_of(content: bytes):
    @contextmanager
    def opened():
        yield io.BytesIO(content)

    return SimpleNamespace(artifact=SimpleNamespace(content_sha256="00" * 32), open=opened)


def chunk(name: bytes, content: bytes) -> bytes:
    return len(content).to_bytes(4) + name + content + zlib.crc32(name + content).to_bytes(4)


PNG = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes(13)) + chunk(b"IEND", b"")


@pytest.fixture
def example_analyzer(tmp_path, monkeypatch):
    (code,) = blocks((TOP / "docs" / "writing-an-analyzer.md").read_text("utf-8"), "python")
    return imported(code, tmp_path, monkeypatch).TrailingBytesAnalyzer()


@pytest.mark.parametrize(
    ("content", "result"),
    [
        (PNG, Result.NOT_FOUND),
        (PNG + b"hidden", Result.FOUND),
        (PNG[:-1], Result.INDETERMINATE),
        (b"", Result.INDETERMINATE),
        (b"\xff" * 100, Result.INDETERMINATE),
    ],
    ids=["clean", "trailing", "truncated", "empty", "noise"],
)
def test_the_example_of_an_analyzer_works(example_analyzer, content, result):
    (finding,) = example_analyzer.examine(evidence_of(content), MemorySink())
    assert isinstance(example_analyzer, plugins.Analyzer)
    assert finding.result == result
    assert bool(finding.gaps) == (result is Result.INDETERMINATE)


@pytest.fixture
def example_collector(tmp_path, monkeypatch):
    (code,) = blocks((TOP / "docs" / "writing-a-collector.md").read_text("utf-8"), "python")
    return imported(code, tmp_path, monkeypatch).DataUrlCollector()


@pytest.mark.parametrize(
    ("url", "content"),
    [
        ("data:,A%20brief%20note", b"A brief note"),
        ("data:image/gif;base64,R0lGODdh", b"GIF87a"),
        ("data:text/plain;charset=iso-8859-7,%be%d3", b"\xbe\xd3"),
    ],
    ids=["RFC 2397 section 4, note", "base64", "percent"],
)
def test_the_example_of_a_collector_works(example_collector, url, content):
    sink, item = MemorySink(), Item("ITEM-0001", Name(url), "url")
    assert isinstance(example_collector, plugins.Collector)
    assert example_collector.accepts(item)
    assert list(example_collector.collect(item, sink)) == []
    assert [kept[:2] for kept in sink.kept] == [(content, "original")]


@pytest.mark.parametrize("url", ["data:no comma", "data:;base64,=?="], ids=["no comma", "not base64"])
def test_the_example_of_a_collector_reports_what_it_cannot_read(example_collector, url):
    sink = MemorySink()
    (gap,) = example_collector.collect(Item("ITEM-0001", Name(url), "url"), sink)
    assert gap.why is GapReason.UNPARSABLE
    assert sink.kept == []
