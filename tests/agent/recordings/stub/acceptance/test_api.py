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


def test_account():
    """spec.md:35 «201 with `id`, `name`, `api_key`. The id is random, 12 to 40 characters»"""
    a = account("Me & you")
    assert a["name"] == "Me & you" and re.fullmatch(r"[A-Za-z0-9_-]{12,40}", a["id"])
    assert re.fullmatch(re.escape(a["id"]) + r"\.[0-9a-f]{64}", a["api_key"])
    assert account()["id"][:6] != account()["id"][:6]


def test_account_name_limits():
    """spec.md:35 «with `name` (1 to 60 characters, not only blanks)»"""
    for bad in ("", "   ", "x" * 61, None, 5):
        status(call("POST", "/api/accounts", json={"name": bad}), 422)
    status(call("POST", "/api/accounts", json={}), 422)
    account("x" * 60)


def test_link_fields():
    """spec.md:37 «A link has `code`, `url`, `note` ("" when not given), `public`, `protected` (whether it has a password), `max_visits` (null when not given), `visits`, `disabled` and `created_at`.»"""
    l = link(url="https://example.org/a?b=c#d")
    assert l["url"] == "https://example.org/a?b=c#d" and l["note"] == "" and l["public"] is False and l["protected"] is False
    assert l["max_visits"] is None and l["visits"] == 0 and l["disabled"] is False and l["created_at"]
    assert re.fullmatch(r"[A-Za-z0-9_-]{7,32}", l["code"])
    l = link(note="hi", public=True, password="pw", max_visits=3)
    assert (l["note"], l["public"], l["protected"], l["max_visits"]) == ("hi", True, True, 3)
    assert info(l) == l


def test_link_limits():
    """spec.md:36 «`note` (up to 300 characters), `public` (boolean, default false), `password` (1 to 100 characters) and `max_visits` (1 to 1000000)»"""
    for bad in ({"note": "x" * 301}, {"public": "perhaps"}, {"password": ""}, {"password": "x" * 101}, {"max_visits": 0}, {"max_visits": 1000001}, {"max_visits": 1.5}, {"url": None}, {"note": 5}):
        status(post_link(**bad), 422)
    link(note="x" * 300, password="x" * 100, max_visits=1000000)


def test_own_codes():
    """spec.md:38 «A `code` has 3 to 32 characters from `A-Z a-z 0-9 _ -`; upper and lower case differ; one that is taken is 409»"""
    c = "a" + uuid.uuid4().hex[:10]
    l = link(code=c)
    assert l["code"] == c
    status(post_link(code=c), 409)
    status(post_link("bob", code=c), 409)
    m = link("bob", code=c.upper())
    assert visit(l).headers["location"] == l["url"] and visit(m).headers["location"] == m["url"]
    for bad in ("ab", "x" * 33, "a b c", "äöü", "a/b", "abc+", "abc\n", "a.b.c", "..."):
        status(post_link(code=bad), 422)


def test_reserved_codes():
    """spec.md:38-39 «`api`, `docs`, `redoc` and `static` in whatever case are reserved (422)»"""
    for bad in ("api", "docs", "redoc", "static", "API", "Docs", "STATIC"):
        status(post_link(code=bad), 422)


def test_redirect():
    """spec.md:46 «302 to the url with `Cache-Control: no-store` and `Referrer-Policy: no-referrer`, and `visits` goes up by one»"""
    l = link()
    for n in (1, 2):
        r = visit(l)
        status(r, 302)
        assert r.headers["location"] == l["url"]
        assert "no-store" in r.headers["cache-control"] and r.headers["referrer-policy"] == "no-referrer"
        assert info(l)["visits"] == n


def test_location_is_exact():
    """spec.md:31 «The url is kept as it was sent, and the redirect's `Location` is exactly that string.»"""
    for url in ("HTTPS://Example.ORG", "http://example.org:8080", "https://example.org/%7Efoo/%2f%c3%a4?x=[1]&y='a'&z=(b);c,d=!$*+#~f%20g", "https://example.org?q=a+b", "http://[2001:db8::1]:99/x", "http://10.0.0.1/", "https://xn--bcher-kva.example/a//b/../c/."):
        l = link(url=url)
        assert l["url"] == url
        assert visit(l).headers["location"] == url


