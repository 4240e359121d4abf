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


def test_needs_token():
    """spec.md:54 «calls that need an account are 401 without a valid token»"""
    lot = live()
    for method, path in (("GET", "/me"), ("GET", "/users"), ("POST", "/lots"), ("PATCH", f"/lots/{lot['id']}"), ("POST", f"/lots/{lot['id']}/open"), ("POST", f"/lots/{lot['id']}/close"),
                         ("POST", f"/lots/{lot['id']}/withdraw"), ("POST", f"/lots/{lot['id']}/bids"), ("GET", "/me/bids"), ("GET", "/me/purchases"), ("GET", "/report"), ("POST", f"/lots/{lot['id']}/paid")):
        status(call(method, path), 401)


def test_forged_tokens():
    """spec.md:33 «If there is a token and it is not valid, the answer is 401 all the same.»"""
    lot = live()
    for label, token in forged_tokens(T("org")):
        for path in ("/me", "/lots", f"/lots/{lot['id']}"):
            assert call("GET", path, token).status_code == 401, (label, path)


def test_token_kinds():
    """spec.md:11 «a refresh token will not do there (401)» spec.md:10 «401 if the token is not a valid refresh token»"""
    u = user("ann")
    status(call("GET", "/me", u["refresh_token"]), 401)
    status(call("POST", "/auth/refresh", json={"refresh_token": u["access_token"]}), 401)


def test_role_not_chosen():
    """spec.md:8 «The role of a new account is always "member".»"""
    email = uniq("mass") + "@example.com"
    r = call("POST", "/auth/register", json={"email": email, "password": PASSWORD, "name": "M", "role": "admin", "is_admin": True})
    if r.status_code == 422:
        return
    assert ok(r, 201)["role"] == "member"
    t = login(email)["access_token"]
    status(call("GET", "/users", t), 403)
    status(call("GET", "/report", t), 403)


def test_only_admin_appoints():
    """spec.md:15 «Only I may do so (403 for the others)» spec.md:15-16 «GET /users gives me, and only me, the list of accounts»"""
    for who in ("ann", "org"):
        status(call("PUT", f"/users/{user('ann')['id']}/role", T(who), json={"role": "organiser"}), 403)
        status(call("GET", "/users", T(who)), 403)
    status(call("GET", "/users", admin()), 200)


def test_members_do_not_run_the_auction():
    """spec.md:29 «Opening and closing are 403 for those who are not organisers, withdrawing is 403 for those who are neither organiser nor the seller.»"""
    lot = live()
    for who in ("ann", "seller"):
        status(act(lot, "open", who), 403)
        status(act(lot, "close", who), 403)
    status(act(lot, "withdraw", "ann"), 403)
    status(act(draft(), "open", "seller"), 403)
    ok(bid(lot, "ann", 1000), 201)
    ok(act(lot, "close"))
    for who in ("ann", "seller"):
        status(act(lot, "paid", who), 403)
    assert get(lot)["status"] == "sold"


def test_organisers_own_lot():
    """spec.md:29-30 «An organiser must not open or close a lot that they have offered themselves (403, for me too)»"""
    for who in ("org", "admin"):
        lot = draft(who)
        status(act(lot, "open", who), 403)
        ok(act(lot, "open", "org2"), 200)
        status(act(lot, "close", who), 403)
        assert get(lot)["status"] == "live"


def test_drafts_hidden():
    """spec.md:32-33 «drafts and withdrawn lots are only seen by their seller and by organisers; for others they are not in the list, and 404 by themselves and in everything else one might try with them»"""
    mark = uuid.uuid4().hex[:10]
    d, w = draft(title=mark), draft(title=mark)
    ok(act(w, "withdraw"))
    for who in (None, "ann"):
        assert ids(call("GET", "/lots", T(who), params={"q": mark})) == []
        assert ids(call("GET", "/lots", T(who), params={"q": mark, "status": "draft"})) == []
        for x in (d, w):
            status(call("GET", f"/lots/{x['id']}", T(who)), 404)
            status(call("GET", f"/lots/{x['id']}/bids", T(who)), 404)
    for x in (d, w):
        status(bid(x, "ann", 1000), 404)
        status(call("PATCH", f"/lots/{x['id']}", T("ann"), json={"title": "x"}), 404)
        status(act(x, "withdraw", "ann"), 404)
    for who in ("seller", "org", "admin"):
        assert ids(call("GET", "/lots", T(who), params={"q": mark})) == [w["id"], d["id"]]
        assert get(d, who)["status"] == "draft"
    status(call("PATCH", f"/lots/{d['id']}", T("org"), json={"title": "x"}), 403)


def test_total_does_not_count_hidden_lots():
    """spec.md:33 «for others they are not in the list» spec.md:35-36 «It answers an object with items and total.»"""
    mark = uuid.uuid4().hex[:10]
    draft(title=mark), live(title=mark)
    assert ok(call("GET", "/lots", params={"q": mark}))["total"] == 1
    assert ok(call("GET", "/lots", T("seller"), params={"q": mark}))["total"] == 2
    assert ok(call("GET", "/lots", T("seller2"), params={"q": mark}))["total"] == 1


