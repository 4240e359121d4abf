"""The tables of a backend as plain data: what the first migration makes, and later ones compare."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from tools.blueprint.model import Entity, EntityField
from tools.components.base import ComponentError
from tools.components.columns import (
    checks,
    enum_check,
    fit_name,
    is_freed,
    needs_index,
    on_delete,
    partial_uniques,
    sql_default,
    sql_type,
)
from tools.components.existing_rows import cast_name, fill_value
from tools.components.limits import limits_of, uses_idempotency
from tools.components.names import quote
from tools.components.plan import Plan

REFRESH_TOKENS = "auth_refresh_tokens"


class Described(BaseModel):
    """Base of what describes a table: it is kept as JSON from one run to the next."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Column(Described):
    """A column, in the words of a migration."""

    name: str
    type: str
    """SQLAlchemy type, as Python code."""
    cast: str
    """The type's name in SQL, without a length, for `USING`."""
    nullable: bool
    default: str | None = None
    """`server_default`, as Python code."""
    identity: bool = False
    fill: str | None = None
    """SQL for rows that exist when the column comes; None when no value can be made up."""

    def code(self) -> str:
        """The `sa.Column(...)`."""
        arguments = [quote(self.name), self.type]
        if self.identity:
            arguments.append("sa.Identity()")
        if self.default is not None:
            arguments.append(f"server_default={self.default}")
        arguments.append(f"nullable={self.nullable}")
        return f"sa.Column({', '.join(arguments)})"


class Constraint(Described):
    """A named rule of a table."""

    kind: Literal["Check", "ForeignKey", "PrimaryKey", "Unique"]
    name: str
    columns: tuple[str, ...] = ()
    sql: str = ""
    """Of a check."""
    target: str = ""
    """`table.column` that a foreign key refers to."""
    on_delete: str = ""

    @property
    def target_table(self) -> str:
        """The table that a foreign key refers to."""
        return self.target.partition(".")[0]

    def code(self) -> str:
        """The `sa.XConstraint(...)`, as part of a `create_table`."""
        return f"sa.{self.kind}Constraint({self._arguments()})"

    def _arguments(self) -> str:
        name = f"name=op.f({quote(self.name)})"
        columns = ", ".join(map(quote, self.columns))
        if self.kind == "Check":
            return f"{quote(self.sql)}, {name}"
        if self.kind == "ForeignKey":
            target, action = quote(self.target), quote(self.on_delete)
            return f"[{columns}], [{target}], {name}, ondelete={action}"
        return f"{columns}, {name}"


class TableIndex(Described):
    """An index of a table."""

    columns: tuple[str, ...]
    unique: bool = False
    where: str = ""
    """SQL: only rows that it is true of are in the index."""


class Table(Described):
    """A table, all of it."""

    name: str
    columns: tuple[Column, ...]
    constraints: tuple[Constraint, ...]
    indexes: dict[str, TableIndex]
    """By name."""

    def column(self, name: str) -> Column | None:
        """The column of that name, or None."""
        return next((column for column in self.columns if column.name == name), None)


def tables_of(plan: Plan) -> tuple[Table, ...]:
    """The tables that our migrations are about, in an order in which they can be made."""
    ours = [entity for entity in plan.creation_order if not plan.is_given(entity)]
    tables = [_entity_table(entity, plan) for entity in ours]
    tables += [_refresh_tokens(plan)] if plan.has_refresh else []
    tables += [_idempotency_keys()] if uses_idempotency(plan) else []
    tables += [_rate_limits()] if limits_of(plan).any else []
    return tuple(tables)


def _entity_table(entity: Entity, plan: Plan) -> Table:
    return Table(
        name=entity.table,
        columns=tuple(_column(field, plan) for field in entity.columns),
        constraints=(
            *_checks(entity, plan),
            *_foreign_keys(entity, plan),
            _constraint("PrimaryKey", f"pk_{entity.table}", columns=entity.primary_key),
            *_uniques(entity),
        ),
        indexes=_indexes(entity),
    )


def _column(field: EntityField, plan: Plan) -> Column:
    default = sql_default(field)
    if field.generated in {"now", "now_on_update"}:
        default = "sa.func.now()"
    elif field.generated == "uuid":
        default = "sa.func.gen_random_uuid()"
    return Column(
        name=field.name,
        type=sql_type(field, plan, migration=True),
        cast=cast_name(field, plan),
        nullable=field.nullable,
        default=default,
        identity=field.generated == "identity",
        fill=fill_value(field, plan),
    )


def _checks(entity: Entity, plan: Plan) -> list[Constraint]:
    found = checks(entity)
    enums = {f.name: enum_check(f, plan) for f in entity.columns if f.type == "enum"}
    named = [*found.items(), *enums.items()]
    return [_constraint("Check", f"ck_{entity.table}_{name}", sql=sql) for name, sql in named]


