"""Events as JSON lines, the result as the last one: for programs.

ASCII only: nothing in them steers a terminal that shows them.
"""

from contextlib import AbstractContextManager
from types import TracebackType
from typing import TextIO

from agent.console.lines import Line
from agent.events import Event
from agent.task import AgentResult


class JsonConsole(AbstractContextManager["JsonConsole"]):
    """Writes models to `out` and everything said beside them to `notes`."""

    def __init__(self, out: TextIO, notes: TextIO) -> None:
        self._out = out
        self._notes = notes

    def recall(self, event: Event) -> None:
        """Nothing: a program has the lines of before."""

    def show(self, event: Event) -> None:
        """One line: the event."""
        self._write(event.model_dump_json(ensure_ascii=True))

    def say(self, line: Line) -> None:
        """One line on `notes`."""
        self._notes.write(f"{line.text}\n")
        self._notes.flush()

    def finish(self, result: AgentResult) -> None:
        """The last line: the result."""
        self._write(result.model_dump_json(ensure_ascii=True))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._out.flush()

    def _write(self, json_text: str) -> None:
        self._out.write(f"{json_text}\n")
        self._out.flush()
