"""Where a Database Agent's schema may come from, and what the run keeps of it."""

import threading
from pathlib import Path

import pytest

from agent.backend_agent import BackendAgent
from agent.errors import SpecError
from agent.git import run_git
from agent.settings import Settings
from agent.sources import SchemaAccess, load_task_schema, read_task_sources, schema_access
from agent.task import AgentTask
from sandbox.docker import DockerProvider
from tests.tools.schema.test_http import load_server

DBML = "Table books { id int [pk] }\n"


def task(schema: str) -> AgentTask:
    return AgentTask(spec="# S\n", database_schema=schema)


def test_a_dbml_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "shop.dbml"
    file.write_text(DBML)
    sources = read_task_sources(task(str(file)))
    assert (sources.schema, sources.schema_name) == (DBML, str(file))
    schema = load_task_schema(sources.schema, sources.schema_name)
    assert schema is not None
    assert (schema.source, schema.tables[0].name) == ("shop.dbml", "books")


def test_what_an_endpoint_sent_is_kept_as_the_document(tmp_path: Path) -> None:
    """A resume reads the kept text and asks nobody."""
    file = tmp_path / "schema.dbml"
    file.write_text(DBML)
    with load_server().SchemaServer(file, "geheim") as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"{server.url}?key=secret"
        with pytest.raises(SpecError, match="it answers 404"):
            read_task_sources(task(url), SchemaAccess("geheim"))
        sources = read_task_sources(task(server.url), SchemaAccess("geheim"))
        server.shutdown()
    assert sources.schema_name == server.url
    schema = load_task_schema(sources.schema, sources.schema_name)
    assert schema is not None
    assert (schema.source, schema.tables[0].name) == (server.url, "books")


def test_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(SpecError, match="unknown scheme 'mysql'"):
        read_task_sources(task("mysql://localhost/shop"))


def test_the_token_is_in_the_variable_that_the_settings_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_TOKEN", "geheim")
    settings = Settings(state_dir=tmp_path, schema_token_variable="MY_TOKEN")
    assert schema_access(settings) == SchemaAccess("geheim", tmp_path / "schemas")
    assert schema_access(Settings(state_dir=tmp_path)).token is None


SPEC = """---
name: shelf
auth: false
---

# Shelf

## Endpoints

| method | path | access | description |
|--|--|--|--|
| GET | /books | public | List books |
"""


@pytest.mark.docker
def test_a_run_takes_its_tables_from_an_address(
    tmp_path: Path, docker_provider: DockerProvider
) -> None:
    file = tmp_path / "schema.dbml"
    file.write_text("Table books { id int [pk, increment]\n title varchar(90) [not null] }\n")
    with load_server().SchemaServer(file, None) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        task = AgentTask(
            spec=SPEC, database_schema=server.url, model="builtin", repository=tmp_path / "repo"
        )
        agent = BackendAgent(Settings(state_dir=tmp_path / "state"), provider=docker_provider)
        result = agent.execute_task(task)
        server.shutdown()
    assert result.status == "verified", result.reason
    models = run_git(tmp_path / "repo", "show", f"{result.branch}:app/books/models.py")
    assert "title: Mapped[str] = mapped_column(String(90))" in models
