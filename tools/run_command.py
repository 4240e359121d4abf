"""Runs a shell command in the sandbox and brings its file changes back."""

from pydantic import Field

from sandbox.base import UnsafeFileError
from tools.backend import DATABASE, backend_environment, start_postgres
from tools.base import Args, Observation, Tool, ToolContext, ToolError
from tools.excerpt import cut_middle
from tools.files import is_protected
from tools.machine import MachineCommand, Outcome, run_in_machine

MAX_OUTPUT_CHARS = 10_000
MAX_PATHS_SHOWN = 20

MAX_COMMAND_S = 300
"""The longest that a model may let a command run."""


class RunCommandArgs(Args):
    """Arguments of `run_command`."""

    command: str = Field(min_length=1, description="Bash command line, run in the workspace")
    timeout_s: int = Field(60, ge=1, le=MAX_COMMAND_S, description="Seconds until it is stopped")


def run_command(ctx: ToolContext, args: RunCommandArgs) -> Observation:
    """Run a bash command in the sandbox: no network, PostgreSQL up, the backend's variables set.

    Files it changes in the workspace are kept. For tests use run_tests, for the server
    start_server.
    """
    start_postgres(ctx, DATABASE)
    command = MachineCommand(
        argv=["bash", "-c", args.command],
        timeout_s=args.timeout_s,
        env=backend_environment(ctx.blueprint.load(), DATABASE),
    )
    try:
        outcome = run_in_machine(ctx, command, collect=None)
    except UnsafeFileError as error:
        raise ToolError(
            f"the command ran, but left a file that cannot be taken over: {error}. No change was "
            "kept; remove that file with run_command."
        ) from error
    changed = _adopt(ctx, outcome)
    lines = [outcome.ending, *_name_changes(changed)]
    output = outcome.result.output.strip("\n")
    if output:
        lines.append(cut_middle(output, MAX_OUTPUT_CHARS, "filter the output with grep or tail"))
    whole = output if len(output) > MAX_OUTPUT_CHARS else None
    return Observation(text="\n".join(lines), ok=outcome.result.ok, whole=whole)


def _adopt(ctx: ToolContext, outcome: Outcome) -> list[str]:
    if outcome.machine_gone:
        return []
    own = {path: ctx.workspace.read(path) for path in ctx.workspace.files() if is_protected(path)}
    files = {path: data for path, data in outcome.files.items() if not is_protected(path)}
    return ctx.session.adopt(files | own)


def _name_changes(changed: list[str]) -> list[str]:
    if not changed:
        return []
    more = f" and {len(changed) - MAX_PATHS_SHOWN} more" if len(changed) > MAX_PATHS_SHOWN else ""
    return [f"changed files: {', '.join(changed[:MAX_PATHS_SHOWN])}{more}"]


RUN_COMMAND = Tool(
    "run_command", RunCommandArgs, run_command, changes_files=True, phase="after_freeze"
)
