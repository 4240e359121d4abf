"""How a security report decides the check of a verdict."""

import pytest

from agent.verifier.security_check import entry_of, is_allowed, judge_report
from tests.tools.checks.library import LIBRARY
from tools.checks.security.finding import Finding
from tools.checks.security.report import Coverage, SecurityReport

FLAW = Finding(kind="xss", why="input stands in a page", evidence="observed", route="GET /a")
NOTE = FLAW.model_copy(update={"level": "note"})
SEEN = Coverage(operations=4, reached=3, accounts=2, requests=90, seconds=3)


@pytest.mark.parametrize(
    ("start", "entry"),
    [
        (
            "uvicorn app.main:create_app --factory --host 0.0.0.0 --port 8000",
            "app.main:create_app()",
        ),
        ("python -m uvicorn --port 80 main:app", "main:app"),
        ("python main.py", None),
    ],
)
def test_the_start_command_names_the_entry(start: str, entry: str | None) -> None:
    assert entry_of(start) == entry


@pytest.mark.parametrize(
    ("report", "status"),
    [
        (SecurityReport(status="checked", findings=(NOTE,), coverage=SEEN), "passed"),
        (SecurityReport(status="checked", findings=(FLAW,), coverage=SEEN), "failed"),
        (SecurityReport(status="source_only", findings=(FLAW,)), "failed"),
        (SecurityReport(status="source_only", findings=(), reason="no start"), "not_applicable"),
        (
            SecurityReport(
                status="checked", findings=(), coverage=SEEN.model_copy(update={"reached": 1})
            ),
            "not_applicable",
        ),
    ],
)
def test_only_a_probed_app_without_flaws_passes(report: SecurityReport, status: str) -> None:
    assert judge_report(report).status == status


def test_a_finding_says_where_why_and_how_to_mend() -> None:
    check = judge_report(SecurityReport(status="checked", findings=(FLAW,), coverage=SEEN))
    assert check.findings == (
        "xss at GET /a: input stands in a page. Escape every value that goes into HTML "
        "(html.escape, or templates that escape).",
    )


@pytest.mark.parametrize(
    ("kind", "route", "allowed"),
    [
        ("missing_auth", "GET /books", True),
        ("missing_auth", "POST /books", False),
        ("idor", "PATCH /books/{the_book}", True),
        ("idor", "GET /loans/{loan_id}", False),
        ("missing_authorization", "POST /loans", True),
        ("missing_authorization", "POST /books", False),
        ("missing_authorization", "POST /elsewhere", False),
        ("xss", "GET /books", False),
    ],
)
def test_what_the_blueprint_grants_is_no_flaw(kind: str, route: str, allowed: bool) -> None:
    assert is_allowed(LIBRARY, Finding(kind=kind, why="", evidence="observed", route=route)) is (
        allowed
    )
