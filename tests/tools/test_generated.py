import hashlib
import json

from sandbox.workspace import Workspace
from tools.components.base import GeneratedFile
from tools.generated import MANIFEST_PATH, Written, read_manifest, write_generated

FIRST = [GeneratedFile("app/main.py", "a = 1\n"), GeneratedFile("README.md", "one\n")]
SECOND = [GeneratedFile("app/main.py", "a = 2\n"), GeneratedFile("README.md", "one\n")]


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_first_generation_writes_files_and_manifest(workspace: Workspace) -> None:
    assert write_generated(workspace, FIRST) == Written(created=["app/main.py", "README.md"])
    assert workspace.read("app/main.py") == b"a = 1\n"
    assert json.loads(workspace.read(MANIFEST_PATH)) == {
        "manifest_version": 1,
        "files": {"app/main.py": sha256("a = 1\n"), "README.md": sha256("one\n")},
    }


def test_a_changed_file_is_updated_and_the_rest_left(workspace: Workspace) -> None:
    write_generated(workspace, FIRST)
    written = write_generated(workspace, SECOND)
    assert written == Written(updated=["app/main.py"], unchanged=["README.md"])
    assert workspace.read("app/main.py") == b"a = 2\n"


def test_a_file_edited_by_hand_is_kept_for_ever(workspace: Workspace) -> None:
    write_generated(workspace, FIRST)
    workspace.write("app/main.py", b"a = 'mine'\n")
    for _ in range(2):
        assert write_generated(workspace, SECOND).kept == ["app/main.py"]
    assert workspace.read("app/main.py") == b"a = 'mine'\n"


def test_a_file_that_was_there_before_is_kept(workspace: Workspace) -> None:
    workspace.write("README.md", b"theirs\n")
    written = write_generated(workspace, FIRST)
    assert written == Written(created=["app/main.py"], kept=["README.md"])
    assert list(read_manifest(workspace).files) == ["app/main.py"]


def test_a_deleted_file_is_generated_again(workspace: Workspace) -> None:
    write_generated(workspace, FIRST)
    workspace.write("app/main.py", b"a = 'mine'\n")
    workspace.delete("app/main.py")
    assert write_generated(workspace, SECOND).created == ["app/main.py"]


def test_an_edit_that_equals_the_new_content_counts_as_generated(workspace: Workspace) -> None:
    write_generated(workspace, FIRST)
    workspace.write("app/main.py", b"a = 2\n")
    assert write_generated(workspace, SECOND).unchanged == ["app/main.py", "README.md"]
    assert read_manifest(workspace).files["app/main.py"] == sha256("a = 2\n")
