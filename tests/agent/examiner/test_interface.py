"""What the examiner sees of a Blueprint: how to talk to it, none of its rules."""

from pathlib import Path

import pytest

from agent.examiner.interface import describe_interface
from agent.intake import read_spec
from tests.agent.verifier.todo import TODO
from tools.blueprint.model import Blueprint

EXAMPLES = Path(__file__).parents[3] / "examples"


def read(example: str) -> Blueprint:
    return read_spec((EXAMPLES / example / "spec.md").read_bytes()).blueprint


def test_it_says_how_to_talk_to_the_bookshop() -> None:
    text = describe_interface(read("bookshop"))
    for line in (
        "Login takes form fields username, password; it answers {access_token, refresh_token}.",
        "POST /auth/register  register user -> 201; body {email, name?, password}",
        "GET /books  list book -> 200; query author, q, sort=price|-price, sort=title|-title",
        "POST /orders  create order -> 201; body {items: [{book_id, quantity}]}",
        "The first administrator's login: os.environ['FIRST_ADMIN_EMAIL'], "
        "os.environ['FIRST_ADMIN_PASSWORD'].",
    ):
        assert line in text.split("\n"), text


@pytest.mark.parametrize("example", sorted(path.parent.name for path in EXAMPLES.glob("*/spec.md")))
def test_it_holds_no_rule_no_limit_and_no_permission(example: str) -> None:
    blueprint = read(example)
    text = describe_interface(blueprint)
    stripped = blueprint.model_copy(
        update={
            "scenarios": (),
            "tests": (),
            "assumptions": (),
            "requirements": (),
            "summary": "",
            "endpoints": tuple(
                one.model_copy(update={"description": "", "rate_limit": None, "cache_s": 0})
                for one in blueprint.endpoints
            ),
        }
    )
    assert describe_interface(stripped) == text
    assert len(text) < 12_000


def test_of_a_dictated_form_only_the_operations_are_told() -> None:
    assert describe_interface(TODO).split("\n") == [
        "POST /todos  create todo -> 201; body {title, done?}",
        "GET /todos  list todo -> 200; query done",
        "GET /todos/{todo_id}  get todo -> 200",
        "PATCH /todos/{todo_id}  update todo -> 200; body {title?, done?}",
    ]
