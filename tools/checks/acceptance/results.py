"""A pytest plugin that writes what became of each case, and with which exchange it failed."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.checks.acceptance.case import Case
from tools.checks.acceptance.database import CouldNotRun
from tools.checks.acceptance.world import World

MAX_MESSAGE_CHARS = 4000


class Results:
    """Collects one result per case: id, outcome, message."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._found: dict[str, dict[str, object]] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Function, call: pytest.CallInfo[None]
    ) -> Iterator[None]:
        """Record the first phase that fails, else the call."""
        report = yield
        case = case_of(item)
        if case is not None and (call.when == "call" or call.excinfo is not None):
            known = self._found.get(case.id, {"outcome": "passed"})
            if known["outcome"] == "passed":
                self._found[case.id] = _result(item, case, call)
        return report

    def pytest_sessionfinish(self) -> None:
        """Write the file whole."""
        self._target.write_text(json.dumps(list(self._found.values())))


def case_of(item: pytest.Item) -> Case | None:
    """The case a test is about."""
    params = item.callspec.params if hasattr(item, "callspec") else {}
    case = params.get("case")
    return case if isinstance(case, Case) else None


def _result(item: pytest.Function, case: Case, call: pytest.CallInfo[None]) -> dict[str, object]:
    outcome, message = "passed", ""
    if call.excinfo is not None:
        error = call.excinfo.value
        outcome = "failed" if isinstance(error, AssertionError) else "error"
        message = _explain(item, error)
    return {
        "id": case.id,
        "outcome": outcome,
        "message": message[:MAX_MESSAGE_CHARS],
    }


def _explain(item: pytest.Function, error: BaseException) -> str:
    text = str(error) if isinstance(error, AssertionError | CouldNotRun) else repr(error)
    text = text.partition("\nassert ")[0]  # what pytest adds to an assertion that has a message
    world = item.funcargs.get("world")
    if "request: " in text or not isinstance(world, World) or not world.api.history:
        return text
    return f"{text}\n{world.api.history[-1]}"
