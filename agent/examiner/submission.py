"""From the examiner's reply to modules: untrusted text in, typed code out."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import Field

from agent.examiner.suite import ExamModule
from agent.models.base import FinishReason, ToolCall
from tools.base import Args, ToolError
from tools.blueprint.model import Name
from tools.dispatch import find_tool, parse_arguments


class ModuleArg(Args):
    """One module, as a model writes it."""

    name: Name = Field(description="snake_case; the file is test_NAME.py")
    code: str = Field(description="The whole module.")


class SubmitArgs(Args):
    """Arguments of `submit_tests`."""

    modules: list[ModuleArg] = Field(description="One concern each.")
    shared: str = Field(
        "", description="shared.py: helpers that modules import with `from shared import ...`"
    )


@dataclass(frozen=True)
class SubmitTests:
    """The one thing that an examiner can call."""

    name: str = "submit_tests"
    args: type[Args] = SubmitArgs
    description: str = "Hand in the tests. The only call there is."


SUBMIT_TESTS = SubmitTests()


@dataclass(frozen=True)
class Submission:
    """What was handed in, or why nothing could be read."""

    modules: tuple[ExamModule, ...] = ()
    shared: str = ""
    problem: str = ""

    def with_later(self, later: "Submission") -> "Submission":
        """The two together; a module that was sent again takes the place of the first."""
        again = {module.name for module in later.modules}
        kept = tuple(module for module in self.modules if module.name not in again)
        problem = "" if kept or later.modules else later.problem
        return Submission((*kept, *later.modules), later.shared or self.shared, problem)


def read_submission(calls: Sequence[ToolCall], finish_reason: FinishReason) -> Submission:
    """What a reply hands in."""
    if finish_reason == "length":
        return Submission(problem="the reply was cut off by its length: send fewer tests")
    if not calls:
        return Submission(problem="the reply held no call of submit_tests")
    whole = Submission()
    try:
        for call in calls:
            args = parse_arguments(find_tool([SUBMIT_TESTS], call.name), call.arguments)
            assert isinstance(args, SubmitArgs), "the args model of the only tool"
            for one in args.modules:
                module = ExamModule(name=one.name, code=one.code)
                whole = whole.with_later(Submission((module,), args.shared))
    except ToolError as error:
        return Submission(problem=str(error))
    return whole
