"""Runs one command in the working sandbox and says how it ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sandbox.base import ExecResult
from tools.base import ToolContext

GRACE_S = 10
"""Seconds between the time-out that stops a command and the deadline that kills its machine."""
TIMED_OUT = (124, 137)
"""Exit codes of coreutils `timeout`: the command was stopped, or had to be killed."""
MACHINE_GONE = (
    "The sandbox machine is gone, and with it running servers and database rows. Your files are "
    "safe; the next command gets a fresh machine."
)


@dataclass(frozen=True, kw_only=True)
class MachineCommand:
    """What to run, and for how long at most."""

    argv: Sequence[str]
    timeout_s: int
    env: Mapping[str, str] = field(default_factory=dict)
    input: bytes = b""
    stop_signal: str = "TERM"
    """INT lets pytest write its report."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How it ended."""

    result: ExecResult
    files: dict[str, bytes]
    """What was collected; empty when the machine is gone."""
    ending: str
    """`exit code 1 after 0.4 s`, or which limit stopped it and what that means."""
    machine_gone: bool
    timed_out: bool


def run_in_machine(
    ctx: ToolContext, command: MachineCommand, *, collect: Sequence[str] | None = ()
) -> Outcome:
    """Run it. A command that takes too long is stopped inside; the machine and its servers stay.

    Raises:
        SandboxError: as `Session.exec`.
    """
    stop = f"--signal={command.stop_signal}"
    argv = ["timeout", stop, "--kill-after=5", str(command.timeout_s), *command.argv]
    result, files = ctx.session.exec(
        argv,
        deadline=ctx.deadline.at_most(command.timeout_s + GRACE_S),
        env=command.env,
        input=command.input,
        collect=collect,
    )
    late = result.exit_code in TIMED_OUT and result.seconds >= command.timeout_s
    return Outcome(
        result=result,
        files=files,
        ending=_ending(result, command.timeout_s, late=late, gone=not ctx.session.alive),
        machine_gone=not ctx.session.alive,
        timed_out=late or result.stopped_by == "timeout",
    )


def _ending(result: ExecResult, timeout_s: int, *, late: bool, gone: bool) -> str:
    reasons = {
        "timeout": f"did not stop when its {timeout_s} s were over, so it was killed",
        "cancel": "was cancelled",
        "output": "wrote too much output and was killed",
        "memory": "used more memory than the sandbox has and was killed",
    }
    if result.stopped_by is not None:
        text = f"the command {reasons[result.stopped_by]} after {result.seconds:.1f} s."
    elif late:
        text = f"timed out: stopped after {timeout_s} s."
    else:
        text = f"exit code {result.exit_code} after {result.seconds:.1f} s"
    return f"{text.rstrip('.')}. {MACHINE_GONE}" if gone else text
