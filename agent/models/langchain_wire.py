"""Our messages as LangChain's, and LangChain's replies as our completions."""

from collections.abc import Iterator, Sequence

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.messages.tool import tool_call
from pydantic import JsonValue

from agent.models.arguments import arguments_object, arguments_text
from agent.models.base import (
    Completion,
    FinishReason,
    Message,
    ToolCall,
    ToolSchema,
    Usage,
    estimate_tokens,
)

_FINISH_KEYS = ("finish_reason", "stop_reason", "stopReason", "done_reason")
"""Where OpenAI and Gemini, Anthropic, Bedrock, and Ollama say why a reply ended."""
_FINISH: dict[str, FinishReason] = {
    "length": "length",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "content_filter": "content_filter",
    "content_filtered": "content_filter",
    "guardrail_intervened": "content_filter",
    "prohibited_content": "content_filter",
    "refusal": "content_filter",
    "safety": "content_filter",
}


def to_langchain(message: Message) -> BaseMessage:
    """One message for a chat model."""
    match message.role:
        case "system":
            return SystemMessage(message.text)
        case "user":
            return HumanMessage(message.text)
        case "tool":
            return ToolMessage(message.text, tool_call_id=message.call_id or "")
        case "assistant":
            calls = [
                tool_call(id=call.id, name=call.name, args=arguments_object(call.arguments))
                for call in message.calls
            ]
            return AIMessage(message.text, tool_calls=calls)


def to_tool(tool: ToolSchema) -> dict[str, JsonValue]:
    """A tool in OpenAI's form, which every `bind_tools` takes."""
    function: dict[str, JsonValue] = {
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.parameters,
    }
    return {"type": "function", "function": function}


def to_completion(reply: AIMessage, messages: Sequence[Message], seconds: float) -> Completion:
    """A reply of a chat model to that conversation.

    LangChain keeps calls with broken JSON apart, so those come after the others. Ids are as they
    came.
    """
    calls = tuple(_calls(reply))
    text = str(reply.text)
    reasons = [str(reply.response_metadata.get(key, "")).lower() for key in _FINISH_KEYS]
    finish = next((_FINISH[reason] for reason in reasons if reason in _FINISH), None)
    return Completion(
        text=text,
        calls=calls,
        finish_reason=finish or ("tool_calls" if calls else "stop"),
        usage=_usage(reply, text, calls, messages),
        seconds=seconds,
    )


def _calls(reply: AIMessage) -> Iterator[ToolCall]:
    for good in reply.tool_calls:
        arguments = arguments_text(good["args"])
        yield ToolCall(id=good["id"] or "", name=good["name"], arguments=arguments)
    for bad in reply.invalid_tool_calls:
        yield ToolCall(id=bad["id"] or "", name=bad["name"] or "", arguments=bad["args"] or "")


def _usage(
    reply: AIMessage, text: str, calls: Sequence[ToolCall], messages: Sequence[Message]
) -> Usage:
    told = reply.usage_metadata
    if told is not None:
        return Usage(
            input_tokens=told["input_tokens"],
            cached_tokens=told.get("input_token_details", {}).get("cache_read", 0),
            output_tokens=told["output_tokens"],
        )
    return Usage(
        input_tokens=estimate_tokens(sum(_chars(m.text, m.calls) for m in messages)),
        output_tokens=estimate_tokens(_chars(text, calls)),
        estimated=True,
    )


def _chars(text: str, calls: Sequence[ToolCall]) -> int:
    return len(text) + sum(len(call.name + call.arguments) for call in calls)
