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


def test_needs_token():
    """spec.md:216-217 «Operations other than login and refresh answer 401 without a valid access token.»"""
    for method, path in (("GET", "/users/me"), ("GET", "/users"), ("POST", "/users"), ("GET", "/products"), ("POST", "/products"), ("GET", "/locations"),
                         ("POST", "/movements"), ("GET", "/movements"), ("GET", "/stock?product_id=1"), ("GET", "/stock.csv"), ("POST", "/reservations"),
                         ("GET", "/reservations"), ("POST", "/reservations/1/release"), ("POST", "/movements/1/reverse")):
        status(call(method, A + path), 401)


def test_forged_tokens():
    """spec.md:216-217 «answer 401 without a valid access token»"""
    for label, token in forged_tokens(admin()):
        assert call("GET", A + "/users", token).status_code == 401, label


def test_token_kinds():
    """spec.md:217 «Refresh tokens are not accepted as access tokens, nor access tokens as refresh tokens.»"""
    u = user("clerk")
    status(call("GET", A + "/users/me", u["refresh_token"]), 401)
    status(call("POST", A + "/auth/refresh", json={"refresh_token": u["access_token"]}), 401)


def test_nobody_signs_up():
    """spec.md:214 «Nobody can sign up.»"""
    for path in ("/auth/register", "/auth/signup", "/users", "/register"):
        r = call("POST", A + path, json={"email": uniq("x") + "@example.com", "password": PASSWORD, "full_name": "x", "role": "admin"})
        assert r.status_code in (401, 403, 404, 405), (path, r.status_code)


def test_role_ladder():
    """spec.md:215-216 «The `description` of an operation names the least role it needs; a lower one gets 403.»"""
    p, a, m = stocked()
    r = ok(reserve(p, a, 1), 201)
    admin_ops = [("GET", "/users", None), ("POST", "/users", {"email": uniq("x") + "@example.com", "password": PASSWORD, "full_name": "x", "role": "admin"}),
                 ("PATCH", f"/users/{user('clerk')['id']}", {"role": "admin"})]
    manager_ops = [("POST", "/products", {"sku": sku(), "name": "x"}), ("PATCH", f"/products/{p['id']}", {"name": "x"}), ("POST", "/locations", {"code": sku()}),
                   ("POST", f"/movements/{m['id']}/reverse", None)]
    clerk_ops = [("POST", "/movements", {"product_id": p["id"], "kind": "issue", "quantity": 1, "from_location_id": a["id"]}),
                 ("POST", "/reservations", {"product_id": p["id"], "location_id": a["id"], "quantity": 1}), ("GET", "/reservations", None),
                 ("POST", f"/reservations/{r['id']}/release", None), ("POST", f"/reservations/{r['id']}/fulfil", None)]
    for who, ops in (("manager", admin_ops), ("clerk", admin_ops + manager_ops), ("viewer", admin_ops + manager_ops + clerk_ops)):
        for method, path, body in ops:
            x = call(method, A + path, T(who), **({"json": body} if body else {}))
            assert x.status_code == 403, (who, method, path, x.status_code)
    assert numbers(p) == (10, 1, 9)


def test_role_change_counts_at_once():
    """spec.md:217-218 «A change of role counts from the next request on, also for tokens issued before»"""
    u = new_user("manager")
    ok(call("POST", A + "/locations", u["access_token"], json={"code": sku()}), 201)
    assert ok(call("PATCH", f"{A}/users/{u['id']}", admin(), json={"role": "viewer"}), 200)["role"] == "viewer"
    status(call("POST", A + "/locations", u["access_token"], json={"code": sku()}), 403)


def test_deactivation_counts_at_once():
    """spec.md:218 «an account that is set to `active: false` gets 401 for its access and refresh tokens at once»"""
    u = new_user("clerk")
    assert ok(call("PATCH", f"{A}/users/{u['id']}", admin(), json={"active": False}), 200)["active"] is False
    status(call("GET", A + "/users/me", u["access_token"]), 401)
    status(call("POST", A + "/auth/refresh", json={"refresh_token": u["refresh_token"]}), 401)
    status(call("POST", A + "/auth/login", json={"email": u["email"], "password": PASSWORD}), 401)


def test_passwords_stay_inside():
    """spec.md:218 «Passwords and their hashes are never given out.»"""
    u = user("clerk")
    for r in (call("GET", A + "/users", admin()), call("GET", A + "/users/me", T("clerk")), call("PATCH", f"{A}/users/{u['id']}", admin(), json={"active": True})):
        assert PASSWORD not in r.text and "$2b$" not in r.text and "$argon2" not in r.text
        for x in (r.json() if isinstance(r.json(), list) else [r.json()]):
            assert not [k for k in x if "pass" in k.lower() or "hash" in k.lower()]


def test_other_clerks_reservation():
    """spec.md:232 «Both are for the clerk who made the reservation and for managers and admins; for other clerks it is 404.»"""
    p, a, _ = stocked()
    r, s = ok(reserve(p, a, 1), 201), ok(reserve(p, a, 2), 201)
    for what in ("release", "fulfil"):
        status(res_do(r, what, "clerk2"), 404)
    assert numbers(p) == (10, 3, 7)
    ok(res_do(r, "release", "manager"), 200)
    ok(res_do(s, "fulfil", "admin"), 200)
    assert numbers(p) == (8, 0, 8)


