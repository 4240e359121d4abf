"""Paths to an owner resolve through foreign keys, however they are spelled."""

import pytest

from tools.blueprint.model import Auth, Blueprint, Entity, EntityField, Reference
from tools.blueprint.ownership import OwnerPath, owner_path


def key(name: str, entity: str) -> EntityField:
    return EntityField(name=name, type="uuid", references=Reference(entity=entity))


SHOP = Blueprint(
    name="shop",
    title="Shop",
    auth=Auth(),
    entities=(
        Entity(name="user", table="users", fields=(EntityField(name="id", type="uuid"),)),
        Entity(name="order", table="orders", fields=(key("customer_id", "user"),)),
        Entity(name="item", table="items", fields=(key("order_id", "order"),)),
        Entity(name="swap", table="swaps", fields=(key("a_id", "item"), key("b_id", "item"))),
    ),
)


def path(entity: str, owner: str) -> OwnerPath:
    found = SHOP.entity(entity)
    return owner_path(SHOP, found.model_copy(update={"owner": owner}))


@pytest.mark.parametrize(
    ("entity", "owner", "expected"),
    [
        ("user", "id", OwnerPath((), "id")),
        ("order", "customer_id", OwnerPath((), "customer_id")),
        ("item", "order.customer_id", OwnerPath((("order_id", "order"),), "customer_id")),
        ("item", "order_id.customer_id", OwnerPath((("order_id", "order"),), "customer_id")),
        (
            "swap",
            "a.order.customer_id",
            OwnerPath((("a_id", "item"), ("order_id", "order")), "customer_id"),
        ),
    ],
)
def test_paths(entity: str, owner: str, expected: OwnerPath) -> None:
    assert path(entity, owner) == expected


@pytest.mark.parametrize(
    ("entity", "owner", "reason"),
    [
        ("order", "id", "`order.id` does not point to a user"),
        ("item", "order.total", "`order.total` does not point to a user"),
        ("item", "book.customer_id", "`item` has no foreign key called or pointing to 'book'"),
        ("swap", "item.order.customer_id", "`swap` has more than one foreign key"),
    ],
)
def test_paths_that_lead_nowhere(entity: str, owner: str, reason: str) -> None:
    with pytest.raises(LookupError) as caught:
        path(entity, owner)
    assert caught.value.args[0].startswith(reason)
