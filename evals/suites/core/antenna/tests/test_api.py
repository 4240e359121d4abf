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


def test_register():
    """spec.md:6 «201 with id, email, name and role, which starts as "listener" no matter what is sent»"""
    email = uniq("reg") + "@example.com"
    u = register(email, name="Jo")
    assert u["role"] == "listener" and u["name"] == "Jo"
    status(call("POST", "/auth/register", json={"email": email.replace("reg", "REG"), "password": PASSWORD, "name": "Jo"}), 409)
    good = {"email": uniq("b") + "@example.com", "password": PASSWORD, "name": "n"}
    for bad in ({"password": "x" * 9}, {"password": "x" * 129}, {"name": ""}, {"name": "x" * 61}, {"email": "x"}):
        status(call("POST", "/auth/register", json=good | bad), 422)


def test_long_password():
    """spec.md:6 «password (10 to 128 characters)»"""
    email = uniq("long") + "@example.com"
    register(email, "ö" * 127 + "x")
    login(email, "ö" * 127 + "x")
    status(call("POST", "/auth/login", json={"email": email, "password": "ö" * 127 + "y"}), 401)


def test_refresh_and_logout():
    """spec.md:8 «every refresh token can be used once, then it is 401» spec.md:8 «makes that token useless (204)»"""
    u = new_user()
    new = ok(call("POST", "/auth/refresh", json={"refresh_token": u["refresh_token"]}))
    assert ok(call("GET", "/me", new["access_token"]))["id"] == u["id"]
    status(call("POST", "/auth/refresh", json={"refresh_token": u["refresh_token"]}), 401)
    status(call("POST", "/auth/logout", json={"refresh_token": new["refresh_token"]}), 204)
    status(call("POST", "/auth/refresh", json={"refresh_token": new["refresh_token"]}), 401)
    status(call("POST", "/auth/login", json={"email": u["email"], "password": "wrong-wrong"}), 401)


def test_roles():
    """spec.md:12 «works immediately even for people who are logged in, and cannot be done to an admin (409)»"""
    u = new_user()
    t = u["access_token"]
    status(call("POST", "/shows", t, json={"title": uniq("x")}), 403)
    ok(set_role(u, "host"))
    ok(call("POST", "/shows", t, json={"title": uniq("x")}), 201)
    assert ok(call("GET", "/me", t))["role"] == "host"
    ok(set_role(u, "listener"))
    status(call("POST", "/shows", t, json={"title": uniq("x")}), 403)
    for bad in ("admin", "boss", None):
        status(set_role(u, bad), 422)
    status(set_role({"id": ok(call("GET", "/me", admin()))["id"]}, "host"), 409)
    status(set_role({"id": missing(u["id"])}, "host"), 404)


def test_show():
    """spec.md:14-15 «201 with id, title, description, owner_id, owner_name and hosts, a list of user_id and name of everybody in the team, the owner first»"""
    s = show(description="Jazz")
    h = user("host")
    assert s["description"] == "Jazz" and s["owner_id"] == h["id"] and s["owner_name"] == h["name"]
    assert [(x["user_id"], x["name"]) for x in s["hosts"]] == [(h["id"], h["name"])]
    assert ok(call("GET", f"/shows/{s['id']}"), 200)["title"] == s["title"]
    status(call("POST", "/shows", T("host2"), json={"title": s["title"].upper()}), 409)
    for bad in ("", "  ", "x" * 81, None):
        status(call("POST", "/shows", T("host"), json={"title": bad}), 422)
    status(call("POST", "/shows", T("host"), json={"title": uniq("x"), "description": "x" * 4001}), 422)


def test_show_list():
    """spec.md:15 «GET /shows (by title, without regard to case) and GET /shows/{id} are public»"""
    mark = uuid.uuid4().hex[:10]
    made = [show(title=f"{a}{mark}")["id"] for a in ("b", "C", "A")]
    got = [i for i in ids(call("GET", "/shows")) if i in made]
    assert got == [made[2], made[0], made[1]]


def test_show_changed():
    """spec.md:16 «The team and managers change title and description with PATCH /shows/{id}; nothing else changes by it.»"""
    s, other = show(description="d"), show()
    got = ok(call("PATCH", f"/shows/{s['id']}", T("host"), json={"title": s["title"] + "!", "owner_id": user("host2")["id"]}), 200)
    assert got["title"] == s["title"] + "!" and got["description"] == "d" and got["owner_id"] == user("host")["id"]
    ok(call("PATCH", f"/shows/{s['id']}", T("manager"), json={"description": "new"}), 200)
    status(call("PATCH", f"/shows/{s['id']}", T("host"), json={"title": other["title"].upper()}), 409)
    ok(call("PATCH", f"/shows/{s['id']}", T("host"), json={"title": (s["title"] + "!").upper()}), 200)
    status(call("PATCH", f"/shows/{s['id']}", T("host"), json={"title": " "}), 422)


