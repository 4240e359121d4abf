import os
import unicodedata
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.workspace import MAX_PATH_CHARS, PathError, Workspace, check_path

SPECIAL = [
    "..",
    ".",
    "/",
    "\\",
    "\0",
    "\n",
    "\x1b",
    "\u202e",
    "\u2028",
    ".git",
    ".GIT",
    "~",
    "-",
    "",
]
PATHS = st.lists(st.sampled_from([*SPECIAL, "a", "é", "b.py"]) | st.text(max_size=5), max_size=6)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace")


@pytest.mark.parametrize(
    ("path", "clean"),
    [
        ("a.py", "a.py"),
        ("./a//b/./c.py", "a/b/c.py"),
        ("a/", "a"),
        (".gitignore", ".gitignore"),
        (".github/x.yml", ".github/x.yml"),
        ("...", "..."),
        ("-rf", "-rf"),
        ("naïve/ünï.py", "naïve/ünï.py"),
        ("with space.md", "with space.md"),
    ],
)
def test_a_good_path_is_cleaned(path: str, clean: str) -> None:
    assert check_path(path) == PurePosixPath(clean)


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("", "1 to 240"),
        ("a" * (MAX_PATH_CHARS + 1), "1 to 240"),
        ("é" * 200, "longer than 240 bytes"),
        (".", "names no file"),
        ("./.", "names no file"),
        ("/etc/passwd", "relative"),
        ("../x", "relative"),
        ("a/../../x", "relative"),
        ("a/..", "relative"),
        ("a\\b", "backslash"),
        ("a\0b", "control"),
        ("a\nb", "control"),
        ("a\x9bb", "control"),
        ("a\u202eb", "control"),
        ("a\u2028b", "control"),
        ("a\ud800b", "control"),
        ("a\N{ZERO WIDTH SPACE}b", "control"),
        (".git", "`.git`"),
        ("a/.git/config", "`.git`"),
        ("a/.GiT", "`.git`"),
        (".git./config", "`.git`"),
        ("GIT~1/config", "`.git`"),
        (".git::$INDEX_ALLOCATION/x", "`.git`"),
    ],
)
def test_a_bad_path_is_refused_with_the_rule(path: str, rule: str) -> None:
    with pytest.raises(PathError, match=rule):
        check_path(path)


@given(st.builds("/".join, PATHS) | st.builds("".join, PATHS))
def test_a_checked_path_stays_inside_and_is_stable(path: str) -> None:
    try:
        clean = check_path(path)
    except PathError:
        return
    inside = os.path.normpath(Path("/base/folder", clean))
    assert inside == f"/base/folder/{clean}"
    assert not [char for char in inside if unicodedata.category(char) in {"Cc", "Cf", "Cs"}]
    assert check_path(clean.as_posix()) == clean
    assert ".git" not in [part.lower() for part in clean.parts]


def test_what_is_written_is_read_and_listed(workspace: Workspace) -> None:
    workspace.write("b/c.py", b"2")
    workspace.write("a.py", b"1")
    workspace.write("a.py", b"one")
    assert workspace.read("a.py") == b"one"
    assert list(workspace.files()) == ["a.py", "b/c.py"]
    assert workspace.files()["a.py"].st_size == 3


def test_a_name_of_the_longest_kind_can_be_written(workspace: Workspace) -> None:
    workspace.write("x" * MAX_PATH_CHARS, b"1")
    assert workspace.read("x" * MAX_PATH_CHARS) == b"1"


def test_tool_caches_are_not_listed(workspace: Workspace) -> None:
    for path in ["a.py", "b/__pycache__/a.pyc", ".venv/lib/x.py", "b/.pytest_cache/y"]:
        workspace.write(path, b"")
    assert list(workspace.files()) == ["a.py"]


@pytest.mark.parametrize("path", ["missing", "folder", "a.py/inner"])
def test_reading_or_deleting_what_is_no_file_fails(workspace: Workspace, path: str) -> None:
    workspace.write("folder/a.py", b"")
    workspace.write("a.py", b"")
    with pytest.raises(FileNotFoundError):
        workspace.read(path)
    with pytest.raises(FileNotFoundError):
        workspace.delete(path)


def test_deleting_removes_the_folders_it_leaves_empty(workspace: Workspace) -> None:
    workspace.write("a/b/c.py", b"")
    workspace.write("a/d.py", b"")
    workspace.delete("a/b/c.py")
    assert list(workspace.files()) == ["a/d.py"]
    assert not (workspace.root / "a/b").exists()
    workspace.delete("a/d.py")
    assert list(workspace.root.iterdir()) == []


def test_a_file_and_a_folder_of_one_name_cannot_be(workspace: Workspace) -> None:
    workspace.write("a/b.py", b"")
    with pytest.raises(PathError, match="is a folder"):
        workspace.write("a", b"")
    with pytest.raises(PathError, match=r"'a/b.py' is a file"):
        workspace.write("a/b.py/c/d.py", b"")


@pytest.mark.parametrize("path", ["link", "link/inner.txt", "linked.txt"])
def test_nothing_goes_through_a_link(workspace: Workspace, tmp_path: Path, path: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "inner.txt").write_text("sentinel")
    (workspace.root / "link").symlink_to(outside)
    (workspace.root / "linked.txt").symlink_to(outside / "inner.txt")
    with pytest.raises(PathError, match="link"):
        workspace.read(path)
    with pytest.raises(PathError, match="link"):
        workspace.write(path, b"x")
    with pytest.raises(PathError, match="link"):
        workspace.delete(path)
    assert (outside / "inner.txt").read_text() == "sentinel"
    assert workspace.files() == {}
