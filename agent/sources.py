"""Reads what a task hands over: the spec and the Database Agent's schema, as text."""

from dataclasses import dataclass
from pathlib import Path

from agent.errors import SpecError
from agent.task import AgentTask
from agent.verifier.inventory import is_test_file
from tools.schema.errors import SchemaError
from tools.schema.load import parse_schema
from tools.schema.model import DatabaseSchema

MAX_SOURCE_BYTES = 5 * 1024 * 1024
"""A spec or schema larger than this is a mistake, not a spec."""


@dataclass(frozen=True)
class Sources:
    """The texts that a run is made from."""

    spec: str
    spec_name: str
    """What to call the spec in messages."""
    schema: str | None
    schema_name: str | None
    acceptance: dict[str, str]
    """The user's own acceptance tests: path in their folder -> text."""


def read_task_sources(task: AgentTask) -> Sources:
    """The task's spec and schema as text. Raises SpecError with what to do."""
    schema = Path(task.database_schema) if task.database_schema else None
    return Sources(
        spec=task.spec if task.spec is not None else _read_text(_given(task.spec_path), "spec"),
        spec_name=str(task.spec_path) if task.spec_path else "spec",
        schema=_read_text(schema, "schema") if schema else None,
        schema_name=str(schema) if schema else None,
        acceptance=_read_tests(task.acceptance) if task.acceptance else {},
    )


def load_task_schema(text: str | None, name: str | None) -> DatabaseSchema | None:
    """The schema in that text, if there is one. Raises SpecError with every problem."""
    if text is None or name is None:
        return None
    try:
        return parse_schema(text, Path(name).name)
    except SchemaError as exc:
        raise SpecError(str(exc)) from exc


def _read_tests(folder: Path) -> dict[str, str]:
    if not folder.is_dir():
        raise SpecError(f"{folder} is no folder; --acceptance names one with pytest files in it")
    files = [path for path in sorted(folder.rglob("*.py")) if "__pycache__" not in path.parts]
    if not any(is_test_file(path.name) for path in files):
        raise SpecError(f"{folder} holds no test_*.py; --acceptance names a folder of pytest files")
    return {path.relative_to(folder).as_posix(): _read_text(path, "test") for path in files}


def _given(path: Path | None) -> Path:
    assert path is not None, "AgentTask holds a spec or its path"
    return path


def _read_text(path: Path, what: str) -> str:
    if path.is_dir():
        raise SpecError(f"{path} is a folder; name the {what} file in it")
    try:
        content = path.read_bytes()
    except FileNotFoundError as exc:
        raise SpecError(f"there is no {what} {path}; check the path") from exc
    except OSError as exc:
        raise SpecError(f"{path} cannot be read: {exc.strerror}; check its permissions") from exc
    if len(content) > MAX_SOURCE_BYTES:
        raise SpecError(f"{path} has {len(content)} bytes; a {what} has at most {MAX_SOURCE_BYTES}")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = content[: exc.start].count(b"\n") + 1
        raise SpecError(f"{path}:{line}: not UTF-8 text; save the {what} as UTF-8") from exc
