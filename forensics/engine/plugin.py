"""Finding built-in plug-ins by name, and setting their fields as a command line writes them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, replace
from typing import Any

from forensics.errors import UsageError
from forensics.plugins import load

_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def by_name(paths: Iterable[str]) -> dict[str, Any]:
    """Gives the classes of plug-ins, by the names of the plug-ins, in the order of the list.

    Args:
        paths: Each `module:Class`.
    """
    return {cls.name: cls for cls in map(load, paths)}


def one_named(name: str, classes: dict[str, Any], *, what: str) -> Any:
    """Gives the class of a plug-in.

    Args:
        name: Of the plug-in.
        classes: As `by_name` gives them.
        what: What they are, for the message: `analyzer`.

    Raises:
        UsageError: There is none of that name.
    """
    if name not in classes:
        raise UsageError(f"there is no {what} {name}", hint=f"There are: {', '.join(sorted(classes))}.")
    return classes[name]


def with_setting(plugin: Any, setting: str) -> Any:
    """Gives a plug-in with one of its fields set.

    Args:
        plugin: A frozen dataclass whose fields are its settings.
        setting: `name.field=value`; the value takes the type of the field's default.

    Raises:
        UsageError: The setting is for another plug-in, or there is no such field or value.
    """
    left, _, text = setting.partition("=")
    name, _, member = left.partition(".")
    defaults: dict[str, Any] = {one.name: one.default for one in fields(plugin)}
    if name != plugin.name or member not in defaults:
        raise UsageError(
            f"{plugin.name} has no setting {left}",
            hint=f"Write --set {plugin.name}.FIELD=VALUE; docs/methods lists the settings.",
        )
    try:
        return replace(plugin, **{member: _read(text, type(defaults[member]))})
    except (TypeError, ValueError) as error:
        raise UsageError(f"{text!r} is no value for {left}: {error}") from error


def _read(text: str, kind: type[Any]) -> Any:
    """Reads a value; `bool("false")` would be true."""
    if kind is not bool:
        return kind(text)
    if text.lower() not in _WORDS:
        raise ValueError("write true or false")
    return _WORDS[text.lower()]
