"""Every way a run can end has its documented code."""

from typing import get_args

import pytest

from agent.cli.exit_codes import EXIT_CODES, EXIT_HELP
from agent.task import EndReason


def test_every_end_has_a_code() -> None:
    assert set(EXIT_CODES) == set(get_args(EndReason))


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("verified", 0),
        ("unmet", 3),
        ("budget_steps", 4),
        ("budget_tokens", 4),
        ("budget_cost", 4),
        ("budget_time", 4),
        ("stuck", 5),
        ("no_action", 5),
        ("model_error", 6),
        ("sandbox_error", 7),
        ("cancelled", 130),
    ],
)
def test_codes_stay_what_scripts_rely_on(reason: EndReason, code: int) -> None:
    assert EXIT_CODES[reason] == code
    assert f"\n  {code} " in EXIT_HELP
