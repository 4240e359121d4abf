"""What is to be run, as plain data: it is on the disk before the first trial begins."""

import hashlib
import json
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from agent.task import Budget
from evals.case import Case

AgentKind = Literal["ours", "oracle", "nop", "fault", "single-shot", "mini-swe-agent", "command"]


class Planned(BaseModel):
    """Base of the plan's parts: unknown keys are errors, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class AgentSpec(Planned):
    """Who is measured."""

    kind: AgentKind
    model: str | None = None
    """`openai:NAME`, `builtin`, ...; for `ours`, `single-shot` and `mini-swe-agent`."""
    argument: str = ""
    """The command line (`command`), or the name of the seeded fault (`fault`)."""

    @property
    def label(self) -> str:
        """Its name in tables: `ours (builtin)`."""
        return (
            f"{self.kind} ({self.model or self.argument})"
            if self.model or self.argument
            else self.kind
        )

    @property
    def group(self) -> str:
        """Whose trials are counted together: all seeded faults are."""
        return "seeded faults" if self.kind == "fault" else self.label


class TrialSettings(Planned):
    """What every trial of an evaluation has in common."""

    budget: Budget = Budget(max_minutes=None)
    """Of one trial; its minutes are the case's unless they are given."""
    overrides: tuple[str, ...] = ()
    """Settings of the agent, `key=value`; never a key."""
    sandbox: Literal["docker", "bubblewrap"] = "docker"
    """Whose machines; those of `local` do not isolate, so they measure nothing."""
    image: str = ""
    """The sandboxes' image; it changes with everything that it is made from."""


class TrialPlan(Planned):
    """One agent on one case, once."""

    key: str
    """SHA-256 over case, agent, settings and attempt: the same key is the same experiment."""
    case: str
    kind: str
    folder: Path
    """Of the case."""
    digest: str
    """Of the case; a trial is not begun when its case has changed."""
    agent: AgentSpec
    attempt: int = Field(ge=1)
    settings: TrialSettings

    @property
    def slug(self) -> str:
        """Its folder's name."""
        return f"{self.case}-{self.attempt}-{self.key[:12]}"


class EvalLimits(Planned):
    """Limits of the whole evaluation."""

    jobs: int = Field(2, ge=1)
    """Trials at once."""
    max_cost_usd: float | None = Field(None, gt=0)
    max_minutes: float | None = Field(None, gt=0)
    """Wall clock of one go; a resume has as much again."""


class EvalPlan(Planned):
    """An evaluation."""

    suite: str
    limits: EvalLimits = EvalLimits()
    trials: tuple[TrialPlan, ...]
    commit: str = ""
    """Of this program's repository, if it is one."""


def plan_trials(
    cases: list[Case], agents: list[AgentSpec], attempts: int, settings: TrialSettings
) -> tuple[TrialPlan, ...]:
    """Every agent on every case that many times; first attempts come first."""
    return tuple(
        plan_trial(case, agent, attempt, settings)
        for attempt in range(1, attempts + 1)
        for case in cases
        for agent in agents
    )


def plan_trial(case: Case, agent: AgentSpec, attempt: int, settings: TrialSettings) -> TrialPlan:
    """One trial and its key."""
    identity = {
        "case": case.digest,
        "agent": agent.model_dump(mode="json"),
        "settings": settings.model_dump(mode="json"),
        "attempt": attempt,
    }
    text = json.dumps(identity, sort_keys=True)
    return TrialPlan(
        key=hashlib.sha256(text.encode()).hexdigest(),
        case=case.name,
        kind=case.kind,
        folder=case.folder,
        digest=case.digest,
        agent=agent,
        attempt=attempt,
        settings=settings,
    )
