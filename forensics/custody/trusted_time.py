"""Asks time-stamp authorities (RFC 3161 over HTTP) for tokens; an answer counts only after its checks.

The transport is `http.client`, which follows no redirection and reads no proxy settings from the environment.
"""

from __future__ import annotations

import hashlib
import http.client
import secrets
import socket
import ssl
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import SplitResult, urlsplit

from forensics.custody import tokens
from forensics.custody.chain import read_certificates, short
from forensics.custody.clock import within
from forensics.custody.tokens import Token, TokenCheck
from forensics.errors import TimeProofError
from forensics.model import Gap, GapReason, TimeFailure, TimeProof

NONCE_BITS = 64
"""Length of the nonce, in bits. *Source:* RFC 3161, section 2.4.1."""

_PIECE = 1 << 16
_GRACE_S = 0.25
"""Time for the thread that waits to say itself what went wrong at the deadline."""

_MAX_WORKERS = 8


@dataclass(frozen=True, slots=True)
class Authority:
    """A time-stamp authority as configured.

    Attributes:
        url: Address (`http` or `https`) that answers RFC 3161 requests.
        anchors: Root certificates trusted for it, DER or PEM. Without any, the chain of its tokens stays unchecked.
        crls: Revocation lists at hand, DER or PEM; none are fetched.
        timeout_s: Longest wait for everything together.
    """

    url: str
    anchors: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    timeout_s: float = 20.0


@dataclass(frozen=True, slots=True)
class Receipt:
    """A response whose checks passed.

    Attributes:
        response: The bytes as received: what goes into `proofs/` as `.tsr`.
        requested_at: Machine's time at which the request was sent.
        received_at: Machine's time at which the answer was there.
    """

    response: bytes
    token: Token
    check: TokenCheck
    requested_at: datetime
    received_at: datetime

    @property
    def certificates(self) -> tuple[bytes, ...]:
        """Certificates (DER) to keep in `proofs/` as `.cer`."""
        return self.check.certificates

    @property
    def revocation_lists(self) -> tuple[bytes, ...]:
        """Revocation lists (DER) to keep in `proofs/` as `.crl`."""
        return self.check.revocation_lists


