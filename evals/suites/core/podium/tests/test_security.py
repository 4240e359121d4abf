"""Black-box acceptance tests for podium; see spec.md."""
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
    name = name or uniq("Name")
    return ok(call("POST", "/auth/register", json={"email": email, "password": password, "name": name}), 201) | {"email": email}


def login(email, password=PASSWORD):
    return ok(call("POST", "/auth/login", json={"email": email, "password": password}), 200)


def new_user(**kw):
    u = register(**kw)
    return u | login(u["email"], kw.get("password", PASSWORD))


def user(who):
    """A person that several tests share."""
    if who not in _cache:
        _cache[who] = new_user()
    return _cache[who]


def admin():
    if "admin" not in _cache:
        _cache["admin"] = login(ADMIN_EMAIL, ADMIN_PASSWORD)
    return _cache["admin"]["access_token"]


def T(who):
    return None if who is None else admin() if who == "admin" else user(who)["access_token"]


def conf(reviewers=("rev1", "rev2"), per_paper=2):
    """A conference of chair."""
    c = ok(call("POST", "/conferences", admin(), json={"name": "Conf", "slug": "c" + uuid.uuid4().hex[:12], "reviews_per_paper": per_paper}), 201)
    ok(call("POST", f"/conferences/{c['slug']}/chairs", admin(), json={"email": user("chair")["email"]}), 201)
    for r in reviewers:
        ok(invite(c, r), 201)
    return c


def invite(c, who, by="chair"):
    return call("POST", f"/conferences/{c['slug']}/reviewers", T(by), json={"email": user(who)["email"]})


def phase(c, p, by="chair"):
    return call("POST", f"/conferences/{c['slug']}/phase", T(by), json={"phase": p})


def go(c, *phases):
    for p in phases:
        ok(phase(c, p), 200)


def submit(c, by="author", **kw):
    return call("POST", f"/conferences/{c['slug']}/papers", T(by), json={"title": uniq("Title"), "abstract": "We show."} | kw)


def paper(c, by="author", **kw):
    return ok(submit(c, by, **kw), 201)


def get(p, who):
    return ok(call("GET", f"/papers/{p['id']}", T(who)), 200)


def assign(p, who, by="chair"):
    return call("POST", f"/papers/{p['id']}/assignments", T(by), json={"reviewer_id": user(who)["id"]})


def review(p, who, score=1, **kw):
    return call("PUT", f"/papers/{p['id']}/review", T(who), json={"score": score, "text": "Good."} | kw)


def reviews(p, who):
    return call("GET", f"/papers/{p['id']}/reviews", T(who))


def decide(p, d, by="chair"):
    return call("POST", f"/papers/{p['id']}/decision", T(by), json={"decision": d})


def in_review(**kw):
    """A conference in its review phase with one paper assigned to rev1."""
    c = conf()
    p = paper(c, **kw)
    ok(assign(p, "rev1"), 201)
    go(c, "review")
    return c, p


def test_needs_token():
    """G-2 spec.md:8 «Without a valid access token (`Authorization: Bearer ...`) the answer is 401»"""
    c, p = in_review()
    for method, path in (("GET", "/me"), ("POST", "/conferences"), ("POST", f"/conferences/{c['slug']}/chairs"), ("GET", f"/conferences/{c['slug']}/reviewers"), ("POST", f"/conferences/{c['slug']}/phase"),
                         ("GET", f"/conferences/{c['slug']}/papers"), ("POST", f"/conferences/{c['slug']}/papers"), ("GET", f"/papers/{p['id']}"), ("GET", f"/papers/{p['id']}/reviews"), ("PUT", f"/papers/{p['id']}/review"),
                         ("POST", f"/papers/{p['id']}/decision"), ("POST", f"/papers/{p['id']}/withdraw")):
        status(call(method, path), 401)


def test_forged_tokens():
    """G-2 spec.md:8 «Without a valid access token (`Authorization: Bearer ...`) the answer is 401»"""
    for label, token in forged_tokens(T("chair")):
        assert call("GET", "/me", token).status_code == 401, label


