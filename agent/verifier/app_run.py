"""Runs the backend in one machine and judges it from another that shares only its loopback.

    app machine         the project's files, its migrations, its server
    verifier machine    PostgreSQL, the acceptance suite, the results

The results are read after everything of the app is dead. The app's database role owns its own
database and nothing else: it could otherwise run commands in the verifier's machine through
PostgreSQL, so superusers are locked out of the loopback before the app starts.
"""

import secrets
from dataclasses import dataclass, field

from agent.verifier.absent_cache import absent_cache
from agent.verifier.candidate import Candidate
from agent.verifier.extensions import check_extensions
from agent.verifier.predecessor import Predecessor
from agent.verifier.suite import (
    OPENAPI_FILE,
    RESULTS_FILE,
    ResultsError,
    read_results,
    suite_command,
    suite_environment,
    suite_files,
)
from agent.verifier.upgrade import UpgradeTrial
from agent.verifier.verdict import CheckResult, CheckStatus, TestReport
from sandbox.base import ExecResult, Sandbox
from sandbox.observe import observe
from tools.backend import dictated_environment
from tools.checks.acceptance.case import ALLOWED_ORIGIN
from tools.checks.acceptance.expected import expected_cases

POSTGRES_S = 60
MIGRATE_S = 120
BOOT_S = 60
SUITE_S = 600
POLL_S = "3"
LOG_CHARS = 4000
DATABASE = "app_db"
ROLE = "app_role"
LOCK_POSTGRES = """
set -eu
start-postgres "$1" "$2" "$3"
export PGHOST=/tmp PGUSER=postgres PGDATABASE=postgres
rules=$(psql -Atc 'SHOW hba_file')
printf 'local all postgres trust\\nhost %s %s 127.0.0.1/32 scram-sha-256\\n' "$1" "$2" > "$rules"
psql -Atqc 'SELECT pg_reload_conf()' > /dev/null
while psql -w -h 127.0.0.1 -Atqc 'SELECT 1' > /dev/null 2>&1; do sleep 0.02; done
"""
START_APP = """
setsid sh -c "$1" > /tmp/app.log 2>&1 < /dev/null &
echo $! > /tmp/app.pid
"""


@dataclass
class AppRun:
    """What was seen of the running backend."""

    checks: list[CheckResult] = field(default_factory=list)
    tests: TestReport = field(default_factory=TestReport)
    openapi: str | None = None
    """The OpenAPI document that the backend served."""
    limits: dict[str, str] = field(default_factory=dict)
    """What the backend's machine is held to, as seen from inside."""


class StageFailed(Exception):
    """A stage did not succeed, so that the later ones cannot run."""

    def __init__(self, check: CheckResult) -> None:
        super().__init__(check.detail)
        self.check = check


STAGES = ("database", "migrations", "boots")


def run_app(candidate: Candidate) -> AppRun:
    """Migrate, start and judge the backend.

    Raises:
        SandboxError: a machine failed for no fault of the backend's that can be told.
    """
    run = AppRun()
    with (
        candidate.open("app") as app,
        candidate.open("verifier", beside=app) as verifier,
    ):
        run.limits = observe(app)
        trial = Trial(candidate, app, verifier)
        try:
            run.checks.append(trial.start_database())
            trial.require_extensions()
            if candidate.predecessor is not None:
                run.checks.append(trial.upgrade(candidate.predecessor))
            run.checks.append(trial.migrate())
            run.checks.append(trial.start_backend())
            if expected_cases(candidate.blueprint):
                run.openapi, run.tests = trial.judge()
        except StageFailed as failed:
            run.checks.append(failed.check)
    run.checks += _missing_stages(run)
    return run


