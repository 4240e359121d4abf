"""Fields that a client must not set, sent along."""

from collections.abc import Iterator
from typing import Any

from tools.checks.security.probes.accounts import register_operations
from tools.checks.security.probes.client import NOBODY, Actor, Answer, Filled, NoAnswer
from tools.checks.security.probes.plan import Operation
from tools.checks.security.probes.world import AUTH_PATH, Observed, World, pairs

Json = Any
PRIVILEGES: dict[str, Json] = {
    "role": "admin",
    "roles": ["admin"],
    "is_admin": True,
    "admin": True,
    "is_staff": True,
    "is_superuser": True,
    "is_verified": True,
    "verified": True,
    "is_moderator": True,
    "plan": "enterprise",
    "tier": "enterprise",
    "credits": 77777,
    "balance": 77777,
    "balance_cents": 77777,
    "points": 77777,
    "approved": True,
    "is_approved": True,
    "paid": True,
    "is_paid": True,
    "discount": 77,
    "featured": True,
}
STRONG = frozenset(
    {"role", "roles", "is_admin", "admin", "is_staff", "is_superuser", "is_moderator"}
)
OWNERS = (
    "owner_id",
    "user_id",
    "owner",
    "author_id",
    "account_id",
    "created_by",
    "customer_id",
    "username",
)


def probe_assignment(world: World) -> Iterator[Observed]:
    """Registering, creating and changing with fields of privilege."""
    guarded = bool(world.actors) or world.keeper is not None
    for operation in world.operations:
        if operation.method not in ("POST", "PUT", "PATCH") or operation.body not in (
            "json",
            "form",
            "multipart",
        ):
            continue
        if not guarded:
            continue
        seen = _privileges(world, operation) or _owners(world, operation)
        if seen is not None:
            yield seen


def _callers(world: World, operation: Operation) -> list[Actor]:
    if operation in register_operations(world):
        return [NOBODY]
    return world.actors[:1]


def _privileges(world: World, operation: Operation) -> Observed | None:
    """The extra fields show up in the answer, or in what is read afterwards."""
    for actor in _callers(world, operation):
        found = world.settle(operation, actor, fresh=True)
        if found is None:
            continue
        plain = dict(pairs(found[1].json))
        here = {
            **plain,
            **dict(_read_back(world, found[1], operation, actor)),
        }
        wanted = {k: v for k, v in PRIVILEGES.items() if k in here or k in STRONG}
        wanted = {k: v for k, v in wanted.items() if not _is_clients(operation, k)}
        taken = _send(world, operation, actor, wanted)
        for key, value in taken:
            if key in wanted and _same(value, wanted[key]) and not _same(here.get(key), value):
                return Observed("mass_assignment", operation.key, f"a client may set {key}")
    return None


def _is_clients(operation: Operation, name: str) -> bool:
    """Whether the schema offers the field; a privilege that it offers is still one."""
    param = operation.named(name)
    return param is not None and name not in STRONG and name not in ("balance", "credits")


def _same(left: Json, right: Json) -> bool:
    return left == right or (isinstance(right, bool) and left in (1, "1", "true") and right is True)


def _send(
    world: World, operation: Operation, actor: Actor, extra: dict[str, Json]
) -> list[tuple[str, Json]]:
    place = "json" if operation.body == "json" else "form"
    groups = [extra] + [{key: value} for key, value in extra.items()]
    seen: list[tuple[str, Json]] = []
    for group in groups:
        filled = world.fill(operation, actor)
        for key, value in group.items():
            known = operation.named(key)
            if known is not None and known.schema.get("enum"):
                named = [item for item in known.schema["enum"] if "admin" in str(item)]
                filled.values[(place, key)] = (named or [value])[0]
                continue
            filled.values[(place, key)] = value
        try:
            answer = world.client.call(filled, actor)
        except NoAnswer:
            continue
        if answer.ok:
            seen += [*pairs(answer.json), *_read_back(world, answer, operation, actor, filled)]
        if answer.ok and group is extra:
            break
    return seen


def _read_back(
    world: World, answer: Answer, operation: Operation, actor: Actor, filled: Filled | None = None
) -> list[tuple[str, Json]]:
    """What the object, or the account, looks like afterwards."""
    seen: list[tuple[str, Json]] = []
    body = answer.json if isinstance(answer.json, dict) else {}
    for other in world.operations:
        if other.method != "GET":
            continue
        is_me = other.path.rstrip("/").endswith(("/me", "/profile", "/account", "/whoami"))
        is_it = other.path.startswith(operation.path.rstrip("/") + "/{") and "id" in body
        same = other.path == operation.path and bool(other.path_names)
        if not is_me and not is_it and not same:
            continue
        asked = world.fill(other, actor)
        if is_it and len(other.path_names) == 1:
            asked = Filled(other, {("path", other.path_names[0]): body["id"]})
        if same and filled is not None:
            asked = Filled(other, {k: v for k, v in filled.values.items() if k[0] == "path"})
        try:
            seen += pairs(world.client.call(asked, actor).json)
        except NoAnswer:
            continue
    return seen


def _owners(world: World, operation: Operation) -> Observed | None:
    """Objects made, or given, in the name of another user."""
    if len(world.actors) < 2 or AUTH_PATH.search(operation.path):
        return None
    alice, bob = world.actors[:2]
    found = world.settle(operation, alice, fresh=True)
    if found is None:
        return None
    plain = dict(pairs(found[1].json))
    for name in OWNERS:
        other = bob.facts.get("username" if name in ("username", "owner", "created_by") else "id")
        other = bob.facts.get("id") if other is None else other
        if other is None or name not in plain or plain[name] == other:
            continue
        if _same(plain[name], other) or str(plain[name]) not in {
            str(v) for v in alice.facts.values()
        }:
            continue
        for key, value in _send(world, operation, alice, {name: other}):
            if key == name and value == other:
                return Observed("mass_assignment", operation.key, f"a client may set {name}")
    return None
