"""Cases in a folder of the test's own, and machines that are played."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from agent.settings import Settings
from agent.task import Budget
from evals.agents import Delivery, Job, run_agent
from evals.case import Case, load_case
from evals.importing import write_case
from evals.plan import AgentSpec, EvalLimits, EvalPlan, TrialSettings, plan_trials
from evals.results import EvalFolder, TrialFolder
from evals.trial import run_trial
from sandbox.base import ExecResult
from sandbox.deadline import CancelToken
from sandbox.memory import MemoryProvider, MemorySandbox
from tests.agent.unprobed import UNPROBED

SPEC = """# Notes

## Entities

### note

| field | type | rules |
|-------|------|-------|
| text | string(200) | required |

## Endpoints

| method | path | access | description |
|--------|------|--------|-------------|
| POST | /notes | public | create |
"""
TESTS = {
    "test_notes.py": b"def test_kept(): ...\n\ndef test_refused(): ...\n",
    "test_security.py": b"def test_injection(): ...\n",
}
IDS = (
    "test_notes.py::test_kept",
    "test_notes.py::test_refused",
    "test_security.py::test_injection",
)
RIGHT = {"app.py": b"all tests pass\n"}
FAULT = """
[[metadata.faults]]
name = "wrong"
path = "app.py"
right = "pass"
wrong = "fail: test_refused"
"""
NOP, ORACLE = AgentSpec(kind="nop"), AgentSpec(kind="oracle")


def make_case(folder: Path, *, fault: bool = True) -> Case:
    """A case whose solution passes as long as its file says so."""
    write_case(folder, SPEC, TESTS, kind="tiny")
    (folder / "solution").mkdir()
    for path, content in RIGHT.items():
        (folder / "solution" / path).write_bytes(content)
    if fault:
        config = folder / "task.toml"
        config.write_text(config.read_text() + FAULT)
    return load_case(folder)


def junit(outcomes: Mapping[str, bool]) -> bytes:
    """A report with those tests: id -> whether it passed."""
    cases = []
    for test, passed in outcomes.items():
        file, _, name = test.partition("::")
        inner = "" if passed else "<failure message='no'>E assert 1 == 2</failure>"
        module = file.removesuffix(".py")
        cases.append(
            f"<testcase classname='{module}' name='{name}' file='{file}'>{inner}</testcase>"
        )
    return f"<testsuites><testsuite>{''.join(cases)}</testsuite></testsuites>".encode()


def outcomes_of(app: Mapping[str, bytes]) -> dict[str, bool]:
    """What the hidden tests say of that app: `fail: NAME` in its file fails a test."""
    said = app.get("app.py", b"").decode()
    return {test: f"fail: {test.partition('::')[2]}" not in said for test in IDS}


class Machines(MemoryProvider):
    """Memory sandboxes in which commands succeed and pytest writes a report about the app.

    `broken` names commands that fail: a word of their argv.
    """

    def __init__(
        self,
        report: Callable[[Mapping[str, bytes]], bytes | None] = lambda app: junit(outcomes_of(app)),
        broken: str | None = None,
    ) -> None:
        super().__init__(self._play)
        self._report = report
        self._broken = broken

    def _play(self, argv: Sequence[str], files: dict[str, bytes]) -> ExecResult:
        command = " ".join(argv)
        if self._broken and self._broken in command:
            return ExecResult(exit_code=1, output="no")
        app = self._neighbor(files)
        if "alembic" in command and "app.py" not in files:
            return ExecResult(exit_code=1, output="there is nothing to migrate")
        if "pytest" in command and app is not None:
            report = self._report(app.files)
            if report is not None:
                files["user-tests.xml"] = report
        return ExecResult(exit_code=0, output="")

    def _neighbor(self, files: dict[str, bytes]) -> MemorySandbox | None:
        box = next(box for box in self.opened if box.files is files)
        neighbor = box.spec.shares_network_with
        return neighbor if isinstance(neighbor, MemorySandbox) else None


def make_job(
    folder: Path, case: Case, agent: AgentSpec, *, max_minutes: float | None = None
) -> Job:
    folder.mkdir(parents=True, exist_ok=True)
    return Job(
        case=case,
        agent=agent,
        run_id="job-1",
        folder=folder,
        budget=Budget(max_minutes=max_minutes),
        settings=Settings(state_dir=folder / "state", verifier=UNPROBED),
        provider=Machines(),
    )


def deliver(folder: Path, case: Case, agent: AgentSpec) -> Delivery:
    return run_agent(make_job(folder, case, agent))


def make_eval(
    folder: Path,
    cases: list[Case],
    agents: Sequence[AgentSpec] = (ORACLE,),
    *,
    attempts: int = 1,
    settings: TrialSettings | None = None,
    limits: EvalLimits | None = None,
) -> EvalFolder:
    made = EvalFolder(folder)
    trials = plan_trials(cases, list(agents), attempts, settings or TrialSettings())
    made.create(EvalPlan(suite="tiny", limits=limits or EvalLimits(jobs=1), trials=trials))
    return made


class Here:
    """A worker in this process, on played machines; remembers which trials it ran."""

    def __init__(self, provider: MemoryProvider, state: Path) -> None:
        self.provider = provider
        self.ran: list[str] = []
        self._state = state

    def __call__(self, trial: TrialFolder, cancel: CancelToken) -> None:
        self.ran.append(trial.plan.case)
        run_trial(trial, Settings(state_dir=self._state), self.provider)
