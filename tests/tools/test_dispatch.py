import json

import pytest
from pydantic import Field

from sandbox.base import SandboxLostError
from sandbox.workspace import PathError
from tools.base import Args, Observation, TestCounts, Tool, ToolContext, ToolError
from tools.defaults import DEFAULT_TOOLS
from tools.dispatch import find_tool, parse_arguments, run_tool


class EchoArgs(Args):
    """Arguments of the tool under test."""

    text: str = Field(description="What to say")
    times: int = Field(1, description="How often", ge=1)
    tags: list[str] = Field([], description="Labels")


def echo(ctx: ToolContext, args: EchoArgs) -> Observation:
    """Say something."""
    return Observation(text=args.text * args.times)


ECHO = Tool("echo", EchoArgs, echo)


def failing(error: Exception) -> Tool[EchoArgs]:
    def fail(ctx: ToolContext, args: EchoArgs) -> Observation:
        """Fail."""
        raise error

    return Tool("fail", EchoArgs, fail)


def test_find_tool() -> None:
    assert find_tool([ECHO], "echo") is ECHO


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("reed_file", "unknown tool 'reed_file', did you mean 'read_file'"),
        ("bash", "unknown tool 'bash'. Tools: update_blueprint, show_blueprint"),
    ],
)
def test_find_tool_names_the_nearest(name: str, said: str) -> None:
    with pytest.raises(ToolError) as caught:
        find_tool(DEFAULT_TOOLS, name)
    assert str(caught.value).startswith(said)


def test_parse_arguments() -> None:
    args = parse_arguments(ECHO, '{"text": "hi", "times": 2}')
    assert args == EchoArgs(text="hi", times=2)


def test_parse_arguments_takes_raw_line_feeds_in_strings() -> None:
    assert parse_arguments(ECHO, '{"text": "a\nb"}') == EchoArgs(text="a\nb")


def test_parse_arguments_unwraps_a_list_sent_as_text() -> None:
    args = parse_arguments(ECHO, json.dumps({"text": "[1]", "tags": '["a", "b"]'}))
    assert args == EchoArgs(text="[1]", tags=["a", "b"])


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", ["wrong arguments for echo:", "- text: missing; What to say"]),
        (
            '{"text": "a", "time": 2}',
            ["wrong arguments for echo:", "- time: unknown argument, did you mean 'times'?"],
        ),
        (
            '{"text": "a", "zzz": 2}',
            ["wrong arguments for echo:", "- zzz: unknown argument, known: text, times, tags"],
        ),
        (
            '{"text": 5, "times": 0}',
            [
                "wrong arguments for echo:",
                "- text: Input should be a valid string, got 5",
                "- times: Input should be greater than or equal to 1, got 0",
            ],
        ),
        ('["a"]', ['arguments of echo must be one JSON object, got list: ["a"]']),
        (
            '{"text": "a" "b"}',
            [
                "arguments of echo are not valid JSON: Expecting ',' delimiter at character 13 "
                '(line 1, column 14) of 17, near \'{"text": "a" "b"}\'.',
                'Inside JSON strings write \\n for a line end, \\" for a quote, \\\\ for \\.',
            ],
        ),
    ],
)
def test_parse_arguments_says_what_is_wrong(text: str, lines: list[str]) -> None:
    with pytest.raises(ToolError) as caught:
        parse_arguments(ECHO, text)
    assert str(caught.value).split("\n") == lines


@pytest.mark.parametrize("text", ['{"text": "abc', '{"text": "abc"', '{"text": "abc", "times": 1,'])
def test_parse_arguments_recognizes_a_reply_that_was_cut_off(text: str) -> None:
    with pytest.raises(ToolError, match="probably cut off by the output limit"):
        parse_arguments(ECHO, text)


def test_parse_arguments_survives_deep_nesting() -> None:
    with pytest.raises(ToolError, match="nested too deeply"):
        parse_arguments(ECHO, "[" * 100_000)


def test_run_tool_cleans_and_cuts(ctx: ToolContext) -> None:
    said = run_tool(ECHO, ctx, EchoArgs(text="\x1b[31mred\u202e "))
    assert said == Observation(text="red ")


def test_run_tool_keeps_test_counts(ctx: ToolContext) -> None:
    counts = TestCounts(passed=1, failed=2, skipped=3)

    def count(ctx: ToolContext, args: EchoArgs) -> Observation:
        """Count."""
        return Observation(text="", ok=False, tests=counts)

    said = run_tool(Tool("count", EchoArgs, count), ctx, EchoArgs(text=""))
    assert said == Observation(text="", ok=False, tests=counts)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ToolError("do it differently"), "do it differently"),
        (PathError("path must be relative"), "path must be relative"),
        (FileNotFoundError("app/x.py"), "no such file: 'app/x.py'; see list_files"),
    ],
)
def test_run_tool_tells_the_model_its_mistakes(
    ctx: ToolContext, error: Exception, text: str
) -> None:
    assert run_tool(failing(error), ctx, EchoArgs(text="")) == Observation(text=text, ok=False)


def test_run_tool_reports_a_draft_that_is_no_blueprint(ctx: ToolContext) -> None:
    ctx.workspace.write("blueprint.json", b"{}")
    show = find_tool(DEFAULT_TOOLS, "show_blueprint")
    said = run_tool(show, ctx, show.args())
    text = "not a valid Blueprint:\n- name: Field required\n- title: Field required"
    assert said == Observation(text=text, ok=False)


def test_run_tool_lets_a_broken_machine_through(ctx: ToolContext) -> None:
    with pytest.raises(SandboxLostError):
        run_tool(failing(SandboxLostError("gone")), ctx, EchoArgs(text=""))
