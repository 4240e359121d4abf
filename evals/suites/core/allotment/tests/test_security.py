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


def test_needs_token():
    """spec.md:5 «No valid access token where one is needed: 401.»"""
    s, p, t = let()
    for method, path in (("GET", "/me"), ("POST", "/sites"), ("POST", f"/sites/{s['id']}/plots"), ("GET", f"/sites/{s['id']}/plots"), ("POST", f"/sites/{s['id']}/waitlist"), ("DELETE", f"/sites/{s['id']}/waitlist"), ("GET", f"/sites/{s['id']}/waitlist"),
                         ("POST", f"/plots/{p['id']}/offer"), ("GET", "/offers"), ("GET", "/tenancies"), ("POST", f"/tenancies/{t['id']}/end"), ("POST", f"/tenancies/{t['id']}/work"), ("GET", f"/tenancies/{t['id']}/statement?year=2024"), ("PUT", f"/users/{user('ann')['id']}/role")):
        status(call(method, path), 401)


def test_forged_tokens():
    """spec.md:5 «No valid access token where one is needed: 401.»"""
    for label, token in forged_tokens(admin()):
        assert call("GET", "/me", token).status_code == 401, label
    for label, token in forged_tokens(user("ann")["refresh_token"]):
        assert refresh(token).status_code == 401, label


def test_token_kinds():
    """Story 2 spec.md:20 «Access and refresh tokens cannot stand in for each other (401).»"""
    u = new_user()
    status(call("GET", "/me", u["refresh_token"]), 401)
    status(refresh(u["access_token"]), 401)


def test_stolen_refresh_token():
    """Story 2 spec.md:19 «all refresh tokens that came from the same login stop working as well (401), for it may have been stolen. Other logins of that person are not touched.»"""
    u = new_user()
    second = login(u["email"])
    a = ok(refresh(u["refresh_token"]), 200)
    b = ok(refresh(a["refresh_token"]), 200)
    status(refresh(u["refresh_token"]), 401)
    status(refresh(b["refresh_token"]), 401)
    status(refresh(a["refresh_token"]), 401)
    ok(refresh(second["refresh_token"]), 200)


def test_refresh_at_the_same_moment():
    """Story 2 spec.md:18 «each refresh token can be used only once (401 afterwards)»"""
    u = new_user()
    with ThreadPoolExecutor(6) as pool:
        codes = sorted(r.status_code for r in pool.map(lambda _: refresh(u["refresh_token"]), range(6)))
    assert codes == [200] + [401] * 5, codes


def test_role_not_chosen():
    """Story 1 spec.md:11 «The role is always "gardener" at first, whatever is sent.» spec.md:13 «Passwords and their hashes never leave the server.»"""
    email = uniq("mass") + "@example.com"
    r = call("POST", "/auth/register", json={"email": email, "password": PASSWORD, "name": "M", "role": "admin", "is_admin": True})
    status(r, 201, 422)
    if r.status_code == 201:
        assert r.json()["role"] == "gardener" and PASSWORD not in r.text and not [k for k in r.json() if "pass" in k.lower() or "hash" in k.lower()]
        status(call("POST", "/sites", login(email)["access_token"], json={"name": "x"}), 403)


def test_only_the_admin_gives_roles():
    """Story 3 spec.md:26 «for the admin only (403)»"""
    for who in ("ann", "board"):
        status(set_role(user(who), "board", T(who)), 403)


def test_board_operations():
    """Story 4 spec.md:31 «(board, others 403)» Story 6 spec.md:43 «`POST /plots/{id}/offer` (board, others 403)»"""
    s = site()
    p = plot(s)
    ok(join(s, "ann"), 201)
    status(call("POST", "/sites", T("ann"), json={"name": "x"}), 403)
    status(call("POST", f"/sites/{s['id']}/plots", T("ann"), json={"number": "9", "size_m2": 100, "rent_cents": 1}), 403)
    status(offer(p, "ann"), 403)
    ok(offer(p, "admin"), 201)


def test_offers_of_others():
    """Story 7 spec.md:51 «Only for the one who got the offer; for all others, the board too, it does not exist (404).»"""
    s = site()
    ok(join(s, "ann"), 201)
    o = ok(offer(plot(s)), 201)
    for who in ("bob", "board", "admin"):
        for what in ("accept", "decline"):
            status(answer(o, what, who), 404)
        assert o["id"] not in ids(call("GET", "/offers", T(who)))
    assert plots(s)[0]["status"] == "offered"


def test_tenancies_of_others():
    """Story 8 spec.md:56 «for others the tenancy does not exist (404)» Story 9 spec.md:60 «tenant only (board members who are not the tenant 403, others 404)»"""
    s, p, t = let()
    w = ok(work(t), 201)
    status(call("POST", f"/tenancies/{t['id']}/end", T("bob")), 404)
    status(work(t, "bob"), 404)
    status(work(t, "board"), 403)
    status(work(t, "admin"), 403)
    status(confirm(w, "bob"), 404)
    status(call("GET", f"/tenancies/{t['id']}/statement", T("bob"), params={"year": 2024}), 404)
    assert t["id"] not in ids(call("GET", "/tenancies", T("bob")))
    assert statement(t)["confirmed_minutes"] == 0


def test_nobody_confirms_their_own():
    """Story 9 spec.md:62 «Nobody confirms their own work (403), not even the admin.»"""
    for who in ("ann", "board", "admin"):
        s, p, t = let(who)
        w = ok(work(t, who), 201)
        status(confirm(w, who), 403)
        ok(confirm(w, "board2"), 200)


