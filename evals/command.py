"""`python -m agent eval ...`: measures agents on suites of cases."""

import argparse
import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

from pydantic import ValidationError

from agent.cli.configure import budget_of, option_problems
from agent.cli.exit_codes import CANCELLED
from agent.cli.interrupt import cancel_on_signals
from agent.errors import SettingsError
from agent.git import run_git
from agent.models.prices import price_of
from agent.models.registry import choose_model, open_model
from agent.settings import Settings, load_settings
from agent.task import Budget
from evals.case import load_suite
from evals.check import CHECK_AGENTS, fault_trials, unexpected
from evals.errors import EvalError
from evals.importing import import_cases
from evals.mini_swe_agent import mini_python
from evals.plan import AgentSpec, EvalLimits, EvalPlan, TrialPlan, TrialSettings, plan_trials
from evals.results import EvalFolder, TrialResult
from evals.runner import Progress, run_eval
from evals.workers import run_in_process
from sandbox.deadline import CancelToken
from sandbox.image import image_tag
from sandbox.providers import make_provider

SUITES = Path(__file__).parent / "suites"
NOT_ALL_PASSED = 3
"""A trial failed hidden tests; with `check`: a case is not as it must be."""
NOT_ALL_RAN = 4
"""A limit of the evaluation was reached."""
UNSCORED = 7
"""The infrastructure kept a trial from being scored."""


