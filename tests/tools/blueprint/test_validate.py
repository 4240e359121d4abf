"""The validator accepts the examples and says what, why and how to fix for each mistake."""

from typing import Any

import pytest

from tools.blueprint.model import Blueprint
from tools.blueprint.outline import outline_blueprint
from tools.blueprint.store import dump_blueprint
from tools.blueprint.validate import validate_blueprint

BASE: dict[str, Any] = {
    "name": "shop",
    "title": "Shop",
    "roles": [{"name": "admin"}, {"name": "customer"}],
    "auth": {"default_role": "customer"},
    "enums": [
        {"name": "user_role", "values": ["admin", "customer"]},
        {"name": "order_status", "values": ["placed", "paid"]},
    ],
    "entities": [
        {
            "name": "user",
            "table": "users",
            "fields": [
                {"name": "id", "type": "uuid", "generated": "uuid", "writable": "never"},
                {"name": "email", "type": "string", "max_length": 99, "unique": True},
                {"name": "password_hash", "type": "text", "readable": False, "writable": "never"},
                {"name": "role", "type": "enum", "enum": "user_role", "default": "customer"},
            ],
        },
        {
            "name": "order",
            "table": "orders",
            "owner": "customer_id",
            "embeds": [{"entity": "item", "field": "items", "via": "order_id"}],
            "fields": [
                {"name": "id", "type": "uuid", "generated": "uuid", "writable": "never"},
                {
                    "name": "customer_id",
                    "type": "uuid",
                    "references": {"entity": "user"},
                    "generated": "caller",
                    "writable": "never",
                },
                {
                    "name": "status",
                    "type": "enum",
                    "enum": "order_status",
                    "default": "placed",
                    "writable": "never",
                },
                {
                    "name": "total",
                    "type": "decimal",
                    "precision": 9,
                    "scale": 2,
                    "writable": "never",
                },
                {"name": "note", "type": "text", "nullable": True},
            ],
        },
        {
            "name": "item",
            "table": "items",
            "owner": "order.customer_id",
            "fields": [
                {"name": "id", "type": "uuid", "generated": "uuid", "writable": "never"},
                {"name": "order_id", "type": "uuid", "references": {"entity": "order"}},
                {"name": "book_id", "type": "uuid", "references": {"entity": "book"}},
                {"name": "quantity", "type": "integer", "minimum": 1},
                {
                    "name": "price",
                    "type": "decimal",
                    "precision": 9,
                    "scale": 2,
                    "writable": "never",
                },
            ],
        },
        {
            "name": "book",
            "table": "books",
            "fields": [
                {"name": "id", "type": "uuid", "generated": "uuid", "writable": "never"},
                {"name": "price", "type": "decimal", "precision": 9, "scale": 2},
                {"name": "stock", "type": "integer", "default": 0},
            ],
        },
    ],
    "endpoints": [
        {
            "operation": "login",
            "method": "POST",
            "path": "/auth/login",
            "access": {"public": True},
        },
        {
            "operation": "list",
            "method": "GET",
            "path": "/orders",
            "entity": "order",
            "access": {"grants": [{"role": "customer", "own": True}, {"role": "admin"}]},
            "filters": ["status"],
            "search": ["note"],
        },
        {
            "operation": "transition",
            "method": "POST",
            "path": "/orders/{order_id}/pay",
            "entity": "order",
            "to": "paid",
            "access": {"grants": [{"role": "*"}]},
        },
        {
            "operation": "list",
            "method": "GET",
            "path": "/orders/{order_id}/items",
            "entity": "item",
            "parent": "order_id",
            "access": {"grants": [{"role": "admin"}]},
        },
    ],
    "rules": [
        {
            "kind": "states",
            "entity": "order",
            "field": "status",
            "initial": "placed",
            "transitions": [{"source": "placed", "target": "paid"}],
        },
        {
            "kind": "stock",
            "entity": "item",
            "amount": "quantity",
            "via": "book_id",
            "counter": "stock",
        },
        {"kind": "copy", "entity": "item", "field": "price", "via": "book_id", "source": "price"},
        {
            "kind": "sum",
            "entity": "order",
            "field": "total",
            "child": "item",
            "factors": ["quantity", "price"],
            "requirements": ["R1"],
        },
    ],
    "scenarios": [
        {
            "name": "pay",
            "steps": [
                {
                    "actor": "customer:ann",
                    "method": "GET",
                    "path": "/orders?limit=1",
                    "status": 200,
                    "save": {"order": "items.0.id"},
                },
                {
                    "actor": "admin",
                    "method": "POST",
                    "path": "/orders/{{order}}/pay",
                    "status": 200,
                },
            ],
        }
    ],
    "requirements": [{"id": "R1", "text": "Orders have totals.", "line": 3}],
}


