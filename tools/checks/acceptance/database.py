"""Rows made and read behind the API's back, as the backend's own role.

Never as a superuser: a trigger or view that a hostile migration left would then run with the
superuser's rights, inside the verifier's machine.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from pydantic import JsonValue

from tools.blueprint.model import Entity

OPTIONS = "-c search_path=public -c statement_timeout=10000 -c lock_timeout=5000"

CALLS = "rate_limits"


class CouldNotRun(Exception):
    """The test cannot be made here; the text says what is missing. Never a pass."""


@dataclass(frozen=True)
class Column:
    """A column as the catalog has it."""

    type: str
    """`udt_name`: varchar, int4, _text, ..."""
    nullable: bool
    max_length: int | None
    has_default: bool
    """Whether a row that leaves it out gets a value."""

    @property
    def required(self) -> bool:
        """Whether every row has to bring a value."""
        return not self.nullable and not self.has_default


class Database:
    """One connection. Not thread-safe."""

    def __init__(self, url: str) -> None:
        self._url = url
        try:
            self._connection = psycopg.connect(
                url, options=OPTIONS, autocommit=True, row_factory=dict_row
            )
        except psycopg.Error as error:
            raise CouldNotRun(f"no connection to the database: {error}") from error

    def insert(self, table: str, row: Mapping[str, JsonValue], returning: str) -> JsonValue:
        """Add a row; returns the value of that column, ids as the API writes them."""
        query = sql.SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING {}::text AS key").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, row)),
            sql.SQL(", ").join([sql.Placeholder()] * len(row)),
            sql.Identifier(returning),
        )
        found = self._run(query, [_adapt(value) for value in row.values()])
        return _as_id(found[0]["key"])

    def update(self, table: str, key: str, value: JsonValue, row: Mapping[str, JsonValue]) -> None:
        """Set columns of the row whose `key` column has that value."""
        if not self._run(_update(table, key, row), _values(row, value)):
            raise CouldNotRun(f"no row in {table} where {key} = {value!r}")

    def read(self, table: str, key: str, value: JsonValue, column: str) -> JsonValue:
        """One value of one row, as text; None when it is null or there is no such row."""
        query = sql.SQL("SELECT {}::text AS value FROM {} WHERE {}::text = %s").format(
            sql.Identifier(column), sql.Identifier(table), sql.Identifier(key)
        )
        found = self._run(query, [str(value)])
        return found[0]["value"] if found else None

    def count(self, table: str) -> int:
        """How many rows a table has."""
        query = sql.SQL("SELECT count(*)::int AS rows FROM {}").format(sql.Identifier(table))
        return int(str(self._run(query, [])[0]["rows"]))

    def forget_calls(self) -> None:
        """Empty the table in which generated backends count calls, where there is one."""
        if self.columns(CALLS):
            self._connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(CALLS)))

    def columns(self, table: str) -> dict[str, Column]:
        """The table's columns by name; empty when there is no such table."""
        query = sql.SQL(
            "SELECT column_name::text, udt_name::text, is_nullable::text,"
            " character_maximum_length::int, (column_default IS NOT NULL OR is_identity = 'YES'"
            " OR is_generated = 'ALWAYS') AS has_default FROM information_schema.columns"
            " WHERE table_schema = 'public' AND table_name = %s"
        )
        return {
            str(row["column_name"]): Column(
                type=str(row["udt_name"]),
                nullable=row["is_nullable"] == "YES",
                max_length=_as_size(row["character_maximum_length"]),
                has_default=bool(row["has_default"]),
            )
            for row in self._run(query, [table])
        }

    @contextmanager
    def held(
        self, table: str, key: str, value: JsonValue, changes: Mapping[str, JsonValue]
    ) -> Iterator[None]:
        """Change a row so that nobody sees it until the block ends; rivals have to wait for that.

        Args:
            table: where the row is.
            key: the column that names it.
            value: what that column holds.
            changes: column -> new value; the key itself, to change nothing.
        """
        with psycopg.connect(self._url, options=OPTIONS) as rival:
            rival.execute(_update(table, key, changes), _values(changes, value))
            yield

    @contextmanager
    def locked(self, table: str, key: str, value: JsonValue) -> Iterator[None]:
        """Keep everybody from changing a row, and from adding rows that refer to it."""
        query = sql.SQL("SELECT 1 FROM {} WHERE {}::text = %s FOR UPDATE").format(
            sql.Identifier(table), sql.Identifier(key)
        )
        with psycopg.connect(self._url, options=OPTIONS) as rival:
            rival.execute(query, [str(value)])
            yield

    def wait_for_rivals(self, count: int, seconds: float = 2) -> None:
        """Until so many sessions of the backend wait for a lock; some backends never let them."""
        query = sql.SQL(
            "SELECT count(*)::int AS rows FROM pg_catalog.pg_stat_activity"
            " WHERE usename = current_user AND wait_event_type = 'Lock'"
        )
        end = time.monotonic() + seconds
        while int(str(self._run(query, [])[0]["rows"])) < count and time.monotonic() < end:
            time.sleep(0.02)

    def keys(self, entity: Entity) -> frozenset[str]:
        """The primary keys of an entity's rows, as text."""
        query = sql.SQL("SELECT {}::text AS key FROM {}").format(
            _key(entity), sql.Identifier(entity.table)
        )
        return frozenset(str(row["key"]) for row in self._run(query, []))

    def rows(self, entity: Entity) -> dict[str, dict[str, JsonValue]]:
        """An entity's rows: primary key as text -> column -> value as text, or None."""
        names = self.columns(entity.table)
        pairs = [sql.SQL("{}::text AS {}").format(*[sql.Identifier(name)] * 2) for name in names]
        query = sql.SQL('SELECT {}::text AS "the key", {} FROM {}').format(
            _key(entity), sql.SQL(", ").join(pairs), sql.Identifier(entity.table)
        )
        found = self._run(query, [])
        return {str(row["the key"]): {name: row[name] for name in names} for row in found}

    def forget(self, entity: Entity, keep: frozenset[str]) -> bool:
        """Delete an entity's rows except those with these keys; False when others refer to them."""
        query = sql.SQL("DELETE FROM {} WHERE NOT ({}::text = ANY(%s)) RETURNING 1").format(
            sql.Identifier(entity.table), _key(entity)
        )
        try:
            self._run(query, [list(keep)])
        except CouldNotRun:
            return False
        return True

    def _run(
        self, query: sql.SQL | sql.Composed, values: Sequence[object]
    ) -> list[dict[str, JsonValue]]:
        try:
            cursor = self._connection.execute(query, values)
            rows: list[dict[str, JsonValue]] = cursor.fetchall()
        except psycopg.Error as error:
            raise CouldNotRun(f"the database refuses a row of the test: {error}") from error
        return rows


def _update(table: str, key: str, row: Mapping[str, JsonValue]) -> sql.Composed:
    return sql.SQL("UPDATE {} SET {} WHERE {}::text = %s RETURNING 1").format(
        sql.Identifier(table),
        sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(name)) for name in row),
        sql.Identifier(key),
    )


def _values(row: Mapping[str, JsonValue], key: JsonValue) -> list[object]:
    return [*(_adapt(value) for value in row.values()), str(key)]


def _key(entity: Entity) -> sql.Composed:
    names = map(sql.Identifier, entity.primary_key)
    return sql.SQL("ROW({})").format(sql.SQL(", ").join(names))


def _as_size(value: JsonValue) -> int | None:
    return value if isinstance(value, int) else None


def _adapt(value: JsonValue) -> object:
    return Jsonb(value) if isinstance(value, dict) else value


def _as_id(value: JsonValue) -> JsonValue:
    text = str(value)
    return int(text) if text.lstrip("-").isdigit() else text
