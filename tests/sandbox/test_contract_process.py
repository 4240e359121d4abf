"""What every backend that runs commands promises about them, hostile ones included.

Where a test shows that something is refused, it also shows that the same code succeeds where it
is allowed: a payload that is merely broken must not pass as a defense.
"""

import re
import resource
import threading
import time

import pytest

from sandbox.base import Sandbox, SandboxLostError, SandboxProvider
from sandbox.deadline import CancelToken, Deadline
from sandbox.observe import observe
from tests.sandbox.conftest import SMALL, make_spec, run, run_python

WRITABLE = ["/workspace", "/tmp", "/home/sandbox", "/run", "/dev/shm"]  # noqa: S108 - inside it


def test_output_exit_code_and_time_come_back(machine: Sandbox) -> None:
    result = run(machine, "sh", "-c", "echo out; echo err >&2; exit 3")
    assert (result.exit_code, result.stopped_by, result.truncated) == (3, None, False)
    assert sorted(result.output.splitlines()) == ["err", "out"]
    assert 0 < result.seconds < 5
    assert not result.ok
    assert run(machine, "true").ok


def test_environment_folder_and_input_reach_the_command(machine: Sandbox) -> None:
    machine.put({"sub/x": b""})
    result = machine.exec(
        ["sh", "-c", "pwd; echo $COLOR; cat"],
        deadline=Deadline.after(30),
        env={"COLOR": "dark green"},
        cwd="/workspace/sub",
        input=b"line\n" * 50_000,
        max_output_chars=1_000_000,
    )
    assert result.output == "/workspace/sub\ndark green\n" + "line\n" * 50_000


def test_without_input_a_command_reads_nothing(machine: Sandbox) -> None:
    assert run(machine, "cat").output == ""


def test_input_that_nobody_reads_is_no_error(machine: Sandbox) -> None:
    result = machine.exec(["true"], deadline=Deadline.after(30), input=bytes(5 * 2**20))
    assert result.ok


@pytest.mark.parametrize(
    ("argv", "code"), [(["no-such-command"], 127), (["./missing"], 127), (["/etc/passwd"], 126)]
)
def test_a_command_that_cannot_start_is_a_result(
    machine: Sandbox, argv: list[str], code: int
) -> None:
    assert run(machine, *argv).exit_code == code
    assert machine.alive


def test_output_that_is_not_utf8_is_replaced(machine: Sandbox) -> None:
    assert run(machine, "printf", r"a\377b").output == "a\N{REPLACEMENT CHARACTER}b"


def test_long_output_keeps_its_head_and_tail(machine: Sandbox) -> None:
    result = machine.exec(
        ["sh", "-c", "echo first; seq 100000; echo last"],
        deadline=Deadline.after(30),
        max_output_chars=1_000,
    )
    assert result.ok
    assert result.truncated
    assert result.output.startswith("first\n1\n2\n")
    assert result.output.endswith("\n100000\nlast\n")
    assert len(result.output) < 1_100


def test_a_background_child_outlives_its_command_and_not_the_machine(machine: Sandbox) -> None:
    started = time.monotonic()
    assert run(machine, "sh", "-c", "sleep 100 & echo started").output == "started\n"
    assert time.monotonic() - started < 10
    assert run(machine, "pgrep", "-fx", "sleep 100").ok


def test_a_talking_child_does_not_hold_its_command(machine: Sandbox) -> None:
    started = time.monotonic()
    result = run(machine, "sh", "-c", "(while :; do echo x; sleep 0.02; done) & echo started")
    assert result.ok
    assert "started\n" in result.output
    assert time.monotonic() - started < 10


SURVIVORS = {
    "plain loop": "while True: pass",
    "ignores signals": "import signal, time\n"
    "for n in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:\n"
    "    signal.signal(n, lambda *a: 0)\n"
    "time.sleep(100)",
    "stops itself": "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)",
    "new session": "import os, time\nif os.fork() == 0: os.setsid()\ntime.sleep(100)",
    "stops every other process": "import os, time; os.kill(-1, 19); time.sleep(100)",
}


@pytest.mark.parametrize("code", SURVIVORS.values(), ids=SURVIVORS)
def test_the_deadline_kills_the_machine(machine: Sandbox, code: str) -> None:
    started = time.monotonic()
    result = run_python(machine, f"print('working', flush=True)\n{code}", seconds=1.5)
    assert 1.4 < time.monotonic() - started < 6
    assert (result.exit_code, result.stopped_by) == (None, "timeout")
    assert result.output == "working\n"
    assert not machine.alive
    with pytest.raises(SandboxLostError):
        run(machine, "true")


def test_a_cancel_kills_the_machine_at_once(machine: Sandbox) -> None:
    token = CancelToken()
    threading.Timer(0.5, token.cancel).start()
    started = time.monotonic()
    result = machine.exec(["sleep", "100"], deadline=Deadline.after(60, token))
    assert time.monotonic() - started < 5
    assert result.stopped_by == "cancel"
    assert not machine.alive