def execute(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    if find_spec("scipy") is None:
        raise EvalError("`eval` needs scipy: pip install 'backend-agent[evals]'")
    first, *rest = options.words
    action = ACTIONS.get(first)
    if action is None:
        return _run(options, [first, *rest])
    return action(options, rest)


def _run(options: argparse.Namespace, words: list[str]) -> int:
    """`eval SUITE`: how good the agents are on it."""
    cases = load_suite(suite_folder(_only(words, "a suite")))
    settings = _trial_settings(options)
    plans = plan_trials(cases, _agents(options), options.attempts, settings)
    return _go(_begin(options, words[0], plans))


def _check(options: argparse.Namespace, words: list[str]) -> int:
    """`eval check SUITE`: whether the suite itself is right."""
    cases = load_suite(suite_folder(_only(words, "a suite")))
    settings = _trial_settings(options)
    plans = (*plan_trials(cases, list(CHECK_AGENTS), 1, settings), *fault_trials(cases, settings))
    folder = _begin(options, f"check-{Path(words[0]).name}", plans)
    code = _go(folder)
    if code == NOT_ALL_PASSED:
        code = 0  # empty projects and faults must fail
    problems = [text for result in folder.results() if (text := unexpected(result))]
    _say(*problems, f"{len(plans)} trials, {len(problems)} not as they must be")
    return NOT_ALL_PASSED if problems else code


def _resume(options: argparse.Namespace, words: list[str]) -> int:  # noqa: ARG001 - an action
    """`eval resume FOLDER`: go on with what was cut off, and retry what was not scored."""
    return _go(EvalFolder(Path(_only(words, "the folder of an evaluation"))))


def _show(options: argparse.Namespace, words: list[str]) -> int:  # noqa: ARG001 - an action
    """`eval show FOLDER`: its numbers once more."""
    _show_numbers(EvalFolder(Path(_only(words, "the folder of an evaluation"))))
    return 0


def _compare(options: argparse.Namespace, words: list[str]) -> int:  # noqa: ARG001 - an action
    """`eval compare A B`: whether B is better than A, or only luckier."""
    from evals.lines import describe_comparison  # noqa: PLC0415 - scipy takes a second
    from evals.numbers import compare  # noqa: PLC0415

    if len(words) != 2:
        raise EvalError("`eval compare` needs the folders of two evaluations")
    first, second = (EvalFolder(Path(word)).results() for word in words)
    _say(*describe_comparison(compare(first, second, (words[0], words[1]))))
    return 0


def _import(options: argparse.Namespace, words: list[str]) -> int:  # noqa: ARG001 - an action
    """`eval import FOLDER SUITE`: make cases out of specs with hidden tests."""
    if len(words) != 2:
        raise EvalError("`eval import` needs two folders: one with specs, and the suite to make")
    cases = import_cases(Path(words[0]), Path(words[1]))
    _say(*(f"{case.folder}: {len(case.inventory)} hidden tests" for case in cases))
    return 0


ACTIONS: dict[str, Callable[[argparse.Namespace, list[str]], int]] = {
    "check": _check,
    "resume": _resume,
    "show": _show,
    "compare": _compare,
    "import": _import,
}


def suite_folder(name: str) -> Path:
    """The built-in suite of that name, else that folder."""
    return SUITES / name if (SUITES / name).is_dir() else Path(name)


def _only(words: list[str], what: str) -> str:
    if len(words) != 1:
        raise EvalError(f"name {what}, and nothing else: {' '.join(words) or 'nothing was named'}")
    return words[0]


def _agents(options: argparse.Namespace) -> list[AgentSpec]:
    """The agents that the options name, each with a model where it needs one."""
    settings = _settings(options)
    if options.agent_cmd:
        return [AgentSpec(kind="command", argument=options.agent_cmd)]
    if options.agent == "mini-swe-agent":
        mini_python()  # a missing environment is told here
    if options.agent in ("oracle", "nop"):
        return [AgentSpec(kind=options.agent)]
    names = options.model or [choose_model(None, settings).name]
    for name in names:
        open_model(name, settings)  # a wrong name or key is told here
    return [AgentSpec(kind=options.agent, model=name) for name in names]


def _trial_settings(options: argparse.Namespace) -> TrialSettings:
    settings = _settings(options)
    default = settings.budget.model_copy(update={"max_minutes": None})
    budget: Budget = budget_of(options, default) or default
    for name in options.model or []:
        if budget.max_cost_usd and price_of(name, settings.prices) is None:
            raise SettingsError(f"--max-cost-usd cannot be kept: the price of {name!r} is unknown")
    return TrialSettings(budget=budget, overrides=_overrides(options), image=image_tag())


def _settings(options: argparse.Namespace) -> Settings:
    return load_settings(_overrides(options), os.environ, Path.cwd())


def _overrides(options: argparse.Namespace) -> tuple[str, ...]:
    """They are written to the disk, so a key may not be among them. Raises SettingsError."""
    given = [*options.overrides]
    if any(item.startswith("api_key") for item in given):
        raise SettingsError("an evaluation is kept on the disk: give the key in OPENAI_API_KEY")
    if options.base_url:
        given.append(f"base_url={options.base_url}")
    return tuple(given)


def _begin(options: argparse.Namespace, name: str, plans: tuple[TrialPlan, ...]) -> EvalFolder:
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    path = options.out or Path.cwd() / "evals-out" / f"{Path(name).name}-{stamp}"
    try:
        limits = EvalLimits(
            jobs=options.jobs,
            max_cost_usd=options.suite_max_cost_usd,
            max_minutes=options.suite_max_minutes,
        )
    except ValidationError as exc:
        raise SettingsError(option_problems(exc)) from exc
    folder = EvalFolder(path.resolve())
    folder.create(EvalPlan(suite=name, limits=limits, trials=plans, commit=_commit()))
    return folder


def _commit() -> str:
    """Of this program; empty where it is installed without its repository."""
    root = Path(__file__).parents[1]
    return run_git(root, "rev-parse", "HEAD") if (root / ".git").exists() else ""


def _go(folder: EvalFolder) -> int:
    """Run what is left; returns the exit code."""
    plan = folder.plan
    provider = make_provider(plan.trials[0].settings.sandbox)
    provider.prepare(_say)
    _say(f"{len(plan.trials)} trials in {folder.path}")
    token = CancelToken()

    from evals.lines import describe_progress  # noqa: PLC0415 - scipy takes a second

    def watch(progress: Progress, result: TrialResult) -> None:
        _say(describe_progress(progress, result))

    def leave() -> None:
        os._exit(CANCELLED)

    with cancel_on_signals(token, lambda: _say("stopping"), leave):
        progress = run_eval(folder, run_in_process, provider, watch=watch, cancel=token)
    _show_numbers(folder)
    if progress.stopped:
        _say(f"stopped: {progress.stopped}; go on: python -m agent eval resume {folder.path}")
        return CANCELLED if token.cancelled else NOT_ALL_RAN
    results = folder.results()
    if any(result.error for result in results):
        _say(f"not all is scored; try again: python -m agent eval resume {folder.path}")
        return UNSCORED
    return 0 if all(result.passed for result in results) else NOT_ALL_PASSED


def _show_numbers(folder: EvalFolder) -> None:
    """Say the numbers, and write them as JSON and as a page beside the results."""
    from evals.lines import describe_numbers  # noqa: PLC0415 - scipy takes a second
    from evals.numbers import all_numbers  # noqa: PLC0415
    from evals.report import render_report, view_runs  # noqa: PLC0415

    results = folder.results()
    numbers = all_numbers(results)
    _say(*describe_numbers(numbers))
    document = [row.model_dump(mode="json") for row in numbers]
    (folder.path / "numbers.json").write_text(json.dumps(document, indent=1), encoding="utf-8")
    page = folder.path / "report.html"
    html = render_report(folder.plan, numbers, results, view_runs(folder))
    page.write_text(html, encoding="utf-8")
    _say(f"report: {page}")


def _say(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.flush()
