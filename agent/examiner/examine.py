"""The independent tests: asked for between the freeze and the first line of code, then fixed.

    ask -> check -> send back once what cannot count -> check -> fix what counts, drop the rest

Each answer is an event before anything is made of it, so a resumed run never asks twice.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain

from agent.events import Event, ExaminerReplied, TestsFixed
from agent.examiner.control import control_problems
from agent.examiner.fresh_call import NoRoom, ask_afresh
from agent.examiner.interface import describe_interface
from agent.examiner.static_checks import (
    IMPORTS,
    MAX_TESTS,
    Citable,
    code_problem,
    module_problem,
    read_tests,
)
from agent.examiner.submission import SUBMIT_TESTS, Submission, read_submission
from agent.examiner.suite import DroppedTest, ExamModule, ExamSuite, ExamTest
from agent.models.base import Message
from agent.run import Run
from agent.tool_schema import describe_tool
from prompts.render import render
from tools.blueprint.model import Blueprint

ATTEMPTS = 2
LEAST_LEFT = 60_000
"""Output tokens that the budget must have room for: some 15,000 are the tests, the rest is what
a backend takes at least."""
Problems = Mapping[str, str]
"""Test, or module, or `shared.py` -> why it cannot count."""


def examine(run: Run) -> Iterator[Event]:
    """The next event on the way to fixed tests."""
    replies = run.state.exam.replies
    if not replies:
        try:
            yield _ask(run, _opening(run))
        except NoRoom as refusal:
            yield _fixed(ExamSuite(skipped=str(refusal)))
        return
    submission = _submitted(replies)
    suite, problems = _check(run, submission)
    if run.deadline.over:
        return  # the tests may only have been stopped: a resumed run checks again
    if problems and len(replies) < ATTEMPTS:
        with suppress(NoRoom):  # then what is good is kept as it is
            yield _ask(run, [*_opening(run), *_sent_back(replies[-1], problems)])
            return
    dropped = tuple(DroppedTest(id=name, why=why) for name, why in problems.items())
    yield _fixed(suite.model_copy(update={"dropped": dropped}))


def _fixed(suite: ExamSuite) -> TestsFixed:
    return TestsFixed(sha256=suite.sha256, suite=suite)


def _ask(run: Run, messages: Sequence[Message]) -> ExaminerReplied:
    answer = ask_afresh(run, messages, describe_tool(SUBMIT_TESTS), least_left=LEAST_LEFT)
    reply = answer.reply
    return ExaminerReplied(
        text=reply.text,
        calls=reply.calls,
        finish_reason=reply.finish_reason,
        usage=reply.usage,
        cost_usd=answer.cost_usd,
        seconds=reply.seconds,
    )


def _opening(run: Run) -> list[Message]:
    blueprint = _frozen(run)
    task = render(
        "examiner_task.md.j2",
        spec=numbered(run.started.task.spec or ""),
        schema=run.started.schema_text,
        interface=describe_interface(blueprint),
        requirements=[(one.id, one.line, one.text) for one in blueprint.requirements],
    )
    system = render("examiner.md.j2", imports=sorted(IMPORTS), max_tests=MAX_TESTS)
    return [Message("system", system), Message("user", task)]


def numbered(spec: str) -> str:
    """The spec with the number of each line before it."""
    return "\n".join(f"{number}| {line}" for number, line in enumerate(spec.splitlines(), 1))


def _frozen(run: Run) -> Blueprint:
    assert run.state.frozen is not None, "the examiner comes after the freeze"
    return run.state.frozen


def _sent_back(reply: ExaminerReplied, problems: Problems) -> list[Message]:
    calls = reply.calls if reply.finish_reason in {"stop", "tool_calls"} else ()
    listed = "\n".join(f"- {name}: {why}" for name, why in problems.items())
    text = (
        f"These cannot count yet:\n{listed}\nMend them, or leave them out: call submit_tests once "
        "more, with each module that you change as a whole. Modules that you do not send stay."
    )
    said = [Message("assistant", reply.text, calls)]
    if not calls:
        return [*said, Message("user", text)]
    noted = [Message("tool", "read", call_id=call.id) for call in calls[:-1]]
    return [*said, *noted, Message("tool", text, call_id=calls[-1].id)]


def _submitted(replies: Sequence[ExaminerReplied]) -> Submission:
    read = [read_submission(reply.calls, reply.finish_reason) for reply in replies]
    whole = read[0]
    for later in read[1:]:
        whole = whole.with_later(later)
    return whole


def _check(run: Run, submission: Submission) -> tuple[ExamSuite, dict[str, str]]:
    """The suite of what can count, and what cannot."""
    if submission.problem:
        return ExamSuite(), {"submit_tests": submission.problem}
    suite, problems = _check_text(run, submission)
    if not suite.tests:
        return suite, problems or {"submit_tests": "there is no test in it"}
    check, report = run.run_on_nothing(suite.files)
    if not report.tests:
        return ExamSuite(), {**problems, "pytest": "; ".join(check.findings)}
    hollow = control_problems(suite, report)
    return suite.without(hollow.keys()), {**problems, **hollow}


def _check_text(run: Run, submission: Submission) -> tuple[ExamSuite, dict[str, str]]:
    blueprint = _frozen(run)
    last_line = max(
        len((run.started.task.spec or "").splitlines()),
        *(requirement.line for requirement in blueprint.requirements),
        0,
    )
    citable = Citable(frozenset(one.id for one in blueprint.requirements), last_line)
    problems = {f"test_{one.name}.py": module_problem(one) for one in submission.modules}
    problems["shared.py"] = code_problem(submission.shared)
    sound = [one for one in submission.modules if not problems[one.path]]
    read = list(chain.from_iterable(read_tests(module, citable) for module in sound))
    problems |= {test.id: problem for test, problem in read}
    for test, _ in read[MAX_TESTS:]:
        problems[test.id] = problems[test.id] or f"more than {MAX_TESTS} tests"
    found = {name: problem for name, problem in problems.items() if problem}
    return _suite(submission.shared, sound, [test for test, _ in read], found), found


def _suite(
    shared: str, modules: Sequence[ExamModule], tests: Sequence[ExamTest], problems: Problems
) -> ExamSuite:
    """Everything that can be read, without the tests that have problems."""
    whole = ExamSuite(
        shared="" if "shared.py" in problems else shared,
        modules=tuple(modules),
        tests=tuple(tests),
    )
    return whole.without(problems.keys())
