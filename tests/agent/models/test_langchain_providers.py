"""What the LangChain adapter sends to Anthropic and Ollama, and what it reads, on the wire."""

import gc
from collections.abc import Iterator

import pytest

from agent.models.base import Completion, Message, Usage
from agent.models.json_actions import JsonActionModel, action_schema
from agent.models.langchain import open_langchain
from sandbox.deadline import Deadline
from tests.agent.models import anthropic_server, ollama_server
from tests.agent.models.kit import ASK, HASTY, READ_FILE, call
from tests.agent.models.openai_server import Act, OpenAIServer

HISTORY = (
    *ASK,
    Message("assistant", "", (call('{"path": "a"}'),)),
    Message("tool", "text", call_id="a"),
)
TOOL = {"type": "object", "properties": {}}
pytestmark = [
    # The providers' clients cannot be closed: their sockets are left to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(autouse=True)
def _addresses(openai_server: OpenAIServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    address = openai_server.url.removesuffix("/v1")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", address)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-0123")
    monkeypatch.setenv("OLLAMA_HOST", address)
    yield
    gc.collect()


def ask(server: OpenAIServer, spec: str, act: Act, limit: int | None = 500) -> Completion:
    server.script(act)
    model = open_langchain(spec, window=8_000, retry=HASTY)
    return model.complete(
        HISTORY, [READ_FILE], deadline=Deadline.after(20), max_output_tokens=limit
    )


def test_speaks_anthropics_messages(openai_server: OpenAIServer) -> None:
    act = anthropic_server.reply("why", ("b", "read_file", '{"path": "b"}'), finish="tool_calls")
    said = ask(openai_server, "anthropic:claude-sonnet-5-5", act)
    assert (said.text, said.finish_reason) == ("why", "tool_calls")
    assert [(c.id, c.name, c.arguments) for c in said.calls] == [
        ("b", "read_file", '{"path": "b"}')
    ]
    assert said.usage == Usage(input_tokens=100, cached_tokens=60, output_tokens=10)
    (body,) = openai_server.bodies
    assert (body["model"], body["max_tokens"]) == ("claude-sonnet-5-5", 500)
    assert body["system"] == "You build."
    assert body["cache_control"] == {"type": "ephemeral"}
    assert body["tools"] == [{"name": "read_file", "description": "Reads.", "input_schema": TOOL}]
    asked, calls, results = body["messages"]
    assert asked == {"role": "user", "content": "Build it: ä"}
    assert calls["content"] == [
        {"type": "tool_use", "id": "a", "name": "read_file", "input": {"path": "a"}}
    ]
    assert results["role"] == "user"
    (result,) = results["content"]
    assert result == {
        "type": "tool_result",
        "tool_use_id": "a",
        "content": "text",
        "is_error": False,
    }


def test_speaks_ollamas_chat(openai_server: OpenAIServer) -> None:
    act = ollama_server.reply("why", ("", "read_file", '{"path": "b"}'))
    said = ask(openai_server, "ollama:m1", act)
    assert (said.text, said.finish_reason) == ("why", "tool_calls")
    assert [(c.name, c.arguments) for c in said.calls] == [("read_file", '{"path": "b"}')]
    assert said.calls[0].id
    assert said.usage == Usage(input_tokens=100, output_tokens=10)
    (body,) = openai_server.bodies
    assert body["options"] == {"num_ctx": 8_000, "num_predict": 500}
    assert [tool["function"]["name"] for tool in body["tools"]] == ["read_file"]
    assert [message["role"] for message in body["messages"]] == [
        "system",
        "user",
        "assistant",
        "tool",
    ]
    assert body["messages"][2]["tool_calls"][0]["function"] == {
        "name": "read_file",
        "arguments": {"path": "a"},
    }
    assert body["messages"][3]["content"] == "text"


def test_without_a_limit_ollama_is_told_the_window_only(openai_server: OpenAIServer) -> None:
    ask(openai_server, "ollama:m1", ollama_server.reply("hi"), limit=None)
    assert openai_server.bodies[0]["options"] == {"num_ctx": 8_000}


@pytest.mark.parametrize(
    ("spec", "act", "finish"),
    [
        ("anthropic:m1", anthropic_server.reply("t"), "stop"),
        ("anthropic:m1", anthropic_server.reply("t", finish="length"), "length"),
        ("anthropic:m1", anthropic_server.reply("t", finish="content_filter"), "content_filter"),
        ("ollama:m1", ollama_server.reply("t"), "stop"),
        ("ollama:m1", ollama_server.reply("t", finish="length"), "length"),
    ],
)
def test_finish_reasons(openai_server: OpenAIServer, spec: str, act: Act, finish: str) -> None:
    assert ask(openai_server, spec, act).finish_reason == finish


def test_ollama_is_held_to_the_schema_of_json_actions(openai_server: OpenAIServer) -> None:
    openai_server.script(ollama_server.reply('{"action": "read_file", "arguments": {}}'))
    model = JsonActionModel(open_langchain("ollama:m1", window=8_000, retry=HASTY))
    said = model.complete(HISTORY, [READ_FILE], deadline=Deadline.after(20))
    assert [call.name for call in said.calls] == ["read_file"]
    (body,) = openai_server.bodies
    assert body["format"] == action_schema([READ_FILE])
    assert body["options"] == {"num_ctx": 8_000, "num_predict": 1_500, "temperature": 0}
    assert not body.get("tools")
