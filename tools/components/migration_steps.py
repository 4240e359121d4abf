"""The statements of a migration from one set of tables to another.

Up and down are the same question asked in both directions, so a migration can always go back.
"""

from collections.abc import Iterator, Sequence

from tools.components.names import quote
from tools.components.tables import Column, Constraint, Table

Tables = Sequence[Table]
"""In an order in which they can be made."""


def migration_steps(old: Tables, new: Tables) -> list[str]:
    """Lines of Python; a new table is made by a call of `create_<table>()`.

    References go first and come last, so that no statement meets one that it would break.
    """
    pairs = _pairs(old, new)
    made = [table for table in new if _find(old, table.name) is None]
    gone = [table for table in old if _find(new, table.name) is None]
    lines = [_drop_constraint(table, key) for table, key in late_keys(gone)]
    for before, after in pairs:
        lines += _drops(before, after)
    for before, after in pairs:
        lines += [*_column_steps(before, after), *_adds(before, after)]
    lines += [f"create_{table.name}()" for table in made]
    lines += [_add_constraint(table, key) for table, key in late_keys(made)]
    for before, after in pairs:
        keys = [c for c in after.constraints if c.kind == "ForeignKey"]
        lines += [_add_constraint(after, key) for key in keys if key not in before.constraints]
    return lines + [f"op.drop_table({quote(table.name)})" for table in reversed(gone)]


def late_keys(tables: Tables) -> list[tuple[Table, Constraint]]:
    """Foreign keys to a table that comes later: added when both tables exist."""
    order = {table.name: place for place, table in enumerate(tables)}
    return [
        (table, key)
        for table in tables
        for key in table.constraints
        if order.get(key.target_table, -1) > order[table.name]
    ]


def create_index(table: Table, name: str) -> str:
    """The statement that makes one of the table's indexes."""
    index = table.indexes[name]
    columns = ", ".join(map(quote, index.columns))
    options = ", unique=True" if index.unique else ""
    if index.where:
        options += f", postgresql_where=sa.text({quote(index.where)})"
    return f"op.create_index(op.f({quote(name)}), {quote(table.name)}, [{columns}]{options})"


def _pairs(old: Tables, new: Tables) -> list[tuple[Table, Table]]:
    found = [(_find(old, table.name), table) for table in new]
    return [(before, after) for before, after in found if before is not None]


def _find(tables: Tables, name: str) -> Table | None:
    return next((table for table in tables if table.name == name), None)


def _drops(before: Table, after: Table) -> Iterator[str]:
    for constraint in before.constraints:
        if constraint not in after.constraints:
            yield _drop_constraint(before, constraint)
    for name, index in before.indexes.items():
        if after.indexes.get(name) != index:
            yield f"op.drop_index(op.f({quote(name)}), {quote(before.name)})"


def _adds(before: Table, after: Table) -> Iterator[str]:
    for constraint in after.constraints:
        if constraint not in before.constraints and constraint.kind != "ForeignKey":
            yield _add_constraint(after, constraint)
    for name, index in after.indexes.items():
        if before.indexes.get(name) != index:
            yield create_index(after, name)


def _column_steps(before: Table, after: Table) -> Iterator[str]:
    table = quote(after.name)  # a string of Python, and a name of SQL
    for column in before.columns:
        if after.column(column.name) is None:
            yield f"op.drop_column({table}, {quote(column.name)})"
    for column in after.columns:
        known = before.column(column.name)
        if known is None:
            yield from _add_column(table, column)
        else:
            yield from _change_column(table, known, column)


def needs_fill(column: Column) -> bool:
    """Whether rows that exist need a value that the column does not have by itself."""
    return not column.nullable and column.default is None and not column.identity


def _add_column(table: str, column: Column) -> Iterator[str]:
    if not needs_fill(column) or column.fill is None:
        yield f"op.add_column({table}, {column.code()})"
        return
    filled = column.model_copy(update={"default": f"sa.text({quote(column.fill)})"})
    yield f"op.add_column({table}, {filled.code()})"
    yield f"op.alter_column({table}, {quote(column.name)}, server_default=None)"


def _change_column(table: str, before: Column, after: Column) -> Iterator[str]:
    place = f"{table}, {quote(after.name)}"
    retyped = before.type != after.type
    default = None if retyped else before.default  # the old one need not fit the new type
    if default != before.default:
        yield f"op.alter_column({place}, server_default=None)"
    if retyped:
        using = quote(f"{quote_name(after.name)}::text::{after.cast}")
        yield f"op.alter_column({place}, type_={after.type}, postgresql_using={using})"
    if default != after.default:
        yield f"op.alter_column({place}, server_default={after.default})"
    if before.nullable and not after.nullable:
        fill = after.fill if after.default is None else "DEFAULT"
        if fill is not None:
            column = quote_name(after.name)
            update = f"UPDATE {table} SET {column} = {fill} WHERE {column} IS NULL"  # noqa: S608 - names of a Blueprint
            yield f"op.execute({quote(update)})"
    if before.nullable != after.nullable:
        yield f"op.alter_column({place}, nullable={after.nullable})"


def _drop_constraint(table: Table, constraint: Constraint) -> str:
    return f"op.drop_constraint(op.f({quote(constraint.name)}), {quote(table.name)})"


def _add_constraint(table: Table, constraint: Constraint) -> str:
    start = f"op.f({quote(constraint.name)}), {quote(table.name)}"
    columns = f"[{', '.join(map(quote, constraint.columns))}]"
    if constraint.kind == "Check":
        return f"op.create_check_constraint({start}, {quote(constraint.sql)})"
    if constraint.kind == "Unique":
        return f"op.create_unique_constraint({start}, {columns})"
    if constraint.kind == "PrimaryKey":
        return f"op.create_primary_key({start}, {columns})"
    column = constraint.target.partition(".")[2]
    return (
        f"op.create_foreign_key({start}, {quote(constraint.target_table)}, {columns}, "
        f"[{quote(column)}], ondelete={quote(constraint.on_delete)})"
    )


def quote_name(name: str) -> str:
    """A name that SQL takes whatever it is."""
    return f'"{name}"'
