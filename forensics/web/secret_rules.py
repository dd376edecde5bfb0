"""Which header fields, cookies, addresses and request bodies hold credentials: names and patterns, no state."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote_plus

SHORTEST = 8
"""Values of fewer bytes are not looked for elsewhere: they would turn up in texts that have nothing to do with them."""

LARGEST_SCANNED = 1 << 23
"""Bytes at the start of a body in which names of fields are looked for."""

_SECRET_WORD = re.compile(
    r"(?:^|-)(?:api-?key|auth(?:orization)?|jwt|pass(?:wd|word)|[cx]srf(?:token)?|secret|session(?:id)?|sid|ticket|token)(?:-|$)"
)
_COOKIE_HEADERS = frozenset({"cookie", "set-cookie", "cookie2", "set-cookie2"})
_ADDRESS_HEADERS = frozenset(
    {"location", "referer", "content-location", "refresh", "link", "origin", "sourcemap", ":path"}
)
_WORTHLESS_ALONE = re.compile(r"csrf|xsrf|api-?key")
_SESSION_COOKIE = re.compile(r"sess|sid$|auth|token|jwt|login|logon|remember|ticket|passport", re.IGNORECASE)

_PASSWORD_PARTS = (
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "passwort",
    "kennwort",
    "motdepasse",
    "contrasena",
    "密码",
    "口令",
)
_PASSWORD_WORDS = frozenset({"pass", "pwd", "mdp", "mima"})
_ONE_TIME_CODE = re.compile(r"t?otp(?:code)?|(?:mfa|sms|verification)code")
_TOKEN = re.compile(
    r"(?:access|auth|bearer|id|oauth|refresh|session)token|(?:j|php)?sess(?:ion)?id|clientsecret|jwt|samlresponse"
)
_JWT = re.compile(rb"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*")
_LONG_ID = 16
"""Bytes from which a `sid` or an all-digits cookie counts as a session's name rather than as a short setting."""

_SHARE_CODES, _LONGEST_SHARE_CODE = frozenset({"pwd", "pass"}), 6
"""Parameters of share links (`pan.baidu.com/s/…?pwd=abcd`): they belong to the address of what is shared."""

_PARAMETERS = (
    re.compile(r"(?<=[?&#])([^=&#;?/\s\"'<>]{1,100})=(?=([^&#\s\"'<>]+))"),
    re.compile(r"(?<=;)([^=&#;?/\s\"'<>]{1,100})=(?=([^&#;?/\s\"'<>]+))"),
)
_USER_INFO = re.compile(r"(?<=://)([^/?#@:\s]*):([^/?#@\s]+)(?=@)")
_FORM_FIELD = re.compile(rb"(?:^|[&?])([^=&\s]{1,200})=([^&\r\n]+)")
_JSON_FIELD = re.compile(rb"\"((?:[^\"\\]|\\.){1,100})\"\s*:\s*(?=\"((?:[^\"\\]|\\.)+)\"|(-?\d[\d.]*))")
_PASSWORD_HINT = re.compile(rb"pass|pwd|mdp|mima|kennwort|contrase|otp|code|%|[\x80-\xff]", re.IGNORECASE)
_TOKEN_HINT = re.compile(rb"token|session|sessid|secret|saml|jwt", re.IGNORECASE)
_PART_FIELD = re.compile(rb"name=\"([^\"]{1,200})\"[^\r\n]*(?:\r?\n[^\r\n]+){0,9}\r?\n\r?\n([^\r\n]+)")


@dataclass(frozen=True, slots=True)
class Named:
    """A value that a rule calls secret.

    Attributes:
        name: The field that holds it.
        value: Its bytes as they stand there.
        is_sought: Whether it has to be masked wherever else it occurs.
    """

    name: str
    value: bytes
    is_sought: bool = True

    def __repr__(self) -> str:
        """Gives no value, so that none gets into a message."""
        return f"Named({self.name!r})"


def is_cookie_header(name: str) -> bool:
    """Whether a header field carries cookies."""
    return name.lower() in _COOKIE_HEADERS


def is_address_header(name: str) -> bool:
    """Whether a header field carries addresses."""
    return name.lower() in _ADDRESS_HEADERS


def is_secret_header(name: str) -> bool:
    """Whether the whole value of a header field is a credential: `Authorization`, `X-Csrf-Token` and alike."""
    lowered = name.lower()
    if lowered.startswith((":", "access-control-")):
        return False
    return _SECRET_WORD.search(lowered) is not None


def is_sought_header(name: str) -> bool:
    """Whether a secret header's value is masked elsewhere, too; keys of a site and form tokens open nothing alone."""
    return _WORTHLESS_ALONE.search(name.lower()) is None


