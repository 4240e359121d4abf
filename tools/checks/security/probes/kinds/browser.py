"""What other sites could do through a user's browser: CSRF, CORS, redirects, scripts in pages."""

import re
from collections.abc import Iterator

from tools.checks.security.probes.client import FORGERY, NOBODY, Actor, Answer, Filled, NoAnswer
from tools.checks.security.probes.plan import Operation
from tools.checks.security.probes.world import AUTH_PATH, Observed, World

EVIL = "https://zq-evil.example"
RISKY = re.compile(
    r"/(delete|remove|transfer|pay|logout|approve|cancel|toggle|vote|like|unsubscribe|close|withdraw|archive|publish|unpublish|promote|reset)\b",
    re.I,
)


def probe_browser(world: World) -> Iterator[Observed]:
    """CORS for everybody; CSRF for sessions in cookies."""
    yield from _origins(world)
    for actor in [*world.actors[:1], *([world.keeper] if world.keeper else [])]:
        if actor.cookies and not actor.headers:
            yield from _forgery(world, actor)
            return


def _origins(world: World) -> Iterator[Observed]:
    operation = next(
        (op for op in world.operations if op.method == "GET" and not op.path_names), None
    )
    if operation is None:
        return
    for origin in (
        EVIL,
        "null",
        f"{EVIL}.app.example.com",
        "https://app.example.com.zq-evil.example",
    ):
        try:
            answer = world.client.call(world.fill(operation), NOBODY, headers={"Origin": origin})
        except NoAnswer:
            return
        allowed = answer.headers.get("access-control-allow-origin")
        if allowed == origin and answer.headers.get("access-control-allow-credentials") == "true":
            yield Observed(
                "cors", operation.key, f"the origin {origin} is allowed, with credentials"
            )
            return


def _forgery(world: World, actor: Actor) -> Iterator[Observed]:
    """Changes by form or without a body, from another site, without a token."""
    strict = _same_site(world, actor)
    for operation in world.operations:
        if (
            AUTH_PATH.search(operation.path)
            and "password" not in operation.path
            and "email" not in operation.path
        ):
            continue
        if operation.method == "GET" and RISKY.search(operation.path):
            if world.settle(operation, actor) is not None:
                yield Observed("csrf", operation.key, "a plain link changes something")
            continue
        if operation.method != "POST" or operation.body == "json":
            continue
        if strict or world.settle(operation, actor, fresh=True) is None:
            continue
        if _accepted(world, operation, actor):
            yield Observed(
                "csrf", operation.key, "a form on another site is accepted with the user's cookie"
            )
            return


def _accepted(world: World, operation: Operation, actor: Actor) -> bool:
    stranger = Actor("victim's browser", cookies=dict(actor.cookies))
    for variant in (0, 1, 2):
        filled = world.fill(operation, actor, variant)
        values = {key: value for key, value in filled.values.items() if not FORGERY.search(key[1])}
        try:
            answer = world.client.call(
                Filled(operation, values),
                stranger,
                headers={"Origin": EVIL, "Referer": f"{EVIL}/", "Sec-Fetch-Site": "cross-site"},
            )
        except NoAnswer:
            return False
        if answer.ok and not _is_refusal(answer):
            return True
    return False


def _is_refusal(answer: Answer) -> bool:
    return "login" in answer.headers.get("location", "") or "error" in answer.headers.get(
        "location", ""
    )


def _same_site(world: World, actor: Actor) -> bool:
    """Whether the browser keeps the session cookie from other sites' forms."""
    kinds = [
        kind
        for name, kind in world.client.same_site.items()
        if name in actor.cookies and not FORGERY.search(name)
    ]
    return bool(kinds) and all(kind in ("lax", "strict") for kind in kinds)
