"""What a security check says: where, why, and how to mend it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from tools.checks.security.kinds import KINDS

Evidence = Literal["observed", "source"]
"""`observed`: it happened in a running app. `source`: it is written in the code."""
Level = Literal["flaw", "note"]
"""A `note` is advice: it accuses nobody and fails nothing."""


class Finding(BaseModel):
    """One flaw at one place."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str
    """A key of KINDS."""
    why: str
    """What is wrong here, in one sentence."""
    evidence: Evidence
    level: Level = "flaw"
    route: str | None = None
    """`METHOD /path` that shows it."""
    path: str | None = None
    """File, relative to the app's folder."""
    line: int | None = None

    @property
    def where(self) -> str:
        """The place, as a person looks it up."""
        place = f"{self.path}:{self.line}" if self.path else ""
        return ", ".join(filter(None, (place, self.route))) or "the app"

    @property
    def mend(self) -> str:
        """How to mend a flaw of its kind."""
        return KINDS[self.kind].mend

    def __str__(self) -> str:
        return f"{self.kind} at {self.where}: {self.why}. {self.mend}"
