"""Turns the cases of a Blueprint into tests: `test_create` runs once for each `create` case.

Environment: ACCEPTANCE_BLUEPRINT is read, ACCEPTANCE_RESULTS and ACCEPTANCE_OPENAPI are written;
ACCEPTANCE_BASE_URL and ACCEPTANCE_DATABASE_URL are where the backend and its database listen.
"""

import os
from functools import cache
from pathlib import Path

import pytest

from tools.blueprint.model import Blueprint
from tools.checks.acceptance.api import Api
from tools.checks.acceptance.expected import expected_cases
from tools.checks.acceptance.results import Results
from tools.checks.acceptance.world import World


@cache
def frozen_blueprint() -> Blueprint:
    """The Blueprint that the backend is judged by."""
    return Blueprint.model_validate_json(Path(os.environ["ACCEPTANCE_BLUEPRINT"]).read_bytes())


def pytest_configure(config: pytest.Config) -> None:
    """Record the results."""
    config.pluginmanager.register(Results(Path(os.environ["ACCEPTANCE_RESULTS"])))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each test function the cases of its kind."""
    kind = metafunc.function.__name__.removeprefix("test_")
    cases = [case for case in expected_cases(frozen_blueprint()) if case.kind == kind]
    metafunc.parametrize("case", cases, ids=[case.subject for case in cases])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Scenarios first: they expect a backend that nobody has used."""
    items.sort(key=lambda item: "scenario" not in item.name)


@pytest.fixture(scope="session")
def world() -> World:
    """The backend under test, with what the tests have made in it."""
    blueprint = frozen_blueprint()
    api = Api(os.environ["ACCEPTANCE_BASE_URL"], blueprint)
    return World(blueprint, api, os.environ["ACCEPTANCE_DATABASE_URL"])
