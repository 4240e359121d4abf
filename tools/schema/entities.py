"""Given tables as entities of the Blueprint."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from tools.blueprint.model import Entity, EntityField, Enum, Reference
from tools.blueprint.words import singular, snake_case
from tools.schema.column_types import apply_check, column_field, read_values
from tools.schema.model import Check, Column, DatabaseSchema, ForeignKey, Table

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


@dataclass(frozen=True)
class Finding:
    """Something about the schema that its entities do not say."""

    line: int
    """Of the schema's text."""
    what: str


@dataclass
class SchemaEntities:
    """What became of a schema."""

    entities: list[Entity] = field(default_factory=list)
    enums: list[Enum] = field(default_factory=list)
    problems: list[Finding] = field(default_factory=list)
    """What the Blueprint cannot say and code could not do right."""
    notes: list[Finding] = field(default_factory=list)
    """What the database keeps to itself: checks, views, defaults that are expressions."""
    readings: list[Finding] = field(default_factory=list)
    """What was taken for something else."""


def schema_entities(schema: DatabaseSchema) -> SchemaEntities:
    """One entity a table, named by its singular, and one enum for each type."""
    found = SchemaEntities()
    for enum in schema.enums:
        if _NAME.fullmatch(enum.name):
            found.enums.append(Enum(name=enum.name, values=enum.values))
        elif not schema.statements:
            _refuse(found, enum.line, f"the type name {enum.name!r} is not snake_case")
    names = {table.key: entity_name(table) for table in schema.tables}
    for table in schema.tables:
        _add_table(found, schema, table, names)
    for left in schema.left_out:
        found.notes.append(Finding(left.line, f"a {left.what} stays in the database"))
    return found


def entity_name(table: Table) -> str:
    """`order_items` as `order_item`."""
    return singular(snake_case(table.name))


def _add_table(
    found: SchemaEntities, schema: DatabaseSchema, table: Table, names: dict[str, str]
) -> None:
    if table.namespace != "public" or not _NAME.fullmatch(table.name):
        what = f"the table {table.key!r} is outside `public` or not snake_case"
        if schema.statements:
            found.notes.append(Finding(table.line or 1, f"{what}: only the database uses it"))
        else:
            _refuse(found, table.line, what)
        return
    keyed = bool(table.primary_key) or any(column.name == "id" for column in table.columns)
    if schema.statements and not keyed:
        what = f"the table {table.key!r} has no primary key: only the database uses it"
        found.notes.append(Finding(table.line or 1, what))
        return
    fields: dict[str, EntityField] = {}
    for column in table.columns:
        made = column_field(column, schema)
        if made is None or not _NAME.fullmatch(column.name):
            why = (
                f"of type {column.type} has no counterpart" if made is None else "is not snake_case"
            )
            what = f"`{table.name}.{column.name}` {why}"
            if schema.statements and _may_be_left_out(column, table):
                found.notes.append(Finding(column.line or 1, f"{what}: only the database uses it"))
            else:
                _refuse(found, column.line, what)
            continue
        fields[column.name] = made
        found.notes.extend(_expressions(column, made, table))
        found.readings.extend(_readings(column, made, table))
    _apply_checks(found, schema, table, fields)
    _apply_uniques(table, fields)
    _apply_references(found, schema, table, fields, names)
    found.entities.append(
        Entity(
            name=names[table.key],
            table=table.name,
            fields=tuple(fields.values()),
            primary_key=tuple(name for name in table.primary_key if name in fields) or ("id",),
            unique_together=tuple(
                group for group in table.uniques if len(group) > 1 and set(group) <= set(fields)
            ),
            indexes=tuple(
                index.keys
                for index in table.indexes
                if not index.unique and set(index.keys) <= set(fields)
            ),
            description=table.comment,
        )
    )


def _may_be_left_out(column: Column, table: Table) -> bool:
    """Whether rows can be written without the column."""
    filled = column.nullable or column.default or column.generated or column.identity
    return bool(filled) and column.name not in table.primary_key


