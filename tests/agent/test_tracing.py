"""Spans by the GenAI conventions, read back from OpenTelemetry's own SDK."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.semconv._incubating.attributes import gen_ai_attributes
from opentelemetry.trace import SpanKind, StatusCode

from agent.backend_agent import BackendAgent
from agent.events import Event, RunStarted
from agent.journal import read_journal
from agent.settings import Settings
from agent.task import AgentTask, Budget
from agent.tracing import traced
from sandbox.memory import MemoryProvider
from tests.agent.kit import FINISH, FREEZE, Script, make_run, reply, run_to_end
from tests.agent.test_backend_agent import SPEC

NOTE = ("note", {"text": "a"})
STORY = [reply(("nope", {})), reply(FREEZE, NOTE), reply(FINISH)]


@pytest.fixture(scope="module")
def provider() -> TracerProvider:
    """The process's provider, as an application that calls us sets it: once."""
    provider = TracerProvider()
    trace.set_tracer_provider(provider)
    return provider


@pytest.fixture
def exporter(provider: TracerProvider) -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield exporter
    exporter.shutdown()


def journal_of(folder: Path) -> tuple[RunStarted, list[Event]]:
    run_to_end(make_run(folder, Script(STORY)))
    started, *events = read_journal(folder / "journal.jsonl")
    assert isinstance(started, RunStarted)
    return started.model_copy(update={"model": "langchain:anthropic:claude-x"}), events


def tell(started: RunStarted, events: Sequence[Event]) -> None:
    with traced(started) as apply:
        for event in events:
            apply(event)


def named(spans: Sequence[ReadableSpan], name: str) -> dict[str, object]:
    return dict(next(span for span in spans if span.name == name).attributes or {})


def test_a_run_is_one_agent_with_chats_and_tools(
    tmp_path: Path, exporter: InMemorySpanExporter
) -> None:
    tell(*journal_of(tmp_path))
    *children, root = exporter.get_finished_spans()
    assert root.name == "invoke_agent backend-agent"
    assert named([root], root.name)["gen_ai.conversation.id"] == "r1"
    assert named([root], root.name)["backend_agent.end"] == "verified"
    assert root.status.status_code == StatusCode.UNSET
    assert [span.name for span in children] == [
        "chat claude-x",
        "execute_tool nope",
        "chat claude-x",
        "execute_tool freeze_blueprint",
        "execute_tool note",
        "chat claude-x",
        "execute_tool finish",
    ]
    assert root.context is not None
    assert {span.parent and span.parent.span_id for span in children} == {root.context.span_id}


def test_a_chat_has_its_tokens_and_a_failed_tool_its_error(
    tmp_path: Path, exporter: InMemorySpanExporter
) -> None:
    tell(*journal_of(tmp_path))
    chat, tool, *_ = exporter.get_finished_spans()
    assert chat.kind == SpanKind.CLIENT
    assert chat.attributes == {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "claude-x",
        "gen_ai.provider.name": "anthropic",
        "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.cache_read.input_tokens": 0,
        "gen_ai.usage.output_tokens": 10,
        "gen_ai.response.finish_reasons": ("tool_calls",),
    }
    assert named([tool], "execute_tool nope")["error.type"] == "tool_failed"
    assert tool.status.status_code == StatusCode.ERROR
    assert chat.start_time is not None
    assert tool.start_time is not None
    assert tool.end_time is not None
    assert chat.start_time <= tool.start_time <= tool.end_time


def test_every_attribute_is_one_of_the_conventions(
    tmp_path: Path, exporter: InMemorySpanExporter
) -> None:
    tell(*journal_of(tmp_path))
    known = {value for name, value in vars(gen_ai_attributes).items() if name.startswith("GEN_AI")}
    spans = exporter.get_finished_spans()
    used = {key for span in spans for key in span.attributes or {}}
    assert {key for key in used if key.startswith("gen_ai.")} <= known
    assert {key for key in used if not key.startswith("gen_ai.")} == {
        "backend_agent.end",
        "error.type",
    }


def test_a_call_that_was_cut_short_and_a_run_that_failed_say_so(
    tmp_path: Path, exporter: InMemorySpanExporter
) -> None:
    started, events = journal_of(tmp_path)
    cut = next(number for number, event in enumerate(events) if event.kind == "verdict_reached")
    tell(started, events[:cut])
    finish, _ = exporter.get_finished_spans()[-2:]
    assert named([finish], "execute_tool finish")["error.type"] == "interrupted"


def test_a_task_is_traced_without_a_word_of_its_text(
    tmp_path: Path, exporter: InMemorySpanExporter
) -> None:
    agent = BackendAgent(Settings(state_dir=tmp_path / "state"), provider=MemoryProvider())
    budget = Budget(max_steps=2)
    task = AgentTask(spec=SPEC, model="builtin", repository=tmp_path / "repo", budget=budget)
    result = agent.execute_task(task)
    *children, root = exporter.get_finished_spans()
    assert named([root], root.name)["error.type"] == result.status == "budget_steps"
    assert sum(span.name.startswith("chat ") for span in children) == result.steps
    assert not [span for span in children if "Notes" in span.to_json()]


def test_without_the_package_nothing_happens(
    tmp_path: Path, exporter: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    tell(*journal_of(tmp_path))
    assert exporter.get_finished_spans() == ()
