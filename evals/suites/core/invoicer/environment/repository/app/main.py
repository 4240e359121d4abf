"""Invoices of a small workshop."""

from contextlib import asynccontextmanager
from datetime import date
from decimal import Decimal
from typing import Annotated

from fastapi import FastAPI, HTTPException, Path, Query
from pydantic import BaseModel, Field

from app.db import Db, make_tables
from app.money import sums


@asynccontextmanager
async def lifespan(app):
    make_tables()
    yield


app = FastAPI(lifespan=lifespan)
Percent = Annotated[Decimal, Field(ge=0, le=100, decimal_places=1)]


class Line(BaseModel):
    text: str = Field(min_length=1, max_length=100)
    quantity: Decimal = Field(gt=0, le=10000, decimal_places=3)
    price: Decimal = Field(ge=0, le=100000, decimal_places=2)
    vat: Percent


class NewInvoice(BaseModel):
    customer: str = Field(min_length=1, max_length=100)
    day: date
    discount: Percent = Decimal(0)
    lines: list[Line] = Field(min_length=1, max_length=100)


@app.get("/health")
def health():
    return {"status": "ok"}


def lines_of(db, invoice_id):
    sql = "SELECT * FROM lines WHERE invoice_id = ? ORDER BY position"
    return [dict(row) for row in db.execute(sql, (invoice_id,))]


def shown(db, row):
    lines = lines_of(db, row["id"])
    keys = ("text", "quantity", "price", "vat")
    return {
        **dict(row),
        "lines": [{key: line[key] for key in keys} for line in lines],
        **{"sums": sums(lines, row["discount"])},
    }


@app.post("/invoices", status_code=201)
def add_invoice(body: NewInvoice, db: Db):
    sql = "INSERT INTO invoices (customer, discount, day) VALUES (?, ?, ?)"
    values = (body.customer, str(body.discount), body.day.isoformat())
    invoice_id = db.execute(sql, values).lastrowid
    for position, line in enumerate(body.lines):
        values = (invoice_id, position, line.text, str(line.quantity), str(line.price), str(line.vat))
        db.execute("INSERT INTO lines VALUES (?, ?, ?, ?, ?, ?)", values)
    return get_invoice(invoice_id, db)


@app.get("/invoices/{invoice_id}")
def get_invoice(invoice_id: Annotated[int, Path(ge=1, lt=2**63)], db: Db):
    row = db.execute("SELECT * FROM invoices WHERE id = ?", (invoice_id,)).fetchone()
    if row is None:
        raise HTTPException(404, "no such invoice")
    return shown(db, row)


@app.get("/report")
def report(month: Annotated[str, Query(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")], db: Db):
    rows = db.execute("SELECT * FROM invoices WHERE substr(day, 1, 7) = ?", (month,)).fetchall()
    rates = {}
    for row in rows:
        for entry in shown(db, row)["sums"]["vat"]:
            net, vat = rates.get(entry["rate"], (0, 0))
            rates[entry["rate"]] = (net + float(entry["net"]), 0)
    return {
        "month": month,
        "invoices": len(rows),
        "vat": [
            {"rate": rate, "net": f"{net:.2f}", "vat": f"{net * float(rate) / 100:.2f}"}
            for rate, (net, vat) in sorted(rates.items(), reverse=True, key=lambda item: float(item[0]))
        ],
    }
