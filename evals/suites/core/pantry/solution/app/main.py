"""Pantry: recipes that scale, and what to buy for them."""

from contextlib import asynccontextmanager
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Literal

import psycopg
from fastapi import FastAPI, HTTPException, Query
from psycopg.errors import ForeignKeyViolation, UniqueViolation
from pydantic import BaseModel, Field, field_validator

from app.base import (
    URL, Caller, Db, Email, Id, Text, found, hash_password, is_password, token_of,
)

TABLES = """
DO $$ BEGIN CREATE TYPE unit AS ENUM ('g', 'ml', 'piece');
EXCEPTION WHEN duplicate_object THEN NULL; END $$;
CREATE TABLE IF NOT EXISTS cook (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  email varchar(254) NOT NULL UNIQUE, password_hash text NOT NULL);
CREATE TABLE IF NOT EXISTS recipe (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  cook_id bigint NOT NULL REFERENCES cook (id), title varchar(100) NOT NULL,
  portions integer NOT NULL CHECK (portions BETWEEN 1 AND 50),
  shared boolean NOT NULL DEFAULT false);
CREATE TABLE IF NOT EXISTS ingredient (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name varchar(60) NOT NULL UNIQUE);
CREATE UNIQUE INDEX IF NOT EXISTS ingredient_name ON ingredient (lower(name));
CREATE TABLE IF NOT EXISTS recipe_line (
  recipe_id bigint NOT NULL REFERENCES recipe (id) ON DELETE CASCADE,
  ingredient_id bigint NOT NULL REFERENCES ingredient (id),
  amount numeric(8,2) NOT NULL CHECK (amount > 0), unit unit NOT NULL,
  PRIMARY KEY (recipe_id, ingredient_id));
"""
Portions = Annotated[int, Field(ge=1, le=50)]
Key = Annotated[int, Field(ge=1, lt=2**63)]


@asynccontextmanager
async def lifespan(app):
    with psycopg.connect(URL) as db:
        db.execute(TABLES)
    yield


app = FastAPI(lifespan=lifespan)


class Login(BaseModel):
    email: Text
    password: Text


class Registration(BaseModel):
    email: Email = Field(max_length=254)
    password: Text = Field(min_length=10, max_length=200)


class NewIngredient(BaseModel):
    name: Text

    @field_validator("name")
    @classmethod
    def trimmed(cls, name):
        name = name.strip()
        if not 1 <= len(name) <= 60:
            raise ValueError("1 to 60 characters")
        return name


class Line(BaseModel):
    ingredient_id: Key
    amount: Decimal = Field(gt=0, max_digits=8, decimal_places=2)
    unit: Literal["g", "ml", "piece"]


class NewRecipe(BaseModel):
    title: Text = Field(min_length=1, max_length=100)
    portions: Portions
    shared: bool = False
    lines: list[Line] = Field(min_length=1, max_length=30)


@app.get("/health")
def health():
    return {"status": "ok"}


@app.post("/auth/register", status_code=201)
def register(body: Registration, db: Db):
    try:
        return db.execute(
            "INSERT INTO cook (email, password_hash) VALUES (%s, %s) RETURNING id, email",
            (body.email, hash_password(body.password)),
        ).fetchone()
    except UniqueViolation as error:
        raise HTTPException(409, "the email is taken") from error


@app.post("/auth/login")
def login(body: Login, db: Db):
    row = db.execute("SELECT * FROM cook WHERE email = %s", (body.email.lower(),)).fetchone()
    if row is None or not is_password(body.password, row["password_hash"]):
        raise HTTPException(401, "wrong login")
    return token_of(row["id"])


@app.post("/ingredients", status_code=201)
def add_ingredient(body: NewIngredient, caller: Caller, db: Db):
    try:
        sql = "INSERT INTO ingredient (name) VALUES (%s) RETURNING *"
        return db.execute(sql, (body.name,)).fetchone()
    except UniqueViolation as error:
        raise HTTPException(409, "it is there") from error


