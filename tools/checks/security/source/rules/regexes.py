"""Regular expressions that backtrack without end on input."""

import ast
import re
from collections.abc import Iterator

from tools.checks.security.finding import Finding
from tools.checks.security.source.patterns import Parsed, characters, flat
from tools.checks.security.source.project import Project, argument, dotted, literal
from tools.checks.security.source.rules.base import found

MAX_PATTERN_CHARS = 2000
UNBOUNDED = re._parser.MAXREPEAT  # type: ignore[attr-defined]  # the standard library's own parser
REPEATS = ("MAX_REPEAT", "MIN_REPEAT")


def backtracking(project: Project) -> Iterator[Finding]:
    """Literal patterns of `re` with a repetition inside a repetition."""
    for file, call, name in project.calls():
        if not name.startswith("re.") or dotted(call.func, file).count(".") != 1:
            continue
        node = argument(call, 0, "pattern")
        if isinstance(node, ast.Name):
            node = file.constants.get(node.id)
        pattern = literal(node)
        if isinstance(pattern, str) and explodes(pattern):
            why = f"the pattern {pattern!r} can take exponential time"
            yield found("redos", file, call, why)


def explodes(pattern: str) -> bool:
    """Whether a repetition holds another that can match the same text in several ways."""
    if len(pattern) > MAX_PATTERN_CHARS:
        return False
    try:
        parsed = re._parser.parse(pattern)  # type: ignore[attr-defined]  # see above
    except (re.error, OverflowError, RecursionError):
        return False
    return any(_ambiguous(body) for body in _repeated(parsed))


def _repeated(parsed: Parsed) -> Iterator[Parsed]:
    """Bodies of unbounded repetitions, at any depth."""
    for operator, value in parsed:
        if str(operator) in REPEATS:
            _, high, body = value
            if high is UNBOUNDED or high >= 20:
                yield body
            yield from _repeated(body)
        else:
            for part in _parts(value):
                yield from _repeated(part)


def _parts(value: Parsed) -> Iterator[Parsed]:
    if isinstance(value, re._parser.SubPattern):  # type: ignore[attr-defined]  # see above
        yield value
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _parts(item)


def _ambiguous(body: Parsed) -> bool:
    """Whether repeating the body gives one text more than one way to be matched."""
    items = flat(body)
    if len(items) == 1 and str(items[0][0]) == "BRANCH":
        return _overlaps(items[0][1][1])
    loops = [_is_loop(item) for item in items]
    if not any(loops):
        return False
    others = [item for item, loop in zip(items, loops, strict=True) if not loop]
    return not any(_separates(item, items) for item in others)


def _is_loop(item: Parsed) -> bool:
    return str(item[0]) in REPEATS and (item[1][1] is UNBOUNDED or item[1][1] >= 20)


def _separates(item: Parsed, items: list[Parsed]) -> bool:
    """Whether an item must be there and cannot be matched by the loops beside it."""
    if str(item[0]) in REPEATS and item[1][0] == 0:
        return False
    mine = characters([item])
    looped = set().union(*(characters(other[1][2]) for other in items if _is_loop(other)))
    return bool(mine) and not mine & looped


def _overlaps(branches: Parsed) -> bool:
    sets = [characters(branch) for branch in branches]
    return any(
        left & right for index, left in enumerate(sets) for right in sets[index + 1 :]
    ) and all(len(flat(branch)) == 1 for branch in branches)
