"""What `report` and `notice` do."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forensics.custody.signing import Home, SigningKey
from forensics.errors import UsageError

if TYPE_CHECKING:
    from forensics.custody.trusted_time import Authority
    from forensics.reporter.build import Sealing

PASSPHRASE_VARIABLE = "FORENSICS_SIGN_PASSPHRASE"  # noqa: S105 - the variable's name
"""Environment variable with the passphrase of the file of `--sign`."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of a report.

    Attributes:
        language: None for that of the case.
        unmask: Ids of the items to draw although they are masked.
        reason: Why.
        with_form: Whether the catalogue has a column on original or copy.
    """

    language: str | None = None
    out: Path | None = None
    as_of: int | None = None
    templates: Path | None = None
    unmask: tuple[str, ...] = ()
    reason: str = ""
    with_form: bool = False

    def check(self) -> None:
        """Makes sure that the options make sense together.

        Raises:
            UsageError: They do not.
        """
        if self.reason and not self.unmask:
            raise UsageError("--reason says why something is unmasked", hint="Name it with --unmask ITEM.")
        if self.unmask and self.as_of is not None:
            raise UsageError("--unmask makes a report as of its own request", hint="Leave --as-of out.")


def sealing_of(
    path: Path | None,
    passphrase_file: Path | None,
    *,
    authorities: Callable[[], Sequence[Authority]],
    ask: Callable[[str], str | None],
) -> Sealing | None:
    """Unlocks what PDFs are sealed with; None where no seal is wanted.

    Args:
        path: PKCS#12 file.
        passphrase_file: File whose first line is its passphrase; None for the environment, and then a prompt.
        authorities: Gives who is asked for the time of the seal.
        ask: Asks a person; gives None where nobody can be asked.

    Raises:
        KeyFileError: The file cannot be read or unlocked.
        UsageError: The file with the passphrase cannot be read, or is given without --sign.
    """
    if path is None:
        if passphrase_file is not None:
            raise UsageError(
                "--sign-passphrase-file is of no use without --sign", hint="Name the key: --sign FILE.p12."
            )
        return None
    from forensics.reporter.build import Sealing
    from forensics.reporter.pades import load_signer

    return Sealing(load_signer(path, _passphrase(path, passphrase_file, ask=ask)), tuple(authorities()))


def _passphrase(path: Path, file: Path | None, *, ask: Callable[[str], str | None]) -> str | None:
    if file is not None:
        try:
            return (file.read_text(encoding="utf-8").splitlines() or [""])[0]
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{file} cannot be read", hint="Its first line is the passphrase, in UTF-8.") from error
    told = os.environ.get(PASSPHRASE_VARIABLE)
    return told if told is not None else ask(f"Passphrase of {path.name}")


def report_case(
    case: Path, wish: Wish, *, key: SigningKey, home: Home, wait_s: float, sealing: Sealing | None
) -> dict[str, Any]:
    """Writes the report of a case, and its papers."""
    from forensics.custody.writer import writing
    from forensics.reporter.build import write_report
    from forensics.reporter.unmask import Unmasking

    with writing(case, key, home=home, verb="report", wait_s=wait_s) as writer:
        made = write_report(
            writer,
            language=wish.language or writer.case.info.language,
            out=wish.out,
            as_of=wish.as_of,
            templates=wish.templates,
            unmasking=Unmasking(wish.unmask, wish.reason) if wish.unmask else None,
            with_form=wish.with_form,
            sealing=sealing,
        )
        head = str(writer.case.head)
    return {
        "files": [
            {"path": str(path), "sha256": sha256, "unsealed_sha256": made.unsealed.get(path.name)}
            for path, sha256 in made.files
        ],
        "as_of": made.as_of,
        "root": made.root,
        "event": made.event.seq,
        "unmasked": list(wish.unmask),
        "sealed_by": sealing.signer.name if sealing else None,
        "head": head,
        "exit_code": 0,
    }


def notice_case(
    case: Path, kind: str, *, fields: Path, out: Path, language: str | None, key: SigningKey, home: Home, wait_s: float
) -> dict[str, Any]:
    """Writes a notice; it is checked before anything is written."""
    from forensics.custody.writer import writing
    from forensics.reporter.notice import write_notice
    from forensics.reporter.notice_field import read_fields

    given = read_fields(fields)
    with writing(case, key, home=home, verb="notice", wait_s=wait_s) as writer:
        made = write_notice(writer, kind, given=given, out=out, language=language)
        head = str(writer.case.head)
    return {
        "notice": made.kind,
        "files": [{"path": str(made.path), "sha256": made.sha256}],
        "items": list(made.items),
        "event": made.event.seq,
        "head": head,
        "exit_code": 0,
    }
