"""Questions that the suite asks a Blueprint."""

import pytest

from tests.tools.checks.library import BOOK, LIBRARY, LOAN, LOAN_ITEM, NOTE, USER
from tools.blueprint.model import Endpoint, Entity, QuotaRule
from tools.checks.acceptance import facts


def endpoint(key: str) -> Endpoint:
    return next(found for found in LIBRARY.endpoints if found.key == key)


@pytest.mark.parametrize(
    ("key", "role", "expected"),
    [
        ("GET /books", "reader", "all"),
        ("POST /books", "reader", "none"),
        ("GET /loans/{loan_id}", "reader", "own"),
        ("GET /loans/{loan_id}", "staff", "all"),
    ],
)
def test_reach(key: str, role: str, expected: str) -> None:
    assert facts.reach(endpoint(key), role) == expected


def test_granted_puts_the_wider_role_first() -> None:
    assert facts.granted(LIBRARY, endpoint("GET /loans/{loan_id}")) == ("staff", "reader")


@pytest.mark.parametrize(
    ("key", "entity", "names"),
    [
        ("POST /books", BOOK, ["title", "isbn", "price", "stock"]),
        ("POST /loans", LOAN, []),
        ("POST /loans/{loan_id}/notes", NOTE, ["text"]),
        ("POST /register", USER, ["email"]),
    ],
)
def test_body_fields_leave_out_what_the_server_sets(
    key: str, entity: Entity, names: list[str]
) -> None:
    found = facts.body_fields(LIBRARY, endpoint(key), entity)
    assert [field.name for field in found] == names


def test_a_path_of_owners_leads_over_the_entity_or_the_key() -> None:
    assert facts.owner_steps(LOAN_ITEM) == ("loan", "reader_id")
    assert facts.hop(LOAN_ITEM, "loan").name == "loan_id"
    assert facts.hop(LOAN_ITEM, "book_id").name == "book_id"


def test_a_child_is_made_inside_its_parent() -> None:
    made = facts.maker(LIBRARY, "loan_item")
    assert made is not None
    assert (made[0].key, made[1]) == ("POST /loans", LOAN.embeds[0])
    assert facts.maker(LIBRARY, "user") is None


def test_what_refers_to_scarce_objects_is_scarce_too() -> None:
    few = QuotaRule(entity="loan", per="reader_id", limit=2)
    blueprint = LIBRARY.model_copy(update={"rules": (few,)})
    assert facts.is_scarce(blueprint, LOAN)
    assert facts.is_scarce(blueprint, NOTE)
    assert not facts.is_scarce(blueprint, BOOK)
    assert not facts.is_scarce(LIBRARY, NOTE)
