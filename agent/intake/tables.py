"""The Database Agent's tables win: they replace the spec's, which may only add to them."""

from agent.intake.draft import Draft
from tools.blueprint.model import Entity, EntityField
from tools.schema.entities import schema_entities
from tools.schema.model import DatabaseSchema, Table

_WINS = "The given schema wins: change the spec, or ask the Database Agent for another schema."


def merge_schema(draft: Draft, schema: DatabaseSchema) -> None:
    """Put the given tables into the draft; a spec that contradicts one becomes an error."""
    found = schema_entities(schema)
    for text in found.problems:
        draft.error(1, text, "Ask the Database Agent for a simpler form; docs/spec.md lists types.")
    for note in found.notes:
        draft.assume(note)
    draft.enums |= {enum.name: enum for enum in found.enums}
    tables = {table.name: table for table in schema.tables}
    for given in found.entities:
        stated = _stated(draft, given)
        if stated is None:
            draft.entities[given.name] = given
            draft.given.add(given.name)
            continue
        draft.entities[stated.name] = _merged(draft, stated, given, schema, tables[given.table])
        draft.given.add(stated.name)


def _stated(draft: Draft, given: Entity) -> Entity | None:
    for entity in draft.entities.values():
        if given.name == entity.name or given.table == entity.table:
            return entity
    return None


def _merged(
    draft: Draft, stated: Entity, given: Entity, schema: DatabaseSchema, table: Table
) -> Entity:
    known = {field.name: field for field in stated.fields}
    lines = {column.name: column.line for column in table.columns}
    fields = []
    for field in given.fields:
        old = known.pop(field.name, None)
        if old is not None:
            where = f"line {lines[field.name]} of {schema.source}"
            for reason in _contradictions(draft, stated.name, old, field):
                name = f"`{stated.name}.{field.name}`"
                draft.error(old.line or 1, f"{name} {reason} on {where}", _WINS)
        fields.append(_overlaid(field, old) if old else field)
    for name, field in known.items():
        where = f"{schema.source}, line {table.line}"
        reason = f"`{stated.name}.{name}` is no column of the table {table.name} ({where})"
        draft.error(field.line or 1, reason, _WINS)
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
