"""The conversations that the Blueprint spells out."""

import pytest
from pydantic import JsonValue

from tools.blueprint.model import Step
from tools.checks.acceptance.api import Answer
from tools.checks.acceptance.case import ScenarioCase
from tools.checks.acceptance.database import CouldNotRun
from tools.checks.acceptance.placeholders import fill, look
from tools.checks.acceptance.world import World

Seeds = dict[str, frozenset[str]]


@pytest.fixture(scope="module")
def seeds(world: World) -> Seeds:
    """The rows that the migrations and the start of the backend made: table -> keys."""
    try:
        return {e.table: world.database.keys(e) for e in world.blueprint.entities}
    except CouldNotRun:
        return {}


@pytest.fixture
def _fresh(world: World, seeds: Seeds) -> None:
    """Each scenario meets the backend as it was after its start."""
    left = [entity for entity in world.blueprint.entities if entity.table in seeds]
    for _ in range(len(left)):
        left = [entity for entity in left if not world.database.forget(entity, seeds[entity.table])]


@pytest.mark.usefixtures("_fresh")
def test_scenario(world: World, case: ScenarioCase) -> None:
    """Every step is answered as it says."""
    saved: dict[str, JsonValue] = {}
    for number, step in enumerate(case.scenario.steps, start=1):
        try:
            answer = _take(world, case, step, saved).expect(step.status)
            for path, value in step.expect.items():
                found = look(answer.json, path)
                wanted = fill(value, saved)
                assert found == wanted, f"{path} is {found!r}, not {wanted!r}\n{answer}"
            saved |= {name: look(answer.json, path) for name, path in step.save.items()}
        except AssertionError as error:
            raise AssertionError(f"step {number}: {error}") from error


def _take(world: World, case: ScenarioCase, step: Step, saved: dict[str, JsonValue]) -> Answer:
    token = None
    if step.actor is not None:
        role, _, label = step.actor.partition(":")
        token = world.actors.get(role, f"{case.scenario.name}:{label}").access
    conventions = world.blueprint.conventions
    path = str(fill(step.path, saved))
    rooted = path.startswith((conventions.base_path + "/", conventions.health_path))
    return world.api.call(
        step.method,
        path,
        token=token,
        body=fill(step.body, saved),
        at_root=rooted or path == conventions.ready_path,
    )
