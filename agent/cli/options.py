"""The options of every command, and nothing else: `--help` must be quick."""

import argparse
from pathlib import Path
from typing import TypeAlias, get_args

from agent.cli.eval_options import add_eval_options
from agent.cli.exit_codes import EXIT_HELP
from agent.models.profiles import ToolMode
from sandbox.base import ProviderName

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def build_parser() -> argparse.ArgumentParser:
    """The parser. Its result's `module` names the module whose `execute` runs the command."""
    parser = argparse.ArgumentParser(
        prog="python -m agent",
        description="Turns a spec into a FastAPI backend that is proven to work, on a git branch.",
        epilog=EXIT_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_run(commands)
    _add_resume(commands)
    _add_list(commands)
    _add_show(commands)
    _add_check(commands)
    _add_verify(commands)
    _add_doctor(commands)
    _add_sandbox(commands)
    _add_eval(commands)
    return parser


def _add_run(commands: Commands) -> None:
    parser = _command(commands, "run", "build a backend from a spec")
    parser.add_argument("spec", type=Path, metavar="SPEC", help="Markdown file")
    parser.add_argument(
        "--repo",
        type=Path,
        metavar="DIR",
        help="git repository that gets the branch; made if it is not there "
        "(default: ./NAME, after the spec's title). Its checkout is never touched, clean or not",
    )
    parser.add_argument(
        "--model", metavar="NAME", help="openai:NAME, langchain:PROVIDER:NAME, builtin"
    )
    parser.add_argument(
        "--tool-mode",
        choices=get_args(ToolMode),
        help="how the model asks for tools; json: one action a reply, for models whose tool calls "
        "are unreliable (default: by its name)",
    )
    parser.add_argument("--base-url", metavar="URL", help="of an OpenAI-compatible endpoint")
    parser.add_argument(
        "--schema",
        metavar="SOURCE",
        help="a Database Agent's tables: .sql, .json, .dbml or .prisma file, postgresql:// or https://",
    )
    parser.add_argument(
        "--acceptance",
        type=Path,
        metavar="DIR",
        help="your own pytest files, which talk HTTP to $BASE_URL; the result must pass them",
    )
    _add_sandbox_option(parser)
    parser.add_argument("--branch", metavar="NAME", help="(default: agent/<slug>-<run>)")
    parser.add_argument("--base", metavar="BRANCH", help="what to build on (default: HEAD)")
    parser.add_argument("--task-id", metavar="ID", help="the same id again returns the same run")
    parser.add_argument(
        "--constraint",
        action="append",
        default=[],
        metavar="TEXT",
        help="one more requirement, in a sentence; may be repeated",
    )
    parser.add_argument(
        "--attempts",
        type=_count,
        default=1,
        metavar="N",
        help="runs at most, one after the other until one is verified; the limits are for all",
    )
    _add_budget(parser)
    _add_output(parser)
    _add_settings(parser)


def _count(text: str) -> int:
    """A whole number from 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1, not {text!r}")
    return int(text)


def _add_resume(commands: Commands) -> None:
    parser = _command(commands, "resume", "go on with a run that was cut off")
    _add_run_id(parser)
    _add_budget(parser)
    _add_output(parser)
    _add_settings(parser)


def _add_list(commands: Commands) -> None:
    _add_settings(_command(commands, "list", "the runs of this machine, newest last"))


def _add_show(commands: Commands) -> None:
    parser = _command(commands, "show", "what happened in a run")
    _add_run_id(parser)
    parser.add_argument("--step", type=int, metavar="N", help="all that the model saw and did then")
    _add_settings(parser)


def _add_check(commands: Commands) -> None:
    parser = _command(commands, "check", "what is understood of a spec, without a run")
    parser.add_argument("spec", type=Path, metavar="SPEC", help="Markdown file")
    parser.add_argument("--schema", metavar="SOURCE", help="file, postgresql:// or https://")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="the draft Blueprint as JSON")
    form.add_argument("--mermaid", action="store_true", help="diagrams of entities and states")


def _add_verify(commands: Commands) -> None:
    parser = _command(commands, "verify", "check any FastAPI app for security flaws")
    parser.add_argument(
        "app", type=Path, metavar="APP_DIR", help="its folder; nothing in it changes"
    )
    parser.add_argument(
        "--entry", metavar="MODULE:NAME", help="the app, or NAME() of its factory (default: found)"
    )
    parser.add_argument(
        "--env",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a variable that it needs; values for others are made up; may be repeated",
    )
    parser.add_argument(
        "--packages",
        type=Path,
        metavar="DIR",
        help="installed packages that the sandbox lacks (pip install --target DIR)",
    )
    parser.add_argument(
        "--spec", type=Path, metavar="FILE", help="its spec; some checks apply only if it says so"
    )
    parser.add_argument("--sarif", type=Path, metavar="FILE", help="also write SARIF 2.1.0")
    parser.add_argument("--json", action="store_true", help="the report as JSON")
    _add_sandbox_option(parser)


def _add_doctor(commands: Commands) -> None:
    parser = _command(commands, "doctor", "check the sandbox, git and model access, with remedies")
    parser.add_argument("--model", metavar="NAME", help="also make one small call to this model")
    _add_sandbox_option(parser)
    _add_settings(parser)


def _add_sandbox(commands: Commands) -> None:
    parser = _command(commands, "sandbox", "the image that untrusted code runs in")
    parser.add_argument("action", choices=["build"], help="build it unless it is there")
    _add_sandbox_option(parser)
    _add_settings(parser)


def _add_sandbox_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--sandbox",
        choices=get_args(ProviderName),
        help="where untrusted code runs (default: docker); bubblewrap needs Linux and no engine; "
        "local isolates nothing and is never verified",
    )


def _add_eval(commands: Commands) -> None:
    parser = _command(commands, "eval", "measure agents on suites of cases")
    add_eval_options(parser, _count)
    _add_budget(parser)
    _add_settings(parser)


def _command(commands: Commands, name: str, text: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    parser.set_defaults(module=f"agent.cli.commands.{name}")
    return parser


def _add_run_id(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="its id, or the beginning of it; see `list`")


def _add_budget(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("limits (`-c budget.max_minutes=none` lifts one)")
    group.add_argument("--max-steps", type=int, metavar="N", help="model replies")
    group.add_argument("--max-tokens", type=int, metavar="N", help="input and output together")
    group.add_argument("--max-cost-usd", type=float, metavar="USD", help="needs a known price")
    group.add_argument("--max-minutes", type=float, metavar="MIN", help="wall clock")


def _add_output(parser: argparse.ArgumentParser) -> None:
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--json", action="store_true", help="events as JSON lines, the result last")
    group.add_argument("--plain", action="store_true", help="plain lines, no live view")


def _add_settings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-c",
        dest="overrides",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a setting, over files and environment; may be repeated",
    )
