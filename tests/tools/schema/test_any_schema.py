"""No text makes a schema parser fail with anything but a clear error."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz import EXAMPLES, changed
from tests.tools.schema.test_dbml import SHOP as DBML
from tests.tools.schema.test_mermaid_er import SHOP as DIAGRAM
from tests.tools.schema.test_prisma import BLOG as PRISMA
from tools.schema.ddl import parse_ddl
from tools.schema.document import dump_document, parse_document
from tools.schema.entities import schema_entities
from tools.schema.errors import SchemaError
from tools.schema.load import parse_schema
from tools.schema.mermaid_er import parse_mermaid_er
from tools.schema.model import DatabaseSchema

SQL = (Path(__file__).parent / "data" / "library.sql").read_text(encoding="utf-8")
DOCUMENT = dump_document(parse_ddl(SQL))
TEXTS = {"x.sql": SQL, "x.json": DOCUMENT, "x.dbml": DBML, "x.prisma": PRISMA, "x.mmd": DIAGRAM}


def parse(name: str, text: str) -> DatabaseSchema | SchemaError:
    """The schema, or why it is refused."""
    try:
        return parse_mermaid_er(text) if name == "x.mmd" else parse_schema(text, name)
    except SchemaError as error:
        return error


@pytest.mark.parametrize("name", TEXTS)
def test_any_changed_schema_is_read_or_refused(name: str) -> None:
    @settings(max_examples=EXAMPLES, deadline=None)
    @given(st.one_of(changed(TEXTS[name]), st.text(max_size=60)))
    def check(text: str) -> None:
        schema = parse(name, text)
        if isinstance(schema, SchemaError):
            lines = text.count("\n") + 1
            assert all(1 <= line <= lines and reason for line, reason in schema.problems)
        else:
            assert parse_document(dump_document(schema)) == schema.model_copy(
                update={"source": schema.source or "schema.json"}
            )
            schema_entities(schema)

    check()
