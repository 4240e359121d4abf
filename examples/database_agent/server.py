"""A reference Database Agent: serves one schema file by the contract of docs/database-agent.md.

    DATABASE_AGENT_TOKEN=secret python examples/database_agent/server.py schema.sql --port 8070
    DATABASE_AGENT_TOKEN=secret python -m agent check spec.md --schema http://localhost:8070/schema

Standard library only: the author of a Database Agent can read it, run it and test against it.
"""

import argparse
import hashlib
import hmac
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PATH = "/schema"
MEDIA_TYPES = {
    ".sql": "application/sql",
    ".ddl": "application/sql",
    ".json": "application/json",
    ".dbml": "text/x-dbml",
}


class SchemaServer(ThreadingHTTPServer):
    """Serves the file as it is at each request."""

    def __init__(self, file: Path, token: str | None, port: int = 0) -> None:
        """`port` 0 takes a free one; see `url`."""
        self.file = file
        self.token = token
        self.unavailable = 0
        """How many of the next requests are answered with 503: to try a client's retries."""
        super().__init__(("127.0.0.1", port), SchemaRequest)

    @property
    def url(self) -> str:
        """Where the schema is."""
        return f"http://127.0.0.1:{self.server_address[1]}{PATH}"


class SchemaRequest(BaseHTTPRequestHandler):
    """GET /schema: 200 with an ETag, 304, 401, 404 or 503."""

    server: SchemaServer

    def do_GET(self) -> None:
        """Answer one request."""
        content = self.server.file.read_bytes()
        etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        if self.server.unavailable > 0:
            self.server.unavailable -= 1
            self._answer(503, {"Retry-After": "0"})
        elif not self._may():
            self._answer(401, {"WWW-Authenticate": "Bearer"})
        elif self.path != PATH:
            self._answer(404, {})
        elif self.headers.get("If-None-Match") == etag:
            self._answer(304, {"ETag": etag})
        else:
            media = MEDIA_TYPES[self.server.file.suffix]
            self._answer(200, {"ETag": etag, "Content-Type": f"{media}; charset=utf-8"}, content)

    def _may(self) -> bool:
        sent = self.headers.get("Authorization", "")
        token = self.server.token
        return token is None or hmac.compare_digest(sent.encode(), f"Bearer {token}".encode())

    def _answer(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="Serve a schema file as a Database Agent does.")
    parser.add_argument("file", type=Path, help="schema.sql, schema.json or schema.dbml")
    parser.add_argument("--port", type=int, default=8070)
    options = parser.parse_args()
    token = os.environ.get("DATABASE_AGENT_TOKEN")
    with SchemaServer(options.file, token, options.port) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
