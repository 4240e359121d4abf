"""Black-box acceptance tests for gavel; see spec.md."""
import base64
import hashlib
import hmac
import json
import os
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import httpx2 as httpx

BASE = os.environ.get("BASE_URL", "http://127.0.0.1:8000").rstrip("/")
client = httpx.Client(base_url=BASE, timeout=20, follow_redirects=False)


def uniq(prefix="x"):
    return f"{prefix}-{uuid.uuid4().hex[:10]}"


def call(method, path, token=None, **kw):
    headers = dict(kw.pop("headers", {}) or {})
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return client.request(method, path, headers=headers, **kw)


def ok(r, *codes):
    """Assert success (any 2xx unless codes are given) and give the JSON body, if any."""
    good = r.status_code in codes if codes else 200 <= r.status_code < 300
    assert good, f"{r.request.method} {r.request.url} -> {r.status_code} {r.text[:400]}"
    if not r.content:
        return None
    try:
        return r.json()
    except ValueError:
        return None


def status(r, *codes):
    assert r.status_code in codes, (
        f"{r.request.method} {r.request.url} -> {r.status_code}, wanted {codes}: {r.text[:400]}")


def items(r):
    """The list in a list answer, bare or wrapped in an object."""
    body = ok(r)
    if isinstance(body, list):
        return body
    assert isinstance(body, dict), body
    for key in ("items", "results", "data"):
        if isinstance(body.get(key), list):
            return body[key]
    for value in body.values():
        if isinstance(value, list):
            return value
    raise AssertionError(f"no list in {body}")


def ids(r):
    return [i["id"] for i in items(r)]


def missing(like):
    """An id of the same sort as the given one that does not exist."""
    if isinstance(like, int):
        return 987654321
    return str(uuid.uuid4())

ADMIN_EMAIL = os.environ.get("FIRST_ADMIN_EMAIL", "admin@example.com")
ADMIN_PASSWORD = os.environ.get("FIRST_ADMIN_PASSWORD", "Admin-Passw0rd-1!")
PASSWORD = "Correct-Horse-77!"
_cache = {}


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def make_jwt(payload, key="", alg="HS256"):
    head = b64(json.dumps({"alg": alg, "typ": "JWT"}).encode())
    body = b64(json.dumps(payload).encode())
    if alg.lower() == "none":
        return f"{head}.{body}."
    sig = hmac.new(key.encode(), f"{head}.{body}".encode(), hashlib.sha256).digest()
    return f"{head}.{body}.{b64(sig)}"


def jwt_payload(token):
    return json.loads(unb64(token.split(".")[1]))


def forged_tokens(token):
    """Tokens an outsider could make from a real one without the key."""
    claims = dict(jwt_payload(token))
    claims["exp"] = int(time.time()) + 3600
    head, body, sig = token.split(".")
    changed = dict(claims, role="admin", is_admin=True)
    yield "alg none", make_jwt(claims, alg="none")
    yield "alg None", make_jwt(claims, alg="None")
    yield "changed payload", f"{head}.{b64(json.dumps(changed).encode())}.{sig}"
    yield "no signature", f"{head}.{body}."
    for key in ("secret", "changeme", "change-me", "dev", "supersecret", "your-secret-key", "jwt-secret", ""):
        yield f"key {key!r}", make_jwt(claims, key)
    yield "garbage", "abc.def.ghi"
    yield "one word", "hello"


def register(email=None, password=PASSWORD, name=None):
    email = email or uniq("u") + "@example.com"
    name = name or uniq("Name")
    return ok(call("POST", "/auth/register", json={"email": email, "password": password, "name": name}), 201) | {"email": email}


def login(email, password=PASSWORD):
    return ok(call("POST", "/auth/login", json={"email": email, "password": password}))


def admin():
    if "admin" not in _cache:
        _cache["admin"] = login(ADMIN_EMAIL, ADMIN_PASSWORD)
    return _cache["admin"]["access_token"]


def new_user(role="member"):
    u = register()
    u = u | login(u["email"])
    if role != "member":
        ok(call("PUT", f"/users/{u['id']}/role", admin(), json={"role": role}))
    return u


