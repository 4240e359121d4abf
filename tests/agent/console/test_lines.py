"""What foreign text can do to a line: nothing."""

import pytest

from agent.console.calls import describe_call
from agent.console.lines import Line, event_lines
from agent.console.progress import Progress
from agent.events import Compacted, Event, Nudged
from agent.models.base import ToolCall
from tests.agent.console.story import called, reply, returned


@pytest.mark.parametrize(
    "hostile",
    [
        "\x1b[2J\x1b[31mred\x1b[0m",
        "\x1b]0;title\x07red",
        "\x1b]52;c;ZXZpbA==\x1b\\red",
        "r\u202eed\u200b",
        "re\x00d",
        "\x9b31mred",
    ],
)
def test_a_line_cannot_steer_a_terminal(hostile: str) -> None:
    assert Line("info", hostile).text == "red"


def test_a_line_is_one_line() -> None:
    assert Line("info", "a\nb\r\nc").text == "a b c"


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("write_file", '{"path": "app/main.py", "content": "x"}', "write_file app/main.py"),
        ("http_request", '{"path": "/books", "method": "GET"}', "http_request GET /books"),
        (
            "run_command",
            '{"argv": ["alembic", "upgrade", "head"]}',
            "run_command alembic upgrade head",
        ),
        ("list_files", "{}", "list_files"),
        ("list_files", "[1]", "list_files"),
        ("write_file", '{"path": ', "write_file"),
        ("read_file", '{"path": "\\u001b[2Ja\\nb"}', "read_file a b"),
        ("search_files", '{"pattern": "%s"}' % ("x" * 200), "search_files " + "x" * 56 + "..."),
    ],
)
def test_a_call_is_told_in_a_few_words(name: str, arguments: str, words: str) -> None:
    assert describe_call(ToolCall(id="1", name=name, arguments=arguments)) == words


def test_a_failed_call_shows_the_start_of_what_the_model_reads() -> None:
    progress = Progress()
    progress.apply(reply(1, 0, ("read_file", '{"path": "a.py"}')))
    event = returned(1, "read_file", 1, seconds=0.5, ok=False, text="no such file\n[red]x[/red]")
    assert list(event_lines(event, progress)) == [
        Line("bad", "step 1: read_file a.py (0.5 s): no such file [red]x[/red]")
    ]


def test_only_a_long_stage_is_announced() -> None:
    progress = Progress()
    assert list(event_lines(called(1, "read_file", 0), progress)) == []
    assert list(event_lines(called(1, "finish", 0), progress)) == [
        Line("info", "verifying in fresh sandboxes ...")
    ]
    progress.apply(reply(1, 0, ("finish", '{"give_up": true}')))
    assert list(event_lines(called(1, "finish", 0), progress)) == []


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (Nudged(problem="repeating", text="x"), "step 0: it goes in circles; asked again"),
        (
            Compacted(kept_from=9, summary="x", tokens_before=96_000, tokens_after=31_000),
            "conversation shortened from 96.0k to 31.0k tokens",
        ),
    ],
)
def test_what_the_harness_does_to_a_conversation_is_told(event: Event, text: str) -> None:
    assert [line.text for line in event_lines(event, Progress())] == [text]
