"""The pages of the test site: ordinary ones, long and lively ones, hostile ones, and the group page of a chat."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from tests.fakes.site_media import FRAGMENTS_TYPE, pdf, png
from tests.fakes.site_reply import HTML, Asked, Page, Place, Raw, Reply, Stored, as_json, head, page, ranged, redirect

FONT = Path(__file__).resolve().parents[2] / "templates" / "fonts" / "NotoSansSC-Bold-GB2312.ttf"
_FONT = "<style>@font-face { font-family: Site; src: url(/asset/font.ttf) } body { font-family: Site }</style>"
ROW_PX = 100
TALL_PX = 20_000
ARTICLES = 20


def index(asked: Asked, place: Place) -> Reply:
    """Lists every path as a link."""
    links = "".join(f'<li><a href="{escape(path)}">{escape(path)}</a></li>\n' for path in place.paths if path != "/")
    return page("Test site", f'<h1>Test site</h1><p id="hello">Everything here is made for tests.</p><ul>{links}</ul>')


def _error(status: int, text: str) -> Page:
    return lambda asked, place: page(text, f"<h1>{status} {text}</h1>", status=status)


def _to(location: str, status: int) -> Page:
    return lambda asked, place: redirect(location, status)


def _chain(asked: Asked, place: Place) -> Reply:
    left = asked.number("left", 5)
    return redirect(f"/redirect/chain?left={left - 1}" if left else "/article/1", (301, 302, 303, 307, 308)[left % 5])


def _meta(asked: Asked, place: Place) -> Reply:
    return page("Moving", "<p>Moving…</p>", head='<meta http-equiv="refresh" content="0;url=/article/2">')


def _script(asked: Asked, place: Place) -> Reply:
    return page("Moving", "<p>Moving…</p><script>location.replace('/article/3')</script>")


def _across(asked: Asked, place: Place) -> Reply:
    return redirect(place.url("/article/4", "other"))


def article(asked: Asked, place: Place) -> Reply:
    """An ordinary page: text, four pictures, a style sheet, a script."""
    number = int(asked.path.rpartition("/")[2])
    pictures = "".join(
        f'<img src="/img/480x300-{number * 4 + k}.{"jpg" if k % 2 else "png"}" width="480" height="300" alt="No. {k}">'
        for k in range(4)
    )
    text = "".join(
        f"<p>Article {number}, paragraph {k}. An ordinary sentence of an ordinary page. 普通页面的普通句子。</p>"
        for k in range(1, 13)
    )
    links = f'<link rel="stylesheet" href="/asset/style.css"><link rel="canonical" href="/article/{number}">'
    body = f'<h1>Article {number}</h1>{text}{pictures}<p id="late"></p><script src="/asset/app.js"></script>'
    return page(f"Article {number}", body, head=links + '<meta name="description" content="An article">')


def _style(asked: Asked, place: Place) -> Reply:
    rules = (
        b"body { font: 16px/1.5 sans-serif; max-width: 1000px; margin: 2em auto } img { display: block; margin: 1em 0 }"
    )
    return Reply(rules, "text/css", headers=(("Cache-Control", "max-age=3600"),))


def _font(asked: Asked, place: Place) -> Reply:
    return ranged(asked, Stored(FONT.read_bytes(), "font/ttf", (("Cache-Control", "max-age=3600"),)))


def _app(asked: Asked, place: Place) -> Reply:
    return Reply(b"document.getElementById('late').textContent = 'Drawn by a script.';", "text/javascript")


def tall(asked: Asked, place: Place) -> Reply:
    """A page `px` (20,000) high: numbered rows of 100 px whose colour is rgb(row, 255 - row, 128)."""
    rows = "".join(
        f'<div style="height:{ROW_PX}px;background:rgb({row % 256},{255 - row % 256},128)">Row {row}</div>'
        for row in range(asked.number("px", TALL_PX) // ROW_PX)
    )
    return page("A tall page", rows, head="<style>html, body { margin: 0 } div { overflow: hidden }</style>")


def endless(asked: Asked, place: Place) -> Reply:
    """Adds twenty rows whenever the end comes into view, without end."""
    script = """let n = 0; function more() { for (let i = 0; i < 20; i++) { const p = document.createElement('p');
    p.style.height = '60px'; p.textContent = 'Post ' + (++n); posts.append(p); } }
    const posts = document.getElementById('posts'); more();
    new IntersectionObserver(seen => { if (seen.some(s => s.isIntersecting)) more() }, {rootMargin: '200px'})
    .observe(document.getElementById('end'))"""
    return page("Endless", f'<div id="posts"></div><div id="end">Loading…</div><script>{script}</script>')


def lazy(asked: Asked, place: Place) -> Reply:
    """Eight pictures far below: four with loading=lazy, four by IntersectionObserver, 1500 px apart."""
    blocks = "".join(
        f'<div style="height:1500px">Block {k}</div>'
        + (
            f'<img loading="lazy" src="/img/300x200-{k}.png" width="300" height="200" alt="lazy {k}">'
            if k <= 4
            else f'<img class="later" data-src="/img/300x200-{k}.png" width="300" height="200" alt="later {k}">'
        )
        for k in range(1, 9)
    )
    script = """const watch = new IntersectionObserver(seen => seen.forEach(s => { if (s.isIntersecting) {
    s.target.src = s.target.dataset.src; watch.unobserve(s.target) } }));
    document.querySelectorAll('.later').forEach(i => watch.observe(i))"""
    return page("Lazy pictures", f"{blocks}<script>{script}</script>")


def responsive(asked: Asked, place: Place) -> Reply:
    """One picture in three sizes by srcset, one by <picture>, one as a background, one in image-set."""
    body = """<h1>Sizes</h1>
    <img src="/img/320x200-21.png"
     srcset="/img/320x200-21.png 320w, /img/640x400-21.png 640w, /img/1280x800-21.png 1280w"
     sizes="320px" width="320" height="200" alt="srcset">
    <picture><source media="(min-width: 4000px)" srcset="/img/1600x1000-22.png">
     <source type="image/jpeg" srcset="/img/400x250-22.jpg, /img/800x500-22.jpg 2x">
     <img src="/img/200x125-22.png" alt="picture"></picture>
    <div id="back" style="width:300px;height:200px;background-image:url('/img/300x200-23.png')"></div>
    <div style="width:300px;height:200px;
     background-image:image-set('/img/300x200-24.png' 1x, '/img/600x400-24.png' 2x)"></div>
    <img src="/img/64x64-25.png#fragment" width="64" height="64" alt="the same twice">
    <img src="/img/64x64-25.png" width="64" height="64" alt="the same twice">
    <img src="/img-that-is-not-there.png" alt="missing">"""
    return page("Pictures in sizes", body)


def media(asked: Asked, place: Place) -> Reply:
    """Video with poster, video with two sources, audio, and a clip from another origin."""
    body = f"""<h1>Clips</h1>
    <video id="one" src="/media/clip-1.mp4" poster="/img/640x360-31.jpg" width="320" height="180" controls></video>
    <video id="two" width="320" height="240" preload="none" poster="/img/320x240-32.png">
     <source src="/media/clip.webm" type="video/webm">
     <source src="/media/clip-2.mp4" type="video/mp4"></video>
    <audio src="/media/tone.mp3" controls preload="none"></audio>
    <video src="{place.url("/media/clip-2.mp4", "other")}" width="320" height="180" muted autoplay></video>"""
    return page("Clips", body)


def stream(asked: Asked, place: Place) -> Reply:
    """A player page for an adaptive stream, HLS in two renditions; a new Chromium plays it by itself."""
    body = """<h1>A stream</h1><video controls width="640" height="360" poster="/img/640x360-33.png">
    <source src="/hls/master.m3u8" type="application/vnd.apple.mpegurl"></video>"""
    return page("A stream", body)


def media_source(asked: Asked, place: Place) -> Reply:
    """A video whose element has a blob: address: the script appends fragments that it fetched."""
    script = f"""const video = document.querySelector('video'), source = new MediaSource();
    video.src = URL.createObjectURL(source);
    source.addEventListener('sourceopen', async () => {{ const part = source.addSourceBuffer('{FRAGMENTS_TYPE}');
    const bytes = await (await fetch('/media/fragments.mp4')).arrayBuffer();
    part.addEventListener('updateend', () => {{ if (source.readyState === 'open') source.endOfStream();
    document.title = 'Appended' }}); part.appendBuffer(bytes); }})"""
    return page("Blob", f'<h1>Blob</h1><video width="320" height="240" muted></video><script>{script}</script>')


def service_worker(asked: Asked, place: Place) -> Reply:
    """Registers a service worker that would change this very page at the next visit."""
    script = """navigator.serviceWorker?.register('/service-worker.js').then(() => navigator.serviceWorker.ready)
    .then(() => document.title = 'Registered')"""
    body = f'<h1>As the server sent it</h1><p id="price">188 元</p><script>{script}</script>'
    return page("Service worker", body)


def _worker_script(asked: Asked, place: Place) -> Reply:
    text = """self.addEventListener('install', () => self.skipWaiting());
    self.addEventListener('activate', e => e.waitUntil(clients.claim()));
    self.addEventListener('fetch', e => { if (e.request.mode === 'navigate') e.respondWith(new Response(
    '<title>Altered</title><h1>As the service worker made it</h1>', {headers: {'Content-Type': 'text/html'}})) })"""
    return Reply(text.encode(), "text/javascript", headers=(("Service-Worker-Allowed", "/"),))


def worker(asked: Asked, place: Place) -> Reply:
    """A dedicated worker that fetches and tells the page."""
    script = "new Worker('/asset/worker.js').onmessage = e => document.getElementById('told').textContent = e.data"
    return page("Worker", f'<p id="told"></p><script>{script}</script>')


def _worker_asset(asked: Asked, place: Place) -> Reply:
    text = b"fetch('/api/said').then(r => r.json()).then(j => postMessage('The worker read: ' + j.text))"
    return Reply(text, "text/javascript")


def socket(asked: Asked, place: Place) -> Reply:
    """Talks to `/echo` by WebSocket, text and bytes, and shows what comes back."""
    script = """const s = new WebSocket('ws' + location.origin.slice(4) + '/echo'); s.binaryType = 'arraybuffer';
    s.onopen = () => { s.send('hello 你好'); s.send(new Uint8Array([0, 1, 254, 255])) };
    s.onmessage = m => { const p = document.createElement('p');
    p.textContent = typeof m.data === 'string' ? 'Said: ' + m.data : 'Bytes: ' + m.data.byteLength;
    document.body.append(p) }"""
    return page("WebSocket", f"<h1>Echo</h1><script>{script}</script>")


def pop_ups(asked: Asked, place: Place) -> Reply:
    """Opens windows: at once, by a click, and by a link to a new tab."""
    body = """<h1>Pop-ups</h1><button id="open" onclick="window.open('/article/5', '_blank')">Open</button>
    <a id="tab" href="/article/6" target="_blank">In a tab</a>
    <script>window.open('/article/7', 'w', 'width=300,height=200')</script>"""
    return page("Pop-ups", body)


def dialogs(asked: Asked, place: Place) -> Reply:
    """Asks by alert, confirm and prompt, and writes down the answers."""
    script = """alert('Alert!'); const c = confirm('Confirm?'), p = prompt('Prompt?', 'default');
    document.getElementById('said').textContent = 'confirm=' + c + ' prompt=' + p"""
    return page("Dialogs", f'<p id="said"></p><script>{script}</script>')


def leaving(asked: Asked, place: Place) -> Reply:
    """Objects to being left, after a first click."""
    script = "addEventListener('beforeunload', e => { e.preventDefault(); e.returnValue = 'stay' })"
    return page("Stay", f"<button>Click</button><script>{script}</script>")


def console(asked: Asked, place: Place) -> Reply:
    """Writes to the console in every way, throws, and rejects."""
    script = """console.log('a line', {a: 1}); console.warn('a warning'); console.error('an error');
    Promise.reject(new Error('rejected')); setTimeout(() => { throw new Error('thrown') }, 10)"""
    return page("Console", f"<h1>Console</h1><script>{script}</script>")


def edits(asked: Asked, place: Place) -> Reply:
    """Sends one price and changes it after 300 ms, out of a script's own text."""
    script = "setTimeout(() => document.getElementById('price').textContent = '388 元', 300)"
    return page(
        "价格", f'<h1>价格</h1><p>定制 <span id="price">188 元</span></p><script>{script}</script>', language="zh-CN"
    )


