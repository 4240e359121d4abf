"""The trusted acceptance suite on its way to the verifier's machine, and its results back.

Which results there have to be is computed here, on the host, from the same frozen Blueprint.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

import tools
from agent.verifier.verdict import TestOutcome, TestStatus
from tools.blueprint.model import Blueprint
from tools.blueprint.store import dump_blueprint
from tools.checks.acceptance.case import Case

BLUEPRINT_FILE = "blueprint.json"
RESULTS_FILE = "results.json"
OPENAPI_FILE = "openapi.json"
SUITE_FOLDER = "tools/checks/acceptance"
NEEDED = (
    "__init__.py",
    "blueprint/__init__.py",
    "blueprint/conventions.py",
    "blueprint/model.py",
    "blueprint/patterns.py",
    "checks/__init__.py",
    "checks/acceptance/**/*.py",
    "checks/upgrade/*.py",
)
"""What the suite consists of, below `tools/`."""


class ResultsError(ValueError):
    """The results are not those of the suite; says why."""


class Result(BaseModel):
    """One entry of the results file."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    id: str
    outcome: TestStatus
    message: str


RESULTS = TypeAdapter(list[Result])


def suite_files(blueprint: Blueprint) -> dict[str, bytes]:
    """Everything that the verifier's machine needs: path -> content."""
    root = Path(tools.__file__).parent
    found = [path for pattern in NEEDED for path in sorted(root.glob(pattern))]
    files = {f"tools/{path.relative_to(root).as_posix()}": path.read_bytes() for path in found}
    return {**files, BLUEPRINT_FILE: dump_blueprint(blueprint)}


def suite_command() -> list[str]:
    """Runs the suite in the verifier's machine. 60 failures end it: the rest says nothing new."""
    options = ["-q", "--tb=no", "--no-header", "--maxfail=60", "--import-mode=importlib"]
    options += ["-c", "/dev/null", "--rootdir=/workspace", "-p", "no:cacheprovider"]
    return ["python", "-P", "-m", "pytest", *options, SUITE_FOLDER]


def suite_environment(base_url: str, database_url: str) -> Mapping[str, str]:
    """What the suite reads: see its conftest."""
    return {
        "PYTHONPATH": "/workspace",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "ACCEPTANCE_BLUEPRINT": f"/workspace/{BLUEPRINT_FILE}",
        "ACCEPTANCE_RESULTS": f"/workspace/{RESULTS_FILE}",
        "ACCEPTANCE_OPENAPI": f"/workspace/{OPENAPI_FILE}",
        "ACCEPTANCE_BASE_URL": base_url,
        "ACCEPTANCE_DATABASE_URL": database_url,
    }


def read_results(content: bytes, expected: Sequence[Case]) -> tuple[TestOutcome, ...]:
    """One outcome per expected case, in their order; a case without a result is skipped.

    Raises:
        ResultsError: not the suite's format, an unknown id, or an id twice.
    """
    try:
        results = RESULTS.validate_json(content)
    except ValidationError as error:
        raise ResultsError(f"the results cannot be read: {error.errors()[0]['msg']}") from error
    by_id = {result.id: result for result in results}
    if len(by_id) != len(results):
        raise ResultsError("the results name a test twice")
    if unknown := sorted(by_id.keys() - {case.id for case in expected}):
        raise ResultsError(f"the results name unknown tests: {', '.join(unknown[:5])}")
    return tuple(_outcome(case, by_id.get(case.id)) for case in expected)


def _outcome(case: Case, result: Result | None) -> TestOutcome:
    return TestOutcome(
        id=case.id,
        outcome=result.outcome if result else "skipped",
        message=result.message if result else "did not run",
        requirements=case.requirements,
    )
