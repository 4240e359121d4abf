"""Generated backends as they run: several processes, and a database that goes away."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from evals.bench.components import BOOKS
from sandbox.base import Sandbox, SandboxSpec
from sandbox.deadline import Deadline
from sandbox.docker import DockerProvider
from tests.tools.components.blueprints import BOOKSHOP
from tests.tools.components.lending import WITHOUT_REFRESH
from tools.blueprint.model import Blueprint
from tools.components import emit_backend

pytestmark = pytest.mark.docker

GUEST = Path(__file__).parent / "guest"
START = """
set -eu
start-postgres backend
ENVIRONMENT=test DATABASE_URL=postgresql://postgres@127.0.0.1:5432/backend alembic upgrade head
PYTHONPATH=guest python "guest/$1"
"""


@pytest.fixture
def machine(docker_provider: DockerProvider) -> Iterator[Sandbox]:
    with docker_provider.open(SandboxSpec(run_id=f"test-{uuid4().hex[:12]}")) as sandbox:
        yield sandbox


def play(machine: Sandbox, backend: Blueprint, program: str) -> object:
    """What the program printed last, beside that backend."""
    machine.put({path: text.encode() for path, text in emit_backend(backend).items()})
    machine.put({f"guest/{path.name}": path.read_bytes() for path in GUEST.glob("*.py")})
    result = machine.exec(["sh", "-c", START, "sh", program], deadline=Deadline.after(240))
    assert result.ok, result.output
    found: object = json.loads(result.output.splitlines()[-1])
    return found


def test_a_token_is_worth_the_same_in_every_process(machine: Sandbox) -> None:
    assert play(machine, BOOKSHOP, "two_processes.py") == [201, 200, 200, 401, 401]


def test_a_change_in_one_process_ends_what_another_keeps(machine: Sandbox) -> None:
    """VALKEY_SERVER, the path of a self-contained server, takes the place of the played one."""
    if server := os.environ.get("VALKEY_SERVER"):
        machine.put({"guest/valkey-server": Path(server).read_bytes()})
    kept, together = ["Sewing"], ["Bread", "Knitting"]
    after = ["Bread", "Clay", "Knitting"]
    found = play(machine, WITHOUT_REFRESH, "two_caches.py")
    assert isinstance(found, list)
    assert [sorted(one) if isinstance(one, list) else one for one in found] == [
        *(201, kept, kept, kept, 201, together, 201, after, after)
    ]


def test_a_database_that_goes_and_comes_back(machine: Sandbox) -> None:
    found = play(machine, BOOKS, "outage.py")
    assert isinstance(found, dict)
    assert set(found["seen"]) == {"200", "503"}
    assert found | {"seen": {}} == {
        "seen": {},
        "without_hint": 0,
        "wrong": 0,
        "made": 201,
        "books": 4,
    }
