"""What the tests of several adapters need."""

from pydantic import SecretStr

from agent.models.base import Message, ToolCall, ToolSchema
from agent.models.openai import OpenAIModel
from agent.models.retry import RetryPolicy
from tests.agent.models.openai_server import OpenAIServer

HASTY = RetryPolicy(base_s=0.001)
KEY = "sk-test-0123456789abcdef"
ASK = (Message("system", "You build."), Message("user", "Build it: ä"))
READ_FILE = ToolSchema("read_file", "Reads.", {"type": "object", "properties": {}})


def model_at(
    server: OpenAIServer, *, retry: RetryPolicy = HASTY, longest_try_s: float = 20
) -> OpenAIModel:
    """The openai adapter for that server."""
    return OpenAIModel(
        "m1", api_key=SecretStr(KEY), base_url=server.url, retry=retry, longest_try_s=longest_try_s
    )


def call(arguments: str = "{}", id_: str = "a", name: str = "read_file") -> ToolCall:
    """A tool call."""
    return ToolCall(id=id_, name=name, arguments=arguments)
