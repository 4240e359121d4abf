"""Access cells."""

import pytest

from agent.intake.access import is_protected, read_access
from tools.blueprint.model import Access, Grant

ROLES = ("admin", "staff", "customer", "support_agent")
PUBLIC = Access(public=True)


def grants(*names: str) -> Access:
    parts = [name.split(" ") for name in names]
    return Access(grants=tuple(Grant(role=part[0], own=len(part) > 1) for part in parts))


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("public", PUBLIC),
        ("Anyone", PUBLIC),
        ("none", PUBLIC),
        ("no auth", PUBLIC),
        ("any user", grants("*")),
        ("authenticated", grants("*")),
        ("logged in", grants("*")),
        ("Logged-in users", grants("*")),
        ("yes", grants("*")),
        ("admin, staff", grants("admin", "staff")),
        ("Admins and staff", grants("admin", "staff")),
        ("admin/staff", grants("admin", "staff")),
        ("admin only", grants("admin")),
        ("support agent", grants("support_agent")),
        ("customer (own)", grants("customer own")),
        ("customer (own orders), admin", grants("customer own", "admin")),
        ("customer: own", grants("customer own")),
        ("owner", grants("* own")),
        ("owner or admin", grants("* own", "admin")),
        ("any user (own)", grants("* own")),
        ("", None),
        ("-", None),
    ],
)
def test_cells(cell: str, expected: Access | None) -> None:
    assert read_access(cell, ROLES) == (expected, [])


def test_words_that_are_no_role_are_returned() -> None:
    assert read_access("admin, wizard", ROLES) == (grants("admin"), ["wizard"])


@pytest.mark.parametrize(
    ("cell", "protected"), [("public", False), ("", False), ("admin", True), ("any user", True)]
)
def test_protection(cell: str, protected: bool) -> None:
    assert is_protected(cell) is protected
