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


def test_needs_token():
    """spec.md:134 «Operations with bearer security are 401 without a valid access token.»"""
    p = project()
    f = flag(p)
    for method, path in (("GET", "/me"), ("GET", "/projects"), ("POST", "/projects"), ("GET", f"/projects/{p}/members"), ("PUT", f"/projects/{p}/members"), ("GET", f"/projects/{p}/flags"), ("POST", f"/projects/{p}/flags"), ("GET", f"/projects/{p}/flags/{f['key']}"),
                         ("PUT", f"/projects/{p}/flags/{f['key']}"), ("DELETE", f"/projects/{p}/flags/{f['key']}"), ("GET", f"/projects/{p}/keys"), ("POST", f"/projects/{p}/keys"), ("GET", f"/projects/{p}/audit")):
        status(call(method, path), 401)
        status(call(method, path, headers={"X-SDK-Key": sdk(p)["secret"]} if method == "GET" else {}), 401)


def test_forged_tokens():
    """spec.md:134 «Operations with bearer security are 401 without a valid access token.»"""
    for label, token in forged_tokens(admin()):
        assert call("GET", "/projects", token).status_code == 401, label
    for label, token in forged_tokens(user("own")["refresh_token"]):
        assert call("POST", "/auth/refresh", json={"refresh_token": token}).status_code == 401, label


def test_token_kinds():
    """spec.md:134 «neither is accepted in place of the other (401)»"""
    u = user("own")
    status(call("GET", "/me", u["refresh_token"]), 401)
    status(call("POST", "/auth/refresh", json={"refresh_token": u["access_token"]}), 401)


def test_no_admin_by_registering():
    """spec.md:134 «by registering nobody becomes one» spec.md:134 «Passwords and hashes are never given out.»"""
    email = uniq("mass") + "@example.com"
    r = call("POST", "/auth/register", json={"email": email, "password": PASSWORD, "name": "M", "is_admin": True, "role": "admin"})
    status(r, 201, 422)
    if r.status_code == 201:
        assert r.json()["is_admin"] is False and PASSWORD not in r.text and not [k for k in r.json() if "pass" in k.lower() or "hash" in k.lower()]
        p = project()
        status(call("GET", f"/projects/{p}/members", login(email)["access_token"]), 404)


def test_strangers():
    """spec.md:136 «For people who are not members a project and all in it do not exist (404).»"""
    p = team()
    f, k = flag(p), sdk(p)
    P = f"/projects/{p}"
    M = {"If-Match": '"1"'}
    for method, path, kw in (("GET", P + "/members", {}), ("PUT", P + "/members", {"json": {"email": user("stranger")["email"], "role": "owner"}}), ("DELETE", f"{P}/members/{user('vi')['id']}", {}), ("GET", P + "/flags", {}), ("POST", P + "/flags", {"json": flag_body()}),
                             ("GET", f"{P}/flags/{f['key']}", {}), ("PUT", f"{P}/flags/{f['key']}", {"json": flag_body(), "headers": M}), ("DELETE", f"{P}/flags/{f['key']}", {"headers": M}), ("GET", P + "/keys", {}), ("POST", P + "/keys", {"json": {"label": "x"}}),
                             ("DELETE", f"{P}/keys/{k['id']}", {}), ("GET", P + "/audit", {})):
        r = call(method, path, T("stranger"), **kw)
        assert r.status_code == 404, (method, path, r.status_code)
    assert p not in [x["slug"] for x in items(call("GET", "/projects", T("stranger")))]
    ok(evaluate(k["secret"]), 200)


