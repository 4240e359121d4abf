"""Every row of the fault matrix, on the wire and through the whole loop."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.events import RunEnded
from agent.task import Budget
from sandbox.deadline import Deadline
from tests.agent.fault_matrix import (
    AT_ONCE,
    END,
    FAULTS,
    RETRY_AFTER_S,
    START,
    run_always,
    run_once,
    run_under,
    serving,
)
from tests.agent.kit import make_run, run_to_end
from tests.agent.models.kit import model_at
from tests.agent.models.openai_server import OpenAIServer


@pytest.fixture(scope="module")
def server() -> Iterator[OpenAIServer]:
    with serving() as state:
        yield state


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_that_happens_once(tmp_path: Path, server: OpenAIServer, name: str) -> None:
    fault = FAULTS[name]
    outcome = run_once(server, tmp_path, fault)
    assert outcome.end.reason == fault.once
    assert outcome.judged == (fault.once == "verified"), "no success without a verdict"
    if not fault.is_retried:
        assert fault.words in outcome.told
    assert outcome.requests == (2 if fault.handling == AT_ONCE else 3)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_that_never_stops(tmp_path: Path, server: OpenAIServer, name: str) -> None:
    fault = FAULTS[name]
    outcome = run_always(server, tmp_path, fault)
    assert outcome.end.reason == fault.always
    assert fault.words in outcome.told
    assert not outcome.judged
    assert outcome.end.work_ref is not None, "the work is kept"


def test_waits_as_long_as_the_server_asks(tmp_path: Path, server: OpenAIServer) -> None:
    outcome = run_once(server, tmp_path, FAULTS["429 with Retry-After"])
    assert outcome.seconds >= RETRY_AFTER_S


def test_usage_that_is_missing_is_estimated_and_said(tmp_path: Path, server: OpenAIServer) -> None:
    assert run_once(server, tmp_path, FAULTS["usage missing"]).estimated
    assert not run_under(server, tmp_path / "told", [START, END]).estimated


def test_the_wall_clock_ends_a_call_in_flight(tmp_path: Path, server: OpenAIServer) -> None:
    server.script(START, FAULTS["hang"].act)
    run = make_run(tmp_path, model_at(server), budget=Budget(max_minutes=0.01))
    run.deadline = Deadline.after(0.6)
    started = time.monotonic()
    end = run_to_end(run)[-1]
    assert isinstance(end, RunEnded)
    assert (end.reason, end.detail) == ("budget_time", "the limit of 0.01 minutes is over")
    assert time.monotonic() - started < 5
