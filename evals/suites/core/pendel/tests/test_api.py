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


def test_register():
    """spec.md:13-14 «answers 201 with `id`, `email`, `display_name`, `phone` (null at first), `role` ("member") and `suspended` (false)»"""
    email = uniq("reg") + "@example.com"
    r = call("POST", "/auth/register", json={"email": email, "password": PASSWORD, "display_name": "Ida"})
    status(r, 201)
    got = r.json()
    assert got["email"] == email and got["display_name"] == "Ida" and got["phone"] is None
    assert got["role"] == "member" and got["suspended"] is False and got["id"] is not None
    status(call("POST", "/auth/register", json={"email": email.replace("reg", "REG"), "password": PASSWORD, "display_name": "Ida"}), 409)


def test_register_bounds():
    """spec.md:13 «`password` (10 to 128 characters) and `display_name` (1 to 60 characters)»"""
    good = {"email": uniq("b") + "@example.com", "password": PASSWORD, "display_name": "I"}
    for bad in ({"password": "x" * 9}, {"password": "x" * 129}, {"display_name": ""}, {"display_name": "x" * 61}, {"email": "nobody"}, {"email": 5}):
        status(call("POST", "/auth/register", json=good | bad), 422)
    pw = "ü" * 128
    status(call("POST", "/auth/register", json=good | {"password": pw}), 201)
    login(good["email"], pw)
    status(call("POST", "/auth/login", json={"email": good["email"], "password": "ü" * 127}), 401)


def test_refresh_rotates():
    """spec.md:23 «The old refresh token is then used up: 401.»"""
    u = new_user()
    new = ok(call("POST", "/auth/refresh", json={"refresh_token": u["refresh_token"]}))
    assert ok(call("GET", "/me", new["access_token"]))["id"] == u["id"]
    status(call("POST", "/auth/refresh", json={"refresh_token": u["refresh_token"]}), 401)


def test_logout():
    """spec.md:24 «answers 204, and this refresh token gives 401 from then on»"""
    u = new_user()
    status(call("POST", "/auth/logout", json={"refresh_token": u["refresh_token"]}), 204)
    status(call("POST", "/auth/refresh", json={"refresh_token": u["refresh_token"]}), 401)


def test_login_wrong():
    """spec.md:22 «wrong ones are 401»"""
    status(call("POST", "/auth/login", json={"email": user("driver")["email"], "password": "not-the-password"}), 401)
    status(call("POST", "/auth/login", json={"email": uniq("no") + "@example.com", "password": PASSWORD}), 401)


def test_profile():
    """spec.md:32 «`PATCH /me` changes `display_name` and `phone` (null, or 5 to 20 characters out of digits, spaces, `+` and `-`)»"""
    u = new_user()
    t = u["access_token"]
    got = ok(call("PATCH", "/me", t, json={"phone": "+49 30-123 45"}), 200)
    assert got["phone"] == "+49 30-123 45" and got["display_name"] == u["display_name"]
    ok(call("PATCH", "/me", t, json={"display_name": "Neu"}), 200)
    got = ok(call("GET", "/me", t))
    assert got["phone"] == "+49 30-123 45" and got["display_name"] == "Neu"
    for bad in ("1234", "1" * 21, "call me!", "12345\n", 123456):
        status(call("PATCH", "/me", t, json={"phone": bad}), 422)
    assert ok(call("PATCH", "/me", t, json={"phone": None}))["phone"] is None


def test_offer():
    """spec.md:52 «A ride has these fields and `id`, `driver_id`, `driver_name`, `driver_phone`, `seats_free` and `status` ("open").»"""
    b = body(note="no dogs", origin="  Town A ")
    r = ok(call("POST", "/rides", T("driver"), json=b), 201)
    assert r["origin"] == "Town A" and r["destination"] == b["destination"] and r["seats"] == r["seats_free"] == 3
    assert r["price_cents"] == 450 and r["note"] == "no dogs" and r["status"] == "open"
    assert r["driver_id"] == user("driver")["id"] and r["driver_name"] == user("driver")["display_name"] and "driver_phone" in r


