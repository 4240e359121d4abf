"""What the suite's client makes of answers."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import httpx2
import pytest

from tests.tools.checks.library import LIBRARY
from tools.checks.acceptance.api import Answer, Api, secret_names
from tools.checks.acceptance.paths import path_to

PROBLEM = {"type": "about:blank", "title": "No", "status": 409, "detail": "no", "code": "no"}


def answer(
    body: object, status: int = 409, style: str = "problem", kind: str = "application/problem+json"
) -> Answer:
    return Answer(
        request="POST /books",
        status=status,
        headers=httpx2.Headers({"content-type": kind}),
        text=body if isinstance(body, str) else json.dumps(body),
        error_style=style,
    )


@pytest.mark.parametrize(
    ("style", "kind", "body"),
    [
        ("problem", "application/problem+json", PROBLEM),
        ("envelope", "application/json", {"error": {"code": "no", "message": "no"}}),
        ("detail", "application/json", {"detail": "no"}),
    ],
)
def test_an_error_has_its_shape(style: str, kind: str, body: dict[str, object]) -> None:
    right = answer(body, style=style, kind=kind)
    assert right.expect(409) is right


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (answer(PROBLEM, status=404), "expected status 409, got 404\nrequest: POST /books"),
        (answer(PROBLEM, kind="application/json"), "wrong media type"),
        (answer({**PROBLEM, "status": 400}), "wrong media type or status"),
        (answer({"detail": "no"}), "it lacks type, title, status, code"),
        (answer({"error": {"code": "no"}}, style="envelope"), "it lacks message"),
        (answer({"error": "no"}, style="envelope"), "it lacks code, message"),
        (answer("<html>"), "not JSON"),
        (answer([1]), "expected a JSON object"),
    ],
)
def test_what_is_not_an_error_body(wrong: Answer, message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        wrong.expect(409)


def test_secrets_are_what_no_entity_shows() -> None:
    assert secret_names(LIBRARY) == {"password_hash", "password"}


BODIES = {
    "/crash": (500, "{}"),
    "/hash": (200, '{"note": "$argon2id$v=19"}'),
    "/leak": (200, '{"password_hash": "x"}'),
    "/fine": (200, '{"title": "password"}'),
}


class Replies(BaseHTTPRequestHandler):
    """Answers each path with what it is named after."""

    def do_GET(self) -> None:
        status, body = BODIES[self.path]
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    with HTTPServer(("127.0.0.1", 0), Replies) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        opened = Api(f"http://127.0.0.1:{server.server_port}", LIBRARY)
        yield opened
        opened.close()
        server.shutdown()


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/crash", "server error 500"),
        ("/hash", "password hash"),
        ("/leak", "the answer holds password_hash"),
    ],
)
def test_no_answer_may_be_a_scandal(api: Api, path: str, message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        api.call("GET", path)


def test_exchanges_are_remembered_without_tokens(api: Api) -> None:
    secret = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
    api.call("GET", "/fine", token=secret)
    assert "GET /fine with a token" in str(api.history[-1])
    assert secret not in str(api.history[-1])


def test_no_answer_is_a_failure() -> None:
    silent = Api("http://127.0.0.1:9", LIBRARY)
    with pytest.raises(AssertionError, match="no answer: ConnectError"):
        silent.call("GET", "/")
    silent.close()


@pytest.mark.parametrize(
    ("key", "row", "parent", "path"),
    [
        ("GET /loans/{loan_id}", {"id": "7"}, None, "/loans/7"),
        ("POST /loans/{loan_id}/notes", {}, "8", "/loans/8/notes"),
        ("POST /loans/{loan_id}/notes", {"loan_id": "9"}, None, "/loans/9/notes"),
        ("POST /loans", {}, None, "/loans"),
    ],
)
def test_paths(key: str, row: dict[str, str], parent: str | None, path: str) -> None:
    endpoint = next(found for found in LIBRARY.endpoints if found.key == key)
    assert path_to(LIBRARY, endpoint, dict(row), parent) == path


def test_of_long_lists_the_first_elements_are_quoted() -> None:
    page = {"items": [{"id": number} for number in range(20)], "next": None}
    assert str(answer(page, kind="application/json")).endswith(
        '{"items": [{"id": 0}, {"id": 1}, "... 18 more"], "next": null}'
    )
    assert str(answer("<p>no</p>", kind="text/html")).endswith("(text/html) <p>no</p>")
