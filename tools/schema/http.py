"""Asks a Database Agent's HTTP endpoint for its schema; docs/database-agent.md is the contract."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import tenacity

from tools.schema.errors import SchemaError
from tools.schema.live import public_name

ACCEPT = "application/json, application/sql, text/x-dbml"
SUFFIXES = {
    "application/json": ".json",
    "application/sql": ".sql",
    "application/x-sql": ".sql",
    "text/x-sql": ".sql",
    "text/x-dbml": ".dbml",
    "application/x-dbml": ".dbml",
}
"""Media type of the answer -> the suffix of a file that holds the same."""
MAX_BYTES = 5 * 1024 * 1024
TIMEOUT_S = 20
TRIES = 4
MAX_WAIT_S = 10.0
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class Answer:
    """A schema as the endpoint sent it."""

    text: str
    suffix: str
    """`.json`, `.sql` or `.dbml`: what the text is."""


@dataclass(frozen=True)
class Endpoint:
    """How to ask."""

    url: str
    token: str | None = None
    """Sent as `Authorization: Bearer`; only over https, or to this machine."""
    cache: Path | None = None
    """Folder that keeps the last answer with its ETag; None keeps nothing."""


class _TryAgainError(Exception):
    """The server is busy or away; `after_s` is what it asks for."""

    def __init__(self, reason: str, after_s: float | None = None) -> None:
        self.after_s = after_s
        super().__init__(reason)


def fetch_schema(endpoint: Endpoint) -> Answer:
    """The endpoint's schema, from the cache when the server says that it has not changed.

    Raises:
        SchemaError: it cannot be reached, refuses, or answers with something else.
    """
    name = public_name(endpoint.url)
    parts = urlsplit(endpoint.url)
    if endpoint.token and parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise _refusal(name, "a token is never sent over http", "Use https, or unset the token")
    if parts.username or parts.password:
        raise _refusal(name, "the URL holds credentials", "Put the token into its variable")
    try:
        return _ask(endpoint, name)
    except _TryAgainError as error:
        remedy = f"Tried {TRIES} times: check the address, or try later"
        raise _refusal(name, str(error), remedy) from None


def _wait(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.after_s if isinstance(error, _TryAgainError) else None
    jitter = tenacity.wait_random_exponential(multiplier=0.2, max=MAX_WAIT_S)(state)
    return jitter if asked is None else min(asked, MAX_WAIT_S)


@tenacity.retry(
    retry=tenacity.retry_if_exception_type(_TryAgainError),
    stop=tenacity.stop_after_attempt(TRIES),
    wait=_wait,
    reraise=True,
)
def _ask(endpoint: Endpoint, name: str) -> Answer:
    kept = _Kept.load(endpoint)
    headers = {"Accept": ACCEPT}
    if endpoint.token:
        headers["Authorization"] = f"Bearer {endpoint.token}"
    if kept:
        headers["If-None-Match"] = kept.etag
    try:
        with (
            httpx2.Client(timeout=TIMEOUT_S, follow_redirects=False) as client,
            client.stream("GET", endpoint.url, headers=headers) as response,
        ):
            if response.status_code == 304 and kept:
                return kept.answer
            body = _body(response, name)
    except httpx2.TransportError as error:
        raise _TryAgainError(f"it cannot be reached: {error or type(error).__name__}") from None
    answer = _answer(response, body, name)
    if etag := response.headers.get("etag"):
        _Kept(etag, answer).save(endpoint)
    return answer


def _body(response: httpx2.Response, name: str) -> bytes:
    status = response.status_code
    if status == 429 or status >= 500:
        asked = response.headers.get("retry-after", "")
        raise _TryAgainError(f"it answers {status}", float(asked) if asked.isdigit() else None)
    if status in {401, 403}:
        raise _refusal(name, f"it answers {status}", "Set the token's variable; see docs/spec.md")
    if status != 200:
        raise _refusal(name, f"it answers {status}", "Check the address; redirects do not count")
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > MAX_BYTES:
            raise _refusal(name, f"it sends more than {MAX_BYTES} bytes", "Send less")
    return bytes(body)


def _answer(response: httpx2.Response, body: bytes, name: str) -> Answer:
    media = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in SUFFIXES:
        known = ", ".join(SUFFIXES)
        raise _refusal(name, f"it answers with {media or 'no media type'}", f"Send one of {known}")
    try:
        return Answer(body.decode("utf-8-sig"), SUFFIXES[media])
    except UnicodeDecodeError:
        raise _refusal(name, "its answer is not UTF-8", "Send UTF-8") from None


def _refusal(name: str, reason: str, remedy: str) -> SchemaError:
    return SchemaError(name, [(1, f"{reason}. {remedy}")])


@dataclass(frozen=True)
class _Kept:
    """The last answer, on disk."""

    etag: str
    answer: Answer

    @classmethod
    def load(cls, endpoint: Endpoint) -> "_Kept | None":
        path = _path(endpoint)
        try:
            data = json.loads(path.read_text(encoding="utf-8")) if path else None
            return cls(data["etag"], Answer(data["text"], data["suffix"])) if data else None
        except (OSError, ValueError, KeyError, TypeError):
            return None  # a cache that cannot be read is no cache

    def save(self, endpoint: Endpoint) -> None:
        path = _path(endpoint)
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            data = {"etag": self.etag, "text": self.answer.text, "suffix": self.answer.suffix}
            path.write_text(json.dumps(data), encoding="utf-8")


def _path(endpoint: Endpoint) -> Path | None:
    digest = hashlib.sha256(f"{endpoint.url}\n{endpoint.token}".encode()).hexdigest()
    return endpoint.cache / f"{digest[:32]}.json" if endpoint.cache else None
