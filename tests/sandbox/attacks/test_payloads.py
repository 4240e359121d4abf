"""Attacks from inside a machine; each succeeds where nothing is isolated, or it proves nothing."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator

import pytest

from sandbox.base import Limits, Sandbox, SandboxProvider, SandboxSpec
from sandbox.local import LocalProvider
from tests.conftest import MACHINES, open_provider
from tests.sandbox.attacks.payloads import (
    CONNECT,
    DISARM_TIMER,
    KERNEL_FILES,
    OPEN_FOR_WRITING,
    RESOURCES,
    SYSTEM_CALLS,
    Payload,
)
from tests.sandbox.conftest import SMALL, make_spec, run, run_python

NEEDS_ROOT = pytest.mark.skipif(os.getuid() != 0, reason="only root could do it")
ONLY_ROOT = ("network namespace", "namespace by clone", "chroot", "block device", "become root")
"""What the control needs root for; the attack is refused to everybody."""
CONTROLS = [
    pytest.param(payload, id=name, marks=[NEEDS_ROOT] if name in ONLY_ROOT else [])
    for name, payload in {**RESOURCES, **SYSTEM_CALLS}.items()
    if payload.harmless
]


@pytest.fixture
def unprotected() -> Iterator[Sandbox]:
    with LocalProvider().open(SandboxSpec(run_id="control", limits=Limits(pids=10_000))) as opened:
        yield opened


@pytest.fixture(scope="module", params=MACHINES)
def machine_of_all(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """One for every attack that is refused at once."""
    with open_provider(request).open(make_spec()) as opened:
        yield opened


@pytest.mark.parametrize("payload", SYSTEM_CALLS.values(), ids=SYSTEM_CALLS)
def test_a_system_call_is_refused(machine_of_all: Sandbox, payload: Payload) -> None:
    said = run_python(machine_of_all, payload.code).output.strip()
    assert said in {f"held {refusal}" for refusal in payload.refusals}


@pytest.mark.parametrize("payload", RESOURCES.values(), ids=RESOURCES)
def test_a_resource_has_a_limit(machines: SandboxProvider, payload: Payload) -> None:
    if payload is RESOURCES["memory of many processes"]:
        require_memory_of_all(machines)
    with machines.open(make_spec()) as machine:
        said = run_python(machine, payload.code).output.strip()
        assert said in {f"held {refusal}" for refusal in payload.refusals}
        assert run(machine, "true").ok


def require_memory_of_all(machines: SandboxProvider) -> None:
    if "per process" in machines.describe()["memory"]:
        pytest.skip(
            "not enforceable: this user may make no group, so memory is limited per process"
        )


@pytest.mark.parametrize("payload", CONTROLS)
def test_it_succeeds_without_a_sandbox(unprotected: Sandbox, payload: Payload) -> None:
    assert run_python(unprotected, payload.code).output.strip() == "attacked"


def test_more_memory_than_it_has_is_no_test_failure(machines: SandboxProvider) -> None:
    with machines.open(make_spec()) as machine:
        result = run_python(
            machine, f"bytearray({2 * SMALL.memory_mib} * 2**20); print('attacked')"
        )
        assert "attacked" not in result.output
        by_group = "per process" not in machines.describe()["memory"]
        assert (result.stopped_by == "memory") == by_group
        assert run(machine, "true").ok


def test_that_memory_is_there_without_a_sandbox(unprotected: Sandbox) -> None:
    code = f"bytearray({2 * SMALL.memory_mib} * 2**20); print('attacked')"
    assert run_python(unprotected, code).output == "attacked\n"


def test_a_stopped_timer_does_not_stop_the_deadline(machines: SandboxProvider) -> None:
    argv = ["timeout", "1", "python", "-c", DISARM_TIMER.code]
    with machines.open(make_spec()) as machine:
        started = time.monotonic()
        assert run(machine, *argv, seconds=3).stopped_by == "timeout"
        assert time.monotonic() - started < 8
        assert not machine.alive


def test_that_timer_fires_when_nobody_stops_it(machines: SandboxProvider) -> None:
    with machines.open(make_spec()) as machine:
        assert run(machine, "timeout", "1", "sleep", "100", seconds=20).exit_code == 124


def test_a_server_of_the_host_is_out_of_reach(machines: SandboxProvider) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, machines.open(make_spec()) as machine:
        port = str(server.getsockname()[1])
        assert run(machine, "python", "-c", CONNECT, port).output == "held ECONNREFUSED\n"


def test_that_server_is_in_reach_without_a_sandbox(unprotected: Sandbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        assert run(unprotected, "python", "-c", CONNECT, port).output == "attacked\n"


def test_files_of_the_kernel_cannot_be_written(machines: SandboxProvider) -> None:
    with machines.open(make_spec()) as machine:
        assert run(machine, "python", "-c", OPEN_FOR_WRITING, *KERNEL_FILES).output == ""


@NEEDS_ROOT
def test_root_can_write_them_without_a_sandbox(unprotected: Sandbox) -> None:
    opened = run(unprotected, "python", "-c", OPEN_FOR_WRITING, *KERNEL_FILES).output.split()
    assert {"/proc/sys/kernel/core_pattern", "/etc/passwd"} <= set(opened)


def test_a_naive_harness_hands_its_environment_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control of `test_secrets_of_the_host_stay_there`."""
    monkeypatch.setenv("HARNESS_SECRET", "harness-" + "secret")
    assert "harness-" + "secret" in subprocess.check_output(["env"], text=True)


def test_zombies_stay_where_nobody_reaps(unprotected: Sandbox) -> None:
    """Control of `test_orphans_are_reaped`: the local sandbox adopts orphans and reaps none."""
    code = "import os\nfor n in range(20):\n  if os.fork() == 0:\n    os.fork(); os._exit(0)"
    run_python(unprotected, code)
    pid = run(unprotected, "sh", "-c", "echo $PPID").output.strip()
    states = run(unprotected, "ps", "--ppid", pid, "-o", "stat=").output
    assert states.count("Z") >= 20


def test_a_naive_capture_keeps_every_byte() -> None:
    """Control of `test_endless_output_is_stopped_in_bounded_memory`."""
    flood = ["sh", "-c", "yes | head -c 60000000"]
    assert len(subprocess.run(flood, check=True, capture_output=True).stdout) == 60_000_000
