"""Worker processes for examinations."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager


@contextmanager
def workers(jobs: int) -> Iterator[Executor]:
    """Gives worker processes that share neither the case's lock nor any other open file with this one."""
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("forkserver")) as executor:
        yield executor
