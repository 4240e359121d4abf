"""Who watches a run: the contract of the three consoles."""

from types import TracebackType
from typing import Protocol, Self

from agent.console.lines import Line
from agent.events import Event
from agent.task import AgentResult


class Console(Protocol):
    """A reader of the event stream. Used as a context manager around the run."""

    def recall(self, event: Event) -> None:
        """Take an event of before a resume into account, without showing it."""

    def show(self, event: Event) -> None:
        """Show what happened; called with every event, in order."""

    def say(self, line: Line) -> None:
        """Show something that is not an event: preparing the image, stopping."""

    def finish(self, result: AgentResult) -> None:
        """Show how the run ended and what to do next."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
