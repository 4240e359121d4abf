"""Black-box acceptance tests for switchboard; see spec.md."""
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


def register(email=None, password=PASSWORD):
    email = email or uniq("u") + "@example.com"
    return ok(call("POST", "/auth/register", json={"email": email, "password": password, "name": uniq("Name")}), 201) | {"email": email}


def login(email, password=PASSWORD):
    return ok(call("POST", "/auth/login", json={"email": email, "password": password}), 200)


def admin():
    if "admin" not in _cache:
        _cache["admin"] = login(ADMIN_EMAIL, ADMIN_PASSWORD)
    return _cache["admin"]["access_token"]


def new_user():
    u = register()
    return u | login(u["email"])


def user(who):
    """A person that several tests share."""
    if who not in _cache:
        _cache[who] = new_user()
    return _cache[who]


def T(who):
    return None if who is None else admin() if who == "admin" else user(who)["access_token"]


def slug():
    return "p" + uuid.uuid4().hex[:12]


def project(by="own"):
    s = slug()
    ok(call("POST", "/projects", T(by), json={"slug": s, "name": "P"}), 201)
    return s


def member(p, who, role, by="own"):
    return call("PUT", f"/projects/{p}/members", T(by), json={"email": user(who)["email"], "role": role})


def team():
    """A project of own with ed as editor and vi as viewer."""
    p = project()
    ok(member(p, "ed", "editor"), 200)
    ok(member(p, "vi", "viewer"), 200)
    return p


def flag_body(**kw):
    return {"key": "f" + uuid.uuid4().hex[:10], "type": "boolean", "enabled": True, "off_value": False, "default_value": True} | kw


def flag(p, by="own", **kw):
    return ok(call("POST", f"/projects/{p}/flags", T(by), json=flag_body(**kw)), 201)


def put(p, f, match, by="own", **kw):
    body = {k: f[k] for k in ("description", "enabled", "off_value", "default_value", "rules")} | kw
    return call("PUT", f"/projects/{p}/flags/{f['key']}", T(by), json=body, headers={"If-Match": match} if match else {})


def drop(p, f, match, by="own"):
    return call("DELETE", f"/projects/{p}/flags/{f['key']}", T(by), headers={"If-Match": match} if match else {})


def sdk(p, label="app"):
    return ok(call("POST", f"/projects/{p}/keys", T("own"), json={"label": label}), 201)


def evaluate(secret, key="u1", **attributes):
    return call("POST", "/evaluate", headers={"X-SDK-Key": secret} if secret is not None else {}, json={"context": {"key": key, "attributes": attributes}})


def cond(attribute, op, *values):
    return {"attribute": attribute, "op": op, "values": list(values)}


def holds(condition, *attributes):
    """For each of the sets of attributes: does the condition hold?"""
    p = project()
    k = sdk(p)["secret"]
    f = flag(p, type="string", off_value="off", default_value="no", rules=[{"conditions": [condition], "serve": "yes"}])
    return [ok(evaluate(k, **a), 200)["values"][f["key"]] == "yes" for a in attributes]


def bucket(flag_key, context_key):
    return int(hashlib.sha256(f"{flag_key}:{context_key}".encode()).hexdigest()[:8], 16) % 100


def audit(p, by="own", **params):
    return ok(call("GET", f"/projects/{p}/audit", T(by), params=params), 200)


def test_register_and_login():
    """spec.md:14 «'409': {description: 'email in use, in whatever case'}» spec.md:104 «required: [id, email, name, is_admin]»"""
    email = uniq("reg") + "@example.com"
    u = register(email)
    assert u["is_admin"] is False and u["name"]
    status(call("POST", "/auth/register", json={"email": email.replace("reg", "REG"), "password": PASSWORD, "name": "x"}), 409)
    good = {"email": uniq("b") + "@example.com", "password": PASSWORD, "name": "n"}
    for bad in ({"password": "x" * 9}, {"password": "x" * 129}, {"name": ""}, {"name": "x" * 81}, {"email": "x"}):
        status(call("POST", "/auth/register", json=good | bad), 422)
    status(call("POST", "/auth/login", json={"email": email, "password": "wrong-wrong"}), 401)
    assert ok(call("GET", "/me", login(email)["access_token"]))["id"] == u["id"]
    assert ok(call("GET", "/me", admin()))["is_admin"] is True