def test_roles():
    """spec.md:136 «the `description` of an operation names the least one, and a member with less gets 403»"""
    p = team()
    f, k = flag(p), sdk(p)
    P = f"/projects/{p}"
    M = {"If-Match": '"1"'}
    editor = (("POST", P + "/flags", {"json": flag_body()}), ("PUT", f"{P}/flags/{f['key']}", {"json": flag_body(), "headers": M}), ("DELETE", f"{P}/flags/{f['key']}", {"headers": M}))
    owner = (("PUT", P + "/members", {"json": {"email": user("ed")["email"], "role": "owner"}}), ("PUT", P + "/members", {"json": {"email": user("vi")["email"], "role": "owner"}}), ("DELETE", f"{P}/members/{user('own')['id']}", {}), ("GET", P + "/keys", {}),
             ("POST", P + "/keys", {"json": {"label": "x"}}), ("DELETE", f"{P}/keys/{k['id']}", {}), ("GET", P + "/audit", {}))
    for who, ops in (("vi", editor + owner), ("ed", owner)):
        for method, path, kw in ops:
            r = call(method, path, T(who), **kw)
            assert r.status_code == 403, (who, method, path, r.status_code)
    assert ok(call("GET", f"{P}/flags/{f['key']}", T("vi")))["version"] == 1


def test_admin_acts_as_owner():
    """spec.md:136 «An administrator acts as an owner in every project and sees all of them.»"""
    p = project()
    ok(call("GET", f"/projects/{p}/keys", admin()), 200)
    ok(member(p, "vi", "viewer", by="admin"), 200)
    ok(call("POST", f"/projects/{p}/flags", admin(), json=flag_body()), 201)


def test_role_taken_away():
    """spec.md:136 «a member with less gets 403»"""
    p = team()
    ok(member(p, "ed", "viewer"), 200)
    status(call("POST", f"/projects/{p}/flags", T("ed"), json=flag_body()), 403)
    ok(call("DELETE", f"/projects/{p}/members/{user('ed')['id']}", T("own")), 204)
    status(call("GET", f"/projects/{p}/flags", T("ed")), 404)


def test_sdk_keys():
    """spec.md:81 «'401': {description: no or unknown secret}»"""
    p = project()
    k = sdk(p)
    for bad in (None, "", "x", k["secret"][:-1], k["secret"] + "x", k["last4"], str(k["id"]), k["secret"].swapcase(), "%", "' OR '1'='1", "é".encode()):
        assert evaluate(bad).status_code == 401, bad
    status(call("POST", "/evaluate", T("own"), json={"context": {"key": "u"}}), 401)
    ok(evaluate(k["secret"]), 200)


def test_keys_of_other_projects():
    """spec.md:150 «unknown things are 404»"""
    p, q = project(), project("stranger")
    k = sdk(p)
    status(call("DELETE", f"/projects/{q}/keys/{k['id']}", T("stranger")), 404)
    ok(evaluate(k["secret"]), 200)


def test_secrets_are_nowhere():
    """spec.md:148 «Secrets are never in it.» spec.md:142 «it is stored as a hash only»"""
    p = project()
    k = sdk(p)
    for path in ("keys", "audit", "flags", "members"):
        assert k["secret"] not in call("GET", f"/projects/{p}/{path}", T("own")).text


def test_version_not_settable():
    """spec.md:139-140 «`version` is 1 for a new flag and goes up by one with every change»"""
    p = project()
    r = call("POST", f"/projects/{p}/flags", T("own"), json=flag_body(version=50))
    status(r, 201, 422)
    f = r.json() if r.status_code == 201 else flag(p)
    assert f["version"] == 1
    r = put(p, f, '"1"', version=70, slug="other")
    status(r, 200, 422)
    assert ok(call("GET", f"/projects/{p}/flags/{f['key']}", T("own")))["version"] == (2 if r.status_code == 200 else 1)


def test_changes_at_the_same_moment():
    """spec.md:140 «Of several changes with the same If-Match only one succeeds.»"""
    p = project()
    f = flag(p)
    with ThreadPoolExecutor(6) as pool:
        codes = sorted(r.status_code for r in pool.map(lambda i: put(p, f, '"1"', description=f"d{i}"), range(6)))
    assert codes == [200] + [412] * 5, codes
    assert ok(call("GET", f"/projects/{p}/flags/{f['key']}", T("own")))["version"] == 2