def test_reserve_price_secret():
    """spec.md:38 «only the seller and organisers get to see reserve_price_cents. For everybody else the field is not there or null.»"""
    mark = uuid.uuid4().hex[:10]
    lot = live(title=mark, reserve_price_cents=7654321)
    b = bid(lot, "ann", 1000)
    ok(b, 201)
    for who in (None, "ann"):
        for r in (call("GET", f"/lots/{lot['id']}", T(who)), call("GET", "/lots", T(who), params={"q": mark})):
            assert "7654321" not in r.text
    assert "7654321" not in b.text and "7654321" not in bid(lot, "bob", 1001).text
    assert get(lot, "seller")["reserve_price_cents"] == 7654321 and get(lot, "org")["reserve_price_cents"] == 7654321
    assert items(call("GET", "/lots", T("seller"), params={"q": mark}))[0]["reserve_price_cents"] == 7654321


def test_winner_secret():
    """spec.md:39-40 «The winner_id too is only for the winner, the seller and the organisers, and not there or null for others.»"""
    lot = live()
    ok(bid(lot, "bob", 1000), 201)
    ok(bid(lot, "ann", 1100), 201)
    ok(act(lot, "close"))
    for who in (None, "bob"):
        assert get(lot, who).get("winner_id") is None
    for who in ("ann", "seller", "org"):
        assert get(lot, who)["winner_id"] == user("ann")["id"]


def test_bidders_and_emails_hidden():
    """spec.md:47 «Only organisers also get bidder_id in it.» spec.md:40 «Emails are only shown to their owner and to me.»"""
    lot = live()
    ok(bid(lot, "ann", 1000), 201)
    for who in (None, "bob", "seller"):
        for r in (call("GET", f"/lots/{lot['id']}/bids", T(who)), call("GET", f"/lots/{lot['id']}", T(who))):
            assert user("ann")["email"] not in r.text and user("ann")["name"] not in r.text
        assert items(call("GET", f"/lots/{lot['id']}/bids", T(who)))[0].get("bidder_id") is None
    assert user("seller")["email"] not in call("GET", f"/lots/{lot['id']}", T("org")).text
    assert user("ann")["email"] not in call("GET", f"/lots/{lot['id']}/bids", T("org")).text


def test_fields_not_settable():
    """spec.md:21-22 «The seller is of course whoever sends it.» spec.md:22-23 «nothing else can be changed with it»"""
    evil = {"seller_id": user("ann")["id"], "status": "live", "winner_id": user("seller")["id"], "bid_count": 9, "current_price_cents": 5, "paid": True}
    r = call("POST", "/lots", T("seller"), json=lot_body(**evil))
    status(r, 201, 422)
    lot = r.json() if r.status_code == 201 else draft()
    r = call("PATCH", f"/lots/{lot['id']}", T("seller"), json=evil | {"title": "t"})
    status(r, 200, 422)
    got = get(lot, "seller")
    assert got["seller_id"] == user("seller")["id"] and got["status"] == "draft" and got["winner_id"] is None
    assert got["bid_count"] == 0 and got["current_price_cents"] is None and got["paid"] is False


def test_bids_at_the_same_moment():
    """spec.md:44 «Two bids that come in at the same moment must not both be taken if together they break these rules.»"""
    lot = live()
    people = ["ann", "bob", "carl", "dora", "emil", "fay"]
    for who in people:
        T(who)
    with ThreadPoolExecutor(6) as pool:
        codes = sorted(r.status_code for r in pool.map(lambda who: bid(lot, who, 1000), people))
    assert codes == [201] + [409] * 5, codes
    T("hal")
    with ThreadPoolExecutor(4) as pool:
        codes = sorted(r.status_code for r in pool.map(lambda a: bid(lot, "hal", a), (6000, 7000, 8000, 9000)))
    assert codes == [201, 409, 409, 409], codes


def test_hostile_input():
    """spec.md:54-55 «the server must never answer with a 5xx, whatever comes in»"""
    lot = live()
    good = json.dumps(lot_body(step_cents=77777, description="DDD"))
    for raw in ("{", "null", "[]", "[" * 4000, good.replace("77777", "NaN"), good.replace("77777", "1e999"), good.replace("77777", "9" * 40), good.replace("DDD", "\\u0000"), good.replace("DDD", "\\ud800"),
                good.replace('"DDD"', '{"a": []}')):
        for path in ("/lots", f"/lots/{lot['id']}/bids"):
            r = call("POST", path, T("ann"), content=raw.encode(), headers={"Content-Type": "application/json"})
            assert r.status_code < 500, (raw[:80], r.status_code)
    for raw in ('{"amount_cents": 99999999999999999999999}', '{"amount_cents": NaN}', '{"amount_cents": -99999999999999999999}', '{"amount_cents": 2147483648}'):
        r = call("POST", f"/lots/{lot['id']}/bids", T("ann"), content=raw.encode(), headers={"Content-Type": "application/json"})
        assert 400 <= r.status_code < 500, (raw, r.status_code)
    for path in ("/lots/%00", "/lots/99999999999999999999999", "/lots/-1", "/lots?q=%00", "/lots?q=%5C", "/lots?q=%27--", "/lots?status=%00", "/lots?status=nonsense", "/lots?seller_id=99999999999999999999999",
                 "/lots?seller_id=%00", "/lots?offset=99999999999999999999999", "/lots/99999999999999999999/bids", "/lots/1%20OR%201=1"):
        r = call("GET", path)
        assert r.status_code < 500, (path, r.status_code)
    for raw in (b'{"email": "a\\u0000@example.com", "password": "\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000"}', b'{"email": ["x"], "password": {}}', b'{"refresh_token": "\\ud800"}'):
        for path in ("/auth/login", "/auth/refresh"):
            r = call("POST", path, content=raw, headers={"Content-Type": "application/json"})
            assert 400 <= r.status_code < 500, (path, raw, r.status_code)
