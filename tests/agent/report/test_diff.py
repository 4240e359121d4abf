"""What a run changed, read from git."""

from pathlib import Path

import pytest

from agent.errors import RepositoryError
from agent.report.diff import MAX_FILE_CHARS, diff_files
from agent.trees import TreeStore
from sandbox.workspace import Workspace


def test_changed_files_with_their_lines(tmp_path: Path) -> None:
    workspace, trees = Workspace(tmp_path / "w"), TreeStore(tmp_path / "r.git")
    workspace.write("a.txt", b"one\ntwo\n")
    workspace.write("gone b/x.txt", b"x\n")
    first = trees.record(workspace)
    workspace.write("a.txt", b"one\n2\nthree\n")
    workspace.delete("gone b/x.txt")
    workspace.write("big.txt", b"line\n" * MAX_FILE_CHARS)
    workspace.write("raw.bin", bytes(range(256)))
    changed, big, gone, raw = diff_files(trees.folder, first, trees.record(workspace))
    assert (changed.path, changed.added, changed.removed) == ("a.txt", 2, 1)
    assert changed.text.split("\n")[1:] == [" one", "-two", "+2", "+three"]
    assert (big.added, big.text.endswith("more characters")) == (MAX_FILE_CHARS, True)
    assert (gone.path, gone.removed) == ("gone b/x.txt", 1)
    assert (raw.path, raw.text) == ("raw.bin", "")


def test_everything_is_new_without_a_base(tmp_path: Path) -> None:
    workspace, trees = Workspace(tmp_path / "w"), TreeStore(tmp_path / "r.git")
    workspace.write("a.txt", b"one\n")
    [new] = diff_files(trees.folder, None, trees.record(workspace))
    assert (new.path, new.added, new.removed) == ("a.txt", 1, 0)


def test_a_base_that_is_gone(tmp_path: Path) -> None:
    trees = TreeStore(tmp_path / "r.git")
    with pytest.raises(RepositoryError, match="git diff"):
        diff_files(trees.folder, "1" * 40, "2" * 40)
