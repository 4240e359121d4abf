"""What intake says about a spec: where, why, and what to do."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, order=True)
class Problem:
    """One finding about the spec."""

    line: int
    """Line of the spec, from 1."""
    reason: str
    remedy: str
    severity: Literal["error", "question"] = "error"
    """`error`: the spec contradicts itself or cannot be read. `question`: it leaves something
    open that a model or its author has to decide."""