class AuthorityError(TimeProofError):
    """An authority gave no token, or one that does not hold.

    Attributes:
        why: Reason, as a gap records it.
    """

    def __init__(self, message: str, *, why: GapReason, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.why = why


def failure_gap(error: TimeProofError) -> Gap:
    """Gives the gap that records why there is no token."""
    why = error.why if isinstance(error, AuthorityError) else GapReason.FAILED
    return Gap("time-stamp token", why, str(error))


def request_token(authority: Authority, digest: bytes) -> Receipt:
    """Asks one authority to stamp a digest, and checks what it answers.

    Args:
        authority: Only its address is contacted: redirections are refused, proxies of the environment are ignored,
            issuers' certificates and revocation data are not fetched.
        digest: SHA-256 of what is stamped.

    Raises:
        AuthorityError: There is no answer in time (`TIMED_OUT`), no usable one (`FAILED`, `UNPARSABLE`, `LIMIT`), it
            says no or is not to be trusted (`REFUSED`).
        TimeProofError: A configured trust anchor is not a certificate.

    Not done: proxies; passwords for authorities that ask for one.
    """
    address = _address(authority.url)
    for anchor in authority.anchors:
        read_certificates(anchor)
    nonce = secrets.randbits(NONCE_BITS)
    request = tokens.build_request(digest, nonce)
    requested_at = datetime.now(UTC)
    response = _ask(address, request, timeout_s=authority.timeout_s)
    received_at = datetime.now(UTC)
    check = tokens.check(response, digest=digest, anchors=authority.anchors, nonce=nonce, crls=authority.crls)
    if check.token is None or not (check.is_trusted or (check.is_acceptable and not authority.anchors)):
        raise _refusal(authority.url, check, response)
    return Receipt(response, check.token, check, requested_at, received_at)


def stamp(
    authorities: Sequence[Authority], checkpoint: int, *, digest: bytes
) -> tuple[tuple[tuple[TimeProof, Receipt], ...], tuple[TimeFailure, ...]]:
    """Asks several authorities at once to stamp a checkpoint.

    Args:
        authorities: None gives nothing, also no failure.
        checkpoint: Event number of the checkpoint.
        digest: SHA-256 of its ledger line without line feed.

    Returns:
        Proofs with their receipts, and failures, each in the order of the authorities. A token whose checks fail is a
        failure; one from an authority without trust anchors is a proof whose check `chain` says that it is unchecked.
    """
    if not authorities:
        return (), ()
    with ThreadPoolExecutor(min(len(authorities), _MAX_WORKERS)) as pool:
        outcomes = list(pool.map(lambda authority: _stamp_one(authority, checkpoint, digest=digest), authorities))
    proofs = tuple(outcome for outcome in outcomes if not isinstance(outcome, TimeFailure))
    return proofs, tuple(outcome for outcome in outcomes if isinstance(outcome, TimeFailure))


def _stamp_one(authority: Authority, checkpoint: int, *, digest: bytes) -> tuple[TimeProof, Receipt] | TimeFailure:
    requested_at = datetime.now(UTC)
    try:
        receipt = request_token(authority, digest)
    except TimeProofError as error:
        return TimeFailure(checkpoint, authority.url, requested_at, failure_gap(error))
    return _proof(authority, checkpoint, receipt=receipt), receipt


def _proof(authority: Authority, checkpoint: int, *, receipt: Receipt) -> TimeProof:
    return TimeProof(
        checkpoint=checkpoint,
        authority=authority.url,
        token=hashlib.sha256(receipt.response).hexdigest(),
        gen_time=receipt.token.gen_time,
        requested_at=receipt.requested_at,
        received_at=receipt.received_at,
        accuracy_s=receipt.token.accuracy_s,
        certificates=tuple(hashlib.sha256(each).hexdigest() for each in receipt.certificates),
        revocation=tuple(hashlib.sha256(each).hexdigest() for each in receipt.revocation_lists),
        serial=receipt.token.serial,
        policy=receipt.token.policy,
        checks=receipt.check.checks,
    )


def _refusal(url: str, check: TokenCheck, response: bytes) -> AuthorityError:
    """Says why a response is not accepted: a lie is `FAILED`, a no or a lack of trust is `REFUSED`."""
    if check.token is None:
        return _unread(url, response)
    reasons = "; ".join(f"{name}: {result}" for name, result in (check.failures or check.unchecked).items())
    is_lie = {"imprint", "nonce", "signature"} & set(check.failures)
    why = GapReason.FAILED if is_lie or not check.failures else GapReason.REFUSED
    return AuthorityError(f"the token of {url} does not hold: {reasons}", why=why)


def _unread(url: str, response: bytes) -> AuthorityError:
    try:
        tokens.parse(response)
    except tokens.TokenRejectedError as error:
        return AuthorityError(f"{url}: {error}", why=GapReason.REFUSED)
    except TimeProofError as error:
        return AuthorityError(f"{url}: {error}", why=GapReason.UNPARSABLE)
    raise AssertionError("a response without a token can be read")


# The transport


def _address(url: str) -> SplitResult:
    try:
        address = urlsplit(url)
        is_usable = address.scheme in ("http", "https") and bool(address.hostname) and address.port != 0
    except ValueError:
        is_usable = False
    if not is_usable or address.username is not None or not url.isascii() or not url.isprintable() or " " in url:
        raise AuthorityError(
            f"{url!r} is not the address of a time-stamp authority",
            why=GapReason.FAILED,
            hint="Give http:// or https://, a host, and no user name or password: the address is written into records.",
        )
    return address


def _ask(address: SplitResult, request: bytes, *, timeout_s: float) -> bytes:
    """Sends the request and waits for the whole answer, no longer than the deadline whatever the server does."""
    connection = _connection(address, timeout_s=timeout_s)
    deadline = time.monotonic() + timeout_s
    try:
        return within(timeout_s + _GRACE_S, lambda: _post(connection, address, request=request, deadline=deadline))
    except TimeoutError as error:
        _abandon(connection)
        message = f"{address.geturl()} did not answer within {timeout_s:g} s"
        raise AuthorityError(message, why=GapReason.TIMED_OUT) from error


def _post(connection: http.client.HTTPConnection, address: SplitResult, *, request: bytes, deadline: float) -> bytes:
    """Sends the request and reads the answer.

    Raises:
        TimeoutError: One step, or everything together, took too long.
    """
    target = (address.path or "/") + (f"?{address.query}" if address.query else "")
    headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
    try:
        connection.request("POST", target, body=request, headers=headers | {"User-Agent": "forensics"})
        with connection.getresponse() as answer:
            _refuse_status(address.geturl(), answer)
            return _read(address.geturl(), answer, deadline=deadline)
    except TimeoutError:
        raise
    except (OSError, UnicodeError, http.client.HTTPException) as error:
        message = f"{address.geturl()} cannot be asked: {short(str(error) or type(error).__name__)}"
        raise AuthorityError(message, why=GapReason.FAILED) from error
    finally:
        connection.close()


def _abandon(connection: http.client.HTTPConnection) -> None:
    """Ends a connection that another thread still reads from, so that the thread ends too."""
    opened: socket.socket | None = connection.sock
    if opened is not None:
        with suppress(OSError):
            opened.shutdown(socket.SHUT_RDWR)


def _connection(address: SplitResult, *, timeout_s: float) -> http.client.HTTPConnection:
    host, port = address.hostname or "", address.port
    if address.scheme == "https":
        return http.client.HTTPSConnection(host, port, timeout=timeout_s, context=ssl.create_default_context())
    return http.client.HTTPConnection(host, port, timeout=timeout_s)


def _refuse_status(url: str, answer: http.client.HTTPResponse) -> None:
    if 300 <= answer.status < 400:  # noqa: PLR2004 - RFC 9110, section 15.4
        elsewhere = short(answer.getheader("Location", "nowhere"))
        hint = "Configure the new address if it is the authority's; redirections are not followed."
        raise AuthorityError(f"{url} sends us on to {elsewhere}", why=GapReason.REFUSED, hint=hint)
    if answer.status != http.client.OK:
        why = GapReason.REFUSED if 400 <= answer.status < 500 else GapReason.FAILED  # noqa: PLR2004 - section 15.5
        raise AuthorityError(f"{url} answers with HTTP status {answer.status} {short(answer.reason)}", why=why)
    kind = (answer.getheader("Content-Type") or "").partition(";")[0].strip().lower()
    if kind.startswith("text/"):
        message = f"{url} answers with {short(kind)}, a page for people and no time-stamp"
        raise AuthorityError(message, why=GapReason.UNPARSABLE)


def _read(url: str, answer: http.client.HTTPResponse, *, deadline: float) -> bytes:
    """Reads the body piece by piece: each read returns what is there, so the deadline is looked at again and again."""
    body = bytearray()
    while piece := answer.read1(_PIECE):
        body += piece
        if len(body) > tokens.MAX_RESPONSE:
            message = f"the answer of {url} is longer than {tokens.MAX_RESPONSE} bytes"
            raise AuthorityError(message, why=GapReason.LIMIT)
        if time.monotonic() > deadline:
            raise TimeoutError
    return bytes(body)
