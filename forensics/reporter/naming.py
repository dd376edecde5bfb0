"""Names and enumerated words of recorded values in the report's language; what has none stays as recorded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from forensics.reporter.evidence import Said
from forensics.reporter.recorded import EMPTY, VALUE_LENGTH
from forensics.reporter.wording import Words

Path = tuple[str, ...]
"""Where a value stands among the values of a finding: the keys on the way, without the indices of lists."""

DRAWN_TOGETHER = frozenset({"groups", "kinds", "node_types", "options", "written", "tags"})
"""Last keys of mappings with keys of the file's own; such a mapping is written as one value: `Make 1, Model 1`."""


def value_name(path: Path, kind: str, *, words: Words) -> Said | None:
    """Names a value; None where the templates have no name for it.

    The first of these that the templates have: `value.KIND:PATH`, `value.PATH`, `value.PARENT.*` with the last key as
    `{name}`, `value.*.KEY` of the last key alone.
    """
    dotted = ".".join(path)
    for key in (f"value.{kind}:{dotted}", f"value.{dotted}"):
        if words.has(key):
            return words.say(key)
    wildcard = f"value.{'.'.join(path[:-1])}.*"
    if path[:-1] and words.has(wildcard):
        return words.say(wildcard, name=path[-1])
    last = f"value.*.{path[-1]}"
    return words.say(last) if words.has(last) else None


def shown_name(path: Path, kind: str, *, words: Words) -> Said:
    """Names a value in the report's language, else as it is recorded."""
    return value_name(path, kind, words=words) or words.shortened(".".join(path), 120)


def value_word(path: Path, value: str, *, words: Words) -> Said | None:
    """Gives the word for an enumerated value; None where the value is no such word.

    The templates have it under the last two keys of the path, or the last one: `value_word.KEY.VALUE`. A word belongs
    to its key alone, so that no text taken from a file is ever replaced by one.
    """
    keys = (f"value_word.{'.'.join(path[-2:])}.{value}", f"value_word.{path[-1]}.{value}")
    found = next((key for key in keys if words.has(key)), None)
    return words.say(found) if found else None


def value_said(path: Path, value: Any, *, words: Words, most: int = VALUE_LENGTH) -> Said:
    """Writes a value: enumerated words translated, numbers with the language's decimal sign, lists on one line."""
    if value is None or isinstance(value, bool):
        return words.show(value)
    if isinstance(value, float):
        return Said(_decimal(value, words))
    if isinstance(value, str):
        word = value_word(path, value, words=words) if value else words.say("word.empty")
        return word or words.shortened(value, most)
    if isinstance(value, Mapping):
        listed = (
            words.join([words.show(str(name)), _inner((*path, str(name)), one, words)], "\u00a0")
            for name, one in value.items()
        )
        return words.shortened(words.join(listed, words.say("word.clause")), most) if value else words.say("word.empty")
    if isinstance(value, Sequence):
        return _list_said(path, value, words=words, most=most)
    return words.shortened(str(value), most)


def _inner(path: Path, value: Any, words: Words) -> Said:
    return value_said(path, value, words=words, most=VALUE_LENGTH)


def _decimal(value: float, words: Words) -> str:
    text = repr(value).replace("-", "\u2212")
    return text.replace(".", ",") if words.language == "fr" else text


def _list_said(path: Path, value: Sequence[Any], *, words: Words, most: int) -> Said:
    if not value:
        return words.say("word.empty")
    separator = "word.semicolon" if any(isinstance(one, Mapping) for one in value) else "word.clause"
    said: list[Said] = []
    room = most
    for one in value:
        if room <= 0:
            break
        said.append(_member(path, one, words=words))
        room -= len(said[-1]) + 2
    return words.shortened(words.join(said, words.say(separator)), most)


def _member(path: Path, value: Any, *, words: Words) -> Said:
    """Writes a member of a list; a mapping with its keys as recorded."""
    if not isinstance(value, Mapping):
        return _inner(path, value, words)
    parts = (
        words.join([words.show(str(name)), _inner((*path, str(name)), one, words)], "=")
        for name, one in value.items()
        if one not in EMPTY
    )
    return words.join(parts, words.say("word.clause"))


def leaves(values: Mapping[str, Any], path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Gives the values that say something, with their paths; lists, and mappings that are drawn together, whole."""
    for key, value in values.items():
        here = (*path, str(key))
        if isinstance(value, Mapping) and set(value) == {"display", "raw_hex"}:
            yield here, f"{value['display']} ({value['raw_hex']})"
        elif isinstance(value, Mapping) and value and here[-1] not in DRAWN_TOGETHER:
            yield from leaves(value, here)
        elif value not in EMPTY:
            yield here, value


def reach(value: Any, path: Path) -> Any:
    """Follows a path into a value, through lists too, of which it gives the members' values as a list; else None."""
    if not path:
        return value
    if isinstance(value, Mapping):
        return reach(value.get(path[0]), path[1:])
    if isinstance(value, list | tuple):
        return [found for one in value if (found := reach(one, path)) not in EMPTY]
    return None
