"""The acceptance tests that a Blueprint implies: the results a verdict has to see, each once."""

from collections import Counter
from dataclasses import replace

from tools.blueprint.model import Blueprint
from tools.checks.acceptance.case import Case
from tools.checks.acceptance.cases.access import access_cases
from tools.checks.acceptance.cases.auth import auth_cases
from tools.checks.acceptance.cases.bulk import bulk_cases
from tools.checks.acceptance.cases.calls import call_cases
from tools.checks.acceptance.cases.crud import crud_cases
from tools.checks.acceptance.cases.lists import list_cases
from tools.checks.acceptance.cases.platform import platform_cases, scenario_cases
from tools.checks.acceptance.cases.rules import rule_cases
from tools.checks.acceptance.cases.validation import validation_cases
from tools.checks.acceptance.cases.versions import version_cases

CONCERNS = (
    scenario_cases,
    platform_cases,
    auth_cases,
    crud_cases,
    access_cases,
    validation_cases,
    list_cases,
    rule_cases,
    call_cases,
    version_cases,
    bulk_cases,
)


def expected_cases(blueprint: Blueprint) -> list[Case]:
    """Every case, in a fixed order: the same Blueprint gives the same list on every machine."""
    sqlite = blueprint.conventions.environment.database_path is not None
    concerns = (scenario_cases,) if sqlite else CONCERNS  # rows are put into PostgreSQL only
    seen: Counter[str] = Counter()
    found: list[Case] = []
    for case in (case for concern in concerns for case in concern(blueprint)):
        seen[case.id] += 1
        count = seen[case.id]
        found.append(replace(case, subject=f"{case.subject} ({count})") if count > 1 else case)
    return found
