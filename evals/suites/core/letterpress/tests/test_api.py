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


def test_workspace():
    """C1 spec.md:22 «201 with `id`, `name` and `key`»"""
    w = ok(call("POST", "/workspaces", json={"name": "Office"}), 201)
    assert w["name"] == "Office" and len(w["key"]) >= 20 and w["id"]
    for bad in ("", "x" * 61, None, 5):
        status(call("POST", "/workspaces", json={"name": bad}), 422)


def test_template():
    """C2 spec.md:23 «201 with `id`, `name`, `kind`, `body`, `fields`»"""
    fields = {"a": {"required": True}}
    t = ok(call("POST", "/templates", K(), json={"name": "Letter", "kind": "html", "body": "Hi {{ a }}", "fields": fields}), 201)
    assert (t["name"], t["kind"], t["body"]) == ("Letter", "html", "Hi {{ a }}") and t["fields"]["a"]["required"] is True
    assert ok(call("GET", f"/templates/{t['id']}", K()), 200) == t
    for bad in ({"name": ""}, {"name": "x" * 81}, {"kind": "pdf"}, {"body": ""}, {"body": "x" * 50001}, {"body": None}):
        status(call("POST", "/templates", K(), json={"name": "t", "kind": "text", "body": "x"} | bad), 422)


def test_template_list_and_delete():
    """C3 spec.md:25 «a list of `id`, `name`, `kind`, oldest first» C5 spec.md:25 «204; its renders stay»"""
    _cache["lister"] = ok(call("POST", "/workspaces", json={"name": "l"}), 201)
    made = [template("x", "lister", name=n) for n in ("b", "a", "c")]
    got = items(call("GET", "/templates", K("lister")))
    assert [(x["id"], x["name"], x["kind"]) for x in got] == [(t["id"], t["name"], "text") for t in made]
    r = ok(render(made[0], {}, "lister"), 201)
    status(call("DELETE", f"/templates/{made[0]['id']}", K("lister")), 204)
    status(call("GET", f"/templates/{made[0]['id']}", K("lister")), 404)
    status(render(made[0], {}, "lister"), 404)
    assert call("GET", f"/renders/{r['id']}", K("lister")).text == "x"


def test_text_stands_for_itself():
    """D1 spec.md:35 «Text stands for itself, white space and line breaks included. Single braces are text, and so are closing marks without an opening one.»"""
    for body in ("  a\n\n b\t\n", "{ a } {a}", "}} %} #} } {", "100% $x ${y} %s {0} <%= 1 %>", "ünï 日本 \U0001f600", "a\\nb"):
        assert out(body, {}) == body


def test_values():
    """D4 spec.md:39 «A string is inserted as it is, whole numbers in digits, other numbers like in JSON, true and false as `true` and `false`, null as nothing.»"""
    data = {"s": " <x> ", "i": 12345678901, "n": -7, "f": 2.5, "t": True, "u": False, "z": None, "o": 0}
    assert out("[{{ s }}|{{i}}|{{ n}}|{{f }}|{{  t  }}|{{\nu\n}}|{{ z }}|{{ o }}]", data) == "[ <x> |12345678901|-7|2.5|true|false||0]"


def test_paths():
    """D3 spec.md:37 «A name looks up a key of a JSON object, digits an element of a list (from 0).»"""
    data = {"a": {"b_1": [{"C": "deep"}, "x"]}, "_": "under"}
    assert out("{{ a.b_1.0.C }}{{ a.b_1.1 }}{{ _ }}", data) == "deepxunder"


def test_paths_to_nowhere():
    """D4 spec.md:39 «A list or an object, and a path that leads nowhere, is 422 when rendering.»"""
    data = {"l": [1, 2], "o": {"k": 1}, "s": "text", "n": 5, "z": None}
    for path in ("missing", "l", "o", "o.x", "l.2", "l.99999999999999999999", "s.x", "s.0", "n.real", "z.x", "o.0", "l.k"):
        fails("{{ %s }}" % path, data)


