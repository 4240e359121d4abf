"""The numbers of known results, and what a terminal and a page make of them."""

from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

import pytest

from agent.models.base import Usage
from agent.report import view_run
from agent.verifier.verdict import TestOutcome, TestReport
from evals.bench.local import summarize
from evals.errors import EvalError
from evals.lines import describe_comparison, describe_numbers, describe_trial
from evals.numbers import all_numbers, compare, numbers_of
from evals.plan import AgentSpec, EvalPlan, TrialPlan, TrialSettings
from evals.report import render_report
from evals.results import Submission, TrialResult
from evals.score import Score
from tests.agent.console.story import STORY

OURS = AgentSpec(kind="ours", model="openai:x")
EVIL = "<script>alert(1)</script>\x1b[31m"


def result(
    case: str,
    passed: bool | None,
    *,
    attempt: int = 1,
    claims: bool = True,
    kind: str = "prose",
    agent: AgentSpec = OURS,
    cost: float | None = 0.5,
    digest: str = "d",
) -> TrialResult:
    tests = TestReport.of((TestOutcome(id="test_a.py::test_a", outcome="failed", message=EVIL),))
    score = Score(
        value=None if passed is None else float(passed),
        passed=bool(passed),
        functional_passed=passed,
        secure_passed=None,
        reason="the engine is away" if passed is None else "",
        tests=TestReport() if passed is not False else tests,
    )
    plan = TrialPlan(
        key="0123456789abcdef",
        case=case,
        kind=kind,
        folder=Path("/suite") / case,
        digest=digest,
        agent=agent,
        attempt=attempt,
        settings=TrialSettings(),
    )
    submission = Submission(
        status="verified" if claims else "unmet",
        claims=claims,
        usage=Usage(input_tokens=900, output_tokens=100),
        cost_usd=cost,
        steps=10,
        verdicts=2,
        seconds=30,
    )
    return TrialResult(plan=plan, submission=submission, score=score)


MIXED = [
    result("a", True),
    result("a", True, attempt=2),
    result("b", True, kind="openapi"),
    result("b", False, attempt=2, kind="openapi"),
    result("c", False, claims=False),
    result("c", False, attempt=2),
    result("c", None, attempt=3),
]


def test_rates_are_means_over_cases_of_what_was_scored() -> None:
    found = numbers_of(MIXED, "ours", None)
    assert (found.cases, found.trials, found.scored) == (3, 7, 6)
    assert found.passed is not None
    assert found.passed.value == pytest.approx((1 + 0.5 + 0) / 3)
    assert found.false_success is not None
    assert found.false_success.value == pytest.approx((0 + 0.5 + 0.5) / 3)
    assert found.honest_unmet is not None
    assert found.honest_unmet.value == pytest.approx(0.5 / 3)
    assert found.pass_at == pytest.approx((0.5, 2 / 3))
    assert found.secure is None
    assert (found.steps, found.verdicts, found.tokens, found.seconds) == (10, 2, 1000, 30)
    assert found.cost_usd == pytest.approx(3.5)


def test_an_unknown_cost_is_not_zero() -> None:
    assert numbers_of([result("a", True), result("b", True, cost=None)], "x", None).cost_usd is None


def test_what_bench_local_prints() -> None:
    ours = [
        result("a", True),
        result("b", False),
        result("c", True, claims=False),
        result("d", None),
    ]
    assert summarize(ours, None) == {
        "specs": 4,
        "verified": 2,
        "hidden_pass": 2,
        "false_success": 1,
        "unscored": 1,
        "peer_hidden_pass": None,
    }
    assert summarize([], ours)["peer_hidden_pass"] == 2


def test_nothing_scored() -> None:
    found = numbers_of([result("a", None)], "x", None)
    assert (found.scored, found.passed, found.pass_at, found.seconds) == (0, None, (), None)


