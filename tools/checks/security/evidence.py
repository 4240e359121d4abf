"""Puts together what the source says, what the probes saw, and what the app was seen doing."""

import json
import posixpath
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

from pydantic import BaseModel, ConfigDict

from tools.checks.security.finding import Finding, Level

Place = tuple[str, int]
"""File and line."""
MARK = re.compile(r"zq(\d+)z")
FORGED = re.compile(r"^zqFORGED zq(\d+)z", re.MULTILINE)
ACCESS = re.compile(r'" HTTP/1\.[01]"|HTTP/1\.[01]" \d{3}')
"""Lines that the server writes about requests: what is in their address, the probes put there."""
FORMAT_ERROR = re.compile(r"KeyError: 'zq(\d+)z'")
OUTSIDE = "/tmp/zqout/"  # noqa: S108 - a folder of the app's machine
ACTIVE_FILE = re.compile(r"\.(html?|svg|xhtml|php|py|sh|exe|js|jsp)$", re.IGNORECASE)
WRITES = re.compile(r"[wax+]")
PROBED = frozenset(
    [
        "sql_injection",
        "command_injection",
        "code_injection",
        "template_injection",
        "path_traversal",
        "zip_slip",
        "ssrf",
        "xss",
        "open_redirect",
        "xxe",
        "deserialization",
    ]
)
"""Kinds that the probes see for certain where they reach the handler: what they tried there without
success is no flaw, whatever the source looks like."""


class Mark(BaseModel):
    """A marked input, as the probes recorded it."""

    model_config = ConfigDict(extra="ignore")

    number: int
    family: str
    route: str
    param: str
    payload: Any = ""


class Seen(BaseModel):
    """One thing that a probe observed."""

    model_config = ConfigDict(extra="ignore")

    kind: str
    route: str
    why: str
    level: Level = "flaw"


class ProbeReport(BaseModel):
    """What the probes wrote."""

    model_config = ConfigDict(extra="ignore")

    observed: list[Seen]
    marks: dict[str, Mark]
    passwords: list[str]
    tokens: list[str]
    reached: list[str]
    """`METHOD /path` of operations that succeeded for somebody."""
    operations: list[str]
    accounts: int
    keeper: bool
    protected: list[str]
    requests: int
    seconds: float
    over: bool
    """Whether the time was over before the probes were done."""
    errors: list[str] = []


class Happened(BaseModel):
    """One line that the watcher in the app's process wrote."""

    event: str
    text: str


def read_seen(content: bytes) -> list[Happened]:
    """The watcher's lines; what cannot be read is left out: the app could write there."""
    found = []
    for line in content.decode(errors="replace").splitlines():
        try:
            found.append(Happened.model_validate_json(line))
        except ValueError:
            continue
    return found


def judge_events(happened: Sequence[Happened], marks: Mapping[str, Mark]) -> Iterator[Finding]:
    """Findings from what the app was seen doing with marked input."""
    for item in happened:
        for number in dict.fromkeys(MARK.findall(item.text)):
            mark = marks.get(number)
            if mark is not None and (found := _event(item, mark, f"zq{number}z")):
                kind, why = found
                yield _observed(kind, mark, why)


def _event(  # noqa: PLR0911 - a table
    item: Happened, mark: Mark, text: str
) -> tuple[str, str] | None:
    match item.event:
        case "sql":
            return "sql_injection", "became part of the text of a SQL statement"
        case "code" if f"{{{{ {text}" not in item.text:
            return _code(item)
        case "shell":
            return _shell(item.text, mark)
        case "process":
            return _process(item.text, mark)
        case "file":
            return _file(item.text, mark)
        case "unpickled":
            return "deserialization", "was unpickled"
    return None


def _code(item: Happened) -> tuple[str, str]:
    if item.text.startswith("<template>"):
        return "template_injection", "became part of a template's text"
    return "code_injection", "was run as Python"


def _process(text: str, mark: Mark) -> tuple[str, str] | None:
    words = json.loads(text)
    if len(words) == 1:
        return _shell(words[0], mark)
    if (
        len(words) >= 3
        and posixpath.basename(words[0]) in ("sh", "bash", "dash")
        and words[1] == "-c"
    ):
        return _shell(words[2], mark)
    return None