def inline_text(asked: Asked, place: Place) -> Reply:
    """Draws text by inline script: put together, decoded from base64, and turned round."""
    script = """const put = t => { const p = document.createElement('p'); p.textContent = t; document.body.append(p) };
    put('Plain in a script'); put('Put' + ' ' + 'together: ' + 6 * 7);
    put(atob('VGhpcyB3YXMgYmFzZTY0')); put('desrever'.split('').reverse().join(''))"""
    return page("By script", f"<h1>By script</h1><script>{script}</script>")


def fetched_text(asked: Asked, place: Place) -> Reply:
    """Draws text that it fetches as JSON."""
    script = (
        "fetch('/api/said').then(r => r.json()).then(j => { document.getElementById('said').textContent = j.text })"
    )
    return page("By fetch", f'<h1>By fetch</h1><p id="said">…</p><script>{script}</script>')


def _said(asked: Asked, place: Place) -> Reply:
    return as_json({"text": "这句话来自接口 (said by the API)", "members": 2013})


def drawn(asked: Asked, place: Place) -> Reply:
    """Shows a picture from a data: address, one from a blob: address, and a canvas."""
    script = """const c = document.createElement('canvas'); c.width = 200; c.height = 60; const x = c.getContext('2d');
    x.font = '24px sans-serif'; x.fillText('On a canvas', 10, 40); document.body.append(c);
    c.toBlob(b => { const i = new Image(); i.src = URL.createObjectURL(b); document.body.append(i) })"""
    data = base64.b64encode(png(48, 48, 9)).decode()
    return page("Drawn", f'<img src="data:image/png;base64,{data}" alt="inline"><script>{script}</script>')


