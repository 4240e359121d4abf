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


def test_register():
    """S-01 spec.md:15 «201 with `id`, `email`, `name`, `is_admin` (false). Email in use: 409.»"""
    email = uniq("reg") + "@example.com"
    u = register(email, name="Marie")
    assert u["name"] == "Marie" and u["is_admin"] is False
    status(call("POST", "/auth/register", json={"email": email.replace("reg", "REG"), "password": PASSWORD, "name": "M"}), 409)


def test_register_bounds():
    """S-01 spec.md:15 «`password` (10 to 200 characters), `name` (1 to 80 characters, not blank)»"""
    good = {"email": uniq("b") + "@example.com", "password": PASSWORD, "name": "n"}
    for bad in ({"password": "x" * 9}, {"password": "x" * 201}, {"name": "  "}, {"name": "x" * 81}, {"email": "x"}, {"name": None}):
        status(call("POST", "/auth/register", json=good | bad), 422)
    pw = "a" * 199 + "b"
    register(good["email"], pw)
    login(good["email"].replace("b-", "B-"), pw)
    status(call("POST", "/auth/login", json={"email": good["email"], "password": "a" * 199 + "c"}), 401)


def test_refresh_works_once():
    """S-02 spec.md:20 «Each refresh token works once.»"""
    u = new_user()
    new = ok(call("POST", "/auth/refresh", json={"refresh_token": u["refresh_token"]}), 200)
    assert ok(call("GET", "/me", new["access_token"]))["id"] == u["id"]
    status(call("POST", "/auth/refresh", json={"refresh_token": u["refresh_token"]}), 401)
    ok(call("POST", "/auth/refresh", json={"refresh_token": new["refresh_token"]}), 200)


def test_admin_exists():
    """S-03 spec.md:25 «(`is_admin` true)»"""
    assert ok(call("GET", "/me", admin()))["is_admin"] is True


def test_conference():
    """S-04 spec.md:30 «201 with these, `id` and `phase` ("submission")» spec.md:33 «are public»"""
    c = conf()
    assert c["phase"] == "submission" and c["name"] == "Conf" and c["reviews_per_paper"] == 2
    got = ok(call("GET", f"/conferences/{c['slug']}"), 200)
    assert got["slug"] == c["slug"] and got["phase"] == "submission"
    assert c["slug"] in [x["slug"] for x in items(call("GET", "/conferences"))]
    status(call("GET", "/conferences/no-such-thing-" + uuid.uuid4().hex[:8]), 404)


def test_conference_bounds():
    """S-04 spec.md:30 «`slug` (3 to 40 characters out of `a-z`, `0-9` and `-`, beginning with a letter), `reviews_per_paper` (1 to 5)»"""
    c = conf()
    good = {"name": "x", "slug": "c" + uuid.uuid4().hex[:12], "reviews_per_paper": 2}
    for bad in ({"slug": "ab"}, {"slug": "x" * 41}, {"slug": "Abc"}, {"slug": "1abc"}, {"slug": "a b c"}, {"slug": "abc\n"}, {"slug": "äbc"}, {"name": " "}, {"reviews_per_paper": 0}, {"reviews_per_paper": 6}, {"reviews_per_paper": 1.5}):
        status(call("POST", "/conferences", admin(), json=good | bad), 422)
    status(call("POST", "/conferences", admin(), json=good | {"slug": c["slug"]}), 409)


def test_chairs():
    """S-04 spec.md:32 «404 when there is no such account, 409 when they are a chair already»"""
    c = conf()
    path = f"/conferences/{c['slug']}/chairs"
    got = ok(call("POST", path, admin(), json={"email": user("chair2")["email"].upper()}), 201)
    assert got["user_id"] == user("chair2")["id"] and got["name"] == user("chair2")["name"]
    status(call("POST", path, admin(), json={"email": user("chair2")["email"]}), 409)
    status(call("POST", path, admin(), json={"email": uniq("no") + "@example.com"}), 404)