def test_string_filters():
    """D5 spec.md:40 «`upper`, `lower` and `trim` (white space at both ends) for strings»"""
    assert out("{{ a | upper }}-{{ a|lower }}-{{ a | trim }}-{{ a | trim | upper }}", {"a": " Ab\n"}) == " AB\n- ab\n-Ab-AB"
    for f in ("upper", "lower", "trim", "link"):
        for v in (5, True, None):
            fails("{{ a | %s }}" % f, {"a": v})


def test_money():
    """D5 spec.md:40 «`money` for whole numbers of cents: 123450 gives `1,234.50`, -5 gives `-0.05`»"""
    for v, want in ((123450, "1,234.50"), (-5, "-0.05"), (0, "0.00"), (7, "0.07"), (100, "1.00"), (-123456789, "-1,234,567.89"), (99999999999999999, "999,999,999,999,999.99")):
        assert out("{{ v | money }}", {"v": v}) == want
    for bad in (1.5, "100", True, None):
        fails("{{ v | money }}", {"v": bad})


def test_link():
    """D5 spec.md:40 «the string if it begins with `http://`, `https://` or `mailto:` in whatever case, otherwise `#`»"""
    for v in ("http://a.example/?x=1", "HTTPS://a.example", "mailto:a@example.com"):
        assert out("{{ v | link }}", {"v": v}) == v
    for v in ("javascript:alert(1)", "JaVaScRiPt:alert(1)", " http://a.example", "", "java\nscript:x//http://", "data:text/html,http://", "//a.example", "http:/x", "x\nhttp://a.example"):
        assert out("{{ v | link }}", {"v": v}) == "#", v


def test_if():
    """D6 spec.md:42 «no, if the value is false, null, 0, "", [] or {} or the path leads nowhere; otherwise yes»"""
    t = template("{% if a.b %}yes{% else %}no{% endif %}{%if a.b%}!{%endif%}")
    for v, want in ((True, "yes!"), (1, "yes!"), (-1, "yes!"), ("0", "yes!"), (" ", "yes!"), ([0], "yes!"), ({"x": None}, "yes!"), (False, "no"), (None, "no"), (0, "no"), (0.0, "no"), ("", "no"), ([], "no"), ({}, "no")):
        assert ok(render(t, {"a": {"b": v}}), 201)["output"] == want, v
    for data in ({}, {"a": 5}, {"a": [1]}):
        assert ok(render(t, data), 201)["output"] == "no"


def test_for():
    """D7 spec.md:43 «repeats for every element of a list, which NAME then stands for inside»"""
    data = {"rows": [{"n": "a", "tags": ["x", "y"]}, {"n": "b", "tags": []}], "r": "outer"}
    assert out("{% for r in rows %}<{{ r.n }}:{% for t in r.tags %}{{ t }},{% endfor %}>{% endfor %}{{ r }}", data) == "<a:x,y,><b:>outer"
    for v in ("text", {"a": 1}, 5, None):
        fails("{% for x in v %}.{% endfor %}", {"v": v})
    fails("{% for x in nothing %}.{% endfor %}", {})


def test_loop_name_hides_and_goes():
    """D7 spec.md:43 «NAME hides a key of the same name. After the loop it is gone.»"""
    assert out("{% for x in l %}{% for x in x %}{{ x }}{% endfor %};{% endfor %}", {"l": [[1, 2], [3]]}) == "12;3;"
    fails("{% for x in l %}{{ x }}{% endfor %}{{ x }}", {"l": [1]})
    assert out("{% for x in l %}{% if x.b %}{{ x.b }}{% endif %}{% endfor %}", {"l": [{"a": 1}, {"b": 2}], "x": {"b": 9}}) == "2"


def test_comments():
    """D2 spec.md:36 «`{# ... #}` is a comment and leaves nothing behind»"""
    assert out("a{# {{ nope }} {% if %} \n #}b{##}c", {}) == "abc"


