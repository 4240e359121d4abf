"""Hostile files on their way out of a machine and on the host, beside a naive harness."""

import io
import os
import subprocess
import tarfile
from contextlib import suppress
from pathlib import Path

import docker
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.trees import TreeStore
from sandbox.archive import pack
from sandbox.base import SandboxProvider
from sandbox.container import LABEL
from sandbox.docker import DockerProvider
from sandbox.image import image_tag
from sandbox.workspace import PathError, Workspace
from tests.sandbox.conftest import SMALL, make_spec, run, run_python

SENTINEL = b"of the host"
PARTS = st.sampled_from(
    ["..", ".", "", "/", "out", "file", "loop", "a", "b.py", ".git", ".GIT", "\0", "\x1b", "\u202e"]
)
PATHS = st.lists(PARTS, min_size=1, max_size=5).map("/".join)


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder of the host with a file in it."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "inner").write_bytes(SENTINEL)
    return folder


@pytest.fixture
def trapped(tmp_path: Path, outside: Path) -> Workspace:
    """A workspace with links that lead out of it."""
    workspace = Workspace(tmp_path / "workspace")
    (workspace.root / "out").symlink_to(outside)
    (workspace.root / "file").symlink_to(outside / "inner")
    (workspace.root / "loop").symlink_to(".")
    os.link(outside / "inner", tmp_path / "kept")
    return workspace


@given(path=PATHS | st.builds("{}/inner".format, PATHS))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_path_leads_out(trapped: Workspace, outside: Path, path: str) -> None:
    with suppress(PathError):
        trapped.write(path, b"planted")
    with suppress(PathError, FileNotFoundError):
        assert trapped.read(path) == b"planted"
    with suppress(PathError, FileNotFoundError):
        trapped.delete(path)
    assert [file.read_bytes() for file in outside.rglob("*")] == [SENTINEL]
    assert sorted(path.name for path in outside.parent.iterdir()) == [
        "kept",
        "outside",
        "workspace",
    ]


def test_a_naive_check_of_the_path_lets_it_out(trapped: Workspace, outside: Path) -> None:
    """Control: the usual comparison of prefixes."""
    target = os.path.normpath(trapped.root / "out" / "inner")
    assert target.startswith(str(trapped.root))
    Path(target).write_bytes(b"planted")
    assert (outside / "inner").read_bytes() == b"planted"


def test_a_naive_read_follows_the_link(trapped: Workspace) -> None:
    """Control of the links that `Workspace` and `Sandbox.get` refuse."""
    assert (trapped.root / "file").read_bytes() == SENTINEL


def test_a_pipe_in_the_workspace_is_no_file(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "workspace")
    os.mkfifo(workspace.root / "pipe")
    with pytest.raises(FileNotFoundError):
        workspace.read("pipe")
    assert workspace.files() == {}


def test_a_naive_read_of_a_pipe_never_returns(tmp_path: Path) -> None:
    """Control."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(subprocess.TimeoutExpired):
        subprocess.run(["cat", tmp_path / "pipe"], check=False, timeout=0.5)


def hostile_tar() -> bytes:
    """One file beside the target folder, and one inside with the bit that makes it run as owner."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name in ("../evil", "tool"):
            member = tarfile.TarInfo(name)
            member.mode, member.size = 0o6755, len(SENTINEL)
            member.uid = os.getuid()
            member.gid = os.getgid()
            tar.addfile(member, io.BytesIO(SENTINEL))
    return archive.getvalue()


def test_a_naive_extraction_writes_beside_and_keeps_the_bit(tmp_path: Path) -> None:
    """Control of the archives that `unpack` refuses, and of the modes that it drops."""
    (tmp_path / "target").mkdir()
    with tarfile.open(fileobj=io.BytesIO(hostile_tar())) as tar:
        tar.extraction_filter = lambda member, _: member  # as every Python before 3.14 does
        tar.extractall(tmp_path / "target")  # noqa: S202 - that is the point
    assert (tmp_path / "evil").read_bytes() == SENTINEL
    assert (tmp_path / "target" / "tool").stat().st_mode & 0o6000 == 0o6000


