"""Every provider that LangChain has a package for, through `init_chat_model`."""

import os
import re
import time
from collections.abc import Mapping, Sequence
from json import JSONDecodeError
from typing import Any

from langchain.chat_models import init_chat_model
from langchain_core.exceptions import ContextOverflowError
from langchain_core.exceptions import ModelError as LangChainError
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage
from langchain_core.runnables import Runnable

from agent.errors import ContextTooLong, ModelError, ModelRejected, SettingsError
from agent.models.base import Completion, Message, ToolSchema
from agent.models.call_ids import CallIds
from agent.models.faults import Masker, Refusal, fault_of
from agent.models.growing import GrowingConversation
from agent.models.langchain_dialect import LangChainDialect
from agent.models.langchain_wire import to_completion, to_langchain, to_tool
from agent.models.retry import PATIENT, PassingFault, RetryPolicy, with_retries
from agent.models.waiting import LONGEST_TRY_S, call_within
from sandbox.deadline import Deadline

PASSING_NAMES = frozenset({"TimeoutException", "ReadTimeout", "TransportError", "ConnectError"})
"""Classes of the HTTP libraries: no answer, or one that broke off."""
MID_REPLY = -1
"""The status that Ollama's client gives an error inside a reply: its runner failed."""
NO_REPLY = "No data received from Ollama stream."
"""What langchain-ollama says of an empty reply, by a bare ValueError."""


def open_langchain(
    spec: str,
    *,
    window: int | None = None,
    retry: RetryPolicy = PATIENT,
    longest_try_s: float = LONGEST_TRY_S,
) -> "LangChainModel":
    """The model for `langchain:PROVIDER:NAME`; its key comes from the provider's own variable.

    Args:
        spec: `PROVIDER:NAME`.
        window: as for `LangChainDialect`.
        retry: waits between tries.
        longest_try_s: longest single request.

    Raises:
        SettingsError: unknown provider, its package or its key missing.
    """
    mask = Masker(_credentials(os.environ))
    try:
        # Retries are ours, so that they keep to the deadline.
        chat = init_chat_model(spec, max_retries=0)
    except ImportError as exc:
        install = re.search(r"pip install [\w-]+", str(exc))
        remedy = install.group() if install else mask(str(exc))
        raise SettingsError(f"langchain:{spec} needs one more package: {remedy}") from None
    except Exception as exc:  # noqa: BLE001 - any provider's error for a missing key
        raise SettingsError(f"langchain:{spec} cannot be opened: {mask(str(exc))}") from None
    return LangChainModel(
        chat,
        f"langchain:{spec}",
        mask=mask,
        window=window,
        retry=retry,
        longest_try_s=longest_try_s,
    )


def _credentials(env: Mapping[str, str]) -> list[str]:
    return [value for name, value in env.items() if name.endswith(("_KEY", "_TOKEN", "_SECRET"))]


class LangChainModel:
    """A LangChain chat model."""

    def __init__(
        self,
        chat: BaseChatModel,
        name: str,
        *,
        mask: Masker,
        window: int | None = None,
        retry: RetryPolicy = PATIENT,
        longest_try_s: float = LONGEST_TRY_S,
    ) -> None:
        """Asks nobody yet.

        Args:
            chat: does no retries of its own.
            name: see `Model.name`.
            mask: takes the provider's key out of its error texts.
            window: as for `LangChainDialect`.
            retry: waits between tries.
            longest_try_s: longest single request.
        """
        self.name = name
        self._chat = chat
        self._mask = mask
        self._retry = retry
        self._longest_try_s = longest_try_s
        self._dialect = LangChainDialect(chat, window)
        self._conversation = GrowingConversation(to_langchain)
        self._ids = CallIds()
        self._tools: tuple[ToolSchema, ...] = ()
        self._bound: Runnable[LanguageModelInput, AIMessage] = chat

    def complete(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSchema],
        *,
        deadline: Deadline,
        max_output_tokens: int | None = None,
        reply_schema: dict[str, Any] | None = None,
    ) -> Completion:
        """See `Model.complete` and `SchemaModel.complete`."""
        self._bind(tools)
        history = list(self._conversation.converted(messages))
        options = self._dialect.options(max_output_tokens, reply_schema)

        def attempt() -> Completion:
            started = time.monotonic()
            reply = call_within(
                deadline, self._longest_try_s, lambda: self._invoke(history, options)
            )
            if self._dialect.is_broken_off(reply):
                raise PassingFault(f"{self.name} broke its reply off")
            completion = to_completion(reply, messages, time.monotonic() - started)
            return self._ids.made_unique(completion, messages)

        return with_retries(attempt, deadline, self._retry)

    def _bind(self, tools: Sequence[ToolSchema]) -> None:
        if tuple(tools) != self._tools:
            self._tools = tuple(tools)
            self._bound = self._chat.bind_tools([to_tool(tool) for tool in tools])

    def _invoke(self, history: LanguageModelInput, options: Mapping[str, Any]) -> AIMessage:
        try:
            return self._bound.invoke(history, None, **options)
        except Exception as exc:  # noqa: BLE001 - any provider's library, with its own errors
            # Not chained: the library's error may quote the key.
            raise langchain_fault(exc, self.name, self._mask) from None


def langchain_fault(exc: Exception, model: str, mask: Masker) -> PassingFault | ModelError:
    """What to raise for an error of a provider's library."""
    text = mask(str(exc)) or type(exc).__name__
    if isinstance(exc, ContextOverflowError):
        return ContextTooLong(f"the conversation no longer fits {model} ({text})")
    response = getattr(exc, "response", None)
    status = getattr(exc, "status_code", None) or getattr(response, "status_code", None)
    if isinstance(status, int) and status > 0:
        headers = getattr(response, "headers", {})
        return fault_of(Refusal(status=status, text=text, headers=headers), model)
    if _is_passing(exc):
        return PassingFault(f"{model}: {text}")
    return ModelRejected(f"{model} could not be asked: {text}")


def _is_passing(exc: Exception) -> bool:
    """By LangChain's own word, else by what broken replies and connections are called."""
    if getattr(exc, "status_code", None) == MID_REPLY or str(exc) == NO_REPLY:
        return True
    if isinstance(exc, LangChainError):
        return exc.is_retryable
    names = {kind.__name__ for kind in type(exc).__mro__}
    return isinstance(exc, OSError | JSONDecodeError) or bool(names & PASSING_NAMES)