def changing(asked: Asked, place: Place) -> Reply:
    """Differs at each visit: a counter and the time."""
    count, now = place.visits(asked.path), datetime.now(UTC).isoformat()
    return page("Counter", f'<h1>Visit <span id="count">{count}</span></h1><time>{now}</time><p>The rest stays.</p>')


def notice(asked: Asked, place: Place) -> Reply:
    """A notice that `site.set("/notice", "altered")` edits."""
    is_altered = place.mode(asked.path) == "altered"
    lines = (
        ["收款码在群公告", "定制 188 元", "每周五更新"]
        if not is_altered
        else ["收款码在群公告", "定制 288 元", "群已满"]
    )
    image = f'<img src="/img/320x200-{42 if is_altered else 41}.png" width="320" height="200" alt="">'
    return page("公告", "".join(f"<p>{line}</p>" for line in lines) + image, language="zh-CN")


def frames(asked: Asked, place: Place) -> Reply:
    """Frames of the same origin, of another, one in the other, srcdoc, and a sandboxed one."""
    body = f"""<h1>Frames</h1><iframe src="/frame/inner?name=same" width="400" height="120"></iframe>
    <iframe src="{place.url("/frame/inner?name=cross", "other")}" width="400" height="120"></iframe>
    <iframe src="/frame/nest" width="400" height="300"></iframe>
    <iframe srcdoc="&lt;p&gt;In srcdoc&lt;/p&gt;" width="400" height="60"></iframe>
    <iframe sandbox src="/frame/inner?name=sandboxed" width="400" height="120"></iframe>"""
    return page("Frames", body)


