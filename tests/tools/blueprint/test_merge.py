import re

import pytest
from pydantic import JsonValue

from tests.tools.examples import LIBRARY
from tools.blueprint.merge import add_requirements, merge_parts, remove_parts
from tools.blueprint.model import Access, Blueprint, Grant, Role, StateMachine, Transition
from tools.blueprint.parts import named_parts
from tools.blueprint.shorthand import format_field

Update = dict[str, JsonValue]


def test_a_new_entity_is_added() -> None:
    update: Update = {"entities": [{"name": "book", "table": "books", "fields": ["title: text"]}]}
    merged = merge_parts(LIBRARY, update).blueprint
    assert [entity.name for entity in merged.entities] == ["user", "loan", "book"]
    assert list(map(format_field, merged.entity("book").fields)) == [
        "id: uuid, read only, generated uuid",
        "title: text",
    ]


def test_one_wrong_key_of_the_conventions_leaves_the_others() -> None:
    sent: Update = {
        "conventions": {
            "base_path": "/api",
            "foreign_object": "404",
            "colour": "red",
            "pagination": {"style": "offset", "max_size": "many"},
        },
        "auth": {"access_ttl_s": 60, "rotation": "perhaps"},
    }
    merge = merge_parts(LIBRARY, sent)
    conventions, auth = merge.blueprint.conventions, merge.blueprint.auth
    assert (conventions.base_path, conventions.foreign_object) == ("/api", 404)
    assert (conventions.pagination.style, conventions.pagination.max_size) == ("offset", 100)
    assert auth is not None
    assert (auth.access_ttl_s, auth.rotation, auth.default_role) == (60, True, "reader")
    named = [line.partition(":")[0] for line in merge.refused]
    assert sorted(named) == [
        "- auth.rotation",
        "- conventions.colour",
        "- conventions.foreign_object",
        "- conventions.pagination.max_size",
    ]


@pytest.mark.parametrize(
    ("conventions", "said"),
    [
        ({"foreign_object": "404"}, "got '404'; send the number 404, without quotes"),
        ({"foreign_object": 400}, "Input should be 404 or 403, got 400"),
    ],
)
def test_a_value_of_another_type_is_told(conventions: Update, said: str) -> None:
    (line,) = merge_parts(LIBRARY, {"conventions": conventions}).refused
    assert line.endswith(said)


def test_an_entity_with_its_own_key_gets_no_id() -> None:
    update: Update = {
        "entities": [
            {"name": "tag", "table": "tags", "fields": ["name: text"], "primary_key": ["name"]}
        ]
    }
    assert [
        field.name for field in merge_parts(LIBRARY, update).blueprint.entity("tag").fields
    ] == ["name"]


def test_an_entity_is_patched_and_its_fields_merge_by_name() -> None:
    update: Update = {
        "entities": [{"name": "loan", "soft_delete": True, "fields": ["title: text", "due: date?"]}]
    }
    before, after = LIBRARY.entity("loan"), merge_parts(LIBRARY, update).blueprint.entity("loan")
    assert [field.name for field in after.fields] == ["id", "reader_id", "title", "status", "due"]
    assert after.soft_delete
    assert (after.owner, after.line) == (before.owner, before.line)


def test_a_replaced_field_keeps_its_spec_line_and_requirements() -> None:
    update: Update = {"entities": [{"name": "loan", "fields": ["title: text"]}]}
    title = merge_parts(LIBRARY, update).blueprint.entity("loan").field("title")
    assert (title.type, title.max_length, title.line, title.requirements) == (
        "text",
        None,
        14,
        ("R2",),
    )


def test_an_endpoint_is_patched_by_method_and_path() -> None:
    update: Update = {
        "endpoints": [
            {
                "method": "GET",
                "path": "/loans",
                "access": "librarian, reader own",
                "sort": ["title"],
            },
            {"method": "GET", "path": "/me", "operation": "me", "access": "*"},
        ]
    }
    merged = merge_parts(LIBRARY, update).blueprint
    listed, me = merged.endpoints[2], merged.endpoints[-1]
    assert listed.access == Access(grants=(Grant(role="librarian"), Grant(role="reader", own=True)))
    assert (listed.filters, listed.sort, listed.requirements) == (("status",), ("title",), ("R3",))
    assert me.access == Access(grants=(Grant(role="*"),))


@pytest.mark.parametrize(
    ("operation", "method", "status"),
    [("create", "POST", 201), ("delete", "DELETE", 204), ("update", "PATCH", 200)],
)
def test_a_new_endpoint_has_the_status_of_its_operation(
    operation: str, method: str, status: int
) -> None:
    endpoint: Update = {"operation": operation, "method": method, "path": "/x", "access": "*"}
    assert merge_parts(LIBRARY, {"endpoints": [endpoint]}).blueprint.endpoints[-1].status == status
    chosen = merge_parts(LIBRARY, {"endpoints": [endpoint | {"status": 202}]}).blueprint
    assert chosen.endpoints[-1].status == 202


def test_rules_are_told_apart_by_what_they_are_about() -> None:
    update: Update = {
        "rules": [
            {
                "kind": "states",
                "entity": "loan",
                "field": "status",
                "transitions": ["open -> closed"],
            },
            {"kind": "custom", "name": "late", "text": "Late loans cost 1."},
        ]
    }
    merged = merge_parts(LIBRARY, update).blueprint
    states = merged.rules[0]
    assert isinstance(states, StateMachine)
    assert states.transitions == (Transition(source="open", target="closed"),)
    assert states.initial == "open"
    assert list(named_parts(merged))[-4:] == [
        "rule states loan.status",
        "rule three_loans",
        "rule late",
        "scenario borrow",
    ]


