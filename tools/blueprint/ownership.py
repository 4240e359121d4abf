"""How an entity leads to the user who owns it."""

from dataclasses import dataclass

from tools.blueprint.model import Blueprint, Entity, EntityField


@dataclass(frozen=True)
class OwnerPath:
    """Foreign keys to follow, then the field that holds the user's id."""

    hops: tuple[tuple[str, str], ...]
    """(foreign key of the current entity, entity it leads to), from the owned entity on."""
    field: str
    """Field of the last entity that holds the owner's id."""


def owner_path(blueprint: Blueprint, entity: Entity) -> OwnerPath:
    """Resolve `Entity.owner`: a field, or names joined by dots that end in a field.

    Each name before the last is a foreign key (`order_id`), the same without `_id`, or the entity
    that the only such key points to (`order`).

    Raises:
        LookupError: a name does not resolve, or the end is no user's id; the text says which.
    """
    *names, last = (entity.owner or "").split(".")
    hops: list[tuple[str, str]] = []
    current = entity
    for name in names:
        key = _key_named(current, name)
        assert key.references is not None  # _key_named returns foreign keys only
        current = blueprint.entity(key.references.entity)
        hops.append((key.name, current.name))
    if not _holds_user(blueprint, current, last):
        raise LookupError(f"`{current.name}.{last}` does not point to a user")
    return OwnerPath(tuple(hops), last)


def _key_named(entity: Entity, name: str) -> EntityField:
    keys = [field for field in entity.fields if field.references]
    for key in keys:
        if key.name in {name, f"{name}_id"}:
            return key
    pointing = [key for key in keys if key.references and key.references.entity == name]
    if len(pointing) != 1:
        count = "no" if not pointing else "more than one"
        raise LookupError(f"`{entity.name}` has {count} foreign key called or pointing to {name!r}")
    return pointing[0]


def _holds_user(blueprint: Blueprint, entity: Entity, name: str) -> bool:
    user = blueprint.auth.user_entity if blueprint.auth else "user"
    if entity.name == user and name in entity.primary_key:
        return True
    found = [field for field in entity.fields if field.name == name]
    return bool(found) and found[0].references is not None and found[0].references.entity == user
