"""What stands before content on the test site: logins, captchas, consent, and pages that only look like these."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from urllib.parse import parse_qs

from tests.fakes.site_media import clip, png
from tests.fakes.site_reply import Asked, Page, Place, Reply, Stored, as_json, page, ranged, redirect

USER = "alice"
PASSWORD = "correct-horse-9041"
SESSION = "sid-c0ffee5f0c1d7a3e9b24"
"""Value of the session cookie (HttpOnly) that a right login sets."""
TOKEN = "tok-eyJ0ZXN0IjoibmV2ZXIgZGlzY2xvc2UifQ"
"""Access token that the login answer puts into the page's storage, and that the page sends as a bearer."""
SECRETS = (PASSWORD, SESSION, TOKEN)
"""What must never be found in a packet."""

_FORM = """<h1>{title}</h1><p>{text}</p>
<form id="login" method="post" action="/login">
<input name="username" autocomplete="username" placeholder="User name">
<input name="password" type="password" autocomplete="current-password" placeholder="Password">
<button id="enter" type="submit">Log in</button></form>"""


def login(asked: Asked, place: Place) -> Reply:
    """Shows the form; takes `username` and `password`, sets two cookies and hands out a token."""
    if asked.method != "POST":
        return page("Log in", _FORM.format(title="Log in", text="You must log in to continue."))
    given = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
    if (given.get("username"), given.get("password")) != (USER, PASSWORD):
        return page("Log in", _FORM.format(title="Log in", text="Wrong user name or password."), status=401)
    script = f"localStorage.setItem('auth', JSON.stringify({{access_token: '{TOKEN}'}})); location.href = '/members';"
    cookies = (f"session={SESSION}; Path=/; HttpOnly; SameSite=Lax; Max-Age=86400", "theme=dark; Path=/; Max-Age=86400")
    reply = page("Welcome", f"<p>Welcome back.</p><script>{script}</script>")
    return reply.also(*(("Set-Cookie", cookie) for cookie in cookies))


def login_auto(asked: Asked, place: Place) -> Reply:
    """Fills the form in by script and sends it, as a person would; the password is not in the page as it is."""
    hidden = base64.b64encode(PASSWORD.encode()).decode()
    script = f"""document.querySelector('[name=username]').value = '{USER}';
    document.querySelector('[name=password]').value = atob('{hidden}'); document.getElementById('login').submit()"""
    form = _FORM.format(title="Log in", text="One moment.")
    return page("Log in", f"{form}<script>{script}</script>")


def logout(asked: Asked, place: Place) -> Reply:
    """Takes the session away."""
    return redirect("/login", 303).also(("Set-Cookie", "session=; Path=/; Max-Age=0"))


def _is_member(asked: Asked) -> bool:
    return asked.cookies.get("session") == SESSION


def members(asked: Asked, place: Place) -> Reply:
    """Shows members-only content, or sends to the login."""
    if not _is_member(asked):
        return redirect("/login?next=/members")
    script = """const token = JSON.parse(localStorage.auth || '{}').access_token;
    fetch('/api/me', {headers: {Authorization: 'Bearer ' + token}})
    .then(r => r.json()).then(me => document.getElementById('me').textContent = 'Logged in as ' + me.name)"""
    body = f"""<h1>Members only</h1><p id="me"></p><p>The notice board of the members.</p>
    <img src="/members/picture.png" width="200" height="100" alt="members' picture">
    <video src="/members/clip.mp4" width="320" height="180" controls></video>
    <a href="/logout">Log out</a><script>{script}</script>"""
    return page("Members", body)


def _members_picture(asked: Asked, place: Place) -> Reply:
    return ranged(asked, Stored(png(200, 100, 11), "image/png")) if _is_member(asked) else Reply(b"", status=403)


def _members_clip(asked: Asked, place: Place) -> Reply:
    return ranged(asked, Stored(clip("clip-2.mp4"), "video/mp4")) if _is_member(asked) else Reply(b"", status=403)


def me(asked: Asked, place: Place) -> Reply:
    """Tells who the bearer is, with a fresh token in the body."""
    if asked.header("Authorization") != f"Bearer {TOKEN}":
        return as_json({"error": "unauthorized"}, 401)
    return as_json({"name": USER, "access_token": TOKEN, "members": 2013})


def login_inline(asked: Asked, place: Place) -> Reply:
    """Shows the login form under the address that was asked for, with status 200."""
    return page("Log in to see this profile", _FORM.format(title="Log in", text="Log in to see this profile."))


def login_chinese(asked: Asked, place: Place) -> Reply:
    """The same in Chinese, by phone number."""
    body = """<h1>登录后查看更多内容</h1><p>请先登录</p><form><input name="mobile" placeholder="手机号">
    <input name="password" type="password" placeholder="密码"><button>登录</button></form>"""
    return page("登录", body, language="zh-CN")


def challenge(asked: Asked, place: Place) -> Reply:
    """A browser check as a large content network shows it: status 403, a title, a header, a box to tick."""
    body = """<h1>site.test</h1><h2>Verify you are human by completing the action below.</h2>
    <div id="challenge-stage"><label><input type="checkbox"> Verify you are human</label></div>
    <p>site.test needs to review the security of your connection before proceeding.</p>
    <p>Ray ID: 0000000000000000</p>"""
    return page("Just a moment...", body, status=403).also(("cf-mitigated", "challenge"))


def captcha(asked: Asked, place: Place) -> Reply:
    """A captcha under status 200, in a frame with a telling name."""
    body = """<h1>Are you a robot?</h1><p>Please complete the security check to access this page.</p>
    <div class="g-recaptcha" data-sitekey="test"><iframe title="reCAPTCHA" src="/frame/empty" width="304" height="78">
    </iframe></div>"""
    return page("Security check", body)


