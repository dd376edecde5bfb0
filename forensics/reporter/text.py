"""Template files: where they lie, what is in them, and the checks that they must pass before they are used."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Formatter
from typing import Any

from forensics.errors import ReportError
from forensics.reporter import fonts
from forensics.reporter.evidence import Said, mark, undrawable
from forensics.reporter.fonts import Fonts

LANGUAGES = ("zh", "en", "fr")
JURISDICTIONS = ("cn", "us", "eu", "intl")

Texts = Mapping[str, str | tuple[str, ...]]
"""Dotted key to a text or a list of texts."""

_BEFORE = re.compile(r" (?=[:;?!»])")
_AFTER = re.compile(r"(?<=«) ")


@dataclass(frozen=True, slots=True)
class Templates:
    """Everything that people who do not program can change in a report.

    Attributes:
        digest: SHA-256 over the names and bytes of all files read; it names this set of templates.
        report: Language to the texts of the report.
        findings: Language to the sentences of findings, by message id; English ones are in the records.
        declarations: Jurisdiction, then language, to the texts of the declaration.
        papers: Name of a paper, then language, to its texts (docs/papers.md).
        notices: Name of a notice to what it must have: dotted field to how it is checked.
        page: The HTML page with `$title`, `$style` and so on.
        style: The style sheet of the HTML page.
    """

    root: Path
    digest: str
    fonts: Fonts
    report: Mapping[str, Texts]
    findings: Mapping[str, Mapping[str, str]]
    declarations: Mapping[str, Mapping[str, Texts]]
    page: str
    style: str
    papers: Mapping[str, Mapping[str, Texts]]
    notices: Mapping[str, Mapping[str, str]]


def template_root() -> Path:
    """Finds the templates: in the installed package, or beside it in a checkout.

    Raises:
        ReportError: They are in neither place.
    """
    package = Path(str(files("forensics")))
    for root in (package / "templates", package.parent / "templates"):
        if (root / "report").is_dir():
            return root
    hint = "Install the program again, or name the folder of the templates."
    raise ReportError("the templates of reports are not installed", hint=hint)


def load(root: Path | None = None) -> Templates:
    """Loads and checks all templates.

    Args:
        root: Folder of the templates; None for those that belong to the program.

    Raises:
        ReportError: A file is missing or malformed, has a character that no font has, or a placeholder of another form.
    """
    folder = template_root() if root is None else root
    known = fonts.load(folder / "fonts")
    contents = dict(_read(folder))
    report = {language: _texts(contents, f"report/{language}.toml", language=language) for language in LANGUAGES}
    declarations = {place: _by_language(contents, f"declarations/{place}.toml") for place in JURISDICTIONS}
    papers = {Path(name).stem: _by_language(contents, name) for name in contents if name.startswith("papers/")}
    for each in (report, *declarations.values(), *papers.values()):
        for language, texts in each.items():
            _check(texts, known, where=language)
    findings = {language: _findings(contents, language, known=known) for language in LANGUAGES}
    page, style = (contents[name].decode("utf-8") for name in ("html/page.html", "html/report.css"))
    notices = {Path(name).stem: _required(contents, name) for name in contents if name.startswith("papers/notice-")}
    digest = _digest(contents, known)
    return Templates(folder, digest, known, report, findings, declarations, page, style, papers, notices)


def _read(root: Path) -> Iterator[tuple[str, bytes]]:
    needed = [f"report/{language}.toml" for language in LANGUAGES]
    needed += [f"declarations/{place}.toml" for place in JURISDICTIONS]
    for name in [*needed, "html/page.html", "html/report.css"]:
        try:
            yield name, (root / name).read_bytes()
        except OSError as error:
            hint = "A folder of templates must be complete."
            raise ReportError(f"template {root / name} cannot be read: {error}", hint=hint) from error
    for path in sorted([*(root / "findings").glob("*/*.toml"), *(root / "papers").glob("*.toml")]):
        yield path.relative_to(root).as_posix(), path.read_bytes()


def _digest(contents: Mapping[str, bytes], known: Fonts) -> str:
    lines = [f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(contents.items())]
    lines += [f"{face.sha256}  fonts/{face.file}\n" for face in (known.bold, known.regular)]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _parse(contents: Mapping[str, bytes], name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(contents[name].decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ReportError(f"template {name} is malformed: {error}", hint="Correct the place that it names.") from error


def _texts(contents: Mapping[str, bytes], name: str, *, language: str) -> Texts:
    return dict(_flat(_parse(contents, name), "", language=language))


def _by_language(contents: Mapping[str, bytes], name: str) -> dict[str, Texts]:
    tables = _parse(contents, name)
    missing = [language for language in LANGUAGES if language not in tables]
    if missing:
        raise ReportError(f"template {name} has no table [{missing[0]}]", hint="Every language needs its own table.")
    return {language: dict(_flat(tables[language], "", language=language)) for language in LANGUAGES}


def _required(contents: Mapping[str, bytes], name: str) -> Mapping[str, str]:
    """Reads the table `[required]` of a notice; one without it would let every notice pass."""
    found = _parse(contents, name).get("required")
    if not isinstance(found, Mapping) or not found or not all(isinstance(check, str) for check in found.values()):
        raise ReportError(f"template {name} has no table [required]", hint="It says what the notice must have.")
    return dict(found)


def _flat(table: Mapping[str, Any], prefix: str, *, language: str) -> Iterator[tuple[str, str | tuple[str, ...]]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.", language=language)
        elif isinstance(value, list):
            yield prefix + key, tuple(spaced(str(text), language) for text in value)
        else:
            yield prefix + key, spaced(str(value), language)


def spaced(text: str, language: str) -> Said:
    """Puts no-break spaces where French typography wants them; an ordinary space must be there already."""
    return Said(_AFTER.sub("\u00a0", _BEFORE.sub("\u00a0", text)) if language == "fr" else text)


def _check(texts: Texts, known: Fonts, *, where: str) -> None:
    for key, value in texts.items():
        for text in (value,) if isinstance(value, str) else value:
            missing = undrawable(text, known)
            if missing:
                hint = "Write it in another way: a blank must never stand for a character."
                raise ReportError(f"template text {key} ({where}) has {mark(missing[0])}, which no font has", hint=hint)
            if not has_plain_placeholders(text):
                hint = "Write only {name}; two braces for a brace."
                raise ReportError(f"template text {key} ({where}) has a placeholder of another form", hint=hint)


def has_plain_placeholders(text: str) -> bool:
    """Whether every placeholder of a format string is just a name in braces."""
    try:
        fields = [(name, spec, conversion) for _, name, spec, conversion in Formatter().parse(text) if name is not None]
    except ValueError:
        return False
    return all(name.isidentifier() and not spec and not conversion for name, spec, conversion in fields)


def _findings(contents: Mapping[str, bytes], language: str, *, known: Fonts) -> dict[str, str]:
    """Reads the sentences of findings; one that cannot be used is left out, and its English text stands instead."""
    names = [name for name in contents if name.startswith(f"findings/{language}/")]
    texts = {key: text for name in names for key, text in _flat(_parse(contents, name), "", language=language)}
    whole = {key: text for key, text in texts.items() if isinstance(text, str)}
    return {key: text for key, text in whole.items() if has_plain_placeholders(text) and not undrawable(text, known)}
