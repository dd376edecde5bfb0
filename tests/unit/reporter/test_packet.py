"""Building packets: what goes in, what stays out, and that nothing half-built is left."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zipfile
from pathlib import Path

import pytest

from forensics.custody.erasure import erase
from forensics.errors import IntegrityError, PacketError, UsageError
from forensics.verify import verify
from tests.conformance.tampering import blob, edit, flip
from tests.fakes import cases, stamped

FORMS = ("packet", "packet.zip", "packet.tar", "Packet of A.ZIP")


@pytest.fixture
def made(tmp_path):
    return stamped.make(tmp_path)


def names(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def leftovers(folder):
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("form", FORMS)
def test_a_packet_passes_its_verification(form, made, tmp_path):
    packet = made.bundle(tmp_path / "out" / form)
    assert made.judge(packet.path).exit_code == 0
    assert packet.head == made.case.head
    assert leftovers(tmp_path / "out") == []


@pytest.mark.parametrize("form", FORMS)
def test_the_same_case_gives_the_same_packet(form, made, tmp_path):
    one, two = made.bundle(tmp_path / "one" / form), made.bundle(tmp_path / "two" / form)
    assert one.digest == two.digest
    if one.path.is_file():
        assert one.path.read_bytes() == two.path.read_bytes()
        assert one.digest == hashlib.sha256(one.path.read_bytes()).hexdigest()
    else:
        assert one.digest == hashlib.sha256((one.path / "packet.json").read_bytes()).hexdigest()


def test_files_of_a_folder_are_copies_and_share_nothing_with_the_case(made, tmp_path):
    packet = made.bundle(tmp_path / "packet").path
    inodes = {path.stat().st_ino for path in made.folder.rglob("*")}
    assert not inodes & {path.stat().st_ino for path in packet.rglob("*")}
    assert all(not path.is_symlink() for path in packet.rglob("*"))


def test_sealed_blobs_are_withheld_unless_they_are_asked_for(made, tmp_path):
    packet = made.bundle(tmp_path / "packet")
    (sealed,) = packet.withheld_blobs
    assert (made.folder / "blobs" / sealed[:2] / sealed).read_bytes().startswith(b"age-encryption.org/v1")
    assert f"data/blobs/{sealed[:2]}/{sealed}" not in names(packet.path)
    assert json.loads((packet.path / "packet.json").read_bytes())["withheld"]["blobs"] == [sealed]
    whole = made.bundle(tmp_path / "whole", include_sealed=True)
    assert whole.withheld_blobs == ()
    assert f"data/blobs/{sealed[:2]}/{sealed}" in names(whole.path)
    assert made.judge(whole.path).exit_code == 0


def test_what_is_no_evidence_stays_out(made, tmp_path):
    made.case.index().close()
    (made.folder / "tmp" / "half").write_bytes(b"x")
    packet = made.bundle(tmp_path / "packet").path
    assert not {name for name in names(packet) if "index" in name or "lock" in name or "tmp" in name}


def test_packets_are_never_inside_a_packet(made, tmp_path):
    made.bundle(made.folder / "packets" / "first.zip")
    packet = made.bundle(tmp_path / "packet").path
    assert not {name for name in names(packet) if "packets" in name}


def test_a_packet_says_nothing_about_persons_outside_its_records(made, tmp_path):
    packet = made.bundle(tmp_path / "packet").path
    for path in packet.rglob("*"):
        if path.is_file() and "data" not in path.relative_to(packet).parts[:1]:
            assert b"Examiner" not in path.read_bytes(), path


@pytest.mark.parametrize("form", ["packet", "packet.zip"])
def test_what_exists_is_not_overwritten(form, made, tmp_path):
    (tmp_path / form).write_bytes(b"mine")
    with pytest.raises(UsageError, match="exists"):
        made.bundle(tmp_path / form)
    assert (tmp_path / form).read_bytes() == b"mine"


def test_a_link_to_nowhere_counts_as_existing(made, tmp_path):
    (tmp_path / "packet").symlink_to(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="exists"):
        made.bundle(tmp_path / "packet")


@pytest.mark.parametrize("place", ["packet", "blobs/packet", "reports/packet.zip", "packets/deeper/packet"])
def test_a_packet_does_not_lie_where_the_case_keeps_evidence(place, made):
    with pytest.raises(UsageError, match="keeps something else"):
        made.bundle(made.folder / place)


def test_a_packet_may_lie_in_packets_and_passes_once_it_is_committed(made):
    packet = made.bundle(made.folder / "packets" / "first")
    assert verify(made.folder).remains, "not committed yet"
    with made.built.writing() as writer:
        assert not (made.folder / "packets" / "first").exists(), "the next opening clears it away"
        packet = made.bundle(made.folder / "packets" / "first")
        writer.commit("bundle", [cases.Output("packet", "packets/first", packet.digest, packet.head.seq)])
    assert made.judge().exit_code == 0
    edit(blob(packet.path / "data"), flip)
    where = {defect.where for defect in verify(made.folder).defects}
    assert any(place.startswith("packets/first/data/blobs/") for place in where)


@pytest.mark.parametrize("form", ["packet", "packet.zip", "packet.tar"])
def test_a_changed_blob_stops_the_building_and_is_named(form, made, tmp_path):
    victim = next(path for path in sorted((made.folder / "blobs").glob("??/*")) if b"age-" not in path.read_bytes()[:4])
    edit(victim, flip)
    with pytest.raises(IntegrityError, match=victim.name):
        made.bundle(tmp_path / "out" / form)
    assert not any((tmp_path / "out").iterdir())


@pytest.mark.parametrize("kind", ["blobs", "proofs", "reports"])
def test_a_missing_file_stops_the_building(kind, made, tmp_path):
    for path in [path for path in (made.folder / kind).rglob("*") if path.is_file()]:
        path.unlink()
    with pytest.raises(IntegrityError, match="missing"):
        made.bundle(tmp_path / "packet")


def test_a_damaged_record_stops_the_building(made, tmp_path):
    path = sorted((made.folder / "records").iterdir())[3]
    edit(path, lambda data: data.replace(b'"salt":"', b'"salt":"f', 1))
    with pytest.raises(IntegrityError, match=path.name):
        made.bundle(tmp_path / "packet")


def test_a_packet_that_fails_its_verification_is_removed(made, tmp_path):
    """Records can be well formed and still not those that the ledger commits."""
    path = min((made.folder / "records").glob("*-analyze.jsonl"))
    edit(path, lambda data: data.replace(b"FOUND", b"WOUND", 1))
    for form in ("packet", "packet.zip"):
        with pytest.raises(PacketError, match="record-root"):
            made.bundle(tmp_path / "out" / form)
    assert not any((tmp_path / "out").iterdir())


def test_bagit_is_asked_and_heard(made, tmp_path, monkeypatch):
    import bagit

    def object_to(bag, **_):
        raise bagit.BagError("not today")

    monkeypatch.setattr(bagit.Bag, "validate", object_to)
    for form in ("packet", "packet.tar"):
        with pytest.raises(PacketError, match=r"bagit .*not today"):
            made.bundle(tmp_path / "out" / form)
    assert not any((tmp_path / "out").iterdir())


def test_bagit_reads_the_same_bytes_that_the_archive_holds(made, tmp_path, monkeypatch):
    import bagit

    seen = {}
    real = bagit.Bag.validate

    def look(bag, **options):
        seen.update({name: (Path(bag.path) / name).read_bytes() for name in names(Path(bag.path))})
        return real(bag, **options)

    monkeypatch.setattr(bagit.Bag, "validate", look)
    with zipfile.ZipFile(made.bundle(tmp_path / "packet.zip").path) as archive:
        assert {name.partition("/")[2]: archive.read(name) for name in archive.namelist()} == seen


def test_a_full_disk_leaves_nothing(made, tmp_path, monkeypatch):
    from forensics.custody.store import RealFileSystem

    def full(self, paths):
        raise OSError(28, os.strerror(28), str(paths[0]))

    monkeypatch.setattr(RealFileSystem, "sync_files", full)
    for form in ("packet", "packet.zip"):
        with pytest.raises(PacketError, match="No space left"):
            made.bundle(tmp_path / "out" / form)
    assert not any((tmp_path / "out").iterdir())


def test_a_packet_holds_the_case_as_of_the_head_that_was_opened(made, tmp_path):
    case = made.case
    with made.built.writing() as writer:
        writer.commit("checkpoint")
    packet = stamped.build(case, tmp_path / "packet", signer=made.built.key, options=stamped.Options(stamped.CREATED))
    assert packet.head == case.head
    assert made.judge(packet.path, heads=[made.case.head]).exit_code == 0


def test_a_packet_after_an_erasure_passes(made, tmp_path):
    with made.built.writing() as writer:
        erase(writer, "ITEM-0001", basis="a duty")
    assert verify(made.bundle(tmp_path / "packet").path).defects == ()


@pytest.mark.parametrize("language", ["zh", "fr", "en"])
def test_instructions_are_in_the_language_of_the_case_and_in_english(language, tmp_path):
    from forensics.custody.case import Opening, new_case
    from forensics.custody.signing import Home, new_key

    key = new_key(Home(tmp_path / "home", tmp_path / "state"))
    opening = Opening("t", "e", language=language)
    case = new_case(tmp_path / "case", opening, signer=key, spki=key.spki, recipient=key.recipient)
    packet = stamped.build(case, tmp_path / "packet", signer=key, options=stamped.Options(stamped.CREATED))
    text = (packet.path / "HOW-TO-VERIFY.txt").read_text(encoding="utf-8")
    assert text.startswith({"zh": "如何核验", "fr": "COMMENT VÉRIFIER", "en": "HOW TO VERIFY"}[language])
    assert "HOW TO VERIFY" in text
    assert not [name for name in ("{head}", "{key}", "{root}", "{tokens}", "{withheld}") if name in text]


# Partial disclosure


def test_only_chosen_items_are_disclosed(made, tmp_path):
    packet = made.bundle(tmp_path / "packet", only_items=frozenset({"ITEM-0001"}))
    text = b"".join(path.read_bytes() for path in packet.path.rglob("*") if path.is_file())
    for number, is_there in ((1, True), (2, False), (3, False)):
        assert (cases.secret_of(number) in text) is is_there
        assert (f"secret-{number}.bin".encode() in text) is is_there
    result = verify(packet.path)
    assert result.defects == ()
    assert set(packet.withheld_records) == {ref for ref in result.withheld if "/" in ref}


def test_what_is_not_known_to_be_about_a_chosen_item_stays_hidden(made, tmp_path):
    """An act's arguments are locators, and a report is about everything."""
    packet = made.bundle(tmp_path / "packet", only_items=frozenset({"ITEM-0002"})).path
    records = b"".join(path.read_bytes() for path in (packet / "data" / "records").iterdir())
    assert b'"type":"act"' not in records
    assert b'"type":"output"' not in records
    assert not (packet / "data" / "reports").exists()
    assert b'"type":"time-proof"' in records


def test_a_finding_is_disclosed_with_its_item(made, tmp_path):
    packet = made.bundle(tmp_path / "packet", only_items=frozenset({"ITEM-0001"})).path
    records = b"".join(path.read_bytes() for path in (packet / "data" / "records").iterdir())
    assert records.count(b'"type":"finding"') == 1
    other = made.bundle(tmp_path / "other", only_items=frozenset({"ITEM-0002"})).path
    assert b'"type":"finding"' not in b"".join(path.read_bytes() for path in (other / "data" / "records").iterdir())


def test_a_copy_of_the_case_gives_the_same_packet(made, tmp_path):
    from forensics.custody.case import open_case

    one = made.bundle(tmp_path / "one")
    shutil.copytree(made.folder, tmp_path / "copy")
    options = stamped.Options(stamped.CREATED)
    two = stamped.build(open_case(tmp_path / "copy"), tmp_path / "two", signer=made.built.key, options=options)
    assert one.digest == two.digest
