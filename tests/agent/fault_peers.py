"""The same faults, and a kill inside a tool, against other agents."""

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.agent.models.openai_server import Act, Handler, OpenAIServer, reply

STEPS = 6
FAULTY_STEP = 3
LONGEST_S = 40
"""A peer that has not ended by then is counted as still trying: not a success."""
SUBMIT = "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"
"""What mini-swe-agent takes for the end."""
KILL = "[ -e killed ] || { touch killed; kill -9 $PPID; }"
GOOD = ("x", "bash", json.dumps({"command": "echo fault >> other"}))
BROKEN = ("y", "bash", '{"command": "echo fa')
CALLS: Mapping[str, Act] = {
    "truncated arguments": reply(None, BROKEN, finish="tool_calls"),
    "one bad call of several": reply(None, GOOD, BROKEN, finish="tool_calls"),
    "duplicate call ids": reply(None, GOOD, GOOD, finish="tool_calls"),
    "call without an id": reply(None, (None, *GOOD[1:]), finish="tool_calls"),
    "unknown tool": reply(None, ("x", "bush", "{}"), finish="tool_calls"),
    "wrong types": reply(None, ("x", "bash", '{"command": 1}'), finish="tool_calls"),
    "finish_reason length": reply(None, BROKEN, finish="length"),
    "usage missing": reply(None, GOOD, finish="tool_calls", usage=None),
}
"""The rows whose reply holds a call, with the peers' own tool in it."""


def plan(faulty: Act | None, *, kills: bool = False) -> Act:
    """Six commands and the end, by what is in the request; the fault comes once, at the third."""
    left = [faulty] if faulty else []

    def act(handler: Handler) -> None:
        messages = handler.state.bodies[-1]["messages"]
        done = _done(messages)
        if left and done == FAULTY_STEP - 1:
            left.pop()(handler)
        else:
            _next(messages, done, kills=kills)(handler)

    return act


def _done(messages: list[dict[str, object]]) -> int:
    return sum("step done" in str(m.get("content")) for m in messages if m["role"] == "tool")


def _next(messages: list[dict[str, object]], done: int, *, kills: bool) -> Act:
    if done == STEPS:
        if any("all said" in str(m.get("content")) for m in messages):
            return reply("All is done.")
        return reply(None, _call(99, f"{SUBMIT}; echo all said"), finish="tool_calls")
    number = done + 1
    kill = f"; {KILL}" if kills and number == FAULTY_STEP else ""
    command = f"echo {number} >> steps{kill}; echo step done"
    return reply(None, _call(number, command), finish="tool_calls")


def _call(number: int, command: str) -> tuple[str, str, str]:
    return f"c{number}", "bash", json.dumps({"command": command})


@dataclass(frozen=True)
class Peer:
    """Another agent, in an environment of its own."""

    name: str
    module: str
    """Of tests.agent.peers; runs it."""
    packages: tuple[str, ...]
    """Whose versions are told."""
    variable: str
    """Of the environment: names an interpreter that has the packages."""

    @property
    def python(self) -> str | None:
        """That interpreter, when one is named."""
        return os.environ.get(self.variable)

    def measure(self, server: OpenAIServer, faults: Mapping[str, Act]) -> dict[str, object]:
        """How often it says that it is finished although it is not, and what a kill does to it."""
        fooled: list[str] = []
        recovered = 0
        for fault, act in faults.items():
            server.script(plan(CALLS.get(fault, act)))
            with tempfile.TemporaryDirectory() as folder:
                finished = self._run(server.url, Path(folder))
                complete = _steps(Path(folder)) == list(range(1, STEPS + 1))
            recovered += finished and complete
            fooled += [fault] if finished and not complete else []
        return {
            "versions": self._versions(),
            "faults": len(faults),
            "recovered": recovered,
            "false_success": len(fooled),
            "fooled_by": fooled,
            "after_a_kill": self._after_kill(server),
        }

    def _after_kill(self, server: OpenAIServer) -> dict[str, object]:
        server.script(plan(None, kills=True))
        with tempfile.TemporaryDirectory() as folder:
            self._run(server.url, Path(folder))
            finished = self._run(server.url, Path(folder))
            steps = _steps(Path(folder))
        twice = sorted({step for step in steps if steps.count(step) > 1})
        return {"finished": finished, "steps_done_twice": twice}

    def _run(self, url: str, folder: Path) -> bool:
        """Whether the peer says that it is finished."""
        command = [str(self.python), "-m", f"tests.agent.peers.{self.module}", url, str(folder)]
        env = {**os.environ, "MSWEA_MODEL_RETRY_STOP_AFTER_ATTEMPT": "3"}
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=LONGEST_S, env=env
            )
        except subprocess.TimeoutExpired:
            return False
        lines = done.stdout.splitlines()
        return done.returncode == 0 and bool(lines) and json.loads(lines[-1])["finished"] is True

    def _versions(self) -> dict[str, str]:
        script = "import sys, importlib.metadata as m; print(*map(m.version, sys.argv[1:]))"
        command = [str(self.python), "-c", script, *self.packages]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        return dict(zip(self.packages, said, strict=True))


PEERS = (
    Peer("mini-swe-agent", "mini", ("mini-swe-agent", "litellm"), "FAULTS_MINI_PYTHON"),
    Peer(
        "create_agent",
        "create_agent",
        ("langchain", "langgraph-checkpoint-sqlite"),
        "FAULTS_LANGCHAIN_PYTHON",
    ),
)


def _steps(folder: Path) -> list[int]:
    log = folder / "steps"
    return [int(line) for line in log.read_text().split()] if log.exists() else []
