"""Every line parses back into what was shown; the last one is the result."""

from io import StringIO

from pydantic import TypeAdapter

from agent.console.jsonl import JsonConsole
from agent.console.lines import Line
from agent.events import Event
from agent.task import AgentResult
from tests.agent.console.story import STORY, VERIFIED


def test_lines_are_the_events_and_the_result() -> None:
    out, notes = StringIO(), StringIO()
    with JsonConsole(out, notes) as console:
        console.recall(STORY[0])
        for event in STORY:
            console.show(event)
        console.say(Line("info", "building the image"))
        console.finish(VERIFIED)
    *events, result = out.getvalue().splitlines()
    adapter: TypeAdapter[Event] = TypeAdapter(Event)
    assert [adapter.validate_json(line) for line in events] == STORY
    assert AgentResult.model_validate_json(result) == VERIFIED
    assert notes.getvalue() == "building the image\n"
