"""Files that a spec links to are read as if they stood in it, with their own lines."""

from pathlib import Path

import pytest

from agent.errors import SpecError
from agent.intake import read_spec
from agent.sources import read_task_sources
from agent.task import AgentTask

SPEC = """# Shop

The tables are in [schema](db/schema.sql), the API in [this](api.yaml); see [home](https://x.example/a.sql),
[secrets](../outside.sql), [gone](gone.sql), [a picture](p.png) and again [schema](db/schema.sql).
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home = tmp_path / "spec"
    (home / "db").mkdir(parents=True)
    (tmp_path / "outside.sql").write_text("CREATE TABLE secrets (id int PRIMARY KEY);")
    (home / "db" / "schema.sql").write_text(
        "CREATE TABLE books (\n  id uuid PRIMARY KEY,\n  area polygon\n);\n"
    )
    (home / "api.yaml").write_text(
        "openapi: 3.1.0\npaths:\n  /books:\n    get: {summary: List, security: []}\n"
    )
    (home / "spec.md").write_text(SPEC)
    return home


def test_linked_files_are_read_and_named_in_messages(folder: Path) -> None:
    sources = read_task_sources(AgentTask(spec_path=folder / "spec.md"))
    result = read_spec(sources.spec)
    assert [entity.name for entity in result.blueprint.entities] == ["book"]
    assert [endpoint.key for endpoint in result.blueprint.endpoints] == ["GET /books"]
    assert [(sources.place(one.line), one.reason) for one in result.problems] == [
        ("db/schema.sql:3", "`books.area` of type polygon has no counterpart")
    ]
    endpoint = result.blueprint.endpoints[0]
    assert sources.place(endpoint.line or 0) == "api.yaml:4"
    assert sources.place(3) == f"{folder}/spec.md:3"


def test_a_linked_file_that_is_no_text_is_refused(folder: Path) -> None:
    (folder / "api.yaml").write_bytes(b"\xff")
    with pytest.raises(SpecError, match="not UTF-8 text"):
        read_task_sources(AgentTask(spec_path=folder / "spec.md"))


def test_a_spec_given_as_text_links_to_nothing() -> None:
    assert read_task_sources(AgentTask(spec=SPEC)).spec == SPEC