def changed(path: str, value: object) -> Blueprint:
    """The base with the value at a dotted path of keys and positions; `+` appends."""
    data = Blueprint.model_validate(BASE).model_dump(mode="json")
    target: Any = data
    *steps, last = path.split(".")
    for step in steps:
        target = target[int(step) if step.isdigit() else step]
    if last == "+":
        target.append(value)
    else:
        target[int(last) if last.isdigit() else last] = value
    return Blueprint.model_validate(data)


def test_a_sound_blueprint_has_no_problems() -> None:
    assert validate_blueprint(Blueprint.model_validate(BASE)) == []


@pytest.mark.parametrize(
    ("path", "value", "where", "what"),
    [
        ("entities.3.table", "items", "table items", "the name is used 2 times"),
        ("entities.3.fields.1.name", "stock", "entity book, field stock", "the name is used"),
        ("roles.0.name", "customer", "role customer", "the name is used 2 times"),
        ("enums.0.values", [], "enum user_role", "it has no values"),
        ("conventions.pagination.default_size", 500, "conventions.pagination", "default_size 500"),
        # data that components refuse for now
        ("entities.1.fields.4.readers", ["boss"], "entity order.note", "its readers or writers"),
        ("endpoints.0.cache_s", 60, "endpoint POST /auth/login", "cache_s with method POST"),
        ("endpoints.0.cache_s", 60, "endpoint POST /auth/login", "cache_s on operation login"),
        ("endpoints.1.idempotent", True, "endpoint GET /orders", "idempotent with method GET"),
        (
            "rules.+",
            {"kind": "quota", "entity": "order", "per": "note", "limit": 5},
            "rule quota of order",
            "`note` is no foreign key",
        ),
        (
            "rules.+",
            {"kind": "quota", "entity": "order", "per": "customer_id", "limit": 5, "values": ["x"]},
            "rule quota of order",
            "field and values belong together",
        ),
        (
            "rules.+",
            {
                "kind": "quota", "entity": "order", "per": "customer_id", "limit": 5,
                "field": "status", "values": ["lost"],
            },
            "rule quota of order",
            "values that are none of enum order_status: lost",
        ),
        # entities and fields
        ("entities.0.primary_key", ["x"], "entity user", "its keys or indexes name missing"),
        ("entities.1.owner", "note", "entity order", "its owner 'note' leads nowhere"),
        ("entities.2.owner", "book.stock", "entity item", "its owner 'book.stock' leads"),
        ("entities.2.owner", "shelf.user_id", "entity item", "its owner 'shelf.user_id' leads"),
        ("entities.0.fields.1.max_length", None, "entity user.email", "a string without max"),
        ("entities.0.fields.3.enum", "mood", "entity user.role", "no enum 'mood' is defined"),
        ("entities.0.fields.3.default", "wizard", "entity user.role", "the default 'wizard'"),
        ("entities.3.fields.2.default", "many", "entity book.stock", "the default 'many'"),
        ("entities.3.fields.2.default", True, "entity book.stock", "the default True"),
        ("entities.3.fields.1.default", "1.x", "entity book.price", "the default '1.x'"),
        ("entities.3.fields.1.scale", 12, "entity book.price", "its scale exceeds"),
        ("entities.2.fields.3.maximum", 0, "entity item.quantity", "its minimum exceeds"),
        ("entities.0.fields.1.min_length", 100, "entity user.email", "min_length exceeds"),
        ("entities.1.fields.4.default", 5, "entity order.note", "the default 5 does not fit"),
        ("entities.0.fields.1.default", "x" * 100, "entity user.email", "the default 'xxx"),
        ("entities.3.fields.1.default", "nan", "entity book.price", "the default 'nan'"),
        ("entities.3.fields.1.default", [1], "entity book.price", "the default [1]"),
        ("entities.1.fields.4.minimum", 1, "entity order.note", "bounds on a field that is no"),
        ("entities.3.fields.2.min_length", 1, "entity book.stock", "a length or format"),
        ("entities.1.fields.4.type", "array", "entity order.note", "an array without an item"),
        ("entities.1.fields.1.writable", "always", "entity order.customer_id", "it is filled"),
        ("entities.1.fields.1.type", "integer", "entity order.customer_id", "its type integer"),
        ("entities.2.fields.2.references.entity", "shelf", "entity item.book_id",
         "it references `shelf.id`, which does not exist"),
        ("entities.2.fields.2.references.field", "stock", "entity item.book_id",
         "its type uuid differs"),
        ("entities.2.fields.2.references.on_delete", "set_null", "entity item.book_id",
         "on_delete is set_null but"),
        ("entities.1.embeds.0.via", "book_id", "entity order, embed items",
         "`item.book_id` is no foreign key to `order`"),
        ("entities.1.embeds.0.field", "note", "entity order, embed note", "`note` is also a field"),
        ("entities.1.embeds.0.max_items", 0, "entity order, embed items", "min_items exceeds"),
        # auth
        ("auth.login_field", "name", "auth", "the entity `user` with"),
        ("auth.default_role", "wizard", "auth", "the default role 'wizard' is no role"),
        ("entities.0.fields.3.type", "text", "auth", "`user.role`"),
        ("enums.0.values", ["customer"], "auth", "`user.role` lacks admin"),
        ("entities.0.fields.2.readable", True, "auth", "`user.password_hash` is readable"),
        ("endpoints.0.operation", "custom", "auth", "no endpoint has operation login"),
        # endpoints
        ("endpoints.1.access", {}, "endpoint GET /orders", "nobody may call it"),
        ("endpoints.0.access.grants", [{"role": "admin"}], "endpoint POST /auth/login",
         "it is both public and granted"),
        ("endpoints.1.access.grants.+", {"role": "wizard"}, "endpoint GET /orders",
         "it is granted to 'wizard', which is no role"),
        ("entities.1.owner", None, "endpoint GET /orders", "a grant is limited to own objects"),
        ("endpoints.1.method", "POST", "endpoint POST /orders", "operation list with method POST"),
        ("entities.1.fields.4.pattern", "^(?!x)", "entity order.note", "its pattern '^(?!x)'"),
        ("entities.1.fields.4.pattern", "^a$b", "entity order.note", "no text of its length was"),
        ("entities.1.fields.0.pattern", "^a$", "entity order.id", "a pattern beside uuid"),
        ("auth.password_max_length", 5, "auth", "the longest password is shorter"),
        ("auth.password_max_length", 0, "auth", "the longest password is shorter"),
        ("endpoints.2.paged", False, "endpoint POST /orders/{order_id}/pay", "paged false on"),
        ("endpoints.1.entity", "shelf", "endpoint GET /orders", "it works on 'shelf'"),
        ("endpoints.1.path", "/orders/{a}", "endpoint GET /orders/{a}", "its path has 1 param"),
        ("endpoints.2.path", "/orders/{a}/{a}", "endpoint POST /orders/{a}/{a}",
         "its path parameters are not distinct"),
        ("endpoints.1.path", "/orders/{x}/items", "endpoint GET /orders/{x}/items",
         "another endpoint has the same"),
        ("endpoints.1.filters", ["color"], "endpoint GET /orders", "filters names missing"),
        ("endpoints.1.search", ["total"], "endpoint GET /orders", "search cannot use `total`"),
        ("endpoints.2.sort", ["note"], "endpoint POST /orders/{order_id}/pay",
         "sort on operation transition"),
        ("endpoints.1.fields", ["total"], "endpoint GET /orders", "it sets `total`, which is"),
        ("endpoints.3.parent", "quantity", "endpoint GET /orders/{order_id}/items",
         "its parent 'quantity' is no foreign key"),
        ("endpoints.2.to", "lost", "endpoint POST /orders/{order_id}/pay",
         "no transition leads to 'lost'"),
        ("rules.0.entity", "book", "endpoint POST /orders/{order_id}/pay",
         "`order` has no state machine"),
        # rules
        ("rules.0.field", "note", "rule states of order", "`note` is of type text"),
        ("rules.0.field", "mood", "rule states of order", "order has no field 'mood'"),
        ("rules.0.transitions.+", {"source": "paid", "target": "lost"}, "rule states of order",
         "states that are no values of enum order_status: lost"),
        ("rules.0.transitions.0.roles", ["wizard"], "rule states of order",
         "transitions name unknown roles: wizard"),
        ("rules.0.transitions", [], "rule states of order", "no transitions"),
        ("rules.0.initial", "paid", "rule states of order", "it starts at 'paid' but"),
        ("rules.1.amount", "price", "rule stock of item", "`price` is of type decimal"),
        ("rules.1.via", "quantity", "rule stock of item", "`quantity` is no foreign key"),
        ("rules.2.source", "stock", "rule copy of item", "`price` is decimal but its source"),
        ("entities.2.fields.4.writable", "always", "rule copy of item", "clients may write"),
        ("rules.3.field", "note", "rule sum of order", "`note` is of type text"),
        ("entities.1.embeds", [], "rule sum of order", "`item` is not embedded in `order`"),
        # scenarios and requirements
        ("scenarios.0.steps", [], "scenario pay", "it has no steps"),
        ("scenarios.0.steps.0.actor", "wizard", "scenario pay, step 1", "the actor 'wizard'"),
        ("scenarios.0.steps.0.save", {}, "scenario pay, step 2", "it uses values that no"),
        ("scenarios.0.steps.0.path", "/books", "scenario pay, step 1", "no endpoint answers"),
        ("rules.3.requirements", ["R7"], "requirement R7", "a part names it, but the spec"),
        ("not_testable", {"R9": "a wish"}, "requirement R9", "a part names it"),
    ],
)  # fmt: skip
def test_each_mistake_is_named(path: str, value: object, where: str, what: str) -> None:
    problems = validate_blueprint(changed(path, value))
    found = [p for p in problems if p.where == where and p.what.startswith(what)]
    assert len(found) == 1
    assert str(found[0]) == f"{where}: {found[0].what}. {found[0].why}. Fix: {found[0].fix}."
    assert min(len(found[0].why), len(found[0].fix)) > 5