def test_others_in_the_queue_stay_unknown():
    """Story 5 spec.md:39 «others a list with only their own entry»"""
    s = site()
    for who in ("carl", "ann"):
        ok(join(s, who), 201)
    for who in ("ann", "bob"):
        r = call("GET", f"/sites/{s['id']}/waitlist", T(who))
        assert user("carl")["name"] not in r.text and user("carl")["email"] not in r.text


def test_fields_not_settable():
    """Story 9 spec.md:60 «`confirmed` (false)» Story 5 spec.md:37 «puts the caller at the end»"""
    s = site()
    ok(join(s, "carl"), 201)
    r = join(s, "ann", position=1, user_id=user("bob")["id"], name="X")
    status(r, 201, 422)
    if r.status_code == 201:
        assert queue(s) == [user("carl")["id"], user("ann")["id"]] and r.json()["position"] == 2
    s, p, t = let()
    r = call("POST", f"/tenancies/{t['id']}/work", T("ann"), json={"date": "2024-05-01", "minutes": 60, "description": "x", "confirmed": True, "tenancy_id": missing(t["id"])})
    status(r, 201, 422)
    if r.status_code == 201:
        assert r.json()["confirmed"] is False and r.json()["tenancy_id"] == t["id"]
    assert statement(t)["confirmed_minutes"] == 0


def test_one_offer_for_a_plot_at_once():
    """Story 6 spec.md:44 «Also when two board members do it at once there is only one offer for a plot, and one person does not get two.»"""
    s = site()
    for who in ("ann", "bob", "carl"):
        ok(join(s, who), 201)
    p = plot(s)
    T("board"), T("board2")
    with ThreadPoolExecutor(6) as pool:
        codes = sorted(r.status_code for r in pool.map(lambda i: offer(p, ("board", "board2")[i % 2]), range(6)))
    assert codes == [201] + [409] * 5, codes


def test_one_person_does_not_get_two_at_once():
    """Story 6 spec.md:44 «and one person does not get two»"""
    s = site()
    for who in ("ann", "bob"):
        ok(join(s, who), 201)
    ps = [plot(s, f"p{i}") for i in range(5)]
    T("board"), T("board2")
    with ThreadPoolExecutor(5) as pool:
        rs = list(pool.map(lambda i: offer(ps[i], ("board", "board2")[i % 2]), range(5)))
    got = [r.json()["user_id"] for r in rs if r.status_code == 201]
    assert len(got) == len(set(got)) and {r.status_code for r in rs} <= {201, 409}, got


def test_accept_at_the_same_moment():
    """Story 7 spec.md:51 «An offer that is not open: 409.»"""
    s = site()
    ok(join(s, "ann"), 201)
    o = ok(offer(plot(s)), 201)
    with ThreadPoolExecutor(6) as pool:
        codes = sorted(r.status_code for r in pool.map(lambda i: answer(o, "accept", "ann"), range(6)))
    assert codes == [201] + [409] * 5, codes


def test_work_at_the_same_moment():
    """Story 9 spec.md:61 «this holds for requests at the same time, too»"""
    s, p, t = let()
    with ThreadPoolExecutor(6) as pool:
        codes = sorted(r.status_code for r in pool.map(lambda i: work(t, minutes=300), range(6)))
    assert codes == [201, 201] + [409] * 4, codes


def test_hostile_input():
    """spec.md:5 «Nothing that is sent may cause a 5xx.»"""
    s, p, t = let()
    good = json.dumps({"date": "2024-05-01", "minutes": 77, "description": "DDD"})
    for raw in ["{", "null", "[]", "[" * 4000] + [good.replace("77", v) for v in ("NaN", "1e999", "9" * 40, "[]", "true")] + [good.replace("DDD", v) for v in ("\\u0000", "\\ud800")] + [good.replace("2024-05-01", v) for v in ("0000-00-00", "99999-01-01", "\\u0000", "2024-05-01T00:00:00+99:99")]:
        r = call("POST", f"/tenancies/{t['id']}/work", T("ann"), content=raw.encode(), headers={"Content-Type": "application/json"})
        assert r.status_code < 500, (raw[:80], r.status_code)
    for raw in ("{", "null", "[]", '{"number": "\\u0000", "size_m2": 100, "rent_cents": 1}', '{"number": "\\ud800", "size_m2": 100, "rent_cents": 1}', '{"number": "x", "size_m2": 1e999, "rent_cents": 1}', '{"number": "x", "size_m2": 100, "rent_cents": 99999999999999999999999}'):
        r = call("POST", f"/sites/{s['id']}/plots", T("board"), content=raw.encode(), headers={"Content-Type": "application/json"})
        assert r.status_code < 500, (raw, r.status_code)
    big = "99999999999999999999999"
    for path in ("/sites/%00/plots", f"/sites/{big}/plots", "/sites/-1/waitlist", f"/sites/{s['id']}/plots?min_size={big}", f"/sites/{s['id']}/plots?status=%00", f"/tenancies?user_id={big}", "/tenancies?user_id=%00", "/tenancies?user_id=x'--", f"/tenancies/{big}/statement?year=2024",
                 f"/tenancies/{t['id']}/statement?year={big}"):
        r = call("GET", path, T("board"))
        assert r.status_code < 500, (path, r.status_code)
    for path in (f"/offers/{big}/accept", "/offers/%00/decline", f"/work/{big}/confirm", f"/plots/{big}/offer", "/plots/x/offer"):
        r = call("POST", path, T("board"))
        assert 400 <= r.status_code < 500, (path, r.status_code)
    for raw in (b'{"email": "\\u0000", "password": "\\u0000"}', b'{"email": {}, "password": []}', b'{"refresh_token": "\\ud800"}', b'{"refresh_token": 5}'):
        for path in ("/auth/login", "/auth/refresh"):
            r = call("POST", path, content=raw, headers={"Content-Type": "application/json"})
            assert 400 <= r.status_code < 500, (path, raw, r.status_code)
