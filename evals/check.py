"""Whether a suite is right: solutions pass, nothing fails, and no seeded fault goes unnoticed."""

from collections.abc import Sequence

from evals.case import Case
from evals.plan import AgentSpec, TrialPlan, TrialSettings, plan_trial
from evals.results import TrialResult

CHECK_AGENTS = (AgentSpec(kind="oracle"), AgentSpec(kind="nop"))


def fault_trials(cases: Sequence[Case], settings: TrialSettings) -> tuple[TrialPlan, ...]:
    """Every seeded fault of every case, once."""
    return tuple(
        plan_trial(case, AgentSpec(kind="fault", argument=fault.name), 1, settings)
        for case in cases
        for fault in case.config.metadata.faults
    )


def unexpected(result: TrialResult) -> str:
    """What is wrong with the case that a trial of its own agents shows; empty: nothing."""
    name = f"{result.plan.case}, {result.plan.agent.label}"
    if result.error:
        return f"{name}: could not be scored: {result.error}"
    must_pass = result.plan.agent.kind == "oracle"
    if result.passed == must_pass:
        return ""
    failed = [test.id for test in result.score.tests.tests if test.outcome != "passed"]
    return f"{name}: fails {', '.join(failed)}" if must_pass else f"{name}: passes, and must not"