def test_reviewers():
    """S-05 spec.md:37 «the same fields for all reviewers, for chairs only (403)»"""
    c = conf(reviewers=())
    got = ok(invite(c, "rev1"), 201)
    assert got["user_id"] == user("rev1")["id"]
    status(invite(c, "rev1"), 409)
    ok(invite(c, "rev2"), 201)
    got = {(r["user_id"], r["name"]) for r in items(call("GET", f"/conferences/{c['slug']}/reviewers", T("chair")))}
    assert got == {(user(w)["id"], user(w)["name"]) for w in ("rev1", "rev2")}
    for who in ("rev1", "author", "admin"):
        status(call("GET", f"/conferences/{c['slug']}/reviewers", T(who)), 403)


def test_phases():
    """S-06 spec.md:40 «moves on to the very next one and answers 200 with the conference; any other phase is 409, an unknown word 422»"""
    c = conf()
    for p in ("submission", "decision", "published"):
        status(phase(c, p), 409)
    status(phase(c, "party"), 422)
    for p in ("review", "decision", "published"):
        assert ok(phase(c, p), 200)["phase"] == p
    for p in ("submission", "review", "decision", "published"):
        status(phase(c, p), 409)


def test_submit():
    """S-07 spec.md:48 «The paper has these fields and `id`, `conference_slug`, `submitter_id`, `submitter_name`, `status` and `decision`.»"""
    c = conf()
    p = paper(c, title="On glass", keywords=["glass", "heat"], coauthor_emails=["ghost@example.com"])
    assert (p["title"], p["abstract"], p["keywords"], p["coauthor_emails"]) == ("On glass", "We show.", ["glass", "heat"], ["ghost@example.com"])
    assert p["conference_slug"] == c["slug"] and p["submitter_id"] == user("author")["id"] and p["submitter_name"] == user("author")["name"]
    assert p["status"] == "submitted" and p["decision"] is None
    assert paper(c)["keywords"] == []
    go(c, "review")
    status(submit(c), 409)


def test_submit_bounds():
    """S-07 spec.md:46 «optionally `keywords` (at most 8, each 1 to 30 characters) and `coauthor_emails` (at most 10 email addresses,»"""
    c = conf()
    for bad in ({"title": " "}, {"title": "x" * 201}, {"abstract": ""}, {"abstract": "\n\n"}, {"abstract": "x" * 5001}, {"keywords": ["k"] * 9}, {"keywords": [""]}, {"keywords": ["x" * 31]}, {"keywords": "glass"}, {"keywords": [1]},
                {"coauthor_emails": ["nobody"]}, {"coauthor_emails": [f"a{i}@example.com" for i in range(11)]}):
        status(submit(c, **bad), 422)
    status(call("POST", "/conferences/no-such-conf/papers", T("author"), json={"title": "x", "abstract": "y"}), 404)


def test_change_paper():
    """S-08 spec.md:52 «changes `title`, `abstract`, `keywords` and `coauthor_emails`»"""
    c = conf()
    p = paper(c, keywords=["a"])
    got = ok(call("PATCH", f"/papers/{p['id']}", T("author"), json={"title": "New", "coauthor_emails": [user("co")["email"]]}), 200)
    assert got["title"] == "New" and got["abstract"] == "We show." and got["keywords"] == ["a"]
    assert get(p, "co")["title"] == "New"
    status(call("PATCH", f"/papers/{p['id']}", T("author"), json={"title": "   "}), 422)
    status(call("PATCH", f"/papers/{p['id']}", T("co"), json={"title": "x"}), 403)
    go(c, "review")
    status(call("PATCH", f"/papers/{p['id']}", T("author"), json={"title": "Late"}), 409)


def test_withdraw():
    """S-08 spec.md:53 «status "withdrawn", only for the submitter (co-authors get 403), in any phase but "published" (409), and once (409)»"""
    c = conf()
    a, b, d = paper(c, coauthor_emails=[user("co")["email"]]), paper(c), paper(c)
    status(call("POST", f"/papers/{a['id']}/withdraw", T("co")), 403)
    assert ok(call("POST", f"/papers/{a['id']}/withdraw", T("author")), 200)["status"] == "withdrawn"
    status(call("POST", f"/papers/{a['id']}/withdraw", T("author")), 409)
    status(call("PATCH", f"/papers/{a['id']}", T("author"), json={"title": "x"}), 409)
    go(c, "review", "decision")
    ok(call("POST", f"/papers/{b['id']}/withdraw", T("author")), 200)
    go(c, "published")
    status(call("POST", f"/papers/{d['id']}/withdraw", T("author")), 409)


