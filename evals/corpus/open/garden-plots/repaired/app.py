import hashlib
import hmac
import json
import os
import secrets
import sqlite3
from contextlib import closing, contextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException, Path, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

BOARD_KEY = os.environ["PLOTS_BOARD_KEY"]
if len(BOARD_KEY) < 20:
    raise RuntimeError("PLOTS_BOARD_KEY is too short")
DB = os.environ.get("PLOTS_DB", "plots.db")
app = FastAPI(title="Garden plots")


MAX_BODY = 16 * 1024


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


@contextmanager
def db():
    with closing(sqlite3.connect(DB, timeout=15)) as con, con:
        con.row_factory = sqlite3.Row
        yield con


with db() as con:
    con.execute(
        "CREATE TABLE IF NOT EXISTS plots (id INTEGER PRIMARY KEY AUTOINCREMENT, gardener TEXT NOT NULL, "
        "key_hash TEXT UNIQUE NOT NULL, crops TEXT NOT NULL DEFAULT '[]')"
    )

Word = Annotated[str, Field(min_length=1, max_length=30, pattern=r"^[^\x00-\x1f\x7f]+$")]
PlotId = Annotated[int, Path(ge=1, le=2**53)]


class NewPlot(BaseModel):
    gardener: Word


class Crops(BaseModel):
    crops: list[Word] = Field(max_length=30)


def sha(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def caller(x_garden_key: Annotated[str, Header()] = "") -> int:
    """The plot of the caller; 0 stands for the board."""
    if hmac.compare_digest(sha(x_garden_key), sha(BOARD_KEY)):
        return 0
    with db() as con:
        row = con.execute("SELECT id FROM plots WHERE key_hash = ?", (sha(x_garden_key),)).fetchone()
    if row is None:
        raise HTTPException(401, "Unknown key")
    return row["id"]


Caller = Annotated[int, Depends(caller)]


def board(plot: Caller) -> None:
    if plot != 0:
        raise HTTPException(403, "Only the board may do this")


@app.post("/plots", status_code=201, dependencies=[Depends(board)])
def add_plot(body: NewPlot):
    key = secrets.token_urlsafe(24)
    with db() as con:
        cur = con.execute(
            "INSERT INTO plots (gardener, key_hash) SELECT ?, ? WHERE (SELECT count(*) FROM plots) < 300",
            (body.gardener, sha(key)),
        )
    if cur.rowcount != 1:
        raise HTTPException(409, "No plot is free")
    return {"id": cur.lastrowid, "key": key}


@app.get("/plots", dependencies=[Depends(caller)])
def plots():
    with db() as con:
        rows = con.execute("SELECT id, gardener, crops FROM plots ORDER BY id LIMIT 300").fetchall()
    return [{"id": r["id"], "gardener": r["gardener"], "crops": json.loads(r["crops"])} for r in rows]


@app.put("/plots/{plot_id}/crops")
def write_crops(plot_id: PlotId, body: Crops, mine: Caller):
    if mine not in (0, plot_id):
        raise HTTPException(403, "This is not your plot")
    with db() as con:
        cur = con.execute("UPDATE plots SET crops = ? WHERE id = ?", (json.dumps(body.crops), plot_id))
    if cur.rowcount != 1:
        raise HTTPException(404, "No such plot")
    return {"id": plot_id, "crops": body.crops}


@app.delete("/plots/{plot_id}", status_code=204, dependencies=[Depends(board)])
def drop_plot(plot_id: PlotId):
    with db() as con:
        if con.execute("DELETE FROM plots WHERE id = ?", (plot_id,)).rowcount == 0:
            raise HTTPException(404, "No such plot")
