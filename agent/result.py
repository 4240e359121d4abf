"""Says how a run ended, from its state."""

from pydantic import ValidationError

from agent.artifacts import write_artifacts
from agent.errors import RepositoryError
from agent.events import RunStarted, TestDisputed
from agent.runs import RunFolder
from agent.self_starting import find_self_starting
from agent.state import RunState
from agent.task import RETRYABLE, AgentResult, DisputedTest, UnmetRequirement
from agent.trees import TreeStore
from tools.blueprint.model import Blueprint
from tools.blueprint.store import DRAFT_PATH


def build_result(folder: RunFolder, state: RunState, trees: TreeStore) -> AgentResult:
    """The result of an ended run; writes its artifacts."""
    started, ended, committed = state.started, state.ended, state.committed
    assert started is not None, "a run starts with RunStarted"
    assert ended is not None, "only an ended run has a result"
    verdict = state.last_verdict.verdict if state.last_verdict else None
    blueprint = state.frozen or _draft(state, trees)
    return AgentResult(
        task_id=started.task.task_id,
        run_id=started.run_id,
        status=ended.reason,
        reason=ended.detail,
        retryable=ended.reason in RETRYABLE,
        repository=started.repository,
        branch=committed.branch if committed else None,
        commit=committed.commit if committed else None,
        work_ref=ended.work_ref,
        artifacts=write_artifacts(folder, state, trees),
        verdict=verdict,
        test_report=verdict.project_tests if verdict else None,
        usage=state.usage,
        cost_usd=state.cost_usd,
        steps=state.steps,
        seconds=round(state.active_s, 3),
        unmet=_unmet(state, blueprint) if blueprint else (),
        assumptions=blueprint.assumptions if blueprint else (),
        disputes=tuple(map(_disputed, state.exam.disputes)),
        self_starting=_self_starting(started, state, trees),
        metadata=started.task.metadata,
    )


def _self_starting(started: RunStarted, state: RunState, trees: TreeStore) -> tuple[str, ...]:
    """Of what the run made or changed; a base that is gone counts as empty."""
    if state.tree is None:
        return ()
    made = trees.files(state.tree)
    try:
        base = trees.files(trees.tree_of(started.base_commit)) if started.base_commit else {}
    except RepositoryError:
        base = {}
    return find_self_starting(path for path in made if made[path] != base.get(path))


def _unmet(state: RunState, blueprint: Blueprint) -> tuple[UnmetRequirement, ...]:
    """What has no proof: by the last verdict, else everything the Blueprint lists."""
    if state.accepted:
        return ()
    proven: set[str] = set()
    if state.last_verdict is not None:
        results = state.last_verdict.verdict.requirements
        proven = {key for key, result in results.items() if result.status != "unmet"}
    return tuple(
        UnmetRequirement(id=item.id, text=item.text, line=item.line)
        for item in blueprint.requirements
        if item.id not in proven
    )


def _disputed(event: TestDisputed) -> DisputedTest:
    return DisputedTest(test=event.test, reason=event.reason, ruling=event.ruling, why=event.why)


def _draft(state: RunState, trees: TreeStore) -> Blueprint | None:
    """The draft in the last recorded tree, when the run ended before the freeze."""
    content = trees.files(state.tree).get(DRAFT_PATH) if state.tree else None
    if content is None:
        return None
    try:
        return Blueprint.model_validate_json(content)
    except ValidationError:
        return None
