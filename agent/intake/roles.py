"""Roles: items or table rows under a Roles heading, each a name and what the role is for."""

import re

from agent.intake.claims import is_claim
from agent.intake.draft import Draft
from agent.intake.front_matter import FrontMatter
from agent.intake.statements import Statement
from agent.intake.topics import topic_of
from tools.blueprint.model import Role
from tools.blueprint.words import snake_case

_ITEM = re.compile(r"(?P<name>[A-Za-z][\w-]{0,40})(?:\s*(?::|—|–|-\s)\s*(?P<text>.+))?")  # noqa: RUF001


def read_roles(draft: Draft, front: FrontMatter, statements: list[Statement]) -> str | None:
    """Fill the roles; returns the one that is marked as the default, if any.

    Roles of the front matter are the whole list: items may then only describe them.
    """
    for name, text in front.roles.items():
        draft.roles[name] = Role(name=name, description=text)
    fixed = bool(draft.roles)
    default = None
    for statement in statements:
        name, text = _named(statement)
        if (
            not name
            or topic_of(statement.section) != "roles"
            or (fixed and name not in draft.roles)
        ):
            continue
        role = draft.roles.get(name, Role(name=name, line=statement.line))
        draft.roles[name] = role.model_copy(update={"description": text or role.description})
        marked = re.search(r"\(default\)|\bdefault\b", text, re.IGNORECASE) is not None
        default = name if marked else default
        if marked or not is_claim(text):
            draft.satisfy("role", name, statement)
    return default


def _named(statement: Statement) -> tuple[str, str]:
    if statement.row is not None and statement.table is not None:
        if statement.table.header[0].strip().lower() not in {"role", "name", "actor"}:
            return "", ""
        cells = [*statement.row.cells, ""]
        return snake_case(cells[0]), cells[1].strip()
    match = _ITEM.fullmatch(statement.words) if statement.is_item else None
    return (snake_case(match["name"]), (match["text"] or "").strip()) if match else ("", "")
