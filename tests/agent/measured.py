"""What the long proofs printed, with date and commit: docs/reliability.md is written from it."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agent.git import run_git

FOLDER = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Measured:
    """What a proof printed, once."""

    on: str
    """Date, UTC."""
    commit: str
    answer: dict[str, Any]


def save(name: str, answer: object) -> None:
    """Keep what a proof printed."""
    commit = run_git(FOLDER, "rev-parse", "--short", "HEAD")
    kept = {"on": datetime.now(UTC).date().isoformat(), "commit": commit, "answer": answer}
    _path(name).write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")


def load(name: str) -> Measured:
    """What was kept. Raises FileNotFoundError."""
    return Measured(**json.loads(_path(name).read_text(encoding="utf-8")))


def _path(name: str) -> Path:
    return FOLDER / f"measured-{name}.json"
