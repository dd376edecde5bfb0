"""Words of labels that people can see: those that name artificial intelligence, and those that name generation.

*Source:* GB 45438-2025, 5.2 (text labels hold an element for artificial intelligence and one for generation or
synthesis), as reported by those who read it; wordings that platforms show, and those of other languages.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

MOST_APART = 24
"""Characters between the two elements: "本视频内容由平台自研人工智能大模型技术辅助生成" has 11."""

MOST_CHARACTERS = 80
"""Characters of a matching text that are repeated."""

_MOST_LOOKED_AT = 400
"""Characters of a line that are looked at; labels are far shorter."""

_SHORT_MARK = 12
"""Characters of a corner mark at most, such as `即梦AI` or `KLING AI 2.1`."""

_AI = re.compile(r"人工智[能慧]|(?<![A-Za-z0-9])(?:AI(?:GC)?|A\.I\.)(?![A-Za-z0-9])|(?i:artificial\s*intelligence)")
_GENERATION = re.compile(r"生成(?!式)|合成")
_GENERATIVE = re.compile(r"生成式(?:人工智[能慧]|AI)")

_AI_NAMES = (
    r"(?:(?:l['’]|une )?IA|AI|KI|artificial\s+intelligence|(?:l['’]|una? |une )?(?:intelligence\s+artificielle|"
    r"inteligencia\s+artificial|intelig[êe]ncia\s+artificial|intelligenza\s+artificiale)|"
    r"k[üu]nstliche[rn]?\s+intelligenz)(?![A-Za-z0-9])"
)
_MADE = (
    r"(?:generated|synthesi[sz]ed|created|made|produced|imagined|g[ée]n[ée]r[ée]e?s?|cr[ée][ée]e?s?|r[ée]alis[ée]e?s?|"
    r"generad[oa]s?|cread[oa]s?|hech[oa]s?|gerad[oa]s?|criad[oa]s?|generat[oaie]|creat[oaie]|generiert|erstellt|erzeugt)"
)
_BY = (
    r"(?:with|by|using|through|via|par|avec|à l['’]aide (?:de|d['’])|con|por|mediante|com|da|dall['’]|tramite|mit|von|"
    r"durch|mithilfe von)"
)
_OTHERS = (
    re.compile(
        r"(?<![A-Za-z0-9])(?:AI|KI|artificial\s+intelligence)[\s\-–‐]*"
        r"(?:generated|synthesi[sz]ed|created|made|generiert|erstellt|erzeugt)(?![a-z])",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?<![A-Za-z]){_MADE}\s*{_BY}\s*(?:(?:an?|generative|of)\s+){{0,2}}{_AI_NAMES}(?!(?-i:\s+[A-Z][a-z]))",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?<![A-Za-z0-9])AI(?:로|によって|により|による|で)?\s*(?:생성|제작|作成)|인공지능(?:으로)?\s*(?:생성|제작)"
    ),
)
"""Usual wordings in English, French, German, Spanish, Portuguese, Italian, Korean and Japanese. A name behind the
element (`created by AI Weber`) is none."""

_NEAR = re.compile(
    r"(?:(?<![A-Za-z0-9])AI|人工智[能慧])(?:辅助|輔助)?(?:创作|創作|制作|製作|绘制|繪製|绘画|作画|换脸|換臉|数字人|數字人|配音)"
    r"|(?<![A-Za-z])AI\s+(?:info|content|avatar)(?![A-Za-z])"
)
"""Words that platforms show beside or instead of the rule's, and that name no generation."""

_SPACE = re.compile(r"\s+")
_HAN = r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]"
_WIDE = re.compile(rf"(?<={_HAN})\s+|\s+(?={_HAN})")
"""Spaces beside Chinese characters, which recognisers put in and leave out."""

_BEHIND = r"(?=[\s\-–‐]*(?:辅助|自动|技术|技術)?(?:生成|合成|创作|制作|generat|synthes|created|made))"
_CONFUSED = re.compile(
    rf"(?<![A-Za-z0-9])A\s*[Il1|丨]{_BEHIND}|(?<=由)A{_BEHIND}|(?<=[a-z] )A[Il1|](?=\W*$)|^A\s*[Il|]$",
    re.IGNORECASE,
)
"""The two letters as recognisers read them: a capital I, a small L, a one and a bar look alike, and a thin I between a
broad A and a Chinese character is lost. Only where the other element stands beside them, or nothing else."""


@dataclass(frozen=True, slots=True)
class Match:
    """What a text has of a label.

    Attributes:
        wording: `rule` where both elements of the Chinese rule are there; `other_language`; `near` where words of a
            platform are there that name no generation; `mark` where it is short and names artificial intelligence only.
        ai: The words that name artificial intelligence, as read; empty for none.
        generation: The words that name generation, as read; empty for none.
    """

    wording: str
    ai: str
    generation: str

    @property
    def is_label(self) -> bool:
        """Whether the text has both elements."""
        return self.wording in {"rule", "other_language"}

    @property
    def is_chinese_rule(self) -> bool:
        """Whether the elements are those of the Chinese rule."""
        return self.wording == "rule"


def match(text: str) -> Match | None:
    """Looks for the elements of a label in one line or sentence; None where there are none."""
    plain = normal(text[:_MOST_LOOKED_AT])
    return _rule(plain) or _other(plain) or _near(plain) or _mark(plain)


def normal(text: str) -> str:
    """Gives a text in one width, with the two letters where recognisers misread them, and no spaces in Chinese."""
    wide = unicodedata.normalize("NFKC", text)
    close = _WIDE.sub("", _SPACE.sub(" ", wide).strip())
    return _CONFUSED.sub("AI", close)


def is_part(text: str) -> bool:
    """Whether a text may be a part of a label: it has one element, or begins or ends within one."""
    plain = normal(text[:_MOST_LOOKED_AT])
    return bool(
        _AI.search(plain)
        or _GENERATION.search(plain)
        or plain.startswith("成")
        or plain.endswith(("生", "合", "由A"))
        or plain in {"A", "I"}
    )


def _rule(plain: str) -> Match | None:
    for generation in _GENERATION.finditer(plain):
        for name in _AI.finditer(plain):
            apart = max(generation.start() - name.end(), name.start() - generation.end())
            if apart <= MOST_APART:
                return Match("rule", name.group(), generation.group())
    return None


def _other(plain: str) -> Match | None:
    for pattern in _OTHERS:
        found = pattern.search(plain)
        if found:
            names = list(re.finditer(rf"{_AI_NAMES}|AI|인공지능", found.group(), re.IGNORECASE))
            return Match("other_language", names[-1].group() if names else "", found.group())
    return None


def _near(plain: str) -> Match | None:
    found = _NEAR.search(plain) or _GENERATIVE.search(plain)
    return Match("near", found.group(), "") if found else None


def _mark(plain: str) -> Match | None:
    found = re.search(r"(?<![A-Za-z0-9])AI(?:GC)?(?![A-Za-z0-9])", plain)
    return Match("mark", found.group(), "") if found and len(plain) <= _SHORT_MARK else None
