"""The request script against a real server on this machine's loopback."""

import io
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tools.guest.request import main


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was asked, or with bytes that are no text."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(201)
        self.send_header("X-Asked", f"{self.path} {self.headers['Authorization']}")
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"\xff\xfe\x00")

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def ask(monkeypatch: pytest.MonkeyPatch, port: int, **asked: object) -> int:
    request = {"port": port, "method": "GET", "path": "/", "headers": {}, "body": None} | asked
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(request)))
    return main()


def test_it_shows_status_headers_and_body(
    port: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    headers = {"Authorization": "Bearer t"}
    assert (
        ask(monkeypatch, port, method="POST", path="/a?b=1", headers=headers, body='{"ü": 1}') == 0
    )
    status, *rest = capsys.readouterr().out.split("\n")
    assert status.startswith("HTTP 201 Created (")
    assert rest == ["X-Asked: /a?b=1 Bearer t", "", '{"ü": 1}', ""]


def test_bytes_are_counted(
    port: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(monkeypatch, port) == 0
    assert capsys.readouterr().out.endswith("\n\n[3 bytes that are not text]\n")


@pytest.mark.parametrize("path", ["/ü", "/a\nb"])
def test_a_request_that_cannot_be_sent_is_explained(
    port: int, path: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(monkeypatch, port, path=path) == 1
    assert capsys.readouterr().out.startswith(f"no answer on port {port}: ")


def test_a_closed_port_is_explained(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(monkeypatch, 1) == 1
    assert "ConnectionRefusedError" in capsys.readouterr().out