def test_by_agent_and_kind() -> None:
    nop = AgentSpec(kind="nop")
    faults = [AgentSpec(kind="fault", argument=name) for name in ("x", "y")]
    others = [result("a", False, agent=agent) for agent in (nop, *faults)]
    rows = [(row.agent, row.kind, row.trials) for row in all_numbers([*MIXED, *others])]
    assert rows == [
        ("ours (openai:x)", None, 7),
        ("ours (openai:x)", "openapi", 2),
        ("ours (openai:x)", "prose", 5),
        ("nop", None, 1),
        ("seeded faults", None, 2),
    ]


def test_the_table() -> None:
    lines = describe_numbers(all_numbers(MIXED[:2]))
    row = "ours (openai:x) all 1 2/2 100 % 100 % - 0 % 0 % 1.00 1.00 10 1000 1.00 30"
    assert " ".join(lines[-1].split()) == row


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (result("a", True), "a #1 ours (openai:x): passed, 0 of 0 hidden tests, verified"),
        (result("a", False), "a #1 ours (openai:x): FALSE SUCCESS, 0 of 1 hidden tests, verified"),
        (
            result("a", False, claims=False),
            "a #1 ours (openai:x): failed, 0 of 1 hidden tests, unmet",
        ),
        (result("a", None), "a #1 ours (openai:x): not scored: the engine is away"),
    ],
)
def test_a_trial_in_a_line(one: TrialResult, words: str) -> None:
    assert describe_trial(one) == words


def rates(passed: str, cases: Sequence[str] = "abcdefghij") -> list[TrialResult]:
    return [result(case, mark == "+") for case, mark in zip(cases, passed, strict=True)]


def test_a_real_difference() -> None:
    found = compare(rates("----------"), rates("++++++++++"), ("A", "B"))
    assert (found.rates, found.difference, found.is_noise) == ((0, 1), 1, False)
    assert found.better == tuple("abcdefghij")


def test_noise() -> None:
    found = compare(rates("++++++++--"), rates("+++++++++-"), ("A", "B"))
    assert found.is_noise
    assert (found.better, found.worse) == (("i",), ())
    assert describe_comparison(found) == [
        "A: 80%; B: 90% of 10 cases",
        "difference +10 points, 95 % -13 to +33, p = 1.000: "
        "no more than noise: chance alone may make that on so few cases",
        "better: i",
    ]


def test_only_equal_cases_are_compared() -> None:
    second = [*rates("+++", "abc"), result("d", True, digest="changed"), result("e", None)]
    found = compare(rates("++++", "abcd"), second, ("A", "B"))
    assert (found.cases, found.left_out) == (("a", "b", "c"), ("d",))


@pytest.mark.parametrize(
    ("second", "words"),
    [
        ([result("z", True)], "no case in common"),
        ([result("a", True), result("a", True, agent=AgentSpec(kind="nop"))], "several agents"),
    ],
)
def test_what_cannot_be_compared(second: list[TrialResult], words: str) -> None:
    with pytest.raises(EvalError, match=words):
        compare(rates("+", "a"), second, ("A", "B"))


class Outline(HTMLParser):
    """What a page loads, and how often each tag begins."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: dict[str, int] = {}
        self.loads: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] = self.tags.get(tag, 0) + 1
        for name, value in attrs:
            if name == "src" or (name == "href" and tag != "a"):
                self.loads.append(str(value))
            elif name == "href":
                self.links.append(str(value))


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    plan = EvalPlan(suite="smoke & mirrors", trials=tuple(r.plan for r in MIXED), commit="c" * 40)
    runs = {MIXED[0].plan.slug: view_run(STORY)}
    page = render_report(plan, all_numbers(MIXED), MIXED, runs)
    outline = Outline()
    outline.feed(page)
    assert outline.loads == []
    assert "script" not in outline.tags
    assert outline.tags["details"] > len(MIXED)
    assert outline.tags["svg"] == 4
    assert outline.links[: len(MIXED)] == [f"#{result.plan.slug}" for result in MIXED]
    assert outline.links[len(MIXED)] == "trials/a-1-0123456789ab/try-1/backend"
    assert ">update_blueprint" in page
    assert "smoke &amp; mirrors" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;</pre>" in page  # the escape sequence is gone
    assert "the engine is away" in page
