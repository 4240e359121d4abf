"""Specs that dictate the form of the delivery: one file, an SQLite database, a list of packages.

Nothing of our own layout is imposed on them: no accounts, tables, migrations or health check are
added, and everything is written by hand.
"""

import re
from dataclasses import dataclass

from tools.blueprint.conventions import Conventions
from tools.blueprint.model import Access, Blueprint

SINGLE_FILE = re.compile(
    r"\b(?:one|single)(?: \w+)? file\b[^.\n]{0,30}`(?P<file>[\w-]+\.py)`", re.IGNORECASE
)
START = re.compile(r"`(?P<command>python3? [\w.-]+\.py[^`]*)`")
PORT = re.compile(
    r"\benv(?:ironment)?(?: variable)? `(?P<name>\w*PORT\w*)`"
    r"(?:[^.\n]{0,20}?\b(?P<number>\d{4,5})\b)?",
    re.IGNORECASE,
)
SQLITE = re.compile(
    r"\bSQLite\b[^.\n]{0,60}?\benv(?:ironment)?(?: variable)? `(?P<name>\w+)`", re.IGNORECASE
)
SECRET = re.compile(
    r"\benv(?:ironment)?(?: variable)? `(?P<name>\w*(?:SECRET|KEY)\w*)`", re.IGNORECASE
)
PACKAGES = re.compile(
    r"standard library(?P<list>.*?)(?:\.(?=\s)|\.?$)", re.IGNORECASE | re.MULTILINE
)
NAME = re.compile(r"`([A-Za-z][\w.-]*)(?:\[[\w,]+\])?(?:[=<>~!]=?[\w.]+)?`")


@dataclass(frozen=True)
class DictatedForm:
    """What the spec says about it; None where it says nothing."""

    start: str
    port_name: str | None
    port: int | None
    database_path: str | None
    secret_key: str | None
    packages: tuple[str, ...] | None


def find_form(text: str) -> DictatedForm | None:
    """The form that a spec dictates, or None."""
    file = SINGLE_FILE.search(text)
    if file is None:
        return None
    start, port, packages = START.search(text), PORT.search(text), PACKAGES.search(text)
    sqlite, secret = SQLITE.search(text), SECRET.search(text)
    return DictatedForm(
        start=start["command"] if start else f"python {file['file']}",
        port_name=port["name"] if port else None,
        port=int(port["number"]) if port and port["number"] else None,
        database_path=sqlite["name"] if sqlite else None,
        secret_key=secret["name"] if secret else None,
        packages=tuple(NAME.findall(packages["list"])) or None if packages else None,
    )


def apply_form(blueprint: Blueprint, form: DictatedForm) -> Blueprint:
    """The Blueprint in that form: its endpoints by hand, and nothing that the spec does not say."""
    endpoints = tuple(
        endpoint.model_copy(update={"operation": "custom", "access": Access(public=True)})
        for endpoint in blueprint.endpoints
        if endpoint.line is not None
    )
    assumed = f"The spec dictates the form (`{form.start}`): who may call what is up to its tests."
    return blueprint.model_copy(
        update={
            "form": "free",
            "packages": form.packages,
            "conventions": _conventions(blueprint.conventions, form),
            "auth": None,
            "entities": (),
            "endpoints": endpoints,
            "assumptions": (assumed,),
        }
    )


def _conventions(conventions: Conventions, form: DictatedForm) -> Conventions:
    commands = conventions.commands.model_copy(
        update={
            "migrate": "",
            "start": form.start,
            "test": "",
            "port": form.port or conventions.commands.port,
        }
    )
    names = {
        "port": form.port_name,
        "database_path": form.database_path,
        "secret_key": form.secret_key or conventions.environment.secret_key,
    }
    environment = conventions.environment.model_copy(update=names)
    return conventions.model_copy(
        update={"commands": commands, "environment": environment, "health_path": "/"}
    )
