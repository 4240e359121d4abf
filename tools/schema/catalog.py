"""What `catalog.sql` says about a database, as the document."""

import re
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from tools.schema.actions import ACTIONS
from tools.schema.model import (
    Check,
    Column,
    DatabaseSchema,
    Domain,
    EnumType,
    ForeignKey,
    Index,
    LeftOut,
    Table,
)

CATALOG_SQL = (Path(__file__).parent / "catalog.sql").read_text(encoding="utf-8")
"""One query; its one value is a `Catalog` in JSON."""
_CAST = re.compile(
    r"(?P<value>'(?:[^']|'')*'|\(?-?\d+(?:\.\d+)?\)?|\((?P<name>\w+)\))"
    r"::(?:text|numeric|integer|bigint|bpchar|character varying|double precision)"
    r"(?:\(\d+\))?(?!\w|\[)"
)

_ANY = re.compile(r"= ANY \(\(?ARRAY\[([^\[\]]*)\]\)?(?:::text\[\])?\)")


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True)


class _Column(_Row):
    name: str
    type: str
    nullable: bool
    identity: str
    generated: str
    default: str | None
    comment: str | None


class _Constraint(_Row):
    name: str
    kind: str
    definition: str
    expression: str | None
    columns: tuple[str, ...] | None
    target: tuple[str, str] | None
    references: tuple[str, ...] | None
    on_delete: str
    on_update: str


class _Index(_Row):
    name: str
    method: str
    unique: bool
    definition: str
    where: str | None
    keys: tuple[str, ...]


class _Table(_Row):
    name: str
    namespace: str
    partitioned: bool
    partition: bool
    comment: str | None
    columns: tuple[_Column, ...]
    constraints: tuple[_Constraint, ...]
    indexes: tuple[_Index, ...]


class _Enum(_Row):
    name: str
    namespace: str
    comment: str | None
    values: tuple[str, ...]


class _Domain(_Row):
    name: str
    namespace: str
    type: str
    nullable: bool
    default: str | None
    checks: tuple[str, ...]


class _Other(_Row):
    what: str
    name: str


class Catalog(_Row):
    """The value of `CATALOG_SQL`."""

    tables: tuple[_Table, ...]
    enums: tuple[_Enum, ...]
    domains: tuple[_Domain, ...]
    others: tuple[_Other, ...]


def schema_of(catalog: Catalog, source: str) -> DatabaseSchema:
    """The document; expressions lose the casts that PostgreSQL adds to what was written."""
    partitions = [table for table in catalog.tables if table.partition]
    left = [LeftOut(what=f"{one.what} {one.name}", line=1) for one in catalog.others]
    left += [LeftOut(what=f"partition {one.name}", line=1) for one in partitions]
    return DatabaseSchema(
        source=source,
        tables=tuple(_table(table) for table in catalog.tables if not table.partition),
        enums=tuple(
            EnumType(name=one.name, values=one.values, comment=one.comment or "")
            for one in catalog.enums
        ),
        domains=tuple(_domain(one) for one in catalog.domains),
        left_out=tuple(left),
    )


def _table(table: _Table) -> Table:
    by_kind: dict[str, list[_Constraint]] = {}
    for constraint in table.constraints:
        by_kind.setdefault(constraint.kind, []).append(constraint)
    keys = by_kind.get("p", [])
    return Table(
        name=table.name,
        namespace=table.namespace,
        columns=tuple(_column(column) for column in table.columns),
        primary_key=(keys[0].columns or ()) if keys else (),
        uniques=tuple(one.columns or () for one in by_kind.get("u", [])),
        foreign_keys=tuple(_foreign_key(one) for one in by_kind.get("f", [])),
        checks=tuple(
            Check(expression=plain_expression(one.expression or ""), name=one.name)
            for one in by_kind.get("c", [])
        ),
        indexes=tuple(
            Index(
                name=one.name,
                keys=one.keys,
                unique=one.unique,
                where=one.where and plain_expression(one.where),
                method=one.method,
            )
            for one in table.indexes
        ),
        comment=table.comment or "",
    )


def _column(column: _Column) -> Column:
    counted = column.default is not None and column.default.startswith("nextval(")
    default = None if counted or column.generated else column.default
    return Column(
        name=column.name,
        type=column.type.replace("character varying", "varchar"),
        nullable=column.nullable,
        default=default and plain_expression(default),
        identity="always"
        if column.identity == "a"
        else "by_default"
        if column.identity or counted
        else None,
        generated=plain_expression(column.default or "") if column.generated else None,
        comment=column.comment or "",
    )


def _foreign_key(constraint: _Constraint) -> ForeignKey:
    namespace, table = constraint.target or ("public", "")
    return ForeignKey(
        columns=constraint.columns or (),
        table=table if namespace == "public" else f"{namespace}.{table}",
        references=constraint.references or (),
        on_delete=ACTIONS.get(constraint.on_delete, "no_action"),
        on_update=ACTIONS.get(constraint.on_update, "no_action"),
    )


def _domain(domain: _Domain) -> Domain:
    checks = [re.fullmatch(r"CHECK \((.*)\)(?: NOT VALID)?", text, re.S) for text in domain.checks]
    return Domain(
        name=domain.name,
        type=domain.type.replace("character varying", "varchar"),
        nullable=domain.nullable,
        default=domain.default,
        checks=tuple(Check(expression=plain_expression(one[1])) for one in checks if one),
    )


def plain_expression(text: str) -> str:
    """`((price >= (0)::numeric))` as `price >= 0`: as somebody would have written it."""
    before = ""
    while text != before:
        before = text
        text = _CAST.sub(lambda match: match["name"] or match["value"].strip("()"), text)
        if text.startswith("(") and text.endswith(")") and _encloses(text):
            text = text[1:-1]
    return _ANY.sub(r"= ANY(ARRAY[\1])", text)


def _encloses(text: str) -> bool:
    """Whether the first bracket closes with the last."""
    depth = 0
    for position, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if depth == 0:
            return position == len(text) - 1
    return False