def test_urls_refused():
    """spec.md:24 «A `url` is accepted only if all of this holds, otherwise it is 422»"""
    for bad in ("", "example.org", "//example.org", "/x", "ftp://example.org", "mailto:a@example.org", "http:", "http://", "http:///path", "http://?x", "https:example.org", "http:/example.org", "https://:80/",
                "http://example.org:0/", "http://example.org:65536/", "http://example.org:abc/", "https://example.org/a b", "https://example.org/ä", "https://bücher.example/", "https://example.org/" + "x" * 2000,
                'https://example.org/"', "https://example.org/<b>", "https://example.org\\@evil.example", "https://example.org/{x}", "https://example.org/a|b", "https://example.org/^", "https://example.org/`", " https://example.org/"):
        status(post_link(url=bad), 422)


def test_url_to_itself():
    """spec.md:29 «host and port must not be those of the `Host` header of the request (the case of letters does not matter)»"""
    for url in (BASE + "/abc", BASE.replace("http://", "HTTP://") + "?x=1"):
        status(post_link(url=url), 422)
    l = link()
    status(change(l, url=BASE + "/" + l["code"]), 422)


def test_unknown_code():
    """spec.md:46 «An unknown code is 404.»"""
    for path in ("/nothing-here-1", "/nothing-here-1+", "/u/nothing-here-1"):
        r = call("GET", path)
        status(r, 404)
        Page(r)
    status(call("POST", "/nothing-here-1", data={"password": "x"}), 404)
    status(call("GET", "/api/links/nothing-here-1", headers=K("ann")), 404)


def test_max_visits():
    """spec.md:46-47 «A link that is disabled or has had its `max_visits` is 410»"""
    l = link(max_visits=2)
    assert [visit(l).status_code for _ in range(4)] == [302, 302, 410, 410]
    assert info(l)["visits"] == 2
    Page(visit(l))
    status(call("GET", f"/{l['code']}+"), 410)
    ok(change(l, max_visits=3))
    assert [visit(l).status_code for _ in range(2)] == [302, 410]
    ok(change(l, max_visits=None))
    status(visit(l), 302)


def test_disabled():
    """spec.md:46-47 «A link that is disabled or has had its `max_visits` is 410»"""
    l = link(password="pw")
    assert ok(change(l, disabled=True), 200)["disabled"] is True
    status(visit(l), 410)
    status(unlock(l, password="pw"), 410)
    status(call("GET", f"/{l['code']}+"), 410)
    ok(change(l, disabled=False))
    status(visit(l), 200)


def test_protected_link():
    """spec.md:47-48 «A protected link gives no redirect but a page (200) with a form that has a field `password` and posts to the same path.»"""
    l = link(password="pässwörd 1")
    r = visit(l)
    status(r, 200)
    assert "location" not in r.headers
    page = Page(r)
    forms = [a for t, a in page.tags if t == "form"]
    assert len(forms) == 1 and forms[0].get("method", "").lower() == "post"
    assert urllib.parse.urljoin(f"/{l['code']}", forms[0].get("action") or "") == f"/{l['code']}"
    assert any(t == "input" and a.get("name") == "password" for t, a in page.tags)
    assert info(l)["visits"] == 0


def test_unlock():
    """spec.md:49 «303 to the url if it is right (this is a visit as in 7), 403 with a page if it is wrong or missing»"""
    l = link(password="pässwörd 1", max_visits=1)
    for form in ({"password": "wrong"}, {"password": ""}, {"other": "x"}, {"password": "pässwörd 1 "}):
        r = unlock(l, **form)
        status(r, 403)
        Page(r)
    assert info(l)["visits"] == 0
    r = unlock(l, password="pässwörd 1")
    status(r, 303)
    assert r.headers["location"] == l["url"] and "no-store" in r.headers["cache-control"]
    assert info(l)["visits"] == 1
    status(unlock(l, password="pässwörd 1"), 410)


def test_unlock_unprotected():
    """spec.md:49 «for a link that is not protected 405»"""
    status(unlock(link(), password="x"), 405)


def test_password_changed_and_taken_away():
    """spec.md:44 «`password` (null takes it away)»"""
    l = link(password="one")
    ok(change(l, password="two"))
    status(unlock(l, password="one"), 403)
    status(unlock(l, password="two"), 303)
    assert ok(change(l, note="n"))["protected"] is True
    assert ok(change(l, password=None))["protected"] is False
    status(visit(l), 302)