def test_coauthor_who_signs_up_later():
    """S-07 spec.md:49 «whether they signed up before or afterwards»"""
    c = conf()
    email = uniq("later") + "@example.com"
    p = paper(c, coauthor_emails=[email.upper().replace("EXAMPLE.COM", "example.com")])
    u = new_user(email=email)
    assert ok(call("GET", f"/papers/{p['id']}", u["access_token"]))["id"] == p["id"]


def test_paper_list():
    """S-09 spec.md:58 «lists, oldest first, the papers that the caller may see in this conference»"""
    c = conf()
    other = paper(conf())
    a, b, d = paper(c), paper(c, by="author2"), paper(c, by="author2", coauthor_emails=[user("author")["email"]])
    ok(assign(b, "rev1"), 201)
    path = f"/conferences/{c['slug']}/papers"
    for who, want in (("author", [a, d]), ("author2", [b, d]), ("chair", [a, b, d]), ("rev1", [b]), ("rev2", []), ("stranger", []), ("admin", [])):
        assert ids(call("GET", path, T(who))) == [p["id"] for p in want], who
    assert other


def test_assign():
    """S-11 spec.md:67-68 «409 for an author of the paper, for one who is assigned already, when `reviews_per_paper` reviewers are assigned already»"""
    c = conf(reviewers=("rev1", "rev2", "rev3", "co"))
    p = paper(c, coauthor_emails=[user("co")["email"]])
    status(assign(p, "stranger"), 422)
    status(assign(p, "co"), 409)
    got = ok(assign(p, "rev1"), 201)
    assert got["paper_id"] == p["id"] and got["reviewer_id"] == user("rev1")["id"]
    status(assign(p, "rev1"), 409)
    ok(assign(p, "rev2"), 201)
    status(assign(p, "rev3"), 409)
    path = f"/papers/{p['id']}/assignments/"
    status(call("DELETE", path + str(user("rev2")["id"]), T("chair")), 204)
    status(call("DELETE", path + str(user("rev2")["id"]), T("chair")), 404)
    ok(assign(p, "rev3"), 201)


def test_assign_states():
    """S-11 spec.md:68 «for a withdrawn paper, and in the phases "decision" and "published"» spec.md:69 «409 if this reviewer has already reviewed the paper»"""
    c, p = in_review()
    w = None
    ok(review(p, "rev1"), 201)
    status(call("DELETE", f"/papers/{p['id']}/assignments/{user('rev1')['id']}", T("chair")), 409)
    c2 = conf()
    w = paper(c2)
    ok(call("POST", f"/papers/{w['id']}/withdraw", T("author")))
    status(assign(w, "rev1"), 409)
    go(c, "decision")
    status(assign(p, "rev2"), 409)


def test_review():
    """S-13 spec.md:76 «The first time 201, afterwards it replaces the former and answers 200.»"""
    c, p = in_review()
    r = ok(review(p, "rev1", 3, note_to_chairs="psst"), 201)
    assert (r["paper_id"], r["reviewer_id"], r["score"], r["text"], r["note_to_chairs"]) == (p["id"], user("rev1")["id"], 3, "Good.", "psst")
    r2 = ok(review(p, "rev1", -3, text="Bad."), 200)
    assert r2["score"] == -3
    got = items(reviews(p, "chair"))
    assert [(x["score"], x["text"]) for x in got] == [(-3, "Bad.")] and got[0]["reviewer_id"] == user("rev1")["id"]


