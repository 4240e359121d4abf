"""Spans by the GenAI conventions, with a stand-in for the API that is not installed here."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent.events import RunStarted
from agent.journal import read_journal
from agent.tracing import RunSpans, traced
from tests.agent.kit import FINISH, FREEZE, Script, make_run, reply, run_to_end


@dataclass
class Span:
    name: str
    attributes: dict[str, Any]
    kind: str = "internal"
    context: object = None
    start_time: int = 0
    end_time: int | None = None
    ended: bool = False

    def set_attribute(self, key: str, value: object) -> None:
        self.attributes[key] = value

    def end(self, end_time: int | None = None) -> None:
        self.end_time, self.ended = end_time, True


@dataclass
class Api:
    """What `opentelemetry.trace` has, as far as we use it."""

    spans: list[Span] = field(default_factory=list)

    class SpanKind:
        CLIENT = "client"
        INTERNAL = "internal"

    def get_tracer(self, name: str) -> "Api":
        assert name == "backend-agent"
        return self

    def start_span(self, name: str, **options: Any) -> Span:  # noqa: ANN401 - as the API
        self.spans.append(Span(name, **options))
        return self.spans[-1]

    def set_span_in_context(self, span: Span) -> str:
        return f"in {span.name}"


def spans_of(folder: Path) -> list[Span]:
    bad = reply(("nope", {}))
    run_to_end(
        make_run(folder, Script([bad, reply(FREEZE, ("note", {"text": "a"})), reply(FINISH)]))
    )
    started, *events = read_journal(folder / "journal.jsonl")
    assert isinstance(started, RunStarted)
    api = Api()
    spans = RunSpans(api, started.model_copy(update={"model": "langchain:anthropic:claude-x"}))
    for event in events:
        spans.apply(event)
    spans.end()
    return api.spans


def test_a_run_is_one_agent_with_chats_and_tools(tmp_path: Path) -> None:
    root, *children = spans_of(tmp_path)
    assert root.name == "invoke_agent backend-agent"
    assert root.attributes["gen_ai.conversation.id"] == "r1"
    assert root.attributes["backend_agent.end"] == "verified"
    assert "error.type" not in root.attributes
    assert [span.name for span in children] == [
        "chat claude-x",
        "execute_tool nope",
        "chat claude-x",
        "execute_tool freeze_blueprint",
        "execute_tool note",
        "chat claude-x",
    ]
    assert all(span.ended for span in (root, *children))
    assert {span.context for span in children} == {"in invoke_agent backend-agent"}


def test_a_chat_has_its_tokens_and_a_failed_tool_its_error(tmp_path: Path) -> None:
    _, chat, tool, *_ = spans_of(tmp_path)
    assert chat.kind == "client"
    assert chat.attributes == {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "claude-x",
        "gen_ai.provider.name": "anthropic",
        "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.cache_read.input_tokens": 0,
        "gen_ai.usage.output_tokens": 10,
        "gen_ai.response.finish_reasons": ("tool_calls",),
    }
    assert tool.attributes["error.type"] == "tool_failed"
    assert tool.end_time is not None
    assert chat.start_time <= tool.start_time <= tool.end_time


def test_without_the_package_nothing_happens(tmp_path: Path) -> None:
    run_to_end(make_run(tmp_path, Script([reply(FREEZE, ("note", {"text": "a"})), reply(FINISH)])))
    started, *events = read_journal(tmp_path / "journal.jsonl")
    assert isinstance(started, RunStarted)
    with traced(started) as tell:
        for event in events:
            tell(event)
