"""What goes into a resource's `schemas.py`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tools.blueprint.model import Entity, EntityField
from tools.components.names import article, attribute, quote, words
from tools.components.operations import Operation
from tools.components.payloads import create_fields, password_field, takes_password, update_fields
from tools.components.plan import Plan
from tools.components.schema_fields import (
    alias_name,
    comparison_line,
    create_line,
    input_type,
    public_line,
    query_line,
    renamed_line,
    update_line,
)
from tools.components.views import View, shown_to, view_of, views


@dataclass(frozen=True)
class SchemaClass:
    """A Pydantic model: name, base class, docstring, lines of its body."""

    name: str
    base: str
    doc: str
    lines: list[str]


@dataclass
class SchemaModule:
    """The constrained types, then the classes that use them."""

    aliases: dict[str, str] = field(default_factory=dict)
    classes: list[SchemaClass] = field(default_factory=list)
    pages: dict[str, str] = field(default_factory=dict)
    """Page type -> the Public class of its items."""

    @property
    def names(self) -> list[str]:
        """Names that other modules import."""
        return [*(c.name for c in self.classes), *self.pages]


def schema_module(home: Entity, operations: Sequence[Operation], plan: Plan) -> SchemaModule:
    """The schemas of a resource and of the children embedded in it."""
    module = SchemaModule()
    is_user = plan.has_auth and home == plan.user
    if not operations and not is_user:
        return module
    children = [plan.blueprint.entity(embed.entity) for embed in home.embeds]
    for child in children:
        if plan.home(child) == home:
            _add_children(child, operations, module, plan)
    for operation in operations:
        builder = _BUILDERS.get(operation.kind)
        if builder is not None and operation.schema is not None:
            module.classes.append(builder(operation, module, plan))
    for view in reversed(views(home, plan)):
        module.classes.append(_public(home, view, plan))
        if any(operation.kind == "list" and operation.endpoint.paged for operation in operations):
            module.pages[view.page] = view.schema
    return module


def _add_children(
    child: Entity, operations: Sequence[Operation], module: SchemaModule, plan: Plan
) -> None:
    if any(operation.kind == "create" for operation in operations):
        lines = list(_create_lines(child, create_fields(child, None, plan), module, plan))
        doc = f"{article(words(child.name)).capitalize()} inside the body that creates its parent."
        module.classes.append(SchemaClass(f"{plan.model(child)}Create", "Input", doc, lines))
    module.classes += [_public(child, view, plan) for view in reversed(views(child, plan))]


def _create(operation: Operation, module: SchemaModule, plan: Plan) -> SchemaClass:
    entity = operation.entity
    fields = create_fields(entity, operation.endpoint, plan)
    lines = list(_create_lines(entity, fields, module, plan))
    if plan.has_auth and entity.name == plan.user.name:
        lines.append(renamed_line(plan.auth.password_field, "Password"))
    for embed in entity.embeds:
        child = plan.model(plan.blueprint.entity(embed.entity))
        lengths = f"min_length={embed.min_items}, max_length={embed.max_items}"
        default = "default_factory=list, " if embed.min_items == 0 else ""
        lines.append(f"{attribute(embed.field)}: list[{child}Create] = Field({default}{lengths})")
    doc = f"What creates {article(words(entity.name))}."
    return SchemaClass(operation.schema or "", "Input", doc, lines)


def _create_lines(
    entity: Entity, fields: Sequence[EntityField], module: SchemaModule, plan: Plan
) -> Iterator[str]:
    for item in fields:
        yield create_line(item, _type_name(entity, item, module, plan), plan)


def _type_name(entity: Entity, item: EntityField, module: SchemaModule, plan: Plan) -> str:
    """The field's type: by name when it has constraints."""
    expression = input_type(item, plan)
    if not expression.startswith("Annotated["):
        return expression
    name = alias_name(entity, item, plan)
    module.aliases[name] = expression
    return name


def _update(operation: Operation, module: SchemaModule, plan: Plan) -> SchemaClass:
    entity = operation.entity
    fields = update_fields(entity, operation.endpoint, plan)
    lines = [update_line(item, _type_name(entity, item, module, plan)) for item in fields]
    if takes_password(operation.endpoint, plan):
        lines.append(update_line(password_field(plan), "Password"))
    doc = f"What changes {article(words(entity.name))}; a key that is left out changes nothing."
    return SchemaClass(operation.schema or "", "Input", doc, lines)


def _query(operation: Operation, _: SchemaModule, plan: Plan) -> SchemaClass:
    entity, endpoint = operation.entity, operation.endpoint
    lines = ["q: SearchText | None = None"] if endpoint.search else []
    for name in endpoint.filters:
        lines.append(query_line(entity.field(name), plan))
    for one in endpoint.comparisons:
        lines.append(comparison_line(one, entity.field(one.field), plan))
    if endpoint.sort:
        values = ", ".join(quote(v) for name in endpoint.sort for v in (name, f"-{name}"))
        lines.append(f"sort: Literal[{values}] | None = None")
    rows = words(entity.table)
    if not endpoint.paged:
        doc = f"How the list of {rows} may be narrowed and sorted."
        return SchemaClass(operation.schema or "", "BaseModel", doc, lines)
    doc = f"How the list of {rows} may be narrowed, sorted and cut into pages."
    return SchemaClass(operation.schema or "", "PageQuery", doc, lines)


def _transition(operation: Operation, module: SchemaModule, plan: Plan) -> SchemaClass:
    if operation.machine is None:
        raise AssertionError(f"{operation.name} is a transition")
    item = operation.entity.field(operation.machine.field)
    lines = [f"{attribute(item.name)}: {_type_name(operation.entity, item, module, plan)}"]
    doc = f"Where {article(words(operation.entity.name))} goes."
    return SchemaClass(operation.schema or "", "Input", doc, lines)


def _public(entity: Entity, view: View, plan: Plan) -> SchemaClass:
    role = view.roles[0] if view.roles else None
    lines = [public_line(item, plan) for item in shown_to(entity, role)]
    for embed in entity.embeds:
        child = view_of(plan.blueprint.entity(embed.entity), role, plan)
        lines.append(f"{attribute(embed.field)}: list[{child.schema}]")
    who = " and ".join(map(words, view.roles)) or "callers"
    sees = "sees" if len(view.roles) == 1 else "see"
    doc = f"{article(words(entity.name)).capitalize()} as {who} {sees} it."
    return SchemaClass(view.schema, "Output", doc, lines)


_BUILDERS = {"create": _create, "update": _update, "list": _query, "transition": _transition}
