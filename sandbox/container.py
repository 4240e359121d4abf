"""How a container is locked down: every flag of the Docker sandbox, in one place."""

import os
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from sandbox.base import WORKSPACE, Limits, SandboxSpec, SandboxStartError
from sandbox.engine import Engine, engine_errors

LABEL = "backend-agent"
CPU_PERIOD_US = 100_000
OPEN_FILES = 4096
SECCOMP = Path(__file__).with_name("seccomp.json")
"""The system calls that a backend, its tests and PostgreSQL need, and no other: no ptrace, no
io_uring, no vsock, no namespaces."""
MIN_TMP_MIB = 128
"""`/tmp` holds PostgreSQL's data: 33 MiB when empty, and as much again for its log."""


def start_container(engine: Engine, spec: SandboxSpec, image: str, network: str) -> str:
    """Create and start a container that waits for commands; returns its id.

    Args:
        engine: where to start it.
        spec: its limits and owner.
        image: name or id of the image.
        network: Docker's network mode, `none` or `container:<id>`.

    Raises:
        SandboxStartError: the image is missing, or the engine refused.
    """
    with engine_errors(SandboxStartError):
        container: str = engine.api.create_container(
            image,
            ["sleep", str(spec.limits.ttl_s)],
            name=f"{LABEL}-{spec.run_id}-{spec.role}-{secrets.token_hex(4)}",
            labels=_labels(spec),
            host_config=_host_config(engine, spec.limits, network),
            use_config_proxy=False,  # its address may hold a password, and there is no network
        )["Id"]
        try:
            engine.api.start(container)
        except BaseException:
            engine.api.remove_container(container, force=True)
            raise
    return container


def describe_defenses(info: Mapping[str, object], limits: Limits) -> dict[str, str]:
    """What holds a container on that engine: defense or limit -> value, or that it is missing.

    Args:
        info: the engine's answer to `docker info`.
        limits: those of the sandboxes in question.
    """

    def unless_missing(key: str, text: str) -> str:
        return text if info.get(key) else f"NOT enforced by this engine ({text} asked for)"

    options = str(info.get("SecurityOptions"))
    return {
        "sandbox": f"docker {info['ServerVersion']}, {info['DefaultRuntime']}, "
        f"cgroup v{info.get('CgroupVersion', '1')}",
        "network": "none",
        "files": f"read-only root, {limits.workspace_mib} MiB and {limits.workspace_files} files "
        "of workspace in memory",
        "privileges": "user 1000, no capabilities, no new privileges",
        "system calls": "own seccomp profile" if "seccomp" in options else "NOT filtered",
        "memory": unless_missing("MemoryLimit", f"{limits.memory_mib} MiB"),
        "swap": unless_missing("SwapLimit", "none"),
        "processes": unless_missing("PidsLimit", str(limits.pids)),
        "cpus": unless_missing("CpuCfsQuota", f"{limits.cpus:g}"),
        "lifetime": f"{limits.ttl_s} s",
    }


def _host_config(engine: Engine, limits: Limits, network: str) -> dict[str, object]:
    from docker.types import LogConfig, Ulimit  # noqa: PLC0415 - loaded with the SDK

    memory = limits.memory_mib * 2**20
    return engine.api.create_host_config(
        network_mode=network,
        read_only=True,
        tmpfs=_tmpfs(limits),
        cap_drop=["ALL"],
        security_opt=["no-new-privileges", f"seccomp={SECCOMP.read_text()}"],
        pids_limit=limits.pids,
        mem_limit=memory,
        memswap_limit=memory,
        cpu_period=CPU_PERIOD_US,
        cpu_quota=int(limits.cpus * CPU_PERIOD_US),
        ulimits=[
            Ulimit(name="nofile", soft=OPEN_FILES, hard=OPEN_FILES),
            Ulimit(name="core", soft=0, hard=0),
        ],
        log_config=LogConfig(type="none"),
        init=True,
        auto_remove=True,
    )


def _tmpfs(limits: Limits) -> dict[str, str]:
    """Folder -> mount options. All are memory of the container; only projects may be executed."""
    mine = "nosuid,nodev,uid=1000,gid=1000,mode=0755"
    shared = "nosuid,nodev,noexec,mode=1777"
    tmp_mib = max(MIN_TMP_MIB, limits.memory_mib // 4)
    return {
        WORKSPACE: f"{mine},exec,size={limits.workspace_mib}m,nr_inodes={limits.workspace_files}",
        "/home/sandbox": f"{mine},noexec,size=64m,nr_inodes=5000",
        "/run": f"{mine},noexec,size=16m,nr_inodes=1000",
        "/tmp": f"{shared},size={tmp_mib}m,nr_inodes=20000",  # noqa: S108 - inside it
        "/dev/shm": f"{shared},size=64m,nr_inodes=1000",  # noqa: S108 - inside it
    }


def _labels(spec: SandboxSpec) -> dict[str, str]:
    return {
        f"{LABEL}.run": spec.run_id,
        f"{LABEL}.role": spec.role,
        f"{LABEL}.created": datetime.now(UTC).isoformat(timespec="seconds"),
        f"{LABEL}.ttl": str(spec.limits.ttl_s),
        f"{LABEL}.owner": _owner(),
    }


def _owner() -> str:
    """This process: its id and, as ids are used again, when it started (clock ticks, proc(5))."""
    stat = Path("/proc/self/stat")
    if not stat.exists():
        return str(os.getpid())
    started = stat.read_text().rpartition(")")[2].split()[19]
    return f"{os.getpid()}@{started}"
