"""The scripted runs that are killed: all the loop does, every tool, tests by a fresh call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import wraps

from agent.models.base import Completion
from agent.verifier.verdict import Verdict
from sandbox.base import ExecResult
from sandbox.memory import Answer, succeed
from tests.agent.crash_boundaries import (
    AFTER_LINE,
    AT_WORK,
    HALF_LINE,
    HAS_WORKED,
    IN_MACHINE,
    Boundaries,
)
from tests.agent.kit import BLUEPRINT, FINISH, FREEZE, PASSED, REJECTED, TOOLS, reply
from tools.base import AnyTool, Args, Observation, Tool, ToolContext
from tools.blueprint.model import Blueprint, WrittenTest
from tools.defaults import DEFAULT_TOOLS
from tools.run_tests import REPORT_PATH
from tools.schema.model import DatabaseSchema, Table


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A scripted run."""

    tools: Sequence[AnyTool]
    replies: Sequence[Completion]
    verdicts: Sequence[Verdict]
    answer: Answer = succeed
    """Plays the sandbox."""
    schema: DatabaseSchema | None = None
    window: int | None = None
    """Tokens of the model."""
    always_killed_at: tuple[str, ...] = ()
    """Boundaries that no sample leaves out."""
    blueprint: Blueprint = BLUEPRINT
    submissions: Sequence[Completion] = ()
    """What the examiner says; () when nobody asks it."""
    rulings: Mapping[str, Completion] = field(default_factory=dict)
    """Id of a disputed test -> what the judge says."""
    ends_with: tuple[str, int, int] = ("verified", 1, 0)
    """Its end, how many verdicts there were, and how often the conversation was shortened."""


def build(ctx: ToolContext, args: Args) -> Observation:
    """Write two files."""
    ctx.workspace.write("one.txt", b"1")
    ctx.workspace.write("two.txt", b"2")
    return Observation(text="built")


def chatter(ctx: ToolContext, args: Args) -> Observation:
    """Say very much."""
    return Observation(text="much\n" * 3_000)


MIXED = Scenario(
    tools=(*TOOLS, Tool("build", Args, build, changes_files=True), Tool("chatter", Args, chatter)),
    replies=(
        reply(FREEZE, ("build", {})),
        reply(text="I am done."),
        reply(("chatter", {}), ("look", {})),
        reply(("look", {}), FINISH),
        reply(("note", {"text": "mended"}), ("chatter", {}), FINISH),
    ),
    verdicts=(REJECTED, PASSED),
    window=4_000,  # small enough that the conversation is shortened once
    # What a resume loses shows right after the event that made it and nowhere else; what it does
    # twice shows when the event that says so was cut off.
    always_killed_at=(HALF_LINE, AFTER_LINE),
    ends_with=("verified", 2, 1),
)


def play(argv: Sequence[str], files: dict[str, bytes]) -> ExecResult:
    """A sandbox in which every command works, a test passes, and `make it` makes a file."""
    if "pytest" in argv:
        files[REPORT_PATH] = b'<testsuite><testcase classname="t" name="test_a"/></testsuite>'
    if "make it" in argv:
        files["made.txt"] = files.get("made.txt", b"") + b"made\n"
    return ExecResult(exit_code=0, output="HTTP 200")


EVERY_TOOL = Scenario(
    tools=DEFAULT_TOOLS,
    replies=(
        reply(("update_blueprint", {"title": "Renamed"}), ("show_blueprint", {}), FREEZE),
        reply(("query_schema", {"action": "list"}), ("generate_code", {"components": ["auth"]})),
        reply(
            ("write_file", {"path": "a.py", "content": "one\ntwo\n"}),
            ("edit_file", {"path": "a.py", "old_text": "one", "new_text": "one_one"}),
            ("write_file", {"path": "b.txt", "content": "b"}),
            ("delete_file", {"path": "b.txt"}),
        ),
        reply(
            ("read_file", {"path": "a.py"}),
            ("list_files", {}),
            ("outline_code", {"paths": ["a.py"]}),
            ("search_files", {"text": "two"}),
        ),
        reply(("run_tests", {}), ("run_command", {"command": "make it"})),
        reply(
            ("start_server", {}),
            ("http_request", {"method": "GET", "path": "/ping"}),
            ("server_logs", {}),
            ("stop_server", {}),
        ),
        reply(FINISH),
    ),
    verdicts=(PASSED,),
    answer=play,
    schema=DatabaseSchema(tables=(Table(name="notes"),)),
)
WRITTEN = WrittenTest(name="song", code="def test_sings():\n    assert 0\n", requirements=("R1",))
GOOD = 'def test_good():\n    """R1: it answers."""\n    assert 0\n'
BAD = "def test_bad():\n    assert 0\n"
EXAMINED = Scenario(
    tools=TOOLS,
    replies=(
        reply(FREEZE, ("note", {"text": "code"})),
        reply(
            ("dispute", {"test": "test[song] test_sings", "reason": "line 1 has no song"}),
            ("dispute", {"test": "independent[ping] test_good", "reason": "too hard"}),
            FINISH,
        ),
    ),
    verdicts=(PASSED,),
    blueprint=BLUEPRINT.model_copy(update={"tests": (WRITTEN,)}),
    submissions=(
        reply(("submit_tests", {"modules": [{"name": "ping", "code": GOOD + BAD}]})),
        reply(("submit_tests", {"modules": [{"name": "ping", "code": GOOD}]})),
    ),
    rulings={
        "test[song] test_sings": reply(("rule", {"ruling": "withdrawn", "why": "no song"})),
        "independent[ping] test_good": reply(("rule", {"ruling": "upheld", "why": "line 1"})),
    },
)
SCENARIOS = {"mixed": MIXED, "every-tool": EVERY_TOOL, "examined": EXAMINED}


def with_boundaries(tool: AnyTool, boundaries: Boundaries) -> AnyTool:
    """The tool, with a boundary before it works and one before anybody hears that it has."""

    @wraps(tool.run)
    def run(ctx: ToolContext, args: Args) -> Observation:
        boundaries.reach(AT_WORK + tool.name)
        said = tool.run(ctx, args)
        boundaries.reach(HAS_WORKED + tool.name)
        return said

    return replace(tool, run=run)


def answer_with_boundary(answer: Answer, boundaries: Boundaries) -> Answer:
    """The answer, with a boundary while each command runs."""

    def played(argv: Sequence[str], files: dict[str, bytes]) -> ExecResult:
        result = answer(argv, files)
        boundaries.reach(IN_MACHINE)
        return result

    return played
