"""Named ways to damage a packet's archive, as in `tampering`."""

from __future__ import annotations

import io
import struct
import tarfile
import warnings
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.conformance.tampering import REPORT, Damage, edit, flip, rewrite


def _zip_with(path: Path, add: Callable[[zipfile.ZipFile, str], None]) -> None:
    with warnings.catch_warnings(), zipfile.ZipFile(path, "a") as archive:
        warnings.simplefilter("ignore")
        add(archive, archive.namelist()[0].split("/")[0])


def _zip_member(name: str, data: bytes = b"x", mode: int = 0o100644) -> Damage:
    def add(archive: zipfile.ZipFile, top: str) -> None:
        member = zipfile.ZipInfo(name.replace("TOP", top))
        member.external_attr, member.create_system = mode << 16, 3
        archive.writestr(member, data)

    return lambda path: _zip_with(path, add)


def _zip_bomb(path: Path) -> None:
    """Deflates the archive and adds 300 MiB of zeros to it."""
    edit(path, lambda _: _deflated(path))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        info = zipfile.ZipInfo(f"{archive.namelist()[0].split('/')[0]}/data/bomb")
        info.compress_type = zipfile.ZIP_DEFLATED
        with archive.open(info, "w") as member:
            for _ in range(300):
                member.write(bytes(1 << 20))


def _deflated(path: Path) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as copy:
        for name in source.namelist():
            copy.writestr(name, source.read(name))
    return target.getvalue()


def _zip_encrypted_flag(path: Path) -> None:
    data = bytearray(path.read_bytes())
    start = struct.unpack("<L", data[-6:-2])[0]
    data[6] |= 1
    data[start + 8] |= 1
    rewrite(path, bytes(data))


def _zip_overlap(path: Path) -> None:
    """Lets the second member's entry in the directory point to the first member."""
    data = bytearray(path.read_bytes())
    start = struct.unpack("<L", data[-6:-2])[0]
    second = data.index(b"PK\x01\x02", start + 4)
    data[second + 42 : second + 46] = data[start + 42 : start + 46]
    rewrite(path, bytes(data))


def _tar_member(name: str, data: bytes = b"x", kind: bytes = tarfile.REGTYPE, link: str = "") -> Damage:
    def add(path: Path) -> None:
        with tarfile.open(path, "a:") as archive:
            member = tarfile.TarInfo(name.replace("TOP", archive.getnames()[0].split("/")[0]))
            member.type, member.linkname, member.size = kind, link, len(data) if kind == tarfile.REGTYPE else 0
            archive.addfile(member, io.BytesIO(data))

    return add


def _zip_folder_twice(path: Path) -> None:
    _zip_member("TOP/data/empty/", b"", 0o040755)(path)
    _zip_member("TOP/data/empty/", b"", 0o040755)(path)


def _tar_folder_twice(path: Path) -> None:
    _tar_member("TOP/data/empty", kind=tarfile.DIRTYPE)(path)
    _tar_member("TOP/data/empty", kind=tarfile.DIRTYPE)(path)


ZIP: Mapping[str, Damage] = {
    "a folder is there twice": _zip_folder_twice,
    "a folder is named like a file": _zip_member("TOP/data/case.json/", b"", 0o040755),
    "a member lies in a file": _zip_member("TOP/data/case.json/x"),
    "a member is there twice": _zip_member("TOP/data/case.json"),
    "a member leads outside": _zip_member("TOP/../../outside"),
    "a member is absolute": _zip_member("/etc/outside"),
    "a member has a backslash": _zip_member("TOP\\data\\outside"),
    "a member is a link": _zip_member("TOP/data/link", b"/etc/hostname", 0o120777),
    "a member is a device": _zip_member("TOP/data/device", b"", 0o020666),
    "a member lies beside the folder": _zip_member("other/file"),
    "a member lies at the top": _zip_member("file"),
    "a member is a bomb": _zip_bomb,
    "a member is encrypted": _zip_encrypted_flag,
    "members overlap": _zip_overlap,
    "bytes stand before": lambda path: edit(path, lambda data: b"#!/bin/sh\n" + data),
    "bytes follow": lambda path: edit(path, lambda data: data + b"PK"),
    "it is cut": lambda path: edit(path, lambda data: data[: len(data) // 2]),
    "its end is cut": lambda path: edit(path, lambda data: data[:-1]),
    "it is empty": lambda path: edit(path, lambda _: b""),
    "it is something else": lambda path: edit(path, lambda _: b"\x89PNG\r\n\x1a\n" + bytes(100)),
    "a byte of a header is flipped": lambda path: edit(path, lambda data: flip(data, 8)),
    "a stored byte is flipped": lambda path: edit(path, lambda data: flip(data, data.index(REPORT) + 2)),
}

TAR: Mapping[str, Damage] = {
    "a folder is there twice": _tar_folder_twice,
    "a folder is named like a file": _tar_member("TOP/data/case.json", kind=tarfile.DIRTYPE),
    "a member lies in a file": _tar_member("TOP/data/case.json/x"),
    "a folder's name begins with ./": _tar_member("./TOP/data/empty", kind=tarfile.DIRTYPE),
    "a member is there twice": _tar_member("TOP/data/case.json"),
    "a member leads outside": _tar_member("TOP/../../outside"),
    "a member is absolute": _tar_member("/etc/outside"),
    "a member has a backslash": _tar_member("TOP\\data\\outside"),
    "a member is a link": _tar_member("TOP/data/link", kind=tarfile.SYMTYPE, link="/etc/hostname"),
    "a member is a hard link": _tar_member("TOP/data/link", kind=tarfile.LNKTYPE, link="TOP/data/case.json"),
    "a member is a device": _tar_member("TOP/data/device", kind=tarfile.CHRTYPE),
    "a member is a pipe": _tar_member("TOP/data/pipe", kind=tarfile.FIFOTYPE),
    "a member lies beside the folder": _tar_member("other/file"),
    "bytes follow": lambda path: edit(path, lambda data: data + b"x" * 512),
    "it is cut": lambda path: edit(path, lambda data: data[: len(data) // 2]),
    "its end is cut": lambda path: edit(path, lambda data: data[:-1]),
    "it is empty": lambda path: edit(path, lambda _: b""),
    "a byte of a header is flipped": lambda path: edit(path, lambda data: flip(data, 110)),
    "a stored byte is flipped": lambda path: edit(path, lambda data: flip(data, data.index(REPORT) + 2)),
}
