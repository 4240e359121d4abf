"""The conversations that the Blueprint spells out."""

from bisect import bisect_left
from concurrent.futures import ThreadPoolExecutor

import pytest
from pydantic import JsonValue

from tools.blueprint.model import Step
from tools.checks.acceptance.api import Answer
from tools.checks.acceptance.case import ScenarioCase
from tools.checks.acceptance.database import CouldNotRun
from tools.checks.acceptance.placeholders import fill, has, look
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
    done = 0
    for steps in case.scenario.turns:
        numbers = "-".join(map(str, sorted({done + 1, done + len(steps)})))
        done += len(steps)
        try:
            answers = _take_all(world, case, steps, saved)
            for step, answer in zip(steps, answers, strict=True):
                _check(step, answer.expect(step.status), saved)
            for step, answer in zip(steps, answers, strict=True):
                saved |= {name: look(answer.json, path) for name, path in step.save.items()}
        except AssertionError as error:
            raise AssertionError(f"step {numbers}: {error}") from error


def _take_all(
    world: World, case: ScenarioCase, steps: list[Step], saved: dict[str, JsonValue]
) -> list[Answer]:
    """An answer for each step: its own, or of those at once one with the status it wants."""
    if len(steps) == 1:
        return [_take(world, case, steps[0], saved)]
    for step in steps:
        _token(world, case, step)  # nobody signs up while the others are on their way
    with ThreadPoolExecutor(len(steps)) as senders:
        answers = list(senders.map(lambda step: _take(world, case, step, saved), steps))
    got, wanted = sorted(a.status for a in answers), sorted(step.status for step in steps)
    assert got == wanted, f"sent at once: statuses {got}, not {wanted}\n{answers[0]}"
    by_status = sorted(answers, key=_status)
    return [by_status.pop(bisect_left(by_status, step.status, key=_status)) for step in steps]


def _status(answer: Answer) -> int:
    return answer.status


def _check(step: Step, answer: Answer, saved: dict[str, JsonValue]) -> None:
    for path, value in step.expect.items():
        found, wanted = look(answer.json, path), fill(value, saved)
        assert found == wanted, f"{path or 'the answer'} is {found!r}, not {wanted!r}\n{answer}"
    there = [path for path in step.lacks if has(answer.json, path)]
    assert not there, f"the answer should not have {', '.join(there)}\n{answer}"


def _token(world: World, case: ScenarioCase, step: Step) -> str | None:
    if step.actor is None:
        return None
    role, _, label = step.actor.partition(":")
    return world.actors.get(role, f"{case.scenario.name}:{label}").access


def _take(world: World, case: ScenarioCase, step: Step, saved: dict[str, JsonValue]) -> Answer:
    conventions = world.blueprint.conventions
    path = str(fill(step.path, saved))
    rooted = path.startswith((conventions.base_path + "/", conventions.health_path))
    return world.api.call(
        step.method,
        path,
        token=_token(world, case, step),
        body=fill(step.body, saved),
        at_root=rooted or path == conventions.ready_path,
    )
