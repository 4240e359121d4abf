import pytest

from tools.junit import Case, ReportError, parse_junit, shorten_traceback

REPORT = b"""<?xml version="1.0" encoding="utf-8"?>
<testsuites><testsuite name="pytest" errors="2" failures="1" skipped="1" tests="5">
<testcase classname="tests.test_a" name="test_ok" file="tests/test_a.py" line="3" time="0.0" />
<testcase classname="tests.test_a.TestX" name="test_n[2]" file="tests/test_a.py" line="5">
  <failure message="assert 2 == 1">tests/test_a.py:6: in test_n
    assert n == 1
E   assert 2 == 1</failure></testcase>
<testcase classname="tests.test_a" name="test_s" file="tests/test_a.py">
  <skipped type="pytest.skip" message="later">tests/test_a.py:8: later</skipped></testcase>
<testcase classname="" name="tests.test_b" file="tests/test_b.py">
  <error message="collection">E   ModuleNotFoundError: No module named 'x'</error></testcase>
<testcase classname="tests.test_a" name="test_t" file="tests/test_a.py"/>
<testcase classname="tests.test_a" name="test_t" file="tests/test_a.py">
  <error message="teardown">E   RuntimeError</error></testcase>
</testsuite></testsuites>"""


def test_parse_junit() -> None:
    assert parse_junit(REPORT) == [
        Case("tests/test_a.py::test_ok", "passed"),
        Case(
            "tests/test_a.py::TestX::test_n[2]",
            "failed",
            "tests/test_a.py:6: in test_n\n    assert n == 1\nE   assert 2 == 1",
        ),
        Case("tests/test_a.py::test_s", "skipped", "later"),
        Case("tests/test_b.py", "error", "E   ModuleNotFoundError: No module named 'x'"),
        Case("tests/test_a.py::test_t", "error", "E   RuntimeError"),
    ]


@pytest.mark.parametrize(
    ("report", "problem"),
    [
        (b"<testsuites>", "the report is not XML: no element found"),
        (b"", "the report is not XML"),
        (b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>", "the report declares a document type"),
        (b"<x>" + b" " * 5_000_000 + b"</x>", "at most 5000000"),
    ],
)
def test_parse_junit_refuses(report: bytes, problem: str) -> None:
    with pytest.raises(ReportError, match=problem):
        parse_junit(report)


def test_shorten_traceback_keeps_the_projects_frames_and_the_error() -> None:
    detail = """tests/test_a.py:14: in test_json
    json.loads("{x")
/usr/lib/python3.11/json/__init__.py:346: in loads
    return _default_decoder.decode(s)
           ^^^^^^^^^^^^^^^^^^^^^^^^^^
/usr/lib/python3.11/json/decoder.py:353: in raw_decode
    obj, end = self.scan_once(s, idx)
               ^^^^^^^^^^^^^^^^^^^^^^
E   json.decoder.JSONDecodeError: Expecting property name"""
    assert shorten_traceback(detail) == (
        'tests/test_a.py:14: in test_json\n    json.loads("{x")\n'
        "E   json.decoder.JSONDecodeError: Expecting property name"
    )


def test_shorten_traceback_without_a_frame_of_the_project_keeps_the_last() -> None:
    detail = "/usr/lib/a.py:1: in f\n    g()\n/usr/lib/b.py:2: in g\n    boom\nE   Boom"
    assert shorten_traceback(detail) == "/usr/lib/b.py:2: in g\n    boom\nE   Boom"


def test_shorten_traceback_cuts_in_the_middle() -> None:
    detail = "a.py:1: in f\n" + "\n".join(f"E   {number}" for number in range(100))
    lines = shorten_traceback(detail, max_lines=9).split("\n")
    assert lines == ["a.py:1: in f", "E   0", "E   1", "...", *(f"E   {n}" for n in range(94, 100))]


def test_a_function_may_have_its_modules_name() -> None:
    row = '<testcase classname="test_page" name="test_page" file="test_page.py" />'
    [case] = parse_junit(f"<testsuites>{row}</testsuites>".encode())
    assert case.id == "test_page.py::test_page"
