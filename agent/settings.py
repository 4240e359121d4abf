"""What the user configures, as one frozen value that is built once and passed down in slices."""

import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from agent.models.prices import Price
from agent.task import Budget


def default_state_dir() -> Path:
    """`$XDG_STATE_HOME/backend-agent`, else `~/.local/state/backend-agent` (XDG base dirs)."""
    home = os.environ.get("XDG_STATE_HOME")
    return (Path(home) if home else Path.home() / ".local" / "state") / "backend-agent"


class Settings(BaseModel):
    """Everything that is not part of one task."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    state_dir: Path = Field(default_factory=default_state_dir)
    """Holds `runs/`; one folder a run."""
    model: str | None = None
    """`openai:NAME`, `langchain:PROVIDER:NAME`, `builtin`; None: what a key implies."""
    base_url: str | None = None
    """Of an OpenAI-compatible endpoint."""
    api_key: SecretStr | None = None
    """For the `openai` adapter; reaches the client only."""
    budget: Budget = Budget()
    """Limits of tasks that bring none."""
    prices: dict[str, Price] = {}
    """Model name -> price, over the built-in table."""
