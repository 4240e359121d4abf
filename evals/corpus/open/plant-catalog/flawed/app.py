import hmac
import os
import sqlite3
from contextlib import closing

from fastapi import Depends, FastAPI, Header, HTTPException, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

DB_FILE = os.environ.get("CATALOG_DB", "catalog.db")
API_KEY = os.environ["CATALOG_KEY"]
if len(API_KEY) < 20:
    raise RuntimeError("CATALOG_KEY must have at least 20 characters")

app = FastAPI(title="Plant catalogue")


MAX_BODY = 64 * 1024


@app.middleware("http")
async def limit_body(request: Request, call_next):
    declared = request.headers.get("content-length", "0")
    if "transfer-encoding" in request.headers or not declared.isdecimal():
        return JSONResponse({"detail": "Length required"}, status_code=411)
    if len(declared) > 9 or int(declared) > MAX_BODY:
        return JSONResponse({"detail": "Body too large"}, status_code=413)
    response = await call_next(request)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Cache-Control"] = "no-store"
    return response


@app.exception_handler(RequestValidationError)
async def bad_input(request: Request, exc: RequestValidationError):
    return JSONResponse({"detail": "Invalid input"}, status_code=422)


def connect() -> sqlite3.Connection:
    db = sqlite3.connect(DB_FILE, timeout=15)
    db.row_factory = sqlite3.Row
    return db


with closing(connect()) as setup, setup:
    setup.execute(
        "CREATE TABLE IF NOT EXISTS plants ("
        "id INTEGER PRIMARY KEY, name TEXT NOT NULL, price_cents INTEGER NOT NULL, published INTEGER NOT NULL)"
    )


class NewPlant(BaseModel):
    name: str = Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f]+$")
    price_cents: int = Field(ge=0, le=1_000_000)
    published: bool = False


def staff(x_api_key: str = Header(default="")):
    if not hmac.compare_digest(x_api_key.encode(), API_KEY.encode()):
        raise HTTPException(401, "Missing or wrong API key")


PlantId = Path(ge=1, le=2**53)


@app.get("/plants")
def search(q: str = Query(default="", max_length=80)):
    needle = q.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    with closing(connect()) as db:
        rows = db.execute(
            "SELECT id, name, price_cents FROM plants "
            f"WHERE published = 1 AND name LIKE '%{needle}%' ESCAPE '\\' ORDER BY name LIMIT 50"
        ).fetchall()
    return [dict(r) for r in rows]


@app.get("/plants/{plant_id}")
def show(plant_id: int = PlantId):
    with closing(connect()) as db:
        row = db.execute(
            "SELECT id, name, price_cents FROM plants WHERE id = ? AND published = 1", (plant_id,)
        ).fetchone()
    if row is None:
        raise HTTPException(404, "No such plant")
    return dict(row)


@app.post("/plants", status_code=201, dependencies=[Depends(staff)])
def add(plant: NewPlant):
    with closing(connect()) as db, db:
        cur = db.execute(
            "INSERT INTO plants (name, price_cents, published) "
            "SELECT ?, ?, ? WHERE (SELECT count(*) FROM plants) < 5000",
            (plant.name, plant.price_cents, int(plant.published)),
        )
        if cur.rowcount != 1:
            raise HTTPException(409, "The catalogue is full")
        return {"id": cur.lastrowid}


@app.delete("/plants/{plant_id}", status_code=204, dependencies=[Depends(staff)])
def remove(plant_id: int = PlantId):
    with closing(connect()) as db, db:
        if db.execute("DELETE FROM plants WHERE id = ?", (plant_id,)).rowcount == 0:
            raise HTTPException(404, "No such plant")
