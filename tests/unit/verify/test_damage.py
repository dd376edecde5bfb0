"""Every damage in the table is noticed, named and located, and the rest is reported too."""

from __future__ import annotations

import shutil

import pytest

from forensics.verify import State, to_json, verify
from tests.conformance.tampering import CASE, PACKET, REMAINS, blob, edit, flip, records, reseal
from tests.conformance.tampering_archives import TAR, ZIP
from tests.conformance.tampering_expected import EXPECTED


def kinds(result):
    return {defect.kind.value for defect in result.defects}


@pytest.mark.parametrize("name", CASE)
def test_damage_to_a_case_is_reported(name, case):
    CASE[name](case)
    result = verify(case)
    assert result.exit_code == 10
    assert result.intact.state is State.FAILED
    assert EXPECTED[name] in kinds(result)
    assert all(defect.where for defect in result.defects)


@pytest.mark.parametrize("name", PACKET)
def test_damage_to_a_packet_is_reported(name, packet):
    PACKET[name](packet)
    result = verify(packet)
    assert result.exit_code == 10
    assert result.intact.state is State.FAILED
    assert EXPECTED[name.removeprefix("resealed: ")] in kinds(result)


@pytest.mark.parametrize("name", [name for name in PACKET if name.startswith("resealed")])
def test_resealing_a_damaged_packet_does_not_help(name, packet):
    PACKET[name](packet)
    assert "packet-signature" in kinds(verify(packet)) or "ledger" in name


@pytest.mark.parametrize("name", REMAINS)
def test_what_a_crash_leaves_in_a_case_is_listed_and_is_no_defect(name, case, whole):
    REMAINS[name](case)
    result = verify(case, trust=[whole.trust], keys=[whole.public])
    assert result.defects == ()
    assert result.remains
    assert result.exit_code == 3


@pytest.mark.parametrize("name", REMAINS)
def test_a_packet_has_no_remains(name, packet):
    (packet / "data" / "tmp").mkdir()
    REMAINS[name](packet / "data")
    reseal(packet)
    result = verify(packet)
    assert result.remains == ()
    assert kinds(result) & {"uncommitted-remains", "undeclared-file", "forbidden-file-type"}


@pytest.mark.parametrize("name", ZIP)
def test_a_hostile_zip_is_reported(name, whole, tmp_path):
    path = shutil.copy(whole.folder.parent / "packet.zip", tmp_path / "packet.zip")
    ZIP[name](path)
    result = verify(path)
    assert result.exit_code == 10
    assert EXPECTED.get(name, "unreadable-file") in kinds(result)


@pytest.mark.parametrize("name", TAR)
def test_a_hostile_tar_is_reported(name, whole, tmp_path):
    path = shutil.copy(whole.folder.parent / "packet.tar", tmp_path / "packet.tar")
    TAR[name](path)
    result = verify(path)
    assert result.exit_code == 10
    assert EXPECTED.get(name, "manifest-digest") in kinds(result)


def test_a_defect_names_file_line_and_record(case):
    CASE["a record has a space"](case)
    defect = next(d for d in verify(case).defects if d.kind.value == "not-canonical")
    assert defect.where == f"records/{records(case).name}:1 ({int(records(case).name[:6])}/0)"


def test_all_defects_are_reported_and_not_only_the_first(case):
    edit(blob(case, 0), flip)
    edit(blob(case, 1), flip)
    CASE["a record is edited"](case)
    CASE["a token is deleted"](case)
    CASE["a ledger line names another program"](case)
    found = [defect.kind.value for defect in verify(case).defects]
    assert found.count("blob-digest") == 2
    assert {"record-root", "missing-file", "bad-signature"} <= set(found)


def test_names_are_escaped_so_that_they_cannot_deceive_on_a_terminal(case):
    (case / "\x1b[2Jall fine\u202e").write_bytes(b"x")
    where = next(d.where for d in verify(case).defects)
    assert where == "\\x1b[2Jall fine\\u202e"


def test_a_name_that_is_not_utf8_can_be_written_as_json(case):
    CASE["a name is not UTF-8"](case)
    value = to_json(verify(case))
    assert value["defects"][0]["where"] == "caf\\udce9\\n"


def test_a_whole_case_and_its_packets_pass(whole):
    for path in (whole.folder, *(whole.folder.parent / f"packet{ending}" for ending in ("", ".zip", ".tar"))):
        result = whole.judge(path)
        assert (result.defects, result.remains, result.exit_code) == ((), (), 0)


def test_one_file_twice_by_a_hard_link_is_no_defect(case):
    extra = blob(case).with_name("again")
    extra.hardlink_to(blob(case))
    extra.rename(case.parent / "again")
    assert verify(case).defects == ()