class Trial:
    """The stages of one run of the backend, in order."""

    def __init__(self, candidate: Candidate, app: Sandbox, verifier: Sandbox) -> None:
        self._candidate = candidate
        self._blueprint = candidate.blueprint
        self._app = app
        self._verifier = verifier
        self._deadline = candidate.deadline
        self._password = secrets.token_urlsafe(24)
        self._commands = candidate.blueprint.conventions.commands

    @property
    def base_url(self) -> str:
        """Where the backend is reached from the verifier's machine."""
        return f"http://127.0.0.1:{self._commands.port}"

    def start_database(self) -> CheckResult:
        """PostgreSQL in the verifier's machine, closed to all but the app's role."""
        argv = ["sh", "-c", LOCK_POSTGRES, "sh", DATABASE, ROLE, self._password]
        result = self._verifier.exec(argv, deadline=self._deadline.at_most(POSTGRES_S))
        if not result.ok:
            raise StageFailed(_stopped("database", "could_not_run", "PostgreSQL", result))
        return CheckResult(name="database", status="passed", detail="PostgreSQL runs")

    def require_extensions(self) -> None:
        """Raises StageFailed where the given schema needs what no machine of ours has."""
        lacking = check_extensions(self._blueprint.given, self._verifier, self._deadline)
        if lacking is not None:
            raise StageFailed(lacking)

    def migrate(self) -> CheckResult:
        """Apply the project's migrations to an empty database."""
        self._app.put(self._candidate.files)
        command = self._commands.migrate
        if not command.strip():
            return CheckResult(name="migrations", status="not_applicable", detail="none declared")
        result = self._run_in_app(command)
        if not result.ok:
            raise StageFailed(_stopped("migrations", "failed", command, result))
        return CheckResult(name="migrations", status="passed", detail=f"`{command}` succeeds")

    def upgrade(self, predecessor: Predecessor) -> CheckResult:
        """Bring a database of the older version up to date, with rows in it; empties it again."""
        self._app.put(self._candidate.files)
        trial = UpgradeTrial(
            candidate=self._candidate,
            verifier=self._verifier,
            database=DATABASE,
            role=ROLE,
            database_url=self._database_url,
            migrate=self._run_in_app,
        )
        return trial.run(predecessor)

    def start_backend(self) -> CheckResult:
        """Start the server and wait until it answers."""
        argv = ["sh", "-c", START_APP, "sh", self._commands.start]
        deadline = self._deadline.at_most(BOOT_S)
        self._app.exec(argv, deadline=deadline, env=self.environment())
        url = f"{self.base_url}{self._blueprint.conventions.health_path}"
        wait = ["python", "-P", "-m", "tools.checks.acceptance.wait", url, POLL_S]
        self._verifier.put(suite_files(self._blueprint))
        while not deadline.over:
            answered = self._verifier.exec(
                wait, deadline=self._deadline, env={"PYTHONPATH": "/workspace"}
            )
            if answered.ok:
                return CheckResult(name="boots", status="passed", detail=f"{url} answers")
            if not self._lives():
                break
        said = self._app.exec(["tail", "-c", str(LOG_CHARS), "/tmp/app.log"], deadline=deadline)  # noqa: S108
        raise StageFailed(
            CheckResult(
                name="boots",
                status="failed",
                detail=f"`{self._commands.start}` does not answer at {url}",
                findings=(said.output.strip() or "the server printed nothing",),
            )
        )

    def judge(self) -> tuple[str | None, TestReport]:
        """Run the acceptance suite, then kill the app, then read the results.

        Returns:
            The OpenAPI document, and what became of the tests.
        """
        base_url = self.base_url
        result = self._verifier.exec(
            suite_command(),
            deadline=self._deadline.at_most(SUITE_S),
            env=suite_environment(base_url, self._database_url),
        )
        self._app.close()
        wanted = [RESULTS_FILE, OPENAPI_FILE]
        content = self._verifier.get(wanted) if self._verifier.alive else {}
        expected = expected_cases(self._blueprint)
        if RESULTS_FILE not in content:
            raise StageFailed(_stopped("acceptance", "could_not_run", "the suite", result))
        try:
            report = TestReport.of(read_results(content[RESULTS_FILE], expected))
        except ResultsError as error:
            raise StageFailed(
                CheckResult(name="acceptance", status="could_not_run", detail=str(error))
            ) from error
        if result.ok != (report.passed == len(expected)):
            raise StageFailed(_stopped("acceptance", "could_not_run", "the suite", result))
        document = content.get(OPENAPI_FILE)
        return document.decode(errors="replace") if document else None, report

    @property
    def _database_url(self) -> str:
        return f"postgresql://{ROLE}:{self._password}@127.0.0.1:5432/{DATABASE}"

    def _run_in_app(self, command: str) -> ExecResult:
        return self._app.exec(
            ["sh", "-c", command],
            deadline=self._deadline.at_most(MIGRATE_S),
            env=self.environment(),
        )

    def _lives(self) -> bool:
        argv = ["sh", "-c", "kill -0 $(cat /tmp/app.pid)"]
        return self._app.exec(argv, deadline=self._deadline).ok

    def public_environment(self) -> dict[str, str]:
        """What tests outside the backend's machine may know: not the path of a file in it."""
        path = self._blueprint.conventions.environment.database_path
        return {name: value for name, value in self.environment().items() if name != path}

    def environment(self) -> dict[str, str]:
        """`test`: secrets must be real, as in production, and the API stays documented."""
        names = self._blueprint.conventions.environment
        url = f"postgresql+asyncpg://{ROLE}:{self._password}@127.0.0.1:5432/{DATABASE}"
        return {
            **dictated_environment(self._blueprint),
            **absent_cache(self._blueprint),
            names.environment: "test",
            names.database_url: url,
            names.secret_key: self._password * 2,
            names.cors_origins: ALLOWED_ORIGIN,
            names.first_admin_login: "first-admin@example.com",
            names.first_admin_password: self._password,
        }


def _missing_stages(run: AppRun) -> list[CheckResult]:
    """Stages that an earlier one kept from running."""
    seen = {check.name for check in run.checks}
    blocked = next((check.name for check in run.checks if not check.ok), "an earlier stage")
    return [
        CheckResult(name=name, status="could_not_run", detail=f"{blocked} did not succeed")
        for name in STAGES
        if name not in seen
    ]


def _stopped(name: str, status: CheckStatus, what: str, result: ExecResult) -> CheckResult:
    ending = f"stopped by {result.stopped_by}" if result.stopped_by else f"exit {result.exit_code}"
    said = result.output[-LOG_CHARS:].strip() or "it printed nothing"
    return CheckResult(
        name=name, status=status, detail=f"`{what}` failed: {ending}", findings=(said,)
    )
