"""Writes the resources: schemas, services, rules and routes of every entity with endpoints."""

from collections.abc import Iterator

from tools.blueprint.model import UNPAGED_ROWS, Blueprint, Entity
from tools.components.base import GeneratedFile
from tools.components.bulk import bulk_routes, key_type
from tools.components.columns import python_type
from tools.components.grants import role_set
from tools.components.names import variable
from tools.components.operations import Operation, operations_of
from tools.components.origins import origins_of
from tools.components.plan import Plan, make_plan
from tools.components.render import render_python
from tools.components.resource_rules import move_tables, row_rules
from tools.components.resource_schemas import schema_module
from tools.components.routes import route_functions
from tools.components.services import service_module
from tools.components.support import check_supported
from tools.components.views import endpoints_showing, views, views_of


class EndpointImplementation:
    """A folder for each resource, and what they share: pages, base schemas."""

    name = "endpoints"

    def emit(self, blueprint: Blueprint) -> Iterator[GeneratedFile]:
        """The files of all resources."""
        plan = make_plan(blueprint)
        check_supported(plan)
        origins = origins_of(plan)
        shared = {"plan": plan, "conventions": blueprint.conventions}
        yield render_python("endpoints/base_schemas.py", "app/schemas.py", origins, **shared)
        style = blueprint.conventions.pagination.style
        paged = {e.paged for e in blueprint.endpoints if e.operation == "list"} or {True}
        kind = "keyset" if style == "keyset" and True in paged else "offset"
        lists = {"pages": True in paged, "whole": UNPAGED_ROWS if False in paged else None}
        path = "app/pagination.py"
        yield render_python(f"endpoints/{kind}.py", path, origins, **lists, **shared)
        for home in plan.homes:
            yield from _resource(home, plan)


def _resource(home: Entity, plan: Plan) -> Iterator[GeneratedFile]:
    folder = f"app/{plan.folder(home)}"
    operations = operations_of(plan).get(home.name, ())
    schemas = schema_module(home, operations, plan)
    local = origins_of(plan)
    for name in schemas.names:
        local[name] = f"from app.{plan.folder(home)}.schemas import {name}"
    role = plan.enum_classes[plan.role_enum.name] if plan.role_enum is not None else None
    owner_type = python_type(plan.key(plan.user), plan) if plan.has_auth else ""
    context: dict[str, object] = {
        "home": home,
        "role": role,
        "owner_type": owner_type,
        "ends_logins": plan.has_refresh,
        "conventions": plan.blueprint.conventions,
    }
    if schemas.classes:
        path = f"{folder}/schemas.py"
        yield render_python("endpoints/schemas.py", path, local, schemas=schemas, **context)
    if any(len(views_of(home, endpoint, plan)) > 1 for endpoint in endpoints_showing(home, plan)):
        yield from _views(home, operations, local, context, plan)
    members = plan.members(home)
    machines = [table for entity in members for table in move_tables(entity, plan)]
    if machines:
        local |= {
            m.function: f"from app.{plan.folder(home)}.states import {m.function}" for m in machines
        }
        path = f"{folder}/states.py"
        yield render_python("endpoints/states.py", path, local, machines=machines, **context)
    rules = [rule for entity in members for rule in row_rules(entity, plan)]
    if rules:
        local["rules"] = f"from app.{plan.folder(home)} import rules"
        path = f"{folder}/rules.py"
        targets = {
            rule.arguments["targets"]: rule.arguments
            for rule in rules
            if rule.kind in {"copy", "stock"}
        }
        yield render_python(
            "endpoints/rules.py", path, local, rules=rules, targets=targets.values(), **context
        )
    service = service_module(home, operations, plan)
    if service is not None:
        path = f"{folder}/service.py"
        yield render_python("endpoints/service.py", path, local, service=service, **context)
    if operations:
        local["service"] = f"from app.{plan.folder(home)} import service"
        routes = route_functions(operations, plan, local)
        path = f"{folder}/routes.py"
        yield render_python("endpoints/routes.py", path, local, routes=routes, **context)
    bulk = list(bulk_routes(home, plan, local))
    if bulk:
        yield render_python(
            "endpoints/bulk.py",
            f"{folder}/bulk.py",
            local,
            routes=bulk,
            model=plan.model(home),
            key_type=key_type(home, plan),
            auth=plan.has_auth,
            **context,
        )


def _views(
    home: Entity,
    operations: tuple[Operation, ...],
    local: dict[str, str],
    context: dict[str, object],
    plan: Plan,
) -> Iterator[GeneratedFile]:
    """What each role sees. Adds its functions to `local`."""
    found = views(home, plan)
    lists = {operation.endpoint.paged for operation in operations if operation.kind == "list"}
    for name in (f"show_{home.name}", f"show_{home.name}_page", f"show_{home.name}_list"):
        local[name] = f"from app.{plan.folder(home)}.views import {name}"
    yield render_python(
        "endpoints/views.py",
        f"app/{plan.folder(home)}/views.py",
        local,
        views=found,
        role_set=lambda view: role_set(view.roles, plan),
        model=plan.model(home),
        row=variable(home.name),
        lists=lists,
        **context,
    )