def test_registration_without_a_default_role_is_a_gap() -> None:
    register = {
        "operation": "register",
        "method": "POST",
        "path": "/auth/register",
        "access": {"public": True},
    }
    data = changed("endpoints.+", register).model_dump(mode="json")
    data["auth"]["default_role"] = None
    problems = validate_blueprint(Blueprint.model_validate(data))
    assert [(p.where, p.what, p.gap) for p in problems] == [
        ("auth", "whoever registers would have no role", True)
    ]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"first_admin_role": "chief"}, "the first admin's role 'chief' is no role"),
        ({"first_admin_role": "customer", "default_role": "customer"}, None),
        ({"active_field": "active"}, "`user.active` is no boolean with the default true"),
        ({"active_field": "email"}, "`user.email` is no boolean with the default true"),
    ],
)
def test_who_may_log_in_and_who_rules(changes: dict[str, str], problem: str | None) -> None:
    data = changed("auth", {**BASE["auth"], **changes}).model_dump(mode="json")
    found = [one.what for one in validate_blueprint(Blueprint.model_validate(data))]
    assert found == ([problem] if problem else [])


@pytest.mark.parametrize(
    ("operation", "method", "path"),
    [("create", "POST", "/users"), ("update", "PATCH", "/users/{user_id}")],
)
def test_a_user_is_written_with_a_password_and_never_with_its_hash(
    operation: str, method: str, path: str
) -> None:
    def problems(field: str) -> list[str]:
        endpoint = {
            "operation": operation,
            "method": method,
            "path": path,
            "entity": "user",
            "access": {"grants": [{"role": "admin"}]},
            "fields": ["email", field],
        }
        written = changed("endpoints", [*BASE["endpoints"], endpoint])
        return [str(problem) for problem in validate_blueprint(written)]

    assert problems("password") == []
    assert problems("password_hash") == [
        f"endpoint {method} {path}: it sets `password_hash`, which is writable 'never'. That field "
        "is not for clients to set here. Fix: name `password`, which is stored as a hash."
    ]