def test_mistakes():
    """D8 spec.md:44 «blocks that are not closed or closed in the wrong order, marks that are not closed, empty marks and anything that is not in this list»"""
    for body in ("{{ a", "{{", "{% if a", "{# x", "{{ }}", "{% %}", "{{ a b }}", "{{ a. }}", "{{ .a }}", "{{ a..b }}", "{{ 1a }}", "{{ 0 }}", "{{ a-b }}", "{{ a() }}", "{{ a['b'] }}", "{{ 'x' }}", "{{ a | nope }}", "{{ a | }}", "{{ | upper }}", "{{ ä }}",
                 "{% if a %}", "{% endif %}", "{% else %}", "{% for x in l %}", "{% endfor %}", "{% for x in l %}{% endif %}", "{% if a %}{% for x in l %}{% endif %}{% endfor %}", "{% if a %}{% else %}{% else %}{% endif %}", "{% for in l %}{% endfor %}",
                 "{% for x of l %}{% endfor %}", "{% for x.y in l %}{% endfor %}", "{% for x in l %}{% else %}{% endfor %}", "{% if %}{% endif %}", "{% if a b %}{% endif %}", "{% if a | upper %}{% endif %}", "{% include 'x' %}", "{% set a = 1 %}", "{% import os %}", "{% elif a %}"):
        r = post_template(body)
        assert r.status_code == 422, (body, r.status_code)


def test_nesting():
    """D8 spec.md:44 «Blocks can be nested up to 10 deep; more is a mistake in the body»"""
    deep = lambda n: "{% if a %}" * n + "x" + "{% endif %}" * n
    assert out(deep(10), {"a": 1}) == "x"
    status(post_template(deep(11)), 422)
    assert out(deep(1) * 15, {"a": 1}) == "x" * 15


def test_html_escaping():
    """D9 spec.md:45 «In templates of kind `html` each inserted value has `&`, `<`, `>`, `"` and `'` escaped (after the filters), in kind `text` nothing is escaped.»"""
    import html
    v = "<b>&\"'</b>"
    got = out("<i>{{ v }}</i>", {"v": v}, kind="html")
    inner = got[3:-4]
    assert got.startswith("<i>") and got.endswith("</i>") and html.unescape(inner) == v and not set(inner) & set("<>\"'")
    got = out("{{ v | upper }}", {"v": v}, kind="html")
    assert html.unescape(got) == v.upper() and "&LT;" not in got
    assert "'" not in out("{{ v | link }}", {"v": "http://x/'onclick='y"}, kind="html")
    assert out("<i>{{ v }}</i>", {"v": v}) == f"<i>{v}</i>"


def test_output_limit():
    """D10 spec.md:46 «its output has at most 200000 characters; more is 422»"""
    t = template("{% for x in l %}{{ s }}{% endfor %}")
    assert len(ok(render(t, {"l": [0] * 200, "s": "x" * 1000}), 201)["output"]) == 200000
    status(render(t, {"l": [0] * 200, "s": "x" * 1001}), 422)


def test_loop_limit():
    """D10 spec.md:46 «A render does at most 100000 passes through loops in all»"""
    t = template("{% for x in l %}{% for y in l %}{% endfor %}{% endfor %}x")
    assert ok(timed(lambda: render(t, {"l": [0] * 315})), 201)["output"] == "x"
    status(timed(lambda: render(t, {"l": [0] * 317})), 422)


def test_fields_required_and_length():
    """E2 spec.md:51 «A required field must be there and not null. With max_length or pattern the value, if there and not null, must be a string; it may have no more than max_length characters»"""
    t = template("x", fields={"a": {"required": True}, "b": {"max_length": 3}})
    for data, want in (({"a": 0}, 201), ({"a": ""}, 201), ({"a": False, "extra": [1]}, 201), ({}, 422), ({"a": None}, 422), ({"a": 1, "b": "xyz"}, 201), ({"a": 1, "b": "wxyz"}, 422), ({"a": 1, "b": 5}, 422), ({"a": 1, "b": None}, 201), ({"a": 1, "b": ["x"]}, 422)):
        r = render(t, data)
        assert r.status_code == want, (data, r.status_code)


