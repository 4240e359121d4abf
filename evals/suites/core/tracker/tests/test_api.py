"""Black-box acceptance tests for tracker; see spec.md."""
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


def register(email=None, password=PASSWORD, name="Test Person"):
    email = email or uniq("u") + "@example.com"
    r = call("POST", "/auth/register", json={"email": email, "password": password, "name": name})
    return ok(r, 201) | {"email": email}


def login(email, password=PASSWORD):
    return ok(call("POST", "/auth/login", json={"email": email, "password": password}))


def new_user():
    u = register()
    return u | login(u["email"])


def user(who):
    """A person that several tests share, as {id, email, access_token, refresh_token}."""
    if who not in _cache:
        _cache[who] = new_user()
    return _cache[who]


def T(who):
    return user(who)["access_token"]


def admin():
    if "admin" not in _cache:
        _cache["admin"] = login(ADMIN_EMAIL, ADMIN_PASSWORD)
    return _cache["admin"]["access_token"]


def project(token=None, **kw):
    return ok(call("POST", "/projects", token or T("owner"), json={"name": uniq("project")} | kw), 201)


def member(p, who, role, token=None):
    return call("POST", f"/projects/{p['id']}/members", token or T("owner"), json={"email": user(who)["email"], "role": role})


def team():
    """A project of owner, with ed as an editor and vi as a viewer."""
    p = project()
    ok(member(p, "ed", "editor"), 201)
    ok(member(p, "vi", "viewer"), 201)
    return p


def task(p, token=None, **kw):
    return ok(call("POST", f"/projects/{p['id']}/tasks", token or T("owner"), json={"title": uniq("task")} | kw), 201)


def move(t, status_, token=None):
    return call("POST", f"/tasks/{t['id']}/move", token or T("owner"), json={"status": status_})


def test_register_answer():
    """spec.md:9-10 «The answer is 201 with id, email, name and is_admin, and of course never the password or anything made from it.»"""
    email = uniq("reg") + "@example.com"
    r = call("POST", "/auth/register", json={"email": email, "password": PASSWORD, "name": "Ann"})
    status(r, 201)
    body = r.json()
    assert body["email"].lower() == email and body["name"] == "Ann" and body["is_admin"] is False and body["id"] is not None
    assert PASSWORD not in r.text and not [k for k in body if "pass" in k.lower() or "hash" in k.lower()]


def test_register_email_taken_in_other_case():
    """spec.md:10-11 «Two accounts cannot share an email address, and we do not care about upper and lower case there; a second sign-up gets 409.»"""
    email = uniq("case") + "@example.com"
    register(email)
    status(call("POST", "/auth/register", json={"email": email.upper().replace("EXAMPLE.COM", "example.com"), "password": PASSWORD, "name": "B"}), 409)


def test_login_email_case():
    """spec.md:11 «we do not care about upper and lower case there»"""
    email = uniq("Mixed") + "@example.com"
    register(email)
    login(email.lower())


def test_register_short_password():
    """spec.md:8-9 «A password has at least 10 characters.» spec.md:79-80 «A field that is missing, of the wrong type or out of its bounds is 422.»"""
    status(call("POST", "/auth/register", json={"email": uniq("s") + "@example.com", "password": "Short-77!", "name": "A"}), 422)
    status(call("POST", "/auth/register", json={"email": uniq("s") + "@example.com", "name": "A"}), 422)


def test_login_wrong():
    """spec.md:12 «401 when the pair is wrong»"""
    u = user("owner")
    status(call("POST", "/auth/login", json={"email": u["email"], "password": "wrong-wrong-wrong"}), 401)
    status(call("POST", "/auth/login", json={"email": uniq("no") + "@example.com", "password": PASSWORD}), 401)


def test_me():
    """spec.md:16-17 «GET /me shows the account of the caller (id, email, name, is_admin).»"""
    me = ok(call("GET", "/me", T("owner")))
    assert me["id"] == user("owner")["id"] and me["email"].lower() == user("owner")["email"].lower()
    assert ok(call("GET", "/me", admin()))["is_admin"] is True


def test_refresh_once():
    """spec.md:13-14 «A refresh token is good for one use only; used a second time it gets 401.»"""
    u = new_user()
    r = call("POST", "/auth/refresh", json={"refresh_token": u["refresh_token"]})
    new = ok(r)
    assert ok(call("GET", "/me", new["access_token"]))["id"] == u["id"]
    status(call("POST", "/auth/refresh", json={"refresh_token": u["refresh_token"]}), 401)


