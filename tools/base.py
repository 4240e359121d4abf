"""What a tool is: an args model, a function, and one entry in `DEFAULT_TOOLS`.

The function's docstring is the description the model reads; the args model is its schema.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from sandbox.deadline import Deadline
from sandbox.session import Session
from sandbox.workspace import Workspace
from tools.blueprint.store import BlueprintStore
from tools.schema.model import DatabaseSchema


class ToolError(Exception):
    """The model must act: the text becomes its observation and says what to do next."""


class Args(BaseModel):
    """Base of every tool's arguments: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid")


@dataclass(frozen=True, kw_only=True)
class TestCounts:
    """Outcome of a test run, read from JUnit."""

    __test__ = False  # not a test class, whatever pytest thinks of its name

    passed: int
    failed: int
    skipped: int
    failing: tuple[str, ...] = ()
    """Ids of tests that failed or broke, the first hundred of them."""


@dataclass(frozen=True, kw_only=True)
class Observation:
    """What a tool says back to the model."""

    text: str
    ok: bool = True
    tests: TestCounts | None = None
    whole: str | None = None
    """The long text that `text` is an excerpt of, for a tool that shortens it itself."""
    kept_at: str | None = None
    """File of the workspace with what was cut off. Set by the dispatcher, not by a tool."""


@dataclass(frozen=True, kw_only=True)
class ToolContext:
    """What a tool may touch. Nothing else of the host is reachable from a tool."""

    workspace: Workspace
    """The host's folder, the truth."""
    session: Session
    """The sandbox, opened at first use, always in step with the workspace."""
    blueprint: BlueprintStore
    schema: DatabaseSchema | None = None
    """What the Database Agent handed over."""
    deadline: Deadline = field(default_factory=Deadline)
    """The run's end; a tool asks `deadline.at_most(seconds)` for its own."""


ArgsT = TypeVar("ArgsT", bound=Args)


@dataclass(frozen=True)
class Tool(Generic[ArgsT]):
    """A tool: `name`, arguments, function, and when it may be used."""

    name: str
    args: type[ArgsT]
    run: Callable[[ToolContext, ArgsT], Observation]
    changes_files: bool = False
    """True when the workspace may differ afterwards; decides whether a tree is recorded."""
    phase: Literal["any", "before_freeze", "after_freeze"] = "any"

    @property
    def description(self) -> str:
        """The function's docstring."""
        return (self.run.__doc__ or "").strip()


AnyTool = Tool[Any]
