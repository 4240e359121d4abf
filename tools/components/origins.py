"""Where each name comes from in the backend of one Blueprint."""

from tools.components.grants import callers_of
from tools.components.plan import Plan
from tools.components.vocabulary import VOCABULARY


def origins_of(plan: Plan) -> dict[str, str]:
    """Name -> import statement: the fixed vocabulary, and the classes of this Blueprint."""
    origins = dict(VOCABULARY)
    for entity in plan.blueprint.entities:
        name = plan.model(entity)
        origins[name] = f"from app.{plan.folder(entity)}.models import {name}"
    for name in plan.enum_classes.values():
        origins[name] = f"from app.enums import {name}"
    for endpoint in plan.blueprint.endpoints:
        name = callers_of(endpoint.access, plan).name
        origins[name] = f"from app.access import {name}"
    return origins
