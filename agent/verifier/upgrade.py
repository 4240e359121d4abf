"""Databases of the version that the work builds on: do they come along, with what is in them?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from agent.verifier.candidate import Candidate
from agent.verifier.predecessor import Predecessor
from agent.verifier.suite import suite_files
from agent.verifier.verdict import CheckResult, CheckStatus
from sandbox.base import ExecResult, Sandbox
from tools.blueprint.store import dump_blueprint

NAME = "upgrade"
STEP_S = 120
OLD_BLUEPRINT = "old-blueprint.json"
MIGRATE = "alembic upgrade head"
"""Only this command is known to take a revision in the place of `head`."""
EMPTY_DATABASE = """
set -eu
export PGHOST=/tmp PGUSER=postgres PGDATABASE=postgres
psql -Atq -v ON_ERROR_STOP=1 -v database="$1" -v role="$2" <<'SQL'
SELECT format('DROP DATABASE %I WITH (FORCE)', :'database') \\gexec
SELECT format('CREATE DATABASE %I OWNER %I', :'database', :'role') \\gexec
SQL
"""


@dataclass(frozen=True)
class UpgradeTrial:
    """The machines and the way to migrate, as the trial of the backend has them."""

    candidate: Candidate
    verifier: Sandbox
    database_url: str
    """As the app's own role."""
    database: str
    role: str
    migrate: Callable[[str], ExecResult]
    """Runs a migration command in the app's machine."""

    def run(self, before: Predecessor) -> CheckResult:
        """Make a database as it was, put rows into it, upgrade it, look for the rows.

        Leaves an empty database behind.
        """
        rewritten = [
            p for p, text in before.revisions.items() if self.candidate.files.get(p) != text
        ]
        if rewritten:
            return _result(
                "failed",
                "databases have these revisions already, so they must stay as they are",
                *rewritten,
            )
        if self.candidate.blueprint.conventions.commands.migrate.strip() != MIGRATE:
            return _result("not_applicable", f"only `{MIGRATE}` is known to go step by step")
        if before.blueprint.given is not None:
            return _result("not_applicable", "a Database Agent owns the tables")
        shown = self._steps(before)
        emptied = self._on_database(["sh", "-c", EMPTY_DATABASE, "sh", self.database, self.role])
        if not emptied.ok:
            return _result("could_not_run", "its database cannot be emptied", emptied.output)
        return shown

    def _steps(self, before: Predecessor) -> CheckResult:
        for head in before.heads:
            old = self.migrate(f"alembic upgrade {head}")
            if not old.ok:
                return _result("failed", f"revision {head} does not apply any more", old.output)
        self.verifier.put(
            {**suite_files(before.blueprint), OLD_BLUEPRINT: dump_blueprint(before.blueprint)}
        )
        filled = self._rows("fill")
        if not filled.ok:
            return _result("could_not_run", "the old tables take no rows of a test", filled.output)
        new = self.migrate(MIGRATE)
        if not new.ok:
            return _result("failed", "the upgrade fails where the old tables have rows", new.output)
        compared = self._rows("compare")
        if not compared.ok:
            status: CheckStatus = "failed" if compared.exit_code == 1 else "could_not_run"
            return _result(status, "rows did not come along", *compared.output.splitlines())
        tables = ", ".join(entity.table for entity in before.blueprint.entities)
        return _result("passed", f"from {', '.join(before.heads)}, with rows in {tables}")

    def _rows(self, what: str) -> ExecResult:
        env = {
            "PYTHONPATH": "/workspace",
            "UPGRADE_BLUEPRINT": f"/workspace/{OLD_BLUEPRINT}",
            "UPGRADE_DATABASE_URL": self.database_url,
            "UPGRADE_SNAPSHOT": "/tmp/upgrade.json",  # noqa: S108 - in the verifier's machine
        }
        return self._on_database(["python", "-P", "-m", "tools.checks.upgrade", what], env)

    def _on_database(self, argv: list[str], env: Mapping[str, str] | None = None) -> ExecResult:
        deadline = self.candidate.deadline.at_most(STEP_S)
        return self.verifier.exec(argv, deadline=deadline, env=env)


def _result(status: CheckStatus, detail: str, *findings: str) -> CheckResult:
    said = tuple(text.strip()[-4000:] for text in findings)
    return CheckResult(name=NAME, status=status, detail=detail, findings=said)
