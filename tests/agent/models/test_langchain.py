"""The LangChain adapter, with a chat model that needs no network."""

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.exceptions import (
    ContextOverflowError,
    ModelAPIError,
    ModelAuthenticationError,
    ModelRateLimitError,
)
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.messages.tool import invalid_tool_call
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from pydantic import Field

from agent.errors import (
    ContextTooLong,
    ModelError,
    ModelRejected,
    ModelUnavailable,
    SettingsError,
)
from agent.models.base import Completion, Message, Usage
from agent.models.faults import Masker
from agent.models.langchain import LangChainModel, open_langchain
from agent.models.retry import RetryPolicy
from sandbox.deadline import CancelToken, Deadline
from tests.agent.models.kit import ASK, READ_FILE, call

Reply = AIMessage | Exception | Callable[[], AIMessage]


class FakeChat(BaseChatModel):
    """Gives its replies in order, the last one for ever, and keeps what it was asked."""

    replies: list[Any]
    max_tokens: int | None = None
    asked: list[list[BaseMessage]] = Field(default_factory=list)
    options: list[dict[str, Any]] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "fake"

    def bind_tools(self, tools: Sequence[Any], **_: object) -> Runnable[Any, AIMessage]:
        return self.bind(tools=tools)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: object,
    ) -> ChatResult:
        self.asked.append(messages)
        self.options.append(kwargs)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        message = reply if isinstance(reply, AIMessage) else reply()
        return ChatResult(generations=[ChatGeneration(message=message)])


class FakeAnthropic(FakeChat):
    @property
    def _llm_type(self) -> str:
        return "anthropic-chat"


class StatusError(Exception):
    """As most SDKs' errors look."""

    def __init__(self, status_code: int, text: str) -> None:
        super().__init__(text)
        self.status_code = status_code


def ask(
    chat: FakeChat,
    messages: Sequence[Message] = ASK,
    *,
    deadline: Deadline | None = None,
    limit: int | None = None,
) -> Completion:
    model = LangChainModel(
        chat,
        "langchain:fake:m",
        mask=Masker(["key-0123"]),
        retry=RetryPolicy(tries=3, base_s=0.001),
    )
    return model.complete(
        messages,
        [READ_FILE],
        deadline=deadline or Deadline.after(20),
        max_output_tokens=limit,
    )


def test_converts_messages_and_tools() -> None:
    chat = FakeChat(replies=[AIMessage("hi")])
    history = (
        *ASK,
        Message("assistant", "", (call('{"path": "a"}', "a"), call('{"pa', "b"))),
        Message("tool", "text", call_id="a"),
        Message("tool", "bad", call_id="b"),
    )
    ask(chat, history, limit=100)
    asked = chat.asked[0]
    assert [type(m) for m in asked] == [
        SystemMessage,
        HumanMessage,
        AIMessage,
        ToolMessage,
        ToolMessage,
    ]
    assert isinstance(asked[2], AIMessage)
    assert [(c["id"], c["name"], c["args"]) for c in asked[2].tool_calls] == [
        ("a", "read_file", {"path": "a"}),
        ("b", "read_file", {"invalid_json": '{"pa'}),
    ]
    assert [m.tool_call_id for m in asked if isinstance(m, ToolMessage)] == ["a", "b"]
    assert chat.options[0]["max_tokens"] == 100
    assert chat.options[0]["tools"][0]["function"]["name"] == "read_file"


@pytest.mark.parametrize("limit", [None, 2_000_000])
def test_sends_no_needless_limit(limit: int | None) -> None:
    chat = FakeChat(replies=[AIMessage("hi")])
    ask(chat, limit=limit)
    assert chat.options[0].keys() == {"tools"}


def test_reads_calls_and_usage() -> None:
    reply = AIMessage(
        [{"type": "text", "text": "why"}],
        tool_calls=[{"id": "a", "name": "read_file", "args": {"path": "ä"}}],
        invalid_tool_calls=[invalid_tool_call(id=None, name="write_file", args='{"pa')],
        usage_metadata={
            "input_tokens": 100,
            "output_tokens": 7,
            "total_tokens": 107,
            "input_token_details": {"cache_read": 60},
        },
        response_metadata={"stop_reason": "tool_use"},
    )
    said = ask(FakeChat(replies=[reply]))
    assert said.text == "why"
    assert [(c.name, c.arguments) for c in said.calls] == [
        ("read_file", '{"path": "ä"}'),
        ("write_file", '{"pa'),
    ]
    assert said.calls[0].id == "a"
    assert said.calls[1].id not in {"", "a"}
    assert said.finish_reason == "tool_calls"
    assert said.usage == Usage(input_tokens=100, cached_tokens=60, output_tokens=7)


