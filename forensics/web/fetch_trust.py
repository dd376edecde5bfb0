"""Whom a plain client trusts to vouch for servers: the system's store, and what the user added for Chromium."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forensics.errors import ToolError
from forensics.tools import run

DATABASE = Path(".pki", "nssdb")
"""Where Chromium on Linux looks for certificates that the user added, below the home folder.

*Source:* Chromium documentation, docs/linux/cert_management.md.
"""

VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
"""Variables that replace the system's store. *Source:* OpenSSL manual, SSL_CTX_set_default_verify_paths(3)."""

_LISTED = re.compile(r"^(?P<nickname>\S.*?)\s+(?P<server>[A-Za-z]*),[A-Za-z]*,[A-Za-z]*\s*$")


@dataclass(frozen=True, slots=True)
class Trust:
    """The certificate authorities beyond the system's own.

    Attributes:
        added: Certificates of authorities that the user added, in PEM.
        note: Why they could not be read, or not all; empty where they could.
    """

    added: tuple[str, ...] = ()
    note: str = ""

    def context(self) -> ssl.SSLContext:
        """Makes the settings for connections; certificates and host names are always verified.

        Not done: no revocation check; certificates that the user distrusts in the database are not excluded.
        """
        context = ssl.create_default_context()
        if self.added:
            context.load_verify_locations(cadata="\n".join(self.added))
        context.set_alpn_protocols(["http/1.1"])
        return context

    def describe(self) -> dict[str, Any]:
        """Gives it as records carry it: variables by name only, since their values are paths of this machine."""
        return {
            "store": "system",
            "variables_set": [name for name in VARIABLES if os.environ.get(name)],
            "added_sha256": sorted(hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest() for pem in self.added),
            "note": self.note,
        }


def load_trust(home: Path | None = None) -> Trust:
    """Reads the authorities that the user added to Chromium's certificate database.

    Args:
        home: The home folder; None for the user's.

    Returns:
        What is to be trusted beside the system's store; only its note where the database cannot be read.
    """
    database = (home or Path.home()) / DATABASE
    if not (database / "cert9.db").is_file():
        return Trust()
    certutil = shutil.which("certutil")
    if certutil is None:
        return Trust(note="there is a certificate database of the user, and certutil is not installed to read it")
    try:
        return Trust(tuple(_export(certutil, database, nickname=name) for name in _trusted(certutil, database)))
    except ToolError as error:
        return Trust(note=f"the certificate database of the user cannot be read: {error}")


def _trusted(certutil: str, database: Path) -> list[str]:
    """Lists nicknames of authorities for servers. *Source:* certutil(1), trust argument `C`."""
    lines = _ask(certutil, database, "-L").splitlines()
    found = (_LISTED.match(line) for line in lines)
    return [match["nickname"] for match in found if match and "C" in match["server"]]


def _export(certutil: str, database: Path, *, nickname: str) -> str:
    text = _ask(certutil, database, "-L", "-n", nickname, "-a")
    begin, end = text.find(ssl.PEM_HEADER), text.find(ssl.PEM_FOOTER)
    if begin < 0 or end < 0:
        raise ToolError("certutil gave no certificate")
    return text[begin : end + len(ssl.PEM_FOOTER)] + "\n"


def _ask(certutil: str, database: Path, *arguments: str) -> str:
    answer = run([certutil, *arguments, "-d", f"sql:{database}"])
    if answer.returncode != 0:
        raise ToolError(f"certutil ended with status {answer.returncode}")
    return answer.stdout.decode("utf-8", errors="replace")