def _expressions(column: Column, made: EntityField, table: Table) -> Iterator[Finding]:
    """What the database computes in a way that the field does not say."""
    name, line = f"`{table.key}.{column.name}`", column.line or table.line or 1
    if column.generated:
        yield Finding(line, f"only the database computes {name} as `{column.generated}`")
    said = made.default is not None or made.generated
    if column.default is not None and column.default.upper() != "NULL" and not said:
        yield Finding(line, f"only the database fills {name} with `{column.default}`")


def _readings(column: Column, made: EntityField, table: Table) -> Iterator[Finding]:
    """Types that are taken for another one."""
    zoned = "with time zone" in column.type or column.type.startswith("timestamptz")
    if made.type == "timestamptz" and column.type.startswith("timestamp") and not zoned:
        what = f"`{table.key}.{column.name}` is {column.type}: its times are taken to be UTC"
        yield Finding(column.line or table.line or 1, what)


def _apply_checks(
    found: SchemaEntities, schema: DatabaseSchema, table: Table, fields: dict[str, EntityField]
) -> None:
    for check in (*table.checks, *_domain_checks(schema, table)):
        changed = [new for old in fields.values() if (new := apply_check(old, check))]
        listed = read_values(check)
        if changed:
            fields[changed[0].name] = changed[0]
        elif listed and fields.get(listed[0]):
            name = f"{entity_name(table)}_{listed[0]}"[:63]
            found.enums.append(Enum(name=name, values=listed[1]))
            as_enum = {"type": "enum", "enum": name, "max_length": None}
            fields[listed[0]] = fields[listed[0]].model_copy(update=as_enum)
        else:
            what = f"only the database checks `{check.expression}` of {table.key}"
            found.notes.append(Finding(check.line or table.line or 1, what))


def _domain_checks(schema: DatabaseSchema, table: Table) -> Iterator[Check]:
    """Conditions of the columns' domains, with the column in place of VALUE."""
    domains = {domain.name: domain for domain in schema.domains}
    for column in table.columns:
        for check in domains[column.type].checks if column.type in domains else ():
            text = re.sub(r"(?i)\bvalue\b", column.name, check.expression)
            yield check.model_copy(update={"expression": text})


def _apply_uniques(table: Table, fields: dict[str, EntityField]) -> None:
    whole = [index.keys for index in table.indexes if index.unique and not index.where]
    for group in (*table.uniques, *whole):
        if len(group) == 1 and group[0] in fields:
            fields[group[0]] = fields[group[0]].model_copy(update={"unique": True})


def _apply_references(
    found: SchemaEntities,
    schema: DatabaseSchema,
    table: Table,
    fields: dict[str, EntityField],
    names: dict[str, str],
) -> None:
    for key in table.foreign_keys:
        reference = _reference(schema, key, names)
        if reference is None or len(key.columns) != 1 or key.columns[0] not in fields:
            columns = ", ".join(key.columns)
            if schema.statements and key.table in names:
                what = f"only the database checks the foreign key ({columns}) of {table.name}"
                found.notes.append(Finding(key.line or 1, what))
                continue
            what = f"the foreign key ({columns}) of {table.name} is composite or leads nowhere"
            _refuse(found, key.line, what)
            continue
        old = fields[key.columns[0]]
        fields[key.columns[0]] = old.model_copy(update={"references": reference})


def _reference(schema: DatabaseSchema, key: ForeignKey, names: dict[str, str]) -> Reference | None:
    if key.table not in names:
        return None
    target = key.references or schema.table(key.table).primary_key
    actions = {"cascade": "cascade", "set_null": "set_null"}
    entity = names[key.table]
    if len(target) != 1 or not (_NAME.fullmatch(target[0]) and _NAME.fullmatch(entity)):
        return None
    return Reference.model_validate(
        {
            "entity": entity,
            "field": target[0],
            "on_delete": actions.get(key.on_delete, "restrict"),
        }
    )


def _refuse(found: SchemaEntities, line: int | None, what: str) -> None:
    found.problems.append(Finding(line or 1, what))