def test_a_program_that_runs_as_its_owner_does_not_come_out(
    machines: SandboxProvider, tmp_path: Path
) -> None:
    code = "import os; open('tool', 'w').write('#!/bin/sh\\n'); os.chmod('tool', 0o6755)"
    with machines.open(make_spec()) as machine:
        assert run_python(machine, code).ok
        assert run(machine, "stat", "-c", "%a", "tool").output == "6755\n"
        mounts = run(machine, "cat", "/proc/mounts").output.splitlines()
        files = machine.get()
    options = next(line.split()[3] for line in mounts if line.split()[1] == "/workspace")
    assert {"nosuid", "nodev"} <= set(options.split(","))
    workspace = Workspace(tmp_path / "workspace")
    for path, content in files.items():
        workspace.write(path, content)
    assert (workspace.root / "tool").stat().st_mode & 0o7111 == 0
    store = TreeStore(tmp_path / "private.git")
    listed = subprocess.check_output(
        ["git", "-C", store.folder, "ls-tree", store.record(workspace)], text=True
    )
    assert listed.split()[0] == "100755"


def test_a_naive_copy_of_a_sparse_file_is_all_of_it(tmp_path: Path) -> None:
    """Control of the sparse file that `Sandbox.get` refuses: nothing on disk, gigabytes in tar."""
    with (tmp_path / "x").open("wb") as file:
        file.truncate(900 * 2**30)
    assert (tmp_path / "x").stat().st_blocks == 0
    with subprocess.Popen(
        ["tar", "-c", "-C", tmp_path, "x"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as tar:
        assert tar.stdout is not None
        taken = 0
        while taken < 8 * SMALL.copy_out_file_mib * 2**20:
            taken += len(tar.stdout.read(2**20))
        tar.kill()


@pytest.mark.docker
def test_the_engines_own_copy_loses_files(docker_provider: DockerProvider) -> None:
    """Control of the round trip through tar: it says yes, and nothing is there."""
    client = docker.APIClient(version="auto")
    with docker_provider.open(make_spec()) as sandbox:
        config = client.inspect_container(sandbox.container)["HostConfig"]
        naive = client.create_container(
            image_tag(),
            ["sleep", "60"],
            labels={f"{LABEL}.run": "control"},
            host_config=client.create_host_config(
                network_mode="none", tmpfs=config["Tmpfs"], auto_remove=True, init=True
            ),
        )["Id"]
        client.start(naive)
        try:
            assert client.put_archive(naive, "/workspace", pack({"lost": b"x"}))
            listing = client.exec_create(naive, ["ls", "-A", "/workspace"])["Id"]
            assert client.exec_start(listing) == b""
        finally:
            client.kill(naive)
            client.close()


PIPE_BYTES = 65_536
"""What a pipe holds that nobody reads (pipe(7))."""
FLOOD = """
import os
for target in ("/proc/1/fd/1", "/proc/1/fd/2"):
    taken = 0
    try:
        log = os.open(target, os.O_WRONLY | os.O_NONBLOCK)
        while os.readlink(target) != "/dev/null" and taken < 3_000_000:
            taken += os.write(log, b"x" * 4096)
    except OSError:
        pass
    print(taken)
"""


@pytest.mark.docker
def test_the_engine_keeps_no_log_of_a_container(docker_provider: DockerProvider) -> None:
    client = docker.APIClient(version="auto")
    with docker_provider.open(make_spec()) as sandbox:
        assert run_python(sandbox, FLOOD).ok
        facts = client.inspect_container(sandbox.container)
    client.close()
    assert facts["HostConfig"]["LogConfig"]["Type"] == "none"
    assert not facts["LogPath"]


@pytest.mark.docker
def test_a_plain_container_floods_the_hosts_log(docker_provider: DockerProvider) -> None:
    """Control."""
    client = docker.APIClient(version="auto")
    plain = client.create_container(
        image_tag(),
        ["sh", "-c", "sleep 60"],
        labels={f"{LABEL}.run": "control"},
        host_config=client.create_host_config(network_mode="none"),
    )["Id"]
    client.start(plain)
    try:
        # One flood ends as soon as the engine reads slower than it writes; the log grows with each.
        for _ in range(50):
            client.exec_start(client.exec_create(plain, ["python", "-c", FLOOD])["Id"])
            logged = len(client.logs(plain))
            if logged > 4 * PIPE_BYTES:
                break
        assert logged > 4 * PIPE_BYTES
    finally:
        client.remove_container(plain, force=True)
        client.close()


@pytest.mark.bubblewrap
def test_a_flood_of_the_first_process_goes_nowhere(bubblewrap_provider: SandboxProvider) -> None:
    with bubblewrap_provider.open(make_spec()) as sandbox:
        taken = run_python(sandbox, FLOOD).output.split()
    assert [int(count) <= PIPE_BYTES for count in taken] == [True, True]