def test_review_bounds_and_states():
    """S-13 spec.md:76 «`score` (integer from -3 to 3), `text` (1 to 5000 characters, not blank)» spec.md:77 «only in the review phase (409), not for withdrawn papers (409)»"""
    c = conf()
    p, w = paper(c), paper(c)
    for x in (p, w):
        ok(assign(x, "rev1"), 201)
    status(review(p, "rev1"), 409)
    go(c, "review")
    for bad in ({"score": 4}, {"score": -4}, {"score": 1.5}, {"score": None}, {"text": ""}, {"text": " \n"}, {"text": "x" * 5001}, {"note_to_chairs": "x" * 2001}):
        status(review(p, "rev1", **bad), 422)
    ok(call("POST", f"/papers/{w['id']}/withdraw", T("author")))
    status(review(w, "rev1"), 409)
    go(c, "decision")
    status(review(p, "rev1"), 409)


def test_reviews_of_colleagues():
    """S-14 spec.md:81-82 «An assigned reviewer who has not yet reviewed the paper gets 403; after that they get all, but in the reviews of others `reviewer_id` and `note_to_chairs` are missing or null.»"""
    c, p = in_review()
    ok(assign(p, "rev2"), 201)
    ok(review(p, "rev1", 2, note_to_chairs="secret-one"), 201)
    status(reviews(p, "rev2"), 403)
    ok(review(p, "rev2", -1, note_to_chairs="secret-two"), 201)
    r = reviews(p, "rev2")
    one, two = items(r)
    assert (one["score"], two["score"]) == (2, -1)
    assert one.get("reviewer_id") is None and one.get("note_to_chairs") is None and "secret-one" not in r.text
    assert two["reviewer_id"] == user("rev2")["id"] and two["note_to_chairs"] == "secret-two"
    assert [x["note_to_chairs"] for x in items(reviews(p, "chair"))] == ["secret-one", "secret-two"]


def test_decision():
    """S-15 spec.md:86 «in the phase "decision" only (409), 409 for a withdrawn paper and for one without any review. It may be changed until the conference is published.»"""
    c = conf()
    p, bare, w = paper(c), paper(c), paper(c)
    for x in (p, w):
        ok(assign(x, "rev1"), 201)
    go(c, "review")
    for x in (p, w):
        ok(review(x, "rev1"), 201)
    status(decide(p, "accept"), 409)
    go(c, "decision")
    ok(call("POST", f"/papers/{w['id']}/withdraw", T("author")))
    status(decide(w, "accept"), 409)
    status(decide(bare, "accept"), 409)
    status(decide(p, "maybe"), 422)
    assert ok(decide(p, "accept"), 200)["decision"] == "accept"
    assert ok(decide(p, "reject"), 200)["decision"] == "reject"
    go(c, "published")
    status(decide(p, "accept"), 409)


def test_no_publishing_without_decisions():
    """S-15 spec.md:87 «A conference cannot move to "published" while a paper that is not withdrawn and has a review has no decision (409).»"""
    c, p = in_review()
    ok(review(p, "rev1"), 201)
    go(c, "decision")
    status(phase(c, "published"), 409)
    ok(decide(p, "reject"))
    ok(phase(c, "published"), 200)


def test_programme():
    """S-17 spec.md:93 «once published, the accepted papers that are not withdrawn, by title, with `title`, `abstract`, `keywords` and `authors`»"""
    c = conf()
    b = paper(c, title="B paper", keywords=["k"], coauthor_emails=["ghost@example.com", user("co")["email"], user("author2")["email"]])
    a, no = paper(c, title="A paper", by="author2"), paper(c, title="C paper")
    for x in (a, b, no):
        ok(assign(x, "rev1"), 201)
    go(c, "review")
    for x in (a, b, no):
        ok(review(x, "rev1"), 201)
    go(c, "decision")
    for x, d in ((a, "accept"), (b, "accept"), (no, "reject")):
        ok(decide(x, d))
    path = f"/conferences/{c['slug']}/programme"
    status(call("GET", path), 404)
    go(c, "published")
    r = call("GET", path)
    got = items(r)
    n = lambda w: user(w)["name"]
    assert [(x["title"], x["authors"]) for x in got] == [("A paper", [n("author2")]), ("B paper", [n("author"), n("co"), n("author2")])]
    assert got[1]["keywords"] == ["k"] and got[1]["abstract"] == "We show." and "@" not in r.text