def test_long_password():
    """spec.md:13 «password: {type: string, minLength: 10, maxLength: 128}»"""
    email = uniq("long") + "@example.com"
    register(email, "ü" * 127 + "a")
    login(email, "ü" * 127 + "a")
    status(call("POST", "/auth/login", json={"email": email, "password": "ü" * 127 + "b"}), 401)


def test_refresh():
    """spec.md:24 «'200': {description: new tokens,»"""
    u = new_user()
    new = ok(call("POST", "/auth/refresh", json={"refresh_token": u["refresh_token"]}), 200)
    assert ok(call("GET", "/me", new["access_token"]))["id"] == u["id"]


def test_project():
    """spec.md:30 «pattern: '^[a-z][a-z0-9-]{1,39}$'» spec.md:31 «'409': {description: slug in use}»"""
    s = slug()
    got = ok(call("POST", "/projects", T("own"), json={"slug": s, "name": "Shop"}), 201)
    assert got["slug"] == s and got["name"] == "Shop"
    status(call("POST", "/projects", T("ed"), json={"slug": s, "name": "Shop"}), 409)
    for bad in ({"slug": "a"}, {"slug": "A" + s}, {"slug": "1" + s}, {"slug": "x" * 41}, {"slug": s + "_"}, {"slug": s + "\n"}, {"slug": "é" + s}, {"name": ""}, {"name": "x" * 81}):
        status(call("POST", "/projects", T("own"), json={"slug": slug(), "name": "x"} | bad), 422)
    assert [(m["user_id"], m["role"]) for m in items(call("GET", f"/projects/{s}/members", T("own")))] == [(user("own")["id"], "owner")]


def test_project_list():
    """spec.md:33 «the projects the caller can see, by slug»"""
    _cache["lister"] = new_user()
    made = sorted([project("lister"), project("lister"), project()])
    shared = [p for p in made]
    theirs = next(p for p in made if p not in [x["slug"] for x in items(call("GET", "/projects", T("lister")))])
    ok(member(theirs, "lister", "viewer"), 200)
    project()
    assert [x["slug"] for x in items(call("GET", "/projects", T("lister")))] == shared
    assert set(made) <= {x["slug"] for x in items(call("GET", "/projects", admin()))}


def test_members():
    """spec.md:40 «owner; adds a member or changes their role» spec.md:42 «'404': {description: no account with this email}»"""
    p = project()
    m = ok(member(p, "ed", "viewer"), 200)
    assert m["user_id"] == user("ed")["id"] and m["email"] == user("ed")["email"] and m["role"] == "viewer"
    assert ok(member(p, "ed", "editor"), 200)["role"] == "editor"
    got = {x["user_id"]: x["role"] for x in items(call("GET", f"/projects/{p}/members", T("ed")))}
    assert got == {user("own")["id"]: "owner", user("ed")["id"]: "editor"}
    status(member(p, "ed", "king"), 422)
    status(call("PUT", f"/projects/{p}/members", T("own"), json={"email": uniq("no") + "@example.com", "role": "viewer"}), 404)
    status(call("DELETE", f"/projects/{p}/members/{user('ed')['id']}", T("own")), 204)
    status(call("DELETE", f"/projects/{p}/members/{user('ed')['id']}", T("own")), 404)
    ok(member(p, "vi", "viewer"), 200)
    status(call("DELETE", f"/projects/{p}/members/{user('vi')['id']}", T("vi")), 204)


def test_last_owner():
    """spec.md:136 «A project always keeps at least one owner»"""
    p = project()
    own = f"/projects/{p}/members/{user('own')['id']}"
    status(call("DELETE", own, T("own")), 409)
    status(member(p, "own", "editor"), 409)
    ok(member(p, "ed", "owner"), 200)
    ok(member(p, "own", "viewer", by="ed"), 200)
    status(call("DELETE", f"/projects/{p}/members/{user('ed')['id']}", T("ed")), 409)
    status(call("DELETE", own, T("own")), 204)


def test_flag():
    """spec.md:139-140 «`version` is 1 for a new flag» spec.md:140 «the ETag of a flag is its version in double quotes, as in `"3"`»"""
    p = team()
    body = flag_body(type="string", off_value="a", default_value="b")
    r = call("POST", f"/projects/{p}/flags", T("ed"), json=body)
    f = ok(r, 201)
    assert {k: f[k] for k in body} == body and f["version"] == 1 and f["description"] == "" and f["rules"] == [] and r.headers["etag"] == '"1"'
    r = call("GET", f"/projects/{p}/flags/{f['key']}", T("vi"))
    assert ok(r, 200) == f and r.headers["etag"] == '"1"'
    status(call("POST", f"/projects/{p}/flags", T("ed"), json=body), 409)
    ok(call("POST", f"/projects/{team()}/flags", T("ed"), json=body), 201)
    status(call("GET", f"/projects/{p}/flags/nothing", T("vi")), 404)


