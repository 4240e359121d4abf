"""A Database Agent is asked over HTTP: token, ETag, retries, refusals."""

import importlib.util
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tools.schema.errors import SchemaError
from tools.schema.http import Endpoint, fetch_schema
from tools.schema.load import parse_schema

ROOT = Path(__file__).parents[3]
SQL = "CREATE TABLE books (id int PRIMARY KEY);\n"


def load_server() -> ModuleType:
    """The reference server, as the file that it is."""
    path = ROOT / "examples" / "database_agent" / "server.py"
    spec = importlib.util.spec_from_file_location("database_agent_server", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Agent:
    """A running reference server and the file that it serves."""

    def __init__(self, folder: Path, token: str | None = None) -> None:
        self.file = folder / "schema.sql"
        self.file.write_text(SQL)
        self.server = load_server().SchemaServer(self.file, token)
        self.url: str = self.server.url
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Agent]:
    running = Agent(tmp_path, "geheim")
    yield running
    running.server.shutdown()
    running.server.server_close()


def test_the_schema_is_fetched_with_the_token(agent: Agent) -> None:
    answer = fetch_schema(Endpoint(agent.url, "geheim"))
    assert (answer.text, answer.suffix) == (SQL, ".sql")
    assert parse_schema(answer.text, "schema.sql").tables[0].name == "books"


def test_an_unchanged_schema_comes_from_the_cache(agent: Agent, tmp_path: Path) -> None:
    asked = Endpoint(agent.url, "geheim", tmp_path / "cache")
    first = fetch_schema(asked)
    (kept,) = (tmp_path / "cache").iterdir()
    data = json.loads(kept.read_text())
    kept.write_text(json.dumps(data | {"text": "-- kept"}))

    assert fetch_schema(asked).text == "-- kept"
    agent.file.write_text(SQL * 2)
    assert fetch_schema(asked).text == SQL * 2
    kept.write_text("{")
    assert fetch_schema(asked) == type(first)(SQL * 2, ".sql")


def test_a_busy_server_is_asked_again(agent: Agent) -> None:
    agent.server.unavailable = 3
    assert fetch_schema(Endpoint(agent.url, "geheim")).text == SQL
    agent.server.unavailable = 4
    with pytest.raises(SchemaError, match=r"it answers 503\. Tried 4 times"):
        fetch_schema(Endpoint(agent.url, "geheim"))


@pytest.mark.parametrize(
    ("token", "path", "reason"),
    [
        ("wrong", "", "it answers 401. Set the token's variable"),
        (None, "", "it answers 401. Set the token's variable"),
        ("geheim", "/else", "it answers 404. Check the address"),
    ],
)
def test_a_refusal_says_what_to_do(agent: Agent, token: str | None, path: str, reason: str) -> None:
    with pytest.raises(SchemaError) as caught:
        fetch_schema(Endpoint(agent.url + path, token))
    assert reason in str(caught.value)
    assert "geheim" not in str(caught.value)


def test_a_token_never_travels_in_the_open() -> None:
    with pytest.raises(SchemaError, match="never sent over http"):
        fetch_schema(Endpoint("http://agent.example/schema", "geheim"))
    with pytest.raises(SchemaError, match="the URL holds credentials") as caught:
        fetch_schema(Endpoint("https://me:geheim@agent.example/schema"))
    assert "geheim" not in str(caught.value)


def test_an_answer_that_is_no_schema_is_refused(agent: Agent, tmp_path: Path) -> None:
    agent.file = agent.server.file = tmp_path / "schema.dbml"
    agent.file.write_bytes(b"\xff")
    with pytest.raises(SchemaError, match="its answer is not UTF-8"):
        fetch_schema(Endpoint(agent.url, "geheim"))
