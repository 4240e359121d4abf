"""Reads what a task hands over: the spec and the Database Agent's schema, as text."""

import os
from dataclasses import dataclass
from pathlib import Path

from agent.errors import SpecError
from agent.linked_files import LinkedFile, place_of, with_linked_files
from agent.settings import Settings
from agent.task import AgentTask
from agent.verifier.inventory import is_test_file
from tools.schema.document import parse_document
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
    """Its file, or the address that it came from without user, password and parameters."""
    acceptance: dict[str, str]
    """The user's own acceptance tests: path in their folder -> text."""
    linked: tuple[LinkedFile, ...] = ()
    """Files that the spec links to; their text stands at its end."""

    def place(self, line: int) -> str:
        """File and line of a line of the spec, as its author knows them."""
        return place_of(line, self.spec_name, self.linked)


@dataclass(frozen=True)
class SchemaAccess:
    """What asking a Database Agent's endpoint needs."""

    token: str | None = None
    cache: Path | None = None
    """Folder for answers that have an ETag; None keeps none."""


def schema_access(settings: Settings) -> SchemaAccess:
    """As the settings say, with the token from the variable that they name."""
    token = os.environ.get(settings.schema_token_variable)
    return SchemaAccess(token or None, settings.state_dir / "schemas")


def read_task_sources(task: AgentTask, access: SchemaAccess | None = None) -> Sources:
    """The task's spec and schema as text. Raises SpecError with what to do."""
    schema, schema_name = _read_schema(task.database_schema, access or SchemaAccess())
    spec, linked = _read_spec(task)
    return Sources(
        spec=spec,
        linked=linked,
        spec_name=str(task.spec_path) if task.spec_path else "spec",
        schema=schema,
        schema_name=schema_name,
        acceptance=_read_tests(task.acceptance) if task.acceptance else {},
    )


def load_task_schema(text: str | None, name: str | None) -> DatabaseSchema | None:
    """The schema in that text, if there is one. Raises SpecError with every problem."""
    if text is None or name is None:
        return None
    try:
        return parse_document(text, name) if "://" in name else parse_schema(text, Path(name).name)
    except SchemaError as exc:
        raise SpecError(str(exc)) from exc


def _read_spec(task: AgentTask) -> tuple[str, tuple[LinkedFile, ...]]:
    if task.spec is not None:
        return task.spec, ()
    path = _given(task.spec_path)
    text = _read_text(path, "spec")
    return with_linked_files(text, path.parent, lambda file: _read_text(file, "linked file"))


def _read_schema(given: str | None, access: SchemaAccess) -> tuple[str | None, str | None]:
    """The text and the name of a file, or of what an address answers as our JSON document."""
    if given is None:
        return None, None
    if "://" not in given:
        return _read_text(Path(given), "schema"), str(Path(given))
    from agent.schema_address import ask_for_schema  # noqa: PLC0415 - an HTTP client, a driver

    return ask_for_schema(given, access.token, access.cache)


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
