"""A run as a fixed list of events, and its result: what the consoles are shown in tests."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent.events import (
    BlueprintFrozen,
    Committed,
    Event,
    ModelReplied,
    Nudged,
    RunEnded,
    RunStarted,
    TaskRendered,
    ToolCalled,
    ToolReturned,
    VerdictReached,
)
from agent.models.base import ToolCall, Usage
from agent.task import AgentResult, AgentTask, Artifact, Budget, UnmetRequirement
from agent.verifier.verdict import CheckResult, TestOutcome, TestReport, Verdict
from tools.base import TestCounts

TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
COMMIT = "3f2a1c9d0b7e4a5f6c8d9e0f1a2b3c4d5e6f7081"
BRANCH = "agent/bookshop-k7f2m9qa"


def at(second: float) -> datetime:
    """That many seconds into the run."""
    return datetime(2026, 11, 24, 9, 0, tzinfo=UTC) + timedelta(seconds=second)


def reply(
    step: int, second: float, *calls: tuple[str, str], text: str = "", cost: float | None = 0.012
) -> ModelReplied:
    """A reply with calls given as (tool, arguments); the ids are `STEP.NUMBER`."""
    made = [ToolCall(id=f"{step}.{n}", name=name, arguments=a) for n, (name, a) in enumerate(calls)]
    return ModelReplied(
        at=at(second),
        step=step,
        text=text,
        calls=tuple(made),
        finish_reason="tool_calls" if calls else "stop",
        usage=Usage(input_tokens=9_000, cached_tokens=8_000, output_tokens=400),
        cost_usd=cost,
        seconds=1.5,
    )


def called(step: int, name: str, second: float) -> ToolCalled:
    """The step's first call begins."""
    return ToolCalled(at=at(second), call_id=f"{step}.0", name=name)


def returned(
    step: int,
    name: str,
    second: float,
    *,
    seconds: float,
    text: str = "done",
    ok: bool = True,
    tests: TestCounts | None = None,
) -> ToolReturned:
    """The step's first call came back."""
    return ToolReturned(
        at=at(second),
        call_id=f"{step}.0",
        name=name,
        ok=ok,
        text=text,
        tree=TREE,
        seconds=seconds,
        tests=tests,
    )


REJECTION = Verdict(
    passed=False,
    checks=(
        CheckResult(name="boots", status="passed", detail="GET /openapi.json answered in 1.2 s"),
        CheckResult(
            name="acceptance tests",
            status="failed",
            detail="1 of 62 failed",
            findings=("POST /orders with too little stock: expected 409, got 201",),
        ),
        CheckResult(name="migrations match", status="could_not_run", detail="alembic is missing"),
    ),
    seconds=14.2,
)
ACCEPTANCE = Verdict(
    passed=True,
    checks=(
        CheckResult(name="boots", status="passed", detail="GET /openapi.json answered in 1.1 s"),
        CheckResult(name="given schema", status="not_applicable", detail="no --schema was given"),
    ),
    acceptance_tests=TestReport.of((TestOutcome(id="create[POST /books]", outcome="passed"),)),
    project_tests=TestReport.of((TestOutcome(id="tests.test_books::test_a", outcome="passed"),)),
    seconds=12.9,
)

STORY: list[Event] = [
    RunStarted(
        at=at(0),
        run_id="k7f2m9qa",
        task=AgentTask(spec="# Bookshop", budget=Budget(max_cost_usd=2.5)),
        model="openai:gpt-x",
        repository=Path("/tmp/shop"),  # noqa: S108 - never opened
        branch=BRANCH,
    ),
    TaskRendered(at=at(1), system="...", user="...", tree=TREE),
    reply(
        1,
        3,
        ("update_blueprint", '{"entity": "book"}'),
        text="I add the missing entity.\nThen I freeze.",
    ),
    called(1, "update_blueprint", 3),
    returned(1, "update_blueprint", 3.1, seconds=0.1),
    reply(2, 5, text="I think we are done."),
    Nudged(at=at(5), problem="no_call", text="call a tool"),
    reply(3, 7, ("freeze_blueprint", "{}")),
    called(3, "freeze_blueprint", 7),
    BlueprintFrozen(
        at=at(7), sha256="ab" * 32, blueprint='{"name": "bookshop", "title": "Bookshop"}'
    ),
    returned(3, "freeze_blueprint", 7, seconds=0.0),
    reply(4, 9, ("write_file", '{"path": "app/\\u001b[31mmain.py", "content": "x"}')),
    called(4, "write_file", 9),
    returned(4, "write_file", 9, seconds=0.02, text="app/main.py:3: syntax error\nmore", ok=False),
    reply(5, 11, ("run_tests", '{"path": "tests"}')),
    called(5, "run_tests", 11),
    returned(
        5, "run_tests", 31, seconds=19.6, tests=TestCounts(passed=41, failed=1, skipped=0), ok=False
    ),
    reply(6, 33, ("finish", '{"summary": "A bookshop."}')),
    called(6, "finish", 33),
    VerdictReached(at=at(48), tree=TREE, verdict=REJECTION, summary="A bookshop."),
    returned(6, "finish", 48, seconds=14.9, text="not accepted", ok=False),
    reply(7, 50, ("finish", '{"summary": "A bookshop."}'), cost=None),
    called(7, "finish", 50),
    VerdictReached(at=at(63), tree=TREE, verdict=ACCEPTANCE, summary="A bookshop."),
    Committed(at=at(64), branch=BRANCH, commit=COMMIT, tree=TREE),
    RunEnded(at=at(64), reason="verified", detail=f"the verifier accepted it: branch {BRANCH}"),
]

VERIFIED = AgentResult(
    task_id=None,
    run_id="k7f2m9qa",
    status="verified",
    reason=f"the verifier accepted it: branch {BRANCH}",
    retryable=False,
    repository=Path("/tmp/my shop"),  # noqa: S108 - never opened
    branch=BRANCH,
    commit=COMMIT,
    artifacts=(
        Artifact(
            path=Path("/state/runs/k7f2m9qa/artifacts/openapi.json"),
            kind="openapi",
            sha256="0" * 64,
            size=12,
        ),
    ),
    verdict=ACCEPTANCE,
    usage=Usage(input_tokens=63_000, cached_tokens=56_000, output_tokens=2_800),
    cost_usd=None,
    steps=7,
    seconds=64,
    assumptions=("prices are in euro",),
)
UNMET = AgentResult(
    task_id=None,
    run_id="k7f2m9qa",
    status="unmet",
    reason="some requirements have no proof",
    retryable=False,
    repository=Path("/tmp/shop"),  # noqa: S108 - never opened
    work_ref="refs/backend-agent/k7f2m9qa",
    steps=7,
    seconds=64,
    cost_usd=0.0,
    unmet=(UnmetRequirement(id="R7", text="Mails are sent when an order ships.", line=34),),
)
