"""Reads a JUnit report that pytest wrote: untrusted XML in, typed cases out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from xml.etree import ElementTree as ET

MAX_REPORT_BYTES = 5_000_000
FRAME = re.compile(r"^(?P<place>\S+:\d+): (?:in \S+|\S+)$")
"""First line of a frame in pytest's `--tb=short`: `tests/test_a.py:7: in test_a`."""

CaseOutcome = Literal["passed", "failed", "error", "skipped"]


class ReportError(ValueError):
    """The report cannot be read; says why."""


@dataclass(frozen=True)
class Case:
    """One test."""

    id: str
    """As pytest takes it on its command line: `tests/test_a.py::TestA::test_b[1]`."""
    outcome: CaseOutcome
    detail: str = ""
    """Why it did not pass: traceback in pytest's short style, or the skip's reason."""


def parse_junit(report: bytes) -> list[Case]:
    """The cases of a report written with `-o junit_family=xunit1`, in the order they ran.

    Raises:
        ReportError: too large, with a document type, or not XML.
    """
    if len(report) > MAX_REPORT_BYTES:
        raise ReportError(f"the report has {len(report)} bytes; at most {MAX_REPORT_BYTES}")
    if b"<!DOCTYPE" in report or b"<!ENTITY" in report:
        raise ReportError("the report declares a document type")
    try:
        root = ET.fromstring(report)  # noqa: S314 - small, and without a document type
    except ET.ParseError as error:
        raise ReportError(f"the report is not XML: {error}") from error
    return _merge(_read(case) for case in root.iter("testcase"))


def shorten_traceback(detail: str, max_lines: int = 24) -> str:
    """The traceback's frames in the project's own files, and the error it ends with."""
    frames = _split_frames(detail.strip("\n").split("\n"))
    own = [frame for frame in frames[:-1] if not frame[0].startswith("/")]
    last = frames[-1]
    if own and last[0].startswith("/"):
        last = [line for line in last if line.startswith("E ")]
    lines = [line for frame in (*own, last) for line in frame if line.strip("~^ ")]
    if len(lines) <= max_lines:
        return "\n".join(lines)
    head = max_lines // 3
    return "\n".join([*lines[:head], "...", *lines[head - max_lines :]])


def _split_frames(lines: list[str]) -> list[list[str]]:
    frames: list[list[str]] = [[]]
    for line in lines:
        if FRAME.match(line) and frames[-1]:
            frames.append([])
        frames[-1].append(line)
    return frames


_OUTCOMES: dict[str, CaseOutcome] = {"error": "error", "failure": "failed", "skipped": "skipped"}


def _read(case: ET.Element) -> Case:
    for tag, outcome in _OUTCOMES.items():
        found = case.find(tag)
        if found is not None:
            message = found.get("message") or ""
            detail = message if outcome == "skipped" else found.text or message
            return Case(_test_id(case), outcome, detail)
    return Case(_test_id(case), "passed")


def _test_id(case: ET.Element) -> str:
    """From `file`, and what `classname` has beyond the file's module; a broken file is itself."""
    name, file = case.get("name", ""), case.get("file", "")
    module = re.sub(r"\.py$", "", file).replace("/", ".")
    classname = case.get("classname", "")
    if name == module and not classname:
        return file
    if not file:
        return ".".join(filter(None, [classname, name]))
    classes = [part for part in classname.removeprefix(module).split(".") if part]
    return "::".join([file, *classes, name])


def _merge(cases: Iterator[Case]) -> list[Case]:
    """A test that fails and then breaks in teardown is written twice; the worst counts."""
    merged: dict[str, Case] = {}
    for case in cases:
        before = merged.get(case.id)
        if before is None or before.outcome in {"passed", "skipped"}:
            merged[case.id] = case
    return list(merged.values())
