"""Black-box acceptance tests for stub; see spec.md."""
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
import html.parser
import re
import urllib.parse

_cache = {}


def account(name=None):
    return ok(call("POST", "/api/accounts", json={"name": name or uniq("acc")}), 201)


def acc(who):
    """An account that several tests share."""
    if who not in _cache:
        _cache[who] = account()
    return _cache[who]


def K(a):
    return {"X-Api-Key": (acc(a) if isinstance(a, str) else a)["api_key"]}


def post_link(a="ann", **kw):
    return call("POST", "/api/links", headers=K(a), json={"url": "https://example.org/" + uniq("p")} | kw)


def link(a="ann", **kw):
    return ok(post_link(a, **kw), 201)


def info(l, a="ann"):
    return ok(call("GET", f"/api/links/{l['code']}", headers=K(a)), 200)


def change(l, a="ann", **kw):
    return call("PATCH", f"/api/links/{l['code']}", headers=K(a), json=kw)


def visit(l):
    return call("GET", "/" + l["code"])


def unlock(l, **form):
    return call("POST", "/" + l["code"], data=form)


def found(a="ann", **params):
    return [l["code"] for l in ok(call("GET", "/api/links", headers=K(a), params=params))["items"]]


class Page(html.parser.HTMLParser):
    """Collects links, tags and text of a page."""

    def __init__(self, r):
        super().__init__(convert_charrefs=True)
        assert r.headers["content-type"].lower().replace(" ", "") == "text/html;charset=utf-8", r.headers
        assert r.headers.get("x-content-type-options", "").lower() == "nosniff", r.headers
        assert "default-src 'none'" in r.headers.get("content-security-policy", ""), r.headers
        self.links, self.tags, self.text = [], [], ""
        self.feed(r.text)
        assert not [t for t, a in self.tags if t == "script"]

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "a":
            self.links.append(dict(attrs))

    def handle_data(self, data):
        self.text += data


def test_keys():
    """spec.md:19 «answer 401 when it is missing, not well-formed, wrongly signed or of an account that does not exist»"""
    a, l = acc("ann"), link()
    sign = lambda key, text: hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
    bad = ["", a["id"], a["id"] + ".", "." + a["api_key"].split(".")[1], a["api_key"][:-1], a["api_key"] + "0", a["id"] + "." + "0" * 64, acc("bob")["id"] + "." + a["api_key"].split(".")[1], "a.b.c", "." * 40,
           a["api_key"].encode() + b"\xe4"]
    bad += [f"{a['id']}.{sign(k, a['id'])}" for k in ("", "secret", "changeme", "change-me", "dev", "dev-secret", "stub", "APP_SECRET", "None")]
    if os.environ.get("APP_SECRET"):
        bad.append("nobody-at-all-0." + sign(os.environ["APP_SECRET"], "nobody-at-all-0"))
    for key in bad:
        assert call("GET", "/api/links", headers={"X-Api-Key": key}).status_code == 401, key
    for method, path, kw in (("GET", "/api/links", {}), ("POST", "/api/links", {"json": {"url": "https://example.org"}}), ("GET", f"/api/links/{l['code']}", {}), ("PATCH", f"/api/links/{l['code']}", {"json": {"note": "x"}}),
                             ("DELETE", f"/api/links/{l['code']}", {})):
        status(call(method, path, **kw), 401)


def test_links_of_others():
    """spec.md:20 «For any other account it does not exist under `/api/` (404).»"""
    l = link(note="mine alone")
    status(call("GET", f"/api/links/{l['code']}", headers=K("bob")), 404)
    status(change(l, "bob", url="https://evil.example/"), 404)
    status(call("DELETE", f"/api/links/{l['code']}", headers=K("bob")), 404)
    assert l["code"] not in call("GET", "/api/links?limit=100", headers=K("bob")).text
    assert "mine alone" not in call("GET", "/api/links?q=mine+alone", headers=K("bob")).text
    assert visit(l).headers["location"] == l["url"]


