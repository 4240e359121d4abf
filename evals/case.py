"""A case: a spec and the hidden tests of its backend, in a Harbor task directory.

    bookshop/task.toml         schema 1.4; our keys stand under [metadata]
             instruction.md    the spec, word for word; all that an agent gets
             environment/      for other harnesses; ours brings its own sandboxes. What lies in its
                               repository/ is what the agent begins with (see evals/given.py)
             tests/            hidden: pytest files that talk HTTP to BASE_URL
             solution/         a backend that passes them, unless [metadata] says how to make it

The hidden tests find the first administrator in the variables that the conventions name
(FIRST_ADMIN_EMAIL and FIRST_ADMIN_PASSWORD where the spec is silent).
"""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.intake import read_spec
from agent.verifier.inventory import InventoryError, list_tests
from evals.errors import CaseError
from tools.blueprint.model import Blueprint

SCHEMA_VERSION = "1.4"
CONFIG = "task.toml"
SPEC = "instruction.md"
TESTS = "tests"
SOLUTION = "solution"
CACHES = frozenset({"__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache"})


class Section(BaseModel):
    """A table of task.toml; keys that only other harnesses know are kept out of our way."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class SeededFault(Section):
    """One wrong place to put into the solution; the hidden tests must notice it."""

    name: str = Field(pattern=r"^[a-z0-9-]+$")
    path: str
    right: str
    """Text that stands exactly once in the file."""
    wrong: str


class TaskSection(Section):
    """Who the case is."""

    name: str = Field(pattern=r"^[\w.-]+/[\w.-]+$")
    """`organization/name`."""
    description: str = ""


class Metadata(Section):
    """Our own keys."""

    kind: str = "other"
    """What sort of spec it is; numbers are also told by kind."""
    solution: Literal["files", "emit_backend"] = "files"
    """`files`: `solution/` holds it. `emit_backend`: our components write it at run time, so it
    shows that the hidden tests can be passed, not that another hand reads the spec alike."""
    migrate: str | None = None
    """Command that migrates; None: as the spec says, else the house's convention."""
    start: str | None = None
    """Command that starts the backend on 127.0.0.1; None: likewise."""
    port: int | None = None
    solution_start: str | None = None
    """Command that starts the solution, with no migration before it, where the solution has
    another layout than the spec or the house's convention asks for; None: like any backend."""
    health_path: str | None = None
    faults: tuple[SeededFault, ...] = ()


class AgentSection(Section):
    """Limits of the agent."""

    timeout_sec: float = Field(1800, gt=0)


class VerifierSection(Section):
    """Limits of the hidden tests."""

    timeout_sec: float = Field(300, gt=0)


class CaseConfig(Section):
    """What is read of task.toml."""

    schema_version: Literal["1.4"]
    task: TaskSection
    metadata: Metadata = Metadata()
    agent: AgentSection = AgentSection()
    verifier: VerifierSection = VerifierSection()


@dataclass(frozen=True)
class Case:
    """One case, read and checked."""

    folder: Path
    config: CaseConfig
    spec: str
    tests: Mapping[str, bytes]
    """Hidden tests and the modules they import: path below `tests/` -> content."""
    inventory: frozenset[str]
    """Ids of the hidden tests, without parameters."""
    blueprint: Blueprint
    """How the spec says that the backend is driven: its conventions are what scoring uses."""
    digest: str
    """SHA-256 over every file of the case."""

    @property
    def name(self) -> str:
        """The folder's name; unique in its suite."""
        return self.folder.name

    @property
    def kind(self) -> str:
        """See `Metadata.kind`."""
        return self.config.metadata.kind


def load_case(folder: Path) -> Case:
    """Read a case.

    Raises:
        CaseError: a file is missing or wrong; names it.
    """
    folder = folder.resolve()
    config = _read_config(folder / CONFIG)
    spec = _read(folder / SPEC).decode("utf-8")
    tests = {p: c for p, c in read_tree(folder / TESTS).items() if p.endswith(".py")}
    try:
        inventory = list_tests(tests)
    except InventoryError as exc:
        raise CaseError(f"{folder / TESTS}: {exc}") from exc
    if not inventory:
        raise CaseError(f"{folder / TESTS} holds no test: add a test_*.py that talks to $BASE_URL")
    blueprint = _with_commands(read_spec(spec.encode()).blueprint, config.metadata)
    return Case(folder, config, spec, tests, inventory, blueprint, _digest(read_tree(folder)))


def load_suite(folder: Path) -> list[Case]:
    """The cases of a suite, by name. Raises CaseError."""
    if not folder.is_dir():
        raise CaseError(f"there is no suite {folder}: name a built-in one or a folder of cases")
    cases = [load_case(path.parent) for path in sorted(folder.glob(f"*/{CONFIG}"))]
    if not cases:
        raise CaseError(f"{folder} holds no case: each is a folder with a {CONFIG}")
    return cases


def read_tree(folder: Path) -> dict[str, bytes]:
    """Regular files below a folder, caches left out: relative path -> content, sorted."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())
    files = {path.relative_to(folder): path.read_bytes() for path in found}
    return {
        path.as_posix(): content for path, content in files.items() if not CACHES & {*path.parts}
    }


def _read_config(path: Path) -> CaseConfig:
    try:
        return CaseConfig.model_validate(tomllib.loads(_read(path).decode("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise CaseError(f"{path} is not TOML: {exc}") from exc
    except ValidationError as exc:
        problems = exc.errors(include_url=False)
        lines = [f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in problems]
        raise CaseError(f"{path}: {'; '.join(lines)}") from exc


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        raise CaseError(f"{path} cannot be read: {exc.strerror}") from exc


def _with_commands(blueprint: Blueprint, metadata: Metadata) -> Blueprint:
    wanted = {"migrate": metadata.migrate, "start": metadata.start, "port": metadata.port}
    changed = {name: value for name, value in wanted.items() if value is not None}
    conventions = blueprint.conventions
    commands = conventions.commands.model_copy(update=changed)
    health = metadata.health_path or conventions.health_path
    conventions = conventions.model_copy(update={"commands": commands, "health_path": health})
    return blueprint.model_copy(update={"conventions": conventions})


def _digest(files: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for path, content in files.items():
        digest.update(f"{path}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()