def test_flag_keys():
    """spec.md:125 «pattern: '^[a-z][a-z0-9_.-]{0,63}$'»"""
    p = project()
    for bad in ("", "A", "1a", "a b", "a" * 65, "a/b", "ä", "a\n", "_a"):
        status(call("POST", f"/projects/{p}/flags", T("own"), json=flag_body(key=bad)), 422)
    for good in ("a", "a.b_c-1", "a" * 64):
        assert flag(p, key=good)["key"] == good
        status(call("GET", f"/projects/{p}/flags/{good}", T("own")), 200)


def test_value_types():
    """spec.md:139 «true or false, a whole number (from -2147483648 to 2147483647; true is none, and neither is 1.0 or 1.5) or a text of at most 1000 characters; otherwise 422»"""
    p = project()
    good = {"boolean": False, "integer": 5, "string": "x"}
    wrong = {"boolean": (1, 0, "true", "x", 1.0, None, []), "integer": (True, False, 1.5, "5", None, 2147483648, -2147483649, {}), "string": (5, True, None, "x" * 1001, ["x"])}
    for kind, values in wrong.items():
        for v in values:
            for spot in ({"off_value": v}, {"default_value": v}, {"rules": [{"conditions": [], "serve": v}]}):
                body = flag_body(type=kind, off_value=good[kind], default_value=good[kind]) | spot
                r = call("POST", f"/projects/{p}/flags", T("own"), json=body)
                assert r.status_code == 422, (kind, spot, r.status_code)
    r = call("POST", f"/projects/{p}/flags", T("own"), content=json.dumps(flag_body(type="integer", off_value=1, default_value=777)).replace("777", "1.0").encode(), headers={"Content-Type": "application/json"})
    status(r, 422)
    assert flag(p, type="integer", off_value=-2147483648, default_value=2147483647)["default_value"] == 2147483647
    assert flag(p, type="string", off_value="", default_value="x" * 1000)["off_value"] == ""


def test_condition_bounds():
    """spec.md:139 «`gt` and `lt` have exactly one value and it is a number (not a boolean), `contains` and `starts_with` have only texts; otherwise 422»"""
    p = project()
    for bad in (cond("a", "gt", 1, 2), cond("a", "gt", "1"), cond("a", "lt", True), cond("a", "contains", 1), cond("a", "starts_with", "x", True), cond("a", "in"), cond("a", "equals", 1), cond("", "in", 1), cond("x" * 61, "in", 1), cond("a", "in", *range(51)), cond("a", "in", None), cond("a", "in", [1]), cond("a", "in", {})):
        r = call("POST", f"/projects/{p}/flags", T("own"), json=flag_body(rules=[{"conditions": [bad], "serve": True}]))
        assert r.status_code == 422, (bad, r.status_code)
    fine = cond("a", "in", 1)
    for rules in ([{"conditions": [fine] * 11, "serve": True}], [{"conditions": [], "serve": True}] * 21, [{"conditions": [], "serve": True, "percentage": 101}], [{"conditions": [], "serve": True, "percentage": -1}], [{"conditions": []}], [{"serve": True}], "x"):
        status(call("POST", f"/projects/{p}/flags", T("own"), json=flag_body(rules=rules)), 422)


def test_put():
    """spec.md:59 «replaces everything but key and type» spec.md:140 «`key` and `type` in the body of PUT have no effect»"""
    p = team()
    f = flag(p, description="old", rules=[{"conditions": [], "serve": True}])
    r = call("PUT", f"/projects/{p}/flags/{f['key']}", T("ed"), json={"enabled": False, "off_value": True, "default_value": False, "key": "other", "type": "string"}, headers={"If-Match": '"1"'})
    got = ok(r, 200)
    assert (got["key"], got["type"], got["enabled"], got["off_value"], got["default_value"], got["description"], got["rules"], got["version"]) == (f["key"], "boolean", False, True, False, "", [], 2)
    assert r.headers["etag"] == '"2"'
    status(put(p, f, '"2"', off_value="text"), 422)