def user(who):
    """A person that several tests share; names that begin with 'org' are organisers."""
    if who not in _cache:
        _cache[who] = new_user("organiser" if who.startswith("org") else "member")
    return _cache[who]


def T(who):
    return admin() if who == "admin" else (user(who)["access_token"] if who else None)


def lot_body(**kw):
    return {"title": uniq("Vase"), "description": "blue", "starting_price_cents": 1000, "step_cents": 100} | kw


def draft(who="seller", **kw):
    return ok(call("POST", "/lots", T(who), json=lot_body(**kw)), 201)


def act(lot, what, who="org"):
    return call("POST", f"/lots/{lot['id']}/{what}", T(who))


def live(who="seller", **kw):
    lot = draft(who, **kw)
    return ok(act(lot, "open"), 200)


def bid(lot, who, amount):
    return call("POST", f"/lots/{lot['id']}/bids", T(who), json={"amount_cents": amount})


def get(lot, who=None):
    return ok(call("GET", f"/lots/{lot['id']}", T(who)), 200)


def test_register():
    """spec.md:8 «makes one and answers 201 with id, email, name and role. The role of a new account is always "member".»"""
    email = uniq("reg") + "@example.com"
    u = register(email, name="Rosa")
    assert u["role"] == "member" and u["name"] == "Rosa" and u["id"] is not None
    status(call("POST", "/auth/register", json={"email": email.replace("reg", "REG"), "password": PASSWORD, "name": "R"}), 409)


def test_register_limits():
    """spec.md:7-8 «password (at least 8 characters, at most 100) and name (1 to 50 characters)»"""
    good = {"email": uniq("b") + "@example.com", "password": PASSWORD, "name": "n"}
    for bad in ({"password": "x" * 7}, {"password": "x" * 101}, {"name": ""}, {"name": "x" * 51}, {"email": "at-home"}):
        status(call("POST", "/auth/register", json=good | bad), 422)
    pw = "a" * 99 + "b"
    register(good["email"], pw)
    login(good["email"], pw)
    status(call("POST", "/auth/login", json={"email": good["email"], "password": "a" * 100}), 401)


def test_login_wrong():
    """spec.md:9-10 «if they are wrong it is 401»"""
    status(call("POST", "/auth/login", json={"email": user("ann")["email"], "password": "wrong wrong"}), 401)


def test_refresh_and_me():
    """spec.md:10 «POST /auth/refresh with refresh_token gives a fresh access_token and refresh_token» spec.md:11 «GET /me tells who I am, with the same four fields.»"""
    u = user("ann")
    new = ok(call("POST", "/auth/refresh", json={"refresh_token": u["refresh_token"]}))
    me = ok(call("GET", "/me", new["access_token"]))
    assert me["id"] == u["id"] and me["email"] == u["email"] and me["name"] == u["name"] and me["role"] == "member"
    assert new["refresh_token"]
    assert ok(call("GET", "/me", admin()))["role"] == "admin"


def test_organiser_appointed():
    """spec.md:14 «PUT /users/{id}/role with role "organiser" or "member" (any other word is 422), which answers with the account»"""
    u = new_user()
    got = ok(call("PUT", f"/users/{u['id']}/role", admin(), json={"role": "organiser"}), 200)
    assert got["id"] == u["id"] and got["role"] == "organiser"
    status(call("GET", "/report", u["access_token"]), 200)
    ok(call("PUT", f"/users/{u['id']}/role", admin(), json={"role": "member"}), 200)
    status(call("GET", "/report", u["access_token"]), 403)
    for bad in ("admin", "boss", "", None):
        status(call("PUT", f"/users/{u['id']}/role", admin(), json={"role": bad}), 422)
    status(call("PUT", f"/users/{missing(u['id'])}/role", admin(), json={"role": "member"}), 404)


def test_admin_account_untouched():
    """spec.md:15 «not for an administrator's account, mine included (409)»"""
    me = ok(call("GET", "/me", admin()))
    status(call("PUT", f"/users/{me['id']}/role", admin(), json={"role": "member"}), 409)


