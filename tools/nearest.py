"""Finds the lines of a file that a model most likely meant."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches

GOOD_ENOUGH = 0.5
MAX_CANDIDATES = 5
MAX_PLACES = 100
"""Of one line in a file: a lone bracket says little about where a passage is."""


@dataclass(frozen=True)
class Passage:
    """Consecutive lines of a file."""

    first: int
    """Number of the first line, from 1."""
    lines: tuple[str, ...]
    only_white_space: bool
    """Whether they differ from what was looked for in white space alone."""


def nearest_passage(text: str, wanted: str) -> Passage | None:
    """The lines most like `wanted`, as many as it has; None when nothing is much like it.

    Candidates come from lines that both have, so the cost grows with the length of the file, not
    with its square.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    target = wanted.replace("\r\n", "\n").strip("\n").split("\n")[: len(lines)]
    starts = _candidate_starts(lines, target)
    scores = {start: _likeness(lines[start : start + len(target)], target) for start in starts}
    best = max(scores, key=lambda start: scores[start], default=0)
    if scores.get(best, 0.0) < GOOD_ENOUGH:
        return None
    found = tuple(lines[best : best + len(target)])
    return Passage(best + 1, found, _squeeze("".join(found)) == _squeeze("".join(target)))


def _candidate_starts(lines: Sequence[str], target: Sequence[str]) -> list[int]:
    """Where the passage would start if one of its lines is where the file has that line."""
    places: defaultdict[str, list[int]] = defaultdict(list)
    for number, line in enumerate(lines):
        places[_squeeze(line)].append(number)
    places.pop("", None)
    votes: Counter[int] = Counter()
    for offset, line in enumerate(target):
        votes.update(at - offset for at in places.get(_squeeze(line), ())[:MAX_PLACES])
    if not votes:
        anchor = max(target, key=len)
        for like in get_close_matches(_squeeze(anchor), places, n=MAX_CANDIDATES):
            votes.update(at - target.index(anchor) for at in places[like][:MAX_PLACES])
    last = len(lines) - len(target)
    return [min(max(start, 0), last) for start, _ in votes.most_common(MAX_CANDIDATES)]


def _likeness(lines: Sequence[str], target: Sequence[str]) -> float:
    """0..1, line by line, white space aside."""
    ratios = (
        SequenceMatcher(None, _squeeze(a), _squeeze(b), autojunk=False).ratio()
        for a, b in zip(lines, target, strict=True)
    )
    return sum(ratios) / len(target)


def _squeeze(text: str) -> str:
    return "".join(text.split())
