"""Talks to the backend as its spec says, and leaves open what the spec leaves open."""

import os
import uuid

import httpx2 as httpx
import pytest

PASSWORD = "correct-horse-7-battery"
ROOT = os.environ["BASE_URL"].rstrip("/")
ADMIN = (os.environ["FIRST_ADMIN_EMAIL"], os.environ["FIRST_ADMIN_PASSWORD"])
REFUSED = (400, 422)


class Caller:
    """One signed-in (or anonymous) client."""

    def __init__(self, token=None, account=None):
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.account = account

    def call(self, method, path, **kw):
        return httpx.request(
            method, ROOT + path, headers=self.headers, timeout=30, follow_redirects=True, **kw
        )

    def get(self, path, **params):
        return self.call("GET", path, params=params)

    def post(self, path, body=None):
        return self.call("POST", path, **({} if body is None else {"json": body}))

    def patch(self, path, body):
        return self.call("PATCH", path, json=body)

    def delete(self, path):
        return self.call("DELETE", path)


def ok(answer, *codes):
    """The body, or a failure that says which step broke."""
    if answer.status_code not in (codes or (200, 201)):
        request = answer.request
        pytest.fail(f"{request.method} {request.url} -> {answer.status_code}: {answer.text[:300]}")
    return answer.json() if answer.content else None


def try_login(email, password):
    """The spec may leave the body's form open: JSON or form, `email` or `username`."""
    answer = None
    for kw in (
        {"json": {"email": email, "password": password}},
        {"data": {"username": email, "password": password}},
    ):
        answer = httpx.post(f"{ROOT}{LOGIN}", timeout=30, **kw)
        if answer.status_code not in (400, 415, 422):
            break
    return answer


def login(email, password=PASSWORD):
    tokens = ok(try_login(email, password))
    caller = Caller(tokens["access_token"])
    caller.tokens = tokens
    caller.account = ok(caller.get(ME))
    return caller


def register(password=PASSWORD):
    email = f"u-{uuid.uuid4().hex[:12]}@example.com"
    ok(Caller().post(REGISTER, {"email": email, "password": password}))
    return login(email, password)


def promote(admin, role):
    """A fresh user with that role, signed in again so that a token may hold it."""
    caller = register()
    ok(admin.patch(f"{USERS}/{caller.account['id']}", {"role": role}))
    return login(caller.account["email"])


def items(answer):
    body = ok(answer, 200)
    if isinstance(body, list):
        return body
    (found,) = [value for value in body.values() if isinstance(value, list)]
    return found


def ids(answer):
    return [item["id"] for item in items(answer)]


def unique():
    return uuid.uuid4().hex[:12]


BASE = "/forum"
LOGIN, REGISTER, ME, USERS = (
    BASE + path for path in ("/auth/login", "/auth/register", "/me", "/users")
)
