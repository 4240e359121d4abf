"""When a planted flaw counts as found, and a twin as accused."""

import pytest

from evals.bench.corpus import FAMILIES, compare
from tools.checks.security.finding import Finding
from tools.checks.security.kinds import KINDS
from tools.checks.security.report import SecurityReport

XSS = Finding(kind="xss", why="w", evidence="observed", route="GET /a")
NOTE = XSS.model_copy(update={"level": "note"})


def report(*findings: Finding) -> SecurityReport:
    return SecurityReport(status="checked", findings=findings)


@pytest.mark.parametrize(
    ("flawed", "repaired", "found", "accused"),
    [
        ((XSS,), (), True, False),
        ((XSS,), (XSS,), False, True),
        ((), (), False, False),
        ((NOTE,), (NOTE,), False, False),
        ((XSS.model_copy(update={"kind": "ssrf"}),), (), False, False),
    ],
)
def test_compare(
    flawed: tuple[Finding, ...], repaired: tuple[Finding, ...], found: bool, accused: bool
) -> None:
    result = compare("a", 79, report(*flawed), report(*repaired))
    assert (result.found, result.accused) == (found, accused)


def test_every_kind_has_a_family_with_its_own_number() -> None:
    assert FAMILIES.keys() == KINDS.keys()
    assert [kind for kind in KINDS if KINDS[kind].cwe not in FAMILIES[kind]] == []
