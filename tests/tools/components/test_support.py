"""What the components refuse, and how they say it."""

from collections.abc import Callable

import pytest

from tests.tools.components.blueprints import BOOKSHOP, HELPDESK, PUBLIC, TINY, granted
from tools.blueprint.model import Blueprint, Endpoint, StateMachine
from tools.components import emit_backend
from tools.components.base import ComponentError

Change = Callable[[Blueprint], Blueprint]


def with_entity(name: str, **changes: object) -> Change:
    def change(blueprint: Blueprint) -> Blueprint:
        entities = [
            entity.model_copy(update=changes) if entity.name == name else entity
            for entity in blueprint.entities
        ]
        return blueprint.model_copy(update={"entities": tuple(entities)})

    return change


def with_field(entity: str, field: str, **changes: object) -> Change:
    def change(blueprint: Blueprint) -> Blueprint:
        fields = tuple(
            f.model_copy(update=changes) if f.name == field else f
            for f in blueprint.entity(entity).fields
        )
        return with_entity(entity, fields=fields)(blueprint)

    return change


def with_endpoint(**values: object) -> Change:
    def change(blueprint: Blueprint) -> Blueprint:
        endpoint = Endpoint.model_validate({"method": "GET", "access": PUBLIC, **values})
        return blueprint.model_copy(update={"endpoints": (*blueprint.endpoints, endpoint)})

    return change


CASES: dict[str, tuple[Blueprint, Change, str]] = {
    "free form": (
        TINY,
        lambda b: b.model_copy(update={"form": "free"}),
        "the spec dictates the form",
    ),
    "soft delete inside a parent": (
        BOOKSHOP,
        with_entity("order_item", soft_delete=True),
        "order_item is embedded, so it goes with its parent: no soft delete",
    ),
    "readers where nobody logs in": (
        TINY,
        with_field("note", "text", readers=("admin",)),
        "note.text has readers or writers, but there are no users",
    ),
    "writers of an embedded field": (
        BOOKSHOP,
        with_field("order_item", "quantity", writers=("admin",)),
        "order_item.quantity has writers, but is written with its parent",
    ),
    "a field that not everybody may set and everybody needs": (
        BOOKSHOP,
        with_field("book", "title", writers=("admin",)),
        "not every caller may set title, so it needs a default",
    ),
    "sorting by what one may not read": (
        BOOKSHOP,
        with_field("book", "price", readers=("admin",)),
        "GET /books: by price callers could find out what is not theirs",
    ),
    "an update with a key": (
        TINY,
        with_endpoint(
            operation="update", method="POST", path="/n/{id}", entity="note", idempotent=True
        ),
        "POST /n/{id}: only what creates or moves takes an Idempotency-Key",
    ),
    "login without users": (
        TINY,
        with_endpoint(operation="get", path="/n/{id}", entity="note", access=granted("admin")),
        "GET /n/{id} needs a login but the Blueprint has no `auth`",
    ),
    "own without owner": (
        BOOKSHOP,
        with_endpoint(
            operation="get", path="/b/{id}", entity="book", access=granted(own=("customer",))
        ),
        "GET /b/{id} is limited to own objects but book has no owner",
    ),
    "owner that leads nowhere": (
        BOOKSHOP,
        with_entity("order", owner="seller.id"),
        "the owner path of order has no field 'seller'",
    ),
    "nothing to change": (
        BOOKSHOP,
        with_endpoint(
            operation="update",
            method="PATCH",
            path="/o/{id}",
            entity="order",
            access=granted("admin"),
        ),
        "PATCH /o/{id} has no field that it may change",
    ),
    "unknown role": (
        BOOKSHOP,
        with_endpoint(operation="get", path="/b/{id}", entity="book", access=granted("boss")),
        "role 'boss' is not one of admin, staff, customer",
    ),
    "nobody may": (
        BOOKSHOP,
        with_endpoint(operation="get", path="/b/{id}", entity="book", access=granted()),
        "GET /b/{id}: neither public nor granted to anybody",
    ),
    "missing parameter": (
        BOOKSHOP,
        with_endpoint(operation="get", path="/b", entity="book"),
        "GET /b: a get endpoint needs 1 path parameter(s), not 0",
    ),
    "parameter that code needs": (
        BOOKSHOP,
        with_endpoint(operation="get", path="/b/{class}", entity="book"),
        "the path parameter 'class' is a name that code needs",
    ),
    "filter that code needs": (
        TINY,
        with_endpoint(operation="list", path="/n", entity="note", filters=("limit",)),
        "GET /n: the filter 'limit' has the name of a list parameter",
    ),
    "many where not one": (
        TINY,
        with_endpoint(operation="bulk_delete", method="POST", path="/n/bulk", entity="note"),
        "POST /n/bulk needs an endpoint that can delete one note",
    ),
    "many by others than one": (
        BOOKSHOP,
        with_endpoint(operation="bulk_create", method="POST", path="/b/bulk", entity="book"),
        "POST /b/bulk needs the access of POST /books",
    ),
    "unknown entity": (
        BOOKSHOP,
        with_endpoint(operation="get", path="/b/{id}", entity="car"),
        "no entity 'car'",
    ),
    "role that is no enum": (
        BOOKSHOP,
        with_field("user", "role", type="string", enum=None),
        "the role field 'role' must be an enum",
    ),
    "foreign key to nothing": (
        HELPDESK,
        with_field(
            "comment",
            "ticket_id",
            references=HELPDESK.entity("comment")
            .field("author_id")
            .references.model_copy(  # type: ignore[union-attr]
                update={"entity": "car"}
            ),
        ),
        "comment.ticket_id: no entity 'car'",
    ),
    "state that is no value": (
        HELPDESK,
        lambda b: b.model_copy(
            update={
                "rules": (
                    StateMachine.model_validate(
                        {
                            "entity": "ticket",
                            "field": "status",
                            "initial": "open",
                            "transitions": ({"source": "open", "target": "lost"},),
                        }
                    ),
                )
            }
        ),
        "'lost' is not one of open, in_progress, resolved, closed",
    ),
    "composite key with endpoints": (
        TINY,
        with_entity("note", primary_key=("text", "created_at")),
        "note has a composite primary key",
    ),
}


@pytest.mark.parametrize(("blueprint", "change", "message"), CASES.values(), ids=CASES.keys())
def test_what_cannot_be_written_is_said(blueprint: Blueprint, change: Change, message: str) -> None:
    with pytest.raises(ComponentError) as caught:
        emit_backend(change(blueprint))
    assert message in str(caught.value)


def test_everything_wrong_is_said_at_once() -> None:
    broken = with_field("note", "text", readers=("admin",))(TINY)
    broken = broken.model_copy(update={"form": "free"})
    with pytest.raises(ComponentError) as caught:
        emit_backend(broken)
    assert "readers or writers" in str(caught.value)
    assert "dictates the form" in str(caught.value)


def test_custom_endpoints_are_left_to_hand() -> None:
    custom = with_endpoint(operation="custom", path="/report", access=granted("admin"))(BOOKSHOP)
    assert "/report" not in "".join(
        text for path, text in emit_backend(custom).items() if path.endswith(".py")
    )
