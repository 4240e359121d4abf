"""Volunteers of a food bank and their shifts."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query
from pydantic import AfterValidator, BaseModel, Field

from app.base import Db, Id, found, key_needed
from app.handles import free_handle

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
    sql = "SELECT id, name, phone, handle FROM volunteer WHERE id = %s"
    return found(db.execute(sql, (volunteer_id,)).fetchone())


@api.get("/volunteers")
def list_volunteers(db: Db):
    return {"volunteers": db.execute("SELECT id, name, phone, handle FROM volunteer ORDER BY id").fetchall()}


@api.get("/volunteers/by-handle/{handle}")
def get_by_handle(handle: str, db: Db):
    sql = "SELECT id, name, phone, handle FROM volunteer WHERE handle = %s"
    return found(db.execute(sql, (handle.replace("\x00", " "),)).fetchone())


@api.get("/volunteers/{volunteer_id}")
def get_volunteer(volunteer_id: Id, db: Db):
    return volunteer_of(db, volunteer_id)


@api.post("/volunteers", status_code=201)
def add_volunteer(body: NewVolunteer, db: Db):
    # Whoever adds one waits for the others: two must not find the same handle free.
    db.execute("LOCK TABLE volunteer IN SHARE ROW EXCLUSIVE MODE")
    taken = {row["handle"] for row in db.execute("SELECT handle FROM volunteer").fetchall()}
    sql = """INSERT INTO volunteer (name, phone, handle) VALUES (%s, %s, %s)
             RETURNING id, name, phone, handle"""
    return db.execute(sql, (body.name, body.phone, free_handle(body.name, taken))).fetchone()


@api.get("/volunteers/{volunteer_id}/shifts")
def list_shifts(volunteer_id: Id, db: Db):
    volunteer_of(db, volunteer_id)
    sql = "SELECT * FROM shift WHERE volunteer_id = %s ORDER BY day, id"
    return {"shifts": db.execute(sql, (volunteer_id,)).fetchall()}


@api.post("/volunteers/{volunteer_id}/shifts", status_code=201)
def add_shift(volunteer_id: Id, body: NewShift, db: Db):
    locked = "SELECT id FROM volunteer WHERE id = %s FOR UPDATE"
    found(db.execute(locked, (volunteer_id,)).fetchone())
    day = "SELECT coalesce(sum(hours), 0) AS hours FROM shift WHERE volunteer_id = %s AND day = %s"
    if db.execute(day, (volunteer_id, body.day)).fetchone()["hours"] + body.hours > 12:
        raise HTTPException(409, "more than 12 hours on that day")
    sql = "INSERT INTO shift (volunteer_id, day, hours) VALUES (%s, %s, %s) RETURNING *"
    return db.execute(sql, (volunteer_id, body.day, body.hours)).fetchone()


@api.get("/hours")
def hours_of_month(
    month: Annotated[str, Query(pattern=r"^(19|2\d)\d\d-(0[1-9]|1[0-2])$")], db: Db
):
    rows = db.execute(
        """SELECT v.id, v.handle, sum(s.hours)::integer AS hours
           FROM shift s JOIN volunteer v ON v.id = s.volunteer_id
           WHERE to_char(s.day, 'YYYY-MM') = %s
           GROUP BY v.id ORDER BY hours DESC, v.handle COLLATE "C" """,
        (month,),
    ).fetchall()
    return {"month": month, "total": sum(row["hours"] for row in rows), "volunteers": rows}


app.include_router(api)
