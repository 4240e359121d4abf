"""One self-contained HTML page for an evaluation: no script, nothing to load, light and dark."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import groupby
from pathlib import Path

from agent.errors import AgentError
from agent.report import RunView, view_run
from agent.report.diff import diff_files
from agent.report.page import report_environment
from agent.runs import RunFolder, load_events
from agent.state import RunState
from evals.lines import number, percent
from evals.numbers import Numbers
from evals.plan import EvalPlan
from evals.results import EvalFolder, TrialResult

TEMPLATE = "report.html.j2"


def render_report(
    plan: EvalPlan,
    numbers: Sequence[Numbers],
    results: Sequence[TrialResult],
    runs: Mapping[str, RunView],
) -> str:
    """The page. Its links to files are relative to the evaluation's folder.

    Args:
        plan: of the evaluation.
        numbers: of its agents.
        results: of the trials that have ended.
        runs: slug of a trial -> our agent's run in it.
    """
    environment = report_environment(Path(__file__).parent)
    environment.filters |= {"percent": percent, "number": number}
    template = environment.get_template(TEMPLATE)
    return template.render(
        plan=plan, numbers=numbers, results=results, runs=runs, matrix=_matrix(results)
    )


def view_runs(folder: EvalFolder) -> dict[str, RunView]:
    """Slug of a trial -> our agent's run in its last try, for those that have a readable one."""
    views = {}
    for trial in folder.trials():
        for path in (trial.tries()[-1] / "work/state/runs").glob("*") if trial.tries() else ():
            with suppress(AgentError):
                views[trial.path.name] = _view(RunFolder(path))
    return views


def _view(folder: RunFolder) -> RunView:
    events = load_events(folder)
    state = RunState(list(events))
    if state.started is None or state.tree is None:
        return view_run(events)
    return view_run(events, diff_files(folder.repository, state.started.base_commit, state.tree))


def _matrix(results: Sequence[TrialResult]) -> dict[str, dict[str, list[TrialResult]]]:
    """Case -> agent -> its attempts."""
    ordered = sorted(results, key=lambda result: (result.plan.case, result.plan.agent.label))
    return {
        case: {
            agent: sorted(attempts, key=lambda result: result.plan.attempt)
            for agent, attempts in groupby(of_case, key=lambda result: result.plan.agent.label)
        }
        for case, of_case in groupby(ordered, key=lambda result: result.plan.case)
    }
