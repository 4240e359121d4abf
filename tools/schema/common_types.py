"""Type words that PostgreSQL does not know, as diagrams and DBML files write them."""

_WORDS = {
    "string": "varchar(255)", "str": "varchar(255)", "guid": "uuid", "bool": "boolean",
    "datetime": "timestamptz", "long": "bigint", "float": "double precision",
    "double": "double precision", "number": "numeric(12,2)", "money": "numeric(12,2)",
    "decimal": "numeric(12,2)", "numeric": "numeric(12,2)", "binary": "bytea", "blob": "bytea",
    "object": "jsonb", "map": "jsonb", "email": "varchar(254)", "url": "varchar(2048)",
}  # fmt: skip


def postgres_type(words: str) -> str:
    """The PostgreSQL type that the words mean; words that are none are returned as they are.

    `string(40)` is `varchar(40)`; a `string` without a size holds 255 characters.
    """
    text = " ".join(words.split())
    if text.endswith("[]"):
        return f"{postgres_type(text[:-2])}[]"
    head, bracket, size = text.partition("(")
    if head.lower() == "string" and bracket:
        return f"varchar({size}"
    return text if bracket else _WORDS.get(text.lower(), text)


def quote_text(text: str) -> str:
    """The text as an SQL literal."""
    escaped = text.replace("'", "''")
    return f"'{escaped}'"
