"""Shortens a conversation that would no longer fit the model's window.

What goes is everything between the opening (the task with its requirements) and the last few
turns; in its place the task is followed by what was done, which files there are, and what is still
open. No model writes it, so it costs nothing, cannot fail on the wire, and is the same when
the run is replayed. A cut never falls between a call and its result.
"""

from collections.abc import Sequence

from agent.events import Compacted
from agent.models.base import Message
from agent.state import RunState
from sandbox.workspace import Workspace
from tools.excerpt import count_of, cut_middle
from tools.files import visible_files

FULL_SHARE = 0.75
"""Of the window: a request that would be longer is shortened first. The rest is for the reply."""
KEPT_SHARE = 0.25
"""Of the window: what the last turns may have that are kept word for word."""
LEAST_GAIN = 0.2
"""Share of the conversation that must go, else shortening it would only spoil the cache."""
CHARS_PER_TOKEN = 3
"""Cautious: code and JSON have fewer characters a token than prose."""
SUMMARY_SHARE = 0.25
"""Of the window: what the summary may have; half of it are the calls, the newest first."""
MAX_SUMMARY_CHARS = 30_000
INTRODUCTION = (
    "[The conversation was shortened by the harness to make room. The task above still stands with "
    "all its requirements; nothing that was done is lost.]"
)


def shorten_if_full(state: RunState, window: int | None, workspace: Workspace) -> Compacted | None:
    """The shortening that is due before the next request, if one is and helps."""
    if window is None or state.next_input_tokens <= window * FULL_SHARE:
        return None
    return shorten(state, window, workspace)


def shorten(state: RunState, window: int | None, workspace: Workspace) -> Compacted | None:
    """A shortening of the conversation; None when it was done just now or would gain too little.

    Args:
        state: between two steps: no call is open.
        window: tokens that one request may have; None is what the next one would have.
        workspace: whose files are listed.
    """
    if state.just_compacted:
        return None
    limit = min(window or state.next_input_tokens, state.next_input_tokens)
    kept_from = _first_kept(state, int(limit * KEPT_SHARE * CHARS_PER_TOKEN))
    kept = state.messages[kept_from:]
    max_chars = min(MAX_SUMMARY_CHARS, int(limit * SUMMARY_SHARE * CHARS_PER_TOKEN))
    summary = _summary(state, _calls_of(kept), visible_files(workspace), max_chars)
    before = _chars(state.messages)
    after = _chars(state.opening) + len(summary) + _chars(kept)
    if after > before * (1 - LEAST_GAIN):
        return None
    tokens = state.next_input_tokens
    return Compacted(
        kept_from=kept_from,
        summary=summary,
        tokens_before=tokens,
        tokens_after=int(tokens * after / before),
    )


def _first_kept(state: RunState, max_chars: int) -> int:
    """Where the kept turns begin: at an assistant's message, or at the end when none fits."""
    messages = state.messages
    chars = 0
    first = len(messages)
    for index in range(len(messages) - 1, len(state.opening) - 1, -1):
        chars += messages[index].chars
        if chars > max_chars:
            break
        if messages[index].role == "assistant":
            first = index
    return first


def _chars(messages: Sequence[Message]) -> int:
    return sum(message.chars for message in messages)


def _calls_of(messages: Sequence[Message]) -> int:
    return sum(message.role == "tool" for message in messages)


def _summary(state: RunState, kept_calls: int, paths: Sequence[str], max_chars: int) -> str:
    done = state.done[: len(state.done) - kept_calls]
    files = "\n".join(["Files in the workspace (read_file shows them):", *paths])
    parts = [INTRODUCTION, _done_text(done, max_chars // 2)]
    parts += [cut_middle(part, max_chars // 6) for part in (files, *_open_texts(state))]
    return "\n\n".join(parts)


def _done_text(done: Sequence[str], max_chars: int) -> str:
    lines: list[str] = []
    for line in reversed(done):
        max_chars -= len(line) + 3
        if max_chars < 0:
            break
        lines.append(f"- {line}")
    left_out = len(done) - len(lines)
    more = f" ({count_of(left_out, 'earlier call')} left out)" if left_out else ""
    return "\n".join([f"What you did so far, oldest first{more}:", *reversed(lines)])


def _open_texts(state: RunState) -> list[str]:
    frozen = "frozen" if state.frozen else "not frozen yet"
    texts = [f"The Blueprint is {frozen}; show_blueprint shows it."]
    tests, last = state.last_tests, state.last_verdict
    if tests is not None and tests.failed:
        failing = "\n".join(tests.failing)
        texts.append(f"The last test run: {tests.failed} failed:\n{failing}")
    if last is not None and not last.verdict.passed:
        findings = last.verdict.findings_text()
        texts.append(f"The last verdict did not accept the work:\n{findings}")
    return texts
