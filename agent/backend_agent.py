"""The product as one object: a task goes in, a result comes out."""

from collections.abc import Callable
from contextlib import closing, suppress

from agent.admission import admit
from agent.errors import RunError
from agent.events import Event, RunResumed
from agent.journal import Journal
from agent.launch import create_run, open_run
from agent.loop import drive
from agent.models.base import Model
from agent.result import build_result
from agent.run import Run
from agent.runs import RunFolder, find_run, has_begun, run_folder
from agent.settings import Settings
from agent.state import RunState
from agent.task import RETRYABLE, AgentResult, AgentTask, Budget
from agent.tracing import traced
from agent.trees import TreeStore
from sandbox.base import Progress, SandboxError, SandboxProvider
from sandbox.deadline import CancelToken
from sandbox.providers import make_provider

OnEvent = Callable[[Event], None]


def ignore(news: object) -> None:
    """What a caller does who does not watch."""


class BackendAgent:
    """Runs tasks. Safe to share between threads: each run has its own folder and lock."""

    def __init__(
        self,
        settings: Settings,
        *,
        model: Model | None = None,
        provider: SandboxProvider | None = None,
        progress: Progress = ignore,
    ) -> None:
        """Make an agent.

        Args:
            settings: everything that is not part of one task.
            model: used instead of the one that the task or the settings name.
            provider: used instead of the task's kind of sandbox.
            progress: called with lines of text while the sandbox is being prepared.
        """
        self._settings = settings
        self._model = model
        self._provider = provider
        self._progress = progress

    def execute_task(
        self,
        task: AgentTask,
        *,
        cancel: CancelToken | None = None,
        on_event: OnEvent = ignore,
    ) -> AgentResult:
        """Run a task to its end.

        A `task_id` that was seen before names that run: its result when it ended for good, else
        it is resumed.

        Args:
            task: what to build.
            cancel: ends the run as `cancelled` at its next safe point; it can be resumed.
            on_event: called with each event, after it is on the disk.

        Raises:
            UserError: the task, spec, repository or model cannot be used; nothing was started.
            SandboxError: there is no sandbox to run code in; nothing was started.
            OSError: the disk is full or read-only; the run can be resumed.
        """
        if task.task_id and has_begun(run_folder(self._settings.state_dir, task.task_id)):
            return self.resume(task.task_id, cancel=cancel, on_event=on_event)
        started = admit(task, self._settings, self._model)
        provider = self._open_provider(task)
        folder = create_run(started, self._settings)
        with Journal(folder.journal) as journal:
            on_event(journal.events[0])
            return self._drive(folder, journal, provider, cancel, on_event)

    def resume(
        self,
        run: str,
        *,
        budget: Budget | None = None,
        cancel: CancelToken | None = None,
        on_event: OnEvent = ignore,
    ) -> AgentResult:
        """Go on with a run that was killed, cancelled or ran out of something.

        A run that ended `verified`, or in another way that a retry cannot change, is not run
        again: its result is returned.

        Args:
            run: its id, or a prefix that no other run has.
            budget: replaces the run's budget; what was spent before still counts.
            cancel: as for `execute_task`.
            on_event: as for `execute_task`.

        Raises:
            RunError: no such run, or another process works on it.
            JournalError: its journal is damaged.
        """
        folder = find_run(self._settings.state_dir, run)
        with Journal(folder.journal) as journal:
            state = RunState(journal.events)
            if state.started is None:
                raise RunError(f"run {folder.run_id} was killed before it began; start it anew")
            if state.ended and state.ended.reason not in RETRYABLE:
                with closing(TreeStore(folder.repository)) as trees:
                    return build_result(folder, state, trees)
            provider = self._open_provider(state.started.task)
            provider.reap(folder.owner)
            event = RunResumed(budget=budget or state.budget)
            journal.append(event)
            journal.events.append(event)
            on_event(event)
            return self._drive(folder, journal, provider, cancel, on_event)

    def _drive(
        self,
        folder: RunFolder,
        journal: Journal,
        provider: SandboxProvider,
        cancel: CancelToken | None,
        on_event: OnEvent,
    ) -> AgentResult:
        run: Run = open_run(
            folder,
            journal,
            self._settings,
            model=self._model,
            provider=provider,
            cancel=cancel or CancelToken(),
        )
        with closing(run.trees):
            try:
                with traced(run.started) as trace:
                    for event in drive(run):
                        trace(event)
                        on_event(event)
            finally:
                with suppress(SandboxError):  # an engine that is gone: its machines die alone
                    run.context.session.close()
            return build_result(folder, run.state, run.trees)

    def _open_provider(self, task: AgentTask) -> SandboxProvider:
        provider = self._provider or make_provider(task.sandbox or self._settings.sandbox)
        provider.prepare(self._progress)
        return provider
