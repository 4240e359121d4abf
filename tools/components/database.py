"""Writes the database layer: engine, models and the first migration."""

from collections.abc import Iterator
from dataclasses import dataclass

from tools.blueprint.model import Blueprint, Entity, EntityField
from tools.components.base import ComponentError, GeneratedFile
from tools.components.columns import (
    checks,
    enum_check,
    fit_name,
    is_freed,
    model_column,
    needs_index,
    on_delete,
    partial_uniques,
    sql_default,
    sql_type,
)
from tools.components.names import attribute, enum_members, quote
from tools.components.origins import origins_of
from tools.components.plan import Plan, make_plan
from tools.components.render import render_python, render_text
from tools.components.support import check_supported

GIVEN_SEPARATOR = "\n;--\n"
"""Between the statements of a given schema, in its file."""


class DatabaseLayer:
    """Async SQLAlchemy models, the session, Alembic and its first revision."""

    name = "database"

    def emit(self, blueprint: Blueprint) -> Iterator[GeneratedFile]:
        """The files of the database layer."""
        plan = make_plan(blueprint)
        check_supported(plan)
        origins = origins_of(plan)
        context = {"plan": plan, "conventions": blueprint.conventions}
        yield render_python("database/db.py", "app/db.py", origins, **context)
        if blueprint.enums:
            enums = [(plan.enum_classes[e.name], enum_members(e.values)) for e in blueprint.enums]
            yield render_python("database/enums.py", "app/enums.py", origins, enums=enums)
        for home in plan.homes:
            folder = f"app/{plan.folder(home)}"
            yield GeneratedFile(f"{folder}/__init__.py", _package_docstring(home))
            models = [_model_class(entity, plan) for entity in reversed(plan.members(home))]
            path = f"{folder}/models.py"
            yield render_python("database/models.py", path, origins, home=home, models=models)
        yield from _alembic(plan, origins)


def _package_docstring(home: Entity) -> str:
    return f'"""Everything about {home.table.replace("_", " ")}."""\n'


@dataclass(frozen=True)
class ModelClass:
    """What the template of a model needs."""

    entity: Entity
    name: str
    columns: list[str]
    table_args: list[str]
    children: list[str]


def _model_class(entity: Entity, plan: Plan) -> ModelClass:
    children = []
    for embed in entity.embeds:
        child = plan.blueprint.entity(embed.entity)
        name = plan.model(child)
        order = f"{name}.{attribute(plan.key(child).name)}"
        children.append(
            f"{attribute(embed.field)}: Mapped[list[{name}]] = relationship("
            f'cascade="all, delete-orphan", order_by={order}, lazy="raise")'
        )
    columns = [model_column(entity, field, plan) for field in entity.fields]
    return ModelClass(entity, plan.model(entity), columns, _table_args(entity), children)


def _table_args(entity: Entity) -> list[str]:
    arguments = [
        f"CheckConstraint({quote(sql)}, name={quote(name)})" for name, sql in checks(entity).items()
    ]
    for names in () if entity.soft_delete else entity.unique_together:
        arguments.append(f"UniqueConstraint({', '.join(map(quote, names))})")
    for index in partial_uniques(entity):
        columns = ", ".join(map(quote, (index.name, *index.columns)))
        where = f"postgresql_where=text({quote(index.where)})"
        arguments.append(f"Index({columns}, unique=True, {where})")
    for names in entity.indexes:
        arguments.append(f"Index(None, {', '.join(map(quote, names))})")
    return arguments


def _alembic(plan: Plan, origins: dict[str, str]) -> Iterator[GeneratedFile]:
    yield render_text("database/alembic.ini", "alembic.ini")
    yield render_text("database/script.py.mako", "alembic/script.py.mako")
    modules = [f"app.{plan.folder(home)}.models" for home in plan.homes]
    if plan.has_auth:
        modules.append("app.auth.models")
    listed = ", ".join(quote(module) for module in sorted(modules))
    listed = f"[{listed}]"
    yield render_python("database/env.py", "alembic/env.py", origins, modules=listed, plan=plan)
    if plan.blueprint.given:
        text = GIVEN_SEPARATOR.join(plan.blueprint.given.statements)
        yield GeneratedFile("alembic/given_schema.sql", f"{text}\n")
    context = {
        "plan": plan,
        "separator": GIVEN_SEPARATOR,
        "first_given": _first_given(plan),
        "tables": [
            _table(entity, plan) for entity in plan.creation_order if not plan.is_given(entity)
        ],
        "late_keys": _late_keys(plan),
        "user_key": _user_key(plan) if plan.has_auth else None,
    }
    revision = "alembic/versions/0001_create_tables.py"
    yield render_python("database/revision.py", revision, origins, **context)


def _first_given(plan: Plan) -> str:
    """The given table whose presence says that all are there, as SQL names it."""
    tables = plan.blueprint.given.tables if plan.blueprint.given else ()
    return ".".join(f'"{part}"' for part in tables[0].split(".")) if tables else ""


