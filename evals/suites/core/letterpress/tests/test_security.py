"""Black-box acceptance tests for letterpress; see spec.md."""
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
_cache = {}


def ws(who="ann"):
    """A workspace that several tests share."""
    if who not in _cache:
        _cache[who] = ok(call("POST", "/workspaces", json={"name": uniq(who)}), 201)
    return _cache[who]


def K(who="ann"):
    return ws(who)["key"]


def post_template(body, who="ann", kind="text", **kw):
    return call("POST", "/templates", K(who), json={"name": "t", "kind": kind, "body": body} | kw)


def template(body, who="ann", **kw):
    return ok(post_template(body, who, **kw), 201)


def render(t, data, who="ann"):
    return call("POST", f"/templates/{t['id']}/render", K(who), json={"data": data})


def out(body, data, **kw):
    return ok(render(template(body, **kw), data), 201)["output"]


def fails(body, data, **kw):
    status(render(template(body, **kw), data), 422)


def share(r, seconds=600, who="ann"):
    return call("POST", f"/renders/{r['id']}/share", K(who), json={"seconds": seconds})


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token_for(render_id, expires, secret):
    payload = b64(json.dumps({"r": render_id, "e": expires}).encode())
    return payload + "." + hmac.new(secret.encode(), payload.encode(), hashlib.sha256).hexdigest()


def timed(fn, limit=5):
    t = time.time()
    r = fn()
    assert time.time() - t < limit, f"took {time.time() - t:.1f} s"
    return r


def test_keys():
    """B3 spec.md:17 «want `Authorization: Bearer KEY` with the key of a workspace, otherwise 401»"""
    t = template("x")
    r = ok(render(t, {}), 201)
    for key in (None, "x", ws()["id"] if isinstance(ws()["id"], str) else str(ws()["id"]), K()[:-1], K() + "0", "'; --", "%"):
        for method, path, kw in (("GET", "/templates", {}), ("POST", "/templates", {"json": {"name": "t", "kind": "text", "body": "x"}}), ("GET", f"/templates/{t['id']}", {}), ("DELETE", f"/templates/{t['id']}", {}),
                                 ("POST", f"/templates/{t['id']}/render", {"json": {"data": {}}}), ("GET", f"/renders/{r['id']}", {}), ("DELETE", f"/renders/{r['id']}", {}), ("POST", f"/renders/{r['id']}/share", {"json": {"seconds": 60}})):
            assert call(method, path, key, **kw).status_code == 401, (key, method, path)
    status(call("GET", "/templates", headers={"Authorization": "Basic " + K()}), 401)


def test_things_of_others():
    """B3 spec.md:17 «with the key of another one they are 404»"""
    t = template("secret body")
    r = ok(render(t, {}), 201)
    for method, path, kw in (("GET", f"/templates/{t['id']}", {}), ("DELETE", f"/templates/{t['id']}", {}), ("POST", f"/templates/{t['id']}/render", {"json": {"data": {}}}), ("GET", f"/renders/{r['id']}", {}), ("DELETE", f"/renders/{r['id']}", {}),
                             ("POST", f"/renders/{r['id']}/share", {"json": {"seconds": 60}})):
        x = call(method, path, K("bob"), **kw)
        status(x, 404)
        assert "secret body" not in x.text
    assert str(t["id"]) not in [str(i) for i in ids(call("GET", "/templates", K("bob")))]
    assert call("GET", f"/renders/{r['id']}", K()).text == "secret body"


def test_key_shown_once():
    """C1 spec.md:22 «The key is shown only this once.»"""
    t = template("x")
    for r in (call("GET", "/templates", K()), call("GET", f"/templates/{t['id']}", K()), render(t, {})):
        assert K() not in r.text


def test_forged_share_tokens():
    """C10 spec.md:29 «A token that is forged, changed, expired or whose render is deleted is 404.»"""
    r, other = (ok(render(template(x), {}), 201) for x in ("mine", "other"))
    s = ok(share(r), 201)
    payload, sig = s["token"].split(".")
    later = b64(json.dumps({"r": r["id"], "e": s["expires_at"] + 999}).encode())
    swapped = b64(json.dumps({"r": other["id"], "e": s["expires_at"]}).encode())
    bad = [f"{later}.{sig}", f"{swapped}.{sig}", payload, payload + ".", "." + sig, sig, payload + "." + sig[:-1], payload + "." + sig + "0", payload + "." + "0" * 64, "x", "a.b.c", payload + "." + "%C3%A4" * 64, "%FF.%FF", "%00.%00"]
    bad += [token_for(r["id"], s["expires_at"], k) for k in ("", "secret", "changeme", "change-me", "dev", "dev-secret", "letterpress", "APP_SECRET", "None")]
    for token in bad:
        x = call("GET", "/s/" + token)
        assert x.status_code == 404, (token, x.status_code)
    status(call("GET", "/s/" + s["token"]), 200)


