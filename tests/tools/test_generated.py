import json

import pytest

from sandbox.workspace import Workspace
from tools.components.base import GeneratedFile
from tools.generated import MANIFEST_PATH, Conflict, Written, read_manifest, write_generated

CODE = "".join(f"line_{number} = {number}\n" for number in range(1, 10))
FIRST = {"app/main.py": CODE, "README.md": "one\n"}
SECOND = {"app/main.py": CODE.replace("line_2 = 2", "line_2 = 22"), "README.md": "one\n"}


def generate(workspace: Workspace, files: dict[str, str], *, whole: bool = True) -> Written:
    listed = [GeneratedFile(path, text) for path, text in files.items()]
    return write_generated(workspace, read_manifest(workspace), listed, whole=whole)


def edit(workspace: Workspace, path: str, old: str, new: str) -> str:
    text = workspace.read(path).decode()
    assert old in text
    workspace.write(path, text.replace(old, new).encode())
    return workspace.read(path).decode()


def test_first_generation_writes_files_and_manifest(workspace: Workspace) -> None:
    assert generate(workspace, FIRST) == Written(created=["app/main.py", "README.md"])
    assert workspace.read("app/main.py").decode() == CODE
    manifest = json.loads(workspace.read(MANIFEST_PATH))
    assert (manifest["manifest_version"], manifest["files"]) == (2, FIRST)


def test_a_changed_file_is_updated_and_the_rest_left(workspace: Workspace) -> None:
    generate(workspace, FIRST)
    written = generate(workspace, SECOND)
    assert written == Written(updated=["app/main.py"], unchanged=["README.md"])
    assert workspace.read("app/main.py").decode() == SECOND["app/main.py"]


def test_an_edited_file_gets_what_is_new(workspace: Workspace) -> None:
    generate(workspace, FIRST)
    edit(workspace, "app/main.py", "line_8 = 8\n", "line_8 = 'mine'\n")
    assert generate(workspace, SECOND).merged == ["app/main.py"]
    text = workspace.read("app/main.py").decode()
    assert text == SECOND["app/main.py"].replace("line_8 = 8", "line_8 = 'mine'")
    assert generate(workspace, SECOND).kept == ["app/main.py"]


def test_an_edit_of_the_same_lines_stands_and_is_told(workspace: Workspace) -> None:
    generate(workspace, FIRST)
    mine = edit(workspace, "app/main.py", "line_2 = 2\n", "line_2 = 'mine'\n")
    expected = [Conflict("app/main.py", CODE, SECOND["app/main.py"])]
    assert generate(workspace, SECOND) == Written(unchanged=["README.md"], conflicts=expected)
    assert workspace.read("app/main.py").decode() == mine
    assert generate(workspace, SECOND).kept == ["app/main.py"]


@pytest.mark.parametrize("theirs", [b"theirs\n", b"\xff\x00\n"])
def test_a_file_that_was_there_before_is_kept(workspace: Workspace, theirs: bytes) -> None:
    workspace.write("README.md", theirs)
    written = generate(workspace, FIRST)
    assert written == Written(
        created=["app/main.py"], conflicts=[Conflict("README.md", "", "one\n")]
    )
    assert workspace.read("README.md") == theirs


def test_bytes_that_are_no_text_are_never_merged(workspace: Workspace) -> None:
    generate(workspace, FIRST)
    workspace.write("app/main.py", b"\xff\x00")
    assert [conflict.path for conflict in generate(workspace, SECOND).conflicts] == ["app/main.py"]
    assert workspace.read("app/main.py") == b"\xff\x00"


def test_a_deleted_file_is_generated_again(workspace: Workspace) -> None:
    generate(workspace, FIRST)
    workspace.delete("app/main.py")
    assert generate(workspace, SECOND).created == ["app/main.py"]


def test_what_the_repository_no_longer_has_stays_away(workspace: Workspace) -> None:
    generate(workspace, FIRST)
    manifest = read_manifest(workspace)
    manifest.declined = ["app/main.py", "README.md"]
    workspace.delete("app/main.py")
    workspace.delete("README.md")
    listed = [GeneratedFile(path, text) for path, text in SECOND.items()]
    written = write_generated(workspace, manifest, listed)
    changed = Conflict("app/main.py", CODE, SECOND["app/main.py"])
    assert written == Written(kept=["README.md"], conflicts=[changed])
    assert list(workspace.files()) == [MANIFEST_PATH]


def test_what_is_no_longer_generated_goes(workspace: Workspace) -> None:
    generate(workspace, FIRST)
    assert generate(workspace, {"README.md": "one\n"}).removed == ["app/main.py"]
    assert list(workspace.files()) == [MANIFEST_PATH, "README.md"]


def test_but_not_when_it_was_edited(workspace: Workspace) -> None:
    generate(workspace, FIRST)
    mine = edit(workspace, "app/main.py", "line_1", "my_line")
    written = generate(workspace, {"README.md": "one\n"})
    assert written.conflicts == [Conflict("app/main.py", CODE, "")]
    assert workspace.read("app/main.py").decode() == mine


def test_nor_when_only_a_part_was_generated(workspace: Workspace) -> None:
    generate(workspace, FIRST)
    assert generate(workspace, {"README.md": "two\n"}, whole=False).removed == []
    assert set(read_manifest(workspace).files) == set(FIRST)


def test_an_edit_that_equals_the_new_content_counts_as_generated(workspace: Workspace) -> None:
    generate(workspace, FIRST)
    workspace.write("app/main.py", SECOND["app/main.py"].encode())
    assert generate(workspace, SECOND).unchanged == ["app/main.py", "README.md"]
    assert read_manifest(workspace).files == SECOND
