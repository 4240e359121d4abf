"""What every backend needs and a spec rarely says, written into the Blueprint and listed."""

from agent.intake.draft import Draft
from agent.intake.vocabulary import replace_field
from tools.blueprint.model import CopyRule, Entity, EntityField, StateMachine, SumRule
from tools.blueprint.words import snake_case

_DEFAULT_STRING_CHARS = 255
_CREATED = EntityField(name="created_at", type="timestamptz", generated="now", writable="never")


def complete_fields(draft: Draft) -> None:
    """Keys, reference types, lengths of strings, and timestamps by their usual names."""
    for name in [name for name in draft.entities if name not in draft.given]:
        draft.entities[name] = _with_key(draft, draft.entities[name])
    for name in list(draft.entities):
        fields = tuple(_complete(draft, name, field) for field in draft.entities[name].fields)
        draft.entities[name] = draft.entities[name].model_copy(update={"fields": fields})


def complete_order(draft: Draft) -> None:
    """Lists are cut into pages in order of creation, so each listed entity has `created_at`."""
    for endpoint in draft.endpoints.values():
        entity = draft.entities.get(endpoint.entity or "")
        if endpoint.operation != "list" or entity is None or entity.name in draft.given:
            continue
        if not _has_time(entity):
            draft.put_field(entity.name, _CREATED)
            draft.assume("Entities that are listed have `created_at`; lists are ordered by it.")


def with_creation_time(entity: Entity) -> Entity:
    """The entity as it is when it is listed: with `created_at`, unless it has a time like that."""
    if _has_time(entity):
        return entity
    return entity.model_copy(update={"fields": (*entity.fields, _CREATED)})


def complete_owners(draft: Draft) -> None:
    """Own objects need an owner: the field that holds the caller, or the parent's owner."""
    for endpoint in draft.endpoints.values():
        entity = draft.entities.get(endpoint.entity or "")
        if entity is None or entity.owner or not any(g.own for g in endpoint.access.grants):
            continue
        owner = _owner(draft, entity, endpoint.parent)
        if owner:
            draft.entities[entity.name] = entity.model_copy(update={"owner": owner})
            draft.assume(f"The owner of `{entity.name}` is `{owner}`.")


def apply_rules(draft: Draft) -> None:
    """Fields that a rule computes are set by the server; states start at the initial one."""
    draft.rules = [
        _spelled(draft, rule) if isinstance(rule, StateMachine) else rule for rule in draft.rules
    ]
    for rule in draft.rules:
        if isinstance(rule, StateMachine | CopyRule | SumRule):
            entity = draft.entities[rule.entity]
            update: dict[str, object] = {"writable": "never"}
            if isinstance(rule, StateMachine):
                update["default"] = rule.initial
            field = entity.field(rule.field).model_copy(update=update)
            draft.entities[rule.entity] = replace_field(entity, field)


def _spelled(draft: Draft, rule: StateMachine) -> StateMachine:
    """The machine with its states as the enum spells them (`In Progress`)."""
    enum = draft.enums.get(draft.entities[rule.entity].field(rule.field).enum or "")
    spelled = {snake_case(value): value for value in enum.values} if enum else {}
    moves = tuple(
        move.model_copy(
            update={
                "source": spelled.get(move.source, move.source),
                "target": spelled.get(move.target, move.target),
            }
        )
        for move in rule.transitions
    )
    initial = spelled.get(snake_case(rule.initial), rule.initial)
    return rule.model_copy(update={"initial": initial, "transitions": moves})


def _with_key(draft: Draft, entity: Entity) -> Entity:
    """The entity with an `id` that the database or the server makes."""
    kinds = {"uuid": "uuid", "integer": "identity", "bigint": "identity"}
    present = {field.name: field for field in entity.fields}
    if "id" not in present:
        if entity.primary_key != ("id",):
            return entity
        kind = draft.conventions.formats.id_type
        key = EntityField(name="id", type=kind, generated=kinds[kind], writable="never")
        return entity.model_copy(update={"fields": (key, *entity.fields)})
    field = present["id"]
    update = {"generated": field.generated or kinds.get(field.type), "nullable": False}
    writable = "never" if update["generated"] else "create"
    return replace_field(
        entity, field.model_copy(update=update | {"writable": writable, "unique": False})
    )


def _complete(draft: Draft, entity: str, field: EntityField) -> EntityField:
    update: dict[str, object] = {}
    if field.references and (entity, field.name) in draft.untyped:
        target = draft.entities.get(field.references.entity)
        keys = (
            [one for one in target.fields if one.name == field.references.field] if target else []
        )
        update = {k: getattr(keys[0], k) for k in ("type", "max_length")} if keys else {}
    if field.type == "string" and field.max_length is None and not field.references:
        update["max_length"] = _DEFAULT_STRING_CHARS
        draft.assume(
            f"Strings without a stated length hold up to {_DEFAULT_STRING_CHARS} characters."
        )
    if field.type == "timestamptz" and field.generated is None and field.default is None:
        known = {"created_at": "now", "updated_at": "now_on_update"}.get(field.name)
        update |= {"generated": known, "writable": "never"} if known else {}
    return field.model_copy(update=update)


def _has_time(entity: Entity) -> bool:
    return any(f.type == "timestamptz" and f.generated == "now" for f in entity.fields)


def _owner(draft: Draft, entity: Entity, parent: str | None) -> str | None:
    if draft.auth and entity.name == draft.auth.user_entity:
        return "id"
    if parent:
        reference = entity.field(parent).references
        above = draft.entities.get(reference.entity) if reference else None
        if above and above.owner:
            return f"{above.name}.{above.owner}"
    callers = [field.name for field in entity.fields if field.generated == "caller"]
    return callers[0] if len(callers) == 1 else None