def test_caller_is_the_user():
    """spec.md:222-223 «The user of a movement or a reservation is always the caller.»"""
    p, a, m = stocked()
    evil = {"user_id": user("manager")["id"], "reverses_id": m["id"], "created_at": "2001-01-01T00:00:00Z", "status": "fulfilled", "id": 1}
    x = mv(p, "issue", 1, a, **evil)
    status(x, 201, 422)
    if x.status_code == 201:
        assert x.json()["user_id"] == user("clerk")["id"] and x.json()["reverses_id"] is None and not x.json()["created_at"].startswith("2001")
    x = reserve(p, a, 1, **evil)
    status(x, 201, 422)
    if x.status_code == 201:
        assert x.json()["user_id"] == user("clerk")["id"] and x.json()["status"] == "active"


def test_issues_at_the_same_moment():
    """spec.md:220-221 «on_hand and available never fall below zero, whatever happens at the same moment»"""
    p, a, _ = stocked(3)
    T("clerk"), T("clerk2")
    with ThreadPoolExecutor(8) as pool:
        jobs = [pool.submit(mv, p, "issue", 1, a) if i % 2 else pool.submit(reserve, p, a, 1, "clerk2") for i in range(8)]
        codes = sorted(j.result().status_code for j in jobs)
    assert codes == [201] * 3 + [409] * 5, codes
    assert numbers(p)[2] == 0


def test_same_key_at_the_same_moment():
    """spec.md:225-226 «nothing is booked and the movement of the first time is answered with 200»"""
    p, a, _ = stocked(10)
    key = uniq("race")
    with ThreadPoolExecutor(6) as pool:
        rs = list(pool.map(lambda _: mv(p, "issue", 1, a, key=key), range(6)))
    codes = [r.status_code for r in rs]
    assert codes.count(201) == 1 and set(codes) <= {200, 201, 409}, codes
    assert numbers(p)[0] == 9


def test_reverse_at_the_same_moment():
    """spec.md:229 «A movement can be reversed once»"""
    p, a, _ = stocked(10)
    i = ok(mv(p, "issue", 2, a), 201)
    T("manager")
    with ThreadPoolExecutor(5) as pool:
        codes = sorted(r.status_code for r in pool.map(lambda _: reverse(i), range(5)))
    assert codes == [201] + [409] * 4, codes
    assert numbers(p)[0] == 10


def test_csv_formulas():
    """spec.md:235 «a name beginning with `=`, `+`, `-` or `@` is written with an apostrophe (`'`) before it»"""
    import csv
    import io
    made = {product(name=n)["sku"]: n for n in ('=HYPERLINK("http://x","y")', "+1", "-2,5", "@SUM(A1)", "a=b")}
    rows = {r[0]: r[1] for r in csv.reader(io.StringIO(call("GET", A + "/stock.csv", T("viewer")).text, newline="")) if r}
    for s, n in made.items():
        assert rows[s] == (n if n == "a=b" else "'" + n)
    assert made[next(iter(made))] == '=HYPERLINK("http://x","y")'


def test_hostile_input():
    """spec.md:237 «No request may cause a 5xx.»"""
    p, a, _ = stocked()
    good = json.dumps({"product_id": p["id"], "kind": "receipt", "quantity": 77777, "to_location_id": a["id"], "reference": "RRR"})
    for raw in ("{", "null", "[]", "[" * 4000, good.replace("77777", "NaN"), good.replace("77777", "1e999"), good.replace("77777", "9" * 30), good.replace("RRR", "\\u0000"),
                good.replace("RRR", "\\ud800"), good.replace(f'"product_id": {p["id"]}', '"product_id": 99999999999999999999'), good.replace(f'"product_id": {p["id"]}', '"product_id": 2147483648'),
                good.replace(f'"product_id": {p["id"]}', '"product_id": -1'), good.replace(f'"product_id": {p["id"]}', '"product_id": true')):
        r = call("POST", A + "/movements", T("clerk"), content=raw.encode(), headers={"Content-Type": "application/json"})
        assert r.status_code < 500, (raw[:90], r.status_code)
    for path in ("/products/%00", "/products/2147483648", "/products/99999999999999999999", "/products/-1", "/products?page=1000000&size=100", "/products?page=99999999999999999999",
                 "/products?q=%00", "/products?q=%5C", "/products?q=%27%22--", "/stock?product_id=99999999999999999999", "/stock?product_id=x", "/stock", "/movements?location_id=9223372036854775808",
                 "/movements?product_id=2147483648", "/reservations?product_id=2147483648"):
        r = call("GET", A + path, T("manager"))
        assert r.status_code < 500, (path, r.status_code)
    for name in ("a\0b", "\x01\x02", "x" * 120, "\u202e<b>", "=1+1"):
        r = call("POST", A + "/products", T("manager"), json={"sku": sku(), "name": name})
        assert r.status_code < 500, (name, r.status_code)
    status(call("GET", A + "/stock.csv", T("viewer")), 200)
    for key in ("k" * 81, "k" * 5000):
        assert 400 <= mv(p, "receipt", 1, dst=a, key=key).status_code < 500
    r = call("POST", A + "/auth/login", json={"email": "a\0@example.com", "password": "\0" * 20})
    assert 400 <= r.status_code < 500
    r = call("PATCH", f"{A}/users/99999999999999999999", admin(), json={"active": False})
    assert 400 <= r.status_code < 500


def test_stock_cannot_overflow():
    """spec.md:237 «No request may cause a 5xx.»"""
    p, a = product(), location()
    for _ in range(3):
        assert mv(p, "receipt", 1000000, dst=a).status_code == 201
    assert numbers(p)[0] == 3000000
