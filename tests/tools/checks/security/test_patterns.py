"""Which patterns keep harm out, and which take forever."""

import pytest

from tools.checks.security.source.patterns import harmless_kinds
from tools.checks.security.source.rules.regexes import explodes


@pytest.mark.parametrize(
    ("pattern", "kind", "harmless"),
    [
        (r"^[a-z0-9_-]+$", "path_traversal", True),
        (r"^[a-z0-9_./-]+$", "path_traversal", False),
        (r"^[^\x00\r\n]+$", "command_injection", False),
        (r"^[^\x00\r\n]+$", "log_injection", True),
        (r"^\w{1,20}$", "sql_injection", True),
        (r"[a-z]+", "sql_injection", False),
    ],
)
def test_characters_decide(pattern: str, kind: str, harmless: bool) -> None:
    assert (kind in harmless_kinds(pattern)) is harmless


@pytest.mark.parametrize(
    ("pattern", "slow"),
    [
        (r"^(a+)+$", True),
        (r"^(\w+\s?)*$", True),
        (r"^([a-z]+)*@x$", True),
        (r"^(\d+,)*\d+$", False),
        (r"^[a-z]+(-[a-z]+)*$", False),
        (r"^\w+@\w+\.\w+$", False),
        (r"(", False),
    ],
)
def test_repetition_in_repetition(pattern: str, slow: bool) -> None:
    assert explodes(pattern) is slow
