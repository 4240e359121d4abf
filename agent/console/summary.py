"""How a run ended, for a person: what there is, how to use it, and what to do next."""

import shlex
import tarfile
from collections.abc import Iterator

from agent.console.lines import Line, Mark
from agent.console.text import count_text, one_line, seconds_text, usd_text
from agent.task import AgentResult, EndReason
from agent.verifier.verdict import Verdict
from tools.excerpt import count_of

COMMAND = "python -m agent"
MAX_LISTED = 20

REMEDIES: dict[EndReason, str] = {
    "verified": "",
    "unmet": "`{command} show {run}` tells why; make the spec more exact, or use another --model",
    "budget_steps": "raise the limit and go on: {resume} --max-steps N",
    "budget_tokens": "raise the limit and go on: {resume} --max-tokens N",
    "budget_cost": "raise the limit and go on: {resume} --max-cost-usd N",
    "budget_time": "raise the limit and go on: {resume} --max-minutes N",
    "stuck": "a stronger model may get further: run the spec again with another --model",
    "no_action": "the model does not call tools as asked: run the spec again with another --model",
    "model_error": "see `{command} doctor --model NAME`, then go on: {resume}",
    "sandbox_error": "see `{command} doctor`, then go on: {resume}",
    "cancelled": "go on: {resume}",
}


def summary_lines(result: AgentResult, model: str) -> Iterator[Line]:
    """The closing lines.

    Args:
        result: of the run.
        model: that it ran with; "" when not known.
    """
    mark: Mark = "good" if result.status == "verified" else "bad"
    yield Line(mark, f"{result.status.replace('_', ' ')}: {one_line(result.reason, 300)}")
    yield from _where(result)
    if result.verdict is not None:
        yield _row("proof", proof_text(result.verdict))
    yield from _unmet(result)
    yield from _listed("assumed", result.assumptions)
    withdrawn = [one for one in result.disputes if one.ruling == "withdrawn"]
    yield from _listed("withdrawn", [f"{one.test}: {one.why}" for one in withdrawn])
    yield from _listed("look first", result.self_starting)
    if result.artifacts:
        folder = result.artifacts[0].path.parent
        names = ", ".join(artifact.path.name for artifact in result.artifacts)
        yield _row("artifacts", f"{folder}: {names}")
    yield _row("spent", spent_text(result, model))
    remedy = REMEDIES[result.status]
    if remedy:
        resume = f"{COMMAND} resume {result.run_id}"
        text = remedy.format(resume=resume, command=COMMAND, run=result.run_id)
        yield _row("next", text)


def proof_text(verdict: Verdict) -> str:
    """`9 of 9 checks, 62 of 62 acceptance tests, 41 of 41 project tests`."""
    checks = f"{sum(check.ok for check in verdict.checks)} of {len(verdict.checks)} checks"
    suites = (("acceptance", verdict.acceptance_tests), ("project", verdict.project_tests))
    counts = [f"{r.passed} of {len(r.tests)} {name} tests" for name, r in suites if r.tests]
    return ", ".join([checks, *counts])


def spent_text(result: AgentResult, model: str) -> str:
    """Steps, time, and what the model used."""
    parts = [count_of(result.steps, "step"), seconds_text(result.seconds)]
    usage = result.usage
    if usage.total_tokens:
        cached = f" ({count_text(usage.cached_tokens)} cached)" if usage.cached_tokens else ""
        parts.append(f"{count_text(usage.input_tokens)} tokens in{cached}")
        parts.append(f"{count_text(usage.output_tokens)} out")
        parts.append(usd_text(result.cost_usd))
    return ", ".join(parts) + (f", model {one_line(model, 60)}" if model else "")


def _where(result: AgentResult) -> Iterator[Line]:
    """The branch or the ref, and the commands to look at it and start it."""
    folder = shlex.quote(str(result.repository)) if result.repository else ""
    if result.branch and result.commit:
        yield _row("branch", f"{result.branch} ({result.commit[:12]})")
        yield _row("look", f"git -C {folder} switch {shlex.quote(result.branch)}")
        yield _row("start", f"cd {folder} && {_start_command(result)}")
    elif result.work_ref:
        yield _row("kept", f"git -C {folder} switch --detach {shlex.quote(result.work_ref)}")


def _start_command(result: AgentResult) -> str:
    """What starts the backend in its folder, by the files that it has."""
    for artifact in result.artifacts:
        if artifact.kind == "source":
            with tarfile.open(artifact.path) as archive:
                if "compose.yaml" in archive.getnames():
                    return "docker compose up --build"
    return "less README.md"


def _unmet(result: AgentResult) -> Iterator[Line]:
    """Each one by name where that is the outcome; a run that was cut off had no chance yet."""
    if result.status == "unmet":
        yield from _listed("unmet", [f"{r.id} (line {r.line}): {r.text}" for r in result.unmet])
    elif result.unmet:
        yield _row("unmet", count_of(len(result.unmet), "requirement"))


def _listed(name: str, texts: tuple[str, ...] | list[str]) -> Iterator[Line]:
    for number, text in enumerate(texts[:MAX_LISTED]):
        yield _row(name if number == 0 else "", one_line(text, 160))
    if len(texts) > MAX_LISTED:
        yield _row("", f"... and {len(texts) - MAX_LISTED} more")


def _row(name: str, text: str) -> Line:
    return Line("more", f"{name:<10} {text}")
