"""Our JSON document of a schema, published as docs/schema/database-schema.json."""

from pydantic import ValidationError

from tools.schema.errors import SchemaError
from tools.schema.model import DatabaseSchema


def parse_document(text: str, name: str = "schema.json") -> DatabaseSchema:
    """The schema that the document holds.

    Raises:
        SchemaError: it is not JSON or not the document; names every wrong key.
    """
    try:
        schema = DatabaseSchema.model_validate_json(text)
    except ValidationError as error:
        problems = [
            (1, f"{'.'.join(map(str, one['loc'])) or 'document'}: {one['msg']}. {_REMEDY}")
            for one in error.errors(include_url=False)
        ]
        raise SchemaError(name, problems) from None
    return schema.model_copy(update={"source": schema.source or name})


_REMEDY = "Correct it; docs/schema/database-schema.json describes the document"


def dump_document(schema: DatabaseSchema) -> str:
    """The document as JSON text that `parse_document` reads back unchanged."""
    return schema.model_dump_json(indent=2, exclude_defaults=True) + "\n"
