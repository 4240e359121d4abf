"""An evaluation goes on where it stood, redoes nothing, and keeps its limits."""

import json
from pathlib import Path

import pytest

from agent.task import Budget
from evals.errors import EvalError
from evals.plan import AgentSpec, EvalLimits, TrialSettings, plan_trial
from evals.results import (
    EvalFolder,
    Submission,
    TrialFolder,
    TrialResult,
    machine_owners,
    write_json,
)
from evals.runner import Progress, run_eval
from evals.workers import run_in_process
from sandbox.base import SandboxSpec, SandboxStartError
from sandbox.deadline import CancelToken
from sandbox.memory import MemorySandbox
from tests.evals.kit import NOP, ORACLE, Here, Machines, make_case, make_eval


class Flaky(Machines):
    """Cannot open the first so many machines."""

    def __init__(self, failures: int) -> None:
        super().__init__()
        self._failures = failures

    def open(self, spec: SandboxSpec) -> MemorySandbox:
        self._failures -= 1
        if self._failures >= 0:
            raise SandboxStartError("the engine is away")
        return super().open(spec)


def run(
    folder: EvalFolder, worker: Here, cancel: CancelToken | None = None
) -> tuple[Progress, list[TrialResult]]:
    seen: list[TrialResult] = []
    progress = run_eval(
        folder, worker, worker.provider, watch=lambda _, result: seen.append(result), cancel=cancel
    )
    return progress, seen


def test_what_each_agent_gets(tmp_path: Path) -> None:
    case = make_case(tmp_path / "notes")
    agents = [ORACLE, NOP, AgentSpec(kind="fault", argument="wrong")]
    folder = make_eval(tmp_path / "out", [case], agents)
    progress, seen = run(folder, Here(Machines(), tmp_path))
    assert [result.passed for result in seen] == [True, False, False]
    assert [result.false_success for result in seen] == [False, False, True]
    assert [result.honest_unmet for result in seen] == [False, True, False]
    assert progress.stopped == ""
    assert folder.results() == seen
    rewards = [(trial.path / "try-1" / "reward.json").read_text() for trial in folder.trials()]
    assert [json.loads(reward)["reward"] for reward in rewards] == [1, 0, 0]
    assert json.loads(rewards[2])["share"] == pytest.approx(2 / 3)


def test_a_finished_trial_is_not_run_again(tmp_path: Path) -> None:
    cases = [make_case(tmp_path / name) for name in ("a", "b")]
    folder = make_eval(tmp_path / "out", cases)
    worker = Here(Machines(), tmp_path)
    run(folder, worker)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.json")}
    progress, seen = run(folder, worker)
    assert worker.ran == ["a", "b"]
    assert seen == []
    assert (progress.total, progress.earlier, len(progress.finished)) == (2, 2, 2)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.json")} == before


def test_an_infrastructure_error_is_kept_apart_and_tried_again(tmp_path: Path) -> None:
    folder = make_eval(tmp_path / "out", [make_case(tmp_path / "notes")])
    _, (first,) = run(folder, Here(Flaky(1), tmp_path))
    assert (first.score.value, first.error) == (None, "the machine failed: the engine is away")
    assert [first.passed, first.false_success, first.honest_unmet] == [False, False, False]
    _, (second,) = run(folder, Here(Machines(), tmp_path))
    assert (second.passed, second.tries) == (True, 2)
    (trial,) = folder.trials()
    assert [path.name for path in trial.tries()] == ["try-1", "try-2"]
    assert all((path / "result.json").exists() for path in trial.tries())


def test_a_try_that_was_cut_off_goes_on_and_its_machines_are_removed(tmp_path: Path) -> None:
    folder = make_eval(tmp_path / "out", [make_case(tmp_path / "notes")], [NOP])
    (trial,) = folder.trials()
    cut_off = trial.open_try()
    said = Submission(status="done", claims=True, reason="said before the cut")
    write_json(cut_off / "submission.json", said)
    (cut_off / "backend").mkdir()
    (cut_off / "backend" / "app.py").write_text("all tests pass")
    machines = Machines()
    left = [
        machines.open(SandboxSpec(run_id=owner)) for owner in machine_owners(trial.path, cut_off)
    ]
    _, (result,) = run(folder, Here(machines, tmp_path))
    assert result.submission == said  # the agent did not work again
    assert result.passed
    assert [path.name for path in trial.tries()] == ["try-1"]
    assert [box.alive for box in left] == [False, False]


