"""Volunteers of a food bank and their shifts."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI
from pydantic import AfterValidator, BaseModel, Field

from app.base import Db, Id, found, key_needed

app = FastAPI()
api = APIRouter(dependencies=[Depends(key_needed)])


def no_nul(text):
    if "\x00" in text:
        raise ValueError("no text")
    return text


Text = Annotated[str, AfterValidator(no_nul)]


class NewVolunteer(BaseModel):
    name: Text = Field(min_length=1, max_length=100)
    phone: Text = Field(min_length=1, max_length=30)


class NewShift(BaseModel):
    day: date
    hours: int = Field(ge=1, le=12)


@app.get("/health")
def health():
    return {"status": "ok"}


def volunteer_of(db, volunteer_id):
    sql = "SELECT id, name, phone FROM volunteer WHERE id = %s"
    return found(db.execute(sql, (volunteer_id,)).fetchone())


@api.get("/volunteers")
def list_volunteers(db: Db):
    return {"volunteers": db.execute("SELECT id, name, phone FROM volunteer ORDER BY id").fetchall()}


@api.get("/volunteers/{volunteer_id}")
def get_volunteer(volunteer_id: Id, db: Db):
    return volunteer_of(db, volunteer_id)


@api.post("/volunteers", status_code=201)
def add_volunteer(body: NewVolunteer, db: Db):
    sql = "INSERT INTO volunteer (name, phone) VALUES (%s, %s) RETURNING id, name, phone"
    return db.execute(sql, (body.name, body.phone)).fetchone()


@api.get("/volunteers/{volunteer_id}/shifts")
def list_shifts(volunteer_id: Id, db: Db):
    volunteer_of(db, volunteer_id)
    sql = "SELECT * FROM shift WHERE volunteer_id = %s ORDER BY day, id"
    return {"shifts": db.execute(sql, (volunteer_id,)).fetchall()}


@api.post("/volunteers/{volunteer_id}/shifts", status_code=201)
def add_shift(volunteer_id: Id, body: NewShift, db: Db):
    volunteer_of(db, volunteer_id)
    sql = "INSERT INTO shift (volunteer_id, day, hours) VALUES (%s, %s, %s) RETURNING *"
    return db.execute(sql, (volunteer_id, body.day, body.hours)).fetchone()


app.include_router(api)
