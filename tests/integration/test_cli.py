"""The verbs as scripts use them: one JSON object, and exit codes as documented."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.program import forensics, opened


def records(case: Path, kind: str) -> list[dict[str, object]]:
    lines = [
        json.loads(line) for path in sorted((case / "records").iterdir()) for line in path.read_text().splitlines()
    ]
    return [line["record"] for line in lines if line["record"]["type"] == kind]


def test_new_makes_a_key_where_there_is_none_and_never_a_second(tmp_path: Path) -> None:
    first = forensics("new", tmp_path / "a", "--title", "t", "--examiner", "e", "--json", home=tmp_path / "home")
    again = forensics("new", tmp_path / "b", "--title", "t", "--examiner", "e", "--json", home=tmp_path / "home")
    assert (first.told["key_is_new"], again.told["key_is_new"]) == (True, False)
    assert first.told["key"] == again.told["key"]
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "home" / "keys").glob("default.[pa][eg][me]")} == {
        0o600
    }


def test_new_refuses_a_folder_that_is_not_empty(tmp_path: Path) -> None:
    (tmp_path / "case").mkdir()
    (tmp_path / "case" / "mine").write_bytes(b"x")
    assert forensics("new", tmp_path / "case", "--title", "t", "--examiner", "e").code == 2
    assert [path.name for path in (tmp_path / "case").iterdir()] == ["mine"]


def test_collect_tells_id_outcome_gaps_and_digest_of_each_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"evidence")
    ended = forensics("collect", opened(tmp_path / "case"), tmp_path / "a.txt", "--json")
    item = ended.told["items"][0]
    assert ended.code == 0
    assert (item["id"], item["outcome"], item["gaps"]) == ("ITEM-0001", "COMPLETE", [])
    assert item["sha256"] == hashlib.sha256(b"evidence").hexdigest()


def test_the_same_path_is_the_same_item_and_a_second_acquisition(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"one")
    case = opened(tmp_path / "case")
    forensics("collect", case, tmp_path / "a.txt")
    (tmp_path / "a.txt").write_bytes(b"two")
    assert forensics("collect", case, "a.txt", "--json", cwd=tmp_path).told["items"][0]["id"] == "ITEM-0001"
    assert (len(records(case, "item")), len(records(case, "acquisition"))) == (1, 2)


def test_records_have_the_documented_form(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"evidence")
    case = opened(tmp_path / "case", "--jurisdiction", "cn")
    forensics("collect", case, tmp_path / "a.txt")
    acquisition = records(case, "acquisition")[0]
    assert {"item", "outcome", "gaps", "artifacts"} <= set(acquisition)
    artifact = acquisition["artifacts"][0]  # type: ignore[index]
    assert {"role", "name", "media_type", "digests"} <= set(artifact)
    wanted = subprocess.run(
        ["openssl", "dgst", "-sm3", "-r", tmp_path / "a.txt"], capture_output=True, text=True, check=True
    )
    assert artifact["digests"]["sm3"] == wanted.stdout.split()[0]
    assert artifact["digests"]["size"] == 8


def test_nothing_captured_ends_with_20_and_is_recorded(tmp_path: Path) -> None:
    case = opened(tmp_path / "case")
    ended = forensics("collect", case, tmp_path / "nothing", "--json")
    assert (ended.code, ended.told["items"][0]["outcome"]) == (20, "FAILED")
    assert records(case, "acquisition")[0]["gaps"][0]["why"] == "MISSING"  # type: ignore[index]


def test_something_captured_with_gaps_ends_with_3(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    assert forensics("collect", opened(tmp_path / "case"), tmp_path / "a", tmp_path / "nothing").code == 3


def test_an_address_that_no_collector_takes_is_a_refused_item(tmp_path: Path) -> None:
    ended = forensics("collect", opened(tmp_path / "case"), "gopher://example.org/1", "--json")
    assert (ended.code, ended.told["items"][0]["gaps"][0]["why"]) == (20, "REFUSED")


def test_locators_come_from_a_list_whatever_bytes_they_have(tmp_path: Path) -> None:
    odd = bytes(tmp_path) + b"/\xff\xfe"
    Path(os.fsdecode(odd)).write_bytes(b"x")
    (tmp_path / "list").write_bytes(odd + b"\n")
    ended = forensics("collect", opened(tmp_path / "case"), "--from", tmp_path / "list", "--json")
    assert ended.told["items"][0]["locator"]["raw_hex"] == odd.hex()


def test_nothing_named_is_a_usage_error(tmp_path: Path) -> None:
    assert forensics("collect", opened(tmp_path / "case")).code == 2


@pytest.mark.parametrize("verb", ["status", "log", "collect", "analyze", "report", "stamp"])
def test_a_folder_that_is_no_case_is_an_error_that_says_what_to_do(tmp_path: Path, verb: str) -> None:
    opened(tmp_path / "elsewhere")
    more = [tmp_path] if verb == "collect" else []
    ended = forensics(verb, tmp_path / "nothing", *more)
    assert ended.code == 1
    assert "What to do" in ended.errors


def test_a_case_of_a_newer_format_is_refused_and_left_alone(tmp_path: Path) -> None:
    from forensics.codec import canonical
    from forensics.custody.ledger import Draft, write_line
    from forensics.custody.signing import Home, load_key
    from forensics.model import RecordsRoot

    home = tmp_path / "home"
    forensics("new", tmp_path / "case", "--title", "t", "--examiner", "e", home=home)
    case = tmp_path / "case"
    told = json.loads((case / "case.json").read_text())
    raw = canonical({**told, "format_version": 2}) + b"\n"
    (case / "case.json").chmod(0o644)
    (case / "case.json").write_bytes(raw)
    key = load_key(Home.of({"FORENSICS_HOME": str(home)}), lambda _: None)
    first = json.loads((case / "ledger.jsonl").read_text().splitlines()[0])
    extra = {"case": hashlib.sha256(raw).hexdigest(), "key": first["key"]}
    from forensics.codec import parse_time

    draft = Draft("open", parse_time(first["at"]), RecordsRoot(**first["records"]), extra)
    (case / "ledger.jsonl").write_bytes(write_line(draft, key, seq=0, prev="0" * 64) + b"\n")
    ended = forensics("collect", case, tmp_path / "case", home=home)
    assert ended.code == 1
    assert "format version 2" in ended.errors


def test_errors_are_told_as_json_too(tmp_path: Path) -> None:
    ended = forensics("status", tmp_path / "nothing", "--json")
    assert (ended.code, ended.told["exit_code"]) == (1, 1)
    assert ended.told["hint"]


def test_status_counts_what_is_not_yet_examined_and_not_yet_stamped(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    case = opened(tmp_path / "case")
    forensics("collect", case, tmp_path / "a")
    told = forensics("status", case, "--json").told
    assert (told["not_yet_examined"], told["not_yet_time_stamped"], told["counts"]["items"]) == (1, 1, 1)


def test_the_log_has_no_title_name_or_path(tmp_path: Path) -> None:
    (tmp_path / "private-name.txt").write_bytes(b"x")
    case = tmp_path / "case"
    forensics("new", case, "--title", "Secret title", "--examiner", "Jane Roe")
    forensics("collect", case, tmp_path / "private-name.txt", "--note", "a note", "--received-from", "Mr Y")
    ledger = (case / "ledger.jsonl").read_text()
    assert not [word for word in ("Secret", "Jane", "private-name", "a note", "Mr Y", str(tmp_path)) if word in ledger]


def test_an_act_records_no_person_and_no_path_among_its_arguments(tmp_path: Path) -> None:
    (tmp_path / "private-name.txt").write_bytes(b"x")
    case = opened(tmp_path / "case")
    forensics("collect", case, tmp_path / "private-name.txt", "--note", "a note", "--received-from", "Mr Y")
    act = json.dumps(records(case, "act"))
    assert not [word for word in ("private-name", "a note", "Mr Y", str(tmp_path)) if word in act]


def test_erase_removes_the_item_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"to be forgotten")
    case = opened(tmp_path / "case")
    forensics("collect", case, tmp_path / "a", "--note", "private")
    ended = forensics("erase", case, "ITEM-0001", "--basis", "request of the person", "--yes", "--json")
    assert (ended.code, ended.told["records"]) == (0, 2)
    assert not [path for path in case.rglob("*") if path.is_file() and b"to be forgotten" in path.read_bytes()]
    assert forensics("status", case, "--json").told["counts"]["items"] == 0


def test_erase_asks_first(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    case = opened(tmp_path / "case")
    forensics("collect", case, tmp_path / "a")
    assert forensics("erase", case, "ITEM-0001", "--basis", "b").code == 1
    assert forensics("status", case, "--json").told["counts"]["items"] == 1


def test_a_second_examiner_is_added_works_and_the_first_key_is_retired(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    case = tmp_path / "case"
    forensics("new", case, "--title", "t", "--examiner", "e", home=first)
    forensics("key", "new", home=second)
    card = forensics("key", "card", home=second)
    (tmp_path / "card").write_text(card.output)
    (tmp_path / "a").write_bytes(b"x")
    assert forensics("collect", case, tmp_path / "a", home=second).code == 1
    assert forensics("key", "add", case, tmp_path / "card", "--holder", "Second", home=first).code == 0
    assert forensics("collect", case, tmp_path / "a", home=second).code == 0
    told = forensics("log", case, "--json").told
    assert forensics("key", "retire", case, told["events"][0]["actor"], home=second).code == 0
    assert forensics("collect", case, tmp_path / "a", home=first).code == 1


def test_the_last_key_cannot_be_retired(tmp_path: Path) -> None:
    case = opened(tmp_path / "case")
    actor = forensics("log", case, "--json").told["events"][0]["actor"]
    assert forensics("key", "retire", case, actor).code == 2


def test_help_imports_no_heavy_library() -> None:
    heavy = ("reportlab", "cryptography", "PIL", "numpy", "sqlite3", "pyrage", "exiftool", "ffmpeg")
    script = "import sys\nfrom forensics.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
    script += f"print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_doctor_names_each_program_and_asks_nothing_outside(tmp_path: Path) -> None:
    told = forensics("doctor", "--json", "--ntp", "192.0.2.1", "--tsa", "http://192.0.2.1/").told
    names = {check["name"] for check in told["checks"]}
    assert {"exiftool", "ffprobe", "openssl", "time-stamp authority", "time server"} <= names
    assert all("not asked" in check["detail"] for check in told["checks"] if check["name"].startswith("time"))