@app.get("/ingredients")
def list_ingredients(caller: Caller, db: Db):
    return db.execute("SELECT * FROM ingredient ORDER BY lower(name)").fetchall()


def shown(db, recipe, portions=None):
    lines = db.execute(
        """SELECT ingredient_id, name, amount, unit FROM recipe_line
           JOIN ingredient ON id = ingredient_id WHERE recipe_id = %s ORDER BY lower(name)""",
        (recipe["id"],),
    ).fetchall()
    wanted = portions or recipe["portions"]
    for line in lines:
        amount = line["amount"] * wanted / recipe["portions"]
        line["amount"] = str(amount.quantize(Decimal("0.01"), ROUND_HALF_UP))
    return {**recipe, "portions": wanted, "lines": lines}


def visible(db, recipe_id, caller):
    sql = "SELECT * FROM recipe WHERE id = %s AND (cook_id = %s OR shared)"
    return found(db.execute(sql, (recipe_id, caller)).fetchone())


def own(db, recipe_id, caller):
    recipe = visible(db, recipe_id, caller)
    if recipe["cook_id"] != caller:
        raise HTTPException(403, "not yours")
    return recipe


def write_lines(db, recipe_id, lines):
    try:
        for line in lines:
            db.execute(
                "INSERT INTO recipe_line VALUES (%s, %s, %s, %s)",
                (recipe_id, line.ingredient_id, line.amount, line.unit),
            )
    except (ForeignKeyViolation, UniqueViolation) as error:
        raise HTTPException(422, "an ingredient is unknown or stands twice") from error


@app.post("/recipes", status_code=201)
def add_recipe(body: NewRecipe, caller: Caller, db: Db):
    recipe = db.execute(
        "INSERT INTO recipe (cook_id, title, portions, shared) VALUES (%s, %s, %s, %s) RETURNING *",
        (caller, body.title, body.portions, body.shared),
    ).fetchone()
    write_lines(db, recipe["id"], body.lines)
    return shown(db, recipe)


@app.get("/recipes")
def list_recipes(caller: Caller, db: Db):
    sql = "SELECT * FROM recipe WHERE cook_id = %s OR shared ORDER BY id"
    return [shown(db, recipe) for recipe in db.execute(sql, (caller,)).fetchall()]


@app.get("/recipes/{recipe_id}")
def get_recipe(recipe_id: Id, caller: Caller, db: Db, portions: Portions | None = None):
    return shown(db, visible(db, recipe_id, caller), portions)


@app.put("/recipes/{recipe_id}")
def replace_recipe(recipe_id: Id, body: NewRecipe, caller: Caller, db: Db):
    own(db, recipe_id, caller)
    recipe = db.execute(
        "UPDATE recipe SET title = %s, portions = %s, shared = %s WHERE id = %s RETURNING *",
        (body.title, body.portions, body.shared, recipe_id),
    ).fetchone()
    db.execute("DELETE FROM recipe_line WHERE recipe_id = %s", (recipe_id,))
    write_lines(db, recipe_id, body.lines)
    return shown(db, recipe)


@app.delete("/recipes/{recipe_id}", status_code=204)
def delete_recipe(recipe_id: Id, caller: Caller, db: Db):
    own(db, recipe_id, caller)
    db.execute("DELETE FROM recipe WHERE id = %s", (recipe_id,))


@app.get("/shopping-list")
def shopping_list(
    recipe: Annotated[list[Key], Query(min_length=1, max_length=20)], caller: Caller, db: Db
):
    needed = {}
    for recipe_id in recipe:
        for line in shown(db, visible(db, recipe_id, caller))["lines"]:
            key = (line["name"].lower(), line["unit"])
            before = needed.get(key, {**line, "amount": "0"})
            total = Decimal(before["amount"]) + Decimal(line["amount"])
            needed[key] = {**before, "amount": f"{total:.2f}"}
    return {"lines": [needed[key] for key in sorted(needed)]}
