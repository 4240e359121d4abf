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


def test_zip_upload():
    """spec.md:42 «201 with `id`, `title`, `files`, `total_size` and `edit_token`.»"""
    r = upload(make_zip([("b.txt", b"12345"), ("a/c.txt", b"xyz"), ("a/B.txt", b"")]), title="My bundle")
    b = ok(r, 201)
    assert b["title"] == "My bundle" and b["total_size"] == 8 and b["edit_token"]
    assert b["files"] == [{"path": "a/B.txt", "size": 0}, {"path": "a/c.txt", "size": 3}, {"path": "b.txt", "size": 5}]


def test_tar_gz_upload():
    """spec.md:42 «Whether it is a zip or a gzip-compressed tar is told from the content, not from the file name.»"""
    b = ok(upload(make_tar([("d/one.txt", b"one"), ("two.txt", b"two!")]), filename="misnamed.zip"), 201)
    assert [f["path"] for f in b["files"]] == ["d/one.txt", "two.txt"] and b["total_size"] == 7
    c = ok(upload(make_zip([("z.txt", b"z")]), filename="misnamed.tar.gz"), 201)
    assert [f["path"] for f in c["files"]] == ["z.txt"]


def test_bundle_shown_without_token():
    """spec.md:48 «the same as above without `edit_token`»"""
    b = bundle(title="t")
    r = call("GET", f"{API}/{b['id']}")
    got = ok(r)
    assert "edit_token" not in got and b["edit_token"] not in r.text
    assert {k: got[k] for k in ("id", "title", "files", "total_size")} == {k: b[k] for k in ("id", "title", "files", "total_size")}


def test_title_optional_and_bounded():
    """spec.md:41-42 «the optional text field `title` (at most 200 characters; "" when not given)»"""
    assert bundle()["title"] == ""
    assert bundle(title="x" * 200)["title"] == "x" * 200
    status(upload(make_zip([("a", b"a")]), title="x" * 201), 422)


def test_archive_missing():
    """spec.md:18-19 «Missing, malformed or out-of-bounds input is 422.»"""
    status(call("POST", API, data={"title": "x"}), 422)
    status(call("POST", API, json={"archive": "x"}), 422)


def test_ids_are_random():
    """spec.md:20 «Bundle ids are random and cannot be guessed: at least 16 characters from `A-Z a-z 0-9 _ -`.»"""
    import re
    seen = {bundle()["id"] for _ in range(5)}
    assert len(seen) == 5 and all(isinstance(i, str) and re.fullmatch(r"[A-Za-z0-9_-]{16,}", i) for i in seen)
    assert len({i[:8] for i in seen}) == 5


def test_edit_token_is_hmac_shaped():
    """spec.md:21 «A bundle's `edit_token` is the lower-case hex HMAC-SHA256 of the bundle id, keyed with `APP_SECRET`.»"""
    import re
    b = bundle()
    assert re.fullmatch(r"[0-9a-f]{64}", b["edit_token"])
    if os.environ.get("APP_SECRET"):
        good = hmac.new(os.environ["APP_SECRET"].encode(), b["id"].encode(), hashlib.sha256).hexdigest()
        status(call("DELETE", file_url(b, "a.txt"), headers={"X-Edit-Token": b["edit_token"]}), 204)
        assert len(good) == len(b["edit_token"])


def test_folder_entries_ignored():
    """spec.md:44 «Folder entries are ignored.»"""
    b = ok(upload(make_zip([("d/", b""), ("d/a.txt", b"a")])), 201)
    assert [f["path"] for f in b["files"]] == ["d/a.txt"]
    folder = tarfile.TarInfo("d")
    folder.type = tarfile.DIRTYPE
    b = ok(upload(make_tar([(folder, None), ("d/a.txt", b"a")])), 201)
    assert [f["path"] for f in b["files"]] == ["d/a.txt"]


def test_leading_dot_slash_dropped():
    """spec.md:27-28 «A leading `./` is dropped; a path is kept and shown without it.»"""
    b = ok(upload(make_tar([("./a.txt", b"a"), ("./d/b.txt", b"b")])), 201)
    assert [f["path"] for f in b["files"]] == ["a.txt", "d/b.txt"]
    assert call("GET", file_url(b, "d/b.txt")).content == b"b"


def test_not_an_archive():
    """spec.md:45 «something that is neither kind of archive or is damaged»"""
    import gzip
    z = bytearray(make_zip([("a.txt", os.urandom(4000))], zipfile.ZIP_STORED))
    z[2000] ^= 255
    for data in (b"", b"just text", b"PK\x03\x04 no zip", gzip.compress(b"no tar in here"), bytes(z), make_zip([("a.txt", os.urandom(3000))])[:1500],
                 make_tar([("a.txt", os.urandom(30000))])[:9000], b"\x1f\x8b\x08 broken"):
        status(upload(data), 422)