def test_offer():
    """spec.md:21 «the lot, which also has id, seller_id, seller_name, status, bid_count, current_price_cents (the highest bid, null without bids) and winner_id»"""
    lot = draft(reserve_price_cents=5000)
    assert lot["seller_id"] == user("seller")["id"] and lot["seller_name"] == user("seller")["name"] and lot["status"] == "draft"
    assert lot["bid_count"] == 0 and lot["current_price_cents"] is None and lot["winner_id"] is None
    assert (lot["starting_price_cents"], lot["step_cents"], lot["reserve_price_cents"], lot["description"]) == (1000, 100, 5000, "blue")
    assert lot["paid"] is False and lot["reserve_met"] is False


def test_offer_limits():
    """spec.md:19-20 «(at least the starting price, at most 10,000,000; otherwise 422)» spec.md:20 «10.5 is 422»"""
    for bad in ({"title": ""}, {"title": "   "}, {"title": "x" * 121}, {"description": "x" * 2001}, {"starting_price_cents": 0}, {"starting_price_cents": 10_000_001},
                {"starting_price_cents": 10.5}, {"step_cents": 0}, {"step_cents": 1_000_001}, {"reserve_price_cents": 999}, {"reserve_price_cents": 10_000_001}, {"step_cents": None}):
        status(call("POST", "/lots", T("seller"), json=lot_body(**bad)), 422)
    draft(reserve_price_cents=1000)


def test_change_draft():
    """spec.md:22-23 «same limits; what is not sent stays; nothing else can be changed with it»"""
    lot = draft(reserve_price_cents=5000)
    got = ok(call("PATCH", f"/lots/{lot['id']}", T("seller"), json={"title": "Better", "starting_price_cents": 2000}), 200)
    assert (got["title"], got["starting_price_cents"], got["step_cents"], got["reserve_price_cents"], got["description"]) == ("Better", 2000, 100, 5000, "blue")
    status(call("PATCH", f"/lots/{lot['id']}", T("seller"), json={"step_cents": 0}), 422)
    status(call("PATCH", f"/lots/{lot['id']}", T("seller"), json={"starting_price_cents": 5001}), 422)
    status(call("PATCH", f"/lots/{lot['id']}", T("seller"), json={"reserve_price_cents": 1999}), 422)
    ok(act(lot, "open"))
    status(call("PATCH", f"/lots/{lot['id']}", T("seller"), json={"title": "Late"}), 409)


def test_open_close_sold():
    """spec.md:25-26 «the lot becomes "sold" if there is a highest bid and it reaches the reserve price (or there is no reserve price)»"""
    lot = live()
    assert lot["status"] == "live"
    ok(bid(lot, "ann", 1000), 201)
    ok(bid(lot, "bob", 1200), 201)
    got = ok(act(lot, "close"), 200)
    assert got["status"] == "sold" and got["winner_id"] == user("bob")["id"] and got["current_price_cents"] == 1200 and got["bid_count"] == 2


def test_reserve_price():
    """spec.md:26-27 «and winner_id is then the one who bid it; otherwise it becomes "unsold"»"""
    lot = live(reserve_price_cents=3000)
    ok(bid(lot, "ann", 2999), 201)
    assert get(lot)["reserve_met"] is False
    got = ok(act(lot, "close"), 200)
    assert got["status"] == "unsold" and got["winner_id"] is None
    lot = live(reserve_price_cents=3000)
    ok(bid(lot, "ann", 3000), 201)
    assert get(lot)["reserve_met"] is True
    assert ok(act(lot, "close"))["status"] == "sold"
    assert ok(act(live(), "close"))["status"] == "unsold"


def test_reserve_met_without_reserve():
    """spec.md:39 «true if the highest bid reaches the reserve price, or if there is a bid and no reserve price»"""
    lot = live()
    assert get(lot)["reserve_met"] is False
    ok(bid(lot, "ann", 1000), 201)
    assert get(lot)["reserve_met"] is True


