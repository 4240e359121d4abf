"""A run in a process of its own that kills itself (SIGKILL) at a given point, once.

    python -m tests.agent.crash_child FOLDER POINT

POINT: `none`, `event:N` (right after the Nth event is on the disk), `tool` (inside a tool that has
already changed a file), `fetch-before` or `fetch-after` (around the fetch that delivers).
"""

import os
import signal
import sys
from pathlib import Path

from agent.loop import drive
from tests.agent.kit import FINISH, FREEZE, TOOLS, Script, make_run, reply
from tools.base import AnyTool, Args, Observation, Tool, ToolContext


def kill_once(folder: Path) -> None:
    """Die, unless this run died before."""
    marker = folder / "killed"
    if not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)


def main(folder: Path, point: str) -> None:
    """Start the run, or go on with it."""

    def build(ctx: ToolContext, args: Args) -> Observation:
        """Write two files; the process may die between them."""
        ctx.workspace.write("one.txt", b"1")
        if point == "tool":
            kill_once(folder)
        ctx.workspace.write("two.txt", b"2")
        return Observation(text="built")

    tools: tuple[AnyTool, ...] = (*TOOLS, Tool("build", Args, build, changes_files=True))
    model = Script([reply(FREEZE, ("build", {})), reply(("look", {}), FINISH)])
    run = make_run(folder, model, tools=tools)
    if point.startswith("fetch"):
        os.environ["PATH"] = f"{folder}:{os.environ['PATH']}"
    for number, _ in enumerate(drive(run), start=1):
        if point == f"event:{number}":
            kill_once(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
