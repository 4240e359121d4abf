"""Whether answers tell who has an account, and whether guessing is ever stopped."""

import re
from collections.abc import Iterator
from statistics import median

from tools.checks.security.probes.accounts import (
    LOGIN_NAME,
    login_operations,
    login_request,
)
from tools.checks.security.probes.client import Actor, Answer, NoAnswer
from tools.checks.security.probes.plan import Operation
from tools.checks.security.probes.world import Observed, World

RESET = re.compile(r"forgot|reset|recover|magic|resend|lost|invite-code", re.I)
TRIES = 25
LIMITED = re.compile(
    r"(tries|attempts|tried|guess\w*|log-?ins?|sign-?ins?|failed)\b.{0,80}\b(minute|hour|address|account|name)",
    re.I | re.S,
)
"""How a spec promises that guessing is slowed down."""
SLOWER = 3.0
SLOWER_BY_S = 0.02


def probe_enumeration(world: World) -> Iterator[Observed]:
    """Logins and resets for a known and an unknown name."""
    known = [*world.actors, *([world.keeper] if world.keeper else [])]
    actor = next((a for a in known if a.facts.get("password")), None)
    if actor is None:
        return
    login = str(actor.facts.get("login") or actor.facts.get("email") or actor.facts.get("username"))
    stranger = "zqnobody@example.com" if "@" in login else "nosuchname"
    for operation in login_operations(world)[:1]:
        yield from _login(world, operation, login, stranger)
    for operation in world.operations:
        if operation.method == "POST" and RESET.search(operation.path):
            yield from _reset(world, operation, login, actor, stranger)


def _login(world: World, operation: Operation, login: str, stranger: str) -> Iterator[Observed]:
    pairs = [
        (_answer(world, operation, login), _answer(world, operation, stranger)) for _ in range(5)
    ]
    left = [answer for answer, _ in pairs if answer is not None]
    right = [answer for _, answer in pairs if answer is not None]
    if len(left) < 2 or len(right) < 2 or 429 in (left[0].status, right[0].status):
        return
    if _shape(left[0], login) != _shape(right[0], stranger):
        yield Observed(
            "user_enumeration",
            operation.key,
            f"a wrong password is answered {left[0].status} {left[0].text[:60]!r}, an unknown name "
            f"{right[0].status} {right[0].text[:60]!r}",
        )
        return
    slow, fast = median(a.seconds for a in left), median(a.seconds for a in right)
    apart = min(a.seconds for a in left) > max(a.seconds for a in right)
    if apart and slow > SLOWER * fast and slow - fast > SLOWER_BY_S:
        yield Observed(
            "user_enumeration",
            operation.key,
            f"a known name takes {slow * 1000:.0f} ms, an unknown one {fast * 1000:.0f} ms",
        )
    yield from _guessing(world, operation, login)


def _answer(world: World, operation: Operation, login: str) -> Answer | None:
    actor = Actor("guesser")
    _page(world, operation, actor)
    filled = login_request(world, operation, login, "Wrong-Password-77!")
    try:
        return world.client.call(filled, actor)
    except NoAnswer:
        return None


def _page(world: World, operation: Operation, actor: Actor) -> None:
    for other in world.operations:
        if other.method == "GET" and other.path == operation.path:
            try:
                world.client.call(world.fill(other), actor)
            except NoAnswer:
                return


def _shape(answer: Answer, name: str) -> tuple[int, str, str]:
    """What is left of an answer without what must differ."""
    text = answer.text.replace(name, "NAME")
    text = re.sub(r"[0-9a-fA-F-]{16,}|[\w-]{20,}|\d+", "X", text)
    return answer.status, text, answer.headers.get("location", "").replace(name, "NAME")


def _guessing(world: World, operation: Operation, login: str) -> Iterator[Observed]:
    promised = bool(LIMITED.search(world.plan.spec))
    for _ in range(TRIES if promised else 8):
        actor = Actor("guesser")
        filled = login_request(world, operation, login, "Wrong-Password-77!")
        try:
            answer = world.client.call(filled, actor, address="127.0.9.9")
        except NoAnswer:
            return
        if answer.status in (429, 423, 503) or (answer.status == 403):
            return
    yield Observed(
        "brute_force",
        operation.key,
        "wrong passwords are never slowed down",
        "flaw" if promised else "note",
    )


def _reset(
    world: World, operation: Operation, login: str, actor: Actor, stranger: str
) -> Iterator[Observed]:
    param = next((p for p in operation.params if LOGIN_NAME.search(p.name)), None)
    if param is None or len([p for p in operation.params if p.required]) > 2:
        return
    wants_mail = "mail" in param.name
    known = str(actor.facts.get("email" if wants_mail else param.name) or login)
    unknown = "zqnobody@example.com" if "@" in known else stranger
    try:
        left = world.client.call(world.fill(operation).with_value(param, known), Actor("a"))
        right = world.client.call(world.fill(operation).with_value(param, unknown), Actor("b"))
    except NoAnswer:
        return
    if 429 not in (left.status, right.status) and _shape(left, known) != _shape(right, unknown):
        yield Observed(
            "user_enumeration",
            operation.key,
            f"a known name is answered {left.status}, an unknown one {right.status}",
        )
