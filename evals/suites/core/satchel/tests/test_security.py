"""Black-box acceptance tests for satchel; see spec.md."""
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
import io
import struct
import tarfile
import urllib.parse
import zipfile

API = "/api/bundles"


def make_zip(files, compress=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compress) as z:
        for name, data in files:
            info = name if isinstance(name, zipfile.ZipInfo) else zipfile.ZipInfo(name)
            if not isinstance(name, zipfile.ZipInfo):
                info.filename = name        # keep backslashes and the like
            info.compress_type = compress
            z.writestr(info, data)
    return out.getvalue()


def make_tar(files, mode="w:gz"):
    """files: (name, data) or (TarInfo, None)."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as t:
        for name, data in files:
            if isinstance(name, tarfile.TarInfo):
                t.addfile(name)
            else:
                info = tarfile.TarInfo(name)
                info.size = len(data)
                t.addfile(info, io.BytesIO(data))
    return out.getvalue()


def upload(data, filename="x.bin", **form):
    return call("POST", API, files={"archive": (filename, data, "application/octet-stream")}, data=form)


def bundle(files=(("a.txt", b"hello\n"),), **form):
    return ok(upload(make_zip(files), **form), 201)


def file_url(b, path):
    return f"{API}/{b['id']}/files/" + urllib.parse.quote(path)


def tok(b):
    return {"X-Edit-Token": b["edit_token"]}


class Page(html.parser.HTMLParser):
    """Collects the links, the text and the tags of a page."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.links, self.tags, self.text, self.open = [], [], "", None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, attrs))
        if tag == "a":
            self.open = [dict(attrs).get("href"), ""]
            self.links.append(self.open)

    def handle_endtag(self, tag):
        if tag == "a":
            self.open = None

    def handle_data(self, data):
        self.text += data
        if self.open:
            self.open[1] += data


BAD_PATHS = ["../evil.txt", "a/../../evil.txt", "a/../b.txt", "/etc/evil.txt", "a//b.txt", "a/./b.txt", "a\\b.txt", "..\\evil.txt", "C:/evil.txt",
             "C:evil.txt", "a\tb.txt", "a\x7fb.txt", "x" * 201, "a/..", "//host/share"]


def test_bad_paths_in_tar():
    """spec.md:29 «Refused with 422: an absolute path, a segment `..`, an empty segment or a `.` inside, a backslash, a drive letter»"""
    for path in BAD_PATHS:
        r = upload(make_tar([("good.txt", b"1"), (path, b"evil")]))
        assert r.status_code == 422, (path, r.status_code)


def test_bad_paths_in_zip():
    """spec.md:29 «Refused with 422: an absolute path, a segment `..`, an empty segment or a `.` inside, a backslash, a drive letter»"""
    for path in BAD_PATHS:
        r = upload(make_zip([("good.txt", b"1"), (path, b"evil")]))
        assert r.status_code == 422, (path, r.status_code)


def test_bad_paths_in_put():
    """spec.md:53 «Paths and limits as above.»"""
    b = bundle()
    for path in BAD_PATHS:
        quoted = urllib.parse.quote(path, safe="").replace(".", "%2E")
        r = call("PUT", f"{API}/{b['id']}/files/{quoted}", headers=tok(b), json={"content": "evil"})
        assert 400 <= r.status_code < 500, (path, r.status_code)
    assert [f["path"] for f in ok(call("GET", f"{API}/{b['id']}"))["files"]] == ["a.txt"]


def test_no_file_from_outside():
    """spec.md:18 «An unknown bundle or file is 404.»"""
    b = bundle()
    for path in ("%2E%2E%2F%2E%2E%2Fapp.py", "%2Fetc%2Fpasswd", "..%2f..%2f..%2fetc%2fpasswd", "%2E%2E/%2E%2E/app.py"):
        r = call("GET", f"{API}/{b['id']}/files/{path}")
        assert r.status_code in (404, 422), (path, r.status_code)
        assert "root:" not in r.text and "import" not in r.text


def test_links_in_tar():
    """spec.md:45-46 «an entry that is neither a regular file nor a folder (symbolic or hard links, devices, pipes)»"""
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE):
        info = tarfile.TarInfo("link")
        info.type = kind
        info.linkname = "/etc/passwd" if kind == tarfile.SYMTYPE else "a.txt"
        status(upload(make_tar([("a.txt", b"1"), (info, None)])), 422)


def test_links_in_zip():
    """spec.md:46 «(symbolic or hard links, devices, pipes), in zip as well as in tar»"""
    for mode in (0o120777, 0o020644, 0o010644):
        info = zipfile.ZipInfo("link")
        info.create_system = 3
        info.external_attr = mode << 16
        status(upload(make_zip([("a.txt", b"1"), (info, b"/etc/passwd")])), 422)


def test_encrypted_entry():
    """spec.md:45 «an encrypted entry»"""
    z = bytearray(make_zip([("a.txt", b"secret text")]))
    z[6] |= 1
    at = z.rindex(b"PK\x01\x02")
    z[at + 8] |= 1
    status(upload(bytes(z)), 422)


def test_zip_bomb():
    """spec.md:37 «an archive that unpacks to gigabytes must be turned down quickly and without being unpacked to its end»"""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for i in range(3):
            with z.open(f"f{i}", "w") as f:
                for _ in range(60):
                    f.write(bytes(1 << 20))
    data = out.getvalue()
    assert len(data) < 1048576
    t = time.time()
    status(upload(data), 413)
    assert time.time() - t < 5


