"""Black-box acceptance tests for stockroom; see spec.md."""
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
A = "/api/v1"


def login(email, password=PASSWORD):
    return ok(call("POST", A + "/auth/login", json={"email": email, "password": password}), 200)


def admin():
    if "admin" not in _cache:
        _cache["admin"] = login(ADMIN_EMAIL, ADMIN_PASSWORD)
    return _cache["admin"]["access_token"]


def new_user(role, **kw):
    data = {"email": uniq(role) + "@example.com", "password": PASSWORD, "full_name": "Some One", "role": role} | kw
    u = ok(call("POST", A + "/users", admin(), json=data), 201)
    return u | login(data["email"], data["password"])


def user(who):
    """A person that several tests share; 'clerk2' is a second clerk."""
    if who not in _cache:
        _cache[who] = new_user(who.rstrip("0123456789"))
    return _cache[who]


def T(who):
    return admin() if who == "admin" else user(who)["access_token"]


def sku():
    return "S" + uuid.uuid4().hex[:12].upper()


def product(**kw):
    return ok(call("POST", A + "/products", T("manager"), json={"sku": sku(), "name": "Bolt"} | kw), 201)


def location():
    return ok(call("POST", A + "/locations", T("manager"), json={"code": "L" + uuid.uuid4().hex[:12]}), 201)


def mv(p, kind, qty, src=None, dst=None, who="clerk", key=None, **kw):
    data = {"product_id": p["id"], "kind": kind, "quantity": qty}
    if src:
        data["from_location_id"] = src["id"]
    if dst:
        data["to_location_id"] = dst["id"]
    return call("POST", A + "/movements", T(who), json=data | kw, headers={"Idempotency-Key": key} if key else {})


def stocked(qty=10, **kw):
    p, l = product(**kw), location()
    m = ok(mv(p, "receipt", qty, dst=l), 201)
    return p, l, m


def get_product(p):
    return ok(call("GET", f"{A}/products/{p['id']}", T("viewer")))


def numbers(p):
    g = get_product(p)
    return g["on_hand"], g["reserved"], g["available"]


def lines(p):
    return [(s["location_id"], s["on_hand"], s["reserved"], s["available"]) for s in items(call("GET", A + "/stock", T("viewer"), params={"product_id": p["id"]}))]


def reserve(p, l, qty, who="clerk", **kw):
    return call("POST", A + "/reservations", T(who), json={"product_id": p["id"], "location_id": l["id"], "quantity": qty} | kw)


def res_do(r, what, who="clerk"):
    return call("POST", f"{A}/reservations/{r['id']}/{what}", T(who))


def reverse(m, who="manager"):
    return call("POST", f"{A}/movements/{m['id']}/reverse", T(who))


def test_login_and_me():
    """spec.md:17 «'200': {description: token pair, content:»"""
    u = user("clerk")
    assert u["token_type"] == "bearer"
    me = ok(call("GET", A + "/users/me", T("clerk")), 200)
    assert me["id"] == u["id"] and me["role"] == "clerk" and me["active"] is True and me["full_name"] == "Some One"
    assert ok(call("GET", A + "/users/me", admin()))["role"] == "admin"


def test_login_wrong():
    """spec.md:18 «'401': {description: wrong email or password, or the account is not active}»"""
    status(call("POST", A + "/auth/login", json={"email": user("clerk")["email"], "password": "something else"}), 401)
    status(call("POST", A + "/auth/login", json={"email": uniq("no") + "@example.com", "password": PASSWORD}), 401)


def test_refresh():
    """spec.md:24 «'200': {description: new token pair,»"""
    u = new_user("viewer")
    new = ok(call("POST", A + "/auth/refresh", json={"refresh_token": u["refresh_token"]}), 200)
    assert ok(call("GET", A + "/users/me", new["access_token"]))["id"] == u["id"] and new["refresh_token"]


