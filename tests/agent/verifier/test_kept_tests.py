"""Tests that failed, or were there before, must be mended and not silenced."""

import pytest

from agent.verifier.kept_tests import check_kept_tests, earlier_tests

BEFORE = b"""
import pytest

def test_a():
    answer = ask()
    assert answer.status == 200
    assert answer.json() == {}
    assert answer.headers
    assert answer.ok

class TestB:
    def test_c(self):
        with pytest.raises(ValueError):
            ask()
"""
MENDED = BEFORE.replace(b"200", b"201").replace(b"assert answer.ok", b"assert answer.ok is True")
SILENCED = {
    "removed": BEFORE.replace(b"def test_a", b"def check_a"),
    "emptied": BEFORE.replace(b"    assert answer", b"    answer"),
    "weakened": BEFORE.replace(b"    assert answer.json() == {}\n", b"")
    .replace(b"    assert answer.headers\n", b"")
    .replace(b"    assert answer.ok\n", b""),
    "skipped": BEFORE.replace(b"def test_a", b"@pytest.mark.skip\ndef test_a"),
}
OTHER_WAYS_TO_SKIP = {
    "in the body": BEFORE.replace(b"    answer = ask()", b"    pytest.skip('later')"),
    "the whole file": BEFORE + b"pytestmark = pytest.mark.skip\n",
    "expected to fail": BEFORE.replace(
        b"def test_a", b"@pytest.mark.xfail(strict=False)\ndef test_a"
    ),
}
ASSERT_TRUE = BEFORE.replace(b"assert answer.status == 200", b"assert True").replace(
    b"    assert answer.json() == {}\n    assert answer.headers\n    assert answer.ok\n", b""
)


def findings(after: bytes, failing: frozenset[str]) -> tuple[str, ...]:
    before = earlier_tests({"tests/test_x.py": BEFORE}, failing, "an earlier verdict")
    return check_kept_tests({"tests/test_x.py": after}, (before,)).findings


@pytest.mark.parametrize("what", SILENCED)
def test_a_failing_test_that_was_silenced_is_a_finding(what: str) -> None:
    (finding,) = findings(SILENCED[what], frozenset({"tests/test_x.py::test_a[1]"}))
    assert finding == (
        f"tests/test_x.py::test_a failed in an earlier verdict and was {what}; bring it back under "
        "that name, then mend the code, or the test where the spec says otherwise"
    )


@pytest.mark.parametrize("after", OTHER_WAYS_TO_SKIP.values(), ids=OTHER_WAYS_TO_SKIP.keys())
def test_every_way_to_skip_counts(after: bytes) -> None:
    found = findings(after, frozenset({"tests/test_x.py::test_a"}))
    assert "was skipped" in found[0]


def test_an_assertion_of_a_constant_asserts_nothing() -> None:
    assert "was emptied" in findings(ASSERT_TRUE, frozenset({"tests/test_x.py::test_a"}))[0]


def test_a_test_that_was_mended_is_none() -> None:
    assert findings(MENDED, frozenset({"tests/test_x.py::test_a"})) == ()


def test_tests_of_the_base_branch_may_go_but_not_be_weakened() -> None:
    assert findings(SILENCED["removed"], frozenset()) == ()
    assert "an earlier verdict was skipped" in findings(SILENCED["skipped"], frozenset())[0]


def test_without_earlier_tests_there_is_nothing_to_compare() -> None:
    assert check_kept_tests({}, ()).status == "not_applicable"