def test_token_kinds():
    """S-02 spec.md:21 «An access token is no refresh token and the other way round: 401.»"""
    u = user("author")
    status(call("GET", "/me", u["refresh_token"]), 401)
    status(call("POST", "/auth/refresh", json={"refresh_token": u["access_token"]}), 401)


def test_nobody_becomes_admin():
    """S-01 spec.md:16 «Whatever else is sent with it, nobody becomes administrator this way. Passwords and hashes are never in an answer.»"""
    email = uniq("mass") + "@example.com"
    r = call("POST", "/auth/register", json={"email": email, "password": PASSWORD, "name": "M", "is_admin": True, "role": "admin"})
    if r.status_code != 422:
        got = ok(r, 201)
        assert got["is_admin"] is False and PASSWORD not in r.text and not [k for k in got if "pass" in k.lower() or "hash" in k.lower()]
        t = login(email)["access_token"]
        assert ok(call("GET", "/me", t))["is_admin"] is False
        status(call("POST", "/conferences", t, json={"name": "x", "slug": "c" + uuid.uuid4().hex[:9], "reviews_per_paper": 1}), 403)


def test_setting_up_is_for_the_admin():
    """S-04 spec.md:32 «403 for others than the administrator» S-06 spec.md:41 «For chairs only (403).»"""
    c = conf()
    for who in ("author", "chair", "rev1"):
        status(call("POST", "/conferences", T(who), json={"name": "x", "slug": "c" + uuid.uuid4().hex[:9], "reviews_per_paper": 1}), 403)
        status(call("POST", f"/conferences/{c['slug']}/chairs", T(who), json={"email": user(who)["email"]}), 403)
    for who in ("author", "rev1", "admin"):
        status(phase(c, "review", who), 403)
        status(invite(c, "stranger", who), 403)


def test_chair_of_another_conference():
    """S-05 spec.md:36 «403 for others than chairs of this conference» S-09 spec.md:56-57 «the paper does not exist: 404 for everything under `/papers/{id}`»"""
    c = ok(call("POST", "/conferences", admin(), json={"name": "x", "slug": "c" + uuid.uuid4().hex[:9], "reviews_per_paper": 1}), 201)
    ok(call("POST", f"/conferences/{c['slug']}/chairs", admin(), json={"email": user("otherchair")["email"]}), 201)
    mine, p = in_review()
    status(phase(mine, "decision", "otherchair"), 403)
    status(invite(mine, "stranger", "otherchair"), 403)
    status(call("GET", f"/papers/{p['id']}", T("otherchair")), 404)
    status(assign(p, "rev2", "otherchair"), 404)


def test_papers_do_not_exist_for_others():
    """S-09 spec.md:56-57 «For all others, the administrator and the conference's other reviewers included, the paper does not exist: 404 for everything under `/papers/{id}`.»"""
    c, p = in_review()
    P = f"/papers/{p['id']}"
    for who in ("stranger", "admin", "rev2", "author2"):
        for method, path, body in (("GET", P, None), ("PATCH", P, {"title": "x"}), ("POST", P + "/withdraw", None), ("POST", P + "/assignments", {"reviewer_id": user("rev2")["id"]}),
                                   ("DELETE", f"{P}/assignments/{user('rev1')['id']}", None), ("PUT", P + "/review", {"score": 1, "text": "x"}), ("GET", P + "/reviews", None), ("POST", P + "/decision", {"decision": "accept"})):
            r = call(method, path, T(who), **({"json": body} if body else {}))
            assert r.status_code == 404, (who, method, path, r.status_code)


