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


def test_login_and_me():
    """spec.md:147-148 «Login takes email in any case.» spec.md:29 «operationId: me»"""
    u = user("emma")
    login(u["email"].upper())
    me = ok(call("GET", "/me", T("emma")), 200)
    assert (me["id"], me["role"], me["manager_id"], me["active"]) == (u["id"], "employee", user("boss")["id"], True)
    status(call("POST", "/auth/login", json={"email": u["email"], "password": "some other password"}), 401)
    assert ok(call("GET", "/me", admin()))["role"] == "admin"


def test_refresh():
    """spec.md:21 «'200': {description: new tokens,»"""
    u = new_user()
    new = ok(call("POST", "/auth/refresh", json={"refresh_token": u["refresh_token"]}), 200)
    assert ok(call("GET", "/me", new["access_token"]))["id"] == u["id"]


def test_change_password():
    """spec.md:148 «After a change of password all refresh tokens issued before are 401.» spec.md:26 «'403': {description: the old password is wrong}»"""
    u = new_user()
    second = login(u["email"])
    t = u["access_token"]
    status(call("POST", "/auth/password", t, json={"old_password": "not the old one", "new_password": "A-new-password-1"}), 403)
    status(call("POST", "/auth/password", t, json={"old_password": PASSWORD, "new_password": "short"}), 422)
    status(call("POST", "/auth/password", t, json={"old_password": PASSWORD, "new_password": "A-new-password-1"}), 204)
    for tokens in (u, second):
        status(call("POST", "/auth/refresh", json={"refresh_token": tokens["refresh_token"]}), 401)
    status(call("POST", "/auth/login", json={"email": u["email"], "password": PASSWORD}), 401)
    fresh = login(u["email"], "A-new-password-1")
    ok(call("POST", "/auth/refresh", json={"refresh_token": fresh["refresh_token"]}), 200)


def test_employees():
    """spec.md:36 «'409': {description: 'email in use, in whatever case'}» spec.md:36 «also for an unknown manager_id»"""
    data = {"email": uniq("new") + "@example.com", "password": PASSWORD, "name": "N", "role": "employee"}
    u = ok(call("POST", "/employees", admin(), json=data), 201)
    assert u["manager_id"] is None and u["active"] is True and uuid.UUID(u["id"])
    status(call("POST", "/employees", admin(), json=data | {"email": data["email"].replace("new", "NEW")}), 409)
    assert u["id"] in ids(call("GET", "/employees", admin()))
    for bad in ({"manager_id": str(uuid.uuid4())}, {"manager_id": "x"}, {"role": "boss"}, {"password": "x" * 11}, {"password": "x" * 129}, {"name": ""}, {"email": "x"}):
        status(call("POST", "/employees", admin(), json=data | {"email": uniq("o") + "@example.com"} | bad), 422)


def test_long_password():
    """spec.md:25 «password: {type: string, minLength: 12, maxLength: 128}»"""
    data = {"email": uniq("long") + "@example.com", "password": "a" * 127 + "b", "name": "N", "role": "employee"}
    ok(call("POST", "/employees", admin(), json=data), 201)
    login(data["email"], data["password"])
    status(call("POST", "/auth/login", json={"email": data["email"], "password": "a" * 128}), 401)


def test_manager_cycles():
    """spec.md:46 «nobody can be their own manager, directly or through others»"""
    a, b, c = (new_user() for _ in range(3))
    put = lambda x, m: call("PATCH", f"/employees/{x['id']}", admin(), json={"manager_id": m["id"] if m else None})
    ok(put(b, a), 200)
    ok(put(c, b), 200)
    status(put(a, a), 409)
    status(put(a, c), 409)
    status(call("PATCH", f"/employees/{a['id']}", admin(), json={"manager_id": str(uuid.uuid4())}), 422)
    assert ok(put(b, None), 200)["manager_id"] is None
    ok(put(a, c), 200)


