"""Sends requests to the app, each from an address of its own, and remembers what fails."""

import itertools
import json
import re
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx2

from tools.checks.security.probes.plan import Operation, Param
from tools.checks.security.probes.values import PNG

Json = Any
ADDRESSES = itertools.cycle(f"127.0.1.{low}" for low in range(1, 121))
HIDDEN = re.compile(r"<input[^>]*>", re.IGNORECASE)
ATTRIBUTE = re.compile(r"""(\w[\w-]*)\s*=\s*["']([^"']*)["']""")
FORGERY = re.compile(r"csrf|xsrf|authenticity|form_token|nonce", re.IGNORECASE)
TIMEOUT_S = 15


@dataclass
class Actor:
    """Somebody who calls the app."""

    name: str
    headers: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Json] = field(default_factory=dict)
    """What is known of the account: id, email, username."""
    forms: dict[str, str] = field(default_factory=dict)
    """Hidden fields that pages gave: name -> last value."""
    refresh: str | None = None

    @property
    def known(self) -> bool:
        """Whether it has anything to show."""
        return bool(self.headers or self.cookies)


NOBODY = Actor("nobody")


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: httpx2.Headers
    text: str
    seconds: float
    request: str
    content: bytes = b""

    @property
    def ok(self) -> bool:
        """A success or a redirect."""
        return 200 <= self.status < 400

    @property
    def json(self) -> Json:
        """The body, None when it is not JSON."""
        try:
            return json.loads(self.text)
        except ValueError:
            return None

    @property
    def is_html(self) -> bool:
        """Whether a browser would show it as a page."""
        kind = self.headers.get("content-type", "")
        return "text/html" in kind or "image/svg" in kind or "xhtml" in kind


class NoAnswer(Exception):
    """The app did not answer, or cut the connection."""


@dataclass
class Filled:
    """A request to be: parameter -> value by place."""

    operation: Operation
    values: dict[tuple[str, str], Json]

    def with_value(self, param: Param, value: Json) -> "Filled":
        """The same with one value changed."""
        return Filled(self.operation, {**self.values, (param.place, param.name): value})

    def without(self, param: Param) -> "Filled":
        """The same with one value left out."""
        key = (param.place, param.name)
        return Filled(self.operation, {k: v for k, v in self.values.items() if k != key})

    def of(self, place: str) -> dict[str, Json]:
        """Values of one place."""
        return {name: value for (where, name), value in self.values.items() if where == place}


