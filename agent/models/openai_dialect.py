"""What one endpoint and model accept, learned from their refusals."""

from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import JsonValue

from agent.models.output_limit import limit_to_send

_OPENAI_HOSTS = ("api.openai.com", ".api.openai.com", ".openai.azure.com")
_LIMIT_BLAMED = "in the completion"
"""Older vLLM, of a limit that does not fit its context: `(90 in the messages, 8000 in ...)`."""

SchemaForm = Literal["json_schema", "json_object"]
"""Value of `response_format.type`."""


@dataclass
class Dialect:
    """Fields that differ between the servers that speak chat completions."""

    limit_names: list[str]
    """What the output limit may be called, best guess first; empty: it is not sent."""
    effort: str | None = None
    """`reasoning_effort`, where the model takes tools only with it."""
    schema_forms: list[SchemaForm] = field(default_factory=lambda: ["json_schema", "json_object"])
    """How a reply is held to a schema, best guess first: OpenAI's form, which llama-server, vLLM
    and Ollama know too, then that of llama.cpp's Python server; empty: it is not."""
    temperature: int | None = 0
    """Of replies that are held to a schema: small models wander at their servers' defaults (0.8
    for llama.cpp); None: it is not sent."""

    @classmethod
    def of(cls, base_url: str) -> "Dialect":
        """The best guess for an endpoint.

        OpenAI's newer models know `max_completion_tokens` only; llama.cpp's Python server and
        Ollama ignore that name, and Mistral and older vLLM refuse it, so all others get
        `max_tokens`.
        """
        host = urlsplit(base_url).hostname or ""
        names = ["max_completion_tokens", "max_tokens"]
        return cls(names if host.endswith(_OPENAI_HOSTS) else names[::-1])

    def fields(
        self,
        model: str,
        max_output_tokens: int | None,
        reply_schema: dict[str, Any] | None = None,
    ) -> dict[str, JsonValue]:
        """Top-level fields of a request."""
        fields: dict[str, JsonValue] = {"model": model}
        limit = limit_to_send(max_output_tokens)
        if limit is not None and self.limit_names:
            fields[self.limit_names[0]] = limit
        if self.effort is not None:
            fields["reasoning_effort"] = self.effort
        if reply_schema is not None and self.temperature is not None:
            fields["temperature"] = self.temperature
        if reply_schema is not None and self.schema_forms:
            fields["response_format"] = _response_format(self.schema_forms[0], reply_schema)
        return fields

    def adapt(self, refusal: str) -> bool:
        """Whether the refusal of a request (HTTP 400 or 422) taught something: then send it anew.

        Since GPT-5.6, OpenAI takes tools over chat completions only with the effort `none`, also
        when none was asked for, and says so.
        """
        if self.effort is None and "reasoning_effort" in refusal and "'none'" in refusal:
            self.effort = "none"
            return True
        if self.temperature is not None and "temperature" in refusal:
            self.temperature = None
            return True
        if self.schema_forms and "response_format" in refusal:
            del self.schema_forms[0]
            return True
        if self.limit_names and (self.limit_names[0] in refusal or _LIMIT_BLAMED in refusal):
            del self.limit_names[0]
            return True
        return False


def _response_format(form: SchemaForm, schema: dict[str, Any]) -> JsonValue:
    if form == "json_object":
        return {"type": form, "schema": schema}
    return {"type": form, "json_schema": {"name": "action", "schema": schema}}
