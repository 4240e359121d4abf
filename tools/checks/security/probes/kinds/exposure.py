"""Answers that hold more than a caller should see: secrets, and the inside of errors."""

import re
from collections.abc import Iterator
from typing import Any

from tools.checks.security.probes.client import NOBODY, Actor, Answer, NoAnswer
from tools.checks.security.probes.plan import Operation
from tools.checks.security.probes.values import PASSWORD
from tools.checks.security.probes.world import AUTH_PATH, Observed, World, pairs

Json = Any
SECRET_KEY = re.compile(
    r"^(.*_)?(password|passwd|pwd|password_?hash|hashed_?password|pw_?hash|pass_?hash|passhash|"
    r"salt|pw_?salt|totp_?secret|otp_?secret|mfa_?secret|reset_?token|reset_?code|session_?token|"
    r"recovery_?codes?|pin_?hash|pin|secret_?answer|verification_?code|api_?key_?hash|token_?hash|"
    r"ssn|cvv|card_?number|iban)$",
    re.IGNORECASE,
)
HASH = re.compile(r"\$2[aby]\$\d\d\$|\$argon2|pbkdf2[_:$]|scrypt[:$]")
INSIDE = re.compile(
    r"Traceback \(most recent|File \"/|sqlite3\.\w+Error|psycopg|asyncpg\.|sqlalchemy\.exc|"
    r"near \"[^\"]*\": syntax error|no such (table|column)|/workspace/|/usr/lib/python|"
    r"UNIQUE constraint failed|relation \"\w+\" does not exist|\w+Error: .{0,80}\bline \d+"
)


def probe_exposure(world: World) -> Iterator[Observed]:
    """Look at every answer to a valid read."""
    for operation in world.operations:
        for actor in [*world.actors[:2], *([world.keeper] if world.keeper else []), NOBODY]:
            if operation.method != "GET" and not _makes(operation):
                continue
            found = world.settle(operation, actor)
            if found is None:
                continue
            why = _secret_in(found[1], operation)
            if why:
                yield Observed("excess_data", operation.key, why)
                break
    yield from _others_private(world)


def _makes(operation: Operation) -> bool:
    return operation.method in ("POST", "PUT", "PATCH")


def _secret_in(answer: Answer, operation: Operation) -> str | None:
    if PASSWORD in answer.text and operation.method == "GET":
        return "the answer holds a password as it was sent"
    if HASH.search(answer.text):
        return "the answer holds a password hash"
    for key, value in pairs(answer.json):
        if (
            SECRET_KEY.match(key)
            and isinstance(value, str | int | list)
            and value not in ("", True, False)
        ):
            if (
                operation.changes
                and AUTH_PATH.search(operation.path)
                and not re.search(r"hash|passw|salt", key, re.I)
            ):
                continue  # it is what the caller came for
            if isinstance(value, str) and set(value) <= set("*•x-. 0123456789") and "*" in value:
                continue  # masked
            return f"the answer holds {key}"
    return None


def _others_private(world: World) -> Iterator[Observed]:
    """Addresses of mail that users gave, shown to other users or to everybody."""
    if len(world.actors) < 2:
        return
    alice, bob = world.actors[:2]
    email = alice.facts.get("email")
    if not isinstance(email, str) or "@" not in email or alice.facts.get("username") == email:
        return
    for operation in world.operations:
        if operation.method != "GET" or "admin" in operation.path:
            continue
        answer = _as(world, operation, bob)
        if answer is not None and answer.ok and email in answer.text:
            yield Observed(
                "excess_data", operation.key, "users see the e-mail addresses of others", "note"
            )


def _as(world: World, operation: Operation, actor: Actor) -> Answer | None:
    try:
        return world.client.call(world.fill(operation, actor), actor)
    except NoAnswer:
        return None


def shows_inside(answer: Answer) -> str | None:
    """What of the inside an error answer shows."""
    if answer.status < 400:
        return None
    found = INSIDE.search(answer.text)
    return found[0][:60] if found else None
