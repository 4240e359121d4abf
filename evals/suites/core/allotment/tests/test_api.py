"""Black-box acceptance tests for allotment; see spec.md."""
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
    return ok(call("POST", "/auth/register", json={"email": email, "password": password, "name": name or uniq("Name")}), 201) | {"email": email}


def login(email, password=PASSWORD):
    return ok(call("POST", "/auth/login", json={"email": email, "password": password}), 200)


def refresh(token):
    return call("POST", "/auth/refresh", json={"refresh_token": token})


def admin():
    if "admin" not in _cache:
        _cache["admin"] = login(ADMIN_EMAIL, ADMIN_PASSWORD)
    return _cache["admin"]["access_token"]


def set_role(u, role, token=None):
    return call("PUT", f"/users/{u['id']}/role", token or admin(), json={"role": role})


def new_user(role="gardener"):
    u = register()
    u = u | login(u["email"])
    if role != "gardener":
        ok(set_role(u, role))
    return u


def user(who):
    """A person that several tests share; board* are on the board."""
    if who not in _cache:
        _cache[who] = new_user("board" if who.startswith("board") else "gardener")
    return _cache[who]


def T(who):
    return None if who is None else admin() if who == "admin" else user(who)["access_token"]


def site():
    return ok(call("POST", "/sites", T("board"), json={"name": uniq("Site")}), 201)


def plot(s, number="1", size=200, rent=12000):
    return ok(call("POST", f"/sites/{s['id']}/plots", T("board"), json={"number": number, "size_m2": size, "rent_cents": rent}), 201)


def plots(s, **params):
    return items(call("GET", f"/sites/{s['id']}/plots", T("ann"), params=params))


def join(s, who, **kw):
    return call("POST", f"/sites/{s['id']}/waitlist", T(who), json=kw)


def queue(s):
    return [e["user_id"] for e in items(call("GET", f"/sites/{s['id']}/waitlist", T("board")))]


def offer(p, by="board"):
    return call("POST", f"/plots/{p['id']}/offer", T(by))


def answer(o, what, who):
    return call("POST", f"/offers/{o['id']}/{what}", T(who))


def let(who="ann", rent=12000):
    """A tenancy of who on a new site."""
    s = site()
    p = plot(s, rent=rent)
    ok(join(s, who), 201)
    return s, p, ok(answer(ok(offer(p), 201), "accept", who), 201)


def work(t, who="ann", date="2024-05-01", minutes=60, description="hedge"):
    return call("POST", f"/tenancies/{t['id']}/work", T(who), json={"date": date, "minutes": minutes, "description": description})


def confirm(w, who="board"):
    return call("POST", f"/work/{w['id']}/confirm", T(who))


def statement(t, who="ann", year=2024):
    return ok(call("GET", f"/tenancies/{t['id']}/statement", T(who), params={"year": year}), 200)


def test_register():
    """Story 1 spec.md:10 «Answer 201: `id`, `email`, `name`, `role`.» spec.md:12 «Email already registered (in any case): 409.»"""
    email = uniq("reg") + "@example.com"
    u = register(email, name="Ida")
    assert u["name"] == "Ida" and u["role"] == "gardener"
    status(call("POST", "/auth/register", json={"email": email.replace("reg", "REG"), "password": PASSWORD, "name": "I"}), 409)
    good = {"email": uniq("b") + "@example.com", "password": PASSWORD, "name": "n"}
    for bad in ({"password": "x" * 9}, {"password": "x" * 129}, {"name": ""}, {"name": "x" * 81}, {"email": "x"}, {"name": None}):
        status(call("POST", "/auth/register", json=good | bad), 422)


def test_long_password():
    """Story 1 spec.md:10 «`password` (10 to 128 characters)»"""
    email = uniq("long") + "@example.com"
    register(email, "é" * 127 + "a")
    login(email, "é" * 127 + "a")
    status(call("POST", "/auth/login", json={"email": email, "password": "é" * 127 + "b"}), 401)


def test_login_and_me():
    """Story 2 spec.md:17 «Wrong: 401.» spec.md:21 «`GET /me`: the fields of story 1»"""
    me = ok(call("GET", "/me", T("ann")), 200)
    assert me["id"] == user("ann")["id"] and me["role"] == "gardener" and me["name"] == user("ann")["name"]
    status(call("POST", "/auth/login", json={"email": user("ann")["email"], "password": "wrong-wrong"}), 401)
    assert ok(call("GET", "/me", admin()))["role"] == "admin"


