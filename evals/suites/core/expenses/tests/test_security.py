"""Black-box acceptance tests for expenses; see spec.md."""
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
PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 20
PDF = b"%PDF-1.7\n%..."
JPG = b"\xff\xd8\xff\xe0" + b"y" * 10


def login(email, password=PASSWORD):
    return ok(call("POST", "/auth/login", json={"email": email, "password": password}), 200)


def admin():
    if "admin" not in _cache:
        _cache["admin"] = login(ADMIN_EMAIL, ADMIN_PASSWORD)
    return _cache["admin"]["access_token"]


def new_user(role="employee", manager=None):
    data = {"email": uniq("e") + "@example.com", "password": PASSWORD, "name": uniq("Name"), "role": role, "manager_id": user(manager)["id"] if manager else None}
    u = ok(call("POST", "/employees", admin(), json=data), 201)
    return u | login(data["email"])


def user(who):
    """A person that several tests share: boss is the manager of emma, eric and fin; fin, fin2 and fin3 have the role finance."""
    if who not in _cache:
        role = "finance" if who.startswith("fin") else "employee"
        _cache[who] = new_user(role, "boss" if who in ("emma", "eric", "fin") else None)
    return _cache[who]


def T(who):
    return None if who is None else admin() if who == "admin" else user(who)["access_token"]


def new_claim(who="emma", title="Trip"):
    return ok(call("POST", "/claims", T(who), json={"title": title}), 201)


def item_body(**kw):
    return {"date": "2024-03-05", "category": "travel", "amount_cents": 1000, "currency": "EUR"} | kw


def add_item(c, who="emma", **kw):
    return call("POST", f"/claims/{c['id']}/items", T(who), json=item_body(**kw))


def add_receipt(c, who="emma", data=PNG, name="r.png", ctype="image/png"):
    return call("POST", f"/claims/{c['id']}/receipts", T(who), files={"file": (name, data, ctype)})


def act(c, what, who):
    return call("POST", f"/claims/{c['id']}/{what}", T(who), **({"json": {"note": "no"}} if what == "reject" else {}))


def get(c, who="emma"):
    return ok(call("GET", f"/claims/{c['id']}", T(who)), 200)


def submitted(who="emma", amount=1000, title="Trip"):
    c = new_claim(who, title)
    ok(add_item(c, who, amount_cents=amount), 201)
    if amount > 5000:
        ok(add_receipt(c, who), 201)
    return ok(act(c, "submit", who), 200)


def listed(who, **params):
    return [c["id"] for c in ok(call("GET", "/claims", T(who), params=params))["items"]]


def test_needs_token():
    """spec.md:149 «Calls without a valid access token are 401, except login and refresh.»"""
    c = submitted(amount=6000)
    P = f"/claims/{c['id']}"
    for method, path in (("GET", "/me"), ("GET", "/employees"), ("POST", "/employees"), ("GET", "/claims"), ("POST", "/claims"), ("GET", P), ("DELETE", P), ("POST", P + "/items"), ("POST", P + "/submit"), ("POST", P + "/approve"),
                         ("POST", P + "/pay"), ("GET", f"/receipts/{c['receipts'][0]['id']}"), ("POST", "/auth/password")):
        status(call(method, path), 401)


def test_forged_tokens():
    """spec.md:149 «Calls without a valid access token are 401, except login and refresh.»"""
    for label, token in forged_tokens(admin()):
        assert call("GET", "/employees", token).status_code == 401, label


def test_token_kinds():
    """spec.md:148 «neither is accepted in place of the other (401)»"""
    u = user("emma")
    status(call("GET", "/me", u["refresh_token"]), 401)
    status(call("POST", "/auth/refresh", json={"refresh_token": u["access_token"]}), 401)


def test_inactive():
    """spec.md:148-149 «An account with `active: false` gets 401 everywhere at once.»"""
    u = new_user()
    assert ok(call("PATCH", f"/employees/{u['id']}", admin(), json={"active": False}), 200)["active"] is False
    status(call("GET", "/me", u["access_token"]), 401)
    status(call("POST", "/auth/refresh", json={"refresh_token": u["refresh_token"]}), 401)
    status(call("POST", "/auth/login", json={"email": u["email"], "password": PASSWORD}), 401)


def test_admin_only():
    """spec.md:44 «admin only; changes role, manager_id and active»"""
    u = user("emma")
    for who in ("emma", "boss", "fin"):
        status(call("PATCH", f"/employees/{u['id']}", T(who), json={"role": "admin"}), 403)
        status(call("GET", "/employees", T(who)), 403)
        status(call("POST", "/employees", T(who), json={"email": uniq("x") + "@example.com", "password": PASSWORD, "name": "x", "role": "admin"}), 403)
    r = call("PATCH", f"/employees/{u['id']}", admin(), json={"email": "other@example.com", "password": "Another-password-1", "active": True})
    status(r, 200, 422)
    login(u["email"])
    r = call("GET", "/employees", admin())
    assert not [k for e in items(r) for k in e if "pass" in k.lower() or "hash" in k.lower()]