def test_deactivate():
    """spec.md:23-24 «From that moment its login and its refresh answer 401, and so does any access token it still has.»"""
    u = new_user()
    ok(call("POST", f"/users/{u['id']}/deactivate", admin()))
    status(call("GET", "/me", u["access_token"]), 401)
    status(call("POST", "/auth/refresh", json={"refresh_token": u["refresh_token"]}), 401)
    status(call("POST", "/auth/login", json={"email": u["email"], "password": PASSWORD}), 401)


def test_project_made_and_shown():
    """spec.md:28-29 «It has id, name, description, owner_id and archived (false at first).»"""
    p = project(description="shelves")
    got = ok(call("GET", f"/projects/{p['id']}", T("owner")))
    assert got["name"] == p["name"] and got["description"] == "shelves" and got["archived"] is False
    assert got["owner_id"] == user("owner")["id"]


def test_project_name_bounds():
    """spec.md:27 «name (1 to 100 characters, not only blanks)»"""
    for bad in ("", "   ", "x" * 101, None, 7):
        status(call("POST", "/projects", T("owner"), json={"name": bad}), 422)
    status(call("POST", "/projects", T("owner"), json={"name": uniq("x").ljust(100, "y")}), 201)


def test_project_list_is_own():
    """spec.md:29-30 «GET /projects lists the projects the caller is a member of and no others.»"""
    u, other = new_user(), new_user()
    mine, theirs = project(u["access_token"]), project(other["access_token"])
    shared = project(other["access_token"])
    ok(call("POST", f"/projects/{shared['id']}/members", other["access_token"], json={"email": u["email"], "role": "viewer"}), 201)
    assert sorted(map(str, ids(call("GET", "/projects", u["access_token"])))) == sorted([str(mine["id"]), str(shared["id"])])


def test_project_patch_and_delete():
    """spec.md:30-31 «PATCH /projects/{id} changes name and description and DELETE /projects/{id} removes it with all its tasks (204)»"""
    p = project(description="old")
    t = task(p)
    got = ok(call("PATCH", f"/projects/{p['id']}", T("owner"), json={"name": "renamed"}), 200)
    assert got["name"] == "renamed" and got["description"] == "old"
    status(call("DELETE", f"/projects/{p['id']}", T("owner")), 204)
    status(call("GET", f"/projects/{p['id']}", T("owner")), 404)
    status(call("GET", f"/tasks/{t['id']}", T("owner")), 404)


def test_archived_project_is_frozen():
    """spec.md:33-34 «creating, changing, moving, deleting and commenting on tasks and changing the members or the project's name all answer 409»"""
    p = team()
    t = task(p)
    ok(call("POST", f"/projects/{p['id']}/archive", T("owner")))
    own = T("owner")
    P = f"/projects/{p['id']}"
    for method, path, body in [("POST", P + "/tasks", {"title": "x"}), ("PATCH", f"/tasks/{t['id']}", {"title": "y"}),
                               ("POST", f"/tasks/{t['id']}/move", {"status": "doing"}), ("DELETE", f"/tasks/{t['id']}", None),
                               ("POST", f"/tasks/{t['id']}/comments", {"text": "hm"}), ("PATCH", P, {"name": "n"}),
                               ("POST", P + "/members", {"email": new_user_email(), "role": "viewer"}),
                               ("PATCH", f"{P}/members/{user('ed')['id']}", {"role": "viewer"}),
                               ("DELETE", f"{P}/members/{user('ed')['id']}", None)]:
        kw = {"json": body} if body is not None else {}
        status(call(method, path, own, **kw), 409)
    assert ok(call("GET", P, own))["archived"] is True
    assert ok(call("GET", f"/tasks/{t['id']}", T("vi")))["title"] == t["title"]


def new_user_email():
    return register()["email"]


def test_archived_project_can_be_deleted():
    """spec.md:34-35 «There is no way back, but the owner can still delete it.»"""
    p = project()
    ok(call("POST", f"/projects/{p['id']}/archive", T("owner")))
    status(call("DELETE", f"/projects/{p['id']}", T("owner")), 204)


def test_members_added_and_listed():
    """spec.md:40-41 «GET /projects/{id}/members shows all members, owner included, to every member.»"""
    p = project()
    m = ok(member(p, "ed", "editor"), 201)
    assert m["user_id"] == user("ed")["id"] and m["role"] == "editor"
    ok(member(p, "vi", "viewer"), 201)
    got = {i["user_id"]: i["role"] for i in items(call("GET", f"/projects/{p['id']}/members", T("vi")))}
    assert got == {user("owner")["id"]: "owner", user("ed")["id"]: "editor", user("vi")["id"]: "viewer"}


