"""Who runs a trial: processes of this machine here; a queue may take their place.

A process is forked from one that has imported everything already, so a thousand trials do not
import a thousand times; it shares nothing else with the others, and a trial that dies is alone.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import NoReturn

from evals.case import load_case
from evals.results import TrialFolder, write_json
from evals.trial import RESULT, failed_result, run_planned
from sandbox.deadline import CancelToken, Deadline

Worker = Callable[[TrialFolder, CancelToken], None]
"""Runs one trial and returns when it has a result, or was cancelled. Called from many threads."""
Work = Callable[[TrialFolder], object]
"""What the process does; a function of a module, so that it can be named to it."""

REPOSITORY = Path(__file__).parents[1]
POLL_S = 0.2
GRACE_S = 300
"""What a trial may take beyond its agent's and its hidden tests' limits: images, machines, git."""

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["evals.preloaded"])


def run_in_process(trial: TrialFolder, cancel: CancelToken, work: Work = run_planned) -> None:
    """Run a trial in a process of its own, which does not outlive this one.

    A worker that dies or hangs leaves an infrastructure error.
    """
    folder = trial.open_try()
    alive, ours = _FORKS.Pipe(duplex=False)  # closed by the kernel when this process dies
    worker = _FORKS.Process(
        target=_work, args=(work, trial.path.resolve(), folder.resolve(), dict(os.environ), alive)
    )
    deadline = Deadline.after(_limit_s(trial), cancel)
    worker.start()
    alive.close()
    try:
        while worker.exitcode is None and not deadline.over:
            worker.join(POLL_S)
    finally:
        code = worker.exitcode
        _end(worker)
        ours.close()
    if not (folder / RESULT).exists() and not cancel.cancelled:
        why = "it did not end in time" if deadline.over else f"it died: exit {code}"
        write_json(folder / RESULT, failed_result(trial, f"the worker: {why}; see worker.log"))


def _work(
    work: Work, trial: Path, folder: Path, environment: dict[str, str], alive: Connection
) -> None:
    """In the process: a group of its own, which dies with whoever started it."""
    os.setpgid(0, 0)
    log = os.open(folder / "worker.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(REPOSITORY)
    threading.Thread(target=_die_with_parent, args=(alive,), daemon=True).start()
    work(TrialFolder(trial))


def _die_with_parent(alive: Connection) -> NoReturn:
    with suppress(EOFError):
        alive.recv()
    os.killpg(os.getpgrp(), signal.SIGKILL)
    raise AssertionError("it is dead")


def _end(worker: ForkServerProcess) -> None:
    """End it and whatever an agent's command left running."""
    assert worker.pid, "it was started"
    with suppress(ProcessLookupError):
        os.killpg(worker.pid, signal.SIGKILL)
    worker.kill()
    worker.join()


def _limit_s(trial: TrialFolder) -> float:
    plan = trial.plan
    minutes = plan.settings.budget.max_minutes
    if minutes:
        return minutes * 60 + GRACE_S
    case = load_case(plan.folder)
    return case.config.agent.timeout_sec + case.config.verifier.timeout_sec + GRACE_S
