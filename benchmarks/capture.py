"""Captures of pages and downloads, beside what the browser alone and `curl` take: `python -m benchmarks.capture`.

The pages are the twenty ordinary ones of the test site, served on loopback by this process.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from benchmarks import capture_profile
from benchmarks.capture_memory import Watch
from benchmarks.capture_server import serving
from benchmarks.custody import MIB, new_case
from benchmarks.timing import FORENSICS, Row, Run, median_s, run, table
from tests.fakes.site import Site

RESULT = Path(__file__).parent / "results" / "capture.md"
ARTICLES = 20
"""Ordinary pages that the test site has."""

AT_MOST, AT_LEAST = 2.0, 1.5
"""How many times the baseline a capture may take; how much four at a time must gain on one."""

MORE_MIB, MORE_THINGS = 20, 8
"""What may be added between page 20 and the last: memory in MiB; open files, threads, files. Four captures are always
under way in different steps, so that their counts vary."""

PEAK_MORE_MIB = 30
"""How much higher the peak may be for a download sixteen times as long, in MiB."""

STATED = "only stated"

MP4 = bytes.fromhex("0000001c667479706d70343200000000") + b"mp42isomavc1"
"""A first box of MP4, so that the download is told as what its address says. *Source:* ISO/IEC 14496-12, 4.3."""


@dataclass(frozen=True)
class Scale:
    """How much is measured; less is for trying the benchmark itself."""

    pages: int = 20
    rounds: int = 3
    long: int = 200
    mib: int = 1024


@dataclass(frozen=True)
class Taken:
    """What one whole tree of processes took, in seconds on the wall and of the processors."""

    wall_s: float
    cpu_s: float


@dataclass
class Bench:
    """The place of a run: folders, test site, home."""

    work: Path
    home: Path
    site: Site
    scale: Scale
    loads: list[float] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)

    def urls(self, number: int) -> list[str]:
        """Gives addresses of ordinary pages, all different."""
        return [self.site.url(f"/article/{at % ARTICLES + 1}?visit={at // ARTICLES + 1}") for at in range(number)]

    def folder(self) -> Path:
        """Names a folder that is not there yet."""
        return self.work / f"run-{next(self._numbers)}"

    def listed(self, urls: Sequence[str]) -> Path:
        """Writes a list of addresses."""
        path = self.folder().with_suffix(".txt")
        path.write_text("\n".join(urls) + "\n", encoding="utf-8")
        return path

    def measure(self, *command: str | Path) -> Taken:
        """Runs a command with all that it starts."""
        self.loads.append(os.getloadavg()[0])
        told = self.folder().with_suffix(".json")
        tree = [sys.executable, "-m", "benchmarks.capture_tree", str(told), *map(str, command)]
        run(tree, home=self.home)
        return Taken(**json.loads(told.read_text(encoding="utf-8")))

    def captured(self, *, jobs: int, number: int = 0) -> Taken:
        """Captures the pages, or fewer, into a new case."""
        case = new_case(self.folder(), home=self.home)
        urls = self.listed(self.urls(number or self.scale.pages))
        taken = self.measure(*FORENSICS, "collect", case, "--from", urls, "--jobs", str(jobs))
        shutil.rmtree(case)
        return taken

    def opened(self, *, browsers: str, number: int = 0) -> Taken:
        """Opens, scrolls and pictures the pages, or fewer, and does nothing else."""
        folder = self.folder()
        baseline = (sys.executable, "-m", "benchmarks.capture_baseline")
        taken = self.measure(*baseline, folder, browsers, *self.urls(number or self.scale.pages))
        shutil.rmtree(folder)
        return taken


def pages(bench: Bench) -> Iterator[Row]:
    """Captures pages one after another and four at a time, in turn with the browser alone."""
    rounds = [
        (
            bench.opened(browsers="each"),
            bench.captured(jobs=1),
            bench.opened(browsers="one"),
            bench.captured(jobs=4),
            bench.opened(browsers="each", number=1),
            bench.captured(jobs=1, number=1),
        )
        for _ in range(bench.scale.rounds)
    ]
    each, ours, one, four, alone, single = (list(column) for column in zip(*rounds, strict=True))
    number = bench.scale.pages
    what = f"capture {number} pages, --jobs 1"
    beside = "beside open, scroll and picture in a browser started for each page"
    yield _ratio(f"{what} ({beside})", ours, each, pages=number, most=AT_MOST)
    yield _ratio("the same, time of the processors", ours, each, pages=number, name="cpu_s")
    yield _ratio("the same (beside one browser for all pages)", ours, one, pages=number)
    yield _ratio("capture 1 page, a command by itself (beside the same)", single, alone, pages=1)
    gains = [first.wall_s / second.wall_s for first, second in zip(ours, four, strict=True)]
    gain = _median(ours) / _median(four)
    yield Row(
        f"capture {number} pages, --jobs 4 (beside --jobs 1)",
        f"{_median(four) / number:.2f} s a page",
        f"{_median(ours) / number:.2f} s a page",
        f"{gain:.2f} x as fast ({min(gains):.2f} to {max(gains):.2f})",
        f"at least {AT_LEAST} x",
        gain >= AT_LEAST,
    )


def _ratio(
    what: str, ours: Sequence[Taken], peer: Sequence[Taken], *, pages: int, most: float = 0.0, name: str = "wall_s"
) -> Row:
    """Compares medians; the spread is that of the rounds. Without `most`, the ratio is only stated."""
    ratio = _median(ours, name) / _median(peer, name)
    rounds = [getattr(mine, name) / getattr(other, name) for mine, other in zip(ours, peer, strict=True)]
    return Row(
        what,
        f"{_median(ours, name) / pages:.2f} s a page",
        f"{_median(peer, name) / pages:.2f} s a page",
        f"{ratio:.2f} x ({min(rounds):.2f} to {max(rounds):.2f})",
        f"at most {most:g} x" if most else STATED,
        ratio <= most or not most,
    )


def _median(taken: Sequence[Taken], name: str = "wall_s") -> float:
    return float(statistics.median(getattr(one, name) for one in taken))


def memory(bench: Bench) -> Iterator[Row]:
    """Captures a long list and compares what the program holds near page 20 and near the end."""
    case, temporary = new_case(bench.folder(), home=bench.home), bench.folder()
    temporary.mkdir()
    bench.site.forget()
    watch = Watch((temporary, case / "tmp"), lambda: _begun(bench.site))
    environment = {**os.environ, "FORENSICS_HOME": str(bench.home), "TMPDIR": str(temporary)}
    urls = bench.listed(bench.urls(bench.scale.long))
    command = [*FORENSICS, "collect", str(case), "--from", str(urls), "--jobs", "4", "--json"]
    watch.run(command, environment=environment)
    yield from _growth(watch, last=bench.scale.long)
    left = [one.name for folder in (temporary, case / "tmp") if folder.is_dir() for one in folder.iterdir()]
    yield Row("left in folders for temporary files", f"{len(left)} entries", "-", f"{len(left)}", "none", not left)
    shutil.rmtree(case)


def _begun(site: Site) -> int:
    """Counts the pages that a browser asked for."""
    return sum(asked.path.startswith("/article/") and bool(asked.header("Sec-Fetch-Dest")) for asked in site.log)


def _growth(watch: Watch, *, last: int) -> Iterator[Row]:
    first, end = ARTICLES, last - 10
    peak = f"highest {watch.peak_mib:.0f} MiB"
    for what, name, unit, most in (
        (f"memory of the program, --jobs 4, {peak}", "program_mib", " MiB", MORE_MIB),
        (f"memory of its helper, highest {watch.helper_peak_mib:.0f} MiB", "helper_mib", " MiB", MORE_MIB),
        ("open files", "files", "", MORE_THINGS),
        ("threads", "threads", "", MORE_THINGS),
        ("entries in folders for temporary files", "temporary", "", MORE_THINGS),
    ):
        before, after = watch.near(first, name), watch.near(end, name)
        yield Row(
            f"{what}: near page {end} (beside near page {first})",
            f"{after:.0f}{unit}",
            f"{before:.0f}{unit}",
            f"{after - before:+.0f}{unit}",
            f"at most {most}{unit} more",
            after - before <= most,
        )


def download(bench: Bench) -> Iterator[Row]:
    """Collects one long clip, beside `curl -o` of the same address, and a clip of a sixteenth of its length."""
    mib, path = bench.scale.mib, bench.work / "clip.mp4"
    _clip(path, mib // 16)
    with serving(path) as url:
        short = _fetched(bench, url)
    _clip(path, mib)
    ours, peer = list[Watch](), list[Run]()
    with serving(path) as url:
        for _ in range(bench.scale.rounds):
            peer.append(run(["curl", "-sSf", "-o", str(bench.work / "copy.mp4"), url], home=bench.home))
            ours.append(_fetched(bench, url))
    taken_s = statistics.median(one.wall_s for one in ours)
    seconds = taken_s / median_s(peer)
    yield Row(
        f"collect a download of {mib} MiB (beside curl -o)",
        f"{taken_s:.2f} s",
        f"{median_s(peer):.2f} s",
        f"{seconds:.1f} x",
        STATED,
        is_met=True,
    )
    peak = max(one.peak_mib for one in ours)
    yield Row(
        f"peak memory meanwhile (beside {mib // 16} MiB)",
        f"{peak:.0f} MiB",
        f"{short.peak_mib:.0f} MiB",
        f"{peak - short.peak_mib:+.0f} MiB",
        f"at most {PEAK_MORE_MIB} MiB more",
        peak - short.peak_mib <= PEAK_MORE_MIB,
    )


def _clip(path: Path, mib: int) -> None:
    """Writes random bytes in the boxes of a clip."""
    with path.open("wb") as target:
        target.write(MP4 + (mib * MIB - len(MP4)).to_bytes(4, "big") + b"mdat")
        for _ in range(mib):
            target.write(os.urandom(MIB))
        target.truncate(mib * MIB)


def _fetched(bench: Bench, url: str) -> Watch:
    bench.loads.append(os.getloadavg()[0])
    case = new_case(bench.folder(), home=bench.home)
    environment = {**os.environ, "FORENSICS_HOME": str(bench.home)}
    watch = Watch((), lambda: 0).run([*FORENSICS, "collect", str(case), url, "--json"], environment=environment)
    shutil.rmtree(case)
    return watch


def profile(bench: Bench) -> str:
    """Captures the pages one after another with a clock around each step."""
    case, told = new_case(bench.folder(), home=bench.home), bench.folder().with_suffix(".json")
    urls = bench.listed(bench.urls(bench.scale.pages))
    command = [sys.executable, "-m", "benchmarks.capture_profile", told, "collect", case, "--from", urls, "--jobs", "1"]
    run([str(one) for one in command], home=bench.home)
    shutil.rmtree(case)
    return "\n".join(capture_profile.lines(json.loads(told.read_text(encoding="utf-8"))))


def results(work: Path, home: Path, *, scale: Scale) -> str:
    """Measures everything and gives the text of the results."""
    with Site(work / "site") as site:
        bench = Bench(work, home, site, scale)
        rows = [row for part in (pages, memory, download) for row in part(bench)]
        steps = profile(bench)
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    return (
        f"{table('capture', rows)}\n"
        f"Where the time of a capture goes (--jobs 1, mean of {scale.pages} pages; a step counts those below it):\n\n"
        f"{steps}\n\n"
        f"Measured by `python -m benchmarks.capture`: {datetime.now(UTC):%Y-%m-%d}, {machine}; median of "
        f"{scale.rounds} rounds in turn, in brackets the lowest and highest; load average before each run "
        f"{min(bench.loads):.1f} to {max(bench.loads):.1f}.\n"
    )


def write(scale: Scale, target: Path = RESULT) -> None:
    """Measures, prints and writes the results."""
    with tempfile.TemporaryDirectory(prefix="forensics-bench-") as folder:
        text = results(Path(folder), Path(folder) / "home", scale=scale)
    target.write_text(text, encoding="utf-8")
    sys.stdout.write(text)


def main() -> None:
    """Measures as much as the command line says."""
    parser = argparse.ArgumentParser(description="Measures captures; smaller numbers are for trying it.")
    for name, number in (("pages", 20), ("rounds", 3), ("long", 200), ("mib", 1024)):
        parser.add_argument(f"--{name}", type=int, default=number)
    parser.add_argument("--out", type=Path, default=RESULT)
    given = vars(parser.parse_args())
    target = given.pop("out")
    write(Scale(**given), target)


if __name__ == "__main__":
    main()