def test_departure_is_an_instant():
    """spec.md:49-50 «`departs_at` (ISO 8601 with an offset or Z, in the future; a time without offset is 422)»"""
    at = datetime(2032, 3, 1, 1, 30, tzinfo=timezone(timedelta(hours=3)))
    r = ride(departs_at=at.isoformat())
    got = datetime.fromisoformat(get_ride(r)["departs_at"].replace("Z", "+00:00"))
    assert (got if got.tzinfo else got.replace(tzinfo=timezone.utc)) == at
    for bad in ("2032-03-01T01:30:00", "2001-03-01T01:30:00Z", "tomorrow", "", None):
        status(call("POST", "/rides", T("driver"), json=body(departs_at=bad)), 422)


def test_offer_bounds():
    """spec.md:53 «Origin and destination that are the same, in whatever case, are 422.» spec.md:50 «`seats` (1 to 8), `price_cents` (0 to 10000, per seat)»"""
    for bad in ({"origin": "Ulm", "destination": " uLM"}, {"origin": "   "}, {"destination": "x" * 81}, {"seats": 0}, {"seats": 9}, {"seats": 1.5},
                {"price_cents": -1}, {"price_cents": 10001}, {"price_cents": 4.5}, {"note": "x" * 501}):
        status(call("POST", "/rides", T("driver"), json=body(**bad)), 422)
    ride(seats=8, price_cents=0)


def test_find():
    """spec.md:60 «must match whole, in whatever case» spec.md:59 «the earliest departure first»"""
    a, b = uniq("Aa"), uniq("Bb")
    late, early = ride(origin=a, destination=b, departs_at=in_days(8)), ride(origin=a, destination=b, departs_at=in_days(3), seats=1)
    other = ride(origin=a + "x", destination=b)
    got = ids(call("GET", "/rides", T("pia"), params={"origin": a.upper(), "destination": b.lower()}))
    assert got == [early["id"], late["id"]]
    assert ids(call("GET", "/rides", T("pia"), params={"origin": a, "seats": 2})) == [late["id"]]
    assert set(ids(call("GET", "/rides", T("pia"), params={"destination": b}))) == {late["id"], early["id"], other["id"]}
    assert ids(call("GET", "/rides", T("pia"), params={"origin": a, "date": in_days(3)[:10]})) == [early["id"]]
    assert ids(call("GET", "/rides", T("pia"), params={"origin": "%"})) == []


def test_find_date_is_utc():
    """spec.md:60 «`date` (YYYY-MM-DD) is the day of departure in UTC»"""
    a = uniq("Utc")
    r = ride(origin=a, departs_at="2033-05-10T01:00:00+05:00")
    assert ids(call("GET", "/rides", T("pia"), params={"origin": a, "date": "2033-05-09"})) == [r["id"]]
    assert ids(call("GET", "/rides", T("pia"), params={"origin": a, "date": "2033-05-10"})) == []
    for bad in ({"date": "10.5.2033"}, {"seats": 0}, {"seats": 9}, {"seats": "x"}):
        status(call("GET", "/rides", T("pia"), params=bad), 422)


def test_full_and_cancelled_rides_not_found_but_shown():
    """spec.md:59 «lists rides that are open, lie in the future and have a free seat» spec.md:62 «shows any ride to any member, also a full or cancelled one»"""
    a = uniq("Full")
    r, c = ride(origin=a, seats=1), ride(origin=a)
    ok(act(ok(book(r, "pia"), 201), "accept", "driver"))
    ok(call("POST", f"/rides/{c['id']}/cancel", T("driver")))
    assert ids(call("GET", "/rides", T("paul"), params={"origin": a})) == []
    assert get_ride(r, T("paul"))["seats_free"] == 0
    assert get_ride(c, T("paul"))["status"] == "cancelled"


def test_change_ride():
    """spec.md:73 «`PATCH /rides/{id}` changes `seats`, `price_cents` and `note`, within the bounds of US-5; other fields have no effect.»"""
    r = ride()
    got = ok(call("PATCH", f"/rides/{r['id']}", T("driver"), json={"seats": 5, "price_cents": 100, "note": "hi", "origin": "Elsewhere"}), 200)
    assert (got["seats"], got["seats_free"], got["price_cents"], got["note"]) == (5, 5, 100, "hi")
    assert got["origin"] == r["origin"]
    for bad in ({"seats": 0}, {"seats": 9}, {"price_cents": -5}, {"note": "x" * 501}):
        status(call("PATCH", f"/rides/{r['id']}", T("driver"), json=bad), 422)