def test_expired_and_odd_signed_tokens():
    """C10 spec.md:29 «A token that is forged, changed, expired or whose render is deleted is 404.»"""
    r = ok(render(template("mine"), {}), 201)
    secret = os.environ.get("APP_SECRET")
    if secret:
        assert call("GET", "/s/" + token_for(r["id"], int(time.time()) + 60, secret)).text == "mine"
        sign = lambda p: p + "." + hmac.new(secret.encode(), p.encode(), hashlib.sha256).hexdigest()
        odd = [token_for(r["id"], int(time.time()) - 1, secret)] + [sign(b64(p)) for p in (b"[]", b"{}", b"null", b"\xff", b'{"r": null, "e": null}', b'{"r": "x"}', b'{"r": [], "e": 99999999999}')] + [sign("A"), sign("!!!")]
        for token in odd:
            x = call("GET", "/s/" + token)
            assert x.status_code == 404, (token, x.status_code)
    else:
        status(call("GET", "/s/" + token_for(r["id"], int(time.time()) - 1, "guess")), 404)


def test_no_way_into_the_language():
    """D3 spec.md:37-38 «Nothing else can be reached by a path, no attributes, methods or properties of the programming language.»"""
    for path in ("a.__class__", "a.__class__.__mro__", "a.upper", "d.keys", "d.items", "l.append", "l.__len__", "a.__init__.__globals__", "self", "__builtins__", "os", "config", "request", "d.get", "n.real", "__import__"):
        r = post_template("{{ %s }}" % path)
        if r.status_code == 201:
            x = render(r.json(), {"a": "str", "d": {"k": 1}, "l": [1], "n": 5})
            assert x.status_code == 422, (path, x.text[:200])
        else:
            status(r, 422)
    assert out("{{ d.__class__ }}{{ d.items }}", {"d": {"__class__": "mine", "items": "also"}}) == "minealso"
    for body in ("${7*7}", "<%= 7*7 %>", "#{7*7}", "{7*7}", "%(a)s", "{a}", "{0.__class__}"):
        assert out(body, {"a": "A"}) == body


def test_values_are_not_templates():
    """D9 spec.md:45 «What is inserted is never read as template language again.»"""
    v = "{{ secret }}{% for x in l %}!{% endfor %}{# c #}{{"
    assert out("[{{ v }}]{% for x in l %}{{ x }}{% endfor %}", {"v": v, "l": [v, "{{ v }}"], "secret": "S"}) == f"[{v}]{v}" + "{{ v }}"


def test_hostile_patterns():
    """E3 spec.md:52 «Patterns come from strangers, and B2 holds for them too, for example for `(a+)+b` on a long row of `a`.»"""
    for pattern, value in (("(a+)+b", "a" * 60), ("(a|a)*b", "a" * 60), ("(.*)*x{200}!", "a" * 3000), ("([a-z]+)*[0-9]", "q" * 80)):
        r = timed(lambda: post_template("x", fields={"v": {"pattern": pattern}}))
        status(r, 201, 422)
        if r.status_code == 201:
            x = timed(lambda: render(r.json(), {"v": value}))
            assert x.status_code == 422, (pattern, x.status_code)


def test_others_are_not_held_up():
    """B2 spec.md:16 «one workspace's heavy template, data or pattern must not hold up the requests of others for longer than that»"""
    r = post_template("x", fields={"v": {"pattern": "(a+)+b"}})
    K("bob")
    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(render, r.json(), {"v": "a" * 70}) for _ in range(3)] if r.status_code == 201 else []
        x = timed(lambda: call("GET", "/templates", K("bob")))
        status(x, 200)
        assert all(j.result().status_code == 422 for j in jobs)


