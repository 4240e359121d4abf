"""One row with every value, and one with as few as the table lets, in each table."""

from uuid import uuid4

from pydantic import BaseModel, ConfigDict, JsonValue, TypeAdapter

from tools.blueprint.model import Blueprint, Entity, EntityField
from tools.checks.acceptance.database import Column, CouldNotRun, Database
from tools.checks.acceptance.payloads import good_value


class TableContent(BaseModel):
    """A table as it is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    types: dict[str, str]
    """Column -> its type in the catalog."""
    rows: dict[str, dict[str, JsonValue]]
    """Primary key -> column -> value as text, or None."""


Snapshot = dict[str, TableContent]
"""By table."""
SNAPSHOT = TypeAdapter(Snapshot)
UNKNOWN: dict[str, JsonValue] = {
    "bool": False,
    "int2": 1,
    "int4": 1,
    "int8": 1,
    "numeric": 1,
    "float8": 1,
    "jsonb": {},
}
"""Values for columns that the Blueprint does not know, by type; text for every other."""


def fill(blueprint: Blueprint, database: Database) -> None:
    """Add the rows. Raises CouldNotRun when a table refuses them."""
    made: dict[str, dict[str, JsonValue]] = {}
    waiting = list(blueprint.entities)
    while waiting:
        ready = [entity for entity in waiting if _needs(entity) <= made.keys()]
        if not ready:
            names = ", ".join(entity.table for entity in waiting)
            raise CouldNotRun(f"each of {names} needs a row of another first")
        for entity in ready:
            made[entity.name] = _add_rows(blueprint, database, entity, made)
            waiting.remove(entity)


def snapshot(blueprint: Blueprint, database: Database) -> Snapshot:
    """All rows of the Blueprint's tables, as far as they exist."""
    found: Snapshot = {}
    for entity in blueprint.entities:
        columns = database.columns(entity.table)
        if columns and set(entity.primary_key) <= columns.keys():
            types = {name: column.type for name, column in columns.items()}
            found[entity.table] = TableContent(types=types, rows=database.rows(entity))
    return found


def _needs(entity: Entity) -> set[str]:
    """Entities whose rows a row of this one must refer to."""
    keys = [field for field in entity.fields if field.references and not field.nullable]
    return {field.references.entity for field in keys if field.references} - {entity.name}


def _add_rows(
    blueprint: Blueprint, database: Database, entity: Entity, made: dict[str, dict[str, JsonValue]]
) -> dict[str, JsonValue]:
    """The first row, with what others may refer to."""
    columns = database.columns(entity.table)
    first: dict[str, JsonValue] = {}
    for number in (1, 2):
        row = _foreign_columns(entity, columns)
        for field in entity.fields:
            if field.generated != "identity" and field.name in columns:
                row[field.name] = _value(blueprint, field, number, made)
        key = entity.primary_key[0]
        row[key] = database.insert(entity.table, row, key)
        first = first or row
    return first


def _value(
    blueprint: Blueprint, field: EntityField, number: int, made: dict[str, dict[str, JsonValue]]
) -> JsonValue:
    if field.references is not None:
        target = made.get(field.references.entity)
        taken = number == 2 and field.unique
        return target[field.references.field] if target is not None and not taken else None
    if field.nullable and number == 2:
        return None
    if field.generated == "uuid":
        return str(uuid4())
    return good_value(blueprint, field, number)


def _foreign_columns(entity: Entity, columns: dict[str, Column]) -> dict[str, JsonValue]:
    """Values for columns that somebody added to the table by hand."""
    known = {field.name for field in entity.fields}
    needed = {n: c for n, c in columns.items() if n not in known and c.required}
    return {name: UNKNOWN.get(column.type, "1") for name, column in needed.items()}
