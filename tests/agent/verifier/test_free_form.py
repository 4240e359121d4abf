"""A backend whose form the spec dictates: one file, SQLite, no migrations, no tests of its own."""

import pytest

from agent.verifier.candidate import Candidate
from agent.verifier.verdict import Verdict
from agent.verifier.verify import verify
from sandbox.base import SandboxProvider
from sandbox.deadline import Deadline
from tools.blueprint.conventions import Commands, Conventions, Environment
from tools.blueprint.model import Access, Blueprint, Endpoint, Requirement, WrittenTest

APP = """
import os, sqlite3
from typing import Annotated
import uvicorn
from fastapi import FastAPI, HTTPException, Path, Request, Response

Number = Annotated[int, Path(ge=0, lt=2**31)]
PATH = os.environ["DB_PATH"]
Number = Annotated[int, Path(ge=1, le=1_000_000)]
app = FastAPI(openapi_url=None)

with sqlite3.connect(PATH) as db:
    db.execute("create table if not exists note (id integer primary key, content blob)")

@app.put("/notes/{number}", status_code=204)
async def keep(number: Number, request: Request):
    if request.headers.get("x-key") != os.environ["APP_KEY"]:
        raise HTTPException(401)
    with sqlite3.connect(PATH) as db:
        db.execute("insert or replace into note values (?, ?)", (number, await request.body()))

@app.get("/notes/{number}")
def show(number: Number):
    row = sqlite3.connect(PATH).execute("select content from note where id = ?", [number])
    found = row.fetchone()
    if found is None:
        raise HTTPException(404)
    return Response(found[0], media_type="application/octet-stream")

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]))
"""
TEST = """
import os, httpx2

URL, KEY = os.environ["BASE_URL"], {"X-Key": os.environ["APP_KEY"]}

def test_bytes_come_back():
    assert httpx2.put(f"{URL}/notes/1", content=b"\\x00\\xff", headers=KEY).status_code == 204
    assert httpx2.get(f"{URL}/notes/1").content == b"\\x00\\xff"

def test_a_wrong_key_is_refused():
    assert httpx2.put(f"{URL}/notes/2", content=b"x", headers={"X-Key": "no"}).status_code == 401
"""
HOLLOW = """
import os, httpx2

def test_what_is_not_there():
    assert httpx2.get(os.environ["BASE_URL"] + "/notes/99").status_code == 404
"""
PUBLIC = Access(public=True)
BLUEPRINT = Blueprint(
    name="notes",
    title="Notes",
    form="free",
    packages=("fastapi", "uvicorn"),
    conventions=Conventions(
        commands=Commands(migrate="", start="python app.py", test="", port=8123),
        environment=Environment(port="PORT", database_path="DB_PATH", extra={"APP_KEY": "k3y"}),
    ),
    endpoints=(
        Endpoint(operation="custom", method="PUT", path="/notes/{number}", access=PUBLIC),
        Endpoint(operation="custom", method="GET", path="/notes/{number}", access=PUBLIC),
    ),
    tests=(WrittenTest(name="bytes", code=TEST, requirements=("R1", "R2")),),
    requirements=(
        Requirement(id="R1", text="Bytes come back as they were.", line=3),
        Requirement(id="R2", text="A wrong key is 401.", line=4),
    ),
)

pytestmark = pytest.mark.docker


def judge(provider: SandboxProvider, app: str, blueprint: Blueprint = BLUEPRINT) -> Verdict:
    files = {"app.py": app.encode()}
    return verify(Candidate(files, blueprint, provider, "test-free", Deadline.after(600)))


def test_it_is_proven_by_written_tests_alone(docker_provider: SandboxProvider) -> None:
    verdict = judge(docker_provider, APP)
    assert verdict.passed, verdict.findings_text()
    status = {check.name: check.status for check in verdict.checks}
    assert status["migrations"] == status["project_tests"] == "not_applicable"
    assert status["packages"] == status["written_tests"] == "passed"
    evidence = ("test[bytes] test_bytes_come_back", "test[bytes] test_a_wrong_key_is_refused")
    assert verdict.requirements["R2"].evidence == evidence


@pytest.mark.parametrize(
    ("right", "wrong", "check", "finding"),
    [
        ("HTTPException(401)", "HTTPException(403)", "written_tests", "assert 403 == 401"),
        ("import os, sqlite3", "import os, sqlite3, yaml", "packages", "app.py:2: yaml is not"),
    ],
)
def test_a_fault_is_found(
    docker_provider: SandboxProvider, right: str, wrong: str, check: str, finding: str
) -> None:
    verdict = judge(docker_provider, APP.replace(right, wrong))
    assert [found.name for found in verdict.checks if found.name == check and not found.ok]
    assert finding in verdict.findings_text()


def test_a_test_that_passes_on_an_empty_server_proves_nothing(
    docker_provider: SandboxProvider,
) -> None:
    hollow = WrittenTest(name="missing", code=HOLLOW, requirements=("R2",))
    blueprint = BLUEPRINT.model_copy(update={"tests": (*BLUEPRINT.tests, hollow)})
    verdict = judge(docker_provider, APP, blueprint)
    assert not verdict.passed
    assert verdict.requirements["R2"].status == "unmet"
    assert "test[missing] test_what_is_not_there" in verdict.requirements["R2"].evidence
