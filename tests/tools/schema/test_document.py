"""The JSON document says everything that the model holds."""

from pathlib import Path

from tools.schema.document import dump_document, parse_document
from tools.schema.load import load_schema

DATA = Path(__file__).parent / "data"


def test_a_schema_survives_the_round_trip() -> None:
    schema = load_schema(DATA / "library.sql")
    assert parse_document(dump_document(schema)) == schema


def test_the_name_of_the_file_is_the_source_when_the_document_has_none() -> None:
    assert parse_document('{"tables": []}', "shop.json").source == "shop.json"
    assert parse_document('{"source": "agent"}', "shop.json").source == "agent"


def test_a_document_file_is_loaded_by_its_suffix(tmp_path: Path) -> None:
    schema = load_schema(DATA / "library.sql")
    (tmp_path / "library.json").write_text(dump_document(schema), encoding="utf-8")
    assert load_schema(tmp_path / "library.json") == schema