def _foreign_keys(entity: Entity, plan: Plan) -> list[Constraint]:
    keys = [field for field in entity.columns if field.references is not None]
    return [_foreign_key(entity, field, plan) for field in keys]


def _foreign_key(entity: Entity, field: EntityField, plan: Plan) -> Constraint:
    if field.references is None:
        raise ComponentError(f"{entity.name}.{field.name} is no foreign key")
    table = plan.referenced(field).table
    return _constraint(
        "ForeignKey",
        f"fk_{entity.table}_{field.name}_{table}",
        columns=(field.name,),
        target=f"{table}.{field.references.field}",
        on_delete=on_delete(field),
    )


def _uniques(entity: Entity) -> list[Constraint]:
    alone = [(f.name,) for f in entity.columns if f.unique and not is_freed(entity, f)]
    together = () if entity.soft_delete else entity.unique_together
    return [
        _constraint("Unique", f"uq_{entity.table}_{'_'.join(names)}", columns=names)
        for names in (*alone, *together)
    ]


def _indexes(entity: Entity) -> dict[str, TableIndex]:
    whole = {f.name for f in entity.columns if f.unique and not is_freed(entity, f)}
    alone = [(f.name,) for f in entity.columns if needs_index(entity, f) and f.name not in whole]
    found = {
        fit_name(f"ix_{entity.table}_{'_'.join(names)}"): TableIndex(columns=names)
        for names in (*alone, *entity.indexes)
    }
    for index in partial_uniques(entity):
        found[index.name] = TableIndex(columns=index.columns, unique=True, where=index.where)
    return found


def _constraint(
    kind: Literal["Check", "ForeignKey", "PrimaryKey", "Unique"],
    name: str,
    *,
    columns: tuple[str, ...] = (),
    sql: str = "",
    target: str = "",
    on_delete: str = "",
) -> Constraint:
    return Constraint(
        kind=kind,
        name=fit_name(name),
        columns=columns,
        sql=sql,
        target=target,
        on_delete=on_delete,
    )


def _refresh_tokens(plan: Plan) -> Table:
    """The house's own table: one row for every refresh token that may still be used."""
    key = plan.key(plan.user)
    user = plan.user.table
    user_type = sql_type(key, plan, migration=True)
    moment = "sa.DateTime(timezone=True)"
    new_id = "sa.func.gen_random_uuid()"
    return Table(
        name=REFRESH_TOKENS,
        columns=(
            Column(name="id", type="sa.Uuid()", cast="uuid", nullable=False, default=new_id),
            Column(name="family_id", type="sa.Uuid()", cast="uuid", nullable=False),
            Column(name="user_id", type=user_type, cast=cast_name(key, plan), nullable=False),
            Column(name="expires_at", type=moment, cast="timestamptz", nullable=False),
            Column(name="used_at", type=moment, cast="timestamptz", nullable=True),
        ),
        constraints=(
            _constraint(
                "ForeignKey",
                f"fk_{REFRESH_TOKENS}_user_id_{user}",
                columns=("user_id",),
                target=f"{user}.{key.name}",
                on_delete="CASCADE",
            ),
            _constraint("PrimaryKey", f"pk_{REFRESH_TOKENS}", columns=("id",)),
        ),
        indexes={
            f"ix_{REFRESH_TOKENS}_{column}": TableIndex(columns=(column,))
            for column in ("family_id", "user_id")
        },
    )


def _idempotency_keys() -> Table:
    """The answers that are given again to requests with the same key."""
    name, moment = "idempotency_keys", "sa.DateTime(timezone=True)"
    now = "sa.func.now()"
    return Table(
        name=name,
        columns=(
            Column(name="caller", type="sa.String(64)", cast="varchar", nullable=False),
            Column(name="key", type="sa.String(255)", cast="varchar", nullable=False),
            Column(name="request", type="sa.String(64)", cast="varchar", nullable=False),
            Column(name="answer", type="sa.Text()", cast="text", nullable=True),
            Column(name="created_at", type=moment, cast="timestamptz", nullable=False, default=now),
        ),
        constraints=(_constraint("PrimaryKey", f"pk_{name}", columns=("caller", "key")),),
        indexes={},
    )


def _rate_limits() -> Table:
    """How often somebody has called since a window opened."""
    name, moment = "rate_limits", "sa.DateTime(timezone=True)"
    return Table(
        name=name,
        columns=(
            Column(name="subject", type="sa.String(400)", cast="varchar", nullable=False),
            Column(name="calls", type="sa.Integer()", cast="integer", nullable=False),
            Column(name="ends_at", type=moment, cast="timestamptz", nullable=False),
        ),
        constraints=(_constraint("PrimaryKey", f"pk_{name}", columns=("subject",)),),
        indexes={f"ix_{name}_ends_at": TableIndex(columns=("ends_at",))},
    )
