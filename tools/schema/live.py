"""Reads a live PostgreSQL: one read-only transaction over its catalog."""

from urllib.parse import urlsplit

from tools.schema.catalog import CATALOG_SQL, Catalog, schema_of
from tools.schema.errors import SchemaError
from tools.schema.model import DatabaseSchema

SCHEMES = ("postgresql", "postgres")
CONNECT_TIMEOUT_S = 10
STATEMENT_TIMEOUT_MS = 30_000


def read_database(url: str) -> DatabaseSchema:
    """The schema of a running database.

    Args:
        url: `postgresql://user@host:port/database`; libpq's own variables and password file
            (PGPASSWORD, PGPASSFILE, PGSSLMODE ...) count, so that no password need stand in it.

    Raises:
        SchemaError: it cannot be reached, or refuses; never repeats the URL's password.
    """
    import psycopg  # noqa: PLC0415 - libpq is only loaded for a live database

    name = public_name(url)
    options = f"-c default_transaction_read_only=on -c statement_timeout={STATEMENT_TIMEOUT_MS}"
    try:
        with psycopg.connect(url, connect_timeout=CONNECT_TIMEOUT_S, options=options) as connection:
            connection.execute("SET search_path TO public")
            row = connection.execute(CATALOG_SQL).fetchone()
    except psycopg.Error as error:
        secret = urlsplit(url).password
        reason = " ".join(str(error).split())
        reason = reason.replace(secret, "***") if secret else reason
        remedy = "Check the address, the user's rights and that the database runs"
        raise SchemaError(name, [(1, f"{reason}. {remedy}")]) from None
    assert row is not None, "the query gives one row"
    return schema_of(Catalog.model_validate(row[0]), name)


def public_name(url: str) -> str:
    """The URL without user, password and parameters."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname or 'localhost'}{port}{parts.path}"
