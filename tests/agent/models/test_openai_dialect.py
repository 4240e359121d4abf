"""Learning from an endpoint's refusals."""

from typing import Any

import pytest

from agent.errors import ModelRejected
from agent.models.openai_dialect import Dialect
from sandbox.deadline import Deadline
from tests.agent.models.kit import ASK, READ_FILE, model_at
from tests.agent.models.openai_server import OpenAIServer, refuse, reply

NO_MAX_TOKENS = (
    "Unsupported parameter: 'max_tokens' is not supported with this model. "
    "Use 'max_completion_tokens' instead."
)
NEITHER = "'max_tokens' or 'max_completion_tokens' is too large: 5000"
NO_ROOM = (
    "This model's maximum context length is 4096 tokens. However, you requested 5090 tokens "
    "(90 in the messages, 5000 in the completion)."
)
NO_EFFORT = (
    "Function tools with reasoning_effort are not supported for m1 in /v1/chat/completions. "
    "To use function tools, use /v1/responses or set reasoning_effort to 'none'."
)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://api.openai.com/v1", "max_completion_tokens"),
        ("https://eu.api.openai.com/v1", "max_completion_tokens"),
        ("https://x.openai.azure.com/openai/v1", "max_completion_tokens"),
        ("https://api.mistral.ai/v1", "max_tokens"),
        ("https://notapi.openai.com.example/v1", "max_tokens"),
        ("http://localhost:8000/v1", "max_tokens"),
    ],
)
def test_first_guess(url: str, name: str) -> None:
    assert Dialect.of(url).fields("m", 9) == {"model": "m", name: 9}


@pytest.mark.parametrize(
    ("refusals", "learned"),
    [
        ([refuse(400, NO_MAX_TOKENS)], {"max_completion_tokens": 5000}),
        ([refuse(422, "extra_forbidden: max_tokens")], {"max_completion_tokens": 5000}),
        ([refuse(400, NEITHER), refuse(400, NEITHER)], {}),
        ([refuse(400, NO_ROOM), refuse(400, NO_ROOM)], {}),
        ([refuse(400, NO_EFFORT)], {"max_tokens": 5000, "reasoning_effort": "none"}),
        (
            [refuse(400, NO_EFFORT), refuse(400, NO_MAX_TOKENS)],
            {"max_completion_tokens": 5000, "reasoning_effort": "none"},
        ),
    ],
)
def test_learns_once_and_remembers(
    openai_server: OpenAIServer, refusals: list[Any], learned: dict[str, Any]
) -> None:
    openai_server.script(*refusals, reply())
    model = model_at(openai_server)
    for _ in range(2):
        said = model.complete(ASK, [READ_FILE], deadline=Deadline.after(20), max_output_tokens=5000)
        assert said.text == "hi"
    bodies = openai_server.bodies[len(refusals) :]
    assert len(bodies) == 2
    for body in bodies:
        rest = {k: v for k, v in body.items() if k not in {"model", "messages", "tools"}}
        assert rest == learned


def test_gives_up_when_there_is_nothing_left_to_learn(openai_server: OpenAIServer) -> None:
    openai_server.script(refuse(400, NEITHER + NO_EFFORT))
    with pytest.raises(ModelRejected, match="too large: 5000"):
        model_at(openai_server).complete(
            ASK, [READ_FILE], deadline=Deadline.after(20), max_output_tokens=5000
        )
    assert len(openai_server.bodies) == 4
