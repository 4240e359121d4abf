"""The Database Agent's tables win: they replace the spec's, which may only add to them."""

from dataclasses import dataclass

from agent.intake.draft import Draft
from tools.blueprint.model import Entity, EntityField, GivenDatabase
from tools.schema.entities import Finding, SchemaEntities, schema_entities
from tools.schema.model import DatabaseSchema, Table

_WINS = "The given schema wins: change the spec, or ask the Database Agent for another schema."


def merge_schema(draft: Draft, schema: DatabaseSchema) -> None:
    """Put the given tables into the draft; a spec that contradicts one becomes an error."""
    found = schema_entities(schema)
    for problem in found.problems:
        reason = f"{schema.source}:{problem.line}: {problem.what}"
        draft.error(
            1, reason, "Ask the Database Agent for a simpler form; docs/spec.md lists types."
        )
    for note in (*found.notes, *found.readings):
        draft.assume(f"{schema.source}:{note.line}: {note.what}.")
    draft.given |= set(_put(draft, found, schema, _WINS))
    if schema.statements:
        draft.database = GivenDatabase(
            source=schema.source,
            statements=schema.statements,
            tables=tuple(
                name for table in schema.tables for name in (table.key, *table.partitions)
            ),
            enums=tuple(enum.name for enum in schema.enums),
            computed=tuple(
                f"{table.key}.{column.name}"
                for table in schema.tables
                for column in table.columns
                if column.generated
            ),
        )


def merge_own_tables(draft: Draft, schema: DatabaseSchema) -> tuple[dict[str, str], list[Finding]]:
    """Put tables of the spec's own fenced block into the draft.

    Returns:
        Entity name -> table name, in order; and what the block says beyond that.
    """
    found = schema_entities(schema.model_copy(update={"statements": ()}))
    for problem in found.problems:
        draft.error(problem.line, problem.what, "Write it simpler; docs/spec.md lists the types.")
    for reading in found.readings:
        draft.assume(f"Line {reading.line}: {reading.what}.")
    tables = {table.name: table for table in schema.tables}
    lines = {enum.name: enum.line for enum in schema.enums}
    found.enums = [one.model_copy(update={"line": lines.get(one.name)}) for one in found.enums]
    found.entities = [with_lines(entity, tables[entity.table]) for entity in found.entities]
    names = _put(draft, found, schema, "Say it once, or make both say the same.")
    return {name: draft.entities[name].table for name in names}, found.notes


def with_lines(entity: Entity, table: Table) -> Entity:
    """The entity with the lines of its table and columns."""
    lines = {column.name: column.line for column in table.columns}
    fields = tuple(
        field.model_copy(update={"line": lines.get(field.name)}) for field in entity.fields
    )
    return entity.model_copy(update={"fields": fields, "line": table.line})


def _put(draft: Draft, found: SchemaEntities, schema: DatabaseSchema, remedy: str) -> list[str]:
    """Replace or add the entities; returns their names."""
    draft.enums |= {enum.name: enum for enum in found.enums}
    tables = {table.name: table for table in schema.tables}
    names = []
    for given in found.entities:
        stated = _stated(draft, given)
        if stated is not None:
            source = _Source(schema, tables[given.table], remedy)
            given = _merged(draft, stated, given, source)  # noqa: PLW2901 - both are the entity
        draft.entities[given.name] = given
        names.append(given.name)
    return names


@dataclass(frozen=True)
class _Source:
    """Where a table was given."""

    schema: DatabaseSchema
    table: Table
    remedy: str

    def at(self, line: int | None) -> str:
        return f"line {line}" + (f" of {self.schema.source}" if self.schema.source else "")


def _stated(draft: Draft, given: Entity) -> Entity | None:
    for entity in draft.entities.values():
        if given.name == entity.name or given.table == entity.table:
            return entity
    return None


def _merged(draft: Draft, stated: Entity, given: Entity, source: _Source) -> Entity:
    known = {field.name: field for field in stated.fields}
    lines = {column.name: column.line for column in source.table.columns}
    fields = []
    for field in given.fields:
        old = known.pop(field.name, None)
        if old is not None:
            for reason in _contradictions(draft, stated.name, old, field):
                name = f"`{stated.name}.{field.name}`"
                where = source.at(lines[field.name])
                draft.error(old.line or 1, f"{name} {reason} on {where}", source.remedy)
        fields.append(_overlaid(field, old) if old else field)
    for name, field in known.items():
        where = ", ".join(filter(None, [source.schema.source, f"line {source.table.line}"]))
        reason = f"`{stated.name}.{name}` is no column of the table {given.table} ({where})"
        draft.error(field.line or 1, reason, source.remedy)
    kept = {"name": stated.name, "fields": tuple(fields), "line": stated.line}
    draft.untyped -= {(stated.name, field.name) for field in fields}
    return given.model_copy(update=kept | {"description": stated.description or given.description})


def _contradictions(
    draft: Draft, entity: str, stated: EntityField, given: EntityField
) -> list[str]:
    reasons = []
    text = {"string", "text"}
    same = stated.type == given.type or {stated.type, given.type} == text
    if not same and (entity, stated.name) not in draft.untyped:
        reasons.append(f"is {stated.type} here and {given.type}")
    if stated.max_length and given.max_length and stated.max_length != given.max_length:
        reasons.append(f"holds {stated.max_length} characters here and {given.max_length}")
    if stated.nullable and not given.nullable and given.default is None and not given.generated:
        reasons.append("is optional here and NOT NULL")
    if stated.unique and not given.unique:
        reasons.append("is unique here and not")
    if stated.type == given.type == "enum":
        ours, theirs = (draft.enums.get(one.enum or "") for one in (stated, given))
        if ours and theirs and set(ours.values) != set(theirs.values):
            reasons.append(f"has the values {', '.join(ours.values)} here and others")
    return reasons


def _overlaid(given: EntityField, stated: EntityField) -> EntityField:
    """The column with what only a spec can say about it."""
    update: dict[str, object] = {"line": stated.line}
    for name in ("format", "min_length", "minimum", "maximum", "default", "generated"):
        if getattr(given, name) is None:
            update[name] = getattr(stated, name)
    if stated.writable != "always":
        update["writable"] = stated.writable
    if stated.references and given.references is None:
        update["references"] = stated.references
    update["readable"] = stated.readable
    update["description"] = stated.description or given.description
    return given.model_copy(update=update)