def test_user_created():
    """spec.md:35 «'409': {description: email in use (in whatever case)}»"""
    data = {"email": uniq("new") + "@example.com", "password": PASSWORD, "full_name": "N", "role": "viewer"}
    u = ok(call("POST", A + "/users", admin(), json=data), 201)
    assert u["email"] == data["email"] and u["role"] == "viewer" and u["active"] is True and isinstance(u["id"], int)
    status(call("POST", A + "/users", admin(), json=data | {"email": data["email"].replace("new", "NEW")}), 409)
    assert u["id"] in ids(call("GET", A + "/users", admin()))


def test_user_bounds():
    """spec.md:158 «password: {type: string, minLength: 12, maxLength: 200}, full_name: {type: string, minLength: 1, maxLength: 80}»"""
    good = {"email": uniq("b") + "@example.com", "password": PASSWORD, "full_name": "N", "role": "viewer"}
    for bad in ({"password": "x" * 11}, {"password": "x" * 201}, {"full_name": ""}, {"full_name": "x" * 81}, {"role": "boss"}, {"email": "none"}):
        status(call("POST", A + "/users", admin(), json=good | bad), 422)
    u = ok(call("POST", A + "/users", admin(), json=good | {"password": "y" * 199 + "a"}), 201)
    assert u
    login(good["email"], "y" * 199 + "a")
    status(call("POST", A + "/auth/login", json={"email": good["email"], "password": "y" * 199 + "b"}), 401)


def test_admin_keeps_own_account():
    """spec.md:45 «'409': {description: an admin cannot change their own account here}»"""
    me = ok(call("GET", A + "/users/me", admin()))
    status(call("PATCH", f"{A}/users/{me['id']}", admin(), json={"active": False}), 409)
    assert ok(call("GET", A + "/users/me", admin()))["active"] is True


def test_product_created():
    """spec.md:169 «required: [id, sku, name, min_stock, on_hand, reserved, available]»"""
    s = sku()
    p = product(sku=s, name="Washer", min_stock=4)
    assert (p["sku"], p["name"], p["min_stock"], p["on_hand"], p["reserved"], p["available"]) == (s, "Washer", 4, 0, 0, 0)
    assert product()["min_stock"] == 0
    status(call("POST", A + "/products", T("manager"), json={"sku": s, "name": "Other"}), 409)


def test_product_bounds():
    """spec.md:166 «sku: {type: string, pattern: '^[A-Z0-9][A-Z0-9-]{1,31}$'}»"""
    for bad in ({"sku": "abc"}, {"sku": "A"}, {"sku": "-AB"}, {"sku": "A" * 33}, {"sku": "AB C"}, {"sku": "ABC\n"}, {"name": ""}, {"name": "x" * 121},
                {"min_stock": -1}, {"min_stock": 1000001}, {"min_stock": 1.5}, {"sku": None}):
        status(call("POST", A + "/products", T("manager"), json={"sku": sku(), "name": "x"} | bad), 422)


def test_product_changed():
    """spec.md:69 «manager; changes name and min_stock, never sku»"""
    p = product(min_stock=3)
    r = call("PATCH", f"{A}/products/{p['id']}", T("manager"), json={"name": "Nut"})
    got = ok(r, 200)
    assert got["name"] == "Nut" and got["min_stock"] == 3
    call("PATCH", f"{A}/products/{p['id']}", T("manager"), json={"min_stock": 5, "sku": sku(), "on_hand": 50})
    got = get_product(p)
    assert got["sku"] == p["sku"] and got["on_hand"] == 0
    status(call("PATCH", f"{A}/products/{p['id']}", T("manager"), json={"min_stock": -5}), 422)


