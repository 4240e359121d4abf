"""Hosts on which bwrap is missing or blocked, each with its remedy."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.base import SandboxStartError
from sandbox.jail.binary import find_bwrap, remedy, try_bwrap

TRY = """
from sandbox.jail.binary import find_bwrap, try_bwrap
from sandbox.jail.environment import environment_folder
try_bwrap(find_bwrap(environment_folder()))
"""


@pytest.mark.parametrize(
    ("file", "content", "sentence"),
    [
        (
            "proc/sys/kernel/apparmor_restrict_unprivileged_userns",
            "1\n",
            "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
        ),
        (
            "proc/sys/kernel/unprivileged_userns_clone",
            "0\n",
            "sudo sysctl -w kernel.unprivileged_userns_clone=1",
        ),
        ("proc/sys/user/max_user_namespaces", "0\n", "sysctl -w user.max_user_namespaces=15000"),
        (".dockerenv", "", "--security-opt systempaths=unconfined"),
        ("run/.containerenv", "", "--security-opt systempaths=unconfined"),
        ("proc/sys/user/max_user_namespaces", "15000\n", "use `--sandbox docker`"),
    ],
)
def test_what_blocks_bwrap_is_named(tmp_path: Path, file: str, content: str, sentence: str) -> None:
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(content)
    assert sentence in remedy(tmp_path)


@pytest.mark.bubblewrap
def test_a_kernel_that_gives_no_namespaces_is_an_error_with_its_remedy() -> None:
    """The setting is one of a user namespace, so that it can be had without changing the host."""
    forbid = 'echo 0 > /proc/sys/user/max_user_namespaces; exec "$@"'
    tried = subprocess.run(
        [
            "unshare",
            "--user",
            "--map-root-user",
            "sh",
            "-c",
            forbid,
            "-",
            sys.executable,
            "-c",
            TRY,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert tried.returncode == 1
    last = tried.stderr.splitlines()[-1]
    assert last.startswith("sandbox.base.SandboxStartError: bwrap does not work here (")
    assert last.endswith("`sudo sysctl -w user.max_user_namespaces=15000`")


def test_a_bwrap_that_fails_is_quoted(tmp_path: Path) -> None:
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'bwrap: no luck' >&2; exit 1\n")
    broken.chmod(0o755)
    with pytest.raises(SandboxStartError, match=r"does not work here \(bwrap: no luck\); "):
        try_bwrap(broken)


def test_another_system_is_sent_to_docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    with pytest.raises(SandboxStartError, match="needs Linux, not Darwin: use `--sandbox docker`"):
        find_bwrap(tmp_path)
