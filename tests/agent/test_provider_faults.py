"""Faults of an endpoint, through the whole loop, over the wire formats of LangChain's providers."""

import gc
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.models.base import Model
from agent.models.langchain import open_langchain
from tests.agent.fault_matrix import (
    AT_ONCE,
    FAULTS,
    LONGEST_TRY_S,
    RETRY_AFTER_S,
    TRIES,
    Outcome,
    run_with,
    serving,
)
from tests.agent.models.ollama_server import reply as ollama_reply
from tests.agent.models.openai_server import Act, OpenAIServer
from tests.agent.provider_faults import PROVIDERS, Provider, call

ROWS = [(kind, name) for kind, provider in PROVIDERS.items() for name in provider.faults]
KEY = "sk-ant-0123456789"
pytestmark = [
    # The providers' clients cannot be closed: their sockets are left to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def server() -> Iterator[OpenAIServer]:
    with serving() as state:
        yield state


@pytest.fixture(autouse=True)
def _no_socket_is_left_to_other_tests() -> Iterator[None]:
    yield
    gc.collect()


@pytest.fixture(autouse=True)
def _addresses(server: OpenAIServer, monkeypatch: pytest.MonkeyPatch) -> None:
    address = server.url.removesuffix("/v1")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", address)
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    monkeypatch.setenv("OLLAMA_HOST", address)


def model_of(provider: Provider) -> Model:
    return open_langchain(provider.spec, window=8_000, retry=TRIES, longest_try_s=LONGEST_TRY_S)


def run(server: OpenAIServer, folder: Path, provider: Provider, *middle: Act) -> Outcome:
    """A run that freezes, works, talks much; then the middle; its last act for ever."""
    start = provider.reply(
        "",
        call("freeze_blueprint", id_="f"),
        call("note", '{"text": "hello"}', "n"),
        call("chatter", id_="c"),
        finish="tool_calls",
    )
    return run_with(model_of(provider), server, folder, [start, *middle])


@pytest.mark.parametrize(("kind", "name"), ROWS)
def test_once_as_with_openai(tmp_path: Path, server: OpenAIServer, kind: str, name: str) -> None:
    provider, fault = PROVIDERS[kind], FAULTS[name]
    end = provider.reply("", call("finish", '{"summary": "done"}', "d"), finish="tool_calls")
    outcome = run(server, tmp_path, provider, provider.faults[name], end)
    assert outcome.end.reason == fault.once, outcome.end.detail
    assert outcome.judged == (fault.once == "verified")
    if not fault.is_retried:
        assert fault.words in outcome.told
    assert outcome.requests == (2 if fault.handling == AT_ONCE else 3)
    assert KEY not in outcome.told


@pytest.mark.parametrize(("kind", "name"), ROWS)
def test_for_ever_as_with_openai(
    tmp_path: Path, server: OpenAIServer, kind: str, name: str
) -> None:
    provider, fault = PROVIDERS[kind], FAULTS[name]
    outcome = run(server, tmp_path, provider, provider.faults[name])
    assert outcome.end.reason == fault.always, outcome.end.detail
    assert not outcome.judged
    assert KEY not in outcome.told


def test_waits_as_long_as_anthropic_asks(tmp_path: Path, server: OpenAIServer) -> None:
    provider = PROVIDERS["anthropic"]
    end = provider.reply("", call("finish", '{"summary": "done"}', "d"), finish="tool_calls")
    started = time.monotonic()
    run(server, tmp_path, provider, provider.faults["429 with Retry-After"], end)
    assert time.monotonic() - started >= RETRY_AFTER_S


def test_an_ollama_reply_that_breaks_off_is_asked_for_again(
    tmp_path: Path, server: OpenAIServer
) -> None:
    provider = PROVIDERS["ollama"]
    cut = ollama_reply("half a", call("finish", '{"summary": "no"}'), done=False)
    end = provider.reply("", call("finish", '{"summary": "done"}', "d"), finish="tool_calls")
    outcome = run(server, tmp_path, provider, cut, end)
    assert (outcome.end.reason, outcome.requests) == ("verified", 3)
    outcome = run(server, tmp_path / "always", provider, cut)
    assert outcome.end.reason == "model_error"
    assert "broke its reply off" in outcome.end.detail