def test_a_case_that_changed_is_not_scored(tmp_path: Path) -> None:
    folder = make_eval(tmp_path / "out", [make_case(tmp_path / "notes")])
    (tmp_path / "notes" / "instruction.md").write_text("# Other\n")
    _, (result,) = run(folder, Here(Machines(), tmp_path))
    assert "has changed since" in result.error


def test_money_is_reserved_for_what_runs(tmp_path: Path) -> None:
    cases = [make_case(tmp_path / name) for name in ("a", "b", "c")]
    folder = make_eval(
        tmp_path / "out",
        cases,
        [AgentSpec(kind="ours", model="builtin")],
        settings=TrialSettings(budget=Budget(max_cost_usd=2)),
        limits=EvalLimits(jobs=1, max_cost_usd=3),
    )
    spent = Submission(status="unmet", claims=False, cost_usd=1.5)
    write_json(folder.trials()[2].open_try() / "submission.json", spent)
    worker = Here(Machines(), tmp_path)
    progress, _ = run(folder, worker)
    assert worker.ran == []
    assert progress.stopped == (
        "$1.5000 of $3.0000 are spent, and the next trial with those that run may need $2.0000"
    )


def test_time_ends_an_evaluation_between_trials(tmp_path: Path) -> None:
    cases = [make_case(tmp_path / name) for name in ("a", "b")]
    limits = EvalLimits(jobs=1, max_minutes=1e-9)
    folder = make_eval(tmp_path / "out", cases, limits=limits)
    progress, _ = run(folder, Here(Machines(), tmp_path))
    assert progress.stopped == "1e-09 minutes are over"
    assert progress.finished == []


def test_a_cancelled_evaluation_begins_nothing(tmp_path: Path) -> None:
    folder = make_eval(tmp_path / "out", [make_case(tmp_path / "notes")])
    cancel = CancelToken()
    cancel.cancel()
    progress, seen = run(folder, Here(Machines(), tmp_path), cancel)
    assert (progress.stopped, seen) == ("cancelled", [])


def test_one_process_at_a_time(tmp_path: Path) -> None:
    folder = make_eval(tmp_path / "out", [make_case(tmp_path / "notes")])
    with folder.locked(), pytest.raises(EvalError, match="another process runs"):
        run(folder, Here(Machines(), tmp_path))


def test_a_folder_holds_one_evaluation(tmp_path: Path) -> None:
    case = make_case(tmp_path / "notes")
    make_eval(tmp_path / "out", [case])
    with pytest.raises(EvalError, match="eval resume"):
        make_eval(tmp_path / "out", [case])


def test_a_worker_that_dies_is_an_infrastructure_error(tmp_path: Path) -> None:
    overrides = TrialSettings(overrides=("no_such_setting=1",))
    folder = make_eval(tmp_path / "out", [make_case(tmp_path / "notes")], settings=overrides)
    (trial,) = folder.trials()
    run_in_process(trial, CancelToken())
    result = trial.result()
    assert result is not None
    assert result.error == "the worker: it died: exit 1; see worker.log"
    assert "no_such_setting" in (trial.tries()[0] / "worker.log").read_text()


def test_a_worker_that_is_cancelled_leaves_no_result(tmp_path: Path) -> None:
    folder = make_eval(tmp_path / "out", [make_case(tmp_path / "notes")])
    (trial,) = folder.trials()
    cancel = CancelToken()
    cancel.cancel()
    run_in_process(trial, cancel)
    assert trial.result() is None
    assert [path.name for path in trial.tries()] == ["try-1"]


@pytest.mark.parametrize("change", ["case", "agent", "model", "budget", "image", "attempt"])
def test_the_key_tells_experiments_apart(tmp_path: Path, change: str) -> None:
    case = make_case(tmp_path / "notes")
    other = make_case(tmp_path / "other", fault=False) if change == "case" else case
    agent = AgentSpec(kind="ours", model="builtin")
    changed = {"agent": NOP, "model": AgentSpec(kind="ours", model="openai:x")}.get(change, agent)
    settings = {
        "budget": TrialSettings(budget=Budget(max_steps=7)),
        "image": TrialSettings(image="other"),
    }.get(change, TrialSettings())
    first = plan_trial(case, agent, 1, TrialSettings())
    second = plan_trial(other, changed, 2 if change == "attempt" else 1, settings)
    assert first.key != second.key
    assert plan_trial(case, agent, 1, TrialSettings()) == first


def test_tries_are_counted_beyond_nine(tmp_path: Path) -> None:
    trial = TrialFolder(tmp_path)
    for number in range(1, 12):
        (tmp_path / f"try-{number}").mkdir()
    assert [path.name for path in trial.tries()][-2:] == ["try-10", "try-11"]
