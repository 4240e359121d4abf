"""The state that the live view draws."""

import pytest

from agent.console.progress import Phase, Progress
from agent.models.base import Usage
from tests.agent.console.story import STORY, at
from tools.base import TestCounts


def after(count: int) -> Progress:
    progress = Progress()
    for event in STORY[:count]:
        progress.apply(event)
    return progress


@pytest.mark.parametrize(
    ("count", "phase", "doing"),
    [
        (0, "understand", "getting the sandbox ready"),
        (1, "understand", "reading the spec"),
        (2, "blueprint", "waiting for the model"),
        (4, "blueprint", "update_blueprint book"),
        (11, "build", "waiting for the model"),
        (16, "test", "run_tests tests"),
        (17, "build", "waiting for the model"),
        (19, "verify", "finish A bookshop."),
        (20, "verify", "reading the verdict"),
        (25, "commit", "packing the artifacts"),
    ],
)
def test_phase_and_doing(count: int, phase: Phase, doing: str) -> None:
    progress = after(count)
    assert (progress.phase, progress.doing) == (phase, doing)


def test_figures_add_up() -> None:
    progress = after(19)
    assert progress.step == 6
    assert progress.tests == TestCounts(passed=41, failed=1, skipped=0)
    assert progress.usage == Usage(input_tokens=54_000, cached_tokens=48_000, output_tokens=2_400)
    assert progress.cost_usd == pytest.approx(0.072)
    assert progress.since == at(0)


def test_one_unknown_cost_makes_the_sum_unknown() -> None:
    assert after(len(STORY)).cost_usd is None
