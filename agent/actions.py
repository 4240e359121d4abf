"""What a model can ask of the run itself: fix the oracle, and ask for the verdict."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field, ValidationError

from agent.events import BlueprintFrozen, Event, VerdictReached
from agent.examiner.dispute import DisputeArgs, dispute
from agent.models.base import ToolCall
from agent.run import Run
from agent.verifier.verdict import REQUIREMENTS_CHECK, Verdict
from tools.base import Args, Observation
from tools.blueprint.coverage import NO_ENDPOINTS, find_gaps, lacks_endpoints, uncovered
from tools.blueprint.model import Blueprint, RequirementId
from tools.blueprint.outline import outline_gaps
from tools.blueprint.store import dump_blueprint, hash_blueprint
from tools.blueprint.validate import validate_blueprint
from tools.written_tests import TESTS_FOLDER, write_tests


@dataclass(frozen=True)
class Action:
    """Like a tool, but it acts on the run and may yield several events."""

    name: str
    args: type[Args]
    act: Callable[[Run, ToolCall, Any], Iterator[Event]]
    phase: Literal["any", "before_freeze", "after_freeze"]

    @property
    def description(self) -> str:
        """The function's docstring: what the model reads."""
        return (self.act.__doc__ or "").strip()


class FreezeArgs(Args):
    """Arguments of `freeze_blueprint`."""

    unproven: tuple[str, ...] = Field(
        (),
        description="R-ids that nothing in the Blueprint covers and that you cannot cover; the run "
        'then ends `unmet`. ["*"] stands for all of them.',
    )


class FinishArgs(Args):
    """Arguments of `finish`."""

    summary: str = Field(description="What was built, in a few sentences, for the commit message.")
    give_up: bool = Field(
        False,
        description="True ends the run as `unmet` and keeps your work aside. Only when you cannot "
        "mend what the verifier found.",
    )


def freeze_blueprint(run: Run, call: ToolCall, args: FreezeArgs) -> Iterator[Event]:
    """Fix the Blueprint: the acceptance tests are derived from it, and code may be written.

    It cannot be changed afterwards. Refused while it has problems, or while a requirement has no
    test, scenario or not_testable reason.
    """
    try:
        blueprint = run.context.blueprint.load()
    except FileNotFoundError:
        yield run.returned(call, Observation(text="there is no Blueprint yet", ok=False))
        return
    except ValidationError as exc:
        yield run.returned(call, Observation(text=f"the draft is invalid: {exc}", ok=False))
        return
    complaints = [str(problem) for problem in validate_blueprint(blueprint)]
    if lacks_endpoints(blueprint):
        complaints.append(NO_ENDPOINTS)
    declared = set(args.unproven)
    gaps = find_gaps(blueprint)
    complaints += outline_gaps([g for g in gaps if not declared & {"*", g.requirement.id}])
    if complaints:
        text = "not frozen:\n" + "\n".join(f"- {complaint}" for complaint in complaints)
        yield run.returned(call, Observation(text=text, ok=False))
        return
    if run.state.frozen is None:  # else it is, and the process died before it could say so
        run.context.blueprint.freeze()
        digest = hash_blueprint(blueprint)
        yield BlueprintFrozen(sha256=digest, blueprint=dump_blueprint(blueprint).decode())
    write_tests(run.context.workspace, blueprint)
    text = "\n".join(_what_now(blueprint, [gap.requirement.id for gap in gaps]))
    yield run.returned(call, Observation(text=text), changed=bool(blueprint.tests))


def _what_now(blueprint: Blueprint, unproven: Sequence[RequirementId]) -> Iterator[str]:
    free = blueprint.form == "free"
    first = "all of it by hand" if free else "generate_code first, then what is left by hand"
    yield f"frozen. Write the code now: {first}."
    if blueprint.tests:
        yield f'Its tests are in {TESTS_FOLDER}: start_server, then run_tests ["{TESTS_FOLDER}"].'
    if unproven:
        yield f"Without proof, so the run will end `unmet`: {', '.join(unproven)}."


def finish(run: Run, call: ToolCall, args: FinishArgs) -> Iterator[Event]:
    """Ask for the verdict on the workspace as it is.

    A verifier that you cannot reach boots exactly these files in fresh sandboxes, applies the
    migrations, runs the project's own tests and the acceptance tests over HTTP. If it accepts,
    the run ends; if not, you get its findings: mend them and call finish again.
    """
    state = run.state
    if args.give_up:
        text = "the run ends; the work is kept"
        yield run.returned(call, Observation(text=text), gave_up=f"given up: {args.summary}")
        return
    if state.frozen is None:
        text = "nothing to verify yet: freeze the Blueprint and write the code first"
        yield run.returned(call, Observation(text=text, ok=False), usable=False)
        return
    verdict = state.verdict
    if verdict is None:
        tree = run.deliverable()
        verdict = run.verify(tree)
        if run.deadline.over and not verdict.passed:
            return  # it may only have run out of time: a resumed run asks again
        yield VerdictReached(tree=tree, verdict=verdict, summary=args.summary)
    if verdict.passed:
        return
    left = [requirement.id for requirement in uncovered(state.oracle or state.frozen)]
    why = f"no proof of {', '.join(left)}; the rest is verified"
    said = Observation(text=f"not accepted.\n\n{verdict.findings_text()}", ok=False)
    yield run.returned(call, said, gave_up=why if _only_unproven(verdict, left) else None)


def security_check(run: Run, call: ToolCall, args: Args) -> Iterator[Event]:  # noqa: ARG001 - none
    """Look for security flaws in the workspace as it is, as the verifier will when all else passes.

    Reads the source and probes the running app: injection, access to other users' objects, tokens,
    uploads, outbound requests and more. Each flaw says where, why and how to mend it.
    """
    check = run.check_security(run.trees.files(run.deliverable()))
    if run.deadline.over and check.status != "failed":
        return  # it may only have run out of time: a resumed run asks again
    text = "\n".join([f"{check.status}. {check.detail}", *(f"- {item}" for item in check.findings)])
    yield run.returned(call, Observation(text=text, ok=check.ok))


def _only_unproven(verdict: Verdict, unproven: Sequence[str]) -> bool:
    """Whether all that is missing was left without proof when the Blueprint was frozen."""
    rest_is_fine = all(check.ok or check.name == REQUIREMENTS_CHECK for check in verdict.checks)
    return rest_is_fine and set(verdict.unmet) <= set(unproven)


ACTIONS: tuple[Action, ...] = (
    Action("freeze_blueprint", FreezeArgs, freeze_blueprint, "before_freeze"),
    Action("security_check", Args, security_check, "after_freeze"),
    Action("dispute", DisputeArgs, dispute, "after_freeze"),
    Action("finish", FinishArgs, finish, "any"),
)
