"""Starts the backend in the background of the sandbox and waits until it answers."""

from pydantic import Field

from tools.backend import (
    ADMIN_LOGIN,
    ADMIN_PASSWORD,
    DATABASE,
    backend_environment,
    start_postgres,
)
from tools.base import Args, Observation, Tool, ToolContext, ToolError
from tools.excerpt import cut_middle
from tools.guest import guest_argv
from tools.machine import MachineCommand, run_in_machine
from tools.tracebacks import readable_log

MIGRATE_TIMEOUT_S = 60
STOP_S = 15
"""Seconds that stopping the server before may take."""
MAX_OUTPUT_CHARS = 6_000


class StartServerArgs(Args):
    """Arguments of `start_server`."""

    migrate: bool = Field(True, description="Run the migrations first")
    timeout_s: int = Field(20, ge=1, le=120, description="Seconds until it must answer")


def start_server(ctx: ToolContext, args: StartServerArgs) -> Observation:
    """Start the backend, or restart it with the current code, in the sandbox; then http_request.

    Its PostgreSQL database keeps its rows between restarts.
    """
    blueprint = ctx.blueprint.load()
    commands = blueprint.conventions.commands
    start_postgres(ctx, DATABASE)
    environment = backend_environment(blueprint, DATABASE)
    if args.migrate and commands.migrate.strip():
        migrate = MachineCommand(
            argv=["bash", "-c", commands.migrate], timeout_s=MIGRATE_TIMEOUT_S, env=environment
        )
        _run(ctx, migrate, f"migration failed ({commands.migrate})")
    url = f"http://127.0.0.1:{commands.port}{blueprint.conventions.health_path}"
    start = MachineCommand(
        argv=guest_argv("server", "start", commands.start, url, str(args.timeout_s)),
        timeout_s=args.timeout_s + STOP_S,
        env=environment,
    )
    said = _run(ctx, start, f"the server did not start ({commands.start})")
    text = f"the server runs on port {commands.port}. {said}"
    if blueprint.auth is not None:
        text += f"\nfirst admin, if the backend makes one: {ADMIN_LOGIN} / {ADMIN_PASSWORD}"
    return Observation(text=text)


def _run(ctx: ToolContext, command: MachineCommand, failure: str) -> str:
    outcome = run_in_machine(ctx, command)
    output = readable_log(outcome.result.output.strip("\n"))
    if not outcome.result.ok:
        raise ToolError(f"{failure}: {outcome.ending}\n{cut_middle(output, MAX_OUTPUT_CHARS)}")
    return output


START_SERVER = Tool("start_server", StartServerArgs, start_server, phase="after_freeze")
