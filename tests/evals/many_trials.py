"""`make bench-eval`: whether a large evaluation takes as long as its models do.

A thousand trials of ten steps, each waiting half a second for its model, a hundred at once, on
played machines; runner, workers, journals, trees and results are the real ones. One JSON line:
seconds that the models alone take, seconds that it took, and memory of a worker: `rss` counts
what all share, `pss` each worker's part of it.
"""

import json
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import mean

from agent.backend_agent import BackendAgent
from agent.settings import Settings
from agent.task import AgentTask, Budget
from evals.bench.many_runs import SlowModel
from evals.case import load_case
from evals.plan import AgentSpec, EvalLimits
from evals.results import Submission, TrialFolder, TrialResult, write_json
from evals.runner import run_eval
from evals.score import score_backend
from evals.trial import RESULT
from evals.workers import run_in_process
from sandbox.deadline import CancelToken
from tests.evals.kit import Machines, make_case, make_eval

TRIALS, AT_ONCE = 1000, 100
STEPS, ANSWER_S = 10, 0.5
LOOK_S = 2
OURS = AgentSpec(kind="ours", model="scripted:slow")


def simulate(trial: TrialFolder) -> None:
    """In a worker: a run of ours with a slow scripted model, then the hidden tests."""
    folder = trial.open_try()
    task = AgentTask(
        spec=load_case(trial.plan.folder).spec,
        repository=folder / "work" / "repository",
        budget=Budget(max_steps=100, max_tokens=None, max_minutes=None),
    )
    model = SlowModel(STEPS - 3, ANSWER_S)
    provider = Machines()
    settings = Settings(state_dir=folder / "work" / "state")
    run = BackendAgent(settings, model=model, provider=provider).execute_task(task)
    assert run.steps == STEPS, run.reason
    result = TrialResult(
        plan=trial.plan,
        submission=Submission(status=run.status, claims=False, steps=run.steps),
        score=score_backend(load_case(trial.plan.folder), {}, provider, "hidden"),
    )
    write_json(folder / RESULT, result)


def work(trial: TrialFolder, cancel: CancelToken) -> None:
    """The real worker with simulated work."""
    run_in_process(trial, cancel, simulate)


@contextmanager
def watched_memory() -> Iterator[dict[str, list[float]]]:
    """Means over the workers at each look, MiB."""
    seen: dict[str, list[float]] = {"Rss": [], "Pss": []}
    over = threading.Event()

    def watch() -> None:
        while not over.wait(LOOK_S):
            rollups = [text for pid in _workers() if (text := _rollup(pid))]
            for key, values in seen.items():
                if rollups:
                    values.append(mean(_value(text, key) for text in rollups) / 1024)

    watcher = threading.Thread(target=watch)
    watcher.start()
    yield seen
    over.set()
    watcher.join()


def _workers() -> list[str]:
    """Children of the process that workers are forked from."""
    children = Path("/proc/self/task").glob("*/children")
    servers = " ".join(path.read_text() for path in children).split()
    tasks = [task for pid in servers for task in Path(f"/proc/{pid}/task").glob("*/children")]
    return " ".join(path.read_text() for path in tasks).split()


def _rollup(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (OSError, ProcessLookupError):
        return ""  # it has ended


def _value(rollup: str, key: str) -> float:
    return next(float(line.split()[1]) for line in rollup.splitlines() if line.startswith(key))


def main() -> None:
    """Run them all and measure."""
    scratch = Path(tempfile.mkdtemp())
    case = make_case(scratch / "notes", fault=False)
    limits = EvalLimits(jobs=AT_ONCE)
    folder = make_eval(scratch / "out", [case], [OURS], attempts=TRIALS, limits=limits)
    started = time.monotonic()
    with watched_memory() as memory:
        progress = run_eval(folder, work, Machines(), watch=lambda _progress, _result: None)
    actual = time.monotonic() - started
    assert not any(result.error for result in progress.finished), progress.finished[0].error
    answer = {
        "cases": len(progress.finished),
        "ideal_s": TRIALS / AT_ONCE * STEPS * ANSWER_S,
        "actual_s": round(actual, 1),
        "rss_mb_per_worker": round(max(memory["Rss"]), 1),
        "pss_mb_per_worker": round(max(memory["Pss"]), 1),
    }
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
