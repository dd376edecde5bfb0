"""docs/command-line.md: every verb gives exactly the members that the page names."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.faces import drawn_face
from tests.fakes.program import forensics

PAGE = (Path(__file__).parents[2] / "docs" / "command-line.md").read_text(encoding="utf-8")
NOTICE = """
evidence = ["ITEM-0001"]
measures = ["remove"]
truthful = true
date = 2026-11-22
agent = "none"
recipient.name = "Example Platform"
claimant = {name = "A", id_kind = "passport", id_number = "X0000000", contact = "a@example.org"}
right = {name = "portrait", reason = "made without consent"}
content = [{item = "ITEM-0001", locator = "group 1, message 2"}]
"""
ERROR = {"error", "message", "hint", "kept", "exit_code"}


def documented() -> dict[str, set[str]]:
    """Reads the table: verb to the names of members in code style, those inside of lists left out."""
    found = {}
    for verbs, members in re.findall(r"^\| (`[a-z `,-]+`) \| (.+) \|$", PAGE, re.MULTILINE):
        outside = re.sub(r"\([^)]*\)", "", re.sub(r"`\{[^`]*\}`", "", re.sub(r"`[^`]*\{[^`]*`", "", members)))
        outside = re.sub(r" with `state` one of `[a-z ]+`", "", outside)
        for verb in re.findall(r"`([a-z -]+)`", verbs):
            found[verb] = set(re.findall(r"`([a-z_0-9]+)`", outside)) | {"exit_code"}
    return found


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Runs every verb once."""
    folder = tmp_path_factory.mktemp("documented")
    case, home, other = folder / "case", folder / "home", folder / "other"
    (folder / "a.txt").write_bytes(b"evidence")
    (folder / "b.txt").write_bytes(b"more evidence")
    runs: dict[str, Any] = {}

    def run(verb: str, *arguments: str | Path, of: Path = home) -> Any:
        ended = forensics(*verb.split(), *arguments, "--json", home=of)
        assert ended.code in (0, 3), ended.errors
        runs[verb] = ended.told
        return ended.told

    run("key new", of=other)
    run("new", case, "--title", "t", "--examiner", "e")
    run("collect", case, folder / "a.txt", folder / "b.txt")
    run("analyze", case)
    run("compare-labels", case, "ITEM-0001", "ITEM-0002")
    run("money", case)
    run("spread", case)
    run("search", case, "evidence")
    run("exhibit", case, "ITEM-0001", "--element", "G2", "--title", "a text")
    run("status", case)
    run("report", case)
    (folder / "fields.toml").write_text(NOTICE, "utf-8")
    run("notice", case, folder / "fields.toml", "--out", folder / "notice")
    run("bundle", case, folder / "packet")
    run("verify", folder / "packet")
    run("log", case)
    run("stamp", case)
    run("erase", case, "ITEM-0002", "--basis", "test", "--yes")
    run("subject", case, "N.", "--photo", drawn_face(folder / "face.png"), "--basis", "an invented person")
    run("collect", case, folder / "face.png", drawn_face(folder / "other.png"))
    run("analyze", case, "--only", "faces", "--only", "prints")
    run("faces", case)
    run("compare", case, folder / "face.png", folder / "other.png")
    run("match", case)
    run("confirm", case, folder / "other.png", "--reject")
    run("state", case, "fact", "--text", "The face in the clip is drawn.")
    run("subject --delete", case, "SUBJECT-0001", "--basis", "test", "--yes")
    run("key list")
    run("key export")
    card = run("key card", of=other)
    (folder / "card").write_text(card["pem"] + card["recipient"])
    added = run("key add", case, folder / "card", "--holder", "Other")
    run("key retire", case, added["key"])
    runs["key revoke"] = runs["key retire"]
    (folder / "labels.csv").write_text("path,truth,unit\na.txt,h2,A\n")
    run("validate", folder, "--labels", folder / "labels.csv", "--kind", "label.aigc", "--analyzer", "labels")
    runs["doctor"] = forensics("doctor", "--json", home=home).told
    return runs


@pytest.mark.parametrize("verb", sorted(documented()))
def test_a_verb_gives_exactly_the_documented_members(told: dict[str, Any], verb: str) -> None:
    assert set(told[verb]) == documented()[verb]


def test_every_verb_is_documented() -> None:
    from forensics.cli import VERBS

    assert {verb.split()[0] for verb in documented()} == set(VERBS)


def test_an_error_gives_the_documented_members(tmp_path: Path) -> None:
    assert set(forensics("status", tmp_path / "none", "--json").told) == ERROR
