"""Black-box acceptance tests for antenna; see spec.md."""
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
import random
from datetime import date, timedelta
from xml.etree import ElementTree


def register(email=None, password=PASSWORD, name=None):
    email = email or uniq("u") + "@example.com"
    return ok(call("POST", "/auth/register", json={"email": email, "password": password, "name": name or uniq("Name")}), 201) | {"email": email}


def login(email, password=PASSWORD):
    return ok(call("POST", "/auth/login", json={"email": email, "password": password}))


def admin():
    if "admin" not in _cache:
        _cache["admin"] = login(ADMIN_EMAIL, ADMIN_PASSWORD)
    return _cache["admin"]["access_token"]


def set_role(u, role, token=None):
    return call("PUT", f"/people/{u['id']}/role", token or admin(), json={"role": role})


def new_user(role="listener"):
    u = register()
    u = u | login(u["email"])
    if role != "listener":
        ok(set_role(u, role))
    return u


def user(who):
    """A person that several tests share; host*, manager* have that role, others are listeners."""
    if who not in _cache:
        _cache[who] = new_user(who.rstrip("0123456789") if who.startswith(("host", "manager")) else "listener")
    return _cache[who]


def T(who):
    return None if who is None else admin() if who == "admin" else user(who)["access_token"]


def show(who="host", **kw):
    return ok(call("POST", "/shows", T(who), json={"title": uniq("Show")} | kw), 201)


def add_host(s, who, by="host"):
    return call("POST", f"/shows/{s['id']}/hosts", T(by), json={"email": user(who)["email"]})


def slot(s, weekday, start, minutes=60, by="manager"):
    return call("POST", f"/shows/{s['id']}/slots", T(by), json={"weekday": weekday, "start": start, "minutes": minutes})


def free_slot(s):
    """Give the show some slot that is free in the station's week and take its weekday."""
    starts = [(d, q) for d in range(7) for q in range(32, 80)]     # the tests of slots use the night
    random.shuffle(starts)
    for d, q in starts:
        r = slot(s, d, f"{q // 4:02}:{q % 4 * 15:02}", 15)
        if r.status_code != 409:
            return ok(r, 201)
    raise AssertionError("the whole week is full")


def drop(*slots):
    for x in slots:
        status(call("DELETE", f"/slots/{x['id']}", T("manager")), 204)


def aired(who="host", **kw):
    """A show with a slot, and the dates it can air on, latest first. The slot is kept."""
    s = show(who, **kw)
    x = free_slot(s)
    monday = date(2024, 1, 1)
    return s, [(monday + timedelta(days=x["weekday"] + 7 * i)).isoformat() for i in range(60, 0, -1)]


def episode(s, day, who="host", **kw):
    return ok(call("POST", f"/shows/{s['id']}/episodes", T(who), json={"title": uniq("Episode"), "air_date": day} | kw), 201)


def publish(e, who="host"):
    return call("POST", f"/episodes/{e['id']}/publish", T(who))


def get(e, who=None):
    return ok(call("GET", f"/episodes/{e['id']}", T(who)), 200)


def put_tracks(e, tracks, who="host"):
    return call("PUT", f"/episodes/{e['id']}/tracks", T(who), json={"tracks": [{"artist": a, "title": t, "seconds": s} for a, t, s in tracks]})


def feed(s):
    r = call("GET", f"/shows/{s['id']}/feed.xml")
    status(r, 200)
    assert r.headers["content-type"].startswith("application/rss+xml")
    root = ElementTree.fromstring(r.content)
    assert root.tag == "rss" and root.get("version") == "2.0"
    return root.find("channel")


def test_needs_token():
    """spec.md:38 «where an account is needed and no valid token is there it is 401»"""
    s, days = aired()
    e = episode(s, days[0])
    ok(publish(e))
    for method, path in (("GET", "/me"), ("POST", "/shows"), ("PATCH", f"/shows/{s['id']}"), ("POST", f"/shows/{s['id']}/hosts"), ("POST", f"/shows/{s['id']}/slots"), ("POST", f"/shows/{s['id']}/episodes"), ("PATCH", f"/episodes/{e['id']}"),
                         ("DELETE", f"/episodes/{e['id']}"), ("PUT", f"/episodes/{e['id']}/tracks"), ("PUT", f"/episodes/{e['id']}/like"), ("DELETE", f"/episodes/{e['id']}/like"), ("PUT", f"/people/{user('lis')['id']}/role")):
        status(call(method, path), 401)


