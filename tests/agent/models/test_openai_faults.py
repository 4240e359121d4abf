"""The openai adapter against servers, networks and users that misbehave."""

import logging
import socket
import threading
import time
import traceback
from typing import Any

import openai
import pytest
from pydantic import SecretStr

from agent.errors import ContextTooLong, ModelError, ModelRejected, ModelUnavailable
from agent.models.faults import Masker
from agent.models.openai import OpenAIModel
from agent.models.openai_faults import FAULTS, openai_fault
from agent.models.retry import PassingFault, RetryPolicy
from sandbox.deadline import CancelToken, Deadline
from tests.agent.models.kit import ASK, HASTY, KEY, READ_FILE, model_at
from tests.agent.models.openai_server import (
    Act,
    OpenAIServer,
    answer,
    drip,
    hang,
    refuse,
    reply,
    reset_in_body,
)

ANY_REQUEST: Any = None


def ask(model: OpenAIModel, deadline: Deadline | None = None) -> str:
    return model.complete(ASK, [READ_FILE], deadline=deadline or Deadline.after(20)).text


PASSING: list[tuple[str, Act, str]] = [
    ("rate limit", refuse(429, "slow down", headers={"Retry-After": "0"}), "HTTP 429: slow down"),
    ("rate limit, no hint", refuse(429, "slow down"), "HTTP 429: slow down"),
    ("time-out", refuse(408), "HTTP 408: no"),
    ("conflict", refuse(409), "HTTP 409: no"),
    ("server error", refuse(500), "HTTP 500: no"),
    ("overload", refuse(503), "HTTP 503: no"),
    ("Anthropic's overload", refuse(529), "HTTP 529: no"),
    ("proxy's page", answer(502, "<html>Bad gateway</html>"), "HTTP 502: "),
    ("plain text", answer(503, "warming up"), "HTTP 503: warming up"),
    ("reset in the body", reset_in_body, "no connection to openai:m1: peer closed connection"),
    ("invalid JSON", answer(200, '{"choices": ['), 'no chat completion but: {"choices": ['),
    ("empty body", answer(200, ""), "no chat completion but: nothing"),
    ("no choices", answer(200, {"choices": []}), 'no chat completion but: {"choices": []}'),
    ("error as success", answer(200, {"error": {"message": "busy"}}), '"message": "busy"'),
    ("broken off", reply("par", finish="error"), "broke its reply off"),
]


@pytest.mark.parametrize(("act", "text"), [p[1:] for p in PASSING], ids=[p[0] for p in PASSING])
def test_passing_faults_are_tried_again(openai_server: OpenAIServer, act: Act, text: str) -> None:
    openai_server.script(act, act, reply("better"))
    assert ask(model_at(openai_server)) == "better"
    assert len(openai_server.bodies) == 3
    assert openai_server.bodies[0] == openai_server.bodies[2]

    openai_server.script(act)
    with pytest.raises(ModelUnavailable) as caught:
        ask(model_at(openai_server))
    assert str(caught.value).startswith("the model did not answer in 6 of 6 tries: ")
    assert text in str(caught.value)
    assert len(openai_server.bodies) == 3 + 6


FINAL: list[tuple[Act, type[ModelError], str]] = [
    (
        refuse(401, f"Incorrect API key: {KEY}"),
        ModelRejected,
        "the key in OPENAI_API_KEY was refused: set a",
    ),
    (refuse(403, "no"), ModelRejected, "the key may not use openai:m1"),
    (refuse(404, "no m1"), ModelRejected, "no openai:m1 at this address: check the model's name"),
    (refuse(400, "bad schema"), ModelRejected, "refused (HTTP 400: bad schema)"),
    (answer(422, {"detail": "bad"}), ModelRejected, "HTTP 422: {'detail': 'bad'}"),
    (refuse(402, "pay"), ModelRejected, "no credit left for openai:m1"),
    (refuse(429, "pay", code="insufficient_quota"), ModelRejected, "no credit left"),
    (refuse(400, "x", code="context_length_exceeded"), ContextTooLong, "no longer fits openai:m1"),
    (refuse(400, "maximum context length is 9"), ContextTooLong, "maximum context length is 9"),
    (refuse(413, "prompt is too long: 9 tokens"), ContextTooLong, "HTTP 413: prompt is too long"),
]


@pytest.mark.parametrize(("act", "kind", "text"), FINAL)
def test_final_faults_are_raised_at_once(
    openai_server: OpenAIServer, act: Act, kind: type[ModelError], text: str
) -> None:
    openai_server.script(act)
    with pytest.raises(kind) as caught:
        ask(model_at(openai_server))
    assert text in str(caught.value)
    assert len(openai_server.bodies) == 1


@pytest.mark.parametrize(("name", "asked"), [("Retry-After", "0.3"), ("retry-after-ms", "300")])
def test_waits_as_long_as_the_server_asks(
    openai_server: OpenAIServer, name: str, asked: str
) -> None:
    openai_server.script(refuse(429, headers={name: asked}), reply())
    started = time.monotonic()
    assert ask(model_at(openai_server)) == "hi"
    assert 0.3 <= time.monotonic() - started < 0.8


