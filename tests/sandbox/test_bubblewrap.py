"""What the bubblewrap backend promises beyond the contract; the host's own view is asked."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sandbox.base import Limits, SandboxLostError, SandboxSpec, SandboxStartError
from sandbox.bubblewrap import BubblewrapProvider
from sandbox.jail.registry import reap_machines
from sandbox.memory import MemoryProvider
from tests.sandbox.conftest import SMALL, is_alive, is_gone, make_spec, run, run_python

pytestmark = pytest.mark.bubblewrap
LEAVE_A_MACHINE = """
import sys
from sandbox.base import SandboxSpec
from sandbox.bubblewrap import BubblewrapProvider
from sandbox.deadline import Deadline
machine = BubblewrapProvider().open(SandboxSpec(run_id=sys.argv[1]))
machine.exec(["sh", "-c", "sleep 4242 & echo"], deadline=Deadline.after(30))
print(machine.launched.guard.pid, flush=True)
machine.exec(["sleep", "20"], deadline=Deadline.after(20))
"""


def processes_of(pid: int) -> list[int]:
    """A process and all its children, on the host."""
    found = [pid]
    for parent in found:
        for children in Path(f"/proc/{parent}/task").glob("*/children"):
            found += map(int, children.read_text().split())
    return found


def test_a_machine_dies_by_itself(bubblewrap_provider: BubblewrapProvider) -> None:
    spec = SandboxSpec(run_id=make_spec().run_id, limits=Limits(ttl_s=1))
    with bubblewrap_provider.open(spec) as sandbox:
        inside = processes_of(sandbox.launched.guard.pid)
        assert len(inside) == 4, "guard, bwrap outside, bwrap inside, guest"
        assert sandbox.launched.guard.wait(5) == 0
        assert all(is_gone(pid) for pid in inside)
        with pytest.raises(SandboxLostError):
            run(sandbox, "true")
        assert not sandbox.alive


@pytest.mark.parametrize("killed", ["harness", "guard"])
def test_a_machine_dies_with_whoever_keeps_it(
    bubblewrap_provider: BubblewrapProvider, killed: str
) -> None:
    run_id = make_spec().run_id
    with subprocess.Popen(
        [sys.executable, "-c", LEAVE_A_MACHINE, run_id], stdout=subprocess.PIPE, text=True
    ) as harness:
        assert harness.stdout is not None
        guard = int(harness.stdout.readline())
        everything = processes_of(guard)
        assert len(everything) >= 5, "guard, bwrap outside and inside, guest, sleep"
        os.kill(harness.pid if killed == "harness" else guard, signal.SIGKILL)
        assert all(is_gone(pid) for pid in everything[1:])
        harness.kill()
    assert is_gone(guard)
    assert reap_machines(run_id) == 0


def test_closing_leaves_nothing(bubblewrap_provider: BubblewrapProvider) -> None:
    with bubblewrap_provider.open(make_spec()) as sandbox:
        run(sandbox, "sh", "-c", "setsid sleep 4242 >/dev/null 2>&1 &")
        groups = sandbox.launched.groups.folders
        everything = processes_of(sandbox.launched.guard.pid)
        assert len(everything) == 5
        started = time.monotonic()
        sandbox.close()
        assert time.monotonic() - started < 2
    assert not any(is_alive(pid) for pid in everything)
    assert not any(group.exists() for group in groups)


def test_root_and_owner_inside_are_nobody_outside(
    bubblewrap_provider: BubblewrapProvider,
) -> None:
    with bubblewrap_provider.open(make_spec()) as sandbox:
        guest = processes_of(sandbox.launched.guard.pid)[-1]
        facts = Path(f"/proc/{guest}/status").read_text()
        uid = int(next(line for line in facts.splitlines() if line.startswith("Uid:")).split()[1])
        assert uid == (sandbox.launched.user or os.getuid())
        assert uid != 0
        assert run_python(sandbox, "import os; os.setuid(0)").exit_code == 1
        assert run_python(sandbox, "import os; os.setuid(os.getuid())").ok


def test_the_limits_are_seen_from_the_host(bubblewrap_provider: BubblewrapProvider) -> None:
    described = bubblewrap_provider.describe()
    with bubblewrap_provider.open(make_spec()) as sandbox:
        groups = sandbox.launched.groups
        limits = run(sandbox, "cat", "/proc/self/limits").output
        values = {line[:25].strip(): line[26:46].strip() for line in limits.splitlines()}
        assert values["Max open files"] == "4096"
        assert values["Max core file size"] == "0"
        assert values["Max processes"] == str(SMALL.pids)
        by_group = "memory" in groups.enforced
        memory = "unlimited" if by_group else str(SMALL.memory_mib * 2**20)
        assert values["Max address space"] == memory
        assert ("per process" in described["memory"]) == (not by_group)


def test_the_host_is_not_seen(bubblewrap_provider: BubblewrapProvider, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    outside = [str(tmp_path / "secret"), str(Path(__file__)), "/etc/shadow", "/etc/hostname"]
    outside += ["/sys", "/var", "/boot", "/run/docker.sock", str(Path.home() / ".cache")]
    with bubblewrap_provider.open(make_spec()) as sandbox:
        code = "import os, sys; print([path for path in sys.argv[1:] if os.path.exists(path)])"
        assert run(sandbox, "python", "-c", code, "/etc/passwd", *outside).output == (
            "['/etc/passwd']\n"
        )
        assert run(sandbox, "ls", "/home").output == "sandbox\n"
        assert run(sandbox, "hostname").output == "sandbox\n"
        devices = run(sandbox, "find", "/dev", "-type", "b").output
        assert devices == ""


def test_the_guest_is_closed_to_its_commands(bubblewrap_provider: BubblewrapProvider) -> None:
    code = """
import os
for pid in (os.getppid(), os.getpid()):
    for name in ("mem", "environ", "fd/3"):
        try:
            open(f"/proc/{pid}/{name}", "rb").close()
            print("open", end=" ")
        except PermissionError:
            print("refused", end=" ")
        except OSError:
            print("missing", end=" ")
"""
    with bubblewrap_provider.open(make_spec()) as sandbox:
        assert run_python(sandbox, code).output.split()[:4] == ["refused"] * 3 + ["open"]


def test_a_command_that_is_not_waited_for_does_not_answer_the_next(
    bubblewrap_provider: BubblewrapProvider,
) -> None:
    with bubblewrap_provider.open(make_spec()) as sandbox:
        sandbox.put({"link": b"1", "other": bytes(900_000)})
        for _ in range(3):
            assert run(sandbox, "sh", "-c", "(sleep 0.1; exit 9) & exit 4").exit_code == 4
            assert run(sandbox, "sh", "-c", "sleep 0.2; exit 5").exit_code == 5


def test_a_neighbor_of_another_kind_is_refused(bubblewrap_provider: BubblewrapProvider) -> None:
    stranger = MemoryProvider().open(make_spec())
    with pytest.raises(SandboxStartError, match="bubblewrap"):
        bubblewrap_provider.open(make_spec(beside=stranger))


def test_a_neighbor_that_is_gone_is_an_error(bubblewrap_provider: BubblewrapProvider) -> None:
    with bubblewrap_provider.open(make_spec()) as app:
        app.close()
        spec = make_spec(beside=app)
        with pytest.raises(SandboxStartError, match="did not start"):
            bubblewrap_provider.open(spec)
    assert reap_machines(spec.run_id) == 0
