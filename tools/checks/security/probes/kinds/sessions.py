"""Whether logging out ends a session, and whether logging in starts a new one."""

import re
from collections.abc import Iterator

from tools.checks.security.probes.accounts import lets_in, log_in_once, login_operations
from tools.checks.security.probes.client import Actor, NoAnswer
from tools.checks.security.probes.world import Observed, World

LOGOUT = re.compile(r"log-?out|sign-?out", re.I)


def probe_sessions(world: World) -> Iterator[Observed]:
    """Last, because it ends the session of the second account."""
    actor = next((a for a in reversed(world.actors) if a.facts.get("password")), None)
    if actor is None:
        return
    yield from _fixation(world, actor)
    yield from _logout(world, actor)


def _logout(world: World, actor: Actor) -> Iterator[Observed]:
    operation = next((op for op in world.operations if LOGOUT.search(op.path)), None)
    if operation is None:
        return
    before = Actor("thief", headers=dict(actor.headers), cookies=dict(actor.cookies))
    stateless = any(value.count(".") == 2 for value in actor.headers.values())
    try:
        answer = world.client.call(world.fill(operation, actor), actor)
    except NoAnswer:
        return
    if answer.ok and lets_in(world, before):
        why = "the session still works after logging out"
        yield Observed("session", operation.key, why, "note" if stateless else "flaw")


def _fixation(world: World, actor: Actor) -> Iterator[Observed]:
    """A session cookie that was there before the login must not be the one after it."""
    if not actor.cookies or actor.headers:
        return
    login = str(actor.facts.get("login") or actor.facts.get("username") or actor.facts.get("email"))
    for operation in login_operations(world)[:1]:
        victim = Actor("victim")
        for name in actor.cookies:
            victim.cookies[name] = "zqfixed0123456789abcdef0123456789"
        planted = dict(victim.cookies)
        answer = log_in_once(world, operation, victim, login, str(actor.facts["password"]))
        if answer is None or not answer.ok:
            continue
        same = {name for name, value in planted.items() if victim.cookies.get(name) == value}
        if same and lets_in(world, Actor("attacker", cookies=planted)):
            yield Observed("session", operation.key, "a session id from before the login is kept")
