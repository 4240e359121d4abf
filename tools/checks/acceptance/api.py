"""A typed HTTP client that remembers what was said, so that a failing test can quote it."""

import json
import re
from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Self

import httpx2
from pydantic import JsonValue, TypeAdapter

from tools.blueprint.model import Blueprint

Json = JsonValue
Row = dict[str, JsonValue]
Params = Mapping[str, str | int]
MAX_QUOTE_CHARS = 1500
MAX_QUOTED_ITEMS = 2
"""Of a list in an answer; a page of twenty says no more about what is wrong."""
JSON = TypeAdapter[JsonValue](JsonValue)
ERROR_KEYS = {
    "problem": ("type", "title", "status", "detail", "code"),
    "envelope": ("code", "message"),
    "detail": ("detail",),
}
"""Error style -> the keys its body must have (`envelope`: inside `error`)."""
TOKEN = re.compile(r"eyJ[\w-]{10,}\.[\w-]+\.[\w-]+")
HASH_STARTS = ("$argon2", "$2a$", "$2b$", "$2y$")


@dataclass(frozen=True)
class Answer:
    """What came back, with the request that caused it."""

    request: str
    status: int
    headers: httpx2.Headers
    text: str
    error_style: str

    @property
    def json(self) -> JsonValue:
        """The body. Raises AssertionError when it is not JSON."""
        try:
            return JSON.validate_json(self.text)
        except ValueError:
            raise AssertionError(f"the answer is not JSON\n{self}") from None

    @property
    def row(self) -> Row:
        """The body as an object. Raises AssertionError when it is not one."""
        body = self.json
        if not isinstance(body, dict):
            raise AssertionError(f"expected a JSON object\n{self}")
        return body

    @property
    def rows(self) -> list[Row]:
        """The body as an array of objects. Raises AssertionError when it is not one."""
        body = self.json
        if not isinstance(body, list):
            raise AssertionError(f"expected a bare JSON array\n{self}")
        return [row for row in body if isinstance(row, dict)]

    def expect(self, *statuses: int) -> Self:
        """Itself, when the status is one of these; an error must have the conventions' shape.

        Raises:
            AssertionError: with both sides of the exchange.
        """
        if self.status not in statuses:
            wanted = " or ".join(map(str, statuses))
            raise AssertionError(f"expected status {wanted}, got {self.status}\n{self}")
        if self.status >= 400:
            self._expect_error_shape()
        return self

    def _expect_error_shape(self) -> None:
        body = self.row
        if self.error_style == "envelope":
            inner = body.get("error")
            body = inner if isinstance(inner, dict) else {}
        missing = [key for key in ERROR_KEYS[self.error_style] if key not in body]
        if missing:
            lacks = f"it lacks {', '.join(missing)}"
            raise AssertionError(f"no error body of style {self.error_style!r}: {lacks}\n{self}")
        if self.error_style == "problem":
            kind = self.headers.get("content-type", "").partition(";")[0].strip()
            if kind != "application/problem+json" or body["status"] != self.status:
                raise AssertionError(f"a problem with the wrong media type or status\n{self}")

    def __str__(self) -> str:
        kind = self.headers.get("content-type", "no content type")
        return f"request: {self.request}\nanswer: {self.status} ({kind}) {_cut(self._body())}"

    def _body(self) -> str:
        """The body as it is, but for long lists: of those the first few."""
        try:
            return json.dumps(_shorten(JSON.validate_json(self.text)), ensure_ascii=False)
        except ValueError:
            return self.text


