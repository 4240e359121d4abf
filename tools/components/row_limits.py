"""Quotas as the functions that they become."""

from tools.blueprint.model import Entity, QuotaRule
from tools.components.columns import literal, python_type
from tools.components.hiding import visible
from tools.components.names import attribute, words
from tools.components.plan import Plan


def quota_name(rule: QuotaRule) -> str:
    """`limit_loans_per_member`; with states and amounts in it, so that it is unique."""
    parts = [rule.entity, rule.amount or "", *rule.values, "per", rule.per.removesuffix("_id")]
    return "limit_" + "_".join(part.replace("-", "_") for part in parts if part)


def quota_arguments(rule: QuotaRule, entity: Entity, plan: Plan) -> dict[str, str]:
    """What the template of the function needs, as code."""
    per = entity.field(rule.per)
    target = plan.referenced(per)
    model = plan.model(entity)
    row_conditions = [f"{model}.{attribute(per.name)} == key"]
    if rule.field is not None:
        row_conditions.append(f"{model}.{attribute(rule.field)}.in_({counted_states(rule, plan)})")
    if (shown := visible(entity, plan)) is not None:
        row_conditions.append(shown)
    key = plan.model(target) + "." + attribute(per.references.field if per.references else "id")
    total = f"func.sum({model}.{attribute(rule.amount)})" if rule.amount else "func.count()"
    return {
        "per": attribute(per.name),
        "nullable": "may be null" if per.nullable else "",
        "key_type": python_type(per, plan),
        "key": key,
        "limit": str(rule.limit),
        "limit_column": f"{plan.model(target)}.{attribute(rule.limit_field)}"
        if rule.limit_field
        else "",
        "total": total,
        "conditions": ", ".join(row_conditions),
        "counts": f"row.{attribute(rule.field)} in {counted_states(rule, plan)}"
        if rule.field
        else "",
        "says": quota_sentence(rule),
        "per_name": words(rule.per.removesuffix("_id")),
    }


def counted_states(rule: QuotaRule, plan: Plan) -> str:
    """The states that count, as a list display."""
    field = plan.blueprint.entity(rule.entity).field(rule.field or "")
    return f"[{', '.join(literal(value, field, plan) for value in rule.values)}]"


def quota_sentence(rule: QuotaRule) -> str:
    """`At most 3 loans per member while status is open`, for docstrings."""
    limit = f"`{rule.limit_field}`" if rule.limit_field else str(rule.limit)
    what = f"{words(rule.amount)} of {words(rule.entity)}" if rule.amount else words(rule.entity)
    states = f" while {words(rule.field)} is {' or '.join(rule.values)}" if rule.field else ""
    return f"At most {limit} {what} per {words(rule.per.removesuffix('_id'))}{states}"
