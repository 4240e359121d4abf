"""Fields that are no columns: an SQL expression for each, in one module of the backend."""

from dataclasses import dataclass

from tools.blueprint.model import Computed, Entity, EntityField
from tools.components.columns import literal, python_type, sql_type
from tools.components.hiding import visible
from tools.components.names import attribute
from tools.components.plan import Plan

UTC_TODAY = 'cast(func.timezone("UTC", func.now()), Date)'


@dataclass(frozen=True)
class ComputedField:
    """One assignment: `Tool.open_loans = column_property(...)`."""

    model: str
    name: str
    rows: str
    """Statement that reads the child rows; empty when there are none."""
    variable: str
    """What holds that statement."""
    expression: str
    by_hand: bool
    """Whether the expression only stands in for one that is left to write."""


def computed_fields(plan: Plan) -> list[ComputedField]:
    """Every computed field of every entity."""
    return [
        ComputedField(
            model=plan.model(entity),
            name=attribute(field.name),
            rows=_child_rows(entity, field.computed, plan),
            variable=_rows_variable(entity, field),
            expression=_expression(entity, field, field.computed, plan),
            by_hand=field.computed.by == "hand",
        )
        for entity in plan.blueprint.entities
        for field in entity.fields
        if field.computed
    ]


def computed_names(entity: Entity) -> list[str]:
    """Attributes that a row has to be read again for after it has changed."""
    return [attribute(field.name) for field in entity.fields if field.computed]


def computed_annotations(entity: Entity, plan: Plan) -> list[str]:
    """`open_loans: Mapped[int]`, for type checkers: the attribute is added later."""
    return [
        f"{attribute(field.name)}: Mapped[{python_type(field, plan)}"
        f"{' | None' if field.nullable else ''}]"
        for field in entity.fields
        if field.computed
    ]


def _rows_variable(entity: Entity, field: EntityField) -> str:
    return f"{entity.name}_{field.name}"


def _expression(entity: Entity, field: EntityField, computed: Computed, plan: Plan) -> str:
    if computed.by == "hand":
        return f"cast(null(), {sql_type(field, plan)})"
    if computed.by == "past":
        return _past(entity, computed, plan)
    child = plan.model(plan.blueprint.entity(computed.entity or ""))
    whole = f"{_rows_variable(entity, field)}.correlate_except({child})"
    return whole if computed.by == "exists" else f"{whole}.scalar_subquery()"


def _child_rows(entity: Entity, computed: Computed, plan: Plan) -> str:
    if computed.by in ("hand", "past"):
        return ""
    child = plan.blueprint.entity(computed.entity or "")
    rows = plan.model(child)
    key = child.field(computed.via or "")
    parent = f"{plan.model(entity)}.{attribute(key.references.field if key.references else '')}"
    conditions = [f"{rows}.{attribute(key.name)} == {parent}", *_condition(child, computed, plan)]
    conditions += filter(None, [visible(child, plan)])
    where = f".where({', '.join(conditions)})"
    if computed.by == "exists":
        return f"exists(){where}"
    result = "func.count()"
    if computed.by == "sum":
        result = f"func.coalesce(func.sum({rows}.{attribute(computed.field or '')}), 0)"
    return f"select({result}){where}"


def _past(entity: Entity, computed: Computed, plan: Plan) -> str:
    moment = entity.field(computed.field or "")
    now = "func.now()" if moment.type == "timestamptz" else UTC_TODAY
    past = f"{plan.model(entity)}.{attribute(moment.name)} < {now}"
    conditions = [past, *_condition(entity, computed, plan)]
    whole = f"and_({', '.join(conditions)})" if len(conditions) > 1 else past
    return f"func.coalesce({whole}, false())" if moment.nullable else whole


def _condition(rows: Entity, computed: Computed, plan: Plan) -> list[str]:
    """Which rows count."""
    if computed.where is None:
        return []
    field = rows.field(computed.where)
    column = f"{plan.model(rows)}.{attribute(field.name)}"
    if not computed.values:
        return [f"{column}.is_(None)"]
    values = ", ".join(literal(value, field, plan) for value in computed.values)
    return [f"{column}.in_([{values}])"]
