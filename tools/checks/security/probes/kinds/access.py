"""What nobody, or an ordinary user, should not be able to call."""

import re
from collections.abc import Iterator

from tools.checks.security.probes.accounts import protected
from tools.checks.security.probes.client import NOBODY, Actor, NoAnswer
from tools.checks.security.probes.plan import Operation
from tools.checks.security.probes.world import AUTH_PATH, Observed, World, ends_account

PUBLIC = re.compile(
    r"health|ready|ping|version|docs|openapi|webhook|contact|public|track|share", re.I
)
PRIVILEGED = re.compile(
    r"(^|[/_-])(admin|internal|staff|moderat\w+|backoffice|manage\w*)([/_-]|$)", re.I
)
INSIDE = re.compile(r"admin|internal|debug|audit|backup|export|config|metrics|users$|dump", re.I)


def probe_access(world: World) -> Iterator[Observed]:
    """Operations without the check that their neighbours have."""
    guarded = {operation.key for operation in protected(world)}
    if not guarded:
        return
    for operation in world.operations:
        if (
            operation.key in guarded
            or AUTH_PATH.search(operation.path)
            or PUBLIC.search(operation.path)
        ):
            continue
        neighbours = [op for op in world.operations if _near(op, operation) and op is not operation]
        closed = [op for op in neighbours if op.key in guarded]
        if (
            closed
            and _ought_to_be_closed(operation, neighbours, closed)
            and _works(world, operation)
        ):
            yield Observed(
                "missing_auth",
                operation.key,
                f"it works without a login, while {closed[0].key} needs one",
            )
    yield from _roles(world)
    yield from _unlike_neighbours(world)


def _near(left: Operation, right: Operation) -> bool:
    return _first(left.path) == _first(right.path)


def _first(path: str) -> str:
    parts = [part for part in path.split("/") if part and not re.fullmatch(r"api|v\d+", part)]
    return parts[0] if parts else ""


def _ought_to_be_closed(
    operation: Operation, neighbours: list[Operation], closed: list[Operation]
) -> bool:
    if operation.changes:
        changing = [op for op in neighbours if op.changes and not AUTH_PATH.search(op.path)]
        return bool(changing) and all(op in closed for op in changing)
    reading = [op for op in neighbours if not op.changes]
    return bool(reading) and all(op in closed for op in reading)


def _works(world: World, operation: Operation) -> bool:
    """Whether nobody gets a success; with objects of somebody's where the path needs them."""
    for variant in range(3):
        filled = world.fill(operation, world.actors[0] if world.actors else NOBODY, variant)
        try:
            if world.client.call(filled, NOBODY).status in (200, 201, 202, 204):
                return True
        except NoAnswer:
            return False
    return False


def _roles(world: World) -> Iterator[Observed]:
    """Privileged operations as somebody who registered by himself."""
    ordinary = [actor for actor in world.actors if actor.facts.get("registered_by")]
    if not ordinary:
        return
    for operation in world.operations:
        named = PRIVILEGED.search(operation.path)
        guarded_by_name = any(
            re.search(r"admin|staff|role|owner_only", name) for name in operation.dependencies
        )
        if not named and not guarded_by_name and not _like_privileged(operation):
            continue
        found = world.settle(operation, ordinary[0])
        if found is not None and not _is_redirect_to_login(found[1].headers.get("location", "")):
            yield Observed(
                "missing_authorization",
                operation.key,
                "a user who registered by himself may call it",
            )


def _unlike_neighbours(world: World) -> Iterator[Observed]:
    """An operation that an ordinary user may call, where everything beside it is refused to him."""
    if not world.actors or world.keeper is None:
        return
    user = world.actors[0]
    for operation in world.operations:
        beside = [op for op in world.operations if _near(op, operation) and op is not operation]
        beside = [op for op in beside if not AUTH_PATH.search(op.path)]
        if len(beside) < 2 or not operation.changes or ends_account(operation):
            continue
        if all(_status(world, op, user) == 403 for op in beside) and _allowed(
            world, operation, user
        ):
            yield Observed(
                "missing_authorization",
                operation.key,
                f"an ordinary user may call it, while {beside[0].key} is refused to him",
            )


def _status(world: World, operation: Operation, actor: Actor) -> int:
    try:
        return world.client.call(world.fill(operation, actor), actor).status
    except NoAnswer:
        return 0


def _allowed(world: World, operation: Operation, user: Actor) -> bool:
    """Whether it succeeds for the user, on an object that somebody else has just made."""
    collection = operation.path.partition("/{")[0]
    maker = next(
        (op for op in world.operations if op.method == "POST" and op.path == collection), None
    )
    if maker is not None and world.keeper is not None:
        world.make(maker, world.keeper)
    return 200 <= _status(world, operation, user) < 300


def _like_privileged(operation: Operation) -> bool:
    return bool(re.search(r"\badmins?\b.*\bonly\b|\bonly\b.*\badmins?\b", operation.summary, re.I))


def _is_redirect_to_login(location: str) -> bool:
    return "login" in location
