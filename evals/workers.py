"""Who runs a trial: processes of this machine here; a queue may take their place."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from evals.case import load_case
from evals.results import TrialFolder, write_json
from evals.trial import RESULT, failed_result
from sandbox.deadline import CancelToken, Deadline

Worker = Callable[[TrialFolder, CancelToken], None]
"""Runs one trial and returns when it has a result, or was cancelled. Called from many threads."""

REPOSITORY = Path(__file__).parents[1]
POLL_S = 0.2
GRACE_S = 300
"""What a trial may take beyond its agent's and its hidden tests' limits: images, machines, git."""


def run_in_process(trial: TrialFolder, cancel: CancelToken) -> None:
    """Run a trial in a process of its own, which does not outlive this one.

    A worker that dies or hangs leaves an infrastructure error.
    """
    folder = trial.open_try()
    with (folder / "worker.log").open("ab") as log:
        worker = subprocess.Popen(
            [sys.executable, "-m", "evals.trial", str(trial.path.resolve())],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,  # closed by the kernel when this process dies
            stdout=log,
            stderr=subprocess.STDOUT,
            process_group=0,
        )
        deadline = Deadline.after(_limit_s(trial), cancel)
        try:
            while worker.poll() is None and not deadline.over:
                cancel.wait(POLL_S)
        finally:
            _end(worker)
    if not (folder / RESULT).exists() and not cancel.cancelled:
        why = "it did not end in time" if deadline.over else f"it died: exit {worker.returncode}"
        write_json(folder / RESULT, failed_result(trial, f"the worker: {why}; see worker.log"))


def _end(worker: "subprocess.Popen[bytes]") -> None:
    """End it and whatever an agent's command left running."""
    with suppress(ProcessLookupError):
        os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
    assert worker.stdin, "it was opened with a pipe"
    worker.stdin.close()


def _limit_s(trial: TrialFolder) -> float:
    plan = trial.plan
    minutes = plan.settings.budget.max_minutes
    if minutes:
        return minutes * 60 + GRACE_S
    case = load_case(plan.folder)
    return case.config.agent.timeout_sec + case.config.verifier.timeout_sec + GRACE_S