def test_settings_merge_deeply_and_lists_of_words_grow() -> None:
    update: Update = {
        "title": "City library",
        "roles": ["admin", "reader"],
        "auth": {"default_role": None},
        "conventions": {"errors": {"style": "detail"}, "base_path": "/api"},
        "not_testable": {"R4": "a wish"},
        "assumptions": ["one branch", "one branch"],
    }
    merged = merge_parts(LIBRARY, update).blueprint
    assert merged.title == "City library"
    assert merged.roles == (Role(name="reader"), Role(name="librarian"), Role(name="admin"))
    assert merged.auth is not None
    assert merged.auth.default_role is None
    assert merged.auth.requirements == ("R1",)
    assert merged.conventions.errors.style == "detail"
    assert merged.conventions.errors.validation_status == 422
    assert merged.conventions.base_path == "/api"
    assert merged.not_testable == {"R4": "a wish"}
    assert merge_parts(merged, {"assumptions": ["two"]}).blueprint.assumptions[-1] == "two"


def test_auth_may_be_added_with_defaults() -> None:
    bare = Blueprint(name="x", title="X")
    assert merge_parts(bare, {"auth": {}}).blueprint.auth is not None


@pytest.mark.parametrize(
    ("update", "problem"),
    [
        (
            {"entities": [{"name": "loan", "fields": ["due: when"]}]},
            "- entities.loan.fields: 'when' is not a type",
        ),
        (
            {"entities": [{"name": "loan", "fields": [{"name": "due", "type": "when"}]}]},
            r"- entities.loan.fields.due.type: Input should be 'string', .*, got 'when'",
        ),
        ({"entities": [{"name": "book"}]}, r"- entities.book.table: Field required$"),
        ({"entities": ["book"]}, "- entities: expected an object, got 'book'"),
        (
            {"endpoints": [{"method": "GET", "path": "/x", "access": "reader x"}]},
            "- endpoints./x.access: 'reader x' is not `public`",
        ),
        (
            {"endpoints": [{"method": "GET", "path": "/x", "operation": "read", "access": "*"}]},
            "- endpoints.GET /x.operation: Input should be 'list'",
        ),
        (
            {"rules": [{"kind": "custom", "name": "late", "words": "x"}]},
            "- rules.late.custom.text: Field required",
        ),
        ({"conventions": {"pages": 1}}, "- conventions.pages: unknown key; there are base_path"),
        ({"auth": {"rotation": "maybe"}}, "- auth.rotation: Input should be a valid boolean"),
    ],
)
def test_problems_name_the_part_and_leave_it_out(update: Update, problem: str) -> None:
    merge = merge_parts(LIBRARY, update)
    assert any(re.match(problem, line) for line in merge.refused), merge.refused
    assert merge.blueprint == LIBRARY


def test_what_fits_is_taken() -> None:
    update: Update = {
        "roles": ["guest", 1],
        "entities": [
            {"name": "loan", "fields": ["due: when"]},
            {"name": "book", "table": "books", "fields": ["title: text"]},
            {"name": "shelf", "table": "shelves", "fields": [], "color": "red"},
        ],
        "conventions": {"base_path": "/v1"},
        "auth": {"rotation": "maybe"},
    }
    merge = merge_parts(LIBRARY, update)
    assert [line.split(":")[0] for line in merge.refused] == [
        "- roles",
        "- entities.loan.fields",
        "- entities.shelf.color",
        "- auth.rotation",
    ]
    assert [role.name for role in merge.blueprint.roles] == ["reader", "librarian", "guest"]
    assert [entity.name for entity in merge.blueprint.entities] == ["user", "loan", "book"]
    assert merge.blueprint.entity("loan") == LIBRARY.entity("loan")
    assert merge.blueprint.conventions.base_path == "/v1"
    assert merge.blueprint.auth == LIBRARY.auth


def test_parts_are_removed_by_name() -> None:
    names = ["POST /loans", "field loan.title", "rule three_loans", "auth", "endpoint GET /loans"]
    left = named_parts(remove_parts(LIBRARY, names).blueprint)
    assert set(named_parts(LIBRARY)) - set(left) == {
        "POST /loans",
        "field loan.title",
        "rule three_loans",
        "auth",
        "GET /loans",
    }


def test_an_unknown_part_is_named_with_what_is_near() -> None:
    merge = remove_parts(LIBRARY, ["POST /loan", "GET /loans"])
    [refused] = merge.refused
    assert refused.startswith("- no part is called 'POST /loan'; did you mean 'POST /loans'")
    assert "GET /loans" not in named_parts(merge.blueprint)


def test_requirements_are_added_to_parts() -> None:
    covers = {"R4": ["scenario borrow", "field loan.title"], "R2": ["field loan.title"]}
    parts = named_parts(add_requirements(LIBRARY, covers).blueprint)
    assert parts["scenario borrow"].requirements == ("R4",)
    assert parts["field loan.title"].requirements == ("R2", "R4")
    assert parts["entity user"].requirements == ()


def test_an_unknown_requirement_is_refused() -> None:
    merge = add_requirements(LIBRARY, {"R9": ["auth"], "R4": ["auth", "scenario buy"]})
    assert merge.refused[0] == "- covers: no such requirement: R9"
    assert merge.refused[1].startswith("- no part is called 'scenario buy'")
    assert "R4" in named_parts(merge.blueprint)["auth"].requirements