def test_refresh_rotates():
    """Story 2 spec.md:18 «each refresh token can be used only once (401 afterwards)»"""
    u = new_user()
    a = ok(refresh(u["refresh_token"]), 200)
    b = ok(refresh(a["refresh_token"]), 200)
    assert ok(call("GET", "/me", b["access_token"]))["id"] == u["id"]
    status(refresh(a["refresh_token"]), 401)


def test_roles():
    """Story 3 spec.md:26 «It takes effect at once. An admin's own role, or that of another admin, cannot be changed: 409.»"""
    u = new_user()
    t = u["access_token"]
    status(call("POST", "/sites", t, json={"name": "x"}), 403)
    assert ok(set_role(u, "board"), 200)["role"] == "board"
    ok(call("POST", "/sites", t, json={"name": "x"}), 201)
    ok(set_role(u, "gardener"), 200)
    status(call("POST", "/sites", t, json={"name": "x"}), 403)
    for bad in ("admin", "king", None):
        status(set_role(u, bad), 422)
    status(set_role(ok(call("GET", "/me", admin())), "board"), 409)
    status(set_role({"id": missing(u["id"])}, "board"), 404)


def test_plots():
    """Story 4 spec.md:32 «201 with these, `id`, `site_id` and `status` ("free"). The same number twice on one site: 409; on different sites it is fine.»"""
    s, other = site(), site()
    p = plot(s, "A1", 150, 9900)
    assert (p["number"], p["size_m2"], p["rent_cents"], p["site_id"], p["status"]) == ("A1", 150, 9900, s["id"], "free")
    status(call("POST", f"/sites/{s['id']}/plots", T("board"), json={"number": "A1", "size_m2": 10, "rent_cents": 0}), 409)
    plot(other, "A1")
    good = {"number": "B", "size_m2": 100, "rent_cents": 100}
    for bad in ({"number": " "}, {"number": "x" * 11}, {"size_m2": 9}, {"size_m2": 1001}, {"size_m2": 10.5}, {"rent_cents": -1}, {"rent_cents": 1000001}, {"rent_cents": 1.5}, {"number": 7}):
        status(call("POST", f"/sites/{s['id']}/plots", T("board"), json=good | bad), 422)
    status(call("POST", f"/sites/{missing(s['id'])}/plots", T("board"), json=good), 404)
    status(call("POST", "/sites", T("board"), json={"name": "  "}), 422)


def test_plot_list():
    """Story 4 spec.md:33 «all plots ordered by number as text (plain comparison of characters); filters `status` (free, offered, let) and `min_size`»"""
    s = site()
    for n, size in (("b", 300), ("10", 100), ("B", 200), ("9", 50)):
        plot(s, n, size)
    assert [p["number"] for p in plots(s)] == ["10", "9", "B", "b"]
    assert [p["number"] for p in plots(s, min_size=200)] == ["B", "b"]
    ok(join(s, "ann"), 201)
    p = next(p for p in plots(s) if p["number"] == "9")
    ok(offer(p), 201)
    assert [x["number"] for x in plots(s, status="offered")] == ["9"] and len(plots(s, status="free", min_size=100)) == 3
    status(call("GET", f"/sites/{s['id']}/plots", T("ann"), params={"status": "lost"}), 422)


def test_join():
    """Story 5 spec.md:37 «201 with `user_id`, `name`, `min_size`, `position` (1 is the first). 409 if they are on this list already or have a plot on this site.»"""
    s = site()
    a = ok(join(s, "ann"), 201)
    b = ok(join(s, "bob", min_size=300), 201)
    assert (a["user_id"], a["name"], a["min_size"], a["position"]) == (user("ann")["id"], user("ann")["name"], 10, 1)
    assert (b["min_size"], b["position"]) == (300, 2)
    status(join(s, "ann"), 409)
    for bad in (9, 1001, "big", 10.5):
        status(join(s, "carl", min_size=bad), 422)
    s2, p, t = let("ann")
    status(join(s2, "ann"), 409)
    status(join({"id": missing(s["id"])}, "ann"), 404)


def test_leave():
    """Story 5 spec.md:38 «takes the caller off: 204; 404 if not on it; 409 while they have an open offer of this site. Those behind move up.»"""
    s = site()
    for who in ("ann", "bob", "carl"):
        ok(join(s, who), 201)
    P = f"/sites/{s['id']}/waitlist"
    status(call("DELETE", P, T("bob")), 204)
    status(call("DELETE", P, T("bob")), 404)
    (e,) = items(call("GET", P, T("carl")))
    assert e["position"] == 2 and e["user_id"] == user("carl")["id"]
    o = ok(offer(plot(s)), 201)
    status(call("DELETE", P, T("ann")), 409)
    ok(answer(o, "decline", "ann"), 200)
    status(call("DELETE", P, T("ann")), 204)
    assert queue(s) == [user("carl")["id"]]


