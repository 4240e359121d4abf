"""A field of the Blueprint as a field of a Pydantic model."""

from tools.blueprint.model import Comparison, Entity, EntityField
from tools.components.columns import array_item, literal, number, python_type, scale
from tools.components.names import attribute, camel, quote
from tools.components.plan import Plan

_BOUNDS = {"integer": 2**31, "bigint": 2**63}
"""PostgreSQL's integers; a value outside is the client's error, not the database's."""
_PATTERNS = {"slug": r"^[a-z0-9]+(-[a-z0-9]+)*$", "url": r"^https?://[^\s]+$"}
_INPUT_TYPES = {
    "float": "FiniteFloat",
    "date": "Day",
    "time": "TimeOfDay",
    "timestamptz": "Timestamp",
    "interval": "Duration",
    "jsonb": "JsonValue",
    "bytes": "Base64Input",
}
MAX_ARRAY_ITEMS = 1000
MAX_EMAIL_LENGTH = 254
"""RFC 5321 with erratum 1690."""


def alias_name(entity: Entity, field: EntityField, plan: Plan) -> str:
    """The name of a field's constrained type: `BookTitle`."""
    return f"{plan.model(entity)}{camel(field.name)}"


def input_type(field: EntityField, plan: Plan) -> str:
    """The type of one value as a client may send it, with its constraints."""
    base = _input_base(field, plan)
    constraints = _constraints(field)
    if field.type == "decimal":
        constraints_text = f"Field({', '.join(constraints)}), fix_scale({scale(field)})"
        return f"Annotated[{base}, {constraints_text}]"
    return f"Annotated[{base}, Field({', '.join(constraints)})]" if constraints else base


def create_line(field: EntityField, type_name: str, plan: Plan) -> str:
    """The field in a Create schema."""
    name = attribute(field.name)
    options = [f"alias={quote(field.name)}"] if name != field.name else []
    if field.default is not None:
        default = literal(field.default, field, plan)
        factory = default if isinstance(field.default, list | dict) else ""
        options.insert(0, f"default_factory=lambda: {factory}" if factory else f"default={default}")
    elif field.nullable:
        options.insert(0, "default=None")
    annotation = f"{type_name} | None" if field.nullable else type_name
    return f"{name}: {annotation}{_assignment(options)}"


def renamed_line(name: str, annotation: str) -> str:
    """A required key that is no field of an entity: a password."""
    safe = attribute(name)
    return f"{safe}: {annotation}{_assignment([f'alias={quote(name)}'] if safe != name else [])}"


def update_line(field: EntityField, type_name: str) -> str:
    """The field in an Update schema: it may be left out, but null only when it is nullable."""
    name = attribute(field.name)
    if name != field.name:
        default = "default=None" if field.nullable else "default_factory=unchanged"
        options = [default, f"alias={quote(field.name)}"]
        annotation = f"{type_name} | None" if field.nullable else type_name
        return f"{name}: {annotation}{_assignment(options)}"
    return (
        f"{name}: {type_name} | None = None"
        if field.nullable
        else f"{name}: {type_name} = UNCHANGED"
    )


def public_line(field: EntityField, plan: Plan) -> str:
    """The field in a Public schema."""
    name = attribute(field.name)
    annotation = _output_type(field, plan) + (" | None" if field.nullable else "")
    options = [f"serialization_alias={quote(field.name)}"] if name != field.name else []
    return f"{name}: {annotation}{_assignment(options)}"


def query_line(field: EntityField, plan: Plan) -> str:
    """The field as a filter of a list."""
    name = attribute(field.name)
    options = ["default=None", f"alias={quote(field.name)}"][: 1 + (name != field.name)]
    return f"{name}: {_query_type(field, plan)} | None{_assignment(options)}"


def comparison_line(comparison: Comparison, field: EntityField, plan: Plan) -> str:
    """The parameter of a list that compares the field otherwise than for equality."""
    name = attribute(comparison.param)
    options = ["default=None", f"alias={quote(comparison.param)}"][: 1 + (name != comparison.param)]
    kinds = {"absent": "bool", "contains": "SearchText"}
    annotation = kinds.get(comparison.kind) or _query_type(field, plan)
    return f"{name}: {annotation} | None{_assignment(options)}"


def _query_type(field: EntityField, plan: Plan) -> str:
    """Query strings are text, so nothing is strict."""
    base = _input_base(field, plan)
    constraints = [c for c in _constraints(field) if c.startswith(("ge=", "le=", "max_length="))]
    return f"Annotated[{base}, Field({', '.join(constraints)})]" if constraints else base


def _assignment(options: list[str]) -> str:
    if not options:
        return ""
    if len(options) == 1 and options[0].startswith("default="):
        return f" = {options[0].removeprefix('default=')}"
    return f" = Field({', '.join(options)})"


def _input_base(field: EntityField, plan: Plan) -> str:
    if field.format == "email":
        return "Email"
    if field.type == "array":
        return f"list[{input_type(array_item(field), plan)}]"
    if field.type == "jsonb" and not field.nullable:
        return "NonNullJson"
    return _INPUT_TYPES.get(field.type) or python_type(field, plan)


def _output_type(field: EntityField, plan: Plan) -> str:
    if field.type == "decimal" and plan.blueprint.conventions.formats.decimal == "number":
        return "DecimalNumber"
    if field.type == "bytes":
        return "Base64Output"
    if field.type == "array":
        return f"list[{_output_type(array_item(field), plan)}]"
    return "JsonValue" if field.type == "jsonb" else python_type(field, plan)


def _constraints(field: EntityField) -> list[str]:
    if field.type in {"string", "text"}:
        return _text_constraints(field)
    if field.type in _BOUNDS:
        limit = _BOUNDS[field.type]
        low = max(field.minimum if field.minimum is not None else -limit, -limit)
        high = min(field.maximum if field.maximum is not None else limit - 1, limit - 1)
        return [f"ge={number(low)}", f"le={number(high)}", "strict=True"]
    if field.type == "decimal":
        digits = [f"max_digits={field.precision or 12}", f"decimal_places={scale(field)}"]
        return _range(field) + digits
    if field.type == "float":
        return [*_range(field), "strict=True"]
    if field.type == "array":
        return [f"max_length={MAX_ARRAY_ITEMS}"]
    return ["strict=True"] if field.type == "boolean" else []


def _text_constraints(field: EntityField) -> list[str]:
    constraints = []
    if field.min_length is not None:
        constraints.append(f"min_length={field.min_length}")
    longest = field.max_length or (255 if field.type == "string" else None)
    if longest is not None and not (field.format == "email" and longest >= MAX_EMAIL_LENGTH):
        constraints.append(f"max_length={longest}")
    if field.format in _PATTERNS:
        constraints.append(f"pattern={_raw(_PATTERNS[field.format])}")
    if field.pattern is not None:
        constraints.append(f"pattern={_raw(field.pattern)}")
    return constraints


def _raw(pattern: str) -> str:
    """A pattern as code: raw, unless it holds quotes or line breaks."""
    if {'"', "'", "\n", "\r", "\t"} & set(pattern) or not pattern.isprintable():
        return quote(pattern) if pattern.isprintable() else repr(pattern)
    return f'r"{pattern}"'


def _range(field: EntityField) -> list[str]:
    bounds = {"ge": field.minimum, "le": field.maximum}
    return [f"{name}={_bound(field, value)}" for name, value in bounds.items() if value is not None]


def _bound(field: EntityField, value: float) -> str:
    text = number(value)
    # Decimal("0.01") is less than the float 0.01
    return f"Decimal({quote(text)})" if field.type == "decimal" and "." in text else text