def test_wrong_states():
    """spec.md:28 «Opening anything but a draft, closing anything but a live lot and withdrawing anything that is neither draft nor live are 409.»"""
    d, l, c = draft(), live(), live()
    status(act(d, "close"), 409)
    status(act(l, "open"), 409)
    ok(act(c, "close"))
    for what in ("open", "close", "withdraw"):
        status(act(c, what), 409)
    ok(act(d, "withdraw"))
    for what in ("open", "close", "withdraw"):
        status(act(d, what), 409)


def test_withdraw():
    """spec.md:27-28 «The seller may withdraw as long as there is no bid (409 after that), organisers always may.»"""
    a, b, c = draft(), live(), live()
    assert ok(act(a, "withdraw", "seller"), 200)["status"] == "withdrawn"
    assert ok(act(b, "withdraw", "seller"), 200)["status"] == "withdrawn"
    ok(bid(c, "ann", 1000), 201)
    status(act(c, "withdraw", "seller"), 409)
    assert ok(act(c, "withdraw", "org"), 200)["status"] == "withdrawn"


def test_bid_amounts():
    """spec.md:42-43 «The first bid must be at least the starting price, any later one at least the highest bid plus the step»"""
    lot = live()
    status(bid(lot, "ann", 999), 409)
    b = ok(bid(lot, "ann", 1000), 201)
    assert b["lot_id"] == lot["id"] and b["amount_cents"] == 1000 and b["bidder"] == "Bidder 1" and b["mine"] is True and b["created_at"]
    for low in (999, 1000, 1099):
        status(bid(lot, "bob", low), 409)
    ok(bid(lot, "bob", 1100), 201)
    for bad in (100_000_001, 1200.5, "lots", None, []):
        status(bid(lot, "ann", bad), 422)
    ok(bid(lot, "ann", 100_000_000), 201)


def test_bid_refused():
    """spec.md:43-44 «One cannot bid on one's own lot (403), nor when one holds the highest bid already (409), nor on a lot that is not live (409).»"""
    lot = live()
    status(bid(lot, "seller", 1000), 403)
    ok(bid(lot, "ann", 1000), 201)
    status(bid(lot, "ann", 5000), 409)
    ok(bid(lot, "org", 1100), 201)
    ok(act(lot, "close", "org2"))
    status(bid(lot, "ann", 9000), 409)
    assert get(lot)["current_price_cents"] == 1100


def test_bid_on_unknown_lot():
    """spec.md:54 «An unknown id is 404»"""
    lot = draft()
    gone = {"id": missing(lot["id"])}
    status(bid(gone, "ann", 1000), 404)
    status(act(gone, "open"), 404)
    status(call("GET", f"/lots/{gone['id']}"), 404)
    status(call("GET", f"/lots/{gone['id']}/bids"), 404)


def test_bid_list():
    """spec.md:46-47 «"Bidder 1" for the first person who ever bid on this lot, "Bidder 2" for the second and so on» spec.md:46 «the highest first»"""
    lot = live()
    for who, amount in (("bob", 1000), ("ann", 1100), ("bob", 1200), ("carl", 1300)):
        ok(bid(lot, who, amount), 201)
    got = items(call("GET", f"/lots/{lot['id']}/bids", T("bob")))
    assert [(b["amount_cents"], b["bidder"], b["mine"]) for b in got] == [(1300, "Bidder 3", False), (1200, "Bidder 1", True), (1100, "Bidder 2", False), (1000, "Bidder 1", True)]
    got = items(call("GET", f"/lots/{lot['id']}/bids"))
    assert [b["mine"] for b in got] == [False] * 4
    got = items(call("GET", f"/lots/{lot['id']}/bids", T("org")))
    assert [b["bidder_id"] for b in got] == [user(w)["id"] for w in ("carl", "bob", "ann", "bob")]