def test_team():
    """spec.md:16-17 «404 if there is no such account, 422 if the person is only a listener, 409 if already in»"""
    s = show()
    got = ok(add_host(s, "host2"), 201)
    assert got["user_id"] == user("host2")["id"] and got["name"] == user("host2")["name"]
    status(add_host(s, "host2"), 409)
    status(add_host(s, "host"), 409)
    status(add_host(s, "lis"), 422)
    status(call("POST", f"/shows/{s['id']}/hosts", T("host"), json={"email": uniq("no") + "@example.com"}), 404)
    ok(call("PATCH", f"/shows/{s['id']}", T("host2"), json={"description": "team"}), 200)
    assert [h["user_id"] for h in ok(call("GET", f"/shows/{s['id']}"))["hosts"]] == [user("host")["id"], user("host2")["id"]]


def test_team_left():
    """spec.md:17 «takes somebody out (204), again by the owner or a manager, or by the person; the owner cannot be taken out (409)»"""
    s = show()
    P = f"/shows/{s['id']}/hosts/"
    for by in ("host", "manager", "host2"):
        ok(add_host(s, "host2"), 201)
        status(call("DELETE", P + str(user("host2")["id"]), T(by)), 204)
    status(call("PATCH", f"/shows/{s['id']}", T("host2"), json={"description": "x"}), 403)
    for by in ("host", "manager"):
        status(call("DELETE", P + str(user("host")["id"]), T(by)), 409)


def test_slots_overlap():
    """spec.md:20-21 «No two slots of the station may overlap, which is 409» spec.md:21 «One that begins when another ends is fine.»"""
    s, t = show(), show()
    a = ok(slot(s, 2, "03:00", 60), 201)
    assert (a["show_id"], a["show_title"], a["weekday"], a["start"], a["minutes"]) == (s["id"], s["title"], 2, "03:00", 60)
    for start, minutes in (("03:00", 60), ("02:45", 30), ("03:45", 15), ("02:00", 240), ("03:15", 30)):
        status(slot(t, 2, start, minutes), 409)
        status(slot(s, 2, start, minutes), 409)
    b, c = ok(slot(t, 2, "02:45", 15), 201), ok(slot(t, 2, "04:00", 15), 201)
    drop(a, b, c)
    drop(ok(slot(t, 2, "03:00", 60), 201))


def test_slots_past_midnight():
    """spec.md:21 «please think of slots that run past midnight, also from Sunday into Monday»"""
    s = show()
    a = ok(slot(s, 3, "23:00", 120), 201)
    status(slot(s, 4, "00:45", 15), 409)
    status(slot(s, 4, "00:00", 240), 409)
    b = ok(slot(s, 4, "01:00", 15), 201)
    c = ok(slot(s, 6, "23:45", 30), 201)
    status(slot(s, 0, "00:00", 15), 409)
    d = ok(slot(s, 0, "00:15", 15), 201)
    drop(c)
    e = ok(slot(s, 0, "00:00", 15), 201)
    status(slot(s, 6, "22:30", 120), 409)
    status(slot(s, 6, "22:00", 240), 409)
    f = ok(slot(s, 6, "22:30", 90), 201)
    drop(a, b, d, e, f)


def test_slot_bounds():
    """spec.md:20 «start (like "07:30", 24 hours, always two digits, at full quarter hours) and minutes (15 to 240, in steps of 15)»"""
    s = show()
    for d, start, minutes in ((7, "07:30", 60), (-1, "07:30", 60), (1, "7:30", 60), (1, "24:00", 60), (1, "07:60", 60), (1, "07:31", 60), (1, "07:30:00", 60), (1, "", 60), (1, "07:30\n", 60), (1, "07:30", 0), (1, "07:30", 20), (1, "07:30", 255), (1, 450, 60), (1, "07:30", None)):
        status(slot(s, d, start, minutes), 422)
    status(slot({"id": missing(s["id"])}, 1, "07:30"), 404)


