"""Words of a spec as the entities and fields that they name."""

import dataclasses
import re
from collections.abc import Collection, Mapping

from tools.blueprint.model import Entity, EntityField
from tools.blueprint.words import singular, snake_case

Entities = Mapping[str, Entity]
"""Name -> entity."""
EnumValues = Mapping[str, tuple[str, ...]]
"""Name of an enum -> its values."""


@dataclasses.dataclass(frozen=True)
class Known:
    """What a rule may name beside entities and their fields."""

    enums: EnumValues = dataclasses.field(default_factory=dict)
    roles: Collection[str] = ()


def find_entity(words: str, entities: Entities) -> Entity:
    """`An order item`, `order_items` or `Orders` as an entity. Raises LookupError."""
    name = snake_case(bare_words(words))
    for candidate in (name, singular(name)):
        if candidate in entities:
            return entities[candidate]
    for entity in entities.values():
        if entity.table == name:
            return entity
    raise LookupError(words)


def find_field(words: str, entity: Entity) -> EntityField:
    """`unit price` or `customer` (for `customer_id`) as a field. Raises LookupError."""
    name = snake_case(bare_words(words))
    for candidate in (name, f"{name}_id"):
        for field in entity.fields:
            if field.name == candidate:
                return field
    raise LookupError(words)


def link(child: Entity, parent: str) -> str:
    """The child's only foreign key to the parent. Raises LookupError for none or several."""
    links = [f.name for f in child.fields if f.references and f.references.entity == parent]
    if len(links) != 1:
        raise LookupError(f"{child.name} -> {parent}")
    return links[0]


def enum_fields(entity: Entity) -> set[str]:
    """The names of its fields that hold an enum."""
    return {field.name for field in entity.fields if field.type == "enum"}


def bare_words(words: str) -> str:
    """The words without an article, quotes and spaces around them."""
    return re.sub(r"^(?:an?|the|each|every|its|all)\s+", "", words.strip("`*' "), flags=re.I)


def replace_field(entity: Entity, field: EntityField) -> Entity:
    """The entity with its field of that name replaced."""
    fields = tuple(field if old.name == field.name else old for old in entity.fields)
    return entity.model_copy(update={"fields": fields})
