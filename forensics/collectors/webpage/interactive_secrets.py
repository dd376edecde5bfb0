"""Holds what a log-in brings with it, so that no open artifact gets it: cookies, stored values, typed passwords."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from forensics.collectors.webpage.interactive_pages import Pages, answered
from forensics.collectors.webpage.keep import Keeper, Material
from forensics.errors import StoreError
from forensics.plugins import Seal
from forensics.web import secret_rules as rules
from forensics.web.cdp import CdpError, Session
from forensics.web.secret_mask import forms_of, spans_in, stamp
from forensics.web.secrets import Cleaned, strip

LEAST_PASSWORD = 4
"""Bytes from which a typed password is taken out of the whole sealed list; shorter ones are out of requests only."""

LEAST_TOKEN = 24
"""Characters from which a stored value may count as a token by its looks alone, whatever its name is."""

LEAST_TURNS = 4
"""Changes between letters and digits in such a value; words with a year or a number in them have two."""

_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{8,8192}")
_JWT = re.compile(r"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*")
_TURN = re.compile(r"(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_LAST_WORDS = frozenset(
    {"auth", "authorization", "bearer", "credential", "jwt", "secret", "session", "sessionid", "sid", "ticket", "token"}
)
_REQUEST_BODY = "request-body"

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a page stored a value.

    Attributes:
        area: `local` or `session`.
    """

    origin: str
    area: str
    name: str


@dataclass(slots=True)
class Held:
    """Cookies, stored values and passwords of one session, in memory alone. Its text form shows none of them.

    Whatever was there at any time counts: a token that was replaced may still open an account.

    Attributes:
        pages: The pages and frames that are looked into.
    """

    pages: Pages
    _cookies: dict[tuple[str, ...], Mapping[str, Any]] = field(default_factory=dict, repr=False)
    _stored: dict[_Place, str] = field(default_factory=dict, repr=False)
    _tokens: set[str] = field(default_factory=set, repr=False)
    _typing: dict[str, str] = field(default_factory=dict, repr=False)
    _typed: set[str] = field(default_factory=set, repr=False)

    async def start(self) -> None:
        """Begins to look into every page and frame; the cookies of a profile that was used before are noted first."""
        on = self.pages.first.connection.on
        on("DOMStorage.domStorageItemAdded", lambda event, _: self._changed(event))
        on("DOMStorage.domStorageItemUpdated", lambda event, _: self._changed(event))
        on("Page.frameNavigated", self._navigated)
        self.pages.each(_watch)
        await self.look()

    async def look(self) -> None:
        """Notes the cookies as they are now."""
        with suppress(CdpError):
            found = await self.pages.first.connection.call("Storage.getCookies")
            for cookie in found["cookies"]:
                self._cookies[tuple(str(cookie.get(name)) for name in ("domain", "path", "name", "value"))] = cookie

    def typed(self, slot: str, value: str, *, is_final: bool) -> None:
        """Notes what stands in a password field.

        Args:
            slot: Names the field; a later value takes the place of an earlier one that was not final.
            value: What stands there.
            is_final: Whether the person went on from there, so that it may have been sent.
        """
        if value and is_final:
            self._typed.add(value)
        elif value:
            self._typing[slot] = value

    @property
    def passwords(self) -> tuple[str, ...]:
        """Everything that was typed into password fields."""
        return tuple(sorted(self._typed | set(self._typing.values())))

    def cookies(self, hosts: Iterable[str]) -> tuple[Mapping[str, Any], ...]:
        """Gives the cookies of hosts; those of other sites in a profile are nobody's business."""
        asked = {host.lower() for host in hosts}
        return tuple(
            cookie for cookie in self._cookies.values() if any(_belongs(cookie["domain"], host) for host in asked)
        )

    def clean(self, material: Material, folder: Path) -> Cleaned:
        """Takes all of it out of the exchanges, and adds what pages stored to the sealed list.

        Typed passwords are taken out of the sealed list, too.

        Raises:
            StoreError: A body cannot be read or written.
        """
        passwords = self.passwords
        spelled = tuple(dict.fromkeys(one for word in passwords for one in (word, *_base64_forms(word))))
        tokens = (*_session_cookies(material.cookies), *sorted(self._tokens))
        cleaned = strip(material.exchanges, folder, passwords=spelled, tokens=tokens)
        try:
            with cleaned.sealed.open("a", encoding="ascii") as stream:
                for place, value in self._stored.items():
                    told = {"origin": place.origin, "area": place.area, "name": place.name, "value": value}
                    stream.write(json.dumps({"storage": told}) + "\n")
            forget(cleaned.sealed, spelled)
        except OSError as error:
            raise StoreError(
                f"the list of secrets cannot be written: {error.strerror}", hint="Check the free space of the disk."
            ) from error
        return cleaned

    def put(self, keeper: Keeper) -> None:
        """Puts the sealed list where the keeper had no reason to: nothing was taken out, but pages stored something."""
        if self._stored and not (keeper.cleaned.stripped or keeper.material.cookies):
            sealed = {"role": "secrets", "name": "secrets.jsonl", "media_type": "application/jsonl"}
            keeper.file(keeper.cleaned.sealed, **sealed, seal=Seal.CONTENT)

    def _changed(self, event: Event) -> None:
        storage = event["storageId"]
        origin = str(storage.get("securityOrigin") or storage.get("storageKey", ""))
        self._note(_Place(origin, _area(storage["isLocalStorage"]), str(event["key"])), str(event["newValue"]))

    def _note(self, place: _Place, value: str) -> None:
        self._stored[place] = value
        self._tokens |= set(tokens_in(place.name, value))

    def _navigated(self, event: Event, session: str) -> None:
        frame = event["frame"]
        known = next((one for one in self.pages.sessions(self.pages.page_of(session)) if one.id == session), None)
        if known is not None and str(frame.get("securityOrigin", "")).startswith("http"):
            known.connection.spawn(self._read(known, str(frame["securityOrigin"])))
            known.connection.spawn(self.look())

    async def _read(self, session: Session, origin: str) -> None:
        """Reads what a site stored in earlier visits."""
        for is_local in (True, False):
            storage = {"securityOrigin": origin, "isLocalStorage": is_local}
            found = await answered(session, "DOMStorage.getDOMStorageItems", {"storageId": storage})
            for name, value in found["entries"]:
                self._note(_Place(origin, _area(is_local), name), value)


