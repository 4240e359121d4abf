"""What the generated tests of fields that only some roles see or set cover."""

from collections.abc import Iterator
from dataclasses import dataclass

from tools.blueprint.model import EntityField
from tools.components.names import quote
from tools.components.operations import Operation
from tools.components.payloads import create_fields, update_fields
from tools.components.plan import Plan
from tools.components.samples import valid
from tools.components.scenes import Scene, caller_role, make_scene
from tools.components.views import shown_to

READS = {"get", "list"}


def readable_by(field: EntityField, role: str | None) -> bool:
    """Whether the role finds the field in answers."""
    return field.readable and (not field.readers or role in field.readers)


def writable_by(field: EntityField, role: str | None) -> bool:
    """Whether the role may set the field where others may."""
    return not field.writers or role in field.writers


@dataclass(frozen=True)
class ReadCase:
    """One role that reads, and which of the restricted fields it finds."""

    who: str
    scene: Scene
    restricted: list[str]
    seen: list[str]


@dataclass(frozen=True)
class WriteCase:
    """One role that may not set a field which others may."""

    who: str
    scene: Scene
    field: str
    value: str


def read_cases(operation: Operation, plan: Plan) -> Iterator[ReadCase]:
    """One for each role that may call."""
    entity = operation.entity
    restricted = [f.name for f in entity.fields if f.readable and f.readers]
    if operation.kind not in READS or not restricted:
        return
    callers = operation.callers
    for role in (None,) if callers.public else (*callers.full, *callers.own):
        scene = make_scene(operation, plan, role=role, with_row=True)
        if operation.kind == "list":
            scene.lines[-1] = scene.lines[-1].removeprefix(f"{scene.row} = ")
        seen = [f.name for f in shown_to(entity, role) if f.readers]
        yield ReadCase(role or "nobody", scene, restricted, seen)


def write_cases(operation: Operation, plan: Plan) -> Iterator[WriteCase]:
    """One for each field and each role that may not set it."""
    if operation.kind not in {"create", "update"}:
        return
    fields = create_fields if operation.kind == "create" else update_fields
    sent = [f for f in fields(operation.entity, operation.endpoint, plan) if f.writers]
    for role in (*operation.callers.full, *operation.callers.own):
        for field in sent:
            if not writable_by(field, role) and field.references is None:
                scene = make_scene(operation, plan, role=role)
                yield WriteCase(role, scene, field.name, valid(field, plan).json)


def unseen(fields: tuple[EntityField, ...], operation: Operation) -> list[str]:
    """Fields that the tests' ordinary caller sends but does not find in the answer."""
    role = caller_role(operation)
    return [quote(f.name) for f in fields if not readable_by(f, role)]