def test_zip_bomb_with_false_sizes():
    """spec.md:36 «The limits count what is really unpacked, whatever the archive's headers claim»"""
    z = bytearray(make_zip([("a.txt", bytes(60 << 20))]))
    z[22:26] = struct.pack("<I", 10)
    at = z.rindex(b"PK\x01\x02")
    z[at + 24:at + 28] = struct.pack("<I", 10)
    status(upload(bytes(z)), 413, 422)


def test_tar_bomb():
    """spec.md:37 «an archive that unpacks to gigabytes must be turned down quickly and without being unpacked to its end»"""
    data = make_tar([("a.txt", bytes(120 << 20))])
    t = time.time()
    status(upload(data), 413)
    assert time.time() - t < 5


def test_tokens():
    """spec.md:22-23 «missing is 401, wrong is 403. A token for one bundle is of no use for another.»"""
    b, other = bundle(), bundle()
    calls = [("PUT", file_url(b, "a.txt"), {"json": {"content": "x"}}), ("DELETE", file_url(b, "a.txt"), {}), ("DELETE", f"{API}/{b['id']}", {})]
    wrong = [other["edit_token"], "0" * 64, b["edit_token"][:-1], b["id"], b["edit_token"] + "0", "\xe4".encode("latin-1")]
    wrong += [hmac.new(k, b["id"].encode(), hashlib.sha256).hexdigest() for k in (b"", b"secret", b"changeme", b"dev", b"dev-secret", b"satchel", b"APP_SECRET", b"None")]
    for method, path, kw in calls:
        status(call(method, path, **kw), 401)
        for w in wrong:
            status(call(method, path, headers={"X-Edit-Token": w}, **kw), 403)
    assert call("GET", file_url(b, "a.txt")).content == b"hello\n"


def test_html_file_is_not_html():
    """spec.md:50-51 «never anything else, whatever the file is called, and always with the header `X-Content-Type-Options: nosniff`»"""
    b = bundle([("index.html", b"<script>alert(1)</script>"), ("x.svg", b"<svg onload='alert(1)'/>"), ("x.js", b"alert(1)"), ("y.html", b"<b>\xff")])
    for n, kind in (("index.html", "text/plain"), ("x.svg", "text/plain"), ("x.js", "text/plain"), ("y.html", "application/octet-stream")):
        r = call("GET", file_url(b, n))
        assert r.headers["content-type"].startswith(kind), (n, r.headers["content-type"])
        assert r.headers.get("x-content-type-options", "").lower() == "nosniff"


def test_page_escapes():
    """spec.md:60-61 «Titles and paths are shown as they are and never become markup»"""
    title = "<script>alert(1)</script>'\"&{{7*7}}${7*7}"
    name = "\"><img src=x onerror=alert(1)>'.txt"
    b = bundle([(name, b"1"), ("javascript:alert(1)", b"2"), ("{{7*7}}", b"3")], title=title)
    page = Page(call("GET", f"/b/{b['id']}").text)
    assert title in page.text
    assert {name, "javascript:alert(1)", "{{7*7}}"} <= {t.strip() for _, t in page.links}
    assert not [t for t, _ in page.tags if t in ("img", "script")]
    assert not [a for _, attrs in page.tags for a, v in attrs if a.startswith("on") or (v or "").strip().startswith("javascript:")]


def test_nothing_kept_of_refused_upload_and_no_5xx():
    """spec.md:19 «Nothing a client sends may lead to a 5xx.»"""
    b = bundle()
    for path in (f"{API}/%00", f"{API}/{'x' * 3000}", f"{API}/{b['id']}/files/%00", f"{API}/{b['id']}/files/{'y' * 3000}", f"{API}/{b['id']}/search?q=%00",
                 f"{API}/{b['id']}/search?q=%FF", f"/b/%FF", f"/b/..%2f", f"{API}/{b['id']}/files/%FF%FE", f"{API}/'%20OR%201=1--"):
        r = call("GET", path)
        assert r.status_code < 500, (path, r.status_code)
    for body in (b"{", b'{"content": "\\ud800"}', b'{"content": NaN}', b"[" * 3000, b"\xff", b'{"content": "a\\u0000b"}'):
        r = call("PUT", file_url(b, "n.txt"), content=body, headers={"Content-Type": "application/json"} | tok(b))
        assert r.status_code < 500, (body[:40], r.status_code)
    for ct, body in (("multipart/form-data", b"x"), ("multipart/form-data; boundary=a", b"--a\r\nContent-Disposition: form-data; name=\"archive\"\r\n\r\nPK\r\n--a--"),
                     ("multipart/form-data; boundary=a", b"--a\r\n"), ("text/plain", b"hello")):
        r = call("POST", API, content=body, headers={"Content-Type": ct})
        assert 400 <= r.status_code < 500, (ct, body, r.status_code)
    r = upload(make_zip([("n.txt", b"1")]), title="nul\0")
    assert r.status_code < 500


def test_zip_names_not_utf8():
    """spec.md:19 «Nothing a client sends may lead to a 5xx.»"""
    z = make_zip([("aaaa.txt", b"1")]).replace(b"aaaa", b"\xff\xfe\x80a")
    assert upload(z).status_code < 500
    t = make_tar([("aaaa.txt", b"1")], "w:")
    raw = bytearray(t.replace(b"aaaa", b"\xff\xfe\x80a"))
    raw[148:156] = b" " * 8
    raw[148:156] = b"%06o\0 " % sum(raw[:512])
    import gzip
    r = upload(gzip.compress(bytes(raw)))
    assert r.status_code < 500
    if r.status_code == 201:
        assert call("GET", f"{API}/{r.json()['id']}").status_code == 200
        assert call("GET", f"/b/{r.json()['id']}").status_code == 200