def test_heavy_templates():
    """B2 spec.md:16 «Every request is answered within 3 seconds»"""
    for body in ("{{" * 25000, "{%" * 25000, "{#" * 25000, "{{ a" + " " * 49000, "{{ a" + " " * 40000 + "! }}", "{{ a" + ".a" * 20000 + "! }}", "{{ a" + " |" * 20000 + " }}", "{" * 50000, "{% if a" + " " * 40000 + "b %}"):
        r = timed(lambda: post_template(body))
        assert r.status_code in (201, 422), r.status_code
    assert r.status_code == 422
    t = template("{% for a in l %}{% for b in l %}{% for c in l %}{% for d in l %}{% endfor %}{% endfor %}{% endfor %}{% endfor %}")
    status(timed(lambda: render(t, {"l": [0] * 5000})), 422)
    t = template("{% for a in l %}{{ s }}{{ s }}{{ s }}{{ s }}{{ s }}{{ s }}{{ s }}{{ s }}{% endfor %}")
    status(timed(lambda: render(t, {"l": [0] * 90000, "s": "x" * 100000})), 422)
    t = template("{{ a" + ".a" * 20000 + " }}")
    status(timed(lambda: render(t, {"a": {"a": 1}})), 422)


def test_nothing_kept_of_failed_render():
    """C6 spec.md:26 «422, and no render is kept»"""
    t = template("a{{ missing }}")
    r = render(t, {"x": 1})
    status(r, 422)
    body = r.json() if r.content else {}
    assert not (isinstance(body, dict) and "output" in body)


def test_hostile_input():
    """B1 spec.md:15 «No request may end in a 5xx.»"""
    t = template("{{ a }}")
    for raw in (b"{", b"null", b"[]", b'{"data": null}', b'{"data": []}', b'{"data": "x"}', b'{}', b"\xff", b"[" * 100000, b'{"data": ' + b'{"a":' * 100000):
        r = call("POST", f"/templates/{t['id']}/render", K(), content=raw, headers={"Content-Type": "application/json"})
        assert r.status_code == 422 or 400 <= r.status_code < 500, (raw[:60], r.status_code)
    for raw in (b'{"data": {"a": NaN}}', b'{"data": {"a": 1e999}}', b'{"data": {"a": -1e999}}', b'{"data": {"a": "\\ud800"}}', b'{"data": {"a": "\\u0000"}}', b'{"data": {"a": ' + b"9" * 5000 + b"}}", b'{"data": {"\\ud800": 1, "a": 1}}', b'{"data": {"a": 1e-7}}'):
        r = call("POST", f"/templates/{t['id']}/render", K(), content=raw, headers={"Content-Type": "application/json"})
        assert r.status_code < 500, (raw[:60], r.status_code)
        if r.status_code == 201:
            assert call("GET", f"/renders/{r.json()['id']}", K()).status_code == 200
    for raw in (b'{"name": "t", "kind": "text", "body": "\\ud800"}', b'{"name": "t", "kind": "text", "body": "\\u0000"}', b'{"name": "\\ud800", "kind": "text", "body": "x"}', b'{"name": "t", "kind": "text", "body": "x", "fields": {"a": {"pattern": "\\ud800"}}}',
                b'{"name": "t", "kind": "text", "body": "x", "fields": {"a": {"pattern": "(?P<x"}}}', b'{"name": "t", "kind": "text", "body": "x", "fields": {"a": {"pattern": "x{99999999999999}"}}}', b'{"name": "t", "kind": "text", "body": "x", "fields": {"a": {"pattern": "(((((((((((((((((((((((((((("}}}',
                b'{"name": "t", "kind": "text", "body": "x", "fields": {"a": {"max_length": 1e999}}}', b'{"name": "t", "kind": "text", "body": "x", "fields": null}'):
        r = call("POST", "/templates", K(), content=raw, headers={"Content-Type": "application/json"})
        assert r.status_code < 500, (raw, r.status_code)
    for path in ("/templates/%00", "/templates/99999999999999999999999", "/templates/-1", "/templates/x'--", "/renders/%00", "/renders/%FF", "/renders/99999999999999999999999"):
        r = call("GET", path, K())
        assert r.status_code in (404, 422), (path, r.status_code)
    r = ok(render(template("x"), {}), 201)
    for raw in (b'{"seconds": 1e999}', b'{"seconds": NaN}', b'{"seconds": 99999999999999999999999}', b"null", b"{"):
        x = call("POST", f"/renders/{r['id']}/share", K(), content=raw, headers={"Content-Type": "application/json"})
        assert 400 <= x.status_code < 500, (raw, x.status_code)
