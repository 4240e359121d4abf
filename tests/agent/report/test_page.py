"""The page about a run: everything is on it, nothing is loaded, nothing foreign is markup."""

from html.parser import HTMLParser

from agent.events import Event, ModelReplied, ToolReturned
from agent.report import render_run, view_run
from agent.report.diff import FileDiff
from tests.agent.console.story import STORY


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.loads += [str(value) for name, value in attrs if name in {"src", "href"}]


def test_steps_hold_their_calls_and_milestones() -> None:
    run = view_run(STORY)
    assert [step.reply.step for step in run.steps] == list(range(1, len(run.steps) + 1))
    calls = [call for step in run.steps for call in step.calls]
    assert len(calls) == sum(isinstance(event, ToolReturned) for event in STORY)
    notes = [note.text for step in run.steps for note in step.notes]
    assert any(note.startswith("blueprint frozen") for note in notes)
    assert any(note.startswith("verdict: passed") for note in notes)
    assert any(note.startswith("committed ") for note in notes)


def test_the_page_tells_the_run_and_loads_nothing() -> None:
    page = render_run(view_run(STORY, [FileDiff("app/main.py", 3, 1, "@@ -1 +1,3 @@\n+x")]))
    tags = Tags()
    tags.feed(page)
    assert tags.loads == []
    assert "script" not in tags.names
    for part in ("verified", "app/main.py", "+x", "update_blueprint", "acceptance tests passed"):
        assert part in page


def test_a_run_that_was_cut_off_has_a_page_too() -> None:
    page = render_run(view_run(STORY[:2]))
    assert "not ended" in page


def test_foreign_text_is_text() -> None:
    hostile = "<script>alert(1)</script>\x1b]0;title\x07"

    def poison(event: Event) -> Event:
        if isinstance(event, ModelReplied | ToolReturned):
            return event.model_copy(update={"text": hostile})
        return event

    page = render_run(view_run([poison(event) for event in STORY]))
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>" not in page
    assert "\x1b" not in page
