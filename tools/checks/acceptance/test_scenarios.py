"""The conversations that the Blueprint spells out."""

import re

import pytest
from pydantic import JsonValue

from tools.blueprint.model import Step
from tools.checks.acceptance.api import Answer, Row
from tools.checks.acceptance.case import ScenarioCase
from tools.checks.acceptance.database import CouldNotRun
from tools.checks.acceptance.world import World

PLACE = re.compile(r"{{\s*(\w+)\s*}}")
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
        answer = _take(world, case, step, saved)
        try:
            answer.expect(step.status)
            for path, value in step.expect.items():
                found = _look(answer.json, path)
                wanted = _fill(value, saved)
                assert found == wanted, f"{path} is {found!r}, not {wanted!r}\n{answer}"
            saved |= {name: _look(answer.json, path) for name, path in step.save.items()}
        except AssertionError as error:
            raise AssertionError(f"step {number}: {error}") from error


def _take(world: World, case: ScenarioCase, step: Step, saved: dict[str, JsonValue]) -> Answer:
    token = None
    if step.actor is not None:
        role, _, label = step.actor.partition(":")
        token = world.actors.get(role, f"{case.scenario.name}:{label}").access
    conventions = world.blueprint.conventions
    path = str(_fill(step.path, saved))
    rooted = path.startswith((conventions.base_path + "/", conventions.health_path))
    return world.api.call(
        step.method,
        path,
        token=token,
        body=_fill(step.body, saved),
        at_root=rooted or path == conventions.ready_path,
    )


def _fill(value: JsonValue, saved: dict[str, JsonValue]) -> JsonValue:
    """The value with `{{name}}` replaced; a string that is nothing else keeps the saved type."""
    if isinstance(value, dict):
        filled: Row = {key: _fill(inner, saved) for key, inner in value.items()}
        return filled
    if isinstance(value, list):
        return [_fill(inner, saved) for inner in value]
    if not isinstance(value, str):
        return value
    whole = PLACE.fullmatch(value)
    if whole and whole[1] in saved:
        return saved[whole[1]]
    return PLACE.sub(lambda found: str(saved.get(found[1], found[0])), value)


def _look(body: JsonValue, path: str) -> JsonValue:
    """The value at a dotted path. Raises AssertionError when there is none."""
    found = body
    for part in path.split("."):
        if isinstance(found, list) and part.isdigit() and int(part) < len(found):
            found = found[int(part)]
        elif isinstance(found, dict) and part in found:
            found = found[part]
        else:
            raise AssertionError(f"the answer has nothing at {path!r}")
    return found