def test_forged_tokens():
    """spec.md:38 «If a token is sent to a public address and it is not valid, then answer 401.»"""
    s = show()
    for label, token in forged_tokens(T("manager")):
        for path in ("/me", "/shows", f"/shows/{s['id']}/episodes", "/schedule"):
            assert call("GET", path, token).status_code == 401, (label, path)


def test_token_kinds():
    """spec.md:9 «a refresh token there is 401, and an access token used for refreshing too»"""
    u = user("lis")
    status(call("GET", "/me", u["refresh_token"]), 401)
    status(call("POST", "/auth/refresh", json={"refresh_token": u["access_token"]}), 401)


def test_role_not_chosen():
    """spec.md:6 «which starts as "listener" no matter what is sent»"""
    email = uniq("mass") + "@example.com"
    r = call("POST", "/auth/register", json={"email": email, "password": PASSWORD, "name": "M", "role": "admin", "is_admin": True})
    if r.status_code == 422:
        return
    assert ok(r, 201)["role"] == "listener" and PASSWORD not in r.text and not [k for k in r.json() if "pass" in k.lower() or "hash" in k.lower()]
    t = login(email)["access_token"]
    status(call("POST", "/shows", t, json={"title": uniq("x")}), 403)
    status(set_role(user("lis"), "host", t), 403)


def test_only_admins_give_roles():
    """spec.md:12 «is for admins (403)»"""
    for who in ("lis", "host", "manager"):
        status(set_role(user(who), "manager", T(who)), 403)


def test_shows_of_others():
    """spec.md:18 «Listeners and hosts of other shows get 403 for what is not theirs.»"""
    s, days = aired()
    e = episode(s, days[0])
    ok(publish(e))
    for who in ("host2", "lis"):
        for method, path, body in (("PATCH", f"/shows/{s['id']}", {"title": uniq("mine")}), ("POST", f"/shows/{s['id']}/hosts", {"email": user("host2")["email"]}), ("DELETE", f"/shows/{s['id']}/hosts/{user('host')['id']}", None),
                                   ("POST", f"/shows/{s['id']}/episodes", {"title": "x", "air_date": days[1]}), ("PATCH", f"/episodes/{e['id']}", {"title": "x"}), ("PUT", f"/episodes/{e['id']}/tracks", {"tracks": []}), ("DELETE", f"/episodes/{e['id']}", None),
                                   ("POST", f"/episodes/{e['id']}/publish", None), ("POST", f"/shows/{s['id']}/slots", {"weekday": 1, "start": "10:00", "minutes": 15})):
            r = call(method, path, T(who), **({"json": body} if body else {}))
            assert r.status_code == 403, (who, method, path, r.status_code)
    assert get(e)["title"] == e["title"]


def test_team_members_do_not_lead():
    """spec.md:16 «The owner and managers add people to the team with POST /shows/{id}/hosts and email» spec.md:20 «Managers give a show its weekly time»"""
    s = show()
    ok(add_host(s, "host2"), 201)
    ok(add_host(s, "host3"), 201)
    status(add_host(s, "host4", "host2"), 403)
    status(call("DELETE", f"/shows/{s['id']}/hosts/{user('host3')['id']}", T("host2")), 403)
    for who in ("host", "host2"):
        status(slot(s, 1, "05:00", 15, by=who), 403)
    x = free_slot(s)
    status(call("DELETE", f"/slots/{x['id']}", T("host")), 403)
    drop(x)


def test_drafts_hidden():
    """spec.md:26-27 «a draft is only there for the team and managers, everybody else gets 404, for everything one can do with an episode»"""
    s, days = aired()
    e = episode(s, days[0])
    P = f"/episodes/{e['id']}"
    status(call("GET", P), 404)
    for who in ("lis", "host2"):
        for method, path, body in (("GET", P, None), ("PATCH", P, {"title": "x"}), ("DELETE", P, None), ("POST", P + "/publish", None), ("PUT", P + "/tracks", {"tracks": []}), ("PUT", P + "/like", None), ("DELETE", P + "/like", None)):
            r = call(method, path, T(who), **({"json": body} if body else {}))
            assert r.status_code == 404, (who, method, path, r.status_code)
    for who in ("host", "manager", "admin"):
        assert get(e, who)["status"] == "draft"


