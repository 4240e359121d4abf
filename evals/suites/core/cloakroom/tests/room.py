"""Two owners, and requests whose path nobody tidies up."""

import http.client
import os
from urllib.parse import urlsplit

from api import CLIENT, Caller, ok, unique

ANN, BOB = Caller(), Caller()
ANN.headers, BOB.headers = {"X-Key": "ann-key-88"}, {"X-Key": "bob-key-99"}


def leave(name, content=b"content", who=ANN):
    return CLIENT.put(f"/files/{name}", content=content, headers=who.headers)


def left(content=b"content", who=ANN, suffix=".txt"):
    name = unique("f") + suffix
    ok(leave(name, content, who), 201)
    return name


def raw(method, path, headers=None, body=None):
    """Status and content; the path goes out as it is, dots and all."""
    address = urlsplit(os.environ["BASE_URL"])
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in {**(headers or {}), "Content-Length": str(len(body or b""))}.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def names(who=ANN):
    return [row["name"] for row in ok(who.get("/files"), 200)["files"]]
