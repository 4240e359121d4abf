"""The security check of a verdict: the candidate's source and the candidate running, probed."""

import re
import secrets

from agent.verifier.absent_cache import absent_cache
from agent.verifier.candidate import Candidate
from agent.verifier.security import SecurityJob, check_security, read_source
from agent.verifier.verdict import CheckResult
from tools.blueprint.model import Blueprint, Endpoint
from tools.checks.acceptance.case import ALLOWED_ORIGIN
from tools.checks.acceptance.facts import reach, roles
from tools.checks.security.finding import Finding
from tools.checks.security.report import SecurityReport

NAME = "security"
START_S, EACH_S, LONGEST_S = 20.0, 3.0, 240.0
"""Seconds that the probes may take: for getting in, for each operation, and in all. A quiet machine
needs a third of that; a slow one must not make a verdict wait for minutes."""
MIN_REACHED = 0.3
"""Share of the operations that must have answered the probes; with fewer the app was not shown
to be free of flaws, which is no fault of the app: it may sign requests in a way of its own."""
UVICORN = re.compile(r"\buvicorn\b[^;&|]*?\s([\w.]+:[\w.]+)(?=\s|$)")
ADMIN = "first-admin@example.com"


def run_security_check(candidate: Candidate) -> CheckResult:
    """The check, with a finding for each flaw.

    Raises:
        SandboxError: a machine failed.
    """
    job = SecurityJob(
        files=candidate.files,
        provider=candidate.provider,
        run_id=candidate.run_id,
        deadline=candidate.deadline,
        entry=entry_of(candidate.blueprint.conventions.commands.start),
        environment=_environment(candidate),
        probes_s=min(LONGEST_S, START_S + EACH_S * len(candidate.blueprint.endpoints)),
        spec=" ".join(item.text for item in candidate.blueprint.requirements),
    )
    report = check_security(job) if candidate.security_probes else read_source(job)
    kept = tuple(f for f in report.findings if not is_allowed(candidate.blueprint, f))
    return judge_report(report.model_copy(update={"findings": kept}))


def is_allowed(blueprint: Blueprint, finding: Finding) -> bool:
    """Whether the Blueprint itself grants the access that the finding accuses.

    The probes guess from names and neighbours who ought to be kept out; the Blueprint knows.
    """
    base = blueprint.conventions.base_path
    asked = [e for e in blueprint.endpoints if _route(base, e) == _shape(finding.route or "")]
    if not asked:
        return False
    known = roles(blueprint)
    reaches = {role: reach(asked[0], role) for role in known}
    match finding.kind:
        case "missing_auth":
            return asked[0].access.public
        case "missing_authorization":
            newcomer = blueprint.auth.default_role if blueprint.auth else None
            return asked[0].access.public or reaches.get(newcomer or "", "none") != "none"
        case "idor":
            return "own" not in reaches.values()
    return False


def _route(base: str, endpoint: Endpoint) -> str:
    return _shape(f"{endpoint.method} {base}{endpoint.path}")


def _shape(route: str) -> str:
    """Without the names of what varies: the app may call it otherwise than the Blueprint."""
    return re.sub(r"\{[^}]*\}", "{}", route)


def entry_of(start: str) -> str | None:
    """`module:name` of a start command by uvicorn, `module:name()` for a factory, else None."""
    found = UVICORN.search(start)
    if found is None:
        return None
    return f"{found[1]}()" if "--factory" in start else found[1]


def judge_report(report: SecurityReport) -> CheckResult:
    """Failed by any flaw; passed only when enough of the running app answered the probes."""
    seen = report.coverage
    detail = (
        f"{len(report.flaws)} flaws; {seen.reached} of {seen.operations} operations answered the "
        f"probes, {seen.requests} requests"
    )
    detail += f"; {report.reason}" if report.reason and report.status == "checked" else ""
    findings = tuple(str(finding) for finding in report.flaws)
    if report.flaws:
        return CheckResult(name=NAME, status="failed", detail=detail, findings=findings)
    if report.status != "checked":
        return _source_alone(f"the app could not be probed: {report.reason}")
    if seen.reached < MIN_REACHED * seen.operations:
        return _source_alone(detail)
    return CheckResult(name=NAME, status="passed", detail=detail)


def _source_alone(reason: str) -> CheckResult:
    detail = f"only the source was read, and no flaw seen in it; {reason}"
    return CheckResult(name=NAME, status="not_applicable", detail=detail)


def _environment(candidate: Candidate) -> dict[str, str]:
    """As the acceptance suite's app has it; the database is the check's own."""
    names = candidate.blueprint.conventions.environment
    return {
        **absent_cache(candidate.blueprint),
        names.environment: "test",
        names.cors_origins: ALLOWED_ORIGIN,
        names.secret_key: secrets.token_urlsafe(32),
        names.first_admin_login: ADMIN,
        names.first_admin_password: secrets.token_urlsafe(24),
    }
