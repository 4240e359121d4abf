"""What foreign agents are told beside the spec, and how files are read out of a reply."""

import re

from evals.case import Case
from evals.given import given_files
from sandbox.image import image_packages

CONTRACT = """

---

{work} Installed are these packages, and no others can be: {packages}.

It is judged by tests that talk HTTP to it. In the project's folder

- `{migrate}` prepares an empty database,
- `{start}` starts the server, which must listen on port {port},
- `GET {health}` answers 200 when it is ready.

Both commands find in their environment: `{database_url}` (postgresql+asyncpg://...),
`{secret_key}`, `{environment}`, `{cors_origins}`, and `{admin}` and `{password}`: the login of the
first administrator, who must exist after the start if the spec has users with roles.
"""
FROM_NOTHING = """Write the backend that this document describes, as a project in Python 3.11 with
FastAPI and PostgreSQL."""
FROM_REPOSITORY = """Change the project that is in the folder as this document says. It is
Python 3.11 with FastAPI."""
ANSWER_FORM = """Answer with every file of the project, complete, each in a fence of four backticks
that names its path:

````app/main.py
...
````
"""
CHANGE_FORM = """Answer with every file that you add or change, complete, each in a fence of four
backticks that names its path; other files stay as they are:

````app/main.py
...
````

The project's files:
"""
FENCE = re.compile(
    r"^````(?:\w+ )?(?P<path>[\w./-]+)\n(?P<text>.*?)^````[ \t]*$", re.MULTILINE | re.DOTALL
)


def describe_task(case: Case) -> str:
    """The spec, word for word, and how its backend will be driven."""
    conventions = case.blueprint.conventions
    names = conventions.environment
    return case.spec.rstrip() + CONTRACT.format(
        work=FROM_REPOSITORY if given_files(case) else FROM_NOTHING,
        packages=", ".join(image_packages()),
        migrate=conventions.commands.migrate or "true",
        start=conventions.commands.start,
        port=conventions.commands.port,
        health=conventions.health_path,
        database_url=names.database_url,
        secret_key=names.secret_key,
        environment=names.environment,
        cors_origins=names.cors_origins,
        admin=names.first_admin_login,
        password=names.first_admin_password,
    )


def describe_single_shot(case: Case) -> str:
    """The task, how to answer without tools, and every file of the case's repository."""
    given = given_files(case)
    if not given:
        return f"{describe_task(case)}\n\n{ANSWER_FORM}"
    shown = "\n".join(f"````{path}\n{text.decode()}````" for path, text in given.items())
    return f"{describe_task(case)}\n\n{CHANGE_FORM}\n{shown}\n"


def read_files(reply: str) -> dict[str, bytes]:
    """The files of a reply in `ANSWER_FORM`: path -> content. Paths that lead out are left out."""
    found = {match["path"]: match["text"].encode() for match in FENCE.finditer(reply)}
    return {
        p: text for p, text in found.items() if not p.startswith("/") and ".." not in p.split("/")
    }
