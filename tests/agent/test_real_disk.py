"""A disk that is really full, and one that is really read-only: a tmpfs in a mount namespace."""

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.agent.crash_matrix import Facts, run_whole

NAMESPACES = (["unshare", "--mount"], ["unshare", "--mount", "--map-root-user"])
"""For root, and for anybody else where user namespaces are allowed."""


@pytest.fixture(scope="module")
def namespace() -> list[str]:
    """The command that gives a process mounts of its own."""
    probe = "mount -t tmpfs tmpfs /mnt"
    for command in NAMESPACES:
        tried = subprocess.run([*command, "sh", "-c", probe], check=False, capture_output=True)
        if tried.returncode == 0:
            return command
    pytest.skip("nobody may mount anything here")


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    return run_whole(tmp_path_factory.mktemp("whole") / "run")[0]


def disturb(namespace: list[str], folder: Path, kind: str, number: int) -> tuple[int, object, str]:
    """How the disturbed process ended, what the resumed run left, and what the first one said."""
    command = [*namespace, sys.executable, "-m", "tests.agent.real_disk"]
    done = subprocess.run(
        [*command, str(folder), kind, str(number)], capture_output=True, text=True, check=True
    )
    outcome = json.loads(done.stdout.splitlines()[-1])
    return outcome["code"], outcome["facts"], done.stderr


def as_json(facts: Facts) -> object:
    return json.loads(json.dumps(facts._asdict()))


@pytest.mark.parametrize("kib", [4, 28, 64, 136, 172, 220])
def test_a_full_disk_ends_the_process_and_loses_nothing(
    tmp_path: Path, namespace: list[str], wanted: Facts, kib: int
) -> None:
    code, facts, said = disturb(namespace, tmp_path, "full", kib)
    assert code not in {0, -signal.SIGKILL}
    assert os.strerror(errno.ENOSPC) in said or "fatal: " in said, "in git's own words"
    assert facts == as_json(wanted)


@pytest.mark.parametrize("boundary", [40, 80, 120])
def test_a_read_only_disk_ends_the_process_and_loses_nothing(
    tmp_path: Path, namespace: list[str], wanted: Facts, boundary: int
) -> None:
    code, facts, said = disturb(namespace, tmp_path, "read-only", boundary)
    assert code not in {0, -signal.SIGKILL}
    assert os.strerror(errno.EROFS) in said
    assert facts == as_json(wanted)
