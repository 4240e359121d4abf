"""Black-box acceptance tests for pendel; see spec.md."""
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
from datetime import datetime, timedelta, timezone


def register(email=None, password=PASSWORD, name="Test Person"):
    email = email or uniq("u") + "@example.com"
    r = call("POST", "/auth/register", json={"email": email, "password": password, "display_name": name})
    return ok(r, 201) | {"email": email}


def login(email, password=PASSWORD):
    return ok(call("POST", "/auth/login", json={"email": email, "password": password}))


def new_user():
    u = register()
    return u | login(u["email"])


def user(who):
    """A person that several tests share."""
    if who not in _cache:
        _cache[who] = new_user()
    return _cache[who]


def T(who):
    return user(who)["access_token"]


def admin():
    if "admin" not in _cache:
        _cache["admin"] = login(ADMIN_EMAIL, ADMIN_PASSWORD)
    return _cache["admin"]["access_token"]


def in_days(n, hour=9):
    day = datetime.now(timezone.utc).replace(hour=hour, minute=30, second=0, microsecond=0) + timedelta(days=n)
    return day.isoformat().replace("+00:00", "Z")


def body(**kw):
    return {"origin": uniq("From"), "destination": uniq("To"), "departs_at": in_days(5), "seats": 3, "price_cents": 450} | kw


def ride(token=None, **kw):
    return ok(call("POST", "/rides", token or T("driver"), json=body(**kw)), 201)


def get_ride(r, token=None):
    return ok(call("GET", f"/rides/{r['id']}", token or T("driver")))


def book(r, who, seats=1):
    return call("POST", f"/rides/{r['id']}/bookings", T(who), json={"seats": seats})


def act(b, what, who):
    return call("POST", f"/bookings/{b['id']}/{what}", T(who))


def test_needs_token():
    """spec.md:25-26 «without a valid access token the answer is 401»"""
    r = ride()
    for method, path in (("GET", "/me"), ("PATCH", "/me"), ("GET", "/rides"), ("POST", "/rides"), ("GET", f"/rides/{r['id']}"), ("POST", f"/rides/{r['id']}/cancel"),
                         ("GET", "/bookings"), ("POST", f"/rides/{r['id']}/bookings"), ("GET", "/admin/users")):
        status(call(method, path), 401)


def test_forged_tokens():
    """spec.md:25-26 «without a valid access token the answer is 401»"""
    for label, token in forged_tokens(T("driver")):
        assert call("GET", "/me", token).status_code == 401, label
    for label, token in forged_tokens(user("driver")["refresh_token"]):
        assert call("POST", "/auth/refresh", json={"refresh_token": token}).status_code == 401, label


def test_token_kinds():
    """spec.md:26 «A refresh token is no access token and an access token no refresh token (401).»"""
    u = new_user()
    status(call("GET", "/me", u["refresh_token"]), 401)
    status(call("POST", "/auth/refresh", json={"refresh_token": u["access_token"]}), 401)


def test_sign_up_cannot_choose_role():
    """spec.md:17 «Nobody can choose role or suspension on sign-up.»"""
    email = uniq("mass") + "@example.com"
    r = call("POST", "/auth/register", json={"email": email, "password": PASSWORD, "display_name": "M", "role": "admin", "is_admin": True, "suspended": True})
    if r.status_code == 422:
        return
    got = ok(r, 201)
    assert got["role"] == "member" and got["suspended"] is False
    status(call("GET", "/admin/users", login(email)["access_token"]), 403)


def test_profile_cannot_change_role():
    """spec.md:32-33 «and nothing else: other fields in the body have no effect»"""
    u = new_user()
    got = ok(call("PATCH", "/me", u["access_token"], json={"display_name": "Z", "role": "admin", "id": user("driver")["id"], "email": "x@example.com", "suspended": True}), 200)
    assert got["display_name"] == "Z" and got["role"] == "member" and got["suspended"] is False
    me = ok(call("GET", "/me", u["access_token"]))
    assert me["id"] == u["id"] and me["email"] == u["email"] and me["role"] == "member"


def test_suspended_cannot_lift_own_suspension():
    """spec.md:41 «Members get 403 for all three.»"""
    u = new_user()
    ok(call("POST", f"/admin/users/{u['id']}/suspend", admin()))
    for t in (u["access_token"], T("driver")):
        status(call("POST", f"/admin/users/{u['id']}/unsuspend", t), 403)
        status(call("POST", f"/admin/users/{u['id']}/suspend", t), 403)
        status(call("GET", "/admin/users", t), 403)
    assert ok(call("GET", "/me", u["access_token"]))["suspended"] is True


def test_driver_is_caller():
    """spec.md:54 «The driver is always the caller.»"""
    r = call("POST", "/rides", T("driver"), json=body(driver_id=user("pia")["id"], status="cancelled", seats_free=8, id=missing(user("pia")["id"])))
    status(r, 201, 422)
    if r.status_code == 201:
        got = get_ride(r.json())
        assert got["driver_id"] == user("driver")["id"] and got["status"] == "open" and got["seats_free"] == 3


def test_ride_is_the_drivers():
    """spec.md:76 «Both are for the driver only, others get 403.»"""
    r = ride()
    for t in (T("pia"), admin()):
        status(call("PATCH", f"/rides/{r['id']}", t, json={"price_cents": 0}), 403)
        status(call("POST", f"/rides/{r['id']}/cancel", t), 403)
    assert get_ride(r)["status"] == "open"


