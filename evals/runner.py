"""Runs an evaluation: what is not finished, a few at once, within its budgets."""

import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from evals.plan import EvalLimits
from evals.results import EvalFolder, TrialFolder, TrialResult
from evals.workers import Worker
from sandbox.base import SandboxProvider
from sandbox.deadline import CancelToken

POLL_S = 1.0


@dataclass
class Progress:
    """How far an evaluation is, for whoever watches."""

    total: int
    finished: list[TrialResult] = field(default_factory=list)
    """Results of this go and of earlier ones."""
    earlier: int = 0
    """How many of them are of earlier goes."""
    earlier_usd: float = 0.0
    started: float = field(default_factory=time.monotonic)
    stopped: str = ""
    """The limit because of which the rest is not begun."""

    @property
    def cost_usd(self) -> float:
        """Dollars spent on all tries whose cost is known."""
        now = sum(result.submission.cost_usd or 0 for result in self.finished[self.earlier :])
        return self.earlier_usd + now

    @property
    def left_s(self) -> float | None:
        """Seconds until the rest is done, at the pace of this go; None before anything is."""
        done = len(self.finished) - self.earlier
        spent = time.monotonic() - self.started
        return spent / done * (self.total - len(self.finished)) if done else None


Watch = Callable[[Progress, TrialResult], None]
"""Called with each result as it comes."""


def run_eval(
    folder: EvalFolder,
    worker: Worker,
    provider: SandboxProvider,
    *,
    watch: Watch,
    cancel: CancelToken | None = None,
) -> Progress:
    """Run every trial that has no score yet, and say how far that led.

    A trial that has one is not run again; one that was cut off goes on where it stood; one that
    the infrastructure failed is tried once more. Machines that a killed go left are removed first.

    Args:
        folder: holds the plan.
        worker: runs one trial.
        provider: whose leftover machines are removed.
        watch: called with each result, in the order they come.
        cancel: stops what runs, to be gone on with later.

    Raises:
        EvalError: another process runs it, or its files are damaged.
        SandboxError: leftover machines cannot be removed.
    """
    with folder.locked():
        plan = folder.plan
        results = [(trial, trial.result()) for trial in folder.trials()]
        finished = [result for _, result in results if result and not result.error]
        pending = [trial for trial, result in results if result is None or result.error]
        for trial in pending:
            for owner in trial.run_ids():
                provider.reap(owner)
        spent = sum(trial.spent_usd() for trial, _ in results)
        progress = Progress(len(results), finished, len(finished), spent)
        _Go(pending, worker, plan.limits, progress, cancel or CancelToken()).run(watch)
        return progress


@dataclass
class _Go:
    """One go at what is left."""

    queue: list[TrialFolder]
    worker: Worker
    limits: EvalLimits
    progress: Progress
    cancel: CancelToken
    running: dict[Future[None], TrialFolder] = field(default_factory=dict)

    def run(self, watch: Watch) -> None:
        with ThreadPoolExecutor(self.limits.jobs) as pool:
            try:
                while self._begin(pool):
                    self._collect(watch)
            except BaseException:
                self.cancel.cancel()
                raise

    def _begin(self, pool: ThreadPoolExecutor) -> bool:
        """Begin what may begin; returns whether anything runs."""
        while self.queue and len(self.running) < self.limits.jobs and not self._stopped():
            trial = self.queue.pop(0)
            self.running[pool.submit(self.worker, trial, self.cancel)] = trial
        return bool(self.running)

    def _collect(self, watch: Watch) -> None:
        done, _ = wait(self.running, timeout=POLL_S, return_when=FIRST_COMPLETED)
        for future in done:
            future.result()
            result = self.running.pop(future).result()
            if result is not None:
                self.progress.finished.append(result)
                watch(self.progress, result)

    def _stopped(self) -> bool:
        if self.cancel.cancelled:
            self.progress.stopped = "cancelled"
        self.progress.stopped = self.progress.stopped or _reached(
            self.limits, self.progress, [*self.running.values(), self.queue[0]]
        )
        return bool(self.progress.stopped)


def _reached(limits: EvalLimits, progress: Progress, wanted: list[TrialFolder]) -> str:
    """Why the next trial may not begin; empty: it may.

    Money is reserved: what the running trials and the next one may spend counts as spent.
    """
    if limits.max_minutes and time.monotonic() - progress.started > limits.max_minutes * 60:
        return f"{limits.max_minutes:g} minutes are over"
    if limits.max_cost_usd is None:
        return ""
    reserved = sum(_most_usd(trial) for trial in wanted)
    if progress.cost_usd + reserved > limits.max_cost_usd:
        return (
            f"${progress.cost_usd:.4f} of ${limits.max_cost_usd:.4f} are spent, and the next trial "
            f"with those that run may need ${reserved:.4f}"
        )
    return ""


def _most_usd(trial: TrialFolder) -> float:
    plan = trial.plan
    if plan.agent.model is None:
        return 0
    return plan.settings.budget.max_cost_usd or 0
