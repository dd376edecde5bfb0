"""Runs the reference programs `warcio check`, `wacz create` and `wacz validate` in a process of their own.

Jobs come as JSON lines on standard input, answers go as JSON lines to standard output. The process ends with its
input, so it does not outlive the program that started it.
"""

from __future__ import annotations

import io
import json
import os
import re
import sys
import tempfile
import zipfile
import zlib
from argparse import Namespace
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

_LONGEST_SAID = 4000
"""Characters of what a program said that are passed on."""

Answer = dict[str, Any]


def main() -> None:
    """Imports the libraries once, then does one job after the other until the input ends."""
    answers = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print must not get among the answers
    _import()
    for line in sys.stdin.buffer:
        text = json.dumps(answer(json.loads(line))).encode() + b"\n"
        while text:
            text = text[os.write(answers, text) :]


def _import() -> None:
    """Does the imports of half a second that every job needs, and those that the first validation would do."""
    from wacz.main import main as _warm  # noqa: F401 -- imported for its own sake
    from wacz.validate import validate

    validate({"name": "first", "resources": [{"name": "one", "data": [["name"], [1]]}]})


def answer(job: Mapping[str, str]) -> Answer:
    """Does one job. What its program prints becomes part of the answer.

    Args:
        job: `verb` is `check`, `create` or `validate`; `folder` takes temporary files; the rest depends on the verb.

    Returns:
        `status` (0 where the program was content) and `said`; for `check` also how many `records` there are, and of
        how many the digests `passed`.
    """
    tempfile.tempdir = job["folder"]
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        try:
            status = _VERBS[job["verb"]](job)
        except SystemExit as error:
            status = error.code if isinstance(error.code, int) else 1
        except (OSError, ValueError, LookupError, TypeError, AttributeError, zipfile.BadZipFile, zlib.error) as error:
            sys.stdout.write(f"{type(error).__name__}: {error}\n")
            status = 1
    text = said.getvalue()
    if job["verb"] == "check":
        return {"status": status, **_digests(text, name=job["warc"])}
    return {"status": status, "said": text.strip()[-_LONGEST_SAID:]}


def _check(job: Mapping[str, str]) -> int:
    from warcio.checker import Checker

    return int(Checker(Namespace(inputs=[job["warc"]], verbose=True)).process_all())


def _create(job: Mapping[str, str]) -> int:
    from wacz.main import main as run

    named = ["--title", job["title"]] if job["title"] else []
    pages = ["--copy-pages", "--pages", job["pages"], "--hash-type", "sha256"]
    return int(run(["create", "--output", job["target"], *pages, *named, job["warc"]]) or 0)


def _validate(job: Mapping[str, str]) -> int:
    from wacz.main import main as run

    return int(run(["validate", "--file", job["target"]]) or 0)


def _digests(said: str, *, name: str) -> Answer:
    """Counts records and those whose digests held in what `warcio check` says, and keeps the rest of it."""
    records = len(re.findall(r"^  offset \d+ WARC-Record-ID ", said, re.MULTILINE))
    others, passed = re.subn(r"^  offset \d+ WARC-Record-ID .*\n    digest pass\n", "", said, flags=re.MULTILINE)
    return {"records": records, "passed": passed, "said": others.removeprefix(f"{name}\n").strip()[:_LONGEST_SAID]}


_VERBS: Mapping[str, Callable[[Mapping[str, str]], int]] = {"check": _check, "create": _create, "validate": _validate}