def test_claims_of_others():
    """spec.md:151-152 «Nobody else, administrators included (unless it is their own or they are the manager): to them a claim, its items and its receipts are 404.»"""
    c = submitted(amount=6000)
    P = f"/claims/{c['id']}"
    rid, iid = c["receipts"][0]["id"], c["items"][0]["id"]
    for who in ("eric", "admin", "boss2"):
        for r in (call("GET", P, T(who)), call("PATCH", P, T(who), json={"title": "x"}), call("DELETE", P, T(who)), add_item(c, who), call("PUT", f"{P}/items/{iid}", T(who), json=item_body()), call("DELETE", f"{P}/items/{iid}", T(who)),
                  add_receipt(c, who), call("GET", f"/receipts/{rid}", T(who)), call("DELETE", f"/receipts/{rid}", T(who)), act(c, "submit", who), act(c, "approve", who), act(c, "reject", who), act(c, "pay", who)):
            assert r.status_code == 404, (who, r.request.method, r.request.url, r.status_code)
        assert c["id"] not in listed(who, scope="all")


def test_drafts_are_private():
    """spec.md:151 «once it is no longer a draft»"""
    c = new_claim()
    r = ok(add_receipt(c), 201)
    for who in ("boss", "fin"):
        status(call("GET", f"/claims/{c['id']}", T(who)), 404)
        status(call("GET", f"/receipts/{r['id']}", T(who)), 404)
        status(act(c, "approve", who), 404)
        assert c["id"] not in listed(who, scope="all")
    s = submitted(amount=6000)
    for who in ("boss", "fin"):
        assert get(s, who)["total_eur_cents"] == 6000
        status(call("GET", f"/receipts/{s['receipts'][0]['id']}", T(who)), 200)


def test_seeing_is_not_editing():
    """spec.md:152 «Who sees a claim but may not do what they ask gets 403.»"""
    c = submitted(amount=6000)
    ok(act(c, "reject", "boss"))
    P = f"/claims/{c['id']}"
    for who in ("boss", "fin"):
        for r in (call("PATCH", P, T(who), json={"title": "x"}), call("DELETE", P, T(who)), add_item(c, who), call("DELETE", f"{P}/items/{c['items'][0]['id']}", T(who)), add_receipt(c, who), call("DELETE", f"/receipts/{c['receipts'][0]['id']}", T(who)), act(c, "submit", who)):
            assert r.status_code == 403, (who, r.request.method, r.request.url, r.status_code)


def test_no_one_approves_their_own():
    """spec.md:166 «No one ever approves or rejects their own claim (403).» spec.md:166 «but not their own (403)»"""
    for who in ("emma", "fin"):
        c = submitted(who, 100001)
        status(act(c, "approve", who), 403)
        status(act(c, "reject", who), 403)
        ok(act(c, "approve", "boss"))
        status(act(c, "approve", who), 403)
        ok(act(c, "approve", "fin2"))
        status(act(c, "pay", who), 403)
        ok(act(c, "pay", "fin2"))


def test_second_approver_differs():
    """spec.md:165 «neither the employee nor the one who approved first, approves or rejects it then»"""
    _cache["finboss"] = new_user("finance")
    _cache["sub"] = new_user(manager="finboss")
    c = submitted("sub", 100001)
    ok(act(c, "approve", "finboss"))
    status(act(c, "approve", "finboss"), 403)
    status(act(c, "reject", "finboss"), 403)
    assert c["id"] not in listed("finboss", scope="to_decide")
    assert ok(act(c, "approve", "fin2"))["status"] == "approved"


def test_wrong_approvers():
    """spec.md:164 «A submitted claim is approved or rejected by the employee's manager.» spec.md:166-167 «the right to do something is looked at before the state»"""
    c = submitted()
    status(act(c, "approve", "fin"), 403)
    status(act(c, "reject", "fin"), 403)
    status(act(c, "pay", "boss"), 403)
    status(act(c, "pay", "emma"), 403)
    big = submitted(amount=100001)
    ok(act(big, "approve", "boss"))
    status(act(big, "approve", "boss"), 403)
    assert get(big)["status"] == "second_approval"


def test_items_and_receipts_belong_to_their_claim():
    """spec.md:169 «unknown ids 404»"""
    mine, other = new_claim(), new_claim("eric")
    i = ok(add_item(other, "eric"), 201)
    second = new_claim()
    j = ok(add_item(second), 201)
    for item in (i, j):
        status(call("PUT", f"/claims/{mine['id']}/items/{item['id']}", T("emma"), json=item_body(amount_cents=9)), 404)
        status(call("DELETE", f"/claims/{mine['id']}/items/{item['id']}", T("emma")), 404)
    assert get(other, "eric")["total_eur_cents"] == 1000 and get(second)["total_eur_cents"] == 1000


