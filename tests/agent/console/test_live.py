"""The live view, drawn on a terminal that is a buffer."""

from io import StringIO

import pytest
from rich.console import Console

from agent.console.choose import choose_console
from agent.console.jsonl import JsonConsole
from agent.console.live import LiveConsole
from agent.console.plain import PlainConsole
from tests.agent.console.story import STORY, VERIFIED, returned


class Terminal(StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def draw(count: int) -> str:
    stream = StringIO()
    screen = Console(file=stream, width=100, force_terminal=True, color_system=None, _environ={})
    with LiveConsole(screen) as console:
        for event in STORY[:count]:
            console.show(event)
    return stream.getvalue()


def test_the_view_says_phase_step_call_tests_tokens_and_cost() -> None:
    drawn = draw(19)
    assert "understand → blueprint → build → test → verify → commit" in drawn
    assert "step 6 · finish A bookshop." in drawn
    assert "tests 41 passed, 1 failed · 54.0k in (48.0k cached) · 2.4k out · $0.07" in drawn


def test_the_log_stays_above_and_the_summary_ends_it() -> None:
    stream = StringIO()
    screen = Console(file=stream, width=100, force_terminal=True, color_system=None, _environ={})
    with LiveConsole(screen) as console:
        for event in STORY:
            console.show(event)
        console.finish(VERIFIED)
    drawn = stream.getvalue()
    assert drawn.index("✗ step 5: run_tests tests") < drawn.index(
        "branch     agent/bookshop-k7f2m9qa"
    )


def test_markup_of_others_is_text() -> None:
    stream = StringIO()
    console = LiveConsole(Console(file=stream, width=100))
    console.show(returned(1, "read_file", 0, seconds=0, ok=False, text="[bold red]x[/] :smile:"))
    assert "[bold red]x[/] :smile:" in stream.getvalue()


@pytest.mark.parametrize(
    ("term", "json", "plain", "kind"),
    [
        ("xterm-256color", False, False, LiveConsole),
        ("xterm-256color", False, True, PlainConsole),
        ("xterm-256color", True, False, JsonConsole),
        ("dumb", False, False, PlainConsole),
    ],
)
def test_a_terminal_gets_the_console_it_can_show(
    monkeypatch: pytest.MonkeyPatch, term: str, json: bool, plain: bool, kind: type
) -> None:
    monkeypatch.setenv("TERM", term)
    console = choose_console(Terminal(), StringIO(), json=json, plain=plain)
    assert type(console) is kind


def test_a_pipe_gets_plain_lines() -> None:
    assert type(choose_console(StringIO(), StringIO(), json=False, plain=False)) is PlainConsole
