"""The store: what is in it under a name has that digest, and what leaves it leaves nothing behind."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import stat
from pathlib import Path
from typing import IO

import pytest
from blake3 import blake3

from forensics.custody.digest import ASIDE_FROM
from forensics.custody.store import RealFileSystem, Staged, Store, open_regular, set_mode, translated, wipe
from forensics.errors import IntegrityError, StoreError
from tests.fakes import cases


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store."""
    for name in ("tmp", "blobs"):
        (tmp_path / "case" / name).mkdir(parents=True)
    return Store(tmp_path / "case")


def put(store: Store, data: bytes) -> str:
    staged = store.stage(io.BytesIO(data))
    store.adopt([staged])
    return staged.digests.sha256


def in_temporary(store: Store) -> list[Path]:
    return sorted(store.temporary.iterdir())


class Broken(io.RawIOBase):
    """A stream that ends with an error."""

    def __init__(self, data: bytes, error: BaseException) -> None:
        self._rest, self._error = io.BytesIO(data), error

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        chunk = self._rest.read(size)
        if not chunk:
            raise self._error
        return chunk


@pytest.mark.parametrize("size", [0, 1, ASIDE_FROM - 1, ASIDE_FROM, ASIDE_FROM + 1, 2 * ASIDE_FROM + 7])
def test_bytes_are_kept_under_their_digest(store: Store, size: int) -> None:
    data = os.urandom(size)
    staged = store.stage(io.BytesIO(data))
    assert staged.digests.size == size
    assert staged.digests.sha256 == hashlib.sha256(data).hexdigest()
    assert staged.digests.blake3 == blake3(data).hexdigest()
    assert staged.digests.sm3 is None
    sha256 = staged.digests.sha256
    assert store.adopt([staged]) == [store.folder / "blobs" / sha256[:2] / sha256]
    assert store.path_of(sha256).read_bytes() == data
    assert stat.S_IMODE(store.path_of(sha256).stat().st_mode) == 0o444
    assert in_temporary(store) == []
    store.check(sha256)


def test_a_case_of_jurisdiction_cn_has_sm3_too(store: Store) -> None:
    staged = Store(store.folder, with_sm3=True).stage(io.BytesIO(b"abc"))
    assert staged.digests.sm3 == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


def test_a_stream_that_gives_little_at_a_time_is_read_to_its_end(store: Store) -> None:
    class Slow(io.RawIOBase):
        rest = io.BytesIO(b"drop by drop")

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1, /) -> bytes:
            return self.rest.read(1)

    assert store.stage(Slow()).digests.sha256 == hashlib.sha256(b"drop by drop").hexdigest()


def test_the_same_bytes_are_kept_once(store: Store) -> None:
    first, second, third = (store.stage(io.BytesIO(b"same")) for _ in range(3))
    assert len(store.adopt([first, second])) == 1
    assert store.adopt([third]) == []
    assert len(list(store.folder.rglob("blobs/*/*"))) == 1
    assert in_temporary(store) == []


def test_many_files_are_made_durable_at_once(store: Store) -> None:
    staged = [store.stage(io.BytesIO(str(number).encode())) for number in range(20)]
    assert len(store.adopt(staged)) == 20


@pytest.mark.parametrize("error", [OSError(errno.EIO, "Input/output error"), ValueError("closed"), KeyboardInterrupt()])
@pytest.mark.parametrize("size", [0, 10, ASIDE_FROM + 10])
def test_an_error_of_the_stream_is_passed_on_and_nothing_is_kept(store: Store, size: int, error: BaseException) -> None:
    with pytest.raises(type(error)) as caught:
        store.stage(Broken(bytes(size), error))
    assert caught.value is error
    assert in_temporary(store) == []


def test_a_disk_that_cannot_be_written_is_said_so(store: Store) -> None:
    store.temporary.rmdir()
    with pytest.raises(StoreError, match="cannot write") as caught:
        store.stage(io.BytesIO(b"bytes"))
    assert caught.value.exit_code == 1
    assert "permissions" in caught.value.hint


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_has_a_hint_of_its_own(code: int) -> None:
    with pytest.raises(StoreError) as caught, translated(Path("x")):
        raise OSError(code, os.strerror(code), "y")
    assert caught.value.hint.startswith("Free space")
    assert str(caught.value) == f"cannot write y: {os.strerror(code)}"


