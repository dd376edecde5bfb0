"""Worker processes."""

from __future__ import annotations

import os

from forensics.engine.executor import workers


def test_a_worker_keeps_numeric_libraries_to_one_thread():
    with workers(1) as executor:
        assert executor.submit(os.getenv, "OPENBLAS_NUM_THREADS").result() == "1"
