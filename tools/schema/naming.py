"""A schema under the names that our own database would have: snake_case, tables in the plural.

For schemas that a spec sketches (`model OrderItem { bookId String }`). The names of a database
that exists are never changed.
"""

from collections.abc import Iterable

from tools.blueprint.words import plural, singular, snake_case
from tools.schema.model import Column, DatabaseSchema, ForeignKey, Index, Table


def with_our_names(schema: DatabaseSchema) -> DatabaseSchema:
    """The schema renamed; a name that has no snake_case form stays as it is."""
    enums = {enum.name: snake_case(enum.name) or enum.name for enum in schema.enums}
    return schema.model_copy(
        update={
            "tables": tuple(_table(table, enums) for table in schema.tables),
            "enums": tuple(
                enum.model_copy(update={"name": enums[enum.name]}) for enum in schema.enums
            ),
        }
    )


def table_name(name: str) -> str:
    """`OrderItem` as `order_items`."""
    snake = snake_case(name)
    return plural(singular(snake)) if snake else name


def _table(table: Table, enums: dict[str, str]) -> Table:
    return table.model_copy(
        update={
            "name": table_name(table.name),
            "namespace": "public",
            "columns": tuple(_column(column, enums) for column in table.columns),
            "primary_key": _names(table.primary_key),
            "uniques": tuple(_names(group) for group in table.uniques),
            "foreign_keys": tuple(_foreign_key(key) for key in table.foreign_keys),
            "indexes": tuple(_index(index) for index in table.indexes),
        }
    )


def _column(column: Column, enums: dict[str, str]) -> Column:
    bare = column.type.removesuffix("[]")
    kind = enums.get(bare.rpartition(".")[2], bare) + column.type[len(bare) :]
    return column.model_copy(update={"name": _name(column.name), "type": kind})


def _foreign_key(key: ForeignKey) -> ForeignKey:
    table = table_name(key.table.rpartition(".")[2])
    update = {"columns": _names(key.columns), "table": table, "references": _names(key.references)}
    return key.model_copy(update=update)


def _index(index: Index) -> Index:
    return index.model_copy(update={"keys": _names(index.keys)})


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(_name, names))


def _name(name: str) -> str:
    return name if "(" in name else snake_case(name) or name
