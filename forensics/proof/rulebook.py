"""Finds and reads the rules of words that a lawyer may change, and digests them so that a result can name its rules."""

from __future__ import annotations

import hashlib
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

from forensics.errors import UsageError


def rule_folder(name: str) -> Path:
    """Finds a folder of the templates: in the installed package, or beside it in a checkout.

    Raises:
        UsageError: It is in neither place.
    """
    package = Path(str(files("forensics")))
    for root in (package / "templates", package.parent / "templates"):
        if (root / name).is_dir():
            return root / name
    raise UsageError(f"the rules {name!r} are not installed", hint="Install the program again, or name their folder.")


def read_folder(folder: Path) -> tuple[dict[str, dict[str, Any]], str]:
    """Reads every TOML file of a folder.

    Returns:
        Name of the file to its contents, by name, and a SHA-256 over names and bytes that names this set of rules.

    Raises:
        UsageError: The folder has none, or one is malformed.
    """
    tables: dict[str, dict[str, Any]] = {}
    lines: list[str] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            data = path.read_bytes()
            tables[path.name] = tomllib.loads(data.decode("utf-8-sig"))
        except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise UsageError(
                f"rules {path} cannot be read: {error}", hint="Correct the place that it names."
            ) from error
        lines.append(f"{hashlib.sha256(data).hexdigest()}  {path.name}\n")
    if not tables:
        raise UsageError(f"{folder} has no rules", hint="Name a folder with files that end in .toml.")
    return tables, hashlib.sha256("".join(lines).encode()).hexdigest()


def texts(table: dict[str, Any], key: str, where: str) -> tuple[str, ...]:
    """Gives a list of texts of a table, or one text as a list; empty where the key is absent.

    Raises:
        UsageError: It is neither.
    """
    value = table.get(key, [])
    made = [value] if isinstance(value, str) else value
    if not isinstance(made, list) or not all(isinstance(one, str) and one.strip() for one in made):
        raise UsageError(f"`{key}` of {where} is no text and no list of texts")
    return tuple(made)


def text(table: dict[str, Any], key: str, where: str, *, default: str | None = None) -> str:
    """Gives a text of a table.

    Raises:
        UsageError: It is absent without a default, or no text.
    """
    value = table.get(key, default)
    if not isinstance(value, str):
        raise UsageError(f"`{key}` of {where} is absent or no text")
    return value
