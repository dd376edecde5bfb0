"""Archives that other programs made of a packet are read as well as the program's own; limits hold."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
import zipfile

import pytest

from forensics.verify import verify
from forensics.verify.tree import ambiguous, name_problem
from forensics.verify.zip_tree import ZipTree
from tests.conformance.tampering import reseal


def kinds(result):
    return {defect.kind.value for defect in result.defects}


def zipped(packet, path, *, method=zipfile.ZIP_DEFLATED, mode="w", target=None):
    with zipfile.ZipFile(target or path, mode, method) as archive:
        for file in sorted(packet.rglob("*")):
            archive.write(file, file.relative_to(packet.parent))
    return path


def test_a_packet_that_was_unpacked_and_deflated_passes(packet, tmp_path):
    assert verify(zipped(packet, tmp_path / "again.zip")).defects == ()


def test_a_zip_with_data_descriptors_passes(packet, tmp_path):
    """Programs that write to a pipe put sizes and CRC-32 after the bytes."""

    class Pipe(io.RawIOBase):
        def __init__(self, path):
            self.file = path.open("wb")

        def writable(self):
            return True

        def write(self, data):
            return self.file.write(data)

        def flush(self):
            if not self.file.closed:
                self.file.flush()

    pipe = Pipe(tmp_path / "again.zip")
    zipped(packet, None, target=pipe)
    pipe.file.close()
    assert verify(tmp_path / "again.zip").defects == ()


def test_a_zip64_archive_passes(packet, tmp_path, monkeypatch):
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 50)
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 2)
    zipped(packet, tmp_path / "again.zip", method=zipfile.ZIP_STORED)
    data = (tmp_path / "again.zip").read_bytes()
    assert b"PK\x06\x06" in data
    assert b"PK\x06\x07" in data
    assert verify(tmp_path / "again.zip").defects == ()
    (tmp_path / "again.zip").write_bytes(b"#!" + data)
    assert "archive-structure" in kinds(verify(tmp_path / "again.zip"))


@pytest.mark.parametrize("form", ["gnu", "pax", "ustar", "v7"])
@pytest.mark.parametrize(("start", "expected"), [("packet", set()), ("./packet", {"archive-name"})])
def test_tar_archives_of_the_tar_program_pass_unless_names_begin_with_a_dot(form, start, expected, packet, tmp_path):
    if form in ("ustar", "v7"):
        shutil.move(packet, tmp_path / "p")
        start = start.replace("packet", "p")
    if shutil.which("tar") is None:
        pytest.skip("there is no program tar")
    command = ["tar", f"--format={form}", "-cf", tmp_path / "again.tar", "-C", tmp_path, start]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"this tar cannot write {form} of such names")
    assert kinds(verify(tmp_path / "again.tar")) == expected


def test_a_sparse_member_is_reported(packet, tmp_path):
    with tarfile.open(tmp_path / "again.tar", "w:", format=tarfile.PAX_FORMAT) as archive:
        archive.add(packet, "packet")
        member = tarfile.TarInfo("packet/data/sparse")
        member.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.realsize": "1000000"}
        archive.addfile(member)
    assert {"archive-structure"} <= kinds(verify(tmp_path / "again.tar"))


def test_an_extended_header_of_many_megabytes_is_not_read(packet, tmp_path):
    with tarfile.open(tmp_path / "again.tar", "w:", format=tarfile.PAX_FORMAT) as archive:
        archive.add(packet, "packet")
        member = tarfile.TarInfo("packet/data/x")
        member.pax_headers = {"comment": "x" * (3 << 20)}
        archive.addfile(member)
    assert "archive-bomb" in kinds(verify(tmp_path / "again.tar"))


def test_an_archive_by_another_name_is_known_by_its_first_bytes(archive, tmp_path):
    path = shutil.copy(archive, tmp_path / "received.bin")
    assert verify(path).defects == ()


def test_a_case_in_an_archive_is_a_case(case, tmp_path):
    zipped(case, tmp_path / "case.zip")
    result = verify(tmp_path / "case.zip")
    assert (result.kind, result.defects) == ("case", ())


def test_a_large_file_that_deflates_a_thousandfold_is_no_bomb_where_the_bag_declares_it(packet, tmp_path):
    (packet / "data" / "white.bmp").write_bytes(bytes(100 << 20))
    reseal(packet)
    result = verify(zipped(packet, tmp_path / "again.zip"))
    assert "archive-bomb" not in kinds(result)
    assert {"undeclared-file", "packet-signature"} <= kinds(result)


def test_a_bomb_that_the_bag_does_not_declare_is_not_read(packet, tmp_path, monkeypatch):
    (packet / "data" / "bomb").write_bytes(bytes(100 << 20))
    path = zipped(packet, tmp_path / "again.zip")
    opened = []
    real = ZipTree.open
    monkeypatch.setattr(ZipTree, "open", lambda tree, name: opened.append(name) or real(tree, name))
    assert "archive-bomb" in kinds(verify(path))
    assert "data/case.json" in opened
    assert "data/bomb" not in opened


NAMES = {
    "nul": "a\x00b",
    "backslash": "a\\b",
    "absolute": "/a",
    "drive": "C:a",
    "up": "a/../b",
    "here": "a/./b",
    "doubled": "a//b",
    "empty": "",
}


@pytest.mark.parametrize("name", NAMES)
def test_unsafe_names_are_refused(name):
    assert name_problem(NAMES[name])


def test_usual_names_are_accepted():
    assert not name_problem("packet/data/reports/rapport final (é).pdf")


def test_names_that_differ_only_by_case_or_normalisation_are_found():
    assert list(ambiguous(["data/reports/a.pdf", "data/reports/A.pdf"])) == [
        ("data/reports/A.pdf", "data/reports/a.pdf")
    ]
    assert list(ambiguous(["caf\u00e9", "cafe\u0301"]))
    assert not list(ambiguous(["a", "b", "c\udce9"]))


def test_two_names_that_are_one_on_other_systems_are_reported(packet):
    (packet / "data" / "reports" / "REPORT.pdf").write_bytes(b"x")
    assert "ambiguous-name" in kinds(verify(packet))