def test_empty_archive():
    """spec.md:47 «an archive without any file»"""
    status(upload(make_zip([])), 422)
    status(upload(make_tar([])), 422)
    status(upload(make_zip([("only-a-folder/", b"")])), 422)


def test_same_path_twice():
    """spec.md:46 «two entries with the same path»"""
    status(upload(make_tar([("a.txt", b"1"), ("./a.txt", b"2")])), 422)
    status(upload(make_tar([("a.txt", b"1"), ("a.txt", b"2")])), 422)


def test_file_and_folder_clash():
    """spec.md:31 «`a` and `a/b` cannot be files of the same bundle (422)»"""
    status(upload(make_tar([("a", b"1"), ("a/b", b"2")])), 422)
    status(upload(make_zip([("a/b/c", b"1"), ("a/b", b"2")])), 422)
    b = bundle([("a/b", b"1")])
    status(call("PUT", file_url(b, "a"), headers=tok(b), json={"content": "x"}), 422)
    status(call("PUT", file_url(b, "a/b/c"), headers=tok(b), json={"content": "x"}), 422)


def test_raw_text():
    """spec.md:49 «`text/plain; charset=utf-8` when the bytes are valid UTF-8»"""
    b = bundle([("ü.md", "grüße\r\n".encode())])
    r = call("GET", file_url(b, "ü.md"))
    status(r, 200)
    assert r.content == "grüße\r\n".encode()
    assert r.headers["content-type"].replace(" ", "").lower() == "text/plain;charset=utf-8"


def test_raw_binary():
    """spec.md:50 «`application/octet-stream` otherwise»"""
    data = bytes(range(256))
    b = bundle([("x.png", data)])
    r = call("GET", file_url(b, "x.png"))
    assert r.content == data and r.headers["content-type"].startswith("application/octet-stream")


def test_unknown_is_404():
    """spec.md:18 «An unknown bundle or file is 404.»"""
    b = bundle()
    for path in (f"{API}/{uniq('nothing-here-at-all')}", file_url(b, "b.txt"), file_url(b, "A.TXT"), f"/b/{uniq('nothing-here-at-all')}",
                 f"{API}/{uniq('nothing-here-at-all')}/search?q=a", f"{API}/{uniq('nothing-here-at-all')}/download"):
        status(call("GET", path), 404)
    status(call("DELETE", file_url(b, "b.txt"), headers=tok(b)), 404)


def test_put_new_and_replaced():
    """spec.md:52-53 «writes a file as UTF-8, new (201) or replaced (200); the answer is `{"path", "size"}`»"""
    b = bundle()
    r = call("PUT", file_url(b, "d/ä.txt"), headers=tok(b), json={"content": "ää"})
    status(r, 201)
    assert r.json() == {"path": "d/ä.txt", "size": 4}
    status(call("PUT", file_url(b, "d/ä.txt"), headers=tok(b), json={"content": "b"}), 200)
    assert call("GET", file_url(b, "d/ä.txt")).content == b"b"
    got = ok(call("GET", f"{API}/{b['id']}"))
    assert got["files"] == [{"path": "a.txt", "size": 6}, {"path": "d/ä.txt", "size": 1}] and got["total_size"] == 7


def test_put_malformed():
    """spec.md:18-19 «Missing, malformed or out-of-bounds input is 422.»"""
    b = bundle()
    for body in ({}, {"content": 5}, {"content": None}, []):
        status(call("PUT", file_url(b, "n.txt"), headers=tok(b), json=body), 422)


def test_delete_file():
    """spec.md:54 «`DELETE /api/bundles/{id}/files/{path}` *(token)*: 204.»"""
    b = bundle([("a", b"1"), ("b", b"2")])
    status(call("DELETE", file_url(b, "a"), headers=tok(b)), 204)
    status(call("GET", file_url(b, "a")), 404)
    assert ok(call("GET", f"{API}/{b['id']}"))["files"] == [{"path": "b", "size": 1}]


def test_delete_bundle():
    """spec.md:59 «204; the bundle and its files are gone»"""
    b = bundle()
    status(call("DELETE", f"{API}/{b['id']}", headers=tok(b)), 204)
    status(call("GET", f"{API}/{b['id']}"), 404)
    status(call("GET", file_url(b, "a.txt")), 404)
    status(call("GET", f"/b/{b['id']}"), 404)