def test_if_match():
    """spec.md:62 «'412': {description: If-Match is not the current ETag}, '428': {description: no If-Match}»"""
    p = project()
    f = flag(p)
    status(put(p, f, None), 428)
    for wrong in ('"2"', '"0"', '"x"', "2"):
        status(put(p, f, wrong), 412)
    ok(put(p, f, '"1"', description="two"), 200)
    status(put(p, f, '"1"'), 412)
    status(drop(p, f, None), 428)
    status(drop(p, f, '"1"'), 412)
    status(drop(p, f, '"2"'), 204)
    for m in ('"2"', '"9"'):
        status(drop(p, f, m), 404)
        status(put(p, f, m), 404)


def test_flag_list():
    """spec.md:53 «viewer; by key» spec.md:54 «piece of key or description, in whatever case, no wildcards»"""
    p = team()
    a, b, c = flag(p, key="bb.x"), flag(p, key="a_a", description="Big 50% Sale"), flag(p, key="cc", enabled=False)
    L = lambda **q: [f["key"] for f in items(call("GET", f"/projects/{p}/flags", T("vi"), params=q))]
    assert L() == ["a_a", "bb.x", "cc"]
    assert L(q="SALE") == ["a_a"] and L(q="_") == ["a_a"] and L(q="%") == ["a_a"] and L(q="B") == ["a_a", "bb.x"]
    assert L(enabled="true") == ["a_a", "bb.x"] and L(enabled="false") == ["cc"] and L(q="b", enabled="false") == []
    status(call("GET", f"/projects/{p}/flags", T("vi"), params={"enabled": "maybe"}), 422)


def test_keys():
    """spec.md:71 «the only time that the secret is shown» spec.md:74 «the last four characters of the secret»"""
    p = project()
    a, b = sdk(p, "web"), sdk(p, "ios")
    assert a["label"] == "web" and a["secret"].endswith(a["last4"]) and len(a["last4"]) == 4 and len(a["secret"]) >= 20 and a["secret"] != b["secret"]
    r = call("GET", f"/projects/{p}/keys", T("own"))
    assert [(k["id"], k["label"], k["last4"]) for k in items(r)] == [(k["id"], k["label"], k["last4"]) for k in (a, b)]
    assert a["secret"] not in r.text
    ok(evaluate(a["secret"]), 200)
    status(call("DELETE", f"/projects/{p}/keys/{a['id']}", T("own")), 204)
    status(evaluate(a["secret"]), 401)
    ok(evaluate(b["secret"]), 200)
    status(call("DELETE", f"/projects/{p}/keys/{a['id']}", T("own")), 404)
    for bad in ("", "x" * 61, None):
        status(call("POST", f"/projects/{p}/keys", T("own"), json={"label": bad}), 422)


def test_evaluate():
    """spec.md:142 «A flag that is not enabled gives off_value.» spec.md:142-143 «the first that matches gives its `serve`. If none does it is default_value.»"""
    p, other = project(), project()
    flag(other)
    k = sdk(p)["secret"]
    assert ok(evaluate(k), 200)["values"] == {}
    r1, r2 = {"conditions": [cond("plan", "in", "pro")], "serve": 1}, {"conditions": [cond("plan", "in", "pro", "team"), cond("age", "gt", 17)], "serve": 2}
    a = flag(p, type="integer", off_value=0, default_value=9, rules=[r1, r2])
    b = flag(p, type="integer", off_value=0, default_value=9, rules=[r1], enabled=False)
    V = lambda **at: ok(evaluate(k, **at), 200)["values"]
    assert V(plan="pro") == {a["key"]: 1, b["key"]: 0}
    for at, want in (({"plan": "team", "age": 18}, 2), ({"plan": "team", "age": 17}, 9), ({"plan": "team"}, 9), ({}, 9), ({"plan": "pro", "age": 50}, 1)):
        assert V(**at)[a["key"]] == want, at
    ok(put(p, a, '"1"', enabled=False), 200)
    assert V(plan="pro")[a["key"]] == 0
    r = call("POST", "/evaluate", headers={"X-SDK-Key": k}, json={"context": {"key": "u"}})
    status(r, 200)
    for bad in ({}, {"context": {}}, {"context": {"key": ""}}, {"context": {"key": "x" * 201}}, {"context": {"key": 5}}, {"context": {"key": "u", "attributes": []}}):
        status(call("POST", "/evaluate", headers={"X-SDK-Key": k}, json=bad), 422)


