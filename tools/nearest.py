"""Finds the lines of a file that a model most likely meant."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

GOOD_ENOUGH = 0.6
MAX_LINES = 5_000
"""Longer files are searched only up to here: the search is quadratic in the worst case."""


@dataclass(frozen=True)
class Passage:
    """Consecutive lines of a file."""

    first: int
    """Number of the first line, from 1."""
    lines: tuple[str, ...]
    only_white_space: bool
    """Whether they differ from what was looked for in white space alone."""


def nearest_passage(text: str, wanted: str) -> Passage | None:
    """The lines most like `wanted`, as many as it has; None when nothing is much like it."""
    lines = text.replace("\r\n", "\n").split("\n")[:MAX_LINES]
    target = wanted.replace("\r\n", "\n").strip("\n").split("\n")
    size = min(len(target), len(lines))
    best, score = 0, 0.0
    for start in range(len(lines) - size + 1):
        likeness = _likeness(lines[start : start + size], target, beat=max(score, GOOD_ENOUGH))
        if likeness > score:
            best, score = start, likeness
    if score < GOOD_ENOUGH:
        return None
    found = tuple(lines[best : best + size])
    return Passage(best + 1, found, _squeezed(found) == _squeezed(target))


def _likeness(lines: Sequence[str], target: Sequence[str], *, beat: float) -> float:
    """0..1; the costly comparison only where a cheap upper bound can still beat the best."""
    if _squeezed(lines) == _squeezed(target):
        return 1.0
    matcher = SequenceMatcher(None, "\n".join(lines), "\n".join(target), autojunk=False)
    if matcher.real_quick_ratio() < beat or matcher.quick_ratio() < beat:
        return 0.0
    return matcher.ratio()


def _squeezed(lines: Sequence[str]) -> str:
    return "".join("".join(lines).split())