def test_product_search_and_pages():
    """spec.md:56 «part of sku or name, in whatever case; plain text, no wildcards» spec.md:54 «viewer; ordered by sku»"""
    mark = uuid.uuid4().hex[:10].upper()
    made = [product(sku=f"{mark}-{i}", name="n") for i in (3, 1, 2)]
    other = product(name=f"with {mark.lower()} 5%_x")
    body = ok(call("GET", A + "/products", T("viewer"), params={"q": mark.lower(), "size": 2}), 200)
    assert body["total"] == 4 and body["page"] == 1 and body["size"] == 2
    assert len(body["items"]) == 2
    all_ = ok(call("GET", A + "/products", T("viewer"), params={"q": mark}))["items"]
    assert [p["sku"] for p in all_] == sorted(p["sku"] for p in made + [other])
    page2 = ok(call("GET", A + "/products", T("viewer"), params={"q": mark, "size": 2, "page": 2}))["items"]
    assert [p["id"] for p in body["items"] + page2] == [p["id"] for p in all_]
    for q, n in ((f"{mark} 5%_X", 1), (f"{mark[:5]}%{mark[6:]}", 0), (f"{mark[:5]}_{mark[6:]}", 0)):
        assert ok(call("GET", A + "/products", T("viewer"), params={"q": q}))["total"] == n, q
    for bad in ({"page": 0}, {"size": 0}, {"size": 101}, {"page": "x"}):
        status(call("GET", A + "/products", T("viewer"), params=bad), 422)


def test_low_stock():
    """spec.md:57 «true: only products whose on_hand over all locations is less than min_stock»"""
    mark = uuid.uuid4().hex[:10].upper()
    low, exact, _ = (stocked(5, sku=f"{mark}-{i}", min_stock=m)[0] for i, m in enumerate((6, 5, 0)))
    l = location()
    two = product(sku=f"{mark}-9", min_stock=10)
    for _ in range(2):
        ok(mv(two, "receipt", 5, dst=location()), 201)
    got = ok(call("GET", A + "/products", T("viewer"), params={"q": mark, "low_stock": "true"}))
    assert [p["id"] for p in got["items"]] == [low["id"]] and got["total"] == 1
    assert ok(call("GET", A + "/products", T("viewer"), params={"q": mark}))["total"] == 4


def test_locations():
    """spec.md:78 «'409': {description: code in use}» spec.md:80 «viewer; ordered by code»"""
    a, b = location(), location()
    assert a["name"] == ""
    status(call("POST", A + "/locations", T("manager"), json={"code": a["code"]}), 409)
    status(call("POST", A + "/locations", T("manager"), json={"code": ""}), 422)
    got = [l["code"] for l in items(call("GET", A + "/locations", T("viewer")))]
    assert a["code"] in got and b["code"] in got
    ours = [c for c in got if c in (a["code"], b["code"])]
    assert ours == sorted(ours)


def test_receipt():
    """spec.md:221 «A receipt has only `to_location_id`, an issue only `from_location_id`, a transfer both and they differ»"""
    p, l, m = stocked(7, min_stock=1)
    assert (m["kind"], m["quantity"], m["to_location_id"], m["from_location_id"], m["reference"], m["reverses_id"]) == ("receipt", 7, l["id"], None, "", None)
    assert m["user_id"] == user("clerk")["id"] and m["created_at"]
    assert numbers(p) == (7, 0, 7) and lines(p) == [(l["id"], 7, 0, 7)]


def test_wrong_locations():
    """spec.md:221-222 «anything else is 422»"""
    p, l, _ = stocked()
    k = location()
    for kind, src, dst in (("receipt", l, None), ("receipt", l, k), ("receipt", None, None), ("issue", None, l), ("issue", l, k), ("issue", None, None),
                           ("transfer", l, None), ("transfer", None, l), ("transfer", l, l)):
        status(mv(p, kind, 1, src, dst), 422)
    assert numbers(p) == (10, 0, 10)


def test_movement_bounds():
    """spec.md:182 «quantity: {type: integer, minimum: 1, maximum: 1000000}»"""
    p, l, _ = stocked()
    for bad in (0, -3, 1000001, 1.5, "many", None):
        status(mv(p, "receipt", bad, dst=l), 422)
    status(mv(p, "gift", 1, dst=l), 422)
    status(mv(p, "receipt", 1, dst=l, reference="x" * 101), 422)


