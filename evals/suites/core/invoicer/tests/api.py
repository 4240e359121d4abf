"""Talks to the backend, and leaves open what its spec leaves open."""

import os
import uuid

import httpx2 as httpx

BASE = os.environ["BASE_URL"].rstrip("/")
PASSWORD = "correct-horse-7-battery"
CLIENT = httpx.Client(base_url=BASE, timeout=30)


class Caller:
    """Somebody with a token, or nobody."""

    def __init__(self, token=None):
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def call(self, method, path, **kw):
        return CLIENT.request(method, path, headers=self.headers, **kw)

    def get(self, path, **params):
        return self.call("GET", path, params=params)

    def post(self, path, body=None):
        return self.call("POST", path, **({} if body is None else {"json": body}))

    def patch(self, path, body):
        return self.call("PATCH", path, json=body)

    def put(self, path, body):
        return self.call("PUT", path, json=body)

    def delete(self, path):
        return self.call("DELETE", path)


def ok(answer, *codes):
    """The body of a success, or a failure that says which step broke."""
    request = answer.request
    good = answer.status_code in (codes or (200, 201))
    assert good, f"{request.method} {request.url} -> {answer.status_code}: {answer.text[:300]}"
    return answer.json() if answer.content else None


def items(answer):
    """A list's items, whatever it is wrapped in."""
    body = ok(answer, 200)
    if isinstance(body, list):
        return body
    (found,) = [value for value in body.values() if isinstance(value, list)]
    return found


def ids(answer):
    return [item["id"] for item in items(answer)]


def unique(prefix="x"):
    return f"{prefix}-{uuid.uuid4().hex[:10]}"


def new_email():
    return f"{unique('u')}@example.com"
