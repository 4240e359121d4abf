"""Addresses in requests: does the app call them, or send browsers there?"""

import re
import socket
import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

from tools.checks.security.probes.client import NOBODY, Actor, Filled, NoAnswer
from tools.checks.security.probes.plan import Operation, Param
from tools.checks.security.probes.world import Observed, World

ADDRESS = re.compile(
    r"url|uri|link|href|src|feed|webhook|callback|endpoint|host|target|site|image|avatar|remote|source|proxy|domain|server|next|redirect|return|continue|goto|dest|back|forward|to$|from$|page",
    re.I,
)
REDIRECTS = (
    "https://{m}.example/",
    "//{m}.example/",
    "/\\{m}.example/",
    "https:{m}.example",
    "/\t/{m}.example/",
    "https://{o}@{m}.example/",
    "https://{o}.{m}.example/",
    "//{m}.example/%2f..",
)
CALLS = (
    "http://127.0.0.1:{p}/{m}",
    "http://localhost:{p}/{m}",
    "http://2130706433:{p}/{m}",
    "http://0x7f000001:{p}/{m}",
    "http://[::ffff:127.0.0.1]:{p}/{m}",
    "http://127.1:{p}/{m}",
    "http://0.0.0.0:{p}/{m}",
    "http://{o}@127.0.0.1:{p}/{m}",
    "http://127.0.0.1:{p}/{m}?{o}",
    "http://127.0.0.1:{p}/{m}#{o}",
    "127.0.0.1:{p}",
    "file:///tmp/zqout/canary.txt",
)


class Canary(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """Listens on the loopback that the app shares, and remembers which paths were asked for."""

    allow_reuse_address = True
    daemon_threads = True
    address_family = socket.AF_INET

    def __init__(self, port: int) -> None:
        super().__init__(("0.0.0.0", port), CanaryHandler)  # noqa: S104 - a machine without a network
        self.asked: list[str] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class CanaryHandler(BaseHTTPRequestHandler):
    """Answers everything with a page that says zqcanary."""

    def answer(self) -> None:
        """Remember and answer."""
        self.server.asked.append(self.path)  # type: ignore[attr-defined]  # the Canary
        body = b"<html><title>zqcanary</title>zqcanary</html>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_HEAD = do_PUT = answer

    def log_message(self, *args: object) -> None:
        """Quiet."""


def probe_outbound(world: World) -> Iterator[Observed]:
    """Every text parameter that may hold an address."""
    canary = Canary(world.plan.canary_port)
    for operation in world.operations:
        found = world.works_for(operation)
        filled = found[1] if found else world.fill(operation)
        for param in operation.params:
            if not param.is_text or param.place in ("file", "header", "cookie"):
                continue
            takes = ADDRESS.search(param.name) or param.schema.get("format") == "uri"
            if takes:
                yield from _calls(world, canary, operation, param, filled)
            if takes or param.place == "query":
                yield from _redirects(world, operation, param, filled)
    canary.shutdown()
    canary.server_close()


def _calls(
    world: World, canary: Canary, operation: Operation, param: Param, filled: Filled
) -> Iterator[Observed]:
    actor = _actor(world, operation)
    for text in CALLS:
        mark = world.mark("ssrf", operation, param)
        payload = text.format(
            m=mark.text,
            p=world.plan.canary_port,
            o=(world.plan.hosts or ["partner.example.com"])[0],
        )
        before = len(canary.asked)
        try:
            answer = world.client.call(filled.with_value(param, payload), actor)
        except NoAnswer:
            continue
        if len(canary.asked) > before:
            yield Observed(
                "ssrf", operation.key, f"the app called {payload} for a client ({param.name})"
            )
            return
        if world.plan.outside_text in answer.text:
            yield Observed("ssrf", operation.key, f"the app read {payload} for a client")
            return


def _actor(world: World, operation: Operation) -> Actor:
    found = world.works_for(operation)
    return found[0] if found else next((a for a in world.everybody if a.known), NOBODY)


def _redirects(
    world: World, operation: Operation, param: Param, filled: Filled
) -> Iterator[Observed]:
    actor = _actor(world, operation)
    for text in REDIRECTS:
        mark = world.mark("open_redirect", operation, param)
        payload = text.format(m=mark.text, o=(world.plan.hosts or ["app.example.com"])[0])
        try:
            answer = world.client.call(filled.with_value(param, payload), actor)
        except NoAnswer:
            continue
        target = answer.headers.get("location", "") or _refresh(answer.text)
        if 300 <= answer.status < 400 and leads_to(target, mark.text):
            yield Observed(
                "open_redirect", operation.key, f"{param.name} sends browsers to {payload!r}"
            )
            return
        if (
            answer.status not in range(300, 400)
            and text is REDIRECTS[1]
            and mark.text not in answer.text
        ):
            return


def _refresh(text: str) -> str:
    found = re.search(r"http-equiv=.?refresh.*?url=([^\"'>]+)", text, re.I)
    return found[1] if found else ""


def leads_to(target: str, mark: str) -> bool:
    """Whether a browser that is sent there ends at the marked host."""
    plain = (
        target.strip().replace("\\", "/").replace("\t", "").replace("%5C", "/").replace("%09", "")
    )
    if plain.startswith(("https:", "http:")) and not plain.startswith(("https://", "http://")):
        plain = plain.replace(":", "://", 1)
    try:
        host = urlsplit(plain).hostname or ""
    except ValueError:
        return False
    return mark in host.split("@")[-1]
