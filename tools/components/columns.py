"""A field of the Blueprint as a column: in the model, and in the first migration."""

import hashlib
import re
from dataclasses import dataclass

from pydantic import JsonValue

from tools.blueprint.model import Entity, EntityField
from tools.components.added_fields import STILL_THERE, VERSION
from tools.components.base import ComponentError
from tools.components.names import attribute, enum_members, quote
from tools.components.plan import Plan

MAX_NAME_BYTES = 63
"""PostgreSQL cuts longer identifiers (NAMEDATALEN)."""
ENUM_LENGTH = 50
"""Width of an enum's column: new values never need a change of type."""

_PYTHON_TYPES = {
    "string": "str",
    "text": "str",
    "integer": "int",
    "bigint": "int",
    "decimal": "Decimal",
    "float": "float",
    "boolean": "bool",
    "date": "dt.date",
    "time": "dt.time",
    "timestamptz": "dt.datetime",
    "interval": "dt.timedelta",
    "uuid": "UUID",
    "jsonb": "Any",
    "bytes": "bytes",
}
_SQL_TYPES = {
    "text": "Text()",
    "integer": "Integer()",
    "bigint": "BigInteger()",
    "float": "Double()",
    "boolean": "Boolean()",
    "date": "Date()",
    "time": "Time()",
    "timestamptz": "DateTime(timezone=True)",
    "interval": "Interval()",
    "uuid": "Uuid()",
    "jsonb": "JSONB(none_as_null=True)",
    "bytes": "LargeBinary()",
}
_IMPLIED = {"integer", "boolean", "float", "date", "time", "timestamptz", "interval", "uuid"}
"""Types that the annotation alone says (see `Base.type_annotation_map`)."""
_RESERVED_WORDS = (
    "all analyse analyze and any array as asc asymmetric authorization between bigint "
    "binary bit boolean both case cast char character check coalesce collate collation "
    "column concurrently constraint create cross current_catalog current_date "
    "current_role current_schema current_time current_timestamp current_user dec decimal "
    "default deferrable desc distinct do else end except exists extract false fetch float "
    "for foreign freeze from full grant greatest group grouping having ilike in initially "
    "inner inout int integer intersect interval into is isnull join json json_array "
    "json_object lateral leading least left like limit localtime localtimestamp national "
    "natural nchar none normalize not notnull null nullif numeric offset on only or order "
    "out outer overlaps overlay placing position precision primary real references "
    "returning right row select session_user setof similar smallint some substring "
    "symmetric system_user table tablesample then time timestamp to trailing treat trim "
    "true union unique user using values varchar variadic verbose when where window with "
    "xmlattributes xmlconcat xmlelement"
)
_RESERVED_COLUMNS = frozenset(_RESERVED_WORDS.split())
"""PostgreSQL's keywords that are not plain column names (SQL key words, appendix C)."""


_KEYS: dict[tuple[str, str | None], str] = {
    ("uuid", "uuid"): "UuidKey",
    ("integer", "identity"): "IntegerKey",
}


def python_type(field: EntityField, plan: Plan) -> str:
    """The annotation of one value, without `| None`."""
    if field.type == "enum":
        return plan.enum_classes[_enum_name(field)]
    if field.type == "array":
        return f"list[{python_type(array_item(field), plan)}]"
    return _PYTHON_TYPES[field.type]


def scale(field: EntityField) -> int:
    """Digits after the decimal point; two, like money, unless the Blueprint says otherwise."""
    return 2 if field.scale is None else field.scale


def array_item(field: EntityField) -> EntityField:
    """The element of an array as a field of its own."""
    if field.item_type is None:
        raise ComponentError(f"array field {field.name} has no item_type")
    update = {"type": field.item_type, "item_type": None, "nullable": False}
    return field.model_copy(update=update)


