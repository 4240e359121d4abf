"""The contract of every surface: an `AgentTask` goes in, an `AgentResult` comes out."""

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from agent.models.base import Usage
from agent.verifier.verdict import TestReport, Verdict
from sandbox.base import ProviderName

TASK_ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"


class Contract(BaseModel):
    """Base of the contract's parts: unknown keys are errors, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Budget(Contract):
    """What a run may spend. None is no limit."""

    max_steps: int = Field(100, ge=1)
    """Model replies."""
    max_tokens: int | None = Field(2_000_000, ge=1)
    """Input and output tokens together."""
    max_cost_usd: float | None = Field(None, gt=0)
    """Dollars; refused at the start when the model's price is unknown."""
    max_minutes: float | None = Field(120, gt=0)
    """Wall clock."""


class AgentTask(Contract):
    """One job: a spec to turn into a proven backend."""

    schema_version: Literal[1] = 1
    task_id: str | None = Field(None, pattern=TASK_ID_PATTERN)
    """The same id again returns the same run. None: a new run each time."""
    spec: str | None = None
    """The spec's text (Markdown)."""
    spec_path: Path | None = None
    """Or a file that holds it. Exactly one of the two."""
    database_schema: str | None = None
    """What the Database Agent handed over: path of a PostgreSQL DDL, JSON, DBML or Prisma file, or
    the address of a live database (`postgresql://`) or of its endpoint (`https://`)."""
    repository: Path | None = None
    """Git repository that receives the branch; a new one is made where there is none."""
    base_branch: str | None = None
    """Branch that the result builds on; None: the repository's current commit."""
    branch: str | None = None
    """Name of the resulting branch; None: `agent/<slug>-<run>`."""
    acceptance: Path | None = None
    """Folder of the user's own black-box tests: pytest files that talk HTTP to `BASE_URL`."""
    constraints: tuple[str, ...] = ()
    """Further requirements, one sentence each, numbered after the spec's."""
    budget: Budget | None = None
    """None: the settings'."""
    model: str | None = None
    """`openai:NAME`, `builtin`, ...; None: the settings' or the key-implied one."""
    sandbox: ProviderName | None = None
    """Where its code runs; None: the settings'."""
    metadata: dict[str, JsonValue] = {}
    """The caller's own; returned unchanged."""

    @model_validator(mode="after")
    def _one_spec(self) -> Self:
        if (self.spec is None) == (self.spec_path is None):
            raise ValueError("give exactly one of spec (text) and spec_path (file)")
        return self


EndReason = Literal[
    "verified",
    "unmet",
    "budget_steps",
    "budget_tokens",
    "budget_cost",
    "budget_time",
    "stuck",
    "no_action",
    "model_error",
    "sandbox_error",
    "cancelled",
]
"""How a run can end. Only `verified` puts a commit on the result branch."""

RETRYABLE: frozenset[EndReason] = frozenset(
    {
        "budget_steps",
        "budget_tokens",
        "budget_cost",
        "budget_time",
        "model_error",
        "sandbox_error",
        "cancelled",
    }
)
"""Ends after which `resume` (with a larger budget, a reachable model ...) may get further."""


ArtifactKind = Literal["source", "openapi", "test_report", "report", "journal", "manifest"]


class Artifact(Contract):
    """A file that a run leaves for its caller."""

    path: Path
    """Absolute."""
    kind: ArtifactKind
    sha256: str
    size: int
    """Bytes."""


class UnmetRequirement(Contract):
    """A statement of the spec without proof."""

    id: str
    text: str
    line: int


class DisputedTest(Contract):
    """A frozen test that the model disputed, and what a fresh call decided."""

    test: str
    """`independent[shows] test_title`, `test[zip] test_bomb` or `scenario[buy]`."""
    reason: str
    """The model's."""
    ruling: Literal["upheld", "withdrawn"]
    """`withdrawn`: the test counted for nothing any more."""
    why: str
    """The judge's."""


class AgentResult(Contract):
    """How a job ended, and what it made."""

    schema_version: Literal[1] = 1
    task_id: str | None
    run_id: str
    status: EndReason
    reason: str
    """One sentence for a person."""
    retryable: bool
    """Whether resuming the run makes sense."""
    repository: Path | None = None
    branch: str | None = None
    """Only when verified."""
    commit: str | None = None
    work_ref: str | None = None
    """Ref that keeps the work of a run that is not verified."""
    artifacts: tuple[Artifact, ...] = ()
    verdict: Verdict | None = None
    test_report: TestReport | None = None
    """The backend's own tests, as the verifier saw them."""
    usage: Usage = Usage()
    cost_usd: float | None = None
    """None when the model's price is unknown, never 0 for it."""
    steps: int = 0
    seconds: float = 0.0
    unmet: tuple[UnmetRequirement, ...] = ()
    assumptions: tuple[str, ...] = ()
    disputes: tuple[DisputedTest, ...] = ()
    self_starting: tuple[str, ...] = ()
    """Files that the run made and tools start by themselves: look at them before you use them."""
    metadata: dict[str, JsonValue] = {}