def test_a_deadline_that_is_over_runs_nothing_for_long(machine: Sandbox) -> None:
    assert run(machine, "sleep", "100", seconds=0).stopped_by == "timeout"
    assert not machine.alive


def test_endless_output_is_stopped_in_bounded_memory(machine: Sandbox) -> None:
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = run(machine, "yes", seconds=60)
    grown_mib = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib) / 1024
    assert (result.exit_code, result.stopped_by, result.truncated) == (None, "output", True)
    assert grown_mib < 30
    assert not machine.alive


def test_too_much_memory_is_named_as_such(machines: SandboxProvider, machine: Sandbox) -> None:
    result = run_python(machine, f"bytearray({2 * SMALL.memory_mib} * 2**20)")
    if "per process" in machines.describe()["memory"]:  # this user may not limit a group of them
        assert result.output.endswith("MemoryError\n")
    else:
        assert (result.exit_code, result.stopped_by) == (None, "memory")
    assert run_python(machine, "bytearray(2**20)").ok
    killed = run(machine, "sh", "-c", "kill -9 $$")
    assert (killed.exit_code, killed.stopped_by) == (137, None)


def test_a_fork_bomb_stops_at_the_limit(machine: Sandbox) -> None:
    code = """
import os, time
made = 0
try:
    while True:
        if os.fork() == 0:
            time.sleep(100)
        made += 1
except BlockingIOError:
    print(made, flush=True)
"""
    assert 10 < int(run_python(machine, code).output) < SMALL.pids


def test_a_full_disk_is_the_machines_alone(machine: Sandbox) -> None:
    code = """
import errno
for folder in ("/workspace", "/tmp", "/home/sandbox", "/run", "/dev/shm"):
    try:
        with open(f"{folder}/big", "wb") as file:
            for n in range(200):
                file.write(bytes(2**20))
        print(folder, "took 200 MiB")
    except OSError as error:
        print(folder, errno.errorcode[error.errno])
    open(f"{folder}/big", "wb").close()
"""
    assert run_python(machine, code).output.splitlines() == [
        f"{folder} ENOSPC" for folder in WRITABLE
    ]


def test_the_number_of_files_has_a_limit(machine: Sandbox) -> None:
    code = f"for n in range({SMALL.workspace_files} + 1): open(f'{{n}}', 'w')"
    assert "No space left on device" in run_python(machine, code).output


def test_orphans_are_reaped(machine: Sandbox) -> None:
    code = "import os\nfor n in range(20):\n  if os.fork() == 0:\n    os.fork(); os._exit(0)"
    assert run_python(machine, code).ok
    time.sleep(0.3)
    assert "Z" not in run(machine, "ps", "-A", "-o", "stat=").output


def test_killing_everything_loses_the_machine(machine: Sandbox) -> None:
    run(machine, "sh", "-c", "kill -9 -1")
    time.sleep(0.5)
    with pytest.raises(SandboxLostError):
        run(machine, "true")
    assert not machine.alive


def test_commands_are_unprivileged(machine: Sandbox) -> None:
    assert run(machine, "id", "-u").output == "1000\n"
    status = run(machine, "cat", "/proc/self/status").output
    facts = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert facts["CapEff"] == facts["CapBnd"] == "0" * 16
    assert facts["NoNewPrivs"] == "1"
    assert facts["Seccomp"] == "2"


SYSTEM_CALLS = {
    "vsock": ("socket.socket(40, socket.SOCK_STREAM)", False),
    "unix socket": ("socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)", True),
    "io_uring": ("syscall(425, 1, 0)", False),
    "ptrace": ("syscall(101, 0, 0, 0, 0)", False),
    "process_vm_readv": ("syscall(310, os.getpid(), 0, 0, 0, 0, 0)", False),
    "unshare": ("syscall(272, 0x10000000)", False),
    "clone": ("syscall(56, 0x10000000, 0, 0, 0, 0)", False),
    "bpf": ("syscall(321, 0, 0, 0)", False),
    "getpid": ("syscall(39)", True),
}


@pytest.mark.parametrize(("call", "allowed"), SYSTEM_CALLS.values(), ids=SYSTEM_CALLS)
def test_dangerous_system_calls_are_refused(machine: Sandbox, call: str, allowed: bool) -> None:
    """Numbers are those of x86-64."""
    code = f"""
import ctypes, os, socket
libc = ctypes.CDLL(None, use_errno=True)
def syscall(*numbers):
    if libc.syscall(*numbers) < 0:
        raise OSError(ctypes.get_errno(), "refused")
try:
    {call}
    print("allowed")
except PermissionError:
    print("refused")
"""
    expected = "allowed" if allowed else "refused"
    assert run_python(machine, code).output.splitlines() == [expected]


def test_there_is_no_network(machine: Sandbox) -> None:
    code = """
import socket
for kind, address in [("test net", ("192.0.2.1", 80)), ("metadata", ("169.254.169.254", 80)),
                      ("name", ("example.com", 80)), ("loopback", server)]:
    try:
        socket.create_connection(address, timeout=3).close()
        print(kind, "connected")
    except OSError:
        print(kind, "refused")
"""
    listen = "import socket; server = socket.create_server(('127.0.0.1', 0)).getsockname()"
    keep = listen.replace(".getsockname()", "; listener = server; server = server.getsockname()")
    assert run_python(machine, keep + code).output.splitlines() == [
        "test net refused", "metadata refused", "name refused", "loopback connected",
    ]  # fmt: skip


