"""What is left of the frozen oracle when disputed tests no longer count."""

from collections.abc import Collection

from agent.examiner.suite import retire_tests
from tools.blueprint.check_tests import listed_tests
from tools.blueprint.model import Blueprint, Scenario, WrittenTest


def without_withdrawn(blueprint: Blueprint, ids: Collection[str]) -> Blueprint:
    """The Blueprint without these scenarios and written tests; the same one when there are none."""
    if not ids:
        return blueprint
    scenarios = tuple(one for one in blueprint.scenarios if scenario_id(one) not in ids)
    left = (_without(test, ids) for test in blueprint.tests)
    tests = tuple(test for test in left if listed_tests(test.code))
    return blueprint.model_copy(update={"scenarios": scenarios, "tests": tests})


def scenario_id(scenario: Scenario) -> str:
    """As the verdict names it: `scenario[buy]`."""
    return f"scenario[{scenario.name}]"


def written_id(test: WrittenTest, function: str) -> str:
    """As the verdict names it: `test[zip] test_bomb`."""
    return f"test[{test.name}] {function}"


def _without(test: WrittenTest, ids: Collection[str]) -> WrittenTest:
    gone = [name for name in listed_tests(test.code) if written_id(test, name) in ids]
    return test.model_copy(update={"code": retire_tests(test.code, gone)}) if gone else test
