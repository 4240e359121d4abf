"""The backends that keep the sandbox contract, and one open sandbox of each."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from sandbox.base import ExecResult, Limits, Sandbox, SandboxProvider, SandboxSpec
from sandbox.deadline import Deadline
from sandbox.memory import MemoryProvider
from tests.conftest import MACHINES, open_provider

ALL_BACKENDS = ["memory", *MACHINES]

SMALL = Limits(
    memory_mib=384,
    pids=64,
    workspace_mib=32,
    workspace_files=2_000,
    copy_out_file_mib=1,
    copy_out_total_mib=3,
    copy_out_files=150,
    ttl_s=300,
)


def make_spec(role: str = "work", beside: Sandbox | None = None) -> SandboxSpec:
    return SandboxSpec(
        run_id=f"test-{uuid4().hex[:12]}", limits=SMALL, role=role, shares_network_with=beside
    )


def run(sandbox: Sandbox, *argv: str, seconds: float = 30) -> ExecResult:
    return sandbox.exec(argv, deadline=Deadline.after(seconds))


def run_python(sandbox: Sandbox, code: str, seconds: float = 30) -> ExecResult:
    return run(sandbox, "python", "-c", code, seconds=seconds)


@pytest.fixture(params=ALL_BACKENDS)
def provider(request: pytest.FixtureRequest) -> SandboxProvider:
    """Every backend in turn."""
    return MemoryProvider() if request.param == "memory" else open_provider(request)


@pytest.fixture
def sandbox(provider: SandboxProvider) -> Iterator[Sandbox]:
    with provider.open(make_spec()) as opened:
        yield opened


@pytest.fixture
def machine(machines: SandboxProvider) -> Iterator[Sandbox]:
    with machines.open(make_spec()) as opened:
        yield opened


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def is_gone(pid: int, patience_s: float = 5) -> bool:
    ends_at = time.monotonic() + patience_s
    while time.monotonic() < ends_at:
        if not is_alive(pid):
            return True
        time.sleep(0.02)
    return False