def test_does_not_wait_past_the_deadline(openai_server: OpenAIServer) -> None:
    openai_server.script(refuse(429, headers={"Retry-After": "60"}))
    started = time.monotonic()
    with pytest.raises(ModelUnavailable, match="1 of 6 tries, and the time left allows no"):
        ask(model_at(openai_server), Deadline.after(5))
    assert time.monotonic() - started < 1


@pytest.mark.parametrize("act", [hang, drip])
def test_a_deadline_ends_a_request(openai_server: OpenAIServer, act: Act) -> None:
    openai_server.script(act)
    started = time.monotonic()
    with pytest.raises(ModelUnavailable):
        ask(model_at(openai_server), Deadline.after(0.5))
    assert 0.4 < time.monotonic() - started < 0.9


@pytest.mark.parametrize("act", [hang, drip])
def test_a_cancel_ends_a_request_and_hangs_up(openai_server: OpenAIServer, act: Act) -> None:
    openai_server.script(act)
    token = CancelToken()
    timer = threading.Timer(0.3, token.cancel)
    timer.start()
    started = time.monotonic()
    with pytest.raises(ModelUnavailable, match="cancelled while the model was asked"):
        ask(model_at(openai_server), Deadline.after(20, token))
    assert time.monotonic() - started < 0.7
    assert openai_server.hung_up.wait(2)
    timer.join()


def test_the_model_can_be_asked_again_after_hanging_up(openai_server: OpenAIServer) -> None:
    openai_server.script(reply("one"), hang, reply("two"))
    model = model_at(openai_server)
    assert ask(model) == "one"
    with pytest.raises(ModelUnavailable):
        ask(model, Deadline.after(0.3))
    assert ask(model) == "two"


def test_a_hung_request_is_tried_again(openai_server: OpenAIServer) -> None:
    openai_server.script(hang, drip, reply())
    assert ask(model_at(openai_server, longest_try_s=0.3)) == "hi"


def test_a_cancel_ends_the_wait_between_tries(openai_server: OpenAIServer) -> None:
    openai_server.script(refuse(503, headers={"Retry-After": "10"}))
    token = CancelToken()
    timer = threading.Timer(0.3, token.cancel)
    timer.start()
    started = time.monotonic()
    with pytest.raises(ModelUnavailable, match="cancelled"):
        ask(model_at(openai_server), Deadline.after(60, token))
    assert time.monotonic() - started < 0.7
    timer.join()


def test_a_deadline_that_is_over_sends_nothing(openai_server: OpenAIServer) -> None:
    openai_server.script(reply())
    with pytest.raises(ModelUnavailable, match="the time was up"):
        ask(model_at(openai_server), Deadline.after(0))
    assert openai_server.bodies == []


def test_nobody_listens() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
        model = OpenAIModel("m1", api_key=SecretStr(KEY), base_url=url, retry=HASTY)
        with pytest.raises(ModelUnavailable, match=r"no connection to openai:m1: .*refused"):
            ask(model)


@pytest.mark.parametrize(
    "act",
    [
        refuse(401, f"Incorrect API key provided: {KEY}."),
        refuse(500, f"cannot look up {KEY}"),
        answer(403, f"forbidden: Bearer {KEY}"),
        answer(200, f'{{"echo": "{KEY}"}}'),
    ],
)
def test_the_key_is_never_told(
    openai_server: OpenAIServer, act: Act, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    openai_server.script(act)
    model = model_at(openai_server, retry=RetryPolicy(tries=2, base_s=0.001))
    with pytest.raises(ModelError) as caught:
        ask(model)
    told = "".join(traceback.format_exception(caught.value))
    assert "[secret]" in told
    assert KEY not in told + caplog.text + repr(model) + str(vars(model))
    assert openai_server.keys[0] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (openai.OpenAIError(f"odd {KEY}"), ModelRejected, "m could not be asked: odd [secret]"),
        (openai.APITimeoutError(request=ANY_REQUEST), PassingFault, "m took too long"),
        (
            openai.APIConnectionError(request=ANY_REQUEST),
            PassingFault,
            "no connection to m: ",
        ),
    ],
)
def test_errors_that_no_server_provokes(
    error: openai.OpenAIError, kind: type[Exception], text: str
) -> None:
    fault = openai_fault(error, "m", Masker([KEY]))
    assert type(fault) is kind
    assert str(fault).startswith(text)


def library_errors() -> list[type[BaseException]]:
    """Every public exception class of the library that descends from its root."""
    found: list[type[BaseException]] = [openai.OpenAIError]
    for kind in found:
        found += kind.__subclasses__()
    return [kind for kind in found if kind.__name__ in openai.__all__]


OTHER_APIS = {
    "ContentFilterFinishReasonError",  # .parse(), as the next one
    "LengthFinishReasonError",
    "WebSocketConnectionClosedError",
    "WebSocketQueueFullError",
}


@pytest.mark.parametrize("kind", library_errors())
def test_every_error_of_the_library_is_mapped(kind: type[Any]) -> None:
    assert (kind in FAULTS) != (kind.__name__ in OTHER_APIS)
