"""The project's tests as earlier trees of a run had them."""

from collections.abc import Iterable
from dataclasses import dataclass

from agent.events import Event, ToolReturned, VerdictReached
from agent.trees import TreeStore
from agent.verifier.kept_tests import EarlierTests, earlier_tests

MAX_TREES = 30
"""Trees with failing tests that are looked at, the latest of them."""


@dataclass(frozen=True)
class FailingTests:
    """Tests that failed in a tree."""

    tree: str
    names: frozenset[str]
    origin: str
    """Which tree, for a reader: `an earlier verdict`."""


def failing_tests(event: Event) -> FailingTests | None:
    """Those that an event names; None when it names none."""
    names: Iterable[str] = ()
    if isinstance(event, ToolReturned) and event.tests is not None:
        names, origin = event.tests.failing, "an earlier run of the tests"
    elif isinstance(event, VerdictReached):
        tests = event.verdict.project_tests.tests
        names = [test.id for test in tests if test.outcome in ("failed", "error")]
        origin = "an earlier verdict"
    else:
        return None
    return FailingTests(event.tree, frozenset(names), origin) if names else None


def history_of_tests(failing: list[FailingTests], trees: TreeStore) -> tuple[EarlierTests, ...]:
    """The base branch's tests, then those of every tree in which some failed."""
    base = trees.base_tree
    found = [earlier_tests(trees.files(base), frozenset(), "the base branch")] if base else []
    by_tree: dict[str, FailingTests] = {}
    for item in failing[-MAX_TREES:]:
        known = by_tree.get(item.tree)
        names = item.names | known.names if known else item.names
        by_tree[item.tree] = FailingTests(item.tree, names, item.origin)
    found += [
        earlier_tests(trees.files(item.tree), item.names, item.origin) for item in by_tree.values()
    ]
    return tuple(found)