def test_dangerous_urls():
    """spec.md:26 «it begins with `http://` or `https://` (in whatever case) and has a host»"""
    for bad in ("javascript:alert(1)", "JavaScript:alert(1)//http://x", "data:text/html,x", "vbscript:x", "java\nscript:alert(1)", "\x01javascript:alert(1)", "file:///etc/passwd", "http://a:b@example.org/",
                "http://example.org@evil.example/", "https://example.org/\r\nSet-Cookie:%20a=b", "https://example.org/\nX: y", "https://exam\tple.org", "https://example.org/\u2028", "https://example.org/\x7f",
                "https://example.org/\0", "https://example.org\r", "https://example.org/\n", "http://exa\u00admple.org/"):
        r = post_link(url=bad)
        assert r.status_code == 422, (bad, r.status_code)


def test_passwords_never_given_out():
    """spec.md:37-38 «The password itself or a hash of it is never given out.»"""
    r = post_link(password="hunter2-secret")
    l = ok(r, 201)
    for x in (r, call("GET", f"/api/links/{l['code']}", headers=K("ann")), change(l, note="x"), call("GET", "/api/links", headers=K("ann")), visit(l), unlock(l, password="nope"), call("GET", f"/{l['code']}+")):
        assert "hunter2" not in x.text
    for got in (l, info(l)):
        assert set(got) - {"protected"} == {k for k in got if "pass" not in k and "hash" not in k and "salt" not in k} - {"protected"}


def test_protected_hides_target():
    """spec.md:50 «For a protected link the page shows neither url nor note.»"""
    l = link(url="https://example.org/hidden-target-77", note="hidden-note-77", password="pw", public=True)
    for r in (visit(l), call("GET", f"/{l['code']}+"), unlock(l, password="x")):
        assert "hidden-target-77" not in r.text and "hidden-note-77" not in r.text
        assert "hidden-target-77" not in str(r.headers)


def test_pages_escape():
    """spec.md:16-17 «Text of users appears in pages exactly as it was entered and never as markup.»"""
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&amp;{{7*7}}{% raw %}${7*7}"
    a = account(evil[:60])
    l = link(a, note=evil, public=True)
    u = link(a, url="https://example.org/?q='onmouseover='alert(1)&lt;b&gt;", public=True)
    for path, texts in ((f"/{l['code']}+", [evil]), (f"/u/{a['id']}", [evil, evil[:60]]), (f"/{u['code']}+", [u["url"]])):
        page = Page(call("GET", path))
        for t in texts:
            assert t in page.text, path
        assert not [t for t, _ in page.tags if t in ("img", "b")]
        assert not [k for _, attrs in page.tags for k in attrs if k.startswith("on")]


def test_error_pages_escape():
    """spec.md:15 «Every HTML page carries the headers» spec.md:15 «error pages included»"""
    for path in ("/%3Cscript%3Ealert(1)%3C%2Fscript%3E", "/%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E", "/u/%3Cscript%3Ealert(1)%3C%2Fscript%3E", "/%3Cb%3Ex+"):
        r = call("GET", path)
        status(r, 404)
        assert not [t for t, _ in Page(r).tags if t in ("img", "b")]


def test_visits_cannot_be_set():
    """spec.md:44 «Other fields have no effect.»"""
    r = post_link(visits=99, disabled=True, created_at="2001-01-01T00:00:00Z", protected=True, account_id=acc("bob")["id"])
    status(r, 201, 422)
    l = link()
    got = ok(change(l, visits=99, code="changed-code", protected=True, account_id=acc("bob")["id"], created_at="2001-01-01T00:00:00Z", note="n"), 200)
    assert got["visits"] == 0 and got["code"] == l["code"] and got["protected"] is False and got["created_at"] == l["created_at"] and got["note"] == "n"
    assert info(l)["note"] == "n"


