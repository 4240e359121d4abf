"""What the Docker backend promises beyond the contract; the engine's own view is asked."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from sandbox.base import Limits, SandboxLostError, SandboxSpec, SandboxStartError
from sandbox.container import describe_defenses
from sandbox.docker import DockerProvider
from sandbox.engine import Engine
from sandbox.memory import MemoryProvider
from tests.sandbox.conftest import SMALL, make_spec, run, run_python


@pytest.fixture
def engine() -> Iterator[docker.APIClient]:
    client = Engine.connect().api
    yield client
    client.close()


def containers_of(engine: docker.APIClient, spec: SandboxSpec, patience_s: float = 5) -> list[str]:
    """Ids of the run's containers, once they are gone or after a while."""
    ends_at = time.monotonic() + patience_s
    while True:
        found = engine.containers(all=True, filters={"label": f"backend-agent.run={spec.run_id}"})
        if not found or time.monotonic() > ends_at:
            return [container["Id"] for container in found]
        time.sleep(0.05)


@pytest.mark.docker
def test_a_container_is_locked_down(
    docker_provider: DockerProvider, engine: docker.APIClient
) -> None:
    spec = make_spec("app")
    with docker_provider.open(spec) as sandbox:
        facts = engine.inspect_container(sandbox.container)
        host = facts["HostConfig"]
    assert facts["Name"].startswith(f"/backend-agent-{spec.run_id}-app-")
    assert facts["Config"]["User"] == "1000:1000"
    assert facts["Mounts"] == []
    assert host["NetworkMode"] == "none"
    assert host["ReadonlyRootfs"]
    assert host["CapDrop"] == ["ALL"]
    assert not host["Privileged"]
    assert host["Memory"] == host["MemorySwap"] == SMALL.memory_mib * 2**20
    assert host["PidsLimit"] == SMALL.pids
    assert host["LogConfig"]["Type"] == "none"
    assert host["AutoRemove"]
    labels = facts["Config"]["Labels"]
    assert labels["backend-agent.run"] == spec.run_id
    assert labels["backend-agent.role"] == "app"
    assert labels["backend-agent.ttl"] == "300"
    assert set(labels) >= {"backend-agent.created", "backend-agent.owner"}


@pytest.mark.docker
def test_the_limits_are_seen_from_inside(docker_provider: DockerProvider) -> None:
    code = """
import pathlib, resource
def first(*names):
    paths = map(pathlib.Path, names)
    return next(path.read_text().strip() for path in paths if path.exists())
print(first("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"))
print(first("/sys/fs/cgroup/pids.max", "/sys/fs/cgroup/pids/pids.max"))
print(*resource.getrlimit(resource.RLIMIT_NOFILE), *resource.getrlimit(resource.RLIMIT_CORE))
"""
    with docker_provider.open(make_spec()) as sandbox:
        assert run_python(sandbox, code).output.split() == [
            str(SMALL.memory_mib * 2**20), str(SMALL.pids), "4096", "4096", "0", "0",
        ]  # fmt: skip


@pytest.mark.docker
def test_the_proxy_of_the_docker_command_stays_outside(
    docker_provider: DockerProvider, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    proxies = {"default": {"httpProxy": "http://user:password@proxy:3128"}}
    (tmp_path / "config.json").write_text(json.dumps({"proxies": proxies}))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    with DockerProvider().open(make_spec()) as sandbox:
        environment = run(sandbox, "env").output
    assert "PATH=" in environment
    assert "proxy" not in environment.lower()


@pytest.mark.docker
def test_closing_leaves_no_container(
    docker_provider: DockerProvider, engine: docker.APIClient
) -> None:
    spec = make_spec()
    with docker_provider.open(spec) as sandbox:
        assert len(containers_of(engine, spec, patience_s=0)) == 1
        started = time.monotonic()
        sandbox.close()
        assert time.monotonic() - started < 3
    assert containers_of(engine, spec) == []


@pytest.mark.docker
def test_a_container_dies_by_itself(
    docker_provider: DockerProvider, engine: docker.APIClient
) -> None:
    spec = SandboxSpec(run_id=make_spec().run_id, limits=Limits(ttl_s=1))
    sandbox = docker_provider.open(spec)
    assert containers_of(engine, spec) == []
    with pytest.raises(SandboxLostError):
        run(sandbox, "true")
    assert not sandbox.alive


@pytest.mark.docker
def test_what_a_killed_harness_left_is_reaped(
    docker_provider: DockerProvider, engine: docker.APIClient
) -> None:
    spec = make_spec()
    code = f"""
import os
from sandbox.base import SandboxSpec
from sandbox.docker import DockerProvider
from sandbox.engine import Engine
DockerProvider().open(SandboxSpec(run_id={spec.run_id!r}))
os.kill(os.getpid(), 9)
"""
    subprocess.run([sys.executable, "-c", code], check=False)
    assert len(containers_of(engine, spec, patience_s=0)) == 1
    assert docker_provider.reap(spec.run_id) == 1
    assert containers_of(engine, spec) == []


@pytest.mark.docker
def test_a_missing_image_is_named_with_the_remedy(docker_provider: DockerProvider) -> None:
    with pytest.raises(SandboxStartError, match="python -m agent sandbox build"):
        DockerProvider("backend-agent-sandbox:never-built").open(make_spec())


@pytest.mark.docker
def test_a_container_that_cannot_start_is_removed(
    docker_provider: DockerProvider, engine: docker.APIClient
) -> None:
    spec = make_spec()
    with docker_provider.open(make_spec()) as neighbor:
        neighbor.close()
        lonely = SandboxSpec(run_id=spec.run_id, shares_network_with=neighbor)
        with pytest.raises((SandboxStartError, SandboxLostError)):
            docker_provider.open(lonely)
    assert containers_of(engine, spec) == []


@pytest.mark.docker
def test_a_neighbor_of_another_kind_is_refused(docker_provider: DockerProvider) -> None:
    stranger = MemoryProvider().open(make_spec())
    with pytest.raises(SandboxStartError, match="Docker"):
        docker_provider.open(make_spec(beside=stranger))


@pytest.mark.docker
def test_the_report_names_engine_and_limits(docker_provider: DockerProvider) -> None:
    described = docker_provider.describe()
    assert described["sandbox"].startswith("docker ")
    assert described["memory"] == "1024 MiB"
    assert described["processes"] == "256"
    assert described["system calls"] == "own seccomp profile"


def test_a_limit_that_an_engine_lacks_is_reported() -> None:
    info = {
        "ServerVersion": "99",
        "DefaultRuntime": "runc",
        "CgroupVersion": "1",
        "PidsLimit": True,
    }
    described = describe_defenses(info, Limits())
    assert described["memory"] == "NOT enforced by this engine (1024 MiB asked for)"
    assert described["system calls"] == "NOT filtered"
    assert described["processes"] == "256"
    assert described["sandbox"] == "docker 99, runc, cgroup v1"