def test_seats_not_below_accepted():
    """spec.md:73-74 «`seats` cannot go below the seats already accepted: 409»"""
    r = ride(seats=4)
    ok(act(ok(book(r, "pia", 2), 201), "accept", "driver"))
    ok(book(r, "paul", 2), 201)
    status(call("PATCH", f"/rides/{r['id']}", T("driver"), json={"seats": 1}), 409)
    assert ok(call("PATCH", f"/rides/{r['id']}", T("driver"), json={"seats": 2}))["seats_free"] == 0


def test_cancel_ride():
    """spec.md:75 «makes its status "cancelled" and all its pending and accepted bookings "cancelled" too»"""
    r = ride()
    a, b, c = (ok(book(r, who), 201) for who in ("pia", "paul", "petra"))
    ok(act(a, "accept", "driver"))
    ok(act(c, "decline", "driver"))
    assert ok(call("POST", f"/rides/{r['id']}/cancel", T("driver")))["status"] == "cancelled"
    got = [ok(call("GET", f"/bookings/{x['id']}", T(who)))["status"] for x, who in ((a, "pia"), (b, "paul"), (c, "petra"))]
    assert got == ["cancelled", "cancelled", "declined"]
    status(call("POST", f"/rides/{r['id']}/cancel", T("driver")), 409)
    status(call("PATCH", f"/rides/{r['id']}", T("driver"), json={"note": "x"}), 409)
    status(book(r, "petra"), 409)


def test_booking():
    """spec.md:84 «seats times the price at the time of booking; a later change of price does not change it»"""
    r = ride(price_cents=333)
    b = ok(book(r, "pia", 3), 201)
    assert b["ride_id"] == r["id"] and b["passenger_id"] == user("pia")["id"] and b["passenger_name"] == user("pia")["display_name"]
    assert b["seats"] == 3 and b["status"] == "pending" and b["total_cents"] == 999
    ok(call("PATCH", f"/rides/{r['id']}", T("driver"), json={"price_cents": 10}))
    assert ok(call("GET", f"/bookings/{b['id']}", T("pia")))["total_cents"] == 999
    assert get_ride(r)["seats_free"] == 3


def test_booking_default_and_bounds():
    """spec.md:83 «takes `seats` (1 to 8; 1 when not given)»"""
    r = ride(seats=8)
    assert ok(call("POST", f"/rides/{r['id']}/bookings", T("pia"), json={}), 201)["seats"] == 1
    for bad in (0, 9, -1, "many", [1]):
        status(book(r, "paul", bad), 422)


def test_booking_refused():
    """spec.md:85 «409 for one's own ride, for a ride that is cancelled, for more seats than are free»"""
    r = ride(seats=2)
    status(book(r, "driver"), 409)
    status(book(r, "pia", 3), 409)
    ok(act(ok(book(r, "pia"), 201), "accept", "driver"))
    status(book(r, "paul", 2), 409)
    status(book(r, "pia"), 409)
    status(call("POST", f"/rides/{missing(r['id'])}/bookings", T("pia"), json={"seats": 1}), 404)


def test_decide_only_once():
    """spec.md:92 «Only pending bookings can be accepted or declined, others are 409.»"""
    r = ride()
    a, b = ok(book(r, "pia"), 201), ok(book(r, "paul"), 201)
    assert ok(act(a, "accept", "driver"))["status"] == "accepted"
    assert ok(act(b, "decline", "driver"))["status"] == "declined"
    for x in (a, b):
        for what in ("accept", "decline"):
            status(act(x, what, "driver"), 409)
    assert get_ride(r)["seats_free"] == 2


def test_accept_needs_seats():
    """spec.md:93-94 «If fewer seats are free than the booking wants, accepting is 409 and the booking stays pending.»"""
    r = ride(seats=3)
    a, b = ok(book(r, "pia", 2), 201), ok(book(r, "paul", 2), 201)
    ok(act(a, "accept", "driver"))
    status(act(b, "accept", "driver"), 409)
    assert ok(call("GET", f"/bookings/{b['id']}", T("paul")))["status"] == "pending"
    ok(act(a, "cancel", "pia"))
    ok(act(b, "accept", "driver"))
    assert get_ride(r)["seats_free"] == 1


