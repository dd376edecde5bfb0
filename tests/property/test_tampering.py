"""Whatever is done to a packet or a case, `verify` objects: files and places are drawn at random."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forensics.reporter.packet import Options, build
from forensics.verify import State, verify
from tests.fakes.cases import Built, build_case, home_in

NOT_EVIDENCE = ("lock", "index.sqlite")


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at % len(data)] ^= 1 << at % 8
    path.write_bytes(bytes(data))


def delete(path: Path, _at: int) -> None:
    path.unlink()


def cut(path: Path, at: int) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: at % len(data)])


def lengthen(path: Path, at: int) -> None:
    path.write_bytes(path.read_bytes() + bytes([at % 256]) + b"\n")


def rename(path: Path, at: int) -> None:
    path.rename(path.with_name(f"{path.name}{at % 10}"))


TAMPERS: tuple[Callable[[Path, int], None], ...] = (flip, delete, cut, lengthen, rename)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("tampering")
    return build_case(folder / "case", home_in(folder / "home"), items=3)


@pytest.fixture(scope="module")
def packet(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("packets") / "packet"
    build(built.open(), out, signer=built.key, options=Options(datetime.now(UTC)))
    return out


def tampered(source: Path, draw: st.DataObject) -> Iterator[Path]:
    """Copies, does one thing to one file, and gives the copy."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        shutil.copytree(source, copy)
        files = sorted(path for path in copy.rglob("*") if path.is_file() and path.name not in NOT_EVIDENCE)
        path = draw.draw(st.sampled_from(files), label="file")
        tamper = draw.draw(st.sampled_from(TAMPERS), label="tamper")
        path.chmod(0o644)
        if path.stat().st_size:
            tamper(path, draw.draw(st.integers(0, 10**6), label="at"))
        else:
            delete(path, 0)
        yield copy


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(draw=st.data())
def test_a_packet_with_any_file_changed_is_refused(packet: Path, draw: st.DataObject) -> None:
    for copy in tampered(packet, draw):
        result = verify(copy)
        assert result.intact.state is State.FAILED
        assert result.defects


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(draw=st.data())
def test_a_case_with_any_file_changed_is_refused_or_the_change_is_reported(built: Built, draw: st.DataObject) -> None:
    head = built.open().head
    for copy in tampered(built.folder, draw):
        result = verify(copy, heads=[head])
        assert result.intact.state is State.FAILED or result.remains


def test_what_was_not_touched_is_intact(built: Built, packet: Path) -> None:
    assert verify(built.folder, heads=[built.open().head]).intact.state is State.PASSED
    assert verify(packet).intact.state is State.PASSED
