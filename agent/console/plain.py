"""Plain lines: for pipes, CI logs and dumb terminals."""

from contextlib import AbstractContextManager
from types import TracebackType
from typing import TextIO

from agent.console.lines import Line, Mark, event_lines
from agent.console.progress import Progress
from agent.console.summary import summary_lines
from agent.events import Event
from agent.task import AgentResult

MARKS: dict[Mark, str] = {"good": "✓", "bad": "✗", "warn": "!", "info": "-", "more": " "}
ASCII_MARKS: dict[Mark, str] = MARKS | {"good": "ok", "bad": "FAILED"}


class PlainConsole(AbstractContextManager["PlainConsole"]):
    """Writes each line when it happens."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._marks = MARKS if can_write(stream, "✓✗") else ASCII_MARKS
        self._progress = Progress()

    def recall(self, event: Event) -> None:
        """Count an event of before a resume."""
        self._progress.apply(event)

    def show(self, event: Event) -> None:
        """Write the event's lines."""
        self._progress.apply(event)
        for line in event_lines(event, self._progress):
            self.say(line)

    def say(self, line: Line) -> None:
        """Write one line."""
        self._stream.write(f"{self._marks[line.mark]} {line.text}\n")
        self._stream.flush()

    def finish(self, result: AgentResult) -> None:
        """Write the summary."""
        self._stream.write("\n")
        for line in summary_lines(result, self._progress.model):
            self.say(line)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stream.flush()


def can_write(stream: TextIO, characters: str) -> bool:
    """Whether the stream's encoding knows these characters."""
    try:
        characters.encode(stream.encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
