"""Fees of a club's members."""

from contextlib import asynccontextmanager
from datetime import date
from typing import Annotated, Literal

from fastapi import FastAPI, HTTPException, Path
from pydantic import BaseModel, Field

from app.db import Db, make_tables
from app.days import all_due_days, due_days


@asynccontextmanager
async def lifespan(app):
    make_tables()
    yield


app = FastAPI(lifespan=lifespan)
Id = Annotated[int, Path(ge=1, lt=2**63)]
Day = Annotated[date, Field(ge=date(1990, 1, 1), le=date(2199, 12, 31))]


class NewMember(BaseModel):
    name: str = Field(min_length=1, max_length=80)
    start: Day
    every_months: Literal[1, 3, 6, 12] = 1
    cents: int = Field(ge=1, le=1_000_000)


class Ending(BaseModel):
    last_day: Day


class Payment(BaseModel):
    due: Day


@app.get("/health")
def health():
    return {"status": "ok"}


def member_of(db, member_id):
    row = db.execute("SELECT * FROM members WHERE id = ?", (member_id,)).fetchone()
    if row is None:
        raise HTTPException(404, "no such member")
    return dict(row)


def dues_of(member, until):
    last = member["last_day"]
    until = min(until, date.fromisoformat(last)) if last else until
    return due_days(date.fromisoformat(member["start"]), member["every_months"], until)


def paid_days(db, member):
    sql = "SELECT due FROM payments WHERE member_id = ? ORDER BY due"
    return [date.fromisoformat(row["due"]) for row in db.execute(sql, (member["id"],))]


@app.post("/members", status_code=201)
def add_member(body: NewMember, db: Db):
    sql = "INSERT INTO members (name, start, every_months, cents) VALUES (?, ?, ?, ?)"
    values = (body.name, body.start.isoformat(), body.every_months, body.cents)
    return member_of(db, db.execute(sql, values).lastrowid)


@app.get("/members/{member_id}")
def get_member(member_id: Id, db: Db):
    return member_of(db, member_id)


@app.post("/members/{member_id}/end")
def end(member_id: Id, body: Ending, db: Db):
    """The membership ends with that day."""
    if body.last_day.isoformat() < member_of(db, member_id)["start"]:
        raise HTTPException(422, "before the start")
    sql = "UPDATE members SET last_day = ? WHERE id = ?"
    db.execute(sql, (body.last_day.isoformat(), member_id))
    return member_of(db, member_id)


@app.get("/members/{member_id}/dues")
def list_dues(member_id: Id, until: Day, db: Db):
    """All fees up to and with that day, and whether they are paid."""
    member = member_of(db, member_id)
    paid = paid_days(db, member)
    return {"dues": [{"due": day, "cents": member["cents"], "paid": day in paid} for day in dues_of(member, until)]}


@app.post("/members/{member_id}/payments", status_code=201)
def pay(member_id: Id, body: Payment, db: Db):
    """Only what is due can be paid (422), and only once (409)."""
    member = member_of(db, member_id)
    if body.due not in dues_of(member, body.due):
        raise HTTPException(422, "nothing is due on that day")
    if body.due in paid_days(db, member):
        raise HTTPException(409, "it is paid")
    db.execute("INSERT INTO payments (member_id, due) VALUES (?, ?)", (member_id, body.due.isoformat()))
    return {"due": body.due, "cents": member["cents"], "paid": True}


@app.get("/members/{member_id}/next")
def next_due(member_id: Id, after: Day, db: Db):
    """The first fee that is due after that day; null when there is none any more."""
    member = member_of(db, member_id)
    days = all_due_days(date.fromisoformat(member["start"]), member["every_months"])
    day = next(day for day in days if day > after)
    if member["last_day"] and day.isoformat() > member["last_day"]:
        return {"due": None}
    return {"due": day}