def test_grants_without_auth_are_a_gap() -> None:
    problems = validate_blueprint(changed("auth", None))
    assert {(p.what, p.gap) for p in problems} == {
        ("it needs a login, but the Blueprint has no auth", True)
    }
    assert [p.where for p in problems] == [
        "endpoint GET /orders",
        "endpoint POST /orders/{order_id}/pay",
        "endpoint GET /orders/{order_id}/items",
    ]


def test_problems_carry_the_line_of_the_spec() -> None:
    blueprint = changed("entities.0.fields.1.line", 12)
    data = blueprint.model_dump(mode="json")
    data["entities"][0]["fields"][1]["max_length"] = None
    problems = validate_blueprint(Blueprint.model_validate(data))
    assert [problem.line for problem in problems] == [12]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ({"type": "jsonb"}, {"any": "thing"}),
        ({"type": "array", "item_type": "text"}, ["a"]),
        ({"type": "boolean"}, True),
        ({"type": "decimal"}, "1.50"),
        ({"type": "float"}, 0.5),
        ({"type": "date"}, "2026-01-01"),
    ],
)
def test_defaults_that_fit_their_type(field: dict[str, object], value: object) -> None:
    extra = {"name": "extra", "default": value, **field}
    assert validate_blueprint(changed("entities.3.fields.+", extra)) == []


