"""What goes into the generated `tests/factories.py`: rows and bodies that are valid."""

import re
from dataclasses import dataclass

from tools.blueprint.model import Entity, EntityField, QuotaRule, StockRule
from tools.components.names import attribute, quote
from tools.components.operations import Operation
from tools.components.payloads import create_fields
from tools.components.plan import Plan
from tools.components.samples import valid
from tools.components.scenes import caller_role

_FEW_VALUES = {"enum", "boolean", "array", "jsonb", "time", "interval", "bytes"}


@dataclass(frozen=True)
class ForeignKey:
    """A column that a factory fills with the key of a row it makes."""

    name: str
    factory: str
    key: str


@dataclass(frozen=True)
class RowFactory:
    """`make_book(session, **given)`."""

    entity: Entity
    model: str
    values: dict[str, str]
    foreign_keys: list[ForeignKey]
    children: list[tuple[str, str]]
    """(factory, foreign key) of each kind of row inside this one."""
    key: str
    uses_number: bool


@dataclass(frozen=True)
class BodyFactory:
    """`create_book_body(session, **given)`."""

    name: str
    values: dict[str, str]
    foreign_keys: list[ForeignKey]
    children: list[tuple[str, str]]
    """(key, body factory) of each list of rows inside this one."""
    uses_number: bool


def row_factories(plan: Plan) -> list[RowFactory]:
    """One for each entity."""
    return [_row_factory(entity, plan) for entity in plan.blueprint.entities]


def _row_factory(entity: Entity, plan: Plan) -> RowFactory:
    made = [f for f in entity.columns if f.generated in {None, "caller"}]
    needed = [field for field in made if _is_needed(field)]
    children = []
    for embed in entity.embeds:
        if embed.min_items:
            child = plan.blueprint.entity(embed.entity)
            children.append((f"make_{child.name}", attribute(embed.via)))
    values = {
        attribute(f.name): valid(
            f, plan, plenty=_is_counter(f, entity, plan), distinct=f.name in _distinct(entity)
        ).row
        for f in needed
        if f.references is None
    }
    if plan.has_auth and entity == plan.user and plan.auth.active_field:
        values[attribute(plan.auth.active_field)] = "True"
    return RowFactory(
        entity=entity,
        model=plan.model(entity),
        values=values,
        foreign_keys=[_foreign_key(f, plan) for f in needed if f.references is not None],
        children=children,
        key=attribute(plan.key(entity).name) if entity.embeds else "",
        uses_number=_uses_number(values),
    )


def _uses_number(values: dict[str, str]) -> bool:
    return any(re.search(r"\bnumber\b", value) for value in values.values())


def body_factories(operations: list[Operation], plan: Plan) -> list[BodyFactory]:
    """One for each endpoint that creates, and for each kind of child inside a body."""
    factories: dict[str, BodyFactory] = {}
    for operation in operations:
        if operation.kind == "create":
            entity = operation.entity
            role = caller_role(operation)
            fields = tuple(
                field
                for field in create_fields(entity, operation.endpoint, plan)
                if not field.writers or role in field.writers
            )
            factory = _body_factory(f"{operation.name}_body", entity, fields, plan)
            factories[factory.name] = factory
            for embed in entity.embeds:
                child = plan.blueprint.entity(embed.entity)
                inner = _body_factory(
                    f"{child.name}_body", child, create_fields(child, None, plan), plan
                )
                factories.setdefault(inner.name, inner)
    return list(factories.values())


def _body_factory(
    name: str, entity: Entity, fields: tuple[EntityField, ...], plan: Plan
) -> BodyFactory:
    needed = [field for field in fields if _is_needed(field)]
    values = {
        field.name: valid(
            field,
            plan,
            plenty=_is_counter(field, entity, plan),
            distinct=field.name in _distinct(entity),
        ).json
        for field in needed
        if field.references is None
    }
    if plan.has_auth and entity == plan.user:
        values[plan.auth.password_field] = "PASSWORD"
    children = []
    for embed in entity.embeds:
        children.append((embed.field, f"{plan.blueprint.entity(embed.entity).name}_body"))
    keys = [_foreign_key(field, plan) for field in needed if field.references is not None]
    quoted = {quote(key): value for key, value in values.items()}
    return BodyFactory(name, quoted, keys, children, _uses_number(values))


def _is_needed(field: EntityField) -> bool:
    """A unique value is always given, so that tests of duplicates have one."""
    return not field.nullable or (field.unique and field.references is None)


def _distinct(entity: Entity) -> set[str]:
    """One field of each `unique_together` that can differ in every row."""
    chosen = set()
    for names in entity.unique_together:
        fields = [entity.field(name) for name in names]
        free = [f.name for f in fields if f.references is None and f.type not in _FEW_VALUES]
        chosen |= set(free[:1])
    return chosen


def _foreign_key(field: EntityField, plan: Plan) -> ForeignKey:
    target = plan.referenced(field)
    name = field.references.field if field.references is not None else ""
    return ForeignKey(
        name=field.name,
        factory=f"make_{target.name}",
        key=attribute(name),
    )


def _is_counter(field: EntityField, entity: Entity, plan: Plan) -> bool:
    """Whether rules take from it, or count up to it."""
    for rule in plan.blueprint.rules:
        if isinstance(rule, StockRule) and rule.counter == field.name:
            via = rule.via
        elif isinstance(rule, QuotaRule) and rule.limit_field == field.name:
            via = rule.per
        else:
            continue
        reference = plan.blueprint.entity(rule.entity).field(via).references
        if reference is not None and reference.entity == entity.name:
            return True
    return False