def test_claim():
    """spec.md:132 «required: [id, employee_id, employee_name, title, status, items, receipts, total_eur_cents, note, approved_by, second_approved_by]»"""
    c = new_claim(title="Oslo")
    assert (c["employee_id"], c["employee_name"], c["title"], c["status"]) == (user("emma")["id"], user("emma")["name"], "Oslo", "draft")
    assert (c["items"], c["receipts"], c["total_eur_cents"], c["note"], c["approved_by"], c["second_approved_by"]) == ([], [], 0, None, None, None)
    assert ok(call("PATCH", f"/claims/{c['id']}", T("emma"), json={"title": "Bergen"}), 200)["title"] == "Bergen"
    for bad in ("", "x" * 121, None, 5):
        status(call("POST", "/claims", T("emma"), json={"title": bad}), 422)
    status(call("DELETE", f"/claims/{c['id']}", T("emma")), 204)
    status(call("GET", f"/claims/{c['id']}", T("emma")), 404)


def test_items():
    """spec.md:124 «required: [id, date, category, amount_cents, currency, rate, description, amount_eur_cents]»"""
    c = new_claim()
    i = ok(add_item(c, description="bus"), 201)
    assert (i["date"], i["category"], i["amount_cents"], i["currency"], i["description"], i["amount_eur_cents"]) == ("2024-03-05", "travel", 1000, "EUR", "bus", 1000)
    j = ok(add_item(c, amount_cents=333), 201)
    assert get(c)["total_eur_cents"] == 1333 and [x["id"] for x in get(c)["items"]] == [i["id"], j["id"]]
    got = ok(call("PUT", f"/claims/{c['id']}/items/{i['id']}", T("emma"), json=item_body(amount_cents=50, category="meals")), 200)
    assert (got["id"], got["amount_cents"], got["category"], got["description"]) == (i["id"], 50, "meals", "")
    status(call("DELETE", f"/claims/{c['id']}/items/{j['id']}", T("emma")), 204)
    status(call("DELETE", f"/claims/{c['id']}/items/{j['id']}", T("emma")), 404)
    assert get(c)["total_eur_cents"] == 50


def test_item_bounds():
    """spec.md:118 «amount_cents: {type: integer, minimum: 1, maximum: 5000000}» spec.md:116 «date: {type: string, format: date, description: not in the future}»"""
    c = new_claim()
    for bad in ({"amount_cents": 0}, {"amount_cents": 5000001}, {"amount_cents": 1.5}, {"currency": "eur"}, {"currency": "EURO"}, {"currency": "EU"}, {"currency": "USD\n"}, {"date": "2999-01-01"}, {"date": "2023-02-29"}, {"date": "today"}, {"category": "fun"}, {"description": "x" * 301}, {"date": None}):
        status(add_item(c, **bad), 422)


def test_rates():
    """spec.md:157-158 «A rate of zero and one other than 1 (`1`, `1.0`, ...) for EUR are 422.»"""
    c = new_claim()
    for bad in ({"rate": "0"}, {"rate": "0.000000"}, {"rate": "-1"}, {"rate": "1e2"}, {"rate": "1.1234567"}, {"rate": ".5"}, {"rate": "1."}, {"rate": "12345"}, {"rate": "abc"}, {"rate": " 1"}, {"rate": "1\n"}, {"rate": ""}, {"rate": "NaN"}, {"rate": "Infinity"}):
        status(add_item(c, currency="USD", **bad), 422)
    status(add_item(c, rate="1.1"), 422)
    ok(add_item(c, rate="1.000"), 201)


def test_exact_rounding():
    """spec.md:157 «calculated exactly and rounded half up to whole cents»"""
    c = new_claim()
    cases = [(105, "0.5", 53), (1, "0.5", 1), (1, "0.499999", 0), (3, "0.5", 2), (1000, "1.0005", 1001), (100, "1.005", 101), (4999999, "0.000001", 5), (4500000, "0.000001", 5), (5000000, "9999.999999", 49999999995), (333, "0.333333", 111), (115, "1.1", 127), (50, "0.29", 15)]
    for amount, rate, want in cases:
        i = ok(add_item(c, amount_cents=amount, currency="USD", rate=rate), 201)
        assert i["amount_eur_cents"] == want, (amount, rate, i["amount_eur_cents"])
    assert get(c)["total_eur_cents"] == sum(x[2] for x in cases)