class Client:
    """One connection pool for each source address; never follows redirects."""

    def __init__(self, base_url: str, end: float) -> None:
        self._base_url = base_url
        self._end = end
        self._pools: dict[str, httpx2.Client] = {}
        self.sent = 0
        self.errors: list[tuple[Filled, Answer]] = []
        """Answers of 5xx."""
        self.leaks: list[tuple[str, Answer]] = []
        """Error answers, by operation, for whoever looks at their text."""
        self.same_site: dict[str, str] = {}
        """Cookie -> its SameSite attribute, lower case; empty without one."""

    @property
    def over(self) -> bool:
        """Whether the time is over."""
        return time.monotonic() > self._end

    def call(
        self,
        filled: Filled,
        actor: Actor = NOBODY,
        *,
        headers: dict[str, str] | None = None,
        raw: bytes | None = None,
        timeout_s: float = TIMEOUT_S,
        address: str | None = None,
        quiet: bool = False,
    ) -> Answer:
        """Send it as the actor; `quiet` holds nothing against the app. Raises NoAnswer."""
        operation = filled.operation
        self._add_form_tokens(filled, actor)
        sent = {
            **{k: str(v) for k, v in filled.of("header").items()},
            **actor.headers,
            **(headers or {}),
        }
        for name, value in actor.forms.items():
            if FORGERY.search(name) and operation.changes:
                sent.setdefault("X-CSRF-Token", value)
        cookies = {**{k: str(v) for k, v in filled.of("cookie").items()}, **actor.cookies}
        if cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        path = operation.path
        for name, value in filled.of("path").items():
            path = path.replace("{" + name + "}", quote(str(value), safe=""))
        query = {k: v for k, v in filled.of("query").items() if v is not None}
        body = _body(filled) if raw is None else {"content": raw}
        answer = self.send(operation.method, path, sent, query, body, timeout_s, address)
        if answer.status >= 500 and not quiet:
            self.errors.append((filled, answer))
        if answer.status >= 400 and not quiet:
            self.leaks.append((operation.key, answer))
        self._learn(actor, answer)
        return answer

    def send(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        query: Json = None,
        body: dict[str, Json] | None = None,
        timeout_s: float = TIMEOUT_S,
        address: str | None = None,
    ) -> Answer:
        """Send one request. Raises NoAnswer."""
        if self.over:
            raise NoAnswer("the time is over")
        pool = self._pool(address or next(ADDRESSES))
        clean = {
            name.encode(): value.encode("utf-8", "replace")
            .replace(b"\r", b" ")
            .replace(b"\n", b" ")
            for name, value in headers.items()
        }
        started = time.monotonic()
        self.sent += 1
        try:
            response = pool.request(
                method, path, headers=clean, params=query, timeout=timeout_s, **(body or {})
            )
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, OSError) as error:
            raise NoAnswer(repr(error)) from error
        return Answer(
            response.status_code,
            response.headers,
            response.text[:400_000],
            time.monotonic() - started,
            f"{method} {path}",
            response.content[:400_000],
        )

    def _pool(self, address: str) -> httpx2.Client:
        if address not in self._pools:
            transport = httpx2.HTTPTransport(local_address=address, verify=False)
            self._pools[address] = httpx2.Client(
                base_url=self._base_url, transport=transport, trust_env=False, verify=False
            )
        return self._pools[address]

    def _learn(self, actor: Actor, answer: Answer) -> None:
        """Keep cookies and hidden fields, as a browser does."""
        if actor is not NOBODY:
            self._keep_cookies(actor, answer)
        if answer.is_html:
            for tag in HIDDEN.findall(answer.text):
                found = dict(ATTRIBUTE.findall(tag))
                if found.get("type", "").lower() == "hidden" and "name" in found:
                    actor.forms[found["name"]] = found.get("value", "")
        elif isinstance(answer.json, dict):
            for key, value in answer.json.items():
                if FORGERY.search(key) and isinstance(value, str):
                    actor.forms[key] = value

    def _keep_cookies(self, actor: Actor, answer: Answer) -> None:
        for header in answer.headers.get_list("set-cookie"):
            name, _, value = header.partition(";")[0].partition("=")
            site = re.search(r"samesite=(\w+)", header, re.I)
            self.same_site[name.strip()] = site[1].lower() if site else ""
            if re.search(r"max-age=0|expires=thu, 01 jan 1970", header, re.I) or not value.strip(
                '"'
            ):
                actor.cookies.pop(name.strip(), None)
            else:
                actor.cookies[name.strip()] = value.strip()
            if FORGERY.search(name):
                actor.forms[name.strip()] = value.strip()

    def _add_form_tokens(self, filled: Filled, actor: Actor) -> None:
        for param in filled.operation.params:
            key = (param.place, param.name)
            if FORGERY.search(param.name):
                token = actor.forms.get(param.name)
                token = token or next(
                    (v for k, v in actor.forms.items() if FORGERY.search(k)), None
                )
                if token is not None and (key not in filled.values or filled.values[key] != ""):
                    filled.values[key] = token


def _body(filled: Filled) -> dict[str, Json]:
    operation = filled.operation
    if operation.body == "json":
        fields = filled.of("json")
        whole = fields[""] if list(fields) == [""] else fields
        return {"json": whole}
    if operation.body == "raw":
        value = filled.of("raw").get("", "")
        return {"content": value if isinstance(value, bytes) else str(value).encode()}
    if operation.body == "form":
        return {"data": {name: str(value) for name, value in filled.of("form").items()}}
    if operation.body == "multipart":
        parts = [(name, (None, _field(value))) for name, value in filled.of("form").items()]
        files = [(name, _file(value)) for name, value in filled.of("file").items()]
        return {"files": [*parts, *files]} if parts or files else {}
    return {}


def _field(value: Json) -> str:
    return "true" if value is True else str(value)


def _file(value: Json) -> tuple[str, bytes, str]:
    if isinstance(value, tuple):
        return value
    return ("probe.png", PNG, "image/png")
