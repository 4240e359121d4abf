"""One trial from start to end: the agent works, the hidden tests judge, the result is written."""

import json
import os
import shutil
import traceback
from collections.abc import Mapping
from pathlib import Path

from agent.errors import AgentError
from agent.settings import Settings, load_settings
from evals.agents import Delivery, Job, run_agent
from evals.case import load_case, read_tree
from evals.errors import EvalError
from evals.results import (
    Submission,
    TrialFolder,
    TrialResult,
    machine_owners,
    read_json,
    write_json,
)
from evals.score import Score, score_backend
from evals.solution import driven_as_solution
from sandbox.base import SandboxError, SandboxProvider
from sandbox.providers import make_provider

BACKEND = "backend"
SUBMISSION = "submission.json"
RESULT = "result.json"
REWARD = "reward.json"
HAND_IN_SOLUTIONS = ("oracle", "fault")
"""Agents whose backends are the case's solution, as it is or with a fault."""


def run_trial(trial: TrialFolder, settings: Settings, provider: SandboxProvider) -> TrialResult:
    """Run a trial to its end, from where it was cut off if it was; always leaves a result."""
    folder = trial.open_try()
    try:
        result = _run(trial, folder, settings, provider)
    except (AgentError, SandboxError) as error:
        result = failed_result(trial, f"{type(error).__name__}: {error}")
    except Exception:  # noqa: BLE001 - the end of an eval case: a bug of ours is no score either
        result = failed_result(trial, traceback.format_exc())
    write_json(folder / RESULT, result)
    return result


def failed_result(trial: TrialFolder, why: str) -> TrialResult:
    """The result of a trial that the infrastructure kept from being scored."""
    submission = Submission(status="failed", claims=False, infrastructure=why)
    return TrialResult(
        plan=trial.plan,
        submission=submission,
        score=Score(value=None, reason=why),
        tries=len(trial.tries()),
    )


def _run(
    trial: TrialFolder, folder: Path, settings: Settings, provider: SandboxProvider
) -> TrialResult:
    plan = trial.plan
    case = load_case(plan.folder)
    if case.digest != plan.digest:
        raise EvalError(f"{case.folder} has changed since this evaluation was planned")
    work_owner, hidden_owner = machine_owners(trial.path, folder)
    job = Job(
        case=case,
        agent=plan.agent,
        run_id=work_owner,
        folder=folder / "work",
        budget=plan.settings.budget,
        settings=settings,
        provider=provider,
    )
    files, submission = _delivered(folder) or _deliver(job, folder)
    score = Score(value=None, reason=submission.infrastructure)
    if not submission.infrastructure:
        judged = driven_as_solution(case) if plan.agent.kind in HAND_IN_SOLUTIONS else case
        score = score_backend(judged, files, provider, hidden_owner)
        _write_reward(folder, score)
    return TrialResult(plan=plan, submission=submission, score=score, tries=len(trial.tries()))


def _write_reward(folder: Path, score: Score) -> None:
    """The score as Harbor has it; none is written for what could not be scored."""
    if score.value is not None:
        reward = {"reward": float(score.passed), "share": score.value}
        (folder / REWARD).write_text(json.dumps(reward), encoding="utf-8")


def _delivered(folder: Path) -> Delivery | None:
    """What the agent handed over before the trial was cut off."""
    if not (folder / SUBMISSION).exists():
        return None
    return Delivery(read_tree(folder / BACKEND), read_json(folder / SUBMISSION, Submission))


def _deliver(job: Job, folder: Path) -> Delivery:
    job.folder.mkdir(exist_ok=True)
    delivery = run_agent(job)
    shutil.rmtree(folder / BACKEND, ignore_errors=True)  # of a go that was cut off here
    _write_tree(folder / BACKEND, delivery.files)
    write_json(folder / SUBMISSION, delivery.submission)
    return delivery


def _write_tree(folder: Path, files: Mapping[str, bytes]) -> None:
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def run_planned(trial: TrialFolder) -> TrialResult:
    """Run a trial with the settings and the machines that its plan names."""
    plan = trial.plan.settings
    settings = load_settings(plan.overrides, os.environ, Path.cwd())
    return run_trial(trial, settings, make_provider(plan.sandbox))