def test_no_longer_host():
    """spec.md:17-18 «Who is no longer a host by role loses nothing that is in the show, but may not do anything there any more than a listener.»"""
    u = _cache["former"] = new_user("host")
    s = ok(call("POST", "/shows", u["access_token"], json={"title": uniq("Former")}), 201)
    x = free_slot(s)
    day = (date(2024, 1, 1) + timedelta(days=x["weekday"])).isoformat()
    e = episode(s, day, "former")
    ok(set_role(u, "listener"))
    assert [h["user_id"] for h in ok(call("GET", f"/shows/{s['id']}"))["hosts"]] == [u["id"]]
    status(call("PATCH", f"/shows/{s['id']}", u["access_token"], json={"description": "x"}), 403)
    status(call("GET", f"/episodes/{e['id']}", u["access_token"]), 404)
    status(publish(e, "former"), 404)
    drop(x)


def test_emails_stay_private():
    """spec.md:38-39 «Nobody's email is shown to others anywhere.»"""
    s, days = aired()
    r0 = add_host(s, "host2")
    ok(r0, 201)
    e = episode(s, days[0])
    ok(publish(e))
    for r in (r0, call("GET", f"/shows/{s['id']}"), call("GET", "/shows"), call("GET", "/schedule"), call("GET", f"/episodes/{e['id']}"), call("GET", f"/shows/{s['id']}/episodes"), call("GET", f"/shows/{s['id']}/feed.xml"), call("GET", f"/shows/{s['id']}", T("manager"))):
        assert user("host")["email"] not in r.text and user("host2")["email"] not in r.text


def test_feed_is_well_formed():
    """spec.md:35-36 «Whatever people have typed, it has to stay well-formed XML, and all text must arrive as it was typed, except that characters which XML does not allow are left out.»"""
    mean = "]]></description><item><title>evil</title></item><!ENTITY x SYSTEM 'file:///etc/passwd'>&lt;&amp;&x; \"q\" 'a' <![CDATA[z]]> ünï 日本 \U0001f600"
    s, days = aired(title=(uniq("T") + "<&>]]>\"'")[:80], description=mean)
    e = episode(s, days[0], title="<script>&amp;</title>", notes=mean)
    ok(publish(e))
    ch = feed(s)
    assert ch.findtext("title") == s["title"] and ch.findtext("description") == mean
    (item,) = ch.findall("item")
    assert item.findtext("title") == "<script>&amp;</title>" and item.findtext("description") == mean
    r = call("POST", f"/shows/{s['id']}/episodes", T("host"), json={"title": "a\x01b\x0bc\ufffe\uffffd", "air_date": days[1], "notes": "x\x08y\x1fz"})
    status(r, 201, 422)
    if r.status_code == 201:
        ok(publish(r.json()))
        item = feed(s).findall("item")[1]
        assert item.findtext("title") == "abcd" and item.findtext("description") == "xyz"


def test_fields_not_settable():
    """spec.md:25 «The status is "draft" until POST /episodes/{id}/publish» spec.md:16 «nothing else changes by it»"""
    s, days = aired()
    other = show("host2")
    evil = {"status": "published", "likes": 99, "show_id": other["id"], "tracks": [{"artist": "a", "title": "b", "seconds": 1}]}
    r = call("POST", f"/shows/{s['id']}/episodes", T("host"), json={"title": "x", "air_date": days[0]} | evil)
    status(r, 201, 422)
    e = r.json() if r.status_code == 201 else episode(s, days[0])
    status(call("PATCH", f"/episodes/{e['id']}", T("host"), json=evil | {"title": "y"}), 200, 422)
    got = get(e, "host")
    assert (got["status"], got["likes"], got["show_id"], got["tracks"]) == ("draft", 0, s["id"], [])
    r = call("POST", "/shows", T("host"), json={"title": uniq("own"), "owner_id": user("host2")["id"], "hosts": []})
    status(r, 201, 422)
    if r.status_code == 201:
        assert r.json()["owner_id"] == user("host")["id"]


def test_likes_at_the_same_moment():
    """spec.md:33 «one person counts once, however fast they hit the button»"""
    s, days = aired()
    e = episode(s, days[0])
    ok(publish(e))
    T("lis")
    with ThreadPoolExecutor(8) as pool:
        codes = {r.status_code for r in pool.map(lambda _: call("PUT", f"/episodes/{e['id']}/like", T("lis")), range(8))}
    assert codes == {204}, codes
    assert get(e)["likes"] == 1


