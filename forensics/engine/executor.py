"""Worker processes for examinations."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

PRELOADED = ["forensics.engine.analyze", "forensics.analyzers.metadata", "forensics.analyzers.streams"]

_ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")
"""What NumPy's and OpenCV's libraries read when they are loaded. *Measured:* on two cores, the small products of
matrices of one JPEG picture took 0.06 s of both cores with OpenBLAS's threads, and 0.01 s with one."""


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

    context = multiprocessing.get_context("forkserver")
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=_use_one_thread) as executor:
        yield executor


def _use_one_thread() -> None:
    """Keeps a worker to one core, before it loads any library: the others have their own workers."""
    for name in _ONE_THREAD:
        os.environ.setdefault(name, "1")
