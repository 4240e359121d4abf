"""Starts processes of a backend and talks to them; runs inside a sandbox, standard library only."""

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

URL = "postgresql://postgres@127.0.0.1:5432/backend"
ENV = {**os.environ, "ENVIRONMENT": "test", "DATABASE_URL": URL, "SECRET_KEY": "s" * 64}


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: Any
    retry_after: str | None


class Process:
    """One process of the backend on a port of its own."""

    def __init__(self, port: int) -> None:
        self.base = f"http://127.0.0.1:{port}"
        command = ["uvicorn", "app.main:create_app", "--factory", "--port", str(port)]
        log = Path(f"/tmp/{port}.log").open("wb")  # noqa: SIM115, S108 - the process has it
        self.process = subprocess.Popen(command, env=ENV, stdout=log, stderr=log)
        while self.call("GET", "/health").status != 200:
            time.sleep(0.05)

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        form: str = "",
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Send a request; status 0 when nobody listens."""
        content = form.encode() if form else json.dumps(body).encode() if body else None
        kind = "application/x-www-form-urlencoded" if form else "application/json"
        request = urllib.request.Request(  # noqa: S310 - a fixed address
            self.base + path,
            data=content,
            method=method,
            headers={"Content-Type": kind} | (headers or {}),
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                return Answer(answer.status, json.loads(answer.read() or b"null"), None)
        except urllib.error.HTTPError as error:
            return Answer(error.code, json.loads(error.read()), error.headers["Retry-After"])
        except urllib.error.URLError:
            return Answer(0, None, None)

    def stop(self) -> None:
        """End it and wait."""
        self.process.terminate()
        self.process.wait()
