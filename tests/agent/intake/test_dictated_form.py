"""Specs that dictate the form of the delivery get nothing of our layout."""

import pytest

from agent.intake import read_spec
from agent.intake.dictated_form import DictatedForm, find_form

SPEC = """# Box

Keeps files.

## Form

- One source file, `box.py`. The Python standard library plus `fastapi` and `uvicorn[standard]==0.54`, nothing else.
- Start it with `python box.py`; it listens at the port in the environment variable `BOX_PORT` (9000).
- All data is in one SQLite file at env `BOX_DB`; env `BOX_SECRET` signs the tokens.

## Operations

1. `PUT /files/{name}` (token): keeps the body.
2. `GET /files/{name}`: gives it back.
"""  # noqa: E501 - a spec


def test_the_form_is_read() -> None:
    assert find_form(SPEC) == DictatedForm(
        start="python box.py",
        port_name="BOX_PORT",
        port=9000,
        database_path="BOX_DB",
        secret_key="BOX_SECRET",
        packages=("fastapi", "uvicorn"),
    )


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("Single file `app.py`, standard library only.", "python app.py"),
        ("Everything is one file, `app.py`. Run `python3 app.py --fast`.", "python3 app.py --fast"),
    ],
)
def test_little_may_be_said(text: str, start: str) -> None:
    form = find_form(text)
    assert form is not None
    assert (form.packages, form.start, form.port_name) == (None, start, None)


@pytest.mark.parametrize(
    "text", ["One file per order is uploaded to `POST /files`.", "The single file limit is 3 MB."]
)
def test_files_of_the_domain_are_no_form(text: str) -> None:
    assert find_form(text) is None


def test_nothing_of_ours_is_added() -> None:
    blueprint = read_spec(SPEC).blueprint
    assert (blueprint.form, blueprint.auth, blueprint.entities) == ("free", None, ())
    assert [endpoint.key for endpoint in blueprint.endpoints] == [
        "PUT /files/{name}",
        "GET /files/{name}",
    ]
    commands = blueprint.conventions.commands
    assert (commands.migrate, commands.test, commands.port) == ("", "", 9000)
