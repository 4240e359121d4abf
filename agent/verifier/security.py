"""Checks any FastAPI app for security flaws: reads its source here, probes it running in a sandbox.

    app machine         the app, watched; its log and its database files are searched afterwards
    verifier machine    PostgreSQL if the app wants it, the probes, a canary that nobody should call

The app can run from a Blueprint's commands or be anybody's; how it starts is then found by looking.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from agent.verifier.security_app import Running, StartFailed, run_probed
from sandbox.base import SandboxProvider
from sandbox.deadline import Deadline
from tools.checks.security.evidence import merge, refuted
from tools.checks.security.report import Coverage, SecurityReport
from tools.checks.security.source.scan import Source, scan_source
from tools.checks.security.source.start import Start, StartError, find_start


@dataclass(frozen=True, kw_only=True)
class SecurityJob:
    """An app to be checked, and with what."""

    files: Mapping[str, bytes]
    """Everything in the app's folder: relative path -> content."""
    provider: SandboxProvider
    run_id: str
    deadline: Deadline
    entry: str | None = None
    """`module:name`, or `module:name()` for a factory; None: found by looking."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables that win over the ones made up for the app."""
    probes_s: float = 240
    """How long the probes may take; what was seen by then counts."""
    spec: str = ""
    """What the app should do; some checks apply only when it says so."""
    packages: Mapping[str, bytes] = field(default_factory=dict)
    """Installed packages that the sandbox's image lacks: path -> content."""


def check_security(job: SecurityJob) -> SecurityReport:
    """Read the source, then probe the app. What could not be probed is said, never assumed fine.

    Raises:
        SandboxError: a machine failed.
    """
    source = scan_source(job.files)
    try:
        start = find_start(job.files, source.project, job.entry)
    except StartError as error:
        return _source_only(source, str(error))
    try:
        running = run_probed(job, source, start)
    except StartFailed as failed:
        return _source_only(source, str(failed), start)
    return _report(source, start, running)


def read_source(job: SecurityJob) -> SecurityReport:
    """What the source alone says."""
    return _source_only(scan_source(job.files), "the settings leave out the probes")


def _source_only(source: Source, reason: str, start: Start | None = None) -> SecurityReport:
    return SecurityReport(
        status="source_only",
        reason=reason,
        findings=merge(source.findings, ()),
        entry=start.entry if start else "",
    )


def _report(source: Source, start: Start, running: Running) -> SecurityReport:
    report = running.report
    left = refuted(source.findings, source.handlers, running.reached)
    return SecurityReport(
        status="checked",
        reason="the time was over before all probes were done" if report.over else "",
        findings=merge(left, running.findings),
        coverage=Coverage(
            operations=len(report.operations),
            reached=len(set(report.reached) & set(report.operations)),
            accounts=report.accounts + int(report.keeper),
            requests=report.requests,
            seconds=report.seconds,
        ),
        entry=start.entry,
    )