def is_sought_cookie(name: str, value: bytes, *, is_http_only: bool) -> bool:
    """Whether a cookie's value opens a session: it is kept from scripts or so named, and is telling."""
    if not is_http_only and (_SESSION_COOKIE.search(name) is None or _WORTHLESS_ALONE.search(name.lower())):
        return False
    return is_telling(value)


def is_telling(value: bytes) -> bool:
    """Whether a value is long and mixed enough to be a secret wherever it occurs, and no word, date or setting."""
    has_both = re.search(rb"\d", value) is not None and re.search(rb"[A-Za-z]", value) is not None
    return len(value) >= (SHORTEST if has_both else _LONG_ID)


def is_password_name(name: str) -> bool:
    """Whether a form field, JSON key or URL parameter of this name holds a password or one-time code."""
    words = re.split(r"[^a-z0-9\u0080-\uffff]+", name.lower())
    joined = "".join(words)
    if _ONE_TIME_CODE.fullmatch(joined) or joined.endswith("pwd") or any(part in joined for part in _PASSWORD_PARTS):
        return True
    return not _PASSWORD_WORDS.isdisjoint(words)


def is_token_name(name: str) -> bool:
    """Whether a parameter or JSON key of this name holds the token of a login; signatures of media URLs do not."""
    return _TOKEN.fullmatch(re.sub(r"[^a-z0-9]", "", name.lower())) is not None


def in_address(url: str) -> tuple[tuple[int, int, str], ...]:
    """Finds the credentials in an address, or in text that holds addresses.

    Signed addresses of media are left alone: their signature is needed to say which file it was.

    Returns:
        Start, end and name of each, in characters.
    """
    matches = [match for pattern in _PARAMETERS for match in pattern.finditer(url)]
    parameters = [(match.span(2), unquote_plus(match[1]), match[2]) for match in matches]
    names = {name.lower() for _, name, _ in parameters}
    found = [(*span, name) for span, name, value in parameters if _is_credential(name, value, names=names)]
    found += [(*match.span(2), "password") for match in _USER_INFO.finditer(url)]
    return tuple(sorted(found))


def _is_credential(name: str, value: str, *, names: set[str]) -> bool:
    lowered = name.lower()
    if is_token_name(name):
        return True
    if is_password_name(name):
        return len(value) > _LONGEST_SHARE_CODE or lowered not in _SHARE_CODES
    if lowered == "sid" or lowered.startswith("aspsessionid"):
        return len(value) >= _LONG_ID
    if lowered == "code":
        return "state" in names
    return lowered in {"token", "auth"} and _JWT.fullmatch(value.encode()) is not None


def passwords_in(body: bytes) -> tuple[Named, ...]:
    """Finds the passwords and one-time codes of a request body: form, JSON (also nested in strings) or multipart."""
    if _PASSWORD_HINT.search(body, 0, LARGEST_SCANNED) is None:
        return ()
    return tuple(named for named in _fields(body[:LARGEST_SCANNED]) if _is_password(named))


def _is_password(named: Named) -> bool:
    return is_password_name(named.name) and b"://" not in named.value and b"%3A%2F%2F" not in named.value.upper()


def tokens_in(body: bytes, *, is_request: bool) -> tuple[Named, ...]:
    """Finds the login tokens that a body names as such, as in an answer with an `access_token`."""
    if _TOKEN_HINT.search(body, 0, LARGEST_SCANNED) is None:
        return ()
    start = body[:LARGEST_SCANNED]
    fields = _fields(start) if is_request else _json_fields(start)
    return tuple(named for named in fields if is_token_name(named.name) and len(named.value) >= SHORTEST)


def _fields(text: bytes) -> tuple[Named, ...]:
    if text[:1] in {b"{", b"["}:
        return _json_fields(text)
    found = [(match[1], match[2]) for match in _PART_FIELD.finditer(text)]
    if not found:
        found = [(match[1], match[2]) for match in _FORM_FIELD.finditer(text)]
        found += [(name.encode(), value.encode()) for name, value in _decoded(text)]
    return (*_named(found), *_json_fields(text))


def _json_fields(text: bytes) -> tuple[Named, ...]:
    """Finds members with a text or number; those of JSON inside of a JSON string, too."""
    texts = {text, text.replace(b'\\"', b'"')}
    return _named([(match[1], match[2] or match[3]) for one in texts for match in _JSON_FIELD.finditer(one)])


def _named(found: list[tuple[bytes, bytes]]) -> tuple[Named, ...]:
    named = (Named(unquote_plus(name.decode("utf-8", errors="replace")), value) for name, value in found)
    return tuple(dict.fromkeys(named))


def _decoded(form: bytes) -> list[tuple[str, str]]:
    try:
        return [(name, value) for name, value in parse_qsl(form.decode("ascii"), max_num_fields=1000) if value]
    except ValueError:
        return []
