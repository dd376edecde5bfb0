"""A WACZ comes into being only if the reference programs accept it, in a process that ends when it should."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from forensics.errors import ForensicsError, IntegrityError, MediaError, StoreError, ToolError, ToolTimeoutError
from forensics.web import wacz, wacz_service
from forensics.web.wacz import Page, make, reference_tools
from forensics.web.wacz_service import Service
from forensics.web.warc import Resource, write
from tests.unit.web.exchanges import PICTURE, SITE, START, Maker

PROGRAM = "forensics.web.wacz_child"


@pytest.fixture
def warc(tmp_path: Path) -> Path:
    maker = Maker(tmp_path)
    path = tmp_path / "capture.warc.gz"
    resources = [Resource(f"urn:view:{SITE}/", PICTURE, "image/png", START)]
    write(path, maker.every_kind(), resources=resources, information={"software": "forensics"}, created_at=START)
    return path


@pytest.fixture
def service():
    service = Service()
    yield service
    service.close()


def made(warc: Path, **members) -> Path:
    target = warc.with_name("capture.wacz")
    make(warc, target, pages=[Page(f"{SITE}/", START, "Prix café", "Prix 5 €")], **members)
    return target


def run(*command: str) -> subprocess.CompletedProcess[str]:
    program = str(Path(sys.executable).parent / command[0])
    return subprocess.run([program, *command[1:]], capture_output=True, text=True, check=False)


def index_of(path: Path) -> list[tuple[str, str, dict]]:
    with zipfile.ZipFile(path) as archive:
        lines = gzip.decompress(archive.read("indexes/index.cdx.gz")).decode().splitlines()
    return [(*line.split(" ", 2)[:2], json.loads(line.split(" ", 2)[2])) for line in lines]


def children() -> set[int]:
    """Gives the processes that this one started for checking archives."""
    found = set()
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and PROGRAM.encode() in (folder / "cmdline").read_bytes():
                status = (folder / "status").read_text()
                found |= {int(folder.name)} if f"PPid:\t{os.getpid()}\n" in status else set()
        except OSError:
            continue
    return found


def is_alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def wait_for(condition, seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return bool(condition())


def test_wacz_validate_accepts_it_as_a_program_of_its_own(warc):
    said = run("wacz", "validate", "-f", str(made(warc)))
    assert (said.returncode, "Validation succeeded" in said.stdout) == (0, True)


def test_it_holds_the_very_warc_and_says_so(warc):
    target = made(warc)
    with zipfile.ZipFile(target) as archive:
        assert archive.read("archive/capture.warc.gz") == warc.read_bytes()
        package = json.loads(archive.read("datapackage.json"))
        hashes = {one["path"]: one["hash"] for one in package["resources"]}
        for name, value in hashes.items():
            assert value == f"sha256:{hashlib.sha256(archive.read(name)).hexdigest()}"
        assert {info.compress_type for info in archive.infolist() if info.filename.startswith("archive/")} == {0}
        assert "signedData" not in json.loads(archive.read("datapackage-digest.json"))


def test_its_pages_are_those_that_were_visited(warc):
    with zipfile.ZipFile(made(warc)) as archive:
        header, page = [json.loads(line) for line in archive.read("pages/pages.jsonl").splitlines()]
    assert header == {"format": "json-pages-1.0", "id": "pages", "title": "Pages", "hasText": True}
    assert page == {
        "id": "page-1",
        "url": f"{SITE}/",
        "ts": "2026-11-20T12:00:00.123Z",
        "title": "Prix café",
        "text": "Prix 5 €",
    }


def test_replay_finds_one_whole_file_and_not_its_part(warc):
    served = [(line["url"], line["status"]) for _, _, line in index_of(made(warc)) if line["url"].startswith("http")]
    assert sorted(served) == [
        (f"{SITE}/", "200"),
        (f"{SITE}/a.png", "200"),
        (f"{SITE}/cut.css", "200"),
        (f"{SITE}/gone", "404"),
        (f"{SITE}/old", "302"),
        (f"{SITE}/post", "200"),
        (f"{SITE}/v.mp4", "200"),
        (f"{SITE}/z", "200"),
    ]


def test_every_entry_of_the_index_leads_to_its_record(warc):
    data = warc.read_bytes()
    for _, _, line in index_of(made(warc)):
        offset, length = int(line["offset"]), int(line["length"])
        record = gzip.decompress(data[offset : offset + length])
        assert f"WARC-Target-URI: {line['url']}\r\n".encode() in record


def test_nothing_is_left_beside_it(warc):
    before = set(warc.parent.iterdir())
    target = made(warc)
    assert set(warc.parent.iterdir()) - before == {target}


def test_a_damaged_warc_becomes_no_wacz(warc):
    data = warc.read_bytes()
    warc.write_bytes(data[:5000] + bytes([data[5000] ^ 1]) + data[5001:])
    with pytest.raises(IntegrityError, match="does not pass `warcio check`") as caught:
        made(warc)
    assert caught.value.hint
    assert not warc.with_name("capture.wacz").exists()


def test_a_warc_with_fewer_records_than_written_becomes_no_wacz(warc):
    with pytest.raises(IntegrityError, match="and not the 99 that were written"):
        made(warc, records=99)


def test_a_warc_that_is_not_there_becomes_no_wacz(tmp_path):
    with pytest.raises(MediaError):
        made(tmp_path / "none.warc.gz")


def test_a_folder_that_is_not_there_is_an_error(warc):
    with pytest.raises(StoreError):
        make(warc, warc.parent / "none" / "capture.wacz", pages=[])


def change(path: Path, name: str, data: bytes | None) -> None:
    """Writes an archive anew with one file changed or left out."""
    with zipfile.ZipFile(path) as archive:
        files = {info: archive.read(info) for info in archive.infolist()}
    with zipfile.ZipFile(path, "w") as archive:
        for info, old in files.items():
            if info.filename != name:
                archive.writestr(info, old)
            elif data is not None:
                archive.writestr(info, data)


CHANGES = {
    "another WARC": ("archive/capture.warc.gz", b"other"),
    "no WARC": ("archive/capture.warc.gz", None),
    "no index": ("indexes/index.cdx.gz", None),
    "other pages": ("pages/pages.jsonl", b"{}"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_wacz_is_refused(warc, name):
    target = made(warc)
    change(target, *CHANGES[name])
    with pytest.raises(ForensicsError):
        wacz._inspect(target, warc)


@pytest.mark.parametrize("name", ["another WARC", "other pages"])
def test_the_reference_program_refuses_a_changed_wacz(warc, name):
    target = made(warc)
    change(target, *CHANGES[name])
    with pytest.raises(ToolError, match="`wacz validate` does not accept the archive"):
        wacz._ask({"verb": "validate", "target": str(target), "folder": str(warc.parent)}, size=0)


def test_a_file_that_is_no_archive_is_refused(tmp_path):
    target = tmp_path / "capture.wacz"
    target.write_bytes(b"no zip")
    with pytest.raises(ToolError, match="not a zip file"):
        wacz._ask({"verb": "validate", "target": str(target), "folder": str(tmp_path)}, size=0)


def test_the_programs_are_named_with_their_versions():
    assert [tool.name for tool in reference_tools()] == ["warcio", "wacz"]
    assert all(tool.version[0].isdigit() for tool in reference_tools())


def job(warc: Path) -> dict[str, str]:
    return {"verb": "check", "warc": str(warc), "folder": str(warc.parent)}


def test_captures_at_the_same_time_share_one_process(warc, service):
    before = children()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: service.ask(job(warc), size=0), range(8)))
    assert [answer["status"] for answer in answers] == [0] * 8
    assert len(children() - before) == 1


def test_nothing_of_the_programs_is_printed(warc, service, capfd):
    service.ask(job(warc), size=0)
    assert capfd.readouterr() == ("", "")


def test_a_crash_between_two_jobs_costs_nothing(warc, service):
    before = children()
    service.ask(job(warc), size=0)
    (pid,) = children() - before
    os.kill(pid, signal.SIGKILL)
    assert service.ask(job(warc), size=0)["status"] == 0
    assert pid not in children()


def test_a_crash_over_the_same_job_twice_is_an_error(warc, service):
    with pytest.raises(ToolError, match="ended without an answer: KeyError: 'folder'") as caught:
        service.ask({"verb": "check"}, size=0)
    assert caught.value.hint
    assert service.ask(job(warc), size=0)["status"] == 0


def test_a_job_that_takes_too_long_is_ended(warc, service, monkeypatch):
    before = children()
    pipe = warc.with_name("endless.warc.gz")
    os.mkfifo(pipe)
    monkeypatch.setattr(wacz_service, "_SECONDS", 1.0)
    with pytest.raises(ToolTimeoutError):
        service.ask(job(pipe), size=0)
    assert wait_for(lambda: children() == before)


def test_closing_ends_the_process(warc, service):
    before = children()
    service.warm()
    assert wait_for(lambda: len(children() - before) == 1), "it may not have its name yet"
    (pid,) = children() - before
    service.close()
    assert not is_alive(pid)


SCRIPT = """
import os, sys, time
from forensics.web.wacz_service import shared
print(shared().ask({"verb": "check", "warc": sys.argv[1], "folder": sys.argv[2]}, size=0)["status"])
print([int(pid) for pid in open(f"/proc/self/task/{os.getpid()}/children").read().split()], flush=True)
if sys.argv[3] == "killed":
    time.sleep(60)
