"""Soft delete: which rows are hidden, and what must not refer to them."""

from collections.abc import Iterable

from tools.blueprint.model import Entity, EntityField
from tools.components.added_fields import HIDDEN_SINCE
from tools.components.plan import Plan


def visible(entity: Entity, plan: Plan) -> str | None:
    """The condition that a row is not hidden; None when the entity's rows never are."""
    if not entity.soft_delete:
        return None
    return f"{plan.model(entity)}.{HIDDEN_SINCE.name}.is_(None)"


def hideable_references(entity: Entity, plan: Plan) -> Iterable[EntityField]:
    """Foreign keys to entities whose rows may be hidden."""
    return (
        field
        for field in entity.fields
        if field.references is not None and plan.referenced(field).soft_delete
    )