def test_quotas_limits_and_visibility_are_data() -> None:
    quota = {
        "kind": "quota", "entity": "order", "per": "customer_id", "limit": 5,
        "field": "status", "values": ["placed"],
    }  # fmt: skip
    assert validate_blueprint(changed("rules.+", quota)) == []
    limited = changed("endpoints.0.rate_limit", {"requests": 10, "per_s": 60})
    assert validate_blueprint(limited) == []
    assert "at most 10 requests in 60 s by user" in outline_blueprint(limited)
    assert "at most 5 per customer_id where status is placed" in outline_blueprint(
        changed("rules.+", quota)
    )
    seen = changed("entities.1.fields.4.readers", ["admin"])
    assert validate_blueprint(seen) == []
    assert Blueprint.model_validate_json(dump_blueprint(seen)) == seen


def test_self_references_and_links_with_attributes_are_data() -> None:
    link = {
        "name": "friendship",
        "table": "friendships",
        "primary_key": ["user_id", "friend_id"],
        "fields": [
            {"name": "user_id", "type": "uuid", "references": {"entity": "user"}},
            {"name": "friend_id", "type": "uuid", "references": {"entity": "user"}},
            {"name": "since", "type": "date", "nullable": True},
        ],
    }
    assert validate_blueprint(changed("entities.+", link)) == []


def test_nobody_registers_as_admin() -> None:
    register = {
        "operation": "register",
        "method": "POST",
        "path": "/auth/register",
        "access": {"public": True},
        "status": 201,
    }
    blueprint = changed("endpoints.+", register)
    assert [problem.what for problem in validate_blueprint(blueprint)] == []
    assert blueprint.auth is not None
    admin = blueprint.auth.model_copy(update={"default_role": "admin"})
    problems = validate_blueprint(blueprint.model_copy(update={"auth": admin}))
    assert [problem.what for problem in problems] == ["whoever registers becomes admin"]
