"""The loop with a model that acts in JSON, over the wire."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.events import RunEnded, ToolReturned
from agent.models.json_actions import JsonActionModel
from tests.agent.fault_matrix import TRIES, serving
from tests.agent.kit import kinds, make_run, run_to_end
from tests.agent.models.kit import model_at
from tests.agent.models.openai_server import OpenAIServer, reply


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with serving() as state:
        yield state


def test_a_run_in_json_with_near_misses(tmp_path: Path, server: OpenAIServer) -> None:
    server.script(
        reply('{"action": "freeze_blueprint", "arguments": {}}'),
        reply('```json\n{"action": "note", "arguments": {"text": "hello\nyou",}}\n```'),
        reply("All is done."),
        reply('{"action": "finish", "arguments": {"summary": "Done"}}'),
    )
    run = make_run(tmp_path, JsonActionModel(model_at(server, retry=TRIES)))
    run.later_schemas = [one for one in run.tool_schemas if one.name != "freeze_blueprint"]
    events = run_to_end(run)
    end = events[-1]
    assert isinstance(end, RunEnded)
    assert end.reason == "verified"
    assert kinds(events).count("nudged") == 1
    assert [e.name for e in events if isinstance(e, ToolReturned)] == ["freeze_blueprint", "note"]
    assert run.context.workspace.read("note.txt") == b"hello\nyou"


def test_only_what_is_of_use_is_offered(tmp_path: Path, server: OpenAIServer) -> None:
    server.script(
        reply('{"action": "freeze_blueprint", "arguments": {}}'),
        reply('{"action": "finish", "arguments": {"summary": "Done"}}'),
    )
    run = make_run(tmp_path, JsonActionModel(model_at(server, retry=TRIES)))
    run.later_schemas = [one for one in run.tool_schemas if one.name == "finish"]
    run_to_end(run)
    before, after = (
        [
            choice["properties"]["action"]["const"]
            for choice in body["response_format"]["json_schema"]["schema"]["anyOf"]
        ]
        for body in server.bodies
    )
    assert "freeze_blueprint" in before
    assert after == ["finish"]
