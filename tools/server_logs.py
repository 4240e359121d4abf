"""Shows what the server in the sandbox logged."""

from pydantic import Field

from tools.base import Args, Observation, Tool, ToolContext
from tools.guest import guest_argv
from tools.machine import MachineCommand, run_in_machine
from tools.tracebacks import readable_log

TIMEOUT_S = 20


class ServerLogsArgs(Args):
    """Arguments of `server_logs`."""

    lines: int = Field(60, ge=1, le=500, description="How many of the last lines")


def server_logs(ctx: ToolContext, args: ServerLogsArgs) -> Observation:
    """Show the end of the server's log, and whether it still runs."""
    command = MachineCommand(
        argv=guest_argv("server", "logs", str(args.lines)), timeout_s=TIMEOUT_S
    )
    outcome = run_in_machine(ctx, command)
    said = readable_log(outcome.result.output.strip("\n"))
    return Observation(text=said or outcome.ending, ok=outcome.result.ok)


SERVER_LOGS = Tool("server_logs", ServerLogsArgs, server_logs, phase="after_freeze")
