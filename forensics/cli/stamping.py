"""What `stamp` does, and how verbs word what became of trusted time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from forensics.cli.settings import Times
from forensics.codec import format_time, to_json
from forensics.custody.signing import Home, SigningKey
from forensics.custody.writer import Writer, writing
from forensics.engine.act import check_clock
from forensics.engine.stamp import Stamped, checkpoint, pending, stamp
from forensics.model import Gap, GapReason, TimeProof

NOT_CONFIGURED = "not yet time-stamped: no authority is configured (--tsa URL, or config.toml)"


def time_answer(stamped: Stamped, found: Times) -> tuple[str, list[dict[str, Any]]]:
    """Words what became of the request for trusted time, and lists the gaps."""
    gaps = [to_json(gap) for gap in stamped.gaps]
    if not found.authorities:
        return NOT_CONFIGURED, gaps
    if not stamped.proofs:
        return "not yet time-stamped: " + "; ".join(
            f"{one.authority}: {one.gap.detail}" for one in stamped.failures
        ), gaps
    return "time-stamped: " + "; ".join(map(_proof, stamped.proofs)), gaps


def _proof(proof: TimeProof) -> str:
    chain = proof.checks.get("chain", "passed")
    doubt = "" if chain == "passed" else f" (chain {chain})"
    return f"{format_time(proof.gen_time)} by {proof.authority}{doubt}"


def stamp_case(folder: Path, key: SigningKey, *, home: Home, wait_s: float, found: Times) -> dict[str, Any]:
    """Asks for missing time stamps: over the last checkpoint if it covers everything, otherwise over a new one."""
    with writing(folder, key, home=home, verb="stamp", wait_s=wait_s) as writer:
        stamped, done, clock_gaps = _stamp(writer, found)
    answer, gaps = (
        ("nothing is missing: every authority has stamped the last checkpoint", [])
        if done
        else time_answer(stamped, found)
    )
    gaps = [*map(to_json, clock_gaps), *gaps]
    return {
        "checkpoint": stamped.checkpoint,
        "proofs": [to_json(proof) for proof in stamped.proofs],
        "gaps": gaps
        or ([] if found.authorities else [to_json(Gap("time-stamp", GapReason.NOT_CONFIGURED, NOT_CONFIGURED))]),
        "time": answer,
        "lines": [answer],
        "exit_code": 3 if gaps else 0,
    }


def _stamp(writer: Writer, found: Times) -> tuple[Stamped, bool, tuple[Gap, ...]]:
    last, missing = pending(writer, found.authorities)
    if last is not None and found.authorities and not missing:
        return Stamped(last.seq), True, ()
    if found.servers:
        gaps = check_clock(writer, "stamp", servers=found.servers)
        return checkpoint(writer, found.authorities), False, gaps
    if last is None:
        return checkpoint(writer, found.authorities), False, ()
    return stamp(writer, last, authorities=missing), False, ()
