"""The program's verifier and the one written from the format's page alone agree, whatever was damaged."""

from __future__ import annotations

import shutil

import pytest

from forensics.verify import to_json, verify
from tests.conformance import second_verifier
from tests.conformance.tampering import CASE, PACKET, REMAINS, cut_after, reseal
from tests.conformance.tampering_archives import TAR, ZIP
from tests.fakes import cases, stamped

ANSWERS = ("intact", "time", "attribution")

ONLY_IN_ZIP = {
    "bytes stand before",
    "bytes follow",
    "a byte of a header is flipped",
}
"""Bytes of an archive that belong to no file; only the program's verifier looks at them."""

ONLY_IN_TAR = {"bytes follow", "its end is cut"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    made = stamped.make(tmp_path_factory.mktemp("agree"))
    for name in ("packet", "packet.zip", "packet.tar"):
        made.bundle(made.folder.parent / name)
    return made


def agree(path, whole, *, heads=()):
    """Verifies by both, with and without what comes from outside; gives the program's answers with it.

    Where the first answer is `failed`, how much of the damage the other two notice is left to each verifier.
    """
    for trust, keys in (([], []), ([whole.trust], [whole.public])):
        ours = to_json(verify(path, trust=trust, keys=keys, heads=heads))
        theirs = second_verifier.verify(path, keys, trust, [str(head) for head in heads])
        assert ours["exit_code"] == second_verifier.exit_code(theirs), (ours["defects"], theirs["defects"])
        compared = ANSWERS[:1] if ours["intact"] == "failed" else ANSWERS
        assert [ours[name] for name in compared] == [theirs[name] for name in compared]
        if not ours["defects"]:
            assert places(ours["remains"]) == places(theirs["remains"])
    return ours


def places(remains):
    """Gives the files of remains; how a line in them is named is left to each verifier."""
    return {remain["where"].partition(":")[0] for remain in remains}


def copied(whole, name, tmp_path):
    source = whole.folder if name == "case" else whole.folder.parent / name
    if source.is_dir():
        return shutil.copytree(source, tmp_path / name, symlinks=True)
    return shutil.copy(source, tmp_path / name)


@pytest.mark.parametrize("name", ["case", "packet", "packet.zip", "packet.tar"])
def test_on_what_is_whole(name, whole, tmp_path):
    assert agree(copied(whole, name, tmp_path), whole)["exit_code"] == 0


@pytest.mark.parametrize("name", CASE)
def test_on_a_damaged_case(name, whole, tmp_path):
    case = copied(whole, "case", tmp_path)
    CASE[name](case)
    assert agree(case, whole)["exit_code"] == 10


@pytest.mark.parametrize("name", REMAINS)
def test_on_what_a_crash_leaves(name, whole, tmp_path):
    case = copied(whole, "case", tmp_path)
    REMAINS[name](case)
    assert agree(case, whole)["exit_code"] == 3


@pytest.mark.parametrize("name", REMAINS)
def test_on_remains_in_a_packet(name, whole, tmp_path):
    packet = copied(whole, "packet", tmp_path)
    (packet / "data" / "tmp").mkdir()
    REMAINS[name](packet / "data")
    reseal(packet)
    assert agree(packet, whole)["exit_code"] == 10


@pytest.mark.parametrize("name", PACKET)
def test_on_a_damaged_packet(name, whole, tmp_path):
    packet = copied(whole, "packet", tmp_path)
    PACKET[name](packet)
    assert agree(packet, whole)["exit_code"] == 10


@pytest.mark.parametrize("name", sorted(set(ZIP) - ONLY_IN_ZIP))
def test_on_a_hostile_zip(name, whole, tmp_path):
    path = copied(whole, "packet.zip", tmp_path)
    ZIP[name](path)
    assert agree(path, whole)["exit_code"] == 10


@pytest.mark.parametrize("name", sorted(set(TAR) - ONLY_IN_TAR))
def test_on_a_hostile_tar(name, whole, tmp_path):
    path = copied(whole, "packet.tar", tmp_path)
    TAR[name](path)
    assert agree(path, whole)["exit_code"] == 10


def test_on_a_cut_ledger_and_a_pin(whole, tmp_path):
    case = copied(whole, "case", tmp_path)
    cut_after(case, whole.case.head.seq - 1)
    assert agree(case, whole, heads=[whole.case.head])["exit_code"] == 10


def test_on_a_case_made_anew_under_another_key(whole, tmp_path):
    forged = cases.build_case(tmp_path / "case", cases.home_in(tmp_path / "home"))
    assert agree(forged.folder, whole)["attribution"] == "failed"


def test_on_erased_items_and_partial_disclosure(tmp_path):
    from forensics.custody.erasure import erase

    made = stamped.make(tmp_path)
    made.bundle(tmp_path / "partial", only_items=frozenset({"ITEM-0001"}))
    assert agree(tmp_path / "partial", made)["intact"] == "passed"
    with made.built.writing() as writer:
        erase(writer, "ITEM-0001", basis="a duty")
    assert agree(made.folder, made)["intact"] == "passed"
    made.bundle(tmp_path / "after")
    assert agree(tmp_path / "after", made)["intact"] == "passed"