def test_estimates_tokens_that_nobody_counts() -> None:
    said = ask(FakeChat(replies=[AIMessage("x" * 40)]), [Message("user", "x" * 400)])
    assert said.usage == Usage(input_tokens=100, output_tokens=10, estimated=True)


@pytest.mark.parametrize(
    ("metadata", "finish"),
    [
        ({}, "stop"),
        ({"finish_reason": "stop"}, "stop"),
        ({"finish_reason": "length"}, "length"),
        ({"finish_reason": "MAX_TOKENS"}, "length"),
        ({"finish_reason": "SAFETY"}, "content_filter"),
        ({"stop_reason": "end_turn"}, "stop"),
        ({"stop_reason": "max_tokens"}, "length"),
        ({"stop_reason": "refusal"}, "content_filter"),
        ({"stopReason": "guardrail_intervened"}, "content_filter"),
        ({"done_reason": "length"}, "length"),
    ],
)
def test_finish_reasons(metadata: dict[str, str], finish: str) -> None:
    reply = AIMessage("t", response_metadata=metadata)
    assert ask(FakeChat(replies=[reply])).finish_reason == finish


@pytest.mark.parametrize(
    "fault",
    [
        ModelRateLimitError("slow down"),
        ModelAPIError("overloaded"),
        StatusError(503, "busy"),
        StatusError(429, "busy"),
        ConnectionResetError("gone"),
        type("ReadTimeout", (Exception,), {})("too slow"),
    ],
)
def test_passing_faults_are_tried_again(fault: Exception) -> None:
    chat = FakeChat(replies=[fault, fault, AIMessage("better")])
    assert ask(chat).text == "better"
    with pytest.raises(ModelUnavailable, match=f"3 of 3 tries: .*{fault}"):
        ask(FakeChat(replies=[fault]))


@pytest.mark.parametrize(
    ("fault", "kind", "text"),
    [
        (ModelAuthenticationError("bad key key-0123"), ModelRejected, "bad key [secret]"),
        (
            StatusError(401, "bad key key-0123"),
            ModelRejected,
            "the key in the provider's variable was refused",
        ),
        (StatusError(404, "no m"), ModelRejected, "there is no langchain:fake:m"),
        (ContextOverflowError("too long"), ContextTooLong, "no longer fits langchain:fake:m"),
        (StatusError(400, "prompt is too long: 9"), ContextTooLong, "prompt is too long"),
        (ValueError(""), ModelRejected, "langchain:fake:m could not be asked: ValueError"),
    ],
)
def test_final_faults_are_raised_at_once(
    fault: Exception, kind: type[ModelError], text: str
) -> None:
    chat = FakeChat(replies=[fault])
    with pytest.raises(kind) as caught:
        ask(chat)
    assert text in str(caught.value)
    assert "key-0123" not in str(caught.value)
    assert len(chat.asked) == 1


PROVIDER_PACKAGE = """
from langchain_core.language_models import FakeListChatModel

class ChatUpstage(FakeListChatModel):
    model: str
    max_retries: int = 2
    responses: list[str] = ["from the package"]

    def __init__(self, **values):
        if values["model"] == "secret":
            raise RuntimeError("no such key: key-0456")
        super().__init__(**values)
"""


@pytest.fixture
def provider_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A provider's package, installed for this test."""
    (tmp_path / "langchain_upstage.py").write_text(PROVIDER_PACKAGE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("UPSTAGE_API_KEY", "key-0456")
    yield
    sys.modules.pop("langchain_upstage", None)


@pytest.mark.usefixtures("provider_package")
def test_opens_a_providers_model() -> None:
    model = open_langchain("upstage:solar")
    assert model.name == "langchain:upstage:solar"
    said = model.complete(ASK, (), deadline=Deadline.after(20))
    assert said.text == "from the package"


@pytest.mark.usefixtures("provider_package")
def test_a_provider_that_does_not_open_is_the_users_to_fix() -> None:
    with pytest.raises(SettingsError) as caught:
        open_langchain("upstage:secret")
    assert str(caught.value) == ("langchain:upstage:secret cannot be opened: no such key: [secret]")


def test_a_cancel_ends_a_call() -> None:
    token = CancelToken()
    blocked = threading.Event()

    def block() -> AIMessage:
        token.cancel()
        blocked.wait(5)
        return AIMessage("late")

    with pytest.raises(ModelUnavailable, match="cancelled"):
        ask(FakeChat(replies=[block]), deadline=Deadline.after(20, token))
    blocked.set()


@pytest.mark.parametrize(
    ("chat", "told"), [(FakeAnthropic, {"type": "ephemeral"}), (FakeChat, None)]
)
def test_anthropic_is_told_to_cache_the_others_are_not(
    chat: type[FakeChat], told: dict[str, str] | None
) -> None:
    model = chat(replies=[AIMessage("hi")])
    ask(model)
    assert model.options[0].get("cache_control") == told