def test_fifty_items():
    """spec.md:72 «not editable, or 50 items already»"""
    c = new_claim()
    for _ in range(50):
        ok(add_item(c, amount_cents=1), 201)
    status(add_item(c), 409)


def test_receipts():
    """spec.md:160 «The kind of a file is told by how it begins (`%PDF-`, the eight bytes of the PNG signature, or FF D8 FF), not by its name or the type the client states»"""
    c = new_claim()
    for data, want in ((PNG, "image/png"), (PDF, "application/pdf"), (JPG, "image/jpeg")):
        r = ok(add_receipt(c, data=data, name="x.html", ctype="text/html"), 201)
        assert (r["filename"], r["content_type"], r["size"]) == ("x.html", want, len(data))
        got = call("GET", f"/receipts/{r['id']}", T("emma"))
        status(got, 200)
        assert got.content == data and got.headers["content-type"] == want
        assert got.headers["x-content-type-options"] == "nosniff" and got.headers["content-disposition"].startswith("attachment")
    assert len(get(c)["receipts"]) == 3
    status(call("DELETE", f"/receipts/{r['id']}", T("emma")), 204)
    status(call("GET", f"/receipts/{r['id']}", T("emma")), 404)
    assert len(get(c)["receipts"]) == 2


def test_receipts_refused():
    """spec.md:83 «'413': {description: more than 1048576 bytes}, '415': {description: 'not PDF, PNG or JPEG'}» spec.md:162 «An empty file is 415.»"""
    c = new_claim()
    for data in (b"", b"hello", b"<html>", b"GIF89a", b" %PDF-1.4", b"\x89PNG", b"\xff\xd8"):
        status(add_receipt(c, data=data), 415)
    status(add_receipt(c, data=PNG.ljust(1048577, b"x")), 413)
    ok(add_receipt(c, data=PNG.ljust(1048576, b"x")), 201)
    status(call("POST", f"/claims/{c['id']}/receipts", T("emma"), data={"x": "y"}), 422)


def test_submit_needs():
    """spec.md:164 «needs at least one item, and at least one receipt when the total is above 5000 cents»"""
    c = new_claim()
    status(act(c, "submit", "emma"), 409)
    ok(add_item(c, amount_cents=5000), 201)
    d = new_claim()
    ok(add_item(d, amount_cents=5001), 201)
    status(act(d, "submit", "emma"), 409)
    ok(add_receipt(d), 201)
    for x in (c, d):
        assert ok(act(x, "submit", "emma"), 200)["status"] == "submitted"
        status(act(x, "submit", "emma"), 409)


def test_not_editable():
    """spec.md:155 «A claim is editable while it is draft or rejected, and only by its employee. That holds for the title, the items, the receipts and for deleting.»"""
    c = submitted(amount=6000)
    i, r = c["items"][0], c["receipts"][0]
    P = f"/claims/{c['id']}"
    for x in (call("PATCH", P, T("emma"), json={"title": "x"}), add_item(c), call("PUT", f"{P}/items/{i['id']}", T("emma"), json=item_body()), call("DELETE", f"{P}/items/{i['id']}", T("emma")), add_receipt(c),
              call("DELETE", f"/receipts/{r['id']}", T("emma")), call("DELETE", P, T("emma"))):
        status(x, 409)
    ok(act(c, "reject", "boss"), 200)
    ok(call("PATCH", P, T("emma"), json={"title": "x"}), 200)
    ok(call("DELETE", f"{P}/items/{i['id']}", T("emma")), 204)
    status(call("DELETE", P, T("emma")), 204)


def test_approve_and_pay():
    """spec.md:165-166 «Otherwise, and after the second approval, it is approved. approved_by and second_approved_by say who approved.»"""
    c = submitted(amount=100000)
    got = ok(act(c, "approve", "boss"), 200)
    assert (got["status"], got["approved_by"], got["second_approved_by"]) == ("approved", user("boss")["id"], None)
    status(act(c, "approve", "boss"), 409)
    assert ok(act(c, "pay", "fin"), 200)["status"] == "paid"
    status(act(c, "pay", "fin"), 409)
    status(act(c, "reject", "boss"), 409)


