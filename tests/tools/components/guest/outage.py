"""PostgreSQL is stopped and started under load. Prints one JSON line: what the callers saw."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

from client import Process  # type: ignore[import-not-found]  # beside it in the machine

DATA = Path("/tmp/postgres")  # noqa: S108 - where start-postgres put it
BOOK = {"title": "A", "author": "B", "price": "1.00", "stock": 1}


class Callers:
    """Threads that list and create until they are told to stop."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.seen: Counter[str] = Counter()
        self.without_hint = 0
        self.wrong = 0
        self.over = threading.Event()

    def work(self) -> None:
        """One caller."""
        while not self.over.is_set():
            answer = self.process.call("GET", "/books?limit=2")
            self.seen[str(answer.status)] += 1
            if answer.status == 503 and answer.retry_after is None:
                self.without_hint += 1
            if answer.status == 200 and len(answer.body["items"]) != 2:
                self.wrong += 1


def stop_postgres() -> None:
    """End every connection at once, as a failover does."""
    pid = int((DATA / "postmaster.pid").read_text(encoding="utf-8").split()[0])
    os.kill(pid, signal.SIGINT)
    while (DATA / "postmaster.pid").exists():
        time.sleep(0.05)


def start_postgres() -> None:
    """The same data again."""
    log = Path("/tmp/again.log").open("wb")  # noqa: SIM115, S108 - the process has it
    subprocess.Popen(["postgres", "-D", str(DATA)], stdout=log, stderr=log)


def main() -> None:
    """Load, stop, start, and look."""
    process = Process(8001)
    for number in range(3):
        process.call("POST", "/books", BOOK | {"title": f"Book {number}"})
    callers = Callers(process)
    threads = [threading.Thread(target=callers.work) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    stop_postgres()
    time.sleep(1)
    start_postgres()
    end = time.monotonic() + 60
    while process.call("GET", "/ready").status != 200 and time.monotonic() < end:
        time.sleep(0.1)
    callers.over.set()
    for thread in threads:
        thread.join()
    made = process.call("POST", "/books", BOOK | {"title": "After"})
    found = {
        "seen": callers.seen,
        "without_hint": callers.without_hint,
        "wrong": callers.wrong,
        "made": made.status,
        "books": len(process.call("GET", "/books").body["items"]),
    }
    process.stop()
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