def test_fields_pattern():
    """E2 spec.md:51 «the pattern must match the whole of it»"""
    t = template("x", fields={"zip": {"pattern": "[0-9]{5}"}, "c": {"pattern": "a|bc"}})
    for data, want in (({"zip": "12345"}, 201), ({"zip": "1234"}, 422), ({"zip": "123456"}, 422), ({"zip": "x12345"}, 422), ({"zip": "12345\n"}, 422), ({"zip": 12345}, 422), ({}, 201), ({"zip": None}, 201), ({"c": "bc"}, 201), ({"c": "ac"}, 422), ({"c": "a"}, 201)):
        r = render(t, data)
        assert r.status_code == want, (data, r.status_code)


def test_fields_malformed():
    """E1 spec.md:50 «at most 30 names (as in D3)» E3 spec.md:52 «A pattern that cannot be compiled is 422 when the template is made.»"""
    for bad in ({"a": {"pattern": "("}}, {"a": {"pattern": "[z-a]"}}, {"a": {"pattern": "x" * 201}}, {"a": {"pattern": 5}}, {"a": {"max_length": 0}}, {"a": {"max_length": 10001}}, {"a": {"required": "perhaps"}}, {"a b": {}}, {"1": {}}, {"": {}}, {"a": 5}, [], {f"f{i}": {} for i in range(31)}, {"a\n": {}}):
        r = post_template("x", fields=bad)
        assert r.status_code == 422, (bad, r.status_code)
    template("x", fields={f"f{i}": {} for i in range(30)})


def test_render_shown():
    """C7 spec.md:27 «`text/plain; charset=utf-8` or `text/html; charset=utf-8` by its kind, always with `X-Content-Type-Options: nosniff` and a `Content-Security-Policy` that contains `sandbox`»"""
    for kind, want in (("text", "text/plain;charset=utf-8"), ("html", "text/html;charset=utf-8")):
        r = ok(render(template("<p>ü {{ a }}</p>\r\n", kind=kind), {"a": 1}), 201)
        assert r["kind"] == kind and r["output"] == "<p>ü 1</p>\r\n"
        for got in (call("GET", f"/renders/{r['id']}", K()), call("GET", ok(share(r), 201)["url"])):
            status(got, 200)
            assert got.content == r["output"].encode() and got.headers["content-type"].replace(" ", "").lower() == want
            assert got.headers["x-content-type-options"] == "nosniff" and "sandbox" in got.headers["content-security-policy"]


def test_share():
    """C9 spec.md:28 «201 with `token`, `url` (the path `/s/TOKEN`) and `expires_at` (Unix time, an integer)»"""
    r = ok(render(template("hello"), {}), 201)
    s = ok(share(r, 120), 201)
    assert s["url"] == "/s/" + s["token"] and isinstance(s["expires_at"], int) and abs(s["expires_at"] - time.time() - 120) < 15
    payload, sig = s["token"].split(".")
    assert json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))) == {"r": r["id"], "e": s["expires_at"]}
    assert len(sig) == 64 and sig == sig.lower() and "=" not in payload
    assert call("GET", s["url"]).text == "hello"
    for bad in (59, 86401, 1.5, "x", None):
        status(share(r, bad), 422)


def test_delete_render():
    """C8 spec.md:27 «`DELETE /renders/{id}` (key): 204» C10 spec.md:29 «or whose render is deleted is 404»"""
    r = ok(render(template("hello"), {}), 201)
    s = ok(share(r), 201)
    status(call("DELETE", f"/renders/{r['id']}", K()), 204)
    status(call("GET", f"/renders/{r['id']}", K()), 404)
    status(call("GET", s["url"]), 404)
    status(share(r), 404)
