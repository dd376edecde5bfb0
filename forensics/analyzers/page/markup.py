"""HTML, XML and style sheets taken apart: runs of text, attribute values, scripts, styles. Never more than one pass."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_NAME = re.compile(r"[A-Za-z][^\s/>]*")
_SPACE = re.compile(r"[\s/]*")
_ATTRIBUTE = re.compile(r"""([^\s=>/"'][^\s=>/]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"'][^\s>]*)))?""")
_UNCLOSED = re.compile(r"""\s*=\s*["']""")
_STYLE_STRING = re.compile(r"""\"((?:[^"\\\n]|\\.)*)\"|'((?:[^'\\\n]|\\.)*)'""", re.DOTALL)
_STYLE_ESCAPE = re.compile(r"\\(?:([0-9A-Fa-f]{1,6})[ \t\n]?|(.))", re.DOTALL)
_RAW = ("script", "style", "xmp", "iframe", "noembed", "noframes")
"""Elements whose content is not markup. *Source:* HTML Standard, 13.2.6.4."""
_TEXT_ONLY = ("title", "textarea")
"""Elements whose content is text with character references. *Source:* the same."""
_ENDS = {name: re.compile(f"</{name}", re.IGNORECASE) for name in (*_RAW, *_TEXT_ONLY)}
_LARGEST_CODE = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)


@dataclass(slots=True)
class Markup:
    """What a document is made of.

    Attributes:
        texts: Runs of text between two tags, in order, character references resolved; white space as in the source.
        values: Attribute values, character references resolved.
        scripts: Type (empty where none is named) and content of each script element.
        styles: Content of each style element and `style` attribute.
        documents: Content of `srcdoc` attributes: documents within this one.
    """

    texts: list[str] = field(default_factory=list)
    values: list[str] = field(default_factory=list)
    scripts: list[tuple[str, str]] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)
    documents: list[str] = field(default_factory=list)


def parse(source: str) -> Markup:
    """Takes a document apart in one pass, whatever is wrong with it.

    Not done: the tree that a browser would build. Only runs of text and their order matter here.
    Source: HTML Standard, 13.2.5 (tokenization), in outline.
    """
    markup = Markup()
    at = 0
    while at < len(source):
        start = source.find("<", at)
        end = len(source) if start < 0 else start
        _add_text(markup, source[at:end])
        if start < 0:
            break
        at = _after_tag(source, start, markup)
    return markup


def _add_text(markup: Markup, text: str) -> None:
    if text and not text.isspace():
        markup.texts.append(html.unescape(text))


def _after_tag(source: str, start: int, markup: Markup) -> int:
    """Reads what begins with `<` and gives the place behind it."""
    if source.startswith("<!--", start):
        return _behind(source, "-->", start + 4)
    if source.startswith("<![CDATA[", start):
        end = source.find("]]>", start)
        end = len(source) if end < 0 else end
        markup.texts.append(source[start + 9 : end])
        return end + 3
    if source.startswith(("<!", "<?"), start):
        return _behind(source, ">", start)
    is_end = source.startswith("</", start)
    name = _NAME.match(source, start + 1 + is_end)
    if name is None:
        _add_text(markup, "<")
        return start + 1
    return _element(source, name, markup, is_end=is_end)


def _behind(source: str, mark: str, start: int) -> int:
    found = source.find(mark, start)
    return len(source) if found < 0 else found + len(mark)


def _element(source: str, name: re.Match[str], markup: Markup, *, is_end: bool) -> int:
    attributes, at = _attributes(source, name.end())
    tag = name.group().lower()
    if is_end:
        return at
    for key, value in attributes:
        target = {"style": markup.styles, "srcdoc": markup.documents}.get(key, markup.values)
        target.append(value)
    if tag not in _ENDS or source[at - 2 : at] == "/>":
        return at
    return _raw(source, at, markup, tag=tag, kind=dict(attributes).get("type", ""))


def _attributes(source: str, at: int) -> tuple[list[tuple[str, str]], int]:
    """Reads attributes up to the end of a tag; what a quotation mark that never closes would hold is dropped."""
    found: list[tuple[str, str]] = []
    while at < len(source):
        at = _SPACE.match(source, at).end()  # type: ignore[union-attr]  # the pattern matches nothing, too
        match = _ATTRIBUTE.match(source, at)
        if match is not None:
            value = match.group(2) or match.group(3) or match.group(4)
            if value:
                found.append((match.group(1).lower(), html.unescape(value)))
            at = match.end()
            if _UNCLOSED.match(source, at):
                return found, len(source)
            continue
        end = source.find(">", at, at + 1)
        if end >= 0:
            return found, end + 1
        at += 1
    return found, at


def _raw(source: str, at: int, markup: Markup, *, tag: str, kind: str) -> int:
    end = _ENDS[tag].search(source, at)
    content = source[at : end.start() if end else len(source)]
    if tag == "script":
        markup.scripts.append((kind.strip().lower(), content))
    elif tag == "style":
        markup.styles.append(content)
    elif tag in _TEXT_ONLY:
        _add_text(markup, content)
    elif tag == "xmp":
        markup.texts.append(content)
    return _behind(source, ">", end.end()) if end else len(source)


def style_strings(source: str) -> Iterator[str]:
    """Gives the quoted strings of a style sheet: `content` of `::before`, quotes, names of fonts.

    Source: CSS Syntax Module Level 3, 4.3.5 and 4.3.7.
    """
    for match in _STYLE_STRING.finditer(source):
        value = match.group(1) or match.group(2) or ""
        yield style_text(value)


def style_text(source: str) -> str:
    """Resolves the escapes of a style sheet. *Source:* CSS Syntax Module Level 3, 4.3.7."""
    return _STYLE_ESCAPE.sub(_character, source) if "\\" in source else source


def _character(match: re.Match[str]) -> str:
    if match.group(1) is None:
        return "" if match.group(2) == "\n" else match.group(2)
    code = int(match.group(1), 16)
    return chr(code) if 0 < code <= _LARGEST_CODE and code not in _SURROGATES else "\ufffd"
