"""Which answers a backend keeps for a time, and which tables each of them shows."""

from collections.abc import Iterable, Iterator

from tools.blueprint.model import Endpoint, Entity
from tools.components.grants import callers_of
from tools.components.names import quote
from tools.components.operations import Operation
from tools.components.plan import RESOURCE_OPERATIONS, Plan


def cached_endpoints(plan: Plan) -> list[Endpoint]:
    """The endpoints whose answers are kept."""
    return [endpoint for endpoint in plan.blueprint.endpoints if endpoint.cache_s]


def keeps_versions(plan: Plan) -> bool:
    """Whether some kept answer has an ETag."""
    return any(
        endpoint.operation == "get"
        and plan.blueprint.entity(endpoint.entity or "").if_match != "ignored"
        for endpoint in cached_endpoints(plan)
    )


def cached_tables(plan: Plan) -> list[str]:
    """The tables that some kept answer shows, sorted; all when one is written by hand."""
    endpoints = cached_endpoints(plan)
    if any(endpoint.operation not in RESOURCE_OPERATIONS for endpoint in endpoints):
        return sorted(entity.table for entity in plan.blueprint.entities)
    return sorted({e.table for endpoint in endpoints for e in shown_entities(endpoint, plan)})


def shown_entities(endpoint: Endpoint, plan: Plan) -> list[Entity]:
    """Every entity whose rows an answer shows, counts or is chosen by, as the Blueprint orders."""
    entity = plan.blueprint.entity(endpoint.entity or "")
    found = set(_inside(entity, plan))
    if callers_of(endpoint.access, plan).restricted:
        found |= {f.references.entity for f in plan.owner_chain(entity)[:-1] if f.references}
    waiting = list(found)
    while waiting:
        above = set(_vanish_with(plan.blueprint.entity(waiting.pop()))) - found
        found |= above
        waiting += above
    return [entity for entity in plan.blueprint.entities if entity.name in found]


def _inside(entity: Entity, plan: Plan) -> Iterator[str]:
    """The entity, the rows embedded in it, and those that computed fields are read from."""
    yield entity.name
    for field in entity.fields:
        if field.computed is not None and field.computed.by == "hand":
            yield from (other.name for other in plan.blueprint.entities)
        elif field.computed is not None and field.computed.entity is not None:
            yield field.computed.entity
    for embed in entity.embeds:
        yield from _inside(plan.blueprint.entity(embed.entity), plan)


def _vanish_with(entity: Entity) -> Iterable[str]:
    """The entities whose rows take this one's along, or change them, when they are deleted."""
    references = (field.references for field in entity.fields if field.references is not None)
    return (r.entity for r in references if r.on_delete in {"cascade", "set_null"})


def kept_lines(
    operation: Operation, plan: Plan, call: str, show: str, *, by_role: bool
) -> list[str]:
    """The lines that answer as before, or by `call`, a call of a service.

    Args:
        operation: a list, or one object.
        plan: the backend.
        call: `service.get_book(session, book_id)`.
        show: what makes the answer of the row or page that it gives, a callable.
        by_role: whether `show` depends on the caller's role.
    """
    seen_by = [name for name in (operation.parent_param, operation.object_param) if name]
    if operation.kind == "list" and operation.schema is not None:
        seen_by.append("query.model_dump_json()")
    if operation.callers.restricted:
        seen_by.append("caller.owned_by")
    if by_role:
        seen_by.append("caller.role")
    tables = ", ".join(quote(e.table) for e in shown_entities(operation.endpoint, plan))
    seconds = operation.endpoint.cache_s
    read = f"CachedRead({quote(operation.name)}, [{', '.join(seen_by)}], [{tables}], {seconds})"
    versioned = operation.kind == "get" and operation.entity.if_match != "ignored"
    tag = ", lambda row: etag_of(row.version)" if versioned else ""
    return [
        *_fresh_rows(operation, plan),
        f"read = {read}",
        f"return await answer_cache.answer(read, lambda: {call}, {show}{tag})",
    ]


def _fresh_rows(operation: Operation, plan: Plan) -> list[str]:
    """What was read to let the caller in may be older than the seals: the answer reads it again."""
    read_before = [plan.user.name] if not operation.callers.public else []
    if operation.parent_field is not None:
        read_before.append(plan.parent_entity(operation.endpoint).name)
    shown = {entity.name for entity in shown_entities(operation.endpoint, plan)}
    return ["session.expunge_all()"] if shown.intersection(read_before) else []