def test_movement_unknown_things():
    """spec.md:91 «'404': {description: no such product or location}»"""
    p, l, _ = stocked()
    status(mv({"id": 987654321}, "receipt", 1, dst=l), 404)
    status(mv(p, "receipt", 1, dst={"id": 987654321}), 404)
    status(reserve(p, {"id": 987654321}, 1), 404)
    status(call("GET", A + "/stock", T("viewer"), params={"product_id": 987654321}), 404)
    status(call("GET", A + "/products/987654321", T("viewer")), 404)
    status(call("POST", A + "/movements/987654321/reverse", T("manager")), 404)


def test_issue_and_transfer():
    """spec.md:222 «Issues, transfers and new reservations can take no more than is available at the location (409).»"""
    p, a, _ = stocked(10)
    b = location()
    status(mv(p, "issue", 11, a), 409)
    status(mv(p, "issue", 1, b), 409)
    ok(mv(p, "issue", 4, a), 201)
    status(mv(p, "transfer", 7, a, b), 409)
    ok(mv(p, "transfer", 2, a, b), 201)
    assert dict((x[0], x[1]) for x in lines(p)) == {a["id"]: 4, b["id"]: 2}
    ok(mv(p, "transfer", 4, a, b), 201)
    assert lines(p) == [(b["id"], 6, 0, 6)]


def test_movement_list():
    """spec.md:95 «viewer; newest first» spec.md:98 «as source or as target»"""
    p, a, m1 = stocked(10)
    b = location()
    m2 = ok(mv(p, "transfer", 3, a, b), 201)
    m3 = ok(mv(p, "issue", 1, a), 201)
    assert ids(call("GET", A + "/movements", T("viewer"), params={"product_id": p["id"]})) == [m3["id"], m2["id"], m1["id"]]
    assert ids(call("GET", A + "/movements", T("viewer"), params={"location_id": b["id"]})) == [m2["id"]]


def test_idempotency_key():
    """spec.md:225-226 «nothing is booked and the movement of the first time is answered with 200; with a different body it is 409»"""
    p, l, _ = stocked(10)
    key = uniq("key")
    m = ok(mv(p, "issue", 2, l, key=key), 201)
    again = ok(mv(p, "issue", 2, l, key=key), 200)
    assert again["id"] == m["id"] and numbers(p)[0] == 8
    status(mv(p, "issue", 3, l, key=key), 409)
    assert ok(mv(p, "issue", 2, l, key=key, who="clerk2"), 201)["id"] != m["id"]
    assert numbers(p)[0] == 6


def test_failed_request_leaves_key():
    """spec.md:226 «Requests that failed do not use up their key.»"""
    p, l, _ = stocked(2)
    key = uniq("key")
    status(mv(p, "issue", 5, l, key=key), 409)
    ok(mv(p, "issue", 1, l, key=key), 201)
    assert numbers(p)[0] == 1


def test_reverse():
    """spec.md:228-229 «a receipt is reversed by an issue from the same location, an issue by a receipt, a transfer by the transfer back»"""
    p, a, m = stocked(10)
    b = location()
    t = ok(mv(p, "transfer", 4, a, b), 201)
    i = ok(mv(p, "issue", 1, b), 201)
    x = ok(reverse(i), 201)
    assert (x["kind"], x["to_location_id"], x["from_location_id"], x["quantity"], x["reverses_id"]) == ("receipt", b["id"], None, 1, i["id"])
    x = ok(reverse(t), 201)
    assert (x["kind"], x["from_location_id"], x["to_location_id"]) == ("transfer", b["id"], a["id"])
    x = ok(reverse(m), 201)
    assert (x["kind"], x["from_location_id"], x["user_id"]) == ("issue", a["id"], user("manager")["id"])
    assert lines(p) == []