def test_bytes_that_change_on_their_way_to_the_disk_are_noticed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = Store._copy

    def copy_badly(self: Store, stream: IO[bytes], path: Path):
        digests = copy(self, stream, path)
        path.write_bytes(b"bitten")
        return digests

    monkeypatch.setattr(Store, "_copy", copy_badly)
    with pytest.raises(IntegrityError, match="read back from the disk differ"):
        store.stage(io.BytesIO(b"bytes"))
    assert in_temporary(store) == []


def test_a_changed_blob_is_noticed(store: Store) -> None:
    sha256 = put(store, b"bytes")
    path = store.path_of(sha256)
    path.chmod(0o644)
    path.write_bytes(b"bytex")
    with pytest.raises(IntegrityError, match=f"blob {sha256} holds other bytes") as caught:
        store.check(sha256)
    assert caught.value.exit_code == 10


def test_a_changed_blob_does_not_swallow_a_good_copy(store: Store) -> None:
    sha256 = put(store, b"bytes")
    path = store.path_of(sha256)
    path.chmod(0o644)
    path.write_bytes(b"bytex")
    staged = store.stage(io.BytesIO(b"bytes"))
    with pytest.raises(IntegrityError):
        store.adopt([staged])
    assert staged.path.read_bytes() == b"bytes"


def test_a_missing_blob_is_damage(store: Store) -> None:
    with pytest.raises(IntegrityError, match="cannot be read: No such file"):
        store.open("ab" * 32)
    assert not store.has("ab" * 32)


def test_a_whole_file_is_written_or_the_old_one_stays(store: Store) -> None:
    path = store.folder / "reports" / "report.pdf"
    store.write(path, b"old", mode=0o444)
    assert path.read_bytes() == b"old"
    assert stat.S_IMODE(path.stat().st_mode) == 0o444

    class Full(RealFileSystem):
        def sync_file(self, handle: IO[bytes]) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(StoreError):
        Store(store.folder, file_system=Full()).write(path, b"new")
    assert path.read_bytes() == b"old"
    assert in_temporary(store) == []


# --- Steps of the real file system ---


def test_a_failed_append_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    class Failing(RealFileSystem):
        def sync_file(self, handle: IO[bytes]) -> None:
            raise OSError(errno.EIO, "Input/output error")

    path = tmp_path / "ledger"
    path.write_bytes(b"one\n")
    with pytest.raises(OSError, match="Input/output"):
        Failing().append(path, b"two\n")
    assert path.read_bytes() == b"one\n"
    RealFileSystem().append(path, b"two\n")
    assert path.read_bytes() == b"one\ntwo\n"


def test_truncation_and_removal(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    RealFileSystem().truncate(path, 4)
    assert path.read_bytes() == b"0123"
    RealFileSystem().remove(path)
    RealFileSystem().remove(path)
    assert not path.exists()


# --- Wiping ---


def test_what_is_wiped_is_overwritten_before_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"secret" * 1_000_000)
    path.chmod(0o400)
    with path.open("rb") as still_open:
        wipe(path)
        assert still_open.read() == bytes(6_000_000)
    assert not path.exists()


def test_a_folder_is_wiped_with_all_it_holds(tmp_path: Path) -> None:
    inner = tmp_path / "folder" / "inner"
    inner.mkdir(parents=True)
    (inner / "file").write_bytes(b"x")
    os.mkfifo(inner / "pipe")
    inner.chmod(0)
    wipe(tmp_path / "folder")
    assert list(tmp_path.iterdir()) == []


def test_a_link_is_removed_and_what_it_points_to_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").write_bytes(b"mine")
    (tmp_path / "case").mkdir()
    (tmp_path / "case" / "to-file").symlink_to(tmp_path / "mine" / "file")
    (tmp_path / "case" / "to-folder").symlink_to(tmp_path / "mine")
    (tmp_path / "case" / "to-nothing").symlink_to(tmp_path / "nothing")
    wipe(tmp_path / "case")
    assert (tmp_path / "mine" / "file").read_bytes() == b"mine"
    assert not (tmp_path / "case").exists()


def test_a_file_with_a_second_name_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"also in a backup")
    os.link(tmp_path / "file", tmp_path / "backup")
    wipe(tmp_path / "file")
    assert (tmp_path / "backup").read_bytes() == b"also in a backup"
    assert not (tmp_path / "file").exists()