def test_members_refused():
    """spec.md:39-40 «An email nobody has signed up with is 404, someone who is already a member 409.» spec.md:38-39 «(editor or viewer; anything else is 422)»"""
    p = project()
    status(call("POST", f"/projects/{p['id']}/members", T("owner"), json={"email": uniq("no") + "@example.com", "role": "editor"}), 404)
    status(member(p, "ed", "owner"), 422)
    status(member(p, "ed", "boss"), 422)
    ok(member(p, "ed", "editor"), 201)
    status(member(p, "ed", "viewer"), 409)
    status(member(p, "owner", "viewer"), 409)


def test_member_role_change():
    """spec.md:41-42 «PATCH /projects/{id}/members/{user_id} with role changes a role between editor and viewer»"""
    p = team()
    ok(call("PATCH", f"/projects/{p['id']}/members/{user('vi')['id']}", T("owner"), json={"role": "editor"}))
    task(p, T("vi"))
    status(call("PATCH", f"/projects/{p['id']}/members/{user('vi')['id']}", T("owner"), json={"role": "owner"}), 422)


def test_owner_stays():
    """spec.md:43-44 «The owner can neither be taken out nor given another role (409).»"""
    p = team()
    path = f"/projects/{p['id']}/members/{user('owner')['id']}"
    status(call("DELETE", path, T("owner")), 409)
    status(call("PATCH", path, T("owner"), json={"role": "viewer"}), 409)


def test_leaving_unassigns():
    """spec.md:43 «except that everybody may take themselves out» spec.md:44-45 «When somebody leaves, the tasks assigned to them in that project become unassigned.»"""
    p, q = team(), team()
    t, u = task(p, assignee_id=user("ed")["id"]), task(q, assignee_id=user("ed")["id"])
    assert t["assignee_id"] == user("ed")["id"]
    status(call("DELETE", f"/projects/{p['id']}/members/{user('ed')['id']}", T("ed")), 204)
    assert ok(call("GET", f"/tasks/{t['id']}", T("owner")))["assignee_id"] is None
    assert ok(call("GET", f"/tasks/{u['id']}", T("owner")))["assignee_id"] == user("ed")["id"]
    status(call("GET", f"/projects/{p['id']}", T("ed")), 404)


def test_task_defaults():
    """spec.md:52 «priority (low, normal or high; normal if not given)» spec.md:61 «A new task has the status todo.»"""
    p = project()
    t = task(p)
    got = ok(call("GET", f"/tasks/{t['id']}", T("owner")))
    assert got["priority"] == "normal" and got["status"] == "todo" and got["project_id"] == p["id"]
    assert got["created_by"] == user("owner")["id"] and got["created_at"] and got["blocked_by"] == []
    assert got["due_date"] is None and got["assignee_id"] is None


def test_task_bad_fields():
    """spec.md:79-80 «A field that is missing, of the wrong type or out of its bounds is 422.»"""
    p = project()
    for bad in ({"title": ""}, {"title": "  "}, {"title": "x" * 201}, {}, {"title": "a", "priority": "urgent"},
                {"title": "a", "due_date": "2025-02-30"}, {"title": "a", "due_date": "soon"}, {"title": "a", "blocked_by": "x"}):
        status(call("POST", f"/projects/{p['id']}/tasks", T("owner"), json=bad), 422)


def test_task_patch_leaves_the_rest():
    """spec.md:56-57 «leaving alone what is not sent (null empties due_date and assignee_id)»"""
    p = team()
    t = task(p, description="d", due_date="2031-05-06", priority="high", assignee_id=user("ed")["id"])
    got = ok(call("PATCH", f"/tasks/{t['id']}", T("ed"), json={"title": "new title"}), 200)
    assert (got["title"], got["description"], got["due_date"], got["priority"]) == ("new title", "d", "2031-05-06", "high")
    got = ok(call("PATCH", f"/tasks/{t['id']}", T("ed"), json={"due_date": None, "assignee_id": None}))
    assert got["due_date"] is None and got["assignee_id"] is None and got["description"] == "d" and got["title"] == "new title"


def test_assignee_must_work_there():
    """spec.md:53-54 «The assignee must be the owner or an editor of the project, otherwise 422.»"""
    p = team()
    for who in ("vi", "stranger"):
        status(call("POST", f"/projects/{p['id']}/tasks", T("owner"), json={"title": "a", "assignee_id": user(who)["id"]}), 422)
    t = task(p)
    status(call("PATCH", f"/tasks/{t['id']}", T("owner"), json={"assignee_id": user("vi")["id"]}), 422)


def test_moves():
    """spec.md:62-63 «todo goes to doing, doing goes to todo or to done, and done goes back to doing. Any other move, also to the status it already has, is 409»"""
    t = task(project())
    for to, want in (("todo", 409), ("done", 409), ("doing", 200), ("doing", 409), ("todo", 200), ("doing", 200),
                     ("done", 200), ("done", 409), ("todo", 409), ("doing", 200)):
        r = move(t, to)
        status(r, want)
        if want == 200:
            assert r.json()["status"] == to
    status(move(t, "finished"), 422)


