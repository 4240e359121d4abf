"""The same request many times at once, where it may succeed only so often."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from tools.checks.security.probes.client import Actor, Client, Filled, NoAnswer
from tools.checks.security.probes.plan import Operation
from tools.checks.security.probes.world import AUTH_PATH, Observed, World, creators

AT_ONCE = 12
MAX_SEQUENCE = 8
ROUNDS = 3


def probe_races(world: World) -> Iterator[Observed]:
    """Compare how often it succeeds one after the other and all at once."""
    for operation in world.operations:
        if operation.method not in ("POST", "PUT", "PATCH") or AUTH_PATH.search(operation.path):
            continue
        if world.client.over:
            return
        for actor in [
            *world.actors[:1],
            *([world.keeper] if world.keeper else []),
            world.everybody[-1],
        ]:
            seen = _try(world, operation, actor)
            if seen is not None:
                yield seen
                break


def _try(world: World, operation: Operation, actor: Actor) -> Observed | None:
    first = _prepared(world, operation, actor)
    if first is None:
        return None
    one_by_one = 0
    for _ in range(MAX_SEQUENCE):
        status = _status(world.client, first, actor)
        if status is None or status >= 500:
            return None
        if status >= 400:
            break
        one_by_one += 1
    else:
        return None
    if one_by_one == 0 or status == 429:
        return None
    for _ in range(ROUNDS):
        again = _prepared(world, operation, actor)
        if again is None:
            return None
        at_once = _successes(world.client, again, actor)
        if at_once > one_by_one:
            why = f"it succeeds {at_once} times at once, but only {one_by_one} one after the other"
            return Observed("race", operation.key, why)
    return None


def _prepared(world: World, operation: Operation, actor: Actor) -> Filled | None:
    """A request on objects that are new, so that nothing is used up yet."""
    wanted = {
        param.name for param in operation.params if re.search(r"_id$|^id$|code|slug", param.name)
    }
    if not wanted and not operation.path_names:
        return None
    makers = [op for op in creators(world.operations) if op is not operation]
    for maker in makers:
        noun = maker.path.rstrip("/").rpartition("/")[2].rstrip("s")
        in_path = operation.path.startswith(maker.path.rstrip("/") + "/{")
        in_body = any(noun and noun in name for name in wanted)
        if in_path or in_body:
            made = world.make(maker, actor) or next(
                (thing for who in world.everybody if (thing := world.make(maker, who))), None
            )
            if made is None:
                continue
    filled = world.fill(operation, actor)
    for param in operation.params:
        if param.place in ("json", "form") and re.search(r"code|slug", param.name):
            known = next(
                (t.body[k] for t in reversed(world.things) for k in t.body if k == param.name), None
            )
            filled = filled.with_value(param, known) if known is not None else filled
    return filled


def _status(client: Client, filled: Filled, actor: Actor) -> int | None:
    try:
        return client.call(filled, actor, quiet=True).status
    except NoAnswer:
        return None


def _successes(client: Client, filled: Filled, actor: Actor) -> int:
    requests = [Filled(filled.operation, dict(filled.values)) for _ in range(AT_ONCE)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        statuses = list(pool.map(lambda request: _status(client, request, actor), requests))
    return sum(status is not None and status < 400 for status in statuses)