def _inner(asked: Asked, place: Place) -> Reply:
    name = escape(asked.option("name", "frame"))
    body = f'<p>I am the frame {name}.</p><img src="/img/40x40-{len(name)}.png" width="40" height="40" alt="">'
    return page(name, f"{body}<script>document.body.append('script ran')</script>")


def _nest(asked: Asked, place: Place) -> Reply:
    inner = place.url("/frame/inner?name=nested", "other" if asked.listener == "http" else "http")
    return page("Nest", f'<p>A frame with a frame.</p><iframe src="{inner}" width="300" height="100"></iframe>')


def private(asked: Asked, place: Place) -> Reply:
    """Names loopback in every disguise as picture, script, frame and fetch."""
    port = place.url("/").rpartition(":")[2].strip("/")
    hosts = ("127.0.0.2", "localhost", "[::1]", "0.0.0.0", "2130706433", "[::ffff:127.0.0.1]", "127.1")
    pictures = "".join(f'<img src="http://{host}:{port}/img/10x10-1.png?as={host}" alt="">' for host in hosts)
    away = place.url("/is/json", "other")
    script = f"""fetch('{away}?fetched').catch(() => 0); new Image().src = '{away}?image';
    navigator.sendBeacon('{away}?beacon')"""
    return page("Private", f"<h1>Private</h1>{pictures}<iframe src='{away}?frame'></iframe><script>{script}</script>")


