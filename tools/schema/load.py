"""Opens whatever a Database Agent handed over, by the suffix of its name."""

from pathlib import Path

from tools.schema.dbml import parse_dbml
from tools.schema.document import parse_document
from tools.schema.errors import SchemaError
from tools.schema.model import DatabaseSchema
from tools.schema.prisma import parse_prisma

SUFFIXES = (".sql", ".ddl", ".json", ".dbml", ".prisma")

_PARSERS = {".json": parse_document, ".dbml": parse_dbml, ".prisma": parse_prisma}


def load_schema(path: Path) -> DatabaseSchema:
    """The schema in that file.

    Raises:
        SchemaError: it cannot be opened or read; says why and what to do.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise SchemaError(path.name, [(1, "it is not UTF-8 text. Save it as UTF-8")]) from None
    except OSError as error:
        reason = f"it cannot be opened: {error.strerror}. Check the path"
        raise SchemaError(str(path), [(1, reason)]) from None
    return parse_schema(text, path.name)


def parse_schema(text: str, name: str) -> DatabaseSchema:
    """The schema in that text; the suffix of the name says in which format it is.

    Raises:
        SchemaError: an unknown suffix, an empty text, or one that its parser refuses.
    """
    suffix = Path(name).suffix.lower()
    if suffix not in SUFFIXES:
        known = ", ".join(SUFFIXES)
        raise SchemaError(name, [(1, f"unknown suffix {suffix!r}. Use one of {known}")])
    if not text.strip():
        raise SchemaError(name, [(1, "the schema is empty. Give the tables, or leave it out")])
    if suffix in _PARSERS:
        return _PARSERS[suffix](text, name)
    from tools.schema.ddl import parse_ddl  # noqa: PLC0415 - pglast is only loaded for SQL

    return parse_ddl(text, name)
