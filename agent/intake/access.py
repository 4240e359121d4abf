"""The grammar of an access cell: `public`, `any user`, `admin, staff`, `customer (own)`."""

import re
from collections.abc import Collection

from tools.blueprint.model import Access, Grant
from tools.blueprint.words import singular, snake_case

_PUBLIC = frozenset(
    re.split(
        r",\s*",
        "public, anyone, everyone, everybody, open, anonymous, guest, guests, all, none, no, "
        "unauthenticated, no auth, no login, not required",
    )
)
_ANY_USER = re.compile(
    r"(?:any |every |all |the )?(?:authenticated|logged[- ]in|signed[- ]in|any)"
    r"(?: users?| callers?| roles?)?"
    r"|(?:any|every|all) (?:users?|roles?)|login|token|bearer(?: token)?|jwt|bearer jwt|auth",
    re.IGNORECASE,
)
_OWNER = re.compile(r"(?:the |its |their )?(?:owners?|own|self|author)(?: only)?", re.IGNORECASE)
_OWN = re.compile(
    r"(?P<who>.+?)\s*(?:\(\s*(?:their |its |his |only |on )?(?:own|owner|owned|self|theirs)"
    r"(?: only| \w+)?\s*\)|:\s*own(?: only)?|\s+own)",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(r"\s*(?:,|;|/|\+|&|\bor\b|\band\b)\s*", re.IGNORECASE)


def read_access(cell: str, roles: Collection[str]) -> tuple[Access | None, list[str]]:
    """The decision that the cell states, and the words in it that are no known role.

    Returns None for a cell that states no decision (empty, `-`).
    """
    text = cell.strip(" .*").lower()
    if text in {"", "-", "–", "—", "?", "tbd"}:  # noqa: RUF001 - specs use the dashes
        return None, []
    if text in _PUBLIC:
        return Access(public=True), []
    grants: list[Grant] = []
    unknown: list[str] = []
    for part in _SEPARATOR.split(text):
        grant = _grant(part, roles) if part else None
        if grant and grant not in grants:
            grants.append(grant)
        elif part and not grant:
            unknown.append(part)
    return Access(grants=tuple(grants)), unknown


def is_protected(cell: str) -> bool:
    """Whether the cell lets only somebody in."""
    access, words = read_access(cell, ())
    return access is not None and not access.public and bool(access.grants or words)


def role_named(words: str, roles: Collection[str]) -> str | None:
    """The role that `Admins` or `admin only` means, or None."""
    name = snake_case(re.sub(r"\s+(?:only|roles?|users?)$", "", words.strip(), flags=re.I))
    return next((one for one in (name, singular(name)) if one in roles), None)


def _grant(part: str, roles: Collection[str]) -> Grant | None:
    if role := role_named(part, roles):
        return Grant(role=role)
    if _OWNER.fullmatch(part):
        return Grant(role="*", own=True)
    if _ANY_USER.fullmatch(part) or part in {"user", "users", "yes"}:
        return Grant(role="*")
    if match := _OWN.fullmatch(part):
        grant = _grant(match["who"], roles)
        return grant and grant.model_copy(update={"own": True})
    return None