def test_preview():
    """spec.md:50 «a page that shows the url as text and as a link (`<a href>`, with `rel` containing `noreferrer`), and the note. It is no visit.»"""
    l = link(url="https://example.org/?a=1&b='2'&amp;=3", note="Tom & Jerry")
    r = call("GET", f"/{l['code']}+")
    status(r, 200)
    page = Page(r)
    assert l["url"] in page.text and "Tom & Jerry" in page.text
    a = [x for x in page.links if x.get("href") == l["url"]]
    assert a and "noreferrer" in a[0].get("rel", "")
    assert info(l)["visits"] == 0


def test_patch():
    """spec.md:44 «changes any of `url`, `note`, `public`, `disabled`, `password` (null takes it away) and `max_visits` (null takes it away), under the same rules»"""
    l = link(note="old", max_visits=5)
    got = ok(change(l, url="https://example.org/new", public=True), 200)
    assert (got["url"], got["public"], got["note"], got["max_visits"], got["code"]) == ("https://example.org/new", True, "old", 5, l["code"])
    assert visit(l).headers["location"] == "https://example.org/new"
    for bad in ({"url": "javascript:alert(1)"}, {"url": None}, {"note": "x" * 301}, {"max_visits": 0}, {"password": ""}, {"disabled": "maybe"}):
        status(change(l, **bad), 422)


def test_delete():
    """spec.md:45 «`DELETE /api/links/{code}` (key): 204.»"""
    l = link()
    status(call("DELETE", f"/api/links/{l['code']}", headers=K("ann")), 204)
    status(visit(l), 404)
    status(call("GET", f"/api/links/{l['code']}", headers=K("ann")), 404)


def test_list():
    """spec.md:40 «the account's own links, newest first, with `limit` (1 to 100, default 20) and `offset` (0 or more)»"""
    a = account()
    made = [link(a)["code"] for _ in range(22)][::-1]
    body = ok(call("GET", "/api/links", headers=K(a)))
    assert [l["code"] for l in body["items"]] == made[:20] and body["total"] == 22
    assert found(a, limit=5, offset=19) == made[19:]
    for bad in ({"limit": 0}, {"limit": 101}, {"offset": -1}, {"limit": "x"}):
        status(call("GET", "/api/links", headers=K(a), params=bad), 422)


def test_list_q():
    """spec.md:40-41 «`q` keeps those that have the text in url or note (whatever the case; it is plain text without wildcards)»"""
    a = account()
    x, y = link(a, url="https://example.org/Sale%20now", note="Spring"), link(a, url="https://example.org/other_thing", note="winter (50)")
    assert found(a, q="sale%20") == [x["code"]] and found(a, q="SPRING") == [x["code"]]
    assert found(a, q="_") == [y["code"]] and found(a, q="%") == [x["code"]] and found(a, q="(") == [y["code"]]
    assert found(a, q=".*") == [] and found(a, q="s%w") == []
    assert ok(call("GET", "/api/links", headers=K(a), params={"q": "spring"}))["total"] == 1


def test_list_host():
    """spec.md:41-42 «`example.org` finds `www.example.org` but not `badexample.org`»"""
    a = account()
    urls = ["https://example.org/1", "https://WWW.Example.org:8443/2", "https://badexample.org/", "https://example.org.evil.example/", "https://x.example/?u=https://example.org/", "https://a.b.example.org"]
    codes = [link(a, url=u)["code"] for u in urls]
    assert found(a, host="example.org") == [codes[5], codes[1], codes[0]]
    assert found(a, host="Example.ORG") == [codes[5], codes[1], codes[0]]
    assert found(a, host="exampleXorg") == [] and found(a, host="%") == []


def test_public_page():
    """spec.md:52 «for each of its links that is public and not disabled, newest first, an `<a>` to the path `/CODE` and the note. Target urls are not on it.»"""
    a = account("Page owner")
    one, two = link(a, public=True, note="Note one"), link(a, public=True, note="Note two")
    hidden, off = link(a, note="Note hidden"), link(a, public=True, note="Note off")
    ok(change(off, a, disabled=True))
    r = call("GET", f"/u/{a['id']}")
    status(r, 200)
    page = Page(r)
    assert "Page owner" in page.text and page.text.index("Note two") < page.text.index("Note one")
    hrefs = [urllib.parse.urlparse(x.get("href", "")).path for x in page.links]
    assert [h for h in hrefs if h in ("/" + one["code"], "/" + two["code"])] == ["/" + two["code"], "/" + one["code"]]
    assert "Note hidden" not in r.text and "Note off" not in r.text and hidden["code"] not in r.text and one["url"] not in r.text
