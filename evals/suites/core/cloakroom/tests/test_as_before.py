"""Leaving and fetching."""

import pytest
from api import CLIENT, ok, unique
from room import ANN, BOB, leave, left, names


@pytest.mark.parametrize("content", [b"", b"hello", bytes(range(256)) * 100, b"x" * 1_000_000])
def test_a_file_comes_back(content):
    name = unique("f") + ".bin"
    assert ok(leave(name, content), 201) == {"name": name, "size": len(content)}
    answer = ANN.get(f"/files/{name}")
    assert (answer.status_code, answer.content) == (200, content)
    assert ok(leave(name, b"other"), 200) == {"name": name, "size": 5}
    assert ANN.get(f"/files/{name}").content == b"other"
    assert ANN.delete(f"/files/{name}").status_code == 204
    assert ANN.get(f"/files/{name}").status_code == 404
    assert ANN.delete(f"/files/{name}").status_code == 404


def test_too_large():
    name = unique("f")
    assert leave(name, b"x" * 1_000_001).status_code == 413
    assert name not in names()


def test_folders():
    top = unique("d")
    for name in ("b.txt", "a/c.txt", "a/b/c/d.txt", "a.b/-x_1.tar.gz"):
        ok(leave(f"{top}/{name}"), 201)
    mine = [name.removeprefix(f"{top}/") for name in names() if name.startswith(top)]
    assert mine == ["a.b/-x_1.tar.gz", "a/b/c/d.txt", "a/c.txt", "b.txt"]
    assert leave(f"{top}/a").status_code == 409
    assert leave(f"{top}/b.txt/x").status_code == 409


def test_owners_have_their_own():
    name = left(b"ann's")
    assert name not in names(BOB)
    assert BOB.get(f"/files/{name}").status_code == 404
    ok(leave(name, b"bob's", BOB), 201)
    assert ANN.get(f"/files/{name}").content == b"ann's"


def test_a_link():
    name = f"{unique('d')}/page.html"
    ok(leave(name, b"<b>hi</b>"), 201)
    url = ok(ANN.post(f"/links/{name}"), 201)["url"]
    assert url.startswith("/shared/")
    answer = CLIENT.get(url)
    assert (answer.status_code, answer.content) == (200, b"<b>hi</b>")
    assert ANN.post(f"/links/{unique('none')}").status_code == 404
    assert BOB.post(f"/links/{name}").status_code == 404