def test_schedule():
    """spec.md:22 «lists all slots by weekday and start; with ?weekday=2 only those that begin on that day»"""
    s = show()
    a, b, c = ok(slot(s, 5, "04:15", 15), 201), ok(slot(s, 1, "04:00", 15), 201), ok(slot(s, 5, "04:00", 15), 201)
    got = items(call("GET", "/schedule"))
    assert [x["id"] for x in got if x["show_id"] == s["id"]] == [b["id"], c["id"], a["id"]]
    assert [(x["weekday"], x["start"]) for x in got] == sorted((x["weekday"], x["start"]) for x in got)
    got = items(call("GET", "/schedule", params={"weekday": 5}))
    assert [x["id"] for x in got if x["show_id"] == s["id"]] == [c["id"], a["id"]] and {x["weekday"] for x in got} == {5}
    status(call("GET", "/schedule", params={"weekday": 7}), 422)
    drop(a, b, c)
    status(call("DELETE", f"/slots/{a['id']}", T("manager")), 404)


def test_episode():
    """spec.md:24 «201 with id, show_id, title, air_date, notes, status, likes and tracks»"""
    s, days = aired()
    e = episode(s, days[0], notes="n")
    assert (e["show_id"], e["air_date"], e["notes"], e["status"], e["likes"], e["tracks"]) == (s["id"], days[0], "n", "draft", 0, [])
    for bad in ({"title": " "}, {"title": "x" * 121}, {"notes": "x" * 10001}, {"air_date": "2024-02-30"}, {"air_date": None}, {"air_date": "soon"}):
        status(call("POST", f"/shows/{s['id']}/episodes", T("host"), json={"title": "t", "air_date": days[1]} | bad), 422)


def test_air_date():
    """spec.md:24-25 «The show needs a slot on the weekday of air_date, otherwise 422, and can only have one episode on a date (409).»"""
    s, days = aired()
    e = episode(s, days[0])
    wrong = (date.fromisoformat(days[1]) + timedelta(days=1)).isoformat()
    P = f"/shows/{s['id']}/episodes"
    status(call("POST", P, T("host"), json={"title": "x", "air_date": wrong}), 422)
    status(call("POST", P, T("host"), json={"title": "x", "air_date": days[0]}), 409)
    f = episode(s, days[1])
    status(call("PATCH", f"/episodes/{f['id']}", T("host"), json={"air_date": days[0]}), 409)
    status(call("PATCH", f"/episodes/{f['id']}", T("host"), json={"air_date": wrong}), 422)
    assert ok(call("PATCH", f"/episodes/{f['id']}", T("host"), json={"air_date": days[2]}), 200)["air_date"] == days[2]
    assert e


def test_publish():
    """spec.md:26 «once published air_date cannot be changed to another date any more (409)» spec.md:25 «(200; 409 if it already is)»"""
    s, days = aired()
    e = episode(s, days[0], notes="old")
    assert ok(publish(e), 200)["status"] == "published"
    status(publish(e), 409)
    status(call("PATCH", f"/episodes/{e['id']}", T("host"), json={"air_date": days[1]}), 409)
    got = ok(call("PATCH", f"/episodes/{e['id']}", T("host"), json={"title": "T2", "air_date": days[0]}), 200)
    assert got["title"] == "T2" and got["notes"] == "old"


def test_delete_episode():
    """spec.md:26 «DELETE /episodes/{id} is for the team only while it is a draft (409 afterwards); managers may always»"""
    s, days = aired()
    a, b = episode(s, days[0]), episode(s, days[1])
    status(call("DELETE", f"/episodes/{a['id']}", T("host")), 204)
    status(call("GET", f"/episodes/{a['id']}", T("host")), 404)
    ok(publish(b))
    status(call("DELETE", f"/episodes/{b['id']}", T("host")), 409)
    status(call("DELETE", f"/episodes/{b['id']}", T("manager")), 204)
    episode(s, days[0])


def test_episode_list():
    """spec.md:27 «latest air_date first, with limit (1 to 100, otherwise 20) and offset, as an object with items and total; drafts are in it (and counted) only for the team and managers»"""
    s, days = aired()
    made = [episode(s, d) for d in (days[2], days[0], days[3], days[1])]
    for e in made[:3]:
        ok(publish(e))
    P = f"/shows/{s['id']}/episodes"
    for who, want in ((None, [1, 0, 2]), ("lis", [1, 0, 2]), ("host2", [1, 0, 2]), ("host", [1, 3, 0, 2]), ("manager", [1, 3, 0, 2])):
        body = ok(call("GET", P, T(who)))
        assert [e["id"] for e in body["items"]] == [made[i]["id"] for i in want] and body["total"] == len(want), who
    body = ok(call("GET", P, params={"limit": 1, "offset": 1}))
    assert [e["id"] for e in body["items"]] == [made[0]["id"]] and body["total"] == 3
    for bad in ({"limit": 0}, {"limit": 101}, {"offset": -1}):
        status(call("GET", P, params=bad), 422)


