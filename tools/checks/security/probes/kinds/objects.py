"""Objects of one user in the hands of another."""

import re
from collections.abc import Iterable, Iterator

from tools.checks.security.probes.client import NOBODY, Actor, Answer, NoAnswer
from tools.checks.security.probes.plan import Operation, Param
from tools.checks.security.probes.world import Observed, Thing, World, creators

OWNER = re.compile(r"owner|user|author|account|customer|created_by|member|creator", re.I)


def probe_objects(world: World) -> Iterator[Observed]:
    """For every operation on an id: the object of one user, the call of another."""
    if len(world.actors) < 2:
        return
    alice, bob = world.actors[:2]
    for operation in sorted(world.operations, key=lambda op: (op.changes, op.method == "DELETE")):
        if not operation.path_names:
            continue
        seen = _try(world, operation, alice, bob)
        if seen is not None:
            yield seen
    yield from _query_ids(world, alice, bob)


def _try(world: World, operation: Operation, alice: Actor, bob: Actor) -> Observed | None:
    thing = _fresh(world, operation, alice)
    if thing is None:
        return None
    filled = world.fill(operation, alice)
    if not _names(filled.of("path").values(), thing):
        return None
    try:
        theirs = world.client.call(filled, bob)
        if not theirs.ok or _to_login(theirs):
            return None
        if operation.changes:
            return _changed(world, operation, thing, alice, bob)
        return _read(world, operation, thing, alice, bob)
    except NoAnswer:
        return None


def _fresh(world: World, operation: Operation, alice: Actor) -> Thing | None:
    """A new object of hers in the collection that the path names first."""
    first = operation.path.partition("{")[0].rstrip("/")
    for maker in creators(world.operations):
        if maker.path.rstrip("/") == first and (
            made := world.make(maker, alice) or world.make_for(maker, alice)
        ):
            return made
    return next(
        (t for t in reversed(world.things) if t.owner is alice and t.resource == first), None
    )


def _names(values: Iterable[object], thing: Thing) -> bool:
    known = {str(value) for value in thing.body.values() if isinstance(value, str | int)}
    return any(str(value) in known for value in values)


def _is_private(world: World, operation: Operation, thing: Thing, bob: Actor) -> bool:
    """Whether the app treats such objects as their owner's: lists leave them out for others, or
    other operations refuse others."""
    listing = _list_of(world, thing)
    if listing is not None:
        try:
            shown = world.client.call(world.fill(listing, bob), bob)
            public = world.client.call(world.fill(listing), NOBODY)
        except NoAnswer:
            return False
        if public.ok and _holds(public, thing):
            return False
        if shown.ok:
            return not _holds(shown, thing)
    refused = [
        op for op in world.operations if op is not operation and _refuses(world, op, thing, bob)
    ]
    return bool(refused)


def _list_of(world: World, thing: Thing) -> Operation | None:
    return next(
        (
            op
            for op in world.operations
            if op.method == "GET" and op.path.rstrip("/") == thing.resource
        ),
        None,
    )


def _refuses(world: World, operation: Operation, thing: Thing, bob: Actor) -> bool:
    if not operation.path.startswith(thing.resource + "/{") or operation.method == "DELETE":
        return False
    try:
        theirs = world.client.call(world.fill(operation, thing.owner), bob)
    except NoAnswer:
        return False
    return theirs.status in (403, 404)


def _holds(answer: Answer, thing: Thing) -> bool:
    """Whether the answer shows the object."""
    sent = [v for v in thing.sent.values() if isinstance(v, str) and len(v) > 5]
    ids = [str(value) for value in thing.ids if len(str(value)) > 8]
    if any(text in answer.text for text in [*ids, *sent]):
        return True
    identifier = thing.body.get("id")
    return identifier is not None and f'"id":{identifier}' in answer.text.replace(" ", "")


def _read(
    world: World, operation: Operation, thing: Thing, alice: Actor, bob: Actor
) -> Observed | None:
    mine = world.client.call(world.fill(operation, alice), alice)
    if not mine.ok or not _is_private(world, operation, thing, bob):
        return None
    return Observed(
        "idor", operation.key, "one user reads another's object, which lists keep from him"
    )


def _changed(
    world: World, operation: Operation, thing: Thing, alice: Actor, bob: Actor
) -> Observed | None:
    """Changes count when the object has an owner who is not the caller."""
    private = thing.is_account or _is_private(world, operation, thing, bob)
    owned = private or (_owner_is(thing, alice) and not _adds_to_list(world, operation))
    if not owned:
        return None
    verb = {"DELETE": "deletes", "GET": "reads"}.get(operation.method, "changes")
    return Observed("idor", operation.key, f"one user {verb} another's object")


def _adds_to_list(world: World, operation: Operation) -> bool:
    """Whether it adds to what others may add to as well: a reply below somebody's topic."""
    lists = [op for op in world.operations if op.method == "GET" and op.path == operation.path]
    return operation.method == "POST" and bool(lists)


def _owner_is(thing: Thing, alice: Actor) -> bool:
    facts = {str(value) for value in alice.facts.values() if value}
    return any(
        OWNER.search(key) and str(value) in facts
        for key, value in thing.body.items()
        if isinstance(value, str | int)
    )


def _to_login(answer: Answer) -> bool:
    return "login" in answer.headers.get("location", "")


def _query_ids(world: World, alice: Actor, bob: Actor) -> Iterator[Observed]:
    """Ids of users in the query or body: `?user_id=` of another."""
    for operation in world.operations:
        for param in operation.params:
            if param.place not in ("query", "path") or not _names_user(param):
                continue
            if param.place == "path" and operation.path.partition("{")[0].rstrip("/").rpartition(
                "/"
            )[2] not in (
                "users",
                "accounts",
                "members",
                "customers",
                "profiles",
                "user",
                "profile",
            ):
                continue
            seen = _other_user(world, operation, param, alice, bob)
            if seen is not None:
                yield seen


def _names_user(param: Param) -> bool:
    return bool(
        re.fullmatch(
            r"(user|owner|account|customer|member|author|profile)_?(id|name)?|username|email|uid",
            param.name,
        )
    )


def _other_user(
    world: World, operation: Operation, param: Param, alice: Actor, bob: Actor
) -> Observed | None:
    for key in ("id", "username", "email", "login"):
        if alice.facts.get(key) is None or bob.facts.get(key) is None:
            continue
        try:
            anonymous = world.client.call(
                world.fill(operation).with_value(param, alice.facts[key]), NOBODY
            )
            mine = world.client.call(
                world.fill(operation, alice).with_value(param, alice.facts[key]), alice
            )
            theirs = world.client.call(
                world.fill(operation, bob).with_value(param, alice.facts[key]), bob
            )
        except NoAnswer:
            return None
        if mine.status in (200, 204) and theirs.status == mine.status and not anonymous.ok:
            private = str(alice.facts.get("email", "\0")) in theirs.text or _shows_thing(
                world, theirs, alice
            )
            if private or operation.changes:
                return Observed("idor", operation.key, f"{param.name} may name another user")
    return None


def _shows_thing(world: World, answer: Answer, alice: Actor) -> bool:
    return any(thing.owner is alice and _holds(answer, thing) for thing in world.things)