def test_fields_not_settable():
    """spec.md:51 «'201': {description: a draft,»"""
    evil = {"title": "x", "status": "approved", "employee_id": user("eric")["id"], "approved_by": user("boss")["id"], "total_eur_cents": 1, "note": "hi"}
    r = call("POST", "/claims", T("emma"), json=evil)
    status(r, 201, 422)
    c = r.json() if r.status_code == 201 else new_claim()
    status(call("PATCH", f"/claims/{c['id']}", T("emma"), json=evil), 200, 422)
    got = get(c)
    assert (got["status"], got["employee_id"], got["approved_by"], got["total_eur_cents"], got["note"]) == ("draft", user("emma")["id"], None, 0, None)
    r = add_item(c, amount_eur_cents=1, id=str(uuid.uuid4()))
    status(r, 201, 422)
    if r.status_code == 201:
        assert r.json()["amount_eur_cents"] == 1000


def test_file_names():
    """spec.md:161 «without control characters and cut to 100 characters; when nothing is left it is `receipt`»"""
    c = new_claim()
    for name, want in (("../../etc/passwd", "passwd"), ("C:\\temp\\bill.pdf", "bill.pdf"), ("x" * 150, "x" * 100), ("a/", "receipt"), ("Rechnung für Öl.png", "Rechnung für Öl.png"), ("a/b\\c.png", "c.png")):
        r = ok(add_receipt(c, name=name), 201)
        assert r["filename"] == want, (name, r["filename"])
        got = call("GET", f"/receipts/{r['id']}", T("emma"))
        assert got.status_code == 200 and got.content == PNG and got.headers["content-disposition"].startswith("attachment")
    for name in ('x"; filename="evil.html', "a\r\nSet-Cookie: x=y", "a;b=c.png", "日本.png", "x\u2028y"):
        r = add_receipt(c, name=name)
        assert r.status_code < 500
        if r.status_code == 201:
            got = call("GET", f"/receipts/{r.json()['id']}", T("emma"))
            assert got.status_code == 200 and "set-cookie" not in got.headers and got.headers["content-type"] == "image/png"


def test_approvals_at_the_same_moment():
    """spec.md:166 «What does not fit the state is 409»"""
    c = submitted()
    T("boss")
    with ThreadPoolExecutor(6) as pool:
        codes = sorted(r.status_code for r in pool.map(lambda i: act(c, "approve" if i % 2 else "reject", "boss"), range(6)))
    assert codes == [200] + [409] * 5, codes


def test_hostile_input():
    """spec.md:169 «a request must never end in a 5xx»"""
    c = new_claim()
    good = json.dumps(item_body(amount_cents=77777, description="DDD", rate="1"))
    raws = ["{", "null", "[]", "[" * 4000] + [good.replace("77777", v) for v in ("NaN", "1e999", "9" * 40, "true", "[]")] + [good.replace("DDD", v) for v in ("\\u0000", "\\ud800")] + [good.replace('"rate": "1"', f'"rate": {v}') for v in ("1", "1.5", "NaN", '"\\u0661"', '"１"', "null", "[]", '"sNaN"')]
    raws += [good.replace("2024-03-05", v) for v in ("0000-00-00", "99999-01-01", "2024-03-05T00:00:00Z", "\\u0000")]
    for raw in raws:
        r = call("POST", f"/claims/{c['id']}/items", T("emma"), content=raw.encode(), headers={"Content-Type": "application/json"})
        assert r.status_code < 500, (raw[:110], r.status_code)
    for path in ("/claims/%00", "/claims/1", "/claims/99999999999999999999", "/receipts/..%2f..%2fetc%2fpasswd", "/receipts/%00", "/claims?offset=99999999999999999999999", "/claims?scope=%00", "/claims?status=%27--"):
        r = call("GET", path, T("emma"))
        assert r.status_code < 500, (path, r.status_code)
    for ct, body in (("multipart/form-data", b"x"), ("multipart/form-data; boundary=a", b"--a\r\n"), ("text/plain", b"x"), ("multipart/form-data; boundary=a", b'--a\r\nContent-Disposition: form-data; name="file"\r\n\r\nx\r\n--a--\r\n')):
        r = call("POST", f"/claims/{c['id']}/receipts", T("emma"), content=body, headers={"Content-Type": ct})
        assert 400 <= r.status_code < 500, (ct, body, r.status_code)
    for raw in (b'{"email": "\\u0000", "password": "\\u0000"}', b'{"email": {}, "password": []}', b'{"refresh_token": "\\ud800"}', b'{"refresh_token": 5}'):
        for path in ("/auth/login", "/auth/refresh"):
            r = call("POST", path, content=raw, headers={"Content-Type": "application/json"})
            assert 400 <= r.status_code < 500, (path, raw, r.status_code)
    r = call("POST", "/claims", T("emma"), json={"title": "a\0b"})
    assert r.status_code < 500