def broken_parts(asked: Asked, place: Place) -> Reply:
    """Whole itself, with parts that fail: 404, cut, never answered address, expired certificate."""
    body = f"""<h1>Parts fail</h1><img src="/404" alt=""><img src="/cut/picture.png" alt=""><script src="/500"></script>
    <img src="http://127.0.0.1:9/nobody.png" alt=""><img src="{place.url("/img/20x20-1.png", "expired")}" alt="">"""
    return page("Parts fail", body)


def _cut_picture(asked: Asked, place: Place) -> Raw:
    body = png(400, 400, 3)
    yield head("Content-Type: image/png", f"Content-Length: {len(body)}") + body[: len(body) // 2]


def hostile_title(asked: Asked, place: Place) -> Reply:
    """A title with a script, a right-to-left override, a path and 5000 characters more."""
    title = f"<script>alert(1)</script> ../../etc/passwd \u202egnp.exe {{{{7*7}}}} =cmd|' /C calc'!A0 {'长' * 5000}"
    return page(title, "<h1>Hostile title</h1><p>&lt;script&gt;alert(2)&lt;/script&gt;</p>")


def hostile_tree(asked: Asked, place: Place) -> Reply:
    """Nests 20,000 elements, repeats attributes, and overwrites what scripts of a capture may call."""
    script = """window.JSON = null; Array.prototype.map = () => { throw 1 }; document.querySelectorAll = () => [];
    Element.prototype.getBoundingClientRect = () => ({x: 0, y: 0, width: 0, height: 0}); window.scrollTo = () => {};
    Object.defineProperty(document, 'title', {get: () => 'false title'}); history.pushState({}, '', '/article/1')"""
    return page("Hostile tree", f"<p>The text.</p><script>{script}</script>{'<div>' * 20_000}deep")


_NAMES = {
    "plain": 'filename="price list.pdf"',
    "traversal": 'filename="../../../etc/passwd"',
    "script": 'filename="<script>alert(1)</script>.pdf"',
    "rtl": "filename*=UTF-8''photo_%E2%80%AEgpj.exe",
    "unicode": "filename=\"x.pdf\"; filename*=UTF-8''%E4%BB%B7%E6%A0%BC%E8%A1%A8.pdf",
    "nul": 'filename="a\\0b.pdf"',
    "long": f'filename="{"n" * 300}.pdf"',
    "none": "",
}


def _download(name: str) -> Page:
    def answer(asked: Asked, place: Place) -> Reply:
        disposition = "; ".join(part for part in ("attachment", _NAMES[name]) if part)
        return Reply(pdf(), "application/pdf", headers=(("Content-Disposition", disposition),))

    return answer


def downloads(asked: Asked, place: Place) -> Reply:
    """Links every download and starts one by itself."""
    links = "".join(f'<p><a href="/download/{name}">{name}</a></p>' for name in _NAMES)
    return page("Downloads", f"<h1>Downloads</h1>{links}<script>location.href = '/download/plain'</script>")


def _encoded(encoding: str, declared: str) -> Page:
    text = "<title>编码</title><h1>群聊价格表</h1><p>定制 188 元</p>"
    html = f'<!doctype html><html lang="zh-CN"><meta charset="{encoding}">{text}</html>'
    media_type = f"text/html; charset={declared}" if declared else "text/html"
    return lambda asked, place: Reply(html.encode(encoding), media_type)


def group(asked: Asked, place: Place) -> Reply:
    """The page of a chat group: member count, poster, times as shown and raw, price list, two clips, lazy pictures.

    `site.set("/group", "altered")` takes the second clip away and doubles a price.
    """
    is_altered = place.mode(asked.path) == "altered"
    prices = [("单图", 20), ("视频", 100), ("定制", 376 if is_altered else 188), ("会员 (一年)", 365)]
    rows = "".join(
        f'<tr><td>{name}</td><td data-amount-minor="{yuan * 100}">{yuan} 元</td></tr>' for name, yuan in prices
    )
    posts = [_post(1, "昨天 21:47", 1714571220)] + ([] if is_altered else [_post(2, "今天 08:05", 1714608300)])
    pictures = "".join(
        f'<div style="height:700px">样图 {k}</div>'
        f'<img loading="lazy" src="/img/480x300-{50 + k}.jpg" width="480" height="300" alt="样图 {k}">'
        for k in range(1, 5)
    )
    body = f"""<header><img src="/img/96x96-60.png" width="96" height="96" alt="群头像"><h1>云上小铺交流群</h1>
    <p id="members"><span data-count="2013">2,013 成员</span> · <span data-count="57">57 在线</span></p></header>
    <section id="notice"><h2>群公告</h2><p>进群先看置顶。付款后私信 <b>@yunshang_0417</b>。</p></section>
    <table id="prices"><caption>价格表</caption>{rows}</table>{"".join(posts)}{pictures}<p id="loaded"></p>
    <script>fetch('/api/said').then(r => r.json()).then(j =>
    document.getElementById('loaded').textContent = '成员 ' + j.members)</script>"""
    links = f'<link rel="stylesheet" href="/asset/style.css"><link rel="canonical" href="/group">{_FONT}'
    return page("云上小铺交流群", body, head=links, language="zh-CN")


def _post(number: int, shown: str, raw: int) -> str:
    moment = datetime.fromtimestamp(raw, UTC).isoformat()
    return f"""<article class="post" data-id="m{1000 + number}">
    <p><a class="handle" href="/user/yunshang_0417">@yunshang_0417</a>
    <time datetime="{moment}" data-time="{raw}">{shown}</time></p><p>测试图案 {number}</p>
    <video src="/media/clip-{number}.mp4" poster="/img/640x360-{70 + number}.jpg" width="640" height="360" controls>
    </video>
    <p><span data-views="{number * 1234}">{number * 1234:,} 次观看</span></p></article>"""


def user(asked: Asked, place: Place) -> Reply:
    """The profile of the poster."""
    body = (
        '<h1>@yunshang_0417</h1><p>粉丝 <span data-count="10482">1.0万</span></p><img src="/img/200x200-61.png" alt="">'
    )
    return page("@yunshang_0417", body, language="zh-CN")


def _clip_page(asked: Asked, place: Place) -> Reply:
    return page("Clip", '<video src="/media/clip-1.mp4" controls></video>')


PAGES: Mapping[str, Page] = {
    "/": index,
    "/403": _error(403, "Forbidden"),
    "/404": _error(404, "Not found"),
    "/410": _error(410, "Gone"),
    "/500": _error(500, "Server error"),
    "/503": _error(503, "Unavailable"),
    "/204": lambda asked, place: Reply(b"", HTML, 204),
    "/redirect/301": _to("/article/1", 301),
    "/redirect/302": _to("/article/1", 302),
    "/redirect/chain": _chain,
    "/redirect/loop": _to("/redirect/loop", 302),
    "/redirect/meta": _meta,
    "/redirect/script": _script,
    "/redirect/other": _across,
    "/redirect/404": _to("/404", 302),
    "/redirect/file": _to("file:///etc/passwd", 302),
    "/redirect/odd": _to("http://[bad", 302),
    "/tall": tall,
    "/endless": endless,
    "/lazy": lazy,
    "/responsive": responsive,
    "/clips": media,
    "/clips/one": _clip_page,
    "/stream": stream,
    "/media-source": media_source,
    "/service-worker": service_worker,
    "/worker": worker,
    "/websocket": socket,
    "/pop-ups": pop_ups,
    "/dialogs": dialogs,
    "/dialogs/leaving": leaving,
    "/console": console,
    "/edits": edits,
    "/text/inline": inline_text,
    "/text/fetched": fetched_text,
    "/text/drawn": drawn,
    "/changing": changing,
    "/notice": notice,
    "/frames": frames,
    "/private": private,
    "/private/redirect": _across,
    "/parts-fail": broken_parts,
    "/hostile/title": hostile_title,
    "/hostile/tree": hostile_tree,
    "/downloads": downloads,
    "/charset/gbk": _encoded("gbk", "gbk"),
    "/charset/meta": _encoded("gb18030", ""),
    "/charset/wrong": _encoded("gbk", "utf-8"),
    "/group": group,
    "/user/yunshang_0417": user,
    **{f"/download/{name}": _download(name) for name in _NAMES},
    **{f"/article/{number}": article for number in range(1, ARTICLES + 1)},
}
"""Pages that a visitor may ask for."""
PARTS: Mapping[str, Page] = {
    "/asset/style.css": _style,
    "/asset/app.js": _app,
    "/asset/font.ttf": _font,
    "/service-worker.js": _worker_script,
    "/asset/worker.js": _worker_asset,
    "/api/said": _said,
    "/frame/inner": _inner,
    "/frame/nest": _nest,
    "/frame/empty": lambda asked, place: page("", ""),
    "/cut/picture.png": _cut_picture,
}
"""What pages fetch."""