class Api:
    """The backend under test. Shared by threads; one connection pool."""

    def __init__(self, base_url: str, blueprint: Blueprint) -> None:
        self._http = httpx2.Client(base_url=base_url, timeout=20, trust_env=False)
        self._base_path = blueprint.conventions.base_path
        self._error_style = blueprint.conventions.errors.style
        self._secrets = secret_names(blueprint)
        self.history: deque[Answer] = deque(maxlen=3)
        """The last exchanges, oldest first."""
        self.forget_calls: Callable[[], None] | None = None
        """Makes the backend forget how often it was called; then a 429 is answered by asking again,
        as tests of other things call far more often than any client."""

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def call(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        body: JsonValue = None,
        raw: bytes | None = None,
        form: Mapping[str, str] | None = None,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        at_root: bool = False,
    ) -> Answer:
        """Send one request. No redirect is followed.

        Args:
            method: of HTTP.
            path: without the base path.
            token: bearer token, if any.
            body: sent as JSON unless None.
            raw: sent as it is, as JSON.
            form: sent urlencoded.
            params: query parameters.
            headers: further headers.
            at_root: leave the base path out.

        Raises:
            AssertionError: no answer, a server error, or a secret in the answer.
        """
        sent = dict(headers or {})
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        content = raw if raw is not None else _dump(body)
        if content is not None:
            sent["Content-Type"] = "application/json"
        url = path if at_root else self._base_path + path
        request = self._http.build_request(
            method, url, params=params, content=content, data=form, headers=sent
        )
        answer = self._send(request)
        if answer.status == 429 and self.forget_calls is not None:
            self.forget_calls()
            answer = self._send(request)
        self.history.append(answer)
        self._refuse_scandals(answer, secrets=() if at_root else self._secrets)
        return answer

    def _send(self, request: httpx2.Request) -> Answer:
        quote = _describe(request)
        try:
            response = self._http.send(request)
        except httpx2.HTTPError as error:
            raise AssertionError(f"no answer: {error!r}\nrequest: {quote}") from error
        return Answer(
            quote, response.status_code, response.headers, response.text, self._error_style
        )

    def _refuse_scandals(self, answer: Answer, secrets: Collection[str]) -> None:
        """What no answer may ever be, whatever a test asks for.

        Outside the API's own paths a hidden field's name means something else: `status` of /health.
        """
        if answer.status >= 500:
            raise AssertionError(f"server error {answer.status}\n{answer}")
        if any(f'"{start}' in answer.text for start in HASH_STARTS):
            raise AssertionError(f"the answer holds a password hash\n{answer}")
        if answer.status < 300 and answer.text:
            leaked = sorted(
                name for name in secrets if f'"{name}":' in answer.text.replace(" ", "")
            )
            if leaked and '"openapi":' not in answer.text.replace(" ", "")[:40]:
                names = ", ".join(leaked)
                raise AssertionError(f"the answer holds {names}, hidden in the Blueprint\n{answer}")


def secret_names(blueprint: Blueprint) -> frozenset[str]:
    """Names of fields that no answer may have: readable in no entity at all."""
    fields = [field for entity in blueprint.entities for field in entity.fields]
    shown = {field.name for field in fields if field.readable}
    hidden = {field.name for field in fields if not field.readable}
    if blueprint.auth:
        hidden |= {blueprint.auth.hash_field, blueprint.auth.password_field}
    return frozenset(hidden - shown)


def _dump(body: JsonValue) -> bytes | None:
    return None if body is None else json.dumps(body).encode()


def _describe(request: httpx2.Request) -> str:
    sent = request.content.decode(errors="replace")
    if request.headers.get("content-type") == "application/x-www-form-urlencoded":
        sent = "(a form)"
    who = "with a token" if "authorization" in request.headers else "without a token"
    return _cut(f"{request.method} {request.url.raw_path.decode()} {who} {sent}".rstrip())


def _shorten(value: JsonValue) -> JsonValue:
    """The value with `... 18 more` for what a list has beyond its first few elements."""
    if isinstance(value, dict):
        return {key: _shorten(inner) for key, inner in value.items()}
    if not isinstance(value, list):
        return value
    shown = [_shorten(inner) for inner in value[:MAX_QUOTED_ITEMS]]
    left = len(value) - len(shown)
    return [*shown, *([f"... {left} more"] if left else [])]


def _cut(text: str) -> str:
    text = TOKEN.sub("(a token)", text)
    return text if len(text) <= MAX_QUOTE_CHARS else text[:MAX_QUOTE_CHARS] + " ... (cut)"
