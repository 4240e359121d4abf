"""An engine that ssh leads to: through a real sshd where one is installed."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox.base import SandboxStartError
from sandbox.deadline import Deadline
from sandbox.docker import DockerProvider
from sandbox.engine import Engine
from tests.sandbox.conftest import is_gone, make_spec

SSHD = shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin")
needs_sshd = pytest.mark.skipif(
    SSHD is None or os.geteuid() != 0, reason="no sshd here (openssh-server), or no root to run it"
)
ON_PATH = """#!/bin/sh
{command}
"""


@dataclass(frozen=True)
class FarHost:
    """A host that a throwaway key opens, and the folder of its keys and of those of its user."""

    url: str
    folder: Path


@pytest.fixture
def far_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FarHost]:
    for name in ("host", "user"):
        key = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / name)]
        subprocess.run(key, check=True)
    shutil.copy(tmp_path / "user.pub", tmp_path / "authorized")
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    host_key = (tmp_path / "host.pub").read_text()
    (tmp_path / "known").write_text(f"[127.0.0.1]:{port} {host_key}")
    (tmp_path / "config").write_text(
        f"IdentityFile {tmp_path}/user\nIdentitiesOnly yes\nIdentityAgent none\n"
        f"UserKnownHostsFile {tmp_path}/known\nGlobalKnownHostsFile none\n"
    )
    put_on_path(tmp_path, monkeypatch, f'exec {shutil.which("ssh")} -F {tmp_path}/config "$@"')
    options = ["Port", port], ["ListenAddress", "127.0.0.1"], ["HostKey", tmp_path / "host"]
    more = ["AuthorizedKeysFile", tmp_path / "authorized"], ["StrictModes", "no"]
    extra = ["PidFile", "none"], ["UsePAM", "no"], ["PermitRootLogin", "prohibit-password"]
    (tmp_path / "sshd_config").write_text(
        "".join(f"{name} {value}\n" for name, value in [*options, *more, *extra])
    )
    Path("/run/sshd").mkdir(exist_ok=True)
    with subprocess.Popen([str(SSHD), "-D", "-e", "-f", f"{tmp_path}/sshd_config"]) as sshd:
        wait_for(port)
        yield FarHost(f"ssh://root@127.0.0.1:{port}", tmp_path)
        sshd.terminate()


def wait_for(port: int) -> None:
    ends_at = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            assert time.monotonic() < ends_at, "sshd does not start"
            time.sleep(0.02)
        else:
            return


def put_on_path(folder: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    """A command named ssh that does that instead."""
    (folder / "bin").mkdir()
    script = folder / "bin" / "ssh"
    script.write_text(ON_PATH.format(command=command))
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{script.parent}:{os.environ['PATH']}")


def children() -> set[int]:
    me = os.getpid()
    listed = Path(f"/proc/{me}/task/{me}/children").read_text()
    return {int(pid) for pid in listed.split()}


@needs_sshd
@pytest.mark.docker
def test_a_machine_works_through_ssh(
    far_host: FarHost, docker_provider: DockerProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both ways at once, more than fits into any buffer, and an input that ends."""
    monkeypatch.setenv("DOCKER_HOST", far_host.url)
    before = children()
    content = bytes(range(256)) * 4_000
    provider = DockerProvider()
    with provider.open(make_spec()) as sandbox:
        sandbox.put({"large.bin": content})
        assert sandbox.get() == {"large.bin": content}
        sorted_by_it = sandbox.exec(["sort"], input=b"b\na\n", deadline=Deadline.after(30))
        assert sorted_by_it.output == "a\nb\n"
        stopped = sandbox.exec(["sleep", "60"], deadline=Deadline.after(0.5))
        assert (stopped.stopped_by, sandbox.alive) == ("timeout", False)
    (ssh,) = children() - before
    del sandbox, provider
    assert is_gone(ssh)


@needs_sshd
@pytest.mark.docker
def test_ssh_ends_with_a_killed_harness(
    far_host: FarHost, docker_provider: DockerProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", far_host.url)
    code = (
        "import os, pathlib; from sandbox.engine import Engine; engine = Engine.connect();"
        "me = os.getpid(); print(pathlib.Path(f'/proc/{me}/task/{me}/children').read_text(),"
        "flush=True); input()"
    )
    harness = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with harness:
        assert harness.stdout is not None
        ssh = int(harness.stdout.readline())
        harness.kill()
    assert is_gone(ssh)


def refusal() -> str:
    with pytest.raises(SandboxStartError) as caught:
        Engine.connect()
    return str(caught.value)


def forget_the_host(host: FarHost) -> None:
    (host.folder / "known").write_text("")


def change_the_host(host: FarHost) -> None:
    known = (host.folder / "known").read_text().split()
    other = (host.folder / "user.pub").read_text().split()[1]
    (host.folder / "known").write_text(f"{known[0]} ssh-ed25519 {other}\n")


def lose_the_key(host: FarHost) -> None:
    (host.folder / "authorized").write_text("")


@needs_sshd
@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (forget_the_host, "its host key is unknown: `ssh ssh://root@127.0.0.1:"),
        (change_the_host, "its host key has changed"),
        (lose_the_key, "it refuses your key"),
    ],
)
def test_a_host_that_cannot_be_entered(
    far_host: FarHost,
    monkeypatch: pytest.MonkeyPatch,
    spoil: Callable[[FarHost], None],
    sentence: str,
) -> None:
    spoil(far_host)
    monkeypatch.setenv("DOCKER_HOST", far_host.url)
    assert sentence in refusal()


@needs_sshd
def test_a_host_without_an_engine(far_host: FarHost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"{far_host.url}/nowhere/docker.sock")
    assert "no Docker engine there at /nowhere/docker.sock" in refusal()


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("echo 'Host key verification failed.' >&2; exit 255", "its host key is unknown"),
        ("echo 'me@far: Permission denied (publickey).' >&2; exit 255", "it refuses your key"),
        (
            "echo 'ssh: connect to host far: No route to host' >&2; exit 255",
            "ssh: connect to host far: No route to host; `ssh ssh://me@far true` has to work",
        ),
        ("exit 255", "no answer; `ssh ssh://me@far true` has to work"),
        ("echo backend-agent-tunnel; exec cat", "no answer; `ssh ssh://me@far true`"),
    ],
)
def test_what_ssh_complains_about_gets_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, sentence: str
) -> None:
    put_on_path(tmp_path, monkeypatch, command)
    monkeypatch.setenv("DOCKER_HOST", "ssh://me@far")
    before = children()
    assert f"cannot reach the Docker engine by ssh://me@far: {sentence}" in refusal()
    assert not children() - before


def test_ssh_sees_no_key_of_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_on_path(tmp_path, monkeypatch, f"env > {tmp_path}/seen; exit 1")
    monkeypatch.setenv("DOCKER_HOST", "ssh://me@far")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-canary")
    refusal()
    seen = (tmp_path / "seen").read_text()
    assert "PATH=" in seen
    assert "canary" not in seen


def test_without_ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("DOCKER_HOST", "ssh://me@far")
    assert "without ssh: install it" in refusal()


@pytest.mark.parametrize("url", ["ssh://me:secret-word@far", "ssh://", "ssh:///path"])
def test_an_address_that_is_none_is_not_repeated(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("DOCKER_HOST", url)
    said = refusal()
    assert "it is ssh://[USER@]HOST[:PORT], without a password" in said
    assert "secret-word" not in said