def test_my_bids_and_purchases():
    """spec.md:48 «GET /me/bids lists my own bids, newest first.» spec.md:50 «GET /me/purchases lists the lots I have won.»"""
    _cache["collector"] = new_user()
    a, b, c = live(), live(), live()
    made = [ok(bid(x, "collector", 1000), 201)["id"] for x in (a, b, c)]
    ok(bid(b, "ann", 1100), 201)
    for x in (a, b):
        ok(act(x, "close"))
    assert ids(call("GET", "/me/bids", T("collector"))) == made[::-1]
    assert ids(call("GET", "/me/purchases", T("collector"))) == [a["id"]]


def test_list_filters():
    """spec.md:34 «GET /lots takes status, q (part of the title, capitals or not), seller_id, and sort»"""
    mark = uuid.uuid4().hex[:10]
    a, b = live(title=f"Old {mark} Chair"), live("seller2", title=f"New {mark.upper()} 100% silk")
    ok(act(b, "close"))
    q = lambda **p: ids(call("GET", "/lots", params=p))
    assert q(q=mark) == [b["id"], a["id"]]
    assert q(q=mark, status="live") == [a["id"]] and q(q=mark, status="unsold") == [b["id"]]
    assert q(q=mark, seller_id=user("seller2")["id"]) == [b["id"]]
    assert q(q=mark + " chair") == [a["id"]]
    assert q(q=f"{mark} 1__%") == [] and q(q=f"{mark} 100% s") == [b["id"]]


def test_list_sorting():
    """spec.md:34-35 «The price to sort by is the current price, or the starting price where nobody has bid; among the same price the newer comes first.»"""
    mark = uuid.uuid4().hex[:10]
    a, b, c, d = (live(title=f"{mark} {i}", starting_price_cents=p) for i, p in enumerate((500, 100, 300, 500)))
    ok(bid(b, "ann", 900), 201)
    q = lambda **p: ids(call("GET", "/lots", params={"q": mark} | p))
    assert q() == q(sort="newest") == [x["id"] for x in (d, c, b, a)]
    assert q(sort="price_asc") == [x["id"] for x in (c, d, a, b)]
    assert q(sort="price_desc") == [x["id"] for x in (b, d, a, c)]
    for bad in ("cheap", "id;drop table lots", "price_asc desc"):
        status(call("GET", "/lots", params={"sort": bad}), 422)


def test_list_paging():
    """spec.md:35-36 «There is also limit (1 to 50, otherwise 20) and offset. It answers an object with items and total.»"""
    mark = uuid.uuid4().hex[:10]
    made = [live(title=f"{mark} {i}")["id"] for i in range(21)][::-1]
    body = ok(call("GET", "/lots", params={"q": mark}))
    assert [x["id"] for x in body["items"]] == made[:20] and body["total"] == 21
    body = ok(call("GET", "/lots", params={"q": mark, "limit": 4, "offset": 18}))
    assert [x["id"] for x in body["items"]] == made[18:] and body["total"] == 21
    for bad in ({"limit": 0}, {"limit": 51}, {"offset": -1}):
        status(call("GET", "/lots", params=bad), 422)


def test_paid_and_report():
    """spec.md:51 «lots_sold, lots_unsold, total_cents (of sold lots) and paid_cents (of those that are paid)»"""
    before = ok(call("GET", "/report", T("org")))
    _cache["giver"] = new_user()
    lots = [live("giver") for _ in range(3)]
    for x, amount in zip(lots, (1000, 2000)):
        ok(bid(x, "ann", amount), 201)
    for x in lots:
        ok(act(x, "close"))
    status(act(lots[2], "paid"), 409)
    assert get(lots[0])["paid"] is False
    assert ok(act(lots[0], "paid"))["paid"] is True
    status(act(lots[0], "paid"), 409)
    after = ok(call("GET", "/report", T("org")))
    assert [after[k] - before[k] for k in ("lots_sold", "lots_unsold", "total_cents", "paid_cents")] == [2, 1, 3000, 1000]
    mine = [s for s in after["sellers"] if s["seller_id"] == user("giver")["id"]]
    assert len(mine) == 1 and mine[0]["lots"] == 2 and mine[0]["total_cents"] == 3000 and mine[0]["seller_name"] == user("giver")["name"]