def test_see_list():
    """Story 5 spec.md:39 «the board gets all in order, others a list with only their own entry, with the true position, or an empty list»"""
    s = site()
    for who in ("carl", "ann"):
        ok(join(s, who), 201)
    got = items(call("GET", f"/sites/{s['id']}/waitlist", T("board")))
    assert [(e["user_id"], e["position"]) for e in got] == [(user("carl")["id"], 1), (user("ann")["id"], 2)]
    assert [(e["user_id"], e["position"]) for e in items(call("GET", f"/sites/{s['id']}/waitlist", T("ann")))] == [(user("ann")["id"], 2)]
    assert items(call("GET", f"/sites/{s['id']}/waitlist", T("bob"))) == []


def test_offer():
    """Story 6 spec.md:43 «201 with `id`, `plot_id`, `plot_number`, `user_id`, `status` ("open"). The plot is then "offered".»"""
    s = site()
    p = plot(s, "P1")
    status(offer(p), 409)
    ok(join(s, "ann"), 201)
    o = ok(offer(p), 201)
    assert (o["plot_id"], o["plot_number"], o["user_id"], o["status"]) == (p["id"], "P1", user("ann")["id"], "open")
    assert plots(s)[0]["status"] == "offered"
    status(offer(p), 409)
    status(offer({"id": missing(p["id"])}), 404)


def test_who_is_next():
    """Story 6 spec.md:43 «the first on the site's waiting list who wants no more than its size (`min_size`), has no open offer of this site and has not declined this plot before»"""
    s = site()
    ok(join(s, "ann", min_size=300), 201)
    for who in ("bob", "carl"):
        ok(join(s, who, min_size=200), 201)
    small, mid, big = plot(s, "1", 199), plot(s, "2", 200), plot(s, "3", 300)
    status(offer(small), 409)
    o = ok(offer(mid), 201)
    assert o["user_id"] == user("bob")["id"]
    ok(answer(o, "decline", "bob"), 200)
    o2 = ok(offer(mid), 201)
    assert o2["user_id"] == user("carl")["id"]
    o3 = ok(offer(big), 201)
    assert o3["user_id"] == user("ann")["id"]
    ok(answer(o3, "decline", "ann"), 200)
    assert ok(offer(big), 201)["user_id"] == user("bob")["id"]
    ok(answer(o2, "decline", "carl"), 200)
    status(offer(mid), 409)


def test_my_offers():
    """Story 6 spec.md:45 «`GET /offers`: the caller's offers, newest first.»"""
    _cache["reader"] = new_user()
    made = []
    for _ in range(2):
        s = site()
        ok(join(s, "reader"), 201)
        made.append(ok(offer(plot(s)), 201)["id"])
    assert ids(call("GET", "/offers", T("reader"))) == made[::-1]


def test_accept():
    """Story 7 spec.md:49 «makes the offer "accepted" and the plot "let", takes the gardener off this site's waiting list and starts a tenancy»"""
    s = site()
    p = plot(s, "P7")
    for who in ("ann", "bob"):
        ok(join(s, who), 201)
    o = ok(offer(p), 201)
    t = ok(answer(o, "accept", "ann"), 201)
    assert (t["plot_id"], t["plot_number"], t["user_id"], t["user_name"], t["status"]) == (p["id"], "P7", user("ann")["id"], user("ann")["name"], "active")
    assert plots(s)[0]["status"] == "let" and queue(s) == [user("bob")["id"]]
    for what in ("accept", "decline"):
        status(answer(o, what, "ann"), 409)
    status(offer(p), 409)
    assert next(x for x in items(call("GET", "/offers", T("ann"))) if x["id"] == o["id"])["status"] == "accepted"


def test_decline_keeps_the_place():
    """Story 7 spec.md:50 «The gardener keeps the place in the list. But whoever declines for the third time on one site goes to its end, and the counting starts anew.»"""
    s = site()
    ann, bob = user("ann")["id"], user("bob")["id"]
    for who in ("ann", "bob"):
        ok(join(s, who), 201)
    for i in range(1, 7):
        o = ok(offer(plot(s, f"p{i}")), 201)
        who = "ann" if o["user_id"] == ann else "bob"
        got = ok(answer(o, "decline", who), 200)
        assert got["status"] == "declined"
        assert queue(s) == {1: [ann, bob], 2: [ann, bob], 3: [bob, ann], 4: [bob, ann], 5: [bob, ann], 6: [ann, bob]}[i], i
    assert {p["status"] for p in plots(s)} == {"free"}
    (e,) = items(call("GET", f"/sites/{s['id']}/waitlist", T("bob")))
    assert e["position"] == 2


