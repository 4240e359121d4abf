"""Git as a weapon: whatever lies in a workspace or in the user's repository, nothing of it runs."""

import subprocess
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.errors import RepositoryError
from agent.repository import check_target, commit_tree, publish
from agent.trees import TreeStore
from sandbox.workspace import PathError, Workspace
from tests.sandbox.attacks.git_payloads import BAITS, plain_git

AT = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture
def bitten(tmp_path: Path) -> Path:
    """What the bite makes."""
    return tmp_path / "bitten"


@pytest.fixture
def bite(tmp_path: Path, bitten: Path) -> Path:
    script = tmp_path / "bite"
    script.write_text(f"#!/bin/sh\ntouch {bitten}\n")
    script.chmod(0o755)
    return script


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    plain_git(folder, "init", "-q", "-b", "main")
    plain_git(folder, "commit", "-q", "--allow-empty", "-m", "theirs")
    return folder


@pytest.mark.parametrize("name", BAITS)
def test_the_bait_bites_whoever_uses_git_plainly(
    tmp_path: Path, bite: Path, bitten: Path, source: Path, name: str
) -> None:
    """Control."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    BAITS[name].plant(folder, bite, source)
    bitten.unlink(missing_ok=True)
    BAITS[name].spring(folder, source)
    assert bitten.exists()


@pytest.mark.parametrize("name", BAITS)
def test_nothing_in_a_workspace_runs(
    tmp_path: Path, bite: Path, bitten: Path, source: Path, name: str
) -> None:
    workspace = Workspace(tmp_path / "workspace")
    BAITS[name].plant(workspace.root, bite, source)
    store = TreeStore(tmp_path / "private.git")
    bitten.unlink(missing_ok=True)
    with pytest.raises(PathError, match=r"`\.git`"):
        store.record(workspace)
    remove_repositories(workspace.root)
    target = check_target(tmp_path / "user", None, "agent/x")
    target.folder.mkdir()
    plain_git(target.folder, "init", "-q")
    commit = commit_tree(store, store.record(workspace), None, "work", AT)
    publish(store, commit, target, "refs/heads/agent/x")
    store.restore(store.record(workspace), workspace)
    assert not bitten.exists()


@pytest.mark.parametrize("name", BAITS)
def test_nothing_in_the_users_repository_runs(
    tmp_path: Path, bite: Path, bitten: Path, name: str
) -> None:
    store = TreeStore(tmp_path / "private.git")
    folder = tmp_path / "user"
    folder.mkdir()
    BAITS[name].plant(folder, bite, store.folder)
    bitten.unlink(missing_ok=True)
    target = check_target(folder, None, "agent/x")
    store.borrow(target.objects)
    assert target.base_commit is not None
    store.use_base(target.base_commit)
    workspace = Workspace(tmp_path / "workspace")
    workspace.write("app/main.py", b"x = 1\n")
    tree = store.record(workspace)
    commit = commit_tree(store, tree, target.base_commit, "work", AT)
    with suppress(RepositoryError):  # an address that leads elsewhere is refused
        publish(store, commit, target, "refs/heads/agent/x")
    assert not bitten.exists()


def test_plain_git_leaves_its_files_out(tmp_path: Path, bite: Path, source: Path) -> None:
    """Control: a nested repository becomes a link to nothing, and nobody is told."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    BAITS["nested repository"].plant(folder, bite, source)
    plain_git(folder, "add", "-A")
    listed = subprocess.check_output(["git", "-C", folder, "ls-files", "-s", "sub"], text=True)
    assert listed.startswith("160000 ")
    assert "b.txt" not in listed


def remove_repositories(folder: Path) -> None:
    for found in sorted(folder.rglob(".git"), reverse=True):
        found.rename(folder.parent / f"taken-{found.parent.name}")
