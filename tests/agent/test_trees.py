"""Snapshots equal git's own trees, restore exactly, and never run or follow anything."""

import subprocess
from pathlib import Path

import pytest

from agent.git import run_git
from agent.trees import TreeStore
from sandbox.workspace import Workspace

FILES = {
    "README.md": b"# hi\n",
    "app/main.py": b"x = 1\n",
    "app/a.py": b"",
    "app.py": b"sorts between app and app/\n",
    "scripts/run.sh": b"#!/bin/sh\n",
    "data/\xc3\xbc.txt".encode("latin-1").decode(): b"\x00\xff",
}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = Workspace(tmp_path / "workspace")
    for path, content in FILES.items():
        made.write(path, content)
    return made


@pytest.fixture
def store(tmp_path: Path) -> TreeStore:
    return TreeStore(tmp_path / "repository.git")


def git_tree_of(folder: Path, scratch: Path) -> str:
    """The tree that plain git makes of a folder."""
    run_git(scratch.parent, "init", "--quiet", "--template=", str(scratch))
    work = ("--work-tree", str(folder))
    subprocess.run(["git", "-C", str(scratch), *work, "add", "-A"], check=True)
    return run_git(scratch, "write-tree")


def test_tree_is_the_one_git_makes(workspace: Workspace, store: TreeStore, tmp_path: Path) -> None:
    (workspace.root / "scripts" / "run.sh").chmod(0o755)
    assert store.record(workspace) == git_tree_of(workspace.root, tmp_path / "scratch")


def test_an_unchanged_workspace_gives_the_same_tree(workspace: Workspace, store: TreeStore) -> None:
    first = store.record(workspace)
    workspace.write("app/main.py", b"x = 2\n")
    second = store.record(workspace)
    workspace.write("app/main.py", b"x = 1\n")
    assert first != second
    assert store.record(workspace) == first


def test_restore_brings_back_changed_deleted_and_added_files(
    workspace: Workspace, store: TreeStore
) -> None:
    tree = store.record(workspace)
    workspace.write("app/main.py", b"broken")
    workspace.write("new/file.py", b"")
    workspace.delete("README.md")
    store.restore(tree, workspace)
    assert {path: workspace.read(path) for path in workspace.files()} == FILES
    assert store.files(tree) == FILES


def test_a_fresh_process_finds_the_objects(workspace: Workspace, store: TreeStore) -> None:
    tree = store.record(workspace)
    assert TreeStore(store.folder).files(tree) == FILES
    assert "missing" not in run_git(store.folder, "fsck", "--full")


def test_links_and_modes_of_the_base_survive(tmp_path: Path) -> None:
    base = tmp_path / "base"
    run_git(tmp_path, "init", "--quiet", "--template=", str(base))
    (base / "tool").write_text("no shebang\n")
    (base / "tool").chmod(0o755)
    (base / "link").symlink_to("/etc/passwd")
    run_git(base, "add", "-A")
    env = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a"}
    run_git(base, "commit", "-qm", "base", env={**env, "GIT_COMMITTER_EMAIL": "a@b"})
    commit = run_git(base, "rev-parse", "HEAD")

    store = TreeStore(tmp_path / "repository.git")
    store.borrow(base / ".git" / "objects")
    store.use_base(commit)
    workspace = Workspace(tmp_path / "workspace")
    assert store.base_tree is not None
    store.restore(store.base_tree, workspace)

    assert list(workspace.files()) == ["tool"]
    assert store.record(workspace) == store.base_tree