def sql_type(field: EntityField, plan: Plan, *, migration: bool = False) -> str:
    """The SQLAlchemy type expression; migrations write plain types under the name `sa`."""
    prefix = "sa." if migration else ""
    if field.type == "string":
        return f"{prefix}String({field.max_length or 255})"
    if field.type == "decimal":
        return f"{prefix}Numeric({field.precision or 12}, {scale(field)})"
    if field.type == "array":
        return f"{prefix}ARRAY({sql_type(array_item(field), plan, migration=migration)})"
    if field.type == "enum":
        return _enum_type(field, plan, migration=migration)
    return ("" if field.type == "jsonb" else prefix) + _SQL_TYPES[field.type]


def _enum_type(field: EntityField, plan: Plan, *, migration: bool) -> str:
    if field.enum in plan.given_enums:
        name = quote(field.enum or "")
        if migration:
            return f"ENUM(name={name}, create_type=False)"
        return f"given_enum({python_type(field, plan)}, {name})"
    if migration:
        return f"sa.String({ENUM_LENGTH})"
    return f"text_enum({python_type(field, plan)}, {quote(field.name)})"


def model_column(entity: Entity, field: EntityField, plan: Plan) -> str:
    """The line of the model's class body."""
    name = attribute(field.name)
    annotation = python_type(field, plan) + (" | None" if field.nullable else "")
    if entity.primary_key == (field.name,) and (field.type, field.generated) in _KEYS:
        return f"{name}: Mapped[{_KEYS[field.type, field.generated]}]"
    arguments = [quote(field.name)] if name != field.name else []
    if field.type not in _IMPLIED:
        arguments.append(sql_type(field, plan))
    if field.references is not None:
        arguments.append(_foreign_key(entity, field, plan))
    if field.generated == "identity":
        arguments.append("Identity()")
    arguments += _options(entity, field)
    if plan.is_computed(entity, field):
        arguments.append("server_default=FetchedValue()")
    call = f" = mapped_column({', '.join(arguments)})" if arguments else ""
    return f"{name}: Mapped[{annotation}]{call}"


def _options(entity: Entity, field: EntityField) -> list[str]:
    options = []
    if field.name in entity.primary_key:
        options.append("primary_key=True")
    if field.unique and not is_freed(entity, field):
        options.append("unique=True")
    elif needs_index(entity, field):
        options.append("index=True")
    if field.generated in {"now", "now_on_update"}:
        options.append("server_default=func.now()")
    if field.generated == "now_on_update":
        options.append("onupdate=func.now()")
    if field.generated == "uuid":
        options.append("default=new_id")
    if entity.if_match != "ignored" and field.name == VERSION.name:
        options.append('onupdate=text("version + 1")')
    default = sql_default(field)
    if default is not None:
        options.append(f"server_default={default}")
    return options


def _foreign_key(entity: Entity, field: EntityField, plan: Plan) -> str:
    reference = field.references
    if reference is None:
        raise ComponentError(f"{field.name} is no foreign key")
    target = plan.blueprint.entity(reference.entity)
    column = quote(f"{target.table}.{reference.field}")
    late = ", use_alter=True" if plan.closes_cycle(entity, field) else ""
    return f"ForeignKey({column}, ondelete={quote(on_delete(field))}{late})"


def on_delete(field: EntityField) -> str:
    """The SQL action of a foreign key."""
    action = field.references.on_delete if field.references else "restrict"
    return action.replace("_", " ").upper()


def needs_index(entity: Entity, field: EntityField) -> bool:
    """A foreign key is joined on and checked on delete, so it has an index unless one leads."""
    leads = (entity.primary_key, *entity.indexes, *entity.unique_together)
    return field.references is not None and all(names[0] != field.name for names in leads)


def is_freed(entity: Entity, field: EntityField) -> bool:
    """Whether a hidden row gives its unique value back; a value that others refer to stays."""
    return entity.soft_delete and field.name not in entity.primary_key


@dataclass(frozen=True)
class PartialUnique:
    """A unique index over some rows."""

    name: str
    columns: tuple[str, ...]
    where: str


