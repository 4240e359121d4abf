"""Stops the server in the sandbox."""

from tools.base import Args, Observation, Tool, ToolContext
from tools.guest import guest_argv
from tools.machine import MachineCommand, run_in_machine

TIMEOUT_S = 20


class StopServerArgs(Args):
    """`stop_server` takes no arguments."""


def stop_server(ctx: ToolContext, args: StopServerArgs) -> Observation:  # noqa: ARG001 - the shape of a tool
    """Stop the server that start_server started."""
    command = MachineCommand(argv=guest_argv("server", "stop"), timeout_s=TIMEOUT_S)
    outcome = run_in_machine(ctx, command)
    said = outcome.result.output.strip() if outcome.result.ok else outcome.ending
    return Observation(text=said, ok=outcome.result.ok)


STOP_SERVER = Tool("stop_server", StopServerArgs, stop_server, phase="after_freeze")