def test_tracks():
    """spec.md:29 «It answers 200 with the episode, in which every track also has position, counting from 1.» spec.md:30 «If any track is wrong, nothing is changed (422).»"""
    s, days = aired()
    e = episode(s, days[0])
    got = ok(put_tracks(e, [("A", "one", 100), ("B", "two", 200)]), 200)
    assert [(t["position"], t["artist"], t["title"], t["seconds"]) for t in got["tracks"]] == [(1, "A", "one", 100), (2, "B", "two", 200)]
    for bad in ([("A", "x", 1), ("", "x", 1)], [("A", "  ", 1)], [("A", "x", 0)], [("A", "x", 7201)], [("x" * 201, "x", 1)], [("A", "x", 1)] * 101, [("A", None, 1)]):
        status(put_tracks(e, bad), 422)
    assert len(get(e, "host")["tracks"]) == 2
    ok(publish(e))
    assert [t["artist"] for t in ok(put_tracks(e, [("C", "three", 7200)]), 200)["tracks"]] == ["C"]
    assert get(e)["tracks"][0]["position"] == 1
    assert ok(put_tracks(e, []))["tracks"] == []


def test_track_search():
    """spec.md:30-31 «each hit has artist, title, episode_id, show_title and air_date, latest air_date first, then by position, as an object with items and total»"""
    mark = uuid.uuid4().hex[:10]
    s, days = aired()
    old, new, draft = episode(s, days[5]), episode(s, days[0]), episode(s, days[1])
    ok(put_tracks(old, [(f"Old {mark}", "z", 1)]))
    ok(put_tracks(new, [("q", f"First {mark.upper()} 100%_x", 1), ("none", "none", 1), (mark, "second", 1)]))
    ok(put_tracks(draft, [(mark, "secret", 1)]))
    for e in (old, new):
        ok(publish(e))
    body = ok(call("GET", "/tracks", params={"q": mark}))
    assert [(t["artist"], t["episode_id"]) for t in body["items"]] == [("q", new["id"]), (mark, new["id"]), (f"Old {mark}", old["id"])] and body["total"] == 3
    assert body["items"][0]["show_title"] == s["title"] and body["items"][0]["air_date"] == days[0]
    body = ok(call("GET", "/tracks", params={"q": mark, "limit": 1, "offset": 2}))
    assert [t["title"] for t in body["items"]] == ["z"] and body["total"] == 3
    assert ok(call("GET", "/tracks", params={"q": f"{mark} 100%_"}))["total"] == 1
    assert ok(call("GET", "/tracks", params={"q": f"{mark}_100"}))["total"] == 0
    for bad in ({"q": "x"}, {}, {"q": mark, "limit": 0}):
        status(call("GET", "/tracks", params=bad), 422)


def test_likes():
    """spec.md:33 «PUT /episodes/{id}/like and DELETE /episodes/{id}/like answer 204, also when nothing changes by it.»"""
    s, days = aired()
    e = episode(s, days[0])
    ok(publish(e))
    P = f"/episodes/{e['id']}/like"
    status(call("DELETE", P, T("lis")), 204)
    for who, n in (("lis", 1), ("lis", 1), ("host", 2)):
        status(call("PUT", P, T(who)), 204)
        assert get(e)["likes"] == n
    status(call("DELETE", P, T("lis")), 204)
    assert get(e)["likes"] == 1


def test_feed():
    """spec.md:35 «a channel with the show's title and description, and one item for each published episode, latest first, with title, description (the notes), guid (the episode's id) and pubDate»"""
    s, days = aired(description="All about <b>tea</b>")
    a, b, hidden = episode(s, days[3], notes="first"), episode(s, days[1], notes="second"), episode(s, days[0])
    for e in (a, b):
        ok(publish(e))
    ch = feed(s)
    assert ch.findtext("title") == s["title"] and ch.findtext("description") == "All about <b>tea</b>"
    its = ch.findall("item")
    assert [(i.findtext("title"), i.findtext("description"), i.findtext("guid")) for i in its] == [(b["title"], "second", str(b["id"])), (a["title"], "first", str(a["id"]))]
    from email.utils import parsedate_to_datetime
    assert parsedate_to_datetime(its[0].findtext("pubDate")).year in (int(days[1][:4]), int(days[1][:4]) - 1, int(days[1][:4]) + 1, date.today().year)
    status(call("GET", f"/shows/{missing(s['id'])}/feed.xml"), 404)
    assert hidden