def test_owners_leaving_at_the_same_moment():
    """spec.md:136-137 «A project always keeps at least one owner, also when several are removed at the same moment.»"""
    p = project()
    ok(member(p, "own2", "owner"), 200)
    with ThreadPoolExecutor(2) as pool:
        codes = sorted(r.status_code for r in pool.map(lambda w: call("DELETE", f"/projects/{p}/members/{user(w)['id']}", T(w)), ("own", "own2")))
    assert codes == [204, 409], codes
    assert [m["role"] for m in items(call("GET", f"/projects/{p}/members", admin()))] == ["owner"]


def test_hostile_input():
    """spec.md:150 «no request may cause a 5xx»"""
    p = project()
    k = sdk(p)["secret"]
    flag(p, type="string", off_value="", default_value="", rules=[{"conditions": [cond("n", "gt", 5)], "serve": "x"}, {"conditions": [cond("n", "in", "a", 1, True)], "serve": "y"}, {"conditions": [cond("n", "contains", "q")], "serve": "z"}])
    good = json.dumps(flag_body(description="DDD", rules=[{"conditions": [cond("a", "gt", 77)], "serve": True}]))
    for raw in ["{", "null", "[]", "[" * 4000] + [good.replace("DDD", v) for v in ("\\u0000", "\\ud800")] + [good.replace("77", v) for v in ("NaN", "1e999", "-1e999", "9" * 400, "null")] + [good.replace('"boolean"', v) for v in ("null", "[]", '"\\u0000"')]:
        r = call("POST", f"/projects/{p}/flags", T("own"), content=raw.encode(), headers={"Content-Type": "application/json"})
        assert r.status_code < 500, (raw[:90], r.status_code)
    for raw in ["{", "null", "[]", "[" * 4000, '{"context": null}', '{"context": {"key": "\\ud800"}}', '{"context": {"key": "\\u0000"}}'] + ['{"context": {"key": "u", "attributes": {"n": %s}}}' % v for v in ("NaN", "1e999", "9" * 400, "[]", "{}", '{"a": [1]}', '"\\ud800"', "true")]:
        r = call("POST", "/evaluate", content=raw.encode(), headers={"Content-Type": "application/json", "X-SDK-Key": k})
        assert r.status_code < 500, (raw[:90], r.status_code)
    ok(evaluate(k), 200)
    big = "9" * 30
    for path in ("/projects/%00/flags", f"/projects/{p}/flags/%00", f"/projects/{p}/flags/..%2f..", f"/projects/{p}/flags?q=%00", f"/projects/{p}/flags?q=%5C", f"/projects/{p}/flags?q=%27--", f"/projects/{p}/audit?offset={big}", "/projects/" + "x" * 3000 + "/flags"):
        r = call("GET", path, T("own"))
        assert r.status_code < 500, (path[:80], r.status_code)
    for path in (f"/projects/{p}/members/{big}", f"/projects/{p}/members/%00", f"/projects/{p}/keys/{big}", f"/projects/{p}/keys/x'--"):
        r = call("DELETE", path, T("own"))
        assert 400 <= r.status_code < 500, (path, r.status_code)
    f = flag(p)
    for m in ("*x", '"' + big + '"', "W/", '""', ","):
        assert 400 <= put(p, f, m).status_code < 500, m
    for raw in (b'{"email": "\\u0000", "password": "\\u0000"}', b'{"email": {}, "password": []}', b'{"refresh_token": "\\ud800"}', b'{"refresh_token": 5}'):
        for path in ("/auth/login", "/auth/refresh"):
            r = call("POST", path, content=raw, headers={"Content-Type": "application/json"})
            assert 400 <= r.status_code < 500, (path, raw, r.status_code)