def test_second_approval():
    """spec.md:164-165 «When the total is above 100000 cents, the manager's approval makes it second_approval»"""
    c = submitted(amount=100001)
    got = ok(act(c, "approve", "boss"), 200)
    assert (got["status"], got["approved_by"]) == ("second_approval", user("boss")["id"])
    status(act(c, "pay", "fin"), 409)
    got = ok(act(c, "approve", "fin"), 200)
    assert (got["status"], got["approved_by"], got["second_approved_by"]) == ("approved", user("boss")["id"], user("fin")["id"])


def test_reject_and_again():
    """spec.md:164 «it becomes submitted, and approved_by and second_approved_by become null»"""
    c = submitted(amount=100001)
    ok(act(c, "approve", "boss"))
    got = ok(call("POST", f"/claims/{c['id']}/reject", T("fin2"), json={"note": "too much"}), 200)
    assert (got["status"], got["note"]) == ("rejected", "too much")
    got = ok(act(c, "submit", "emma"), 200)
    assert (got["status"], got["approved_by"], got["second_approved_by"]) == ("submitted", None, None)
    for bad in ({}, {"note": ""}, {"note": "x" * 501}):
        status(call("POST", f"/claims/{c['id']}/reject", T("boss"), json=bad), 422)


def test_lists():
    """spec.md:152-153 «The scope `own` lists the caller's claims; `to_decide` those the caller can approve or reject at this moment; `all` all that the caller sees.»"""
    _cache["m"] = new_user()
    for w in ("w1", "w2"):
        _cache[w] = new_user(manager="m")
    draft, a, b, big = new_claim("w1"), submitted("w1"), submitted("w2"), submitted("w1", 100001)
    done = submitted("w2")
    own = new_claim("m")
    ok(act(done, "approve", "m"))
    assert listed("m", scope="to_decide") == [x["id"] for x in (big, b, a)]
    assert listed("m", scope="all") == [x["id"] for x in (own, done, big, b, a)]
    assert listed("m") == [own["id"]]
    assert listed("w1") == [x["id"] for x in (big, a, draft)]
    assert listed("w1", status="draft") == [draft["id"]]
    assert listed("w1", scope="to_decide") == []
    ok(act(big, "approve", "m"))
    assert listed("m", scope="to_decide") == [b["id"], a["id"]]
    assert big["id"] in listed("fin", scope="to_decide") and a["id"] not in listed("fin", scope="to_decide")


def test_list_pages():
    """spec.md:153 «`total` counts all matches, not only those on the page»"""
    _cache["pager"] = new_user()
    made = [new_claim("pager")["id"] for _ in range(7)][::-1]
    body = ok(call("GET", "/claims", T("pager"), params={"limit": 3, "offset": 2}))
    assert [c["id"] for c in body["items"]] == made[2:5] and body["total"] == 7
    for bad in ({"limit": 0}, {"limit": 101}, {"offset": -1}, {"scope": "world"}, {"status": "lost"}):
        status(call("GET", "/claims", T("pager"), params=bad), 422)


def test_manager_changes():
    """spec.md:151 «Their manager (the current `manager_id`)»"""
    w = _cache["mover"] = new_user(manager="boss")
    c = submitted("mover")
    ok(call("PATCH", f"/employees/{w['id']}", admin(), json={"manager_id": user("boss2")["id"]}), 200)
    status(call("GET", f"/claims/{c['id']}", T("boss")), 404)
    status(act(c, "approve", "boss"), 404)
    ok(act(c, "approve", "boss2"), 200)


def test_unknown_ids():
    """spec.md:169 «unknown ids 404»"""
    m = str(uuid.uuid4())
    c = new_claim()
    for method, path in (("GET", f"/claims/{m}"), ("DELETE", f"/claims/{m}"), ("POST", f"/claims/{m}/submit"), ("GET", f"/receipts/{m}"), ("DELETE", f"/claims/{c['id']}/items/{m}")):
        status(call(method, path, T("emma")), 404)
    status(call("PATCH", f"/employees/{m}", admin(), json={"active": True}), 404)
