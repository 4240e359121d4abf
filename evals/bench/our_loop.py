"""The product's loop under the same model: real journal, trees and tools, a memory sandbox.

    python -m evals.bench.our_loop BASE_URL

Prints {"cpu_s_per_step", "rss_mb", "journal_bytes_per_step"}.
"""

import json
import resource
import sys
import tempfile
import time
from pathlib import Path

from pydantic import SecretStr

from agent.backend_agent import BackendAgent
from agent.events import Event, ModelReplied
from agent.runs import find_run
from agent.settings import Settings
from agent.task import AgentTask, Budget
from sandbox.memory import MemoryProvider

SPEC = Path(__file__).parent / "spec.md"
WARM_UP = 3
"""Replies before the measured ones: freezing the Blueprint, writing the first file."""


def main() -> None:
    """Run the task and measure between the third reply and the last."""
    folder = Path(tempfile.mkdtemp())
    marks: list[float] = []

    def mark(event: Event) -> None:
        if isinstance(event, ModelReplied):
            marks.append(time.process_time())

    settings = Settings(
        state_dir=folder / "state", base_url=sys.argv[1], api_key=SecretStr("bench-key")
    )
    budget = Budget(max_steps=10_000, max_tokens=None, max_minutes=None)
    task = AgentTask(
        spec_path=SPEC, repository=folder / "target", model="openai:bench", budget=budget
    )
    agent = BackendAgent(settings, provider=MemoryProvider())
    result = agent.execute_task(task, on_event=mark)
    journal = find_run(settings.state_dir, result.run_id).journal
    measured = marks[WARM_UP - 1 :]
    answer = {
        "cpu_s_per_step": (measured[-1] - measured[0]) / (len(measured) - 1),
        "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "journal_bytes_per_step": journal.stat().st_size / result.steps,
    }
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
