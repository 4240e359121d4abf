"""`make bench-sandbox`: what a sandbox costs beside the bare command that it is made of.

Prints one JSON line, last: for each backend its figures, and under `raw` those of `docker` or
`bwrap` called by hand in the same run, in turns with ours. Medians of several tries:

    start_ms     a machine from nothing to its first command
    exec_ms      `true` in a running machine
    pytest_s     one test in a running machine
    pg_start_s   PostgreSQL with a database, until it answers
    copy_in_ms   100 files of 1 kB
"""

import io
import json
import statistics
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Protocol

from sandbox.base import Sandbox, SandboxProvider, SandboxSpec
from sandbox.bubblewrap import BubblewrapProvider
from sandbox.deadline import Deadline
from sandbox.docker import DockerProvider
from sandbox.image import image_tag
from sandbox.jail.binary import find_bwrap
from sandbox.jail.environment import environment_folder, machine_environment

DEADLINE_S = 120
ROUNDS = 3
TRIES = 9
SLOW_TRIES = 3
FILES = {f"app/file_{number}.py": b"x = 1\n" * 170 for number in range(100)}
PYTEST = (
    r"printf 'def test_it():\n    assert True\n' > /tmp/test_it.py; "
    "exec python -m pytest -q -p no:cacheprovider /tmp/test_it.py"
)
POSTGRES = "start-postgres shop shop secret && pkill -KILL postgres"
"""In one command each, because a bare bwrap forgets everything between two."""


class Machine(Protocol):
    """What is measured: ours, or the bare one."""

    def run(self, argv: list[str], stdin: bytes = b"") -> None:
        """Run a command to its end; it has to succeed."""

    def copy_in(self) -> None:
        """Put all of `FILES` into it."""


class OurMachine:
    """A sandbox as the product uses it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def run(self, argv: list[str], stdin: bytes = b"") -> None:
        """See `Machine.run`."""
        done = self._sandbox.exec(argv, deadline=Deadline.after(DEADLINE_S), input=stdin)
        assert done.ok, done.output

    def copy_in(self) -> None:
        """See `Machine.copy_in`."""
        self._sandbox.put(FILES)


class BareMachine:
    """Commands by a command that puts them where they belong: `docker exec -i ID`, `bwrap ...`."""

    def __init__(self, prefix: list[str]) -> None:
        self._prefix = prefix
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as tar:
            for path, content in FILES.items():
                member = tarfile.TarInfo(path)
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
        self._tar = packed.getvalue()

    def run(self, argv: list[str], stdin: bytes = b"") -> None:
        """See `Machine.run`."""
        subprocess.run([*self._prefix, *argv], input=stdin, check=True, capture_output=True)

    def copy_in(self) -> None:
        """See `Machine.copy_in`."""
        self.run(["tar", "-x", "-C", "/workspace", "-f", "-"], self._tar)


@contextmanager
def open_ours(provider: SandboxProvider) -> Iterator[Machine]:
    """One of ours, closed at the end."""
    with provider.open(SandboxSpec(run_id="bench-sandbox")) as sandbox:
        yield OurMachine(sandbox)


@contextmanager
def open_container() -> Iterator[Machine]:
    """A container without any of our flags but those that the image needs."""
    options = ["--network", "none", "--init", "--rm", "-d", "--tmpfs", "/workspace:uid=1000"]
    command = ["docker", "run", *options, image_tag(), "sleep", "600"]
    container = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    try:
        yield BareMachine(["docker", "exec", "-i", container])
    finally:
        subprocess.run(["docker", "kill", container], check=True, capture_output=True)


@contextmanager
def open_bwrap() -> Iterator[Machine]:
    """The same programs by a bare bwrap; each command is a machine of its own."""
    environment = environment_folder()
    argv = [str(find_bwrap(environment)), "--unshare-all", "--die-with-parent", "--clearenv"]
    argv += ["--unshare-user", "--uid", "1000", "--gid", "1000", "--proc", "/proc", "--dev", "/dev"]
    for name in ("/usr", "/bin", "/lib", "/lib64", "/etc"):
        argv += ["--ro-bind-try", name, name]
    argv += ["--ro-bind", str(environment / "opt"), "/opt", "--tmpfs", "/tmp"]  # noqa: S108
    if (environment / "python").exists():
        argv += ["--ro-bind", str(environment / "python"), sys.base_prefix]
    argv += ["--tmpfs", "/workspace", "--tmpfs", "/home/sandbox"]
    for name, value in machine_environment().items():
        argv += ["--setenv", name, value]
    yield BareMachine(argv)


Open = Callable[[], AbstractContextManager[Machine]]


def measure(open_machine: Open) -> dict[str, float]:
    """The figures of one machine."""
    started = time.monotonic()
    with open_machine() as machine:
        machine.run(["true"])
        first_s = time.monotonic() - started
        return {
            "exec_ms": 1000 * _median(partial(machine.run, ["true"]), TRIES),
            "pytest_s": _median(partial(machine.run, ["sh", "-c", PYTEST]), SLOW_TRIES),
            "pg_start_s": _median(partial(machine.run, ["sh", "-c", POSTGRES]), SLOW_TRIES),
            "copy_in_ms": 1000 * _median(machine.copy_in, TRIES),
            "start_ms": 1000 * first_s,
        }


def compare(ours: Open, raw: Open) -> dict[str, object]:
    """Ours, the bare one's, and how many times that ours is: medians of rounds in turns."""
    rounds = [(measure(ours), measure(raw)) for _ in range(ROUNDS)]
    names = list(rounds[0][0])
    our, bare = (
        {name: statistics.median(one[side][name] for one in rounds) for name in names}
        for side in (0, 1)
    )
    ratios = {name: round(our[name] / bare[name], 2) for name in names}
    return {**_rounded(our), "raw": _rounded(bare), "times_raw": ratios}


def main() -> None:
    """Measure and print."""
    docker, bubblewrap = DockerProvider(), BubblewrapProvider()
    for provider in (docker, bubblewrap):
        provider.prepare(lambda text: print(text, file=sys.stderr))
    answer = {
        "docker": compare(lambda: open_ours(docker), open_container),
        "bubblewrap": compare(lambda: open_ours(bubblewrap), open_bwrap),
    }
    print(json.dumps(answer))


def _median(action: Callable[[], None], tries: int) -> float:
    seconds = []
    for _ in range(tries):
        started = time.monotonic()
        action()
        seconds.append(time.monotonic() - started)
    return statistics.median(seconds)


def _rounded(figures: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 1 if name.endswith("_ms") else 3) for name, value in figures.items()}


if __name__ == "__main__":
    main()