def partial_uniques(entity: Entity) -> list[PartialUnique]:
    """Uniqueness that only holds among rows in some states, or among those not hidden."""
    found = []
    if entity.soft_delete:
        freed = [(f.name,) for f in entity.fields if f.unique and is_freed(entity, f)]
        for names in (*freed, *entity.unique_together):
            found.append(_partial(entity, names, [STILL_THERE]))
    for group in entity.unique_while:
        values = ", ".join(f"'{value}'" for value in group.values)
        conditions = [f"{quote_column(group.field)} IN ({values})"]
        conditions += [STILL_THERE] if entity.soft_delete else []
        found.append(_partial(entity, group.fields, conditions, f"_while_{group.field}"))
    return found


def _partial(
    entity: Entity, names: tuple[str, ...], conditions: list[str], suffix: str = ""
) -> PartialUnique:
    name = f"uq_{entity.table}_{'_'.join(names)}{suffix}"
    return PartialUnique(fit_name(name), names, " AND ".join(conditions))


def fit_name(name: str) -> str:
    """The identifier as SQLAlchemy shortens it, so that model and migration agree."""
    if len(name) <= MAX_NAME_BYTES:
        return name
    digest = hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()
    return f"{name[: MAX_NAME_BYTES - 8]}_{digest[-4:]}"


def sql_default(field: EntityField) -> str | None:
    """The `server_default` expression, or None."""
    if field.default is None or field.type in {"jsonb", "array", "bytes", "interval"}:
        return None
    if isinstance(field.default, bool):
        return quote(str(field.default).lower())
    return quote(str(field.default))


def checks(entity: Entity) -> dict[str, str]:
    """Check constraints: name without prefix -> SQL."""
    found: dict[str, str] = {}
    for field in entity.columns:
        column = quote_column(field.name)
        if field.type in {"integer", "bigint", "decimal", "float"}:
            if field.minimum is not None:
                found[f"{field.name}_min"] = f"{column} >= {number(field.minimum)}"
            if field.maximum is not None:
                found[f"{field.name}_max"] = f"{column} <= {number(field.maximum)}"
    return found


def enum_check(field: EntityField, plan: Plan) -> str:
    """The SQL that allows only the enum's values."""
    values = ", ".join(
        "'" + value.replace("'", "''") + "'"
        for value in plan.blueprint.enum(_enum_name(field)).values
    )
    return f"{quote_column(field.name)} IN ({values})"


def quote_column(name: str) -> str:
    """A column name as raw SQL needs it."""
    return f'"{name}"' if name in _RESERVED_COLUMNS else name


def number(value: float) -> str:
    """`0.0` -> `0`, `0.5` -> `0.5`."""
    return str(int(value)) if float(value).is_integer() else repr(value)


def literal(value: JsonValue, field: EntityField, plan: Plan) -> str:
    """A JSON value of the field as a Python expression."""
    if value is None or isinstance(value, bool):
        return repr(value)
    if field.type == "enum":
        enum = plan.blueprint.enum(_enum_name(field))
        return f"{plan.enum_classes[enum.name]}.{member(enum.values, str(value))}"
    if field.type == "decimal":
        return f"Decimal({quote(str(value))})"
    if field.type == "date":
        return f"dt.date.fromisoformat({quote(str(value))})"
    if field.type == "timestamptz":
        return f"dt.datetime.fromisoformat({quote(str(value))})"
    return quote(value) if isinstance(value, str) else re.sub("'", '"', repr(value))


def member(values: tuple[str, ...], value: str) -> str:
    """The enum member of a value. Raises ComponentError when the enum lacks it."""
    try:
        return enum_members(values)[value]
    except KeyError as error:
        raise ComponentError(f"{value!r} is not one of {', '.join(values)}") from error


def _enum_name(field: EntityField) -> str:
    if field.enum is None:
        raise ComponentError(f"enum field {field.name} names no enum")
    return field.enum
