"""The schemas of an OpenAPI document as entities: `Book`, `BookCreate` and `BookUpdate` are one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from pydantic import JsonValue

from agent.intake.draft import Draft
from agent.intake.openapi import Api, Operation
from agent.intake.openapi_answers import shown_schema
from agent.intake.openapi_merge import merge_readings
from agent.intake.openapi_schema import FieldReading, Node, Property
from agent.intake.operations import clean_path
from agent.intake.statements import Statement
from tools.blueprint.model import CopyRule, Embed, Entity, EntityField, Enum, Reference, SumRule
from tools.blueprint.words import plural, singular, snake_case

_VARIANT = re.compile(
    r"(?:Create|Update|Patch|New)?(?P<stem>[A-Z]\w*?)(?:Create|Update|Patch|Input|Output|In|Out|Read"
    r"|Public|Response|Request|Base|Detail|Summary|Full|DTO|Dto|Payload|Body|New|Item(?=Create))*"
)
_NO_ENTITY = re.compile(
    r".*(?:List|Page|Collection|Error|Errors|Problem|Credentials|Message)|Paginated.*|Page.*"
    r"|(?:HTTP)?Validation.*|Tokens?(?:Pair)?|Login.*|Refresh.*|Register.*|SignUp.*|Health.*"
)
_HELP = "Say it in a table of the entity's fields, or change the property."


@dataclass
class _Resource:
    """The schemas of one entity."""

    name: str
    variants: list[str] = field(default_factory=list)
    """Schema names, the plainest first."""
    created: set[str] = field(default_factory=set)
    """Properties that POST takes."""
    changed: set[str] = field(default_factory=set)
    """Properties that PATCH or PUT takes."""
    bodies: bool = False
    inline: list[Property] = field(default_factory=list)
    """Properties of bodies that stand in an operation, not among the schemas."""
    shown: set[str] = field(default_factory=set)
    """Properties that answers have, where some answer was recognized."""


def read_openapi_entities(
    draft: Draft, apis: list[Api], statements: list[Statement]
) -> list[Statement]:
    """Add the entities; returns the statements with one for each of them, after the operations."""
    for api in apis:
        added = [_add(draft, api, one) for one in _resources(api)]
        added = [one for one in added if one is not None]
        for entity in list(draft.entities.values()):
            _refer(draft, entity)
        statements = [*statements, *(one for one in added if one is not None)]
    return statements


def _resources(api: Api) -> list[_Resource]:
    segments = {
        singular(snake_case(part))
        for operation in api.operations
        for part in clean_path(operation.path).split("/")
        if part and not part.startswith("{")
    }
    found: dict[str, _Resource] = {}
    for name in sorted(api.schemas.nodes, key=len):
        stem = _stem(name)
        properties = {one.name for one in _properties(api, name)}
        if not stem or not properties or _NO_ENTITY.fullmatch(name):
            continue
        if stem in found or stem in segments or "id" in properties:
            found.setdefault(stem, _Resource(stem)).variants.append(name)
    for operation in api.operations:
        _note_body(api, operation, found)
        _note_answer(api, operation, found)
    for resource in list(found.values()):
        for child in _children(api, resource):
            found.setdefault(_stem(child), _Resource(_stem(child), [child]))
    return list(found.values())


def _stem(name: str) -> str:
    match = _VARIANT.fullmatch(name)
    return singular(snake_case(match["stem"])) if match else ""


def _properties(api: Api, schema: str) -> list[Property]:
    where = ("components", "schemas", schema)
    return list(api.schemas.properties(api.schemas.nodes[schema], where))


def _children(api: Api, resource: _Resource) -> Iterator[str]:
    """Schemas that an array of the resource holds."""
    for variant in resource.variants:
        for prop in _properties(api, variant):
            child = api.schemas.read(prop).child
            if child and _stem(child):
                yield child


def _note_body(api: Api, operation: Operation, found: dict[str, _Resource]) -> None:
    content = _walk(operation.node, "requestBody", "content")
    for kind, media in content.items():
        schema = _walk(media, "schema")
        where = (*operation.where, "requestBody", "content", kind, "schema")
        _node, _where, name = api.schemas.resolve(schema, where)
        resource = found.get(_stem(name)) if name else None
        if resource is None and not name:
            parts = [part for part in clean_path(operation.path).split("/") if part[:1] != "{"]
            resource = found.get(singular(snake_case(parts[-1])))
        if resource is not None:
            properties = list(api.schemas.properties(schema, where))
            names = {one.name for one in properties}
            resource.inline += [] if name else properties
            resource.bodies = True
            (resource.created if operation.method == "POST" else resource.changed).update(names)


def _note_answer(api: Api, operation: Operation, found: dict[str, _Resource]) -> None:
    answer = shown_schema(api.schemas, operation.where, operation.node)
    resource = found.get(_stem(answer)) if answer else None
    if answer and resource is not None:
        resource.shown |= {one.name for one in _properties(api, answer)}


def _walk(node: JsonValue, *keys: str) -> Node:
    for key in keys:
        node = node.get(key) if isinstance(node, dict) else None
    return node if isinstance(node, dict) else {}


def _add(draft: Draft, api: Api, resource: _Resource) -> Statement | None:
    """Add the entity unless the spec has it already; its statement."""
    line = api.text.line("components", "schemas", resource.variants[0])
    if resource.name in draft.entities:
        first = draft.entities[resource.name].line
        where = f" on line {first}" if first else ""
        draft.ask(
            line,
            f"the schema {resource.variants[0]} describes `{resource.name}`, as the table{where}",
            "The table counts; describe the entity in one place.",
        )
        return None
    draft.entities[resource.name] = Entity(
        name=resource.name, table=plural(resource.name), fields=(), line=line
    )
    seen = _described(api, resource)
    for described in seen.values():
        _add_field(draft, api, resource, described)
    api.entities.append(resource.name)
    names = ", ".join(seen)
    statement = api.statement.part(line, f"{resource.variants[0]}: {names}")
    draft.satisfy("entity", resource.name, statement)
    return statement


def _described(api: Api, resource: _Resource) -> dict[str, list[Property]]:
    """Name -> its descriptions, those of answers first: they say whether it may be null."""
    seen: dict[str, list[Property]] = {}
    ordered = sorted(resource.variants, key=lambda name: not _is_shown(api, resource, name))
    for variant in ordered:
        for prop in _properties(api, variant):
            seen.setdefault(prop.name, []).append(prop)
    for prop in resource.inline:
        seen.setdefault(prop.name, []).append(prop)
    return seen


def _is_shown(api: Api, resource: _Resource, variant: str) -> bool:
    names = {one.name for one in _properties(api, variant)}
    return "id" in names or bool(resource.shown and names >= resource.shown)


def _add_field(draft: Draft, api: Api, resource: _Resource, described: list[Property]) -> None:
    prop = described[0]
    required = any(one.required for one in described)
    reading = merge_readings([api.schemas.read(one) for one in described])
    line = api.text.line(*prop.path)
    name, label = snake_case(prop.name), f"`{resource.name}.{prop.name}`"
    if not name:
        draft.error(line, f"{label} is no field name", "Use the letters a to z, digits and `_`.")
        return
    if name != prop.name:
        draft.ask(line, f"{label} is not snake_case; the API will call it `{name}`", _HELP)
    if reading.open:
        draft.ask(line, f"{label} says {', '.join(reading.open)}, which is not read", _HELP)
    if reading.child:
        _add_child(draft, resource, name, reading.child)
        return
    draft.put_field(resource.name, _field(draft, resource, prop, reading, line, required=required))


def _field(
    draft: Draft,
    resource: _Resource,
    prop: Property,
    reading: FieldReading,
    line: int,
    *,
    required: bool,
) -> EntityField:
    name = snake_case(prop.name)
    update: dict[str, object] = {"name": name, "line": line}
    if reading.values:
        update["enum"] = _enum(draft, resource.name, name, reading, line)
    optional = not required and reading.field.default is None and name != "id"
    update["nullable"] = reading.field.nullable or optional
    if resource.bodies and reading.field.writable == "always" and name != "id":
        taken = prop.name in resource.created, prop.name in resource.changed
        if resource.shown and any(taken) and prop.name not in resource.shown:
            update["readable"] = False
        update["writable"] = {(True, False): "create", (False, False): "never"}.get(taken, "always")
        if taken == (True, False) and not resource.changed:
            update["writable"] = "always"
    if update.get("writable", reading.field.writable) == "never" and not required:
        update["nullable"] = reading.field.nullable
    return reading.field.model_copy(update=update)


def _enum(draft: Draft, entity: str, name: str, reading: FieldReading, line: int) -> str:
    if not reading.enum or not snake_case(reading.enum):
        return draft.name_enum(entity, name, reading.values, line)
    enum = snake_case(reading.enum)
    draft.enums.setdefault(enum, Enum(name=enum, values=reading.values, line=line))
    return enum


def _add_child(draft: Draft, resource: _Resource, name: str, schema: str) -> None:
    """The rows that an array holds: an embedded entity with a foreign key to its parent."""
    child, via = _stem(schema), f"{resource.name}_id"[:63]
    parent = draft.entities[resource.name]
    if any(one.field == name for one in parent.embeds):
        return
    embed = Embed(entity=child, field=name, via=via, min_items=0)
    draft.entities[resource.name] = parent.model_copy(update={"embeds": (*parent.embeds, embed)})
    draft.assume(f"The objects in `{resource.name}.{name}` are rows of `{child}` in their parent.")


def ask_what_fills(draft: Draft, apis: list[Api]) -> None:
    """Ask about fields that answers have but no client sends, unless something else fills them."""
    ruled = {
        (rule.entity, rule.field) for rule in draft.rules if isinstance(rule, CopyRule | SumRule)
    }
    for name in (name for api in apis for name in api.entities):
        entity = draft.entities[name]
        keys = {embed.via for parent in draft.entities.values() for embed in parent.embeds}
        for one in entity.fields:
            filled = one.generated or one.computed or one.nullable or one.default is not None
            sent = one.writable != "never" or not one.readable or one.name in keys
            if not (filled or sent or (name, one.name) in ruled):
                draft.ask(
                    one.line or entity.line or 1,
                    f"answers hold `{name}.{one.name}`, which no client sends and nothing fills",
                    "Say how: a default, the caller, computed or copied from what, or by hand.",
                )


def _target(draft: Draft, words: str) -> str:
    """The entity that `book` or `main_book` names, the longest name first; "" without one."""
    names = sorted(draft.entities, key=len, reverse=True)
    return next((name for name in names if f"_{words}".endswith(f"_{name}")), "")


def _refer(draft: Draft, entity: Entity) -> None:
    """Foreign keys by name: `book_id` where there is a `book`; parents of embedded rows."""
    for embed in entity.embeds:
        child = draft.entities.get(embed.entity)
        if child is not None and all(one.name != embed.via for one in child.fields):
            reference = Reference(entity=entity.name, on_delete="cascade")
            key = EntityField(name=embed.via, type="uuid", references=reference, writable="never")
            draft.put_field(child.name, key)
            draft.untyped.add((child.name, embed.via))
    for one in entity.fields:
        target = _target(draft, one.name.removesuffix("_id"))
        if one.name.endswith("_id") and target and one.references is None:
            reference = Reference(entity=target)
            draft.put_field(entity.name, one.model_copy(update={"references": reference}))
            draft.untyped.add((entity.name, one.name))
            draft.assume(f"`{entity.name}.{one.name}` refers to `{target}`.")
