"""Fixtures of the model adapters."""

from collections.abc import Iterator

import pytest

from tests.agent.models.openai_server import OpenAIServer, serve


@pytest.fixture
def openai_server() -> Iterator[OpenAIServer]:
    """A chat completions server whose acts the test sets."""
    state = OpenAIServer()
    server = serve(state)
    yield state
    state.released.set()
    server.shutdown()
    server.server_close()
