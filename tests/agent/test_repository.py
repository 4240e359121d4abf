"""The user's repository gets one branch; nothing else in it changes and nothing in it runs."""

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.errors import RepositoryError
from agent.git import run_git
from agent.repository import TargetRepository, check_target, commit_tree, make_target, publish
from agent.trees import TreeStore
from sandbox.workspace import Workspace

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
WHO = {
    "GIT_AUTHOR_NAME": "U",
    "GIT_AUTHOR_EMAIL": "u@example.org",
    "GIT_COMMITTER_NAME": "U",
    "GIT_COMMITTER_EMAIL": "u@example.org",
}


@pytest.fixture
def store(tmp_path: Path) -> TreeStore:
    return TreeStore(tmp_path / "private.git")


@pytest.fixture
def tree(tmp_path: Path, store: TreeStore) -> str:
    workspace = Workspace(tmp_path / "workspace")
    workspace.write("app/main.py", b"x = 1\n")
    return store.record(workspace)


@pytest.fixture
def used_repository(tmp_path: Path) -> Path:
    """A repository in use: a commit, staged and unstaged work, hooks and fsmonitor that bite."""
    folder = tmp_path / "user"
    run_git(tmp_path, "init", "--quiet", "--initial-branch=main", "--template=", str(folder))
    (folder / "kept.txt").write_text("committed\n")
    run_git(folder, "add", "-A")
    run_git(folder, "commit", "-qm", "first", env=WHO)
    (folder / "kept.txt").write_text("changed, not staged\n")
    (folder / "staged.txt").write_text("staged\n")
    run_git(folder, "add", "staged.txt")
    bite = f"#!/bin/sh\ntouch {tmp_path / 'bitten'}\n"
    hooks = folder / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("reference-transaction", "post-merge", "pre-auto-gc", "post-checkout"):
        (hooks / name).write_text(bite)
        (hooks / name).chmod(0o755)
    (tmp_path / "monitor").write_text(bite)
    (tmp_path / "monitor").chmod(0o755)
    run_git(folder, "config", "core.fsmonitor", str(tmp_path / "monitor"))
    return folder


def snapshot(folder: Path) -> dict[str, bytes]:
    """Everything but objects and our branch."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".git/objects" not in str(path) and "heads/agent" not in str(path)
    }


def open_target(folder: Path) -> TargetRepository:
    target = check_target(folder, None, "agent/x")
    make_target(target)
    return target


def test_branch_arrives_and_nothing_else_changes(
    used_repository: Path, store: TreeStore, tree: str, tmp_path: Path
) -> None:
    target = open_target(used_repository)
    store.borrow(target.objects)
    before = snapshot(used_repository)
    commit = commit_tree(store, tree, target.base_commit, "Backend", AT)
    publish(store, commit, target, "refs/heads/agent/x")

    assert run_git(used_repository, "rev-parse", "agent/x^") == target.base_commit
    assert run_git(used_repository, "show", "agent/x:app/main.py") == "x = 1"
    assert run_git(used_repository, "rev-list", "--count", "main..agent/x") == "1"
    assert snapshot(used_repository) == before
    assert not (tmp_path / "bitten").exists()


def test_the_bait_bites_when_git_is_run_plainly(used_repository: Path, tmp_path: Path) -> None:
    """Control: the hooks of the test above do run under plain git."""
    plain = ["git", "-C", str(used_repository), "branch", "other"]
    subprocess.run(plain, check=True)
    assert (tmp_path / "bitten").exists()


def test_publishing_twice_gives_one_commit(store: TreeStore, tree: str, tmp_path: Path) -> None:
    target = open_target(tmp_path / "new")
    for _ in range(2):
        commit = commit_tree(store, tree, target.base_commit, "Backend", AT)
        publish(store, commit, target, "refs/heads/agent/x")
    assert run_git(target.folder, "rev-list", "--count", "agent/x") == "1"


def test_a_branch_that_appeared_meanwhile_is_not_overwritten(
    used_repository: Path, store: TreeStore, tree: str
) -> None:
    target = open_target(used_repository)
    store.borrow(target.objects)
    run_git(used_repository, "branch", "agent/x", "main")
    commit = commit_tree(store, tree, target.base_commit, "Backend", AT)
    with pytest.raises(RepositoryError, match="appeared"):
        publish(store, commit, target, "refs/heads/agent/x")


def test_work_refs_move_on(store: TreeStore, tree: str, tmp_path: Path) -> None:
    target = open_target(tmp_path / "new")
    ref = "refs/backend-agent/r1"
    for message in ("one", "two"):
        publish(store, commit_tree(store, tree, None, message, AT), target, ref)
    assert run_git(target.folder, "log", "-1", "--format=%s", ref) == "two"


@pytest.mark.parametrize(
    ("prepare", "base", "branch", "words"),
    [
        (lambda folder: folder.write_text("a file"), None, "agent/x", "is a file"),
        (lambda folder: (folder.mkdir(), (folder / "f").touch()), None, "agent/x", "git init"),
        (Path.mkdir, "nope", "agent/x", "no branch 'nope'"),
        (Path.mkdir, None, "bad..name", "is not a valid branch name"),
    ],
    ids=["file", "files without git", "no such base", "bad branch name"],
)
def test_unusable_targets_are_refused(
    tmp_path: Path, prepare: Callable[[Path], object], base: str | None, branch: str, words: str
) -> None:
    folder = tmp_path / "target"
    prepare(folder)
    with pytest.raises(RepositoryError, match=words):
        check_target(folder, base, branch)


def test_an_existing_branch_is_refused(used_repository: Path) -> None:
    with pytest.raises(RepositoryError, match="--branch"):
        check_target(used_repository, None, "main")


def test_nothing_is_made_while_the_task_is_checked(tmp_path: Path) -> None:
    target = check_target(tmp_path / "new", None, "agent/x")
    assert target.base_commit is None
    assert not target.folder.exists()
