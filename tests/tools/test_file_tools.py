"""read_file, write_file, list_files and delete_file."""

import pytest

from sandbox.workspace import PathError
from tools.base import Args, Tool, ToolContext, ToolError
from tools.delete_file import DELETE_FILE, DeleteFileArgs, delete_file
from tools.list_files import ListFilesArgs, list_files
from tools.read_file import READ_FILE, ReadFileArgs, read_file
from tools.write_file import WRITE_FILE, WriteFileArgs, write_file

OUTSIDE = ["../secret", "/etc/passwd", "app/../../secret", ".git/config", "a/.GIT/hooks/x", "a\\b"]
PROTECTED = [".agent/generated.json", "./.agent/x", "blueprint.json", ".//blueprint.json"]


def put(ctx: ToolContext, path: str, text: str) -> None:
    ctx.workspace.write(path, text.encode())


def test_read_file_numbers_lines(ctx: ToolContext) -> None:
    put(ctx, "a.py", "one\ntwo\n")
    said = read_file(ctx, ReadFileArgs(path="a.py"))
    assert said.text == "a.py, lines 1-2 of 2:\n1  one\n2  two"


def test_read_file_shows_a_range_and_how_to_get_the_rest(ctx: ToolContext) -> None:
    put(ctx, "a.txt", "".join(f"l{number}\n" for number in range(1, 21)))
    said = read_file(ctx, ReadFileArgs(path="a.txt", offset=9, limit=2))
    assert said.text == ("a.txt, lines 9-10 of 20:\n 9  l9\n10  l10\n[10 more lines: offset=11]")


def test_read_file_stops_before_an_observation_is_full(ctx: ToolContext) -> None:
    put(ctx, "a.txt", ("x" * 99 + "\n") * 500)
    said = read_file(ctx, ReadFileArgs(path="a.txt", limit=500))
    assert len(said.text) < 12_000
    assert said.text.endswith("[406 more lines: offset=95]")


def test_read_file_shortens_long_lines_and_reveals_hidden_characters(ctx: ToolContext) -> None:
    put(ctx, "a.txt", "x" * 5000 + "\nif admin\u202e:\n")
    said = read_file(ctx, ReadFileArgs(path="a.txt"))
    assert "... (5000 characters)\n2  if admin<U+202E>:" in said.text


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "a.txt is empty"),
        (b"x\r\ny\r\n", "a.txt, lines 1-2 of 2, CRLF line ends:\n1  x\n2  y"),
    ],
)
def test_read_file_of_special_content(ctx: ToolContext, content: bytes, text: str) -> None:
    ctx.workspace.write("a.txt", content)
    assert read_file(ctx, ReadFileArgs(path="a.txt")).text == text


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        (ReadFileArgs(path="a.txt", offset=9), "a.txt has 1 line, so no line 9"),
        (ReadFileArgs(path="image.png"), "not UTF-8 text"),
        (ReadFileArgs(path="app"), "'app' is a folder"),
    ],
)
def test_read_file_refuses(ctx: ToolContext, args: ReadFileArgs, problem: str) -> None:
    put(ctx, "a.txt", "x\n")
    put(ctx, "app/x.py", "")
    ctx.workspace.write("image.png", b"\x89PNG\xff")
    with pytest.raises(ToolError, match=problem):
        read_file(ctx, args)


def test_write_file_creates_and_replaces(ctx: ToolContext) -> None:
    args = WriteFileArgs(path="app/deep/x.py", content="x = 1\ny = 2\n")
    assert write_file(ctx, args).text == "created app/deep/x.py (2 lines)"
    args = WriteFileArgs(path="app/deep/x.py", content="x = 1\n")
    assert write_file(ctx, args).text == "replaced app/deep/x.py (1 line)"
    assert ctx.workspace.read("app/deep/x.py") == b"x = 1\n"


def test_write_file_refuses_a_syntax_error_and_points_at_it(ctx: ToolContext) -> None:
    put(ctx, "x.py", "x = 1\n")
    with pytest.raises(ToolError) as caught:
        write_file(ctx, WriteFileArgs(path="x.py", content="def f():\n    return (1\n"))
    assert str(caught.value) == (
        "syntax error, nothing was written:\n"
        "x.py:2:12: '(' was never closed\n        return (1\n               ^"
    )
    assert ctx.workspace.read("x.py") == b"x = 1\n"


@pytest.mark.parametrize(
    ("path", "content", "problem"),
    [
        ("x.py", "match = 1\x00", "null bytes"),
        ("x.py", "(" * 5000, "too many nested parentheses"),
        ("x.txt", "x" * 400_001, "at most 400000"),
        ("x.txt", "\ud800", "would not be UTF-8"),
    ],
)
def test_write_file_refuses(ctx: ToolContext, path: str, content: str, problem: str) -> None:
    with pytest.raises(ToolError, match=problem):
        write_file(ctx, WriteFileArgs(path=path, content=content))


def test_write_file_warns_of_nothing_in_odd_but_valid_python(ctx: ToolContext) -> None:
    args = WriteFileArgs(path="x.py", content="pattern = '\\d'\nassert (1, 'x')\n")
    assert write_file(ctx, args).ok


@pytest.mark.parametrize("path", OUTSIDE)
@pytest.mark.parametrize("tool", [READ_FILE, WRITE_FILE, DELETE_FILE], ids=lambda tool: tool.name)
def test_paths_outside_the_workspace_are_refused(
    ctx: ToolContext, tool: Tool[Args], path: str
) -> None:
    args = {"path": path} | ({"content": "x"} if tool is WRITE_FILE else {})
    with pytest.raises(PathError):
        tool.run(ctx, tool.args.model_validate(args))


@pytest.mark.parametrize("path", PROTECTED)
@pytest.mark.parametrize("tool", [WRITE_FILE, DELETE_FILE], ids=lambda tool: tool.name)
def test_files_of_the_harness_are_refused(ctx: ToolContext, tool: Tool[Args], path: str) -> None:
    args = {"path": path} | ({"content": "x"} if tool is WRITE_FILE else {})
    with pytest.raises(ToolError, match="belongs to the harness"):
        tool.run(ctx, tool.args.model_validate(args))


def test_list_files_is_one_line_a_folder(ctx: ToolContext) -> None:
    for path in ["app/main.py", "app/db.py", "app/books/routes.py", ".agent/generated.json"]:
        put(ctx, path, "")
    assert list_files(ctx, ListFilesArgs()).text == (
        "4 files\napp/books/: routes.py\napp/: db.py main.py\n./: blueprint.json"
    )
    assert list_files(ctx, ListFilesArgs(folder="app/books")).text == (
        "1 file\napp/books/: routes.py"
    )
    with pytest.raises(ToolError, match="no files in 'ap'"):
        list_files(ctx, ListFilesArgs(folder="ap"))


def test_delete_file(ctx: ToolContext) -> None:
    put(ctx, "app/x.py", "")
    assert delete_file(ctx, DeleteFileArgs(path="app/x.py")).text == "deleted app/x.py"
    assert list(ctx.workspace.files()) == ["blueprint.json"]
    with pytest.raises(FileNotFoundError):
        delete_file(ctx, DeleteFileArgs(path="app/x.py"))