def test_rights_of_those_who_see_it():
    """S-09 spec.md:59 «A person who may see a paper but not do what they ask gets 403.»"""
    c, p = in_review()
    for who in ("rev1", "author"):
        status(assign(p, "rev2", who), 403)
        status(call("DELETE", f"/papers/{p['id']}/assignments/{user('rev1')['id']}", T(who)), 403)
        status(decide(p, "accept", who), 403)
    for who in ("chair", "author"):
        status(review(p, who), 403)
    for who in ("rev1", "chair"):
        status(call("POST", f"/papers/{p['id']}/withdraw", T(who)), 403)
        status(call("PATCH", f"/papers/{p['id']}", T(who), json={"title": "x"}), 403)
    status(reviews(p, "author"), 403)


def test_reviewers_are_blind():
    """S-10 spec.md:62 «Whoever sees a paper as assigned reviewer does not get `submitter_id`, `submitter_name` and `coauthor_emails`: these are missing or null.»"""
    c, p = in_review(coauthor_emails=[user("co")["email"]])
    for r in (call("GET", f"/papers/{p['id']}", T("rev1")), call("GET", f"/conferences/{c['slug']}/papers", T("rev1"))):
        got = ok(r)
        got = got if "title" in got else items(r)[0]
        assert got["title"] == p["title"] and all(got.get(k) is None for k in ("submitter_id", "submitter_name", "coauthor_emails"))
        assert user("author")["name"] not in r.text and user("co")["email"] not in r.text
    assert get(p, "chair")["submitter_name"] == user("author")["name"]


def test_authors_do_not_learn_reviewers():
    """S-14 spec.md:83 «Authors get 403 until the conference is published; then they get all, with `reviewer_id` and `note_to_chairs` missing or null.»"""
    c, p = in_review(coauthor_emails=[user("co")["email"]])
    ok(review(p, "rev1", 2, note_to_chairs="for-chairs-only"), 201)
    go(c, "decision")
    ok(decide(p, "accept"))
    for who in ("author", "co"):
        status(reviews(p, who), 403)
        assert get(p, who)["decision"] is None
    assert get(p, "rev1")["decision"] is None
    assert [x["decision"] for x in items(call("GET", f"/conferences/{c['slug']}/papers", T("author")))] == [None]
    assert get(p, "chair")["decision"] == "accept"
    go(c, "published")
    for who in ("author", "co"):
        r = reviews(p, who)
        (x,) = items(r)
        assert x["score"] == 2 and x.get("reviewer_id") is None and x.get("note_to_chairs") is None and "for-chairs-only" not in r.text
        assert get(p, who)["decision"] == "accept"


def test_chair_with_own_paper():
    """S-12 spec.md:73 «A chair who is an author of a paper is only an author for that paper: assigning, deciding and reading reviews early is 403 for them.»"""
    c = conf()
    ok(call("POST", f"/conferences/{c['slug']}/chairs", admin(), json={"email": user("chair2")["email"]}), 201)
    own, co = paper(c, by="chair2"), paper(c, coauthor_emails=[user("chair2")["email"]])
    for p in (own, co):
        status(assign(p, "rev1", "chair2"), 403)
        ok(assign(p, "rev1"), 201)
        status(call("DELETE", f"/papers/{p['id']}/assignments/{user('rev1')['id']}", T("chair2")), 403)
    go(c, "review")
    for p in (own, co):
        ok(review(p, "rev1"), 201)
        status(reviews(p, "chair2"), 403)
    go(c, "decision")
    for p in (own, co):
        status(decide(p, "accept", "chair2"), 403)
        ok(decide(p, "reject"))
        assert get(p, "chair2")["decision"] is None


def test_fields_that_have_no_effect():
    """S-08 spec.md:52 «other fields have no effect» S-07 spec.md:48 «The submitter is the caller.»"""
    c = conf()
    evil = {"submitter_id": user("stranger")["id"], "decision": "accept", "status": "withdrawn", "conference_slug": conf()["slug"], "submitter_name": "X"}
    r = submit(c, **evil)
    status(r, 201, 422)
    p = r.json() if r.status_code == 201 else paper(c)
    got = ok(call("PATCH", f"/papers/{p['id']}", T("author"), json=evil | {"title": "T"}), 200)
    for x in (got, get(p, "chair")):
        assert x["submitter_id"] == user("author")["id"] and x["decision"] is None and x["status"] == "submitted" and x["conference_slug"] == c["slug"] and x["title"] == "T"


