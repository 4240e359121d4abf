"""Extensions that a given schema asks PostgreSQL for, and the sandbox's PostgreSQL has not."""

import re

from agent.verifier.verdict import CheckResult
from sandbox.base import Sandbox
from sandbox.deadline import Deadline
from tools.blueprint.model import GivenDatabase

_COMMENTS = r"(?:\s|--[^\n]*\n|/\*.*?\*/)*"
_CREATE = re.compile(
    rf'{_COMMENTS}CREATE\s+EXTENSION\s+(?:IF\s+NOT\s+EXISTS\s+)?"?(?P<name>[\w-]+)"?',
    re.IGNORECASE | re.DOTALL,
)
_CREATABLE = """
export PGHOST=/tmp PGUSER=postgres PGDATABASE=postgres
psql -Atc "SELECT DISTINCT name FROM pg_available_extension_versions WHERE trusted"
"""
"""A database's owner may create trusted extensions only."""


def needed_extensions(given: GivenDatabase | None) -> tuple[str, ...]:
    """The names in the schema's `CREATE EXTENSION` statements, each once, in order."""
    statements = given.statements if given else ()
    matches = map(_CREATE.match, statements)
    names = [match["name"].lower() for match in matches if match]
    return tuple(dict.fromkeys(name for name in names if name != "plpgsql"))


def check_extensions(
    given: GivenDatabase | None, database: Sandbox, deadline: Deadline
) -> CheckResult | None:
    """Why the migrations cannot be tried here, or None.

    Args:
        given: the Database Agent's schema, if there is one.
        database: the machine where PostgreSQL runs.
        deadline: until when it may be asked.
    """
    needed = needed_extensions(given)
    if not needed:
        return None
    asked = database.exec(["sh", "-c", _CREATABLE], deadline=deadline)
    missing = [name for name in needed if name not in asked.output.split()]
    if not missing:
        return None
    what = f"extension{'s' if len(missing) > 1 else ''} {', '.join(missing)}"
    return CheckResult(
        name="migrations",
        status="could_not_run",
        detail=f"the given schema needs the {what}, which the sandbox's PostgreSQL does not have "
        "or lets only a superuser create",
    )
