"""The sandbox for Linux without Docker: bwrap's namespaces, our own filter and limits.

Each machine has a guard on the host (sandbox/jail/guard.py), which makes and kills it, and a guest
inside (sandbox/jail/guest.py), which starts commands and is as untrusted as they are.
"""

import secrets
import select

from sandbox.base import Limits, Progress, Sandbox, SandboxSpec, SandboxStartError
from sandbox.jail.binary import bwrap_version, find_bwrap, try_bwrap
from sandbox.jail.cgroup import make_groups
from sandbox.jail.environment import ensure_environment, environment_folder
from sandbox.jail.launch import Launched, launch
from sandbox.jail.registry import reap_machines
from sandbox.jail.stream import GuestStream
from sandbox.machine import Command, Machine


class BubblewrapSandbox(Machine):
    """One running machine."""

    def __init__(self, launched: Launched, limits: Limits) -> None:
        super().__init__(limits)
        self.launched = launched
        self._commands = 0

    def _start(self, command: Command) -> GuestStream:
        self._commands += 1
        return GuestStream(self.launched.control, self._commands, command)

    def _end(self) -> None:
        self.launched.end()

    def _still_runs(self) -> bool:
        poll = select.poll()
        poll.register(self.launched.control, 0)  # a hang-up is always reported
        return self.launched.guard.poll() is None and not poll.poll(0)

    def _count_oom_kills(self) -> int:
        return self.launched.groups.count_oom_kills()


class BubblewrapProvider:
    """Opens machines made of namespaces; needs no engine and no root."""

    name = "bubblewrap"

    def prepare(self, progress: Progress) -> None:
        """See `SandboxProvider.prepare`."""
        try_bwrap(find_bwrap(environment_folder()))
        ensure_environment(progress)

    def open(self, spec: SandboxSpec) -> BubblewrapSandbox:
        """See `SandboxProvider.open`."""
        neighbor = _launched(spec.shares_network_with)
        return BubblewrapSandbox(launch(spec, neighbor), spec.limits)

    def reap(self, run_id: str) -> int:
        """See `SandboxProvider.reap`."""
        return reap_machines(run_id)

    def describe(self) -> dict[str, str]:
        """See `SandboxProvider.describe`."""
        limits = Limits()
        groups = make_groups(f"probe-{secrets.token_hex(4)}", limits)
        groups.remove()

        def by_group(name: str, text: str, otherwise: str) -> str:
            return text if name in groups.enforced else otherwise

        return {
            "sandbox": bwrap_version(find_bwrap(environment_folder())),
            "network": "none",
            "files": f"read-only root, {limits.workspace_mib} MiB and {limits.workspace_files} "
            "files of workspace in memory",
            "privileges": "user 1000, no capabilities, no new privileges",
            "system calls": "own seccomp profile",
            "memory": by_group(
                "memory", f"{limits.memory_mib} MiB", f"{limits.memory_mib} MiB per process"
            ),
            "swap": by_group("swap", "none", "NOT limited"),
            "processes": by_group("processes", f"{limits.pids}", f"{limits.pids} by rlimit"),
            "cpus": by_group("cpus", f"{limits.cpus:g}", "NOT limited"),
            "lifetime": f"{limits.ttl_s} s",
        }


def _launched(neighbor: Sandbox | None) -> Launched | None:
    if neighbor is None:
        return None
    if not isinstance(neighbor, BubblewrapSandbox):
        raise SandboxStartError("a bubblewrap sandbox can share the network of another one only")
    return neighbor.launched
