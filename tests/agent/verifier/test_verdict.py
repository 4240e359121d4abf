"""What a rejected model reads."""

from agent.verifier.verdict import CheckResult, RequirementResult, TestOutcome, TestReport, Verdict

FAILED = TestOutcome(
    id="create[POST /books]",
    outcome="failed",
    message="expected status 201, got 200\nrequest: POST /books {}\nanswer: 200 {}",
    requirements=("R3",),
)
PASSED = TestOutcome(id="get[GET /books]", outcome="passed")
SKIPPED = TestOutcome(id="sort[GET /books]", outcome="skipped", message="did not run")
VERDICT = Verdict(
    passed=False,
    checks=(
        CheckResult(name="boots", status="passed"),
        CheckResult(
            name="project_tests", status="failed", detail="1 of 2", findings=("no test_a",)
        ),
        CheckResult(name="schema", status="not_applicable"),
        CheckResult(name="endpoints", status="could_not_run", detail="no suite"),
    ),
    acceptance_tests=TestReport.of((PASSED, FAILED, SKIPPED)),
    requirements={
        "R1": RequirementResult(status="met"),
        "R3": RequirementResult(status="unmet", reason="its tests do not pass"),
    },
)


def test_failing_tests_come_first_with_request_and_answer() -> None:
    text = VERDICT.findings_text()
    assert text.startswith(
        "FAILED create[POST /books] (R3)\nexpected status 201, got 200\nrequest:"
    )
    assert "CHECK project_tests: failed. 1 of 2\n- no test_a" in text
    assert "CHECK endpoints: could_not_run. no suite" in text
    assert "boots" not in text
    assert "schema" not in text


def test_the_limit_cuts_whole_findings() -> None:
    text = VERDICT.findings_text(260)
    assert len(text) <= 260
    assert text.endswith("... and 1 more findings; mend these first.")


def test_one_finding_over_the_limit_is_cut() -> None:
    assert VERDICT.findings_text(20) == "FAILED create[POST /"


def test_counts() -> None:
    report = VERDICT.acceptance_tests
    assert (report.passed, report.failed, report.skipped) == (1, 1, 1)
    assert VERDICT.unmet == ("R3",)


def test_json_round_trip() -> None:
    assert Verdict.model_validate_json(VERDICT.model_dump_json()) == VERDICT
