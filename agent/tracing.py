"""OpenTelemetry spans of a run, for whoever has set OpenTelemetry up; we export nothing ourselves.

A reader of events, by the GenAI conventions (opentelemetry.io/docs/specs/semconv/gen-ai): one
`invoke_agent` span for this process's work on a run, a `chat` span for each reply and an
`execute_tool` span for each call. No text of a spec, prompt, reply or tool is in them. The API is
used where `opentelemetry-api` is installed; without a provider (`opentelemetry-instrument`, or the
SDK in an application that calls us) its spans are empty and cost nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from agent.events import (
    Event,
    ExaminerReplied,
    ModelReplied,
    PaidEvent,
    RunEnded,
    RunStarted,
    TestDisputed,
    ToolCalled,
    ToolReturned,
    VerdictReached,
    utc_now,
)
from agent.models.base import FinishReason

AGENT = "backend-agent"
PROVIDERS = {"builtin": "backend-agent", "scripted": "backend-agent", "replay": "backend-agent"}
"""`gen_ai.provider.name` of the kinds that ask nobody; others are named by the model's own name."""


@contextmanager
def traced(started: RunStarted) -> Iterator[Callable[[Event], None]]:
    """What is to be told of each event while the run is worked on."""
    if find_spec("opentelemetry") is None or find_spec("opentelemetry.trace") is None:
        yield lambda _: None
        return
    spans = RunSpans(import_module("opentelemetry.trace"), started)
    try:
        yield spans.apply
    finally:
        spans.end()


class RunSpans:
    """The spans of one process's work on a run."""

    def __init__(self, api: Any, started: RunStarted) -> None:  # noqa: ANN401 - an optional package
        """Opens the root span.

        Args:
            api: the module `opentelemetry.trace`.
            started: the run's first event.
        """
        self._api = api
        self._tracer = api.get_tracer(AGENT)
        self._model = {
            "gen_ai.request.model": _model(started.model),
            "gen_ai.provider.name": _provider(started.model),
        }
        attributes = {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": AGENT,
            "gen_ai.conversation.id": started.run_id,
            **self._model,
        }
        self._root = self._tracer.start_span(f"invoke_agent {AGENT}", attributes=attributes)
        self._context = api.set_span_in_context(self._root)
        self._open_call: ToolCalled | None = None
        """Calls are made one by one."""

    def apply(self, event: Event) -> None:
        """Take one more event into account."""
        match event:
            case ModelReplied() | ExaminerReplied():
                self._add_chat(event, event.finish_reason)
            case TestDisputed():
                self._add_chat(event, "tool_calls")
            case ToolCalled():
                self._open_call = event
            case ToolReturned():
                self._add_tool(event.at, "" if event.ok else "tool_failed")
            case VerdictReached() if event.verdict.passed:
                self._add_tool(event.at)  # `finish` does not return: the run ends
            case RunEnded():
                self._root.set_attribute("backend_agent.end", event.reason)
                if event.reason != "verified":
                    self._root.set_attribute("error.type", event.reason)
                    self._root.set_status(self._api.StatusCode.ERROR)
            case _:
                pass

    def end(self) -> None:
        """Close the root span, and before it that of a call which was cut short."""
        self._add_tool(utc_now(), "interrupted")
        self._root.end()

    def _add_chat(self, reply: PaidEvent, finish_reason: FinishReason) -> None:
        attributes = {
            "gen_ai.operation.name": "chat",
            **self._model,
            "gen_ai.usage.input_tokens": reply.usage.input_tokens,
            "gen_ai.usage.cache_read.input_tokens": reply.usage.cached_tokens,
            "gen_ai.usage.output_tokens": reply.usage.output_tokens,
            "gen_ai.response.finish_reasons": (finish_reason,),
        }
        name = f"chat {self._model['gen_ai.request.model']}"
        end = _nanoseconds(reply.at)
        times = (end - int(reply.seconds * 1e9), end)
        self._add(name, self._api.SpanKind.CLIENT, attributes, times)

    def _add_tool(self, at: datetime, error: str = "") -> None:
        """The span of the open call, if one is open."""
        call, self._open_call = self._open_call, None
        if call is None:
            return
        attributes = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": call.name,
            "gen_ai.tool.call.id": call.call_id,
            "gen_ai.tool.type": "function",
        }
        if error:
            attributes["error.type"] = error
        times = (_nanoseconds(call.at), _nanoseconds(at))
        self._add(f"execute_tool {call.name}", self._api.SpanKind.INTERNAL, attributes, times)

    def _add(
        self, name: str, kind: object, attributes: dict[str, Any], times: tuple[int, int]
    ) -> None:
        """A span that is over; its start and end are nanoseconds since 1970."""
        start, end = times
        span = self._tracer.start_span(
            name, context=self._context, kind=kind, attributes=attributes, start_time=start
        )
        if "error.type" in attributes:
            span.set_status(self._api.StatusCode.ERROR)
        span.end(end_time=end)


def _model(name: str) -> str:
    return name.rpartition(":")[2] or name


def _provider(name: str) -> str:
    """`openai` of `openai:NAME`, `anthropic` of `langchain:anthropic:NAME`."""
    kind, _, rest = name.partition(":")
    return PROVIDERS.get(kind) or (rest.partition(":")[0] if kind == "langchain" else kind)


def _nanoseconds(at: datetime) -> int:
    return int(at.timestamp() * 1e9)