"""


@pytest.mark.parametrize("end", ["returns", "killed"])
def test_the_process_does_not_outlive_its_parent(warc, end):
    script = warc.with_name("script.py")  # has no guard against being imported, and must not be
    script.write_text(SCRIPT)
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, str(script), str(warc), str(warc.parent), end]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=variables, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "0\n"
        (pid,) = json.loads(parent.stdout.readline())
        if end == "killed":
            parent.kill()
    assert wait_for(lambda: not is_alive(pid))


def test_a_module_in_the_working_folder_is_not_run(warc, service, monkeypatch):
    folder = warc.parent / "downloads"
    folder.mkdir()
    (folder / "wacz.py").write_text("raise SystemExit('hostile')")
    (folder / "warcio.py").write_text("raise SystemExit('hostile')")
    monkeypatch.chdir(folder)
    assert service.ask(job(warc), size=0)["status"] == 0


def test_a_job_waits_for_the_one_before(warc, service):
    pipe = warc.with_name("slow.warc.gz")
    os.mkfifo(pipe)
    slow = threading.Thread(target=service.ask, args=(job(pipe),), kwargs={"size": 0})
    slow.start()
    with pipe.open("wb") as stream:
        stream.write(warc.read_bytes())
    assert service.ask(job(warc), size=0)["status"] == 0
    slow.join(10)
    assert not slow.is_alive()
