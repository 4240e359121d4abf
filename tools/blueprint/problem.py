"""What a validator says about a Blueprint: where, what is wrong, why it matters, how to fix it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One finding. `str()` is the line that a model reads when its Blueprint is refused."""

    where: str
    """The part, by name: `endpoint GET /books`, `entity book.price`."""
    what: str
    why: str
    fix: str
    line: int | None = None
    """Line of the spec that states the part."""
    gap: bool = False
    """True when something is missing that may still be added, False for a contradiction."""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}. {self.why}. Fix: {self.fix}."