def test_wiping_what_is_not_there_does_nothing(tmp_path: Path) -> None:
    wipe(tmp_path / "nothing")


def test_what_is_discarded_is_gone_for_good(store: Store) -> None:
    sha256 = put(store, b"bytes")
    folder = store.folder / "packets" / "packet"
    folder.mkdir(parents=True)
    (folder / "inside").write_bytes(b"x")
    with store.open(sha256) as still_open:
        store.discard([store.path_of(sha256), folder, store.folder / "nothing"])
        assert still_open.read() == bytes(5)
    assert not store.has(sha256)
    assert not folder.exists()
    assert in_temporary(store) == []


# --- A case that somebody else made ---


def test_temporary_files_elsewhere_are_not_wiped(store: Store, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").write_bytes(b"mine")
    store.temporary.rmdir()
    store.temporary.symlink_to(tmp_path / "mine")
    with pytest.raises(IntegrityError, match="is a symbolic link"):
        store.wipe_temporary()
    assert (tmp_path / "mine" / "file").read_bytes() == b"mine"


def test_a_blob_that_is_a_link_is_not_followed(store: Store, tmp_path: Path) -> None:
    (tmp_path / "mine").write_bytes(b"mine")
    sha256 = hashlib.sha256(b"mine").hexdigest()
    store.path_of(sha256).parent.mkdir()
    store.path_of(sha256).symlink_to(tmp_path / "mine")
    with pytest.raises(IntegrityError):
        store.open(sha256)
    with pytest.raises(IntegrityError):
        put(store, b"mine")


def test_a_folder_of_blobs_that_is_a_link_is_neither_read_nor_written(store: Store, tmp_path: Path) -> None:
    sha256 = hashlib.sha256(b"mine").hexdigest()
    (tmp_path / "mine").mkdir()
    (store.folder / "blobs" / sha256[:2]).symlink_to(tmp_path / "mine")
    with pytest.raises(IntegrityError, match="is a symbolic link"):
        put(store, b"mine")
    (tmp_path / "mine" / sha256).write_bytes(b"mine")
    with pytest.raises(IntegrityError, match="is a symbolic link"):
        store.open(sha256)
    assert [path.name for path in (tmp_path / "mine").iterdir()] == [sha256]


@pytest.mark.parametrize("kind", ["pipe", "folder"])
def test_a_blob_that_is_no_file_is_not_waited_for(store: Store, kind: str) -> None:
    path = store.path_of("ab" * 32)
    path.parent.mkdir()
    os.mkfifo(path) if kind == "pipe" else path.mkdir()
    with pytest.raises(IntegrityError, match="not a regular file"):
        store.open("ab" * 32)


def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    with open_regular(tmp_path / "file") as stream:
        assert stream.read() == b"x"
    for path in (tmp_path, tmp_path / "link", Path("/dev/null")):
        with pytest.raises(OSError, match=r"not a regular file|symbolic links"):
            open_regular(path)


def test_no_descriptor_is_left_open(store: Store, tmp_path: Path) -> None:
    before = cases.open_descriptors()
    for number in range(20):
        sha256 = put(store, str(number).encode())
        store.check(sha256)
        store.write(store.folder / "file", b"x")
        with pytest.raises(OSError, match="not a regular file"):
            open_regular(tmp_path)
        with pytest.raises(ValueError, match="stop"):
            store.stage(Broken(bytes(ASIDE_FROM), ValueError("stop")))
    assert cases.open_descriptors() == before


def test_a_file_system_without_permissions_is_no_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, mode: int) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(Path, "chmod", refuse)
    set_mode(tmp_path, 0o444)
    store = Store(tmp_path)
    store.temporary.mkdir()
    (tmp_path / "blobs").mkdir()
    store.check(put(store, b"bytes"))


def test_temporary_names_differ(store: Store) -> None:
    names = {store.new_temporary(suffix=".age") for _ in range(100)}
    assert len(names) == 100
    assert all(name.parent == store.temporary and name.suffix == ".age" for name in names)


def test_a_staged_file_that_vanished_is_an_error(store: Store) -> None:
    staged = store.stage(io.BytesIO(b"bytes"))
    staged.path.unlink()
    with pytest.raises(StoreError):
        store.adopt([Staged(staged.path, staged.digests)])
