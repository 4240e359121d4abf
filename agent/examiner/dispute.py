"""The action `dispute`: a fresh call, which sees no code, decides whether a test stands."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import Field

from agent.events import Event, Ruling, TestDisputed
from agent.examiner.examine import numbered
from agent.examiner.fresh_call import Answer, NoRoom, ask_afresh
from agent.examiner.suite import code_around
from agent.examiner.withdrawn import scenario_id, written_id
from agent.models.base import Completion, Message, ToolCall
from agent.run import Run
from agent.tool_schema import describe_tool
from prompts.render import render
from tools.base import Args, Observation, ToolError
from tools.blueprint.check_tests import listed_tests
from tools.blueprint.model import RequirementId
from tools.dispatch import find_tool, parse_arguments
from tools.written_tests import write_tests

MAX_DISPUTES = 3
LEAST_LEFT = 4_000
"""Output tokens that the budget must have room for."""
PARAMETERS = re.compile(r"(?<=\w)\[.*\]$")
"""Of `test[zip] test_bomb[1-x]`, the end."""


class DisputeArgs(Args):
    """Arguments of `dispute`."""

    test: str = Field(
        description="Its id as the findings name it: `independent[x] test_y`, `test[x] test_y` or "
        "`scenario[x]`."
    )
    reason: str = Field(
        description="What the test demands, what the spec says instead or leaves open, and in "
        "which line."
    )


class RuleArgs(Args):
    """Arguments of `rule`."""

    ruling: Ruling = Field(description="upheld: the test stands. withdrawn: it no longer counts.")
    why: str = Field(description="One or two sentences that name the spec's line.")


@dataclass(frozen=True)
class Rule:
    """The one thing that a judge can call."""

    name: str = "rule"
    args: type[Args] = RuleArgs
    description: str = "Decide. The only call there is."


RULE = Rule()


@dataclass(frozen=True)
class Disputable:
    """A frozen test, and what of the spec it is about."""

    id: str
    text: str
    """Code, or the scenario's JSON."""
    requirements: Sequence[RequirementId] = ()
    lines: Sequence[int] = ()


def dispute(run: Run, call: ToolCall, args: DisputeArgs) -> Iterator[Event]:
    """Dispute a frozen test that demands what the spec contradicts or leaves open.

    A judge who sees the spec, the test and your reason decides: the test stands, or it no longer
    counts for anything. At most 3 a run. A test that is merely hard to pass will stand.
    """
    ruled = run.state.exam.ruling  # of this call, if the process died before it could say so
    if ruled is None:
        refusal = _refusal(run, args)
        if refusal:
            yield run.returned(call, Observation(text=refusal, ok=False))
            return
        try:
            ruled = _ask_judge(run, _find(run, args.test), args.reason)
        except NoRoom as no:
            text = f"no judge can be asked: {no}"
            yield run.returned(call, Observation(text=text, ok=False))
            return
        yield ruled
    if ruled.ruling == "withdrawn" and run.state.oracle is not None:
        write_tests(run.context.workspace, run.state.oracle)
    yield run.returned(call, Observation(text=_answer(run, ruled)), changed=True)


def _answer(run: Run, ruled: TestDisputed) -> str:
    left = MAX_DISPUTES - len(run.state.exam.disputes)
    verdict = "withdrawn: it no longer counts" if ruled.ruling == "withdrawn" else "it stands"
    return f"{ruled.test}: {verdict}. {ruled.why}\n{left} of {MAX_DISPUTES} disputes left."


def _refusal(run: Run, args: DisputeArgs) -> str:
    disputes = run.state.exam.disputes
    if len(disputes) >= MAX_DISPUTES:
        return f"all {MAX_DISPUTES} disputes of this run are used"
    name = _without_parameters(args.test)
    if any(one.test == name for one in disputes):
        return f"{name} was decided before"
    if name not in {test.id for test in _disputable(run)}:
        return (
            f"there is no frozen test {args.test!r}. Only tests from outside can be disputed: "
            "`independent[...] ...`, `test[...] ...` and `scenario[...]` as the findings name them"
        )
    return ""


def _find(run: Run, test: str) -> Disputable:
    return next(one for one in _disputable(run) if one.id == _without_parameters(test))


def _without_parameters(test: str) -> str:
    """`test[zip] TestBomb::test_small[1]` as `test[zip] test_small`."""
    name = test.strip()
    if " " not in name:
        return name
    head, _, function = name.partition(" ")
    return f"{head} {PARAMETERS.sub('', function).rpartition('::')[2]}"


def _disputable(run: Run) -> Iterator[Disputable]:
    """Every test that counts and is not derived from the Blueprint's typed parts."""
    suite, blueprint = run.state.exam.counting, run.state.oracle
    for test in suite.tests if suite else ():
        assert suite is not None, "it has tests"
        code = code_around(suite.module(test.module).code, test.function)
        text = f"{code}\n\n# shared.py\n{suite.shared}" if suite.shared else code
        yield Disputable(test.id, text, test.requirements, test.lines)
    for written in blueprint.tests if blueprint else ():
        for name in listed_tests(written.code):
            text = code_around(written.code, name)
            yield Disputable(written_id(written, name), text, written.requirements)
    for scenario in blueprint.scenarios if blueprint else ():
        text = scenario.model_dump_json(indent=1, exclude_defaults=True)
        yield Disputable(scenario_id(scenario), text, scenario.requirements)


def _ask_judge(run: Run, test: Disputable, reason: str) -> TestDisputed:
    messages = [
        Message("system", render("judge.md.j2")),
        Message("user", _task(run, test, reason)),
    ]
    answer = ask_afresh(run, messages, describe_tool(RULE), least_left=LEAST_LEFT)
    return _disputed(test, reason, _read_ruling(answer.reply), answer)


def _disputed(test: Disputable, reason: str, rule: RuleArgs, answer: Answer) -> TestDisputed:
    return TestDisputed(
        test=test.id,
        reason=reason,
        ruling=rule.ruling,
        why=rule.why,
        usage=answer.reply.usage,
        cost_usd=answer.cost_usd,
        seconds=answer.reply.seconds,
    )


def _task(run: Run, test: Disputable, reason: str) -> str:
    assert run.state.frozen is not None, "tests are disputed after the freeze"
    known = {one.id: one for one in run.state.frozen.requirements}
    cited = [known[name] for name in test.requirements if name in known]
    return render(
        "judge_task.md.j2",
        spec=numbered(run.started.task.spec or ""),
        schema=run.started.schema_text,
        cited=[(one.id, one.line, one.text) for one in cited],
        lines=list(test.lines),
        test_id=test.id,
        test=test.text,
        reason=reason,
    )


def _read_ruling(reply: Completion) -> RuleArgs:
    """The judge's word; a reply that cannot be read changes nothing."""
    try:
        call = next(iter(reply.calls if reply.finish_reason != "length" else ()))
        args = parse_arguments(find_tool([RULE], call.name), call.arguments)
        assert isinstance(args, RuleArgs), "the args model of the only tool"
    except (StopIteration, ToolError):
        return RuleArgs(ruling="upheld", why="the judge gave no answer that can be read")
    return args
