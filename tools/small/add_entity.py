"""Adds one entity with its fields."""

from typing import Literal

from pydantic import JsonValue

from tools.base import Args, Observation, Tool, ToolContext, ToolError
from tools.blueprint.words import plural, singular, snake_case
from tools.small.steps import take_step

JsonObject = dict[str, JsonValue]
OWNER = "owner_id"
CREATED_AT: JsonObject = {
    "name": "created_at",
    "type": "timestamptz",
    "generated": "now",
    "writable": "never",
}


class SmallField(Args):
    """One field."""

    name: str
    type: Literal[
        "string", "text", "integer", "decimal", "boolean", "date", "timestamptz", "enum", "entity"
    ]
    required: bool
    unique: bool | None = None
    max_length: int | None = None
    minimum: float | None = None
    maximum: float | None = None
    default: str | float | bool | None = None
    values: list[str] | None = None
    entity: str | None = None


class AddEntityArgs(Args):
    """Arguments of `add_entity`."""

    name: str
    fields: list[SmallField]
    owned: bool


def add_entity(ctx: ToolContext, args: AddEntityArgs) -> Observation:
    """Add a kind of thing that is stored, or change its fields. `id` and `created_at` come alone.

    `values` are those of an enum; `entity` is what a field of type entity points to (deleted with
    it). `owned`: every row belongs to the user who made it.
    """
    name = singular(snake_case(args.name))
    _check_users(ctx, name, owned=args.owned)
    fields = [_field(name, field) for field in args.fields if field.name not in _GIVEN]
    enums: list[JsonObject] = [
        {"name": f"{name}_{snake_case(field.name)}", "values": [*field.values]}
        for field in args.fields
        if field.values and field.type == "enum"
    ]
    entity: JsonObject = {"name": name, "table": plural(name), "fields": [*fields, CREATED_AT]}
    if args.owned:
        entity |= {"fields": [_owner_field(ctx), *fields, CREATED_AT], "owner": OWNER}
    update: JsonObject = {"entities": [entity], "enums": [*enums]}
    return take_step(ctx, update, {})


def _check_users(ctx: ToolContext, name: str, *, owned: bool) -> None:
    """Users are more than an entity. Raises ToolError."""
    if ctx.blueprint.load().auth is not None:
        return
    if name == "user":
        raise ToolError("users come with add_accounts, and only when the spec lets people log in")
    if owned:
        raise ToolError(
            "owned: true needs users. If the spec lets people log in, add_accounts first; else "
            "owned: false"
        )


def _field(entity: str, given: SmallField) -> JsonObject:
    name = snake_case(given.name)
    field: JsonObject = {"name": name, "type": given.type}
    if given.type == "entity" or name.endswith("_id"):
        target = singular(snake_case(given.entity or given.name.removesuffix("_id")))
        field |= {"name": f"{name.removesuffix('_id')}_id", "type": "uuid"}
        field["references"] = {"entity": target, "on_delete": "cascade"}
        return field | {"nullable": not given.required}
    if given.type == "enum":
        field["enum"] = f"{entity}_{name}"
    if given.type == "string":
        field["max_length"] = given.max_length or 255
    if given.type == "text" and given.max_length:
        field["max_length"] = given.max_length
    if given.type == "decimal":
        field |= {"precision": 12, "scale": 2}
    for key in ("unique", "minimum", "maximum", "default"):
        value = getattr(given, key)
        if value is not None:
            field[key] = value
    field["nullable"] = not given.required and given.default is None
    return field


def _owner_field(ctx: ToolContext) -> JsonObject:
    auth = ctx.blueprint.load().auth
    user = auth.user_entity if auth else "user"
    return {
        "name": OWNER,
        "type": "uuid",
        "references": {"entity": user, "on_delete": "cascade"},
        "generated": "caller",
        "writable": "never",
    }


_GIVEN = frozenset({"id", "created_at", OWNER})

ADD_ENTITY = Tool(
    "add_entity", AddEntityArgs, add_entity, changes_files=True, phase="before_freeze"
)
