"""Worker processes for examinations."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

PRELOADED = ["forensics.engine.analyze", "forensics.analyzers.metadata", "forensics.analyzers.streams"]


def prepare() -> None:
    """Starts the process that workers are forked from; it imports what they need while the caller goes on."""
    import multiprocessing
    from multiprocessing.forkserver import ensure_running

    multiprocessing.set_forkserver_preload(PRELOADED)
    ensure_running()


@contextmanager
def workers(jobs: int) -> Iterator[Executor]:
    """Gives worker processes that share neither the case's lock nor any other open file with this one."""
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("forkserver")) as executor:
        yield executor
