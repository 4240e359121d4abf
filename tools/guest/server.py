"""Inside the sandbox: starts, stops and shows the one server that the tools run.

server start COMMAND URL SECONDS    server stop    server logs LINES
"""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

STATE = Path("/tmp/server")  # noqa: S108 - of the sandbox, which is ours alone
LOG, PID = STATE / "log", STATE / "pid"
STOP_S = 5
LINES_ON_FAILURE = 200
MAX_LOG_BYTES = 200_000


def start(command: str, url: str, seconds: str) -> None:
    """Replace the running server, and wait until the new one answers with less than a 500."""
    stop()
    STATE.mkdir(exist_ok=True)
    with LOG.open("wb") as log:
        server = subprocess.Popen(
            ["bash", "-c", f"exec {command}"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    PID.write_text(str(server.pid))
    end, answer = time.monotonic() + float(seconds), "no answer"
    while time.monotonic() < end:
        if server.poll() is not None:
            fail(f"the server ended with exit code {server.returncode}")
        status, answer = ask(url)
        if 0 < status < 500:
            say(f"GET {url}: {answer}")
            return
        time.sleep(0.1)
    fail(f"GET {url}: {answer} after {seconds} s; it still runs: give it a larger timeout_s")


def ask(url: str) -> tuple[int, str]:
    """Status of the answer (0: none) and its description."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own URL
            return answer.status, str(answer.status)
    except urllib.error.HTTPError as error:
        return error.code, f"{error.code}"
    except OSError as error:
        return 0, f"no answer ({error})"


def stop() -> bool:
    """End the server and its children; whether there was one."""
    pid = running()
    if pid is None:
        return False
    for sign in (signal.SIGTERM, signal.SIGKILL):
        end = time.monotonic() + STOP_S
        while running() and time.monotonic() < end:
            os.killpg(pid, sign)
            time.sleep(0.05)
    PID.unlink(missing_ok=True)
    return True


def running() -> int | None:
    """Process id of the server, while it runs."""
    try:
        pid = int(PID.read_text())
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, ValueError):
        return None
    return None if state == "Z" else pid


def logs(lines: str) -> None:
    """Show the end of the log, and whether the server runs."""
    if not LOG.exists():
        fail_plainly("no server was started in this sandbox machine; use start_server")
    say("the server runs" if running() else "the server does not run any more")
    say(tail(int(lines)))


def tail(count: int) -> str:
    """The last lines of the log."""
    with LOG.open("rb") as log:
        log.seek(max(0, LOG.stat().st_size - MAX_LOG_BYTES))
        return "\n".join(log.read().decode(errors="replace").splitlines()[-count:])


def fail(why: str) -> None:
    """Stop what was started, show its log and give up."""
    stop()
    fail_plainly(f"{why}. Its log ends with:\n{tail(LINES_ON_FAILURE)}")


def fail_plainly(why: str) -> None:
    """Give up with a sentence."""
    say(why)
    sys.exit(1)


def say(text: str) -> None:
    """Print it."""
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    verb, *rest = sys.argv[1:]
    if verb == "start":
        start(*rest)
    elif verb == "logs":
        logs(*rest)
    else:
        say("stopped the server" if stop() else "no server was running")
