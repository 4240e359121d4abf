"""Writes the database layer: engine, models and the migrations."""

from collections.abc import Iterator
from dataclasses import dataclass

from tools.blueprint.model import Blueprint, Entity
from tools.components.base import GeneratedFile
from tools.components.columns import (
    checks,
    model_column,
    partial_uniques,
)
from tools.components.computed import computed_annotations, computed_fields
from tools.components.limits import limits_of, uses_idempotency
from tools.components.names import attribute, enum_members, quote
from tools.components.origins import origins_of
from tools.components.plan import Plan, make_plan
from tools.components.render import render_python, render_text
from tools.components.revisions import GIVEN_SEPARATOR, NO_HISTORY, History, revisions_of
from tools.components.support import check_supported


class DatabaseLayer:
    """Async SQLAlchemy models, the session, Alembic and its revisions."""

    name = "database"

    def __init__(self, history: History = NO_HISTORY) -> None:
        """`history` is what was generated before: the next revision builds on it."""
        self._history = history

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
        if fields := computed_fields(plan):
            yield render_python("database/computed.py", "app/computed.py", origins, fields=fields)
        yield from _alembic(plan, origins)
        yield from revisions_of(plan, self._history)


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
    computed: list[str]
    """Annotations of fields that are no columns."""


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
    columns = [model_column(entity, field, plan) for field in entity.columns]
    return ModelClass(
        entity=entity,
        name=plan.model(entity),
        columns=columns,
        table_args=_table_args(entity),
        children=children,
        computed=computed_annotations(entity, plan),
    )


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
    if plan.has_refresh:
        modules.append("app.auth.models")
    modules += ["app.idempotency"] if uses_idempotency(plan) else []
    modules += ["app.rate_limits"] if limits_of(plan).any else []
    listed = ", ".join(quote(module) for module in sorted(modules))
    listed = f"[{listed}]"
    yield render_python("database/env.py", "alembic/env.py", origins, modules=listed, plan=plan)
    if plan.blueprint.given:
        text = GIVEN_SEPARATOR.join(plan.blueprint.given.statements)
        yield GeneratedFile("alembic/given_schema.sql", f"{text}\n")