def test_visits_at_the_same_moment():
    """spec.md:47 «also when many come at the same moment there are never more redirects than `max_visits`»"""
    l = link(max_visits=3)
    with ThreadPoolExecutor(10) as pool:
        codes = sorted(r.status_code for r in pool.map(lambda _: visit(l), range(12)))
    assert codes == [302] * 3 + [410] * 9, codes
    assert info(l)["visits"] == 3


def test_same_code_at_the_same_moment():
    """spec.md:38 «one that is taken is 409»"""
    c = "r" + uuid.uuid4().hex[:10]
    acc("ann"), acc("bob")
    with ThreadPoolExecutor(6) as pool:
        codes = sorted(r.status_code for r in pool.map(lambda i: post_link(("ann", "bob")[i % 2], code=c), range(6)))
    assert codes == [201] + [409] * 5, codes


def test_no_open_redirect():
    """spec.md:46 «An unknown code is 404.»"""
    for path in ("//evil.example", "//evil.example/", "/\\evil.example", "/https://evil.example", "/u//evil.example", "/%2F%2Fevil.example", "/abc/../..//evil.example", "/api//evil.example/"):
        r = client.send(client.build_request("GET", BASE + path))
        assert r.status_code < 500
        where = urllib.parse.urlparse(r.headers.get("location", ""))
        assert "evil.example" != where.netloc and not r.headers.get("location", "").startswith(("//", "/\\")), (path, r.headers.get("location"))


def test_hostile_input():
    """spec.md:14 «nothing that is sent may lead to a 5xx»"""
    for raw in (b"{", b"null", b"[]", b"[" * 4000, b"\xff", b'{"url": NaN}', b'{"url": "https://example.org/\\ud800"}', b'{"url": "https://example.org/", "note": "\\ud800"}', b'{"url": "https://example.org/", "note": "a\\u0000b"}',
                b'{"url": "https://example.org/", "max_visits": 99999999999999999999999}', b'{"url": "https://example.org/", "max_visits": 1e999}', b'{"url": "https://example.org/", "password": "\\ud800"}', b'{"url": "https://example.org/", "password": "\\u0000"}',
                b'{"url": "http://[::1"}', b'{"url": "http://[zz]/"}', b'{"url": "https://@example.org/"}', b'{"name": "\\ud800"}', b'{"name": "a\\u0000"}'):
        for path in ("/api/links", "/api/accounts"):
            r = call("POST", path, content=raw, headers={"Content-Type": "application/json"} | K("ann"))
            assert r.status_code < 500, (path, raw, r.status_code)
    l = link(password="pw")
    for ct, raw in (("application/x-www-form-urlencoded", b"password=%ff%00"), ("application/x-www-form-urlencoded", b"password=" + b"x" * 100000), ("multipart/form-data", b"x"), ("multipart/form-data; boundary=a", b"--a\r\nx"),
                    ("multipart/form-data; boundary=a", b'--a\r\nContent-Disposition: form-data; name="password"; filename="f"\r\n\r\npw\r\n--a--\r\n'), ("application/json", b'{"password": "pw"}'), ("text/plain", b"\xff")):
        r = call("POST", "/" + l["code"], content=raw, headers={"Content-Type": ct})
        assert 400 <= r.status_code < 500, (ct, raw[:40], r.status_code)
    for path in ("/%00", "/%FF", "/" + "x" * 5000, "/%00+", "/u/%00", "/u/%FF", "/u/..%2f..%2fetc", "/favicon.ico", "/", "/+", "/a/b/c"):
        r = call("GET", path)
        assert r.status_code < 500, (path, r.status_code)
    for path in ("/api/links/%00", "/api/links?q=%00", "/api/links?q=%FF", "/api/links?host=%00", "/api/links?host=%5B", "/api/links?offset=99999999999999999999999", "/api/links?q=" + "(" * 500):
        r = call("GET", path, headers=K("ann"))
        assert r.status_code < 500, (path, r.status_code)