def test_search():
    """spec.md:56 «sorted by path, then line. Lines are numbered from 1»"""
    b = bundle([("z.txt", b"foo\nbar foo\nFoo\n"), ("a.txt", "one\x0ctwo\u2028foo\nlast foo".encode()), ("bin", b"foo\xff\n")])
    got = ok(call("GET", f"{API}/{b['id']}/search", params={"q": "foo"}))["matches"]
    assert got == [{"path": "a.txt", "line": 1, "text": "one\x0ctwo\u2028foo"}, {"path": "a.txt", "line": 2, "text": "last foo"},
                   {"path": "z.txt", "line": 1, "text": "foo"}, {"path": "z.txt", "line": 2, "text": "bar foo"}]


def test_search_is_plain_text():
    """spec.md:55 «`q` is plain text, not a pattern»"""
    b = bundle([("a", b"a.c\nabc\n100%\n(x\n\\d\n")])
    for q, line in (("a.c", 1), ("%", 3), ("(", 4), ("\\d", 5)):
        got = ok(call("GET", f"{API}/{b['id']}/search", params={"q": q}))["matches"]
        assert [m["line"] for m in got] == [line], q
    for q in ("", "x" * 101):
        status(call("GET", f"{API}/{b['id']}/search", params={"q": q}), 422)
    status(call("GET", f"{API}/{b['id']}/search"), 422)


def test_download():
    """spec.md:58 «all files as a zip (`application/zip`), with a `Content-Disposition: attachment` header»"""
    files = {"a.txt": b"hello\n", "d/ü.bin": bytes(range(256))}
    b = bundle(list(files.items()), title='x"\r\nSet-Cookie: a=b')
    r = call("GET", f"{API}/{b['id']}/download")
    status(r, 200)
    assert r.headers["content-type"].startswith("application/zip") and r.headers["content-disposition"].startswith("attachment")
    assert "set-cookie" not in r.headers
    with zipfile.ZipFile(io.BytesIO(r.content)) as z:
        assert {n: z.read(n) for n in z.namelist()} == files


def test_page():
    """spec.md:60 «an HTML page (`text/html`) with the title and, for every file, a link with the path as its text»"""
    b = bundle([("a.txt", b"1"), ("d/b.txt", b"2")], title="Fish & chips")
    r = call("GET", f"/b/{b['id']}")
    status(r, 200)
    assert r.headers["content-type"].startswith("text/html")
    page = Page(r.text)
    assert "Fish & chips" in page.text
    texts = [t.strip() for _, t in page.links]
    assert "a.txt" in texts and "d/b.txt" in texts


def test_page_links_work():
    """spec.md:61-62 «the links work for any path that is allowed, also with spaces, `?`, `#`, `%`, quotes and letters of all languages»"""
    names = ["a b.txt", "what?.txt", "c#.txt", "100%25.txt", "it's \"q\".txt", "日本/ü.txt", "a&amp;b.txt", "x;y=z+1.txt", "ab:cd.txt"]
    b = bundle([(n, n.encode()) for n in names])
    page_url = client.base_url.join(f"/b/{b['id']}")
    links = {t.strip(): h for h, t in Page(call("GET", f"/b/{b['id']}").text).links}
    for n in names:
        assert n in links, (n, links)
        r = client.get(page_url.join(links[n]))
        assert r.status_code == 200 and r.content == n.encode(), (n, links[n], r.status_code)


def test_limits_just_fit():
    """spec.md:35-36 «at most 2 MiB (2097152 bytes) in all files of the bundle together and at most 100 files»"""
    b = ok(upload(make_zip([(f"f{i}", b"x" * (20971 if i else 2097152 - 99 * 20971)) for i in range(100)])), 201)
    assert b["total_size"] == 2097152 and len(b["files"]) == 100


def test_limits_exceeded():
    """spec.md:36 «Anything over is 413.»"""
    status(upload(make_zip([("a", b"x" * 2097152), ("b", b"y")])), 413)
    status(upload(make_zip([(f"f{i}", b"x") for i in range(101)])), 413)
    status(upload(make_tar([(f"f{i}", b"x") for i in range(101)])), 413)
    status(upload(make_zip([("a", os.urandom(1048577))], zipfile.ZIP_STORED)), 413)


def test_limits_for_put():
    """spec.md:53 «Paths and limits as above.»"""
    b = bundle([("a", b"x" * 2097000)])
    status(call("PUT", file_url(b, "b"), headers=tok(b), json={"content": "y" * 153}), 413)
    status(call("PUT", file_url(b, "b"), headers=tok(b), json={"content": "y" * 152}), 201)
    status(call("PUT", file_url(b, "a"), headers=tok(b), json={"content": "y" * 2097000}), 200)
    c = bundle([(f"f{i}", b"x") for i in range(100)])
    status(call("PUT", file_url(c, "one-more"), headers=tok(c), json={"content": "y"}), 413)
    status(call("PUT", file_url(c, "f7"), headers=tok(c), json={"content": "y"}), 200)
