"""Long observations: cut for the model, whole in a file that it can read."""

import json

import pytest

from tools.base import Observation, ToolContext
from tools.defaults import DEFAULT_TOOLS
from tools.dispatch import find_tool, parse_arguments, run_tool
from tools.observations import FOLDER, MAX_FILES, MAX_OBSERVATION_CHARS, fit_observation
from tools.write_file import WRITE_FILE

LINES = "\n".join(f"line {number}" for number in range(20_000))


def fit(ctx: ToolContext, text: str, whole: str | None = None) -> Observation:
    return fit_observation(ctx.workspace, Observation(text=text, whole=whole, ok=False))


def read(ctx: ToolContext, **arguments: object) -> str:
    tool = find_tool(DEFAULT_TOOLS, "read_file")
    return run_tool(tool, ctx, parse_arguments(tool, json.dumps(arguments))).text


def test_short_text_stays_and_leaves_no_file(ctx: ToolContext) -> None:
    assert fit(ctx, "x" * MAX_OBSERVATION_CHARS).text == "x" * MAX_OBSERVATION_CHARS
    assert not any(path.startswith(FOLDER) for path in ctx.workspace.files())


def test_long_text_keeps_head_and_tail_and_names_the_file(ctx: ToolContext) -> None:
    said = fit(ctx, LINES)
    assert said.text.startswith("line 0\nline 1\n")
    assert said.text.endswith("\nline 19999")
    assert len(said.text) < MAX_OBSERVATION_CHARS + 100
    assert "characters left out: all of it is in .agent/observations/1.txt" in said.text
    assert said.kept_at == ".agent/observations/1.txt"
    assert not said.ok


def test_the_model_reads_the_rest_with_read_file(ctx: ToolContext) -> None:
    path = fit(ctx, LINES).kept_at
    shown = read(ctx, path=path, offset=10_001, limit=2)
    assert shown.startswith(f"{path}, lines 10001-10002 of 20000:\n10001  line 10000\n")


def test_the_model_cannot_write_there(ctx: ToolContext) -> None:
    args = parse_arguments(WRITE_FILE, json.dumps({"path": f"{FOLDER}/1.txt", "content": "x"}))
    assert "belongs to the harness" in run_tool(WRITE_FILE, ctx, args).text


def test_a_tool_that_shortens_itself_keeps_its_whole_text(ctx: ToolContext) -> None:
    said = fit(ctx, "the gist", whole="all \x1b[31mof it")
    assert said.text == "the gist\n[all of it is in .agent/observations/1.txt]"
    assert said.whole is None
    assert ctx.workspace.read(f"{FOLDER}/1.txt") == b"all of it"


def test_old_files_make_room(ctx: ToolContext) -> None:
    for _ in range(MAX_FILES + 5):
        fit(ctx, LINES)
    kept = [path for path in ctx.workspace.files() if path.startswith(FOLDER)]
    assert len(kept) == MAX_FILES
    assert f"{FOLDER}/5.txt" not in kept
    assert {f"{FOLDER}/6.txt", f"{FOLDER}/35.txt"} <= set(kept)


@pytest.mark.parametrize("text", ["", "\ud800 lone surrogate", "x" * 10**6])
def test_any_text_can_be_kept(ctx: ToolContext, text: str) -> None:
    said = fit(ctx, "short", whole=text)
    assert said.kept_at is not None
    assert len(ctx.workspace.read(said.kept_at)) < 400_100