def slider(asked: Asked, place: Place) -> Reply:
    """A Chinese slider captcha."""
    body = """<div class="captcha_verify_container" style="width:320px;margin:120px auto;text-align:center">
    <h2>请完成安全验证</h2><img src="/img/280x160-6.png" width="280" height="160" alt="">
    <div class="slider-track"><span class="slider-btn">→</span> 向右拖动滑块填充拼图</div></div>"""
    return page("安全验证", body, language="zh-CN")


def too_many(asked: Asked, place: Place) -> Reply:
    """Refuses for a while: 429 with Retry-After."""
    return page("Too many requests", "<h1>Too many requests</h1>", status=429).also(("Retry-After", "3600"))


def mentions(asked: Asked, place: Place) -> Reply:
    """An ordinary article *about* captchas, logins and consent, with a login form in its header: no wall at all."""
    paragraphs = "".join(
        f"<p>Paragraph {number}. Sites ask you to verify you are human, to log in, or to accept cookies. "
        "A captcha (请完成安全验证) stands before the content; this page has its content.</p>"
        for number in range(1, 31)
    )
    form = '<header><form><input name="u"><input type="password" name="p"><button>Log in</button></form></header>'
    image = '<img src="/img/640x400-7.jpg" width="640" height="400" alt="">'
    return page("How captchas work", f"{form}<article><h1>How captchas work</h1>{image}{paragraphs}</article>")


_CONSENT = {
    "en": ("Your privacy", "We and our partners use cookies. Choose before you read on.", "Accept all", "Reject all"),
    "fr": ("Votre vie privée", "Nous utilisons des cookies. Choisissez d'abord.", "Tout accepter", "Tout refuser"),
    "zh": ("隐私政策", "我们使用 Cookie。请阅读并同意隐私政策后继续浏览。", "同意并继续", "不同意"),
}  # fmt: skip
_ARTICLE = "<article><h1>An article</h1>" + "<p>A paragraph of the article under the wall.</p>" * 40 + "</article>"


def _consent(language: str) -> Page:
    title, text, accept, reject = _CONSENT[language]
    gone = "document.cookie='consent=1;path=/';document.getElementById('wall').remove();document.body.style.overflow=''"
    wall = f"""<div id="wall" role="dialog" aria-modal="true" class="cookie-consent"
    style="position:fixed;inset:0;background:#fff;z-index:9999;padding:20vh 20vw"><h2>{title}</h2><p>{text}</p>
    <button id="accept" onclick="{gone}">{accept}</button> <button id="reject" onclick="{gone}">{reject}</button></div>
    <style>body {{ overflow: hidden }}</style>"""

    def answer(asked: Asked, place: Place) -> Reply:
        return page("An article", _ARTICLE + ("" if asked.cookies.get("consent") else wall), language=language)

    return answer


def banner(asked: Asked, place: Place) -> Reply:
    """A small consent banner at the bottom: the content can be read."""
    bar = """<div class="cookie-banner" style="position:fixed;left:0;right:0;bottom:0;height:60px;background:#eee">
    We use cookies. <button>Accept all</button> <button>Reject all</button></div>"""
    return page("An article", _ARTICLE + bar)


def blank(asked: Asked, place: Place) -> Reply:
    """A page without anything to see."""
    return page("", "")


def blank_script(asked: Asked, place: Place) -> Reply:
    """A page whose script fails before it draws anything."""
    return page("App", '<div id="root"></div><script>throw new Error("the bundle is broken")</script>')


def empty(asked: Asked, place: Place) -> Reply:
    """Status 200 and no byte."""
    return Reply(b"")


def soft_404(asked: Asked, place: Place) -> Reply:
    """Says in words that the content is gone, under status 200."""
    return page("页面不存在", "<h1>页面不存在</h1><p>该内容已被发布者删除</p>", language="zh-CN")


def cloak(asked: Asked, place: Place) -> Reply:
    """Shows a browser one thing and a plain client another."""
    seen, price = ("a browser", "188 元") if asked.is_browser else ("a plain client", "0 元")
    return page("Cloaked", f"<h1>For {seen}</h1><p>定制 {price}</p>")


def browsers_only(asked: Asked, place: Place) -> Reply:
    """Answers 403 to a plain client."""
    if not asked.is_browser:
        return page("Forbidden", "<h1>Browsers only</h1>", status=403)
    return page("Browsers only", "<h1>Welcome, browser</h1><p>The content.</p>")


def geo(asked: Asked, place: Place) -> Reply:
    """Refuses for legal reasons (451)."""
    return page("Unavailable", "<h1>Unavailable for legal reasons</h1>", status=451)


WALLS: Mapping[str, Page] = {
    "/login": login,
    "/login/auto": login_auto,
    "/logout": logout,
    "/members": members,
    "/members/picture.png": _members_picture,
    "/members/clip.mp4": _members_clip,
    "/api/me": me,
    "/wall/login": login_inline,
    "/wall/login-zh": login_chinese,
    "/wall/challenge": challenge,
    "/wall/captcha": captcha,
    "/wall/slider": slider,
    "/wall/too-many": too_many,
    "/wall/legal": geo,
    "/wall/mentions": mentions,
    "/wall/consent/en": _consent("en"),
    "/wall/consent/fr": _consent("fr"),
    "/wall/consent/zh": _consent("zh"),
    "/wall/banner": banner,
    "/blank": blank,
    "/blank/script": blank_script,
    "/blank/empty": empty,
    "/soft-404": soft_404,
    "/cloak": cloak,
    "/browsers-only": browsers_only,
}
"""Paths that keep a visitor from content, or seem to."""
