"""Judges what was reached: the content, or something that stands in front of it. Errs on the side of saying so."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from forensics.model import Gap, GapReason

SHORT_TEXT = 1_500
"""Characters of visible text up to which a page with a sign of a wall is taken for the wall itself."""

COVERED = 0.5
"""Share of the view from which a layer in front of the page is said to cover it."""

CLIPPED_PX = 100
"""Height below the view from which a page that cannot be scrolled is said to hide something, in CSS pixels."""

REDIRECTION = 3
"""Class of statuses that send a client elsewhere. *Source:* RFC 9110, section 15.4."""

HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})

CAPTCHA_FRAMES = re.compile(
    r"recaptcha/(?:api2|enterprise)/bframe|hcaptcha\.com/captcha|challenges\.cloudflare\.com|geetest|"
    r"captcha\.(?:qq|gtimg)|arkoselabs|funcaptcha|perimeterx|datadome|captcha-delivery",
    re.IGNORECASE,
)
CAPTCHA_TEXT = re.compile(
    r"verify (?:that )?you(?:'re| are)(?: not a robot| (?:a )?human)|(?:i am|i'm) not a robot|"
    r"are you (?:a )?(?:human|robot)|"
    r"checking your browser|just a moment|unusual traffic|complete the security check|press (?:&|and) hold|"
    r"enable javascript and cookies to continue|confirmez que vous (?:êtes|n'êtes pas)|je ne suis pas un robot|"
    r"vérification de sécurité|安全验证|人机验证|滑块|滑动验证|拖动.{0,6}滑块|请完成验证|验证码|访问过于频繁|异常流量",
    re.IGNORECASE,
)
CONSENT_TEXT = re.compile(
    r"cookie|consent|gdpr|privacy (?:choices|settings|preferences)|we value your privacy|"
    r"vie privée|consentement|témoins de connexion|隐私|同意.{0,8}(?:协议|政策|使用)|接受全部|全部接受",
    re.IGNORECASE,
)
LOGIN_TEXT = re.compile(
    r"\b(?:log ?in|sign ?in|sign ?up to|create an account|join now)\b|se connecter|connexion|identifiez-vous|"
    r"登录|登陆|请先登|扫码|注册后|立即注册|手机号",
    re.IGNORECASE,
)
ERROR_TEXT = re.compile(
    r"\b404\b|page (?:was )?not found|"
    r"(?:page|content|video|post) (?:is )?(?:unavailable|no longer available|not available)|"
    r"(?:has been|was) (?:removed|deleted|taken down)|something went wrong|internal server error|service unavailable|"
    r"page introuvable|n'est plus disponible|a été supprimée?|erreur interne|"
    r"页面不存在|页面找不到|找不到(?:该|此)?(?:页面|内容)|内容(?:不存在|已(?:被.{0,8})?(?:删除|下架|移除))|已被(?:发布者|作者|用户)?删除|"
    r"视频不见了|服务器(?:错误|繁忙|开小差)|系统繁忙|出错了",
    re.IGNORECASE,
)
ERROR_LENGTH = 400
"""Characters of visible text up to which a page with such words is taken for an error page."""

LOGIN_PATH = re.compile(r"/(?:login|signin|sign-in|sign_in|passport|sso|auth|accounts/login)(?:[/.?]|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reached:
    """What is known of the page that was reached.

    Attributes:
        requested_url: What was asked for.
        final_url: Where the browser ended.
        status: HTTP status of the main document; None where there was no answer.
        media_type: Media type of the main document.
        error: Why there was no whole answer; empty where there was one.
        probe: What `scripts/state.js` measured; empty where the page could not be asked.
    """

    requested_url: str
    final_url: str
    status: int | None
    media_type: str
    error: str
    probe: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class State:
    """What the page is.

    Attributes:
        name: `content`, `http-error`, `soft-error`, `login-wall`, `captcha`, `consent-wall`, `covered`, `blank`,
            `not-seen`, `not-html` or `no-answer`.
        signs: What led to it, in words.
        gaps: What the outcome must reckon with; empty where the content was reached.
    """

    name: str
    signs: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()


def judge(reached: Reached) -> State:
    """Judges what was reached. A wall that it does not know is taken for content: absence of signs is no proof."""
    if reached.status is None or (reached.error and reached.status // 100 == REDIRECTION):
        return _state("no-answer", (reached.error or "no answer came",), why=GapReason.FAILED)
    if reached.status >= 400:  # noqa: PLR2004 - RFC 9110, section 15.5: client errors begin here
        answered, captcha = f"the server answered with status {reached.status}", _captcha(reached.probe)
        return _state("captcha" if captcha else "http-error", (answered, *captcha), why=GapReason.FAILED)
    if not is_html(reached.media_type):
        return State("not-html", (f"the address gives {reached.media_type or 'an unnamed type'} and not a page",))
    if not reached.probe:
        return _state("not-seen", ("it did not answer when it was asked what it shows",), why=GapReason.FAILED)
    for name, signs in (
        ("captcha", _captcha(reached.probe)),
        ("login-wall", _login(reached)),
        ("consent-wall", _layer(reached.probe, CONSENT_TEXT)),
        ("covered", _layer(reached.probe, None)),
        ("soft-error", _soft_error(reached.probe)),
        ("blank", _blank(reached.probe)),
    ):
        if signs:
            return _state(name, signs, why=GapReason.REFUSED)
    return State("content", gaps=_clipped(reached.probe))


def _clipped(probe: Mapping[str, Any]) -> tuple[Gap, ...]:
    """States that a page hides what lies below the view, which can then be neither scrolled to nor pictured."""
    below = int(probe.get("clipped_px") or 0)
    if below < CLIPPED_PX:
        return ()
    detail = f"the page does not let itself be scrolled; {below} px of it are not shown"
    return (Gap("page", GapReason.REFUSED, detail),)


def is_html(media_type: str) -> bool:
    """Whether a media type, with or without parameters, is that of a page."""
    return media_type.partition(";")[0].strip().lower() in HTML_TYPES


SENTENCES = {
    "not-seen": "the page could not be looked at",
    "no-answer": "the page was not reached",
    "http-error": "the server answered with an error; what it sent is kept",
    "captcha": "the page asks for proof of a human reader in place of its content; the request is kept",
    "login-wall": "the page asks for a log-in in place of its content; the request is kept",
    "consent-wall": "a request for consent covers the content; what could be seen is kept",
    "soft-error": "the page says in words that there is no content, although the server reports success; it is kept",
    "covered": "a layer covers the content; what could be seen is kept",
    "blank": "nothing was visible on the page after it was loaded",
}


def _state(name: str, signs: tuple[str, ...], *, why: GapReason) -> State:
    return State(name, signs, (Gap("page", why, f"{SENTENCES[name]}: {'; '.join(signs)}"),))


def _captcha(probe: Mapping[str, Any]) -> tuple[str, ...]:
    frames = [url for url in probe.get("frames", ()) if CAPTCHA_FRAMES.search(url)]
    is_short = probe.get("text_length", 0) <= SHORT_TEXT
    found = CAPTCHA_TEXT.search(f"{probe.get('title', '')}\n{probe.get('text', '')}")
    signs = []
    if frames and (is_short or _is_covered(probe)):
        signs.append(f"a frame from {urlsplit(frames[0]).hostname}")
    if found and is_short and not probe.get("passwords"):
        signs.append(f"the words “{found.group(0)}”")
    return tuple(signs)


def _login(reached: Reached) -> tuple[str, ...]:
    probe = reached.probe
    is_short = probe.get("text_length", 0) <= SHORT_TEXT
    signs = []
    if probe.get("passwords") and (is_short or _is_covered(probe)):
        signs.append("a password field")
    was_sent_there = urlsplit(reached.final_url).path != urlsplit(reached.requested_url).path
    if was_sent_there and LOGIN_PATH.search(urlsplit(reached.final_url).path):
        signs.append(f"the server sent the browser to {urlsplit(reached.final_url).path}")
    signs.extend(_layer(probe, LOGIN_TEXT))
    return tuple(signs)


def _layer(probe: Mapping[str, Any], words: re.Pattern[str] | None) -> tuple[str, ...]:
    """Gives signs of a layer that covers the page and holds certain words, or any where none are wanted."""
    if not _is_covered(probe):
        return ()
    share = f"a layer covers {100 * probe['covered_share']:.0f} % of the view"
    if words is None:
        return (share,) if probe.get("is_scroll_locked") or probe.get("layer_has_frame") else ()
    found = words.search(str(probe.get("layer_text", "")))
    return (share, f"the words “{found.group(0)}”") if found else ()


def _soft_error(probe: Mapping[str, Any]) -> tuple[str, ...]:
    found = ERROR_TEXT.search(f"{probe.get('title', '')}\n{probe.get('text', '')}")
    return (f"the words “{found.group(0)}”",) if found and probe.get("text_length", 0) <= ERROR_LENGTH else ()


def _is_covered(probe: Mapping[str, Any]) -> bool:
    return bool(probe.get("covered_share", 0.0) >= COVERED)


def _blank(probe: Mapping[str, Any]) -> tuple[str, ...]:
    has_something = probe.get("text_length") or probe.get("pictures") or probe.get("has_background")
    return () if has_something or probe.get("frames") else ("no text and no picture",)