async def _watch(session: Session) -> None:
    await session.call("DOMStorage.enable")


def _area(is_local: object) -> str:
    return "local" if is_local else "session"


def _belongs(domain: str, host: str) -> bool:
    """Whether a cookie's domain is a host or one above it. *Source:* RFC 6265, section 5.1.3."""
    domain = domain.lower().lstrip(".")
    return host == domain or host.endswith(f".{domain}")


def _session_cookies(cookies: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for cookie in cookies:
        name, value = str(cookie["name"]), str(cookie["value"])
        if rules.is_sought_cookie(name, value.encode(), is_http_only=bool(cookie.get("httpOnly"))):
            yield value


def tokens_in(name: str, value: str) -> Iterator[str]:
    """Finds the tokens in a value that a page stored: by the name of the value or of a JSON member in it, or by looks.

    What is found is masked in all texts of a capture. So the rules are narrow: names of people, numbers of posts and
    dates, which a page may store too, must stay readable.
    """
    for key, text in _texts(name, value):
        token = text.removeprefix("Bearer ")
        if _TOKEN.fullmatch(token) and rules.is_telling(token.encode()) and (_names_token(key) or _is_random(token)):
            yield token


def _texts(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Gives the texts of a value with their names, also those in JSON, however deep."""
    waiting = [(name, value)]
    while waiting:
        key, one = waiting.pop()
        if isinstance(one, dict):
            waiting.extend((str(member), inner) for member, inner in one.items())
        elif isinstance(one, list):
            waiting.extend((key, inner) for inner in one)
        elif isinstance(one, str) and (found := _parsed(one)) is not None:
            waiting.append((key, found))
        elif isinstance(one, str):
            yield key, one


def _parsed(text: str) -> Any:
    if text[:1] not in {"{", "[", '"'}:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _names_token(name: str) -> bool:
    words = _WORD.findall(name)
    return rules.is_token_name(name) or bool(words and words[-1].lower() in _LAST_WORDS)


def _is_random(text: str) -> bool:
    if _JWT.fullmatch(text):
        return True
    has_all = re.search(r"[a-z]", text) and re.search(r"[A-Z]", text)
    return bool(has_all) and len(text) >= LEAST_TOKEN and len(_TURN.findall(text)) >= LEAST_TURNS


def _base64_forms(word: str) -> Iterator[str]:
    """Gives what stays the same of a word in Base64, wherever it begins in what is encoded; nothing that is short."""
    data = word.encode()
    for before in range(3):
        code = base64.b64encode(bytes(before) + data).decode("ascii").rstrip("=")
        # Six bits a character: the first hold bits of what comes before, the last one may hold some of what follows.
        core = code[-(-8 * before // 6) : (8 * (before + len(data))) // 6]
        if len(core) >= rules.SHORTEST:
            yield core


def forget(sealed: Path, passwords: Iterable[str]) -> None:
    """Takes typed passwords out of a sealed list: stars stand in their places.

    Args:
        sealed: JSON lines, as `secrets.strip` writes them.
        passwords: What was typed, as it may be spelled.

    Raises:
        OSError: The list cannot be read or written.
    """
    words = {form for word in passwords for form in forms_of(word.encode())}
    if not words:
        return
    target = sealed.with_suffix(".new")
    with sealed.open(encoding="ascii") as source, target.open("w", encoding="ascii") as stream:
        for line in source:
            stream.write(json.dumps(_forgotten(json.loads(line), words)) + "\n")
    target.replace(sealed)


def _forgotten(line: dict[str, Any], words: set[bytes]) -> dict[str, Any]:
    least = 1 if line.get("where") == _REQUEST_BODY else LEAST_PASSWORD
    sought = {word for word in words if len(word) >= least}
    found = dict(line)
    if "value" in line:
        found["value"] = _starred(str(line["value"]).encode("utf-8", "surrogatepass"), sought).decode(
            "utf-8", "replace"
        )
    if "base64" in line:
        found["base64"] = _starred_code(line["base64"], sought)
    if "masks" in line:
        found["masks"] = [mask | {"base64": _starred_code(mask["base64"], sought)} for mask in line["masks"]]
    if "storage" in line:
        found["storage"] = _forgotten(line["storage"], words)
    return found


def _starred_code(code: str, sought: set[bytes]) -> str:
    return base64.b64encode(_starred(base64.b64decode(code), sought)).decode("ascii")


def _starred(data: bytes, sought: set[bytes]) -> bytes:
    return stamp(data, spans_in(data, sought))
