"""What an app was seen doing becomes a finding only when it proves something."""

import json

import pytest

from tools.checks.security.evidence import (
    Mark,
    ProbeReport,
    judge_events,
    judge_log,
    judge_statements,
    merge,
    read_seen,
    refuted,
)
from tools.checks.security.finding import Finding
from tools.checks.security.report import SecurityReport, to_sarif

SHELL = "zq5z;echo zq"


def mark(family: str, payload: str = "") -> dict[str, Mark]:
    return {"5": Mark(number=5, family=family, route="GET /a", param="query q", payload=payload)}


@pytest.mark.parametrize(
    ("event", "text", "marks", "kind"),
    [
        ("sql", "SELECT 'zq5z'", mark("xss"), "sql_injection"),
        ("shell", f"ping {SHELL}", mark("command_injection", SHELL), "command_injection"),
        ("shell", f"ping '{SHELL}'", mark("command_injection", SHELL), None),
        (
            "process",
            json.dumps(["sh", "-c", f"ping {SHELL}"]),
            mark("command_injection", SHELL),
            "command_injection",
        ),
        ("process", json.dumps(["ping", SHELL]), mark("command_injection", SHELL), None),
        ("file", "open r /tmp/zqout/zq5z.txt", mark("path_traversal"), "path_traversal"),
        (
            "file",
            "open r /workspace/a/../../tmp/zqout/zq5z.txt",
            mark("path_traversal"),
            "path_traversal",
        ),
        ("file", "open w /tmp/zqout/zq5z.txt", mark("zip_slip"), "zip_slip"),
        ("file", "open r /workspace/files/zq5z.txt", mark("path_traversal"), None),
        ("code", "<string> zq5z", mark("sql_injection"), "code_injection"),
        ("code", "<template> zq5z", mark("xss"), "template_injection"),
        ("unpickled", "zqmodule.zq5z", mark("deserialization"), "deserialization"),
        ("sql", "SELECT 'zq6z'", mark("xss"), None),
    ],
)
def test_events(event: str, text: str, marks: dict[str, Mark], kind: str | None) -> None:
    seen = read_seen(json.dumps({"event": event, "text": text}).encode() + b"\nnot json\n")
    found = [finding.kind for finding in judge_events(seen, marks)]
    assert found == ([kind] if kind else [])


def report(**facts: object) -> ProbeReport:
    empty: dict[str, object] = {
        "observed": [],
        "marks": mark("log_injection"),
        "passwords": [],
        "tokens": [],
        "reached": [],
        "operations": [],
        "accounts": 0,
        "keeper": False,
        "protected": [],
        "requests": 0,
        "seconds": 0,
        "over": False,
    }
    return ProbeReport.model_validate({**empty, **facts})


@pytest.mark.parametrize(
    ("log", "kinds"),
    [
        ("user zq5z\nzqFORGED zq5z\n", ["log_injection"]),
        ("user 'zq5z\\nzqFORGED zq5z'\n", []),
        ("Traceback (most recent call last):\nValueError: zq5z\nzqFORGED zq5z\n", []),
        ("KeyError: 'zq5z'\n", ["template_injection"]),
        ("login with Correct-Horse\n", ["secret_in_log"]),
    ],
)
def test_the_log(log: str, kinds: list[str]) -> None:
    found = judge_log(log, report(passwords=["Correct-Horse"]))
    assert [finding.kind for finding in found] == kinds


def test_statements_hold_no_input_unless_it_was_pasted() -> None:
    log = "LOG:  execute x: SELECT * FROM t WHERE a = $1\nLOG:  statement: SELECT 'zq5z'\n"
    assert [finding.kind for finding in judge_statements(log, mark("xss"))] == ["sql_injection"]


SUSPECT = Finding(kind="xss", why="w", evidence="source", path="app.py", line=9)


def test_what_the_probes_would_have_seen_is_refuted() -> None:
    handlers = {SUSPECT: ("app.py", 5)}
    assert refuted([SUSPECT], handlers, {("app.py", 5)}) == []
    assert refuted([SUSPECT], handlers, {("app.py", 70)}) == [SUSPECT]


def test_an_observed_flaw_takes_the_place_that_the_source_names() -> None:
    seen = Finding(kind="xss", why="seen", evidence="observed", route="GET /a")
    (merged,) = merge([SUSPECT], [seen, seen])
    assert (merged.why, merged.path, merged.line) == ("seen", "app.py", 9)


def test_sarif_has_a_rule_and_a_place_for_each_finding() -> None:
    text = to_sarif(SecurityReport(status="checked", findings=(SUSPECT,)), "1.0")
    run = json.loads(text)["runs"][0]
    assert run["tool"]["driver"]["rules"][0]["id"] == "xss"
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "app.py"
    assert place["region"]["startLine"] == 9


def test_what_stands_in_an_address_was_put_there_by_the_probes() -> None:
    log = 'INFO: 127.0.1.2:1 - "GET /a/Correct-Horse HTTP/1.1" 404 Not Found\n'
    assert list(judge_log(log, report(passwords=["Correct-Horse"]))) == []
