"""One solution of the core suite a day, with real sandboxes; `make eval-oracle` tries all."""

from datetime import UTC, datetime

import pytest

from evals.case import load_case
from evals.command import SUITES
from evals.score import score_backend
from evals.solution import driven_as_solution, solution_files
from sandbox.base import SandboxProvider

CASES = sorted(path.name for path in (SUITES / "core").iterdir())
TODAYS = CASES[datetime.now(UTC).timetuple().tm_yday % len(CASES)]


@pytest.mark.docker
@pytest.mark.parametrize("name", [TODAYS])
def test_the_solution_of_the_day_passes(name: str, docker_provider: SandboxProvider) -> None:
    case = load_case(SUITES / "core" / name)
    judged = driven_as_solution(case)
    score = score_backend(judged, solution_files(case), docker_provider, f"oracle-{name}")
    failed = [test.id for test in score.tests.tests if test.outcome != "passed"]
    assert (score.passed, failed, score.reason) == (True, [], "")
