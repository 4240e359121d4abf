"""The project's tests as earlier trees of a run had them."""

from dataclasses import dataclass

from agent.events import Event, VerdictReached
from agent.trees import TreeStore
from agent.verifier.kept_tests import EarlierTests, earlier_tests

MAX_TREES = 30
"""Trees with failing tests that are looked at, the latest of them."""


@dataclass(frozen=True)
class FailingTests:
    """Tests that failed in a tree."""

    tree: str
    names: frozenset[str]


def failing_tests(event: Event) -> FailingTests | None:
    """The project's tests that failed in a verdict; None for other events.

    What failed in a run of the tests between verdicts is work in progress: whoever writes a test
    may find that the test was wrong.
    """
    if not isinstance(event, VerdictReached):
        return None
    tests = event.verdict.project_tests.tests
    names = frozenset(test.id for test in tests if test.outcome in ("failed", "error"))
    return FailingTests(event.tree, names) if names else None


def history_of_tests(failing: list[FailingTests], trees: TreeStore) -> tuple[EarlierTests, ...]:
    """The base branch's tests, then those of every tree in which some failed."""
    base = trees.base_tree
    found = [earlier_tests(trees.files(base), frozenset(), "the base branch")] if base else []
    by_tree: dict[str, frozenset[str]] = {}
    for item in failing[-MAX_TREES:]:
        by_tree[item.tree] = by_tree.get(item.tree, frozenset()) | item.names
    found += [
        earlier_tests(trees.files(tree), names, "an earlier verdict")
        for tree, names in by_tree.items()
    ]
    return tuple(found)
