"""Two processes of a backend on one database and one cache; prints what they saw as JSON.

A file `guest/valkey-server` is the cache's server; else `small_valkey.py` plays it.
"""

import json
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlencode

from client import ENV, Process  # type: ignore[import-not-found]  # beside it in the machine

ADMIN = {"username": "ann@example.com", "password": "correct horse battery"}
PORT = "6399"
GIVEN = Path("guest/valkey-server")


def start_cache() -> subprocess.Popen[bytes]:
    """The server, as soon as it may be called."""
    command = [sys.executable, "guest/small_valkey.py", PORT]
    if GIVEN.exists():
        GIVEN.chmod(0o755)
        command = [str(GIVEN), "--port", PORT, "--save", ""]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    time.sleep(1)
    return server


def main() -> None:
    """Read on both, change on one, read on the other; then the same without the cache."""
    ENV["CACHE_URL"] = f"redis://127.0.0.1:{PORT}/0"
    ENV["FIRST_ADMIN_EMAIL"], ENV["FIRST_ADMIN_PASSWORD"] = ADMIN["username"], ADMIN["password"]
    cache = start_cache()
    one, other = Process(8001), Process(8002)
    token = one.call("POST", "/auth/login", form=urlencode(ADMIN)).body["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    seen: list[object] = []

    def courses(process: Process) -> object:
        return [course["title"] for course in process.call("GET", "/courses").body["items"]]

    def add(process: Process, title: str) -> None:
        body = {"title": title, "capacity": 5}
        seen.append(process.call("POST", "/courses", body, headers=headers).status)

    add(one, "Sewing")
    seen.append(courses(other))
    renamed = "UPDATE courses SET title = 'Knitting'"
    subprocess.run(
        ["psql", "-qh", "127.0.0.1", "-U", "postgres", "-c", renamed, "backend"], check=True
    )
    seen += [courses(one), courses(other)]
    add(one, "Bread")
    seen.append(courses(other))
    cache.kill()
    cache.wait()
    add(other, "Clay")
    seen += [courses(one), courses(other)]
    one.stop()
    other.stop()
    sys.stdout.write(json.dumps(seen) + "\n")


if __name__ == "__main__":
    main()