def test_slots_at_the_same_moment():
    """spec.md:20-21 «No two slots of the station may overlap, which is 409»"""
    s = show()
    T("manager")
    with ThreadPoolExecutor(6) as pool:
        rs = list(pool.map(lambda i: slot(s, 2, f"02:{(i % 2) * 15:02}", 45), range(6)))
    codes = sorted(r.status_code for r in rs)
    drop(*[r.json() for r in rs if r.status_code == 201])
    assert codes == [201] + [409] * 5, codes


def test_one_episode_a_date_at_the_same_moment():
    """spec.md:25 «can only have one episode on a date (409)»"""
    s, days = aired()
    with ThreadPoolExecutor(6) as pool:
        codes = sorted(r.status_code for r in pool.map(lambda i: call("POST", f"/shows/{s['id']}/episodes", T("host"), json={"title": "x", "air_date": days[0]}), range(6)))
    assert codes == [201] + [409] * 5, codes


def test_hostile_input():
    """spec.md:38 «Nothing that people send may give a 5xx.»"""
    s, days = aired()
    e = episode(s, days[0])
    good = json.dumps({"title": "TTT", "air_date": days[1], "notes": "NNN"})
    raws = ["{", "null", "[]", "[" * 4000] + [good.replace(k, v) for k in ("TTT", "NNN") for v in ("\\u0000", "\\ud800")] + [good.replace('"TTT"', v) for v in ("NaN", "1e999", "{}", "[]")] + [good.replace(days[1], v) for v in ("0000-00-00", "99999-01-01", "9999-12-31", "0001-01-01", "\\u0000", "2024-01-01T00:00:00Z")]
    for raw in raws:
        r = call("POST", f"/shows/{s['id']}/episodes", T("host"), content=raw.encode(), headers={"Content-Type": "application/json"})
        assert r.status_code < 500, (raw[:90], r.status_code)
    for raw in ('{"tracks": null}', '{"tracks": {}}', '{"tracks": [null]}', '{"tracks": [[]]}', '{"tracks": [{"artist": "a", "title": "b", "seconds": 99999999999999999999}]}', '{"tracks": [{"artist": "a", "title": "b", "seconds": NaN}]}', '{"tracks": [{"artist": "\\u0000", "title": "b", "seconds": 1}]}', '{"tracks": [{"artist": "\\ud800", "title": "b", "seconds": 1}]}'):
        r = call("PUT", f"/episodes/{e['id']}/tracks", T("host"), content=raw.encode(), headers={"Content-Type": "application/json"})
        assert r.status_code < 500, (raw, r.status_code)
    for path in ("/shows/%00", "/shows/99999999999999999999999", "/shows/-1", "/shows/99999999999999999999999/feed.xml", "/shows/%00/feed.xml", "/episodes/x'--", "/episodes/99999999999999999999999", "/tracks?q=%00%00", "/tracks?q=%5C%5C", "/tracks?q=%27%27--", "/tracks?q=" + "x" * 3000,
                 "/schedule?weekday=99999999999999999999999", "/schedule?weekday=%00", f"/shows/{s['id']}/episodes?offset=99999999999999999999999"):
        r = call("GET", path)
        assert r.status_code < 500, (path[:80], r.status_code)
    for raw in ('{"weekday": 1e999, "start": "07:30", "minutes": 15}', '{"weekday": 1, "start": "\\u0660\\u0667:30", "minutes": 15}', '{"weekday": 1, "start": "\\u0000", "minutes": 15}', '{"weekday": 99999999999999999999, "start": "07:30", "minutes": 15}'):
        r = call("POST", f"/shows/{s['id']}/slots", T("manager"), content=raw.encode(), headers={"Content-Type": "application/json"})
        assert 400 <= r.status_code < 500, (raw, r.status_code)
    for raw in (b'{"email": "\\u0000", "password": "\\u0000"}', b'{"email": {}, "password": []}', b'{"refresh_token": "\\ud800"}', b'{"refresh_token": 5}'):
        for path in ("/auth/login", "/auth/refresh"):
            r = call("POST", path, content=raw, headers={"Content-Type": "application/json"})
            assert 400 <= r.status_code < 500, (path, raw, r.status_code)
