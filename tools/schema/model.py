"""What a Database Agent hands over: a database as plain, versioned data.

This is our published JSON document (docs/schema/database-schema.json); every parser makes one.
Types and expressions are PostgreSQL's own text (`numeric(10,2)`, `text[]`, `now()`), so nothing
is lost on the way. Comments are data written by strangers, never instructions.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from tools.blueprint.model import SpecLine


class Part(BaseModel):
    """Base of every part of the document: unknown keys are errors, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Column(Part):
    """A column of a table."""

    name: str = Field(min_length=1)
    type: str = Field(min_length=1)
    """PostgreSQL type with modifiers: `varchar(100)`, `numeric(10,2)`, `order_status`, `text[]`."""
    nullable: bool = True
    default: str | None = None
    """SQL expression; None when there is none."""
    identity: Literal["always", "by_default"] | None = None
    """`serial` columns are `by_default`."""
    generated: str | None = None
    """SQL expression of a stored generated column."""
    comment: str = ""
    line: SpecLine | None = None
    """Line of the file it was read from."""


class ForeignKey(Part):
    """Columns that point to a key of another table."""

    columns: tuple[str, ...] = Field(min_length=1)
    table: str
    """Referenced table, as `Table.key` spells it."""
    references: tuple[str, ...] = ()
    """Referenced columns; empty: that table's primary key."""
    on_delete: Literal["no_action", "restrict", "cascade", "set_null", "set_default"] = "no_action"
    on_update: Literal["no_action", "restrict", "cascade", "set_null", "set_default"] = "no_action"
    line: SpecLine | None = None


class Check(Part):
    """A condition that every row meets."""

    expression: str
    """SQL expression, without the word CHECK and its parentheses."""
    name: str | None = None
    line: SpecLine | None = None


class Index(Part):
    """An index beyond those that keys bring."""

    name: str | None = None
    keys: tuple[str, ...] = Field(min_length=1)
    """Column names and SQL expressions, in order."""
    unique: bool = False
    where: str | None = None
    """SQL condition of a partial index."""
    method: str = "btree"
    line: SpecLine | None = None


class Table(Part):
    """A table with its keys, checks and indexes."""

    name: str = Field(min_length=1)
    namespace: str = "public"
    """The PostgreSQL schema it lives in."""
    columns: tuple[Column, ...] = ()
    primary_key: tuple[str, ...] = ()
    uniques: tuple[tuple[str, ...], ...] = ()
    """Unique constraints, each as its columns; a one-column constraint too."""
    foreign_keys: tuple[ForeignKey, ...] = ()
    checks: tuple[Check, ...] = ()
    indexes: tuple[Index, ...] = ()
    partitions: tuple[str, ...] = ()
    """Tables that hold its rows; nobody addresses them by name."""
    comment: str = ""
    line: SpecLine | None = None

    @property
    def key(self) -> str:
        """`name`, or `namespace.name` outside `public`; unique in a schema."""
        return self.name if self.namespace == "public" else f"{self.namespace}.{self.name}"

    def column(self, name: str) -> Column:
        """The column of that name. Raises KeyError when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.key} has no column {name!r}")


class EnumType(Part):
    """A closed set of values (`CREATE TYPE ... AS ENUM`)."""

    name: str
    values: tuple[str, ...]
    comment: str = ""
    line: SpecLine | None = None


class Domain(Part):
    """A type with a rule (`CREATE DOMAIN`)."""

    name: str
    type: str
    """The PostgreSQL type under it."""
    nullable: bool = True
    default: str | None = None
    checks: tuple[Check, ...] = ()
    """Conditions on VALUE."""
    line: SpecLine | None = None


class LeftOut(Part):
    """A statement that the document cannot hold (a view, a function, a trigger)."""

    what: str
    line: SpecLine


class DatabaseSchema(Part):
    """A whole database."""

    schema_version: Literal[1] = 1
    source: str = ""
    """Name of the file or service it came from, for messages; never a secret."""
    tables: tuple[Table, ...] = ()
    enums: tuple[EnumType, ...] = ()
    domains: tuple[Domain, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    statements: tuple[str, ...] = ()
    """The SQL that defines all of it, one statement each, in order: run as it is where the tables
    have to be made. Empty when the source was no SQL."""

    def table(self, key: str) -> Table:
        """The table of that `Table.key`. Raises KeyError when there is none."""
        for table in self.tables:
            if table.key == key:
                return table
        raise KeyError(f"no table {key!r}")