def test_reverse_refused():
    """spec.md:229 «A movement can be reversed once, and a reversal not at all.» spec.md:105 «reversed already, or itself a reversal, or not enough available»"""
    p, a, m = stocked(10)
    i = ok(mv(p, "issue", 3, a), 201)
    status(reverse(m), 409)
    x = ok(reverse(i), 201)
    status(reverse(i), 409)
    status(reverse(x), 409)
    r = ok(reserve(p, a, 1), 201)
    status(reverse(m), 409)
    ok(res_do(r, "release"))
    ok(reverse(m), 201)
    assert numbers(p) == (0, 0, 0)


def test_reservation():
    """spec.md:220 «on_hand is what lies at a location, reserved the sum of its active reservations, available the difference»"""
    p, a, _ = stocked(10)
    r = ok(reserve(p, a, 6, customer_ref="C-1"), 201)
    assert (r["status"], r["quantity"], r["customer_ref"], r["user_id"]) == ("active", 6, "C-1", user("clerk")["id"])
    assert numbers(p) == (10, 6, 4) and lines(p) == [(a["id"], 10, 6, 4)]
    status(reserve(p, a, 5), 409)
    status(mv(p, "issue", 5, a), 409)
    status(mv(p, "transfer", 5, a, location()), 409)
    ok(mv(p, "issue", 4, a), 201)
    assert numbers(p) == (6, 6, 0)


def test_release_and_fulfil():
    """spec.md:231-232 «Fulfilling books an issue of the quantity from the location, with `customer_ref` as its reference, and ends the reservation.»"""
    p, a, _ = stocked(10)
    r, s = ok(reserve(p, a, 6, customer_ref="C-2"), 201), ok(reserve(p, a, 4), 201)
    assert ok(res_do(s, "release"), 200)["status"] == "released"
    assert numbers(p) == (10, 6, 4)
    assert ok(res_do(r, "fulfil"), 200)["status"] == "fulfilled"
    assert numbers(p) == (4, 0, 4)
    m = items(call("GET", A + "/movements", T("viewer"), params={"product_id": p["id"]}))[0]
    assert (m["kind"], m["quantity"], m["from_location_id"], m["reference"]) == ("issue", 6, a["id"], "C-2")
    for x in (r, s):
        for what in ("release", "fulfil"):
            status(res_do(x, what), 409)


def test_reservation_list():
    """spec.md:129 «a clerk gets only their own, managers and admins get all; oldest first»"""
    p, a, _ = stocked(10)
    r1, r2, r3 = (ok(reserve(p, a, 1, who=w), 201)["id"] for w in ("clerk", "clerk2", "clerk"))
    ok(res_do({"id": r3}, "release"))
    P = {"product_id": p["id"]}
    assert ids(call("GET", A + "/reservations", T("clerk"), params=P)) == [r1, r3]
    assert ids(call("GET", A + "/reservations", T("manager"), params=P)) == [r1, r2, r3]
    assert ids(call("GET", A + "/reservations", T("manager"), params=P | {"status": "active"})) == [r1, r2]
    status(call("GET", A + "/reservations", T("manager"), params={"status": "lost"}), 422)


def test_csv():
    """spec.md:234 «Names can hold commas, quotes and line breaks, and the file must still be read by any CSV reader.»"""
    import csv
    import io
    name = 'Nut, "M5"\nzinc'
    p, a, _ = stocked(10, name=name)
    ok(reserve(p, a, 3), 201)
    r = call("GET", A + "/stock.csv", T("viewer"))
    status(r, 200)
    assert r.headers["content-type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(r.text.lstrip("\ufeff"), newline="")))
    assert rows[0] == ["sku", "name", "on_hand", "reserved"]
    assert [p["sku"], name, "10", "3"] in rows
    skus = [x[0] for x in rows[1:] if x]
    assert skus == sorted(skus)
