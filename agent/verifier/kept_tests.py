"""Whether tests that once failed, or that were there before the run, still say what they said."""

from collections.abc import Mapping
from dataclasses import dataclass

from agent.verifier.inventory import without_parameters
from agent.verifier.test_facts import TestFacts, read_facts
from agent.verifier.verdict import CheckResult

NAME = "kept_tests"


@dataclass(frozen=True)
class EarlierTests:
    """The project's tests as an earlier tree had them."""

    facts: Mapping[str, TestFacts]
    failing: frozenset[str]
    """Ids, without parameters, of those that failed there."""
    origin: str
    """Which tree, for a reader: `the base branch`, `an earlier verdict`."""


def earlier_tests(files: Mapping[str, bytes], failing: frozenset[str], origin: str) -> EarlierTests:
    """The tests of that tree."""
    return EarlierTests(
        read_facts(files), frozenset(without_parameters(name) for name in failing), origin
    )


def check_kept_tests(files: Mapping[str, bytes], earlier: tuple[EarlierTests, ...]) -> CheckResult:
    """Failed when a test that failed before was removed, skipped or weakened instead of mended, or
    one of the base branch was skipped or weakened in place."""
    if not earlier:
        return CheckResult(name=NAME, status="not_applicable", detail="no earlier tests to compare")
    now = read_facts(files)
    findings: dict[str, str] = {}
    for tree in earlier:
        for name, before in tree.facts.items():
            what = _changed(before, now.get(name))
            if what is None:
                continue
            if name in tree.failing:
                findings[name] = (
                    f"{name} failed in {tree.origin} and was {what}; bring it back under that "
                    "name, then mend the code, or the test where the spec says otherwise"
                )
            elif tree.failing or what == "removed":
                continue
            else:
                findings.setdefault(name, f"{name} of {tree.origin} was {what}")
    compared = sum(len(tree.facts) for tree in earlier)
    return CheckResult(
        name=NAME,
        status="failed" if findings else "passed",
        detail=f"{compared} earlier tests compared, {len(findings)} silenced",
        findings=tuple(findings.values()),
    )


def _changed(before: TestFacts, after: TestFacts | None) -> str | None:
    if after is None:
        return "removed"
    if after.skipped and not before.skipped:
        return "skipped"
    if before.assertions > 0 and after.assertions == 0:
        return "emptied"
    return "weakened" if after.assertions * 2 < before.assertions else None
