"""A live view on a terminal: a growing log, and below it what happens at this moment."""

from contextlib import AbstractContextManager
from types import TracebackType

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from agent.console.lines import Line, Mark, event_lines, tests_text
from agent.console.plain import MARKS
from agent.console.progress import PHASES, Progress
from agent.console.summary import summary_lines
from agent.console.text import count_text, seconds_text, usd_text
from agent.events import Event, utc_now
from agent.task import AgentResult

REFRESH_PER_S = 4
STYLES: dict[Mark, str] = {
    "good": "green",
    "bad": "red",
    "warn": "yellow",
    "info": "dim",
    "more": "",
}


class LiveConsole(AbstractContextManager["LiveConsole"]):
    """Foreign text reaches rich as `Text`, never as markup."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = Progress()
        self._spinner = Spinner("dots", style="cyan")
        self._live = Live(
            get_renderable=self._view,
            console=console,
            refresh_per_second=REFRESH_PER_S,
            transient=True,
        )

    def recall(self, event: Event) -> None:
        """Count an event of before a resume."""
        self._progress.apply(event)

    def show(self, event: Event) -> None:
        """Log the event's lines; the view below follows by itself."""
        self._progress.apply(event)
        for line in event_lines(event, self._progress):
            self.say(line)

    def say(self, line: Line) -> None:
        """Log one line above the view."""
        style = STYLES[line.mark]
        text = Text.assemble((MARKS[line.mark], style), " ", (line.text, _text_style(line.mark)))
        self._console.print(text, soft_wrap=True, highlight=False)

    def finish(self, result: AgentResult) -> None:
        """Close the view and write the summary."""
        self._live.stop()
        self._console.print()
        for line in summary_lines(result, self._progress.model):
            self.say(line)

    def __enter__(self) -> "LiveConsole":
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()

    def _view(self) -> Group:
        progress = self._progress
        waited = (utc_now() - progress.doing_since).total_seconds()
        doing = f"step {progress.step} · {progress.doing} · {seconds_text(waited)}"
        self._spinner.update(text=Text(doing, overflow="ellipsis", no_wrap=True))
        return Group(Text(), _phases(progress), self._spinner, _figures(progress))


def _text_style(mark: Mark) -> str:
    return "dim" if mark == "info" else ""


def _phases(progress: Progress) -> Text:
    text = Text("  ", no_wrap=True, overflow="ellipsis")
    for number, phase in enumerate(PHASES):
        text.append(" → " if number else "", "dim")
        text.append(phase, "bold cyan" if phase == progress.phase else "dim")
    return text


def _figures(progress: Progress) -> Text:
    usage = progress.usage
    parts = [f"tests {tests_text(progress.tests)}"] if progress.tests else []
    if usage.total_tokens:
        cached = f" ({count_text(usage.cached_tokens)} cached)" if usage.cached_tokens else ""
        parts.append(f"{count_text(usage.input_tokens)} in{cached}")
        parts.append(f"{count_text(usage.output_tokens)} out")
        parts.append(usd_text(progress.cost_usd))
    parts.append(seconds_text((utc_now() - progress.since).total_seconds()))
    return Text("  " + " · ".join(parts), "dim", no_wrap=True, overflow="ellipsis")
