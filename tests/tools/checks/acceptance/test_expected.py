"""Which acceptance tests a Blueprint implies."""

from collections import Counter

import pytest

from tests.tools.checks.library import LIBRARY
from tests.tools.components.lending import LENDING
from tools.blueprint.conventions import Conventions, Environment
from tools.blueprint.model import Blueprint, Endpoint
from tools.checks.acceptance.expected import expected_cases

IDS = [case.id for case in expected_cases(LIBRARY)]


def test_same_blueprint_same_cases() -> None:
    again = Blueprint.model_validate_json(LIBRARY.model_dump_json())
    assert [case.id for case in expected_cases(again)] == IDS


@pytest.mark.parametrize(
    "expected",
    [
        "anonymous[POST /books]",
        "forbidden[POST /books as reader]",
        "allowed[POST /books as staff]",
        "foreign[GET /loans/{loan_id} as reader]",
        "foreign_parent[POST /loans/{loan_id}/notes as reader]",
        "create[POST /books]",
        "update[PATCH /books/{book_id}]",
        "missing[GET /loans/{loan_id}]",
        "malformed_id[PATCH /books/{book_id}]",
        "missing_parent[POST /loans/{loan_id}/notes]",
        "hidden[GET /users password_hash]",
        "invalid[POST /books title missing]",
        "invalid[POST /books title too_long]",
        "invalid[POST /books price too_small]",
        "invalid[POST /loans items.book_id no_such_row]",
        "invalid[POST /loans items.quantity too_large]",
        "too_many[POST /loans items]",
        "unique[PATCH /books/{book_id} isbn taken]",
        "read_only[POST /books]",
        "pages[GET /books]",
        "bad_cursor[GET /books]",
        "register_twice[POST /register]",
        "login_refused[POST /login]",
        "forged[no_algorithm]",
        "initial_state[POST /loans status]",
        "move[POST /loans/{loan_id}/close open to closed as staff]",
        "move_refused[POST /loans/{loan_id}/close lost to closed as staff]",
        "stock_race[POST /loans loan_item.stock]",
        "copied[POST /loans loan_item.price]",
        "summed[POST /loans loan.fee]",
        "table[loan_items]",
        "served[GET /statistics]",
        "scenario[browse]",
    ],
)
def test_implied(expected: str) -> None:
    listed = Endpoint(
        operation="list",
        method="GET",
        path="/users",
        entity="user",
        access=LIBRARY.endpoints[3].access,
    )
    whole = LIBRARY.model_copy(update={"endpoints": (*LIBRARY.endpoints, listed)})
    assert [case.id for case in expected_cases(whole)].count(expected) == 1


@pytest.mark.parametrize(
    "unimplied",
    [
        "anonymous[GET /books]",  # public
        "allowed[GET /statistics as staff]",  # written by hand: scenarios tell what it does
        "move_refused[POST /loans/{loan_id}/close closed to closed as staff]",
        "refresh[POST /refresh]",  # no such endpoint
        "trimmed[POST /register]",
    ],
)
def test_left_open(unimplied: str) -> None:
    assert unimplied not in IDS


def test_two_rules_alike_have_cases_of_their_own() -> None:
    stock = LIBRARY.rules[1]
    twice = LIBRARY.model_copy(update={"rules": (*LIBRARY.rules, stock)})
    ids = [case.id for case in expected_cases(twice)]
    assert len(ids) == len(set(ids)) == len(IDS) + 3
    assert "stock_race[POST /loans loan_item.stock (2)]" in ids


def test_free_form_is_asked_nothing_of_our_own_layout() -> None:
    free = LIBRARY.model_copy(update={"form": "free"})
    kinds = Counter(case.kind for case in expected_cases(free))
    assert (kinds["table"], kinds["health"], kinds["cors"], kinds["served"]) == (0, 0, 0, 0)
    assert kinds["create"] == 3


def test_with_sqlite_only_scenarios_can_be_asked() -> None:
    conventions = Conventions(environment=Environment(database_path="DB_PATH"))
    blueprint = LIBRARY.model_copy(update={"form": "free", "conventions": conventions})
    assert {case.kind for case in expected_cases(blueprint)} == {"scenario"}


def test_without_users_nothing_is_forbidden() -> None:
    public = tuple(e for e in LIBRARY.endpoints if e.access.public and e.entity == "book")
    blueprint = Blueprint(
        name="catalog", title="Catalog", entities=LIBRARY.entities[1:2], endpoints=public
    )
    kinds = {case.kind for case in expected_cases(blueprint)}
    assert kinds.isdisjoint({"anonymous", "forbidden", "allowed", "login", "forged"})
    assert "pages" in kinds


@pytest.mark.parametrize(
    ("requirement", "expected"),
    [
        ("R3", True),
        ("R4", False),  # a custom endpoint's requirement: only scenarios can show it
        ("R5", False),  # a custom rule's
        ("R6", True),
    ],
)
def test_requirements_are_borne_by_what_can_show_them(requirement: str, expected: bool) -> None:
    borne = {key for case in expected_cases(LIBRARY) for key in case.requirements}
    assert (requirement in borne) is expected


def test_lists_by_what_is_computed_are_asked_for_what_they_show() -> None:
    ids = {case.id for case in expected_cases(LENDING)}
    assert {"filter_computed[GET /tools out]", "sort_computed[GET /tools loans]"} <= ids
    assert "filter[GET /tools out]" not in ids


def test_passwords_and_activity_of_users_are_tried() -> None:
    ids = {case.id for case in expected_cases(LENDING)}
    assert {
        "password[POST /members]",
        "password[PATCH /members/{member_id}]",
        "inactive[POST /auth/login]",
    } <= ids
    assert not {one for one in ids if "refresh" in one}
    assert not {case.id for case in expected_cases(LIBRARY) if case.kind in ("inactive", "order")}


def test_every_term_of_an_order_that_can_be_told_has_a_case() -> None:
    ids = [case.id for case in expected_cases(LENDING) if case.kind == "order"]
    assert ids == [
        "order[GET /loans -created_at]",
        "order[GET /courses -capacity]",
        "order[GET /courses title]",
    ]
