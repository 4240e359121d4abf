"""What the generated tests of kept answers cover."""

from collections.abc import Iterator
from dataclasses import dataclass

from tools.components.caching import shown_entities
from tools.components.operations import Operation
from tools.components.plan import Plan
from tools.components.scenes import caller_role, role_member
from tools.components.views import view_of


@dataclass(frozen=True)
class OtherCaller:
    """Somebody who sees something else than the first caller, and so may not get that answer."""

    who: str
    role: str
    """Argument of `log_in`."""


def cache_case(operation: Operation, plan: Plan) -> dict[str, object] | None:
    """What varies in the tests of an endpoint whose answers are kept; None for any other."""
    if not operation.endpoint.cache_s:
        return None
    return {
        "tables": [entity.table for entity in shown_entities(operation.endpoint, plan)],
        "others": list(_others(operation, plan)),
        "pages": operation.kind == "list" and operation.endpoint.paged,
        "versioned": operation.kind == "get" and operation.entity.if_match != "ignored",
    }


def _others(operation: Operation, plan: Plan) -> Iterator[OtherCaller]:
    callers, main = operation.callers, caller_role(operation)
    if callers.own:
        yield OtherCaller("another_owner", _argument(callers.own[0], plan))
    seen = view_of(operation.entity, main, plan)
    for role in callers.full:
        if view_of(operation.entity, role, plan) != seen:
            yield OtherCaller(role, _argument(role, plan))


def _argument(role: str, plan: Plan) -> str:
    return role_member(role, plan) if plan.role_enum is not None else ""