def test_percentage():
    """spec.md:143 «The bucket is the first 8 hex digits of the SHA-256 of `FLAGKEY:CONTEXTKEY` (UTF-8), read as a number, modulo 100.»"""
    p = project()
    k = sdk(p)["secret"]
    fs = [flag(p, type="string", off_value="off", default_value="no", rules=[{"conditions": [], "serve": "yes", "percentage": n}]) for n in (0, 1, 37, 50, 99, 100)]
    for key in [f"user-{i}" for i in range(40)] + ["ünï", "日本"]:
        got = ok(evaluate(k, key), 200)["values"]
        for f in fs:
            want = "yes" if bucket(f["key"], key) < f["rules"][0]["percentage"] else "no"
            assert got[f["key"]] == want, (key, f["rules"][0]["percentage"])


def test_in_and_not_in():
    """spec.md:145 «of the same JSON type (1 and 1.0 are the same number; true, 1 and "1" are three different things)»"""
    cases = [{"a": v} for v in (1, 1.0, True, "1", 2, None)] + [{}]
    assert holds(cond("a", "in", 1), *cases) == [True, True, False, False, False, False, False]
    assert holds(cond("a", "in", True), *cases) == [False, False, True, False, False, False, False]
    assert holds(cond("a", "in", "1", 2), *cases) == [False, False, False, True, True, False, False]
    assert holds(cond("a", "not_in", 1), *cases) == [False, False, True, True, True, False, False]
    assert holds(cond("a", "in", False), {"a": 0}, {"a": False}, {"a": ""}) == [False, True, False]


def test_text_conditions():
    """spec.md:145 «it is a text that contains or begins with one of the values, upper and lower case being different»"""
    assert holds(cond("m", "contains", "@ex", "zz"), {"m": "a@ex.org"}, {"m": "fizz zz"}, {"m": "a@EX"}, {"m": 5}, {"m": None}, {}) == [True, True, False, False, False, False]
    assert holds(cond("m", "starts_with", "ad", "5"), {"m": "admin"}, {"m": "bad"}, {"m": "Admin"}, {"m": 5}, {"m": "5"}) == [True, False, False, False, True]
    assert holds(cond("m", "contains", ".*"), {"m": "abc"}, {"m": "a.*c"}) == [False, True]


def test_number_conditions():
    """spec.md:145-146 «it is a number (not a boolean) greater or less than the value»"""
    cases = [{"n": v} for v in (11, 10, 10.5, "11", True, None, -1)] + [{}]
    assert holds(cond("n", "gt", 10), *cases) == [True, False, True, False, False, False, False, False]
    assert holds(cond("n", "lt", 10), *cases) == [False, False, False, False, False, False, True, False]
    assert holds(cond("n", "gt", 0.5), {"n": True}, {"n": 1}) == [False, True]


def test_audit():
    """spec.md:148 «Each successful change leaves one entry; refused ones leave none.»"""
    p = project()
    ok(member(p, "ed", "editor"), 200)
    status(member(p, "own", "viewer"), 409)
    f = flag(p, by="ed")
    status(call("POST", f"/projects/{p}/flags", T("ed"), json=flag_body(key=f["key"])), 409)
    ok(put(p, f, '"1"'), 200)
    status(put(p, f, '"1"'), 412)
    ok(drop(p, f, '"2"'), 204)
    k = sdk(p, "web")
    ok(evaluate(k["secret"]), 200)
    ok(call("DELETE", f"/projects/{p}/keys/{k['id']}", T("own")), 204)
    ok(call("DELETE", f"/projects/{p}/members/{user('ed')['id']}", T("own")), 204)
    body = audit(p)
    E = user("ed")["email"]
    assert [(e["action"], e["target"]) for e in body["items"]][::-1] == [("project.created", p), ("member.set", E), ("flag.created", f["key"]), ("flag.updated", f["key"]), ("flag.deleted", f["key"]), ("key.created", "web"), ("key.deleted", "web"), ("member.removed", E)]
    assert body["total"] == 8 and body["items"][5]["actor_id"] == user("ed")["id"] and body["items"][0]["actor_id"] == user("own")["id"]
    page = audit(p, limit=2, offset=1)
    assert page["total"] == 8 and [e["id"] for e in page["items"]] == [e["id"] for e in body["items"]][1:3]
    for bad in ({"limit": 0}, {"limit": 101}, {"offset": -1}):
        status(call("GET", f"/projects/{p}/audit", T("own"), params=bad), 422)
