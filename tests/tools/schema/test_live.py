"""A live database is read by one query over its catalog."""

import json
from pathlib import Path
from uuid import uuid4

import pytest

from sandbox.base import SandboxSpec
from sandbox.deadline import Deadline
from sandbox.docker import DockerProvider
from tools.schema.catalog import CATALOG_SQL, Catalog, plain_expression, schema_of
from tools.schema.entities import schema_entities
from tools.schema.errors import SchemaError
from tools.schema.live import public_name, read_database
from tools.schema.load import load_schema

LIBRARY = Path(__file__).parent / "data" / "library.sql"


@pytest.mark.docker
def test_the_catalog_says_what_the_ddl_says(docker_provider: DockerProvider) -> None:
    """All but lines and the names that PostgreSQL gives to constraints."""
    with docker_provider.open(SandboxSpec(run_id=f"test-{uuid4().hex[:12]}")) as machine:
        deadline = Deadline.after(120)
        machine.exec(["start-postgres", "library"], deadline=deadline)
        machine.put({"library.sql": LIBRARY.read_bytes(), "catalog.sql": CATALOG_SQL.encode()})
        psql = ["psql", "-qAt", "-h", "127.0.0.1", "-U", "postgres", "-v", "ON_ERROR_STOP=1"]
        loaded = machine.exec([*psql, "library", "-f", "library.sql"], deadline=deadline)
        assert loaded.ok, loaded.output
        told = machine.exec([*psql, "library", "-f", "catalog.sql"], deadline=deadline)
    live = schema_entities(schema_of(Catalog.model_validate(json.loads(told.output)), "live"))
    given = schema_entities(load_schema(LIBRARY))
    assert live.problems == []
    assert {one.name: one for one in live.entities} == {one.name: one for one in given.entities}
    assert live.enums == given.enums


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("((price >= (0)::numeric))", "price >= 0"),
        ("((a > 1) OR (b > 2))", "(a > 1) OR (b > 2)"),
        ("'open'::text", "'open'"),
        ("(char_length((title)::text) > 0)", "char_length(title) > 0"),
        (
            "((s)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))",
            "s = ANY(ARRAY['a', 'b'])",
        ),
    ],
)
def test_expressions_lose_what_postgresql_adds(text: str, plain: str) -> None:
    assert plain_expression(text) == plain


def test_a_database_that_is_away_is_named_without_its_password() -> None:
    with pytest.raises(SchemaError) as caught:
        read_database("postgresql://me:geheim@127.0.0.1:1/shop")
    assert str(caught.value).startswith("postgresql://127.0.0.1:1/shop:1: ")
    assert "geheim" not in str(caught.value)


def test_the_name_of_a_source_holds_no_secret() -> None:
    url = "postgresql://me:geheim@db.example:5433/shop?sslmode=require&password=geheim"
    assert public_name(url) == "postgresql://db.example:5433/shop"
