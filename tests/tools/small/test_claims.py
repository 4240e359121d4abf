"""Claims of a small model are held against the words of the sentence."""

import pytest
from pydantic import JsonValue

from tools.blueprint.merge import merge_parts
from tools.blueprint.model import Blueprint, Requirement
from tools.small.claims import doubts

TEXTS = (
    "A small API for a cooking club that shares recipes.",
    "A recipe has a title (up to 120 characters, required) and a number of servings, at least 1.",
    "Titles are unique.",
    "A comment belongs to a recipe and has a text of at most 500 characters.",
    "Anybody can list recipes, read one, add one, change one and delete one.",
    "The list of recipes can be searched by title.",
    "Anybody can add a comment to a recipe and list the comments.",
    "Deleting a recipe deletes its comments.",
    "Recipes belong to the person who made them; nobody sees the recipes of others.",
    "People register and log in.",
    "The newest recipes come first.",
    "The list can be filtered by servings.",
)
DRAFT = Blueprint(
    name="recipes",
    title="Recipes",
    requirements=tuple(
        Requirement(id=f"R{number}", text=text, line=number)
        for number, text in enumerate(TEXTS, start=1)
    ),
)
SERVED: list[JsonValue] = ["servings: integer, >= 1", "note: text"]
RECIPE: dict[str, JsonValue] = {
    "name": "recipe",
    "table": "recipes",
    "fields": ["title: string(120)", *SERVED],
}
COMMENT: dict[str, JsonValue] = {
    "name": "comment",
    "table": "comments",
    "fields": ["recipe_id: uuid, -> recipe cascade", "text: string(500)"],
}
ALL = ("list", "get", "create", "update", "delete")
METHODS = {"list": "GET", "get": "GET", "create": "POST", "update": "PATCH", "delete": "DELETE"}


def endpoints(entity: str, *operations: str, **extras: JsonValue) -> list[JsonValue]:
    return [_endpoint(entity, one) | (extras if one == "list" else {}) for one in operations]


def _endpoint(entity: str, operation: str) -> dict[str, JsonValue]:
    return {
        "operation": operation,
        "method": METHODS[operation],
        "path": f"/{entity}s" + ("" if operation in {"list", "create"} else "/{id}"),
        "entity": entity,
        "access": "public",
    }


def built(entities: list[JsonValue], *parts: JsonValue) -> Blueprint:
    merged = merge_parts(DRAFT, {"entities": entities, "endpoints": [*parts]})
    assert merged.refused == ()
    return merged.blueprint


PLAIN = built([RECIPE], *endpoints("recipe", *ALL))
WHOLE = built(
    [RECIPE | {"fields": ["title: string(120), unique", *SERVED]}, COMMENT],
    *endpoints("recipe", *ALL, search=["title"], order=["-created_at"], filters=["servings"]),
    *endpoints("comment", "list", "create"),
)


@pytest.mark.parametrize(
    ("number", "parts", "missing"),
    [
        (1, ["entity recipe"], []),
        (2, ["entity recipe"], []),
        (2, ["POST /recipes"], []),
        (3, ["entity recipe"], ["a unique field"]),
        (4, ["entity recipe"], ["the number 500", "anything called `comment`"]),
        (5, ["GET /recipes"], []),
        (6, ["GET /recipes"], ["an endpoint with `search`"]),
        (7, ["GET /recipes", "POST /recipes"], ["anything called `comment`"]),
        (8, ["DELETE /recipes/{id}"], ["anything called `comment`"]),
        (9, ["GET /recipes"], ["rows that are `owned`"]),
        (
            10,
            ["GET /recipes"],
            ["accounts with a login, or access for `logged_in`", "accounts that register"],
        ),
        (11, ["GET /recipes"], ["an endpoint with an order"]),
        (12, ["GET /recipes"], ["an endpoint with `filters`"]),
    ],
)
def test_a_claim_about_too_little(number: int, parts: list[str], missing: list[str]) -> None:
    assert doubts(PLAIN, PLAIN.requirements[number - 1], parts) == missing


@pytest.mark.parametrize(
    ("number", "parts"),
    [
        (3, ["field recipe.title"]),
        (4, ["entity comment"]),
        (6, ["GET /recipes"]),
        (7, ["GET /comments", "POST /comments"]),
        (8, ["DELETE /recipes/{id}"]),
        (11, ["GET /recipes"]),
        (12, ["GET /recipes"]),
    ],
)
def test_a_claim_that_may_stand(number: int, parts: list[str]) -> None:
    assert doubts(WHOLE, WHOLE.requirements[number - 1], parts) == []


def test_operations_that_are_not_there() -> None:
    lists = built([RECIPE], *endpoints("recipe", "list"))
    assert doubts(lists, lists.requirements[4], ["GET /recipes"]) == [
        "a create",
        "an update",
        "a delete",
    ]