def test_blocked_task():
    """spec.md:63-64 «A task cannot move to done while any task in its blocked_by is not done (409).»"""
    p = project()
    a, b = task(p), task(p)
    c = task(p, blocked_by=[a["id"], b["id"]])
    assert sorted(map(str, c["blocked_by"])) == sorted([str(a["id"]), str(b["id"])])
    ok(move(c, "doing"))
    for x in (a, b):
        status(move(c, "done"), 409)
        ok(move(x, "doing"))
        ok(move(x, "done"))
    ok(move(c, "done"), 200)


def test_block_cycles():
    """spec.md:65-66 «no task may block itself, directly or round through others: such a change is 409»"""
    p = project()
    a = task(p)
    b = task(p, blocked_by=[a["id"]])
    c = task(p, blocked_by=[b["id"]])
    status(call("PATCH", f"/tasks/{a['id']}", T("owner"), json={"blocked_by": [a["id"]]}), 409)
    status(call("PATCH", f"/tasks/{a['id']}", T("owner"), json={"blocked_by": [c["id"]]}), 409)
    assert ok(call("GET", f"/tasks/{a['id']}", T("owner")))["blocked_by"] == []
    ok(call("PATCH", f"/tasks/{c['id']}", T("owner"), json={"blocked_by": [a["id"], b["id"]]}), 200)


def test_block_other_project():
    """spec.md:64-65 «Tasks in blocked_by must belong to the same project (422 otherwise)»"""
    p, q = project(), project()
    a = task(q)
    status(call("POST", f"/projects/{p['id']}/tasks", T("owner"), json={"title": "x", "blocked_by": [a["id"]]}), 422)


def test_deleted_task_unblocks():
    """spec.md:57-58 «When a task is deleted it also disappears from the blocked_by lists of others.»"""
    p = project()
    a = task(p)
    b = task(p, blocked_by=[a["id"]])
    status(call("DELETE", f"/tasks/{a['id']}", T("owner")), 204)
    status(call("GET", f"/tasks/{a['id']}", T("owner")), 404)
    assert ok(call("GET", f"/tasks/{b['id']}", T("owner")))["blocked_by"] == []


def test_list_paging():
    """spec.md:71 «The answer is an object with items and total, total counting all that match the filters.»"""
    p = project()
    made = [task(p)["id"] for _ in range(23)]
    path = f"/projects/{p['id']}/tasks"
    body = ok(call("GET", path, T("owner")))
    assert body["total"] == 23 and [t["id"] for t in body["items"]] == made[:20]
    body = ok(call("GET", path, T("owner"), params={"limit": 5, "offset": 20}))
    assert body["total"] == 23 and [t["id"] for t in body["items"]] == made[20:]
    for bad in ({"limit": 0}, {"limit": 101}, {"offset": -1}, {"limit": "many"}):
        status(call("GET", path, T("owner"), params=bad), 422)


def test_list_filters():
    """spec.md:68-69 «It takes the filters status, priority, assignee_id and q» spec.md:70 «which can be combined»"""
    p = team()
    a = task(p, title="Saw 50% oak", priority="high")
    b = task(p, title="saw_pine", assignee_id=user("ed")["id"])
    c = task(p, title="Glue oak", priority="high", assignee_id=user("ed")["id"])
    ok(move(c, "doing"))
    path = f"/projects/{p['id']}/tasks"
    for query, want in (({"q": "SAW"}, [a, b]), ({"q": "%"}, [a]), ({"q": "_"}, [b]), ({"priority": "high"}, [a, c]),
                        ({"status": "doing"}, [c]), ({"assignee_id": user("ed")["id"]}, [b, c]),
                        ({"priority": "high", "q": "oak", "status": "todo"}, [a]), ({"q": "steel"}, [])):
        body = ok(call("GET", path, T("vi"), params=query))
        assert [t["id"] for t in body["items"]] == [t["id"] for t in want], query
        assert body["total"] == len(want)


def test_comments():
    """spec.md:74-76 «adds a comment (201): id, task_id, author_id, text, created_at. GET /tasks/{id}/comments lists them, oldest first.»"""
    t = task(team())
    path = f"/tasks/{t['id']}/comments"
    c = ok(call("POST", path, T("vi"), json={"text": "first"}), 201)
    assert c["author_id"] == user("vi")["id"] and c["task_id"] == t["id"] and c["created_at"]
    ok(call("POST", path, T("ed"), json={"text": "second"}), 201)
    assert [i["text"] for i in items(call("GET", path, T("vi")))] == ["first", "second"]
    for bad in ("", "  \n ", "x" * 2001):
        status(call("POST", path, T("vi"), json={"text": bad}), 422)
