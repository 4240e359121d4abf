import hmac
import json
import os
import re
import sqlite3
from contextlib import closing, contextmanager
from typing import Annotated

from fastapi import Body, Depends, FastAPI, Header, HTTPException, Path
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from lxml import etree

DB = os.environ.get("ORDERS_DB", "orders.db")
DEALERS = dict(pair.split(":", 1) for pair in os.environ["DEALER_KEYS"].split(","))
if any(len(key) < 20 for key in DEALERS.values()):
    raise RuntimeError("every dealer key needs at least 20 characters")
SKU = re.compile(r"[A-Z0-9-]{1,20}")
COUNT = re.compile(r"[1-9][0-9]{0,4}")

app = FastAPI(title="XML orders")


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


@contextmanager
def database():
    with closing(sqlite3.connect(DB, timeout=15)) as con, con:
        con.row_factory = sqlite3.Row
        yield con


with database() as con:
    con.execute(
        "CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY, dealer TEXT NOT NULL, reference TEXT NOT NULL, items TEXT NOT NULL)"
    )


def dealer(x_dealer_key: Annotated[str, Header()] = "") -> str:
    name = None
    for candidate, key in DEALERS.items():
        if hmac.compare_digest(key.encode(), x_dealer_key.encode()):
            name = candidate
    if name is None:
        raise HTTPException(401, "Unknown dealer key")
    return name


Dealer = Annotated[str, Depends(dealer)]


def read_order(xml: bytes) -> tuple[str, list[dict]]:
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)
    root = etree.fromstring(xml, parser)
    if root.getroottree().docinfo.doctype:
        raise ValueError("document type is not allowed")
    if root.tag != "order":
        raise ValueError("not an order")
    reference = (root.findtext("reference") or "").strip()
    if not 1 <= len(reference) <= 60:
        raise ValueError("reference")
    items = []
    for node in root.iterfind("item"):
        sku, count = node.get("sku") or "", node.get("count") or ""
        if not SKU.fullmatch(sku) or not COUNT.fullmatch(count) or int(count) > 10_000:
            raise ValueError("item")
        items.append({"sku": sku, "count": int(count)})
        if len(items) > 200:
            raise ValueError("too many items")
    if not items:
        raise ValueError("no items")
    return reference, items


@app.post("/orders", status_code=201)
def place(who: Dealer, xml: Annotated[bytes, Body(media_type="application/xml", max_length=100_000)]):
    try:
        reference, items = read_order(xml)
    except (etree.LxmlError, ValueError, LookupError):
        raise HTTPException(422, "This is not a proper order")
    with database() as con:
        cur = con.execute(
            "INSERT INTO orders (dealer, reference, items) SELECT ?, ?, ? "
            "WHERE (SELECT count(*) FROM orders WHERE dealer = ?) < 10000",
            (who, reference, json.dumps(items), who),
        )
    if cur.rowcount != 1:
        raise HTTPException(409, "Too many orders")
    return {"id": cur.lastrowid, "reference": reference, "items": items}


@app.get("/orders")
def my_orders(who: Dealer):
    with database() as con:
        rows = con.execute(
            "SELECT id, reference FROM orders WHERE dealer = ? ORDER BY id DESC LIMIT 100", (who,)
        ).fetchall()
    return [dict(r) for r in rows]


@app.get("/orders/{order_id}")
def my_order(order_id: Annotated[int, Path(ge=1, le=2**53)], who: Dealer):
    with database() as con:
        row = con.execute("SELECT * FROM orders WHERE id = ? AND dealer = ?", (order_id, who)).fetchone()
    if row is None:
        raise HTTPException(404, "No such order")
    return {"id": row["id"], "reference": row["reference"], "items": json.loads(row["items"])}
