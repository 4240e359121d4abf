import hmac
import os
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException, Path, Query
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.sqlite import insert

from .tables import engine, gauges, meta, readings

STATION_KEY = os.environ["STATION_KEY"]
if len(STATION_KEY) < 20:
    raise RuntimeError("STATION_KEY must have 20 characters")
KEEP = 200_000


@asynccontextmanager
async def lifespan(_):
    async with engine.begin() as con:
        await con.run_sync(meta.create_all)
    yield
    await engine.dispose()


app = FastAPI(title="Tide readings", lifespan=lifespan)


class BodyLimit:
    """Stops reading a request once it grows past `limit` bytes."""

    def __init__(self, app, limit: int):
        self.app = app
        self.limit = limit

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        total = 0

        async def counted():
            nonlocal total
            message = await receive()
            total += len(message.get("body", b""))
            if total > self.limit:
                raise HTTPException(413, "Request body too large")
            return message

        async def with_headers(message):
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message["headers"],
                    (b"x-content-type-options", b"nosniff"),
                    (b"x-frame-options", b"DENY"),
                ]
            await send(message)

        await self.app(scope, counted, with_headers)


app.add_middleware(BodyLimit, limit=100_000)


@app.exception_handler(RequestValidationError)
def on_validation_error(_request, exc):
    problems = sorted({err["type"] for err in exc.errors()})
    return JSONResponse(status_code=422, content={"detail": "Validation failed", "problems": problems})


Code = Annotated[str, Path(pattern=r"^[a-z]{2,10}$")]
Second = Annotated[int, Field(ge=0, le=4_102_444_800)]


class Reading(BaseModel):
    at: Second
    mm: int = Field(ge=-20_000, le=20_000)


class Batch(BaseModel):
    readings: list[Reading] = Field(min_length=1, max_length=500)


async def station(x_station_key: Annotated[str, Header()] = ""):
    if not hmac.compare_digest(x_station_key.encode(), STATION_KEY.encode()):
        raise HTTPException(401, "Station key needed")


@app.post("/gauges/{code}/readings", status_code=201, dependencies=[Depends(station)])
async def store(code: Code, batch: Batch):
    async with engine.begin() as con:
        known = await con.scalar(select(gauges.c.code).where(gauges.c.code == code))
        if known is None and await con.scalar(select(func.count()).select_from(gauges)) >= 100:
            raise HTTPException(409, "Too many gauges")
        await con.execute(insert(gauges).on_conflict_do_nothing(), {"code": code})
        rows = {r.at: {"gauge": code, "at": r.at, "mm": r.mm} for r in batch.readings}
        stmt = insert(readings)
        await con.execute(
            stmt.on_conflict_do_update(index_elements=["gauge", "at"], set_={"mm": stmt.excluded.mm}), list(rows.values())
        )
        oldest = select(readings.c.at).where(readings.c.gauge == code).order_by(readings.c.at.desc()).offset(KEEP).limit(1)
        limit = await con.scalar(oldest)
        if limit is not None:
            await con.execute(delete(readings).where(readings.c.gauge == code, readings.c.at <= limit))
    return {"stored": len(rows)}


@app.get("/gauges/{code}/readings")
async def read(
    code: Code,
    since: Annotated[int, Query(ge=0, le=4_102_444_800)] = 0,
    limit: Annotated[int, Query(ge=1, le=2**31)] = 50,
):
    query = (
        select(readings.c.at, readings.c.mm)
        .where(readings.c.gauge == code, readings.c.at > since)
        .order_by(readings.c.at)
        .limit(limit)
    )
    async with engine.connect() as con:
        rows = (await con.execute(query)).all()
    return [{"at": at, "mm": mm} for at, mm in rows]


@app.get("/gauges")
async def list_gauges():
    async with engine.connect() as con:
        return (await con.scalars(select(gauges.c.code).order_by(gauges.c.code))).all()