def test_only_its_own_folders_can_be_written(machine: Sandbox) -> None:
    code = """
import pathlib, sysconfig
site = sysconfig.get_paths()["purelib"]
for folder in ["/", "/etc", "/usr/bin", site, "/proc/sys/kernel", "/sys/fs/cgroup",
               "/workspace", "/tmp", "/home/sandbox", "/run", "/dev/shm"]:
    try:
        pathlib.Path(folder, "planted").write_text("x")
        print(folder)
    except OSError:
        pass
"""
    assert run_python(machine, code).output.split() == WRITABLE


def test_secrets_of_the_host_stay_there(
    machines: SandboxProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "harness-" + "secret"
    monkeypatch.setenv("HARNESS_SECRET", secret)
    search = (
        f"env; cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline | tr '\\0' '\\n'; echo {secret[:8]}"
    )
    with machines.open(make_spec()) as machine:
        output = run(machine, "sh", "-c", search).output
        assert "harness-" in output
        assert secret not in output
        assert not run(machine, "test", "-e", "/var/run/docker.sock").ok


SERVER = """
import http.server, pathlib
pathlib.Path("ready").write_text("x")
http.server.test(http.server.SimpleHTTPRequestHandler, port=8000, bind="127.0.0.1")
"""
FETCH = """
import time, urllib.request
for attempt in range(40):
    try:
        print(urllib.request.urlopen("http://127.0.0.1:8000/hello.txt", timeout=3).read().decode())
        break
    except OSError:
        time.sleep(0.05)
"""


def test_neighbors_share_loopback_and_nothing_else(machines: SandboxProvider) -> None:
    with (
        machines.open(make_spec("app")) as app,
        machines.open(make_spec("verifier", beside=app)) as verifier,
        machines.open(make_spec("tests")) as stranger,
    ):
        app.put({"hello.txt": b"hello", "server.py": SERVER.encode()})
        assert run(app, "sh", "-c", "python server.py >/dev/null 2>&1 &").ok
        assert run_python(verifier, FETCH).output == "hello\n"
        assert run_python(stranger, FETCH).output == ""
        assert verifier.get() == {}
        assert run(verifier, "sh", "-c", "sleep 54321 >/dev/null 2>&1 &").ok
        assert run(verifier, "pgrep", "-fx", "sleep 54321").ok
        assert run(app, "pgrep", "-fx", "sleep 54321").exit_code == 1


def test_postgres_starts_with_an_unprivileged_owner(machine: Sandbox) -> None:
    for _ in range(2):
        result = run(machine, "start-postgres", "shop", "shop owner", "it's secret")
        assert result.ok, result.output
    query = "SELECT current_user, rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user"
    psql = ["psql", "-h", "127.0.0.1", "-U", "shop owner", "-d", "shop", "-At", "-c"]
    assert run(machine, *psql, query).output == "shop owner|f|f\n"
    assert run(machine, *psql, "CREATE TABLE t (id int)").ok
    refused = run(machine, *psql, "COPY t FROM PROGRAM 'id'")
    assert re.search("must be superuser|permission denied to COPY", refused.output)


def test_the_stack_is_there_and_compiled(machine: Sandbox) -> None:
    code = """
import socket, aiohttp, alembic, asyncpg, email_validator, fastapi, httptools, httpx2, jwt
import limits, mypy
import psycopg, pwdlib.hashers.argon2, pwdlib.hashers.bcrypt, pydantic_settings, pytest
import pytest_asyncio, pytest_cov, pytest_timeout, python_multipart, redis, sqlalchemy, structlog
import uvicorn, uvloop
from importlib.util import cache_from_source
from os.path import exists
print([exists(cache_from_source(module.__file__)) for module in (fastapi, socket)])
"""
    assert run_python(machine, code).output == "[True, True]\n"
    assert run(machine, "ruff", "--version").ok


def test_reaping_takes_the_machines_of_one_run_only(machines: SandboxProvider) -> None:
    mine, other = make_spec(), make_spec()
    with machines.open(mine) as first, machines.open(other) as second:
        assert machines.reap(mine.run_id) == 1
        with pytest.raises(SandboxLostError):
            run(first, "true")
        assert run(second, "true").ok
        assert machines.reap(mine.run_id) == 0


def test_the_limits_can_be_read_inside(machine: Sandbox) -> None:
    facts = observe(machine)
    assert facts["user"] == "1000"
    assert int(facts["capabilities"], 16) == 0
    assert (facts["no new privileges"], facts["seccomp mode"]) == ("1", "2")
    assert facts["network interfaces"] == "lo"
    assert facts["open files"] == "4096"
    assert str(SMALL.pids) in (facts.get("processes"), facts.get("processes by rlimit"))