def test_bookings_of_others_do_not_exist():
    """spec.md:108-109 «For everybody else (the administrator too) bookings do not exist: reading, accepting, declining and cancelling answer 404.»"""
    r = ride()
    b = ok(book(r, "pia"), 201)
    for t in (T("paul"), admin()):
        status(call("GET", f"/bookings/{b['id']}", t), 404)
        for what in ("accept", "decline", "cancel"):
            status(call("POST", f"/bookings/{b['id']}/{what}", t), 404)
    assert ok(call("GET", f"/bookings/{b['id']}", T("pia")))["status"] == "pending"


def test_wrong_side():
    """spec.md:109-110 «The passenger who tries to accept or decline gets 403, and so does the driver who tries to cancel.»"""
    b = ok(book(ride(), "pia"), 201)
    status(act(b, "accept", "pia"), 403)
    status(act(b, "decline", "pia"), 403)
    status(act(b, "cancel", "driver"), 403)


def test_phone_numbers():
    """spec.md:67 «`driver_phone` is null for everybody except the driver and passengers with an accepted booking on this ride.» spec.md:68 «when it is declined or cancelled it is null again»"""
    _cache["phoned"], _cache["phonep"] = d, p = new_user(), new_user()
    ok(call("PATCH", "/me", d["access_token"], json={"phone": "+1 555 7001"}))
    ok(call("PATCH", "/me", p["access_token"], json={"phone": "+1 555 7002"}))
    a = uniq("Tel")
    r = ride(d["access_token"], origin=a)
    b = ok(book(r, "phonep"), 201)

    def seen(who):
        one = get_ride(r, T(who))["driver_phone"]
        assert [i["driver_phone"] for i in items(call("GET", "/rides", T(who), params={"origin": a}))] == [one]
        return one

    def pass_seen():
        one = ok(call("GET", f"/bookings/{b['id']}", d["access_token"]))["passenger_phone"]
        assert items(call("GET", f"/rides/{r['id']}/bookings", d["access_token"]))[0]["passenger_phone"] == one
        return one
    assert (seen("phoned"), seen("phonep"), seen("paul"), pass_seen()) == ("+1 555 7001", None, None, None)
    assert ok(act(b, "accept", "phoned"))["passenger_phone"] == "+1 555 7002"
    assert (seen("phoned"), seen("phonep"), seen("paul"), pass_seen()) == ("+1 555 7001", "+1 555 7001", None, "+1 555 7002")
    ok(act(b, "cancel", "phonep"))
    assert (seen("phonep"), pass_seen()) == (None, None)


def test_accept_at_the_same_moment():
    """spec.md:94-95 «It can never come to more accepted seats than the ride has, not even when the driver's two phones accept at the same moment.»"""
    r = ride(seats=2)
    bs = [ok(book(r, who), 201) for who in ("pia", "paul", "petra", "p4", "p5", "p6")]
    with ThreadPoolExecutor(6) as pool:
        codes = sorted(x.status_code for x in pool.map(lambda b: act(b, "accept", "driver"), bs))
    assert codes == [200, 200, 409, 409, 409, 409], codes
    assert get_ride(r)["seats_free"] == 0


def test_book_at_the_same_moment():
    """spec.md:86 «This also holds when several requests arrive at the same moment.»"""
    r = ride(seats=8)
    T("pia")
    with ThreadPoolExecutor(6) as pool:
        codes = sorted(x.status_code for x in pool.map(lambda _: book(r, "pia"), range(6)))
    assert codes == [201] + [409] * 5, codes
    assert len(items(call("GET", f"/rides/{r['id']}/bookings", T("driver")))) == 1


def test_hostile_input():
    """spec.md:5 «no input at all may cause a 5xx»"""
    r = ride()
    good = json.dumps(body())
    for raw in (b"{", b"null", b"[]", b"[" * 4000, b"\xff", good.replace('"seats": 3', '"seats": 1e999').encode(), good.replace('"seats": 3', '"seats": NaN').encode(),
                good.replace('"seats": 3', '"seats": 99999999999999999999').encode(), good.replace("From-", "\\u0000").encode(), good.replace("From-", "\\ud800").encode(),
                json.dumps(body(departs_at="9999-12-31T23:59:59-23:59")).encode(), json.dumps(body(departs_at="2032-13-40T99:99:99Z")).encode(),
                json.dumps(body(departs_at=1e300)).encode(), json.dumps(body(note={"a": 1})).encode()):
        x = call("POST", "/rides", T("driver"), content=raw, headers={"Content-Type": "application/json"})
        assert x.status_code < 500, (raw[:80], x.status_code)
    for path in ("/rides/%00", "/rides/99999999999999999999999", "/rides/-1", "/bookings/1e9", "/bookings/99999999999999999999999", "/rides?origin=%00", "/rides?origin=%27--",
                 "/rides?seats=99999999999999999999999", "/rides?date=9999-12-31", "/rides?date=0000-00-00", "/rides?date=0001-01-01", "/bookings?status=%00", "/bookings?status=nonsense", "/rides?origin=%5C"):
        x = call("GET", path, T("driver"))
        assert x.status_code < 500, (path, x.status_code)
    x = call("GET", "/admin/users?email=%00", admin())
    assert x.status_code < 500
    for raw in (b'{"email": {"a": 1}, "password": []}', b'{"email": "a\\u0000@example.com", "password": "\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000"}', b'{"email": "\\ud800@example.com", "password": "xxxxxxxxxxxxx"}'):
        x = call("POST", "/auth/login", content=raw, headers={"Content-Type": "application/json"})
        assert 400 <= x.status_code < 500, (raw, x.status_code)
    for token in ("", "\u00e4".encode("latin-1").decode("latin-1"), "a.b", "." * 50):
        x = call("POST", "/auth/refresh", json={"refresh_token": token})
        assert 400 <= x.status_code < 500
