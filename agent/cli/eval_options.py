"""The options of `eval`, whose command lives above this package: evals/command.py."""

import argparse
from collections.abc import Callable
from pathlib import Path

EVAL_HELP = """\
  eval SUITE                 run a suite: a built-in one (smoke) or a folder of cases
  eval check SUITE           its solutions pass, an empty project and every seeded fault fail
  eval resume FOLDER         go on with an evaluation; what is scored is not run again
  eval show FOLDER           its numbers once more
  eval compare FOLDER FOLDER whether the second is better on the same cases, or only luckier
  eval import FOLDER SUITE   make cases of a folder of specs with hidden tests
"""


def add_eval_options(parser: argparse.ArgumentParser, count: Callable[[str], int]) -> None:
    """Fill the parser of `eval`; `count` reads a whole number from 1."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EVAL_HELP
    parser.set_defaults(module="evals.command")
    parser.add_argument("words", nargs="+", metavar="SUITE", help="or an action, see below")
    parser.add_argument(
        "--agent",
        choices=["ours", "single-shot", "mini-swe-agent", "oracle", "nop"],
        default="ours",
        help="who is measured: ours, one model call without tools, the peer of that name, the "
        "solution, or nothing",
    )
    parser.add_argument(
        "--agent-cmd",
        metavar="COMMAND",
        help="any program instead: works in an empty folder, {instruction} is the task's file; "
        "runs on this machine as you do, outside the sandbox",
    )
    parser.add_argument(
        "--model", action="append", metavar="NAME", help="as for `run`; may be repeated"
    )
    parser.add_argument("--base-url", metavar="URL", help="of an OpenAI-compatible endpoint")
    parser.add_argument("--attempts", type=count, default=1, metavar="N", help="of every case")
    parser.add_argument("--jobs", type=count, default=2, metavar="N", help="trials at once")
    parser.add_argument("--out", type=Path, metavar="DIR", help="(default: evals-out/SUITE-TIME)")
    group = parser.add_argument_group("limits of the whole evaluation")
    group.add_argument("--suite-max-cost-usd", type=float, metavar="USD")
    group.add_argument("--suite-max-minutes", type=float, metavar="MIN")