@dataclass(frozen=True)
class UserKey:
    """What the table of refresh tokens refers to."""

    column: str
    sql_type: str
    constraint: str


def _user_key(plan: Plan) -> UserKey:
    key = plan.key(plan.user)
    table = plan.user.table
    constraint = fit_name(f"fk_auth_refresh_tokens_user_id_{table}")
    return UserKey(f"{table}.{key.name}", sql_type(key, plan, migration=True), constraint)


@dataclass(frozen=True)
class Table:
    """What the migration needs to create one table."""

    name: str
    elements: list[str]
    indexes: list[str]


def _table(entity: Entity, plan: Plan) -> Table:
    elements = [_migration_column(field, plan) for field in entity.fields]
    table = entity.table
    for name, sql in checks(entity).items():
        elements.append(_constraint("Check", quote(sql), f"ck_{table}_{name}"))
    for field in entity.fields:
        if field.type == "enum":
            name = f"ck_{table}_{field.name}"
            elements.append(_constraint("Check", quote(enum_check(field, plan)), name))
    for field in entity.fields:
        if field.references is not None and not plan.closes_cycle(entity, field):
            elements.append(_foreign_key_constraint(entity, field, plan))
    keys = ", ".join(map(quote, entity.primary_key))
    elements.append(_constraint("PrimaryKey", keys, f"pk_{table}"))
    uniques = [(f.name,) for f in entity.fields if f.unique and not is_freed(entity, f)]
    for names in (*uniques, *(() if entity.soft_delete else entity.unique_together)):
        columns = ", ".join(map(quote, names))
        elements.append(_constraint("Unique", columns, f"uq_{table}_{'_'.join(names)}"))
    return Table(table, elements, _indexes(entity))


def _migration_column(field: EntityField, plan: Plan) -> str:
    arguments = [quote(field.name), sql_type(field, plan, migration=True)]
    if field.generated == "identity":
        arguments.append("sa.Identity()")
    default = sql_default(field)
    if field.generated in {"now", "now_on_update"}:
        default = "sa.func.now()"
    elif field.generated == "uuid":
        default = "sa.func.gen_random_uuid()"
    if default is not None:
        arguments.append(f"server_default={default}")
    arguments.append(f"nullable={field.nullable}")
    return f"sa.Column({', '.join(arguments)})"


def _constraint(kind: str, arguments: str, name: str) -> str:
    return f"sa.{kind}Constraint({arguments}, name=op.f({quote(fit_name(name))}))"


def _foreign_key_constraint(entity: Entity, field: EntityField, plan: Plan) -> str:
    target, name = _foreign_key_target(entity, field, plan)
    action = quote(on_delete(field))
    return (
        f"sa.ForeignKeyConstraint([{quote(field.name)}], [{quote(target)}], "
        f"name=op.f({quote(name)}), ondelete={action})"
    )


def _foreign_key_target(entity: Entity, field: EntityField, plan: Plan) -> tuple[str, str]:
    """Referred column as `table.column`, and the constraint's name."""
    if field.references is None:
        raise ComponentError(f"{entity.name}.{field.name} is no foreign key")
    table = plan.blueprint.entity(field.references.entity).table
    name = fit_name(f"fk_{entity.table}_{field.name}_{table}")
    return f"{table}.{field.references.field}", name


def _indexes(entity: Entity) -> list[str]:
    indexed = [
        (field.name,) for field in entity.fields if needs_index(entity, field) and not field.unique
    ]
    calls = []
    for names in (*indexed, *entity.indexes):
        name = quote(fit_name(f"ix_{entity.table}_{'_'.join(names)}"))
        columns = ", ".join(map(quote, names))
        calls.append(f"op.create_index(op.f({name}), {quote(entity.table)}, [{columns}])")
    for index in partial_uniques(entity):
        place = f"op.f({quote(index.name)}), {quote(entity.table)}"
        columns = ", ".join(map(quote, index.columns))
        where = f"postgresql_where=sa.text({quote(index.where)})"
        calls.append(f"op.create_index({place}, [{columns}], unique=True, {where})")
    return calls


@dataclass(frozen=True)
class LateKey:
    """A foreign key added when both of its tables exist."""

    create: str
    drop: str


def _late_keys(plan: Plan) -> list[LateKey]:
    keys = []
    for entity in plan.blueprint.entities:
        for field in () if plan.is_given(entity) else entity.fields:
            if field.references is not None and plan.closes_cycle(entity, field):
                target, name = _foreign_key_target(entity, field, plan)
                table, column = target.split(".")
                arguments = f"op.f({quote(name)}), {quote(entity.table)}"
                create = (
                    f"op.create_foreign_key({arguments}, {quote(table)}, [{quote(field.name)}], "
                    f"[{quote(column)}], ondelete={quote(on_delete(field))})"
                )
                keys.append(LateKey(create, f"op.drop_constraint({arguments})"))
    return keys