def test_assignments_at_the_same_moment():
    """S-11 spec.md:67-68 «when `reviews_per_paper` reviewers are assigned already»"""
    names = [f"race{i}" for i in range(5)]
    c = conf(reviewers=names, per_paper=1)
    p = paper(c)
    with ThreadPoolExecutor(5) as pool:
        codes = sorted(r.status_code for r in pool.map(lambda w: assign(p, w), names))
    assert codes == [201] + [409] * 4, codes


def test_first_review_at_the_same_moment():
    """S-13 spec.md:76 «The first time 201, afterwards it replaces the former and answers 200.» G-1 spec.md:7 «no request whatever may be answered with a 5xx»"""
    c, p = in_review()
    with ThreadPoolExecutor(5) as pool:
        codes = [r.status_code for r in pool.map(lambda i: review(p, "rev1", i % 3), range(5))]
    assert max(codes) < 500 and codes.count(201) == 1, codes
    assert len(items(reviews(p, "chair"))) == 1


def test_hostile_input():
    """G-1 spec.md:7 «no request whatever may be answered with a 5xx»"""
    c = conf()
    S = f"/conferences/{c['slug']}"
    good = json.dumps({"title": "TTT", "abstract": "AAA", "keywords": ["KKK"], "coauthor_emails": ["a@example.com"]})
    raws = ["{", "null", "[]", "[" * 4000] + [good.replace(k, v) for k in ("TTT", "AAA", "KKK", "a@example") for v in ("\\u0000", "\\ud800")] + [good.replace('"TTT"', v) for v in ("NaN", "1e999", "[]", "{}")]
    raws += [good.replace("a@example.com", e) for e in ("@", "a@b@c", "x" * 5000 + "@example.com", "a@[127.0.0.1]", "a@\\u0000.com")] + [good.replace('["KKK"]', v) for v in ("[null]", "[[]]", "{}")]
    for raw in raws:
        r = call("POST", S + "/papers", T("author"), content=raw.encode(), headers={"Content-Type": "application/json"})
        assert r.status_code < 500, (raw[:90], r.status_code)
    for path in ("/papers/%00", "/papers/99999999999999999999999", "/papers/-1", "/papers/x'--", "/conferences/%00", "/conferences/%00/programme", "/conferences/..%2f..", "/conferences/" + "x" * 3000, "/papers/99999999999999999999999/reviews"):
        r = call("GET", path, T("author"))
        assert r.status_code < 500, (path[:60], r.status_code)
    p = paper(c)
    for rid in ("99999999999999999999999", "-1", "null", '"\\u0000"', "1e999", "[]"):
        r = call("POST", f"/papers/{p['id']}/assignments", T("chair"), content=f'{{"reviewer_id": {rid}}}'.encode(), headers={"Content-Type": "application/json"})
        assert 400 <= r.status_code < 500, (rid, r.status_code)
    status(call("DELETE", f"/papers/{p['id']}/assignments/{missing(p['id'])}", T("chair")), 404)
    for raw in (b'{"email": "\\u0000", "password": "\\u0000"}', b'{"email": {}, "password": []}', b'{"refresh_token": "\\ud800"}', b'{"refresh_token": 5}'):
        for path in ("/auth/login", "/auth/refresh"):
            r = call("POST", path, content=raw, headers={"Content-Type": "application/json"})
            assert 400 <= r.status_code < 500, (path, raw, r.status_code)
    for email in ("a\0@example.com", "\ud800@example.com".encode("utf-8", "surrogatepass").decode("utf-8", "replace"), "%", ""):
        r = call("POST", S + "/reviewers", T("chair"), json={"email": email})
        assert 400 <= r.status_code < 500, (email, r.status_code)
