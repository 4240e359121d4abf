"""How the backend is run in the working sandbox: its database and its environment."""

from tools.base import ToolContext, ToolError
from tools.blueprint.model import Blueprint
from tools.machine import MachineCommand, run_in_machine

DATABASE = "app"
TEST_DATABASE = "app_test"
ROLE = "app"
PASSWORD = "app"  # noqa: S105 - of a throw-away database without a network
ADMIN_LOGIN = "admin@example.com"
ADMIN_PASSWORD = "Admin-password-1"  # noqa: S105 - same
POSTGRES_TIMEOUT_S = 30
DATABASE_FILE = "/tmp/backend.db"  # noqa: S108 - inside the machine, which is thrown away


def database_url(database: str) -> str:
    """URL of a database in the sandbox, for SQLAlchemy with asyncpg."""
    return f"postgresql+asyncpg://{ROLE}:{PASSWORD}@127.0.0.1:5432/{database}"


def backend_environment(blueprint: Blueprint, database: str) -> dict[str, str]:
    """The variables that the conventions name, as the verifier sets them, for that database."""
    names = blueprint.conventions.environment
    return {
        **dictated_environment(blueprint),
        names.environment: "test",
        names.database_url: database_url(database),
        names.test_database_url: database_url(TEST_DATABASE),
        names.secret_key: "sandbox-secret-key-of-more-than-thirty-two-bytes",
        names.cors_origins: "http://localhost:3000",
        names.first_admin_login: ADMIN_LOGIN,
        names.first_admin_password: ADMIN_PASSWORD,
    }


def dictated_environment(blueprint: Blueprint) -> dict[str, str]:
    """Variables that only some specs name: the port, an SQLite file, and further ones."""
    conventions = blueprint.conventions
    names = conventions.environment
    found = dict(names.extra)
    if names.port:
        found[names.port] = str(conventions.commands.port)
    if names.database_path:
        found[names.database_path] = DATABASE_FILE
    return found


def start_postgres(ctx: ToolContext, database: str, *, fresh: bool = False) -> None:
    """Have PostgreSQL running with that database; `fresh` empties it.

    Raises:
        ToolError: it does not start; with the end of its log.
    """
    script = "start-postgres && " + ("dropdb --if-exists --force " if fresh else ": ")
    script += f"{database} && start-postgres {database} {ROLE} {PASSWORD}"
    command = MachineCommand(
        argv=["sh", "-c", script],
        timeout_s=POSTGRES_TIMEOUT_S,
        env={"PGHOST": "127.0.0.1", "PGUSER": "postgres"},
    )
    outcome = run_in_machine(ctx, command)
    if not outcome.result.ok:
        raise ToolError(
            f"PostgreSQL did not start ({outcome.ending}):\n{outcome.result.output[-2000:]}"
        )
