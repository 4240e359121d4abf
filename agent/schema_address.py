"""Asks an address for the Database Agent's schema: a live PostgreSQL, or an HTTP endpoint."""

from pathlib import Path

from agent.errors import SpecError
from tools.schema.document import dump_document
from tools.schema.errors import SchemaError
from tools.schema.http import Endpoint, fetch_schema
from tools.schema.live import SCHEMES as POSTGRES_SCHEMES
from tools.schema.live import public_name, read_database
from tools.schema.load import parse_schema
from tools.schema.model import DatabaseSchema


def ask_for_schema(url: str, token: str | None, cache: Path | None) -> tuple[str, str]:
    """What the address answers as our JSON document, and the address without its secrets.

    Raises:
        SpecError: it does not answer, or is of no known kind.
    """
    try:
        schema = _fetch(url, token, cache)
    except SchemaError as exc:
        raise SpecError(str(exc)) from exc
    return dump_document(schema), public_name(url)


def _fetch(url: str, token: str | None, cache: Path | None) -> DatabaseSchema:
    name, scheme = public_name(url), url.partition("://")[0]
    if scheme in POSTGRES_SCHEMES:
        return read_database(url)
    if scheme not in {"http", "https"}:
        reason = f"unknown scheme {scheme!r}. Give a file, or postgresql://, http:// or https://"
        raise SchemaError(name, [(1, reason)])
    answer = fetch_schema(Endpoint(url, token, cache))
    schema = parse_schema(answer.text, f"schema{answer.suffix}")
    return schema.model_copy(update={"source": name})
