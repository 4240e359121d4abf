"""Whole checks: an app with flaws is probed and accused, the mended one is not."""

import pytest

from agent.verifier.security import SecurityJob, check_security
from sandbox.base import SandboxProvider
from sandbox.deadline import Deadline
from sandbox.memory import MemoryProvider
from tools.checks.security.report import SecurityReport

FLAWED = b"""
import os, sqlite3, subprocess
from pathlib import Path
from fastapi import FastAPI, Header, HTTPException
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel

KEY = os.environ["STAFF_KEY"]
def run(sql, values=()):
    with sqlite3.connect("notes.db", timeout=20) as con:
        return con.execute(sql, values)

run("CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, text TEXT)")
app = FastAPI()

class Note(BaseModel):
    text: str

def staff(key):
    if key != KEY:
        raise HTTPException(401)

@app.post("/notes", status_code=201)
def add(note: Note, x_staff_key: str = Header("")):
    staff(x_staff_key)
    return {"id": run("INSERT INTO notes (text) VALUES (?)", (note.text,)).lastrowid}

@app.get("/notes")
def find(q: str = "", x_staff_key: str = Header("")):
    staff(x_staff_key)
    return run(f"SELECT id, text FROM notes WHERE text LIKE '%{q}%'").fetchall()

@app.get("/page", response_class=HTMLResponse)
def page(name: str = "you"):
    return f"<h1>Hello {name}</h1>"

@app.get("/go")
def go(next: str = "/"):
    return RedirectResponse(next)
"""
MENDED = (
    FLAWED.replace(
        b"    if key != KEY:", b"    if not hmac.compare_digest(key.encode(), KEY.encode()):"
    )
    .replace(b"import os,", b"import hmac, html, os,")
    .replace(
        b"f\"SELECT id, text FROM notes WHERE text LIKE '%{q}%'\"",
        b'"SELECT id, text FROM notes WHERE instr(text, ?)", (q,)',
    )
    .replace(b"{name}", b"{html.escape(name)}")
    .replace(
        b"    return RedirectResponse(next)",
        b'    return RedirectResponse(next if next in ("/", "/page") else "/")',
    )
)


def check(code: bytes, provider: SandboxProvider) -> SecurityReport:
    deadline = Deadline.after(240)
    return check_security(
        SecurityJob(files={"app.py": code}, provider=provider, run_id="test-sec", deadline=deadline)
    )


@pytest.mark.docker
def test_flaws_are_observed_in_the_running_app(docker_provider: SandboxProvider) -> None:
    report = check(FLAWED, docker_provider)
    assert report.status == "checked", report.reason
    observed = {(f.kind, f.route) for f in report.flaws if f.evidence == "observed"}
    assert observed >= {
        ("sql_injection", "GET /notes"),
        ("xss", "GET /page"),
        ("open_redirect", "GET /go"),
    }
    assert (report.coverage.operations, report.coverage.reached) == (4, 4)
    assert report.coverage.accounts == 1  # the holder of the key that the app was started with


@pytest.mark.docker
def test_the_mended_app_is_not_accused(docker_provider: SandboxProvider) -> None:
    report = check(MENDED, docker_provider)
    assert report.status == "checked", report.reason
    assert report.flaws == ()


@pytest.mark.docker
def test_an_app_that_does_not_start_is_never_called_checked(
    docker_provider: SandboxProvider,
) -> None:
    report = check(FLAWED + b"\nraise RuntimeError('not today')\n", docker_provider)
    assert report.status == "source_only"
    assert "not today" in report.reason
    assert "sql_injection" in {finding.kind for finding in report.flaws}


def test_a_folder_without_an_app_is_said_to_be_one() -> None:
    report = check(b"print(1)\n", MemoryProvider())
    assert report.status == "source_only"
    assert "--entry" in report.reason
