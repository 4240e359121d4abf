"""A model that says what it was told to say: for tests, demos and trying a loop by hand.

A script file is YAML or JSON, a list of replies:

    - text: I set up the app.
      calls:
        - name: write_file
          arguments: {path: app/main.py, content: "..."}
    - calls: [{name: finish, arguments: '{"summary": '}]     # text: sent as it is, broken or not
      finish_reason: length                                  # else tool_calls or stop
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, JsonValue, TypeAdapter, ValidationError

from agent.errors import ModelError, ModelRejected, ModelUnavailable, SettingsError
from agent.models.arguments import arguments_text
from agent.models.base import (
    Completion,
    FinishReason,
    Message,
    ToolCall,
    ToolSchema,
    Usage,
    estimate_tokens,
)
from agent.models.retry import why_over
from sandbox.deadline import Deadline

Reply = Completion | ModelError | Callable[[Sequence[Message]], Completion]
"""What one call gets: a reply, an error that is raised, or a function of the conversation."""


class ScriptedModel:
    """Gives its replies one after the other."""

    def __init__(
        self, replies: Iterable[Reply], *, name: str = "scripted", resumable: bool = False
    ) -> None:
        """Args:

        replies: in order; one more call than these is an error.
        name: see `Model.name`.
        resumable: leave out the replies that are in the first conversation already, so that
            the script of a resumed run goes on where the run stood.
        """
        self.name = name
        self._replies = tuple(replies)
        self._next = None if resumable else 0

    def complete(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSchema],  # noqa: ARG002 - the script knows its tools
        *,
        deadline: Deadline,
        max_output_tokens: int | None = None,  # noqa: ARG002 - a script is not cut
    ) -> Completion:
        """See `Model.complete`; the script's end is a `ModelRejected`."""
        if deadline.over:
            raise ModelUnavailable(why_over(deadline))
        if self._next is None:
            self._next = sum(message.role == "assistant" for message in messages)
        if self._next >= len(self._replies):
            raise ModelRejected(f"the script has no reply {self._next + 1}")
        reply = self._replies[self._next]
        self._next += 1
        if isinstance(reply, ModelError):
            raise reply
        return reply if isinstance(reply, Completion) else reply(messages)


class _ScriptCall(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    arguments: dict[str, JsonValue] | str = {}


class _ScriptReply(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str = ""
    calls: list[_ScriptCall] = []
    finish_reason: FinishReason | None = None


_SCRIPT = TypeAdapter(list[_ScriptReply])


def load_script(path: Path) -> ScriptedModel:
    """The model for `scripted:FILE`; a resumed run goes on in the script.

    Raises:
        SettingsError: the file cannot be read, or is no script.
    """
    try:
        script = _SCRIPT.validate_python(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as exc:
        raise SettingsError(f"the script {path} cannot be read: {exc.strerror}") from None
    except (ValueError, yaml.YAMLError) as exc:
        raise SettingsError(f"{path} is no script of replies: {_first_problem(exc)}") from None
    replies = [_completion(number, reply) for number, reply in enumerate(script, 1)]
    return ScriptedModel(replies, name=f"scripted:{path}", resumable=True)


def _first_problem(exc: Exception) -> str:
    if isinstance(exc, ValidationError):
        first = exc.errors(include_url=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return str(exc)


def _completion(number: int, reply: _ScriptReply) -> Completion:
    calls = tuple(
        ToolCall(
            id=f"script{number}x{place}", name=call.name, arguments=arguments_text(call.arguments)
        )
        for place, call in enumerate(reply.calls)
    )
    chars = len(reply.text) + sum(len(call.arguments) for call in calls)
    return Completion(
        text=reply.text,
        calls=calls,
        finish_reason=reply.finish_reason or ("tool_calls" if calls else "stop"),
        usage=Usage(output_tokens=estimate_tokens(chars), estimated=True),
    )
