"""Many runs at once in threads of one process, each with a model that takes a second to answer.

    python -m evals.bench.many_runs RUNS STEPS

Prints {"seconds", "rss_mb"}: from the first run's start to the last one's end, and the peak.
"""

import json
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from agent.backend_agent import BackendAgent
from agent.models.base import Completion, Message, ToolCall, ToolSchema, Usage
from agent.settings import Settings
from agent.task import AgentResult, AgentTask, Budget
from evals.bench.model_server import plan_calls
from sandbox.deadline import Deadline
from sandbox.memory import MemoryProvider

SPEC = Path(__file__).parent / "spec.md"
ANSWER_S = 1.0


class SlowModel:
    """Plays the reading plan of the model server."""

    name = "scripted:slow"

    def __init__(self, steps: int, answer_s: float = ANSWER_S) -> None:
        self._answer_s = answer_s
        self._calls = iter(list(plan_calls("read", steps)))

    def complete(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSchema],  # noqa: ARG002 - the plan knows its tools
        *,
        deadline: Deadline,
        max_output_tokens: int | None = None,  # noqa: ARG002 - replies are short
    ) -> Completion:
        """See `Model.complete`."""
        deadline.token.wait(self._answer_s)
        name, arguments = next(self._calls)
        call = ToolCall(id=f"c{len(messages)}", name=name, arguments=json.dumps(arguments))
        usage = Usage(input_tokens=100, output_tokens=10)
        return Completion(text="next", calls=(call,), finish_reason="tool_calls", usage=usage)


def run_one(folder: Path, steps: int) -> AgentResult:
    """One run, in a folder of its own."""
    settings = Settings(state_dir=folder / "state")
    budget = Budget(max_steps=10_000, max_tokens=None, max_minutes=None)
    task = AgentTask(spec_path=SPEC, repository=folder / "target", budget=budget)
    agent = BackendAgent(settings, model=SlowModel(steps), provider=MemoryProvider())
    return agent.execute_task(task)


def main() -> None:
    """Run them all and measure."""
    runs, steps = map(int, sys.argv[1:3])
    scratch = Path(tempfile.mkdtemp())
    run_one(scratch / "warm-up", 0)
    started = time.monotonic()
    with ThreadPoolExecutor(runs) as pool:
        folders = [scratch / str(number) for number in range(runs)]
        results = list(pool.map(run_one, folders, [steps] * runs))
    assert all(result.status == "unmet" and result.steps == steps + 3 for result in results)
    answer = {
        "seconds": time.monotonic() - started,
        "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
