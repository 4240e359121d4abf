"""Recorded model runs are replayed offline: same replies, same questions, same end."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.models.replay import ReplayModel
from sandbox.base import SandboxProvider
from tests.agent.recorded_runs import FOLDER, NAMES, play


def of_the_day() -> list[str]:
    """One recording a day, so that the tests stay quick; REPLAY_ALL=1, as `make replay`: all."""
    day = datetime.now(UTC).toordinal()
    return NAMES if os.environ.get("REPLAY_ALL") else [NAMES[day % len(NAMES)]]


@pytest.mark.docker
@pytest.mark.parametrize("name", of_the_day())
def test_a_recorded_run_ends_verified_again(
    tmp_path: Path, docker_provider: SandboxProvider, name: str
) -> None:
    model = ReplayModel(FOLDER / name / "recording.jsonl")
    result = play(name, model, docker_provider, tmp_path)
    assert result.status == "verified", result.reason
    assert result.verdict is not None
    assert result.verdict.user_tests.passed >= 30
    assert result.verdict.user_tests.failed == 0
