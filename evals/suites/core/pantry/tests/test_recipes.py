"""Ingredients, recipes and the shopping list, from the spec."""

import pytest
from api import ids, items, ok, unique
from kitchen import amounts, cook, ingredient, line, recipe, recipe_body


def test_an_ingredient_is_there_once():
    who, name = cook(), unique("Flour")
    made = ok(who.post("/ingredients", {"name": f"  {name} "}), 201)
    assert made["name"] == name
    assert cook().post("/ingredients", {"name": f" {name.upper()}"}).status_code == 409
    names = [thing["name"] for thing in items(who.get("/ingredients"))]
    assert names.count(name) == 1


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, None])
def test_names_that_are_none(name):
    assert cook().post("/ingredients", {"name": name}).status_code == 422


def test_a_recipe_is_kept():
    who = cook()
    b, a = ingredient(who, "b"), ingredient(who, "a")
    made = recipe(who, line(b, "2", "piece"), line(a, "0.5", "ml"), title="Stew")
    shown = ok(who.get(f"/recipes/{made['id']}"), 200)
    assert shown == made
    assert (shown["cook_id"], shown["title"], shown["portions"]) == (who.id, "Stew", 4)
    assert shown["shared"] is False
    assert [(entry["name"], entry["amount"], entry["unit"]) for entry in shown["lines"]] == [
        (a["name"], "0.50", "ml"), (b["name"], "2.00", "piece"),
    ]


WRONG = {
    "no title": {"title": ""}, "long": {"title": "x" * 101}, "none": {"portions": 0},
    "many": {"portions": 51}, "no lines": {"lines": []}, "no list": {"lines": None},
}


@pytest.mark.parametrize("changes", WRONG.values(), ids=WRONG)
def test_recipes_that_are_none(changes):
    who = cook()
    assert who.post("/recipes", recipe_body(line(ingredient(who)), **changes)).status_code == 422


@pytest.mark.parametrize(
    "changes",
    [{"amount": "0"}, {"amount": "-1"}, {"amount": "1.005"}, {"amount": "1000000"},
     {"unit": "kg"}, {"ingredient_id": 987654321}],
)
def test_lines_that_are_none_store_nothing(changes):
    who = cook()
    good, bad = ingredient(who), ingredient(who)
    body = recipe_body(line(good), line(bad) | changes)
    assert who.post("/recipes", body).status_code == 422
    body = recipe_body(line(good), line(good, "2.00"))
    assert who.post("/recipes", body).status_code == 422
    assert [found for found in items(who.get("/recipes")) if found["cook_id"] == who.id] == []


def test_portions_scale_and_change_nothing():
    who = cook()
    made = recipe(who, line(ingredient(who, "a"), "100.00"), line(ingredient(who, "b"), "0.50"))
    path = f"/recipes/{made['id']}"
    scaled = ok(who.get(path, portions=6), 200)
    assert (scaled["portions"], amounts(scaled)) == (6, ["150.00", "0.75"])
    assert amounts(ok(who.get(path, portions=1), 200)) == ["25.00", "0.13"]  # 0.125, half up
    assert ok(who.get(path), 200) == made
    for wrong in (0, 51, "two"):
        assert who.get(path, portions=wrong).status_code == 422


def test_replacing_a_recipe():
    who = cook()
    made = recipe(who)
    new = ingredient(who)
    path = f"/recipes/{made['id']}"
    body = recipe_body(line(new, "3", "piece"), title="New", portions=2, shared=True)
    shown = ok(who.put(path, body), 200)
    assert (shown["title"], shown["portions"], shown["shared"]) == ("New", 2, True)
    assert [entry["ingredient_id"] for entry in shown["lines"]] == [new["id"]]
    bad = recipe_body(line(new), line(new))
    assert who.put(path, bad).status_code == 422
    assert ok(who.get(path), 200) == shown
    assert who.delete(path).status_code == 204
    assert who.get(path).status_code == 404


def test_the_shopping_list_sums():
    who = cook()
    b, a = ingredient(who, "b"), ingredient(who, "a")
    one = recipe(who, line(a, "100.10"), line(b, "2", "piece"))
    two = recipe(who, line(a, "0.90"), line(b, "50", "ml"))
    shown = ok(who.get("/shopping-list", recipe=[one["id"], two["id"], two["id"]]), 200)["lines"]
    assert [(entry["ingredient_id"], entry["unit"], entry["amount"]) for entry in shown] == [
        (a["id"], "g", "101.90"), (b["id"], "ml", "100.00"), (b["id"], "piece", "2.00"),
    ]
    assert [entry["name"] for entry in shown] == [a["name"], b["name"], b["name"]]
    assert who.get("/shopping-list").status_code == 422


def test_shared_recipes_are_seen_by_everybody():
    who, guest = cook(), cook()
    shared, private = recipe(who, shared=True), recipe(who)
    found = ids(guest.get("/recipes"))
    assert shared["id"] in found
    assert private["id"] not in found
    assert ok(guest.get(f"/recipes/{shared['id']}"), 200)["title"] == "Soup"
    assert len(ok(guest.get("/shopping-list", recipe=[shared["id"]]), 200)["lines"]) == 1
