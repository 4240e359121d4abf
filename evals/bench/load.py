"""Starts two backends in turn and loads them from this process; runs inside a sandbox.

    python load.py ROUNDS SECONDS < backends.json

Prints one JSON line: for each backend its figures. Requests go over kept-alive connections, a
fixed number at a time, for a fixed time. Rounds alternate, so that what else the machine does
meets both.
"""

import asyncio
import json
import os
import signal
import statistics
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

CONNECTIONS = 16
BOOK = {"title": "A book", "author": "An author", "price": "12.50", "stock": 3}


@dataclass
class Load:
    """How one kind of request went."""

    requests: int
    requests_per_s: float
    p99_ms: float


def request_bytes(method: str, path: str, body: bytes = b"") -> bytes:
    """An HTTP/1.1 request."""
    head = f"{method} {path} HTTP/1.1\r\nHost: bench\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Content-Type: application/json\r\n\r\n".encode() + body


async def read_answer(reader: asyncio.StreamReader) -> int:
    """The status of an answer whose body is read too."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = next(line for line in head.split("\r\n") if line.startswith("content-length:"))
    await reader.readexactly(int(length.partition(":")[2]))
    return int(head.split(" ", 2)[1])


async def send_until(port: int, request: bytes, status: int, end: float) -> list[float]:
    """Milliseconds of each request on one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    taken = []
    while (started := time.perf_counter()) < end:
        writer.write(request)
        answered = await read_answer(reader)
        assert answered == status, answered
        taken.append((time.perf_counter() - started) * 1000)
    writer.close()
    return taken


async def load(port: int, request: bytes, status: int, seconds: float) -> Load:
    """Load one endpoint."""
    started = time.perf_counter()
    senders = [send_until(port, request, status, started + seconds) for _ in range(CONNECTIONS)]
    taken = [ms for each in await asyncio.gather(*senders) for ms in each]
    rate = len(taken) / (time.perf_counter() - started)
    return Load(len(taken), rate, statistics.quantiles(taken, n=100)[98])


def start(backend: dict[str, str], port: int) -> tuple[subprocess.Popen[bytes], float]:
    """The server, and the CPU seconds until it answered."""
    env = {**os.environ, "DATABASE_URL": backend["database_url"], "ENVIRONMENT": "test"}
    command = ["python", "-m", "uvicorn", *backend["app"].split(), "--port", str(port)]
    with Path(f"/tmp/{port}.log").open("wb") as log:  # noqa: S108 - inside a sandbox
        options = [*command, "--no-access-log"]
        process = subprocess.Popen(options, cwd=backend["folder"], env=env, stderr=log)
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
                return process, cpu_s(process.pid)
        except OSError:
            time.sleep(0.02)


def cpu_s(pid: int) -> float:
    """CPU seconds of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_mb(pid: int) -> float:
    """Resident memory of a process."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmRSS"))) / 1024


def make_book(port: int) -> str:
    """The id of a new book."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/books",
        data=json.dumps(BOOK).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        return str(json.load(answer)["id"])


def main(rounds: int, seconds: float) -> None:
    """Measure and print."""
    backends = json.load(sys.stdin)
    figures: dict[str, dict[str, list[float]]] = {name: {} for name in backends}
    running = {}
    for port, (name, backend) in enumerate(backends.items(), start=8001):
        process, started = start(backend, port)
        figures[name]["start_cpu_s"] = [started]
        running[name] = (process, port)
    requests = {}
    for name, (_, port) in running.items():
        keys = [make_book(port) for _ in range(100)]
        body = json.dumps(BOOK).encode()
        requests[name] = {
            "list": (request_bytes("GET", "/books?limit=20"), 200),
            "get": (request_bytes("GET", f"/books/{keys[0]}"), 200),
            "create": (request_bytes("POST", "/books", body), 201),
        }
    for number in range(rounds + 1):  # the first one warms up
        for kind in ("list", "get", "create"):
            for name, (process, port) in running.items():
                before = cpu_s(process.pid)
                done = asyncio.run(load(port, *requests[name][kind], seconds))
                if number:
                    figures[name].setdefault(f"{kind}_rps", []).append(done.requests_per_s)
                    figures[name].setdefault(f"{kind}_p99_ms", []).append(done.p99_ms)
                    cpu_ms = (cpu_s(process.pid) - before) * 1000 / done.requests
                    figures[name].setdefault(f"{kind}_cpu_ms", []).append(cpu_ms)
    for name, (process, _) in running.items():
        figures[name]["rss_mb"] = [rss_mb(process.pid)]
        process.send_signal(signal.SIGTERM)
        process.wait()
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
