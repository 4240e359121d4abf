"""What an endpoint does, inferred from its method, its path and the entities."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tools.blueprint.model import Entity, Operation, StateMachine
from tools.blueprint.words import singular, snake_case

_AUTH_WORDS: dict[Operation, tuple[str, ...]] = {
    "register": ("register", "signup", "sign-up", "registration"),
    "login": ("login", "signin", "sign-in", "token"),
    "refresh": ("refresh",),
    "logout": ("logout", "signout", "sign-out"),
    "me": ("me",),
}
_AUTH_PREFIXES = frozenset({"auth", "users", "user", "account", "accounts", "session", "sessions"})
_IRREGULAR = {
    "pay": "paid", "send": "sent", "begin": "begun", "hold": "held", "submit": "submitted",
    "withdraw": "withdrawn", "write": "written", "reopen": "open", "unpublish": "draft",
}  # fmt: skip
_TOLD = re.compile(
    r"(?:->|→|=>|\bto|\bas|\bbecomes)\s*[\"'`]?([a-z][\w ]*?)\b(?=\W*$|[;,.])", re.IGNORECASE
)
_VERSIONS = frozenset({"api", "v1", "v2", "v3"})
_PARAM = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Inferred:
    """What is inferred."""

    operation: Operation
    entity: str | None = None
    parent: str | None = None
    """The entity's foreign key that the path fills."""
    to: str | None = None
    status: int = 200


def clean_path(path: str, base: str = "") -> str:
    """`/books/:id` and `/books/<int:id>/` as `/books/{id}`, without the base path."""
    path = re.sub(r"<(?:\w+:)?(\w+)>|:(\w+)", lambda m: f"{{{m[1] or m[2]}}}", path.strip())
    path = re.sub(r"\{(\w+):\w+\}", r"{\1}", path).split("?")[0].rstrip("/") or "/"
    if base and path.startswith(f"{base}/"):
        path = path[len(base) :]
    return path


def infer(
    method: str,
    path: str,
    description: str,
    entities: Mapping[str, Entity],
    machines: Mapping[str, StateMachine],
) -> Inferred:
    """What the endpoint does; `custom` when no rule fits.

    Args:
        method: upper case.
        path: as `clean_path` returns it.
        description: may name a transition's target (`-> paid`).
        entities: name -> entity.
        machines: entity name -> its state machine.
    """
    parts = [part for part in path.split("/") if part]
    names = [part for part in parts if not _PARAM.fullmatch(part)]
    if special := _auth_operation(method, parts) or _bulk(method, parts, entities):
        return special
    if not names or _PARAM.fullmatch(parts[0]):
        return Inferred("custom")
    last = entity_at(parts[-1], entities)
    if last and parts[-1] == names[-1]:
        return _collection(method, parts, last, entities)
    if _PARAM.fullmatch(parts[-1]) and len(parts) > 1:
        found = entity_at(parts[-2], entities)
        return _object(method, parts, found, entities) if found else Inferred("custom")
    if len(parts) >= 3 and _PARAM.fullmatch(parts[-2]):
        found = entity_at(parts[-3], entities)
        return _action(method, parts[-1], description, found, machines)
    return Inferred("custom")


def is_login(path: str) -> bool:
    """Whether a POST to the path logs in."""
    parts = [part for part in path.split("/") if part]
    special = _auth_operation("POST", [part for part in parts if part not in _VERSIONS])
    return special is not None and special.operation == "login"


def entity_at(segment: str, entities: Mapping[str, Entity]) -> str | None:
    """The entity whose collection a path segment names, or None."""
    name = snake_case(segment)
    if singular(name) in entities:
        return singular(name)
    return next((one.name for one in entities.values() if name in {one.table, one.name}), None)


def _auth_operation(method: str, parts: list[str]) -> Inferred | None:
    last = parts[-1].lower() if parts else ""
    operation = next((name for name, words in _AUTH_WORDS.items() if last in words), None)
    if operation is None or method != ("GET" if operation == "me" else "POST"):
        return None
    if any(part.lower() not in _AUTH_PREFIXES for part in parts[:-1]):
        return None
    status = {"register": 201, "logout": 204}.get(operation, 200)
    return Inferred(operation, status=status)


def _bulk(method: str, parts: list[str], entities: Mapping[str, Entity]) -> Inferred | None:
    """`POST /books/bulk`, `PATCH /books/batch`, `DELETE /books/bulk`, `POST /books/bulk-delete`."""
    if len(parts) < 2 or (found := entity_at(parts[-2], entities)) is None:
        return None
    words = re.fullmatch(r"(?:bulk|batch)(?:[-_](create|update|delete))?", parts[-1].lower())
    if words is None:
        return None
    kind = words[1] or {"POST": "create", "DELETE": "delete", "GET": ""}.get(method, "update")
    operations: dict[str, tuple[Operation, int]] = {
        "create": ("bulk_create", 201),
        "update": ("bulk_update", 200),
        "delete": ("bulk_delete", 204),
    }
    if kind not in operations:
        return None
    operation, status = operations[kind]
    return Inferred(operation, found, status=status)


def _collection(
    method: str, parts: list[str], entity: str, entities: Mapping[str, Entity]
) -> Inferred:
    parent = None
    if len(parts) >= 3:
        parent = _link(parts[:-1], entity, entities)
        if parent is None:
            return Inferred("custom", entity)
    if method == "GET":
        return Inferred("list", entity, parent)
    return (
        Inferred("create", entity, parent, status=201)
        if method == "POST"
        else Inferred("custom", entity)
    )


def _link(above: list[str], entity: str, entities: Mapping[str, Entity]) -> str | None:
    """The entity's one foreign key to what `.../orders/{order_id}` names; None without it."""
    target = entity_at(above[-2], entities) if _PARAM.fullmatch(above[-1]) else None
    links = [
        field.name
        for field in entities[entity].fields
        if field.references and field.references.entity == target
    ]
    return links[0] if len(links) == 1 else None


def _object(method: str, parts: list[str], entity: str, entities: Mapping[str, Entity]) -> Inferred:
    parent = _link(parts[:-2], entity, entities) if len(parts) >= 4 else None
    operations: dict[str, Inferred] = {
        "GET": Inferred("get", entity, parent),
        "PATCH": Inferred("update", entity, parent),
        "PUT": Inferred("update", entity, parent),
        "DELETE": Inferred("delete", entity, parent, status=204),
    }
    return operations.get(method, Inferred("custom", entity))


def _action(
    method: str,
    verb: str,
    description: str,
    entity: str | None,
    machines: Mapping[str, StateMachine],
) -> Inferred:
    machine = machines.get(entity or "")
    if entity is None or machine is None or method == "GET":
        return Inferred("custom", entity)
    states = {snake_case(state): state for state in _states(machine)}
    if (told := _TOLD.search(description)) and snake_case(told[1]) in states:
        return Inferred("transition", entity, to=states[snake_case(told[1])])
    if snake_case(verb) in {machine.field, "transition", "transitions"}:
        return Inferred("transition", entity)
    target = next((form for form in _past_forms(snake_case(verb)) if form in states), None)
    return (
        Inferred("transition", entity, to=states[target]) if target else Inferred("custom", entity)
    )


def _states(machine: StateMachine) -> set[str]:
    return {move.target for move in machine.transitions} | {machine.initial}


def _past_forms(verb: str) -> tuple[str, ...]:
    regular = (verb + "ed", verb + "d", verb + verb[-1:] + "ed", verb[:-1] + "ied", verb)
    return (_IRREGULAR[verb], *regular) if verb in _IRREGULAR else regular
