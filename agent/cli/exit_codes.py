"""Exit codes: how a run ended, for shells and CI."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent.task import EndReason

UNEXPECTED = 1
USER_ACTS = 2
"""Also argparse's code for a wrong option."""
UNMET = 3
MODEL_FAILED = 6
SANDBOX_FAILED = 7
CANCELLED = 130
"""128 + SIGINT, as shells have it."""

EXIT_CODES: "dict[EndReason, int]" = {
    "verified": 0,
    "unmet": UNMET,
    "budget_steps": 4,
    "budget_tokens": 4,
    "budget_cost": 4,
    "budget_time": 4,
    "stuck": 5,
    "no_action": 5,
    "model_error": MODEL_FAILED,
    "sandbox_error": SANDBOX_FAILED,
    "cancelled": CANCELLED,
}

EXIT_HELP = """\
exit codes:
  0    verified: the branch holds a proven backend
  1    unexpected error
  2    bad input: spec, option, setting, key, repository; nothing was started
  3    unmet: the verifier did not accept, requirements have no proof, or `verify` found flaws
  4    a limit was reached: steps, tokens, cost or time
  5    the model got stuck or called no tool
  6    the model could not be reached or refused
  7    the sandbox failed
  130  cancelled
"""
