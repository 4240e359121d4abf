"""Columns, constraints and indexes of PostgreSQL's syntax tree as parts of the document."""

from dataclasses import dataclass
from typing import Any, Literal

from pglast.enums import ConstrType
from pglast.stream import RawStream

from tools.schema.actions import ACTIONS
from tools.schema.model import Check, Column, ForeignKey, Index

Node = Any
"""A node of pglast's tree; its stubs call every attribute optional, the grammar does not."""
_SERIAL = {"smallserial": "smallint", "serial": "integer", "bigserial": "bigint"} | {
    "serial2": "smallint",
    "serial4": "integer",
    "serial8": "bigint",
}


@dataclass(frozen=True)
class ColumnParts:
    """A column, and those of its constraints that belong to the table."""

    column: Column
    constraints: tuple[Node, ...]


def read_column(element: Node, line: int) -> ColumnParts:
    """A column definition. NOT NULL, DEFAULT, IDENTITY and GENERATED become part of the column."""
    kind = type_sql(element.typeName)
    constraints = tuple(element.constraints or ())
    by_kind = {constraint.contype: constraint for constraint in constraints}
    default = by_kind.get(ConstrType.CONSTR_DEFAULT)
    identity = by_kind.get(ConstrType.CONSTR_IDENTITY)
    generated = by_kind.get(ConstrType.CONSTR_GENERATED)
    serial = kind in _SERIAL
    required = {ConstrType.CONSTR_NOTNULL, ConstrType.CONSTR_PRIMARY} & by_kind.keys()
    made: Literal["always", "by_default"] | None = "by_default" if serial else None
    if identity:
        made = "always" if identity.generated_when == "a" else "by_default"
    column = Column(
        name=element.colname,
        type=_SERIAL.get(kind, kind),
        nullable=not (required or made),
        default=sql(default.raw_expr) if default else None,
        identity=made,
        generated=sql(generated.raw_expr) if generated else None,
        line=line,
    )
    return ColumnParts(column, constraints)


def constraint_check(constraint: Node, line: int) -> Check:
    """A CHECK constraint."""
    return Check(expression=sql(constraint.raw_expr), name=constraint.conname, line=line)


def constraint_foreign_key(constraint: Node, column: str | None, line: int) -> ForeignKey:
    """A FOREIGN KEY or, on a column, REFERENCES."""
    target = constraint.pktable
    outside = target.schemaname and target.schemaname != "public"
    return ForeignKey(
        columns=names(constraint.fk_attrs) or ((column,) if column else ()),
        table=f"{target.schemaname}.{target.relname}" if outside else target.relname,
        references=names(constraint.pk_attrs),
        on_delete=ACTIONS.get(constraint.fk_del_action, "no_action"),
        on_update=ACTIONS.get(constraint.fk_upd_action, "no_action"),
        line=line,
    )


def read_index(statement: Node, line: int) -> Index:
    """A CREATE INDEX statement."""
    return Index(
        name=statement.idxname,
        keys=tuple(key.name or sql(key.expr) for key in statement.indexParams or ()),
        unique=bool(statement.unique),
        where=sql(statement.whereClause) if statement.whereClause else None,
        method=statement.accessMethod or "btree",
        line=line,
    )


def type_sql(name: Node) -> str:
    """The type as SQL: `numeric(10,2)`, `text[]`."""
    return sql(name).replace(", ", ",").removeprefix("pg_catalog.")


def sql(node: Node) -> str:
    """An expression as SQL text on one line."""
    return " ".join(str(RawStream()(node)).split())


def names(nodes: tuple[Node, ...] | None) -> tuple[str, ...]:
    """The texts of a list of String nodes."""
    return tuple(node.sval for node in nodes or ())