def test_cancel_booking():
    """spec.md:101 «A declined or cancelled booking cannot be cancelled (409). After cancelling or being declined the passenger may book the same ride again.»"""
    r = ride()
    a = ok(book(r, "pia"), 201)
    assert ok(act(a, "cancel", "pia"))["status"] == "cancelled"
    status(act(a, "cancel", "pia"), 409)
    b = ok(book(r, "pia"), 201)
    ok(act(b, "decline", "driver"))
    status(act(b, "cancel", "pia"), 409)
    ok(book(r, "pia"), 201)
    status(book(r, "pia"), 409)


def test_my_bookings():
    """spec.md:106 «`GET /bookings` lists the caller's own bookings as a passenger, newest first; `status` filters them.»"""
    u = new_user()
    _cache["lister"] = u
    made = [ok(book(ride(), "lister"), 201) for _ in range(3)]
    ok(act(made[1], "accept", "driver"))
    assert ids(call("GET", "/bookings", u["access_token"])) == [b["id"] for b in reversed(made)]
    assert ids(call("GET", "/bookings", u["access_token"], params={"status": "accepted"})) == [made[1]["id"]]


def test_bookings_of_a_ride():
    """spec.md:107 «lists the bookings of a ride, oldest first, for its driver; others get 403»"""
    r = ride()
    made = [ok(book(r, who), 201)["id"] for who in ("pia", "paul", "petra")]
    assert ids(call("GET", f"/rides/{r['id']}/bookings", T("driver"))) == made
    status(call("GET", f"/rides/{r['id']}/bookings", T("pia")), 403)


def test_unknown_ids():
    """spec.md:5 «Unknown ids give 404.»"""
    r = ride()
    b = ok(book(r, "pia"), 201)
    m = missing(r["id"])
    for method, path in (("GET", f"/rides/{m}"), ("POST", f"/rides/{m}/cancel"), ("GET", f"/rides/{m}/bookings"),
                         ("GET", f"/bookings/{missing(b['id'])}"), ("POST", f"/bookings/{missing(b['id'])}/accept")):
        status(call(method, path, T("driver")), 404)
    status(call("POST", f"/admin/users/{missing(user('pia')['id'])}/suspend", admin()), 404)


def test_admin_finds_user():
    """spec.md:39 «with `email` it lists only the one with exactly that email (in whatever case)»"""
    u = register(uniq("findme") + "@example.com")
    got = items(call("GET", "/admin/users", admin(), params={"email": u["email"].replace("findme", "FINDME")}))
    assert [i["id"] for i in got] == [u["id"]]
    assert items(call("GET", "/admin/users", admin(), params={"email": u["email"][1:]})) == []
    assert ok(call("GET", "/me", admin()))["role"] == "admin"


def test_suspended_member():
    """spec.md:42 «A suspended member may still log in and read, but offering, changing or cancelling a ride, booking, and accepting, declining or cancelling bookings is 403.»"""
    u = new_user()
    t = u["access_token"]
    _cache["bad"] = u
    mine, theirs, third = ride(t), ride(), ride()
    inb = ok(book(mine, "pia"), 201)
    outb = ok(book(theirs, "bad"), 201)
    assert ok(call("POST", f"/admin/users/{u['id']}/suspend", admin()))["suspended"] is True
    login(u["email"])
    assert ok(call("GET", "/me", t))["suspended"] is True
    ok(call("GET", "/rides", t))
    for r in (call("POST", "/rides", t, json=body()), call("PATCH", f"/rides/{mine['id']}", t, json={"note": "x"}), call("POST", f"/rides/{mine['id']}/cancel", t),
              book(third, "bad"), act(inb, "accept", "bad"), act(inb, "decline", "bad"), act(outb, "cancel", "bad")):
        status(r, 403)
    assert ok(call("POST", f"/admin/users/{u['id']}/unsuspend", admin()))["suspended"] is False
    ok(act(inb, "accept", "bad"))
