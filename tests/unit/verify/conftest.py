from __future__ import annotations

import shutil

import pytest

from tests.fakes import stamped


@pytest.fixture(scope="session")
def whole(tmp_path_factory):
    """A stamped case with its packets as folder, zip and tar; never changed."""
    made = stamped.make(tmp_path_factory.mktemp("whole"))
    for name in ("packet", "packet.zip", "packet.tar"):
        made.bundle(made.folder.parent / name)
    return made


@pytest.fixture
def case(whole, tmp_path):
    """A copy of the case that a test may damage."""
    shutil.copytree(whole.folder, tmp_path / "case", symlinks=True)
    return tmp_path / "case"


@pytest.fixture
def packet(whole, tmp_path):
    """A copy of the packet's folder that a test may damage."""
    shutil.copytree(whole.folder.parent / "packet", tmp_path / "packet")
    return tmp_path / "packet"


@pytest.fixture(params=["zip", "tar"])
def archive(request, whole, tmp_path):
    """A copy of the packet's archive that a test may damage."""
    return shutil.copy(whole.folder.parent / f"packet.{request.param}", tmp_path / f"packet.{request.param}")