def test_tenancy_list():
    """Story 8 spec.md:55 «the board gets all, others their own, newest first. The board can filter with `user_id`; from others the filter changes nothing.»"""
    _cache["tenant"] = new_user()
    ts = [let("tenant")[2]["id"] for _ in range(2)][::-1]
    other = let("ann")[2]["id"]
    assert ids(call("GET", "/tenancies", T("tenant"))) == ts
    assert ids(call("GET", "/tenancies", T("tenant"), params={"user_id": user("ann")["id"]})) == ts
    assert ids(call("GET", "/tenancies", T("board"), params={"user_id": user("tenant")["id"]})) == ts
    assert ids(call("GET", "/tenancies", T("board"), params={"user_id": user("ann")["id"]}))[0] == other


def test_end():
    """Story 8 spec.md:56 «makes it "ended" and the plot "free"; 200 with the tenancy. Allowed for the tenant and the board»"""
    for by in ("ann", "board", "admin"):
        s, p, t = let("ann")
        assert ok(call("POST", f"/tenancies/{t['id']}/end", T(by)), 200)["status"] == "ended"
        assert plots(s)[0]["status"] == "free"
        status(call("POST", f"/tenancies/{t['id']}/end", T(by)), 409)
        ok(join(s, "ann"), 201)


def test_work():
    """Story 9 spec.md:60 «201 with these, `id`, `tenancy_id`, `confirmed` (false)»"""
    s, p, t = let()
    w = ok(work(t), 201)
    assert (w["date"], w["minutes"], w["description"], w["tenancy_id"], w["confirmed"]) == ("2024-05-01", 60, "hedge", t["id"], False)
    for bad in ({"minutes": 14}, {"minutes": 601}, {"minutes": 15.5}, {"date": "2999-01-01"}, {"date": "2023-02-29"}, {"date": None}, {"description": "  "}, {"description": "x" * 301}):
        status(work(t, **bad), 422)
    ok(call("POST", f"/tenancies/{t['id']}/end", T("ann")))
    status(work(t), 409)


def test_work_per_day():
    """Story 9 spec.md:60-61 «or if the entries of that tenancy for that date, this one included, come to more than 600 minutes»"""
    s, p, t = let()
    ok(work(t, minutes=400), 201)
    status(work(t, minutes=201), 409)
    ok(work(t, minutes=200), 201)
    status(work(t, minutes=15), 409)
    ok(work(t, date="2024-05-02", minutes=600), 201)


def test_confirm():
    """Story 9 spec.md:62 «200 with `confirmed` true; 409 if it is already»"""
    s, p, t = let()
    w = ok(work(t), 201)
    assert ok(confirm(w), 200)["confirmed"] is True
    status(confirm(w), 409)
    status(confirm({"id": missing(w["id"])}), 404)


def test_statement():
    """Story 10 spec.md:66 «`penalty_cents` (1500 for every hour missing, a begun hour counting as a whole one)»"""
    s, p, t = let(rent=12345)
    st = statement(t)
    assert [st[k] for k in ("year", "rent_cents", "required_minutes", "confirmed_minutes", "missing_minutes", "penalty_cents", "total_cents")] == [2024, 12345, 600, 0, 600, 15000, 27345] and st["work"] == []
    b, a, old, un = (ok(work(t, **kw), 201) for kw in ({"date": "2024-12-31", "minutes": 300}, {"date": "2024-01-01", "minutes": 119}, {"date": "2023-12-31", "minutes": 240}, {"date": "2024-01-01", "minutes": 200}))
    for w in (a, b, old):
        ok(confirm(w))
    st = statement(t)
    assert [st[k] for k in ("confirmed_minutes", "missing_minutes", "penalty_cents", "total_cents")] == [419, 181, 6000, 18345]
    assert [w["id"] for w in st["work"]] == [a["id"], un["id"], b["id"]]
    ok(confirm(ok(work(t, minutes=180), 201)))
    assert [statement(t, "board")[k] for k in ("missing_minutes", "penalty_cents")] == [1, 1500]
    ok(confirm(ok(work(t, date="2024-06-01", minutes=300), 201)))
    assert [statement(t)[k] for k in ("confirmed_minutes", "missing_minutes", "penalty_cents", "total_cents")] == [899, 0, 0, 12345]
    for bad in ({}, {"year": 1999}, {"year": 2101}, {"year": "x"}):
        status(call("GET", f"/tenancies/{t['id']}/statement", T("ann"), params=bad), 422)