def _shell(command: str, mark: Mark) -> tuple[str, str] | None:
    payload = str(mark.payload)
    if mark.family != "command_injection" or shlex.quote(payload) in command:
        return None
    special = [part for part in (";", "$(", "`", '"', "|", "&") if part in payload]
    if special and any(part in command for part in special) and payload in command:
        return "command_injection", "reached a shell without being quoted"
    return None


def _file(text: str, mark: Mark) -> tuple[str, str] | None:
    event, _, path = text.split(" ", 2)
    plain = posixpath.normpath(path)
    if plain.startswith(OUTSIDE):
        kind = "zip_slip" if mark.family == "zip_slip" else "path_traversal"
        return kind, f"led to {event} of a file outside the app's folder"
    return None


def judge_log(log: str, report: ProbeReport) -> Iterator[Finding]:
    """Findings from what the app logged."""
    for number in dict.fromkeys(FORGED.findall(log)):
        if (mark := report.marks.get(number)) and not _in_traceback(log, number):
            yield _observed("log_injection", mark, "started a line of its own in the log")
    for number in dict.fromkeys(FORMAT_ERROR.findall(log)):
        if mark := report.marks.get(number):
            yield _observed("template_injection", mark, "is used as a format string")
    own = "\n".join(line for line in log.splitlines() if not ACCESS.search(line))
    if any(secret in own for secret in report.passwords):
        yield Finding(kind="secret_in_log", why="a password is in the log", evidence="observed")
    tokens = [token.removeprefix("Bearer ") for token in report.tokens]
    if any(len(token) > 15 and token in own for token in tokens):
        yield Finding(
            kind="secret_in_log", why="a session or token is in the log", evidence="observed"
        )


def _in_traceback(log: str, number: str) -> bool:
    """Whether the line is part of an exception's text that the server printed."""
    before = log.partition(f"zqFORGED zq{number}z")[0].splitlines()[-40:]
    return any("Traceback (most recent call last)" in line for line in before)


def judge_statements(log: str, marks: Mapping[str, Mark]) -> Iterator[Finding]:
    """Findings from PostgreSQL's own log of statements, which has no bound values in it."""
    for line in log.splitlines():
        statement = "LOG:  statement:" in line or "LOG:  execute" in line or "STATEMENT:" in line
        if not statement:
            continue
        for number in dict.fromkeys(MARK.findall(line)):
            if mark := marks.get(number):
                why = "became part of the text of a SQL statement"
                yield _observed("sql_injection", mark, why)


def _observed(kind: str, mark: Mark, why: str) -> Finding:
    return Finding(
        kind=kind, why=f"input ({mark.param}) {why}", evidence="observed", route=mark.route
    )


def refuted(
    source: Sequence[Finding], handlers: Mapping[Finding, Place], reached: Set[Place]
) -> list[Finding]:
    """The source's findings, without those that the probes would have seen."""
    return [
        finding
        for finding in source
        if finding.kind not in PROBED or handlers.get(finding) not in reached
    ]


def merge(source: Sequence[Finding], observed: Sequence[Finding]) -> tuple[Finding, ...]:
    """All findings, each flaw once: what was observed takes the place that the source names."""
    result: dict[tuple[str, str], Finding] = {}
    for finding in observed:
        key = (finding.kind, finding.route or finding.where)
        known = result.get(key)
        if known is None or (known.level == "note" and finding.level == "flaw"):
            result[key] = finding
    places = {finding.kind: finding for finding in source if finding.level == "flaw"}
    placed = [
        finding.model_copy(
            update={"path": places[finding.kind].path, "line": places[finding.kind].line}
        )
        if finding.kind in places and finding.path is None
        else finding
        for finding in result.values()
    ]
    shown = {finding.kind for finding in placed if finding.level == "flaw"}
    rest = [finding for finding in source if finding.kind not in shown or finding.level == "note"]
    return tuple(sorted([*placed, *rest], key=lambda item: (item.level, item.kind, item.where)))
