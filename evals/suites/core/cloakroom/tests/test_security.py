"""Crooked tickets."""

import hashlib
import time

import pytest
from api import CLIENT, Caller, ok, unique
from room import ANN, BOB, leave, left, names, raw

NAMES = [
    "../bob/{}", "..%2fbob%2f{}", "%2e%2e/bob/{}", "%2e%2e%2fbob%2f{}", "a/../../bob/{}", "/tmp/cloakroom/bob/{}",
    "%2ftmp%2fcloakroom%2fbob%2f{}", "./{}", ".{}", "a//{}", "a/./{}", "{}/", "%5c{}", "{}%00", "a%20{}",
    "a/b/c/d/e/{}", "x" * 201,
]


@pytest.mark.parametrize("form", NAMES)
def test_crooked_names(form):
    name = left(b"secret of bob", BOB)
    before = (names(), names(BOB))
    path = form.format(name)
    for method, start in (("GET", "/files/"), ("PUT", "/files/"), ("DELETE", "/files/"), ("POST", "/links/")):
        status, content = raw(method, start + path, ANN.headers, b"new" if method == "PUT" else None)
        assert status in (404, 422), (method, status)
        assert b"secret of bob" not in content
    assert (names(), names(BOB)) == before
    assert BOB.get(f"/files/{name}").content == b"secret of bob"


@pytest.mark.parametrize("path", ["../../../etc/passwd", "%2e%2e/%2e%2e/%2e%2e/etc/passwd", "/etc/passwd", "%2fetc%2fpasswd"])
def test_the_server_s_own_files(path):
    status, content = raw("GET", f"/files/{path}", ANN.headers)
    assert status in (404, 422)
    assert b"root:" not in content


@pytest.mark.parametrize("key", [None, "", "a", "ann", "ann-key-8", "ann-key-88x", "ANN-KEY-88", "bob:bob-key-99"])
def test_a_key_is_whole(key):
    who = Caller()
    who.headers = {} if key is None else {"X-Key": key}
    name = left()
    for method, path in (("GET", "/files"), ("GET", f"/files/{name}"), ("PUT", f"/files/{name}"),
                         ("DELETE", f"/files/{name}"), ("POST", f"/links/{name}")):
        assert who.call(method, path).status_code == 401
    assert ANN.get(f"/files/{name}").content == b"content"


@pytest.mark.parametrize("suffix", [".html", ".svg", ".js", ".txt", ""])
def test_browsers_run_nothing(suffix):
    name = left(b"<script>alert(1)</script>", suffix=suffix)
    url = ok(ANN.post(f"/links/{name}"), 201)["url"]
    for answer in (ANN.get(f"/files/{name}"), CLIENT.get(url)):
        assert answer.headers["content-type"].split(";")[0] == "application/octet-stream"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-disposition"].split(";")[0] == "attachment"


def test_links_made_at_home():
    name, until = left(b"secret"), int(time.time()) + 1000
    for text in (f"ann{name}{until}", f"ann/{until}/{name}"):
        signature = hashlib.sha256(text.encode()).hexdigest()
        answer = CLIENT.get(f"/shared/ann/{until}/{signature}/{name}")
        assert answer.status_code in (403, 404, 422)
        assert b"secret" not in answer.content


def test_a_link_is_for_one_file():
    stem = unique("f")
    ok(leave(stem + "1", b"one"), 201)
    ok(leave(stem, b"two"), 201)
    ok(leave(stem + "1", b"secret", BOB), 201)
    url = ok(ANN.post(f"/links/{stem}1"), 201)["url"]
    for changed in (url[:-1], url + "1", url.replace("ann", "bob"), url.replace("/shared/", "/shared/../shared/x")):
        status, content = raw("GET", changed)
        assert status in (403, 404, 422)
        assert content not in (b"two", b"secret")
